"""Pictures of one neuron: the weighted vote and the water pipes.

Both draw the same sum, w·x + b, so that a reader who misses one comparison can catch the other.
"""

from typing import Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import Axes, Names, number, short, signed, write
from nnlib.plotting.palette import LIGHT


def _terms(
    weights: Any, bias: Any, inputs: Any, names: Names | None
) -> tuple[list[tuple[str, float, float]], float]:
    """Check a neuron's numbers; return name, weight and input of each term, and the bias."""
    w = house.to_array(weights, "weights", "n")
    x, b = house.to_array(inputs, "inputs", w.size), house.to_array(bias, "bias").reshape(-1)
    house.expect(b.size == 1, "bias", "one number", f"{b.size}")
    listed = house.check_names(names, w.size, "names", "x")
    return list(zip(listed, w.tolist(), x.tolist(), strict=True)), float(b[0])


@house.style()
def neuron(weights: Any, bias: Any, inputs: Any, *, names: Names | None = None) -> Axes:
    """Draw a neuron as a weighted vote: z = w·x + b, a bar for each term, end to end.

    `weights` and `inputs` have shape (n,). A positive term is a solid blue bar, a negative one a
    dashed orange bar.

    Raises ValueError when the shapes differ, TypeError when they do not hold numbers.

    >>> ax = neuron([0.4, 0.3], 0.0, [0.9, 0.8], names=["redness", "roundness"])
    >>> [text.get_text() for text in ax.texts]
    ['+0.36', '+0.24', '0.00', '0.60', 'threshold']
    """
    listed, b = _terms(weights, bias, inputs, names)
    labels = [f"{name}\n{short(x)} × {house.factor(w)}" for name, w, x in listed]
    terms = np.array([w * x for _, w, x in listed] + [b])
    ends = np.cumsum(terms)
    rows, total = len(terms) + 1, float(ends[-1])
    ax = house.new_axes(5.2, 0.62 + 0.52 * rows)
    low, high = min(0.0, ends.min()), max(0.0, ends.max())
    span = (high - low) or 1.0
    starts = [*(ends - terms), 0.0]
    for y, start, term in zip(range(rows)[::-1], starts, [*terms, total], strict=True):
        end, final, side = start + term, y == 0, 1 if term >= 0 else -1
        house.signed_bar(ax, y, term, left=start, height=0.56, strong=final)
        if y > 1:
            ax.plot([end, end], [y - 0.28, y - 0.72], color=LIGHT["muted"], linewidth=0.9)
        text, weight = (number(term), "bold") if final else (signed(term), "normal")
        aside = {"ha": "left" if side > 0 else "right", "zorder": 5}
        write(ax, end + 0.02 * side * span, y, text, weight=weight, bbox=house.on_paper(), **aside)
    ax.axvline(0, color=LIGHT["ink"], linewidth=1.4, zorder=4)
    ax.axhline(0.5, color=LIGHT["grid"], linewidth=0.8, zorder=0)
    small = {"fontsize": house.SMALL, "color": LIGHT["muted"]}
    write(ax, 0, rows - 0.42, "threshold", va="bottom", **small)
    # Room for the numbers written beyond the ends of the bars.
    ax.set_xlim(low - (0.22 if low < 0 else 0.12) * span, high + 0.22 * span)
    ax.set(ylim=(-0.55, rows - 0.4))
    ax.set_yticks(range(rows), [*labels, "bias", "sum z"][::-1])
    ax.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"], labelsize=10)
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=6)
    return ax


def _pipe(ax: Axes, x0: float, x1: float, y: float, half: float, colour: str) -> None:
    """Draw a stretch of pipe, `half` its width on either side of y."""
    corners = [(x0, y - half), (x1, y - half), (x1, y + half), (x0, y + half)]
    dash = "-" if colour == "blue" else house.DASHED
    house.polygon(ax, corners, fill="soft_" + colour, edge=colour, lw=1.2, linestyle=dash)


def _valve(ax: Axes, x: float, y: float, half: float, label: str) -> None:
    """Draw a valve on a pipe of that half width, with how far it is open."""
    bow = [(x - 8, y - 9), (x + 8, y + 9), (x + 8, y - 9), (x - 8, y + 9)]
    house.polygon(ax, bow, fill="paper", edge="ink", linewidth=1.3, zorder=4)
    write(ax, x, y + max(half, 9) + 10, label, fontsize=10)


@house.style()
def valves(weights: Any, inputs: Any, *, names: Names | None = None, bias: Any = 0) -> Axes:
    """Draw a neuron as plumbing: each input is a pipe, its weight a valve, the tank holds the sum.

    A pipe is |x| wide before its valve and |w·x| wide after it. Positive terms flow into the tank
    from the left; negative ones drain it on the right, dashed. What stays in the tank is
    z = w·x + b.

    Raises ValueError when the shapes differ, TypeError when they do not hold numbers.

    >>> ax = valves([0.5, -0.3], [0.6, 0.28], names=["h₁", "h₂"], bias=0.1)
    >>> [text.get_text() for text in ax.texts if "z" in text.get_text()]
    ['z = 0.32']
    """
    listed, b = _terms(weights, bias, inputs, names)
    # What a pipe is called, what it carries before the valve and after it, and the valve.
    pipes = [(f"{name}\n{short(x)}", abs(x), w * x, f"× {short(w)}") for name, w, x in listed]
    pipes += [("bias", abs(b), b, "")] if b else []
    inflow, drains = [p for p in pipes if p[2] >= 0], [p for p in pipes if p[2] < 0]
    total, filled = sum(pipe[2] for pipe in pipes), sum(pipe[2] for pipe in inflow)
    scale = 15.0 / max(1e-12, *(max(pipe[1], abs(pipe[2])) for pipe in pipes))

    def half(amount: float) -> float:
        return max(abs(amount) * scale, 0.6)

    pitch, edge, base, wide = 66.0, 4.0, 32.0, 84.0
    high = max(len(inflow), len(drains), 2) * pitch - 8
    rooms = [
        house.widest(part for pipe in side for part in pipe[0].split("\n")) if side else -7.0
        for side in (inflow, drains)
    ]
    free = 360.0 - wide - sum(rooms) - 2 * edge
    runs = [
        min(max(free * (part if inflow and drains else 1.0), least), 165.0) if side else 0.0
        for side, part, least in ((inflow, 0.58, 92.0), (drains, 0.42, 68.0))
    ]
    tank = edge + rooms[0] + 7 + runs[0]
    inner = tank + wide
    end, middle = inner + runs[1], tank + wide / 2
    ax = house.canvas(end + 7 + rooms[1] + edge, high + 40)
    for row, (label, size, flow, opening) in enumerate(inflow):
        y = base + high - (row + 0.5) * pitch  # poured in from the top
        at = tank - runs[0] * (0.52 if opening else 1.0)
        write(ax, edge + rooms[0], y, label, ha="right")
        _pipe(ax, at, tank, y, half(flow), "blue")
        if opening:
            _pipe(ax, tank - runs[0], at, y, half(size), "blue")
            _valve(ax, at, y, half(size), opening)
        write(ax, (at + tank) / 2 + 4, y - max(half(flow), 2) - 9, signed(flow), fontsize=10)
    for row, (label, _, flow, opening) in enumerate(drains):
        y, at = base + (len(drains) - row - 0.5) * pitch, (inner + end) / 2  # drained at the bottom
        _pipe(ax, inner, end - 8, y, half(flow), "orange")
        house.arrow(ax, (end - 9, y), (end + 1, y), color="orange", head=16)
        if opening:
            _valve(ax, at, y, half(flow), opening)
        write(ax, end + 7, y, label, ha="left")
        write(ax, at, y - max(half(flow), 9) - 10, signed(flow), fontsize=10)

    level = base + max(0.0, total / (filled or 1.0)) * (high - 8)
    if level > base:
        water = [(tank, base), (inner, base), (inner, level), (tank, level)]
        house.polygon(ax, water, fill="soft_blue", edge="none", zorder=2)
        ax.plot([tank, inner], [level] * 2, color=LIGHT["blue"], linewidth=1.6, zorder=2.5)
    walls = [tank, tank, inner, inner], [base + high, base, base, base + high]
    ax.plot(*walls, color=LIGHT["ink"], linewidth=2.2, zorder=5)
    write(ax, middle, base - 16, f"z = {number(total)}", weight="bold", fontsize=11.5)
    if total < 0:
        write(ax, middle, base + high / 2, f"empty,\n{number(-total)} short", fontsize=10)
    return ax
