"""Where a run went wrong: what stopped being a finite number first, and how large it was before.

Training itself looks at the loss only. The last steps are then run again with every layer watched,
so what a healthy run pays for is a copy of the weights a step.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nnlib._watching import own_parameters, watched_layers, watching
from nnlib.creation import pick_generator
from nnlib.nn.module import Module
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
    weights: list[Array]
    generator: Any  # its state: dropout is to drop the same again


class Recorder:
    """Keeps the last three steps, and searches them once the loss is no longer finite."""

    def __init__(self, model: Module, criterion: Criterion, optimizer: Optimizer) -> None:
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.parameters = list(model.parameters())
        # A bad gradient shows in the loss one step later, and it takes one more to tell how large
        # the gradient was before.
        self.recent: deque[_Step] = deque(maxlen=3)

    def remember(self, epoch: int, number: int, inputs: Any, targets: Any) -> None:
        """Keep a step that is about to be taken."""
        weights = [parameter.array.copy() for parameter in self.parameters]
        generator = pick_generator(None).bit_generator.state
        self.recent.append(_Step(epoch, number, inputs, targets, weights, generator))

    def check_weights(self) -> None:
        """Raise when the last update left weights that are not finite, as no loss has shown yet."""
        if self.recent and not all(np.isfinite(p.array).all() for p in self.parameters):
            last = self.recent[-1]
            self.remember(*last[:4])
            raise self.error(f"weights are not finite after epoch {last.epoch}")

    def error(self, symptom: str) -> DivergenceError:
        """The error that says what went first: from a finite number to one that is not."""
        steps = list(self.recent)
        sizes = [dict[Event, float](), *map(self._run_again, steps)]
        start = 1 if len(steps) == 3 else 0  # of a full record, the first step is only a "before"
        for i in range(start, len(steps)):
            for event, size in sizes[i + 1].items():
                if not math.isfinite(size) and math.isfinite(sizes[i].get(event, 0.0)):
                    return self._describe(symptom, steps[i], event, sizes[i].get(event))
        return self._describe(symptom, steps[-1], ("loss", ""), sizes[-2].get(("loss", "")))

    def _run_again(self, step: _Step) -> dict[Event, float]:
        """The largest absolute entry of everything that a step computes, in its order."""
        sizes: dict[Event, float] = {}
        outputs: list[tuple[str, Tensor]] = []
        layers = watched_layers(self.model)

        def note(what: str, layer: str, *tensors: Any) -> None:
            for tensor in tensors:
                if isinstance(tensor, Tensor):
                    largest = np.abs(tensor.array).max(initial=0)  # NaN when there is one
                    sizes[what, layer] = float(np.maximum(sizes.get((what, layer), 0), largest))

        def see(layer: str, args: tuple[Any, ...], output: Tensor) -> None:
            note("activation", layer, output)
            outputs.append((layer, output))

        for parameter, saved in zip(self.parameters, step.weights, strict=True):
            np.copyto(parameter.array, saved)
        pick_generator(None).bit_generator.state = step.generator
        self.model.zero_grad()
        note("inputs", "", step.inputs)
        note("targets", "", step.targets)
        for layer, module in layers.items():
            note("weights", layer, *own_parameters(module))
        with watching(self.model, see):
            loss = self.criterion(self.model(step.inputs), step.targets)
        note("loss", "", loss)
        loss.backward()
        for layer, output in reversed(outputs):
            note("gradient", layer, output.grad)
            note("weight gradient", layer, *(p.grad for p in own_parameters(layers[layer])))
        return sizes

    def _describe(
        self, symptom: str, step: _Step, event: Event, before: float | None
    ) -> DivergenceError:
        what, layer = event
        kind = type(watched_layers(self.model)[layer]).__name__ if layer else ""
        name = f"the {what} of layer {layer} ({kind})" if layer else f"the {what}"
        size = "no step came before it" if before is None else f"{before:.3g} the step before"
        rates = ", ".join(f"{group['lr']:g}" for group in self.optimizer.param_groups)
        advice = (
            f"What usually helps: a smaller learning rate than {rates}; clipping the gradients "
            "(nn.utils.clip_grad_norm_); inputs scaled to about 1"
        )
        if what == "loss":
            advice += "; a loss that takes logits, if this one takes the logarithm of a 0"
        if what in ("inputs", "targets"):
            advice = "Look through the data: this batch holds NaN or infinite values"
        error = DivergenceError(
            f"training diverged: {symptom}. First to be infinite or NaN: {name}, in epoch "
            f"{step.epoch}, step {step.number} (largest entry: {size}). {advice}."
        )
        error.epoch, error.step, error.before = step.epoch, step.number, before
        error.what, error.layer = event
        return error
