"""What flows through each layer while a network learns: activations, gradients, sizes of steps.

A loss that does not fall says that something is wrong, but not what. These numbers usually do.
"""

import math
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from nnlib._divergence import only_tensor, watched_layers
from nnlib.nn.module import HookHandle, Module, Parameter
from nnlib.tensor import Array, Tensor, is_grad_enabled
from nnlib.training import Callback, State

SERIES = (
    "loss",
    "activation_mean",
    "activation_std",
    "dead",
    "saturated",
    "gradient_mean",
    "gradient_std",
    "gradient_norm",
    "update_ratio",
)
INPUT = "(input)"

NEAR = 0.02  # a sigmoid this close to 0 or 1, or a tanh this close to -1 or 1, is saturated
INPUT_SIZE = 10.0  # inputs and what the first layer makes of them should be about 1
RISE = 1.1  # the loss of the last tenth of the steps over that of the first tenth
UPDATE_LARGE = (
    0.1  # in half of the steps; a healthy one moves weights by a thousandth of their size
)
UPDATE_HUGE = 2.0  # in any step: what was learnt before it is gone, and ReLUs often die of it
UPDATE_SMALL = 1e-5  # in every step
DEAD_STEPS = 20  # so many batches in a row without a sign of life
DEAD_SHARE = 0.5  # a few are dead from the start, and do no harm
SATURATED_SHARE = 0.5


class Finding(NamedTuple):
    """Something that ``diagnose`` found: its kind, the layer, the number, and it all in words.

    >>> Finding("dead units", "1", 0.75, "75 % of the units of layer 1 are dead").kind
    'dead units'
    """

    kind: str
    layer: str
    value: float
    text: str

    def __str__(self) -> str:
        return self.text


class Monitor(Callback):
    """Records, for each layer and step, what flows through it. A layer is what computes: a module
    with parameters of its own or nothing inside.

    ``history[series][layer]`` is a list with a number for each of ``steps``, NaN where there is
    none. The series:

    - ``loss``: under the name ``"loss"``;
    - ``activation_mean`` and ``activation_std`` of the layer's output, over all its entries; under
      ``"(input)"`` those of what the first layer is given;
    - ``dead``, of a ReLU's output: the share of units that are 0 for every example of the batch;
    - ``saturated``: the share of a sigmoid's outputs within 0.02 of 0 or 1, or of a tanh's within
      0.02 of −1 or 1, where the slope is below 0.04;
    - ``gradient_mean`` and ``gradient_std`` of the loss's gradient at the layer's output;
    - ``gradient_norm``: ‖g‖ over all of the layer's own parameters;
    - ``update_ratio``: ‖new w − old w‖ / ‖old w‖ over the same; about 1e-3 is healthy.

    It is one of the ``callbacks`` of ``fit``, or is used by hand, ``step`` after the optimiser's.
    A layer that runs more than once a step is measured where it last ran, and passes under
    ``no_grad`` are not seen. ReLU, sigmoid and tanh are known by the operation that made the
    output: one called inside a ``forward`` of your own is seen when it comes last there.

    >>> import nnlib
    >>> from nnlib import nn
    >>> from nnlib.monitor import Monitor
    >>> X, y = nnlib.datasets.fruit()
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> optimizer, loss = nnlib.optim.SGD(model.parameters(), lr=0.1), nn.BCEWithLogitsLoss()
    >>> with Monitor(model) as m:
    ...     for _ in range(3):
    ...         value = loss(model(X), y)
    ...         optimizer.zero_grad()
    ...         value.backward()
    ...         optimizer.step()
    ...         m.step(value)
    >>> m.steps, list(m.history["dead"]), len(m.history["update_ratio"]["2"])
    ([1, 2, 3], ['1'], 3)
    """

    def __init__(self, model: Module) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"model: expected a Module, got {type(model).__name__}")
        self.model = model
        self.layers = watched_layers(model)
        self.steps: list[int] = []
        self.history: dict[str, dict[str, list[float]]] = {series: {} for series in SERIES}
        self._handles: list[HookHandle] = []
        self._outputs: dict[str, Tensor] = {}
        self._input: Tensor | None = None
        self._first = self._last = ""
        self._silent: dict[str, Array] = {}  # for each unit, for how many steps it has been 0
        self._weights: dict[str, list[Array]] = {}

    # ---- recording -------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._handles:
            raise RuntimeError("the Monitor is watching already")
        self._handles = [
            module.register_forward_hook(self._hook(layer)) for layer, module in self.layers.items()
        ]
        self._remember_weights()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._forget_pass()

    def on_train_begin(self, state: State) -> None:
        """Begin to watch."""
        if state.model is not self.model:
            raise ValueError("model: expected the Monitor of the model that is trained")
        self.__enter__()

    def on_step_end(self, state: State) -> None:
        """Record the step."""
        self.step(state.loss)

    def on_train_end(self, state: State) -> None:
        """Stop watching."""
        self.__exit__(None, None, None)

    def step(self, loss: Tensor | float = math.nan) -> None:
        """Record a step: call it once the optimiser has taken it.

        Raises ``RuntimeError`` outside the ``with`` block, or when no forward pass was seen.
        """
        if not self._handles:
            raise RuntimeError("step() outside the Monitor's with block")
        if not self._outputs:
            raise RuntimeError("step() expected a forward pass of the model since the last one")
        self.steps.append(len(self.steps) + 1)
        # An overflow is a finding here, not a warning.
        with np.errstate(all="ignore"):
            self._note("loss", "loss", float(loss))
            if self._input is not None and self._input.dtype.kind == "f":
                self._note_spread("activation", INPUT, self._input.array)
            for layer, output in self._outputs.items():
                self._measure_output(layer, output)
            for layer, old in self._weights.items():
                self._measure_weights(layer, old)
        for rows in self.history.values():
            for row in rows.values():
                row.extend([math.nan] * (len(self.steps) - len(row)))
        self._forget_pass()
        self._remember_weights()

    def _measure_output(self, layer: str, output: Tensor) -> None:
        y = output.array
        self._note_spread("activation", layer, y)
        if output.grad is not None:
            self._note_spread("gradient", layer, output.grad.array)
        if output.grad_fn == "relu":
            dead = (y.reshape(len(y), -1) == 0).all(axis=0) if y.ndim else y == 0
            before = self._silent.get(layer, np.zeros(0))
            if before.shape != dead.shape:
                before = np.zeros(dead.shape, np.int64)
            self._silent[layer] = (before + 1) * dead
            self._note("dead", layer, float(dead.mean()))
        elif output.grad_fn in ("sigmoid", "tanh"):
            low = 0 if output.grad_fn == "sigmoid" else -1
            self._note("saturated", layer, float(((y < low + NEAR) | (y > 1 - NEAR)).mean()))

    def _measure_weights(self, layer: str, old: list[Array]) -> None:
        parameters = self.layers[layer]._members(Parameter).values()
        gradients = [p.grad.array for p in parameters if p.grad is not None]
        if gradients:
            self._note("gradient_norm", layer, _norm(gradients))
        moved = _norm([p.array - w for p, w in zip(parameters, old, strict=True)])
        size = _norm(old)
        self._note("update_ratio", layer, moved / size if size else math.nan)

    def _note_spread(self, what: str, layer: str, array: Array) -> None:
        numbers = array.astype(np.float64)
        self._note(f"{what}_mean", layer, float(numbers.mean()) if numbers.size else math.nan)
        self._note(f"{what}_std", layer, float(numbers.std()) if numbers.size else math.nan)

    def _note(self, series: str, layer: str, value: float) -> None:
        row = self.history[series].setdefault(layer, [])
        row.extend([math.nan] * (len(self.steps) - 1 - len(row)))
        row.append(value)

    def _hook(self, layer: str) -> Any:
        def hook(module: Module, args: tuple[Any, ...], output: Any) -> None:
            tensor = only_tensor(output)
            if tensor is None or not is_grad_enabled():
                return
            if tensor.requires_grad:
                tensor.retain_grad()
            self._first, self._last = self._first or layer, layer
            self._outputs[layer] = tensor
            if layer == self._first and args:
                self._input = only_tensor(args[0])

        return hook

    def _forget_pass(self) -> None:
        self._outputs, self._input = {}, None

    def _remember_weights(self) -> None:
        members = {name: layer._members(Parameter) for name, layer in self.layers.items()}
        self._weights = {
            layer: [parameter.array.copy() for parameter in own.values()]
            for layer, own in members.items()
            if own
        }

    # ---- reading ---------------------------------------------------------------------------

    def summary(self) -> str:
        """A table of the last step: a line a layer, a dash where there is nothing to measure."""
        if not self.steps:
            return "no steps recorded"
        lines = [f"step {self.steps[-1]}, loss {self.history['loss']['loss'][-1]:.3g}"]
        names = [INPUT, *self.layers]
        width = max(map(len, names))
        titles = ("mean", "std", "dead", "saturated", "gradient", "update")
        series = ("activation_mean", "activation_std", *SERIES[3:5], *SERIES[7:])
        lines.append(" " * width + "".join(f"{title:>11}" for title in titles))
        for layer in names:
            cells = []
            for each in series:
                value = self.history[each].get(layer, [math.nan])[-1]
                share = each in ("dead", "saturated")
                cells.append("-" if math.isnan(value) else f"{value:{'.0%' if share else '.2g'}}")
            lines.append(f"{layer:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
        return "\n".join(lines)

    def diagnose(self) -> list[Finding]:
        """What looks wrong, the likeliest cause first: those after it may follow from it.

        - ``"unscaled inputs"``: at the first step the input and what the first layer made of it
          both have a root mean square above 10;
        - ``"step too large"``: the loss of the last tenth of the steps averages more than 1.1
          times that of the first tenth, or is not finite; or a step moved some layer by more than
          twice its weights' size; or half of them did so by more than a tenth;
        - ``"dead units"``: more than half of a layer's units were 0 for every example of the last
          20 batches;
        - ``"saturated units"``: in half of the steps more than half of the outputs of a sigmoid or
          tanh inside the network were saturated (a last one may be: it is sure of its answer);
        - ``"step too small"``: no layer ever moved by more than 1e-5 of its weights' size.
        """
        if not self.steps:
            return []
        found = [*self._unscaled(), *self._too_large(), *self._dead()]
        return [*found, *self._saturated(), *self._too_small()]

    def _unscaled(self) -> list[Finding]:
        mean, std = self.history["activation_mean"], self.history["activation_std"]
        sizes = [math.hypot(mean[k][0], std[k][0]) for k in (INPUT, self._first) if k in mean]
        if len(sizes) < 2 or not min(sizes) > INPUT_SIZE:
            return []
        text = (
            f"The inputs are not scaled: their size is {sizes[0]:.3g} where about 1 is right, and "
            f"layer {self._first} makes {sizes[1]:.3g} of it."
        )
        return [Finding("unscaled inputs", self._first, sizes[0], text)]

    def _too_large(self) -> list[Finding]:
        facts: list[tuple[str, float, str]] = []
        losses = self.history["loss"]["loss"]
        if len(losses) > 1 and not all(map(math.isnan, losses)):
            tenth = max(1, len(losses) // 10)
            first, last = float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))
            if not last <= first + (RISE - 1) * abs(first):
                facts.append(("", last, f"the loss rose from {first:.3g} to {last:.3g}"))
        rows = self._updates()
        most, layer = max(((max(row), layer) for layer, row in rows.items()), default=(0.0, ""))
        if most > UPDATE_HUGE:
            facts.append((layer, most, f"one moved layer {layer} by {most:.2g} times its weights"))
        typical, layer = max(
            ((float(np.median(row)), layer) for layer, row in rows.items()), default=(0.0, "")
        )
        if typical > UPDATE_LARGE:
            facts.append((layer, typical, f"half moved layer {layer} by {typical:.2g} or more"))
        if not facts:
            return []
        text = f"The steps are too large: {'; '.join(fact for _, _, fact in facts)}."
        return [Finding("step too large", facts[0][0], facts[0][1], text)]

    def _updates(self) -> dict[str, list[float]]:
        """The update ratios of each layer that are known: there are none of weights that were 0."""
        rows = self.history["update_ratio"].items()
        known = {layer: [ratio for ratio in row if not math.isnan(ratio)] for layer, row in rows}
        return {layer: row for layer, row in known.items() if row}

    def _dead(self) -> list[Finding]:
        enough = min(len(self.steps), DEAD_STEPS)
        found = []
        for layer, silent in self._silent.items():
            dead, units = int((silent >= enough).sum()), silent.size
            if dead > DEAD_SHARE * units:
                text = (
                    f"Dead units: {dead} of {units} units of layer {layer} were 0 for every "
                    f"example of the last {enough} batches."
                )
                found.append(Finding("dead units", layer, dead / units, text))
        return found

    def _saturated(self) -> list[Finding]:
        found = []
        for layer, shares in self.history["saturated"].items():
            share = float(np.median([each for each in shares if not math.isnan(each)]))
            if share > SATURATED_SHARE and layer != self._last:
                text = (
                    f"Saturated units: {share:.0%} of the outputs of layer {layer} are within "
                    f"{NEAR} of their limits, where the slope is nearly 0."
                )
                found.append(Finding("saturated units", layer, share, text))
        return found

    def _too_small(self) -> list[Finding]:
        largest = max((ratio for row in self._updates().values() for ratio in row), default=1.0)
        if not largest < UPDATE_SMALL:
            return []
        text = (
            f"The steps are too small: no layer ever moved by more than {largest:.2g} times its "
            "weights, where 0.001 is healthy."
        )
        return [Finding("step too small", "", largest, text)]


def _norm(arrays: list[Array]) -> float:
    """The root of the sum of all squares, in float64: those of float32 overflow too soon."""
    flat = [array.astype(np.float64).ravel() for array in arrays]
    return math.sqrt(sum(float(np.dot(each, each)) for each in flat))
