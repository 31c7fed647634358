"""The instruments of the site: on which page each stands, and what `nnlib` says to its functions.
To add one is to add its models here; the tests beside this file ask the same of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nnlib
from nnlib import functional as F  # noqa: N812 - PyTorch's own name for it
from nnlib import nn

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


# Activations
def _activation(function: Callable[..., nnlib.Tensor]) -> Callable[[float], list[float]]:
    def value_and_slope(z: float) -> list[float]:
        total = float64(z, requires_grad=True)
        value = function(total)
        value.backward()
        return [value.item(), total.grad.item()]

    return value_and_slope


def _activation_model(function: str, breaks: tuple[str, str]) -> Model:
    return Model(
        function,
        _activation(getattr(F, function)),
        lambda rng: [rng.normal(scale=4)],
        tuple([z] for z in (0, 1, -1, 5, 1e-300, -1e-9, 20, -20, 36, -36, 700, -700, 1e300)),
        breaks,
    )


ACTIVATIONS = Instrument(
    name="activations",
    page="pieces/activations/",
    shows=("0.73", "0.27"),
    models=(
        _activation_model("relu", ("z > 0 ? 1 : 0", "z > 0 ? 1 : 0.01")),
        _activation_model("sigmoid", ("low * high]", "low * low]")),
        _activation_model("tanh", ("1 - value * value", "1 - value")),
        _activation_model("gelu", ("n / 2 / fraction", "n / fraction")),
        Model(
            "softmax",
            lambda totals, temperature: floats(F.softmax(float64(totals) / temperature, 0).numpy()),
            lambda rng: [floats(rng.normal(scale=3, size=3)), rng.uniform(0.05, 5)],
            ([[2, 1], 1], [[12, 11], 1], [[5, -5], 0.1], [[1000, -1000], 0.1], [[0, 0], 1e-9]),
            ("(total - top) / temperature", "(total - top)"),
        ),
    ),
)


# Losses
def _prices(z: float, y: int) -> dict[str, float]:
    total, truth = float64([z], requires_grad=True), float64([y])
    entropy = nn.BCEWithLogitsLoss()(total, truth)
    entropy.backward()
    first = total.grad.item()
    total = float64([z], requires_grad=True)
    squared = nn.MSELoss()(F.sigmoid(total), truth)
    (squared / 2).backward()
    return {
        "crossEntropy": entropy.item(),
        "squared": squared.item(),
        "half": squared.item() / 2,
        "crossEntropyPull": first,
        "halfPull": total.grad.item(),
    }


LOSSES = Instrument(
    name="losses",
    page="learning/losses/",
    shows=("0.578", "0.548", "−0.422", "0.089", "−0.103"),
    models=(
        Model(
            "prices",
            _prices,
            lambda rng: [rng.normal(scale=4), int(rng.integers(2))],
            tuple([z, y] for z in (0, 0.316, 30, -30, 700, -700, 1e-12) for y in (0, 1)),
            ("off * share(z)", "wrong * share(z)"),
        ),
        Model(
            "logit",
            lambda p: (nnlib.log(float64(p)) - nnlib.log(1 - float64(p))).item(),
            lambda rng: [rng.uniform(1e-3, 1 - 1e-3)],
            ([0.001], [0.5], [0.999], [1e-12]),
            ("- Math.log1p", "+ Math.log1p"),
        ),
    ),
)

INSTRUMENTS = (NEURON, ACTIVATIONS, LOSSES)
