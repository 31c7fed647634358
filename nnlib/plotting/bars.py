"""The picture of heights: bars with their values.

It takes plain numbers, so that it can be drawn before a reader has met a network.
"""

from typing import Any

from nnlib.plotting import house
from nnlib.plotting.house import Axes, Names, style, to_array
from nnlib.plotting.palette import LIGHT


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
