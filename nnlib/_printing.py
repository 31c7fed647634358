"""How a tensor looks when it is printed, which is how PyTorch prints it.

NumPy's own format depends on process-wide print options; a page that quotes an output must not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def format_array(array: NDArray[Any], prefix: str) -> str:
    """Write an array with four decimals, aligned, and its middle left out beyond 1000 entries.

    As in PyTorch the whole tensor is written in one way: as whole numbers, with four decimals, or
    with powers of ten. ``prefix`` is what will stand before it: later lines are indented to match.

    >>> import numpy as np
    >>> format_array(np.array([0.5, -2.25]), prefix="")
    '[ 0.5000, -2.2500]'
    """
    shown = _shown(array)
    write: Callable[[Any], str] = str
    if array.dtype.kind == "f":
        shown = shown[np.isfinite(shown) & (shown != 0)].astype(np.float64)
        sizes = [abs(float(entry)) for entry in shown] or [1.0]
        if max(sizes) > 1e8 or max(sizes) / min(sizes) > 1000 or min(sizes) < 1e-4:
            write = "{:.4e}".format
        else:
            write = _write_whole if all(map(float.is_integer, sizes)) else "{:.4f}".format
    width = max((len(write(entry)) for entry in shown.flat), default=0) if array.ndim else 0
    formatter: Any = {"all": lambda entry: write(entry).rjust(width)}
    layout: Any = {"separator": ", ", "threshold": 1000, "edgeitems": 3, "max_line_width": 80}
    return (
        "[]"
        if array.size == 0
        else str(np.array2string(array, prefix=prefix, formatter=formatter, **layout))
    )


def _shown(array: NDArray[Any]) -> NDArray[Any]:
    """The entries that are printed, which alone decide how."""
    for axis, length in enumerate(array.shape if array.size > 1000 else ()):
        if length > 6:
            array = np.take(array, [0, 1, 2, -3, -2, -1], axis=axis)
    return array


def _write_whole(entry: float) -> str:
    """A float without decimals keeps its point, so that it does not look like an integer."""
    return f"{entry:.0f}." if np.isfinite(entry) else f"{entry:f}"
