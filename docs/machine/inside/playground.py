"""The playground's Python: a run of `nnlib` that its settings describe, and the script that does
just that run. Both are one: what trains is the script's own text, stopped between two steps.
"""

import base64
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np

import nnlib
from nnlib._divergence import Recorder
from nnlib._watching import own_parameters
from nnlib.monitor import Monitor
from nnlib.training import DivergenceError

# What each setting may be; the first or the named one is where the playground starts.
CHOICES: dict[str, tuple[Any, ...]] = {
    "data": ("moons", "spirals", "circles", "xor", "fruit"),
    "noise": tuple(part / 20 for part in range(11)),
    "number": (20, 50, 100, 200, 300, 500),
    "split": (10, 20, 30, 40, 50, 60, 70, 80, 90),
    "first": tuple(range(9)),
    "second": tuple(range(9)),
    "third": tuple(range(9)),
    "activation": ("relu", "tanh", "sigmoid", "gelu", "none"),
    "loss": ("entropy", "squares"),
    "optimizer": ("sgd", "momentum", "adam"),
    "rate": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
    "schedule": ("constant", "warmup", "halving", "cosine"),
    "batch": (1, 5, 10, 20, 50, 500),
    "decay": (0, 0.0001, 0.001, 0.01, 0.1),
    "dropout": (0, 0.1, 0.2, 0.3, 0.5),
    "seed": tuple(range(100)),
}
# By the names that an address has for them; a network sees at least one.
FEATURES = {
    "x": "x1",
    "y": "x2",
    "xx": "x1**2",
    "yy": "x2**2",
    "xy": "x1 * x2",
    "sx": "nnlib.sin(3 * x1)",
    "sy": "nnlib.sin(3 * x2)",
}
# The middle of what is shown of each plane, and how far it goes to either side.
VIEWS = {
    "moons": (0.5, 0.25, 1.9),
    "spirals": (0, 0, 1.25),
    "circles": (0, 0, 1.25),
    "xor": (0, 0, 1.25),
    "fruit": (0.5, 0.5, 0.62),
}
# Points a side, of the output's map and of the units'.
GRID, SMALL = 48, 16
# The step at which a page shows the first settings' run before Python has come.
RECORDED = 300
_PARTS = ("seen", "unseen")
# The monitor is asked once it has seen a few steps; of many it keeps every other one.
_ENOUGH, _MANY = 50, 1000


@dataclass(frozen=True)
class Settings:
    """Everything that settles a run; each value is one of `CHOICES`."""

    data: str = "moons"
    noise: float = 0.15
    number: int = 200
    split: int = 50
    features: str = "x-y"
    first: int = 8
    second: int = 4
    third: int = 0
    activation: str = "tanh"
    loss: str = "entropy"
    optimizer: str = "adam"
    rate: float = 0.03
    schedule: str = "constant"
    batch: int = 20
    decay: float = 0
    dropout: float = 0
    seed: int = 1

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or value not in choices:
                raise ValueError(f"{name}: expected one of {choices}, got {value!r}")
            # 8.0 is 8; the script says it as the choice does.
            object.__setattr__(self, name, choices[choices.index(value)])
        chosen = str(self.features).split("-")
        if chosen != [name for name in FEATURES if name in chosen]:
            expected = f"some of {'-'.join(FEATURES)} in this order"
            raise ValueError(f"features: expected {expected}, got {self.features!r}")

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Settings":
        """Those that a page sends; ValueError for a name that is none of them."""
        if unknown := sorted(given.keys() - {field.name for field in fields(cls)}):
            raise ValueError(f"settings: expected names of settings, got {', '.join(unknown)}")
        return cls(**given)

    @classmethod
    def of_address(cls, text: str) -> "Settings":
        """Those that an address holds, as in `data:xor,first:0`.

        >>> Settings.of_address("data:xor,first:0").first
        0
        """
        pairs = [part.partition(":")[::2] for part in text.split(",")]
        texts = {field.name for field in fields(cls) if isinstance(field.default, str)}
        return cls.read({name: value if name in texts else float(value) for name, value in pairs})

    @property
    def widths(self) -> list[int]:
        """The numbers of units from the features to the output; a layer without units is none."""
        hidden = [units for units in (self.first, self.second, self.third) if units]
        return [len(self.features.split("-")), *hidden, 1]


_DATA = {
    "moons": "points, y = nnlib.datasets.two_moons({number}, noise={noise:g})",
    "spirals": "points, y = nnlib.datasets.spirals({number}, classes=2, noise={noise:g})",
    "circles": """\
y = nnlib.arange({number}) % 2
radius, angle = 0.9 - 0.5 * y, 2 * nnlib.pi * nnlib.rand({number})
points = nnlib.stack([radius * nnlib.cos(angle), radius * nnlib.sin(angle)], dim=1)
points = points + {noise:g} * nnlib.randn({number}, 2)""",
    "xor": """\
points = 2 * nnlib.rand({number}, 2) - 1
y = points[:, 0] * points[:, 1] > 0
points = points + {noise:g} * nnlib.randn({number}, 2)""",
    "fruit": """\
points, y = nnlib.datasets.fruit({number})
points = points + {noise:g} * nnlib.randn({number}, 2)""",
}
_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU"}
_LOSSES = {"entropy": "BCEWithLogitsLoss", "squares": "MSELoss"}
_OPTIMIZERS = {
    "sgd": "SGD(model.parameters(), lr={rate:g}{decay})",
    "momentum": "SGD(model.parameters(), lr={rate:g}, momentum=0.9{decay})",
    "adam": "Adam(model.parameters(), lr={rate:g}{decay})",
}
_SCHEDULES = {
    "warmup": "LinearLR(optimizer, start_factor=0.1, total_iters=100)",
    "halving": "StepLR(optimizer, step_size=500, gamma=0.5)",
    "cosine": "CosineAnnealingLR(optimizer, T_max=1000)",
}
_IMPORTS = """\
import nnlib
from nnlib import nn, optim
from nnlib.data import DataLoader, TensorDataset
"""
_FEATURES = """\

def features(points):
    x1, x2 = points[:, 0], points[:, 1]
    return nnlib.stack([{made}], dim=1)

"""
_LOSS_ON = """\
def loss_on(part):
    model.eval()
    with nnlib.no_grad():
        loss = measure(model(X[part]), y[part]).item()
    model.train()
    return loss
"""


def _model(settings: Settings) -> str:
    layers = []
    *hidden, last = pairwise(settings.widths)
    for inputs, outputs in hidden:
        layers.append(f"nn.Linear({inputs}, {outputs})")
        if settings.activation in _ACTIVATIONS:
            layers.append(f"nn.{_ACTIVATIONS[settings.activation]}()")
        if settings.dropout:
            layers.append(f"nn.Dropout({settings.dropout:g})")
    layers.append(f"nn.Linear({last[0]}, {last[1]})")
    if settings.loss == "squares":
        layers.append("nn.Sigmoid()")
    rows = "".join(f"    {layer},\n" for layer in layers)
    return f"model = nn.Sequential(\n{rows}).double()"


def _setup(settings: Settings) -> str:
    """Everything before the first step."""
    number, seen = settings.number, settings.number * settings.split // 100
    parts = [_IMPORTS]
    inputs = "points.double()"
    if settings.features != "x-y":
        made = ", ".join(FEATURES[name] for name in settings.features.split("-"))
        parts.append(_FEATURES.format(made=made))
        inputs = f"features({inputs})"
    decay = f", weight_decay={settings.decay:g}" if settings.decay else ""
    optimizer = _OPTIMIZERS[settings.optimizer].format(rate=settings.rate, decay=decay)
    parts += [
        f"nnlib.manual_seed({settings.seed})",
        _DATA[settings.data].format(number=number, noise=settings.noise),
        f"X, y = {inputs}, y.double().reshape(-1, 1)",
        f"order = nnlib.randperm({number})",
        f"seen, unseen = order[:{seen}], order[{seen}:]\n",
        _model(settings),
        "measure = nn.BCEWithLogitsLoss()"
        if settings.loss == "entropy"
        else "measure = nn.MSELoss()",
        f"optimizer = optim.{optimizer}",
    ]
    if settings.schedule in _SCHEDULES:
        parts.append(f"schedule = optim.lr_scheduler.{_SCHEDULES[settings.schedule]}")
    batches = f"batch_size={settings.batch}, shuffle=True"
    parts.append(f"loader = DataLoader(TensorDataset(X[seen], y[seen]), {batches})\n")
    return "\n".join([*parts, f"\n{_LOSS_ON}"])


def _step(settings: Settings) -> str:
    """One step with a batch: predict, measure, blame, nudge."""
    lines = [
        "loss = measure(model(inputs), labels)",
        "optimizer.zero_grad()",
        "loss.backward()",
        "optimizer.step()",
        *(["schedule.step()"] if settings.schedule in _SCHEDULES else []),
    ]
    return "".join(f"{line}\n" for line in lines)


def script(settings: Settings, steps: int) -> str:
    """A plain script that makes this run as far as this step, and prints the playground's losses.

    It needs NumPy and `nnlib`.
    """
    setup = _setup(settings)
    if not steps:
        return f'{setup}\n\nprint("seen:  ", loss_on(seen))\nprint("unseen:", loss_on(unseen))\n'
    step = "".join(f"    {line}\n" for line in _step(settings).splitlines())
    return (
        f"from itertools import chain, islice, repeat\n\n{setup}\n\n"
        "batches = chain.from_iterable(repeat(loader))  # one epoch after another\n"
        f"for inputs, labels in islice(batches, {steps}):\n{step}\n"
        'print("batch: ", loss.item())\n'
        'print("seen:  ", loss_on(seen))\n'
        'print("unseen:", loss_on(unseen))\n'
    )


class Run:
    """One run: the script's names, and where it stands between two steps."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.names = settings, dict[str, Any]()
        exec(compile(_setup(settings), "<setup>", "exec", dont_inherit=True), self.names)
        self.code = compile(_step(settings), "<step>", "exec", dont_inherit=True)
        self.step, self.epoch, self.loss = 0, 0, math.nan
        self.diverged = ""
        self.model: nnlib.nn.Module = self.names["model"]
        self.recorder = Recorder(self.model, self.names["measure"], self.names["optimizer"])
        self.batches = self._batches()
        self.monitor = Monitor(self.model)
        self.monitor.__enter__()
        self.grid = self._grid()

    def _batches(self) -> Iterator[tuple[int, int, Any, Any]]:
        """As in the script, an epoch draws its order when its first batch is asked for."""
        epoch = 0
        while True:
            epoch += 1
            for number, (inputs, labels) in enumerate(self.names["loader"], start=1):
                yield epoch, number, inputs, labels

    def _grid(self) -> Any:
        """The plane, row by row from above, as the network is given it."""
        x, y, half = VIEWS[self.settings.data]
        across = np.linspace(-half, half, GRID)
        columns, rows = np.meshgrid(x + across, y - across)
        plane = nnlib.tensor(np.stack([columns.ravel(), rows.ravel()], axis=1))
        return self.names["features"](plane) if "features" in self.names else plane

    def advance(self, steps: int) -> None:
        """Takes so many steps, or fewer if the run diverges, which is its end."""
        with np.errstate(all="ignore"):
            for _ in range(0 if self.diverged else steps):
                self.epoch, number, inputs, labels = next(self.batches)
                self.recorder.remember(self.epoch, number, inputs, labels)
                self.names.update(inputs=inputs, labels=labels)
                exec(self.code, self.names)
                self.step, self.loss = self.step + 1, self.names["loss"].item()
                self.monitor.step(self.loss)
                if not math.isfinite(self.loss):
                    symptom = f"the loss is {self.loss} in epoch {self.epoch}, step {number}"
                    self._end(symptom)
                    return
                if len(self.monitor.steps) == _MANY:
                    rows: list[list[Any]] = [self.monitor.steps]
                    for series in self.monitor.history.values():
                        rows += series.values()
                    for row in rows:
                        del row[1::2]

    def _end(self, symptom: str) -> None:
        """Keeps the weights as the run has left them: finding out runs the last steps again."""
        left = [parameter.array.copy() for parameter in self.model.parameters()]
        self.monitor.__exit__()
        try:
            raise self.recorder.error(symptom)
        except DivergenceError as error:
            self.diverged = str(error)
        for parameter, array in zip(self.model.parameters(), left, strict=True):
            np.copyto(parameter.array, array)

    def state(self) -> dict[str, Any]:
        """What the page shows in digits and words."""
        with np.errstate(all="ignore"):
            enough = len(self.monitor.steps) >= _ENOUGH
            found = self.monitor.diagnose() if enough else []
            seen, unseen = self.names["seen"], self.names["unseen"]
            return {
                "step": self.step,
                "epoch": self.epoch,
                "batch": _number(self.loss),
                "seen": _number(self.names["loss_on"](seen)),
                "unseen": _number(self.names["loss_on"](unseen)),
                "right": [self._right(seen), self._right(unseen)],
                "rate": self.names["optimizer"].param_groups[0]["lr"],
                "findings": [str(finding) for finding in found],
                "diverged": self.diverged,
                "weights": [
                    [_numbers(parameter.array) for parameter in own_parameters(layer)]
                    for layer in self.model.children()
                    if own_parameters(layer)
                ],
            }

    def points(self) -> dict[str, Any]:
        """The data as drawn: where each point is, what it is, and whether the network sees it."""
        seen = set(self.names["seen"].tolist())
        plain = self.names["points"].array
        return {
            "x": np.round(plain[:, 0], 4).tolist(),
            "y": np.round(plain[:, 1], 4).tolist(),
            "is": [int(label) for label in self.names["y"].array[:, 0]],
            "seen": [int(at in seen) for at in range(self.settings.number)],
            "view": VIEWS[self.settings.data],
        }

    def _right(self, part: Any) -> float:
        outputs = self._outputs(self.names["X"][part])[-1]
        return float(((outputs > 0.5) == self.names["y"][part].array[:, 0].astype(bool)).mean())

    def _outputs(self, inputs: Any) -> list[Any]:
        """What every unit says to each of the inputs; last, the share for the second class."""
        found: list[Any] = []
        self.model.eval()
        with nnlib.no_grad():
            layers = list(self.model.children())
            values = inputs
            for at, layer in enumerate(layers):
                values = layer(values)
                ends = at + 1 == len(layers) or isinstance(layers[at + 1], nnlib.nn.Linear)
                if ends:
                    found.extend(values.array.T)
        self.model.train()
        if self.settings.loss == "entropy":
            with np.errstate(over="ignore"):
                found[-1] = 1 / (1 + np.exp(-found[-1]))
        return found

    def maps(self) -> bytes:
        """A byte for each point of the output's map, then of each feature's and each unit's.

        128 is neither, or zero. A unit's map shows shares of its own largest value.
        """
        with np.errstate(all="ignore"):
            *units, output = list(self.grid.array.T) + self._outputs(self.grid)
            every = GRID // SMALL
            small = np.stack(units).reshape(-1, GRID, GRID)[:, ::every, ::every]
            shares = small / np.abs(small).max(axis=(1, 2), keepdims=True)
        return _bytes(2 * output - 1) + _bytes(shares)


def _bytes(values: Any) -> bytes:
    """Numbers from -1 to 1 as bytes from 1 to 255."""
    finite = np.nan_to_num(values, nan=0, posinf=1, neginf=-1)
    return bytes(np.rint(128 + 127 * finite.clip(-1, 1)).astype(np.uint8))


def _number(value: float) -> float | str:
    """JSON has no word for what is not finite."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _numbers(array: Any) -> Any:
    if np.isfinite(array).all():
        return array.tolist()
    return [_numbers(each) for each in array] if array.ndim else _number(float(array))


def recorded() -> dict[str, Any]:
    """The run of the first settings, for a page to show before Python has come."""
    run, curves = Run(Settings()), []
    for _ in range(RECORDED // 10):
        curves.append([run.step, *(run.names["loss_on"](run.names[part]) for part in _PARTS)])
        run.advance(10)
    maps = base64.b64encode(run.maps()).decode()
    return {**run.state(), "points": run.points(), "curves": curves, "maps": maps}


_run: Run | None = None


def answer(request: str, give: Callable[[Any], object]) -> str:
    """Begins a run, goes on with it, or writes its script; `give` gets the bytes of its maps.

    What comes from a page is looked through before anything is made of it.
    """
    global _run
    asked = json.loads(request)
    if asked["do"] == "script":
        return json.dumps({"script": script(Settings.read(asked["settings"]), int(asked["step"]))})
    told: dict[str, Any] = {}
    if asked["do"] == "start":
        _run = Run(Settings.read(asked["settings"]))
        told["points"] = _run.points()
    if _run is None:
        raise RuntimeError("expected a run to go on with")
    _run.advance(int(asked.get("steps", 0)))
    give(_run.maps())
    return json.dumps(_run.state() | told)
