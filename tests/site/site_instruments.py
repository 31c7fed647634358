"""The instruments of the site: on which page each stands, and what `nnlib` says to its functions.
To add one is to add its models here; the tests beside this file ask the same of each."""

import itertools
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page
from site_reading import settled

import nnlib
from nnlib import datasets, nn, optim
from nnlib import functional as F  # noqa: N812 - PyTorch's own name for it
from nnlib.training import accuracy

SETTINGS = 200
# As numbers are written down where many are needed, a sign each.
_SIGNS = string.digits + string.ascii_lowercase + string.ascii_uppercase + "-_"
Settings = Callable[[np.random.Generator], list[Any]]


@dataclass(frozen=True)
class Model:
    """A function that a script exports, arguments for it, and the same from `nnlib`.

    `draw` gives random arguments; `extremes` are tried besides. `breaks` is a piece of the script
    and what to write in its place, by which this function comes to be wrong. `rounded` is how far
    apart rounding may set two answers that are near zero.
    """

    function: str
    truth: Callable[..., Any]
    draw: Settings
    extremes: tuple[list[Any], ...]
    breaks: tuple[str, str]
    # A sum of numbers around one is rounded at its sixteenth digit, however small it comes out.
    rounded: float = 1e-14

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


def _activation_model(
    function: str, breaks: tuple[str, str], truth: Callable[..., nnlib.Tensor] | None = None
) -> Model:
    return Model(
        function,
        _activation(truth or getattr(F, function)),
        lambda rng: [rng.normal(scale=4)],
        tuple([z] for z in (0, 1, -1, 5, 1e-300, -1e-9, 20, -20, 36, -36, 700, -700, 1e300)),
        breaks,
    )


ACTIVATIONS = Instrument(
    name="activations",
    page="pieces/activations/",
    shows=("0.73",),
    models=(
        _activation_model("relu", ("z > 0 ? 1 : 0", "z > 0 ? 1 : 0.01")),
        _activation_model("sigmoid", ("low * high]", "low * low]")),
        _activation_model("tanh", ("1 - value * value", "1 - value")),
        _activation_model("gelu", ("n / 2 / fraction", "n / fraction")),
        _activation_model("leaky", ("0.1 * z, 0.1", "0.1 * z, 1"), nn.LeakyReLU(0.1)),
        _activation_model("none", ("(z) => [z, 1]", "(z) => [z, z]"), lambda z: 1 * z),
    ),
)

SOFTMAX = Instrument(
    name="softmax",
    page="pieces/activations/",
    shows=("0.73", "0.27"),
    models=(
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


# Layers
def _forward(weights: dict[str, Any], inputs: list[float]) -> dict[str, Any]:
    z = F.linear(float64([inputs]), float64(weights["hidden"]), float64(weights["biases"]))
    h = F.relu(z)
    out = F.linear(h, float64([weights["output"]]), float64([weights["bias"]]))
    return {
        "z": floats(z.numpy()[0]),
        "h": floats(h.numpy()[0]),
        "out": out.item(),
        "answer": F.sigmoid(out).item(),
    }


def _network(rng: np.random.Generator, scale: float = 1.0) -> list[Any]:
    shapes = {"hidden": (3, 2), "biases": 3, "output": 3, "bias": None}
    weights = {name: floats(rng.normal(scale=scale, size=size)) for name, size in shapes.items()}
    return [weights, floats(rng.random(2))]


_NOTHING = {"hidden": [[0, 0]] * 3, "biases": [0] * 3, "output": [0] * 3, "bias": 0}
_HUGE = {"hidden": [[2, 2]] * 3, "biases": [2] * 3, "output": [2] * 3, "bias": -900}

LAYERS = Instrument(
    name="layers",
    page="pieces/layers/",
    shows=("0.496", "0.6215"),
    models=(
        Model(
            "forward",
            _forward,
            _network,
            ([_NOTHING, [0, 0]], [_HUGE, [1, 1]], [_HUGE | {"bias": 900}, [1, 1]]),
            ("Math.max(0, total)", "Math.max(-0.1, total)"),
        ),
    ),
)


# Gradient descent
def _height(landscape: str, place: nnlib.Tensor) -> nnlib.Tensor:
    w1, w2 = place[0], place[1]
    if landscape == "valleys":
        return (w1**2 - 1) ** 2 + 0.3 * w1 + 0.5 * w2**2
    return 0.5 * (w1**2 + (10 if landscape == "ravine" else 1) * w2**2)


def _slope(landscape: str, place: Any) -> np.ndarray[Any, Any]:
    w = float64(place, requires_grad=True)
    _height(landscape, w).backward()
    return w.grad.numpy().copy()


def _curvature(landscape: str, place: list[float]) -> float:
    """From differences of gradients, extrapolated: exact where the gradient is a cubic."""

    def second(axis: int, step: float) -> float:
        by = step * np.eye(2)[axis]
        up, down = _slope(landscape, place + by), _slope(landscape, place - by)
        return float((up - down)[axis] / (2 * step))

    return max((4 * second(axis, 0.5) - second(axis, 1.0)) / 3 for axis in (0, 1))


def _descend(
    landscape: str, walk: str, start: list[float], eta: float, steps: int
) -> list[list[float]]:
    w = float64(start, requires_grad=True)
    optimizer = {
        "plain": lambda: optim.SGD([w], lr=eta),
        "momentum": lambda: optim.SGD([w], lr=eta, momentum=0.6),
        "Adam": lambda: optim.Adam([w], lr=eta),
    }[walk]()
    path = [floats(w.detach().numpy())]
    for _ in range(steps):
        optimizer.zero_grad()
        _height(landscape, w).backward()
        optimizer.step()
        path.append(floats(w.detach().numpy()))
    return path


def _walk(rng: np.random.Generator) -> list[Any]:
    landscape = str(rng.choice(["ravine", "bowl", "valleys"]))
    walk = str(rng.choice(["plain", "momentum", "Adam"]))
    # Where the two valleys throw the ball about, the last digit of a start decides its end.
    most, reach = (0.05, 1.8) if landscape == "valleys" else (2.5, 9.0)
    return [landscape, walk, floats(rng.uniform(-reach, reach, 2)), rng.uniform(0.001, most), 20]


def _place(rng: np.random.Generator) -> list[Any]:
    return [str(rng.choice(["ravine", "bowl", "valleys"])), floats(rng.uniform(-9, 9, 2))]


_PLACES = (["ravine", [0, 0]], ["bowl", [9, -7]], ["valleys", [0, 0]], ["valleys", [-1, 1e6]])

DESCENT = Instrument(
    name="descent",
    page="learning/gradient-descent/",
    shows=("0.19", "0.045", "30"),
    models=(
        Model(
            "loss",
            lambda landscape, place: _height(landscape, float64(place)).item(),
            _place,
            _PLACES,
            ("+ 0.3 * w1 +", "- 0.3 * w1 +"),
        ),
        Model(
            "gradient",
            lambda landscape, place: floats(_slope(landscape, place)),
            _place,
            _PLACES,
            ("(w1 * w1 - 1) + 0.3, w2]", "(w1 * w1 - 1) - 0.3, w2]"),
        ),
        Model("curvature", _curvature, _place, _PLACES[:3], ("12 * w1 * w1 - 4, 1", "12 * w1, 1")),
        Model(
            "descend",
            _descend,
            _walk,
            (
                ["ravine", "plain", [8, 1], 0.2, 100],
                ["ravine", "plain", [8, 1], 8, 60],
                ["ravine", "momentum", [8, 1], 8, 60],
                ["bowl", "Adam", [9, -7], 8, 100],
                ["bowl", "plain", [0, 0], 1, 5],
                ["valleys", "plain", [-2, 0], 0.02, 100],
            ),
            ("MOMENTUM * speed + g", "MOMENTUM * speed + (1 - MOMENTUM) * g"),
        ),
    ),
)


# Backpropagation
_NINE = {"W": (2, 2), "b": 2, "v": 2, "c": None}


def _graph(
    weights: dict[str, Any], x: list[float], y: int
) -> tuple[dict[str, nnlib.Tensor], dict[str, nnlib.Tensor]]:
    leaves = {name: float64(value, requires_grad=True) for name, value in weights.items()}
    z = leaves["W"] @ float64(x) + leaves["b"]
    h = nnlib.relu(z)
    z3 = leaves["v"] @ h + leaves["c"]
    prediction = nnlib.sigmoid(z3)
    loss = -nnlib.log(prediction if y == 1 else 1 - prediction)
    return leaves, {"z": z, "h": h, "z3": z3, "prediction": prediction, "loss": loss}


def _graph_values(weights: dict[str, Any], x: list[float], y: int) -> dict[str, Any]:
    _, places = _graph(weights, x, y)
    return {name: floats(place.detach().numpy()) for name, place in places.items()}


def _graph_gradients(weights: dict[str, Any], x: list[float], y: int) -> dict[str, Any]:
    leaves, places = _graph(weights, x, y)
    loss = places.pop("loss")
    for place in places.values():
        place.retain_grad()
    loss.backward()
    return {name: floats(place.grad.numpy()) for name, place in (leaves | places).items()}


def _graph_step(weights: dict[str, Any], x: list[float], y: int, eta: float) -> dict[str, Any]:
    leaves, places = _graph(weights, x, y)
    optimizer = optim.SGD(list(leaves.values()), lr=eta)
    places["loss"].backward()
    optimizer.step()
    return {name: floats(leaf.detach().numpy()) for name, leaf in leaves.items()}


def _nudge(weights: dict[str, Any], index: int, size: float, x: list[float], y: int) -> float:
    losses = []
    for way in (1, -1):
        flat = np.concatenate([np.ravel(weights[name]).astype(np.float64) for name in _NINE])
        flat[index] += way * size
        parts = np.split(flat, [4, 6, 8])
        moved = dict(zip(_NINE, [parts[0].reshape(2, 2), *parts[1:3], parts[3][0]], strict=True))
        losses.append(_graph(moved, x, y)[1]["loss"].item())
    return (losses[0] - losses[1]) / (2 * size)


def _nine(rng: np.random.Generator) -> list[Any]:
    weights = {name: floats(rng.uniform(-2, 2, size)) for name, size in _NINE.items()}
    return [weights, floats(rng.random(2)), int(rng.integers(2))]


_ALL_ZERO = {"W": [[0, 0], [0, 0]], "b": [0, 0], "v": [0, 0], "c": 0}
_ALL_TWO = {"W": [[2, 2], [2, 2]], "b": [2, 2], "v": [2, -2], "c": 2}
_EDGES = tuple([w, [0.9, 0.8], y] for w in (_ALL_ZERO, _ALL_TWO) for y in (0, 1))

BACKPROPAGATION = Instrument(
    name="backpropagation",
    page="learning/backpropagation/",
    shows=("0.9", "−0.211", "−0.190", "0.548"),
    models=(
        Model("forward", _graph_values, _nine, _EDGES, ("dot(v, h) + c", "dot(v, z) + c")),
        Model(
            "backward",
            _graph_gradients,
            _nine,
            _EDGES,
            ("(z[unit] > 0 ? blame : 0)", "blame"),
        ),
        Model(
            "step",
            _graph_step,
            lambda rng: [*_nine(rng), rng.uniform(0, 1)],
            tuple([*edge, 0.1] for edge in _EDGES),
            ("weight - eta", "weight + eta"),
        ),
        Model(
            "nudge",
            _nudge,
            lambda rng: [(nine := _nine(rng))[0], int(rng.integers(9)), 0.01, *nine[1:]],
            tuple([weights, 4, 0.01, x, y] for weights, x, y in _EDGES),
            ("(2 * size)", "size"),
            # A difference of two losses, divided by a fiftieth.
            rounded=1e-12,
        ),
    ),
)


# Dead ReLUs
def _relu_network(parameters: list[Any]) -> nn.Module:
    model = nn.Sequential(nn.Linear(2, len(parameters[1])), nn.ReLU(), nn.Linear(4, 1)).double()
    for parameter, values in zip(model.parameters(), parameters, strict=True):
        parameter.array[:] = values
    return model


def _highest(parameters: list[Any], points: list[Any]) -> list[float]:
    return floats(_relu_network(parameters)[0](float64(points)).detach().numpy().max(axis=0))


def _network_step(
    parameters: list[Any], points: list[Any], labels: list[Any], eta: float
) -> dict[str, Any]:
    model = _relu_network(parameters)
    loss = nn.BCEWithLogitsLoss()(model(float64(points)), float64(labels))
    loss.backward()
    optim.SGD(model.parameters(), lr=eta).step()
    return {
        "loss": loss.item(),
        "network": [floats(p.detach().numpy()) for p in model.parameters()],
    }


def _relu_parameters(rng: np.random.Generator) -> list[Any]:
    return [floats(rng.normal(size=shape)) for shape in ((4, 2), 4, (1, 4), 1)]


def _relu_step(rng: np.random.Generator) -> list[Any]:
    points, labels = floats(rng.normal(size=(12, 2))), floats(rng.integers(2, size=(12, 1)))
    return [_relu_parameters(rng), points, labels, float(rng.choice([0.1, 0.5, 2, 10, 50]))]


_CLOSED = [[[0, 0]] * 4, [-5] * 4, [[1] * 4], [0]]
_SURE = [[[0, 0]] * 4, [700] * 4, [[1] * 4], [0]]

DEAD_UNITS = Instrument(
    name="dead-units",
    page="pitfalls/dead-units/",
    shows=("11", "16", "8", "10"),
    models=(
        Model(
            "highest",
            _highest,
            lambda rng: [_relu_parameters(rng), floats(rng.normal(size=(12, 2)))],
            ([_CLOSED, [[1, 1]]],),
            ("Math.max(...points", "Math.min(...points"),
        ),
        Model(
            "step",
            _network_step,
            _relu_step,
            tuple([net, [[1, 1], [0, 1]], [[0], [1]], 10] for net in (_CLOSED, _SURE)),
            ("if (value <= 0) return;", ""),
        ),
    ),
)


# Convolution
def _convolve(image: Any, kernel: Any, stride: int, padding: int) -> list[Any]:
    as_batch = [float64([[table]]) for table in (image, kernel)]
    return floats(F.conv2d(*as_batch, stride=stride, padding=padding).numpy()[0, 0])


def _stamp(rng: np.random.Generator) -> list[Any]:
    side = int(rng.integers(3, 9))
    tables = floats(rng.random((side, side))), floats(rng.normal(size=(3, 3)))
    return [*tables, int(rng.integers(1, 4)), int(rng.integers(2))]


def _sides(rng: np.random.Generator) -> list[Any]:
    return [int(rng.integers(3, 30)), 3, int(rng.integers(3)), int(rng.integers(1, 4))]


def _side(size: int, kernel: int, padding: int, stride: int) -> int:
    return len(_convolve(np.zeros((size, size)), np.zeros((kernel, kernel)), stride, padding))


CONVOLUTION = Instrument(
    name="convolution",
    page="architectures/convolution/",
    shows=("3", "5", "1", "0"),
    models=(
        Model(
            "convolve",
            _convolve,
            _stamp,
            (
                [[[0, 0, 1, 1, 1]] * 5, [[-1, 0, 1]] * 3, 1, 0],
                [[[1e9] * 3] * 3, [[-1e9] * 3] * 3, 3, 1],
                [[[0] * 3] * 3, [[0] * 3] * 3, 1, 0],
            ),
            ("place * stride - padding", "place * stride + padding"),
        ),
        Model("side", _side, _sides, ([3, 3, 0, 3], [28, 5, 0, 2]), ("/ stride) + 1", "/ stride)")),
    ),
)


# Why it works
def _chain(heights: list[float], x: float) -> float:
    """The page's network: one ReLU for each part, which changes the slope at its corner."""
    corners = np.linspace(-3, 3, len(heights))
    slopes = np.diff(heights) / np.diff(corners)
    network = nn.Sequential(nn.Linear(1, len(slopes)), nn.ReLU(), nn.Linear(len(slopes), 1))
    values = np.ones((len(slopes), 1)), -corners[:-1], np.diff(slopes, prepend=0)[None], heights[:1]
    for parameter, value in zip(network.double().parameters(), values, strict=True):
        parameter.array[:] = value
    return network(float64([[x]])).item()


def _worst(heights: list[float]) -> dict[str, float]:
    x = np.linspace(-3, 3, 6001)
    straight = np.interp(x, np.linspace(-3, 3, len(heights)), heights)
    errors = np.abs(straight - datasets.curve(float64(x)).numpy())
    assert abs(straight[1234] - _chain(heights, x[1234])) < 1e-9
    return {"error": errors.max(), "at": x[errors.argmax()]}


def _folded(x: float, times: int) -> float:
    strip = float64(x)
    for _ in range(times):
        strip = F.relu(2 * strip) - F.relu(4 * strip - 2)
    return strip.item()


def _heights(rng: np.random.Generator) -> list[float]:
    return floats(rng.normal(size=int(rng.choice([3, 5, 13, 65]))))


WHY_IT_WORKS = Instrument(
    name="why-it-works",
    page="further/why-it-works/",
    shows=("12", "6", "8", "7"),
    models=(
        Model(
            "curve",
            lambda x: datasets.curve(float64(x)).item(),
            lambda rng: [rng.uniform(-3, 3)],
            ([0], [-3], [3], [1e-9], [100]),
            ("x / 3", "x / 2"),
        ),
        Model(
            "chain",
            _chain,
            lambda rng: [_heights(rng), rng.uniform(-3, 3)],
            ([[1, 2, 3], -3], [[1, 2, 3], 3], [[0, 0, 0], 0], [[1e9, -1e9, 0], 1.5]),
            ("place - left", "place - left + 0.01"),
            # Sixty-five slopes are added up where one would do.
            rounded=1e-12,
        ),
        Model(
            "worst",
            _worst,
            lambda rng: [_heights(rng)],
            ([[0, 0, 0]],),
            ("error > found.error", "error < found.error"),
            rounded=1e-12,
        ),
        Model(
            "folded",
            _folded,
            lambda rng: [rng.random(), int(rng.integers(7))],
            ([0, 6], [1, 6], [0.5, 6], [0.3, 0]),
            ("4 * x - 2", "4 * x - 1"),
        ),
    ),
)

# Vanishing gradients
_DEEP = {"sigmoid": F.sigmoid, "tanh": F.tanh, "ReLU": F.relu}


def _pass(
    layers: list[Any], points: list[Any], labels: list[Any], options: dict[str, Any]
) -> dict[str, Any]:
    h, arrives, linears = float64(points), [], []
    for number, values in enumerate(layers):
        last = number == len(layers) - 1
        linear = nn.Linear(len(values[0][0]), len(values[1])).double()
        for parameter, value in zip(linear.parameters(), values, strict=True):
            parameter.array[:] = value
        linears.append(linear)
        z = linear(h)
        if options["norm"] and not last:
            z = nn.BatchNorm1d(len(values[1])).double()(z)
        out = z if last else _DEEP[options["activation"]](z)
        h = h + out if options["skip"] and not last and h.shape == out.shape else out
        if not last:
            h.retain_grad()
            arrives.append(h)
    loss = nn.BCEWithLogitsLoss()(h, float64(labels))
    loss.backward()

    def size(arrays: list[Any]) -> float:
        return float(np.linalg.norm(np.concatenate([np.ravel(array) for array in arrays])))

    asked = [size([p.grad.numpy() for p in linear.parameters()]) for linear in linears]
    own = [size([p.detach().numpy() for p in linear.parameters()]) for linear in linears]
    return {
        "loss": loss.item(),
        "arrives": [size([h.grad.numpy()]) for h in arrives],
        "asked": asked,
        "share": [options["eta"] * a / o for a, o in zip(asked, own, strict=True)],
    }


def _deep(rng: np.random.Generator) -> list[Any]:
    widths = [2] + [4] * int(rng.integers(1, 6)) + [1]
    scale = rng.choice([0.3, 1.0, 2.0])
    layers = [
        [floats(rng.normal(scale=scale, size=(b, a))), floats(rng.normal(size=b))]
        for a, b in itertools.pairwise(widths)
    ]
    options = {
        "activation": str(rng.choice(list(_DEEP))),
        "norm": bool(rng.integers(2)),
        "skip": bool(rng.integers(2)),
        "eta": rng.uniform(0.1, 1),
    }
    points, labels = floats(rng.normal(size=(9, 2))), floats(rng.integers(2, size=(9, 1)))
    return [layers, points, labels, options]


_PLAIN_PASS = {"activation": "sigmoid", "norm": False, "skip": False, "eta": 0.3}
_WIDE = [[[[30, 30]] * 4, [0] * 4], [[[30] * 4] * 4, [0] * 4], [[[1] * 4], [0]]]

GRADIENTS = Instrument(
    name="gradients",
    page="pitfalls/gradients/",
    shows=("0.03", "10", "1", "5", "−10"),
    models=(
        Model(
            "pass",
            _pass,
            _deep,
            tuple(
                [_WIDE, [[1, 1], [0, 1], [-1, 2]], [[0], [1], [1]], _PLAIN_PASS | more]
                for more in ({}, {"activation": "tanh"}, {"activation": "ReLU", "skip": True})
            ),
            ("around ? blame[index][column] : 0", "0"),
            # Behind a batch norm the bias asks for a sum that is zero but for rounding.
            rounded=1e-13,
        ),
    ),
)


# Recurrence
def _far(p: float) -> float:
    """What has to go into a sigmoid for it to give `p`."""
    return -40.0 if p == 0 else 40.0 if p == 1 else float(np.log(p / (1 - p)))


def _blamed(outputs: nnlib.Tensor, x: nnlib.Tensor) -> dict[str, Any]:
    outputs[0, -1].sum().backward()
    return {"states": floats(outputs.detach().numpy()[0, :, 0]), "blames": floats(x.grad[0, :, 0])}


def _plain_unit(weight: float, inputs: list[float]) -> dict[str, Any]:
    unit = nn.RNN(1, 1, batch_first=True).double()
    for parameter, value in zip(unit.parameters(), (1, weight, 0, 0), strict=True):
        parameter.array[...] = value
    x = float64(np.reshape(inputs, (1, -1, 1)), requires_grad=True)
    return _blamed(unit(x)[0], x)


def _gated_unit(gates: dict[str, float], inputs: list[float]) -> dict[str, Any]:
    """An LSTM that sees when the first step is by a second input, and opens its input gate."""
    unit = nn.LSTM(2, 1, batch_first=True).double()
    for parameter in unit.parameters():
        parameter.array[...] = 0
    unit.bias_ih_l0.array[[0, 1, 3]] = [_far(gates[name]) for name in "ifo"]
    unit.weight_ih_l0.array[2, 0] = 1
    unit.weight_ih_l0.array[0, 1] = 40 - _far(gates["i"])
    x = float64([[[value, step == 0] for step, value in enumerate(inputs)]], requires_grad=True)
    cells = [unit(x[:, : step + 1])[1][1].item() for step in range(len(inputs))]
    return {"cells": cells, **_blamed(unit(x)[0], x)}


def _signs(rng: np.random.Generator) -> list[float]:
    return floats(rng.choice([-1, 0, 1], int(rng.integers(1, 12))))


def _gates(rng: np.random.Generator) -> dict[str, float]:
    return {name: float(rng.choice([0, 1, rng.random()], p=[0.1, 0.1, 0.8])) for name in "fio"}


RECURRENCE = Instrument(
    name="recurrence",
    page="architectures/recurrence/",
    shows=("0.363", "0.762"),
    models=(
        Model(
            "plain",
            _plain_unit,
            lambda rng: [rng.uniform(-2, 2), _signs(rng)],
            ([0, [1, 0]], [2, [1] * 40], [-2, [1] + [0] * 39], [0.5, [1, 0, 0, 0]]),
            ("blame = here * weight", "blame = here"),
        ),
        Model(
            "gated",
            _gated_unit,
            lambda rng: [_gates(rng), _signs(rng)],
            tuple(
                [dict(zip("fio", gates, strict=True)), [1] + [-1] * 11]
                for gates in ((1, 0, 1), (0, 1, 0), (0.95, 0.5, 1), (1, 1, 1))
            ),
            ("o * (1 - Math.tanh", "(1 - Math.tanh"),
        ),
    ),
)


# Overfitting
def _count(said: str, printed: list[int], truth: list[int]) -> dict[str, int]:
    logits = np.eye(10)[[int(digit) for digit in said]]
    labels, shown = np.array(printed), np.array(truth)
    wrong = labels != shown

    def right(target: Any, rows: Any) -> int:
        if not rows.any():
            return 0
        share = accuracy(float64(logits[rows]), nnlib.tensor(target[rows]))
        return round(share * int(rows.sum()))

    return {
        "right": right(labels, ~wrong),
        "misprints": right(labels, wrong),
        "seenThrough": right(shown, wrong),
    }


def _answers(rng: np.random.Generator) -> list[Any]:
    truth = rng.integers(0, 10, 60)
    printed = np.where(rng.random(60) < 0.3, (truth + 1) % 10, truth)
    said = np.where(rng.random(60) < 0.5, truth, printed)
    said = np.where(rng.random(60) < 0.2, rng.integers(0, 10, 60), said)
    return ["".join(map(str, said)), printed.tolist(), truth.tolist()]


OVERFITTING = Instrument(
    name="overfitting",
    page="pitfalls/overfitting/",
    shows=("100", "40", "74"),
    models=(
        Model(
            "count",
            _count,
            _answers,
            (["0", [0], [0]], ["1", [1], [0]], ["0", [1], [0]]),
            ("misprint && Number(digit) === truth[index]", "misprint"),
        ),
        Model(
            "best",
            lambda shares: float64(shares).argmax().item(),
            lambda rng: [floats(rng.choice([0.5, 0.7, 0.9], 20))],
            ([[1]], [[0, 0]]),
            (".indexOf(", ".lastIndexOf("),
        ),
    ),
)


# Reading digits
def reader(weights: list[Any]) -> nn.Module:
    """The network of the page, with these weights."""
    sizes = [(len(w[0]), len(w)) for w in weights[::2]]
    layers = [layer for size in sizes for layer in (nn.Linear(*size), nn.ReLU())][:-1]
    model = nn.Sequential(*layers).double()
    for parameter, values in zip(model.parameters(), weights, strict=True):
        parameter.array[:] = values
    return model


def _read(weights: list[Any], image: list[float]) -> dict[str, Any]:
    outputs = [float64([image])]
    for layer in reader(weights):
        outputs.append(layer(outputs[-1]))
    named = {"h1": outputs[2], "h2": outputs[4], "totals": outputs[5]}
    named["shares"] = F.softmax(outputs[5], 1)
    return {name: floats(value.detach().numpy()[0]) for name, value in named.items()}


def _counted(weights: list[Any], image: list[float], digit: int) -> list[float]:
    x = float64([image], requires_grad=True)
    reader(weights)(x)[0, digit].backward()
    return floats((x * x.grad).detach().numpy()[0])


def _pushed(ink: list[int], across: int, down: int) -> list[float]:
    """A filter with a single 1, which stands where the ink comes from."""
    kernel = np.zeros((3, 3))
    kernel[1 - down, 1 - across] = 1
    image = float64(np.reshape(ink, (1, 1, 8, 8)))
    return floats(F.conv2d(image, float64([[kernel]]), padding=1).numpy().ravel())


def _reading(rng: np.random.Generator) -> list[Any]:
    shapes = ((5, 64), 5, (4, 5), 4, (10, 4), 10)
    scale = float(rng.choice([0.3, 1, 5]))
    return [
        [floats(rng.normal(scale=scale, size=shape)) for shape in shapes],
        floats(rng.random(64)),
    ]


_MUTE = [[[0] * 64] * 5, [0] * 5, [[0] * 5] * 4, [0] * 4, [[0] * 4] * 10, [0] * 10]

DIGITS = Instrument(
    name="digits",
    page="architectures/digits/",
    shows=("0", "27", "16"),
    models=(
        Model(
            "read",
            _read,
            _reading,
            ([_MUTE, [0] * 64], [[*_MUTE[:5], [900, *[0] * 9]], [1] * 64]),
            ("power / sum", "power"),
        ),
        Model(
            "counted",
            _counted,
            lambda rng: [*_reading(rng), int(rng.integers(10))],
            ([_MUTE, [1] * 64, 0],),
            ("ink * W1.reduce", "W1.reduce"),
            rounded=1e-12,
        ),
        Model(
            "shift",
            _pushed,
            lambda rng: [rng.integers(0, 17, 64).tolist(), *rng.integers(-1, 2, 2).tolist()],
            ([[16] * 64, 1, 0], [[0] * 64, 0, -1]),
            ("- across,", "+ across,"),
        ),
    ),
)


# A query among keys
def _attend(query: Any, keys: Any, values: Any, temperature: float) -> dict[str, Any]:
    q, k, v = (float64(each) for each in ([query], keys, values))
    fits = (k @ q[0]).numpy()
    scores = float64(fits / np.sqrt(len(query)) / temperature)
    mixed = F.scaled_dot_product_attention(q[None] / temperature, k[None], v[None])
    named = {"fits": fits, "scores": scores.numpy(), "shares": F.softmax(scores, 0).numpy()}
    return {name: floats(each) for name, each in (named | {"mixture": mixed.numpy()[0, 0]}).items()}


def _asked(rng: np.random.Generator) -> list[Any]:
    count, size = rng.integers(1, 6, 2).tolist()
    tables = [
        floats(rng.normal(scale=2, size=shape)) for shape in (size, (count, size), (count, 3))
    ]
    return [*tables, float(rng.choice([0.1, 0.5, 1, 4]))]


ATTENTION = Instrument(
    name="attention",
    page="architectures/attention/",
    shows=("0.187", "0.045", "0.768", "0.955", "0.813"),
    models=(
        Model(
            "attend",
            _attend,
            _asked,
            (
                [[0, 0], [[1, 0], [0, 1]], [[1, 2], [3, 4]], 0.1],
                [[3, 3], [[900, 0], [0, -900], [900, 0]], [[1], [2], [3]], 0.1],
                [[2], [[5]], [[7]], 10],
            ),
            ("/ Math.sqrt(query.length)", ""),
            rounded=1e-12,
        ),
    ),
)


# The Transformer that writes
class Writer(nn.Module):
    """That of the page, in any size, with these weights."""

    def __init__(self, weights: dict[str, list[float]], heads: int) -> None:
        super().__init__()
        width = len(weights["norm.weight"])
        sizes = [len(weights[f"{table}.weight"]) // width for table in ("character", "place")]
        self.character, self.place = (nn.Embedding(size, width) for size in sizes)
        self.blocks = nn.ModuleList()
        while f"blocks.{len(self.blocks)}.norm1.bias" in weights:
            inner = len(weights[f"blocks.{len(self.blocks)}.linear1.bias"])
            self.blocks.append(
                nn.TransformerEncoderLayer(
                    width, heads, inner, dropout=0.0, batch_first=True, norm_first=True
                )
            )
        self.norm, self.next = nn.LayerNorm(width), nn.Linear(width, sizes[0])
        self.double()
        for name, parameter in self.named_parameters():
            parameter.array[...] = np.reshape(weights[name], parameter.shape)

    def forward(self, codes: list[int]) -> dict[str, Any]:
        h = self.character(nnlib.tensor([codes])) + self.place(nnlib.arange(len(codes)))
        ahead = nnlib.tensor(np.triu(np.ones((len(codes), len(codes)), dtype=bool), k=1))
        looks = []
        for block in self.blocks:
            n = block.norm1(h)
            seen = block.self_attn(n, n, n, attn_mask=ahead, average_attn_weights=False)[1]
            rows = [[floats(row[: at + 1]) for at, row in enumerate(s)] for s in seen.numpy()[0]]
            looks.append(rows)
            h = block(h, is_causal=True)
        return {"looks": looks, "totals": floats(self.next(self.norm(h)).numpy()[0, -1])}


def _think(weights: dict[str, list[float]], codes: list[int], heads: int) -> dict[str, Any]:
    with nnlib.no_grad():
        answer: dict[str, Any] = Writer(weights, heads)(codes)
    return answer


def _small_writer(rng: np.random.Generator) -> list[Any]:
    heads, signs, places = rng.integers(1, 4, 3).tolist()
    width, inner, scale = heads * int(rng.integers(1, 4)), 5, float(rng.choice([0.3, 1, 3]))
    sizes = {"character.weight": signs * width, "place.weight": places * width}
    for block in range(int(rng.integers(1, 3))):
        sizes |= {
            f"blocks.{block}.{name}": size
            for name, size in {
                "self_attn.in_proj_weight": 3 * width * width,
                "self_attn.in_proj_bias": 3 * width,
                "self_attn.out_proj.weight": width * width,
                "self_attn.out_proj.bias": width,
                "linear1.weight": inner * width,
                "linear1.bias": inner,
                "linear2.weight": inner * width,
                "linear2.bias": width,
                **{f"norm{n}.{part}": width for n in (1, 2) for part in ("weight", "bias")},
            }.items()
        }
    sizes |= {"norm.weight": width, "norm.bias": width}
    sizes |= {"next.weight": signs * width, "next.bias": signs}
    weights = {name: floats(rng.normal(scale=scale, size=size)) for name, size in sizes.items()}
    return [weights, rng.integers(0, signs, int(rng.integers(1, places + 1))).tolist(), heads]


def _unpack(packed: str, unit: float) -> list[float]:
    worth = np.reshape([_SIGNS.index(sign) for sign in packed], (-1, 3)) @ (4096, 64, 1)
    return floats(unit * float64(worth - 2**17).numpy())


def _backwards(look: list[Any]) -> float:
    return float64([row[-2] for row in look[1:]]).mean().item()


def _look(rng: np.random.Generator) -> list[Any]:
    rows = [F.softmax(float64(rng.normal(size=at + 1)), 0) for at in range(int(rng.integers(2, 9)))]
    return [[floats(row.numpy()) for row in rows]]


WRITER = Instrument(
    name="writer",
    page="architectures/attention/",
    shows=("93", "56"),
    models=(
        Model(
            "think",
            _think,
            _small_writer,
            (),
            ("sum + (value - mean) ** 2", "sum + Math.abs(value - mean)"),
            # Behind a norm of nearly equal numbers, rounding is all that is left.
            rounded=1e-12,
        ),
        Model(
            "softmax",
            lambda totals, temperature: floats(F.softmax(float64(totals) / temperature, 0).numpy()),
            lambda rng: [floats(rng.normal(scale=3, size=5)), rng.uniform(0.05, 2)],
            ([[900, -900], 0.05], [[0, 0], 2]),
            ("(total - top) / temperature", "(total - top)"),
        ),
        Model(
            "pick",
            lambda shares, drawn: min(
                int(np.searchsorted(nnlib.cumsum(float64(shares), 0).numpy(), drawn)),
                len(shares) - 1,
            ),
            lambda rng: [floats(F.softmax(float64(rng.normal(size=5)), 0).numpy()), rng.random()],
            ([[1], 0.5], [[0.5, 0.5], 0], [[0.25, 0.25, 0.5], 0.25], [[0.5, 0.25], 0.9]),
            ("sum < drawn", "sum > drawn"),
        ),
        Model(
            "unpack",
            _unpack,
            lambda rng: ["".join(rng.choice([*_SIGNS], 9)), rng.random()],
            (["000", 1], ["___", 1e-9]),
            ("64 * worth", "63 * worth"),
        ),
        Model("backwards", _backwards, _look, (), ("shares[at], 0", "shares[at + 1], 0")),
    ),
)


# Illnesses in doses
WATCHING = Instrument(
    name="watching",
    page="learning/watching/",
    shows=("0.5", "200", "0.23", "0.0030", "0.0042"),
    models=(
        Model(
            "powers",
            lambda row: [
                (nnlib.log(float64(value)) / np.log(10)).item() if value > 0 else None
                for value in row
            ],
            lambda rng: [floats(np.exp(rng.normal(scale=5, size=6)))],
            ([[0, 1, 0.001]], [[1e300, 1e-300]], [[]]),
            ("Math.log10(value) : null", "Math.log2(value) : null"),
        ),
    ),
)


# Width, epochs and decay
def _judge(training: float, unseen: float, floor: float) -> str:
    """The page's own thresholds, and its table's words."""
    if training > 2 * floor:
        low = unseen <= 2 * floor and unseen / training <= 0.8
        return "look twice" if low else "underfitting"
    return "overfitting" if unseen > 2 * floor else "healthy"


UNDERFITTING = Instrument(
    name="underfitting",
    page="pitfalls/underfitting/",
    shows=("0.13", "0.11", "0.04"),
    models=(
        Model(
            "judge",
            _judge,
            lambda rng: [*floats(rng.uniform(0.01, 0.5, 2)), 0.04],
            ([0.13, 0.11, 0.04], [0.05, 0.05, 0.04], [0.01, 0.5, 0.04], [0.3, 0.1, 0.04]),
            ("training > 2 * floor", "training > 3 * floor"),
        ),
    ),
)


# One training on the home page
def _leads(written: str, columns: int) -> list[Any]:
    roots = float64([_SIGNS.index(sign) for sign in written]) / 31.5 - 1
    return floats((4 * roots * roots.abs()).reshape(-1, columns).numpy())


def _above(heights: list[float]) -> list[Any]:
    """Around the cell: its corners above zero, and where its sides cross zero."""
    corners, found = float64([[0, 0], [1, 0], [1, 1], [0, 1]]), []
    for one, other in ((0, 1), (1, 2), (2, 3), (3, 0)):
        if heights[one] > 0:
            found.append(corners[one])
        if (heights[one] > 0) != (heights[other] > 0):
            share = float64(heights[one]) / (float64(heights[one]) - heights[other])
            found.append(corners[one] * (1 - share) + corners[other] * share)
    return [floats(corner.numpy()) for corner in found]


def _signs_of_places(rng: np.random.Generator) -> list[Any]:
    columns = int(rng.integers(1, 9))
    return ["".join(rng.choice([*_SIGNS], columns * int(rng.integers(1, 9)))), columns]


LOOP = Instrument(
    name="loop",
    page="",
    shows=("300", "194", "200", "0.060"),
    models=(
        Model("leads", _leads, _signs_of_places, (["0_", 2], ["0", 1]), ("REACH * root", "root")),
        Model(
            "above",
            _above,
            lambda rng: [floats(rng.normal(size=4))],
            ([[0, 0, 0, 0]], [[1, 1, 1, 1]], [[1, -1, 1, -1]], [[0, 1, 0, 1]], [[1e-9, 0, -4, 4]]),
            ("a / (a - b)", "a / (a + b)"),
        ),
    ),
)


# Its one function gives a program, which `test_instruments.py` runs.
PYTORCH = Instrument(
    name="pytorch", page="further/pytorch/", shows=("30", "0.0221", "2"), models=()
)

INSTRUMENTS = (NEURON, ACTIVATIONS, SOFTMAX, LAYERS, LOSSES, BACKPROPAGATION, DESCENT, CONVOLUTION)
INSTRUMENTS += (DEAD_UNITS, WHY_IT_WORKS, PYTORCH, GRADIENTS, RECURRENCE)
INSTRUMENTS += (OVERFITTING, DIGITS, LOOP, ATTENTION, WRITER, WATCHING, UNDERFITTING)


_TOUCHABLE_PIXELS = 24


def keeps_its_room(before: Page, page: Page, name: str) -> None:
    """At each width it is as high as the place that was kept; 640 pixels are 1280 at 200 %."""
    height = f"document.querySelector('nn-{name}').offsetHeight"
    for width in (1280, 768, 640, 500, 360):
        for one in (before, page):
            one.set_viewport_size({"width": width, "height": 900})
            settled(one)
        now, kept = page.evaluate(height), before.evaluate(height)
        assert now == kept, f"{width} pixels wide: {now} high, {kept} were kept"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def can_be_hit(targets: Locator) -> None:
    """A finger hits each of them."""
    for index in range(targets.count()):
        box = targets.nth(index).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= _TOUCHABLE_PIXELS
