"""Losses as modules: how wrong a prediction is, as one number.

Each holds its ``reduction`` ("mean", "sum" or "none") and calls its function in ``functional``.
"""

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib.functional import Reduction
from nnlib.nn.module import Module
from nnlib.tensor import Tensor


class _Loss(Module):
    def __init__(self, reduction: Reduction = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}")
        self.reduction = reduction


class MSELoss(_Loss):
    """``(x − t)²``, averaged.

    >>> import nnlib
    >>> nnlib.nn.MSELoss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.2500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """``|x − t|``, averaged.

    >>> import nnlib
    >>> nnlib.nn.L1Loss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.l1_loss(input, target, self.reduction)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities.

    >>> import nnlib
    >>> nnlib.nn.BCELoss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.binary_cross_entropy(input, target, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits, with the sigmoid inside.

    >>> import nnlib
    >>> nnlib.nn.BCEWithLogitsLoss()(nnlib.tensor([0.0]), nnlib.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.binary_cross_entropy_with_logits(input, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits, with the softmax inside.

    >>> import nnlib
    >>> nnlib.nn.CrossEntropyLoss()(nnlib.zeros(1, 10), nnlib.tensor([3]))
    tensor(2.3026)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.cross_entropy(input, target, self.reduction)


class NLLLoss(_Loss):
    """``−log p`` of the right class, given log-probabilities.

    >>> import nnlib
    >>> nnlib.nn.NLLLoss()(nnlib.tensor([[0.5, 0.5]]).log(), nnlib.tensor([1]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.nll_loss(input, target, self.reduction)
