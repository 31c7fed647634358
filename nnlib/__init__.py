"""Neural networks in NumPy, small enough to read, under PyTorch's names.

Read in this order: ``tensor`` (arrays that remember how they were computed), ``functional``
(activations and losses), ``nn`` (layers), ``optim`` (how weights move), ``training`` (the loop).
"""

# ruff: noqa: A001, A004, F403 - PyTorch's names; each module says in __all__ what is meant for here
from nnlib import augment, data, datasets, functional, gradcheck, interop, monitor, nn, optim
from nnlib import creation as _creation
from nnlib import joining as _joining
from nnlib import training as training
from nnlib._allocator import tune_allocator
from nnlib.creation import *
from nnlib.functional import log_softmax, logsumexp, relu, sigmoid, softmax, tanh
from nnlib.joining import *
from nnlib.tensor import Tensor, float32, float64, int64, is_grad_enabled, no_grad
from nnlib.tensor import bool_ as bool
from nnlib.training import accuracy, evaluate, fit

__version__ = "0.1.0"

# As in PyTorch, these methods are functions too.
abs, exp, log, sqrt, square = Tensor.abs, Tensor.exp, Tensor.log, Tensor.sqrt, Tensor.square
pow, matmul, maximum, minimum = Tensor.__pow__, Tensor.__matmul__, Tensor.maximum, Tensor.minimum
clamp, sum, mean, var, std = Tensor.clamp, Tensor.sum, Tensor.mean, Tensor.var, Tensor.std
max, min, amax, argmax = Tensor.max, Tensor.min, Tensor.amax, Tensor.argmax
reshape, flatten, squeeze, unsqueeze = (
    Tensor.reshape,
    Tensor.flatten,
    Tensor.squeeze,
    Tensor.unsqueeze,
)
transpose, permute = Tensor.transpose, Tensor.permute

__all__ = [
    "Tensor", "__version__", "abs", "accuracy", "amax", "argmax", "augment", "bool", "clamp",
    "data", "datasets", "evaluate", "exp", "fit", "flatten", "float32", "float64", "functional",
    "gradcheck", "int64", "interop", "is_grad_enabled", "log", "log_softmax", "logsumexp", "matmul",
    "max", "maximum", "mean", "min", "minimum", "monitor", "nn", "no_grad", "optim", "permute",
    "pow", "relu", "reshape", "sigmoid", "softmax", "sqrt", "square", "squeeze", "std", "sum",
    "tanh", "training", "transpose", "tune_allocator", "unsqueeze", "var",
]  # fmt: skip
__all__ += _creation.__all__ + _joining.__all__
