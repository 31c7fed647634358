"""The training loop, written once: predict, measure, blame, nudge, repeat.

``fit`` is the loop of ten lines that anyone can write, and what is tiresome to write each time:
averages over uneven batches, validation, a history, stopping in time, going on after a stop.
"""

import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from nnlib._allocator import tune_allocator
from nnlib._arguments import expect, expect_count, expect_function, expect_number, expect_type
from nnlib._divergence import Criterion, DivergenceError, Recorder
from nnlib._progress import progress_bar
from nnlib.creation import pick_generator
from nnlib.interop import load_safetensors, save_safetensors
from nnlib.nn.module import Module
from nnlib.optim import LRScheduler, Optimizer, ReduceLROnPlateau
from nnlib.tensor import Tensor, no_grad

__all__ = [
    "Callback", "Checkpoint", "DivergenceError", "EarlyStopping", "History", "State",
    "accuracy", "evaluate", "fit",
]  # fmt: skip

Batches: TypeAlias = Iterable[tuple[Tensor, Tensor]]
Metrics: TypeAlias = Mapping[str, Callable[[Tensor, Tensor], float]]


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

    def tell(self, moment: str) -> None:
        """Call this method of every callback."""
        for callback in self.callbacks:
            getattr(callback, moment)(self)


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
        """What it takes to go on after an interruption: text, numbers and tensors, under names."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take back what ``state_dict`` gave."""


class _Function(Callback):
    """A plain function of ``(epoch, history)`` as a callback; ``True`` from it stops."""

    def __init__(self, function: Callable[[int, History], object]) -> None:
        self.function = function

    def on_epoch_end(self, state: State) -> None:
        """Call the function."""
        state.stop |= self.function(state.epoch, state.history) is True


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

    best_epoch = 0

    def __init__(
        self, monitor: str = "val_loss", patience: int = 10, min_delta: float = 0, mode: str = "min"
    ) -> None:
        expect_type(monitor, "monitor", "a name", str)
        expect_number(min_delta, "min_delta", 0)
        expect(mode in ("min", "max"), "mode", "'min' or 'max'", repr(mode))
        self.monitor, self.min_delta, self.sign = monitor, min_delta, 1 if mode == "min" else -1
        self.patience = expect_count(patience, "patience", 1)

    def on_train_begin(self, state: State) -> None:
        """Forget an earlier run."""
        self.best, self.best_epoch, self.weights = self.sign * math.inf, 0, dict[str, Tensor]()

    def on_epoch_end(self, state: State) -> None:
        """Compare with the best epoch."""
        hint = "; give fit validation data" if self.monitor.startswith("val_") else ""
        names = f"one of {', '.join(state.history)}"
        expect(self.monitor in state.history, "monitor", names, f"{self.monitor!r}{hint}")
        value = state.history[self.monitor][-1]
        if self.sign * (self.best - value) > self.min_delta:
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
        vars(self).update(state_dict)


class Checkpoint(Callback):
    """Save the run after every epoch; with ``resume``, go on from the file if it exists.

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

    def __init__(self, path: str | os.PathLike[str], *, resume: bool = False) -> None:
        self.path, self.resume = os.fspath(path), resume

    def on_train_begin(self, state: State) -> None:
        """Take over what was saved."""
        later = {type(callback) for callback in state.callbacks[state.callbacks.index(self) :]}
        last = later == {Checkpoint}
        expect(last, "callbacks", "the Checkpoint last, for it saves the others", state.callbacks)
        if self.resume and os.path.exists(self.path):
            self._load(state)

    def _parts(self, state: State) -> dict[str, Any]:
        """Whatever has a ``state_dict``, besides the model."""
        told = [callback for callback in state.callbacks if callback.state_dict()]
        parts: dict[str, Any] = {f"{type(c).__name__} {i}": c for i, c in enumerate(told)}
        parts |= {"optimizer": state.optimizer}
        return parts | ({"scheduler": state.scheduler} if state.scheduler is not None else {})

    def on_epoch_end(self, state: State) -> None:
        """Save it all."""
        import json  # here and in _load: who imports nnlib does not wait for it

        tensors: dict[str, Any] = {f"model.{k}": t for k, t in state.model.state_dict().items()}

        def beside_json(value: Any) -> Any:
            if isinstance(value, np.generic):
                return value.item()
            tensors[name := f"run.{len(tensors)}"] = value
            return {"__tensor__": name}

        run = {
            "parts": {name: part.state_dict() for name, part in self._parts(state).items()},
            "generators": [generator.bit_generator.state for generator in state.generators],
            "state": {"epoch": state.epoch, "stop": state.stop, "history": state.history},
        }
        text = np.frombuffer(json.dumps(run, default=beside_json).encode(), np.uint8)
        save_safetensors({**tensors, "run": Tensor(text)}, self.path)

    def _load(self, state: State) -> None:
        import json

        def from_json(value: dict[str, Any]) -> Any:
            return tensors[value["__tensor__"]] if "__tensor__" in value else value

        tensors = load_safetensors(self.path)
        expect("run" in tensors, "path", "a Checkpoint", f"{self.path}, which is no Checkpoint")
        run = json.loads(tensors["run"].array.tobytes(), object_hook=from_json)
        parts, saved = self._parts(state), run["parts"]
        found = f"one with {', '.join(saved)} in {self.path}"
        expect(parts.keys() == saved.keys(), "path", f"a run with {', '.join(parts)}", found)
        weights = {k.removeprefix("model."): t for k, t in tensors.items() if k[:6] == "model."}
        state.model.load_state_dict(weights)
        # JSON has no keys but text.
        numbered = {int(number): each for number, each in saved["optimizer"]["state"].items()}
        saved["optimizer"]["state"] = numbered
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        for generator, bits in zip(state.generators, run["generators"], strict=True):
            generator.bit_generator.state = bits
        state.history.update(run["state"].pop("history"))
        vars(state).update(run["state"])


def fit(
    model: Module, loader: Batches, criterion: Criterion, optimizer: Optimizer, *, epochs: int,
    validation: Batches | None = None, metrics: Metrics | None = None,
    scheduler: LRScheduler | None = None, progress: bool | None = None,
    callbacks: Sequence[Callback | Callable[[int, History], object]] = (),
) -> History:  # fmt: skip
    """Train ``model`` for ``epochs`` rounds through ``loader``; return what was measured.

    The history holds ``"loss"`` and each metric, averaged over the samples as they were trained
    on, and with ``validation`` the same after each epoch under ``"val_"`` names. ``scheduler``
    steps once an epoch. ``callbacks`` are ``Callback`` objects, or functions that get
    ``(epoch, history)`` after each epoch; ``True`` from one of these stops.
    ``progress``: a bar always, never, or (``None``) when someone is there to see it. The process
    is told to keep freed memory, see ``tune_allocator``.

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
    _check(model, loader, criterion, metrics)
    expect_type(optimizer, "optimizer", "an Optimizer", Optimizer)
    expect_type(scheduler, "scheduler", "an LRScheduler or None", LRScheduler, type(None))
    expect_count(epochs, "epochs", 0)
    for callback in callbacks:
        known = isinstance(callback, Callback) or callable(callback)
        expect(known, "callbacks", "Callbacks or functions", callback)
    told = [c if isinstance(c, Callback) else _Function(c) for c in callbacks]
    generators = [pick_generator(g) for g in (None, getattr(loader, "generator", None))]
    state = State(model, optimizer, epochs, scheduler, told, generators)
    recorder = Recorder(model, criterion, optimizer)
    tune_allocator()
    # NumPy's warnings about overflow would come first and say less than the error does.
    with _modes_restored(model), np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        try:
            state.tell("on_train_begin")
            settings = {"total": epochs, "initial": state.epoch, "unit": "epoch"}
            with progress_bar(progress, **settings) as bar:
                while state.epoch < epochs and not state.stop:
                    state.epoch += 1
                    measured = _train_epoch(state, loader, criterion, _Means(metrics), recorder)
                    if validation is not None:
                        checked = evaluate(model, validation, criterion, metrics)
                        measured |= {f"val_{name}": value for name, value in checked.items()}
                    for name, value in measured.items():
                        state.history.setdefault(name, []).append(value)
                    if isinstance(scheduler, ReduceLROnPlateau):
                        scheduler.step(measured.get("val_loss", measured["loss"]))
                    elif scheduler is not None:
                        scheduler.step()
                    if bar is not None:
                        bar.set_postfix({name: f"{x:.4g}" for name, x in measured.items()})
                        bar.update()
                    state.tell("on_epoch_end")
        finally:
            state.tell("on_train_end")
    return state.history


def _train_epoch(
    state: State, loader: Batches, criterion: Criterion, means: "_Means", recorder: Recorder
) -> dict[str, float]:
    """One round through the loader; the means of the loss and the metrics."""
    state.model.train()
    for state.step, (inputs, targets) in enumerate(loader, start=1):
        recorder.remember(state.epoch, state.step, inputs, targets)
        outputs = state.model(inputs)
        loss = criterion(outputs, targets)
        state.loss = loss.item()
        if not math.isfinite(state.loss):
            symptom = f"the loss is {state.loss} in epoch {state.epoch}, step {state.step}"
            raise recorder.error(symptom)
        state.optimizer.zero_grad()
        loss.backward()
        state.tell("on_backward_end")
        state.optimizer.step()
        means.add(len(inputs), state.loss, outputs, targets)
        state.tell("on_step_end")
    recorder.check_weights()
    return means.result("loader")


def evaluate(
    model: Module, loader: Batches, criterion: Criterion, metrics: Metrics | None = None
) -> dict[str, float]:
    """The loss and metrics over a loader, in evaluation mode and off the tape.

    >>> import nnlib
    >>> from nnlib import nn
    >>> loader = [(nnlib.tensor([[2.0], [-2.0]]), nnlib.tensor([[1.0], [1.0]]))]
    >>> nnlib.evaluate(nn.Identity(), loader, nn.MSELoss(), {"accuracy": nnlib.accuracy})
    {'loss': 5.0, 'accuracy': 0.5}
    """
    _check(model, loader, criterion, metrics)
    means = _Means(metrics)
    with _modes_restored(model), no_grad():
        model.eval()
        for inputs, targets in loader:
            outputs = model(inputs)
            means.add(len(inputs), criterion(outputs, targets).item(), outputs, targets)
    return means.result("validation")


def accuracy(logits: Tensor, target: Tensor) -> float:
    """The share of right answers.

    ``logits`` (N, C) with class indices (N): right when the largest logit is the class's.
    ``logits`` and ``target`` of one shape, for yes or no: right when z > 0 means 1.

    >>> import nnlib
    >>> nnlib.accuracy(nnlib.tensor([[2.0, 1.0], [0.0, 3.0]]), nnlib.tensor([0, 0]))
    0.5
    """
    expect_type(logits, "logits", "a Tensor", Tensor)
    expect_type(target, "target", "a Tensor", Tensor)
    expect(target.numel() > 0, "target", "at least one sample", "no samples")
    if logits.shape == target.shape:
        return float(((logits.array > 0) == target.array).mean())
    fits = logits.ndim >= 2 and logits.shape[:1] + logits.shape[2:] == target.shape
    expect(fits, "target", f"for logits {logits.shape} a class a row", target.shape)
    return float((logits.array.argmax(axis=1) == target.array).mean())


def _check(model: Any, loader: Any, criterion: Any, metrics: Any) -> None:
    expect_type(model, "model", "a Module", Module)
    iterable = isinstance(loader, Iterable) and not isinstance(loader, str)
    expect(iterable, "loader", "batches of inputs and targets", type(loader).__name__)
    expect_function(criterion, "criterion")
    expect_type(metrics, "metrics", "functions by name", Mapping, type(None))


class _Means:
    """Means over samples, from means over batches of different sizes."""

    def __init__(self, metrics: Metrics | None) -> None:
        self.metrics = metrics or {}
        self.samples, self.totals = 0, defaultdict[str, float](float)

    def add(self, samples: int, loss: float, outputs: Tensor, targets: Tensor) -> None:
        """Count a batch in."""
        self.samples += samples
        self.totals["loss"] += samples * loss
        for name, metric in self.metrics.items():
            self.totals[name] += samples * float(metric(outputs.detach(), targets))

    def result(self, loader: str) -> dict[str, float]:
        """The means."""
        expect(self.samples > 0, loader, "at least one sample", "none")
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
