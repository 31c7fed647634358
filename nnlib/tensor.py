"""The tensor: an array that remembers how it was computed, so that it can say what to blame.

Each operation stands here once: its forward, and directly beneath it the function that turns the
gradient of its result into the gradients of its inputs. ``backward`` walks them in reverse.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnlib._printing import format_array

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Number: TypeAlias = bool | int | float
Dim: TypeAlias = int | Sequence[int] | None
Backward: TypeAlias = Callable[[Array], tuple[Array | None, ...]]

float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
int64 = np.dtype(np.int64)
bool_ = np.dtype(np.bool_)

_recording: ContextVar[bool] = ContextVar("nnlib_recording", default=True)
_clock = itertools.count(1)
_created = attrgetter("_created")


@contextmanager
def no_grad() -> Iterator[None]:
    """Switch the tape off: for evaluation, and for changing weights in place.

    Works as a context manager and, written ``@no_grad()``, as a decorator.

    >>> import nnlib
    >>> w = nnlib.tensor([1.0], requires_grad=True)
    >>> with nnlib.no_grad():
    ...     w -= 0.5
    >>> w
    tensor([0.5000], requires_grad=True)
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


def is_grad_enabled() -> bool:
    """Whether operations are being put on the tape.

    >>> import nnlib
    >>> nnlib.is_grad_enabled()
    True
    """
    return _recording.get()


def record(op: str, array: Array, parents: tuple[Tensor, ...], backward: Backward) -> Tensor:
    """Wrap the result of an operation and, when a parent wants gradients, put it on the tape.

    ``backward`` gets the gradient of the result and returns one gradient for each parent, with
    the parent's shape and dtype (``None`` for a parent that wants none). It never changes what it
    was given, and it holds arrays, not the result: a tensor that holds itself is never freed.
    What it returns is a new array, the gradient it got, or a view.
    """
    result = Tensor(np.asarray(array))
    if _recording.get():
        for parent in parents:
            if parent.requires_grad:
                result.requires_grad = True
                result._op, result._parents, result._backward = op, parents, backward
                result._created = next(_clock)
                break
    return result


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


class Extremum(NamedTuple):
    """What ``max`` and ``min`` along a dimension return: the values, and where they stood.

    >>> import nnlib
    >>> nnlib.tensor([3.0, 7.0]).max(0).indices
    tensor(1)
    """

    values: Tensor
    indices: Tensor


class Tensor:
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
        "_op",
        "_parents",
        "_retains_grad",
        "array",
        "grad",
        "requires_grad",
    )
    __array_ufunc__ = None  # ndarray + Tensor must reach Tensor.__radd__, not loop over entries

    array: Array
    grad: Tensor | None
    requires_grad: bool
    _op: str | None
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

    # ---- what is inside --------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """The length of each dimension."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of the entries."""
        return self.array.dtype

    @overload
    def size(self) -> Shape: ...
    @overload
    def size(self, dim: int) -> int: ...
    def size(self, dim: int | None = None) -> Shape | int:
        """The shape, or the length of one dimension.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).size(1)
        3
        """
        return self.shape if dim is None else self.shape[_axis(dim, self.ndim)]

    def numel(self) -> int:
        """The number of entries.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).numel()
        6
        """
        return self.array.size

    def item(self) -> Any:
        """The one entry as a Python number.

        >>> import nnlib
        >>> nnlib.tensor([0.5]).item()
        0.5
        """
        if self.array.size != 1:
            raise ValueError(f"item() needs a tensor of one entry, got shape {self.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """The entries as nested Python lists.

        >>> import nnlib
        >>> nnlib.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self.array.tolist()

    def numpy(self) -> Array:
        """The array itself, not a copy; only for a tensor that requires no gradient.

        >>> import nnlib
        >>> nnlib.tensor([1, 2]).numpy()
        array([1, 2])
        """
        if self.requires_grad:
            raise RuntimeError(
                "numpy() on a tensor that requires grad; use tensor.detach().numpy() instead"
            )
        return self.array

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

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

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a tensor without dimensions")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu":
            raise TypeError(f"only a tensor of one integer can be an index, got {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.array.size == 1 else repr(self)

    def __repr__(self) -> str:
        notes = [format_array(self.array, prefix="tensor(")]
        if self.array.size == 0 and self.ndim != 1:
            notes.append(f"size={self.shape}")
        if self.dtype not in (float32, int64, bool_):
            notes.append(f"dtype=nnlib.{self.dtype}")
        if self._op is not None:
            notes.append(f"grad_fn=<{self._op}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join(notes)})"

    # ---- arithmetic, with broadcasting -----------------------------------------------------

    def __add__(self, other: Tensor | Number) -> Tensor:
        x, y = _pair(self, other)
        a, b = x.array.shape, y.array.shape
        return record(
            "add",
            _apply(np.add, x, y),
            (x, y),
            lambda g: (
                unbroadcast(g, a) if x.requires_grad else None,
                unbroadcast(g, b) if y.requires_grad else None,
            ),
        )

    def __sub__(self, other: Tensor | Number) -> Tensor:
        x, y = _pair(self, other)
        a, b = x.array.shape, y.array.shape
        return record(
            "sub",
            _apply(np.subtract, x, y),
            (x, y),
            lambda g: (
                unbroadcast(g, a) if x.requires_grad else None,
                unbroadcast(-g, b) if y.requires_grad else None,
            ),
        )

    def __mul__(self, other: Tensor | Number) -> Tensor:
        x, y = _pair(self, other)
        a, b = x.array, y.array
        return record(
            "mul",
            _apply(np.multiply, x, y),
            (x, y),
            lambda g: (
                unbroadcast(g * b, a.shape) if x.requires_grad else None,
                unbroadcast(g * a, b.shape) if y.requires_grad else None,
            ),
        )

    def __truediv__(self, other: Tensor | Number) -> Tensor:
        x, y = _pair(self._floating(), other)
        a, b = x.array, y.array
        return record(
            "div",
            _apply(np.divide, x, y),
            (x, y),
            lambda g: (
                unbroadcast(g / b, a.shape) if x.requires_grad else None,
                unbroadcast(-g * a / (b * b), b.shape) if y.requires_grad else None,
            ),
        )

    def __pow__(self, other: Tensor | Number) -> Tensor:
        if isinstance(other, (int, float)) and other in _POWERS:
            return _POWERS[other](self)
        x, y = _pair(self, other)
        a, b = x.array, y.array
        if x.dtype.kind in "iu" and (b < 0).any():
            raise ValueError("pow: integers have no negative powers; convert with float() first")

        def backward(g: Array) -> tuple[Array | None, ...]:
            base = exponent = None
            if x.requires_grad:
                slope = np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1))
                base = unbroadcast(g * slope, a.shape).astype(a.dtype, copy=False)
            if y.requires_grad:
                power = a**b
                safe = np.where((a == 0) & (b >= 0), 1, a)  # 0**b stays 0 when b > 0 is nudged
                exponent = unbroadcast(g * power * np.log(safe), b.shape)
            return base, exponent

        return record("pow", _apply(np.power, x, y), (x, y), backward)

    def __neg__(self) -> Tensor:
        return record("neg", -self.array, (self,), lambda g: (-g,))

    def __radd__(self, other: Number) -> Tensor:
        return self + other

    def __rmul__(self, other: Number) -> Tensor:
        return self * other

    def __rsub__(self, other: Number) -> Tensor:
        y, x = _pair(self, other)
        return x - y

    def __rtruediv__(self, other: Number) -> Tensor:
        y, x = _pair(self._floating(), other)
        return x / y

    def __rpow__(self, other: Number) -> Tensor:
        y, x = _pair(self, other)
        return x**y

    def __matmul__(self, other: Tensor) -> Tensor:
        if not isinstance(other, Tensor):
            raise TypeError(f"matmul: expected a Tensor, got {type(other).__name__}")
        x, y = _pair(self, other)
        a, b = x.array, y.array
        if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[0 if b.ndim == 1 else -2]:
            raise ValueError(f"matmul: shapes {a.shape} and {b.shape} do not fit together")

        def backward(g: Array) -> tuple[Array | None, ...]:
            # A vector on the left is a matrix of one row, on the right of one column.
            left = a if a.ndim > 1 else a[np.newaxis, :]
            right = b if b.ndim > 1 else b[:, np.newaxis]
            g = g if b.ndim > 1 else np.expand_dims(g, -1)
            g = g if a.ndim > 1 else np.expand_dims(g, -2)
            from_left = from_right = None
            if x.requires_grad:
                from_left = unbroadcast(g @ right.swapaxes(-1, -2), left.shape).reshape(a.shape)
            if y.requires_grad:
                from_right = unbroadcast(left.swapaxes(-1, -2) @ g, right.shape).reshape(b.shape)
            return from_left, from_right

        return record("matmul", _apply(np.matmul, x, y), (x, y), backward)

    def _in_place(self, ufunc: np.ufunc, other: Tensor | Number) -> Tensor:
        """Change the entries themselves, which the tape could not undo: only off the tape."""
        x, y = _pair(self, other)
        if _recording.get() and (self.requires_grad or y.requires_grad):
            raise RuntimeError(
                "in-place change of a tensor that takes part in a gradient; "
                "write x = x + ..., or do it under no_grad()"
            )
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
        return Tensor(np.asarray(_apply(ufunc, *_pair(self, other))))

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
        return self._choose("maximum", np.maximum, np.greater, other)

    def minimum(self, other: Tensor | Number) -> Tensor:
        """The smaller of two entries, elementwise; where they are equal, each gets half the blame.

        >>> import nnlib
        >>> nnlib.tensor([-1.0, 2.0]).minimum(nnlib.tensor([0.0, 5.0]))
        tensor([-1.,  2.])
        """
        return self._choose("minimum", np.minimum, np.less, other)

    def _choose(self, op: str, ufunc: np.ufunc, wins: np.ufunc, other: Tensor | Number) -> Tensor:
        """``maximum`` and ``minimum``: the gradient goes to the entry that was chosen."""
        x, y = _pair(self, other)
        a, b = x.array, y.array

        def backward(g: Array) -> tuple[Array | None, ...]:
            share = (wins(a, b) + 0.5 * (a == b)).astype(g.dtype)
            return (
                unbroadcast(g * share, a.shape) if x.requires_grad else None,
                unbroadcast(g * (1 - share), b.shape) if y.requires_grad else None,
            )

        return record(op, _apply(ufunc, x, y), (x, y), backward)

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
        a, axes = self.array, _axes(dim, self.ndim)
        kept = _kept(a.shape, axes)
        return record(
            "sum",
            a.sum(axis=axes, keepdims=keepdim),
            (self,),
            lambda g: (np.broadcast_to(g.reshape(kept), a.shape),),
        )

    def mean(self, dim: Dim = None, keepdim: bool = False) -> Tensor:
        """``(1/n) Σ x`` over all entries, or over the dimensions ``dim``; of floats only.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 2.0], [3.0, 4.0]]).mean()
        tensor(2.5000)
        """
        a, axes = self.array, _axes(dim, self.ndim)
        if a.dtype.kind != "f":
            raise TypeError(f"mean: expected floats, got {a.dtype}; convert with float() first")
        kept = _kept(a.shape, axes)
        n = math.prod(a.shape[axis] for axis in axes)
        return record(
            "mean",
            a.sum(axis=axes, keepdims=keepdim) * (1 / n if n else math.nan),
            (self,),
            lambda g: (np.broadcast_to(g.reshape(kept) * (1 / n), a.shape),),
        )

    def var(self, dim: Dim = None, *, correction: int = 1, keepdim: bool = False) -> Tensor:
        """``Σ (x − mean)² / (n − correction)``; 1 corrects for the mean being estimated too.

        >>> import nnlib
        >>> nnlib.tensor([1.0, 2.0, 3.0]).var()
        tensor(1.)
        """
        n = math.prod(self.shape[axis] for axis in _axes(dim, self.ndim))
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
        a, axis = self.array, _axis(dim, self.ndim)
        _require_entries(op, a, (axis,))
        where = find(a, axis=axis, keepdims=True)
        values, indices = np.take_along_axis(a, where, axis), where
        if not keepdim:
            values, indices = values.squeeze(axis), where.squeeze(axis)

        def backward(g: Array) -> tuple[Array]:
            out = np.zeros_like(a)
            np.put_along_axis(out, where, g.reshape(where.shape), axis)
            return (out,)

        return Extremum(record(op, values, (self,), backward), Tensor(np.asarray(indices)))

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
        a, axes = self.array, _axes(dim, self.ndim)
        _require_entries(op, a, axes)
        y = find(a, axis=axes, keepdims=True)

        def backward(g: Array) -> tuple[Array]:
            ties = a == y
            share = g.reshape(y.shape) / ties.sum(axis=axes, keepdims=True)
            return ((ties * share).astype(a.dtype, copy=False),)

        return record(op, y if keepdim else y.squeeze(axes), (self,), backward)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """Where the largest entry stands: in the flattened tensor, or along ``dim``.

        >>> import nnlib
        >>> nnlib.tensor([[1.0, 5.0], [7.0, 2.0]]).argmax(dim=1)
        tensor([1, 0])
        """
        axes = _axes(dim, self.ndim)
        _require_entries("argmax", self.array, axes)
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
        a, wanted = self.array, _lengths(shape)
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
        first, last = _axis(start_dim, self.ndim), _axis(end_dim, self.ndim)
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
        order = tuple(_axis(dim, self.ndim) for dim in _lengths(dims))
        if sorted(order) != list(range(self.ndim)):
            raise ValueError(f"permute: dims {order} are not the {self.ndim} of {self.shape}")
        back = tuple(np.argsort(order))
        return record(
            "permute", self.array.transpose(order), (self,), lambda g: (g.transpose(back),)
        )

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Two dimensions swapped.

        >>> import nnlib
        >>> nnlib.zeros(2, 3, 4).transpose(0, 2).shape
        (4, 3, 2)
        """
        i, j = _axis(dim0, self.ndim), _axis(dim1, self.ndim)
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
        axes = _axes(dim, self.ndim)
        return self.reshape(
            tuple(n for axis, n in enumerate(self.shape) if n != 1 or axis not in axes)
        )

    def unsqueeze(self, dim: int) -> Tensor:
        """Put in a dimension of length 1 at ``dim``.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).unsqueeze(1).shape
        (2, 1, 3)
        """
        axis = _axis(dim, self.ndim + 1)
        return self.reshape(*self.shape[:axis], 1, *self.shape[axis:])

    def expand(self, *sizes: int | Sequence[int]) -> Tensor:
        """Repeat dimensions of length 1 without copying; −1 leaves a length as it is.

        >>> import nnlib
        >>> nnlib.tensor([[1.0], [2.0]]).expand(-1, 3)
        tensor([[1., 1., 1.],
                [2., 2., 2.]])
        """
        a, wanted = self.array, _lengths(sizes)
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
        a, index = self.array, _index(key)
        try:
            y = a[index]
        except IndexError as error:
            raise IndexError(f"index {key!r} does not fit shape {a.shape}: {error}") from None
        parts = index if isinstance(index, tuple) else (index,)
        repeats = any(isinstance(part, (np.ndarray, list)) for part in parts)

        def backward(g: Array) -> tuple[Array]:
            out = np.zeros_like(a)
            if repeats:
                np.add.at(out, index, g)  # an entry picked twice gets both gradients
            else:
                out[index] = g
            return (out,)

        return record("index", y, (self,), backward)

    def __setitem__(self, key: Any, value: Tensor | Number) -> None:
        if _recording.get() and (
            self.requires_grad or (isinstance(value, Tensor) and value.requires_grad)
        ):
            raise RuntimeError(
                "in-place change of a tensor that takes part in a gradient; do it under no_grad()"
            )
        self.array[_index(key)] = value.array if isinstance(value, Tensor) else value


# ---- functions of several tensors ----------------------------------------------------------


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension they have.

    >>> import nnlib
    >>> nnlib.cat([nnlib.ones(2), nnlib.zeros(1)])
    tensor([1., 1., 0.])
    """
    arrays = _arrays("cat", tensors)
    axis = _axis(dim, arrays[0].ndim)
    ends = np.cumsum([a.shape[axis] if axis < a.ndim else 0 for a in arrays])[:-1]
    try:
        y = np.concatenate(arrays, axis)
    except ValueError:
        shapes = [a.shape for a in arrays]
        raise ValueError(f"cat: shapes {shapes} differ in more than dim={dim}") from None
    return record("cat", y, tuple(tensors), lambda g: tuple(np.split(g, ends, axis)))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension.

    >>> import nnlib
    >>> nnlib.stack([nnlib.ones(2), nnlib.zeros(2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    arrays = _arrays("stack", tensors)
    if len({a.shape for a in arrays}) > 1:
        raise ValueError(f"stack: expected one shape, got {[a.shape for a in arrays]}")
    return cat([tensor.unsqueeze(dim) for tensor in tensors], dim)


def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:  # noqa: A002
    """``input`` where the condition holds and ``other`` elsewhere; each gets its own blame.

    >>> import nnlib
    >>> x = nnlib.tensor([-1.0, 2.0])
    >>> nnlib.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if not isinstance(condition, Tensor) or condition.dtype != bool_:
        kind = condition.dtype if isinstance(condition, Tensor) else type(condition).__name__
        raise TypeError(f"condition: expected a tensor of bool, got {kind}")
    if isinstance(other, Tensor) and not isinstance(input, Tensor):
        y, x = _pair(other, input)
    else:
        x, y = _pair(input if isinstance(input, Tensor) else _from_number(input), other)
    mask = condition.array
    try:
        chosen = np.where(mask, x.array, y.array)
    except ValueError:
        shapes = f"{condition.shape}, {x.shape} and {y.shape}"
        raise ValueError(f"where: shapes {shapes} do not broadcast together") from None
    return record(
        "where",
        chosen,
        (x, y),
        lambda g: (
            unbroadcast(g * mask, x.array.shape) if x.requires_grad else None,
            unbroadcast(g * ~mask, y.array.shape) if y.requires_grad else None,
        ),
    )


# ---- what the operations share -------------------------------------------------------------

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
    if isinstance(number, (bool, np.bool_)):
        return Tensor(np.asarray(number, bool_))
    if isinstance(number, (int, np.integer)):
        return Tensor(np.asarray(number, int64))
    if isinstance(number, (float, np.floating)):
        return Tensor(np.asarray(number, float32))
    raise TypeError(
        f"expected a Tensor or a number, got {type(number).__name__}; nnlib.tensor() makes one"
    )


def _kind(dtype: np.dtype[Any]) -> int:
    """Bools, then integers, then floats: the order in which operands give way."""
    return "buif".index(dtype.kind)


def _pair(x: Tensor, other: Tensor | Number) -> tuple[Tensor, Tensor]:
    """Both operands as tensors of the dtype that PyTorch computes in.

    Floats win over integers and integers over bools. Within a kind the wider wins, but a number
    never widens a tensor, nor does a tensor without dimensions widen one that has some.
    """
    if isinstance(other, Tensor):
        first, second = x.array.dtype, other.array.dtype
        if first == second:
            return x, other
        if first.kind != second.kind:
            dtype = max(first, second, key=_kind)
        elif (x.ndim == 0) != (other.ndim == 0):
            dtype = first if x.ndim else second
        else:
            dtype = np.promote_types(first, second)
        return x.to(dtype), other.to(dtype)
    number = _from_number(other)
    dtype = max(x.array.dtype, number.array.dtype, key=_kind)
    return x.to(dtype), Tensor(np.asarray(other, dtype))


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


def _axis(dim: int, ndim: int) -> int:
    """A dimension counted from the front, where −1 meant the last."""
    if not isinstance(dim, (int, np.integer)):
        raise TypeError(f"dim: expected an integer, got {type(dim).__name__}")
    if not -ndim <= dim < ndim:
        raise ValueError(f"dim={dim} is out of range for a tensor of {ndim} dimensions")
    return int(dim) % ndim


def _axes(dim: Dim, ndim: int) -> Shape:
    """The dimensions a reduction runs over, in NumPy's terms."""
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, (tuple, list)):
        axes = tuple(_axis(each, ndim) for each in dim)
        if len(set(axes)) < len(axes):
            raise ValueError(f"dim={tuple(dim)} names a dimension twice")
        return axes
    return (_axis(dim, ndim),)  # type: ignore[arg-type]  # _axis raises for what is no integer


def _kept(shape: Shape, axes: Shape) -> Shape:
    """The shape with its reduced dimensions kept as 1, in which a gradient broadcasts again."""
    return tuple(1 if axis in axes else length for axis, length in enumerate(shape))


def _require_entries(op: str, array: Array, axes: Shape) -> None:
    if any(array.shape[axis] == 0 for axis in axes):
        raise ValueError(f"{op} of nothing: shape {array.shape} has no entries along dim {axes}")


def _lengths(sizes: tuple[int | Sequence[int], ...]) -> Shape:
    """``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        return tuple(sizes[0])
    for size in sizes:
        if not isinstance(size, (int, np.integer)):
            raise TypeError(f"shape: expected integers, got {type(size).__name__}")
    return sizes  # type: ignore[return-value]  # all integers, as the loop has just checked


def _index(key: Any) -> Any:
    """An index with the tensors in it replaced by their arrays."""
    if isinstance(key, tuple):
        return tuple(_index(part) for part in key)
    return key.array if isinstance(key, Tensor) else key


def _arrays(op: str, tensors: Sequence[Tensor]) -> list[Array]:
    """The arrays of one or more tensors of one dtype."""
    if len(tensors) == 0 or not all(isinstance(tensor, Tensor) for tensor in tensors):
        kinds = [type(tensor).__name__ for tensor in tensors]
        raise TypeError(f"tensors: {op} expected one or more Tensors, got {kinds}")
    if len({tensor.dtype for tensor in tensors}) > 1:
        raise TypeError(f"tensors: {op} expected one dtype, got {[t.dtype for t in tensors]}")
    return [tensor.array for tensor in tensors]
