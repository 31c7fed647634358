"""How weights start: large enough to tell the inputs apart, small enough not to saturate.

Every function changes its tensor in place, off the tape, and returns it.
"""

import math
from typing import Literal, TypeAlias

import numpy as np

from nnlib.creation import pick_generator
from nnlib.tensor import Tensor

Mode: TypeAlias = Literal["fan_in", "fan_out"]
Nonlinearity: TypeAlias = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu"]


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Numbers drawn evenly from [a, b).

    >>> import nnlib
    >>> w = nnlib.nn.init.uniform_(nnlib.zeros(100), -1, 1)
    >>> bool(w.abs().max() <= 1)
    True
    """
    _check(tensor)
    if a > b:
        raise ValueError(f"b: expected at least a={a}, got {b}")
    tensor.array[...] = pick_generator(generator).uniform(a, b, tensor.shape)
    return tensor


def normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Numbers drawn from the normal distribution.

    >>> import nnlib
    >>> nnlib.nn.init.normal_(nnlib.zeros(2), mean=3.0, std=0.0)
    tensor([3., 3.])
    """
    _check(tensor)
    if std < 0:
        raise ValueError(f"std: expected 0 or more, got {std}")
    tensor.array[...] = pick_generator(generator).normal(mean, std, tensor.shape)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value throughout.

    >>> import nnlib
    >>> nnlib.nn.init.constant_(nnlib.zeros(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    _check(tensor)
    tensor.array[...] = val
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros throughout.

    >>> import nnlib
    >>> nnlib.nn.init.zeros_(nnlib.ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones throughout.

    >>> import nnlib
    >>> nnlib.nn.init.ones_(nnlib.zeros(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    """By how much to scale weights so that an activation keeps the spread of its input.

    ``param`` is the negative slope of a leaky ReLU.

    >>> import nnlib
    >>> nnlib.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2)}
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in gains:
        known = [*gains, "leaky_relu"]
        raise ValueError(f"nonlinearity: expected one of {known}, got {nonlinearity!r}")
    return gains[nonlinearity]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Evenly from ±gain·√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> import nnlib
    >>> w = nnlib.nn.init.xavier_uniform_(nnlib.zeros(3, 3))
    >>> bool(w.abs().max() <= 1)
    True
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(
    tensor: Tensor, gain: float = 1.0, generator: np.random.Generator | None = None
) -> Tensor:
    """Normal with spread gain·√(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> import nnlib
    >>> nnlib.nn.init.xavier_normal_(nnlib.zeros(3, 4)).shape
    (3, 4)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Evenly from ±gain·√(3 / fan), which keeps the spread through ReLUs (He et al. 2015).

    ``a`` is the negative slope of a leaky ReLU.

    >>> import nnlib
    >>> w = nnlib.nn.init.kaiming_uniform_(nnlib.zeros(8, 6), nonlinearity="relu")
    >>> bool(w.abs().max() <= 1)
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Normal with spread gain/√fan, which keeps the spread through ReLUs (He et al. 2015).

    >>> import nnlib
    >>> nnlib.nn.init.kaiming_normal_(nnlib.zeros(8, 6)).shape
    (8, 6)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: Mode, nonlinearity: Nonlinearity) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode: expected 'fan_in' or 'fan_out', got {mode!r}")
    fan_in, fan_out = _fans(tensor)
    fan = fan_in if mode == "fan_in" else fan_out
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds."""
    _check(tensor)
    if tensor.ndim < 2 or tensor.numel() == 0:
        raise ValueError(
            f"tensor: expected two or more dimensions with entries, got shape {tensor.shape}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _check(tensor: Tensor) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor: expected a Tensor, got {type(tensor).__name__}")
