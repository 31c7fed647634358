"""Where a run went wrong: what stopped being a finite number first, and how large it was before.

Training itself looks at the loss only. The last steps are then run again with every layer watched,
so what a healthy run pays for is a copy of the weights a step.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nnlib.creation import pick_generator
from nnlib.nn.module import Module, Parameter
from nnlib.optim import Optimizer
from nnlib.tensor import Array, Tensor

Criterion: TypeAlias = Callable[[Tensor, Tensor], Tensor]
Event: TypeAlias = tuple[str, str]  # what, and of which layer


class DivergenceError(FloatingPointError):
    """Training met numbers that are not finite, and has found where they began.

    ``epoch`` and ``step`` say when; ``what`` is ``"weights"``, ``"activation"``, ``"loss"``,
    ``"gradient"``, ``"weight gradient"``, ``"inputs"`` or ``"targets"``; ``layer`` is its name in
    the model, or ``""``; ``before`` is the largest absolute entry the step before, or ``None``.

    >>> import nnlib
    >>> from nnlib import nn
    >>> loader = [(nnlib.tensor([[1e30]]), nnlib.tensor([[0.0]]))]
    >>> model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    >>> optimizer = nnlib.optim.SGD(model.parameters())
    >>> try:
    ...     nnlib.fit(model, loader, nn.MSELoss(), optimizer, epochs=1)
    ... except nnlib.training.DivergenceError as error:
    ...     error.what, error.layer, error.epoch, error.step
    ('loss', '', 1, 1)
    """

    epoch: int
    step: int
    what: str
    layer: str
    before: float | None


class _Step(NamedTuple):
    """All it takes to run a step's forward and backward pass again."""

    epoch: int
    number: int
    inputs: Any
    targets: Any
    arrays: list[Array]  # the parameters'
    storage: list[Array]  # what these are views of
    saved: list[Array]  # a copy of the storage
    generator: Any


def watched_layers(model: Module) -> dict[str, Module]:
    """The modules that compute, by name: those with parameters of their own or nothing inside.

    >>> from nnlib import nn
    >>> list(watched_layers(nn.Sequential(nn.Linear(1, 1), nn.ReLU())))
    ['0', '1']
    """
    return {
        name or type(model).__name__: module
        for name, module in model.named_modules()
        if module._members(Parameter) or not any(module.children())
    }


def _storage(arrays: list[Array]) -> list[Array]:
    """The arrays that these are views of: one copy of Adam's long array is cheaper than many."""
    whole = sum(array.size for array in arrays)
    found = {}
    for array in arrays:
        base = array.base
        own = base if isinstance(base, np.ndarray) and base.size <= whole else array
        found[id(own)] = own
    return list(found.values())


def only_tensor(output: Any) -> Tensor | None:
    """What a layer returned, or the first of it: a recurrent layer returns its state too."""
    first = output[0] if isinstance(output, tuple) and output else output
    return first if isinstance(first, Tensor) else None


class Recorder:
    """Keeps the last three steps, and searches them once the loss is no longer finite."""

    def __init__(self, model: Module, criterion: Criterion, optimizer: Optimizer) -> None:
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.parameters = list(model.parameters())
        self._recent: deque[_Step] = deque(maxlen=3)
        self._draws = True

    def remember(self, epoch: int, number: int, inputs: Any, targets: Any) -> None:
        """Keep a step that is about to be taken."""
        if number <= 2:  # after its first step, Adam keeps the parameters elsewhere
            self._arrays = [parameter.array for parameter in self.parameters]
            self._storage = _storage(self._arrays)
        # Dropout is to drop the same again; where one step drew nothing, the next will not.
        if number <= 2 or self._draws:
            generator = pick_generator(None).bit_generator.state
            self._draws = number != 2 or generator != self._recent[-1].generator
        else:
            generator = self._recent[-1].generator
        saved = [array.copy() for array in self._storage]
        self._recent.append(
            _Step(epoch, number, inputs, targets, self._arrays, self._storage, saved, generator)
        )

    def check_weights(self) -> None:
        """Raise when the last update left weights that are not finite, as no loss has shown yet."""
        if self._recent and not all(np.isfinite(array).all() for array in self._storage):
            last = self._recent[-1]
            self.remember(last.epoch, last.number, last.inputs, last.targets)
            raise self.error(f"weights are not finite after epoch {last.epoch}")

    def error(self, symptom: str) -> DivergenceError:
        """The error that says what went first: from a finite number to one that is not."""
        steps = list(self._recent)
        sizes = [self._run_again(step) for step in steps]
        # Three are kept because a bad gradient shows in the loss one step later, and it takes one
        # more to tell how large the gradient was before.
        befores: list[dict[Event, float]] = [{}, *sizes[:-1]]
        start = 1 if len(steps) == 3 else 0
        for step, now, before in list(zip(steps, sizes, befores, strict=True))[start:]:
            for event, size in now.items():
                if not math.isfinite(size) and math.isfinite(before.get(event, 0.0)):
                    return self._describe(symptom, step, event, before.get(event))
        return self._describe(symptom, steps[-1], ("loss", ""), befores[-1].get(("loss", "")))

    def _run_again(self, step: _Step) -> dict[Event, float]:
        """The largest absolute entry of everything that a step computes, in its order."""
        for parameter, array in zip(self.parameters, step.arrays, strict=True):
            parameter.array = array
        for array, saved in zip(step.storage, step.saved, strict=True):
            np.copyto(array, saved)
        pick_generator(None).bit_generator.state = step.generator
        self.model.zero_grad()
        sizes: dict[Event, float] = {}
        outputs: list[tuple[str, Module, Tensor]] = []

        def note(what: str, layer: str, *tensors: Any) -> None:
            for tensor in tensors:
                if isinstance(tensor, Tensor):
                    size = float(np.abs(tensor.array).max(initial=0))
                    old = sizes.get((what, layer), 0.0)
                    sizes[what, layer] = size if math.isnan(size) else max(old, size)

        def watch(layer: str) -> Callable[[Module, tuple[Any, ...], Any], None]:
            def hook(module: Module, args: tuple[Any, ...], output: Any) -> None:
                tensor = only_tensor(output)
                note("weights", layer, *module._members(Parameter).values())
                note("activation", layer, tensor)
                if tensor is not None and tensor.requires_grad:
                    tensor.retain_grad()
                    outputs.append((layer, module, tensor))

            return hook

        note("inputs", "", step.inputs)
        note("targets", "", step.targets)
        layers = watched_layers(self.model).items()
        handles = [module.register_forward_hook(watch(layer)) for layer, module in layers]
        try:
            loss = self.criterion(self.model(step.inputs), step.targets)
        finally:
            for handle in handles:
                handle.remove()
        note("loss", "", loss)
        loss.backward()
        for layer, module, tensor in reversed(outputs):
            note("gradient", layer, tensor.grad)
            gradients = (p.grad for p in module._members(Parameter).values())
            note("weight gradient", layer, *gradients)
        return sizes

    def _describe(
        self, symptom: str, step: _Step, event: Event, before: float | None
    ) -> DivergenceError:
        what, layer = event
        name = f"the {what}"
        if layer:
            name += f" of layer {layer} ({type(watched_layers(self.model)[layer]).__name__})"
        size = "no step came before it" if before is None else f"{before:.3g} the step before"
        error = DivergenceError(
            f"training diverged: {symptom}. First to be infinite or NaN: {name}, in epoch "
            f"{step.epoch}, step {step.number} (largest entry: {size}). {self._advice(what, step)}"
        )
        error.epoch, error.step, error.what, error.layer = step.epoch, step.number, what, layer
        error.before = before
        return error

    def _advice(self, what: str, step: _Step) -> str:
        if what in ("inputs", "targets"):
            return "Look through the data: this batch holds NaN or infinite values."
        rates = ", ".join(f"{group['lr']:g}" for group in self.optimizer.param_groups)
        advice = f"What usually helps: a smaller learning rate than {rates}; "
        advice += "clipping the gradients (nn.utils.clip_grad_norm_)"
        if isinstance(step.inputs, Tensor) and step.inputs.dtype.kind == "f":
            largest = np.abs(step.inputs.array).max(initial=0)
            advice += f"; inputs scaled to about 1 (the largest here is {largest:.3g})"
        if what == "loss":
            advice += "; a loss that takes logits, if this one takes the logarithm of a 0"
        return advice + "."
