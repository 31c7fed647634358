"""What a Transformer is made of: attention, and the embedding of tokens.

Attention is one operation, since its T × T matrices are the largest arrays of the network: they
are written once, never divided by their sums, and hold keys in rows (..., S, L), where a maximum
is fast.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import math
from typing import Any, TypeAlias

import numpy as np

from nnlib._arguments import Shape, expect, expect_number, require_dtype
from nnlib.creation import pick_generator
from nnlib.tensor import Array, Tensor, bool_, float32, float64, int64, record, unbroadcast

DType: TypeAlias = np.dtype[Any]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """``softmax(Q Kᵀ · scale + mask) V``: each query's mean of the values, weighted by its keys.

    ``query`` (..., L, E), ``key`` (..., S, E), ``value`` (..., S, V); the result (..., L, V).
    ``scale`` is 1/√E unless given. ``attn_mask`` broadcasts to (..., L, S): bools, ``True`` where
    a query may look, or floats that are added. ``is_causal`` lets query i look at keys 0 to i.
    A query that may look nowhere gets zeros. ``dropout_p`` drops weights whenever it is not 0.

    Raises ``ValueError`` when shapes do not fit or both masks are given, ``TypeError`` for
    dtypes. (Vaswani et al. 2017; the backward pass as in Dao et al. 2022.)

    >>> import nnlib
    >>> q, k = nnlib.tensor([[1.0, 0.0]]), nnlib.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> nnlib.nn.functional.scaled_dot_product_attention(q, k, k)
    tensor([[0.6698, 0.3302]])
    """
    require_dtype("query", query, float32, float64)
    require_dtype("key", key, query.dtype)
    require_dtype("value", value, query.dtype)
    shape = _scores_shape(query.shape, key.shape, value.shape)
    expect_number(dropout_p, "dropout_p", 0, 1, "a probability")
    expect_number(0 if scale is None else scale, "scale")
    parents: tuple[Tensor, ...] = (query, key, value)
    if (mask := attn_mask) is not None:
        require_dtype("attn_mask", mask, bool_, query.dtype)
        expect(not is_causal, "attn_mask", "None together with is_causal=True", "a mask")
        lengths = zip(mask.shape[::-1], shape[::-1], strict=False)
        fits = 2 <= mask.ndim <= len(shape) and all(n in (1, full) for n, full in lengths)
        expect(fits, "attn_mask", f"a shape that stretches to {shape}", mask.shape)
        parents = (*parents, mask)
    if is_causal:
        mask = causal_mask(shape[-2], shape[-1])
    scale = 1 / math.sqrt(query.shape[-1] or 1) if scale is None else scale
    k, v, scaled = key.array, value.array, query.array * scale
    p = k @ scaled.swapaxes(-1, -2)
    if mask is not None:  # against its grain it would take twice as long
        p += np.ascontiguousarray(additive(mask, query.dtype).array.swapaxes(-1, -2))
    p -= _largest(p)
    np.exp(p, out=p)
    total = (np.ones(p.shape[-2], p.dtype) @ p)[..., np.newaxis]
    keep = _dropout_mask(shape, dropout_p, query.dtype)
    kept = p if keep is None else p * keep
    y = _product(kept.swapaxes(-1, -2), v, query.array)
    share = np.divide(1, total, out=np.zeros_like(y[..., :1]), where=total != 0)
    y *= share  # the rows of the result, in place of the T × T weights

    def backward(g: Array) -> tuple[Array, ...]:
        # With P = p · share, and Σ P·∂P = Σ g·y: ∂scores = P · (∂P − Σ g·y).
        h = g * share
        to_v = _product(kept, h, v)
        blame = v @ h.swapaxes(-1, -2)
        if keep is not None:
            blame *= keep
        blame -= ((h * y) @ np.ones(y.shape[-1], y.dtype))[..., np.newaxis, :]
        blame *= p
        to_k = _product(blame, scaled, k)
        to_scores = blame.swapaxes(-1, -2)
        to_q = _product(to_scores, k * scale, scaled)
        gradients = zip((to_q, to_k, to_v, to_scores), parents, strict=False)
        return tuple(unbroadcast(a, parent.shape) for a, parent in gradients)

    return record("attention", y, parents, backward)


def _product(a: Array, b: Array, like: Array) -> Array:
    """``a @ b``, laid out in memory as ``like`` is: heads are taken apart and joined as views."""
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    return np.matmul(a, b, out=np.empty_like(like) if shape == like.shape else None)


def _largest(p: Array) -> Array:
    """The largest of each column, by comparing halves: NumPy's reduction takes short steps.

    Where nothing is allowed that is −∞, which cannot be subtracted: the least number stands in.
    """
    while p.shape[-2] > 1:
        half = (p.shape[-2] + 1) // 2
        p = np.maximum(p[..., :half, :], p[..., -half:, :])
    largest: Array = np.maximum(p, np.finfo(p.dtype).min)
    return largest


def _scores_shape(q: Shape, k: Shape, v: Shape) -> Shape:
    """The shape (..., L, S) of the scores, for arguments that fit together."""
    try:
        fits = q[-1] == k[-1] and k[-2] == v[-2]
        shape = (*np.broadcast_shapes(q[:-2], k[:-2], v[:-2]), q[-2], k[-2])
    except (ValueError, IndexError):
        fits, shape = False, ()
    needed = "shapes (..., L, E), (..., S, E) and (..., S, V)"
    expect(fits, "query, key, value", needed, f"{q}, {k} and {v}")
    return shape


# ---- masks ---------------------------------------------------------------------------------


def additive(mask: Tensor, dtype: DType) -> Tensor:
    """A mask of bools as floats to add: 0 where it is ``True``, −∞ elsewhere.

    >>> import nnlib
    >>> additive(nnlib.tensor([True, False]), nnlib.float32)
    tensor([0., -inf])
    """
    if mask.dtype != bool_:
        return mask
    return Tensor(np.where(mask.array, dtype.type(0), dtype.type(-np.inf)))


def causal_mask(queries: int, keys: int) -> Tensor:
    """A mask (L, S) by which query i sees keys 0 to i only.

    >>> causal_mask(2, 3)
    tensor([[ True, False, False],
            [ True,  True, False]])
    """
    return Tensor(np.arange(queries)[:, np.newaxis] >= np.arange(keys))


def _dropout_mask(shape: Shape, p: float, dtype: DType) -> Array | None:
    """By what to multiply weights (..., S, L), for scores of ``shape`` (..., L, S)."""
    if p == 0:
        return None
    kept = pick_generator(None).random(shape, np.float32) >= p
    factor: Array = kept.swapaxes(-1, -2) * dtype.type(0 if p == 1 else 1 / (1 - p))
    return factor


# ---- embedding -----------------------------------------------------------------------------


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Row ``input`` of a table: a learnt vector for each token.

    ``input`` of integers (...), ``weight`` (V, E); the result (..., E). The row ``padding_idx``
    gets no gradient. Raises ``ValueError`` for tokens that the table does not have.
    (Bengio et al. 2003.)

    >>> import nnlib
    >>> nnlib.nn.functional.embedding(nnlib.tensor([1, 0, 1]), nnlib.tensor([[0.1], [0.2]]))
    tensor([[0.2000],
            [0.1000],
            [0.2000]])
    """
    require_dtype("weight", weight, float32, float64)
    require_dtype("input", input, int64, np.dtype(np.int32))
    expect(weight.ndim == 2, "weight", "shape (V, E)", weight.shape)
    tokens, table = input.array, weight.array
    size, last = len(table), len(table) - 1
    if tokens.size:
        low, high = tokens.min(), tokens.max()
        rows = f"rows 0 to {last} of weight {table.shape}"
        expect(low >= 0 and high <= last, "input", rows, f"{low} to {high}")
    known = padding_idx is None or -size <= padding_idx < size
    expect(known, "padding_idx", f"a row of weight {table.shape}", padding_idx)

    def backward(g: Array) -> tuple[None, Array]:
        # Sorted, the gradients of one token are neighbours: np.add.at is many times slower.
        order = np.argsort(tokens, axis=None, kind="stable")
        found, starts = np.unique(tokens.ravel()[order], return_index=True)
        to_weight = np.zeros_like(table)
        if found.size:
            blame = g.reshape(tokens.size, table.shape[1])[order]
            to_weight[found] = np.add.reduceat(blame, starts, axis=0)
        if padding_idx is not None:
            to_weight[padding_idx] = 0
        return None, to_weight

    return record("embedding", table[tokens], (input, weight), backward)
