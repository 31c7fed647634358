"""Getting numbers out of what a page holds: arrays, plain functions, nnlib functions and modules.

Pages show bare NumPy before nnlib, so every picture takes both.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from nnlib.creation import from_numpy
from nnlib.nn.module import Module
from nnlib.plotting.house import FloatArray
from nnlib.tensor import no_grad

# Where nnlib's functions of Tensors live; any other function is handed a NumPy array.
OF_TENSORS = ("nnlib.functional", "nnlib.tensor")
Activation = str | Callable[[Any], Any] | None


def _sigmoid(z: FloatArray) -> FloatArray:
    return np.exp(-np.logaddexp(0.0, -z))


def _softmax(z: FloatArray) -> FloatArray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), dtype=np.float64)


# Only for pictures of plain (W, b) lists; a Module's own activations are called, not copied.
NAMED: dict[str, tuple[str, Callable[[FloatArray], FloatArray]]] = {
    "identity": ("identity", lambda z: z),
    "relu": ("ReLU", lambda z: np.maximum(z, 0.0)),
    "sigmoid": ("sigmoid", _sigmoid),
    "tanh": ("tanh", np.tanh),
    "softmax": ("softmax", _softmax),
}


def activation_label(activation: Activation) -> str:
    """Return the name under which an activation is written in a picture.

    >>> activation_label("relu"), activation_label(np.tanh)
    ('ReLU', 'tanh')
    """
    if activation is None:
        return ""
    if isinstance(activation, str):
        return NAMED[activation][0] if activation in NAMED else activation
    name = getattr(activation, "__name__", type(activation).__name__)
    if name == "<lambda>":
        return "activation"
    return NAMED[name.lower()][0] if name.lower() in NAMED else str(name)


def apply(function: Activation, values: FloatArray, name: str) -> FloatArray:
    """Return f(values) as an array of numbers, handing a Tensor to what wants one.

    Raises ValueError for an unknown name, TypeError for what cannot be called.

    >>> apply("relu", np.array([-1.0, 2.0]), "activation")
    array([0., 2.])
    """
    if function is None:
        return values
    if isinstance(function, str):
        if function not in NAMED:
            raise ValueError(f"{name}: expected one of {sorted(NAMED)}, got {function!r}")
        return NAMED[function][1](values)
    if not callable(function):
        raise TypeError(f"{name}: expected a function, got {type(function).__name__}")
    return call(function, values)


def call(function: Callable[[Any], Any], values: FloatArray) -> FloatArray:
    """Call a function or a Module on an array and return an array.

    A Module runs in evaluation mode and without a tape; the mode of each of its parts is restored.

    >>> call(np.square, np.array([3.0]))
    array([9.])
    """
    modes: list[tuple[Module, bool]] = []
    given: Any = values
    if isinstance(function, Module):
        modes = [(part, part.training) for part in function.modules()]
        dtypes = [parameter.array.dtype for parameter in function.parameters()]
        given = from_numpy(values.astype(dtypes[0] if dtypes else np.float64))
        function.eval()
    elif getattr(function, "__module__", None) in OF_TENSORS:
        given = from_numpy(values)
    try:
        # A plain function keeps its tape: it may call backward() itself, as numerical checks do.
        with no_grad() if isinstance(function, Module) else nullcontext():
            result = function(given)
    finally:
        for part, mode in modes:
            part.training = mode
    return np.asarray(getattr(result, "array", result), dtype=np.float64)
