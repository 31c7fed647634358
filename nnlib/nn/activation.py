"""Activations as layers, to be put into a ``Sequential``.

Each holds its settings and calls the function of the same name in ``functional``.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

from typing import Literal

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib.nn.module import Module
from nnlib.tensor import Tensor


class ReLU(Module):
    """``max(0, x)``.

    >>> import nnlib
    >>> nnlib.nn.ReLU()(nnlib.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input)


class Sigmoid(Module):
    """``1 / (1 + exp(−x))``.

    >>> import nnlib
    >>> nnlib.nn.Sigmoid()(nnlib.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import nnlib
    >>> nnlib.nn.Tanh()(nnlib.tensor([0.0]))
    tensor([0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class LeakyReLU(Module):
    """``x`` where x > 0 and ``negative_slope · x`` elsewhere; ``inplace`` saves nothing here.

    >>> import nnlib
    >>> nnlib.nn.LeakyReLU(0.1)(nnlib.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope)


class GELU(Module):
    """``x · Φ(x)``, exactly or by its tanh approximation.

    >>> import nnlib
    >>> nnlib.nn.GELU()(nnlib.tensor([1.0]))
    tensor([0.8413])
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__(approximate=approximate)

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)


class SiLU(Module):
    """``x · σ(x)``.

    >>> import nnlib
    >>> nnlib.nn.SiLU()(nnlib.tensor([1.0]))
    tensor([0.7311])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input)


class Softplus(Module):
    """``log(1 + exp(x))``.

    >>> import nnlib
    >>> nnlib.nn.Softplus()(nnlib.tensor([0.0]))
    tensor([0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input)


class ELU(Module):
    """``x`` where x > 0 and ``α(exp(x) − 1)`` elsewhere.

    >>> import nnlib
    >>> nnlib.nn.ELU()(nnlib.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha=alpha)

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha)


class Softmax(Module):
    """``exp(xᵢ) / Σⱼ exp(xⱼ)`` along ``dim``.

    >>> import nnlib
    >>> nnlib.nn.Softmax(dim=0)(nnlib.tensor([2.0, 1.0]))
    tensor([0.7311, 0.2689])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class LogSoftmax(Module):
    """The logarithm of the softmax along ``dim``.

    >>> import nnlib
    >>> nnlib.nn.LogSoftmax(dim=0)(nnlib.tensor([2.0, 1.0]))
    tensor([-0.3133, -1.3133])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)
