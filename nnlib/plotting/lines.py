"""Pictures of functions of one number: activations, losses, tangents, and curves fitted to data.

The legend stands above the picture, never in it; lines differ by dash as well as by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import FloatArray, check_dict, legend, need, number, styled, to_array
from nnlib.plotting.palette import DASHES, LIGHT, SERIES
from nnlib.plotting.values import call

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 161  # samples of a smooth curve; odd, so that x = 0 is one of them
MOST = 200  # points of a drawn line; a screen shows no more
Function = Callable[[Any], Any]
Pair = tuple[FloatArray, FloatArray]


def _sample(function: Function, xs: FloatArray, name: str) -> FloatArray:
    """Evaluate a function on xs; break the line where the function jumps."""
    if not callable(function):
        raise TypeError(f"{name}: expected a function, got {type(function).__name__}")
    ys = call(function, xs)
    need(ys.shape == xs.shape, f"{name}: expected shape {xs.shape}, as its input, got {ys.shape}")
    jumps = np.abs(np.diff(ys, append=ys[-1])) > 0.3 * (float(np.ptp(ys)) or 1.0)
    return np.where(jumps, np.nan, ys)  # a vertical stroke would show values f never takes


def _interval(xlim: tuple[float, float]) -> FloatArray:
    ends = to_array(xlim, "xlim")
    need(
        ends.shape == (2,) and ends[0] < ends[-1],
        f"xlim: expected (low, high), low < high, got {xlim}",
    )
    return np.linspace(ends[0], ends[1], POINTS)


def _pair(pair: Any, name: str) -> Pair:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name}: expected a pair of x and y values, got {type(pair).__name__}")
    x, y = (to_array(item, name).reshape(-1) for item in pair)
    need(
        x.size == y.size > 0,
        f"{name}: expected equally many x and y values, got {x.size} and {y.size}",
    )
    return x, y


def _ordered(pair: Pair) -> Pair:
    """Sort a curve by x and keep at most MOST of its points."""
    keep = np.unique(np.linspace(0, pair[0].size - 1, min(pair[0].size, MOST)).round().astype(int))
    order = np.argsort(pair[0], kind="stable")[keep]
    return pair[0][order], pair[1][order]


@styled
def compare(
    curves: Mapping[str, Any],
    *,
    names: Sequence[str] = ("x", "y"),
    marks: Mapping[str, Any] | None = None,
    log: bool = False,
) -> Any:
    """Draw smooth curves over one another, in one panel or in several.

    `curves` maps a label to (xs, ys), or the title of a panel to such a dict. `marks` maps a label
    to one point (x, y), or a title to such a dict. `log=True` makes the y axis logarithmic. Panels
    stand side by side when their titles fit.
    Returns the Axes, or an array of them.

    Raises TypeError for what is no pair, ValueError when lengths differ or there is nothing.

    >>> ax = compare({"a line": ([0, 1], [0, 1])}, marks={"the middle": (0.5, 0.5)})
    >>> ax.texts[0].get_text()
    'the middle'
    """
    nested = all(isinstance(item, Mapping) for item in check_dict(curves, "curves", 6).values())
    groups = {
        title: {label: _pair(pair, f"curves[{label!r}]") for label, pair in group.items()}
        for title, group in (curves if nested else {"": check_dict(curves, "curves", 6)}).items()
    }
    points = dict(marks or {}) if nested else {"": marks or {}}
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    need(1 <= len(labels) <= 6, f"curves: expected 1 to 6 labels, got {len(labels)}")
    unknown = sorted(set(points) - set(groups))
    need(not unknown, f"marks: expected titles of panels, got {unknown}")
    x_name, y_name = house.check_names(names, 2, "names")
    beside = all(house.text_width(title, bold=True) < 165 for title in groups)
    size = {"row": 2.5, "columns": 2 if beside else 1} if len(groups) > 1 else {"row": 2.6}
    axes = house.panels(len(groups), **size)
    for ax, (title, group) in zip(axes, groups.items(), strict=True):
        for label, pair in group.items():
            i = labels.index(label)
            line = _ordered(pair)
            ax.plot(*line, color=LIGHT[SERIES[i]], linestyle=DASHES[i], lw=2.4, label=label)
        ax.set_title(title)
        ax.locator_params(nbins=5)
        if log:
            house.log_axis(ax)
        for point in points.get(title, {}).values():
            ax.plot(*point, "o", color=LIGHT["ink"], markersize=6, zorder=5)
        if not nested:
            ax.set_xlabel(x_name)
        ax.set_ylabel(y_name)
    figure = house.figure_of(axes[0])
    if nested:
        figure.supxlabel(x_name, fontsize="medium", color=LIGHT["ink"])
    found = {
        label: handle
        for ax in axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    if len(labels) > 1 or nested:
        legend(axes[0], list(found.values()), list(found), whole=True)
    for ax, title in zip(axes, groups, strict=True):
        room = house.Labels(ax, [line.get_xydata() for line in ax.lines])
        for label, point in points.get(title, {}).items():
            room.put(label, point, gap=7.0)
    return np.array(axes) if nested else axes[0]


@styled
def function_over_derivative(
    f: Function, df: Function, *, name: str, xlim: tuple[float, float] = (-4.0, 4.0)
) -> house.AxesArray:
    """Draw a function above its derivative, over the same x axis. Returns both Axes.

    `f` and `df` map an array to an array of the same shape; nnlib's functions may be given too.

    Raises TypeError when one cannot be called, ValueError when a shape changes.

    >>> above, below = function_over_derivative(np.tanh, lambda z: 1 - np.tanh(z) ** 2, name="tanh")
    >>> above.get_title(loc="left"), below.get_title(loc="left")
    ('tanh(z)', 'its slope, tanh′(z)')
    """
    xs = _interval(xlim)
    axes: house.AxesArray = house.new_axes(5.2, 3.9, rows=2, sharex=True, height_ratios=(1.25, 1))
    titles = f"{name}(z)", f"its slope, {name}′(z)"
    for i, (ax, function, title) in enumerate(zip(axes, (f, df), titles, strict=True)):
        house.zero_lines(ax)
        ys = _sample(function, xs, ("f", "df")[i])
        ax.plot(xs, ys, color=LIGHT[SERIES[i]], linestyle=DASHES[i], lw=2.4)
        ax.set_title(title, color=LIGHT[SERIES[i]])
        ax.margins(y=0.12)
        ax.locator_params(axis="y", nbins=5)
    axes[1].set_ylim(bottom=min(axes[1].get_ylim()[0], -0.05))
    axes[1].set(xlabel="z", xlim=(xs[0], xs[-1]))
    return axes


@styled
def activation_gallery(
    functions: Mapping[str, tuple[Function, Function]],
    *,
    xlim: tuple[float, float] = (-4.0, 4.0),
) -> house.AxesArray:
    """Draw several activations, each with its derivative dashed. Returns an array of Axes.

    `functions` maps a name to the pair (f, f′). All panels share both axes, so that slopes can be
    compared by eye.

    Raises ValueError when there is none or more than six, TypeError for what is no pair.

    >>> axes = activation_gallery({"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)})
    >>> axes.shape
    (1,)
    """
    found = check_dict(functions, "functions", 6)
    xs = _interval(xlim)
    axes = house.panels(len(found), row=1.55, sharex=True, sharey=True)
    for ax, (name, pair) in zip(axes, found.items(), strict=True):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"functions[{name!r}]: expected a pair (f, derivative), got {pair!r}")
        house.zero_lines(ax)
        for i, function in enumerate(pair):
            ys = _sample(function, xs, f"functions[{name!r}][{i}]")
            ax.plot(xs, ys, color=LIGHT[SERIES[i]], linestyle=DASHES[i], lw=2.4 - 0.5 * i)
        ax.set(title=name, ylim=(-1.25, 2.6), xlim=(xs[0], xs[-1]))
        ax.locator_params(axis="both", nbins=5)
    legend(axes[0], axes[0].lines[2:4], ["the function", "its slope"], whole=True)
    return np.array(axes)


@styled
def tangent(
    f: Callable[[float], Any],
    at: float,
    slope: float,
    *,
    xlim: tuple[float, float],
    names: Sequence[str] = ("w", "loss"),
) -> Axes:
    """Draw a function of one number and, dashed, the line of the given slope through one point.

    `f` is called with one float at a time. The slope is not checked: whether the line touches is
    for the reader to see.

    Raises TypeError when `f` cannot be called, ValueError when `at` lies outside `xlim`.

    >>> ax = tangent(lambda w: w * w, 1.0, 2.0, xlim=(-2, 2))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['loss', 'tangent at w = 1, slope 2.000']
    """
    if not callable(f):
        raise TypeError(f"f: expected a function, got {type(f).__name__}")
    xs = _interval(xlim)
    place, steep = (
        float(to_array(at, "at").reshape(())),
        float(to_array(slope, "slope").reshape(())),
    )
    need(xs[0] <= place <= xs[-1], f"at: expected a number in {xlim}, got {place}")
    x_name, y_name = house.check_names(names, 2, "names")
    curve = np.array([float(to_array(f(float(x)), "f").reshape(())) for x in xs])
    height = float(to_array(f(place), "f").reshape(()))
    ax: Axes = house.new_axes(5.2, 3.4)
    (line,) = ax.plot(xs, curve, color=LIGHT["blue"], lw=2.4)
    limits = ax.get_ylim()  # the curve decides the frame, however steep the tangent
    (touching,) = ax.plot(
        xs, height + steep * (xs - place), color=LIGHT["orange"], linestyle=house.DASHED, lw=2.0
    )
    ax.plot(place, height, "o", color=LIGHT["ink"], markersize=7, zorder=5)
    ax.set(xlim=(xs[0], xs[-1]), ylim=limits, xlabel=x_name, ylabel=y_name)
    said = f"tangent at {x_name} = {house.short(place)}, slope {number(steep, 3)}"
    legend(ax, [line, touching], [y_name, said])
    return ax


@styled
def fitted_curve(
    x: Any,
    y: Any,
    predictions: Mapping[str, tuple[Any, Any]],
    *,
    truth: tuple[Any, Any] | None = None,
    panels: bool = False,
    names: Sequence[str] = ("x", "y"),
) -> Any:
    """Draw data points and the curves of models that learnt them.

    `x` and `y` hold n numbers each. `predictions` maps a label to (xs, ys); `truth` is the pair of
    the curve the data came from. `panels=True` gives each model its own panel, two in a row.
    Returns the Axes, or an array of them with `panels=True`.

    Raises ValueError when lengths differ or there is nothing to draw.

    >>> ax = fitted_curve([0, 1], [0, 1], {"a line": ([0, 1], [0, 1])})
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['data', 'a line']
    """
    data = _pair((x, y), "x, y")
    lines = {
        label: _ordered(_pair(pair, f"predictions[{label!r}]"))
        for label, pair in check_dict(predictions, "predictions", len(SERIES)).items()
    }
    true = None if truth is None else _ordered(_pair(truth, "truth"))
    x_name, y_name = house.check_names(names, 2, "names")
    groups = [{label: line} for label, line in lines.items()] if panels else [lines]
    row = 1.6 if panels else 2.55
    axes = house.panels(len(groups), row=row, sharex=True, sharey=True)
    rounded = np.round(data, 4)
    low, high = float(data[1].min()), float(data[1].max())
    pad = 0.25 * (high - low) or 1.0
    for ax, group in zip(axes, groups, strict=True):
        dots = {"color": LIGHT["muted"], "alpha": 0.55, "markersize": 4.2, "markeredgewidth": 0}
        ax.plot(*rounded, "o", label="data", zorder=1, **dots)
        if true is not None:
            ax.plot(*true, color=LIGHT["ink"], lw=1.0, label="truth")
        for i, (label, line) in enumerate(group.items()):
            name = "the network" if panels else label
            ax.plot(*line, color=LIGHT[SERIES[i]], linestyle=DASHES[i], lw=2.2, label=name)
        if panels:
            ax.set_title(next(iter(group)))
        ax.set_ylim(low - pad, high + pad)  # data decides: one wild model must not flatten all else
        ax.locator_params(axis="both", nbins=5)
        ax.set(xlabel=x_name, ylabel=y_name)
        ax.label_outer()
    legend(axes[0], *axes[0].get_legend_handles_labels(), whole=True)
    return np.array(axes) if panels else axes[0]
