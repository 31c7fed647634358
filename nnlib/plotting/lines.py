"""Pictures of lines: activations, losses, tangents, fitted curves, and what a run leaves behind.

The legend stands above the picture, never in it; lines differ by dash as well as by colour.
"""

from typing import Any

import numpy as np

from nnlib._arguments import expect_type
from nnlib.plotting import house
from nnlib.plotting.house import Axes, AxesArray, Names, check_dict, expect, line, style, to_array
from nnlib.plotting.palette import LIGHT, SERIES

POINTS = 161  # samples of a smooth curve; odd, so that x = 0 is one of them


def _curve(pair: Any, name: str) -> tuple[house.FloatArray, house.FloatArray]:
    """Check a pair (xs, ys); sort it by x and keep at most 200 of its points."""
    expect_type(pair, name, "a pair of x and y values", tuple, list)
    x, y = (to_array(values, name).reshape(-1) for values in pair)
    expect(x.size == y.size, name, "equally many x and y values", f"{x.size} and {y.size}")
    order = np.argsort(x, kind="stable")[house.thin(x.size)]
    return x[order], y[order]


@style()
def compare(curves: Any, *, names: Names = ("x", "y"), log: bool = False) -> Any:
    """Draw smooth curves over one another, in one panel or in several.

    `curves` maps a label to (xs, ys), or the title of a panel to such a dict. `log=True` makes the
    y axis logarithmic. Panels stand side by side when their titles fit. Returns the Axes, or an
    array of them.

    Raises TypeError for what is no pair, ValueError when lengths differ or there is nothing.

    >>> ax = compare({"a line": ([0, 1], [0, 1]), "a parabola": ([0, 1, 2], [0, 1, 4])})
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['a line', 'a parabola']
    """
    found = check_dict(curves, "curves")
    nested = all(isinstance(item, dict) for item in found.values())
    groups = found if nested else {"": found}
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    expect(1 <= len(labels) <= len(SERIES), "curves", "1 to 6 labels", len(labels))
    beside = all(house.text_width(title, bold=True) < 165 for title in groups)
    axes = house.panels(groups, names, 2 if beside else 1, 2.5)
    for ax, group in zip(axes, groups.values(), strict=True):
        for label, pair in group.items():
            line(ax, *_curve(pair, f"curves[{label!r}]"), labels.index(label), label=label)
        if log:
            house.plain_numbers(ax, log=True)
    house.legend(axes)
    return np.array(axes) if nested else axes[0]


@style()
def activation_gallery(functions: Any) -> AxesArray:
    """Draw several activations, each with its derivative dashed. Returns an array of Axes.

    `functions` maps a name to the pair (f, f′), each from an array to an array of the same shape;
    nnlib's functions may be given too. All panels share both axes, so that slopes can be compared
    by eye.

    Raises ValueError when there is none or more than six, TypeError for what is no pair.

    >>> axes = activation_gallery({"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)})
    >>> axes.shape
    (1,)
    """
    found, xs = check_dict(functions, "functions"), np.linspace(-4, 4, POINTS)
    axes = house.panels(found, row=1.55, sharex=True, sharey=True)
    for ax, (name, pair) in zip(axes, found.items(), strict=True):
        expect_type(pair, f"functions[{name!r}]", "a pair (f, derivative)", tuple, list)
        ax.axhline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)
        ax.axvline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)
        for i, label in enumerate(("the function", "its slope")):
            said = f"functions[{name!r}][{i}]"
            ys = to_array(house.call(pair[i], said, xs), said, *xs.shape)
            # Where the function jumps a vertical stroke would show values it never takes.
            jumps = np.abs(np.diff(ys, append=ys[-1])) > 0.3 * (float(np.ptp(ys)) or 1.0)
            line(ax, xs, np.where(jumps, np.nan, ys), i, lw=2.4 - 0.5 * i, label=label)
        ax.set(ylim=(-1.25, 2.6), xlim=(-4, 4))
    house.legend(axes)
    return np.array(axes)


@style()
def tangent(f: Any, at: Any, slope: Any, *, xlim: Any, names: Names = ("w", "loss")) -> Axes:
    """Draw a function of one number and, dashed, the line of the given slope through one point.

    `f` is called with one float at a time. The slope is not checked: whether the line touches is
    for the reader to see.

    Raises TypeError when `f` cannot be called, ValueError when `at` lies outside `xlim`.

    >>> ax = tangent(lambda w: w * w, 1.0, 2.0, xlim=(-2, 2))
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['loss', 'tangent at w = 1, slope 2.000']
    """
    house.expect(isinstance(xlim, (list, tuple)), "xlim", "two numbers", xlim)
    place, steep = to_array(at, "at").item(), to_array(slope, "slope").item()
    expect(xlim[0] <= place <= xlim[1], "at", f"a number in {xlim}", place)
    xs = np.linspace(xlim[0], xlim[1], POINTS)
    *ys, height = (house.call(f, "f", x).item() for x in [*xs.tolist(), place])
    ax = house.new_axes(5.2, 3.4, names)
    line(ax, xs, ys, 0, label=names[1])
    limits = ax.get_ylim()  # the curve decides the frame, however steep the tangent
    said = f"tangent at {names[0]} = {house.short(place)}, slope {house.number(steep, 3)}"
    line(ax, xs, height + steep * (xs - place), 1, lw=2.0, label=said)
    ax.plot(place, height, "o", color=LIGHT["ink"], markersize=7, zorder=5)
    ax.set(xlim=xlim, ylim=limits)
    house.legend([ax])
    return ax


@style()
def fitted_curve(
    x: Any, y: Any, predictions: Any, *, truth: Any = None, panels: bool = False
) -> Any:
    """Draw data points and the curves of models that learnt them.

    `x` and `y` hold n numbers each, of which up to 200 are drawn. `predictions` maps a label to
    (xs, ys); `truth` is the pair of the curve the data came from. `panels=True` gives each model
    its own panel, two in a row. Returns the Axes, or an array of them with `panels=True`.

    Raises ValueError when lengths differ or there is nothing to draw.

    >>> ax = fitted_curve([0, 1], [0, 1], {"a line": ([0, 1], [0, 1])})
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['data', 'a line']
    """
    data, found = np.round(_curve((x, y), "x, y"), 4), check_dict(predictions, "predictions")
    titles, row = (found, 1.6) if panels else ([""], 2.55)
    axes = house.panels(titles, ("x", "y"), row=row, sharex=True, sharey=True)
    low, high = float(data[1].min()), float(data[1].max())
    pad = 0.25 * (high - low) or 1.0
    for ax in axes:
        dots = {"color": LIGHT["muted"], "alpha": 0.55, "ms": 4.2, "mew": 0, "label": "data"}
        ax.plot(*data, "o", zorder=1, **dots)
        if truth is not None:
            ax.plot(*_curve(truth, "truth"), color=LIGHT["ink"], lw=1.0, label="truth")
        ax.set_ylim(low - pad, high + pad)  # data decides: one wild model must not flatten all else
    for i, (label, pair) in enumerate(found.items()):
        ax, colour, said = (axes[i], 0, "the network") if panels else (axes[0], i, label)
        line(ax, *_curve(pair, f"predictions[{label!r}]"), colour, lw=2.2, label=said)
    house.legend(axes)
    return np.array(axes) if panels else axes[0]


@style()
def curves(history: Any) -> AxesArray:
    """Draw learning curves: the loss, and below it each metric. Returns an array of Axes.

    `history` is what `fit` returns, or a dict of lists, one number an epoch. A key "val_" + name
    is the validation curve of `name`, dashed.

    Raises ValueError when there is nothing to draw.

    >>> axes = curves({"loss": [0.7, 0.4], "val_loss": [0.7, 0.5], "accuracy": [0.5, 0.9]})
    >>> [ax.get_ylabel() for ax in axes]
    ['loss', 'accuracy']
    """
    given = check_dict(history, "history", 20)
    found = {
        key: to_array(values, f"history[{key!r}]", "epochs")
        for key, values in given.items()
        if key != "epoch" and np.size(values)
    }
    names = list(dict.fromkeys(key.removeprefix("val_") for key in found))
    expect(names, "history", "at least one list of numbers", "none")
    row = 2.6 if len(names) == 1 else 2.0
    axes = house.panels([""] * len(names), ("epoch", ""), 1, row, extra=0.4, sharex=True)
    last = max(values.size for values in found.values())
    for ax, name in zip(axes, names, strict=True):
        for i, (key, label) in enumerate(((name, "training"), ("val_" + name, "validation"))):
            if key in found:
                index, marker = house.thin(found[key].size), "o" if found[key].size == 1 else ""
                line(ax, index + 1, found[key][index], i, lw=2.0, label=label, marker=marker)
        low = ax.get_ylim()[0]
        ax.set_ylim(*((min(low, 0.5), 1.02) if name == "accuracy" else (min(low, 0.0), None)))
        ax.set(ylabel=name, xlim=(1 if last > 1 else 0.5, max(last, 1.5)))
        ax.yaxis.grid(True)
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    house.legend(axes)
    return np.array(axes)


@style()
def dashboard(monitor: Any) -> AxesArray:
    """Draw what flowed through each layer during training, one panel a measurement.

    `monitor` is a `Monitor`, or maps the name of a measurement to {layer: list of numbers, one a
    step}. What is not finite is left out, as are the mean and spread of gradients, of which the
    norm tells enough. What stays positive, or is called a norm or a ratio, is logarithmic when it
    spans a factor of 20. Returns an array of Axes.

    Raises ValueError when lengths differ or there is nothing to draw.

    >>> axes = dashboard({"gradient_norm": {"0": [0.1, 0.05], "2": [0.2, 0.1]}})
    >>> axes[0].get_title(loc="left")
    'gradient norm'
    """
    found = {}
    for name, rows in check_dict(getattr(monitor, "history", monitor), "monitor", 20).items():
        arrays = {str(layer): np.asarray(row, dtype=np.float64) for layer, row in rows.items()}
        arrays = {layer: row for layer, row in arrays.items() if np.isfinite(row).any()}
        if arrays and name not in ("gradient_mean", "gradient_std"):
            found[name] = arrays
    expect(found, "monitor", "at least one measurement", "none")
    # A series of one row, the loss, is no layer.
    layers = list(dict.fromkeys(k for name, rows in found.items() for k in rows if k != name))
    shares = ("dead", "saturated")
    titles = [("share " if name in shares else "") + name.replace("_", " ") for name in found]
    axes = house.panels(titles, ("step", ""), row=1.65, sharex=True)
    for ax, (name, rows) in zip(axes, found.items(), strict=True):
        for layer, row in rows.items():
            steps = np.asarray(getattr(monitor, "steps", np.arange(1, row.size + 1)))
            expect(steps.size == row.size, "monitor.steps", f"{row.size} numbers", steps.size)
            index, i = house.thin(row.size, 60), layers.index(layer) if layer != name else 0
            look = {"label": f"layer {layer}" if layer.isdigit() else layer}
            look = {"color": LIGHT["ink"]} if layer == name else look
            line(
                ax, steps[index], np.where(np.isfinite(row), row, np.nan)[index], i, lw=1.6, **look
            )
        every = np.concatenate([row[np.isfinite(row)] for row in rows.values()])
        known = every[every > 0] if name.endswith(("norm", "ratio")) else every
        low, high = known.min(initial=np.inf), known.max(initial=0.0)
        if log := 0 < 20 * low <= high:  # zeros of a norm are below any logarithmic axis
            ax.set_ylim(bottom=max(0.5 * low, 1e-7 * high))
        house.plain_numbers(ax, bool(log))
        if name in shares:
            ax.set_ylim(-0.04, 1.04)
        ax.yaxis.grid(True)
    house.legend(axes)
    return np.array(axes)
