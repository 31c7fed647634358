"""Pictures of matrices: images, weights, tables of counts or attention, and a layer's product.

Zero is transparent, so that a picture reads the same on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import FloatArray, check_names, need, number, styled, to_array, write
from nnlib.plotting.palette import LIGHT, PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VECTOR = 1100  # cells up to which an image is drawn as shapes, which follow the page's colours
LEVELS = 6  # strengths of tint a sign; more cannot be told apart


@styled
def images(
    array: Any, titles: Sequence[str] | None = None, *, columns: int = 4, width: float = 4.9
) -> house.AxesArray:
    """Draw images side by side: digits, feature maps, filters. Returns an array of Axes.

    `array` has shape (n, h, w), and all images share one scale; or it is a list of images of any
    shapes (h, w), each with a scale of its own. Zero is clear. Images that are nowhere negative are
    drawn in ink, others in blue for positive and orange for negative. Up to 12 cells in all carry
    their value. `width` is that of a full row in inches.

    Raises ValueError when the shape or the number of titles does not fit.

    >>> [ax.get_title(loc="left") for ax in images(np.eye(3)[None], ["a line"])]
    ['a line']
    """
    alone = isinstance(array, (list, tuple))
    stack = [
        to_array(image, "array", ndim=2)
        for image in (array if alone else to_array(array, "array", ndim=3))
    ]
    cells = sum(image.size for image in stack)
    need(bool(stack) and all(image.size for image in stack), "array: expected images, got none")
    need(columns >= 1, f"columns: expected at least 1, got {columns}")
    listed = None if titles is None else check_names(titles, len(stack), "titles")
    tallest = max(image.shape[0] / image.shape[1] for image in stack)
    row = width / min(len(stack), columns) * tallest + (0.26 if listed else 0.06)
    axes = house.panels(len(stack), columns=columns, width=width + 0.3, row=row, extra=0.15)
    sizes = [float(np.abs(image).max()) or 1.0 for image in stack]
    above = "blue" if min(image.min() for image in stack) < 0 else "ink"
    for i, (ax, image) in enumerate(zip(axes, stack, strict=True)):
        high, wide = image.shape
        share = image / (sizes[i] if alone else max(sizes))
        if cells <= VECTOR:
            _cells(ax, share, 0.4 if cells <= 12 else 0.85, above)
        else:  # pixels, in tones halfway between the light and the dark scheme's
            tones = np.where(image[..., None] > 0, _tone(above), _tone("orange"))
            pixels = np.concatenate([tones, np.abs(share)[..., None]], axis=-1)
            ax.imshow(pixels, interpolation="nearest", extent=(0, wide, high, 0))
        ax.set(xlim=(0, wide), ylim=(high, 0), xticks=[], yticks=[], aspect="equal")
        for spine in ax.spines.values():
            spine.set(visible=True, color=LIGHT["muted"], linewidth=0.8)
        if listed is not None:
            ax.set_title(listed[i], fontsize=10)
        for (r, c), value in np.ndenumerate(image if cells <= 12 else ()):
            write(ax, c + 0.5, r + 0.5, house.short(value))
    return np.array(axes)


@styled
def weights(
    W: Any,
    *,
    shape: tuple[int, int] | None = None,
    names: Sequence[str] | None = None,
    columns: int = 4,
) -> house.AxesArray:
    """Draw each row of a weight matrix as an image. Returns an array of Axes, one a row.

    `W` has shape (units, inputs); `shape` is (rows, columns) of one image, by default one line.
    Colours and scale are those of `images`.

    Raises ValueError when `shape` does not hold one row of W.

    >>> axes = weights([[0.4, 0.3], [-0.4, 0.8]], names=["unit 1", "unit 2"])
    >>> [text.get_text() for text in axes[1].texts]
    ['−0.4', '0.8']
    """
    matrix = to_array(W, "W", ndim=2)
    units, size = matrix.shape
    high, wide = shape if shape is not None else (1, size)
    need(high * wide == size, f"shape: expected {size} cells, as in a row of W, got {shape}")
    listed = None if names is None else check_names(names, units, "names")
    stack = matrix.reshape(units, high, wide)
    if high > 1:
        return images(stack, listed, columns=columns)
    return images(stack, listed, columns=1, width=min(4.9, 0.8 * wide))


def _cells(ax: Axes, image: FloatArray, strongest: float, above: str = "blue") -> None:
    """Draw an image as one shape a tint: sharp at any size, and in the page's own colours."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    level = np.sign(image) * np.ceil(np.abs(image) * LEVELS - 1e-9)
    for step in np.unique(level[level != 0]):
        squares = [
            Path([(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1), (c, r)], closed=True)
            for r, c in np.argwhere(level == step)
        ]
        face, alpha = LIGHT[above if step > 0 else "orange"], strongest * abs(step) / LEVELS
        shape = Path.make_compound_path(*squares)
        ax.add_patch(PathPatch(shape, facecolor=face, alpha=alpha, linewidth=0))


def _tone(name: str) -> FloatArray:
    pair = [[int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)] for value in PALETTE[name]]
    return np.asarray(np.mean(pair, axis=0), dtype=np.float64)


def _table(tint: FloatArray, texts: Any, names: list[str], axes: tuple[str, str]) -> Axes:
    """Draw a square table with tinted cells, the names on both sides, and what the sides mean."""
    n = len(tint)
    widest = max(map(house.text_width, names))
    cell = min(46.0, (330.0 - widest) / n)
    turned = widest > cell - 4
    side = n * cell / 72
    ax: Axes = house.new_axes(side + widest / 72 + 0.6, side + 0.8 + (widest / 72 if turned else 0))
    _cells(ax, tint, 0.6)
    for (r, c), text in np.ndenumerate(texts):
        write(ax, c + 0.5, r + 0.5, text, fontsize=10)
    places = np.arange(n) + 0.5
    ax.set_xticks(places, names, rotation=90 if turned else 0)
    ax.set_yticks(places, names)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.tick_params(labelcolor=LIGHT["ink"], labelsize=10)
    ax.xaxis.set_label_position("top")
    ax.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    ax.set_xlabel(axes[1], labelpad=8)
    ax.set_ylabel(axes[0], labelpad=8)
    for spine in ax.spines.values():
        spine.set_visible(True)
    return ax


@styled
def attention_map(weights: Any, tokens: Sequence[str]) -> Axes:
    """Draw attention weights: one row for each token that looks, one column for each looked at.

    `weights` has shape (T, T), entries in [0, 1]; `tokens` holds T labels. Up to 6 tokens have the
    weights written in; 0 stays clear.

    Raises ValueError when the shape does not fit or an entry is no weight.

    >>> ax = attention_map([[1.0, 0.0], [0.3, 0.7]], ["a", "b"])
    >>> [text.get_text() for text in ax.texts]
    ['1.00', '', '0.30', '0.70']
    """
    shares = to_array(weights, "weights", ndim=2)
    n = len(shares)
    need(shares.shape == (n, n) and n > 0, f"weights: expected shape (T, T), got {shares.shape}")
    fair = shares.min() >= 0 and shares.max() <= 1 + 1e-6
    need(bool(fair), "weights: expected entries in [0, 1], got others")
    texts = np.vectorize(lambda share: number(share) if share else "")(shares)
    # The root lets a weight of 0.05 still be seen; 0 alone is clear.
    shown = texts if n <= 6 else ()
    return _table(np.sqrt(shares), shown, check_names(tokens, n, "tokens"), ("looks", "at"))


@styled
def confusion_matrix(counts: Any, names: Sequence[str]) -> Axes:
    """Draw how often each class was taken for each: right answers blue, mistakes orange.

    `counts` has shape (K, K), true classes in rows, predicted ones in columns, up to 12 classes.
    The tint grows with the share of the row; a count of 0 is left out.

    Raises ValueError when the shape does not fit or a count is negative.

    >>> ax = confusion_matrix([[9, 1], [0, 8]], ["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['9', '1', '', '8']
    """
    table = to_array(counts, "counts", ndim=2)
    n = len(table)
    fits = table.shape == (n, n) and 1 <= n <= 12
    need(fits, f"counts: expected shape (K, K) with K ≤ 12, got {table.shape}")
    need(bool((table >= 0).all()), "counts: expected no negative counts, got some")
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    # The root lets single mistakes show beside hundreds of right answers.
    tint = np.sqrt(shares) * np.where(np.eye(n) > 0, 1, -1)
    texts = np.vectorize(lambda count: house.short(count) if count else "")(table)
    return _table(tint, texts, check_names(names, n, "names"), ("true", "predicted"))


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
    batch, matrix = to_array(X, "X", ndim=2), to_array(W, "W", ndim=2)
    (n, inner), out = batch.shape, len(matrix)
    wanted = f"expected shape (out, {inner}) for X of shape {batch.shape}"
    need(matrix.shape == (out, inner), f"W: {wanted}, got {matrix.shape}")
    bias = np.zeros(out) if b is None else to_array(b, "b", ndim=1)
    need(bias.shape == (out,), f"b: expected shape {(out,)} for W {matrix.shape}, got {bias.shape}")
    need(0 <= row < n, f"row: expected 0 to {n - 1}, got {row}")
    need(0 <= unit < out, f"unit: expected 0 to {out - 1}, got {unit}")
    listed = [] if rows is None else check_names(rows, n, "rows")
    cell, high, between, edge = 46.0, 28.0, 26.0, 3.0
    left = edge + max([house.text_width(name) + 8 for name in listed], default=0.0)
    width = max(left + (inner + out) * cell + between, 2 * between + 2 * out * cell) + edge
    need(width <= 380 and n <= 12, f"X: expected few cells, to be read, got {batch.shape}, {out}")
    result = batch @ matrix.T + bias

    below = 34 + n * high  # the top of Z; X and Wᵀ stand above it
    top = below + 48 + max(n, inner) * high
    ax = house.canvas(width, top + 36)

    def draw(k: int, x: float, y: float, grid: FloatArray, mark: Any, sign: str) -> float:
        """Draw one matrix with its sign, symbol and shape; return where the next begins."""
        for (r, c), value in np.ndenumerate(grid):
            x0, y0 = x + c * cell, y - (r + 1) * high
            corners = [(x0, y0), (x0 + cell, y0), (x0 + cell, y0 + high), (x0, y0 + high)]
            fill = ("soft_orange" if k == 3 else "soft_blue") if mark(r, c) else "paper"
            house.polygon(ax, corners, fill=fill, edge="muted", linewidth=0.9)
            text = number(value, digits) if k == 3 else house.short(value)
            size, weight = 11 if len(text) < 6 else 10, "bold" if mark(r, c) else "normal"
            write(ax, x0 + cell / 2, y0 + high / 2, text, fontsize=size, weight=weight)
        middle, shape = x + grid.shape[1] * cell / 2, (out,) if k == 2 else grid.shape
        write(ax, middle, y + 26, symbols[k], weight="bold", fontsize=12)
        write(ax, middle, y + 10, str(shape), fontsize=10, color=LIGHT["muted"])
        write(ax, x - between / 2, y - high / 2, sign, weight="bold", fontsize=14)
        return x + float(grid.shape[1] * cell) + between

    for r, name in enumerate(listed):
        write(ax, left - 6, top - (r + 0.5) * high, name, ha="right")
    x = draw(0, left, top, batch, lambda r, c: r == row, "")
    draw(1, x, top, matrix.T, lambda r, c: c == unit, "@")
    x = width - edge - out * cell
    draw(3, x, below, result, lambda r, c: (r, c) == (row, unit), "=")
    terms = [
        f"{house.short(p)} × {house.factor(q)}"
        for p, q in zip(batch[row], matrix[unit], strict=True)
    ]
    if b is not None:
        draw(2, x - between - out * cell, below, bias[None], lambda r, c: c == unit, "+")
        terms.append(house.factor(bias[unit]))
    total = f"{' + '.join(terms)} = {number(result[row, unit], digits)}"
    write(ax, width / 2, 12, total, fontsize=11)
    return ax
