"""What a Transformer is made of: attention, layer normalisation and the embedding of tokens.

Attention is one operation, since its T × T matrices are the largest arrays of the network: they
are written once, never divided by their sums, and hold keys in rows, where a maximum is fast.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from nnlib._arguments import require_dtype
from nnlib.creation import pick_generator
from nnlib.tensor import Array, Tensor, bool_, float32, float64, int64, record, unbroadcast

DType: TypeAlias = np.dtype[Any]
Gradients: TypeAlias = Callable[[Array, Array | None, Array | None, Array | None], Array]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    generator: np.random.Generator | None = None,
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
    q, k, v = query.array, key.array, value.array
    shape = _scores_shape(q, k, v, attn_mask, dropout_p, is_causal)
    bias = None if attn_mask is None else additive_mask(attn_mask, q.dtype).mT.array
    if is_causal:
        bias = causal_mask(shape[-2], shape[-1], q.dtype).T
    keep = _dropout_mask(shape, dropout_p, generator, q.dtype)
    scale = 1 / math.sqrt(q.shape[-1] or 1) if scale is None else scale
    y, gradients = _attend(q, k, v, bias, scale, keep)
    parents = (query, key, value)
    learnt_mask = () if attn_mask is None or not attn_mask.requires_grad else (attn_mask,)

    def backward(g: Array) -> tuple[Array | None, ...]:
        to = [
            np.empty((*shape[:-2], *x.shape[-2:]), g.dtype) if x.requires_grad else None
            for x in parents
        ]
        to_scores = gradients(g, *to).swapaxes(-1, -2)
        return (
            *(
                a if a is None else unbroadcast(a, x.shape)
                for a, x in zip(to, parents, strict=True)
            ),
            *(unbroadcast(to_scores, mask.shape) for mask in learnt_mask),
        )

    return record("attention", y, (*parents, *learnt_mask), backward)


def self_attention(
    packed: Tensor,
    heads: int,
    mask: Tensor | None = None,
    is_causal: bool = False,
    dropout_p: float = 0.0,
) -> Tensor:
    """Attention of tokens to each other, in several heads, from one projection.

    ``packed`` (N, T, 3E) holds queries, keys and values side by side, each of ``heads`` parts;
    the result (N, T, E). ``mask`` holds floats that are added. Equal to splitting and
    ``scaled_dot_product_attention``, without copies on the way there and back.

    >>> import nnlib
    >>> self_attention(nnlib.zeros(2, 5, 12), heads=2).shape
    (2, 5, 4)
    """
    batch, tokens, width = packed.shape
    depth = width // (3 * heads)

    def by_head(a: Array, parts: int) -> Array:
        return a.reshape(batch, tokens, parts, heads, depth).transpose(2, 0, 3, 1, 4)

    q, k, v = by_head(packed.array, 3)
    bias = None if mask is None else mask.array.swapaxes(-1, -2)
    if is_causal:
        causal = causal_mask(tokens, tokens, q.dtype).T
        bias = causal if bias is None else bias + causal
    keep = _dropout_mask((batch, heads, tokens, tokens), dropout_p, None, q.dtype)
    joined = np.empty((batch, tokens, heads * depth), q.dtype)
    _, gradients = _attend(q, k, v, bias, 1 / math.sqrt(depth), keep, by_head(joined, 1)[0])

    def backward(g: Array) -> tuple[Array]:
        to_packed = np.empty((batch, tokens, width), g.dtype)
        gradients(by_head(g, 1)[0], *by_head(to_packed, 3))
        return (to_packed,)

    return record("self_attention", joined, (packed,), backward)


def _attend(
    q: Array,
    k: Array,
    v: Array,
    bias: Array | None,
    scale: float,
    keep: Array | None,
    out: Array | None = None,
) -> tuple[Array, Gradients]:
    """Attention and its gradients, which are written into three arrays for q, k and v.

    ``bias`` and ``keep`` are (..., S, L): keys in rows, queries in columns, like all scores here.
    """
    scaled = q * scale
    p = k @ scaled.swapaxes(-1, -2)
    if bias is not None:
        p += np.ascontiguousarray(bias)  # against its grain it would take twice as long
    p -= _largest(p)
    np.exp(p, out=p)
    total = (np.ones(p.shape[-2], p.dtype) @ p)[..., np.newaxis]
    share = np.divide(1, total, out=np.zeros_like(total), where=total != 0)
    kept = p if keep is None else p * keep
    y = np.matmul(kept.swapaxes(-1, -2), v, out=out)
    y *= share  # the rows of the result, in place of the T × T weights

    def gradients(g: Array, to_q: Array | None, to_k: Array | None, to_v: Array | None) -> Array:
        # With P = p · share, and Σ P·∂P = Σ g·y: ∂scores = P · (∂P − Σ g·y).
        h = g * share
        if to_v is not None:
            np.matmul(kept, h, out=to_v)
        blame: Array = v @ h.swapaxes(-1, -2)
        if keep is not None:
            blame *= keep
        blame -= ((h * y) @ np.ones(y.shape[-1], y.dtype))[..., np.newaxis, :]
        blame *= p
        if to_k is not None:
            np.matmul(blame, scaled, out=to_k)
        if to_q is not None:
            np.matmul(blame.swapaxes(-1, -2), k, out=to_q)
            to_q *= scale
        return blame

    return y, gradients


def _largest(p: Array) -> Array:
    """The largest of each column, by comparing halves: NumPy's reduction takes short steps.

    Where nothing is allowed that is −∞, which cannot be subtracted: the least number stands in.
    """
    while p.shape[-2] > 1:
        half = (p.shape[-2] + 1) // 2
        p = np.maximum(p[..., :half, :], p[..., -half:, :])
    largest: Array = np.maximum(p, np.finfo(p.dtype).min)
    return largest


def layer_norm(
    input: Tensor,  # noqa: A002 - PyTorch's name
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """``weight · (x − mean) / √(var + eps) + bias``, over the last dimensions of each sample.

    ``input`` (..., *normalized_shape); ``weight`` and ``bias`` (*normalized_shape) or ``None``.
    The variance is divided by n. Raises ``ValueError`` when shapes do not fit and ``TypeError``
    for dtypes. (Ba, Kiros and Hinton 2016.)

    >>> import nnlib
    >>> nnlib.nn.functional.layer_norm(nnlib.tensor([[1.0, 3.0], [5.0, 5.0]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    require_dtype("input", input, float32, float64)
    a = input.array
    shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else ()
    if not shape or a.shape[max(a.ndim - len(shape), 0) :] != shape:
        raise ValueError(
            f"normalized_shape: expected the last lengths of input's shape {a.shape}, "
            f"got {normalized_shape}"
        )
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None:
            require_dtype(name, tensor, a.dtype)
            if tensor.shape != shape:
                raise ValueError(f"{name}: expected shape {shape}, got {tensor.shape}")
    width = math.prod(shape)
    rows = a.reshape(-1 if width else math.prod(a.shape[: a.ndim - len(shape)]), width)
    # Means over rows as products with a vector: several times faster than NumPy's sums.
    average = np.full((width, 1), 1 / max(width, 1), a.dtype)
    x = rows - rows @ average
    inverse = 1 / np.sqrt((x * x) @ average + eps)
    x *= inverse
    scale = None if weight is None else weight.array.reshape(width)
    y = x if scale is None else x * scale
    if bias is not None:
        y = y + bias.array.reshape(width)

    def backward(g: Array) -> tuple[Array | None, ...]:
        g = g.reshape(rows.shape)
        ones = np.ones(len(rows), g.dtype)
        along = g * x
        gradients: list[Array | None] = [None]
        if input.requires_grad:
            by = average if scale is None else average * scale[:, np.newaxis]
            to_input = g.copy() if scale is None else g * scale
            to_input -= g @ by
            to_input -= x * (along @ by)
            to_input *= inverse
            gradients = [to_input.reshape(a.shape)]
        for tensor, blame in ((weight, along), (bias, g)):
            if tensor is not None:
                wanted = tensor.requires_grad
                gradients.append((ones @ blame).reshape(shape) if wanted else None)
        return tuple(gradients)

    parents = tuple(tensor for tensor in (input, weight, bias) if tensor is not None)
    return record("layer_norm", y.reshape(a.shape), parents, backward)


def embedding(
    input: Tensor,  # noqa: A002 - PyTorch's name
    weight: Tensor,
    padding_idx: int | None = None,
) -> Tensor:
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
    table = weight.array
    if table.ndim != 2:
        raise ValueError(f"weight: expected shape (V, E), got {table.shape}")
    tokens, rows = input.array, len(table)
    if tokens.size and (tokens.min() < 0 or tokens.max() >= rows):
        raise ValueError(
            f"input: expected tokens from 0 to {rows - 1} for weight of shape {table.shape}, "
            f"got {tokens.min()} to {tokens.max()}"
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise ValueError(f"padding_idx: expected a row of weight {table.shape}, got {padding_idx}")

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


# ---- masks and checks ----------------------------------------------------------------------


def additive_mask(allowed: Tensor, dtype: DType) -> Tensor:
    """A mask of bools as floats to add: 0 where it is ``True``, −∞ elsewhere.

    >>> import nnlib
    >>> additive_mask(nnlib.tensor([True, False]), nnlib.float32)
    tensor([0., -inf])
    """
    if allowed.dtype.kind == "f":
        return allowed
    return Tensor(np.where(allowed.array, dtype.type(0), dtype.type(-np.inf)))


def causal_mask(queries: int, keys: int, dtype: DType) -> Array:
    """What to add (L, S) so that query i sees keys 0 to i only.

    >>> import numpy as np
    >>> causal_mask(2, 3, np.dtype(np.float32))
    array([[  0., -inf, -inf],
           [  0.,   0., -inf]], dtype=float32)
    """
    past = Tensor(np.tri(queries, keys, dtype=np.bool_))
    return additive_mask(past, dtype).array


def _dropout_mask(
    shape: tuple[int, ...], p: float, generator: np.random.Generator | None, dtype: DType
) -> Array | None:
    """By what to multiply weights (..., S, L), for scores of ``shape`` (..., L, S)."""
    if p == 0:
        return None
    kept = pick_generator(generator).random(shape, np.float32) >= p
    factor: Array = kept.swapaxes(-1, -2) * dtype.type(0 if p == 1 else 1 / (1 - p))
    return factor


def _scores_shape(
    q: Array, k: Array, v: Array, mask: Tensor | None, dropout_p: float, is_causal: bool
) -> tuple[int, ...]:
    """The shape (..., L, S) of the scores, for arguments that fit together."""
    try:
        batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
        shape = (*batch, q.shape[-2], k.shape[-2])
        if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
            raise ValueError
    except (ValueError, IndexError):
        raise ValueError(
            "query, key, value: expected shapes (..., L, E), (..., S, E) and (..., S, V), "
            f"got {q.shape}, {k.shape} and {v.shape}"
        ) from None
    if not 0 <= dropout_p <= 1:
        raise ValueError(f"dropout_p: expected a probability from 0 to 1, got {dropout_p}")
    if mask is None:
        return shape
    if is_causal:
        raise ValueError("attn_mask: expected None together with is_causal=True, got a mask")
    require_dtype("attn_mask", mask, bool_, q.dtype)
    lengths = zip(mask.shape[::-1], shape[::-1], strict=False)
    if not 2 <= mask.ndim <= len(shape) or any(n not in (1, wanted) for n, wanted in lengths):
        raise ValueError(f"attn_mask: expected a shape that stretches to {shape}, got {mask.shape}")
    return shape
