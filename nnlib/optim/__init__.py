"""How weights move once their gradients are known, and how the step size changes over time.

Read ``optimizer`` first, then ``lr_scheduler``; the names and defaults are PyTorch's.
"""

from typing import TYPE_CHECKING

from nnlib._absent import of_module
from nnlib.optim import lr_scheduler
from nnlib.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    ReduceLROnPlateau,
    StepLR,
)
from nnlib.optim.optimizer import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "Optimizer", "RMSprop",
    "ReduceLROnPlateau", "StepLR", "lr_scheduler",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = of_module("nnlib.optim", __all__)
