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

from nnlib._kernels import product
from nnlib.tensor import Array, Tensor, record

# What one layer runs on in one direction: weight_ih, weight_hh and, if it has them, the biases.
Weights: TypeAlias = tuple[Tensor, ...]
# Which blocks of H columns in the joined matrix the input feeds, and which the state.
Feeds: TypeAlias = tuple[slice | Sequence[int], slice | Sequence[int]]

EVERY = (slice(None), slice(None))


def rnn_layer(x: Tensor, h0: Tensor, weights: Weights, rectified: bool = False) -> Tensor:
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or ``max(0, ...)`` if rectified (Elman 1990).

    ``x`` (T, N, I), ``h0`` (N, H), the weights (H, I), (H, H), (H), (H); the result (T, N, H).

    >>> import nnlib
    >>> x, h0 = nnlib.zeros(3, 1, 1), nnlib.ones(1, 1)
    >>> rnn_layer(x, h0, (nnlib.ones(1, 1), nnlib.ones(1, 1))).flatten()
    tensor([0.7616, 0.6420, 0.5663])
    """
    z, w = _join(x, h0, weights, 1)
    states = z[:, :, x.shape[2] : -1]
    w_hh = weights[1].array
    for now, state in zip(z[:-1], states[1:], strict=True):
        if rectified:
            np.maximum(now @ w[0], 0, out=state)
        else:
            np.tanh(now @ w[0], out=state)
    y = states[1:].copy()

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = (y > 0).astype(y.dtype) if rectified else 1 - y * y
        to_h = np.zeros_like(g[0])
        for now, from_above in zip(blame[::-1], g[::-1], strict=True):
            to_h += from_above
            now *= to_h
            to_h = now @ w_hh
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
    # In the order o, i, f, g the sigmoids are the first three, and c is moved by the last three.
    order = (1, 2, 3, 0)
    z, w = _join(x, h0, weights, 4, (order, order))
    w[:3] *= 0.5  # σ(a) = ½ + ½ tanh(a/2): one tanh serves all four gates
    states = z[1:, :, inputs:-1]
    # Beside a step's gates lies the cell it found: (i, f) · (g, c) is then one product.
    kept = np.empty((steps + 1, 5, batch, hidden), w.dtype)
    cells, kept[0, 4] = kept[1:, 4], c0.array
    squashed, parts = np.empty_like(cells), np.empty_like(kept[0, :2])
    for before, now, c, s, h in zip(z[:-1], kept[:-1], cells, squashed, states, strict=True):
        gates, sigmoids = now[:4], now[:3]
        np.matmul(before, w, out=gates)
        np.tanh(gates, out=gates)
        sigmoids *= 0.5
        sigmoids += 0.5
        np.multiply(now[1:3], now[3:], out=parts)
        np.add(parts[0], parts[1], out=c)
        np.tanh(c, out=s)
        np.multiply(now[0], s, out=h)
    y = np.concatenate((states, cells[-1:]))

    def backward(g: Array) -> tuple[Array | None, ...]:
        # First, for all steps at once, the slopes of h' by the sum in o, and of c' by the others.
        gates, (o, i, f, new, _) = kept[:-1, :4], kept[:-1].swapaxes(0, 1)
        blame = 1 - gates
        blame[:, :3] *= gates[:, :3]
        blame[:, 3] *= 1 + new
        blame[:, 0] *= squashed
        blame[:, 1:3] *= kept[:-1, 3:]
        blame[:, 3] *= i
        h_by_c = o * (1 - squashed * squashed)
        to_h, to_c = np.zeros_like(g[0]), g[-1].copy()
        rows = np.empty((steps, batch, 4 * hidden), g.dtype)  # as the products want them
        by_gate = rows.reshape(steps, batch, 4, hidden).swapaxes(1, 2)
        w_hh = weights[1].array.reshape(4, hidden, hidden)[[3, 0, 1, 2]].reshape(-1, hidden)
        for t in reversed(range(steps)):
            to_h += g[t]
            to_c += to_h * h_by_c[t]
            now = blame[t]
            now[0] *= to_h
            now[1:] *= to_c
            to_c *= f[t]
            by_gate[t] = now
            to_h = product(rows[t], w_hh)
        to_x, to_h0, *to_weights = _gradients(rows, z, x, to_h, weights, (order, order))
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
    feeds = (1, 2, 0), slice(1, 4)
    z, w = _join(x, h0, weights, 4, feeds)
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
        by_new = (1 - keep) * (1 - new * new)
        by_reset, by_keep = by_new * recalled, states[:-1] - new
        by_gates = by_reset * reset * (1 - reset), by_keep * keep * (1 - keep)
        blame = np.stack([by_new, *by_gates, by_new * reset])
        to_h = np.zeros_like(g[0])
        rows = np.empty((steps, batch, 4 * hidden), g.dtype)
        by_gate = rows.reshape(steps, batch, 4, hidden).swapaxes(1, 2)
        for t in reversed(range(steps)):
            to_h += g[t]
            np.multiply(blame[:, t], to_h, out=by_gate[t])
            to_h *= keep[t]
            to_h += rows[t, :, hidden:] @ w_hh
        return _gradients(rows, z, x, to_h, weights, feeds)

    return record("gru", y, (x, h0, *weights), backward)


# ---- what they share -----------------------------------------------------------------------


def _join(
    x: Tensor, h0: Tensor, weights: Weights, count: int, feeds: Feeds = EVERY
) -> tuple[Array, Array]:
    """``z = [x, h, 1]`` (T+1, N, K), with h known at the first step only, and W (count, K, H)."""
    (steps, batch, inputs), hidden = x.shape, h0.shape[1]
    z = np.empty((steps + 1, batch, inputs + hidden + 1), x.dtype)
    z[:-1, :, :inputs], z[0, :, inputs:-1], z[:, :, -1] = x.array, h0.array, 1
    w = np.zeros((count, inputs + hidden + 1, hidden), x.dtype)
    w[feeds[0], :inputs] = weights[0].array.reshape(-1, hidden, inputs).swapaxes(1, 2)
    w[feeds[1], inputs:-1] = weights[1].array.reshape(-1, hidden, hidden).swapaxes(1, 2)
    for blocks, bias in zip(feeds, weights[2:], strict=False):
        w[blocks, -1] += bias.array.reshape(-1, hidden)
    return z, w


def _gradients(
    blame: Array, z: Array, x: Tensor, to_h0: Array, weights: Weights, feeds: Feeds = EVERY
) -> tuple[Array | None, ...]:
    """The gradients of x, h0 and the weights from those of all weighted sums, (T, N, count·H)."""
    (rows, inputs), (from_x, from_h) = weights[0].shape, feeds
    flat = blame.reshape(blame.shape[0] * blame.shape[1], blame.shape[2])
    shape = (blame.shape[2] // to_h0.shape[1], to_h0.shape[1])  # (count, H)
    to_x = None
    if x.requires_grad:
        by_block = flat.reshape(len(flat), *shape)[:, from_x]
        to_x = product(by_block.reshape(len(flat), rows), weights[0].array).reshape(x.shape)
    joined = product(flat.T, z[:-1].reshape(len(flat), z.shape[2])).reshape(*shape, z.shape[2])
    by_x, by_h = joined[from_x, :], joined[from_h, :]
    parts = by_x[..., :inputs], by_h[..., inputs:-1], by_x[..., -1], by_h[..., -1]
    to_weights = (part.reshape(w.shape) for part, w in zip(parts, weights, strict=False))
    return to_x, to_h0, *to_weights
