"""Dropout: forget some values at random while training, so that none is relied on alone.

It is a layer because it must know whether the network is being trained.
"""

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib.nn.module import Module
from nnlib.tensor import Tensor


class Dropout(Module):
    """Set each entry to 0 with probability ``p`` while training; do nothing in evaluation.

    The rest is divided by 1 − p, so that the mean stays. (Srivastava et al. 2014.)

    >>> import nnlib
    >>> nnlib.nn.Dropout(0.5).eval()(nnlib.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p: expected a probability from 0 to 1, got {p}")
        self.p = p

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"
