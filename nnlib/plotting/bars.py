"""Pictures of heights: bars with their values, how numbers spread, how far gates are open.

They take plain arrays, so that they can be drawn before a reader has met a network.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import Axes, AxesArray, Names, check_dict, expect, style, to_array
from nnlib.plotting.palette import LIGHT, SERIES


@style()
def bars(values: Any, names: Names | None = None, *, title: str = "", digits: int = 2) -> Axes:
    """Draw labelled bars, each with its value at its end: the outputs of a softmax, say.

    `values` has shape (n,).

    Raises ValueError when there are no values or not as many names.

    >>> ax = bars([0.731, 0.269], ["apple", "lemon"])
    >>> [text.get_text() for text in ax.texts]
    ['0.73', '0.27']
    """
    sizes = to_array(values, "values", "n")
    count = sizes.size
    listed = house.check_names(names, count, "names", "y")
    ax = house.new_axes(5.2, (0.55 if title else 0.3) + 0.36 * count)
    ax.set_title(title)
    low, high = sizes.min(initial=0.0), sizes.max(initial=0.0)
    span = (high - low) or 1.0
    for place, value in zip(range(count)[::-1], sizes.tolist(), strict=True):
        house.signed_bar(ax, place, value, height=0.64)
        text = house.number(value, digits) if abs(value) < 1000 else house.short(value)
        side, ha = (0.015 * span, "left") if value >= 0 else (-0.015 * span, "right")
        house.write(ax, value + side, place, text, ha=ha)
    ax.axvline(0, color=LIGHT["ink"], linewidth=1.2)
    ax.set_yticks(range(count), listed[::-1])
    ax.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"], labelsize=10.5)
    ax.set(xticks=[], ylim=(-0.55, count - 0.45))
    ax.set_xlim(low - (0.17 if low < 0 else 0) * span, high + 0.17 * span)
    ax.spines[["left", "bottom"]].set_visible(False)
    return ax


@style()
def histograms(values: Mapping[str, Any], *, name: str = "value", bins: int = 30) -> AxesArray:
    """Draw how values spread, in one panel a label: activations or gradients by layer, say.

    `values` maps a label to an array of any shape. All panels share the x axis, called `name`, and
    its bins; each has its own height. Returns an array of Axes.

    Raises ValueError when an array is empty or there are more than eight.

    >>> axes = histograms({"layer 1": [0.0, 1.0, 1.0], "layer 2": [0.5]})
    >>> [ax.get_title(loc="left") for ax in axes]
    ['layer 1', 'layer 2']
    """
    found = check_dict(values, "values", 8)
    found = {key: to_array(array, f"values[{key!r}]").reshape(-1) for key, array in found.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(found.values())), bins)
    axes = house.panels(found, row=1.35, labels=(name, ""), sharex=True)
    for ax, (label, array) in zip(axes, found.items(), strict=True):
        counts, _ = np.histogram(array, edges)
        ax.stairs(counts, edges, fill=True, color=LIGHT["soft_blue"])
        ax.stairs(counts, edges, color=LIGHT["blue"], lw=1.4)
        ax.set(yticks=[], ylim=(0, None))
        ax.spines["left"].set_visible(False)
        spread = f"spread {house.short(float(array.std()))}"
        if house.text_width(label, bold=True) + house.text_width(spread) < 150:
            ax.set_title(spread, loc="right", color=LIGHT["muted"], weight="normal")
    return np.array(axes)


@style()
def gates(values: Mapping[str, Any], *, steps: Names | None = None) -> AxesArray:
    """Draw how far each gate is open at each step: full height is open, nothing is shut.

    `values` maps the name of a gate to T numbers in [0, 1]; `steps` names the steps.
    Returns an array of Axes, one a gate.

    Raises ValueError when a number is outside [0, 1] or the lengths differ.

    >>> (ax,) = gates({"forget": [1.0, 0.2]}, steps=["a", "b"])
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['a', 'b']
    """
    found = check_dict(values, "values")
    axes = house.panels(found, columns=1, row=0.85, extra=0.35, sharex=True)
    count = np.size(next(iter(found.values())))
    for i, (ax, (name, given)) in enumerate(zip(axes, found.items(), strict=True)):
        array, colour = to_array(given, f"values[{name!r}]", count), SERIES[i % 3]
        expect(np.all((array >= 0) & (array <= 1)), f"values[{name!r}]", "0 to 1", array)
        look = {"color": LIGHT["soft_" + colour], "edgecolor": LIGHT[colour], "linewidth": 1.2}
        ax.bar(np.arange(count) + 1, array, width=0.8, **look)
        ax.set_ylim(0, 1.04)
        ax.set_yticks([0, 1], ["shut", "open"])
    if steps is not None:
        axes[-1].set_xticks(np.arange(count) + 1, house.check_names(steps, count, "steps"))
    else:
        axes[-1].set_xlabel("step")
    return np.array(axes)
