"""The tensor: an array that remembers how it was computed, so that it can say what to blame.

Each operation stands here once: its forward, and directly beneath it the function that turns the
gradient of its result into the gradients of its inputs. ``backward`` walks them in reverse.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial, wraps
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike

from nnlib import _absent, _kernels
from nnlib._arguments import (
    Dim,
    Size,
    as_axes,
    as_axis,
    as_shape,
    as_target,
    expect,
    expect_type,
    kept_shape,
)
from nnlib._kernels import unbroadcast
from nnlib._values import Array, Values, bool_, float32, float64, int32, int64, uint8
from nnlib.grad_mode import is_grad_enabled, no_grad, recording

__all__ = [
    "Array", "Backward", "Extremum", "Number", "Tensor", "bool_", "float32", "float64", "int32",
    "int64", "is_grad_enabled", "no_grad", "record", "same_type", "uint8", "unbroadcast",
]  # fmt: skip

Number: TypeAlias = bool | int | float
Slope: TypeAlias = Callable[[Array, Array, Array], Array]
Operators: TypeAlias = tuple[Callable[..., "Tensor"], Callable[..., "Tensor"]]
Backward: TypeAlias = Callable[[Array], tuple[Array | None, ...]]

Reduction = TypeVar("Reduction", bound=Callable[..., Any])

_clock = itertools.count(1)


def record(op: str, array: Array, parents: tuple[Tensor, ...], backward: Backward) -> Tensor:
    """Wrap the result of an operation and, when a parent wants gradients, put it on the tape.

    ``backward`` gets the gradient of the result and returns one gradient for each parent, with
    the parent's shape and dtype (``None`` for a parent that wants none). It never changes what it
    was given, and it holds arrays, not the result: a tensor that holds itself is never freed.
    What it returns is a new array, the gradient it got, or a view.
    """
    result = Tensor(np.asarray(array))
    if recording.get():
        for parent in parents:
            if parent.requires_grad:
                result.requires_grad, result._op, result._parents = True, op, parents
                result._backward, result._created = backward, next(_clock)
                break
    return result


class Extremum(NamedTuple):
    """What ``max`` and ``min`` along a dimension return: the values, and where they stood.

    >>> import nnlib
    >>> nnlib.tensor([3.0, 7.0]).max(0).indices
    tensor(1)
    """

    values: Tensor
    indices: Tensor


def fit(op: str, function: Callable[..., Any], *args: Any) -> Array:
    """``function(*args)``, with an error that names the operation and the shapes."""
    try:
        return np.asarray(function(*args))
    except (ValueError, TypeError) as error:
        got = " and ".join(
            f"{a.shape} {a.dtype}" if getattr(a, "ndim", 0) else str(a) for a in args
        )
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{op}: {got} do not fit together") from None


def _operators(op: str, forward: Callable[..., Array], to_x: Slope, to_y: Slope) -> Operators:
    """An operator and its reflection: its forward, and of ``(g, a, b)`` the blame of each side."""

    def operator(x: Tensor | Number, y: Tensor | Number) -> Tensor:
        x, y = same_type(x, y)
        a, b, wants_x, wants_y = x.array, y.array, x.requires_grad, y.requires_grad

        def backward(g: Array) -> tuple[Array | None, ...]:
            return (
                unbroadcast(to_x(g, a, b), a.shape) if wants_x else None,
                unbroadcast(to_y(g, a, b), b.shape) if wants_y else None,
            )

        return record(op, fit(op, forward, a, b), (x, y), backward)

    return operator, lambda y, x: operator(x, y)


def _comparison(ufunc: np.ufunc) -> Callable[[Tensor, Tensor | Number], Tensor]:
    """A method that compares entry by entry; bools have no gradients."""

    def compare(self: Tensor, other: Tensor | Number) -> Tensor:
        return Tensor(fit(ufunc.__name__, ufunc, *(x.array for x in same_type(self, other))))

    return compare


def _in_place(
    ufunc: Callable[..., Array], operator: Callable[..., Tensor]
) -> Callable[[Tensor, Tensor | Number], Tensor]:
    """``x += y`` changes the entries themselves; on the tape, which could not undo that, it is
    ``x = x + y``, as long as x is not what is learnt.
    """

    def change(self: Tensor, other: Tensor | Number) -> Tensor:
        y = same_type(self, other)[1]
        if _on_tape(self, y) and not (self.is_leaf and self.requires_grad):
            return operator(self, y)
        _require_off_tape(self, y)
        fit("in-place", partial(ufunc, out=self.array, casting="same_kind"), self.array, y.array)
        return self

    return change


def _on_tape(x: Tensor, y: Tensor) -> bool:
    return is_grad_enabled() and (x.requires_grad or y.requires_grad)


def _require_off_tape(x: Tensor, y: Tensor) -> None:
    if _on_tape(x, y):
        raise RuntimeError("in-place change of a tensor on the tape; do it under no_grad()")
    if not x.array.flags.writeable:
        raise ValueError("in-place change of read-only memory; change a clone() of the tensor")


def numpys_names(method: Reduction) -> Reduction:
    """A reduction that understands ``axis`` and ``keepdims`` too, as ``np.sum(x)`` says it."""

    @wraps(method)
    def reduction(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        if kwargs and not {"axis", "keepdims", "out", "dtype"}.isdisjoint(kwargs):
            for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
                if theirs in kwargs:
                    kwargs[ours] = kwargs.pop(theirs)
            expect(kwargs.pop("out", None) is None, "out", "None", "an array")
            if (dtype := kwargs.pop("dtype", None)) is not None:
                self = self.to(dtype)
        return method(self, *args, **kwargs)

    return cast(Reduction, reduction)


class Tensor(Values):
    """An array of numbers that can tell how a result depends on it.

    Make one with :func:`nnlib.tensor`; ``Tensor(array)`` itself shares the array's memory.
    ``array`` is the NumPy array inside, ``grad`` the gradient that ``backward`` has gathered.

    >>> import nnlib
    >>> x = nnlib.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Numbers of NumPy take part in arithmetic; all else is told what to write."""
        name = _REFLECTED.get(ufunc.__name__)
        if name and inputs[-1] is self and not kwargs:
            number = inputs[0] if np.ndim(inputs[0]) else inputs[0][()]  # some come as 0-d arrays
            return getattr(self, name)(number)
        word = ufunc.__name__
        ways = f"nnlib.{word}(t), or np.{word}(t.detach().numpy())"
        raise TypeError(f"np.{word} got a Tensor: write {ways}")

    grad: Tensor | None = None
    _parents: tuple[Tensor, ...] = ()
    _backward: Backward | None = None
    _created = 0
    _retains_grad = False

    if TYPE_CHECKING:  # the methods that stand as functions in other files

        def __getattr__(self, name: str) -> Any: ...

    else:
        __getattr__ = _absent.attribute

    def __init__(self, array: Array, requires_grad: bool = False) -> None:
        self.array = array
        if requires_grad:
            self.requires_grad_()

    # ---- backpropagation -------------------------------------------------------------------

    def backward(self, gradient: Tensor | None = None, retain_graph: bool = False) -> None:
        """Add to every leaf's ``grad`` how this tensor changes with the leaf: ∂self/∂leaf.

        ``gradient`` is ∂L/∂self, of this tensor's shape; for a single number it is 1. The graph
        is freed on the way unless ``retain_graph``. (Linnainmaa 1970; Rumelhart, Hinton and
        Williams 1986.)

        Raises ``RuntimeError`` when nothing requires a gradient or the graph is gone, and
        ``ValueError`` when ``gradient`` is missing or has the wrong shape.

        >>> import nnlib
        >>> w = nnlib.tensor(3.0, requires_grad=True)
        >>> (w**2).backward()
        >>> w.grad
        tensor(6.)
        """
        if not self.requires_grad:
            raise RuntimeError(
                "backward() on a tensor that does not require grad: nothing to blame"
            )
        if gradient is None:
            if self.array.size != 1:
                raise ValueError(f"gradient: expected one of shape {self.shape}, got None")
            g = np.array(1, self.array.dtype, ndmin=self.array.ndim)
        else:
            expect(gradient.shape == self.shape, "gradient", f"shape {self.shape}", gradient.shape)
            g = gradient.array.astype(self.array.dtype)
        if self._op is None:
            return self._accumulate(g)
        # A tensor is made after its parents: the latest that is left has its gradient complete.
        gradients, waiting = {self: g}, [(-self._created, self)]
        while waiting:
            node = heappop(waiting)[1]
            if node._backward is None:
                raise RuntimeError(
                    f"backward() a second time through {node._op}, whose graph was freed the first "
                    "time; pass retain_graph=True to the first, or compute the loss again"
                )
            g = gradients.pop(node)
            if node._retains_grad:
                node._accumulate(g.copy())
            for parent, part in zip(node._parents, node._backward(g), strict=True):
                if part is None or not parent.requires_grad:
                    continue
                if parent._op is None:  # two leaves must not share the memory of their gradients
                    parent._accumulate(part.copy() if part is g or part.base is not None else part)
                elif parent in gradients:
                    gradients[parent] = gradients[parent] + part
                else:
                    gradients[parent] = part
                    heappush(waiting, (-parent._created, parent))
            if not retain_graph:
                node._parents, node._backward = (), None

    def _accumulate(self, g: Array) -> None:
        """Add to ``grad``, always into a new array: the old one may be in use elsewhere."""
        self.grad = Tensor(np.asarray(g if self.grad is None else self.grad.array + g))

    def retain_grad(self) -> None:
        """Ask ``backward`` to keep this tensor's ``grad``, though it is not a leaf.

        >>> import nnlib
        >>> x = nnlib.tensor(2.0, requires_grad=True)
        >>> y = x * 3
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        tensor(12.)
        """
        if not self.requires_grad:
            raise RuntimeError("retain_grad() on a tensor that does not require grad")
        self._retains_grad = not self.is_leaf

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say, in place, whether gradients are wanted; only a leaf of floats can be asked.

        >>> import nnlib
        >>> nnlib.zeros(2).requires_grad_()
        tensor([0., 0.], requires_grad=True)
        """
        if requires_grad and self.array.dtype.kind != "f":
            raise TypeError(f"requires_grad: expected floats, got a tensor of {self.dtype}")
        if not self.is_leaf and not requires_grad:
            raise RuntimeError("requires_grad: only a leaf can stop requiring it; use detach()")
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor: data and parameters are leaves."""
        return self._op is None

    @property
    def grad_fn(self) -> str | None:
        """The name of the operation that made this tensor, or ``None`` for a leaf."""
        return self._op

    def detach(self) -> Tensor:
        """The same memory, off the tape.

        >>> import nnlib
        >>> nnlib.ones(2, requires_grad=True).detach()
        tensor([1., 1.])
        """
        return Tensor(self.array)

    @property
    def data(self) -> Tensor:
        """The numbers without the tape, in the same memory; to set them leaves the tape alone."""
        return Tensor(self.array)

    @data.setter
    def data(self, data: Tensor) -> None:
        expect_type(data, "data", "a Tensor", Tensor)
        self.array = data.array

    # ---- conversions -----------------------------------------------------------------------

    def to(self, dtype: DTypeLike | Tensor, *more: DTypeLike, **named: Any) -> Tensor:
        """The tensor in another dtype, or that of another tensor; itself when it has it already.

        A device may stand in its place or before it: there is only ``"cpu"``.

        >>> import nnlib
        >>> nnlib.tensor([1, 2]).to(nnlib.float64)
        tensor([1., 2.], dtype=nnlib.float64)
        """
        old, new = self.array.dtype, as_target(dtype, *more, **named) or self.array.dtype
        if old == new:
            return self
        if new.kind != "f":
            return Tensor(self.array.astype(new))
        return record("to", self.array.astype(new), (self,), lambda g: (g.astype(old),))

    def float(self) -> Tensor:
        """``to(float32)``."""
        return self.to(float32)

    def double(self) -> Tensor:
        """``to(float64)``."""
        return self.to(float64)

    def long(self) -> Tensor:
        """``to(int64)``, which cuts decimals off."""
        return self.to(int64)

    def type(self, dtype: DTypeLike) -> Tensor:
        """``to(dtype)``."""
        return self.to(dtype)

    def cpu(self) -> Tensor:
        """The tensor itself, which is there already."""
        return self

    def clone(self) -> Tensor:
        """A copy that stays on the tape.

        >>> import nnlib
        >>> nnlib.ones(2).clone()
        tensor([1., 1.])
        """
        return record("clone", self.array.copy(), (self,), lambda g: (g,))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # ---- arithmetic, with broadcasting -----------------------------------------------------

    __add__, __radd__ = _operators("add", np.add, lambda g, a, b: g, lambda g, a, b: g)
    __sub__, __rsub__ = _operators("sub", np.subtract, lambda g, a, b: g, lambda g, a, b: -g)
    __mul__, __rmul__ = _operators("mul", np.multiply, lambda g, a, b: g * b, lambda g, a, b: g * a)
    __truediv__, __rtruediv__ = _operators(
        "div", _kernels.divide, lambda g, a, b: g / b, lambda g, a, b: -g * a / (b * b)
    )
    _maximum, _ = _operators(
        "maximum", np.maximum, _kernels.larger, lambda g, a, b: _kernels.larger(g, b, a)
    )
    _power, __rpow__ = _operators(
        "pow", np.power, _kernels.power_to_base, _kernels.power_to_exponent
    )
    _matmul, _ = _operators("matmul", np.matmul, _kernels.matmul_to_left, _kernels.matmul_to_right)

    def __matmul__(self, other: Tensor) -> Tensor:
        """``x @ other``: the product of matrices, of each in a batch, or with vectors."""
        expect_type(other, "matmul", "a Tensor", Tensor)
        return self._matmul(other)

    def __neg__(self) -> Tensor:
        return record("neg", -self.array, (self,), lambda g: (-g,))

    def __pow__(self, exponent: Tensor | Number) -> Tensor:
        """``x ** exponent``, elementwise."""
        kinds = (bool, int, float, np.number, Tensor)
        expect_type(exponent, "exponent", "a number or a Tensor", *kinds)
        if isinstance(exponent, Tensor):
            return self._power(exponent)
        if exponent in _POWERS:
            return _POWERS[exponent](self)
        n, a = exponent, self.array if isinstance(exponent, (int, np.integer)) else self._floats()
        y = fit("pow", np.power, a, a.dtype.type(n))
        return record("pow", y, (self,), lambda g: (g * (n * a ** (n - 1)),))

    __iadd__, __isub__ = _in_place(np.add, __add__), _in_place(np.subtract, __sub__)
    __imul__, __itruediv__ = _in_place(np.multiply, __mul__), _in_place(np.divide, __truediv__)

    def zero_(self) -> Tensor:
        """Set every entry to 0, in place.

        >>> import nnlib
        >>> nnlib.ones(2).zero_()
        tensor([0., 0.])
        """
        self[...] = 0
        return self

    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __and__, __or__ = _comparison(np.bitwise_and), _comparison(np.bitwise_or)
    __eq__ = _comparison(np.equal)  # type: ignore[assignment]  # entry by entry, as in PyTorch
    __ne__ = _comparison(np.not_equal)  # type: ignore[assignment]
    __hash__ = object.__hash__  # by identity, since == compares entries

    def __invert__(self) -> Tensor:
        return Tensor(np.asarray(~self.array))

    @numpys_names
    def all(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether no entry, or none along ``dim``, is 0 or ``False``.

        >>> import nnlib
        >>> nnlib.tensor([True, False]).all()
        tensor(False)
        """
        return Tensor(np.asarray(self.array.all(as_axes(dim, self.ndim), keepdims=keepdim)))

    @numpys_names
    def any(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """Whether some entry, or some along ``dim``, is other than 0 or ``False``.

        >>> import nnlib
        >>> nnlib.tensor([True, False]).any()
        tensor(True)
        """
        return Tensor(np.asarray(self.array.any(as_axes(dim, self.ndim), keepdims=keepdim)))

    # ---- elementwise functions -------------------------------------------------------------

    def _floats(self) -> Array:
        """Integers, which have no gradients, become float32 where results are not whole."""
        return self.array if self.array.dtype.kind == "f" else self.array.astype(float32)

    def exp(self) -> Tensor:
        """``exp(x)``, elementwise; its slope is itself.

        >>> import nnlib
        >>> nnlib.tensor([0.0, 1.0]).exp()
        tensor([1.0000, 2.7183])
        """
        y = np.exp(self._floats())
        return record("exp", y, (self,), lambda g: (g * y,))

    def log(self) -> Tensor:
        """The natural logarithm, elementwise; its slope is 1/x.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 2.0]).log()
        tensor([0.0000, 0.6931])
        """
        a = self._floats()
        return record("log", np.log(a), (self,), lambda g: (g / a,))

    def sqrt(self) -> Tensor:
        """``√x``, elementwise; its slope is 1/(2√x).

        >>> import nnlib
        >>> nnlib.tensor([4.0, 2.0]).sqrt()
        tensor([2.0000, 1.4142])
        """
        y = np.sqrt(self._floats())
        return record("sqrt", y, (self,), lambda g: (g / (2 * y),))

    def abs(self) -> Tensor:
        """``|x|``, elementwise; its slope is the sign of x, 0 at 0.

        >>> import nnlib
        >>> nnlib.tensor([-2.0, 3.0]).abs()
        tensor([2., 3.])
        """
        a = self.array
        return record("abs", np.abs(a), (self,), lambda g: (g * np.sign(a),))

    __abs__ = abs  # noqa: A003 - the method above

    def square(self) -> Tensor:
        """``x·x``, elementwise; its slope is 2x.

        >>> import nnlib
        >>> nnlib.tensor([-2.0, 3.0]).square()
        tensor([4., 9.])
        """
        a = self.array
        return record("square", a * a, (self,), lambda g: (g * (2 * a),))

    def maximum(self, other: Tensor | Number) -> Tensor:
        """The larger of two entries, elementwise; where they are equal, each gets half the blame.

        >>> import nnlib
        >>> nnlib.tensor([-1.0, 2.0]).maximum(nnlib.tensor([0.0, 5.0]))
        tensor([0., 5.])
        """
        return self._maximum(other)

    def minimum(self, other: Tensor | Number) -> Tensor:
        """The smaller of two entries, elementwise; where they are equal, each gets half the blame.

        >>> import nnlib
        >>> nnlib.tensor([-1.0, 2.0]).minimum(nnlib.tensor([0.0, 5.0]))
        tensor([-1.,  2.])
        """
        x, y = same_type(self, other)
        return -(-x).maximum(-y)

    def clamp(self, min: Number | None = None, max: Number | None = None) -> Tensor:  # noqa: A002
        """Cut off what lies below ``min`` or above ``max``; the slope is 1 inside, 0 outside.

        >>> import nnlib
        >>> nnlib.tensor([-2.0, 0.5, 9.0]).clamp(0, 1)
        tensor([0.0000, 0.5000, 1.0000])
        """
        expect(min is not None or max is not None, "clamp", "min, max or both", "neither")
        for name, limit in (("min", min), ("max", max)):
            expect_type(limit, name, "a number or None", int, float, np.number, type(None))
        a, y = self.array, np.clip(self.array, min, max)
        return record("clamp", y, (self,), lambda g: (_kernels.keep(g, y == a),))

    # ---- reductions ------------------------------------------------------------------------

    @numpys_names
    def sum(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """``Σ x`` over all entries, or over the dimensions ``dim``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(dim=1)
        tensor([3., 7.])
        """
        a, axes = self.array, as_axes(dim, self.ndim)
        kept = kept_shape(a.shape, axes)
        y = a.sum(axis=axes, keepdims=keepdim)
        return record("sum", y, (self,), lambda g: (np.broadcast_to(g.reshape(kept), a.shape),))

    @numpys_names
    def mean(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """``(1/n) Σ x`` over all entries, or over the dimensions ``dim``; of floats only.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 2.0], [3.0, 4.0]]).mean()
        tensor(2.5000)
        """
        a, axes = self.array, as_axes(dim, self.ndim)
        if a.dtype.kind != "f":
            raise TypeError(f"mean: expected floats, got {a.dtype}; convert with float() first")
        n = math.prod(a.shape[axis] for axis in axes)
        return self.sum(dim, keepdim) * (1 / n if n else math.nan)

    @numpys_names
    def var(
        self,
        dim: Dim = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: int = 1,
    ) -> Tensor:
        """``Σ (x − mean)² / (n − correction)``; 1 corrects for the mean being estimated too.

        ``unbiased=False`` is an older way to write ``correction=0``.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 2.0, 3.0]).var()
        tensor(1.)
        """
        n = math.prod(self.shape[axis] for axis in as_axes(dim, self.ndim))
        correction = correction if unbiased is None else int(unbiased)
        squares = (self - self.mean(dim, keepdim=True)).square().sum(dim, keepdim)
        return squares * (1 / (n - correction) if n > correction else math.nan)

    @numpys_names
    def std(self, *args: Any, **kwargs: Any) -> Tensor:
        """The square root of ``var``, with the same arguments; its slope is 0 where it is 0.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 3.0, 5.0]).std()
        tensor(2.)
        """
        variance = self.var(*args, **kwargs)
        y = np.sqrt(variance.array)
        return record("std", y, (variance,), lambda g: (_kernels.divide_or_0(g, 2 * y),))

    @numpys_names
    def max(self, dim: int | Tensor | None = None, keepdim: bool = False) -> Any:
        """The largest entry; with ``dim``, the largest along it and where it stands.

        With a tensor it is ``maximum``.

        >>> import nnlib
        >>> values, indices = nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
        >>> values, indices
        (tensor([5., 7.]), tensor([1, 0]))
        """
        if dim is None:
            return self.amax()
        if isinstance(dim, Tensor):
            return self.maximum(dim)
        a, indices = self.array, self.argmax(as_axis(dim, self.ndim), keepdim=True)

        def backward(g: Array) -> tuple[Array]:
            out = np.zeros_like(a)
            np.put_along_axis(out, indices.array, g.reshape(indices.shape), dim)
            return (out,)

        y = np.take_along_axis(a, indices.array, dim)
        found = Extremum(record("max", y, (self,), backward), indices)
        return found if keepdim else Extremum(*(part.squeeze(dim) for part in found))

    @numpys_names
    def min(self, dim: int | Tensor | None = None, keepdim: bool = False) -> Any:
        """The smallest entry; with ``dim``, the smallest along it and where it stands.

        With a tensor it is ``minimum``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).min()
        tensor(1.)
        """
        if dim is None:
            return -(-self).amax()
        if isinstance(dim, Tensor):
            return self.minimum(dim)
        values, indices = (-self).max(dim, keepdim)
        return Extremum(-values, indices)

    @numpys_names
    def amax(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The largest entry over ``dim``; entries that tie share the blame equally.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(dim=0)
        tensor([7., 5.])
        """
        a, axes = self.array, as_axes(dim, self.ndim)
        _kernels.require_entries("amax", a, axes)
        y = a.max(axis=axes, keepdims=True)

        def backward(g: Array) -> tuple[Array]:
            ties = (a == y) | (a != a)  # a NaN, which equals nothing, is the largest entry
            share = g.reshape(y.shape) / ties.sum(axis=axes, keepdims=True)
            return ((ties * share).astype(a.dtype, copy=False),)

        return record("amax", y if keepdim else y.squeeze(axes), (self,), backward)

    @numpys_names
    def amin(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The smallest entry over ``dim``; entries that tie share the blame equally.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).amin(dim=0)
        tensor([1., 2.])
        """
        return -(-self).amax(dim, keepdim)

    @numpys_names
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Where the smallest entry stands: in the flattened tensor, or along ``dim``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmin(dim=1)
        tensor([0, 1])
        """
        return (-self).argmax(dim, keepdim)

    @numpys_names
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Where the largest entry stands: in the flattened tensor, or along ``dim``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmax(dim=1)
        tensor([1, 0])
        """
        axis = None if dim is None else as_axis(dim, self.ndim)
        _kernels.require_entries("argmax", self.array, as_axes(dim, self.ndim))
        return Tensor(np.asarray(np.argmax(self.array, axis=axis, keepdims=keepdim)))

    # ---- shape -----------------------------------------------------------------------------

    def reshape(self, *shape: Size) -> Tensor:
        """The same entries in another shape; one length may be −1, for "whatever is left".

        >>> import nnlib
        >>> nnlib.arange(6).reshape(2, -1)
        tensor([[0, 1, 2],
                [3, 4, 5]])
        """
        a = self.array
        y = fit("reshape", np.reshape, a, as_shape(shape, -1))
        return record("reshape", y, (self,), lambda g: (g.reshape(a.shape),))

    view = reshape

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """Run the dimensions from ``start_dim`` to ``end_dim`` together into one.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).flatten(start_dim=1).shape
        (2, 12)
        """
        shape = self.shape or (1,)
        first, last = as_axis(start_dim, len(shape)), as_axis(end_dim, len(shape))
        expect(first <= last, "flatten", f"start_dim to come before end_dim={end_dim}", start_dim)
        return self.reshape(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

    def permute(self, *dims: Size) -> Tensor:
        """The dimensions in the order ``dims``.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).permute(2, 0, 1).shape
        (4, 2, 3)
        """
        order = tuple(as_axis(dim, self.ndim) for dim in as_shape(dims))
        y = fit("permute", np.transpose, self.array, order)
        return record("permute", y, (self,), lambda g: (g.transpose(np.argsort(order)),))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Two dimensions swapped.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).transpose(0, 2).shape
        (4, 3, 2)
        """
        i, j = as_axis(dim0, self.ndim), as_axis(dim1, self.ndim)
        y = self.array.swapaxes(i, j)
        return record("transpose", y, (self,), lambda g: (g.swapaxes(i, j),))

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """A matrix with rows and columns swapped."""
        expect(self.ndim == 2, "T", "a matrix", f"shape {self.shape}")
        return self.mT

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """Each matrix of a batch with rows and columns swapped."""
        expect(self.ndim >= 2, "mT", "two dimensions or more", f"shape {self.shape}")
        return self.transpose(-1, -2)

    def squeeze(self, dim: Dim = None) -> Tensor:
        """Drop the dimensions of length 1: all, or those in ``dim``.

        >>> import nnlib
        >>> nnlib.zeros(2, 1, 3).squeeze(1).shape
        (2, 3)
        """
        axes = as_axes(dim, self.ndim)
        left = [n for axis, n in enumerate(self.shape) if n != 1 or axis not in axes]
        return self.reshape(left)

    def unsqueeze(self, dim: int) -> Tensor:
        """Put in a dimension of length 1 at ``dim``.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).unsqueeze(1).shape
        (2, 1, 3)
        """
        axis = as_axis(dim, self.ndim + 1)
        return self.reshape(*self.shape[:axis], 1, *self.shape[axis:])

    def __getitem__(self, key: Any) -> Tensor:
        try:
            y, backward = _kernels.index(self.array, _index(key))
        except IndexError as error:
            raise IndexError(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        return record("index", y, (self,), backward)

    def __setitem__(self, key: Any, value: Tensor | Number) -> None:
        new = same_type(self, value)[1]
        _require_off_tape(self, new)
        self.array[_index(key)] = new.array


# ---- what the operations share -------------------------------------------------------------

# Which method of the right operand answers a ufunc whose left one is NumPy's.
_REFLECTED = {
    **{"add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "power": "__rpow__"},
    **{"divide": "__rtruediv__", "floor_divide": "__rfloordiv__", "remainder": "__rmod__"},
    **{"less": "__gt__", "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__"},
    **{"equal": "__eq__", "not_equal": "__ne__"},
}

# NumPy's general power is some two hundred times slower than a product.
_POWERS: dict[Number, Callable[[Tensor], Tensor]] = {
    **{
        0: lambda x: record("pow", np.ones_like(x.array), (x,), lambda g: (np.zeros_like(g),)),
        0.5: Tensor.sqrt,
        1: Tensor.clone,
    },
    **{2: Tensor.square, 3: lambda x: x.square() * x},
}


def _strength(x: Tensor) -> tuple[int, bool, int]:
    """Floats win over integers and bools, then dimensions over none, then the wider dtype."""
    return "buif".index(x.dtype.kind), x.ndim > 0, x.dtype.itemsize


def same_type(x: Tensor | Number, y: Tensor | Number) -> tuple[Tensor, Tensor]:
    """Both operands as tensors of the dtype that PyTorch computes in.

    A number counts as a tensor without dimensions, which never widens one that has some.

    >>> import nnlib
    >>> same_type(nnlib.tensor([1, 2]), 0.5)
    (tensor([1., 2.]), tensor(0.5000))
    """
    one, two = (v if isinstance(v, Tensor) else _from_number(v) for v in (x, y))
    if one.array.dtype == two.array.dtype:
        return one, two
    dtype = max(one, two, key=_strength).dtype
    # A number goes straight to its dtype: a detour through float32 would round it.
    first = one.to(dtype) if one is x else Tensor(np.asarray(x, dtype))
    return first, two.to(dtype) if two is y else Tensor(np.asarray(y, dtype))


def _from_number(number: Any) -> Tensor:
    hint = "; nnlib.from_numpy(array) makes it one" if isinstance(number, np.ndarray) else ""
    kinds = (bool, int, float, np.number, np.bool_)
    expect_type(number, "operand", "a Tensor or a number" + hint, *kinds)
    kind = np.asarray(number).dtype.kind
    return Tensor(np.asarray(number, {"b": bool_, "f": float32}.get(kind, int64)))


def _index(key: Any) -> Any:
    """An index with the tensors in it replaced by their arrays."""
    if isinstance(key, tuple):
        return tuple(_index(part) for part in key)
    return key.array if isinstance(key, Tensor) else key
