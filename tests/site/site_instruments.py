"""The instruments of the site: on which page each stands, and what `nnlib` says to its functions.
To add one is to add its models here; the tests beside this file ask the same of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nnlib
from nnlib import functional as F

SETTINGS = 200
Settings = Callable[[np.random.Generator], list[Any]]


@dataclass(frozen=True)
class Model:
    """A function that a script exports, arguments for it, and the same from `nnlib`.

    `draw` gives random arguments; `extremes` are tried besides. `breaks` is a piece of the script
    and what to write in its place, by which this function comes to be wrong.
    """

    function: str
    truth: Callable[..., Any]
    draw: Settings
    extremes: tuple[list[Any], ...]
    breaks: tuple[str, str]

    def settings(self) -> list[list[Any]]:
        rng = np.random.default_rng(0)
        return [*([self.draw(rng) for _ in range(SETTINGS)]), *self.extremes]


@dataclass(frozen=True)
class Instrument:
    """`shows` are numbers of the page that the first sentence must state."""

    name: str
    page: str
    shows: tuple[str, ...]
    models: tuple[Model, ...]


def float64(values: Any, **options: Any) -> nnlib.Tensor:
    return nnlib.tensor(np.asarray(values, dtype=np.float64), **options)


def floats(values: Any) -> Any:
    """Numbers and lists as JSON has them."""
    return np.asarray(values, dtype=np.float64).tolist()


# A neuron
def _neuron(weights: list[float], bias: float, inputs: list[float]) -> dict[str, Any]:
    z = F.linear(float64([inputs]), float64([weights]), float64([bias])).item()
    return {"terms": [*floats(float64(weights) * float64(inputs)), bias], "z": z}


def _at_the_line(weights: list[float], bias: float, point: list[float]) -> list[float]:
    """`point`, moved along the gradient of the neuron's total until the total is zero."""
    x = float64(point, requires_grad=True)
    z = F.linear(x.reshape(1, 2), float64([weights]), float64([bias]))
    z.sum().backward()
    slope = x.grad.numpy()
    return floats(np.array(point) - z.item() * slope / (slope @ slope))


NEURON = Instrument(
    name="neuron",
    page="pieces/neuron/",
    shows=("0.36", "0.24", "0.60"),
    models=(
        Model(
            "neuron",
            _neuron,
            lambda rng: [floats(rng.normal(size=2)), rng.normal(), floats(rng.random(2))],
            ([[0, 0], 0, [0, 0]], [[1e9, -1e9], 1.5, [1, 1]], [[1e-300, 1], -1e-300, [1e300, 0]]),
            ("weight * inputs[index]", "weight + inputs[index]"),
        ),
        Model(
            "nearestUndecided",
            _at_the_line,
            lambda rng: [floats(rng.normal(size=2)), rng.normal(), floats(rng.random(2))],
            ([[0, 1], 0, [0.5, 0.5]], [[1e-6, 0], 1.5, [0.5, 0.5]], [[1, -1], 0, [0.5, 0.5]]),
            ("(w1 * x + w2 * y + bias) / length", "(w1 * x + w2 * y - bias) / length"),
        ),
    ),
)

INSTRUMENTS = (NEURON,)
