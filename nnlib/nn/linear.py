"""The fully connected layer, and the two layers that only pass shapes and values on.

Every output of a ``Linear`` is a weighted vote of all inputs.
"""

import math

from numpy.typing import DTypeLike

from nnlib.creation import zeros
from nnlib.functional import linear
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

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        for name, count in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(count, int) or isinstance(count, bool):
                raise TypeError(f"{name}: expected an integer, got {type(count).__name__}")
            if count < 1:
                raise ValueError(f"{name}: expected 1 or more, got {count}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(zeros(out_features, in_features, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(zeros(out_features, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights and biases afresh."""
        bound = 1 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Flatten(Module):
    """Run the dimensions from ``start_dim`` to ``end_dim`` together: an image becomes a row.

    >>> import nnlib
    >>> nnlib.nn.Flatten()(nnlib.zeros(5, 28, 28)).shape
    (5, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Identity(Module):
    """Pass the input on as it is.

    >>> import nnlib
    >>> nnlib.nn.Identity()(nnlib.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return input
