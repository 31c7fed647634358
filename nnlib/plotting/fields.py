"""Pictures of the plane: which inputs a model answers with which class, and paths down a loss.

A boundary shows at a glance what no list of weights does: what the model cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import FloatArray, arrow, check_names, legend, need, styled, to_array
from nnlib.plotting.palette import LIGHT, MARKERS, SERIES
from nnlib.plotting.values import call

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 61  # points a side at which a model is asked; odd, so that the middle is one of them
Limits = tuple[float, float]


class _Data:
    """Checked points and class numbers, how the classes are named, and the frame they fill."""

    def __init__(
        self,
        X: Any,
        y: Any,
        names: Sequence[str],
        classes: Sequence[str] | None,
        xlim: Limits | None,
        ylim: Limits | None,
    ) -> None:
        self.X = to_array(X, "X", ndim=2)
        n = len(self.X)
        need(self.X.shape == (n, 2) and n > 0, f"X: expected shape (n, 2), got {self.X.shape}")
        self.y = to_array(y, "y").reshape(-1)
        need(len(self.y) == n, f"y: expected {n} labels, one a row of X, got {len(self.y)}")
        whole = (self.y == np.round(self.y)).all() and self.y.min() >= 0
        need(bool(whole), "y: expected class numbers 0, 1, 2, ..., got other values")
        found = max(int(self.y.max()) + 1, 2, len(classes or ()))
        need(found <= len(SERIES), f"y: expected at most {len(SERIES)} classes, got {found}")
        self.named = classes is not None
        listed = [f"class {k}" for k in range(found)] if classes is None else classes
        self.classes = check_names(listed, found, "classes")
        self.names = check_names(names, 2, "names")
        low, high = self.X.min(axis=0), self.X.max(axis=0)
        pad = np.where(high > low, 0.08 * (high - low), 0.5)
        self.xlim = xlim or (float(low[0] - pad[0]), float(high[0] + pad[0]))
        self.ylim = ylim or (float(low[1] - pad[1]), float(high[1] + pad[1]))

    def draw(self, ax: Axes, most: int = 1000) -> None:
        """Draw up to `most` points, each class in its colour and marker, and set the frame."""
        n = min(len(self.X), most)
        shown = np.arange(len(self.X)) < n
        size = 5.5 if n <= 60 else 4.5 if n <= 150 else 3.6
        for k, name in enumerate(self.classes):
            series = _colour(k, len(self.classes))
            edge: dict[str, Any] = {"mec": LIGHT["paper"], "mew": 0.6, "ms": size, "zorder": 4}
            points = np.round(self.X[shown & (self.y == k)], 4).T
            ax.plot(*points, MARKERS[series], color=LIGHT[SERIES[series]], label=name, **edge)
        ax.set(xlim=self.xlim, ylim=self.ylim, xlabel=self.names[0], ylabel=self.names[1])
        ax.locator_params(nbins=6)


def _colour(k: int, classes: int) -> int:
    """Give class 1 of two the blue of a positive weight, and class 0 the orange."""
    return 1 - k if classes == 2 else k


def _fill(
    ax: Axes, mesh: Sequence[FloatArray], height: FloatArray, colour: str, alpha: float
) -> None:
    top = float(height.max())
    if top > 0:
        ax.contourf(*mesh, height, levels=[0.0, top + 1.0], colors=[LIGHT[colour]], alpha=alpha)


def _line(ax: Axes, mesh: Sequence[FloatArray], height: FloatArray, width: float) -> None:
    if height.min() < 0 < height.max():
        ink = LIGHT["ink"]
        ax.contour(*mesh, height, levels=[0.0], colors=[ink], linewidths=width, zorder=3)


def _regions(
    ax: Axes,
    predict: Any,
    data: _Data,
    logits: bool | None,
    levels: Sequence[float] = (0.5, 0.75, 0.95),
    grid: int = GRID,
) -> None:
    """Tint the plane by what a model answers and draw where the answer changes."""
    if not callable(predict):
        raise TypeError(f"predict: expected a function or a Module, got {type(predict).__name__}")
    depths = np.sort(to_array(levels, "levels", ndim=1))
    fine = 1 <= len(depths) <= 4 and depths[0] >= 0.5 and depths[-1] < 1
    need(fine, f"levels: expected up to 4 probabilities in [0.5, 1), got {list(levels)}")
    mesh = np.meshgrid(np.linspace(*data.xlim, grid), np.linspace(*data.ylim, grid))
    n = mesh[0].size
    out = call(predict, np.stack(mesh, axis=-1).reshape(-1, 2))
    need(
        out.shape[:1] == (n,) and out.ndim <= 2 and out.size <= n * len(SERIES),
        f"predict: expected ({n},), ({n}, 1) or ({n}, classes) for {n} points, got {out.shape}",
    )
    if out.ndim == 2 and out.shape[1] == 2:
        # Two classes are one question, whether they come as probabilities or as logits.
        shares = out.min() >= 0 and np.allclose(out.sum(axis=1), 1)
        out, logits = (out[:, 1], False) if shares else (out[:, 1] - out[:, 0], True)
    if out.size > n:
        if not data.named:
            data.classes = [f"class {k}" for k in range(max(len(data.classes), out.shape[1]))]
        scores = out.reshape(grid, grid, -1)
        for k in range(out.shape[1]):
            margin = scores[..., k] - np.delete(scores, k, axis=-1).max(axis=-1)
            _fill(ax, mesh, margin, SERIES[_colour(k, len(data.classes))], 0.22)
            _line(ax, mesh, margin, 1.6)
        return
    outside = bool(out.min() < 0 or out.max() > 1)
    need(
        logits is not False or not outside,
        "predict: expected probabilities in [0, 1] as logits=False, got others",
    )
    # Contours are found on logits: there a boundary stays sharp and straight where
    # probabilities have saturated.
    if not (logits or outside):
        p = np.clip(out, 1e-9, 1 - 1e-9)
        out = np.log(p / (1 - p))
    score = np.clip(out, -30.0, 30.0).reshape(grid, grid)
    # Regions lie on one another, so their tints add up and no seam shows between them.
    for sign, colour in ((1, "blue"), (-1, "orange")):
        for cut in np.log(depths / (1 - depths)):
            _fill(ax, mesh, sign * score - cut, colour, 0.13)
    _line(ax, mesh, score, 2.2)


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
    xlim: Limits | None = None,
    ylim: Limits | None = None,
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
    data = _Data(X, y, names, classes, xlim, ylim)
    ax = house.dress(house.new_axes(5.2, 3.9) if ax is None else ax)
    _regions(ax, predict, data, logits, levels)
    data.draw(ax)
    legend(ax, *ax.get_legend_handles_labels())
    return ax


@styled
def boundaries(
    snapshots: Mapping[str, Callable[[Any], Any]],
    X: Any,
    y: Any,
    *,
    names: Sequence[str] = ("x₁", "x₂"),
    classes: Sequence[str] | None = None,
    logits: bool | None = None,
    xlim: Limits | None = None,
    ylim: Limits | None = None,
) -> house.AxesArray:
    """Draw several decision boundaries over the same points, two in a row: one a moment, say.

    `snapshots` maps a title to what `decision_boundary` takes as `predict`, up to six of them; the
    other arguments are as there. Of more than 120 points the first 120 are drawn. Returns an array
    of Axes.

    Raises ValueError when shapes do not fit, TypeError when one cannot be called.

    >>> line = {f"bias {b}": lambda X, b=b: X[:, 0] - b for b in (0.3, 0.5)}
    >>> [ax.get_title(loc="left") for ax in boundaries(line, [[0.2, 0.5], [0.8, 0.5]], [0, 1])]
    ['bias 0.3', 'bias 0.5']
    """
    found = house.check_dict(snapshots, "snapshots", 6)
    data = _Data(X, y, names, classes, xlim, ylim)
    axes = house.panels(len(found), row=2.0, sharex=True, sharey=True)
    for ax, (title, predict) in zip(axes, found.items(), strict=True):
        _regions(ax, predict, data, logits, levels=(0.5, 0.9), grid=41)
        data.draw(ax, most=120)
        ax.set_title(title)
        ax.locator_params(nbins=4)
        ax.label_outer()
    legend(axes[0], *axes[-1].get_legend_handles_labels(), whole=True)
    return np.array(axes)


@styled
def decision_line(
    w: Any,
    b: float,
    *,
    X: Any = None,
    y: Any = None,
    xlim: Limits | None = None,
    ylim: Limits | None = None,
    names: Sequence[str] = ("x₁", "x₂"),
    classes: Sequence[str] | None = None,
) -> Axes:
    """Draw the line w·x + b = 0, the weight vector across it, and the half plane on either side.

    `w` has shape (2,). `X` (n, 2) and class numbers `y` (n,) add points. `classes` names the side
    where w·x + b < 0 and the side where it is > 0. Limits default to the points, or to [−1, 1].
    Axes of like range are drawn to one scale, so that the arrow stands square on the line.

    Raises ValueError when shapes do not fit or w is zero.

    >>> ax = decision_line([1.0, 1.0], -1.0, xlim=(0, 1), ylim=(0, 1), classes=["stay", "go"])
    >>> [text.get_text() for text in ax.texts]
    ['w', 'w·x + b = 0', 'go\\nw·x + b > 0', 'stay\\nw·x + b < 0']
    """
    vector, bias = to_array(w, "w", ndim=1), float(to_array(b, "b").reshape(()))
    need(vector.shape == (2,), f"w: expected shape (2,), got {vector.shape}")
    need(bool(vector.any()), "w: expected a vector other than zero, which draws no line, got zero")
    need(X is not None or y is None, "y: expected X to be given with it, got y alone")
    sides = ["", ""] if classes is None else check_names(classes, 2, "classes")
    frame = xlim or (-1.0, 1.0), ylim or (-1.0, 1.0)
    points = np.transpose(frame) if X is None else X
    given = frame if X is None else (xlim, ylim)
    data = _Data(points, np.zeros(len(points)) if y is None else y, names, classes, *given)
    low, high = np.transpose((data.xlim, data.ylim))
    span = high - low
    alike = 1 / 3 <= span[0] / span[1] <= 3
    ax: Axes = house.dress(house.new_axes(4.6 if alike else 5.2, 4.2 if alike else 3.6))
    mesh = np.meshgrid(data.xlim, data.ylim)
    score = vector[0] * mesh[0] + vector[1] * mesh[1] + bias
    for sign, colour in ((1, "blue"), (-1, "orange")):
        _fill(ax, mesh, sign * score, colour, 0.16)
    if y is not None:
        data.draw(ax)
        legend(ax, *ax.get_legend_handles_labels())
    elif X is not None:
        ax.plot(*data.X.T, "o", color=LIGHT["muted"], ms=4)
    ax.set(xlim=data.xlim, ylim=data.ylim, xlabel=data.names[0], ylabel=data.names[1])
    if alike:
        ax.set_aspect("equal")
    # The positive side first: it is what the arrow points to.
    signs = [(1, "blue", f"{sides[1]}\nw·x + b > 0"), (-1, "orange", f"{sides[0]}\nw·x + b < 0")]
    labels = house.Labels(ax, [], [] if X is None else data.X)
    if score.min() < 0 < score.max():
        cut: Any = ax.contour(*mesh, score, levels=[0.0], colors="none")
        ends = cut.get_paths()[0].vertices[:2]
        ax.plot(*ends.T, color=LIGHT["ink"], linewidth=2.2, zorder=3)
        foot = ends.mean(axis=0)
        # The longest arrow of a third of the picture that stays inside it.
        step = 0.3 / float(np.max(np.abs(vector) / span)) * vector
        room = np.where(step > 0, high - 0.04 * span - foot, foot - low - 0.04 * span)
        shares = room[step != 0] / np.abs(step[step != 0])
        tip = foot + step * min(1.0, float(shares.min()))
        ax.plot(*foot, "o", color=LIGHT["purple"], markersize=5, zorder=5)
        arrow(ax, foot, tip, color="purple", width=2.2, head=16, zorder=5)
        labels = house.Labels(ax, [ends, (foot, tip)], [] if X is None else data.X)
        labels.put("w", (foot + tip) / 2, color=LIGHT["purple"], weight="bold")
        labels.put("w·x + b = 0", ends[0] + 0.25 * (ends[1] - ends[0]))
    plane = np.stack(np.meshgrid(*np.linspace(low, high, 41).T), axis=-1).reshape(-1, 2)
    for sign, colour, text in signs:

        def inside(at: FloatArray, sign: int = sign) -> Any:
            return sign * (at @ vector + bias) > 0

        if inside(plane).any():
            middle = plane[inside(plane)].mean(axis=0)
            look: dict[str, Any] = {
                "where": inside,
                "ease": 14.0,
                "color": LIGHT[colour],
                "weight": "bold",
            }
            labels.put(text.strip(), middle, **look) or labels.put(sides[sign > 0], middle, **look)
    return ax


@styled
def descent(
    f: Callable[[Any, Any], Any],
    paths: Mapping[str, Any],
    *,
    xlim: Limits,
    ylim: Limits,
    names: Sequence[str] = ("w₁", "w₂"),
    panels: bool = False,
) -> Any:
    """Draw the level lines of a function of two numbers and the steps of descents on it.

    `f` takes two arrays of one shape and returns an array of that shape. `paths` maps a label to
    the points of a descent, shape (n, 2), start first. A ring marks the start, a large marker the
    end. `panels=True` gives each path its own panel, two in a row. Returns the Axes, or an array.

    Raises ValueError when a shape does not fit, TypeError when f cannot be called.

    >>> steps = {"η = 0.5": [[1, 1], [0, 0]]}
    >>> ax = descent(lambda a, b: a**2 + b**2, steps, xlim=(-2, 2), ylim=(-2, 2))
    >>> [text.get_text() for text in ax.texts]
    ['start']
    """
    if not callable(f):
        raise TypeError(f"f: expected a function of two arrays, got {type(f).__name__}")
    found = {
        label: to_array(path, f"paths[{label!r}]", ndim=2)
        for label, path in house.check_dict(paths, "paths", len(SERIES)).items()
    }
    for label, path in found.items():
        fits = path.shape[1] == 2 and len(path) > 0
        need(fits, f"paths[{label!r}]: expected shape (n, 2), got {path.shape}")
    x_name, y_name = check_names(names, 2, "names")
    grid = 41 if panels else GRID
    mesh = np.meshgrid(np.linspace(*xlim, grid), np.linspace(*ylim, grid))
    height = to_array(f(*mesh), "f")
    need(height.shape == mesh[0].shape, f"f: expected {mesh[0].shape}, got {height.shape}")
    levels = np.unique(np.quantile(height, (0.02, 0.08, 0.18, 0.32, 0.5, 0.7, 0.88)))
    groups = [{label: path} for label, path in found.items()] if panels else [found]
    axes = house.panels(len(groups), row=2.0 if panels else 3.2, sharex=True, sharey=True)
    for ax, group in zip(axes, groups, strict=True):
        ax.contour(*mesh, height, levels=levels, colors=[LIGHT["grid"]], linewidths=1.2)
        for label, path in group.items():
            i = list(found).index(label)
            look: dict[str, Any] = {"color": LIGHT[SERIES[i]], "marker": MARKERS[i]}
            ax.plot(*path[:200].T, ls=(0, (1, 1.5)), lw=1.6, ms=4.5, label=label, **look)
            ax.plot(*path[-1], ms=9, **look)
            ax.plot(*path[0], "o", ms=11, mfc="none", mec=LIGHT["ink"], mew=1.6, zorder=5)
        ax.set(xlim=xlim, ylim=ylim, xlabel=x_name, ylabel=y_name)
        ax.locator_params(nbins=5)
        ax.label_outer()
        if panels:
            ax.set_title(next(iter(group)))
    if not panels:
        legend(axes[0], *axes[0].get_legend_handles_labels(), whole=True)
    for ax, group in zip(axes, groups, strict=True):
        labels = house.Labels(ax, group.values())
        for start in np.unique([path[0] for path in group.values()], axis=0):
            labels.put("start", start, gap=8.0, reach=40.0, color=LIGHT["muted"])
    return np.array(axes) if panels else axes[0]
