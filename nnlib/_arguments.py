"""What a caller may write for a dimension or a shape, turned into what NumPy wants.

It is here that PyTorch's spellings are understood and mistakes are named.
"""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

Shape: TypeAlias = tuple[int, ...]
Size: TypeAlias = int | Sequence[int]
Dim: TypeAlias = int | Sequence[int] | None


def expect(condition: Any, name: str, expected: object, got: object) -> None:
    """Refuse an argument: which one, what was expected of it, and what came.

    Give shapes and numbers as they are: they are written out only when it comes to an error.

    >>> expect(2 > 3, "p", "a number above 3", 2)
    Traceback (most recent call last):
        ...
    ValueError: p: expected a number above 3, got 2
    """
    if not condition:
        raise ValueError(f"{name}: expected {expected}, got {got}")


def expect_type(value: Any, name: str, expected: str, *kinds: type) -> None:
    """Refuse an argument of another type; where a number is meant, ``True`` is none.

    >>> expect_type(2.5, "n", "an integer", int, np.integer)
    Traceback (most recent call last):
        ...
    TypeError: n: expected an integer, got float
    """
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"{name}: expected {expected}, got {type(value).__name__}")


def expect_number(
    value: Any, name: str, least: float = -math.inf, most: float = math.inf, what: str = "a number"
) -> None:
    """Refuse what is no number, or not one from ``least`` to ``most``.

    >>> expect_number(1.5, "p", 0, 1, "a probability")
    Traceback (most recent call last):
        ...
    ValueError: p: expected a probability from 0 to 1, got 1.5
    """
    expect_type(value, name, what, int, float, np.number)
    if not least <= value <= most:
        span = f"{what} from {least} to {most}" if most < math.inf else f"{least} or more"
        expect(False, name, span, value)


def as_dtype(dtype: DTypeLike | None, usual: np.dtype[Any] | None = None) -> np.dtype[Any]:
    """The dtype that is meant; ``None``, for which NumPy takes float64, means the usual one."""
    try:
        found = np.dtype(dtype if dtype is not None else usual or "O")
    except TypeError:
        found = np.dtype("O")
    if found.kind not in "buif":
        raise TypeError(f"dtype: expected a dtype of numbers, got {dtype!r}")
    return found.newbyteorder("=")  # in the order of this machine's bytes


def as_target(*given: Any, **named: Any) -> np.dtype[Any] | None:
    """The dtype in what ``to(...)`` was given, if any: a device may stand beside it."""
    found = None
    for value in (*given, *(named.pop(name, None) for name in ("device", "dtype"))):
        if isinstance(value, str) and value.partition(":")[0] in ("cpu", "cuda", "mps", "xpu"):
            device(value)
        elif value is not None and not isinstance(value, bool):  # non_blocking says nothing here
            found = as_dtype(value.dtype if hasattr(value, "requires_grad") else value)
    expect(given or found, "to", "a dtype, a device or a tensor", "none")
    return found


class device(str):  # noqa: N801 - PyTorch's name
    """Where a tensor's numbers are. There is one such place, the main memory: ``"cpu"``.

    Raises ``ValueError`` for any other, such as ``"cuda"``.

    >>> import nnlib
    >>> nnlib.device("cuda" if nnlib.cuda.is_available() else "cpu").type
    'cpu'
    """

    __slots__ = ()

    def __new__(cls, type: Any = "cpu") -> "device":  # noqa: A002 - PyTorch's name
        expect_type(type, "device", "a str such as 'cpu'", str)
        expect(type in ("cpu", "cpu:0"), "device", "'cpu', the one there is", repr(str(type)))
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """What kind of place it is."""
        return str(self)


def expect_function(value: Any, name: str) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise TypeError(f"{name}: expected a function, got {type(value).__name__}")


def require_dtype(name: str, value: Any, *dtypes: np.dtype[Any]) -> None:
    """Refuse an argument that is no tensor, or one of a dtype that does not fit."""
    if not hasattr(value, "requires_grad") or value.dtype not in dtypes:
        expected = " or ".join(map(str, dtypes))
        found = f"{type(value).__name__} {getattr(value, 'dtype', '')}".strip()
        raise TypeError(f"{name}: expected a Tensor of {expected}, got {found}")


def as_axis(dim: int, ndim: int) -> int:
    """A dimension counted from the front, where −1 meant the last."""
    expect_type(dim, "dim", "an integer", int, np.integer)
    if not -ndim <= dim < ndim:
        raise ValueError(f"dim={dim} is out of range for a tensor of {ndim} dimensions")
    return int(dim) % ndim


def as_axes(dim: Dim, ndim: int) -> Shape:
    """The dimensions a reduction runs over: all of them for ``None``."""
    if dim is None:
        return tuple(range(ndim))
    dims: Any = dim if isinstance(dim, (tuple, list)) else [dim]
    axes = tuple(as_axis(each, ndim) for each in dims)
    expect(len(set(axes)) == len(axes), "dim", "each dimension once, not twice", dim)
    return axes


def as_shape(sizes: tuple[Size, ...], least: int | None = None) -> Shape:
    """The lengths in ``f(2, 3)`` or ``f((2, 3))``, which mean the same; none below ``least``."""
    lengths: Any = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes
    for length in lengths:
        expect_type(length, "shape", "integers", int, np.integer)
        expect(least is None or length >= least, "size", f"lengths of {least} or more", lengths)
    return tuple(map(int, lengths))


def kept_shape(shape: Shape, axes: Shape) -> Shape:
    """The shape with its reduced dimensions kept as 1, in which a gradient broadcasts again."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape))


def expect_count(count: int, name: str, least: int) -> int:
    """The count, once it is known to be an integer that is large enough."""
    expect_type(count, name, "an integer", int, np.integer)
    expect(count >= least, name, f"{least} or more", count)
    return int(count)


def expect_sizes(sizes: Size, name: str, count: int, least: int = 1) -> Shape:
    """A size for each of ``count`` directions; a single one stands for all of them."""
    each: Any = sizes if isinstance(sizes, (tuple, list)) else (sizes,) * count
    expect(len(each) == count, name, f"a number or a sequence of {count}", sizes)
    return tuple(expect_count(size, name, least) for size in each)


def require_like(name: str, value: Any, shape: Shape, like: Any) -> None:
    """Refuse a weight, bias or state, if there is one, that does not fit the input ``like``."""
    if value is not None:
        require_dtype(name, value, like.dtype)
        fits = f"shape {shape} for input of shape {like.shape}"
        expect(value.shape == shape, name, fits, value.shape)
