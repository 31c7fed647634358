"""The layers that are one table of weights, and the two that only pass shapes and values on.

Every output of a ``Linear`` is a weighted vote of all inputs; an ``Embedding`` is the same product
with one-hot rows, without the product.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import math

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import expect, expect_count, expect_type
from nnlib.creation import zeros
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class Linear(Module):
    """``y = x Wᵀ + b``.

    ``x`` (..., in_features), ``weight`` (out_features, in_features), ``bias`` (out_features);
    ``y`` (..., out_features). Weights and biases start evenly spread over ±1/√in_features, as
    in PyTorch.

    >>> import nnlib
    >>> layer = nnlib.nn.Linear(2, 3)
    >>> layer(nnlib.zeros(5, 2)).shape
    (5, 3)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: DTypeLike = float32
    ) -> None:
        expect_count(in_features, "in_features", 1)
        expect_count(out_features, "out_features", 1)
        super().__init__(in_features=in_features, out_features=out_features)
        self.weight = Parameter(zeros(out_features, in_features, dtype=dtype))
        self.bias = Parameter(zeros(out_features, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights and biases afresh."""
        bound = 1 / math.sqrt(self.in_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class Embedding(Module):
    """Row ``input`` of ``weight``: tokens (...) of integers become vectors (..., embedding_dim).

    ``weight`` (num_embeddings, embedding_dim) starts normal with spread 1; the row
    ``padding_idx``, if any, starts at 0 and stays. Raises ``ValueError`` for a token that the
    table does not have and ``TypeError`` for what is no integer. (Bengio et al. 2003.)

    >>> import nnlib
    >>> nnlib.nn.Embedding(10, 3)(nnlib.tensor([[1, 9]])).shape
    (1, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        self.num_embeddings = n = expect_count(num_embeddings, "num_embeddings", 1)
        self.embedding_dim = expect_count(embedding_dim, "embedding_dim", 1)
        self.weight = Parameter(zeros(n, embedding_dim, dtype=dtype))
        init.normal_(self.weight)
        if padding_idx is not None:
            expect(padding_idx in range(-n, n), "padding_idx", f"None or a row of {n}", padding_idx)
            padding_idx %= n
            self.weight.array[padding_idx] = 0
        self.padding_idx = padding_idx

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Flatten(Module):
    """Run the dimensions from ``start_dim`` to ``end_dim`` together: an image becomes a row.

    >>> import nnlib
    >>> nnlib.nn.Flatten()(nnlib.zeros(5, 28, 28)).shape
    (5, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__(start_dim=start_dim, end_dim=end_dim)

    def forward(self, input: Tensor) -> Tensor:
        expect_type(input, "input", "a Tensor", Tensor)
        return input.flatten(self.start_dim, self.end_dim)


class Identity(Module):
    """Pass the input on as it is.

    >>> import nnlib
    >>> nnlib.nn.Identity()(nnlib.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return input
