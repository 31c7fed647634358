"""The training loop, written once: predict, measure, blame, nudge, repeat.

``fit`` is the loop of ten lines that anyone can write, and what is tiresome to write each time:
averages over uneven batches, validation, a history, a progress bar and an early alarm.
"""

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeAlias

from nnlib.nn.module import Module
from nnlib.optim import LRScheduler, Optimizer
from nnlib.tensor import Tensor, no_grad

Criterion: TypeAlias = Callable[[Tensor, Tensor], Tensor]
Metric: TypeAlias = Callable[[Tensor, Tensor], float]


class History(dict[str, list[float]]):
    """What was measured, one number an epoch under each name.

    >>> import nnlib
    >>> history = nnlib.training.History(loss=[0.7, 0.5])
    >>> history.epochs, history["loss"][-1]
    (2, 0.5)
    """

    @property
    def epochs(self) -> int:
        """The number of epochs that were completed."""
        return len(self.get("loss", ()))


Callback: TypeAlias = Callable[[int, History], object]


def fit(
    model: Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    criterion: Criterion,
    optimizer: Optimizer,
    *,
    epochs: int,
    validation: Iterable[tuple[Tensor, Tensor]] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    scheduler: LRScheduler | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
) -> History:
    """Train ``model`` for ``epochs`` rounds through ``loader``; return what was measured.

    The history holds ``"loss"`` and each metric, averaged over the samples as they were trained
    on, and with ``validation`` the same after each epoch under ``"val_"`` names. ``scheduler``
    steps once an epoch. A callback gets ``(epoch, history)`` after each; ``True`` from it stops.
    ``progress``: a bar always, never, or (``None``) when someone is there to see it.

    Raises ``ValueError`` for an empty loader and ``FloatingPointError`` when the loss is no
    longer a finite number.

    >>> import nnlib
    >>> from nnlib import nn
    >>> _ = nnlib.manual_seed(0)
    >>> loader = nnlib.data.DataLoader(nnlib.data.TensorDataset(*nnlib.datasets.fruit()), 20)
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> optimizer = nnlib.optim.Adam(model.parameters(), lr=0.03)
    >>> history = nnlib.fit(model, loader, nn.BCEWithLogitsLoss(), optimizer, epochs=20)
    >>> history["loss"][-1] < 0.2 < history["loss"][0]
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"model: expected a Module, got {type(model).__name__}")
    if not isinstance(epochs, int) or isinstance(epochs, bool):
        raise TypeError(f"epochs: expected an integer, got {type(epochs).__name__}")
    if epochs < 0:
        raise ValueError(f"epochs: expected 0 or more, got {epochs}")
    history = History()
    with _modes_restored(model), _progress_bar(epochs, progress) as report:
        for epoch in range(1, epochs + 1):
            model.train()
            averages = _Averages()
            for step, (inputs, targets) in enumerate(loader, start=1):
                outputs = model(inputs)
                loss = criterion(outputs, targets)
                value = loss.item()
                if not math.isfinite(value):
                    raise FloatingPointError(
                        f"the loss is {value} in epoch {epoch}, step {step}; "
                        "a smaller learning rate usually helps"
                    )
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                averages.add(len(inputs), value, metrics, outputs, targets)
            measured = averages.result("loader")
            if validation is not None:
                checked = evaluate(model, validation, criterion, metrics)
                measured |= {f"val_{name}": value for name, value in checked.items()}
            for name, value in measured.items():
                history.setdefault(name, []).append(value)
            if scheduler is not None:
                scheduler.step()
            report(measured)
            # A list, not a generator: one callback that stops must not silence the others.
            if any([callback(epoch, history) is True for callback in callbacks]):  # noqa: C419
                break
    return history


def evaluate(
    model: Module,
    loader: Iterable[tuple[Tensor, Tensor]],
    criterion: Criterion,
    metrics: Mapping[str, Metric] | None = None,
) -> dict[str, float]:
    """The loss and metrics over a loader, in evaluation mode and off the tape.

    >>> import nnlib
    >>> from nnlib import nn
    >>> loader = [(nnlib.tensor([[2.0], [-2.0]]), nnlib.tensor([[1.0], [1.0]]))]
    >>> nnlib.evaluate(nn.Identity(), loader, nn.MSELoss(), {"accuracy": nnlib.accuracy})
    {'loss': 5.0, 'accuracy': 0.5}
    """
    averages = _Averages()
    with _modes_restored(model), no_grad():
        model.eval()
        for inputs, targets in loader:
            outputs = model(inputs)
            loss = criterion(outputs, targets).item()
            averages.add(len(inputs), loss, metrics, outputs, targets)
    return averages.result("validation")


def accuracy(logits: Tensor, target: Tensor) -> float:
    """The share of right answers.

    ``logits`` (N, C) with class indices (N): right when the largest logit is the class's.
    ``logits`` and ``target`` of one shape, for yes or no: right when z > 0 means 1.

    >>> import nnlib
    >>> nnlib.accuracy(nnlib.tensor([[2.0, 1.0], [0.0, 3.0]]), nnlib.tensor([0, 0]))
    0.5
    """
    for name, value in (("logits", logits), ("target", target)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: expected a Tensor, got {type(value).__name__}")
    if logits.shape == target.shape:
        answers = logits.array > 0
    elif logits.ndim >= 2 and logits.shape[:1] + logits.shape[2:] == target.shape:
        answers = logits.array.argmax(axis=1)
    else:
        raise ValueError(
            f"accuracy: logits of shape {logits.shape} do not fit a target of {target.shape}"
        )
    if target.numel() == 0:
        raise ValueError("accuracy of no samples")
    return float((answers == target.array).mean())


class _Averages:
    """Means over samples, from means over batches of different sizes."""

    def __init__(self) -> None:
        self.samples = 0
        self.totals: dict[str, float] = {}

    def add(
        self,
        samples: int,
        loss: float,
        metrics: Mapping[str, Metric] | None,
        outputs: Tensor,
        targets: Tensor,
    ) -> None:
        """Count a batch in."""
        self.samples += samples
        values = {"loss": loss}
        if metrics:
            detached = outputs.detach()
            values |= {name: float(metric(detached, targets)) for name, metric in metrics.items()}
        for name, value in values.items():
            self.totals[name] = self.totals.get(name, 0.0) + samples * value

    def result(self, loader: str) -> dict[str, float]:
        """The means."""
        if self.samples == 0:
            raise ValueError(f"{loader}: expected at least one sample, got none")
        return {name: total / self.samples for name, total in self.totals.items()}


@contextmanager
def _modes_restored(model: Module) -> Iterator[None]:
    """Leave every module in the mode, training or evaluation, in which it was found."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def _progress_bar(
    epochs: int, progress: bool | None
) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """A function to be called after each epoch, which moves the bar on if there is one."""
    watched = "TQDM_DISABLE" not in os.environ and (
        sys.stderr.isatty() or "ipykernel" in sys.modules
    )
    tqdm: Any = None
    if progress or (progress is None and watched):
        try:
            tqdm = import_module("tqdm.auto").tqdm  # optional, so not imported above
        except ImportError:
            if progress:
                raise ImportError("progress=True needs tqdm: pip install tqdm") from None
    if tqdm is None:
        yield lambda measured: None
        return
    with tqdm(total=epochs, unit="epoch") as bar:

        def report(measured: Mapping[str, float]) -> None:
            bar.set_postfix({name: f"{value:.4g}" for name, value in measured.items()})
            bar.update()

        yield report
