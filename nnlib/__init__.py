"""Neural networks in NumPy, small enough to read, under PyTorch's names.

Read in this order: ``tensor`` (arrays that remember how they were computed), ``functional``
(activations and losses), ``nn`` (layers), ``optim`` (how weights move), ``training`` (the loop).
"""

# ruff: noqa: A001, A004, F403 - PyTorch's names; each module says in __all__ what is meant for here
from functools import wraps as _wraps
from typing import Any as _Any

from nnlib import augment, data, datasets, functional, gradcheck, interop, monitor, nn, optim
from nnlib import creation as _creation
from nnlib import joining as _joining
from nnlib import training as training
from nnlib._allocator import tune_allocator
from nnlib._arguments import expect_type as _expect_type
from nnlib.creation import *
from nnlib.functional import log_softmax, logsumexp, relu, sigmoid, softmax, tanh
from nnlib.joining import *
from nnlib.tensor import Tensor, float32, float64, int64, is_grad_enabled, no_grad
from nnlib.tensor import bool_ as bool
from nnlib.training import accuracy, evaluate, fit

__version__ = "0.1.0"


def _function(method: _Any) -> _Any:
    """A method as a function, which says so when it is given no tensor."""

    @_wraps(method)
    def function(input: Tensor, *args: _Any, **kwargs: _Any) -> _Any:  # noqa: A002 - PyTorch's name
        _expect_type(input, "input", "a Tensor", Tensor)
        return method(input, *args, **kwargs)

    return function


_T = Tensor

# As in PyTorch, these methods are functions too.
abs, exp, log, sqrt, square = map(_function, (_T.abs, _T.exp, _T.log, _T.sqrt, _T.square))
pow, matmul = map(_function, (_T.__pow__, _T.__matmul__))
maximum, minimum, clamp = map(_function, (_T.maximum, _T.minimum, _T.clamp))
sum, mean, var, std = map(_function, (_T.sum, _T.mean, _T.var, _T.std))
max, min, amax, argmax = map(_function, (_T.max, _T.min, _T.amax, _T.argmax))
reshape, flatten, squeeze = map(_function, (_T.reshape, _T.flatten, _T.squeeze))
unsqueeze, transpose, permute = map(_function, (_T.unsqueeze, _T.transpose, _T.permute))

__all__ = [
    "Tensor", "__version__", "abs", "accuracy", "amax", "argmax", "augment", "bool", "clamp",
    "data", "datasets", "evaluate", "exp", "fit", "flatten", "float32", "float64", "functional",
    "gradcheck", "int64", "interop", "is_grad_enabled", "log", "log_softmax", "logsumexp", "matmul",
    "max", "maximum", "mean", "min", "minimum", "monitor", "nn", "no_grad", "optim", "permute",
    "pow", "relu", "reshape", "sigmoid", "softmax", "sqrt", "square", "squeeze", "std", "sum",
    "tanh", "training", "transpose", "tune_allocator", "unsqueeze", "var",
]  # fmt: skip
__all__ += _creation.__all__ + _joining.__all__
