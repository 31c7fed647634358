"""How the step size changes over time: schedules that set an optimiser's learning rate.

They know of an optimiser only that it has groups of settings, so the optimisers can come after.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class HasGroups(Protocol):
    """What a schedule needs of an optimiser."""

    param_groups: list[dict[str, Any]]


class LRScheduler:
    """What all schedules share: after each ``step()`` the learning rate is computed afresh.

    A subclass says by which rule, from the first learning rate and the number of steps.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=0.1)
    >>> schedule = nnlib.optim.StepLR(optimizer, step_size=1, gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.05]
    """

    def __init__(self, optimizer: HasGroups) -> None:
        if not hasattr(optimizer, "param_groups"):
            raise TypeError(f"optimizer: expected an Optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = 0

    def _start(self) -> None:
        """Apply the rule at step 0, once a subclass has its settings."""
        self.last_epoch = -1
        self.step()

    def get_lr(self, base_lr: float, epoch: int, group: int) -> float:
        """The learning rate of a group after ``epoch`` steps."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def step(self) -> None:
        """One step on: call it after the optimiser's, usually once an epoch."""
        self.last_epoch += 1
        for i, group in enumerate(self.optimizer.param_groups):
            group["lr"] = self.get_lr(self.base_lrs[i], self.last_epoch, i)

    def state_dict(self) -> dict[str, Any]:
        """How far the schedule is."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where another run was."""
        self.base_lrs = list(state_dict["base_lrs"])
        self.last_epoch = state_dict["last_epoch"] - 1
        self.step()


class StepLR(LRScheduler):
    """``lr · gammaᵏ`` after every k-th ``step_size`` steps.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.StepLR(optimizer, step_size=2)
    >>> for _ in range(3):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(self, optimizer: HasGroups, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer)
        if step_size < 1:
            raise ValueError(f"step_size: expected 1 or more, got {step_size}")
        self.step_size, self.gamma = step_size, gamma
        self._start()

    def get_lr(self, base_lr: float, epoch: int, group: int) -> float:
        """The learning rate of a group after ``epoch`` steps."""
        return float(base_lr * self.gamma ** (epoch // self.step_size))


class CosineAnnealingLR(LRScheduler):
    """From ``lr`` down to ``eta_min`` along half a cosine (Loshchilov and Hutter 2017).

    ``eta_min + ½(lr − eta_min)(1 + cos(π · epoch / T_max))``.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.CosineAnnealingLR(optimizer, T_max=1)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.0]
    """

    def __init__(self, optimizer: HasGroups, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__(optimizer)
        if T_max < 1:
            raise ValueError(f"T_max: expected 1 or more, got {T_max}")
        self.T_max, self.eta_min = T_max, eta_min
        self._start()

    def get_lr(self, base_lr: float, epoch: int, group: int) -> float:
        """The learning rate of a group after ``epoch`` steps."""
        share = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return self.eta_min + (base_lr - self.eta_min) * share


class LambdaLR(LRScheduler):
    """``lr · lr_lambda(epoch)``, by a function of one's own.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: HasGroups,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
    ) -> None:
        super().__init__(optimizer)
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"lr_lambda: expected {groups}, got {len(self.lr_lambdas)}")
        self._start()

    def get_lr(self, base_lr: float, epoch: int, group: int) -> float:
        """The learning rate of a group after ``epoch`` steps."""
        return base_lr * self.lr_lambdas[group](epoch)


class LinearLR(LRScheduler):
    """From ``start_factor · lr`` to ``end_factor · lr`` in ``total_iters`` equal steps: a warm-up.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.LinearLR(optimizer, start_factor=0.5, total_iters=2)
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
        optimizer: HasGroups,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        super().__init__(optimizer)
        if not 0 < start_factor <= 1:
            raise ValueError(f"start_factor: expected above 0 and at most 1, got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"end_factor: expected a number from 0 to 1, got {end_factor}")
        if total_iters < 1:
            raise ValueError(f"total_iters: expected 1 or more, got {total_iters}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        self._start()

    def get_lr(self, base_lr: float, epoch: int, group: int) -> float:
        """The learning rate of a group after ``epoch`` steps."""
        share = min(epoch / self.total_iters, 1.0)
        return base_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class ReduceLROnPlateau(LRScheduler):
    """``lr · factor`` each time a measure has not improved for more than ``patience`` steps.

    ``step`` is given the measure; ``fit`` gives it the validation loss, or else the loss. To
    improve is to beat the best by ``threshold`` as a share of it (``threshold_mode="rel"``) or by
    itself (``"abs"``). After a reduction, ``cooldown`` steps pass before counting begins anew.

    >>> import nnlib
    >>> optimizer = nnlib.optim.SGD([nnlib.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = nnlib.optim.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [0.9, 0.9, 0.9]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: HasGroups,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"mode: expected 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode: expected 'rel' or 'abs', got {threshold_mode!r}")
        if not factor < 1:
            raise ValueError(f"factor: expected less than 1, got {factor}")
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metrics: float | None = None) -> None:
        """One step on, with the measure that is watched."""
        if metrics is None:
            raise TypeError("metrics: expected the measure that is watched, got None")
        measure = float(metrics)
        self.last_epoch += 1
        if self._improves(measure):
            self.best, self.num_bad_epochs = measure, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group in self.optimizer.param_groups:
                lr = max(group["lr"] * self.factor, self.min_lr)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _improves(self, measure: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * measure > sign * self.best * (1 + sign * self.threshold)
        return sign * measure > sign * self.best + self.threshold

    def state_dict(self) -> dict[str, Any]:
        """How far the schedule is, and what it has seen."""
        names = ("last_epoch", "base_lrs", "best", "num_bad_epochs", "cooldown_counter")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from where another run was; the rates themselves are the optimiser's to load."""
        for name in self.state_dict():
            setattr(self, name, state_dict[name])
