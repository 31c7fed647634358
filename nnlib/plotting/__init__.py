"""Every picture of the site, in one house style, from plain arrays or from nnlib's own objects.

Each function returns the Axes it drew on. Matplotlib is loaded by the first picture, not by the
import.
"""

from nnlib.plotting.diagrams import loop, programmed_vs_trained
from nnlib.plotting.fields import decision_boundary, decision_line
from nnlib.plotting.house import style, use_style
from nnlib.plotting.lines import (
    activation_gallery,
    bars,
    curves,
    fitted_curve,
    function_over_derivative,
)
from nnlib.plotting.matrices import matrix_product, weights
from nnlib.plotting.networks import network
from nnlib.plotting.neurons import neuron, valves
from nnlib.plotting.palette import PALETTE

__all__ = [
    "PALETTE",
    "activation_gallery",
    "bars",
    "curves",
    "decision_boundary",
    "decision_line",
    "fitted_curve",
    "function_over_derivative",
    "loop",
    "matrix_product",
    "network",
    "neuron",
    "programmed_vs_trained",
    "style",
    "use_style",
    "valves",
    "weights",
]
