"""The pictures that carry an idea and no data: the training loop, and rules against examples.

They open the home page and page 1, where a reader has seen no number yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlib.plotting.house import arrow, box, canvas, check_names, need, styled, subscript, write
from nnlib.plotting.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Clockwise from the top left: what a step is called, what it does, its colours.
STEPS = (
    ("1  predict", "run the inputs forward", "soft_blue", "blue"),
    ("2  measure", "how wrong is the answer?", "soft_orange", "orange"),
    ("3  blame", "which weights caused it?", "soft_grey", "muted"),
    ("4  nudge", "move each weight a little", "soft_green", "green"),
)


@styled
def loop() -> Axes:
    """Draw the training loop: predict, measure, blame, nudge, repeat.

    >>> ax = loop()
    >>> [text.get_text() for text in ax.texts][:3]
    ['1  predict', 'run the inputs forward', '2  measure']
    """
    width, height = 374.0, 206.0
    wide, high, edge = 160.0, 62.0, 2.0
    ax = canvas(width, height)
    left, right = edge, width - edge - wide
    low, top = edge, height - edge - high
    corners = ((left, top), (right, top), (right, low), (left, low))
    for (name, line, fill, border), (x, y) in zip(STEPS, corners, strict=True):
        box(ax, x, y, wide, high, fill=fill, edge=border)
        _say(ax, x + wide / 2, y + high / 2, name, line)
    gap = 5.0
    middle_left, middle_right = left + wide / 2, right + wide / 2
    arrow(ax, (left + wide + gap, top + high / 2), (right - gap, top + high / 2))
    arrow(ax, (middle_right, top - gap), (middle_right, low + high + gap))
    arrow(ax, (right - gap, low + high / 2), (left + wide + gap, low + high / 2))
    arrow(ax, (middle_left, low + high + gap), (middle_left, top - gap))
    write(
        ax,
        width / 2,
        height / 2,
        "repeat with the next\nexamples, many times",
        color=LIGHT["muted"],
    )
    return ax


@styled
def programmed_vs_trained() -> Axes:
    """Draw what programming and training each take in and give back.

    >>> ax = programmed_vs_trained()
    >>> [text.get_text() for text in ax.texts].count("rules")
    2
    """
    width, row = 374.0, 112.0
    ax = canvas(width, 2 * row)
    flows = (
        (
            "Programmed: a person writes the rules",
            ("rules", "if red and round …", "soft_green", "green"),
            ("data", "a new fruit", "soft_blue", "blue"),
            ("answers", "“apple”", "soft_orange", "orange"),
        ),
        (
            "Trained: examples find the rules",
            ("data", "many fruits", "soft_blue", "blue"),
            ("answers", "the name of each", "soft_orange", "orange"),
            ("rules", "weights that fit", "soft_green", "green"),
        ),
    )
    wide, high, edge = 106.0, 62.0, 2.0
    step = (width - 2 * edge - wide) / 2
    for i, (title, *boxes) in enumerate(flows):
        base = (1 - i) * row + 6
        write(ax, edge, base + high + 18, title, ha="left", weight="bold", fontsize=11.5)
        for j, (name, line, fill, border) in enumerate(boxes):
            x = edge + j * step
            box(ax, x, base, wide, high, fill=fill, edge=border)
            _say(ax, x + wide / 2, base + high / 2, name, line)
        middle = base + high / 2
        write(ax, edge + wide + (step - wide) / 2, middle, "+", fontsize=16, weight="bold")
        arrow(ax, (edge + step + wide + 4, middle), (edge + 2 * step - 4, middle))
    return ax


@styled
def unrolled(
    steps: int, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None
) -> Axes:
    """Draw a recurrent layer unrolled in time: the same cell at each step, handing its state on.

    `steps` is from 2 to 6; `inputs` and `outputs` hold a label for each step, by default x₁, … and
    y₁, …. An empty label leaves its arrow out.

    Raises ValueError when a count does not fit.

    >>> ax = unrolled(2, ["th", "e"], ["", "end"])
    >>> [text.get_text() for text in ax.texts]
    ['h₀', 'cell', 'th', 'h₁', 'cell', 'e', 'end', 'h₂', 'the same weights at every step']
    """
    need(2 <= steps <= 6, f"steps: expected 2 to 6, got {steps}")
    below = check_names(inputs, steps, "inputs", "x")
    above = check_names(outputs, steps, "outputs", "y")
    width, height, edge = 374.0, 176.0, 30.0
    ax = canvas(width, height)
    pitch = (width - 1.5 * edge) / steps
    wide, high, middle = min(pitch * 0.6, 70.0), 44.0, 96.0
    for i in range(steps):
        x = edge + (i + 0.5) * pitch
        before = x - pitch + wide / 2 if i else 2.0
        arrow(ax, (before, middle), (x - wide / 2 - 2, middle), color="purple")
        write(ax, (before + x - wide / 2) / 2, middle + 12, f"h{subscript(i)}")
        box(ax, x - wide / 2, middle - high / 2, wide, high, fill="soft_blue", edge="blue")
        write(ax, x, middle, "cell", weight="bold")
        if below[i]:
            arrow(ax, (x, middle - high / 2 - 24), (x, middle - high / 2 - 2))
            write(ax, x, middle - high / 2 - 34, below[i])
        if above[i]:
            arrow(ax, (x, middle + high / 2 + 2), (x, middle + high / 2 + 24))
            write(ax, x, middle + high / 2 + 34, above[i])
    last = edge + (steps - 0.5) * pitch + wide / 2
    arrow(ax, (last, middle), (width - 1, middle), color="purple")
    write(ax, (last + width) / 2, middle + 12, f"h{subscript(steps)}")
    write(ax, width / 2, 12, "the same weights at every step", color=LIGHT["muted"])
    return ax


def _say(ax: Axes, x: float, y: float, name: str, line: str) -> None:
    """Write what a box is called and what it does, on the same baselines in every box."""
    write(ax, x, y + 6, name, va="baseline", weight="bold", fontsize=12)
    write(ax, x, y - 16, line, va="baseline", fontsize=10)
