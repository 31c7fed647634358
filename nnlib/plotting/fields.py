"""Pictures of the plane: which inputs a neuron or a network answers with which class.

A boundary shows at a glance what no list of weights does: what the model cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nnlib.plotting.house import (
    FloatArray,
    arrow,
    check_names,
    dress,
    new_axes,
    on_paper,
    styled,
    to_array,
    write,
)
from nnlib.plotting.palette import LIGHT, MARKERS, SERIES
from nnlib.plotting.values import call

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 61  # points a side at which a model is asked; odd, so that the middle is one of them


def _labels(y: Any, count: int, classes: Sequence[str] | None) -> tuple[FloatArray, list[str]]:
    """Check class labels; return them with a name for each class."""
    labels = to_array(y, "y")
    if labels.size != count:
        raise ValueError(f"y: expected {count} labels, one a row of X, got shape {labels.shape}")
    labels = labels.reshape(-1)
    if (labels != np.round(labels)).any() or labels.min(initial=0) < 0:
        raise ValueError("y: expected class numbers 0, 1, 2, ..., got other values")
    found = max(int(labels.max(initial=1)) + 1, 2)
    if found > len(SERIES):
        raise ValueError(f"y: expected at most {len(SERIES)} classes, got {found}")
    if classes is not None:
        return labels, check_names(classes, max(found, len(classes)), "classes", "class ")
    return labels, [f"class {k}" for k in range(found)]


def _plane(X: Any) -> FloatArray:
    points = to_array(X, "X", ndim=2)
    if points.shape[1] != 2 or points.shape[0] == 0:
        raise ValueError(f"X: expected shape (n, 2) with n ≥ 1, got {points.shape}")
    return points


def _colour(k: int, classes: int) -> int:
    """Give class 1 of two the blue of a positive weight, and class 0 the orange."""
    return 1 - k if classes == 2 else k


def _points(ax: Axes, X: FloatArray, y: FloatArray, names: list[str]) -> None:
    size = 5.5 if len(X) <= 60 else 4.5 if len(X) <= 150 else 3.6
    for k, name in enumerate(names):
        series = _colour(k, len(names))
        chosen = X[y == k]
        ax.plot(
            np.round(chosen[:, 0], 4),
            np.round(chosen[:, 1], 4),
            MARKERS[series],
            color=LIGHT[SERIES[series]],
            markeredgecolor=LIGHT["paper"],
            markeredgewidth=0.6,
            markersize=size,
            label=name,
            zorder=4,
        )


def _legend(ax: Axes, columns: int) -> None:
    """Put the legend above the data, where it can cover none of it."""
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=columns,
        handletextpad=0.3,
        columnspacing=1.4,
        borderaxespad=0.2,
        markerscale=1.3,
    )


@styled
def decision_boundary(
    predict: Callable[[Any], Any],
    X: Any,
    y: Any,
    *,
    names: Sequence[str] = ("x₁", "x₂"),
    classes: Sequence[str] | None = None,
    logits: bool | None = None,
    levels: Sequence[float] = (0.5, 0.75, 0.95),
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the regions a model gives to each class, its boundary, and the points it learnt from.

    `predict` is a Module or a function from shape (n, 2) to (n,) or (n, 1), the probability of
    class 1, or to (n, classes). `logits=None` takes values outside [0, 1] for logits. `X` has
    shape (n, 2), `y` holds n class numbers. The tint deepens at each probability in `levels`; the
    thick line is where the answer changes.

    Raises ValueError when shapes do not fit, TypeError when `predict` cannot be called.

    >>> ax = decision_boundary(lambda X: X[:, 0], [[0.2, 0.5], [0.8, 0.5]], [0, 1])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    if not callable(predict):
        raise TypeError(f"predict: expected a function or a Module, got {type(predict).__name__}")
    points = _plane(X)
    labels, named = _labels(y, len(points), classes)
    depths = sorted(float(v) for v in to_array(levels, "levels", ndim=1))
    if not depths or depths[0] < 0.5 or depths[-1] >= 1 or len(depths) > 4:
        raise ValueError(f"levels: expected up to 4 probabilities in [0.5, 1), got {list(levels)}")
    x_name, y_name = check_names(names, 2, "names", "x")
    x0, x1 = xlim if xlim is not None else _limits(points[:, 0])
    y0, y1 = ylim if ylim is not None else _limits(points[:, 1])
    across, up = np.linspace(x0, x1, GRID), np.linspace(y0, y1, GRID)
    mesh = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    out = call(predict, mesh)
    if out.shape[:1] != (len(mesh),) or out.ndim > 2:
        raise ValueError(
            f"predict: expected ({len(mesh)},), ({len(mesh)}, 1) or ({len(mesh)}, classes) "
            f"for {len(mesh)} points, got {out.shape}"
        )
    if ax is None:
        ax = new_axes(5.2, 3.9)
    dress(ax)
    if out.ndim == 2 and out.shape[1] == 2:
        # Two classes are one question, whether they come as probabilities or as logits.
        shares = out.min() >= 0 and np.allclose(out.sum(axis=1), 1)
        out, logits = (out[:, 1], False) if shares else (out[:, 1] - out[:, 0], True)
    if out.size == len(mesh):
        _binary_regions(ax, across, up, out.reshape(GRID, GRID), logits, depths)
    else:
        if out.shape[1] > len(SERIES):
            raise ValueError(
                f"predict: expected at most {len(SERIES)} classes, got shape {out.shape}"
            )
        if classes is None:
            named = [f"class {k}" for k in range(max(len(named), out.shape[1]))]
        _class_regions(ax, across, up, out, len(named))
    _points(ax, points, labels, named)
    ax.set(xlim=(x0, x1), ylim=(y0, y1), xlabel=x_name, ylabel=y_name)
    ax.locator_params(nbins=6)
    _legend(ax, len(named))
    return ax


def _limits(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    pad = 0.08 * (high - low) or 0.5
    return low - pad, high + pad


def _binary_regions(
    ax: Axes,
    across: FloatArray,
    up: FloatArray,
    out: FloatArray,
    logits: bool | None,
    depths: list[float],
) -> None:
    outside = out.min() < 0 or out.max() > 1
    if logits is False and outside:
        raise ValueError("predict: expected probabilities in [0, 1] as logits=False, got others")
    # Contours are found on logits: there a boundary stays sharp and straight where
    # probabilities have saturated.
    if logits or (logits is None and outside):
        score = np.clip(out, -30.0, 30.0)
    else:
        p = np.clip(out, 1e-9, 1 - 1e-9)
        score = np.log(p / (1 - p))
    cuts = [float(np.log(p / (1 - p))) for p in depths]
    # Regions lie on one another, so their tints add up and no seam shows between them.
    for sign, colour in ((1, "blue"), (-1, "orange")):
        for cut in cuts:
            _fill(ax, across, up, sign * score - cut, colour, 0.13)
    if score.min() < 0 < score.max():
        ax.contour(across, up, score, levels=[0.0], colors=[LIGHT["ink"]], linewidths=2.2, zorder=3)


def _class_regions(
    ax: Axes, across: FloatArray, up: FloatArray, out: FloatArray, classes: int
) -> None:
    scores = out.reshape(GRID, GRID, -1)
    for k in range(scores.shape[-1]):
        margin = scores[..., k] - np.delete(scores, k, axis=-1).max(axis=-1)
        _fill(ax, across, up, margin, SERIES[_colour(k, classes)], 0.22)
        if margin.min() < 0 < margin.max():
            ax.contour(
                across, up, margin, levels=[0.0], colors=[LIGHT["ink"]], linewidths=1.6, zorder=3
            )


def _fill(
    ax: Axes, across: FloatArray, up: FloatArray, height: FloatArray, colour: str, alpha: float
) -> None:
    top = float(height.max())
    if top > 0:
        ax.contourf(
            across, up, height, levels=[0.0, top + 1.0], colors=[LIGHT[colour]], alpha=alpha
        )


@styled
def decision_line(
    w: Any,
    b: float,
    *,
    X: Any = None,
    y: Any = None,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    names: Sequence[str] = ("x₁", "x₂"),
    classes: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the line w·x + b = 0, the weight vector across it, and the half plane on either side.

    `w` has shape (2,). `X` (n, 2) and class numbers `y` (n,) add points. Limits default to the
    points, or to [−1, 1]. Axes of like range are drawn to one scale, so that the arrow stands
    square on the line.

    Raises ValueError when shapes do not fit or w is zero.

    >>> ax = decision_line([1.0, 1.0], -1.0, xlim=(0, 1), ylim=(0, 1))
    >>> sorted(text.get_text() for text in ax.texts)
    ['w', 'w·x + b < 0', 'w·x + b = 0', 'w·x + b > 0']
    """
    vector = to_array(w, "w", ndim=1)
    if vector.shape != (2,):
        raise ValueError(f"w: expected shape (2,), got {vector.shape}")
    if not vector.any():
        raise ValueError("w: expected a vector other than zero, which draws no line, got (0, 0)")
    bias = float(to_array(b, "b").reshape(()))
    x_name, y_name = check_names(names, 2, "names", "x")
    points: FloatArray | None = None
    if X is not None:
        points = _plane(X)
        labels, named = _labels(np.zeros(len(points)) if y is None else y, len(points), classes)
    elif y is not None:
        raise ValueError("y: expected X to be given with it, got y alone")
    unit = (-1.0, 1.0)
    x0, x1 = xlim or (unit if points is None else _limits(points[:, 0]))
    y0, y1 = ylim or (unit if points is None else _limits(points[:, 1]))
    alike = 1 / 3 <= (x1 - x0) / (y1 - y0) <= 3
    if ax is None:
        ax = new_axes(4.6 if alike else 5.2, 4.2 if alike else 3.6)
    dress(ax)

    corner = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    across, up = np.linspace(x0, x1, 41), np.linspace(y0, y1, 41)
    score = vector[0] * across[None, :] + vector[1] * up[:, None] + bias
    for sign, colour in ((1, "blue"), (-1, "orange")):
        inside = _clip(corner, sign * vector, sign * bias)
        if len(inside) >= 3:
            ax.fill(inside[:, 0], inside[:, 1], color=LIGHT[colour], alpha=0.16, linewidth=0)
    crossing = _crossing(corner, vector, bias)
    taken = [] if points is None else [points]
    if len(crossing) == 2:
        ax.plot(crossing[:, 0], crossing[:, 1], color=LIGHT["ink"], linewidth=2.2, zorder=3)
        taken.append(np.linspace(crossing[0], crossing[1], 30))
        foot = crossing.mean(axis=0)
        span = np.array([x1 - x0, y1 - y0])
        # The longest arrow of a third of the picture that stays inside it.
        reach = 0.3 / float(np.max(np.abs(vector) / span))
        tip = foot + vector * reach
        inner = np.clip(tip, [x0, y0] + 0.06 * span, [x1, y1] - 0.06 * span)
        moved = np.where(vector != 0, (inner - foot) / np.where(vector != 0, vector, 1), reach)
        tip = foot + vector * max(float(moved.min()), 0.3 * reach)
        ax.plot(*foot, "o", color=LIGHT["purple"], markersize=5, zorder=5)
        arrow(ax, foot, tip, color="purple", width=2.2, head=16, zorder=5)
        taken.append(np.linspace(foot, tip, 12))
    placed = _Placer(np.array([x0, y0]), np.array([x1 - x0, y1 - y0]), taken)
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    for sign, text, colour in ((1, "w·x + b > 0", "blue"), (-1, "w·x + b < 0", "orange")):
        spot = placed.put(grid[sign * score > 0], 0.17)
        if spot is not None:
            write(ax, spot[0], spot[1], text, color=LIGHT[colour], weight="bold", zorder=6)
    if len(crossing) == 2:
        along = crossing[0] + np.linspace(0.15, 0.85, 15)[:, None] * (crossing[1] - crossing[0])
        placed.taken = [item for item in placed.taken if len(item) != 30]
        spot = placed.put(along, 0.0)
        if spot is not None:
            write(ax, spot[0], spot[1], "w·x + b = 0", bbox=on_paper(1.5), zorder=6)
        flat = abs(tip[0] - foot[0]) / span[0] > abs(tip[1] - foot[1]) / span[1]
        ax.annotate(
            "w",
            (foot + tip) / 2,
            xytext=(0, 10) if flat else (10, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            color=LIGHT["purple"],
            weight="bold",
            zorder=6,
        )
    if points is not None:
        _points(ax, points, labels, named if y is not None else ["data"])
        if y is not None:
            _legend(ax, len(named))
    ax.set(xlim=(x0, x1), ylim=(y0, y1), xlabel=x_name, ylabel=y_name)
    ax.locator_params(nbins=6)
    if alike:
        ax.set_aspect("equal")
    return ax


class _Placer:
    """Finds room for labels: the candidate whose box is farthest from all that is drawn."""

    def __init__(self, origin: FloatArray, span: FloatArray, taken: list[FloatArray]) -> None:
        self.origin, self.span, self.taken = origin, span, taken

    def put(self, spots: npt.NDArray[Any], margin: float) -> FloatArray | None:
        share = (spots - self.origin) / self.span
        inside = (
            (share[:, 0] >= margin)
            & (share[:, 0] <= 1 - margin)
            & (share[:, 1] >= min(margin, 0.06))
            & (share[:, 1] <= 1 - min(margin, 0.06))
        )
        share, spots = share[inside], spots[inside]
        if len(spots) == 0:
            return None
        # A label is about five times as wide as it is high.
        stretch = np.array([0.3, 1.0])
        busy = [(np.asarray(item) - self.origin) / self.span for item in self.taken]
        if busy:
            away = (share[:, None, :] - np.concatenate(busy)[None]) * stretch
            near = np.hypot(away[..., 0], away[..., 1]).min(axis=1)
        else:
            near = np.zeros(len(share))
        best = np.asarray(spots[int(near.argmax())], dtype=np.float64)
        offsets = np.linspace(-0.14, 0.14, 8)[:, None] * np.array([1.0, 0.0]) * self.span
        self.taken.append(best + offsets)
        return best


def _clip(corners: FloatArray, w: FloatArray, b: float) -> FloatArray:
    """Return the part of a polygon where w·x + b ≥ 0 (Sutherland and Hodgman, 1974)."""
    kept: list[FloatArray] = []
    for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        fp, fq = float(w @ p + b), float(w @ q + b)
        if fp >= 0:
            kept.append(p)
        if fp * fq < 0:
            kept.append(p + (q - p) * fp / (fp - fq))
    return np.array(kept).reshape(-1, 2)


def _crossing(corners: FloatArray, w: FloatArray, b: float) -> FloatArray:
    """Return the two points where the line meets the edge of the picture, or none."""
    found: list[FloatArray] = []
    for p, q in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        fp, fq = float(w @ p + b), float(w @ q + b)
        if (fp >= 0) != (fq >= 0):
            found.append(p + (q - p) * fp / (fp - fq))
    return np.array(found).reshape(-1, 2)
