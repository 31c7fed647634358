"""Dropout: forget some values at random while training, so that none is relied on alone.

It is a layer because it must know whether the network is being trained.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import expect_number
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
        expect_number(p, "p", 0, 1, "a probability")
        super().__init__(p=p)

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training)


class Dropout2d(Dropout):
    """Set whole channels of (N, C, H, W) to 0 with probability ``p`` while training.

    Neighbouring pixels say nearly the same, so that to drop single ones would change little.
    (Tompson et al. 2015.)

    >>> import nnlib
    >>> nnlib.nn.Dropout2d(1.0)(nnlib.ones(1, 2, 1, 1)).flatten()
    tensor([0., 0.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training)
