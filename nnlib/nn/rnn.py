"""RNN, LSTM and GRU: layers that read a sequence step by step and carry a state along.

They differ in the cell; the layers stacked on each other, the two directions and the shapes
are PyTorch's and the same for all three.
"""

import math
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._recurrent import Weights, flip, gru_layer, lstm_layer, rnn_layer
from nnlib.creation import zeros
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, cat, float32, stack


class _Recurrent(Module):
    """What the three share: the weights' names, the layers and directions, the shapes."""

    weight_ih_l0: Parameter
    blocks: ClassVar[int]  # how many times H rows a weight has
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
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        for name, count in sizes.items():
            if not isinstance(count, int) or isinstance(count, bool):
                raise TypeError(f"{name}: expected an integer, got {type(count).__name__}")
            if count < 1:
                raise ValueError(f"{name}: expected 1 or more, got {count}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout: expected a probability from 0 to 1, got {dropout}")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first = bias, batch_first
        self.dropout, self.bidirectional = dropout, bidirectional
        self._suffixes = ("", "_reverse") if bidirectional else ("",)
        rows = self.blocks * hidden_size
        for layer in range(num_layers):
            inputs = input_size if layer == 0 else hidden_size * len(self._suffixes)
            shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden_size)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            for suffix in self._suffixes:
                for name, shape in shapes.items():
                    parameter = Parameter(zeros(shape, dtype=dtype))
                    self.register_parameter(f"{name}_l{layer}{suffix}", parameter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases afresh, evenly over ±1/√hidden_size as in PyTorch."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _cell(
        self, x: Tensor, state: tuple[Tensor, ...], weights: Weights
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """One layer in one direction: all its outputs, and the state it ends in."""
        raise NotImplementedError

    def _run(self, x: Tensor, states: Any) -> tuple[Tensor, tuple[Tensor, ...]]:
        """All layers, from and to the shapes that the user sees."""
        self._check_input(x)
        batched = x.ndim == 3
        x = (x.transpose(0, 1) if self.batch_first else x) if batched else x.unsqueeze(1)
        if x.shape[0] == 0:
            raise ValueError(f"input: expected one step or more, got shape {x.shape} (T, N, I)")
        first = self._first_states(x, states, batched)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")[: 4 if self.bias else 2]
        last = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction, suffix in enumerate(self._suffixes):
                weights = tuple(getattr(self, f"{name}_l{layer}{suffix}") for name in names)
                index = layer * len(self._suffixes) + direction
                y, end = self._cell(
                    flip(x) if direction else x, tuple(state[index] for state in first), weights
                )
                outputs.append(flip(y) if direction else y)
                last.append(end)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, dim=2)
        ends = tuple(stack(parts) for parts in zip(*last, strict=True))
        if not batched:
            return x.squeeze(1), tuple(end.squeeze(1) for end in ends)
        return x.transpose(0, 1) if self.batch_first else x, ends

    def _check_input(self, x: Tensor) -> None:
        dtype = self.weight_ih_l0.dtype
        if not isinstance(x, Tensor):
            raise TypeError(f"input: expected a Tensor, got {type(x).__name__}")
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            order = "(N, T, I)" if self.batch_first else "(T, N, I)"
            raise ValueError(
                f"input: expected shape {order} or (T, I) with I={self.input_size}, got {x.shape}"
            )
        if x.dtype != dtype:
            raise TypeError(f"input: expected {dtype} as the weights are, got {x.dtype}")

    def _first_states(self, x: Tensor, states: Any, batched: bool) -> tuple[Tensor, ...]:
        """The states to start from, (layers · directions, N, H) each; zeros unless given."""
        shape = (self.num_layers * len(self._suffixes), x.shape[1], self.hidden_size)
        if states is None:
            return (zeros(shape, dtype=x.dtype),) * len(self.states)
        if len(self.states) == 1:
            states = (states,)
        if not isinstance(states, (tuple, list)) or len(states) != len(self.states):
            raise TypeError(f"hx: expected ({', '.join(self.states)}), got {type(states).__name__}")
        for name, state in zip(self.states, states, strict=True):
            if not isinstance(state, Tensor):
                raise TypeError(f"{name}: expected a Tensor, got {type(state).__name__}")
            expected = shape if batched else (shape[0], shape[2])
            if state.shape != expected:
                raise ValueError(f"{name}: expected shape {expected}, got {state.shape}")
            if state.dtype != x.dtype:
                raise TypeError(f"{name}: expected {x.dtype} as the input is, got {state.dtype}")
        return tuple(states) if batched else tuple(state.unsqueeze(1) for state in states)

    def extra_repr(self) -> str:
        shown = f"{self.input_size}, {self.hidden_size}"
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        for name, default in {**defaults, "bidirectional": False}.items():
            if getattr(self, name) != default:
                shown += f", {name}={getattr(self, name)}"
        return shown


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

    blocks = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike = float32,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity: expected 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype
        )
        self.nonlinearity = nonlinearity

    def _cell(
        self, x: Tensor, state: tuple[Tensor, ...], weights: Weights
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        y = rnn_layer(x, state[0], weights, relu=self.nonlinearity == "relu")
        return y, (y[-1],)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # noqa: A002
        output, (h_n,) = self._run(input, hx)
        return output, h_n


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

    blocks = 4
    states = ("h_0", "c_0")

    def _cell(
        self, x: Tensor, state: tuple[Tensor, ...], weights: Weights
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        y = lstm_layer(x, *state, weights)
        return y[:-1], (y[-2], y[-1])

    def forward(
        self,
        input: Tensor,  # noqa: A002 - PyTorch's name
        hx: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        output, (h_n, c_n) = self._run(input, hx)
        return output, (h_n, c_n)


class GRU(_Recurrent):
    """``r, z = σ(W_ih x + b_ih + W_hh h + b_hh)``, ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``;
    ``h_t = (1 − z)·n + z·h`` (Cho et al. 2014).

    Shapes and errors as in :class:`RNN`. A weight's rows are those of r, z, n.

    >>> import nnlib
    >>> output, h_n = nnlib.nn.GRU(3, 4, bidirectional=True)(nnlib.zeros(5, 1, 3))
    >>> output.shape, h_n.shape
    ((5, 1, 8), (2, 1, 4))
    """

    blocks = 3

    def _cell(
        self, x: Tensor, state: tuple[Tensor, ...], weights: Weights
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        y = gru_layer(x, state[0], weights)
        return y, (y[-1],)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:  # noqa: A002
        output, (h_n,) = self._run(input, hx)
        return output, h_n
