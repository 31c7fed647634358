"""The building blocks of networks, under PyTorch's names.

Read ``module`` first: the layers are short once it is clear how a module keeps its parameters.
"""

from typing import TYPE_CHECKING

from nnlib import functional
from nnlib._absent import of_module
from nnlib.nn import init, utils
from nnlib.nn.activation import (
    ELU,
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from nnlib.nn.attention import MultiheadAttention, TransformerEncoder, TransformerEncoderLayer
from nnlib.nn.conv import (
    AdaptiveAvgPool2d,
    AvgPool1d,
    AvgPool2d,
    Conv1d,
    Conv2d,
    MaxPool1d,
    MaxPool2d,
)
from nnlib.nn.dropout import Dropout, Dropout2d
from nnlib.nn.linear import Embedding, Flatten, Identity, Linear
from nnlib.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from nnlib.nn.module import Module, ModuleDict, ModuleList, Parameter, ParameterList, Sequential
from nnlib.nn.norm import BatchNorm1d, BatchNorm2d, LayerNorm
from nnlib.nn.rnn import GRU, LSTM, RNN

__all__ = [
    "ELU", "GELU", "GRU", "LSTM", "RNN", "AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "BCELoss",
    "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "Conv1d", "Conv2d", "CrossEntropyLoss",
    "Dropout", "Dropout2d", "Embedding", "Flatten", "HuberLoss", "Identity", "KLDivLoss", "L1Loss",
    "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax", "MSELoss", "MaxPool1d", "MaxPool2d", "Module",
    "ModuleDict", "ModuleList", "MultiheadAttention", "NLLLoss", "Parameter", "ParameterList",
    "ReLU", "Sequential", "SiLU", "Sigmoid", "SmoothL1Loss", "Softmax", "Softplus", "Tanh",
    "TransformerEncoder", "TransformerEncoderLayer", "functional", "init", "utils",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = of_module("nnlib.nn", __all__)
