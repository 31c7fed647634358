"""The picture of a network: circles for neurons, lines for weights, the numbers on both.

One drawing serves the 2-2-1 network that a reader follows on paper and the 784-128-64-10 one, of
which it shows a few neurons a layer and the count.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.nn.linear import Linear
from nnlib.nn.module import Module, Sequential
from nnlib.plotting.house import (
    SMALL,
    FloatArray,
    canvas,
    check_names,
    number,
    on_paper,
    short,
    styled,
    subscript,
    text_width,
    to_array,
    write,
)
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


@dataclass
class Layer:
    """One step of a network as it is drawn: weights, bias, activation and, given x, its numbers.

    >>> Layer(np.ones((1, 2)), np.zeros(1)).activations
    []
    """

    W: FloatArray
    b: FloatArray | None
    activations: list[Activation] = field(default_factory=list)
    z: FloatArray | None = None
    h: FloatArray | None = None


@dataclass
class Column:
    """The neurons of one layer that are drawn: which, where, and how far apart.

    >>> Column(2, [0, 1], [39.0, -39.0], 78.0).size
    2
    """

    size: int
    index: list[int]
    y: list[float]
    pitch: float

    def has_room_for(self, lines: int) -> bool:
        """Tell whether that many lines of label fit between two circles.

        >>> Column(2, [0, 1], [20.0, -20.0], 40.0).has_room_for(1)
        False
        """
        return len(self.index) == 1 or self.pitch >= 2 * RADIUS + lines * LINE


def _parts(model: Module) -> list[Module]:
    """Return the modules that compute, in order; a Sequential may hold one of them twice."""
    if isinstance(model, Sequential):
        return [leaf for part in model for leaf in _parts(part)]
    inside = list(model.children())
    return [leaf for part in inside for leaf in _parts(part)] if inside else [model]


def _layers(model: Any, activations: Sequence[Activation] | None) -> list[Layer]:
    """Read the layers of a Module or of a list of (W, b)."""
    layers: list[Layer] = []
    if isinstance(model, Module):
        for part in _parts(model):
            if isinstance(part, Linear):
                b = None if part.bias is None else to_array(part.bias, "model_or_layers")
                layers.append(Layer(to_array(part.weight, "model_or_layers"), b))
            elif any(parameter.ndim > 1 for parameter in part.parameters()):
                raise TypeError(
                    "model_or_layers: expected Linear layers and activations, "
                    f"got a {type(part).__name__}"
                )
            elif layers and isinstance(model, Sequential):
                layers[-1].activations.append(part)
    elif isinstance(model, (list, tuple)):
        for i, pair in enumerate(model):
            where = f"model_or_layers[{i}]"
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise TypeError(f"{where}: expected a pair (W, b), got {pair!r:.60}")
            W = to_array(pair[0], where + " W", ndim=2)
            b = None if pair[1] is None else np.atleast_1d(to_array(pair[1], where + " b"))
            if b is not None and b.shape != W.shape[:1]:
                raise ValueError(
                    f"{where}: expected b of shape {W.shape[:1]} for W of shape {W.shape}, "
                    f"got {b.shape}"
                )
            layers.append(Layer(W, b))
    else:
        raise TypeError(
            f"model_or_layers: expected a Module or a list of (W, b), got {type(model).__name__}"
        )
    if not layers:
        raise ValueError("model_or_layers: expected at least one layer with a weight matrix")
    for i, (before, after) in enumerate(itertools.pairwise(layers)):
        if after.W.shape[1] != before.W.shape[0]:
            raise ValueError(
                f"model_or_layers: layer {i} gives {before.W.shape[0]} values, "
                f"layer {i + 1} takes {after.W.shape[1]}"
            )
    if activations is not None:
        if len(activations) != len(layers):
            raise ValueError(
                f"activations: expected {len(layers)}, one a layer, got {len(activations)}"
            )
        for layer, activation in zip(layers, activations, strict=True):
            layer.activations = [] if activation is None else [activation]
    return layers


def _know_the_order(model: Module) -> None:
    """Refuse to guess what a forward method does between its layers."""
    if not isinstance(model, Sequential):
        raise ValueError(
            "activations: expected one a layer, as only a Sequential brings its own, "
            f"got None for a {type(model).__name__}"
        )
    for part in model:
        if list(part.children()):
            _know_the_order(part)


def _forward(layers: list[Layer], x: FloatArray) -> None:
    """Fill in what every neuron computes for one example."""
    h = x
    for layer in layers:
        layer.z = layer.W @ h + (0.0 if layer.b is None else layer.b)
        h = layer.z
        for activation in layer.activations:
            # A batch of one: some modules, Softmax among them, count axes.
            h = apply(activation, h[None, :], "activations")[0]
        layer.h = h


def _column(size: int) -> Column:
    if size <= WHOLE:
        index = list(range(size))
        slots = float(size)
    else:
        index = [*range(SHOWN - 1), size - 1]
        slots = SHOWN + 0.6  # the ellipsis stands before the last
    pitch = PITCH if slots <= 4 else max(46.0, 4 * PITCH / slots)
    y = [-i * pitch for i in range(len(index))]
    if size > WHOLE:
        y[-1] -= 0.6 * pitch
    middle = (y[0] + y[-1]) / 2
    return Column(size, index, [v - middle for v in y], pitch)


def _label_place(left: Column, right: Column, gap: float) -> tuple[float, float]:
    """Return where along their edges labels stand farthest apart, and that distance in points."""
    room = CLEAR / gap
    best = (0.5, -1.0)
    for t in np.linspace(room, 1 - room, 25) if room < 0.5 else [0.5]:
        ys = sorted((1 - t) * a + t * b for a in left.y for b in right.y)
        apart = min(np.diff(ys), default=PITCH)
        if apart > best[1] + 0.5:
            best = (float(t), float(apart))
    return best


@styled
def network(
    model_or_layers: Any,
    x: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    hidden: Sequence[str] | None = None,
    show_weights: bool | None = None,
    activations: Sequence[str | Callable[[Any], Any] | None] | None = None,
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
    sizes = [layers[0].W.shape[1], *(layer.W.shape[0] for layer in layers)]
    example: FloatArray | None = None
    if x is not None:
        example = to_array(x, "x", ndim=(1, 2))
        if example.shape not in {(sizes[0],), (1, sizes[0])}:
            raise ValueError(f"x: expected one example of shape ({sizes[0]},), got {example.shape}")
        if isinstance(model_or_layers, Module) and activations is None:
            _know_the_order(model_or_layers)
        example = example.reshape(-1)
        _forward(layers, example)

    columns = [_column(size) for size in sizes]
    hidden_count = sum(sizes[1:-1])
    named_in = None if inputs is None else check_names(inputs, sizes[0], "inputs", "x")
    named_out = None if outputs is None else check_names(outputs, sizes[-1], "outputs", "y")
    named_hidden = None if hidden is None else check_names(hidden, hidden_count, "hidden", "h")

    left = max([text_width(name) + 8 for name in named_in or []], default=0.0)
    right = max([text_width(name) + 8 for name in named_out or []], default=0.0)
    rim = 26.0  # labels above and below a circle are a little wider than it
    room = 460.0 - max(left + RADIUS, rim) - max(right + RADIUS, rim)
    steps = len(layers)
    pairs = list(itertools.pairwise(columns))
    widest = max(70.0, min(165.0, room / steps))
    gap = min(124.0, widest)
    while gap < widest and min(_label_place(a, b, gap)[1] for a, b in pairs) < 1.5 * LINE:
        gap = min(widest, gap + 5)
    places = [_label_place(a, b, gap) for a, b in pairs]
    roomy = all(apart >= 1.2 * LINE for _, apart in places) and max(sizes) <= WHOLE
    labelled = roomy if show_weights is None else show_weights

    tall = max(column.y[0] - column.y[-1] for column in columns)
    above, below = RADIUS + 54.0, RADIUS + (26.0 if labelled else 10.0)
    start = max(left + RADIUS, rim)
    width = start + steps * gap + max(right + RADIUS, rim)
    height = tall + above + below
    ax = canvas(width, height)
    centre = below + tall / 2
    xs = [start + i * gap for i in range(len(columns))]

    _edges(ax, layers, columns, xs, centre, places if labelled else None)
    for i, column in enumerate(columns):
        heads = _heading(i, sizes, layers)
        write(ax, xs[i], height - 17, heads[0], va="baseline", weight="bold", fontsize=11.5)
        write(ax, xs[i], height - 33, heads[1], va="baseline", color=LIGHT["muted"])
        for k, y in zip(column.index, column.y, strict=True):
            at = (xs[i], centre + y)
            _circle(ax, at, "soft_grey" if i == 0 else "paper")
            offset = sum(sizes[1:i]) + k
            name = named_hidden[offset] if named_hidden and 0 < i < steps else ""
            if example is None and not name and column.size <= WHOLE:
                name = _symbol(i, k, sizes, named_in is not None, named_out is not None)
            layer = layers[i - 1] if i else None
            value = example[k] if i == 0 and example is not None else None
            if layer is not None and layer.h is not None and layer.z is not None:
                value = layer.h[k]
                if layer.activations:
                    before = f"z = {number(layer.z[k], digits)}"
                    name = f"{name}: {before}" if name else before
            if value is not None:
                text = short(value) if i == 0 else number(value, digits)
                write(ax, *at, text, fontsize=10 if len(text) < 6 else 9, weight="bold", zorder=6)
            elif name:
                write(ax, *at, name, fontsize=10, zorder=6)
                name = ""
            if name and column.has_room_for(1):
                write(
                    ax, at[0], at[1] + RADIUS + 8, name, fontsize=SMALL, bbox=on_paper(), zorder=5
                )
            if labelled and layer is not None and layer.b is not None and column.has_room_for(2):
                write(
                    ax,
                    at[0],
                    at[1] - RADIUS - 9,
                    f"b = {short(layer.b[k])}",
                    fontsize=SMALL,
                    color=LIGHT["muted"],
                    bbox=on_paper(),
                    zorder=5,
                )
            if i == 0 and named_in:
                write(ax, at[0] - RADIUS - 6, at[1], named_in[k], ha="right")
            if i == steps and named_out:
                write(ax, at[0] + RADIUS + 6, at[1], named_out[k], ha="left")
        if column.size > WHOLE:
            y = (column.y[-1] + column.y[-2]) / 2
            write(ax, xs[i], centre + y, "⋮", fontsize=15, weight="bold", zorder=6)
    return ax


def _symbol(i: int, k: int, sizes: list[int], named_in: bool, named_out: bool) -> str:
    """Name a neuron that holds no number; nothing is named twice."""
    if i == 0:
        letter = "" if named_in else "x"
    elif i == len(sizes) - 1:
        letter = "" if named_out else "ŷ"
    else:
        letter = "h" if len(sizes) == 3 else ""
    return letter + subscript(k + 1) if letter and sizes[i] > 1 else letter


def _heading(i: int, sizes: list[int], layers: list[Layer]) -> tuple[str, str]:
    if i == 0:
        return ("input" if sizes[0] == 1 else "inputs"), short(sizes[0])
    last = i == len(layers)
    if last:
        name = "output" if sizes[i] == 1 else "outputs"
    else:
        name = "hidden" if len(layers) == 2 else f"hidden {i}"
    does = ", ".join(activation_label(a) for a in layers[i - 1].activations)
    return name, f"{short(sizes[i])}, {does}" if does else short(sizes[i])


def _circle(ax: Axes, at: tuple[float, float], fill: str) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(
        Circle(at, RADIUS, facecolor=LIGHT[fill], edgecolor=LIGHT["ink"], linewidth=1.4, zorder=4)
    )


def _edges(
    ax: Axes,
    layers: list[Layer],
    columns: list[Column],
    xs: list[float],
    centre: float,
    places: list[tuple[float, float]] | None,
) -> None:
    for i, layer in enumerate(layers):
        source, target = columns[i], columns[i + 1]
        seen = np.abs(layer.W[np.ix_(target.index, source.index)])
        largest = float(seen.max()) or 1.0
        crowded = seen.size > 16
        for k, yk in zip(target.index, target.y, strict=True):
            for j, yj in zip(source.index, source.y, strict=True):
                w = float(layer.W[k, j])
                share = abs(w) / largest
                ends = np.array([[xs[i], centre + yj], [xs[i + 1], centre + yk]])
                ax.plot(
                    ends[:, 0],
                    ends[:, 1],
                    color=LIGHT["blue" if w >= 0 else "orange"],
                    linewidth=0.5 + 1.3 * share if crowded else 0.8 + 2.2 * share,
                    linestyle="-" if w >= 0 else (0, (4, 2)),
                    alpha=0.75 if crowded else 1.0,
                    zorder=1,
                )
                if places is not None:
                    t = places[i][0]
                    x, y = (1 - t) * ends[0] + t * ends[1]
                    write(ax, x, y, short(w), fontsize=10, bbox=on_paper(), zorder=3)
