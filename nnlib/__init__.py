"""Neural networks in NumPy, small enough to read, under PyTorch's names.

Read in this order: ``tensor`` (arrays that remember how they were computed), ``functional``
(activations and losses), ``nn`` (layers), ``optim`` (how weights move), ``training`` (the loop).
"""

from nnlib import (
    augment,
    data,
    datasets,
    functional,
    gradcheck,
    interop,
    monitor,
    nn,
    optim,
    training,
)
from nnlib._allocator import tune_allocator
from nnlib.creation import (
    arange,
    eye,
    from_numpy,
    full,
    linspace,
    manual_seed,
    ones,
    ones_like,
    rand,
    randint,
    randn,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from nnlib.functional import log_softmax, logsumexp, relu, sigmoid, softmax, tanh
from nnlib.joining import cat, stack, where
from nnlib.tensor import (
    Tensor,
    float32,
    float64,
    int64,
    is_grad_enabled,
    no_grad,
)
from nnlib.tensor import bool_ as bool  # noqa: A004 - PyTorch's name
from nnlib.training import accuracy, evaluate, fit

__version__ = "0.1.0"

# As in PyTorch, these methods are functions too.
exp, log, sqrt, square = Tensor.exp, Tensor.log, Tensor.sqrt, Tensor.square
abs, pow, matmul = Tensor.abs, Tensor.__pow__, Tensor.__matmul__  # noqa: A001 - PyTorch's names
maximum, minimum, clamp = Tensor.maximum, Tensor.minimum, Tensor.clamp
sum, mean, var, std = Tensor.sum, Tensor.mean, Tensor.var, Tensor.std  # noqa: A001
max, min = Tensor.max, Tensor.min  # noqa: A001
amax, amin, argmax = Tensor.amax, Tensor.amin, Tensor.argmax
reshape, flatten, transpose, permute = (
    Tensor.reshape,
    Tensor.flatten,
    Tensor.transpose,
    Tensor.permute,
)
squeeze, unsqueeze = Tensor.squeeze, Tensor.unsqueeze

__all__ = [
    "Tensor",
    "__version__",
    "abs",
    "accuracy",
    "amax",
    "amin",
    "arange",
    "argmax",
    "augment",
    "bool",
    "cat",
    "clamp",
    "data",
    "datasets",
    "evaluate",
    "exp",
    "eye",
    "fit",
    "flatten",
    "float32",
    "float64",
    "from_numpy",
    "full",
    "functional",
    "gradcheck",
    "int64",
    "interop",
    "is_grad_enabled",
    "linspace",
    "log",
    "log_softmax",
    "logsumexp",
    "manual_seed",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "monitor",
    "nn",
    "no_grad",
    "ones",
    "ones_like",
    "optim",
    "permute",
    "pow",
    "rand",
    "randint",
    "randn",
    "randperm",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sum",
    "tanh",
    "tensor",
    "training",
    "transpose",
    "tune_allocator",
    "unsqueeze",
    "var",
    "where",
    "zeros",
    "zeros_like",
]
