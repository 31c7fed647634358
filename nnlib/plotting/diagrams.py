"""The pictures that carry an idea and no data: the training loop, and rules against examples.

They open the home page and page 1, where a reader has seen no number yet.
"""

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
    flow(37, "Trained: examples find the rules", *boxes)
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
