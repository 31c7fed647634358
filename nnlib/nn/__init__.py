"""The building blocks of networks, under PyTorch's names.

Read ``module`` first: the layers are short once it is clear how a module keeps its parameters.
"""

from nnlib import functional
from nnlib.nn import init
from nnlib.nn.activation import (
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from nnlib.nn.dropout import Dropout
from nnlib.nn.linear import Flatten, Identity, Linear
from nnlib.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from nnlib.nn.module import Module, ModuleList, Parameter, Sequential

__all__ = [
    "GELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "Identity",
    "L1Loss",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleList",
    "NLLLoss",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "functional",
    "init",
]
