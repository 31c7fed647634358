"""The house style: fonts, lines and colours of every picture, and the shapes they are made of.

Matplotlib is optional and slow to load, so this package imports it only when something is drawn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nnlib._arguments import expect as expect  # for the pictures too
from nnlib.creation import from_numpy
from nnlib.nn.module import Module
from nnlib.plotting.palette import DASHES, LIGHT, SERIES
from nnlib.tensor import no_grad

# Matplotlib is optional, so nnlib's types can be checked without it.
Axes: TypeAlias = Any
FloatArray: TypeAlias = npt.NDArray[np.float64]
AxesArray: TypeAlias = npt.NDArray[Any]  # of Axes; NumPy cannot say so
Names: TypeAlias = Sequence[str]

POINT = 72.0  # points in an inch, the unit of every diagram
TEXT, SMALL = 10.5, 9.5
DASHED = (0, (4, 2))
MOST = 200  # points of a drawn line; a screen shows no more
# Where nnlib's functions of Tensors live; any other function is handed a NumPy array.
OF_TENSORS = ("nnlib.functional", "nnlib.tensor")


def rc() -> dict[str, Any]:
    """Return the house style as Matplotlib settings.

    >>> rc()["svg.fonttype"]
    'none'
    """
    settings = [
        (LIGHT["paper"], "figure.facecolor"),
        (LIGHT["ink"], "text.color axes.labelcolor axes.titlecolor legend.labelcolor"),
        (LIGHT["muted"], "axes.edgecolor xtick.color ytick.color"),
        (LIGHT["grid"], "grid.color"),
        (TEXT, "font.size axes.labelsize axes.titlesize legend.fontsize"),
        (SMALL, "xtick.labelsize ytick.labelsize"),
        (2.0, "lines.linewidth"),
        (False, "axes.spines.top axes.spines.right legend.frameon axes.formatter.useoffset"),
        ("none", "axes.facecolor svg.fonttype"),
        ("left", "axes.titlelocation"),
        ("bold", "axes.titleweight"),
        ((5.2, 3.2), "figure.figsize"),
    ]
    return {name: value for value, names in settings for name in names.split()}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style: `with style():`, or `@style()` above a function.

    Raises ImportError, with what to install, when Matplotlib is absent.

    >>> import matplotlib
    >>> with style():
    ...     matplotlib.rcParams["font.size"]
    10.5
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError("nnlib.plotting needs Matplotlib: pip install matplotlib") from error
    settings: Any = rc()  # Matplotlib types the name of each setting
    with matplotlib.rc_context(settings):
        yield


# Numbers, arrays and names


def number(value: float, digits: int = 2) -> str:
    """Write a number with a fixed count of decimals, a real minus sign and no negative zero.

    >>> number(-0.4216), number(-0.001), number(0.5784, 3)
    ('−0.42', '0.00', '0.578')
    """
    return f"{value:z.{digits}f}".replace("-", "−")


def short(value: float) -> str:
    """Write a number with at most three significant digits and no trailing zeros.

    >>> short(0.4), short(-0.30000001), short(20.0), short(109386)
    ('0.4', '−0.3', '20', '109,386')
    """
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{float(value):z.3g}").replace("-", "−")


def signed(value: float) -> str:
    """Write a number with its sign in front, as a term of a sum.

    >>> signed(0.36), signed(-0.2), signed(0)
    ('+0.36', '−0.20', '0.00')
    """
    return ("+" if value >= 0.005 else "") + number(value)


def factor(value: float) -> str:
    """Write a number as a factor of a product: a negative one in brackets.

    >>> factor(0.4), factor(-0.3)
    ('0.4', '(−0.3)')
    """
    return short(value) if value >= 0 else f"({short(value)})"


def subscript(index: int) -> str:
    """Write an index in subscript digits.

    >>> subscript(12)
    '₁₂'
    """
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def to_array(value: Any, name: str, *shape: int | str) -> FloatArray:
    """Return a float array from an array, a list or an nnlib Tensor.

    `shape` holds a number for a length that is known and a letter for one that may be any.

    Raises TypeError when `value` does not hold numbers, ValueError when its shape does not fit or
    it holds nothing, a NaN or an infinity.

    >>> to_array([[1, 2]], "x", "n", 2).shape
    (1, 2)
    """
    try:
        array = np.asarray(getattr(value, "array", value), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected numbers, got {type(value).__name__}") from error
    wanted = tuple(i if isinstance(n, str) else n for i, n in zip(array.shape, shape, strict=False))
    fits = not shape or (wanted == array.shape and len(shape) == array.ndim)
    expect(fits, name, f"shape {shape}".replace("'", ""), array.shape)
    expect(array.size, name, "at least one number", f"shape {array.shape}")
    expect(np.isfinite(array).all(), name, "finite numbers", "NaN or infinity")
    return array


def check_names(names: Iterable[str] | None, count: int, name: str, default: str = "") -> list[str]:
    """Return `count` names, made from `default` and a subscript when none are given.

    >>> check_names(None, 2, "names", "x")
    ['x₁', 'x₂']
    """
    if names is None:
        return [default + subscript(i + 1) for i in range(count)]
    listed = [names] if isinstance(names, str) else [str(item) for item in names]
    expect(len(listed) == count, name, f"{count} names, one each", f"{len(listed)}: {listed}")
    return listed


def check_dict(value: Any, name: str, most: int = 6) -> dict[str, Any]:
    """Return a dict of 1 to `most` entries with its keys as text.

    >>> check_dict({1: 2}, "paths")
    {'1': 2}
    """
    if not hasattr(value, "keys"):
        raise TypeError(f"{name}: expected a dict, got {type(value).__name__}")
    found = {str(key): value[key] for key in value.keys()}  # noqa: SIM118  # a History is no dict
    expect(1 <= len(found) <= most, name, f"1 to {most} entries", len(found))
    return found


def call(function: Callable[..., Any], name: str, *inputs: Any) -> FloatArray:
    """Call a function or a Module on arrays or numbers and return an array.

    Pages show bare NumPy before nnlib, so every picture takes both. A Module runs in evaluation
    mode and without a tape; the mode of each of its parts is restored.

    Raises TypeError for what cannot be called.

    >>> call(np.square, "f", np.array([3.0]))
    array([9.])
    """
    if not callable(function):
        raise TypeError(f"{name}: expected a function, got {type(function).__name__}")
    if isinstance(function, Module):
        modes = [(part, part.training) for part in function.modules()]
        dtype = next((parameter.array.dtype for parameter in function.parameters()), np.float64)
        try:
            with no_grad():
                result = function.eval()(*(from_numpy(array.astype(dtype)) for array in inputs))
        finally:
            for part, mode in modes:
                part.training = mode
    else:  # it keeps its tape: it may call backward() itself, as numerical checks do
        of_tensors = getattr(function, "__module__", None) in OF_TENSORS
        result = function(*map(from_numpy, inputs) if of_tensors else inputs)
    return np.asarray(getattr(result, "array", result), dtype=np.float64)


def thin(count: int, most: int = MOST) -> npt.NDArray[np.int64]:
    """Return the indices of at most `most` of so many points, the first and last among them.

    >>> thin(9, 3).tolist()
    [0, 4, 8]
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


# Axes


def panels(
    titles: Any, labels: Names = ("", ""), columns: int = 2, row: float = 1.6, **options: Any
) -> list[Axes]:
    """Return the Axes of a new figure, one a title, `columns` in a row.

    Each row is `row` inches high, what stands above them all `extra`; the figure is `width` wide.
    Only the Axes on the left and at the bottom are labelled. Other options are those of `subplots`.

    >>> [ax.get_xlabel() for ax in panels(["a", "b", "c"], ("x", "y"))]
    ['', 'x', 'x']
    """
    from matplotlib.pyplot import subplots

    listed, muted = list(titles), LIGHT["muted"]
    columns = min(columns, len(listed))
    rows = -(-len(listed) // columns)
    size = options.pop("width", 5.2), options.pop("extra", 0.65) + row * rows
    options |= {"figsize": size, "layout": "constrained", "squeeze": False}
    axes = list(subplots(rows, columns, **options)[1].flat)
    axes[0].figure.get_layout_engine().set(wspace=0.05)
    for i, (ax, title) in enumerate(zip(axes, listed, strict=False)):
        ax.set(title=title, ylabel="" if i % columns else labels[1])
        ax.locator_params(nbins=5)
        # Ticks are made when the picture is drawn, by the settings of that moment, unless told now.
        ax.tick_params(which="both", color=muted, labelcolor=muted, labelsize=SMALL)
        if i >= len(listed) - columns:  # also above a spare, whose axis is gone
            ax.set_xlabel(labels[0])
            ax.tick_params(labelbottom=True)
    for spare in axes[len(listed) :]:
        spare.remove()
    return axes[: len(listed)]


def new_axes(width: float = 5.2, height: float = 3.2, labels: Names = ("", "")) -> Axes:
    """Return the one Axes of a new figure, whose size is in inches.

    >>> float(new_axes().figure.get_figwidth())
    5.2
    """
    return panels([""], labels, width=width, row=height, extra=0.0)[0]


def canvas(width: float, height: float) -> Axes:
    """Return an empty Axes whose unit is a point: what 10.5 pt text measures is known in advance.

    >>> canvas(144, 72).get_xlim()
    (np.float64(0.0), np.float64(144.0))
    """
    ax = new_axes(width / POINT, height / POINT)
    ax.figure.get_layout_engine().set(w_pad=0, h_pad=0)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.set_axis_off()
    return ax


def legend(axes: Iterable[Any]) -> None:
    """Put one legend for all these Axes above them, where it can cover no data.

    >>> ax = new_axes()
    >>> _ = ax.plot([0, 1], label="a line")
    >>> legend([ax])
    >>> ax.figure.legends[0].get_texts()[0].get_text()
    'a line'
    """
    pairs = [zip(*ax.get_legend_handles_labels(), strict=True) for ax in axes]
    found = {label: handle for pair in pairs for handle, label in pair}
    if not found:
        return
    figure = next(iter(found.values())).figure
    drawn = any(handle.get_linestyle() != "None" for handle in found.values())
    look = {"handlelength": 2.4 if drawn else 1.4, "markerscale": 1.0 if drawn else 1.2}
    look |= {"columnspacing": 1.4, "handletextpad": 0.5, "borderaxespad": 0.2}
    widths, room = [text_width(label) + 48 for label in found], figure.get_figwidth() * POINT
    counts = range(1, len(widths) + 1)
    fits = [n for n in counts if sum(max(widths[i::n]) for i in range(n)) < room] or [1]
    figure.legend(found.values(), found, loc="outside upper left", ncols=max(fits), **look)


def plain_numbers(ax: Axes, log: bool = False) -> None:
    """Write 0.01 and 1e−6 on the y axis: 10⁻² needs mathematical type, which SVG text has not.

    `log=True` makes the axis logarithmic, with few ticks.

    >>> ax = new_axes()
    >>> plain_numbers(ax, log=True)
    >>> ax.get_yscale()
    'log'
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if log:
        ax.set_yscale("log")
        steps = (1, 2, 5) if ax.get_ylim()[1] < 100 * ax.get_ylim()[0] else (1,)
        ax.yaxis.set_major_locator(LogLocator(subs=steps, numticks=6))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.tick_params(axis="y", which="minor", length=0)

    def say(value: float, _: Any) -> str:
        return f"{value:g}".replace("e-0", "e−").replace("e+0", "e").replace("-", "−")

    ax.yaxis.set_major_formatter(FuncFormatter(say))


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return the width of a line in points, with a tenth to spare for a browser's wider font.

    >>> 20 < text_width("apple") < 40
    True
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    prop = FontProperties(weight="bold" if bold else "normal")
    return 1.1 * float(TextPath((0, 0), text, size=size, prop=prop).get_extents().width)


def widest(texts: Iterable[str]) -> float:
    """Return the width of the widest of some texts, 0 when there is none.

    >>> widest([])
    0.0
    """
    return max(map(text_width, texts), default=0.0)


# Shapes


def line(ax: Axes, x: Any, y: Any, i: int, **options: Any) -> None:
    """Draw a curve in the i-th colour and dash.

    >>> ax = new_axes()
    >>> line(ax, [0, 1], [0, 1], 1)
    >>> ax.lines[0].is_dashed()
    True
    """
    look = {"color": LIGHT[SERIES[i % 6]], "linestyle": DASHES[(i + i // 6) % 6], "lw": 2.4}
    ax.plot(x, y, **(look | options))


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write ink-coloured text centred on a point.

    >>> ax = canvas(72, 72)
    >>> write(ax, 36, 36, "z")
    >>> ax.texts[0].get_text()
    'z'
    """
    settings = {"ha": "center", "va": "center", "linespacing": 1.35}
    settings |= {"color": LIGHT["ink"], "fontsize": TEXT}
    ax.text(x, y, text, **(settings | options))


def on_paper() -> dict[str, Any]:
    """Return the `bbox` that lifts a label off the lines it lies on.

    >>> on_paper()["linewidth"]
    0
    """
    look = {"facecolor": LIGHT["paper"], "edgecolor": "none", "linewidth": 0}
    return look | {"boxstyle": f"square,pad={1 / TEXT:.3f}"}


def box(ax: Axes, x: float, y: float, size: Any, fill: str, edge: str, **options: Any) -> None:
    """Draw a rounded box whose lower left corner is (x, y).

    >>> ax = canvas(72, 72)
    >>> box(ax, 0, 0, (72, 72), "soft_grey", "muted")
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyBboxPatch

    look: dict[str, Any] = {"facecolor": LIGHT[fill], "edgecolor": LIGHT[edge], "linewidth": 1.2}
    look |= {"boxstyle": "round,pad=0,rounding_size=7"} | options
    ax.add_patch(FancyBboxPatch((x, y), *size, **look))


def arrow(
    ax: Axes, start: Any, end: Any, *, color: str = "muted", head: float = 12, **options: Any
) -> None:
    """Draw an arrow from `start` to `end`.

    >>> ax = canvas(72, 72)
    >>> arrow(ax, (0, 0), (72, 72))
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyArrowPatch

    look: dict[str, Any] = {"shrinkA": 0, "shrinkB": 0, "linewidth": 1.8, "zorder": 3}
    look |= {"arrowstyle": "-|>,head_length=0.5,head_width=0.25", "mutation_scale": head}
    ax.add_patch(FancyArrowPatch(start, end, **(look | {"color": LIGHT[color]} | options)))


def polygon(ax: Axes, corners: Any, *, fill: str, edge: str, **options: Any) -> None:
    """Draw a filled polygon.

    >>> ax = canvas(72, 72)
    >>> polygon(ax, [(0, 0), (72, 0), (0, 72)], fill="soft_blue", edge="blue")
    >>> len(ax.patches)
    1
    """
    face, rim = (LIGHT.get(name, "none") for name in (fill, edge))
    ax.fill(*np.transpose(corners), facecolor=face, edgecolor=rim, **options)


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
