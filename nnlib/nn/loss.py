"""Losses as modules: how wrong a prediction is, as one number.

Each holds its ``reduction`` ("mean", "sum" or "none") and calls its function in ``functional``.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

from typing import Any

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import expect
from nnlib.functional import Reduction
from nnlib.nn.module import Module
from nnlib.tensor import Tensor


class _Loss(Module):
    _reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, reduction: Reduction = "mean") -> None:
        super().__init__()
        known = self._reductions
        expect(reduction in known, "reduction", f"one of {', '.join(known)}", reduction)
        self.reduction = reduction


class MSELoss(_Loss):
    """``(x − t)²``, averaged.

    >>> import nnlib
    >>> nnlib.nn.MSELoss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.2500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """``|x − t|``, averaged.

    >>> import nnlib
    >>> nnlib.nn.L1Loss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.5000)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, self.reduction)


class HuberLoss(_Loss):
    """``½d²`` where ``|d| = |x − t|`` is at most ``delta`` and a straight line beyond, averaged.

    >>> import nnlib
    >>> nnlib.nn.HuberLoss()(nnlib.tensor([3.0]), nnlib.tensor([1.0]))
    tensor(1.5000)
    """

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(_Loss):
    """``½d²/β`` where ``|d| = |x − t|`` is below ``beta`` and ``|d| − ½β`` beyond, averaged.

    >>> import nnlib
    >>> nnlib.nn.SmoothL1Loss()(nnlib.tensor([3.0]), nnlib.tensor([1.0]))
    tensor(1.5000)
    """

    def __init__(self, reduction: Reduction = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities.

    >>> import nnlib
    >>> nnlib.nn.BCELoss()(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits, with the sigmoid inside.

    >>> import nnlib
    >>> nnlib.nn.BCEWithLogitsLoss()(nnlib.tensor([0.0]), nnlib.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(input, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits, with the softmax inside.

    Samples of the class ``ignore_index`` do not count; ``label_smoothing`` spreads that share of
    the target evenly over all classes.

    >>> import nnlib
    >>> nnlib.nn.CrossEntropyLoss()(nnlib.zeros(1, 10), nnlib.tensor([3]))
    tensor(2.3026)
    """

    def __init__(
        self, reduction: Reduction = "mean", *, ignore_index: int = -100, label_smoothing: float = 0
    ) -> None:
        super().__init__(reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        options: Any = {"ignore_index": self.ignore_index, "label_smoothing": self.label_smoothing}
        return F.cross_entropy(input, target, self.reduction, **options)


class KLDivLoss(_Loss):
    """``t (log t − x)`` of log-probabilities x and probabilities t, averaged.

    ``reduction="batchmean"`` gives the divergence of each sample, averaged; with ``log_target`` the
    target holds logarithms, too.

    >>> import nnlib
    >>> loss = nnlib.nn.KLDivLoss(reduction="sum")
    >>> loss(nnlib.tensor([0.5, 0.5]).log(), nnlib.tensor([1.0, 0.0]))
    tensor(0.6931)
    """

    _reductions = ("mean", "sum", "none", "batchmean")

    def __init__(self, reduction: Any = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, self.reduction, log_target=self.log_target)


class NLLLoss(_Loss):
    """``−log p`` of the right class, given log-probabilities; ``ignore_index`` does not count.

    >>> import nnlib
    >>> nnlib.nn.NLLLoss()(nnlib.tensor([[0.5, 0.5]]).log(), nnlib.tensor([1]))
    tensor(0.6931)
    """

    def __init__(self, reduction: Reduction = "mean", *, ignore_index: int = -100) -> None:
        super().__init__(reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.reduction, ignore_index=self.ignore_index)
