"""The picture of a network: circles for neurons, lines for weights, the numbers on both.

One drawing serves the 2-2-1 network that a reader follows on paper and the 784-128-64-10 one, of
which it shows a few neurons a layer and the count.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlib.nn.activation import ReLU, Sigmoid, Softmax, Tanh
from nnlib.nn.linear import Linear
from nnlib.nn.module import Module, Sequential
from nnlib.plotting import house
from nnlib.plotting.house import Axes, FloatArray, Names, expect, number, short, to_array, write
from nnlib.plotting.palette import LIGHT

SHOWN = 5  # neurons drawn in a layer too large to draw whole
WHOLE = 8  # neurons up to which a layer is drawn whole
RADIUS = 19.0
PITCH = 78.0
LINE = 13.0  # what a line of label text needs in height
CLEAR = 49.0  # from a neuron's middle to a weight's, so that neither label touches the other

Activation = str | Callable[[Any], Any] | None
NAMED = {"relu": ReLU(), "sigmoid": Sigmoid(), "tanh": Tanh(), "softmax": Softmax(dim=-1)}
WRITTEN = {"Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "relu": "ReLU"}


class _Layer:
    """One step of a network: weights, bias, activations and, given x, what it computes."""

    def __init__(self, W: Any, b: Any, where: str, takes: int | str) -> None:
        self.W = to_array(W, f"{where} W", "out", takes)
        given = None if b is None else to_array(b, f"{where} b").reshape(-1)
        self.b = None if given is None else to_array(given, f"{where} b", len(self.W))
        self.activations: list[Any] = []
        self.z = self.h = np.zeros(0)

    def run(self, x: FloatArray) -> FloatArray:
        """Compute and keep the totals and the outputs for one example."""
        self.h = self.z = self.W @ x + (0.0 if self.b is None else self.b)
        for activation in self.activations:
            # A batch of one: some modules, Softmax among them, count axes.
            self.h = house.call(activation, "activations", self.h[None, :])[0]
        return self.h

    def said(self) -> list[str]:
        """Return the names of the activations."""
        names = [getattr(each, "__name__", type(each).__name__) for each in self.activations]
        return [WRITTEN.get(name, name.replace("<lambda>", "activation")) for name in names]


class _Column:
    """The neurons of one layer that are drawn: which, where, and how far apart."""

    def __init__(self, size: int) -> None:
        self.whole = size <= WHOLE
        self.index = list(range(size)) if self.whole else [*range(SHOWN - 1), size - 1]
        slots = float(size) if self.whole else SHOWN + 0.6  # the ellipsis stands before the last
        pitch = PITCH if slots <= 4 else max(46.0, 4 * PITCH / slots)
        y = -pitch * np.arange(len(self.index))
        y[-1] -= 0.0 if self.whole else 0.6 * pitch
        self.y = y - (y[0] + y[-1]) / 2
        self.free = (pitch if size > 1 else np.inf) - 2 * RADIUS  # between two circles


def _parts(model: Module) -> list[Module]:
    """Return the modules that compute, in order; a Sequential may hold one of them twice."""
    inside = list(model) if isinstance(model, Sequential) else list(model.children())
    return [leaf for part in inside for leaf in _parts(part)] if inside else [model]


def _layers(model: Any, activations: Sequence[Activation] | None) -> list[_Layer]:
    """Read the layers of a Module or of a list of (W, b)."""
    where, layers = "model_or_layers", list[_Layer]()
    if not isinstance(model, (Module, list, tuple)):
        kind = type(model).__name__
        raise TypeError(f"{where}: expected a Module or a list of (W, b), got {kind}")
    for i, part in enumerate(_parts(model) if isinstance(model, Module) else model):
        takes = len(layers[-1].W) if layers else "in"
        if isinstance(part, (list, tuple)) and len(part) == 2:
            layers.append(_Layer(part[0], part[1], f"{where}[{i}]", takes))
        elif isinstance(part, Linear):
            layers.append(_Layer(part.weight, part.bias, where, takes))
        elif not isinstance(part, Module) or any(p.ndim > 1 for p in part.parameters()):
            wanted = "a pair (W, b)" if isinstance(model, (list, tuple)) else "Linear layers"
            raise TypeError(f"{where}[{i}]: expected {wanted}, got {type(part).__name__}")
        elif layers and isinstance(model, Sequential):
            layers[-1].activations.append(part)
    expect(layers, where, "at least one layer with a weight matrix", "none")
    if activations is not None:
        count = len(activations)
        expect(count == len(layers), "activations", f"{len(layers)}, one a layer", count)
        for layer, each in zip(layers, activations, strict=True):
            known = not isinstance(each, str) or each in NAMED
            expect(known, "activations", f"one of {list(NAMED)} or a function", each)
            layer.activations = [NAMED[each] if isinstance(each, str) else each] if each else []
    return layers


def _label_place(left: _Column, right: _Column, gap: float) -> tuple[float, float]:
    """Return where along their edges labels stand farthest apart, and that distance in points."""
    room = CLEAR / gap
    best = (0.5, -1.0)
    for t in np.linspace(room, 1 - room, 25) if room < 0.5 else [0.5]:
        ys = np.sort(np.add.outer((1 - t) * left.y, t * right.y), axis=None)
        apart = np.diff(ys).min(initial=PITCH)
        if apart > best[1] + 0.5:
            best = (float(t), float(apart))
    return best


@house.style()
def network(
    model_or_layers: Any,
    x: Any = None,
    *,
    inputs: Names | None = None,
    outputs: Names | None = None,
    activations: Sequence[Activation] | None = None,
) -> Axes:
    """Draw a network of fully connected layers, with its numbers when an example `x` is given.

    `model_or_layers` is a Module, or a list of (W, b) with W of shape (out, in) and b of shape
    (out,) or None. `x` has shape (in,) or (1, in). Each neuron shows its value after the
    activation and, where there is room, the sum z before it above the circle. A positive weight is
    a solid blue line, a negative one a dashed orange line; the width follows |w|. `activations`
    holds one a layer: "relu", "sigmoid", "tanh", "softmax", a function or None; a Sequential brings
    its own.

    A layer of more than 8 neurons shows its first 4 and its last. Weights and biases are written
    where there is room for them.

    Raises ValueError when shapes or counts do not fit, TypeError when something is no layer.

    >>> ax = network([([[0.4, 0.3]], [0.1])], [0.9, 0.8], activations=["relu"])
    >>> [text.get_text() for text in ax.texts if text.get_text() in ("0.70", "b = 0.1")]
    ['0.70', 'b = 0.1']
    """
    layers = _layers(model_or_layers, activations)
    sizes = [layers[0].W.shape[1], *(len(layer.W) for layer in layers)]
    steps = len(layers)
    if x is not None:
        if isinstance(model_or_layers, Module) and activations is None:
            inner = [part for part in model_or_layers.modules() if list(part.children())]
            guessed = [type(part).__name__ for part in inner if not isinstance(part, Sequential)]
            expect(not guessed, "activations", "one a layer, as only a Sequential tells", guessed)
        values = example = to_array(np.atleast_1d(to_array(x, "x").squeeze()), "x", sizes[0])
        for layer in layers:
            values = layer.run(values)

    columns = [_Column(size) for size in sizes]
    ends = [
        names and house.check_names(names, size, said)
        for names, size, said in ((inputs, sizes[0], "inputs"), (outputs, sizes[-1], "outputs"))
    ]
    # Labels above and below a circle are a little wider than it.
    left, right = (RADIUS + 8 + house.widest(names) if names else 26.0 for names in ends)
    pairs = list(itertools.pairwise(columns))
    widest = max(70.0, min(165.0, (460.0 - left - right) / steps))
    gap = min(124.0, widest)
    while gap < widest and min(_label_place(*pair, gap)[1] for pair in pairs) < 1.5 * LINE:
        gap = min(widest, gap + 5)
    places = [_label_place(*pair, gap) for pair in pairs]
    labelled = all(apart >= 1.2 * LINE for _, apart in places) and max(sizes) <= WHOLE

    tall = max(column.y[0] - column.y[-1] for column in columns)
    below = RADIUS + (26.0 if labelled else 10.0)
    height = tall + RADIUS + 54.0 + below
    for column in columns:
        column.y += below + tall / 2
    ax = house.canvas(left + steps * gap + right, height)
    for i, (layer, pair) in enumerate(zip(layers, pairs, strict=True)):
        xs = left + i * gap, left + (i + 1) * gap
        _edges(ax, layer.W, *pair, xs, places[i][0] if labelled else None)
    muted = {"color": LIGHT["muted"]}
    lifted = {"fontsize": house.SMALL, "bbox": house.on_paper(), "zorder": 5}
    for i, column in enumerate(columns):
        at, made = left + i * gap, layers[i - 1] if i else None
        title, letter = (f"hidden {i}", "") if steps > 2 else ("hidden", "h")
        if i in (0, steps):
            title, letter = ("output", "ŷ") if i else ("input", "x")
            title += "" if sizes[i] == 1 else "s"
        does = ", ".join([short(sizes[i]), *(made.said() if made else [])])
        write(ax, at, height - 17, title, va="baseline", weight="bold", fontsize=11.5)
        write(ax, at, height - 33, does, va="baseline", **muted)
        names = ends[0] if i == 0 else ends[1] if i == steps else None
        look = {"facecolor": LIGHT["paper" if i else "soft_grey"], "edgecolor": LIGHT["ink"]}
        at_all, size = [at] * len(column.y), (2 * RADIUS) ** 2
        ax.scatter(at_all, column.y, s=size, linewidths=1.4, zorder=4, **look)
        for k, y in zip(column.index, column.y, strict=True):
            if x is not None:
                text = number(made.h[k]) if made else short(example[k])
                size = 10 if len(text) < 6 else 9
                write(ax, at, y, text, fontsize=size, weight="bold", zorder=6)
                if made and made.activations and column.free >= LINE:
                    write(ax, at, y + RADIUS + 8, f"z = {number(made.z[k])}", **lifted)
            elif column.whole and not names:
                symbol = letter + house.subscript(k + 1) if letter and sizes[i] > 1 else letter
                write(ax, at, y, symbol, fontsize=10, zorder=6)
            if labelled and made and made.b is not None and column.free >= 2 * LINE:
                write(ax, at, y - RADIUS - 9, f"b = {short(made.b[k])}", **lifted, **muted)
            if names:
                side, ha = (1, "left") if i else (-1, "right")
                write(ax, at + side * (RADIUS + 6), y, names[k], ha=ha)
        if not column.whole:
            middle = (column.y[-1] + column.y[-2]) / 2
            write(ax, at, middle, "⋮", fontsize=15, weight="bold", zorder=6)
    return ax


def _edges(ax: Axes, W: FloatArray, source: _Column, target: _Column, xs: Any, t: Any) -> None:
    """Draw the weights between two layers, with their values a share t of the way when given."""
    largest = float(np.abs(W[np.ix_(target.index, source.index)]).max()) or 1.0
    crowded = len(source.index) * len(target.index) > 16
    least, more, alpha = (0.5, 1.3, 0.75) if crowded else (0.8, 2.2, 1.0)
    for k, yk in zip(target.index, target.y, strict=True):
        for j, yj in zip(source.index, source.y, strict=True):
            w, ys = float(W[k, j]), (yj, yk)
            colour, dash = ("blue", "-") if w >= 0 else ("orange", house.DASHED)
            look = {"color": LIGHT[colour], "linestyle": dash, "alpha": alpha, "zorder": 1}
            ax.plot(xs, ys, linewidth=least + more * abs(w) / largest, **look)
            if t is not None:
                x, y = ((1 - t) * a + t * b for a, b in (xs, ys))
                write(ax, x, y, short(w), fontsize=10, bbox=house.on_paper(), zorder=3)
