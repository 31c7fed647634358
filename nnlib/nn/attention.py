"""Attention in several heads, and the block that a Transformer is stacked from.

Masks here say what to leave out, as in PyTorch's layers: ``True`` hides a key, while the mask of
``functional.scaled_dot_product_attention`` says ``True`` where a query may look.
"""

import copy
from typing import Any

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import Shape, expect, expect_count, expect_number, require_dtype
from nnlib._attention import additive, causal_mask
from nnlib.creation import eye, zeros
from nnlib.nn import init
from nnlib.nn.dropout import Dropout
from nnlib.nn.linear import Identity, Linear
from nnlib.nn.module import Module, ModuleList, Parameter
from nnlib.nn.norm import LayerNorm
from nnlib.tensor import Tensor, bool_, float32


class MultiheadAttention(Module):
    """``concat(head₁, ..., head_h) W_O``, each head an attention over its own E/h of the features.

    ``query`` (N, L, E) with ``batch_first``, else (L, N, E); ``key`` and ``value``
    alike with S in place of L; one sequence alone has no N. ``attn_mask`` (L, S) or
    (N·h, L, S) and ``key_padding_mask`` (N, S) hide keys where ``True``, or
    are floats that are added; ``is_causal`` hides later keys.
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

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        batch_first: bool = False,
        dtype: DTypeLike = float32,
    ) -> None:
        expect_count(embed_dim, "embed_dim", 1)
        expect_count(num_heads, "num_heads", 1)
        super().__init__(embed_dim=embed_dim, num_heads=num_heads)
        expect(embed_dim % num_heads == 0, "num_heads", f"a divisor of {embed_dim=}", num_heads)
        expect_number(dropout, "dropout", 0, 1, "a probability")
        self.dropout, self.batch_first = dropout, batch_first
        self.in_proj_weight = Parameter(zeros(3 * embed_dim, embed_dim, dtype=dtype))
        self.in_proj_bias = Parameter(zeros(3 * embed_dim, dtype=dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        init.xavier_uniform_(self.in_proj_weight)
        if self.out_proj.bias is not None:
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
        if isinstance(query, Tensor) and query.ndim == 2:
            return self._alone(
                (query, key, value),
                (key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal),
            )
        given = {"query": query, "key": key, "value": value}
        q, k, v = (self._by_batch(name, x) for name, x in given.items())
        fitting = f"the batch of query {query.shape} and the shape of value {value.shape}"
        expect(k.shape == v.shape and len(k) == len(q), "key", fitting, key.shape)
        mask = self._mask(attn_mask, key_padding_mask, is_causal, q, k.shape[1])
        p, weights = self.dropout if self.training else 0.0, None
        q, k, v = (self._by_head(x, part) for part, x in enumerate((q, k, v)))
        if need_weights:
            # Attention to the rows of the identity matrix is the weights themselves.
            identity = eye(k.shape[2], dtype=q.dtype)
            weights = F.dropout(F.scaled_dot_product_attention(q, k, identity, mask), p)
            y = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
        else:
            y = F.scaled_dot_product_attention(q, k, v, mask, p)
        y = self.out_proj(y.transpose(1, 2).flatten(2))
        return y if self.batch_first else y.transpose(0, 1), weights

    def _alone(self, given: Any, how: Any) -> tuple[Tensor, Tensor | None]:
        """One sequence (L, E): a batch of one, which is taken off again."""
        batch, (padding, *more) = 0 if self.batch_first else 1, how
        for name, x in zip(("query", "key", "value"), given, strict=True):
            require_dtype(name, x, self.in_proj_weight.dtype)
            expect(x.ndim == 2, name, "shape (T, E), as query has", x.shape)
        padding = padding.unsqueeze(0) if isinstance(padding, Tensor) else padding
        arguments: Any = [*(x.unsqueeze(batch) for x in given), padding, *more]
        y, weights = self.forward(*arguments)
        return y.squeeze(batch), None if weights is None else weights.squeeze(0)

    def _by_batch(self, name: str, x: Tensor) -> Tensor:
        """Query, key or value as (N, T, E)."""
        require_dtype(name, x, self.in_proj_weight.dtype)
        order = "(N, T, E)" if self.batch_first else "(T, N, E)"
        fits = x.ndim == 3 and x.shape[2] == self.embed_dim
        expect(fits, name, f"shape {order} with E={self.embed_dim}", x.shape)
        return x if self.batch_first else x.transpose(0, 1)

    def _by_head(self, x: Tensor, part: int) -> Tensor:
        """Queries, keys or values (part 0, 1 or 2) of each head: (N, h, T, E/h)."""
        rows = slice(part * self.embed_dim, (part + 1) * self.embed_dim)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        y = F.linear(x, self.in_proj_weight[rows], bias)
        depth = self.embed_dim // self.num_heads
        return y.reshape(*x.shape[:2], self.num_heads, depth).transpose(1, 2)

    def _mask(
        self, attn_mask: Tensor | None, padding: Tensor | None, is_causal: bool, q: Tensor, s: int
    ) -> Tensor | None:
        """All masks as one of floats to add, which broadcasts to (N, h, L, S)."""
        n, h, t = len(q), self.num_heads, q.shape[1]
        total = additive(causal_mask(t, s), q.dtype) if is_causal else None
        by_query: dict[Shape, Shape] = {(t, s): (1, 1, t, s), (n * h, t, s): (n, h, t, s)}
        by_key: dict[Shape, Shape] = {(n, s): (n, 1, 1, s)}
        given = (("attn_mask", attn_mask, by_query), ("key_padding_mask", padding, by_key))
        for name, mask, fits in given:
            if mask is not None:
                require_dtype(name, mask, bool_, q.dtype)
                expect(mask.shape in fits, name, f"one of shapes {[*fits]}", mask.shape)
                shown = ~mask if mask.dtype == bool_ else mask
                hidden = additive(shown, q.dtype).reshape(*fits[mask.shape])
                total = hidden if total is None else total + hidden
        return total


class TransformerEncoderLayer(Module):
    """Attention, then a small network for each token, each added to what it was given.

    ``x + attention(norm(x))``, then ``x + W₂ f(W₁ norm(x))`` with ``norm_first``; without it, as
    in the first Transformers, ``norm(x + ...)`` twice. f is ``activation``, ``"relu"`` or
    ``"gelu"``. ``src`` (N, T, E) with ``batch_first``, else (T, N, E); the masks are
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
        expect(activation in ("relu", "gelu"), "activation", "'relu' or 'gelu'", repr(activation))
        super().__init__(activation=activation, norm_first=norm_first)
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        def attention(x: Tensor) -> Any:
            given = (src_key_padding_mask, False, src_mask, False, is_causal)
            return self.dropout1(self.self_attn(x, x, x, *given)[0])

        def network(x: Tensor) -> Any:
            hidden = getattr(F, self.activation)(self.linear1(x))
            return self.dropout2(self.linear2(self.dropout(hidden)))

        if self.norm_first:
            x: Tensor = src + attention(self.norm1(src))
            x = x + network(self.norm2(x))
        else:
            x = self.norm1(src + attention(src))
            x = self.norm2(x + network(x))
        return x


class TransformerEncoder(Module):
    """Layers like the one given, one after another, each with weights of its own.

    The copies start alike, as in PyTorch. ``norm`` comes after the last. ``src`` and the masks are
    those of :class:`TransformerEncoderLayer`. (Vaswani et al. 2017.)

    >>> import nnlib
    >>> layer = nnlib.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=32, batch_first=True)
    >>> nnlib.nn.TransformerEncoder(layer, num_layers=2)(nnlib.zeros(5, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(
        self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        super().__init__()
        number = expect_count(num_layers, "num_layers", 1)
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(number))
        self.norm = Identity() if norm is None else norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        x: Tensor = self.norm(src)
        return x
