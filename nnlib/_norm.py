"""Normalisation: numbers are shifted and scaled to mean 0 and spread 1, over a batch or a sample.

Networks train faster on such numbers. Batch normalisation also remembers: the statistics it saw
while training are what it uses afterwards.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import math
from collections.abc import Sequence

import numpy as np

from nnlib._arguments import Shape, expect, expect_number, require_dtype, require_like
from nnlib.tensor import Array, Tensor, float32, float64, record


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """``y = weight · (x − mean) / √(var + eps) + bias``, channel by channel.

    ``input`` (N, C) or (N, C, ...); the four other tensors (C) or ``None``. While ``training``,
    mean and variance (÷ n) are those of the batch, over all dimensions but C, and the running ones
    move towards them by ``momentum``, in place: r ← (1 − momentum) · r + momentum · new, where the
    new variance is the unbiased one (÷ (n − 1)). Otherwise the running ones are used.

    Raises ``ValueError`` when a shape does not fit, when there is one value a channel to train on,
    or no running statistics to evaluate with, and ``TypeError`` when the dtypes differ.
    (Ioffe and Szegedy 2015.)

    >>> import nnlib
    >>> x = nnlib.tensor([[1.0, 10.0], [3.0, 50.0]])
    >>> nnlib.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    """
    require_dtype("input", input, float32, float64)
    expect(input.ndim >= 2, "input", "shape (N, C) or (N, C, ...)", input.shape)
    expect_number(eps, "eps")
    expect_number(momentum, "momentum", 0, 1)
    expect(eps > 0, "eps", "more than 0", eps)
    for name, running in (("running_mean", running_mean), ("running_var", running_var)):
        require_like(name, running, input.shape[1:2], input)
    weight, bias = _affine(weight, bias, input.shape[1:2], input)
    w, b = weight.array[:, np.newaxis], bias.array[:, np.newaxis]
    # Channels first and samples last in memory, as convolutions leave their images (see _conv).
    order, back = (*range(1, input.ndim), 0), (-1, *range(input.ndim - 1))
    a = np.ascontiguousarray(input.array.transpose(order))
    rows = a.reshape(len(a), math.prod(a.shape[1:]))
    n = rows.shape[1]
    if training:
        expect(n != 1, "input", "more than one value of each channel to train on", input.shape)
        mean = rows.sum(axis=1, keepdims=True) / max(n, 1)
        centred = rows - mean
        var = np.square(centred).sum(axis=1, keepdims=True) / max(n, 1)
        for running, new in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            if running is not None and n:
                running.array[...] = (1 - momentum) * running.array + momentum * new[:, 0]
    elif running_mean is None or running_var is None:
        raise ValueError("running_mean, running_var: expected both unless training, got None")
    else:
        centred = rows - running_mean.array[:, np.newaxis]
        var = running_var.array[:, np.newaxis]
    slope = 1 / np.sqrt(var + eps)
    normal = centred * slope
    y = normal * w + b

    def backward(g: Array) -> tuple[Array, ...]:
        blame = np.ascontiguousarray(g.transpose(order)).reshape(rows.shape)
        to_bias, to_weight = blame.sum(axis=1), (blame * normal).sum(axis=1)
        if training:  # x moves the mean and the spread of its batch too
            shared = to_bias[:, np.newaxis] + normal * to_weight[:, np.newaxis]
            blame = blame - shared / max(n, 1)
        to_input = (blame * (slope * w)).reshape(a.shape).transpose(back)
        return to_input, to_weight, to_bias

    y = y.reshape(a.shape).transpose(back)
    return record("batch_norm", y, (input, weight, bias), backward)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """``weight · (x − mean) / √(var + eps) + bias``, over the last dimensions of each sample.

    ``input`` (..., *normalized_shape); ``weight`` and ``bias`` (*normalized_shape) or ``None``.
    The variance is divided by n. Raises ``ValueError`` when shapes do not fit and ``TypeError``
    for dtypes. (Ba, Kiros and Hinton 2016.)

    >>> import nnlib
    >>> nnlib.nn.functional.layer_norm(nnlib.tensor([[1.0, 3.0], [5.0, 5.0]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    require_dtype("input", input, float32, float64)
    a = input.array
    shape = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else ()
    fits = shape and a.shape[-len(shape) :] == shape
    expect(fits, "normalized_shape", f"the last lengths of input's {a.shape}", normalized_shape)
    expect_number(eps, "eps", 0)
    weight, bias = _affine(weight, bias, shape, input)
    width = math.prod(shape)
    rows = a.reshape(math.prod(a.shape[: a.ndim - len(shape)]), width)
    # Means over rows as products with a vector: several times faster than NumPy's sums.
    average = np.full((width, 1), 1 / max(width, 1), a.dtype)
    x = rows - rows @ average
    inverse = 1 / np.sqrt((x * x) @ average + eps)
    x *= inverse
    scale = weight.array.reshape(width)
    y = x * scale
    y += bias.array.reshape(width)

    def backward(g: Array) -> tuple[Array, ...]:
        g = g.reshape(rows.shape)
        ones, by = np.ones(len(rows), g.dtype), average * scale[:, np.newaxis]
        along = g * x
        to_input = g * scale
        to_input -= g @ by
        to_input -= x * (along @ by)
        to_input *= inverse
        return to_input.reshape(a.shape), (ones @ along).reshape(shape), (ones @ g).reshape(shape)

    return record("layer_norm", y.reshape(a.shape), (input, weight, bias), backward)


def _affine(
    weight: Tensor | None, bias: Tensor | None, shape: Shape, like: Tensor
) -> tuple[Tensor, Tensor]:
    """The scale and the shift, which are 1 and 0 where there is none."""
    require_like("weight", weight, shape, like)
    require_like("bias", bias, shape, like)
    weight = Tensor(np.ones(shape, like.dtype)) if weight is None else weight
    return weight, Tensor(np.zeros(shape, like.dtype)) if bias is None else bias
