"""RNN, LSTM and GRU: layers that read a sequence step by step and carry a state along.

They differ in the cell; the layers stacked on each other, the two directions and the shapes
are PyTorch's and the same for all three.
"""

import math
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import require_dtype
from nnlib._conv import _sizes
from nnlib._recurrent import Weights, flip, gru_layer, lstm_layer, rnn_layer
from nnlib.creation import zeros
from nnlib.joining import cat
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _Recurrent(Module):
    """What the three share: the weights' names, the layers and directions, the shapes."""

    weight_ih_l0: Parameter
    gates: ClassVar[int]  # how many times H rows a weight has
    states: ClassVar[tuple[str, ...]] = ("hx",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        (self.input_size,) = _sizes("input_size", input_size, 1)
        (self.hidden_size,) = _sizes("hidden_size", hidden_size, 1)
        (self.num_layers,) = _sizes("num_layers", num_layers, 1)
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout: expected a probability from 0 to 1, got {dropout}")
        self.bias, self.batch_first = bias, batch_first
        self.dropout, self.bidirectional = dropout, bidirectional
        rows, directions = self.gates * hidden_size, 2 if bidirectional else 1
        self._names = []  # of the weights of each layer and direction
        for i in range(num_layers * directions):
            suffix = f"_l{i // directions}{'_reverse' if i % directions else ''}"
            inputs = input_size if i < directions else hidden_size * directions
            shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden_size)}
            biases = {"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {}
            self._names.append([name + suffix for name in (*shapes, *biases)])
            for name, shape in (*shapes.items(), *biases.items()):
                self.register_parameter(name + suffix, Parameter(zeros(shape, dtype=dtype)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases afresh, evenly over ±1/√hidden_size as in PyTorch."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        """One layer in one direction: all its outputs, and the state it ends in."""
        raise NotImplementedError

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Any]:  # noqa: A002
        x, states = self._check(input, hx)
        ends, outputs = [], [x]
        for i, names in enumerate(self._names):
            reverse = self.bidirectional and i % 2 == 1
            if not reverse:  # the next layer: it reads what the directions before it have said
                x = outputs[0] if len(outputs) == 1 else cat(outputs, dim=2)
                x = F.dropout(x, self.dropout, self.training) if i else x
                outputs = []
            weights = tuple(getattr(self, name) for name in names)
            y, *end = self._cell(flip(x) if reverse else x, states[i], weights)
            outputs.append(flip(y) if reverse else y)
            ends.append(end)
        y = outputs[0] if len(outputs) == 1 else cat(outputs, dim=2)
        last = tuple(
            parts[0] if len(parts) == 1 else cat(parts) for parts in zip(*ends, strict=True)
        )
        if input.ndim == 2:
            y, last = y.squeeze(1), tuple(part.squeeze(1) for part in last)
        elif self.batch_first:
            y = y.transpose(0, 1)
        return y, last if len(last) > 1 else last[0]

    def _check(self, x: Tensor, hx: Any) -> tuple[Tensor, list[list[Tensor]]]:
        """The input as (T, N, I), and what each layer starts from, zeros unless given."""
        dtype, order = self.weight_ih_l0.dtype, "(N, T, I)" if self.batch_first else "(T, N, I)"
        require_dtype("input", x, dtype)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"input: expected shape {order} or (T, I) with I={self.input_size}, got {x.shape}"
            )
        alone = x.ndim == 2
        x = x.unsqueeze(1) if alone else x.transpose(0, 1) if self.batch_first else x
        if len(x) == 0:
            raise ValueError(f"input: expected {order} or (T, I) of one step or more, got T=0")
        shape = (x.shape[1], self.hidden_size)
        if hx is None:
            return x, [[zeros(shape, dtype=dtype)] * len(self.states)] * len(self._names)
        given = (hx,) if len(self.states) == 1 else hx
        if not isinstance(given, (tuple, list)) or len(given) != len(self.states):
            raise TypeError(f"hx: expected a pair {self.states}, got {type(hx).__name__}")
        for name, state in zip(self.states, given, strict=True):
            require_dtype(name, state, dtype)
            expected = (len(self._names), *(shape[1:] if alone else shape))
            if state.shape != expected:
                raise ValueError(
                    f"{name}: expected shape {expected} for input of shape {x.shape} (T, N, I), "
                    f"got {state.shape}"
                )
        return x, [[s[i].reshape(*shape) for s in given] for i in range(len(self._names))]

    def extra_repr(self) -> str:
        options = ("num_layers", "bias", "batch_first", "dropout", "bidirectional")
        told = (f", {name}={getattr(self, name)}" for name in options)
        return f"{self.input_size}, {self.hidden_size}{''.join(told)}"


class RNN(_Recurrent):
    """``h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)``, or ReLU in tanh's place (Elman 1990).

    ``input`` (T, N, I), or (N, T, I) with ``batch_first``, or (T, I); ``hx`` (L·D, N, H) or
    ``None`` for zeros, where L counts layers and D directions. Returns all states of the last
    layer (T, N, D·H) and the last state of each layer (L·D, N, H). ``dropout`` acts between
    layers. Raises ``ValueError`` for shapes and ``TypeError`` for dtypes that do not fit.

    >>> import nnlib
    >>> output, h_n = nnlib.nn.RNN(3, 4, num_layers=2)(nnlib.zeros(5, 1, 3))
    >>> output.shape, h_n.shape
    ((5, 1, 4), (2, 1, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity: expected 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(input_size, hidden_size, num_layers, *args, **kwargs)
        self.nonlinearity = nonlinearity

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        y = rnn_layer(x, state[0], weights, relu=self.nonlinearity == "relu")
        return y, y[-1:]


class LSTM(_Recurrent):
    """``i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh)``, ``g = tanh(...)``; ``c_t = f·c + i·g``,
    ``h_t = o·tanh(c_t)`` (Hochreiter and Schmidhuber 1997).

    Shapes and errors as in :class:`RNN`; the state that goes in and comes out is a pair
    ``(h, c)`` of two such tensors. A weight's rows are those of i, f, g, o.

    >>> import nnlib
    >>> output, (h_n, c_n) = nnlib.nn.LSTM(3, 4, batch_first=True)(nnlib.zeros(1, 5, 3))
    >>> output.shape, h_n.shape, c_n.shape
    ((1, 5, 4), (1, 1, 4), (1, 1, 4))
    """

    gates, states = 4, ("h_0", "c_0")

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        y = lstm_layer(x, state[0], state[1], weights)
        return y[:-1], y[-2:-1], y[-1:]


class GRU(_Recurrent):
    """``r, z = σ(W_ih x + b_ih + W_hh h + b_hh)``, ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``;
    ``h_t = (1 − z)·n + z·h`` (Cho et al. 2014).

    Shapes and errors as in :class:`RNN`. A weight's rows are those of r, z, n.

    >>> import nnlib
    >>> output, h_n = nnlib.nn.GRU(3, 4, bidirectional=True)(nnlib.zeros(5, 1, 3))
    >>> output.shape, h_n.shape
    ((5, 1, 8), (2, 1, 4))
    """

    gates = 3

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        y = gru_layer(x, state[0], weights)
        return y, y[-1:]
