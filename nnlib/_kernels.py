"""The gradients that take more than a line, on plain arrays.

A slope takes ``(g, a, b)``, the gradient of the result and both operands; a forward that must
remember something stands here with its backward, and returns it too.
"""

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlib._arguments import Shape

Array: TypeAlias = NDArray[Any]
UnaryBackward: TypeAlias = Callable[[Array], tuple[Array]]

_BITS = {np.dtype(kind).itemsize: np.dtype(kind) for kind in ("i2", "i4", "i8")}


@lru_cache(maxsize=64)
def ones(n: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones, to multiply with and not to change: a product adds up faster than sum."""
    return np.ones(n, dtype)


def unbroadcast(gradient: Array, shape: Shape) -> Array:
    """Sum a gradient over the axes along which its operand was stretched to fit.

    An entry that broadcasting used k times is to blame k times over.

    >>> import numpy as np
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    if gradient.shape == shape:
        return gradient
    lengths = (1,) * (gradient.ndim - len(shape)) + shape
    stretched = tuple(axis for axis, length in enumerate(lengths) if length == 1)
    total: Array = gradient.sum(axis=stretched).reshape(shape)
    return total


def larger(g: Array, a: Array, b: Array) -> Array:
    """The blame of ``a`` for ``max(a, b)``: all where it is larger, half where they are equal."""
    return keep(g, a > b) + keep(0.5 * g, a == b)


def keep(g: Array, mask: Array) -> Array:
    """``g`` where ``mask`` holds and 0 elsewhere, bit by bit: a product would make NaN of 0 · ∞.

    It takes no longer than the product, and ``np.where`` seven times as long.
    """
    bits = _BITS[g.itemsize]
    kept: Array = (mask.astype(bits) * g.view(bits)).view(g.dtype)
    return kept


def power_to_base(g: Array, a: Array, b: Array) -> Array:
    """``g · b · a^(b − 1)``, and 0 where b is 0, whatever a is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b == 0, 0, g * (b * np.power(a, b - 1))).astype(g.dtype, copy=False)


def power_to_exponent(g: Array, a: Array, b: Array) -> Array:
    """``g · a^b · log a``: 0 for a power of 0, NaN where a is negative."""
    with np.errstate(divide="ignore", invalid="ignore"):
        blame = g * np.power(a, b) * np.log(a)
    return np.where((a == 0) & (b >= 0), 0, blame).astype(g.dtype, copy=False)


def divide_or_0(g: Array, by: Array) -> Array:
    """The quotient, and 0 where it would be by 0."""
    return np.divide(g, by, out=np.zeros_like(by), where=by != 0)


def divide(a: Array, b: Array) -> Array:
    """The quotient, of integers in float32."""
    return np.divide(a, b, dtype=a.dtype if a.dtype.kind == "f" else np.float32)


def _product_in_browser(a: Array, b: Array) -> Array:
    """Without a BLAS, sums are fast where both operands lie along them: worth a copy of each."""
    y: Array = np.matmul(np.ascontiguousarray(a), np.asfortranarray(b))
    return y


# The product of two matrices: dot does what @ does with less ado.
product: Callable[[Array, Array], Array] = (
    _product_in_browser if sys.platform == "emscripten" else np.dot
)


def matmul_to_left(g: Array, a: Array, b: Array) -> Array:
    """``g Bᵀ``."""
    g, a, b = _as_matrices(g, a, b)
    blame: Array = np.matmul(g, b.mT)
    return blame


def matmul_to_right(g: Array, a: Array, b: Array) -> Array:
    """``Aᵀ g``."""
    g, a, _ = _as_matrices(g, a, b)
    blame: Array = np.matmul(a.mT, g)
    return blame[..., 0] if b.ndim == 1 else blame


def _as_matrices(g: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """A vector on the left is a matrix of one row, on the right of one column."""
    if a.ndim == 1:
        a, g = a[np.newaxis], np.expand_dims(g, -2 if b.ndim > 1 else -1)
    if b.ndim == 1:
        b, g = b[:, np.newaxis], np.expand_dims(g, -1)
    return g, a, b


def require_entries(op: str, array: Array, axes: Shape) -> None:
    """Refuse to look for an extreme entry where there is none."""
    if any(array.shape[axis] == 0 for axis in axes):
        raise ValueError(f"{op} of nothing: shape {array.shape} has no entries along dim {axes}")


def index(a: Array, key: Any) -> tuple[Array, UnaryBackward]:
    """``a[key]``; an entry that was picked twice gets both gradients."""

    def backward(g: Array) -> tuple[Array]:
        out, parts = np.zeros_like(a), key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, (np.ndarray, list)) for part in parts):
            np.add.at(out, key, g)
        else:
            out[key] = g
        return (out,)

    rows = isinstance(key, np.ndarray) and key.dtype.kind == "i"  # which take() picks faster
    return a.take(key, 0) if rows else a[key], backward
