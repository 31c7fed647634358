"""The tables that say which names are functions, which are methods, and which are both.

What is written once, as a method in ``tensor`` or as a function elsewhere, gets
its other form here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from nnlib import _elementwise, _selecting, creation, functional
from nnlib._arguments import Size, as_shape, expect, expect_type
from nnlib.creation import full, ones, pick_generator, zeros
from nnlib.joining import where
from nnlib.tensor import Number, Tensor, _require_off_tape, bool_, fit, int32, same_type

# Methods that are functions too.
_FUNCTIONS = [
    "abs", "all", "amax", "amin", "any", "argmax", "argmin", "clamp", "clone", "detach", "exp",
    "flatten", "log", "matmul", "max", "maximum", "mean", "min", "minimum", "numel", "permute",
    "pow", "reshape", "sqrt", "square", "squeeze", "std", "sum", "transpose", "unsqueeze", "var",
]  # fmt: skip
_NAMED = {"matmul": "__matmul__", "pow": "__pow__"}  # methods that are operators

# Functions that are methods too.
_METHODS: dict[str, Any] = {
    name: getattr(module, name)
    for module, names in [
        (_elementwise, _elementwise.__all__),
        (_selecting, _selecting.__all__),
        (creation, ["bernoulli", "multinomial"]),
        (functional, ["log_softmax", "logsumexp", "relu", "sigmoid", "softmax", "tanh"]),
    ]
    for name in names
}

# Methods that change the tensor itself, as the one without the underscore would.
_IN_PLACE = [
    "abs", "add", "ceil", "clamp", "cos", "div", "exp", "floor", "log", "masked_fill", "mul",
    "neg", "pow", "relu", "round", "scatter", "sigmoid", "sin", "sqrt", "squeeze", "sub", "tanh",
    "tril", "triu", "unsqueeze",
]  # fmt: skip


def _function(method: Any) -> Any:
    """A method as a function, which says so when it is given no tensor."""

    @wraps(method)
    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:  # noqa: A002 - PyTorch's name
        expect_type(input, "input", "a Tensor", Tensor)
        return method(input, *args, **kwargs)

    return function


def _in_place(name: str) -> Callable[..., Tensor]:
    def change(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        for each in (self, *args):  # the tape could not undo it
            if isinstance(each, Tensor):
                _require_off_tape(self, each)
        y = getattr(self, name)(*args, **kwargs)
        if y.shape == self.shape:
            return copy_(self, y)
        expect(y.numel() == self.numel(), f"{name}_", f"a result of shape {self.shape}", y.shape)
        self.array = y.array
        return self

    change.__name__, change.__doc__ = f"{name}_", f"``{name}``, in place; not on the tape."
    return change


def copy_(self: Tensor, src: Tensor | Number, non_blocking: bool = False) -> Tensor:
    """Take over the entries of ``src``, in place, in this tensor's own dtype."""
    y = same_type(self, src)[1] if not isinstance(src, Tensor) else src
    _require_off_tape(self, y)
    self.array[...] = fit("copy_", np.broadcast_to, y.array, self.shape)
    return self


def fill_(self: Tensor, value: Number) -> Tensor:
    """Set every entry to ``value``, in place."""
    return copy_(self, value)


def uniform_(self: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Any = None) -> Tensor:
    """Draw every entry evenly from [a, b), in place."""
    return _draw(self, pick_generator(generator).uniform(a, b, self.shape))


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """Draw every entry from the normal distribution, in place."""
    return _draw(self, pick_generator(generator).normal(mean, std, self.shape))


def _draw(x: Tensor, numbers: Any) -> Tensor:
    return copy_(x, Tensor(numbers))


def expand(self: Tensor, *sizes: Size) -> Tensor:
    """``broadcast_to``: a view in which −1 keeps a length."""
    return _selecting.broadcast_to(self, as_shape(sizes))


def repeat(self: Tensor, *repeats: Size) -> Tensor:
    """``tile`` with a number for each dimension, or for more of them."""
    times = as_shape(repeats, 0)
    expect(len(times) >= self.ndim, "repeats", f"{self.ndim} numbers or more", times)
    return _selecting.tile(self, times)


def contiguous(self: Tensor) -> Tensor:
    """The tensor itself: here every layout in memory will do."""
    return self


def _new(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def new(self: Tensor, *args: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        return make(*args, dtype=self.dtype if dtype is None else dtype, **kwargs)

    new.__doc__ = f"``{make.__name__}`` in the dtype of this tensor."
    return new


_ONLY_METHODS: dict[str, Any] = {
    **{f.__name__: f for f in (copy_, fill_, uniform_, normal_, expand, repeat, contiguous)},
    **{"new_zeros": _new(zeros), "new_ones": _new(ones), "new_full": _new(full)},
    **{name: getattr(Tensor, operator) for name, operator in _NAMED.items()},
    "__floordiv__": _elementwise.floor_divide,
    "__mod__": _elementwise.remainder,
    "__rfloordiv__": lambda y, x: _elementwise.floor_divide(same_type(x, y)[0], y),
    "__rmod__": lambda y, x: _elementwise.remainder(same_type(x, y)[0], y),
}
# Those of one line, with what they say of themselves.
_SHORT: list[tuple[str, str, Any]] = [
    ("int", "``to(int32)``, which cuts decimals off.", lambda self: self.to(int32)),
    ("bool", "``to(bool)``: where an entry is not 0.", lambda self: self.to(bool_)),
    ("view_as", "``reshape(other.shape)``.", lambda self, other: self.reshape(other.shape)),
    ("reshape_as", "``reshape(other.shape)``.", lambda self, other: self.reshape(other.shape)),
    ("expand_as", "``expand(other.shape)``.", lambda self, other: expand(self, other.shape)),
    ("type_as", "``to(other.dtype)``.", lambda self, other: self.to(other.dtype)),
    ("where", "This where ``condition`` holds.", lambda self, c, other: where(c, self, other)),
]
for _name, _text, _method in _SHORT:
    _method.__doc__, _ONLY_METHODS[_name] = _text, _method

functions = {name: _function(getattr(Tensor, _NAMED.get(name, name))) for name in _FUNCTIONS}
for _name, _method in (_METHODS | _ONLY_METHODS).items():
    setattr(Tensor, _name, _method)
for _name in _IN_PLACE:
    setattr(Tensor, f"{_name}_", _in_place(_name))
