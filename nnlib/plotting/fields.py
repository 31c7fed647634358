"""Pictures of the plane: which inputs a model answers with which class, and paths down a loss.

A boundary shows at a glance what no list of weights does: what the model cannot tell apart.
"""

from typing import Any

import numpy as np

from nnlib.plotting import house
from nnlib.plotting.house import Axes, FloatArray, Names, expect, style, to_array, write
from nnlib.plotting.palette import LIGHT, MARKERS, SERIES


def _mesh(xlim: Any, ylim: Any, side: int) -> FloatArray:
    """Return the points of a grid over the picture, shape (side, side, 2)."""
    x, y = (np.linspace(low, high, side) for low, high in (xlim, ylim))
    return np.stack(np.meshgrid(x, y), axis=-1)


def _tint(ax: Axes, mesh: FloatArray, height: FloatArray, colour: str, alpha: float) -> None:
    """Fill where the height is positive."""
    top = float(height.max())
    if top > 0:
        look = {"levels": [0.0, top + 1.0], "colors": [LIGHT[colour]], "alpha": alpha}
        ax.contourf(*np.moveaxis(mesh, -1, 0), height, **look)


def _leads(predict: Any, mesh: FloatArray, logits: bool | None) -> list[FloatArray]:
    """Return by how much each class beats the best of the others, as logits, over the plane.

    On logits a boundary stays sharp and straight where probabilities have saturated.
    """
    n, out = mesh[..., 0].size, house.call(predict, "predict", mesh.reshape(-1, 2))
    fits = out.shape[:1] == (n,) and out.ndim <= 2 and out.size <= n * len(SERIES)
    expect(fits, "predict", f"shape ({n},), ({n}, 1) or ({n}, classes)", out.shape)
    out = out.reshape(n, -1)
    sums = 1.0 if out.shape[1] == 1 else out.sum(axis=1)
    likely = out.min() >= 0 and out.max() <= 1 and np.allclose(sums, 1)
    expect(likely or logits is not False, "predict", "probabilities as logits=False", "others")
    if out.shape[1] == 1:  # one question is two classes
        out = np.hstack([0 * out if logits or not likely else 1 - out, out])
    scores = out if logits or not likely else np.log(np.maximum(out, 1e-9))
    leads = [row - np.delete(scores, k, axis=1).max(axis=1) for k, row in enumerate(scores.T)]
    return [np.clip(lead, -30.0, 30.0).reshape(mesh.shape[:2]) for lead in leads]


@style()
def boundaries(
    snapshots: Any,
    X: Any,
    y: Any,
    *,
    names: Names = ("x₁", "x₂"),
    classes: Names | None = None,
    logits: bool | None = None,
) -> house.AxesArray:
    """Draw several decision boundaries over the same points, two in a row: one a moment, say.

    `snapshots` maps a title to a Module or a function from shape (n, 2) to (n,) or (n, 1), the
    probability of class 1, or to (n, classes); up to six of them. `logits=None` takes values
    outside [0, 1] for logits. `X` has shape (n, 2), `y` holds n class numbers; of more than 120
    points the first 120 are drawn, in a single panel 1,000. Returns an array of Axes.

    Raises ValueError when shapes do not fit, TypeError when a model cannot be called.

    >>> line = {f"bias {b}": lambda X, b=b: X[:, 0] - b for b in (0.3, 0.5)}
    >>> [ax.get_title(loc="left") for ax in boundaries(line, [[0.2, 0.5], [0.8, 0.5]], [0, 1])]
    ['bias 0.3', 'bias 0.5']
    """
    found, points = house.check_dict(snapshots, "snapshots"), to_array(X, "X", "n", 2)
    labels = to_array(to_array(y, "y").reshape(-1), "y", len(points))
    count = max(int(labels.max()) + 1, 2, len(classes or ()))
    whole = count <= len(SERIES) and np.isin(labels, range(count)).all()
    expect(whole, "y", f"class numbers from 0 to {len(SERIES) - 1}", labels[:9])
    listed = [f"class {k}" for k in range(count)] if classes is None else classes
    called = house.check_names(listed, count, "classes")
    # Class 1 of two has the blue of a positive weight, and class 0 the orange.
    order = [1, 0, 2, 3, 4, 5] if count == 2 else range(6)
    pad = np.where(np.ptp(points, axis=0) > 0, 0.08 * np.ptp(points, axis=0), 0.5)
    xlim, ylim = np.stack([points.min(axis=0) - pad, points.max(axis=0) + pad], axis=1).tolist()
    alone = len(found) == 1
    row, side, most = (3.25, 61, 1000) if alone else (2.0, 41, 120)
    axes, mesh = (
        house.panels(found, names, row=row, sharex=True, sharey=True),
        _mesh(xlim, ylim, side),
    )
    shown = np.arange(len(points)) < most
    size = 5.5 if shown.sum() <= 60 else 4.5 if shown.sum() <= 150 else 3.6
    for ax, predict in zip(axes, found.values(), strict=True):
        leads = _leads(predict, mesh, logits)
        # Regions lie on one another, so their tints add up and no seam shows between them.
        two = [(0.5, 0.13), (0.75, 0.13), (0.95, 0.13)] if alone else [(0.5, 0.13), (0.9, 0.13)]
        for k, lead in enumerate(leads):
            for depth, alpha in two if len(leads) == 2 else [(0.5, 0.22)]:
                _tint(ax, mesh, lead - np.log(depth / (1 - depth)), SERIES[order[k]], alpha)
            if k and lead.min() < 0 < lead.max():  # class 0 ends where the others begin
                look = {"colors": [LIGHT["ink"]], "linewidths": 2.2 if len(leads) == 2 else 1.6}
                ax.contour(*np.moveaxis(mesh, -1, 0), lead, levels=[0.0], zorder=3, **look)
        for k, name in enumerate(called):
            look = {"color": LIGHT[SERIES[order[k]]], "mec": LIGHT["paper"], "mew": 0.6, "ms": size}
            at = np.round(points[shown & (labels == k)], 4).T
            ax.plot(*at, MARKERS[order[k]], label=name, zorder=4, **look)
        ax.set(xlim=xlim, ylim=ylim)
    house.legend(axes)
    return np.array(axes)


def decision_boundary(predict: Any, X: Any, y: Any, **options: Any) -> Axes:
    """Draw the regions a model gives to each class, its boundary, and the points it learnt from.

    The tint deepens at the probabilities 0.5, 0.75 and 0.95; the thick line is where the answer
    changes. Arguments and errors are those of `boundaries`, `names`, `classes` and `logits` too.

    >>> ax = decision_boundary(lambda X: X[:, 0], [[0.2, 0.5], [0.8, 0.5]], [0, 1])
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['class 0', 'class 1']
    """
    return boundaries({"": predict}, X, y, **options)[0]


class _Room:
    """Finds room for labels on an Axes that is otherwise finished, clear of lines drawn there."""

    def __init__(self, ax: Axes, lines: Any) -> None:
        ax.figure.draw_without_rendering()  # the layout decides how large the Axes is
        self.ax, self.scale = ax, house.POINT / ax.figure.dpi
        self.low, self.high = ax.get_window_extent().get_points() * self.scale
        self.taken = ax.transData.transform(np.concatenate(lines)) * self.scale

    def put(self, text: str, near: Any, score: Any = None, **options: Any) -> bool:
        """Write a label near a point where `score` is positive; tell if there was room.

        Up to 14 points clear room counts for more than nearness.
        """
        lines = text.split("\n")
        size = np.array([1.1 * house.widest(lines), 16.0 * len(lines)])
        wide, high = np.transpose([self.low + size / 2 + 2, self.high - size / 2 - 2])
        spots = _mesh(wide, high, 61).reshape(-1, 2)
        # Axis by axis: NumPy is slow at the maximum of many short rows.
        across, down = (np.abs(spots[:, [i]] - self.taken[:, i]) - size[i] / 2 for i in (0, 1))
        clear = np.minimum(np.maximum(across, down).min(axis=1), 14.0)
        data = self.ax.transData.inverted().transform(spots / self.scale)
        away = np.hypot(*(spots - self.ax.transData.transform(near) * self.scale).T)
        free = (clear >= 4.0) & (True if score is None else score(data) > 0)
        if free.any():
            best = int(np.where(free, 4.0 * clear - away, -np.inf).argmax())
            write(self.ax, data[best][0], data[best][1], text, **options)
            block = spots[best] + _mesh((-0.5, 0.5), (-0.5, 0.5), 9).reshape(-1, 2) * size
            self.taken = np.concatenate([self.taken, block])
        return bool(free.any())


@style()
def decision_line(
    w: Any,
    b: Any,
    *,
    xlim: Any = (-1, 1),
    ylim: Any = (-1, 1),
    names: Names = ("x₁", "x₂"),
    classes: Names = ("", ""),
) -> Axes:
    """Draw the line w·x + b = 0, the weight vector across it, and the half plane on either side.

    `w` has shape (2,). `classes` names the side where w·x + b < 0 and the side where it is > 0.
    Axes of like range are drawn to one scale, so that the arrow stands square on the line.

    Raises ValueError when shapes do not fit or the line does not cross the picture.

    >>> ax = decision_line([1.0, 1.0], -1.0, xlim=(0, 1), ylim=(0, 1), classes=["stay", "go"])
    >>> [text.get_text() for text in ax.texts]
    ['w', 'w·x + b = 0', 'go\\nw·x + b > 0', 'stay\\nw·x + b < 0']
    """
    vector, bias = to_array(w, "w", 2), to_array(b, "b").item()
    sides = house.check_names(classes, 2, "classes")
    low, high = np.transpose([xlim, ylim])
    span, mesh = high - low, _mesh(xlim, ylim, 41)

    def score(at: FloatArray) -> Any:
        return at @ vector + bias

    crossed = score(mesh).min() < 0 < score(mesh).max()
    expect(crossed, "w, b", f"a line across {xlim} × {ylim}", f"{vector}, {bias}")
    alike = 1 / 3 <= span[0] / span[1] <= 3
    ax = house.new_axes(4.6 if alike else 5.2, 4.2 if alike else 3.6, names)
    ax.set(xlim=xlim, ylim=ylim, aspect="equal" if alike else "auto")
    for sign, colour in ((1, "blue"), (-1, "orange")):
        _tint(ax, mesh, sign * score(mesh), colour, 0.16)
    cut = ax.contour(*np.moveaxis(mesh, -1, 0), score(mesh), levels=[0.0], colors="none")
    start, end = ends = cut.get_paths()[0].vertices[[0, -1]]
    ax.plot(*ends.T, color=LIGHT["ink"], linewidth=2.2, zorder=3)
    foot = (start + end) / 2
    # The longest arrow of a third of the picture that stays inside it.
    step = 0.3 / np.max(np.abs(vector) / span) * vector
    free = np.where(step > 0, high - 0.04 * span - foot, foot - low - 0.04 * span)
    tip = foot + step * min(1.0, np.min(free[step != 0] / np.abs(step[step != 0])))
    ax.plot(*foot, "o", color=LIGHT["purple"], markersize=5, zorder=5)
    house.arrow(ax, foot, tip, color="purple", linewidth=2.2, head=16, zorder=5)
    room = _Room(ax, [np.linspace(start, end, 200), np.linspace(foot, tip, 100)])
    room.put("w", (foot + tip) / 2, color=LIGHT["purple"], weight="bold")
    room.put("w·x + b = 0", start + 0.25 * (end - start))
    # The positive side first: it is what the arrow points to.
    for sign, colour, relation in ((1, "blue", ">"), (-1, "orange", "<")):
        middle, side = mesh[sign * score(mesh) > 0].mean(axis=0), sides[sign > 0]
        look = {"score": lambda at, sign=sign: sign * score(at), "weight": "bold"}
        look["color"] = LIGHT[colour]
        said = f"{side}\nw·x + b {relation} 0".strip()
        room.put(said, middle, **look) or room.put(side, middle, **look)
    return ax


@style()
def descent(
    f: Any, paths: Any, *, xlim: Any, ylim: Any, names: Names = ("w₁", "w₂"), panels: bool = False
) -> Any:
    """Draw the level lines of a function of two numbers and the steps of descents on it.

    `f` takes two arrays of one shape and returns an array of that shape. `paths` maps a label to
    the points of a descent, shape (n, 2), start first. A ring marks the start, a large marker the
    end. `panels=True` gives each path its own panel, two in a row. Returns the Axes, or an array.

    Raises ValueError when a shape does not fit, TypeError when f cannot be called.

    >>> steps = {"η = 0.5": [[1, 1], [0, 0]]}
    >>> ax = descent(lambda a, b: a**2 + b**2, steps, xlim=(-2, 2), ylim=(-2, 2))
    >>> [text.get_text() for text in ax.figure.legends[0].get_texts()]
    ['η = 0.5', 'start']
    """
    found = house.check_dict(paths, "paths")
    grid = np.moveaxis(_mesh(xlim, ylim, 41 if panels else 61), -1, 0)
    height = to_array(house.call(f, "f", *grid), "f", *grid[0].shape)
    levels = np.unique(np.quantile(height, (0.02, 0.08, 0.18, 0.32, 0.5, 0.7, 0.88)))
    titles, row = (found, 2.0) if panels else ([""], 3.2)
    axes = house.panels(titles, names, row=row, sharex=True, sharey=True)
    for i, (label, given) in enumerate(found.items()):
        ax, path = axes[i if panels else 0], to_array(given, f"paths[{label!r}]", "n", 2)[:200]
        look = {"color": LIGHT[SERIES[i]], "marker": MARKERS[i]}
        said = {} if panels else {"label": label}
        ax.plot(*path.T, ls=(0, (1, 1.5)), lw=1.6, ms=4.5, **look, **said)
        ax.plot(*path[-1], ms=9, **look)
        ring = {"mfc": "none", "mec": LIGHT["ink"], "mew": 1.6, "label": "start"}
        ax.plot(*path[0], "o", ms=11, zorder=5, **ring)
    for ax in axes:
        ax.contour(*grid, height, levels=levels, colors=[LIGHT["grid"]], linewidths=1.2)
        ax.set(xlim=xlim, ylim=ylim)
    house.legend(axes)
    return np.array(axes) if panels else axes[0]
