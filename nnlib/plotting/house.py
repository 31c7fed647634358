"""The house style: fonts, lines and colours of every picture, and the shapes they are made of.

Matplotlib is optional and slow to load, so this package imports it only when something is drawn.
"""

from __future__ import annotations

import functools
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


def rc() -> dict[str, Any]:
    """Return the house style as Matplotlib settings.

    >>> rc()["svg.fonttype"]
    'none'
    """
    return {
        "figure.figsize": (5.2, 3.2),
        "figure.facecolor": LIGHT["paper"],
        "figure.edgecolor": LIGHT["paper"],
        "savefig.facecolor": "auto",
        "savefig.edgecolor": "auto",
        "font.family": "sans-serif",
        "font.size": TEXT,
        "text.color": LIGHT["ink"],
        "axes.facecolor": "none",
        "axes.edgecolor": LIGHT["muted"],
        "axes.labelcolor": LIGHT["ink"],
        "axes.labelsize": TEXT,
        "axes.titlecolor": LIGHT["ink"],
        "axes.titlelocation": "left",
        "axes.titlesize": TEXT,
        "axes.titleweight": "bold",
        "axes.titlepad": 6.0,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": False,
        "axes.formatter.useoffset": False,
        "grid.color": LIGHT["grid"],
        "grid.linewidth": 0.8,
        "xtick.color": LIGHT["muted"],
        "ytick.color": LIGHT["muted"],
        "xtick.labelcolor": LIGHT["muted"],
        "ytick.labelcolor": LIGHT["muted"],
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "lines.linewidth": 2.0,
        "lines.color": LIGHT["blue"],
        "patch.edgecolor": LIGHT["ink"],
        "hatch.color": LIGHT["ink"],
        "image.interpolation": "nearest",
        "legend.frameon": False,
        "legend.fontsize": TEXT,
        "legend.labelcolor": LIGHT["ink"],
        "svg.fonttype": "none",
        "svg.hashsalt": "nnlib",
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


# Numbers and arrays


def number(value: float, digits: int = 2) -> str:
    """Write a number with a fixed count of decimals, a real minus sign and no negative zero.

    >>> number(-0.4216), number(-0.001), number(0.5784, 3)
    ('−0.42', '0.00', '0.578')
    """
    text = f"{float(value):.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def short(value: float) -> str:
    """Write a number with at most three significant digits and no trailing zeros.

    >>> short(0.4), short(-0.30000001), short(20.0), short(109386)
    ('0.4', '−0.3', '20', '109,386')
    """
    value = float(value)
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value + 0.0:.3g}"
    return text.replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign in front, as a term of a sum.

    >>> signed(0.36), signed(-0.2), signed(0)
    ('+0.36', '−0.20', '0.00')
    """
    text = number(value, digits)
    return "+" + text if float(value) > 0 and float(f"{value:.{digits}f}") != 0 else text


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
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if allowed is not None and array.ndim not in allowed:
        axes = " or ".join(str(n) for n in allowed)
        raise ValueError(f"{name}: expected an array of {axes} axes, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return array


def check_names(names: Iterable[str] | None, count: int, name: str, default: str) -> list[str]:
    """Return `count` names, made from `default` and a subscript when none are given.

    >>> check_names(None, 2, "names", "x")
    ['x₁', 'x₂']
    """
    if names is None:
        return [default + subscript(i + 1) for i in range(count)]
    if isinstance(names, str):
        raise TypeError(f"{name}: expected a sequence of {count} names, got the string {names!r}")
    listed = [str(item) for item in names]
    if len(listed) != count:
        raise ValueError(f"{name}: expected {count} names, got {len(listed)}: {listed}")
    return listed


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
        label.set_color(LIGHT["ink"])
        label.set_fontsize(TEXT)
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that holds an Axes.

    >>> figure_of(new_axes()).axes != []
    True
    """
    figure = ax.get_figure(root=True)
    assert figure is not None  # an Axes made by new_axes or handed in by a caller has one
    return figure


def canvas(width: float, height: float, ax: Axes | None = None) -> Axes:
    """Return an empty Axes whose unit is a point: what 10.5 pt text measures is known in advance.

    `width` and `height` are in points.

    >>> canvas(144, 72).get_xlim()
    (np.float64(0.0), np.float64(144.0))
    """
    if ax is None:
        ax = new_axes(width / POINT, height / POINT)
        engine = figure_of(ax).get_layout_engine()
        if engine is not None:
            engine.set(w_pad=0, h_pad=0)  # type: ignore[call-arg]  # the constrained engine's own
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


# Shapes


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write ink-coloured text centred on a point.

    >>> write(canvas(72, 72), 36, 36, "z").get_text()
    'z'
    """
    settings: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": LIGHT["ink"],
        "fontsize": TEXT,
        "linespacing": 1.35,
    }
    return ax.text(x, y, text, **(settings | options))


def on_paper(pad: float = 1.0) -> dict[str, Any]:
    """Return the `bbox` that lifts a label off the lines it lies on.

    >>> on_paper()["linewidth"]
    0
    """
    return {
        "facecolor": LIGHT["paper"],
        "edgecolor": "none",
        "linewidth": 0,
        "boxstyle": f"square,pad={pad / TEXT:.3f}",
    }


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = "soft_grey",
    edge: str = "muted",
    dashed: bool = False,
    radius: float = 7,
) -> None:
    """Draw a rounded box whose lower left corner is (x, y).

    >>> ax = canvas(72, 72)
    >>> box(ax, 0, 0, 72, 72)
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyBboxPatch

    shape = FancyBboxPatch(
        (x, y),
        width,
        height,
        boxstyle=f"round,pad=0,rounding_size={radius}",
        facecolor=LIGHT[fill],
        edgecolor=LIGHT[edge],
        linewidth=1.2,
        linestyle=(0, (4, 2)) if dashed else "-",
    )
    ax.add_patch(shape)


def arrow(
    ax: Axes,
    start: Sequence[float],
    end: Sequence[float],
    *,
    color: str = "muted",
    width: float = 1.8,
    curve: float = 0.0,
    dashed: bool = False,
    head: float = 12,
    zorder: float = 3,
) -> None:
    """Draw an arrow from `start` to `end`.

    >>> ax = canvas(72, 72)
    >>> arrow(ax, (0, 0), (72, 72))
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import FancyArrowPatch

    shape = FancyArrowPatch(
        (start[0], start[1]),
        (end[0], end[1]),
        arrowstyle="-|>,head_length=0.5,head_width=0.25",
        mutation_scale=head,
        connectionstyle=f"arc3,rad={curve}",
        shrinkA=0,
        shrinkB=0,
        color=LIGHT[color],
        linewidth=width,
        linestyle=(0, (4, 2)) if dashed else "-",
        zorder=zorder,
    )
    ax.add_patch(shape)


def polygon(ax: Axes, corners: Any, *, fill: str, edge: str, **options: Any) -> None:
    """Draw a filled polygon.

    >>> ax = canvas(72, 72)
    >>> polygon(ax, [(0, 0), (72, 0), (0, 72)], fill="soft_blue", edge="blue")
    >>> len(ax.patches)
    1
    """
    from matplotlib.patches import Polygon

    face = LIGHT[fill] if fill != "none" else "none"
    line = LIGHT[edge] if edge != "none" else "none"
    ax.add_patch(
        Polygon(np.asarray(corners), closed=True, facecolor=face, edgecolor=line, **options)
    )
