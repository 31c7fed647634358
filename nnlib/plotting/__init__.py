"""Every picture of the site, in one house style, from plain arrays or from nnlib's own objects.

Each function returns the Axes it drew on. Matplotlib is loaded by the first picture, not by the
import.
"""

from nnlib.plotting.bars import bars
from nnlib.plotting.diagrams import (
    loop,
    lstm_cell,
    programmed_vs_trained,
    transformer_block,
    unrolled,
)
from nnlib.plotting.fields import boundaries, decision_boundary, decision_line, descent
from nnlib.plotting.house import style
from nnlib.plotting.lines import (
    activation_gallery,
    compare,
    curves,
    dashboard,
    fitted_curve,
    tangent,
)
from nnlib.plotting.matrices import (
    attention_map,
    confusion_matrix,
    convolution,
    images,
    matrix_product,
    weights,
)
from nnlib.plotting.networks import network
from nnlib.plotting.neurons import neuron, valves
from nnlib.plotting.palette import PALETTE
from nnlib.plotting.tape import graph

__all__ = ["PALETTE", "activation_gallery", "attention_map", "bars", "boundaries", "compare"]
__all__ += ["confusion_matrix", "convolution", "curves", "dashboard", "decision_boundary"]
__all__ += ["decision_line", "descent", "fitted_curve", "graph", "images"]
__all__ += ["loop", "lstm_cell", "matrix_product", "network", "neuron", "programmed_vs_trained"]
__all__ += ["style", "tangent", "transformer_block", "unrolled", "valves", "weights"]
