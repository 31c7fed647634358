"""The picture of a network: circles for neurons, lines for weights, the numbers on both.

One drawing serves the 2-2-1 network that a reader follows on paper and the 784-128-64-10 one, of
which it shows a few neurons a layer and the count.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.nn.linear import Linear
from nnlib.nn.module import Module, Sequential
from nnlib.plotting import house
from nnlib.plotting.house import FloatArray, check_names, need, number, short, to_array, write
from nnlib.plotting.palette import LIGHT
from nnlib.plotting.values import Activation, activation_label, apply

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 5  # neurons drawn in a layer too large to draw whole
WHOLE = 8  # neurons up to which a layer is drawn whole
RADIUS = 19.0
PITCH = 78.0
LINE = 13.0  # what a line of label text needs in height
CLEAR = 49.0  # from a neuron's middle to a weight's, so that neither label touches the other


class _Layer:
    """One step of a network: weights, bias, activations and, given x, what it computes."""

    def __init__(self, W: Any, b: Any, where: str) -> None:
        self.W = to_array(W, f"{where} W", ndim=2)
        self.b = None if b is None else np.atleast_1d(to_array(b, f"{where} b"))
        shape = self.W.shape
        fits = self.b is None or self.b.shape == shape[:1]
        need(fits, f"{where}: expected b of shape {shape[:1]} for W {shape}, got {np.shape(b)}")
        self.activations: list[Activation] = []
        self.z = self.h = np.zeros(0)

    def run(self, x: FloatArray) -> FloatArray:
        """Compute and keep the totals and the outputs for one example."""
        self.h = self.z = self.W @ x + (0.0 if self.b is None else self.b)
        for activation in self.activations:
            # A batch of one: some modules, Softmax among them, count axes.
            self.h = apply(activation, self.h[None, :], "activations")[0]
        return self.h


class _Column:
    """The neurons of one layer that are drawn: which, where, and how far apart."""

    def __init__(self, size: int) -> None:
        self.size, self.whole = size, size <= WHOLE
        self.index = list(range(size)) if self.whole else [*range(SHOWN - 1), size - 1]
        slots = float(size) if self.whole else SHOWN + 0.6  # the ellipsis stands before the last
        self.pitch = PITCH if slots <= 4 else max(46.0, 4 * PITCH / slots)
        y = -self.pitch * np.arange(len(self.index))
        y[-1] -= 0.0 if self.whole else 0.6 * self.pitch
        self.y: list[float] = (y - (y[0] + y[-1]) / 2).tolist()

    def has_room_for(self, lines: int) -> bool:
        """Tell whether that many lines of label fit between two circles."""
        return len(self.index) == 1 or self.pitch >= 2 * RADIUS + lines * LINE


def _parts(model: Module) -> list[Module]:
    """Return the modules that compute, in order; a Sequential may hold one of them twice."""
    inside = list(model) if isinstance(model, Sequential) else list(model.children())
    return [leaf for part in inside for leaf in _parts(part)] if inside else [model]


def _layers(model: Any, activations: Sequence[Activation] | None) -> list[_Layer]:
    """Read the layers of a Module or of a list of (W, b)."""
    where = "model_or_layers"
    layers: list[_Layer] = []
    if isinstance(model, Module):
        for part in _parts(model):
            if isinstance(part, Linear):
                layers.append(_Layer(part.weight, part.bias, where))
            elif any(parameter.ndim > 1 for parameter in part.parameters()):
                kind = type(part).__name__
                raise TypeError(f"{where}: expected Linear layers and activations, got a {kind}")
            elif layers and isinstance(model, Sequential):
                layers[-1].activations.append(part)
    elif isinstance(model, (list, tuple)):
        for i, pair in enumerate(model):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise TypeError(f"{where}[{i}]: expected a pair (W, b), got {pair!r:.60}")
            layers.append(_Layer(pair[0], pair[1], f"{where}[{i}]"))
    else:
        kind = type(model).__name__
        raise TypeError(f"{where}: expected a Module or a list of (W, b), got {kind}")
    need(bool(layers), f"{where}: expected at least one layer with a weight matrix")
    for i, (before, after) in enumerate(itertools.pairwise(layers)):
        gives, takes = len(before.W), after.W.shape[1]
        need(
            gives == takes, f"{where}: layer {i} gives {gives} values, layer {i + 1} takes {takes}"
        )
    if activations is not None:
        count = len(activations)
        need(count == len(layers), f"activations: expected {len(layers)}, one a layer, got {count}")
        for layer, activation in zip(layers, activations, strict=True):
            layer.activations = [] if activation is None else [activation]
    return layers


def _know_the_order(model: Module) -> None:
    """Refuse to guess what a forward method does between its layers."""
    kind = type(model).__name__
    wanted = "activations: expected one a layer, as only a Sequential brings its own"
    need(isinstance(model, Sequential), f"{wanted}, got None for a {kind}")
    for part in model.children():
        if list(part.children()):
            _know_the_order(part)


def _label_place(left: _Column, right: _Column, gap: float) -> tuple[float, float]:
    """Return where along their edges labels stand farthest apart, and that distance in points."""
    room = CLEAR / gap
    best = (0.5, -1.0)
    for t in np.linspace(room, 1 - room, 25) if room < 0.5 else [0.5]:
        ys = sorted((1 - t) * a + t * b for a in left.y for b in right.y)
        apart = min(np.diff(ys), default=PITCH)
        if apart > best[1] + 0.5:
            best = (float(t), float(apart))
    return best


@house.styled
def network(
    model_or_layers: Any,
    x: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    hidden: Sequence[str] | None = None,
    show_weights: bool | None = None,
    activations: Sequence[Activation] | None = None,
    digits: int = 2,
) -> Axes:
    """Draw a network of fully connected layers, with its numbers when an example `x` is given.

    `model_or_layers` is a Module, or a list of (W, b) with W of shape (out, in) and b of shape
    (out,) or None. `x` has shape (in,) or (1, in). Each neuron shows its value after the
    activation and, where there is room, the sum z before it above the circle. A positive weight is
    a solid blue line, a negative one a dashed orange line; the width follows |w|. `hidden` names
    the neurons of the first hidden layer onwards, in order. `activations` holds one a layer: a
    name, a function or None; a Sequential brings its own.

    A layer of more than 8 neurons shows its first 4 and its last. `show_weights=None` writes the
    weights and biases where there is room for them.

    Raises ValueError when shapes or counts do not fit, TypeError when something is no layer.

    >>> ax = network([([[0.4, 0.3]], [0.1])], [0.9, 0.8], activations=["relu"])
    >>> [text.get_text() for text in ax.texts if text.get_text() in ("0.70", "b = 0.1")]
    ['0.70', 'b = 0.1']
    """
    layers = _layers(model_or_layers, activations)
    sizes = [layers[0].W.shape[1], *(len(layer.W) for layer in layers)]
    values: list[FloatArray] = []
    if x is not None:
        example = to_array(x, "x", ndim=(1, 2))
        fits = example.shape in {(sizes[0],), (1, sizes[0])}
        need(fits, f"x: expected one example of shape ({sizes[0]},), got {example.shape}")
        if isinstance(model_or_layers, Module) and activations is None:
            _know_the_order(model_or_layers)
        values = [example.reshape(-1)]
        for layer in layers:
            values.append(layer.run(values[-1]))

    columns = [_Column(size) for size in sizes]
    inner = check_names(
        [""] * sum(sizes[1:-1]) if hidden is None else hidden, sum(sizes[1:-1]), "hidden"
    )
    ends = [
        None if names is None else check_names(names, size, said)
        for names, size, said in ((inputs, sizes[0], "inputs"), (outputs, sizes[-1], "outputs"))
    ]
    # Labels above and below a circle are a little wider than it.
    left, right = (
        max([RADIUS + 8 + house.text_width(name) for name in names or []], default=26.0)
        for names in ends
    )
    steps, pairs = len(layers), list(itertools.pairwise(columns))
    widest = max(70.0, min(165.0, (460.0 - left - right) / steps))
    gap = min(124.0, widest)
    while gap < widest and min(_label_place(a, b, gap)[1] for a, b in pairs) < 1.5 * LINE:
        gap = min(widest, gap + 5)
    places = [_label_place(a, b, gap) for a, b in pairs]
    roomy = all(apart >= 1.2 * LINE for _, apart in places) and max(sizes) <= WHOLE
    labelled = roomy if show_weights is None else show_weights

    tall = max(column.y[0] - column.y[-1] for column in columns)
    below = RADIUS + (26.0 if labelled else 10.0)
    height, centre = tall + RADIUS + 54.0 + below, below + tall / 2
    ax = house.canvas(left + steps * gap + right, height)
    muted: dict[str, Any] = {"color": LIGHT["muted"]}
    lifted: dict[str, Any] = {"fontsize": house.SMALL, "bbox": house.on_paper(), "zorder": 5}
    for i, (layer, (source, target)) in enumerate(zip(layers, pairs, strict=True)):
        span = left + i * gap, left + (i + 1) * gap
        _edges(ax, layer.W, source, target, span, centre, places[i][0] if labelled else None)
    for i, column in enumerate(columns):
        at = left + i * gap
        title, said = _heading(i, sizes, layers)
        write(ax, at, height - 17, title, va="baseline", weight="bold", fontsize=11.5)
        write(ax, at, height - 33, said, va="baseline", **muted)
        names = ends[0] if i == 0 else ends[1] if i == steps else None
        for k, y in zip(column.index, column.y, strict=True):
            y += centre
            _circle(ax, at, y, "soft_grey" if i == 0 else "paper")
            above = inner[sum(sizes[1:i]) + k] if 0 < i < steps else ""
            if values:
                text = number(values[i][k], digits) if i else short(values[0][k])
                write(ax, at, y, text, fontsize=10 if len(text) < 6 else 9, weight="bold", zorder=6)
                if i and layers[i - 1].activations:
                    before = f"z = {number(layers[i - 1].z[k], digits)}"
                    above = f"{above}: {before}" if above else before
            else:
                inside = above or ("" if names or not column.whole else _symbol(i, k, sizes))
                write(ax, at, y, inside, fontsize=10, zorder=6)
                above = ""
            if above and column.has_room_for(1):
                write(ax, at, y + RADIUS + 8, above, **lifted)
            b = layers[i - 1].b if i else None
            if labelled and b is not None and column.has_room_for(2):
                write(ax, at, y - RADIUS - 9, f"b = {short(b[k])}", **lifted, **muted)
            if names:
                side, ha = (1, "left") if i else (-1, "right")
                write(ax, at + side * (RADIUS + 6), y, names[k], ha=ha)
        if not column.whole:
            middle = centre + (column.y[-1] + column.y[-2]) / 2
            write(ax, at, middle, "⋮", fontsize=15, weight="bold", zorder=6)
    return ax


def _symbol(i: int, k: int, sizes: list[int]) -> str:
    """Name a neuron that holds no number."""
    hidden = "h" if len(sizes) == 3 else ""
    letter = "x" if i == 0 else "ŷ" if i == len(sizes) - 1 else hidden
    return letter + house.subscript(k + 1) if letter and sizes[i] > 1 else letter


def _heading(i: int, sizes: list[int], layers: list[_Layer]) -> tuple[str, str]:
    """Return the name of a layer, and its size and activation."""
    name = "hidden" if len(layers) == 2 else f"hidden {i}"
    if i in (0, len(layers)):
        name = ("output" if i else "input") + ("" if sizes[i] == 1 else "s")
    does = [activation_label(a) for a in layers[i - 1].activations] if i else []
    return name, ", ".join([short(sizes[i]), *does])


def _circle(ax: Axes, x: float, y: float, fill: str) -> None:
    from matplotlib.patches import Circle

    look: dict[str, Any] = {"facecolor": LIGHT[fill], "edgecolor": LIGHT["ink"]}
    ax.add_patch(Circle((x, y), RADIUS, linewidth=1.4, zorder=4, **look))


def _edges(
    ax: Axes,
    W: FloatArray,
    source: _Column,
    target: _Column,
    xs: Any,
    centre: float,
    t: float | None,
) -> None:
    """Draw the weights between two layers, with their values a share t of the way when given."""
    seen = np.abs(W[np.ix_(target.index, source.index)])
    crowded = seen.size > 16
    for k, yk in zip(target.index, target.y, strict=True):
        for j, yj in zip(source.index, source.y, strict=True):
            w, ys = float(W[k, j]), (centre + yj, centre + yk)
            share = abs(w) / (float(seen.max()) or 1.0)
            ax.plot(
                xs,
                ys,
                color=LIGHT["blue" if w >= 0 else "orange"],
                zorder=1,
                linewidth=0.5 + 1.3 * share if crowded else 0.8 + 2.2 * share,
                linestyle="-" if w >= 0 else house.DASHED,
                alpha=0.75 if crowded else 1.0,
            )
            if t is not None:
                x, y = ((1 - t) * a + t * b for a, b in (xs, ys))
                write(ax, x, y, short(w), fontsize=10, bbox=house.on_paper(), zorder=3)
