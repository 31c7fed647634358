"""What a tensor can do entry by entry or along a dimension, beyond what every page needs.

Each is a function of ``nnlib`` and a method of its tensors; the file beside it moves entries about.
"""

# ruff: noqa: A001, A002 - PyTorch's names
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnlib import _kernels
from nnlib._arguments import Dim, as_axes, as_axis, expect, expect_number, expect_type, kept_shape
from nnlib.tensor import (
    Array,
    Number,
    Tensor,
    bool_,
    fit,
    numpys_names,
    record,
    same_type,
    unbroadcast,
)

__all__ = [
    "add", "allclose", "atan", "atan2", "ceil", "cos", "cosh", "cumprod", "cumsum", "div", "eq",
    "equal", "erf", "expm1", "floor", "floor_divide", "fmod", "ge", "gt", "isclose", "isfinite",
    "isinf", "isnan", "le", "log1p", "log2", "log10", "logical_and", "logical_not",
    "logical_or", "lt", "mul", "ne", "neg", "norm", "prod", "reciprocal", "remainder", "round",
    "rsqrt", "sign", "sin", "sinh", "sub", "tan",
]  # fmt: skip

Slope = Callable[[Array, Array], Any]


def _unary(op: str, x: Tensor, forward: Callable[[Array], Array], slope: Slope) -> Tensor:
    """An elementwise function, and its slope by (x, y)."""
    expect_type(x, "input", "a Tensor", Tensor)
    a = x._floats()
    y = forward(a)
    return record(op, y, (x,), lambda g: (g * slope(a, y),))


def _step(op: str, x: Tensor, forward: Callable[[Array], Array]) -> Tensor:
    """A function that is level wherever it has a slope: it passes on a gradient of 0."""
    expect_type(x, "input", "a Tensor", Tensor)
    a = x.array
    return record(op, forward(a).astype(a.dtype), (x,), lambda g: (np.zeros_like(a),))


# ---- elementwise ---------------------------------------------------------------------------


def sin(input: Tensor) -> Tensor:
    """The sine of an angle in radians, elementwise; its slope is the cosine.

    >>> import nnlib
    >>> nnlib.sin(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return _unary("sin", input, np.sin, lambda a, y: np.cos(a))


def cos(input: Tensor) -> Tensor:
    """The cosine of an angle in radians, elementwise; its slope is −sin x.

    >>> import nnlib
    >>> nnlib.cos(nnlib.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return _unary("cos", input, np.cos, lambda a, y: -np.sin(a))


def tan(input: Tensor) -> Tensor:
    """The tangent of an angle in radians, elementwise; its slope is 1 + y².

    >>> import nnlib
    >>> nnlib.tan(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return _unary("tan", input, np.tan, lambda a, y: 1 + y * y)


def atan(input: Tensor) -> Tensor:
    """The angle whose tangent is x, elementwise; its slope is 1/(1 + x²).

    >>> import nnlib
    >>> nnlib.atan(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return _unary("atan", input, np.arctan, lambda a, y: 1 / (1 + a * a))


def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine, elementwise; its slope is cosh x.

    >>> import nnlib
    >>> nnlib.sinh(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return _unary("sinh", input, np.sinh, lambda a, y: np.cosh(a))


def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine, elementwise; its slope is sinh x.

    >>> import nnlib
    >>> nnlib.cosh(nnlib.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return _unary("cosh", input, np.cosh, lambda a, y: np.sinh(a))


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2, elementwise; its slope is 1/(x log 2).

    >>> import nnlib
    >>> nnlib.log2(nnlib.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return _unary("log2", input, np.log2, lambda a, y: 1 / (a * math.log(2)))


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10, elementwise; its slope is 1/(x log 10).

    >>> import nnlib
    >>> nnlib.log10(nnlib.tensor([1.0, 20.0]))
    tensor([0.0000, 1.3010])
    """
    return _unary("log10", input, np.log10, lambda a, y: 1 / (a * math.log(10)))


def log1p(input: Tensor) -> Tensor:
    """``log(1 + x)``, elementwise, exact where x is small; its slope is 1/(1 + x).

    >>> import nnlib
    >>> nnlib.log1p(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """
    return _unary("log1p", input, np.log1p, lambda a, y: 1 / (1 + a))


def expm1(input: Tensor) -> Tensor:
    """``exp(x) − 1``, elementwise, exact where x is small; its slope is exp(x).

    >>> import nnlib
    >>> nnlib.expm1(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """
    return _unary("expm1", input, np.expm1, lambda a, y: y + 1)


def reciprocal(input: Tensor) -> Tensor:
    """``1/x``, elementwise; its slope is −1/x².

    >>> import nnlib
    >>> nnlib.reciprocal(nnlib.tensor([2.0, 4.0]))
    tensor([0.5000, 0.2500])
    """
    return _unary("reciprocal", input, np.reciprocal, lambda a, y: -y * y)


def rsqrt(input: Tensor) -> Tensor:
    """``1/√x``, elementwise; its slope is −½ x^(−3/2).

    >>> import nnlib
    >>> nnlib.rsqrt(nnlib.tensor([1.0, 4.0]))
    tensor([1.0000, 0.5000])
    """
    return _unary("rsqrt", input, lambda a: 1 / np.sqrt(a), lambda a, y: -0.5 * y * y * y)


def erf(input: Tensor) -> Tensor:
    """The error function ``2/√π ∫₀ˣ exp(−t²) dt``; its slope is 2/√π exp(−x²).

    >>> import nnlib
    >>> nnlib.erf(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return _unary("erf", input, _erf, lambda a, y: 2 / math.sqrt(math.pi) * np.exp(-a * a))


def floor(input: Tensor) -> Tensor:
    """The whole number at or below each entry; it is level, so its gradient is 0.

    >>> import nnlib
    >>> nnlib.floor(nnlib.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return _step("floor", input, np.floor)


def ceil(input: Tensor) -> Tensor:
    """The whole number at or above each entry; it is level, so its gradient is 0.

    >>> import nnlib
    >>> nnlib.ceil(nnlib.tensor([-1.5, 1.5]))
    tensor([-1.,  2.])
    """
    return _step("ceil", input, np.ceil)


def sign(input: Tensor) -> Tensor:
    """−1, 0 or 1, as each entry is below, at or above 0; its gradient is 0.

    >>> import nnlib
    >>> nnlib.sign(nnlib.tensor([-1.5, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return _step("sign", input, np.sign)


def isnan(input: Tensor) -> Tensor:
    """Where an entry is no number.

    >>> import nnlib
    >>> nnlib.isnan(nnlib.tensor([0.0, float("nan")]))
    tensor([False,  True])
    """
    return _test(input, np.isnan)


def isinf(input: Tensor) -> Tensor:
    """Where an entry is infinite.

    >>> import nnlib
    >>> nnlib.isinf(nnlib.tensor([0.0, float("inf")]))
    tensor([False,  True])
    """
    return _test(input, np.isinf)


def isfinite(input: Tensor) -> Tensor:
    """Where an entry is neither infinite nor NaN.

    >>> import nnlib
    >>> nnlib.isfinite(nnlib.tensor([0.0, float("inf")]))
    tensor([ True, False])
    """
    return _test(input, np.isfinite)


def logical_not(input: Tensor) -> Tensor:
    """Where an entry is 0 or ``False``.

    >>> import nnlib
    >>> nnlib.logical_not(nnlib.tensor([0, 2]))
    tensor([ True, False])
    """
    return _test(input, np.logical_not)


def neg(input: Tensor) -> Tensor:
    """``−x``, elementwise.

    >>> import nnlib
    >>> nnlib.neg(nnlib.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return -_tensor(input)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number of ``decimals`` decimals, a tie to the even one; its gradient is 0.

    >>> import nnlib
    >>> nnlib.round(nnlib.tensor([0.5, 1.5, 1.7]))
    tensor([0., 2., 2.])
    """
    expect_type(decimals, "decimals", "an integer", int)
    return _step("round", input, lambda a: np.round(a, decimals))


def _erf(a: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[a.dtype])(a))


def _test(x: Tensor, ufunc: np.ufunc) -> Tensor:
    return Tensor(np.asarray(ufunc(_tensor(x).array)))


def _tensor(x: Tensor) -> Tensor:
    expect_type(x, "input", "a Tensor", Tensor)
    return x


# ---- two tensors, or a tensor and a number -------------------------------------------------


def add(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """``input + alpha · other``.

    >>> import nnlib
    >>> nnlib.add(nnlib.ones(2), nnlib.ones(2), alpha=3)
    tensor([4., 4.])
    """
    return _tensor(input) + (other if alpha == 1 else other * alpha)


def sub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """``input − alpha · other``.

    >>> import nnlib
    >>> nnlib.sub(nnlib.ones(2), nnlib.ones(2), alpha=3)
    tensor([-2., -2.])
    """
    return _tensor(input) - (other if alpha == 1 else other * alpha)


def mul(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input · other``, elementwise.

    >>> import nnlib
    >>> nnlib.mul(nnlib.ones(2), 3)
    tensor([3., 3.])
    """
    return _tensor(input) * other


def div(input: Tensor, other: Tensor | Number, *, rounding_mode: str | None = None) -> Tensor:
    """``input / other``, elementwise; ``"floor"`` rounds it down and ``"trunc"`` towards 0.

    >>> import nnlib
    >>> nnlib.div(nnlib.tensor([-7, 7]), 2, rounding_mode="floor")
    tensor([-4,  3])
    """
    modes = (None, "floor", "trunc")
    expect(rounding_mode in modes, "rounding_mode", "None, 'floor' or 'trunc'", rounding_mode)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    y = _tensor(input) / other
    if rounding_mode is None:
        return y
    return _step("div", y, np.trunc).to(same_type(input, other)[0].dtype)


def _binary(op: str, x: Any, y: Any, forward: Any, to_y: Any) -> Tensor:
    """A quotient's floor or remainder, as its slopes are 0 and 0, or 1 and ``to_y(a, b)``."""
    x, y = same_type(x, y)
    a, b = x.array, y.array
    if a.dtype.kind in "iu" and (b == 0).any():
        raise ZeroDivisionError(f"{op}: integers divided by 0")

    def backward(g: Array) -> tuple[Array, Array]:
        to = (g * 0, g * 0) if to_y is None else (g, g * to_y(a, b))
        return unbroadcast(to[0], a.shape), unbroadcast(to[1], b.shape)

    return record(op, fit(op, forward, a, b), (x, y), backward)


def floor_divide(input: Tensor, other: Tensor | Number) -> Tensor:
    """``x // y``: the quotient rounded down; its gradient is 0.

    >>> import nnlib
    >>> nnlib.floor_divide(nnlib.tensor([-7, 7]), 2)
    tensor([-4,  3])
    """
    return _binary("floor_divide", _tensor(input), other, np.floor_divide, None)


def remainder(input: Tensor, other: Tensor | Number) -> Tensor:
    """``x % y = x − y · (x // y)``, which has the sign of y; its slopes are 1 and −(x // y).

    >>> import nnlib
    >>> nnlib.remainder(nnlib.tensor([-7, 7]), 4)
    tensor([1, 3])
    """
    down = lambda a, b: -np.floor_divide(a, b)  # noqa: E731 - one line says it
    return _binary("remainder", _tensor(input), other, np.remainder, down)


def fmod(input: Tensor, other: Tensor | Number) -> Tensor:
    """The remainder that has the sign of x; its slopes are 1 and −trunc(x / y).

    >>> import nnlib
    >>> nnlib.fmod(nnlib.tensor([-7, 7]), 4)
    tensor([-3,  3])
    """
    return _binary("fmod", _tensor(input), other, np.fmod, lambda a, b: -np.trunc(a / b))


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input), from −π to π; its slopes are 0 at the origin.

    >>> import nnlib
    >>> nnlib.atan2(nnlib.tensor([1.0]), nnlib.tensor([-1.0]))
    tensor([2.3562])
    """
    x, y = same_type(_tensor(input), other)
    a, b = x._floats(), y._floats()

    def backward(g: Array) -> tuple[Array, Array]:
        square = a * a + b * b
        shares = _kernels.divide_or_0(g * b, square), _kernels.divide_or_0(-g * a, square)
        return unbroadcast(shares[0], a.shape), unbroadcast(shares[1], b.shape)

    return record("atan2", fit("atan2", np.arctan2, a, b), (x, y), backward)


def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input == other``, entry by entry.

    >>> import nnlib
    >>> nnlib.eq(nnlib.tensor([1, 2, 3]), 2)
    tensor([False,  True, False])
    """
    return _tensor(input) == other


def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input != other``, entry by entry.

    >>> import nnlib
    >>> nnlib.ne(nnlib.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """
    return _tensor(input) != other


def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input < other``, entry by entry.

    >>> import nnlib
    >>> nnlib.lt(nnlib.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return _tensor(input) < other


def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input <= other``, entry by entry.

    >>> import nnlib
    >>> nnlib.le(nnlib.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return _tensor(input) <= other


def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input > other``, entry by entry.

    >>> import nnlib
    >>> nnlib.gt(nnlib.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return _tensor(input) > other


def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """``input >= other``, entry by entry.

    >>> import nnlib
    >>> nnlib.ge(nnlib.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return _tensor(input) >= other


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """Where both are other than 0 or ``False``.

    >>> import nnlib
    >>> nnlib.logical_and(nnlib.tensor([True, True]), nnlib.tensor([True, False]))
    tensor([ True, False])
    """
    return _tensor(input).to(bool_) & _tensor(other).to(bool_)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """Where at least one is other than 0 or ``False``.

    >>> import nnlib
    >>> nnlib.logical_or(nnlib.tensor([True, False]), nnlib.tensor([False, False]))
    tensor([ True, False])
    """
    return _tensor(input).to(bool_) | _tensor(other).to(bool_)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape and the same entries.

    >>> import nnlib
    >>> nnlib.equal(nnlib.ones(2), nnlib.ones(3))
    False
    """
    return np.array_equal(_tensor(input).array, _tensor(other).array)


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Where ``|input − other| ≤ atol + rtol · |other|``.

    >>> import nnlib
    >>> nnlib.isclose(nnlib.tensor([1.0, 1.1]), nnlib.ones(2))
    tensor([ True, False])
    """
    expect_number(rtol, "rtol", 0)
    expect_number(atol, "atol", 0)
    a, b = _tensor(input).array, _tensor(other).array
    return Tensor(fit("isclose", lambda a, b: np.isclose(a, b, rtol, atol, equal_nan), a, b))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether ``isclose`` holds for every entry.

    >>> import nnlib
    >>> nnlib.allclose(nnlib.ones(2), nnlib.ones(2) + 1e-7)
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


# ---- along a dimension ---------------------------------------------------------------------


@numpys_names
def cumsum(input: Tensor, dim: int) -> Tensor:
    """``yᵢ = x₁ + ... + xᵢ`` along ``dim``; an entry is to blame for every later sum.

    >>> import nnlib
    >>> nnlib.cumsum(nnlib.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    a = _tensor(input).array
    axis = as_axis(dim, max(a.ndim, 1)) if a.ndim else None

    def backward(g: Array) -> tuple[Array]:
        return (np.flip(np.flip(g, axis).cumsum(axis), axis).reshape(a.shape),)

    y = a.cumsum(axis, dtype=None if a.dtype.kind == "f" else np.int64)
    return record("cumsum", y.reshape(a.shape), (input,), backward)


@numpys_names
def cumprod(input: Tensor, dim: int) -> Tensor:
    """``yᵢ = x₁ · ... · xᵢ`` along ``dim``.

    >>> import nnlib
    >>> nnlib.cumprod(nnlib.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    axis = as_axis(dim, _tensor(input).ndim)
    a = np.moveaxis(input.array, axis, -1)
    # Column i of this matrix holds what the i-th product multiplies: x up to i, then ones.
    within = np.tri(a.shape[-1], dtype=bool)

    def backward(g: Array) -> tuple[Array]:
        factors = np.where(within, a[..., np.newaxis, :], a.dtype.type(1))
        others = _product_of_others(factors, -1) * within
        blame = (np.moveaxis(g, axis, -1)[..., np.newaxis] * others).sum(-2)
        return (np.moveaxis(blame, -1, axis),)

    return record("cumprod", np.moveaxis(a.cumprod(-1), -1, axis), (input,), backward)


@numpys_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """``Π x`` over all entries, or along ``dim``; its slope by an entry is the others' product.

    >>> import nnlib
    >>> nnlib.prod(nnlib.tensor([2.0, 3.0, 0.5]))
    tensor(3.)
    """
    if dim is None:
        return _prod_along(_tensor(input).flatten(), 0, False)
    return _prod_along(_tensor(input), as_axis(dim, input.ndim), keepdim)


def _prod_along(x: Tensor, axis: int, keepdim: bool) -> Tensor:
    a = x.array

    def backward(g: Array) -> tuple[Array]:
        return (np.reshape(g, kept_shape(a.shape, (axis,))) * _product_of_others(a, axis),)

    return record("prod", a.prod(axis, keepdims=keepdim), (x,), backward)


def _product_of_others(a: Array, axis: int) -> Array:
    """From the left up to each entry times from the right: no quotient, which a 0 would spoil."""

    def before(a: Array) -> Array:
        shifted = np.roll(a, 1, axis)
        np.moveaxis(shifted, axis, 0)[:1] = 1
        return shifted.cumprod(axis)

    return before(a) * np.flip(before(np.flip(a, axis)), axis)


def norm(input: Tensor, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """``(Σ |x|ᵖ)^(1/p)`` over all entries or the dimensions ``dim``; its slope is 0 at 0.

    >>> import nnlib
    >>> nnlib.norm(nnlib.tensor([3.0, 4.0]))
    tensor(5.)
    """
    p = 2 if p == "fro" else p
    expect_number(p, "p")
    expect(p > 0, "p", "a number above 0", p)
    a, axes = _tensor(input).array, as_axes(dim, input.ndim)
    if a.dtype.kind != "f":
        raise TypeError(f"norm: expected floats, got {a.dtype}; convert with float() first")
    if p == math.inf:
        return input.abs().amax(dim, keepdim)
    size = np.abs(a)
    y = (size**p).sum(axis=axes, keepdims=True) ** (1 / p)

    def backward(g: Array) -> tuple[Array]:
        share = _kernels.divide_or_0(size, np.broadcast_to(y, a.shape)) ** (p - 1)
        return (np.reshape(g, y.shape) * np.sign(a) * share,)

    return record("norm", y if keepdim else y.squeeze(axes), (input,), backward)
