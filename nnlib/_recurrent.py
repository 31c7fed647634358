"""Recurrent layers over a whole sequence, each one operation on the tape with its own backward.

Step by step a sequence would put some ten operations on the tape for every time step; as one
operation a step costs one product forward and one backward, and all weights together a single one.

All three put the input, the state and a 1 side by side, ``z = [x, h, 1]``, so that one joined
matrix holds what PyTorch keeps as ``weight_ih``, ``weight_hh`` and the two biases. Gates are kept
one after the other, (gate, T, N, H), since elementwise work wants long runs of memory.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from nnlib.tensor import Array, Tensor, record

# What one layer runs on in one direction: weight_ih, weight_hh and, if it has them, the biases.
Weights: TypeAlias = tuple[Tensor, ...]
Blocks: TypeAlias = slice | Sequence[int]

EVERY = slice(None)


def rnn_layer(x: Tensor, h0: Tensor, weights: Weights, relu: bool = False) -> Tensor:
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or ReLU in tanh's place (Elman 1990).

    ``x`` (T, N, I), ``h0`` (N, H), the weights (H, I), (H, H), (H), (H); the result (T, N, H).

    >>> import nnlib
    >>> x, h0 = nnlib.ones(3, 1, 1), nnlib.zeros(1, 1)
    >>> rnn_layer(x, h0, (nnlib.ones(1, 1), nnlib.ones(1, 1)), relu=True).tolist()
    [[[1.0]], [[2.0]], [[3.0]]]
    """
    z, w = _join(x, h0, weights, 1)
    states = z[:, :, x.shape[2] : -1]
    w_hh = weights[1].array
    for now, state in zip(z[:-1], states[1:], strict=True):
        np.matmul(now, w[0], out=state)
        if relu:
            np.maximum(state, 0, out=state)
        else:
            np.tanh(state, out=state)
    y = states[1:].copy()

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = (y > 0).astype(y.dtype) if relu else 1 - y * y
        to_h = np.zeros_like(g[0])
        for step, from_above in zip(blame[::-1], g[::-1], strict=True):
            to_h += from_above
            step *= to_h
            to_h = step @ w_hh
        return _gradients(blame, z, x, to_h, weights)

    return record("rnn", y, (x, h0, *weights), backward)


def lstm_layer(x: Tensor, h0: Tensor, c0: Tensor, weights: Weights) -> Tensor:
    """Long short-term memory: a cell c that gates write to, keep and read out.

    ``i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh)`` and ``g = tanh(...)``, in the order i, f, g, o;
    ``c' = f·c + i·g`` and ``h' = o·tanh(c')``. (Hochreiter and Schmidhuber 1997; the forget gate f:
    Gers, Schmidhuber and Cummins 2000.)

    ``x`` (T, N, I), ``h0`` and ``c0`` (N, H), the weights (4H, I), (4H, H), (4H), (4H).
    The result (T+1, N, H): the states of all steps, and beneath them the last cell, since the tape
    knows operations of one result.

    >>> import nnlib
    >>> x, h0 = nnlib.ones(3, 2, 5), nnlib.zeros(2, 1)
    >>> lstm_layer(x, h0, h0, (nnlib.zeros(4, 5), nnlib.zeros(4, 1))).shape
    (4, 2, 1)
    """
    (steps, batch, inputs), hidden = x.shape, h0.shape[1]
    order = (0, 1, 3, 2)  # i, f, o, g: the three sigmoids side by side
    z, w = _join(x, h0, weights, 4, order, order)
    w[:3] *= 0.5  # σ(a) = ½ + ½ tanh(a/2): one tanh serves all four gates
    states = z[1:, :, inputs:-1]
    gates = np.empty((steps, 4, batch, hidden), w.dtype)
    cells = np.empty((steps + 1, batch, hidden), w.dtype)
    cells[0] = c0.array
    squashed = np.empty((steps, batch, hidden), w.dtype)
    w_hh = weights[1].array
    steps_of = (z[:-1], gates, cells[:-1], cells[1:], squashed, states)
    for before, now, old, c, s, h in zip(*steps_of, strict=True):
        np.matmul(before, w, out=now)
        np.tanh(now, out=now)
        now[:3] *= 0.5
        now[:3] += 0.5
        i, f, o, new = now
        np.multiply(f, old, out=c)
        c += i * new
        np.tanh(c, out=s)
        np.multiply(o, s, out=h)
    y = np.concatenate((states, cells[-1:]))

    def backward(g: Array) -> tuple[Array | None, ...]:
        i, f, o, new = gates.swapaxes(0, 1)
        blame = np.empty((4, *squashed.shape), g.dtype)
        _sigmoid_slope(i, new, out=blame[0])  # first the slopes of c' by i, f, g and of h' by o
        _sigmoid_slope(f, cells[:-1], out=blame[1])
        _tanh_slope(new, i, out=blame[2])
        _sigmoid_slope(o, squashed, out=blame[3])
        h_by_c = _tanh_slope(squashed, o, out=np.empty_like(squashed))
        to_h, to_c = np.zeros_like(g[0]), g[-1].copy()
        rows = np.empty((steps, batch, 4 * hidden), g.dtype)  # as the products want them
        by_gate = rows.reshape(steps, batch, 4, hidden).swapaxes(1, 2)
        for t in reversed(range(steps)):
            to_h += g[t]
            to_c += to_h * h_by_c[t]
            now = blame[:, t]
            now[:3] *= to_c
            now[3] *= to_h
            to_c *= f[t]
            by_gate[t] = now
            to_h = rows[t] @ w_hh
        to_x, to_h0, *to_weights = _gradients(rows, z, x, to_h, weights)
        return to_x, to_h0, to_c, *to_weights

    return record("lstm", y, (x, h0, c0, *weights), backward)


def gru_layer(x: Tensor, h0: Tensor, weights: Weights) -> Tensor:
    """Gated recurrent unit: one gate forgets for the candidate, another mixes old and new.

    ``r, z = σ(W_ih x + b_ih + W_hh h + b_hh)``, ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``,
    in the order r, z, n; ``h' = (1 − z)·n + z·h``. (Cho et al. 2014.)

    ``x`` (T, N, I), ``h0`` (N, H), the weights (3H, I), (3H, H), (3H), (3H); the result (T, N, H).

    >>> import nnlib
    >>> x, h0 = nnlib.ones(2, 1, 1), nnlib.ones(1, 1)
    >>> gru_layer(x, h0, (nnlib.zeros(3, 1), nnlib.zeros(3, 1))).tolist()
    [[[0.5]], [[0.25]]]
    """
    (steps, batch, inputs), hidden = x.shape, h0.shape[1]
    # The candidate needs its share from x and from h apart: four blocks, n from x, r, z, n from h.
    from_x, from_h = (1, 2, 0), slice(1, 4)
    z, w = _join(x, h0, weights, 4, from_x, from_h)
    w[1:3] *= 0.5  # as in the LSTM
    states = z[:, :, inputs:-1]
    gates = np.empty((4, steps, batch, hidden), w.dtype)
    w_hh = weights[1].array
    for t in range(steps):
        np.matmul(z[t], w, out=gates[:, t])
        new, reset, keep, recalled = gates[:, t]
        both = gates[1:3, t]
        np.tanh(both, out=both)
        both *= 0.5
        both += 0.5
        new += reset * recalled
        np.tanh(new, out=new)
        np.add(new, keep * (states[t] - new), out=states[t + 1])
    y = states[1:].copy()

    def backward(g: Array) -> tuple[Array | None, ...]:
        new, reset, keep, recalled = gates
        blame = np.empty_like(gates)
        by_new = _tanh_slope(new, 1 - keep, out=blame[0])
        _sigmoid_slope(reset, by_new * recalled, out=blame[1])
        _sigmoid_slope(keep, states[:-1] - new, out=blame[2])
        np.multiply(by_new, reset, out=blame[3])
        to_h = np.zeros_like(g[0])
        rows = np.empty((steps, batch, 4 * hidden), g.dtype)
        by_gate = rows.reshape(steps, batch, 4, hidden).swapaxes(1, 2)
        for t in reversed(range(steps)):
            to_h += g[t]
            np.multiply(blame[:, t], to_h, out=by_gate[t])
            to_h *= keep[t]
            to_h += rows[t, :, hidden:] @ w_hh
        return _gradients(rows, z, x, to_h, weights, from_x, from_h)

    return record("gru", y, (x, h0, *weights), backward)


def flip(x: Tensor) -> Tensor:
    """The steps of a sequence (T, ...) in reverse order.

    >>> import nnlib
    >>> flip(nnlib.arange(3))
    tensor([2, 1, 0])
    """
    return record("flip", x.array[::-1], (x,), lambda g: (g[::-1],))


# ---- what they share -----------------------------------------------------------------------


def _join(
    x: Tensor,
    h0: Tensor,
    weights: Weights,
    count: int,
    from_x: Blocks = EVERY,
    from_h: Blocks = EVERY,
) -> tuple[Array, Array]:
    """``z = [x, h, 1]`` (T+1, N, K), with h known at the first step only, and W (count, K, H).

    ``from_x`` and ``from_h`` are the blocks of W that the input and the state feed.
    """
    (steps, batch, inputs), hidden = x.shape, h0.shape[1]
    z = np.empty((steps + 1, batch, inputs + hidden + 1), x.dtype)
    z[:-1, :, :inputs] = x.array
    z[0, :, inputs:-1] = h0.array
    z[:, :, -1] = 1
    w = np.zeros((count, inputs + hidden + 1, hidden), x.dtype)
    w[from_x, :inputs] = weights[0].array.reshape(-1, hidden, inputs).swapaxes(1, 2)
    w[from_h, inputs:-1] = weights[1].array.reshape(-1, hidden, hidden).swapaxes(1, 2)
    for blocks, bias in zip((from_x, from_h), weights[2:], strict=False):
        w[blocks, -1] += bias.array.reshape(-1, hidden)
    return z, w


def _sigmoid_slope(y: Array, factor: Array, out: Array) -> Array:
    """``factor · y(1 − y)``, without arrays in between."""
    np.subtract(1, y, out=out)
    out *= y
    out *= factor
    return out


def _tanh_slope(y: Array, factor: Array, out: Array) -> Array:
    """``factor · (1 − y²)``, without arrays in between."""
    np.multiply(y, y, out=out)
    np.subtract(1, out, out=out)
    out *= factor
    return out


def _gradients(
    blame: Array,
    z: Array,
    x: Tensor,
    to_h0: Array,
    weights: Weights,
    from_x: Blocks = EVERY,
    from_h: Blocks = EVERY,
) -> tuple[Array | None, ...]:
    """The gradients of x, h0 and the weights from those of all weighted sums, (T, N, count·H)."""
    (steps, batch, width), hidden, inputs = blame.shape, to_h0.shape[1], x.shape[2]
    flat = blame.reshape(steps * batch, width)
    to_x = None
    if x.requires_grad:
        by_block = flat.reshape(steps * batch, width // hidden, hidden)[:, from_x]
        wanted = by_block.reshape(len(flat), len(weights[0].array))
        to_x = (wanted @ weights[0].array).reshape(x.shape)
    joined = flat.T @ z[:-1].reshape(steps * batch, z.shape[2])
    joined = joined.reshape(width // hidden, hidden, z.shape[2])
    parts = (
        joined[from_x, :, :inputs],
        joined[from_h, :, inputs:-1],
        joined[from_x, :, -1],
        joined[from_h, :, -1],
    )
    to_weights = (part.reshape(w.shape) for part, w in zip(parts, weights, strict=False))
    return to_x, to_h0, *to_weights
