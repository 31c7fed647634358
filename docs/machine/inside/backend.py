"""Matplotlib's backend in the page: no window, and `plt.show()` shows all that is open.
Matplotlib finds it by its name, `module://machine.inside.backend`.
"""

from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

from . import drawing

__all__ = ["FigureCanvas", "FigureManager", "show"]


def show(*args: object, **kwargs: object) -> None:
    """What `plt.show()` calls; whether it should wait for a window to be closed is no question."""
    drawing.show()
