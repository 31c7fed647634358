"""RNN, LSTM and GRU: layers that read a sequence step by step and carry a state along.

They differ in the cell; the layers stacked on each other, the two directions and the shapes
are PyTorch's and the same for all three.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import expect, expect_count, expect_number, require_dtype, require_like
from nnlib._recurrent import Weights, gru_layer, lstm_layer, rnn_layer
from nnlib.creation import zeros
from nnlib.joining import cat
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _Recurrent(Module):
    """What the three share: the weights' names, the layers and directions, the shapes."""

    gates: ClassVar[int]  # how many times H rows a weight has
    states: ClassVar[int] = 1  # how many tensors the state consists of

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        dtype: DTypeLike = float32,
    ) -> None:
        shown = {"bias": bias, "batch_first": batch_first, "dropout": dropout}
        super().__init__(num_layers=num_layers, **shown, bidirectional=bidirectional)
        self.input_size = expect_count(input_size, "input_size", 1)
        self.hidden_size = expect_count(hidden_size, "hidden_size", 1)
        expect_count(num_layers, "num_layers", 1)
        expect_number(dropout, "dropout", 0, 1, "a probability")
        rows, directions = self.gates * hidden_size, 2 if bidirectional else 1
        self._names = []  # of the weights of each layer and direction
        for i in range(num_layers * directions):
            suffix = f"_l{i // directions}{'_reverse' if i % directions else ''}"
            inputs = input_size if i < directions else hidden_size * directions
            kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"][: 4 if bias else 2]
            shapes = [(rows, inputs), (rows, hidden_size), (rows,), (rows,)]
            self._names.append([kind + suffix for kind in kinds])
            for name, shape in zip(self._names[i], shapes, strict=False):
                setattr(self, name, Parameter(zeros(shape, dtype=dtype)))
        bound = 1 / math.sqrt(hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        """One layer in one direction: all its outputs, and the state it ends in."""
        raise NotImplementedError

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Any]:
        if isinstance(input, Tensor) and input.ndim == 2:
            return self._alone(input, hx)
        x, states = self._check(input, hx)
        ends: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            x, outputs = F.dropout(x, self.dropout, self.training and layer > 0), []
            for reverse in (False, True)[: 1 + self.bidirectional]:
                weights = tuple(getattr(self, name) for name in self._names[len(ends)])
                state = [s[len(ends)] for s in states]
                y, *end = self._cell(x[::-1] if reverse else x, state, weights)
                outputs.append(y[::-1] if reverse else y)
                ends.append(end)
            x = cat(outputs, dim=2) if self.bidirectional else y
        last = tuple(cat(parts) if len(ends) > 1 else parts[0] for parts in zip(*ends, strict=True))
        return x.transpose(0, 1) if self.batch_first else x, last if len(last) > 1 else last[0]

    def _alone(self, x: Tensor, hx: Any) -> tuple[Tensor, Any]:
        """One sequence (T, I) and its states (L·D, H): a batch of one, which is taken off again."""
        given = hx if isinstance(hx, (tuple, list)) or hx is None else [hx]
        shape = (len(self._names), self.hidden_size)
        for state in given or ():
            require_like("hx", state, shape, x)
        batch = 0 if self.batch_first else 1
        states = None if given is None else tuple(state.unsqueeze(1) for state in given)
        y, last = self.forward(x.unsqueeze(batch), states)
        ends = tuple(s.squeeze(1) for s in last) if self.states > 1 else last.squeeze(1)
        return y.squeeze(batch), ends

    def _check(self, x: Tensor, hx: Any) -> tuple[Tensor, Sequence[Tensor]]:
        """The input as (T, N, I) and what the layers start from (L·D, N, H), zeros unless given."""
        order = "(N, T, I)" if self.batch_first else "(T, N, I)"
        require_dtype("input", x, self.weight_ih_l0.dtype)
        fits = x.ndim == 3 and x.shape[2] == self.input_size
        expect(fits, "input", f"shape {order} with I={self.input_size}", x.shape)
        x = x.transpose(0, 1) if self.batch_first else x
        expect(len(x), "input", "one step or more", f"shape {x.shape} (T, N, I)")
        shape = (len(self._names), x.shape[1], self.hidden_size)
        if hx is None:
            return x, [zeros(shape, dtype=x.dtype)] * self.states
        states = hx if isinstance(hx, (tuple, list)) else [hx]
        for state in states:
            require_like("hx", state, shape, x)
        expect(len(states) == self.states, "hx", f"{self.states} tensors", len(states))
        return x, states

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, {super().extra_repr()}"


class RNN(_Recurrent):
    """``h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)`` (Elman 1990).

    With ``nonlinearity="relu"`` it is ``max(0, ...)`` in place of tanh.
    ``input`` (T, N, I), or (N, T, I) with ``batch_first``, or one sequence (T, I), whose states
    have no N; ``hx`` (L·D, N, H) or
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
        **settings: Any,
    ) -> None:
        known = nonlinearity in ("tanh", "relu")
        expect(known, "nonlinearity", "'tanh' or 'relu'", repr(nonlinearity))
        super().__init__(input_size, hidden_size, num_layers, **settings)
        self.nonlinearity = nonlinearity

    def _cell(self, x: Tensor, state: list[Tensor], weights: Weights) -> tuple[Tensor, ...]:
        y = rnn_layer(x, state[0], weights, self.nonlinearity == "relu")
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

    gates, states = 4, 2

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
