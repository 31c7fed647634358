"""Pictures of matrices: weights as images, and a layer's matrix product cell by cell.

Zero is transparent, so that an image of weights reads the same on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting.house import (
    AxesArray,
    FloatArray,
    canvas,
    check_names,
    dress,
    new_axes,
    number,
    polygon,
    short,
    styled,
    text_width,
    to_array,
    write,
)
from nnlib.plotting.palette import LIGHT, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VECTOR = 700  # cells up to which an image is drawn as shapes, which follow the page's colours
LEVELS = 6  # strengths of tint a sign; more cannot be told apart


@styled
def weights(
    W: Any,
    *,
    shape: tuple[int, int] | None = None,
    names: Sequence[str] | None = None,
    columns: int = 4,
) -> AxesArray:
    """Draw each row of a weight matrix as an image. Returns an array of Axes, one a row.

    `W` has shape (units, inputs); `shape` is (rows, columns) of one image, by default one line.
    Blue is positive, orange negative, zero is clear; all images share one scale. Up to 12 cells
    carry their value.

    Raises ValueError when `shape` does not hold one row of W.

    >>> axes = weights([[0.4, 0.3], [-0.4, 0.8]], names=["unit 1", "unit 2"])
    >>> [text.get_text() for text in axes[1].texts]
    ['−0.4', '0.8']
    """
    matrix = to_array(W, "W", ndim=2)
    if matrix.size == 0:
        raise ValueError(f"W: expected at least one weight, got shape {matrix.shape}")
    units, size = matrix.shape
    high, wide = shape if shape is not None else (1, size)
    if high * wide != size:
        raise ValueError(f"shape: expected {size} cells, as a row of W has, got {(high, wide)}")
    if columns < 1:
        raise ValueError(f"columns: expected at least 1, got {columns}")
    listed = None if names is None else check_names(names, units, "names", "unit ")
    scale = float(np.abs(matrix).max()) or 1.0
    annotated = matrix.size <= 12
    across = 1 if high == 1 and units <= 8 else min(units, columns)
    down = -(-units // across)
    panel = 4.6 / across if high > 1 else min(4.6 / across, 1.1 * wide)
    tall = panel * high / wide if high > 1 else min(0.5, panel / wide * 0.7)
    grid = np.atleast_1d(
        new_axes(
            panel * across + 0.3,
            down * (tall + (0.34 if listed else 0.1)) + 0.15,
            rows=down,
            columns=across,
        )
    )
    axes = list(grid.flat)
    for spare in axes[units:]:
        spare.remove()
    for i, ax in enumerate(axes[:units]):
        image = matrix[i].reshape(high, wide)
        dress(ax)
        if matrix.size <= VECTOR:
            _cells(ax, image / scale, 0.4 if annotated else 0.85)
        else:
            _raster(ax, image / scale)
        ax.set(xlim=(0, wide), ylim=(high, 0), xticks=[], yticks=[])
        if high > 1:
            ax.set_aspect("equal")
        for spine in ax.spines.values():
            spine.set(visible=True, color=LIGHT["muted"], linewidth=0.8)
        if listed is not None:
            ax.set_title(listed[i], fontsize=10)
        if annotated:
            for (r, c), value in np.ndenumerate(image):
                write(ax, c + 0.5, r + 0.5, short(value))
    return np.array(axes[:units])


def _cells(ax: Axes, image: FloatArray, strongest: float) -> None:
    """Draw an image as one shape a tint: sharp at any size, and in the page's own colours."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    level = np.sign(image) * np.ceil(np.abs(image) * LEVELS - 1e-9)
    for step in np.unique(level[level != 0]):
        corners: list[tuple[float, float]] = []
        for r, c in np.argwhere(level == step):
            corners += [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1), (c, r)]
        codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        path = Path(np.array(corners, dtype=float), codes * (len(corners) // 5))
        ax.add_patch(
            PathPatch(
                path,
                facecolor=LIGHT["blue" if step > 0 else "orange"],
                alpha=strongest * abs(float(step)) / LEVELS,
                linewidth=0,
            )
        )


def _raster(ax: Axes, image: FloatArray) -> None:
    """Draw an image as pixels, in tones halfway between the light and the dark scheme's."""
    rgba = np.zeros((*image.shape, 4))
    rgba[image > 0, :3] = _tone("blue")
    rgba[image <= 0, :3] = _tone("orange")
    rgba[..., 3] = np.abs(image)
    high, wide = image.shape
    ax.imshow(rgba, interpolation="nearest", extent=(0, wide, high, 0))


def _tone(name: str) -> FloatArray:
    pair = [[int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)] for value in PALETTE[name]]
    return np.asarray(np.mean(pair, axis=0), dtype=np.float64)


@styled
def matrix_product(
    X: Any,
    W: Any,
    b: Any = None,
    *,
    row: int = 0,
    unit: int = 0,
    rows: Sequence[str] | None = None,
    digits: int = 2,
    symbols: tuple[str, str, str, str] = ("X", "Wᵀ", "b", "Z"),
) -> Axes:
    """Draw a layer's forward pass on a batch, X Wᵀ + b = Z, cell by cell.

    `X` has shape (n, in), `W` (out, in), `b` (out,) or None, so Z has (n, out). The cells that
    make Z[row, unit] are marked, and the sum is written out below. `rows` names the examples.

    Raises ValueError when the shapes do not fit or the grids would be too large to read.

    >>> ax = matrix_product([[0.9, 0.8]], [[0.4, 0.3]], [0.0])
    >>> ax.texts[-1].get_text()
    '0.9 × 0.4 + 0.8 × 0.3 + 0 = 0.60'
    """
    batch = to_array(X, "X", ndim=2)
    matrix = to_array(W, "W", ndim=2)
    if batch.shape[1] != matrix.shape[1]:
        raise ValueError(
            f"W: expected shape (out, {batch.shape[1]}) for X of shape {batch.shape}, "
            f"got {matrix.shape}"
        )
    bias = None if b is None else to_array(b, "b", ndim=1)
    if bias is not None and bias.shape != matrix.shape[:1]:
        raise ValueError(
            f"b: expected shape {matrix.shape[:1]} for W of shape {matrix.shape}, got {bias.shape}"
        )
    n, inner = batch.shape
    out = matrix.shape[0]
    if min(n, inner, out) < 1 or max(inner + 2 * out, n) > 12:
        raise ValueError(f"X: expected a batch small enough to read, got {batch.shape} with {out}")
    if not 0 <= row < n:
        raise ValueError(f"row: expected 0 to {n - 1}, got {row}")
    if not 0 <= unit < out:
        raise ValueError(f"unit: expected 0 to {out - 1}, got {unit}")
    listed = None if rows is None else check_names(rows, n, "rows", "row ")
    result = batch @ matrix.T + (0.0 if bias is None else bias)

    grids: list[tuple[str, FloatArray, bool]] = [
        (symbols[0], batch, False),
        (symbols[1], matrix.T, False),
    ]
    if bias is not None:
        grids.append((symbols[2], bias[None, :], False))
    grids.append((symbols[3], result, True))
    signs = ["@", "+", "="] if bias is not None else ["@", "="]
    cell_wide, cell_high, between, edge = 40.0, 27.0, 18.0, 3.0
    left = edge + max([text_width(name) + 8 for name in listed or []], default=0.0)
    cells = sum(grid.shape[1] for _, grid, _ in grids)
    tallest = max(grid.shape[0] for _, grid, _ in grids)
    width = left + cells * cell_wide + len(signs) * between + edge
    height = tallest * cell_high + 74
    ax = canvas(width, height)
    top = 30 + tallest * cell_high

    marked = {
        0: lambda r, c: r == row,
        1: lambda r, c: c == unit,
        len(grids) - 1: lambda r, c: r == row and c == unit,
    }
    if bias is not None:
        marked[2] = lambda r, c: c == unit
    x = left
    for i, (symbol, grid, fixed) in enumerate(grids):
        wide = grid.shape[1]
        for (r, c), value in np.ndenumerate(grid):
            x0, y0 = x + c * cell_wide, top - (r + 1) * cell_high
            on = marked[i](r, c)
            fill = ("soft_orange" if fixed else "soft_blue") if on else "paper"
            corners = [(x0, y0), (x0 + cell_wide, y0)]
            corners += [(px, py + cell_high) for px, py in corners[::-1]]
            polygon(ax, corners, fill=fill, edge="muted", linewidth=0.9)
            text = number(value, digits) if fixed else short(value)
            write(
                ax,
                x0 + cell_wide / 2,
                y0 + cell_high / 2,
                text,
                fontsize=10.5 if len(text) < 6 else 9,
                weight="bold" if on else "normal",
            )
        write(ax, x + wide * cell_wide / 2, top + 27, symbol, weight="bold", fontsize=12)
        shape = bias.shape if bias is not None and i == 2 else grid.shape
        dims = f"({shape[0]},)" if len(shape) == 1 else f"({shape[0]}, {shape[1]})"
        write(ax, x + wide * cell_wide / 2, top + 11, dims, fontsize=10, color=LIGHT["muted"])
        if i == 0 and listed is not None:
            for r, name in enumerate(listed):
                write(ax, x - 6, top - (r + 0.5) * cell_high, name, ha="right")
        x += wide * cell_wide
        if i < len(signs):
            write(ax, x + between / 2, top - cell_high / 2, signs[i], weight="bold", fontsize=13)
            x += between
    terms = [
        f"{short(p)} × {short(q) if q >= 0 else '(' + short(q) + ')'}"
        for p, q in zip(batch[row], matrix[unit], strict=True)
    ]
    if bias is not None:
        terms.append(short(bias[unit]) if bias[unit] >= 0 else f"({short(bias[unit])})")
    total = f"{' + '.join(terms)} = {number(result[row, unit], digits)}"
    write(ax, width / 2, 12, total, fontsize=11)
    return ax
