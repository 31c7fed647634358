"""Pictures of matrices: images, weights, tables of counts or attention, and a layer's product.

Zero is transparent, so that a picture reads the same on a light and on a dark page.
"""

from typing import Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import Axes, AxesArray, FloatArray, Names, expect, number, short, write
from nnlib.plotting.palette import LIGHT, PALETTE

VECTOR = 1100  # cells up to which an image is drawn as shapes, which follow the page's colours
CELL = 46.0, 28.0  # width and height of a matrix entry, in points
LEVELS = 6  # strengths of tint a sign; more cannot be told apart


@house.style()
def images(
    array: Any, titles: Names | None = None, *, columns: int = 4, width: float = 4.9
) -> AxesArray:
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
    given = array if alone else house.to_array(array, "array", "n", "h", "w")
    stack = [house.to_array(image, "array", "h", "w") for image in given]
    expect(stack, "array", "at least one image", "none")
    cells = sum(image.size for image in stack)
    named = house.check_names(titles or [""] * len(stack), len(stack), "titles")
    tallest = max(len(image) / image.shape[1] for image in stack)
    row = width / min(len(stack), columns) * tallest + (0.26 if titles else 0.06)
    axes = house.panels(named, columns=columns, row=row, width=width + 0.3, extra=0.15)
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
        ax.spines[:].set(visible=True, linewidth=0.8)
        ax.title.set_fontsize(10)
        for (r, c), value in np.ndenumerate(image if cells <= 12 else ()):
            write(ax, c + 0.5, r + 0.5, short(value))
    return np.array(axes)


def weights(
    W: Any, *, shape: tuple[int, int] | None = None, names: Names | None = None, columns: int = 4
) -> AxesArray:
    """Draw each row of a weight matrix as an image. Returns an array of Axes, one a row.

    `W` has shape (units, inputs); `shape` is (rows, columns) of one image, by default one line.
    Colours and scale are those of `images`.

    Raises ValueError when `shape` does not hold one row of W.

    >>> axes = weights([[0.4, 0.3], [-0.4, 0.8]], names=["unit 1", "unit 2"])
    >>> [text.get_text() for text in axes[1].texts]
    ['−0.4', '0.8']
    """
    matrix = house.to_array(W, "W", "units", "inputs")
    units, size = matrix.shape
    high, wide = shape or (1, size)
    expect(high * wide == size, "shape", f"{size} cells, as in a row of W", shape)
    stack = matrix.reshape(units, high, wide)
    if high > 1:
        return images(stack, names, columns=columns)
    return images(stack, names, columns=1, width=min(4.9, 0.8 * wide))


def _cells(ax: Any, image: FloatArray, strongest: float, above: str = "blue") -> None:
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
    n, widest = len(tint), house.widest(names)
    cell = min(46.0, (330.0 - widest) / n)
    turned = widest > cell - 4
    side = n * cell / 72
    ax = house.new_axes(side + widest / 72 + 0.6, side + 0.8 + (widest / 72 if turned else 0))
    _cells(ax, tint, 0.6)
    for (r, c), text in np.ndenumerate(texts):
        write(ax, c + 0.5, r + 0.5, text, fontsize=10)
    ax.set_xticks(np.arange(n) + 0.5, names, rotation=90 if turned else 0)
    ax.set_yticks(np.arange(n) + 0.5, names)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.tick_params(labelcolor=LIGHT["ink"], labelsize=10)
    ax.xaxis.set_label_position("top")
    ax.set(xlim=(0, n), ylim=(n, 0), aspect="equal")
    ax.set_xlabel(axes[1], labelpad=8)
    ax.set_ylabel(axes[0], labelpad=8)
    ax.spines[:].set_visible(True)
    return ax


@house.style()
def attention_map(weights: Any, tokens: Names) -> Axes:
    """Draw attention weights: one row for each token that looks, one column for each looked at.

    `weights` has shape (T, T), entries in [0, 1]; `tokens` holds T labels. Up to 6 tokens have the
    weights written in; 0 stays clear.

    Raises ValueError when the shape does not fit or an entry is no weight.

    >>> ax = attention_map([[1.0, 0.0], [0.3, 0.7]], ["a", "b"])
    >>> [text.get_text() for text in ax.texts]
    ['1.00', '', '0.30', '0.70']
    """
    house.expect(isinstance(tokens, (list, tuple, str)), "tokens", "a list of labels", tokens)
    n = len(tokens)
    shares = house.to_array(weights, "weights", n, n)
    fair = shares.min() >= 0 and shares.max() <= 1 + 1e-6
    expect(fair, "weights", "entries in [0, 1]", "others")
    texts = np.vectorize(lambda share: number(share) if share else "")(shares)
    # The root lets a weight of 0.05 still be seen; 0 alone is clear.
    names = house.check_names(tokens, n, "tokens")
    return _table(np.sqrt(shares), texts if n <= 6 else (), names, ("looks", "at"))


@house.style()
def confusion_matrix(counts: Any, names: Names) -> Axes:
    """Draw how often each class was taken for each: right answers blue, mistakes orange.

    `counts` has shape (K, K), true classes in rows, predicted ones in columns, up to 12 classes.
    The tint grows with the share of the row; a count of 0 is left out.

    Raises ValueError when the shape does not fit or a count is negative.

    >>> ax = confusion_matrix([[9, 1], [0, 8]], ["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['9', '1', '', '8']
    """
    house.expect(isinstance(names, (list, tuple, str)), "names", "a list of labels", names)
    n = len(names)
    table = house.to_array(counts, "counts", n, n)
    expect(n <= 12 and table.min() >= 0, "counts", "at most 12 classes, no count negative", table)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    # The root lets single mistakes show beside hundreds of right answers.
    tint = np.sqrt(shares) * np.where(np.eye(n) > 0, 1, -1)
    texts = np.vectorize(lambda count: short(count) if count else "")(table)
    return _table(tint, texts, house.check_names(names, n, "names"), ("true", "predicted"))


def _grid(
    ax: Axes, x: float, y: float, grid: FloatArray, marked: Any, title: Names, computed: bool
) -> None:
    """Draw a matrix with its values, its top left corner at (x, y), title and shape above."""
    cell, high = CELL
    for place, value in np.ndenumerate(grid):
        x0, y0, mark = x + place[1] * cell, y - (place[0] + 1) * high, bool(marked[place])
        corners = [(x0, y0), (x0 + cell, y0), (x0 + cell, y0 + high), (x0, y0 + high)]
        fill = ("soft_orange" if computed else "soft_blue") if mark else "paper"
        house.polygon(ax, corners, fill=fill, edge="muted", linewidth=0.9)
        text, weight = number(value) if computed else short(value), "bold" if mark else "normal"
        size = 11 if len(text) < 6 else 10
        write(ax, x0 + cell / 2, y0 + high / 2, text, fontsize=size, weight=weight)
    middle = x + grid.shape[1] * cell / 2
    write(ax, middle, y + 26, title[0], weight="bold", fontsize=12)
    write(ax, middle, y + 10, title[1], fontsize=10, color=LIGHT["muted"])


@house.style()
def matrix_product(
    X: Any,
    W: Any,
    b: Any = None,
    *,
    rows: Names | None = None,
) -> Axes:
    """Draw a layer's forward pass on a batch, X Wᵀ + b = Z, cell by cell.

    `X` has shape (n, in), `W` (out, in), `b` (out,) or None, so Z has (n, out). The cells that
    make its first entry are marked, and the sum is written out below. `rows` names the examples.

    Raises ValueError when the shapes do not fit or the grids would be too large to read.

    >>> ax = matrix_product([[0.9, 0.8]], [[0.4, 0.3]], [0.0])
    >>> ax.texts[-1].get_text()
    '0.9 × 0.4 + 0.8 × 0.3 + 0 = 0.60'
    """
    batch = house.to_array(X, "X", "n", "in")
    n, inner = batch.shape
    matrix = house.to_array(W, "W", "out", inner)
    out, given = len(matrix), [] if b is None else [house.to_array(b, "b", len(matrix))]
    result = batch @ matrix.T + sum(given)
    listed = [] if rows is None else house.check_names(rows, n, "rows")
    cell, high = CELL
    between, edge = 26.0, 3.0
    left = edge + (house.widest(listed) + 8 if listed else 0.0)
    width = max(left + (inner + out) * cell + between, 2 * between + 2 * out * cell) + edge
    expect(
        width <= 380 and n <= 12, "X, W", "few cells, to be read", f"{batch.shape}, {matrix.shape}"
    )
    below = 34 + n * high  # the top of Z; X and Wᵀ stand above it
    top = below + 48 + max(n, inner) * high
    ax = house.canvas(width, top + 36)

    def draw(k: int, x: float, y: float, grid: FloatArray, sign: str) -> None:
        """Draw one matrix with its sign; mark a row of X, a column of Wᵀ, an entry of Z."""
        r, c = np.indices(grid.shape)
        shape = (out,) if k == 2 else grid.shape
        title = (("X", "Wᵀ", "b", "Z")[k], str(shape))
        _grid(ax, x, y, grid, (r, c, c, r + c)[k] == 0, title, computed=k == 3)
        write(ax, x - between / 2, y - high / 2, sign, weight="bold", fontsize=14)

    for r, name in enumerate(listed):
        write(ax, left - 6, top - (r + 0.5) * high, name, ha="right")
    x = width - edge - out * cell
    draw(0, left, top, batch, "")
    draw(1, left + inner * cell + between, top, matrix.T, "@")
    draw(3, x, below, result, "=")
    terms = [f"{short(x)} × {house.factor(w)}" for x, w in zip(batch[0], matrix[0], strict=True)]
    for bias in given:
        draw(2, x - between - out * cell, below, bias[None], "+")
        terms.append(house.factor(bias[0]))
    write(ax, width / 2, 12, f"{' + '.join(terms)} = {number(result[0, 0])}", fontsize=11)
    return ax


@house.style()
def convolution(image: Any, kernel: Any, *, at: tuple[int, int] = (0, 0)) -> Axes:
    """Draw a kernel sliding over an image, every number visible, its window marked at one place.

    `image` has shape (h, w) and `kernel` (k, m), so the result has (h − k + 1, w − m + 1). The
    window whose top left corner is `at` is marked, and so is what it gives.

    Raises ValueError when the kernel or the place does not fit, or the image is too large to read.

    >>> ax = convolution([[0, 1, 1]], [[-1, 1]], at=(0, 1))
    >>> ax.texts[-1].get_text()
    '−1 × 1 + 1 × 1 = 0.00'
    """
    picture, table = house.to_array(image, "image", "h", "w"), house.to_array(kernel, "kernel")
    expect(table.ndim == 2, "kernel", "shape (k, m)", table.shape)
    (h, w), (k, m), (row, column) = picture.shape, table.shape, at
    expect(k <= h and m <= w, "kernel", f"at most the image's shape {picture.shape}", table.shape)
    expect(h <= 6 and w <= 5, "image", "at most 6 rows of 5, to be read", picture.shape)
    windows = np.lib.stride_tricks.sliding_window_view(picture, (k, m))
    result = np.einsum("rckm,km->rc", windows, table)
    shape = result.shape
    fits = 0 <= row < shape[0] and 0 <= column < shape[1]
    expect(fits, "at", f"a place of the result, of shape {shape}", at)
    (cell, high), gap = CELL, 30.0
    width = max(w, m + shape[1]) * cell + gap + 26
    below, tallest = 34 + max(k, shape[0]) * high, h * high
    ax = house.canvas(width, below + 48 + tallest + 36)
    r, c = np.indices(picture.shape)
    inside = (row <= r) & (r < row + k) & (column <= c) & (c < column + m)
    top, right = below + 48 + tallest, width - 3 - shape[1] * cell
    _grid(ax, (width - w * cell) / 2, top, picture, inside, ("image", str((h, w))), computed=False)
    _grid(ax, 13, below, table, np.ones((k, m)), ("kernel", str((k, m))), computed=False)
    chosen = np.zeros(shape, dtype=bool)
    chosen[at] = True
    _grid(ax, right, below, result, chosen, ("result", str(shape)), computed=True)
    write(ax, right - 14, below - high / 2, "→", weight="bold", fontsize=14)
    pairs = zip(table.ravel(), windows[at].ravel(), strict=True)
    terms = " + ".join(f"{short(a)} × {house.factor(b)}" for a, b in pairs)
    line = f"{terms} =" if table.size <= 4 else "the marked products add up to"
    write(ax, width / 2, 12, f"{line} {number(result[at])}", fontsize=11)
    return ax
