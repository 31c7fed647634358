"""Attention in several heads, and the block that a Transformer is stacked from.

Masks here say what to leave out, as in PyTorch's layers: ``True`` hides a key, while the mask of
``functional.scaled_dot_product_attention`` says ``True`` where a query may look.
"""

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import require_dtype
from nnlib._attention import additive_mask, causal_mask, self_attention
from nnlib._conv import _sizes
from nnlib.creation import eye, zeros
from nnlib.nn import init
from nnlib.nn.dropout import Dropout
from nnlib.nn.linear import Linear
from nnlib.nn.module import Module, Parameter
from nnlib.nn.norm import LayerNorm
from nnlib.tensor import Tensor, bool_, float32


class MultiheadAttention(Module):
    """``concat(head₁, ..., head_h) W_O``, each head an attention over its own E/h of the features.

    ``query`` (N, L, E) with ``batch_first``, else (L, N, E), or (L, E); ``key`` and ``value``
    alike with S in place of L. ``attn_mask`` (L, S) or (N·h, L, S) and ``key_padding_mask``
    (N, S) hide keys where ``True``, or are floats that are added; ``is_causal`` hides later keys.
    Returns the result, shaped as the query, and with ``need_weights`` the weights (N, L, S), or
    (N, h, L, S) unless ``average_attn_weights``, else ``None``; asking for them costs time.

    Raises ``ValueError`` for shapes and ``TypeError`` for dtypes. (Vaswani et al. 2017.)

    >>> import nnlib
    >>> attention = nnlib.nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = nnlib.zeros(5, 3, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((5, 3, 8), (5, 3, 3))
    """

    in_proj_weight: Parameter
    in_proj_bias: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        (self.embed_dim,) = _sizes("embed_dim", embed_dim, 1)
        (self.num_heads,) = _sizes("num_heads", num_heads, 1)
        if embed_dim % num_heads:
            raise ValueError(
                f"num_heads: expected a divisor of embed_dim={embed_dim}, got {num_heads}"
            )
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout: expected a probability from 0 to 1, got {dropout}")
        self.dropout, self.batch_first = dropout, batch_first
        self.in_proj_weight = Parameter(zeros(3 * embed_dim, embed_dim, dtype=dtype))
        self.register_parameter(
            "in_proj_bias", Parameter(zeros(3 * embed_dim, dtype=dtype)) if bias else None
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the input weights afresh (Xavier) and set the biases to 0, as PyTorch does."""
        init.xavier_uniform_(self.in_proj_weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        q, k, v = self._check(query, key, value)
        mask = self._mask(attn_mask, key_padding_mask, q, k, query.ndim == 2)
        p = self.dropout if self.training else 0.0
        weights = None
        if q is k is v and not need_weights and (mask is None or not mask.requires_grad):
            packed = F.linear(q, self.in_proj_weight, self.in_proj_bias)
            y = self_attention(packed, self.num_heads, mask, is_causal, p)
        else:
            q, k, v = (self._project(x, i) for i, x in enumerate((q, k, v)))
            if is_causal:
                causal = Tensor(causal_mask(q.shape[2], k.shape[2], q.dtype))
                mask = causal if mask is None else mask + causal
            if need_weights:
                # Attention to the rows of the identity matrix is the weights themselves.
                identity = eye(k.shape[2], dtype=q.dtype)
                weights = F.dropout(F.scaled_dot_product_attention(q, k, identity, mask), p)
                y = weights @ v
            else:
                y = F.scaled_dot_product_attention(q, k, v, mask, p)
            y = y.transpose(1, 2).flatten(2)
        y = self.out_proj(y)
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if query.ndim == 2:
            return y.squeeze(0), None if weights is None else weights.squeeze(0)
        return y if self.batch_first else y.transpose(0, 1), weights

    def _project(self, x: Tensor, part: int) -> Tensor:
        """Queries, keys or values (part 0, 1 or 2) of each head: (N, h, T, E/h)."""
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        y = F.linear(x, self.in_proj_weight[rows], bias)
        depth = self.embed_dim // self.num_heads
        return y.reshape(*x.shape[:2], self.num_heads, depth).transpose(1, 2)

    def _mask(
        self, attn_mask: Tensor | None, padding: Tensor | None, q: Tensor, k: Tensor, alone: bool
    ) -> Tensor | None:
        """Both masks as one of floats to add, which broadcasts to (N, h, L, S)."""
        n, keys, heads = len(q), k.shape[1], (self.num_heads, q.shape[1], k.shape[1])

        def added(name: str, mask: Tensor, *shapes: tuple[int, ...]) -> Tensor:
            require_dtype(name, mask, bool_, q.dtype)
            if mask.shape not in shapes:
                raise ValueError(f"{name}: expected one of shapes {shapes}, got {mask.shape}")
            return additive_mask(~mask if mask.dtype == bool_ else mask, q.dtype)

        total = None
        if attn_mask is not None:
            total = added("attn_mask", attn_mask, heads[1:], (n * heads[0], *heads[1:]))
            total = total if total.ndim == 2 else total.reshape(n, *heads)
        if padding is not None:
            hidden = added("key_padding_mask", padding, (keys,) if alone else (n, keys))
            hidden = hidden.reshape(n, 1, 1, keys)
            total = hidden if total is None else total + hidden
        return total

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value as (N, T, E); one object where they are one."""
        order = "(N, T, E)" if self.batch_first else "(T, N, E)"
        for name, x in (("query", query), ("key", key), ("value", value)):
            require_dtype(name, x, self.in_proj_weight.dtype)
            if x.ndim not in (2, 3) or x.ndim != query.ndim or x.shape[-1] != self.embed_dim:
                raise ValueError(
                    f"{name}: expected shape {order}, or (T, E) in all three, with "
                    f"E={self.embed_dim}, got {x.shape} for query of shape {query.shape}"
                )

        def moved(x: Tensor) -> Tensor:
            return x.unsqueeze(0) if x.ndim == 2 else x if self.batch_first else x.transpose(0, 1)

        q = moved(query)
        k, v = (q, q) if query is key is value else (moved(key), moved(value))
        if k.shape != v.shape or len(k) != len(q):
            raise ValueError(
                f"key: expected the batch of query {query.shape} and the shape of value "
                f"{value.shape}, got {key.shape}"
            )
        return q, k, v

    def extra_repr(self) -> str:
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"


class TransformerEncoderLayer(Module):
    """Attention, then a small network for each token, each added to what it was given.

    ``x + attention(norm(x))``, then ``x + W₂ f(W₁ norm(x))`` with ``norm_first``; without it, as
    in the first Transformers, ``norm(x + ...)`` twice. f is ``activation``, ``"relu"`` or
    ``"gelu"``. ``src`` (N, T, E) with ``batch_first``, else (T, N, E), or (T, E); the masks are
    those of :class:`MultiheadAttention`. Dropout acts on the weights and on each part's result.

    Raises ``ValueError`` for shapes and ``TypeError`` for dtypes. (Vaswani et al. 2017; the norm
    first: Xiong et al. 2020.)

    >>> import nnlib
    >>> layer = nnlib.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=32, batch_first=True)
    >>> layer(nnlib.zeros(5, 3, 8), is_causal=True).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        if activation not in ("relu", "gelu"):
            raise ValueError(f"activation: expected 'relu' or 'gelu', got {activation!r}")
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first, dtype)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation, self.norm_first = activation, norm_first

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        def attention(x: Tensor) -> Tensor:
            y, _ = self.self_attn(
                x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal
            )
            return self.dropout1(y)  # type: ignore[no-any-return]  # modules are not typed

        def network(x: Tensor) -> Tensor:
            hidden = self.linear1(x)
            hidden = F.relu(hidden) if self.activation == "relu" else F.gelu(hidden)
            return self.dropout2(self.linear2(self.dropout(hidden)))  # type: ignore[no-any-return]

        if self.norm_first:
            x = src + attention(self.norm1(src))
            return x + network(self.norm2(x))
        x = self.norm1(src + attention(src))
        return self.norm2(x + network(x))  # type: ignore[no-any-return]  # modules are not typed

    def extra_repr(self) -> str:
        return f"activation={self.activation!r}, norm_first={self.norm_first}"
