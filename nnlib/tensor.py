"""The tensor: an array that remembers how it was computed, so that it can say what to blame.

Each operation stands here once: its forward, and directly beneath it the function that turns the
gradient of its result into the gradients of its inputs. ``backward`` walks them in reverse.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import DTypeLike

from nnlib import _kernels
from nnlib._arguments import Dim, as_axes, as_axis, as_shape, kept_shape, require_entries
from nnlib._kernels import unbroadcast
from nnlib._values import Array, Values, bool_, float32, float64, int64
from nnlib.grad_mode import is_grad_enabled, is_recording, no_grad

__all__ = [
    "Array", "Backward", "Extremum", "Number", "Tensor", "bool_", "float32", "float64", "int64",
    "is_grad_enabled", "no_grad", "record", "same_type", "unbroadcast",
]  # fmt: skip

Number: TypeAlias = bool | int | float
Slope: TypeAlias = Callable[[Array, Array, Array], Array]
Backward: TypeAlias = Callable[[Array], tuple[Array | None, ...]]

_clock = itertools.count(1)
_created = attrgetter("_created")


def record(op: str, array: Array, parents: tuple[Tensor, ...], backward: Backward) -> Tensor:
    """Wrap the result of an operation and, when a parent wants gradients, put it on the tape.

    ``backward`` gets the gradient of the result and returns one gradient for each parent, with
    the parent's shape and dtype (``None`` for a parent that wants none). It never changes what it
    was given, and it holds arrays, not the result: a tensor that holds itself is never freed.
    What it returns is a new array, the gradient it got, or a view.
    """
    result = Tensor(np.asarray(array))
    if is_recording():
        for parent in parents:
            if parent.requires_grad:
                result.requires_grad = True
                result._op, result._parents, result._backward = op, parents, backward
                result._created = next(_clock)
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

    __slots__ = (
        "__weakref__",
        "_backward",
        "_created",
        "_parents",
        "_retains_grad",
        "grad",
    )
    __array_ufunc__ = None  # ndarray + Tensor must reach Tensor.__radd__, not loop over entries

    grad: Tensor | None
    _parents: tuple[Tensor, ...]
    _backward: Backward | None
    _created: int
    _retains_grad: bool

    def __init__(self, array: Array, requires_grad: bool = False) -> None:
        self.array = array
        self.grad = None
        self.requires_grad = False
        self._op = None
        self._parents = ()
        self._backward = None
        self._created = 0
        self._retains_grad = False
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
        g = self._first_gradient(gradient)
        if self.is_leaf:
            self._accumulate(g)
            return
        gradients = {id(self): g}
        tape = _tape(self)
        while tape:
            node = tape.pop()
            g = gradients.pop(id(node))
            if node._retains_grad:
                node._accumulate(g.copy())
            for parent, part in zip(node._parents, node._backward(g), strict=True):  # type: ignore[misc]  # _tape checked that it is there
                if part is None or not parent.requires_grad:
                    continue
                if parent._op is None:
                    # Two leaves must not share the memory of their gradients.
                    shared = part is g or part.base is not None
                    parent._accumulate(part.copy() if shared else part)
                elif id(parent) in gradients:
                    gradients[id(parent)] = gradients[id(parent)] + part
                else:
                    gradients[id(parent)] = part
            if not retain_graph:
                node._parents, node._backward = (), None

    def _first_gradient(self, gradient: Tensor | None) -> Array:
        """∂L/∂self, which starts the backward pass."""
        if not self.requires_grad:
            raise RuntimeError(
                "backward() on a tensor that does not require grad: no input of the computation "
                "was made with requires_grad=True, or it ran under no_grad()"
            )
        if gradient is None:
            if self.array.size != 1:
                raise ValueError(
                    "gradient: expected one for a tensor that is not a single number, of shape "
                    f"{self.shape}, got None"
                )
            return np.ones(self.array.shape, self.array.dtype)
        if gradient.shape != self.shape:
            raise ValueError(f"gradient: expected shape {self.shape}, got {gradient.shape}")
        return gradient.array.astype(self.array.dtype)

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
            raise TypeError(
                f"requires_grad: expected a tensor of floats, got one of {self.array.dtype}"
            )
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

    # ---- conversions -----------------------------------------------------------------------

    def to(self, dtype: DTypeLike) -> Tensor:
        """The tensor in another dtype; itself when it has that dtype already.

        >>> import nnlib
        >>> nnlib.tensor([1, 2]).to(nnlib.float64)
        tensor([1., 2.], dtype=nnlib.float64)
        """
        old, new = self.array.dtype, np.dtype(dtype)
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

    def __add__(self, other: Tensor | Number) -> Tensor:
        x, y = same_type(self, other)
        return _binary("add", np.add, x, y, lambda g, a, b: g, lambda g, a, b: g)

    def __sub__(self, other: Tensor | Number) -> Tensor:
        x, y = same_type(self, other)
        return _binary("sub", np.subtract, x, y, lambda g, a, b: g, lambda g, a, b: -g)

    def __mul__(self, other: Tensor | Number) -> Tensor:
        x, y = same_type(self, other)
        return _binary("mul", np.multiply, x, y, lambda g, a, b: g * b, lambda g, a, b: g * a)

    def __truediv__(self, other: Tensor | Number) -> Tensor:
        x, y = (operand._floating() for operand in same_type(self, other))
        return _binary(
            "div", np.divide, x, y, lambda g, a, b: g / b, lambda g, a, b: -g * a / (b * b)
        )

    def __pow__(self, other: Tensor | Number) -> Tensor:
        if isinstance(other, (int, float)) and other in _POWERS:
            return _POWERS[other](self)
        x, y = same_type(self, other)
        if x.dtype.kind in "iu" and (y.array < 0).any():
            raise ValueError("pow: integers have no negative powers; convert with float() first")

        return _binary("pow", np.power, x, y, _kernels.power_to_base, _kernels.power_to_exponent)

    def __neg__(self) -> Tensor:
        return record("neg", -self.array, (self,), lambda g: (-g,))

    def __radd__(self, other: Number) -> Tensor:
        return self + other

    def __rmul__(self, other: Number) -> Tensor:
        return self * other

    def __rsub__(self, other: Number) -> Tensor:
        return same_type(other, self)[0] - self

    def __rtruediv__(self, other: Number) -> Tensor:
        return same_type(other, self)[0] / self

    def __rpow__(self, other: Number) -> Tensor:
        return same_type(other, self)[0] ** self

    def __matmul__(self, other: Tensor) -> Tensor:
        if not isinstance(other, Tensor):
            raise TypeError(f"matmul: expected a Tensor, got {type(other).__name__}")
        x, y = same_type(self, other)
        a, b = x.array, y.array
        if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[0 if b.ndim == 1 else -2]:
            raise ValueError(f"matmul: shapes {a.shape} and {b.shape} do not fit together")

        return _binary("matmul", np.matmul, x, y, _kernels.matmul_to_left, _kernels.matmul_to_right)

    def _require_off_tape(self, other: Tensor) -> None:
        if is_recording() and (self.requires_grad or other.requires_grad):
            raise RuntimeError(
                "in-place change of a tensor that takes part in a gradient; "
                "write x = x + ..., or do it under no_grad()"
            )

    def _in_place(self, ufunc: np.ufunc, other: Tensor | Number) -> Tensor:
        """Change the entries themselves, which the tape could not undo: only off the tape."""
        x, y = same_type(self, other)
        self._require_off_tape(y)
        if x.dtype.kind != self.dtype.kind or (ufunc is np.divide and x.dtype.kind != "f"):
            raise TypeError(f"in-place: {x.dtype} results do not fit a tensor of {self.dtype}")
        if np.broadcast(self.array, y.array).shape != self.shape:
            raise ValueError(f"in-place: shape {y.shape} does not fit into {self.shape}")
        ufunc(self.array, y.array, out=self.array, casting="same_kind")
        return self

    def __iadd__(self, other: Tensor | Number) -> Tensor:
        return self._in_place(np.add, other)

    def __isub__(self, other: Tensor | Number) -> Tensor:
        return self._in_place(np.subtract, other)

    def __imul__(self, other: Tensor | Number) -> Tensor:
        return self._in_place(np.multiply, other)

    def __itruediv__(self, other: Tensor | Number) -> Tensor:
        return self._in_place(np.divide, other)

    def zero_(self) -> Tensor:
        """Set every entry to 0, in place.

        >>> import nnlib
        >>> nnlib.ones(2).zero_()
        tensor([0., 0.])
        """
        return self._in_place(np.multiply, 0)

    def _compare(self, ufunc: np.ufunc, other: Tensor | Number) -> Tensor:
        return Tensor(np.asarray(_apply(ufunc, *same_type(self, other))))

    def __eq__(self, other: Tensor | Number) -> Tensor:  # type: ignore[override]  # elementwise
        return self._compare(np.equal, other)

    def __ne__(self, other: Tensor | Number) -> Tensor:  # type: ignore[override]  # elementwise
        return self._compare(np.not_equal, other)

    def __lt__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.less, other)

    def __le__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.less_equal, other)

    def __gt__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.greater, other)

    def __ge__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.greater_equal, other)

    def __and__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.bitwise_and, other)

    def __or__(self, other: Tensor | Number) -> Tensor:
        return self._compare(np.bitwise_or, other)

    def __invert__(self) -> Tensor:
        return Tensor(np.asarray(~self.array))

    __hash__ = object.__hash__  # by identity, since == compares entries

    # ---- elementwise functions -------------------------------------------------------------

    def _floating(self) -> Tensor:
        """Integers become float32 before an operation whose results are not whole."""
        return self if self.array.dtype.kind == "f" else self.float()

    def exp(self) -> Tensor:
        """``exp(x)``, elementwise; its slope is itself.

        >>> import nnlib
        >>> nnlib.tensor([0.0, 1.0]).exp()
        tensor([1.0000, 2.7183])
        """
        x = self._floating()
        y = np.exp(x.array)
        return record("exp", y, (x,), lambda g: (g * y,))

    def log(self) -> Tensor:
        """The natural logarithm, elementwise; its slope is 1/x.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 2.0]).log()
        tensor([0.0000, 0.6931])
        """
        x = self._floating()
        a = x.array
        return record("log", np.log(a), (x,), lambda g: (g / a,))

    def sqrt(self) -> Tensor:
        """``√x``, elementwise; its slope is 1/(2√x).

        >>> import nnlib
        >>> nnlib.tensor([4.0, 2.0]).sqrt()
        tensor([2.0000, 1.4142])
        """
        x = self._floating()
        y = np.sqrt(x.array)
        return record("sqrt", y, (x,), lambda g: (g / (2 * y),))

    def abs(self) -> Tensor:
        """``|x|``, elementwise; its slope is the sign of x, 0 at 0.

        >>> import nnlib
        >>> nnlib.tensor([-2.0, 3.0]).abs()
        tensor([2., 3.])
        """
        a = self.array
        return record("abs", np.abs(a), (self,), lambda g: (g * np.sign(a),))

    def __abs__(self) -> Tensor:
        return self.abs()

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
        x, y = same_type(self, other)
        return _binary(
            "maximum",
            np.maximum,
            x,
            y,
            _kernels.larger,
            lambda g, a, b: _kernels.larger(g, b, a),
        )

    def minimum(self, other: Tensor | Number) -> Tensor:
        """The smaller of two entries, elementwise; where they are equal, each gets half the blame.

        >>> import nnlib
        >>> nnlib.tensor([-1.0, 2.0]).minimum(nnlib.tensor([0.0, 5.0]))
        tensor([-1.,  2.])
        """
        return -(-self).maximum(-other)

    def clamp(self, min: Number | None = None, max: Number | None = None) -> Tensor:  # noqa: A002
        """Cut off what lies below ``min`` or above ``max``; the slope is 1 inside, 0 outside.

        >>> import nnlib
        >>> nnlib.tensor([-2.0, 0.5, 9.0]).clamp(0, 1)
        tensor([0.0000, 0.5000, 1.0000])
        """
        if min is None and max is None:
            raise ValueError("clamp: expected min, max or both, got neither")
        a = self.array
        low, high = -math.inf if min is None else min, math.inf if max is None else max
        y = np.minimum(np.maximum(a, low), high) if a.dtype.kind == "f" else np.clip(a, min, max)
        return record("clamp", y, (self,), lambda g: (g * ((a >= low) & (a <= high)),))

    # ---- reductions ------------------------------------------------------------------------

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

    def var(self, dim: Dim = None, *, correction: int = 1, keepdim: bool = False) -> Tensor:
        """``Σ (x − mean)² / (n − correction)``; 1 corrects for the mean being estimated too.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 2.0, 3.0]).var()
        tensor(1.)
        """
        n = math.prod(self.shape[axis] for axis in as_axes(dim, self.ndim))
        squares = (self - self.mean(dim, keepdim=True)).square().sum(dim, keepdim)
        return squares * (1 / (n - correction) if n > correction else math.nan)

    def std(self, dim: Dim = None, *, correction: int = 1, keepdim: bool = False) -> Tensor:
        """The square root of ``var``.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 3.0, 5.0]).std()
        tensor(2.)
        """
        return self.var(dim, correction=correction, keepdim=keepdim).sqrt()

    @overload
    def max(self) -> Tensor: ...
    @overload
    def max(self, dim: int, keepdim: bool = False) -> Extremum: ...
    def max(self, dim: int | None = None, keepdim: bool = False) -> Tensor | Extremum:
        """The largest entry; with ``dim``, the largest along it and where it stands.

        >>> import nnlib
        >>> values, indices = nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
        >>> values, indices
        (tensor([5., 7.]), tensor([1, 0]))
        """
        return self.amax() if dim is None else self._pick("max", np.argmax, dim, keepdim)

    @overload
    def min(self) -> Tensor: ...
    @overload
    def min(self, dim: int, keepdim: bool = False) -> Extremum: ...
    def min(self, dim: int | None = None, keepdim: bool = False) -> Tensor | Extremum:
        """The smallest entry; with ``dim``, the smallest along it and where it stands.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).min()
        tensor(1.)
        """
        return self.amin() if dim is None else self._pick("min", np.argmin, dim, keepdim)

    def _pick(self, op: str, find: Callable[..., Array], dim: int, keepdim: bool) -> Extremum:
        """One entry along a dimension takes all the blame: the first that is extreme."""
        a, axis = self.array, as_axis(dim, self.ndim)
        require_entries(op, a, (axis,))
        values, where, backward = _kernels.pick(a, find, axis)
        found = Extremum(record(op, values, (self,), backward), Tensor(where))
        return found if keepdim else Extremum(*(part.squeeze(axis) for part in found))

    def amax(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The largest entry over ``dim``; entries that tie share the blame equally.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(dim=0)
        tensor([7., 5.])
        """
        return self._extreme("amax", np.max, dim, keepdim)

    def amin(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """The smallest entry over ``dim``; entries that tie share the blame equally.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).amin(dim=0)
        tensor([1., 2.])
        """
        return self._extreme("amin", np.min, dim, keepdim)

    def _extreme(self, op: str, find: Callable[..., Array], dim: Dim, keepdim: bool) -> Tensor:
        a, axes = self.array, as_axes(dim, self.ndim)
        require_entries(op, a, axes)
        y, backward = _kernels.extreme(a, find, axes)
        return record(op, y if keepdim else y.squeeze(axes), (self,), backward)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Where the largest entry stands: in the flattened tensor, or along ``dim``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmax(dim=1)
        tensor([1, 0])
        """
        axes = as_axes(dim, self.ndim)
        require_entries("argmax", self.array, axes)
        axis = None if dim is None else axes[0]
        return Tensor(np.asarray(np.argmax(self.array, axis=axis, keepdims=keepdim)))

    # ---- shape -----------------------------------------------------------------------------

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """The same entries in another shape; one length may be −1, for "whatever is left".

        >>> import nnlib
        >>> nnlib.arange(6).reshape(2, -1)
        tensor([[0, 1, 2],
                [3, 4, 5]])
        """
        a, wanted = self.array, as_shape(shape)
        try:
            y = a.reshape(wanted)
        except ValueError:
            raise ValueError(f"reshape: shape {a.shape} does not fit into {wanted}") from None
        return record("reshape", y, (self,), lambda g: (g.reshape(a.shape),))

    view = reshape

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """Run the dimensions from ``start_dim`` to ``end_dim`` together into one.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).flatten(start_dim=1).shape
        (2, 12)
        """
        if self.ndim == 0:
            return self.reshape(1)
        first, last = as_axis(start_dim, self.ndim), as_axis(end_dim, self.ndim)
        if first > last:
            raise ValueError(f"flatten: start_dim={start_dim} comes after end_dim={end_dim}")
        run = math.prod(self.shape[first : last + 1])
        return self.reshape(*self.shape[:first], run, *self.shape[last + 1 :])

    def permute(self, *dims: int | Sequence[int]) -> Tensor:
        """The dimensions in the order ``dims``.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).permute(2, 0, 1).shape
        (4, 2, 3)
        """
        order = tuple(as_axis(dim, self.ndim) for dim in as_shape(dims))
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(f"permute: dims {order} are not the {self.ndim} of {self.shape}")
        back = tuple(np.argsort(order))
        y = self.array.transpose(order)
        return record("permute", y, (self,), lambda g: (g.transpose(back),))

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
        if self.ndim > 2:
            raise ValueError(f"T needs a matrix, got shape {self.shape}; use mT or permute")
        return self if self.ndim < 2 else self.transpose(0, 1)

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """Each matrix of a batch with rows and columns swapped."""
        if self.ndim < 2:
            raise ValueError(f"mT needs at least two dimensions, got shape {self.shape}")
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

    def expand(self, *sizes: int | Sequence[int]) -> Tensor:
        """Repeat dimensions of length 1 without copying; −1 leaves a length as it is.

        >>> import nnlib
        >>> nnlib.tensor([[1.0], [2.0]]).expand(-1, 3)
        tensor([[1., 1., 1.],
                [2., 2., 2.]])
        """
        a, wanted = self.array, as_shape(sizes)
        added = len(wanted) - a.ndim
        shape = tuple(
            a.shape[i - added] if n == -1 and i >= added else n for i, n in enumerate(wanted)
        )
        try:
            y = np.broadcast_to(a, shape)
        except ValueError:
            raise ValueError(f"expand: shape {a.shape} does not stretch to {wanted}") from None
        return record("expand", y, (self,), lambda g: (unbroadcast(g, a.shape),))

    def __getitem__(self, key: Any) -> Tensor:
        try:
            y, backward = _kernels.index(self.array, _index(key))
        except IndexError as error:
            raise IndexError(f"index {key!r} does not fit shape {self.shape}: {error}") from None
        return record("index", y, (self,), backward)

    def __setitem__(self, key: Any, value: Tensor | Number) -> None:
        new = value if isinstance(value, Tensor) else _from_number(value)
        self._require_off_tape(new)
        self.array[_index(key)] = new.array


# ---- what the operations share -------------------------------------------------------------

_NUMBERS: list[tuple[tuple[type, ...], np.dtype[Any]]] = [
    ((bool, np.bool_), bool_),
    ((int, np.integer), int64),
    ((float, np.floating), float32),
]

_POWERS: dict[Number, Callable[[Tensor], Tensor]] = {
    # NumPy's general power is some two hundred times slower than a product.
    1: Tensor.clone,
    2: Tensor.square,
    3: lambda x: x.square() * x,
    0.5: Tensor.sqrt,
}


def _tape(root: Tensor) -> list[Tensor]:
    """The results of operations that the gradient of ``root`` reaches, parents first.

    A tensor is made after its parents: the order of creation needs no search.
    """
    tape, found = [root], {id(root)}
    for node in tape:
        if node._backward is None:
            raise RuntimeError(
                f"backward() a second time through {node._op}, whose graph was freed the first "
                "time; pass retain_graph=True to the first, or compute the loss again"
            )
        for parent in node._parents:
            if parent._op is not None and parent.requires_grad and id(parent) not in found:
                found.add(id(parent))
                tape.append(parent)
    tape.sort(key=_created)
    return tape


def _from_number(number: Number) -> Tensor:
    """A number as a tensor of the dtype it has by itself."""
    for kinds, dtype in _NUMBERS:
        if isinstance(number, kinds):
            return Tensor(np.asarray(number, dtype))
    raise TypeError(
        f"expected a Tensor or a number, got {type(number).__name__}; nnlib.tensor() makes one"
    )


def same_type(x: Tensor | Number, y: Tensor | Number) -> tuple[Tensor, Tensor]:
    """Both operands as tensors of the dtype that PyTorch computes in.

    A number never widens a tensor: it counts as one without dimensions.

    >>> import nnlib
    >>> same_type(nnlib.tensor([1, 2]), 0.5)
    (tensor([1., 2.]), tensor(0.5000))
    """
    first = x if isinstance(x, Tensor) else _from_number(x)
    second = y if isinstance(y, Tensor) else _from_number(y)
    if first.array.dtype == second.array.dtype:
        return first, second
    dtype = _kernels.result_type(first.array, second.array)
    if first.dtype.kind == second.dtype.kind and first is not x:
        dtype = second.dtype
    elif first.dtype.kind == second.dtype.kind and second is not y:
        dtype = first.dtype
    return _as_type(x, dtype), _as_type(y, dtype)


def _as_type(x: Tensor | Number, dtype: np.dtype[Any]) -> Tensor:
    """A number goes straight to its dtype: a detour through float32 would round it."""
    return x.to(dtype) if isinstance(x, Tensor) else Tensor(np.asarray(x, dtype))


def _binary(op: str, ufunc: np.ufunc, x: Tensor, y: Tensor, to_x: Slope, to_y: Slope) -> Tensor:
    """An operation on two tensors, and from ``(g, a, b)`` the blame of each."""
    a, b = x.array, y.array

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (
            unbroadcast(to_x(g, a, b), a.shape) if x.requires_grad else None,
            unbroadcast(to_y(g, a, b), b.shape) if y.requires_grad else None,
        )

    return record(op, _apply(ufunc, x, y), (x, y), backward)


def _apply(ufunc: np.ufunc, x: Tensor, y: Tensor) -> Array:
    """The forward of an operation on two tensors, with an error that names the shapes."""
    try:
        result: Array = ufunc(x.array, y.array)
    except ValueError:
        name = ufunc.__name__
        raise ValueError(f"{name}: shapes {x.shape} and {y.shape} do not fit together") from None
    except TypeError:
        raise TypeError(f"{ufunc.__name__} is not defined for {x.dtype}") from None
    return result


def _index(key: Any) -> Any:
    """An index with the tensors in it replaced by their arrays."""
    if isinstance(key, tuple):
        return tuple(_index(part) for part in key)
    return key.array if isinstance(key, Tensor) else key
