"""Turns what a block draws into the site's SVG, by the code that colours the pictures at build.
Nothing here loads Matplotlib: most blocks draw nothing, and it is slow to come.
"""

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .. import svg

_NO_WORDS = "Picture {} drawn by your code"
_eye: "Callable[[Any], None] | None" = None


def show() -> None:
    """Each open figure is shown once, and closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            if _eye is not None:
                _eye(pyplot.figure(number))
    finally:
        pyplot.close("all")


# Matplotlib's own colours and the nearest of the house: what is black on paper would be lost on a
# dark page.
_USUAL = {
    "#000000": "ink",
    "#ffffff": "paper",
    "#1f77b4": "blue",
    "#ff7f0e": "orange",
    "#2ca02c": "green",
    "#d62728": "red",
    "#9467bd": "purple",
    "#7f7f7f": "muted",
    "#b0b0b0": "grid",
    "#cccccc": "grid",
}


def _variables() -> Mapping[str, str]:
    from nnlib.plotting import PALETTE

    return _USUAL | {light.lower(): name for name, (light, _) in PALETTE.items()}


@contextmanager
def seen(
    look: Callable[[str], None], *, alts: Sequence[str] = (), prefix: str = "r"
) -> Iterator[None]:
    """Whatever is drawn goes to `look` as SVG, described by `alts` in turn."""
    count = 0

    def draw(figure: Any) -> None:
        nonlocal count
        if not figure.axes and not figure.lines:
            return
        alt = alts[count] if count < len(alts) else _NO_WORDS.format(count + 1)
        count += 1
        written = io.StringIO()
        # As the build's kernel writes it (`kernel_config.py`).
        figure.savefig(
            written,
            format="svg",
            dpi=figure.dpi,
            facecolor=figure.get_facecolor(),
            edgecolor=figure.get_edgecolor(),
            bbox_inches=None,
            metadata={"Date": None},
        )
        look(
            svg.themed(
                written.getvalue(),
                alt=alt,
                prefix=f"{prefix}-{count}",
                variables=_variables(),
                strict=False,
            )
        )

    with _looking(draw):
        yield
        show()


@contextmanager
def unseen() -> Iterator[None]:
    """Whatever is drawn is put away."""
    with _looking(None):
        yield
        show()


@contextmanager
def _looking(draw: "Callable[[Any], None] | None") -> Iterator[None]:
    global _eye
    before, _eye = _eye, draw
    try:
        yield
    finally:
        _eye = before
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")
