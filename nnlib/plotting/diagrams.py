"""The pictures that carry an idea and no data: the loop, rules and examples, what is wired to what.

Their lengths mean nothing; what is joined to what, and the words, are all that they say.
"""

from typing import Any

from nnlib.plotting import house
from nnlib.plotting.house import Axes, Names, arrow, box, canvas, write
from nnlib.plotting.palette import LIGHT

WIDTH, EDGE = 374.0, 2.0  # of every diagram, in points


def _say(ax: Axes, x: float, y: float, wide: float, name: str, line: str, colour: str) -> None:
    """Draw a box about a middle: what it is called and what it does, on the same baselines."""
    edge = "muted" if colour == "grey" else colour
    box(ax, x - wide / 2, y - 31, (wide, 62), "soft_" + colour, edge)
    write(ax, x, y + 6, name, va="baseline", weight="bold", fontsize=12)
    write(ax, x, y - 16, line, va="baseline", fontsize=10)


@house.style()
def loop() -> Axes:
    """Draw the training loop: predict, measure, blame, nudge, repeat.

    >>> ax = loop()
    >>> [text.get_text() for text in ax.texts][:3]
    ['1  predict', 'run the inputs forward', '2  measure']
    """
    wide, across, down = 160.0, 85.0, 36.0
    ax = canvas(WIDTH, 206)
    left, right, low, top = EDGE + wide / 2, WIDTH - EDGE - wide / 2, EDGE + 31, 173.0
    _say(ax, left, top, wide, "1  predict", "run the inputs forward", "blue")
    _say(ax, right, top, wide, "2  measure", "how wrong is the answer?", "orange")
    _say(ax, right, low, wide, "3  blame", "which weights caused it?", "grey")
    _say(ax, left, low, wide, "4  nudge", "move each weight a little", "green")
    arrow(ax, (left + across, top), (right - across, top))
    arrow(ax, (right, top - down), (right, low + down))
    arrow(ax, (right - across, low), (left + across, low))
    arrow(ax, (left, low + down), (left, top - down))
    write(ax, WIDTH / 2, 103, "repeat with the next\nexamples, many times", color=LIGHT["muted"])
    return ax


@house.style()
def programmed_vs_trained() -> Axes:
    """Draw what programming and training each take in and give back.

    >>> ax = programmed_vs_trained()
    >>> [text.get_text() for text in ax.texts].count("rules")
    2
    """
    ax = canvas(WIDTH, 224)
    wide, step = 106.0, (WIDTH - 2 * EDGE - 106) / 2
    colours = {"rules": "green", "data": "blue", "answers": "orange"}

    def flow(y: float, title: str, *boxes: str) -> None:
        write(ax, EDGE, y + 49, title, ha="left", weight="bold", fontsize=11.5)
        for j, (name, line) in enumerate(said.split(": ") for said in boxes):
            _say(ax, EDGE + wide / 2 + j * step, y, wide, name, line, colours[name])
        write(ax, EDGE + (step + wide) / 2, y, "+", fontsize=16, weight="bold")
        arrow(ax, (EDGE + step + wide + 4, y), (EDGE + 2 * step - 4, y))

    boxes = "rules: if red and round …", "data: a new fruit", "answers: “apple”"
    flow(149, "Programmed: a person writes the rules", *boxes)
    boxes = "data: many fruits", "answers: the name of each", "rules: weights that fit"
    flow(37, "Trained: the rules come from examples", *boxes)
    return ax


@house.style()
def unrolled(steps: int, inputs: Names | None = None, outputs: Names | None = None) -> Axes:
    """Draw a recurrent layer unrolled in time: the same cell at each step, handing its state on.

    `steps` is from 2 to 6; `inputs` and `outputs` hold a label for each step, by default x₁, … and
    y₁, …. An empty label leaves its arrow out.

    Raises ValueError when a count does not fit.

    >>> ax = unrolled(2, ["th", "e"], ["", "end"])
    >>> [text.get_text() for text in ax.texts]
    ['h₀', 'h₁', 'h₂', 'cell', 'th', 'cell', 'e', 'end', 'the same weights at every step']
    """
    house.expect(isinstance(steps, int) and 2 <= steps <= 6, "steps", "2 to 6", steps)
    below = house.check_names(inputs, steps, "inputs", "x")
    above = house.check_names(outputs, steps, "outputs", "y")
    ax = canvas(WIDTH, 176)
    left, y, pitch = 30.0, 96.0, (WIDTH - 45) / steps
    half = min(pitch * 0.3, 35.0)
    for i in range(steps + 1):
        x = left + (i + 0.5) * pitch
        before, after = x - pitch + half if i else 2.0, x - half if i < steps else WIDTH
        arrow(ax, (before, y), (after - 2, y), color="purple")
        write(ax, (before + after) / 2, y + 12, f"h{house.subscript(i)}")
    for i, (put, got) in enumerate(zip(below, above, strict=True)):
        x = left + (i + 0.5) * pitch
        box(ax, x - half, y - 22, (2 * half, 44), "soft_blue", "blue")
        write(ax, x, y, "cell", weight="bold")
        for label, start, end, at in ((put, -46, -24, -56), (got, 24, 46, 56)):
            if label:
                arrow(ax, (x, y + start), (x, y + end))
                write(ax, x, y + at, label)
    write(ax, WIDTH / 2, 12, "the same weights at every step", color=LIGHT["muted"])
    return ax


def _sign(ax: Axes, x: float, y: float, sign: str) -> None:
    """Draw a plus or a times in a circle, where lines meet."""
    box(ax, x - 9, y - 9, (18, 18), "paper", "ink", boxstyle="circle,pad=0", zorder=4)
    write(ax, x, y, sign, weight="bold", fontsize=12, zorder=5)


def _wire(ax: Axes, *points: Any, color: str = "muted", width: float = 1.8) -> None:
    """Draw a line from point to point, with a head at its end."""
    look = {"color": LIGHT[color], "linewidth": width, "zorder": 2}
    ax.plot(*zip(*points[:-1], strict=True), **look)
    arrow(ax, points[-2], points[-1], color=color, linewidth=width, head=10 + width, zorder=2)


@house.style()
def lstm_cell() -> Axes:
    """Draw an LSTM cell: the line of the cell along the top, and below it what sets its gates.

    >>> ax = lstm_cell()
    >>> [text.get_text() for text in ax.texts if len(text.get_text()) == 1]
    ['f', 'i', 'g', 'o', '×', '×', '+', '×']
    """
    wide = 336.0
    ax = canvas(wide, 232)
    top, middle, row, low, last = 208.0, 148.0, 84.0, 36.0, 298.0
    boxes = ["f: forget\nσ", "i: input\nσ", "g: candidate\ntanh", "o: output\nσ"]
    places = [61.0, 124.0, 187.0, 250.0]
    forget, write_in, candidate, output = places
    _wire(ax, (EDGE, top), (wide - EDGE, top), color="green", width=3.2)
    for x, (letter, said) in zip(places, (text.split(": ") for text in boxes), strict=True):
        colour = "orange" if letter == "g" else "blue"
        box(ax, x - 30, row - 20, (60, 40), "soft_" + colour, colour)
        write(ax, x, row, said)
        write(ax, x - 9, row + 31, letter, weight="bold")
        if x < output:
            _wire(ax, (x, low), (x, row - 22))
    _wire(ax, (EDGE, low), (output, low), (output, row - 22))
    _wire(ax, (20, EDGE), (20, low - 1))
    _wire(ax, (forget, row + 20), (forget, top - 11))
    _wire(ax, (write_in, row + 20), (write_in, middle), (candidate - 10, middle))
    _wire(ax, (candidate, row + 20), (candidate, middle - 10))
    _wire(ax, (candidate, middle), (candidate, top - 11))
    _wire(ax, (output, row + 20), (output, row + 28), (last - 10, row + 28))
    _wire(ax, (last, top), (last, middle + 15))
    box(ax, last - 23, middle - 13, (46, 26), "soft_orange", "orange")
    write(ax, last, middle, "tanh")
    _wire(ax, (last, middle - 13), (last, row + 38))
    _wire(ax, (last, row + 28), (last, low), (wide - EDGE, low))
    _sign(ax, forget, top, "×")
    _sign(ax, candidate, middle, "×")
    _sign(ax, candidate, top, "+")
    _sign(ax, last, row + 28, "×")
    for x, y, text in ((0, top, "old cell"), (0, low, "old state"), (24, 0, "input")):
        write(ax, x + EDGE, y + 12, text, ha="left")
    for y, text in ((top + 12, "new cell"), (low - 12, "new state")):
        write(ax, wide - EDGE, y, text, ha="right")
    return ax


@house.style()
def transformer_block() -> Axes:
    """Draw a Transformer: each token's numbers go straight up, and what a block finds is added.

    >>> ax = transformer_block()
    >>> [text.get_text() for text in ax.texts if len(text.get_text()) == 1]
    ['+', '+']
    """
    wide, stream, side = 272.0, 40.0, 172.0
    ax = canvas(wide, 424)

    def across(y: float, text: str, colour: str) -> None:
        box(ax, EDGE, y, (wide - 2 * EDGE, 30), "soft_" + colour, colour)
        write(ax, wide / 2, y + 15, text)

    def found(y: float, name: str, line: str, colour: str) -> None:
        """Draw what leaves the stream, is worked on, and is added back."""
        _wire(ax, (stream, y), (side - 79, y))
        box(ax, side - 77, y - 13, (154, 26), "soft_grey", "muted")
        write(ax, side, y, "layer norm")
        _wire(ax, (side, y + 13), (side, y + 27))
        box(ax, side - 77, y + 28, (154, 44), "soft_" + colour, colour)
        write(ax, side, y + 59, name, weight="bold")
        write(ax, side, y + 41, line)
        _wire(ax, (side, y + 72), (side, y + 92), (stream + 11, y + 92))
        write(ax, (stream + side) / 2 + 8, y + 103, "added", color=LIGHT["muted"])

    look = {"linestyle": house.DASHED, "zorder": 0}
    box(ax, EDGE, 72, (wide - 2 * EDGE, 266), "paper", "muted", **look)
    _wire(ax, (stream, 49), (stream, 374), color="green", width=3.2)
    across(19, "embedding + position", "green")
    found(100, "attention", "asks the other tokens", "blue")
    found(224, "two dense layers", "each token by itself", "orange")
    _sign(ax, stream, 192, "+")
    _sign(ax, stream, 316, "+")
    write(ax, wide - 12, 324, "× N", ha="right", weight="bold", fontsize=12)
    across(375, "last layer, softmax", "green")
    write(ax, wide / 2, 8, "the letters so far")
    write(ax, wide / 2, 415, "shares for the next letter")
    return ax
