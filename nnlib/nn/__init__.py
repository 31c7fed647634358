"""The building blocks of networks, under PyTorch's names.

Read ``module`` first: the layers are short once it is clear how a module keeps its parameters.
"""

from nnlib import functional
from nnlib.nn import init, utils
from nnlib.nn.activation import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from nnlib.nn.attention import MultiheadAttention, TransformerEncoderLayer
from nnlib.nn.conv import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from nnlib.nn.dropout import Dropout
from nnlib.nn.linear import Embedding, Flatten, Identity, Linear
from nnlib.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
)
from nnlib.nn.module import Module, ModuleList, Parameter, Sequential
from nnlib.nn.norm import BatchNorm1d, BatchNorm2d, LayerNorm
from nnlib.nn.rnn import GRU, LSTM, RNN

__all__ = [
    "GELU", "GRU", "LSTM", "RNN", "AvgPool1d", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss",
    "BatchNorm1d", "BatchNorm2d", "Conv1d", "Conv2d", "CrossEntropyLoss", "Dropout", "Embedding",
    "Flatten", "HuberLoss", "Identity", "L1Loss", "LayerNorm", "LeakyReLU", "Linear", "LogSoftmax",
    "MSELoss", "MaxPool1d", "MaxPool2d", "Module", "ModuleList", "MultiheadAttention", "NLLLoss",
    "Parameter", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh", "TransformerEncoderLayer",
    "functional", "init", "utils",
]  # fmt: skip
