"""The training loop, written once: predict, measure, blame, nudge, repeat.

``fit`` is the loop of ten lines that anyone can write, and what is tiresome to write each time:
averages over uneven batches, validation, a history, stopping in time, going on after a stop.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from nnlib._divergence import Criterion, DivergenceError, Recorder
from nnlib.creation import pick_generator
from nnlib.interop import load_safetensors, save_safetensors
from nnlib.nn.module import Module
from nnlib.optim import LRScheduler, Optimizer, ReduceLROnPlateau
from nnlib.tensor import Tensor, no_grad

__all__ = [
    "Callback",
    "Checkpoint",
    "DivergenceError",
    "EarlyStopping",
    "History",
    "State",
    "accuracy",
    "evaluate",
    "fit",
]

Batches: TypeAlias = Iterable[tuple[Tensor, Tensor]]
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


@dataclass
class State:
    """Where a run stands: what each callback is given, and may change.

    ``epoch`` and ``step`` count from 1, the steps afresh in each epoch. ``loss`` is that of the
    last batch. Setting ``stop`` ends the run after the epoch.

    >>> import nnlib
    >>> model = nnlib.nn.Linear(1, 1)
    >>> state = nnlib.training.State(model, nnlib.optim.SGD(model.parameters()), epochs=3)
    >>> state.epoch, state.stop
    (0, False)
    """

    model: Module
    optimizer: Optimizer
    epochs: int
    scheduler: LRScheduler | None = None
    callbacks: "Sequence[Callback]" = ()
    generators: Sequence[np.random.Generator] = ()
    history: History = field(default_factory=History)
    epoch: int = 0
    step: int = 0
    loss: float = math.nan
    stop: bool = False


class Callback:
    """What ``fit`` calls along the way; a subclass overrides the moments it cares for.

    ``on_train_begin``, then for each step ``on_backward_end`` (gradients are there, weights have
    not moved) and ``on_step_end``, for each epoch ``on_epoch_end`` (its numbers are in
    ``state.history``), and ``on_train_end``, which is called after an error too.

    >>> import nnlib
    >>> from nnlib import nn
    >>> class Clip(nnlib.training.Callback):
    ...     def on_backward_end(self, state):
    ...         nn.utils.clip_grad_norm_(state.model.parameters(), max_norm=1.0)
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nnlib.optim.SGD(model.parameters(), lr=0.1)
    >>> loader = [nnlib.datasets.fruit()]
    >>> loss = nn.BCEWithLogitsLoss()
    >>> nnlib.fit(model, loader, loss, optimizer, epochs=5, callbacks=[Clip()]).epochs
    5
    """

    def on_train_begin(self, state: State) -> None:
        """Before the first epoch."""

    def on_backward_end(self, state: State) -> None:
        """After the gradients, before the optimiser's step."""

    def on_step_end(self, state: State) -> None:
        """After the optimiser's step."""

    def on_epoch_end(self, state: State) -> None:
        """After validation and the scheduler's step."""

    def on_train_end(self, state: State) -> None:
        """After the last epoch, and after an error."""

    def state_dict(self) -> dict[str, Any]:
        """What the callback must be given back to go on after an interruption."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what ``state_dict`` gave."""


class _Function(Callback):
    """A plain function of ``(epoch, history)`` as a callback; ``True`` from it stops."""

    def __init__(self, function: Callable[[int, History], object]) -> None:
        self.function = function

    def on_epoch_end(self, state: State) -> None:
        """Call the function."""
        if self.function(state.epoch, state.history) is True:
            state.stop = True


class EarlyStopping(Callback):
    """Stop once ``monitor`` has not improved for ``patience`` epochs, and restore the best weights.

    An epoch improves when it beats the best so far by more than ``min_delta``, downwards for
    ``mode="min"`` and upwards for ``"max"``. However training ends, the model is left with the
    weights of ``best_epoch``. (Prechelt 1998.)

    Raises ``ValueError`` when the history has no such name: ``"val_loss"`` needs ``validation``.

    >>> import nnlib
    >>> from nnlib import nn
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nnlib.optim.SGD(model.parameters(), lr=0.0)
    >>> stopping = nnlib.training.EarlyStopping("loss", patience=2)
    >>> loader = [nnlib.datasets.fruit()]
    >>> loss = nn.BCEWithLogitsLoss()
    >>> history = nnlib.fit(model, loader, loss, optimizer, epochs=9, callbacks=[stopping])
    >>> history.epochs, stopping.best_epoch
    (3, 1)
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str = "min",
    ) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor: expected a name, got {type(monitor).__name__}")
        _check_count("patience", patience, 1)
        if not min_delta >= 0:
            raise ValueError(f"min_delta: expected 0 or more, got {min_delta}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode: expected 'min' or 'max', got {mode!r}")
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self.mode = mode
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = 0
        self.weights: dict[str, Tensor] = {}

    def on_train_begin(self, state: State) -> None:
        """Forget an earlier run."""
        self._forget()

    def on_epoch_end(self, state: State) -> None:
        """Compare with the best epoch."""
        if self.monitor not in state.history:
            hint = "; give fit validation data" if self.monitor.startswith("val_") else ""
            names = ", ".join(state.history)
            raise ValueError(f"monitor: expected one of {names}, got {self.monitor!r}{hint}")
        value = state.history[self.monitor][-1]
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > self.min_delta:
            self.best, self.best_epoch = value, state.epoch
            self.weights = {k: Tensor(t.array.copy()) for k, t in state.model.state_dict().items()}
        elif state.epoch - self.best_epoch >= self.patience:
            state.stop = True

    def on_train_end(self, state: State) -> None:
        """Restore the best weights."""
        if self.weights:
            state.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """The best epoch so far."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the best epoch of an interrupted run."""
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self.weights = dict(state_dict["weights"])


class Checkpoint(Callback):
    """Save the run after every ``every`` epochs; with ``resume``, go on from the file if it exists.

    The file is a safetensors file (``interop``), written whole or not at all. It holds the model,
    optimiser, scheduler, history, the other callbacks and the state of nnlib's generator and of
    the loader's own: a resumed run computes the same bits as one that was never interrupted, given
    the same model, data and settings. It comes last among the callbacks, to save what they did.

    Raises ``ValueError`` when the file is damaged or of another kind of run.

    >>> import nnlib, os, tempfile
    >>> from nnlib import nn
    >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
    >>> def run(epochs):
    ...     model = nn.Linear(2, 1)
    ...     optimizer = nnlib.optim.Adam(model.parameters())
    ...     keep = nnlib.training.Checkpoint(path, resume=True)
    ...     loader, loss = [nnlib.datasets.fruit()], nn.BCEWithLogitsLoss()
    ...     return nnlib.fit(model, loader, loss, optimizer, epochs=epochs, callbacks=[keep])
    >>> run(epochs=2)["loss"] == run(epochs=5)["loss"][:2]
    True
    """

    def __init__(
        self, path: str | os.PathLike[str], *, every: int = 1, resume: bool = False
    ) -> None:
        self.path, self.every, self.resume = os.fspath(path), every, resume
        _check_count("every", every, 1)

    def on_train_begin(self, state: State) -> None:
        """Take over what was saved."""
        later = state.callbacks[state.callbacks.index(self) + 1 :]
        if not all(isinstance(callback, Checkpoint) for callback in later):
            raise ValueError("callbacks: expected the Checkpoint last, for it saves the others")
        if self.resume and os.path.exists(self.path):
            self._load(state)

    def on_epoch_end(self, state: State) -> None:
        """Save, if it is time."""
        if state.epoch % self.every == 0 or state.stop or state.epoch == state.epochs:
            self._save(state)

    def _save(self, state: State) -> None:
        tensors = {f"model.{name}": tensor for name, tensor in state.model.state_dict().items()}
        run = {
            "epoch": state.epoch,
            "stop": state.stop,
            "history": state.history,
            "optimizer": state.optimizer.state_dict(),
            "scheduler": state.scheduler and state.scheduler.state_dict(),
            "generators": [generator.bit_generator.state for generator in state.generators],
            "callbacks": [[type(c).__name__, c.state_dict()] for c in _stateful(state)],
        }
        text = json.dumps(_pack(run, tensors)).encode()
        save_safetensors({**tensors, "run": Tensor(np.frombuffer(text, np.uint8))}, self.path)

    def _load(self, state: State) -> None:
        tensors = load_safetensors(self.path)
        if "run" not in tensors:
            raise ValueError(f"path: {self.path} holds weights, but is no Checkpoint of a run")
        run = _unpack(json.loads(tensors["run"].array.tobytes()), tensors)
        for name, given, saved in (
            (
                "callbacks",
                [type(c).__name__ for c in _stateful(state)],
                [c for c, _ in run["callbacks"]],
            ),
            ("scheduler", state.scheduler is not None, run["scheduler"] is not None),
        ):
            if given != saved:
                raise ValueError(
                    f"{name}: {self.path} was saved with {saved}, this run has {given}"
                )
        weights = {k.removeprefix("model."): t for k, t in tensors.items() if k[:6] == "model."}
        state.model.load_state_dict(weights)
        state.optimizer.load_state_dict(run["optimizer"])
        if state.scheduler is not None:
            state.scheduler.load_state_dict(run["scheduler"])
        for generator, saved in zip(state.generators, run["generators"], strict=True):
            generator.bit_generator.state = saved
        for callback, (_, saved) in zip(_stateful(state), run["callbacks"], strict=True):
            callback.load_state_dict(saved)
        state.history.update(run["history"])
        state.epoch, state.stop = run["epoch"], run["stop"]


def fit(
    model: Module,
    loader: Batches,
    criterion: Criterion,
    optimizer: Optimizer,
    *,
    epochs: int,
    validation: Batches | None = None,
    metrics: Mapping[str, Metric] | None = None,
    scheduler: LRScheduler | None = None,
    callbacks: Sequence[Callback | Callable[[int, History], object]] = (),
    progress: bool | None = None,
) -> History:
    """Train ``model`` for ``epochs`` rounds through ``loader``; return what was measured.

    The history holds ``"loss"`` and each metric, averaged over the samples as they were trained
    on, and with ``validation`` the same after each epoch under ``"val_"`` names. ``scheduler``
    steps once an epoch. ``callbacks`` are ``Callback`` objects, or functions that get
    ``(epoch, history)`` after each epoch; ``True`` from one of these stops.
    ``progress``: a bar always, never, or (``None``) when someone is there to see it.

    Raises ``ValueError`` for an empty loader and ``DivergenceError`` when the loss or a weight is
    no longer a finite number.

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
    _check_count("epochs", epochs, 0)
    told = [c if isinstance(c, Callback) else _Function(c) for c in callbacks]
    generators = [pick_generator(g) for g in (None, getattr(loader, "generator", None))]
    state = State(model, optimizer, epochs, scheduler, told, generators)
    recorder = Recorder(model, criterion, optimizer)
    # NumPy's warnings about overflow would come first and say less than the error does.
    with _modes_restored(model), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        try:
            for callback in told:
                callback.on_train_begin(state)
            with _progress_bar(state, progress) as report:
                while state.epoch < epochs and not state.stop:
                    state.epoch += 1
                    measured = _train_epoch(state, loader, criterion, metrics, recorder)
                    if validation is not None:
                        checked = evaluate(model, validation, criterion, metrics)
                        measured |= {f"val_{name}": value for name, value in checked.items()}
                    for name, value in measured.items():
                        state.history.setdefault(name, []).append(value)
                    if isinstance(scheduler, ReduceLROnPlateau):
                        scheduler.step(measured.get("val_loss", measured["loss"]))
                    elif scheduler is not None:
                        scheduler.step()
                    report(measured)
                    for callback in told:
                        callback.on_epoch_end(state)
        finally:
            for callback in told:
                callback.on_train_end(state)
    return state.history


def _train_epoch(
    state: State,
    loader: Batches,
    criterion: Criterion,
    metrics: Mapping[str, Metric] | None,
    recorder: Recorder,
) -> dict[str, float]:
    """One round through the loader; the means of the loss and the metrics."""
    state.model.train()
    averages = _Averages()
    for state.step, (inputs, targets) in enumerate(loader, start=1):
        recorder.remember(state.epoch, state.step, inputs, targets)
        outputs = state.model(inputs)
        loss = criterion(outputs, targets)
        state.loss = loss.item()
        if not math.isfinite(state.loss):
            raise recorder.error(
                f"the loss is {state.loss} in epoch {state.epoch}, step {state.step}"
            )
        state.optimizer.zero_grad()
        loss.backward()
        for callback in state.callbacks:
            callback.on_backward_end(state)
        state.optimizer.step()
        averages.add(len(inputs), state.loss, metrics, outputs, targets)
        for callback in state.callbacks:
            callback.on_step_end(state)
    recorder.check_weights()
    return averages.result("loader")


def evaluate(
    model: Module,
    loader: Batches,
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
    state: State, progress: bool | None
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
    with tqdm(total=state.epochs, initial=state.epoch, unit="epoch") as bar:

        def report(measured: Mapping[str, float]) -> None:
            bar.set_postfix({name: f"{value:.4g}" for name, value in measured.items()})
            bar.update()

        yield report


def _check_count(name: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name}: expected {least} or more, got {value}")


def _stateful(state: State) -> list[Callback]:
    """The callbacks that have something to save."""
    return [callback for callback in state.callbacks if callback.state_dict()]


def _pack(value: Any, tensors: dict[str, Any]) -> Any:
    """A nest of containers as JSON can hold it, the arrays in it put among ``tensors``."""
    if isinstance(value, (Tensor, np.ndarray)):
        name = f"run.{len(tensors)}"
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):  # as pairs, for JSON has no keys but text
        return {"dict": [[_pack(k, tensors), _pack(v, tensors)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_pack(each, tensors) for each in value]}
    if isinstance(value, list):
        return [_pack(each, tensors) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What ``_pack`` packed, its arrays as tensors."""
    match value:
        case {"tensor": name}:
            return tensors[name]
        case {"dict": pairs}:
            return {_unpack(k, tensors): _unpack(v, tensors) for k, v in pairs}
        case {"tuple": parts}:
            return tuple(_unpack(each, tensors) for each in parts)
        case list():
            return [_unpack(each, tensors) for each in value]
    return value
