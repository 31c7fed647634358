"""The house style: fonts, lines and colours of every picture, and the shapes they are made of.

Matplotlib is optional and slow to load, so this package imports it only when something is drawn.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from nnlib.plotting.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")
FloatArray = npt.NDArray[np.float64]
AxesArray = npt.NDArray[Any]  # of Axes; NumPy cannot say so

POINT = 72.0  # points in an inch, the unit of every diagram
TEXT = 10.5
SMALL = 9.5
DASHED = (0, (4, 2))


def rc() -> dict[str, Any]:
    """Return the house style as Matplotlib settings.

    >>> rc()["svg.fonttype"]
    'none'
    """
    settings: list[tuple[Any, str]] = [
        (LIGHT["paper"], "figure.facecolor figure.edgecolor"),
        (LIGHT["ink"], "text.color axes.labelcolor axes.titlecolor legend.labelcolor"),
        (LIGHT["muted"], "axes.edgecolor xtick.color ytick.color xtick.labelcolor"),
        (LIGHT["muted"], "ytick.labelcolor"),
        (LIGHT["grid"], "grid.color"),
        (TEXT, "font.size axes.labelsize axes.titlesize legend.fontsize"),
        (SMALL, "xtick.labelsize ytick.labelsize"),
        (2.0, "lines.linewidth"),
        (0.8, "axes.linewidth grid.linewidth"),
        (6.0, "axes.titlepad"),
        (True, "axes.axisbelow axes.unicode_minus"),
        (False, "axes.spines.top axes.spines.right axes.grid legend.frameon"),
        (False, "axes.formatter.use_mathtext axes.formatter.useoffset"),
        ("none", "axes.facecolor svg.fonttype"),
        ("auto", "savefig.facecolor savefig.edgecolor"),
        ("left", "axes.titlelocation"),
        ("bold", "axes.titleweight"),
        ("sans-serif", "font.family"),
        ("nnlib", "svg.hashsalt"),
    ]
    return {name: value for value, names in settings for name in names.split()} | {
        "figure.figsize": (5.2, 3.2)
    }


def style() -> AbstractContextManager[None]:
    """Return a context in which Matplotlib draws in the house style.

    Raises ImportError, with what to install, when Matplotlib is absent.

    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["font.size"]
    10.5
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError('nnlib.plotting needs Matplotlib: pip install "nnlib[plot]"') from error
    settings: Any = rc()  # Matplotlib types the name of each setting
    return matplotlib.rc_context(settings)


def use_style() -> None:
    """Set the house style for the rest of the program.

    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     use_style()
    ...     matplotlib.rcParams["legend.frameon"]
    False
    """
    style()  # for its message when Matplotlib is absent
    import matplotlib

    settings: Any = rc()  # as above
    matplotlib.rcParams.update(settings)


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function inside `style()`.

    >>> import matplotlib
    >>> styled(lambda: matplotlib.rcParams["font.size"])()
    10.5
    """

    @functools.wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return function(*args, **kwargs)

    return inside


# Numbers, arrays and names


def number(value: float, digits: int = 2) -> str:
    """Write a number with a fixed count of decimals, a real minus sign and no negative zero.

    >>> number(-0.4216), number(-0.001), number(0.5784, 3)
    ('−0.42', '0.00', '0.578')
    """
    text = f"{float(value):.{digits}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def short(value: float) -> str:
    """Write a number with at most three significant digits and no trailing zeros.

    >>> short(0.4), short(-0.30000001), short(20.0), short(109386)
    ('0.4', '−0.3', '20', '109,386')
    """
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{float(value) + 0.0:.3g}"
    return text.replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign in front, as a term of a sum.

    >>> signed(0.36), signed(-0.2), signed(0)
    ('+0.36', '−0.20', '0.00')
    """
    text = number(value, digits)
    return "+" + text if float(f"{value:.{digits}f}") > 0 else text


def factor(value: float) -> str:
    """Write a number as a factor of a product: a negative one in brackets.

    >>> factor(0.4), factor(-0.3)
    ('0.4', '(−0.3)')
    """
    return short(value) if value >= 0 else f"({short(value)})"


def need(holds: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds.

    >>> need(1 < 2, "never said")
    """
    if not holds:
        raise ValueError(message)


def to_array(value: Any, name: str, *, ndim: int | tuple[int, ...] | None = None) -> FloatArray:
    """Return a float array from an array, a list or an nnlib Tensor.

    Raises TypeError when `value` does not hold numbers, ValueError when it has the wrong number of
    axes or holds a NaN or an infinity.

    >>> to_array([[1, 2]], "x").shape
    (1, 2)
    """
    try:
        array = np.asarray(getattr(value, "array", value), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected numbers, got {type(value).__name__}") from error
    allowed = (ndim,) if isinstance(ndim, int) else ndim or (array.ndim,)
    axes = " or ".join(map(str, allowed))
    need(array.ndim in allowed, f"{name}: expected {axes} axes, got shape {array.shape}")
    need(bool(np.isfinite(array).all()), f"{name}: expected finite numbers, got NaN or infinity")
    return array


def check_names(names: Iterable[str] | None, count: int, name: str, default: str = "") -> list[str]:
    """Return `count` names, made from `default` and a subscript when none are given.

    >>> check_names(None, 2, "names", "x")
    ['x₁', 'x₂']
    """
    if names is None:
        return [default + subscript(i + 1) for i in range(count)]
    if isinstance(names, str):
        raise TypeError(f"{name}: expected a sequence of {count} names, got the string {names!r}")
    listed = [str(item) for item in names]
    need(
        len(listed) == count,
        f"{name}: expected {count} names, one each, got {len(listed)}: {listed}",
    )
    return listed


def check_dict(value: Any, name: str, most: int) -> dict[str, Any]:
    """Return a dict of 1 to `most` entries with its keys as text.

    >>> check_dict({1: 2}, "paths", 6)
    {'1': 2}
    """
    if not hasattr(value, "keys"):
        raise TypeError(f"{name}: expected a dict, got {type(value).__name__}")
    need(1 <= len(value.keys()) <= most, f"{name}: expected 1 to {most} entries, got {len(value)}")
    return {str(key): value[key] for key in value.keys()}  # noqa: SIM118  # a History has keys()


def subscript(index: int) -> str:
    """Write an index in subscript digits.

    >>> subscript(12)
    '₁₂'
    """
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


# Axes


def new_axes(
    width: float = 5.2, height: float = 3.2, rows: int = 1, columns: int = 1, **options: Any
) -> Any:
    """Return the Axes of a new figure: one Axes, or an array when there are several.

    >>> new_axes(rows=2).shape
    (2,)
    """
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **options)
    for ax in np.atleast_1d(axes).flat:
        dress(ax)
    return axes


def panels(
    count: int, *, columns: int = 2, row: float = 1.6, extra: float = 0.65, **options: Any
) -> list[Any]:
    """Return `count` Axes of a new figure, `columns` in a row, each row `row` inches high.

    >>> len(panels(3))
    3
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    options = {"width": 5.2, "rows": rows, "columns": columns} | options
    axes = list(np.atleast_1d(new_axes(height=extra + row * rows, **options)).flat)
    for spare in axes[count:]:
        spare.remove()
    engine: Any = figure_of(axes[0]).get_layout_engine()
    engine.set(wspace=0.05)
    for ax in axes[count - columns : count]:  # also above a spare, whose axis is gone
        ax.tick_params(labelbottom=True)
    return axes[:count]


def dress(ax: Axes) -> Axes:
    """Give an Axes the house style for good.

    Matplotlib makes ticks when it draws, by the settings of that moment; what is written on the
    Axes itself outlives the style context.

    >>> ax = dress(new_axes())
    >>> ax.spines["top"].get_visible()
    False
    """
    for side, spine in ax.spines.items():
        spine.set_color(LIGHT["muted"])
        spine.set_visible(side in ("left", "bottom"))
    ax.tick_params(which="both", color=LIGHT["muted"], labelcolor=LIGHT["muted"], labelsize=SMALL)
    ax.set_facecolor("none")
    for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
        label.set(color=LIGHT["ink"], fontsize=TEXT)
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds an Axes.

    >>> figure_of(new_axes()).axes != []
    True
    """
    figure = ax.get_figure(root=True)
    assert figure is not None  # an Axes made by new_axes or handed in by a caller has one
    return figure


def legend(ax: Axes, handles: Sequence[Any], labels: Sequence[str], *, whole: bool = False) -> None:
    """Put a legend above the data, where it can cover none: of one Axes or of the whole figure.

    >>> ax = new_axes()
    >>> legend(ax, ax.plot([0, 1]), ["a line"])
    >>> ax.get_legend().get_texts()[0].get_text()
    'a line'
    """
    widths = [text_width(label) + 48 for label in labels]
    fitting = [
        n
        for n in range(1, len(labels) + 1)
        if sum(max(widths[i::n]) for i in range(n)) < figure_of(ax).get_figwidth() * POINT
    ]
    drawn = any(handle.get_linestyle() != "None" for handle in handles)
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0)}
    (figure_of(ax) if whole else ax).legend(
        handles,
        labels,
        ncols=max(fitting, default=1),
        handlelength=2.4 if drawn else 0.8,
        markerscale=1.0 if drawn else 1.4,
        columnspacing=1.4,
        handletextpad=0.5,
        borderaxespad=0.2,
        **({"loc": "outside upper left"} if whole else place),
    )


def zero_lines(ax: Axes) -> None:
    """Draw where x = 0 and y = 0.

    >>> zero_lines(new_axes())
    """
    ax.axhline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)
    ax.axvline(0, color=LIGHT["grid"], linewidth=1.0, zorder=0)


def plain_numbers(ax: Axes) -> None:
    """Write 0.01 and 1e−6 on the y axis: 10⁻² needs mathematical type, which SVG text has not.

    >>> plain_numbers(new_axes())
    """
    from matplotlib.ticker import FuncFormatter

    def say(value: float, _: Any) -> str:
        return f"{value:g}".replace("e-0", "e−").replace("e+0", "e").replace("-", "−")

    ax.yaxis.set_major_formatter(FuncFormatter(say))


def log_axis(ax: Axes) -> None:
    """Make the y axis logarithmic, with few ticks and plain numbers.

    >>> ax = new_axes()
    >>> log_axis(ax)
    >>> ax.get_yscale()
    'log'
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,), numticks=6))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="y", which="minor", length=0)
    plain_numbers(ax)


def canvas(width: float, height: float) -> Axes:
    """Return an empty Axes whose unit is a point: what 10.5 pt text measures is known in advance.

    `width` and `height` are in points.

    >>> canvas(144, 72).get_xlim()
    (np.float64(0.0), np.float64(144.0))
    """
    ax: Axes = new_axes(width / POINT, height / POINT)
    engine: Any = figure_of(ax).get_layout_engine()
    engine.set(w_pad=0, h_pad=0)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.set_axis_off()
    return ax


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return the width of a line in points, with a tenth to spare for a browser's wider font.

    >>> 20 < text_width("apple") < 40
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    weight = "bold" if bold else "normal"
    path = TextPath((0, 0), text, size=size, prop=FontProperties(weight=weight))
    return 1.1 * float(path.get_extents().width)


class Labels:
    """Finds room for labels on an Axes that is otherwise finished: clear of what is drawn there.

    `lines` are polylines and `dots` points that no label may touch, in the units of the data.

    >>> ax = new_axes()
    >>> Labels(ax, [[[0, 0], [1, 1]]]).put("here", near=(0.5, 0.5))
    True
    """

    def __init__(self, ax: Axes, lines: Iterable[Any], dots: Any = ()) -> None:
        figure_of(ax).draw_without_rendering()  # the layout decides how large the Axes is
        self.ax, self.scale = ax, POINT / figure_of(ax).dpi
        self.low, self.high = ax.get_window_extent().get_points() * self.scale
        ends = [ab for line in lines for ab in itertools.pairwise(self._points(line))]
        # A point every 4 points of length, so that no label slips between two of them.
        steps = [np.linspace(a, b, 2 + int(min(np.hypot(*(b - a)), 2000) / 4)) for a, b in ends]
        self.busy = np.concatenate([self._points(dots), *steps])

    def _points(self, data: Any) -> FloatArray:
        """Return data coordinates in points from the corner of the picture."""
        return np.asarray(self.ax.transData.transform(np.reshape(data, (-1, 2)))) * self.scale

    def put(
        self,
        text: str,
        near: Any,
        *,
        gap: float = 4.0,
        ease: float = 6.0,
        reach: float = np.inf,
        where: Any = None,
        **options: Any,
    ) -> bool:
        """Write a label near a point, `gap` points from all else or more; tell if there was room.

        It stays within `reach` points. Up to a gap of `ease` points clear room counts for more than
        nearness. `where` maps points of the data, shape (n, 2), to whether a label may stand there.
        """
        bold, lines = options.get("weight") == "bold", text.split("\n")
        size = np.array([max(text_width(line, TEXT, bold) for line in lines), 16.0 * len(lines)])
        ends = zip(self.low + size / 2 + 2, self.high - size / 2 - 2, strict=True)
        spots = np.stack(np.meshgrid(*(np.linspace(a, b, 61) for a, b in ends)), axis=-1)
        spots = spots.reshape(-1, 2)
        gaps = np.abs(spots[:, None] - self.busy[None]) - size / 2
        clear = gaps.max(axis=2).min(axis=1, initial=max(ease, gap))
        data = self.ax.transData.inverted().transform(spots / self.scale)
        away = np.hypot(*(spots - self._points(near)[0]).T)
        free = (clear >= gap) & (away <= reach) & (True if where is None else where(data))
        if not free.any() or (self.high - self.low < size + 4).any():
            return False
        best = int(np.where(free, 4.0 * clear - away, -np.inf).argmax())
        write(self.ax, data[best][0], data[best][1], text, **options)
        block = np.meshgrid(*(np.linspace(-s / 2, s / 2, 9) for s in size))
        self.busy = np.concatenate([self.busy, spots[best] + np.reshape(block, (2, -1)).T])
        return True


# Shapes


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write ink-coloured text centred on a point.

    >>> write(canvas(72, 72), 36, 36, "z").get_text()
    'z'
    """
    settings: dict[str, Any] = {"ha": "center", "va": "center", "linespacing": 1.35}
    settings |= {"color": LIGHT["ink"], "fontsize": TEXT}
    return ax.text(x, y, text, **(settings | options))


def on_paper(pad: float = 1.0) -> dict[str, Any]:
    """Return the `bbox` that lifts a label off the lines it lies on.

    >>> on_paper()["linewidth"]
    0
    """
    shape = f"square,pad={pad / TEXT:.3f}"
    return {"facecolor": LIGHT["paper"], "edgecolor": "none", "linewidth": 0, "boxstyle": shape}


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = "soft_grey",
    edge: str = "muted",
    radius: float = 7,
    **options: Any,
) -> None:
    """Draw a rounded box whose lower left corner is (x, y).

    >>> ax = canvas(72, 72)
    >>> box(ax, 0, 0, 72, 72)
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyBboxPatch

    rounded = f"round,pad=0,rounding_size={radius}"
    look: dict[str, Any] = {"facecolor": LIGHT[fill], "edgecolor": LIGHT[edge], "linewidth": 1.2}
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=rounded, **(look | options)))


def arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    color: str = "muted",
    width: float = 1.8,
    head: float = 12,
    **options: Any,
) -> None:
    """Draw an arrow from `start` to `end`.

    >>> ax = canvas(72, 72)
    >>> arrow(ax, (0, 0), (72, 72))
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyArrowPatch

    shape = "-|>,head_length=0.5,head_width=0.25"
    settings: dict[str, Any] = {"shrinkA": 0, "shrinkB": 0, "linewidth": width, "zorder": 3}
    settings |= {"arrowstyle": shape, "mutation_scale": head, "color": LIGHT[color]}
    ax.add_patch(FancyArrowPatch(start, end, **(settings | options)))


def polygon(ax: Axes, corners: Any, *, fill: str, edge: str, **options: Any) -> None:
    """Draw a filled polygon.

    >>> ax = canvas(72, 72)
    >>> polygon(ax, [(0, 0), (72, 0), (0, 72)], fill="soft_blue", edge="blue")
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import Polygon

    face, line = (LIGHT.get(name, "none") for name in (fill, edge))
    shape = Polygon(np.asarray(corners), closed=True, facecolor=face, edgecolor=line, **options)
    ax.add_patch(shape)


def signed_bar(ax: Axes, y: float, value: float, *, strong: bool = False, **options: Any) -> None:
    """Draw a horizontal bar: blue and solid when positive, orange and dashed when negative.

    >>> ax = new_axes()
    >>> signed_bar(ax, 0, -1.0)
    >>> ax.patches[0].get_width() < 0
    np.True_
    """
    colour, dash = ("blue", "-") if value >= 0 else ("orange", DASHED)
    look: dict[str, Any] = {"color": LIGHT[colour if strong else "soft_" + colour]}
    look |= {"edgecolor": LIGHT[colour], "linewidth": 1.4, "linestyle": dash}
    ax.barh(y, value, **(look | options))
