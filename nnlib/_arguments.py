"""What a caller may write for a dimension or a shape, turned into what NumPy wants.

It is here that PyTorch's spellings are understood and mistakes are named.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Shape: TypeAlias = tuple[int, ...]
Dim: TypeAlias = int | Sequence[int] | None


def as_axis(dim: int, ndim: int) -> int:
    """A dimension counted from the front, where −1 meant the last."""
    if not isinstance(dim, (int, np.integer)):
        raise TypeError(f"dim: expected an integer, got {type(dim).__name__}")
    if not -ndim <= dim < ndim:
        raise ValueError(f"dim={dim} is out of range for a tensor of {ndim} dimensions")
    return int(dim) % ndim


def as_axes(dim: Dim, ndim: int) -> Shape:
    """The dimensions a reduction runs over: all of them for ``None``."""
    if dim is None:
        return tuple(range(ndim))
    dims: Any = dim if isinstance(dim, (tuple, list)) else [dim]
    axes = tuple(as_axis(each, ndim) for each in dims)
    if len(set(axes)) < len(axes):
        raise ValueError(f"dim={tuple(dims)} names a dimension twice")
    return axes


def as_shape(sizes: tuple[int | Sequence[int], ...]) -> Shape:
    """The lengths in ``f(2, 3)`` or ``f((2, 3))``, which mean the same."""
    lengths: Any = sizes
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        lengths = tuple(sizes[0])
    for length in lengths:
        if not isinstance(length, (int, np.integer)):
            raise TypeError(f"shape: expected integers, got {type(length).__name__}")
    return tuple(map(int, lengths))


def kept_shape(shape: Shape, axes: Shape) -> Shape:
    """The shape with its reduced dimensions kept as 1, in which a gradient broadcasts again."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape))


def require_entries(op: str, array: NDArray[Any], axes: Shape) -> None:
    """Refuse to look for an extreme entry where there is none."""
    if any(array.shape[axis] == 0 for axis in axes):
        raise ValueError(f"{op} of nothing: shape {array.shape} has no entries along dim {axes}")


def require_dtype(name: str, value: Any, *dtypes: np.dtype[Any]) -> None:
    """Refuse an argument that is no tensor, or one of a dtype that does not fit."""
    if not hasattr(value, "requires_grad") or value.dtype not in dtypes:
        expected = " or ".join(map(str, dtypes))
        found = f"{type(value).__name__} {getattr(value, 'dtype', '')}".strip()
        raise TypeError(f"{name}: expected a Tensor of {expected}, got {found}")
