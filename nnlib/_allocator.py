"""One call that lets the C library keep the memory a training step frees, for the next step to use.

By default glibc hands large blocks back to the system, which must clear each page anew: a network
with convolutions then spends more time on that than on arithmetic.
"""

import ctypes

from nnlib._arguments import expect, expect_count

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_MMAP_THRESHOLD = 32 * 2**20  # older versions of glibc refuse more


def tune_allocator(keep: int = 2**30) -> bool:
    """Let this process keep up to ``keep`` bytes of freed memory, and say whether it will.

    It changes how the whole process allocates, so importing nnlib leaves it alone. ``fit`` calls
    it; in front of a loop of your own, call it once. Steps that make large arrays become two to
    three times as fast; the results are the same bits. Where the C library is not glibc (macOS,
    Windows, musl), nothing changes and the answer is ``False``. See ``man 3 mallopt``.

    Raises ``TypeError`` or ``ValueError`` for a ``keep`` that is no whole number from 0 to 2³¹ − 1.

    >>> import nnlib
    >>> nnlib.tune_allocator() in (True, False)
    True
    """
    expect(expect_count(keep, "keep", 0) < 2**31, "keep", "0 to 2**31 - 1 bytes", keep)
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - only glibc has it
        mallopt = library.mallopt
    except (AttributeError, OSError, TypeError):  # CDLL(None) is a TypeError on Windows
        return False
    threshold = min(keep, LARGEST_MMAP_THRESHOLD)
    return bool(mallopt(M_TRIM_THRESHOLD, keep) and mallopt(M_MMAP_THRESHOLD, threshold))
