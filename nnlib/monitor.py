"""What flows through each layer while a network learns: activations, gradients, sizes of steps.

A loss that does not fall says that something is wrong, but not what. These numbers usually do.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple, Self

import numpy as np

from nnlib._arguments import expect, expect_type
from nnlib._watching import own_parameters, watched_layers, watching
from nnlib.nn.module import Module
from nnlib.tensor import Array, Tensor, is_grad_enabled
from nnlib.training import Callback, State

SERIES = (
    "loss", "activation_mean", "activation_std", "dead", "saturated",
    "gradient_mean", "gradient_std", "gradient_norm", "update_ratio",
)  # fmt: skip
INPUT = "(input)"

NEAR = 0.02  # a sigmoid this close to 0 or 1, or a tanh this close to -1 or 1, is saturated
INPUT_SIZE = 10.0  # inputs and what the first layer makes of them should be about 1
RISE = 1.1  # the loss of the last tenth of the steps over that of the first tenth
UPDATE_LARGE = 0.1  # in half of the steps; a healthy one moves weights by 0.001 of their size
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
        expect_type(model, "model", "a Module", Module)
        self.model, self.layers = model, watched_layers(model)
        self.steps: list[int] = []
        self.history: dict[str, dict[str, list[float]]] = {series: {} for series in SERIES}
        self._watching: ExitStack | None = None
        self._outputs: dict[str, Tensor] = {}
        self._input: Any = None
        self._first = self._last = ""
        self._silent: dict[str, Array] = {}  # for each unit, for how many steps it has been 0

    def __enter__(self) -> Self:
        if self._watching is not None:
            raise RuntimeError("the Monitor is watching already")
        self._watching = ExitStack()
        self._watching.enter_context(watching(self.model, self._see))
        self._begin_step()
        return self

    def __exit__(self, *error: object) -> None:
        if self._watching is not None:
            self._watching.close()
        self._watching = None

    def on_train_begin(self, state: State) -> None:
        """Begin to watch."""
        same = state.model is self.model
        expect(same, "model", "the Monitor of the model that is trained", "another's")
        self.__enter__()

    def on_step_end(self, state: State) -> None:
        """Record the step."""
        self.step(state.loss)

    def on_train_end(self, state: State) -> None:
        """Stop watching."""
        self.__exit__()

    def _begin_step(self) -> None:
        self._outputs, self._input = {}, None
        own = {layer: own_parameters(module) for layer, module in self.layers.items()}
        self._weights = {layer: [p.array.copy() for p in own[layer]] for layer in own if own[layer]}

    def _see(self, layer: str, args: tuple[Any, ...], output: Tensor) -> None:
        if is_grad_enabled():
            self._first, self._last = self._first or layer, layer
            self._outputs[layer] = output
            if layer == self._first and args:
                self._input = args[0]

    def step(self, loss: Tensor | float = math.nan) -> None:
        """Record a step: call it once the optimiser has taken it.

        Raises ``RuntimeError`` outside the ``with`` block, or when no forward pass was seen.
        """
        if self._watching is None:
            raise RuntimeError("step() outside the Monitor's with block")
        if not self._outputs:
            raise RuntimeError("step() expected a forward pass of the model since the last one")
        self.steps.append(len(self.steps) + 1)
        with np.errstate(all="ignore"):  # an overflow is a finding here, not a warning
            for series, layer, value in self._measured(float(loss)):
                earlier = [math.nan] * (len(self.steps) - 1)
                self.history[series].setdefault(layer, earlier).append(value)
        for row in (row for rows in self.history.values() for row in rows.values()):
            row.extend([math.nan] * (len(self.steps) - len(row)))
        self._begin_step()

    def _measured(self, loss: float) -> Iterator[tuple[str, str, float]]:
        """The step's numbers: series, layer, value."""
        yield "loss", "loss", loss
        if isinstance(self._input, Tensor) and self._input.dtype.kind == "f":
            yield from _spread("activation", INPUT, self._input.array)
        for layer, output in self._outputs.items():
            y = output.array
            yield from _spread("activation", layer, y)
            if output.grad is not None:
                yield from _spread("gradient", layer, output.grad.array)
            if output.grad_fn == "relu":
                dead = (y == 0).all(axis=0)
                before = self._silent.get(layer, np.zeros(0, np.int64))
                self._silent[layer] = dead * (before + 1 if before.shape == dead.shape else 1)
                yield "dead", layer, float(dead.mean())
            elif output.grad_fn in ("sigmoid", "tanh"):
                low = 0 if output.grad_fn == "sigmoid" else -1
                yield "saturated", layer, float(((y < low + NEAR) | (y > 1 - NEAR)).mean())
        for layer, old in self._weights.items():
            parameters = own_parameters(self.layers[layer])
            if gradients := [p.grad.array for p in parameters if p.grad is not None]:
                yield "gradient_norm", layer, _norm(gradients)
            moved = _norm([p.array - w for p, w in zip(parameters, old, strict=True)])
            yield "update_ratio", layer, moved / _norm(old) if _norm(old) else math.nan

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
        return list(self._findings()) if self.steps else []

    def _findings(self) -> Iterator[Finding]:
        mean, std = self.history["activation_mean"], self.history["activation_std"]
        sizes = [math.hypot(mean[k][0], std[k][0]) for k in (INPUT, self._first) if k in mean]
        if len(sizes) == 2 and min(sizes) > INPUT_SIZE:
            text = f"Inputs not scaled: {sizes[0]:.3g} where about 1 is right, then {sizes[1]:.3g}."
            yield Finding("unscaled inputs", self._first, sizes[0], text)

        # There are no ratios for weights that were 0.
        known = {k: np.array(row) for k, row in self.history["update_ratio"].items()}
        ratios = {k: row[row == row] for k, row in known.items() if (row == row).any()}
        most, hasty = max(((row.max(), k) for k, row in ratios.items()), default=(0.0, ""))
        usual, fast = max(((np.median(row), k) for k, row in ratios.items()), default=(0.0, ""))
        losses = self.history["loss"]["loss"]
        tenth = max(1, len(losses) // 10)
        first, last = float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))
        given = len(losses) > 1 and not np.isnan(losses).all()
        if given and not last <= first + (RISE - 1) * abs(first):
            text = f"Steps too large: the loss rose from {first:.3g} to {last:.3g}."
            yield Finding("step too large", "", last, text)
        elif most > UPDATE_HUGE:
            text = f"Steps too large: one moved layer {hasty} by {most:.2g} times its weights."
            yield Finding("step too large", hasty, float(most), text)
        elif usual > UPDATE_LARGE:
            text = f"Steps too large: half moved layer {fast} by {usual:.2g} of its weights."
            yield Finding("step too large", fast, float(usual), text)

        enough = min(len(self.steps), DEAD_STEPS)
        for layer, silent in self._silent.items():
            dead, units = int((silent >= enough).sum()), silent.size
            if dead > DEAD_SHARE * units:
                text = f"Dead units: {dead} of {units} units of layer {layer} were 0 for every "
                text += f"example of the last {enough} batches."
                yield Finding("dead units", layer, dead / units, text)

        for layer, shares in self.history["saturated"].items():
            share = float(np.nanmedian(shares))
            if share > SATURATED_SHARE and layer != self._last:
                text = f"Saturated units: {share:.0%} of layer {layer}'s outputs are at a limit."
                yield Finding("saturated units", layer, share, text)

        if ratios and most < UPDATE_SMALL:
            text = f"Steps too small: none moved a layer by more than {most:.2g} of its weights."
            yield Finding("step too small", hasty, float(most), text)


def _spread(what: str, layer: str, array: Array) -> Iterator[tuple[str, str, float]]:
    numbers = array.astype(np.float64) if array.size else np.array(math.nan)
    yield f"{what}_mean", layer, float(numbers.mean())
    yield f"{what}_std", layer, float(numbers.std())


def _norm(arrays: list[Array]) -> float:
    """The root of the sum of all squares, in float64: those of float32 overflow too soon."""
    flat = [array.astype(np.float64).ravel() for array in arrays]
    return math.sqrt(sum(float(np.dot(each, each)) for each in flat))
