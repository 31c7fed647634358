"""How weights start: large enough to tell the inputs apart, small enough not to saturate.

Every function changes its tensor in place, off the tape, and returns it.
"""

import math
from typing import Literal, TypeAlias

import numpy as np

from nnlib._arguments import expect, expect_number, expect_type
from nnlib.creation import pick_generator
from nnlib.tensor import Tensor

Mode: TypeAlias = Literal["fan_in", "fan_out"]
Nonlinearity: TypeAlias = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu"]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Numbers drawn evenly from [a, b).

    >>> import nnlib
    >>> w = nnlib.nn.init.uniform_(nnlib.zeros(100), -1, 1)
    >>> bool(w.abs().max() <= 1)
    True
    """
    expect_type(tensor, "tensor", "a Tensor", Tensor)
    expect_number(a, "a")
    expect_number(b, "b")
    expect(a <= b, "b", f"at least a={a}", b)
    tensor.array[...] = pick_generator(None).uniform(a, b, tensor.shape)
    return tensor


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Numbers drawn from the normal distribution.

    >>> import nnlib
    >>> nnlib.nn.init.normal_(nnlib.zeros(2), mean=3.0, std=0.0)
    tensor([3., 3.])
    """
    expect_type(tensor, "tensor", "a Tensor", Tensor)
    expect_number(mean, "mean")
    expect_number(std, "std", 0)
    tensor.array[...] = pick_generator(None).normal(mean, std, tensor.shape)
    return tensor


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value throughout.

    >>> import nnlib
    >>> nnlib.nn.init.constant_(nnlib.zeros(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    expect_type(tensor, "tensor", "a Tensor", Tensor)
    expect_number(val, "val")
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


def calculate_gain(nonlinearity: Nonlinearity, param: float = 0.01) -> float:
    """By how much to scale weights so that an activation keeps the spread of its input.

    ``param`` is the negative slope of a leaky ReLU.

    >>> import nnlib
    >>> nnlib.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    expect_type(nonlinearity, "nonlinearity", "a name", str)
    expect_number(param, "param")
    leaky = math.sqrt(2 / (1 + param**2))
    gains = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "leaky_relu": leaky}
    expect(nonlinearity in gains, "nonlinearity", f"one of {', '.join(gains)}", nonlinearity)
    return gains[nonlinearity]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Evenly from ±gain·√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> import nnlib
    >>> w = nnlib.nn.init.xavier_uniform_(nnlib.zeros(3, 3))
    >>> bool(w.abs().max() <= 1)
    True
    """
    expect_number(gain, "gain")
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Normal with spread gain·√(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> import nnlib
    >>> nnlib.nn.init.xavier_normal_(nnlib.zeros(3, 4)).shape
    (3, 4)
    """
    expect_number(gain, "gain")
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: Mode = "fan_in", nonlinearity: Nonlinearity = "leaky_relu"
) -> Tensor:
    """Evenly from ±gain·√(3 / fan), which keeps the spread through ReLUs (He et al. 2015).

    ``a`` is the negative slope of a leaky ReLU.

    >>> import nnlib
    >>> w = nnlib.nn.init.kaiming_uniform_(nnlib.zeros(8, 6), nonlinearity="relu")
    >>> bool(w.abs().max() <= 1)
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: Mode = "fan_in", nonlinearity: Nonlinearity = "leaky_relu"
) -> Tensor:
    """Normal with spread gain/√fan, which keeps the spread through ReLUs (He et al. 2015).

    >>> import nnlib
    >>> nnlib.nn.init.kaiming_normal_(nnlib.zeros(8, 6)).shape
    (8, 6)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """A random rotation times ``gain``: ``W Wᵀ`` or ``Wᵀ W`` is gain² · I (Saxe et al. 2014).

    Of the dimensions after the first, if there are several, one is made.

    >>> import nnlib
    >>> w = nnlib.nn.init.orthogonal_(nnlib.zeros(2, 3))
    >>> (w @ w.T + 1).round()
    tensor([[2., 1.],
            [1., 2.]])
    """
    expect_number(gain, "gain")
    _fans(tensor)
    rows = len(tensor)
    columns = tensor.numel() // rows
    drawn = pick_generator(None).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q *= gain * np.sign(np.diag(r))  # or the signs would depend on the algorithm
    tensor.array[...] = (q if rows > columns else q.T).reshape(tensor.shape)
    return tensor


def _kaiming_std(tensor: Tensor, a: float, mode: Mode, nonlinearity: Nonlinearity) -> float:
    expect_number(a, "a")
    expect(mode in ("fan_in", "fan_out"), "mode", "'fan_in' or 'fan_out'", repr(mode))
    fan_in, fan_out = _fans(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan_in if mode == "fan_in" else fan_out)


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds."""
    expect_type(tensor, "tensor", "a Tensor", Tensor)
    enough = tensor.ndim >= 2 and tensor.numel() > 0
    expect(enough, "tensor", "two or more dimensions with entries", tensor.shape)
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window
