"""Pictures of functions and of numbers over time: activations, learning curves, fits, bars.

Lines carry their own labels where they end, so that no reader has to match a legend by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting.house import (
    POINT,
    AxesArray,
    FloatArray,
    check_names,
    dress,
    figure_of,
    new_axes,
    number,
    short,
    styled,
    to_array,
    write,
)
from nnlib.plotting.palette import DASHES, LIGHT, SERIES
from nnlib.plotting.values import call

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 161  # samples of a smooth curve; odd, so that x = 0 is one of them
MOST = 200  # points of a drawn line; a screen shows no more
Function = Callable[[Any], Any]


def _sample(function: Function, xs: FloatArray, name: str) -> FloatArray:
    """Evaluate a function on xs; break the line where the function jumps."""
    if not callable(function):
        raise TypeError(f"{name}: expected a function, got {type(function).__name__}")
    ys = call(function, xs)
    if ys.shape != xs.shape:
        raise ValueError(f"{name}: expected one value a point, shape {xs.shape}, got {ys.shape}")
    ys = ys.copy()
    span = float(np.ptp(ys)) or 1.0
    jumps = np.flatnonzero(np.abs(np.diff(ys)) > 0.3 * span)
    ys[jumps] = np.nan  # a vertical stroke there would show values that f never takes
    return ys


def _interval(xlim: tuple[float, float]) -> FloatArray:
    ends = to_array(xlim, "xlim")
    if ends.shape != (2,) or ends[0] >= ends[1]:
        raise ValueError(f"xlim: expected (low, high) with low < high, got {xlim}")
    return np.linspace(ends[0], ends[1], POINTS)


def _zero_lines(ax: Axes) -> None:
    ax.axhline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)
    ax.axvline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)


@styled
def function_over_derivative(
    f: Function,
    df: Function,
    *,
    name: str,
    xlim: tuple[float, float] = (-4.0, 4.0),
) -> AxesArray:
    """Draw a function above its derivative, over the same x axis. Returns both Axes.

    `f` and `df` map an array to an array of the same shape; nnlib's functions may be given too.

    Raises TypeError when one cannot be called, ValueError when a shape changes.

    >>> above, below = function_over_derivative(np.tanh, lambda z: 1 - np.tanh(z) ** 2, name="tanh")
    >>> above.get_title(loc="left"), below.get_title(loc="left")
    ('tanh(z)', 'its slope, tanh′(z)')
    """
    xs = _interval(xlim)
    axes: AxesArray = new_axes(5.2, 3.9, rows=2, sharex=True, height_ratios=(1.25, 1))
    pairs = (
        (f, "f", f"{name}(z)", "blue", "-"),
        (df, "df", f"its slope, {name}′(z)", "orange", (0, (5, 2))),
    )
    for ax, (function, argument, title, colour, dash) in zip(axes, pairs, strict=True):
        _zero_lines(ax)
        ax.plot(xs, _sample(function, xs, argument), color=LIGHT[colour], linestyle=dash, lw=2.4)
        ax.set_title(title, color=LIGHT[colour])
        ax.margins(y=0.12)
        ax.locator_params(axis="y", nbins=5)
    low, high = axes[1].get_ylim()
    axes[1].set_ylim(min(low, -0.05), high)
    axes[1].set(xlabel="z", xlim=(xs[0], xs[-1]))
    return axes


@styled
def activation_gallery(
    functions: Mapping[str, tuple[Function, Function]],
    *,
    xlim: tuple[float, float] = (-4.0, 4.0),
) -> AxesArray:
    """Draw several activations, each with its derivative dashed. Returns an array of Axes.

    `functions` maps a name to the pair (f, f′). All panels share both axes, so that slopes can be
    compared by eye.

    Raises ValueError when there is none or more than six, TypeError for what is no pair.

    >>> axes = activation_gallery({"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2)})
    >>> axes.shape
    (1,)
    """
    if not isinstance(functions, Mapping):
        raise TypeError(f"functions: expected a dict of pairs, got {type(functions).__name__}")
    count = len(functions)
    if not 1 <= count <= 6:
        raise ValueError(f"functions: expected 1 to 6 activations, got {count}")
    xs = _interval(xlim)
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    grid = np.atleast_1d(
        new_axes(5.2, 0.5 + 1.55 * rows, rows=rows, columns=columns, sharex=True, sharey=True)
    )
    panels = list(grid.flat)
    for ax, (name, pair) in zip(panels, functions.items(), strict=False):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"functions[{name!r}]: expected a pair (f, derivative), got {pair!r}")
        _zero_lines(ax)
        ax.plot(xs, _sample(pair[0], xs, f"functions[{name!r}][0]"), color=LIGHT["blue"], lw=2.4)
        slope = _sample(pair[1], xs, f"functions[{name!r}][1]")
        ax.plot(xs, slope, color=LIGHT["orange"], linestyle=(0, (4, 2)), lw=1.9)
        ax.set_title(name)
        ax.set_ylim(-1.25, 2.6)
        ax.set_xlim(xs[0], xs[-1])
        ax.locator_params(axis="both", nbins=5)
    for ax in panels[count:]:
        ax.remove()
    first = panels[0]
    first.figure.legend(
        handles=first.lines[2:4],
        labels=["the function", "its slope"],
        loc="outside upper left",
        ncols=2,
        handlelength=2.4,
        columnspacing=1.6,
    )
    return np.array(panels[:count])


def _series(history: Any) -> dict[str, FloatArray]:
    keys = getattr(history, "keys", None)
    if keys is None:
        raise TypeError(
            f"history: expected a History or a dict of lists, got {type(history).__name__}"
        )
    found = {
        str(key): np.atleast_1d(to_array(history[key], f"history[{key!r}]", ndim=(0, 1)))
        for key in keys()
    }
    found = {key: values for key, values in found.items() if values.size}
    found.pop("epoch", None)
    if not found:
        raise ValueError("history: expected at least one list of numbers, got none")
    return found


def _thin(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return at most MOST points of a series, its first and last among them, and their epochs."""
    index = np.unique(np.linspace(0, len(values) - 1, min(len(values), MOST)).round().astype(int))
    return (index + 1).astype(np.float64), values[index]


def _end_labels(ax: Axes, ends: list[tuple[float, str, str]], log: bool) -> None:
    """Write labels to the right of where lines end, pushed apart when the ends are close."""
    low, high = ax.get_ylim()
    scale = np.log if log else np.asarray
    shares = scale(np.array([low, high, *sorted(end[0] for end in ends)]))
    places = [float(v) for v in (shares[2:] - shares[0]) / (shares[1] - shares[0])]
    figure_height = ax.get_position().height * figure_of(ax).get_figheight() * POINT
    apart = 14.0 / max(figure_height, 60.0)
    for i in range(1, len(places)):
        if places[i] - places[i - 1] < apart:
            middle = (places[i] + places[i - 1]) / 2
            places[i - 1], places[i] = middle - apart / 2, middle + apart / 2
    # Inside the panel's height: the next panel has labels of its own.
    shift = max(apart / 2 - places[0], 0.0) - max(places[-1] - 0.97, 0.0)
    places = [place + shift for place in places]
    for (_, text, colour), place in zip(sorted(ends), places, strict=True):
        ax.annotate(
            text,
            (1.0, place),
            xycoords="axes fraction",
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=LIGHT[colour],
            weight="bold",
            fontsize=10,
            annotation_clip=False,
        )


@styled
def curves(history: Any, *, log: bool = False) -> AxesArray:
    """Draw learning curves: the loss, and below it each metric. Returns an array of Axes.

    `history` is what `fit` returns, or a dict of lists, one number an epoch. A key "val_" + name
    is the validation curve of `name`, dashed. `log=True` draws the loss on a logarithmic axis.

    Raises ValueError when there is nothing to draw or a logarithm of what is not positive.

    >>> axes = curves({"loss": [0.7, 0.4], "val_loss": [0.7, 0.5], "accuracy": [0.5, 0.9]})
    >>> [ax.get_ylabel() for ax in axes]
    ['loss', 'accuracy']
    """
    found = _series(history)
    names = list(dict.fromkeys(key.removeprefix("val_") for key in found))
    height = 3.1 if len(names) == 1 else 2.0 * len(names) + 0.4
    axes = np.atleast_1d(new_axes(5.2, height, rows=len(names), sharex=True))
    for ax, name in zip(axes, names, strict=True):
        logarithmic = log and "loss" in name
        ends = []
        for key, label, colour, dash in (
            (name, "training", "blue", "-"),
            ("val_" + name, "validation", "orange", (0, (4, 2))),
        ):
            if key not in found:
                continue
            epochs, values = _thin(found[key])
            if logarithmic and (values <= 0).any():
                raise ValueError(
                    f"history[{key!r}]: expected positive numbers as log=True, got ≤ 0"
                )
            marker = "o" if len(values) == 1 else ""
            ax.plot(epochs, values, color=LIGHT[colour], linestyle=dash, marker=marker)
            ends.append((float(values[-1]), label, colour))
        if logarithmic:
            ax.set_yscale("log")
            _plain_log_ticks(ax)
        else:
            ax.locator_params(axis="y", nbins=5)
        if name == "accuracy":
            ax.set_ylim(min(ax.get_ylim()[0], 0.5), 1.02)
        elif not logarithmic and ax.get_ylim()[0] > 0:
            ax.set_ylim(bottom=0)
        ax.yaxis.grid(True, color=LIGHT["grid"])
        ax.set_ylabel(name)
        last = max(len(found[key]) for key in (name, "val_" + name) if key in found)
        ax.set_xlim(1 if last > 1 else 0.5, max(last, 1.5))
        _end_labels(ax, ends, logarithmic)
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    axes[-1].set_xlabel("epoch")
    return axes


def _plain_log_ticks(ax: Axes) -> None:
    """Write 0.01, not 10⁻²: the default needs mathematical type, which SVG text has not."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = ax.get_ylim()
    few = np.log10(high / low) < 2
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    ax.yaxis.set_minor_formatter(NullFormatter())


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
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['a line', 'data']
    """
    data = _pair((x, y), "x, y")
    if not isinstance(predictions, Mapping):
        raise TypeError(f"predictions: expected a dict, got {type(predictions).__name__}")
    lines = {
        str(label): _pair(pair, f"predictions[{label!r}]") for label, pair in predictions.items()
    }
    if not 1 <= len(lines) <= len(SERIES):
        raise ValueError(f"predictions: expected 1 to {len(SERIES)} curves, got {len(lines)}")
    true = None if truth is None else _pair(truth, "truth")
    x_name, y_name = check_names(names, 2, "names", "x")
    if panels:
        rows = -(-len(lines) // 2)
        columns = min(len(lines), 2)
        grid = np.atleast_1d(
            new_axes(5.2, 0.65 + 1.6 * rows, rows=rows, columns=columns, sharex=True, sharey=True)
        )
        axes = list(grid.flat)
        for spare in axes[len(lines) :]:
            spare.remove()
        axes = axes[: len(lines)]
        groups = [{label: line} for label, line in lines.items()]
    else:
        axes, groups = [new_axes()], [lines]
    for ax, group in zip(axes, groups, strict=True):
        ax.plot(
            *_rounded(data),
            "o",
            color=LIGHT["muted"],
            alpha=0.55,
            markersize=4 if panels else 4.5,
            markeredgewidth=0,
            label="data",
            zorder=1,
        )
        if true is not None:
            ax.plot(*_ordered(true), color=LIGHT["ink"], lw=1.0, label="truth")
        for i, (label, line) in enumerate(group.items()):
            colour, dash = (SERIES[0], DASHES[0]) if panels else (SERIES[i], DASHES[i])
            name = "the network" if panels else label
            ax.plot(*_ordered(line), color=LIGHT[colour], linestyle=dash, lw=2.2, label=name)
        if panels:
            ax.set_title(next(iter(group)))
        # The data decides the frame: one wild model must not flatten all else.
        low, high = float(data[1].min()), float(data[1].max())
        pad = 0.25 * (high - low) or 1.0
        ax.set_ylim(low - pad, high + pad)
        ax.locator_params(axis="both", nbins=5)
        if ax.get_subplotspec().is_last_row() or not panels:
            ax.set_xlabel(x_name)
        if ax.get_subplotspec().is_first_col() or not panels:
            ax.set_ylabel(y_name)
    handles, labels = axes[0].get_legend_handles_labels()
    order = [*range(1, len(handles)), 0]
    picked = [handles[i] for i in order], [labels[i] for i in order]
    if panels:
        axes[0].figure.legend(*picked, loc="outside upper left", ncols=3, handlelength=2.2)
        return np.array(axes)
    axes[0].legend(
        *picked,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=3,
        handlelength=2.4,
        columnspacing=1.4,
        borderaxespad=0.2,
    )
    return axes[0]


def _pair(pair: Any, name: str) -> tuple[FloatArray, FloatArray]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise TypeError(f"{name}: expected a pair of x and y values, got {type(pair).__name__}")
    first, second = (to_array(item, name).reshape(-1) for item in pair)
    if first.shape != second.shape or first.size == 0:
        raise ValueError(
            f"{name}: expected equally many x and y values, got {first.size} and {second.size}"
        )
    return first, second


def _ordered(pair: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Sort a curve by x and keep at most MOST of its points."""
    order = np.argsort(pair[0], kind="stable")
    keep = np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST)).round().astype(int))
    return pair[0][order][keep], pair[1][order][keep]


def _rounded(pair: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    return np.round(pair[0], 4), np.round(pair[1], 4)


@styled
def bars(
    values: Any,
    names: Sequence[str] | None = None,
    *,
    title: str = "",
    digits: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """Draw labelled bars, each with its value at its end: the outputs of a softmax, say.

    `values` has shape (n,).

    Raises ValueError when there are no values or not as many names.

    >>> ax = bars([0.731, 0.269], ["apple", "lemon"])
    >>> [text.get_text() for text in ax.texts]
    ['0.73', '0.27']
    """
    sizes = to_array(values, "values", ndim=1)
    if sizes.size == 0:
        raise ValueError("values: expected at least one number, got shape (0,)")
    listed = check_names(names, sizes.size, "names", "y")
    if ax is None:
        ax = new_axes(5.2, (0.55 if title else 0.3) + 0.36 * sizes.size)
    dress(ax)
    places = np.arange(sizes.size)[::-1]
    low, high = min(0.0, float(sizes.min())), max(0.0, float(sizes.max()))
    span = (high - low) or 1.0
    for place, value in zip(places, sizes, strict=True):
        positive = value >= 0
        colour = "blue" if positive else "orange"
        ax.barh(
            place,
            value,
            height=0.64,
            color=LIGHT["soft_" + colour],
            edgecolor=LIGHT[colour],
            linewidth=1.4,
            linestyle="-" if positive else (0, (4, 2)),
        )
        text = number(value, digits) if abs(value) < 1000 else short(value)
        write(
            ax,
            value + (0.015 if positive else -0.015) * span,
            place,
            text,
            ha="left" if positive else "right",
        )
    ax.axvline(0, color=LIGHT["ink"], linewidth=1.2)
    ax.set_yticks(places, listed)
    ax.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"], labelsize=10.5)
    ax.set_xticks([])
    ax.set_xlim(low - (0.17 if low < 0 else 0) * span, high + 0.17 * span)
    ax.set_ylim(-0.55, sizes.size - 0.45)
    ax.spines[["left", "bottom"]].set_visible(False)
    if title:
        ax.set_title(title)
    return ax
