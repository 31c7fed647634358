"""Neural networks in NumPy, small enough to read, under PyTorch's names.

Read in this order: ``tensor`` (arrays that remember how they were computed), ``functional``
(activations and losses), ``nn`` (layers), ``optim`` (how weights move), ``training`` (the loop).
"""

# ruff: noqa: A001, A004, F403 - PyTorch's names; each module says in __all__ what is meant for here
import sys as _sys
from math import e, inf, nan, pi
from typing import Any as _Any

from nnlib import (
    _elementwise,
    _selecting,
    augment,
    autograd,
    cuda,
    data,
    datasets,
    functional,
    gradcheck,
    interop,
    monitor,
)
from nnlib import creation as _creation
from nnlib import joining as _joining
from nnlib import nn as nn
from nnlib import optim as optim
from nnlib import training as training
from nnlib import utils as utils
from nnlib._absent import of_module as _of_module
from nnlib._allocator import tune_allocator
from nnlib._arguments import device
from nnlib._elementwise import *
from nnlib._methods import functions as _functions
from nnlib._selecting import *
from nnlib._selecting import einsum, hstack, meshgrid, vstack
from nnlib.creation import *
from nnlib.cuda import backends
from nnlib.functional import conv1d, conv2d, log_softmax, logsumexp, relu, sigmoid, softmax, tanh
from nnlib.joining import *
from nnlib.tensor import Tensor, float32, float64, int32, int64, is_grad_enabled, no_grad, uint8
from nnlib.tensor import bool_ as bool
from nnlib.training import accuracy, evaluate, fit

__version__ = "0.1.0"

float, double, int, long = float32, float64, int32, int64
Size = tuple[_Any, ...]

globals().update(_functions)
# PyTorch's addresses of modules that stand elsewhere here.
_sys.modules |= {"nnlib.nn.functional": functional, "nnlib.utils.data": data}

__all__ = [
    "Size", "Tensor", "__version__", "accuracy", "augment", "autograd", "backends", "bool",
    "conv1d", "conv2d", "cuda", "data", "datasets", "device", "double", "e", "einsum", "evaluate",
    "fit", "float", "float32", "float64", "functional", "gradcheck", "hstack", "inf", "int",
    "int32", "int64", "interop", "is_grad_enabled", "log_softmax", "logsumexp", "long", "meshgrid",
    "monitor", "nan", "nn", "no_grad", "optim", "pi", "relu", "sigmoid", "softmax", "tanh",
    "training", "tune_allocator", "uint8", "utils", "vstack",
]  # fmt: skip
__all__ += _creation.__all__ + _joining.__all__ + _elementwise.__all__ + _selecting.__all__
__all__.extend(_functions)


def __getattr__(name: str) -> _Any:
    return _of_module("nnlib", __all__)(name)  # the functions above are found without it
