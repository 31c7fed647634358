"""The layer that turns tokens into vectors: a table with one learnt row for each token.

It is a matrix product with one-hot rows, without the product.
"""

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._conv import _sizes
from nnlib.creation import zeros
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class Embedding(Module):
    """Row ``input`` of ``weight``: tokens (...) of integers become vectors (..., embedding_dim).

    ``weight`` (num_embeddings, embedding_dim) starts normal with spread 1; the row
    ``padding_idx``, if any, starts at 0 and stays. Raises ``ValueError`` for a token that the
    table does not have and ``TypeError`` for what is no integer. (Bengio et al. 2003.)

    >>> import nnlib
    >>> nnlib.nn.Embedding(10, 3)(nnlib.tensor([[1, 9]])).shape
    (1, 2, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        sizes = (("num_embeddings", num_embeddings), ("embedding_dim", embedding_dim))
        for name, count in sizes:
            _sizes(name, count, 1)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"padding_idx: expected one of {num_embeddings} rows or None, got {padding_idx}"
            )
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = Parameter(zeros(num_embeddings, embedding_dim, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table afresh."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
