"""How a tensor looks when it is printed, which is how PyTorch prints it.

NumPy's own format depends on process-wide print options; a page that quotes an output must not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def format_array(array: NDArray[Any], prefix: str) -> str:
    """Write an array with four decimals, aligned, and its middle left out beyond 1000 entries.

    ``prefix`` is what will stand before it: later lines are indented to match.

    >>> import numpy as np
    >>> format_array(np.array([0.5, -2.25]), prefix="")
    '[ 0.5000, -2.2500]'
    """
    if array.size == 0:
        return "[]"
    if array.ndim == 0:
        return _entry_format(array)(array[()])
    write, shown = _entry_format(array), _shown(array)
    counted = shown[np.isfinite(shown) & (shown != 0)] if array.dtype.kind == "f" else shown
    width = max((len(write(entry)) for entry in counted.flat), default=0)
    text: str = np.array2string(
        array,
        separator=", ",
        prefix=prefix,
        threshold=1000,
        edgeitems=3,
        max_line_width=80,
        formatter={"all": lambda entry: write(entry).rjust(width)},
    )
    return text


def _shown(array: NDArray[Any]) -> NDArray[Any]:
    """The entries that are printed, which alone decide the column width."""
    if array.size <= 1000:
        return array
    for axis, length in enumerate(array.shape):
        if length > 6:
            array = np.take(array, [0, 1, 2, -3, -2, -1], axis=axis)
    return array


def _entry_format(array: NDArray[Any]) -> Callable[[Any], str]:
    """PyTorch's choice for the whole tensor: whole numbers, four decimals or powers of ten."""
    if array.dtype.kind != "f":
        return str
    shown = _shown(array)
    sizes = np.abs(shown[np.isfinite(shown) & (shown != 0)]).astype(np.float64)
    if sizes.size == 0:
        return _write_whole
    largest, smallest = float(sizes.max()), float(sizes.min())
    if largest > 1e8 or largest / smallest > 1000 or smallest < 1e-4:
        return "{:.4e}".format
    return _write_whole if np.all(sizes == np.ceil(sizes)) else "{:.4f}".format


def _write_whole(entry: float) -> str:
    """A float without decimals keeps its point, so that it does not look like an integer."""
    return f"{entry:.0f}." if np.isfinite(entry) else f"{entry:f}"
