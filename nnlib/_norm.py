"""Batch normalisation: each channel is shifted and scaled to mean 0 and spread 1 over the batch.

It stands apart from the other functions because it is the one that remembers: the statistics it
saw while training are what it uses afterwards.
"""

import math

import numpy as np

from nnlib.tensor import Array, Tensor, record


def batch_norm(
    input: Tensor,  # noqa: A002 - PyTorch's name
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
    move towards them by ``momentum``, in place: r ← (1 − momentum) r + momentum · new, where the
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
    channels = _check(input, running_mean, running_var, weight, bias)
    # Channels first, samples last in memory: as convolutions leave their images (see _conv).
    order = (*range(1, input.ndim), 0)
    a = np.ascontiguousarray(input.array.transpose(order))
    rows = a.reshape(channels, a.size // channels)
    n = rows.shape[1]
    if training:
        if n == 1:
            raise ValueError(
                f"input: batch_norm needs more than one value of each channel to train on, got "
                f"shape {input.shape}"
            )
        mean = rows.sum(axis=1, keepdims=True) / max(n, 1)
        centred = rows - mean
        var = np.square(centred).sum(axis=1, keepdims=True) / max(n, 1)
        for running, new in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            if running is not None and n:
                running.array *= 1 - momentum
                running.array += momentum * new[:, 0]
    elif running_mean is None or running_var is None:
        raise ValueError("running_mean, running_var: expected both unless training, got None")
    else:
        centred = rows - running_mean.array[:, np.newaxis]
        var = running_var.array[:, np.newaxis]
    slope = 1 / np.sqrt(var + eps)
    normal = centred * slope
    scale = slope
    y = normal
    if weight is not None:
        scale = slope * weight.array[:, np.newaxis]
        y = normal * weight.array[:, np.newaxis]
    if bias is not None:
        y = y + bias.array[:, np.newaxis]
    parents = tuple(each for each in (input, weight, bias) if each is not None)

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = np.ascontiguousarray(g.transpose(order)).reshape(rows.shape)
        to_bias = blame.sum(axis=1)
        to_weight = (blame * normal).sum(axis=1)
        to_input = blame
        if training:  # x moves the mean and the spread of the batch too
            shared = to_bias[:, np.newaxis] + normal * to_weight[:, np.newaxis]
            to_input = blame - shared / max(n, 1)
        gradients = [(to_input * scale).reshape(a.shape).transpose(back)]
        gradients += [to_weight] if weight is not None else []
        gradients += [to_bias] if bias is not None else []
        return tuple(gradients)

    return record("batch_norm", y.reshape(a.shape).transpose(back), parents, backward)


def _check(x: Tensor, training: bool, momentum: float, eps: float, **others: Tensor | None) -> int:
