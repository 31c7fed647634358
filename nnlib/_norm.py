"""Batch normalisation: each channel is shifted and scaled to mean 0 and spread 1 over the batch.

It stands apart from the other functions because it is the one that remembers: the statistics it
saw while training are what it uses afterwards.
"""

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
    owned = {"running_mean": running_mean, "running_var": running_var}
    _check(input, eps, {**owned, "weight": weight, "bias": bias})
    # Channels first and samples last in memory, as convolutions leave their images (see _conv).
    order, back = (*range(1, input.ndim), 0), (-1, *range(input.ndim - 1))
    a = np.ascontiguousarray(input.array.transpose(order))
    n = a.size // max(len(a), 1)
    rows = a.reshape(len(a), n)
    if training:
        if n == 1:
            raise ValueError(
                "input: batch_norm needs more than one value of each channel to train on, got "
                f"shape {input.shape}"
            )
        mean = rows.sum(axis=1, keepdims=True) / max(n, 1)
        centred = rows - mean
        var = np.square(centred).sum(axis=1, keepdims=True) / max(n, 1)
        for running, new in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            if running is not None and n:
                running.array[...] = (1 - momentum) * running.array + momentum * new[:, 0]
    elif running_mean is None or running_var is None:
        raise ValueError(f"batch_norm: expected running statistics unless training, got {owned}")
    else:
        centred = rows - running_mean.array[:, np.newaxis]
        var = running_var.array[:, np.newaxis]
    slope = 1 / np.sqrt(var + eps)
    normal = centred * slope
    scale = slope if weight is None else slope * weight.array[:, np.newaxis]
    y = normal if weight is None else normal * weight.array[:, np.newaxis]
    y = y if bias is None else y + bias.array[:, np.newaxis]

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = np.ascontiguousarray(g.transpose(order)).reshape(rows.shape)
        to_bias, to_weight = blame.sum(axis=1), (blame * normal).sum(axis=1)
        to_input = blame
        if training:  # x moves the mean and the spread of its batch too
            shared = to_bias[:, np.newaxis] + normal * to_weight[:, np.newaxis]
            to_input = blame - shared / max(n, 1)
        to_input = (to_input * scale).reshape(a.shape).transpose(back)
        both = ((to_weight, weight), (to_bias, bias))
        return to_input, *(gradient for gradient, owner in both if owner is not None)

    parents = tuple(each for each in (input, weight, bias) if each is not None)
    return record("batch_norm", y.reshape(a.shape).transpose(back), parents, backward)


def _check(x: Tensor, eps: float, others: dict[str, Tensor | None]) -> None:
    for name, value in {"input": x, **others}.items():
        if name != "input" and value is None:
            continue
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: batch_norm expected a Tensor, got {type(value).__name__}")
        if value.dtype.kind != "f" or value.dtype != x.dtype:
            raise TypeError(f"batch_norm: {name} is {value.dtype} but expected floats like input's")
        if x.ndim < 2:
            raise ValueError(
                f"input: batch_norm expected shape (N, C) or (N, C, ...), got {x.shape}"
            )
        if name != "input" and value.shape != x.shape[1:2]:
            raise ValueError(
                f"{name}: batch_norm expected shape {x.shape[1:2]} for input of shape {x.shape}, "
                f"got {value.shape}"
            )
    if not eps > 0:
        raise ValueError(f"eps: expected more than 0, got {eps}")
