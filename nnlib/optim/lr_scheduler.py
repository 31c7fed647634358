"""How the step size changes over time: schedules that set an optimiser's learning rate.

Large steps find the valley, small ones its floor, and a warm-up keeps the first ones from harm.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nnlib._arguments import expect, expect_count, expect_function, expect_number, expect_type
from nnlib.optim.optimizer import Group, Optimizer
from nnlib.tensor import Tensor


class LRScheduler:
    """What all schedules share: ``step()`` asks ``get_lr`` for each group's learning rate.

    A subclass says by which rule, from ``group["initial_lr"]`` and ``last_epoch``, the number of
    steps. It keeps its settings before it calls ``super().__init__``, which applies the rule.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=0.1)
    >>> schedule = nnlib.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.05]
    """

    def __init__(self, optimizer: Optimizer) -> None:
        expect_type(optimizer, "optimizer", "an Optimizer", Optimizer)
        self.optimizer, self.last_epoch = optimizer, 0
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = self.get_lr(group)

    def get_lr(self, group: Group) -> float:
        """The learning rate of a group after ``last_epoch`` steps."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:
        """One step on: call it after the optimiser's, usually once an epoch."""
        self.last_epoch += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.get_lr(group)

    def state_dict(self) -> dict[str, Any]:
        """How far the schedule is, and its settings; the rates are in the optimiser's."""
        return {k: v for k, v in vars(self).items() if not (k == "optimizer" or callable(v))}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where another run was, once the optimiser's state is loaded."""
        vars(self).update(state_dict)


class StepLR(LRScheduler):
    """``lr · gammaᵏ`` after every k-th ``step_size`` steps.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(self, optimizer: Optimizer, step_size: float, gamma: float = 0.1) -> None:
        expect_number(gamma, "gamma")
        whole: Any = step_size  # a tutorial of PyTorch's writes 1.0
        if isinstance(step_size, float) and step_size.is_integer():
            whole = int(step_size)
        self.step_size, self.gamma = expect_count(whole, "step_size", 1), gamma
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        return float(group["initial_lr"] * self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(LRScheduler):
    """``lr · gamma^k`` once k of the ``milestones`` are reached.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.MultiStepLR(optimizer, [1, 3], gamma=0.5)
    >>> [schedule.step() or schedule.get_last_lr()[0] for _ in range(3)]
    [0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        expect_type(milestones, "milestones", "integers", list, tuple)
        self.milestones = sorted(expect_count(m, "milestones", 0) for m in milestones)
        expect_number(gamma, "gamma")
        self.gamma = gamma
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        passed = sum(milestone <= self.last_epoch for milestone in self.milestones)
        return float(group["initial_lr"] * self.gamma**passed)


class ExponentialLR(LRScheduler):
    """``lr · gamma^t`` after t steps.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.ExponentialLR(optimizer, gamma=0.5)
    >>> [schedule.step() or schedule.get_last_lr()[0] for _ in range(3)]
    [0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        expect_number(gamma, "gamma")
        self.gamma = gamma
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        return float(group["initial_lr"] * self.gamma**self.last_epoch)


class CosineAnnealingLR(LRScheduler):
    """From ``lr`` down to ``eta_min`` along half a cosine (Loshchilov and Hutter 2017).

    ``eta_min + ½(lr − eta_min)(1 + cos(π · epoch / T_max))``.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        expect_number(eta_min, "eta_min")
        self.T_max, self.eta_min = expect_count(T_max, "T_max", 1), eta_min
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return float(self.eta_min + (group["initial_lr"] - self.eta_min) * share)


class LambdaLR(LRScheduler):
    """``lr · lr_lambda(epoch)``, by a function of one's own.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        expect_function(lr_lambda, "lr_lambda")
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        return float(group["initial_lr"] * self.lr_lambda(self.last_epoch))


class LinearLR(LRScheduler):
    """From ``start_factor · lr`` to ``end_factor · lr`` in ``total_iters`` equal steps: a warm-up.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> for _ in range(2):
    ...     print(schedule.get_last_lr())
    ...     schedule.step()
    [0.5]
    [0.75]
    >>> schedule.get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        expect_number(start_factor, "start_factor")
        expect(0 < start_factor <= 1, "start_factor", "above 0 and at most 1", start_factor)
        expect_number(end_factor, "end_factor", 0, 1)
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = expect_count(total_iters, "total_iters", 1)
        super().__init__(optimizer)

    def get_lr(self, group: Group) -> float:
        share = min(self.last_epoch / self.total_iters, 1.0)
        factor = self.start_factor + (self.end_factor - self.start_factor) * share
        return float(group["initial_lr"] * factor)


class ReduceLROnPlateau(LRScheduler):
    """``lr · factor`` each time a measure has not improved for more than ``patience`` steps.

    ``step`` is given the measure; ``fit`` gives it the validation loss, or else the loss. To
    improve is to beat the best by ``threshold``, as a share of it. Changes of ``eps`` or less are
    not made.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [0.9, 0.9, 0.9]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        *,
        min_lr: float = 0,
        eps: float = 1e-8,
    ) -> None:
        expect(mode in ("min", "max"), "mode", "'min' or 'max'", repr(mode))
        for name, value in {"factor": factor, "threshold": threshold, "min_lr": min_lr}.items():
            expect_number(value, name)
        expect_count(patience, "patience", 0)
        expect(factor < 1, "factor", "less than 1", factor)
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.min_lr, self.eps = threshold, min_lr, eps
        self.best, self.num_bad_epochs = math.inf if mode == "min" else -math.inf, 0
        super().__init__(optimizer)

    def step(self, metrics: Any = None) -> None:
        """One step on, with the measure that is watched."""
        kinds = (int, float, np.number, Tensor)
        expect_type(metrics, "metrics", "the measure that is watched", *kinds)
        measure, sign = float(metrics), -1 if self.mode == "min" else 1
        better = sign * measure > sign * self.best * (1 + sign * self.threshold)
        self.best = measure if better else self.best
        self.num_bad_epochs = 0 if better else self.num_bad_epochs + 1
        super().step()
        if self.num_bad_epochs > self.patience:
            self.num_bad_epochs = 0

    def get_lr(self, group: Group) -> float:
        lr = max(group["lr"] * self.factor, self.min_lr)
        due = self.num_bad_epochs > self.patience and group["lr"] - lr > self.eps
        return float(lr if due else group["lr"])
