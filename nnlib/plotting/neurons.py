"""Pictures of one neuron: the weighted vote and the water pipes.

Both draw the same sum, w·x + b, so that a reader who misses one comparison can catch the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting.house import (
    SMALL,
    arrow,
    canvas,
    check_names,
    dress,
    new_axes,
    number,
    on_paper,
    polygon,
    short,
    signed,
    styled,
    text_width,
    to_array,
    write,
)
from nnlib.plotting.palette import LIGHT
from nnlib.plotting.values import activation_label, apply

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _terms(
    weights: Any, bias: float, inputs: Any, names: Sequence[str] | None
) -> tuple[list[str], list[float], list[float], float]:
    """Check a neuron's numbers; return names, weights, inputs and bias."""
    w = to_array(weights, "weights", ndim=1)
    x = to_array(inputs, "inputs", ndim=1)
    if w.size == 0:
        raise ValueError("weights: expected at least one weight, got shape (0,)")
    if w.shape != x.shape:
        raise ValueError(f"inputs: expected the shape of weights, {w.shape}, got {x.shape}")
    b = to_array(bias, "bias")
    if b.size != 1:
        raise ValueError(f"bias: expected one number, got shape {b.shape}")
    listed = check_names(names, w.size, "names", "x")
    return listed, [float(v) for v in w], [float(v) for v in x], float(b.reshape(()))


@styled
def neuron(
    weights: Any,
    bias: float,
    inputs: Any,
    *,
    names: Sequence[str] | None = None,
    activation: str | Callable[[Any], Any] | None = None,
    output_name: str = "z",
    ax: Axes | None = None,
) -> Axes:
    """Draw a neuron as a weighted vote: z = w·x + b, a bar for each term, end to end.

    `weights` and `inputs` have shape (n,). A positive term is a solid blue bar, a negative one a
    dashed orange bar. With `activation` (a name such as "relu", or a function) the value after it
    is written under the sum.

    Raises ValueError when the shapes differ, TypeError when they do not hold numbers.

    >>> ax = neuron([0.4, 0.3], 0.0, [0.9, 0.8], names=["redness", "roundness"])
    >>> [text.get_text() for text in ax.texts]
    ['+0.36', '+0.24', '0.00', '0.60', 'threshold']
    """
    listed, w, x, b = _terms(weights, bias, inputs, names)
    terms = [wi * xi for wi, xi in zip(w, x, strict=True)] + [b]
    labels = [
        f"{name}\n{short(xi)} × {short(wi) if wi >= 0 else '(' + short(wi) + ')'}"
        for name, wi, xi in zip(listed, w, x, strict=True)
    ] + ["bias"]
    total = sum(terms)
    ends = [float(v) for v in np.cumsum(terms)]
    starts = [0.0, *ends[:-1]]
    last = f"sum {output_name}"
    if activation is not None:
        after = float(apply(activation, np.array([total]), "activation").reshape(-1)[0])
        last += f"\n{activation_label(activation)} → {number(after)}"
    rows = len(terms) + 1
    if ax is None:
        ax = new_axes(5.2, 0.62 + 0.52 * rows)
    dress(ax)
    low, high = min(0.0, *ends), max(0.0, *ends)
    span = (high - low) or 1.0
    gap = 0.02 * span
    bars = [*zip(starts, terms, strict=True), (0.0, total)]
    for row, (start, term) in enumerate(bars):
        y = rows - 1 - row
        final = row == rows - 1
        positive = term >= 0
        colour = "blue" if positive else "orange"
        ax.barh(
            y,
            term,
            left=start,
            height=0.56,
            color=LIGHT[colour if final else "soft_" + colour],
            edgecolor=LIGHT[colour],
            linewidth=1.4,
            linestyle="-" if positive else (0, (4, 2)),
        )
        end = start + term
        if not final and row < rows - 2:
            ax.plot([end, end], [y - 0.28, y - 0.72], color=LIGHT["muted"], linewidth=0.9)
        ax.text(
            end + gap if positive else end - gap,
            y,
            number(term) if final else signed(term),
            ha="left" if positive else "right",
            va="center",
            color=LIGHT["ink"],
            weight="bold" if final else "normal",
            bbox=on_paper(),
            zorder=5,
        )
    ax.axvline(0, color=LIGHT["ink"], linewidth=1.4, zorder=4)
    ax.axhline(0.5, color=LIGHT["grid"], linewidth=0.8, zorder=0)
    ax.text(
        0, rows - 0.42, "threshold", ha="center", va="bottom", fontsize=SMALL, color=LIGHT["muted"]
    )
    # Room for the numbers written beyond the ends of the bars.
    ax.set_xlim(low - (0.22 if low < 0 else 0.12) * span, high + 0.22 * span)
    ax.set_ylim(-0.55, rows - 0.4)
    ax.set_yticks(range(rows), [*labels, last][::-1], color=LIGHT["ink"])
    ax.tick_params(axis="y", length=0, labelcolor=LIGHT["ink"], labelsize=10)
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=6)
    return ax


@styled
def valves(
    weights: Any, inputs: Any, *, names: Sequence[str] | None = None, bias: float = 0
) -> Axes:
    """Draw a neuron as plumbing: each input is a pipe, its weight a valve, the tank holds the sum.

    A pipe is |x| wide before its valve and |w·x| wide after it. Positive terms flow into the tank
    from the left; negative ones drain it on the right, dashed. What stays in the tank is
    z = w·x + b.

    Raises ValueError when the shapes differ, TypeError when they do not hold numbers.

    >>> ax = valves([0.5, -0.3], [0.6, 0.28], names=["h₁", "h₂"], bias=0.1)
    >>> [text.get_text() for text in ax.texts if "z" in text.get_text()]
    ['z = 0.32']
    """
    listed, w, x, b = _terms(weights, bias, inputs, names)
    pipes = [
        (name, wi * xi, abs(xi), f"{name}\n{short(xi)}", f"× {short(wi)}")
        for name, wi, xi in zip(listed, w, x, strict=True)
    ]
    if b != 0:
        pipes.append(("bias", b, abs(b), "bias", ""))
    inflow = [pipe for pipe in pipes if pipe[1] >= 0]
    drains = [pipe for pipe in pipes if pipe[1] < 0]
    total = sum(pipe[1] for pipe in pipes)
    scale = 30.0 / max(*(pipe[2] for pipe in pipes), *(abs(pipe[1]) for pipe in pipes), 1e-12)

    pitch, edge = 66.0, 4.0
    rows = max(len(inflow), len(drains), 2)
    tank_high, tank_wide = rows * pitch - 8, 84.0
    width, height = 374.0, tank_high + 40
    base = 32.0
    room_left = max([text_width(pipe[0]) for pipe in inflow], default=0.0)
    room_right = max([text_width(pipe[0]) for pipe in drains], default=0.0)
    free = width - tank_wide - room_left - room_right - 2 * edge - 14
    share = len(inflow) > 0, len(drains) > 0
    left_run = min(max(free * (0.58 if all(share) else 1.0), 92.0), 165.0) if share[0] else 0.0
    right_run = min(max(free * (0.42 if all(share) else 1.0), 68.0), 165.0) if share[1] else 0.0
    width = edge * 2 + room_left + 7 + left_run + tank_wide + right_run + 7 + room_right
    ax = canvas(width, height)
    tank = edge + room_left + 7 + left_run

    def band(x0: float, x1: float, y: float, thick: float, colour: str) -> None:
        half = max(thick * scale, 1.2) / 2
        polygon(
            ax,
            [(x0, y - half), (x1, y - half), (x1, y + half), (x0, y + half)],
            fill="soft_" + colour,
            edge=colour,
            linewidth=1.2,
            linestyle="-" if colour == "blue" else (0, (4, 2)),
        )

    def valve(at: float, y: float, label: str, half: float) -> None:
        polygon(
            ax,
            [(at - 8, y - 9), (at + 8, y + 9), (at + 8, y - 9), (at - 8, y + 9)],
            fill="paper",
            edge="ink",
            linewidth=1.3,
            zorder=4,
        )
        write(ax, at, y + max(half, 9) + 10, label, fontsize=10)

    for row, (_, flow, size, label, opening) in enumerate(inflow):
        y = base + tank_high - (row + 0.5) * pitch  # poured in from the top
        at = tank - left_run * 0.52 if opening else tank - left_run
        write(ax, edge + room_left, y, label, ha="right")
        if opening:
            band(tank - left_run, at, y, size, "blue")
        band(at, tank, y, abs(flow), "blue")
        if opening:
            valve(at, y, opening, size * scale / 2)
        write(
            ax,
            (at + tank) / 2 + 4,
            y - max(abs(flow) * scale / 2, 2) - 9,
            signed(flow),
            fontsize=10,
        )
    for row, (_, flow, _, label, opening) in enumerate(drains):
        y = base + (len(drains) - row - 0.5) * pitch  # and drained at the bottom
        start, end = tank + tank_wide, tank + tank_wide + right_run
        band(start, end - 8, y, abs(flow), "orange")
        arrow(ax, (end - 9, y), (end + 1, y), color="orange", head=16)
        if opening:
            valve(start + right_run * 0.5, y, opening, abs(flow) * scale / 2)
        write(ax, end + 7, y, label, ha="left")
        write(
            ax,
            start + right_run * 0.5,
            y - max(abs(flow) * scale / 2, 9) - 10,
            signed(flow),
            fontsize=10,
        )

    filled = sum(pipe[1] for pipe in inflow)
    depth = 0.0 if filled <= 0 else max(0.0, total / filled) * (tank_high - 8)
    inner = tank + tank_wide
    if depth > 0:
        polygon(
            ax,
            [(tank, base), (inner, base), (inner, base + depth), (tank, base + depth)],
            fill="soft_blue",
            edge="none",
            zorder=2,
        )
        ax.plot([tank, inner], [base + depth] * 2, color=LIGHT["blue"], linewidth=1.6, zorder=2.5)
    ax.plot(
        [tank, tank, inner, inner],
        [base + tank_high, base, base, base + tank_high],
        color=LIGHT["ink"],
        linewidth=2.2,
        zorder=5,
    )
    write(ax, (tank + inner) / 2, base - 16, f"z = {number(total)}", weight="bold", fontsize=11.5)
    if total < 0:
        write(
            ax,
            (tank + inner) / 2,
            base + tank_high / 2,
            f"empty,\n{number(-total)} short",
            fontsize=10,
        )
    return ax
