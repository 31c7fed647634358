"""The operations that take more than a line, on plain arrays.

Each stands with its gradient: a slope takes ``(g, a, b)``, the gradient of the result and both
operands; a forward that must remember something returns its backward too.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlib._arguments import Shape

Array: TypeAlias = NDArray[Any]
UnaryBackward: TypeAlias = Callable[[Array], tuple[Array]]


def unbroadcast(gradient: Array, shape: Shape) -> Array:
    """Sum a gradient over the axes along which its operand was stretched to fit.

    An entry that broadcasting used k times is to blame k times over.

    >>> import numpy as np
    >>> unbroadcast(np.ones((4, 3)), (1, 3))
    array([[4., 4., 4.]])
    """
    if gradient.shape == shape:
        return gradient
    added = gradient.ndim - len(shape)
    stretched = tuple(
        axis
        for axis, length in enumerate(gradient.shape)
        if axis < added or (shape[axis - added] == 1 and length != 1)
    )
    total: Array = gradient.sum(axis=stretched).reshape(shape)
    return total


def larger(g: Array, a: Array, b: Array) -> Array:
    """The blame of ``a`` for ``max(a, b)``: all where it is larger, half where they are equal."""
    share: Array = g * (a > b) + 0.5 * (g * (a == b))
    return share


def matmul_to_left(g: Array, a: Array, b: Array) -> Array:
    """``g Bᵀ``. A vector on the left is a matrix of one row, on the right of one column."""
    if b.ndim == 1:
        return np.expand_dims(g, -1) * b
    if a.ndim == 1:
        row: Array = np.expand_dims(g, -2) @ b.swapaxes(-1, -2)
        return row[..., 0, :]
    left: Array = g @ b.swapaxes(-1, -2)
    return left


def matmul_to_right(g: Array, a: Array, b: Array) -> Array:
    """``Aᵀ g``."""
    if a.ndim == 1:
        return a * g if b.ndim == 1 else a[:, np.newaxis] * np.expand_dims(g, -2)
    if b.ndim == 1:
        column: Array = a.swapaxes(-1, -2) @ np.expand_dims(g, -1)
        return column[..., 0]
    right: Array = a.swapaxes(-1, -2) @ g
    return right


def power_to_base(g: Array, a: Array, b: Array) -> Array:
    """``b aᵇ⁻¹``, and 0 where b is 0: a⁰ is 1 whatever a is, and 0 · 0⁻¹ would be NaN."""
    constant = b == 0
    slope: Array = g * np.where(constant, 0, b * a ** np.where(constant, 1, b - 1))
    return slope


def power_to_exponent(g: Array, a: Array, b: Array) -> Array:
    """``aᵇ log a``, and 0 where a is 0, which stays 0 when b > 0 is nudged."""
    slope: Array = g * a**b * np.log(np.where((a == 0) & (b >= 0), 1, a))
    return slope


def pick(a: Array, find: Callable[..., Array], axis: int) -> tuple[Array, Array, UnaryBackward]:
    """The entries that ``find`` finds, and where; they alone take the blame."""
    where = find(a, axis=axis, keepdims=True)

    def backward(g: Array) -> tuple[Array]:
        out = np.zeros_like(a)
        np.put_along_axis(out, where, g.reshape(where.shape), axis)
        return (out,)

    return np.take_along_axis(a, where, axis), where, backward


def extreme(a: Array, find: Callable[..., Array], axes: Shape) -> tuple[Array, UnaryBackward]:
    """The largest or smallest entries; those that tie share the blame equally."""
    y = find(a, axis=axes, keepdims=True)

    def backward(g: Array) -> tuple[Array]:
        ties = (a == y) | (a != a)  # a NaN, which equals nothing, is the extreme entry
        share = g.reshape(y.shape) / ties.sum(axis=axes, keepdims=True)
        return ((ties * share).astype(a.dtype, copy=False),)

    return y, backward


def index(a: Array, key: Any) -> tuple[Array, UnaryBackward]:
    """``a[key]``; an entry that was picked twice gets both gradients."""
    y = a[key]
    parts = key if isinstance(key, tuple) else (key,)
    repeats = any(isinstance(part, (np.ndarray, list)) for part in parts)

    def backward(g: Array) -> tuple[Array]:
        out = np.zeros_like(a)
        if repeats:
            np.add.at(out, key, g)
        else:
            out[key] = g
        return (out,)

    return y, backward


def result_type(x: Array, y: Array) -> np.dtype[Any]:
    """The dtype that PyTorch computes in.

    Floats win over integers and integers over bools. Within a kind the wider wins, but an array
    without dimensions never widens one that has some.
    """
    if x.dtype.kind != y.dtype.kind:
        return max(x.dtype, y.dtype, key=lambda dtype: "buif".index(dtype.kind))
    if (x.ndim == 0) != (y.ndim == 0):
        return x.dtype if x.ndim else y.dtype
    return np.promote_types(x.dtype, y.dtype)
