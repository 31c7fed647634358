"""Pictures of numbers that a run leaves behind: learning curves, bars, and how values spread.

They take a history or plain arrays, so that they can be drawn before a reader has met `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import AxesArray, check_dict, need, number, panels, styled, to_array
from nnlib.plotting.palette import DASHES, LIGHT, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 200  # points of a drawn line; a screen shows no more


def _thin(values: house.FloatArray, most: int = MOST) -> tuple[house.FloatArray, house.FloatArray]:
    """Return at most `most` points of a series, its first and last among them, and their epochs."""
    index = np.unique(np.linspace(0, len(values) - 1, min(len(values), most)).round().astype(int))
    return (index + 1).astype(np.float64), values[index]


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
    found = {
        key: np.atleast_1d(to_array(values, f"history[{key!r}]", ndim=(0, 1)))
        for key, values in check_dict(history, "history", 20).items()
        if key != "epoch" and np.size(values)
    }
    need(bool(found), "history: expected at least one list of numbers, got none")
    names = list(dict.fromkeys(key.removeprefix("val_") for key in found))
    row, extra = (2.6, 0.5) if len(names) == 1 else (2.0, 0.4)
    axes = panels(len(names), columns=1, row=row, extra=extra, sharex=True)
    for ax, name in zip(axes, names, strict=True):
        last = 1
        for i, key in enumerate((name, "val_" + name)):
            if key not in found:
                continue
            epochs, values = _thin(found[key])
            positive = not (log and "loss" in name) or bool((values > 0).all())
            need(positive, f"history[{key!r}]: expected positive numbers as log=True, got ≤ 0")
            label = ("training", "validation")[i]
            marker = "o" if len(values) == 1 else ""
            style = {"color": LIGHT[SERIES[i]], "linestyle": DASHES[i], "marker": marker}
            ax.plot(epochs, values, label=label, **style)
            last = max(last, len(found[key]))
        ax.locator_params(axis="y", nbins=5)
        if log and "loss" in name:
            house.log_axis(ax)
        elif name == "accuracy":
            ax.set_ylim(min(ax.get_ylim()[0], 0.5), 1.02)
        elif ax.get_ylim()[0] > 0:
            ax.set_ylim(bottom=0)
        ax.yaxis.grid(True, color=LIGHT["grid"])
        ax.set(ylabel=name, xlim=(1 if last > 1 else 0.5, max(last, 1.5)))
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    axes[-1].set_xlabel("epoch")
    most = max(axes, key=lambda ax: len(ax.lines))
    house.legend(axes[0], *most.get_legend_handles_labels(), whole=True)
    return np.array(axes)


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
    need(sizes.size > 0, "values: expected at least one number, got shape (0,)")
    listed = house.check_names(names, sizes.size, "names", "y")
    if ax is None:
        ax = house.new_axes(5.2, (0.55 if title else 0.3) + 0.36 * sizes.size)
    house.dress(ax)
    places = np.arange(sizes.size)[::-1]
    low, high = min(0.0, float(sizes.min())), max(0.0, float(sizes.max()))
    span = (high - low) or 1.0
    for place, value in zip(places, sizes, strict=True):
        house.signed_bar(ax, place, float(value), height=0.64)
        text = number(value, digits) if abs(value) < 1000 else house.short(value)
        side, ha = (0.015 * span, "left") if value >= 0 else (-0.015 * span, "right")
        house.write(ax, value + side, place, text, ha=ha)
    ax.axvline(0, color=LIGHT["ink"], linewidth=1.2)
    ax.set_yticks(places, listed)
    ax.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"], labelsize=10.5)
    ax.set_xticks([])
    ax.set_xlim(low - (0.17 if low < 0 else 0) * span, high + 0.17 * span)
    ax.set_ylim(-0.55, sizes.size - 0.45)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_title(title)
    return ax


@styled
def histograms(
    values: Mapping[str, Any], *, names: Sequence[str] = ("value",), bins: int = 30
) -> AxesArray:
    """Draw how values spread, in one panel a label: activations or gradients by layer, say.

    `values` maps a label to an array of any shape. All panels share the x axis, named `names[0]`,
    and its bins; each has its own height. Returns an array of Axes.

    Raises ValueError when an array is empty or there are more than eight.

    >>> axes = histograms({"layer 1": [0.0, 1.0, 1.0], "layer 2": [0.5]})
    >>> [ax.get_title(loc="left") for ax in axes]
    ['layer 1', 'layer 2']
    """
    found = {
        label: to_array(array, f"values[{label!r}]").reshape(-1)
        for label, array in check_dict(values, "values", 8).items()
    }
    for label, array in found.items():
        need(array.size > 0, f"values[{label!r}]: expected at least one number, got none")
    edges = np.histogram_bin_edges(np.concatenate(list(found.values())), bins)
    axes = panels(len(found), row=1.35, sharex=True)
    for ax, (label, array) in zip(axes, found.items(), strict=True):
        counts, _ = np.histogram(array, edges)
        ax.stairs(counts, edges, fill=True, color=LIGHT["soft_blue"])
        ax.stairs(counts, edges, color=LIGHT["blue"], lw=1.4)
        ax.set(title=label, yticks=[], ylim=(0, None))
        ax.spines["left"].set_visible(False)
        ax.locator_params(axis="x", nbins=5)
        spread = f"spread {house.short(float(array.std()))}"
        if house.text_width(label, bold=True) + house.text_width(spread) < 150:
            ax.set_title(spread, loc="right", color=LIGHT["muted"], weight="normal")
        ax.set_xlabel(house.check_names(names, 1, "names")[0])
        ax.label_outer()
    return np.array(axes)


@styled
def gates(values: Mapping[str, Any], *, steps: Sequence[str] | None = None) -> AxesArray:
    """Draw how far each gate is open at each step: full height is open, nothing is shut.

    `values` maps the name of a gate to T numbers in [0, 1]; `steps` names the steps.
    Returns an array of Axes, one a gate.

    Raises ValueError when a number is outside [0, 1] or the lengths differ.

    >>> (ax,) = gates({"forget": [1.0, 0.2]}, steps=["a", "b"])
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['a', 'b']
    """
    found = {
        name: to_array(array, f"values[{name!r}]", ndim=1)
        for name, array in check_dict(values, "values", 6).items()
    }
    count = len(next(iter(found.values())))
    for name, array in found.items():
        inside = array.size == count > 0 and array.min() >= 0 and array.max() <= 1
        need(bool(inside), f"values[{name!r}]: expected {count} numbers in [0, 1], got {array}")
    listed = None if steps is None else house.check_names(steps, count, "steps")
    axes = panels(len(found), columns=1, row=0.85, extra=0.35, sharex=True)
    for i, (ax, (name, array)) in enumerate(zip(axes, found.items(), strict=True)):
        look = {"color": LIGHT["soft_" + SERIES[i % 3]], "edgecolor": LIGHT[SERIES[i % 3]]}
        ax.bar(np.arange(count) + 1, array, width=0.8, linewidth=1.2, **look)
        ax.set(title=name, ylim=(0, 1.04), yticks=[0, 1])
        ax.set_yticklabels(["shut", "open"])
    if listed is not None:
        axes[-1].set_xticks(np.arange(count) + 1, listed)
    else:
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
        axes[-1].set_xlabel("step")
    return np.array(axes)


@styled
def dashboard(monitor: Any, *, steps: Any = None, series: Sequence[str] | None = None) -> AxesArray:
    """Draw what flowed through each layer during training, one panel a measurement.

    `monitor` is a `Monitor`, or maps the name of a measurement to {layer: list of numbers, one a
    step}. What is not finite is left out. `series` chooses the measurements; by default all that
    were made but the mean and spread of gradients, of which the norm tells enough. What stays
    positive, or is called a norm or a ratio, is logarithmic when it spans a factor of 20. Returns
    an array of Axes.

    Raises ValueError when lengths differ or there is nothing to draw.

    >>> axes = dashboard({"gradient_norm": {"0": [0.1, 0.05], "2": [0.2, 0.1]}})
    >>> axes[0].get_title(loc="left")
    'gradient norm'
    """
    history = check_dict(getattr(monitor, "history", monitor), "monitor", 20)
    need(
        set(series or ()) <= set(history), f"series: expected some of {list(history)}, got {series}"
    )
    given = getattr(monitor, "steps", None) if steps is None else steps
    found: dict[str, dict[str, house.FloatArray]] = {}
    for name in series or [key for key in history if key not in ("gradient_mean", "gradient_std")]:
        rows = {
            str(layer): np.asarray(row, dtype=np.float64) for layer, row in history[name].items()
        }
        rows = {layer: row for layer, row in rows.items() if np.isfinite(row).any()}
        if rows:
            found[name] = rows
    need(bool(found), "monitor: expected at least one measurement, got none")
    layers = list(dict.fromkeys(k for name, rows in found.items() for k in rows if k != name))
    need(len(layers) <= 12, f"monitor: expected at most 12 layers, got {len(layers)}")
    axes, handles = panels(len(found), row=1.65, sharex=True), {}
    for ax, (name, rows) in zip(axes, found.items(), strict=True):
        for layer, row in rows.items():
            xs = np.arange(1.0, row.size + 1) if given is None else to_array(given, "steps", ndim=1)
            need(xs.size == row.size, f"steps: expected {row.size} numbers, got {xs.size}")
            index = (_thin(row, 100)[0] - 1).astype(int)
            # A series of one row, the loss, is no layer.
            i = layers.index(layer) if layer in layers else -1
            colour, dash = (SERIES[i % 6], DASHES[(i + i // 6) % 6]) if i >= 0 else ("ink", "-")
            ys = np.where(np.isfinite(row), row, np.nan)[index]
            (line,) = ax.plot(xs[index], ys, color=LIGHT[colour], linestyle=dash, lw=1.6)
            if i >= 0:
                handles[f"layer {layer}" if layer.isdigit() else layer] = line
        every = np.concatenate([row[np.isfinite(row)] for row in rows.values()])
        known = every[every > 0] if name.endswith(("norm", "ratio")) else every
        ax.locator_params(nbins=5)
        house.plain_numbers(ax)
        if known.size and known.min() > 0 and known.max() >= 20 * known.min():
            ax.set_ylim(bottom=max(0.5 * float(known.min()), 1e-7 * float(known.max())))
            house.log_axis(ax)  # zeros of a norm are below any logarithmic axis, and left out
        share = name in ("dead", "saturated")
        if share:
            ax.set_ylim(-0.04, 1.04)
        ax.set_title(("share " if share else "") + name.replace("_", " "))
        ax.yaxis.grid(True, color=LIGHT["grid"])
    for ax in axes[-2:]:
        ax.set_xlabel("step")
    if handles:
        house.legend(axes[0], list(handles.values()), list(handles), whole=True)
    return np.array(axes)
