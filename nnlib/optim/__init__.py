"""How weights move once their gradients are known, and how the step size changes over time.

Read ``optimizer`` first, then ``lr_scheduler``; the names and defaults are PyTorch's.
"""

from nnlib.optim import lr_scheduler
from nnlib.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    ReduceLROnPlateau,
    StepLR,
)
from nnlib.optim.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop

__all__ = [
    "SGD", "Adam", "AdamW", "CosineAnnealingLR", "LRScheduler", "LambdaLR", "LinearLR",
    "Optimizer", "RMSprop", "ReduceLROnPlateau", "StepLR", "lr_scheduler",
]  # fmt: skip
