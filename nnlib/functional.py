"""Activations, dropout and losses as functions, each with the gradient that belongs to it.

Those that meet exponentials are written so that no input overflows: each is one operation on the
tape, and the tests compare it with the same formula built from primitive operations.
"""

# ruff: noqa: A002 - ``input`` is PyTorch's name
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from nnlib._absent import of_module
from nnlib._arguments import (
    as_axis,
    as_shape,
    expect,
    expect_number,
    expect_type,
    require_dtype,
)
from nnlib._attention import embedding, scaled_dot_product_attention
from nnlib._conv import (
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    conv1d,
    conv2d,
    max_pool1d,
    max_pool2d,
)
from nnlib._elementwise import norm
from nnlib._kernels import keep, ones, product
from nnlib._norm import batch_norm, layer_norm
from nnlib.creation import Chance, pick_generator
from nnlib.tensor import Array, Backward, Tensor, int64, record

__all__ = [
    "adaptive_avg_pool2d", "avg_pool1d", "avg_pool2d", "batch_norm", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "conv1d", "conv2d", "cross_entropy", "dropout", "dropout2d",
    "elu", "embedding", "gelu", "huber_loss", "kl_div", "l1_loss", "layer_norm", "leaky_relu",
    "linear", "log_softmax", "logsumexp", "max_pool1d", "max_pool2d", "mse_loss", "nll_loss",
    "normalize", "one_hot", "pad", "relu", "scaled_dot_product_attention", "sigmoid", "silu",
    "smooth_l1_loss", "softmax", "softplus", "tanh",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__ = of_module("nnlib.functional", __all__)

Reduction: TypeAlias = Literal["mean", "sum", "none"]
Elementwise: TypeAlias = Callable[[Array], Array]
Pair: TypeAlias = tuple[Tensor, Tensor]

# ---- activations ---------------------------------------------------------------------------


def relu(input: Tensor) -> Tensor:
    """``max(0, x)``, elementwise; its slope is 1 where x > 0 and 0 elsewhere.

    Fukushima 1969; for deep networks Nair and Hinton 2010.

    >>> import nnlib
    >>> nnlib.relu(nnlib.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    expect_type(input, "input", "a Tensor", Tensor)
    y = np.maximum(input.array, 0)
    return record("relu", y, (input,), lambda g: (keep(g, y > 0),))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``x`` where x > 0 and ``negative_slope · x`` elsewhere (Maas, Hannun and Ng 2013).

    >>> import nnlib
    >>> nnlib.nn.functional.leaky_relu(nnlib.tensor([-2.0, 3.0]))
    tensor([-0.0200,  3.0000])
    """
    a = _floats("leaky_relu", input)
    expect_number(negative_slope, "negative_slope")
    slope = np.where(a > 0, a.dtype.type(1), a.dtype.type(negative_slope))
    return record("leaky_relu", a * slope, (input,), lambda g: (g * slope,))


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(−x))``, elementwise; its slope is y(1 − y).

    >>> import nnlib
    >>> nnlib.sigmoid(nnlib.tensor([-1000.0, 0.0, 1.0]))
    tensor([0.0000, 0.5000, 0.7311])
    """
    y = _sigmoid(_floats("sigmoid", input))
    return record("sigmoid", y, (input,), lambda g: (g * (y * (1 - y)),))


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent, elementwise; its slope is 1 − y².

    >>> import nnlib
    >>> nnlib.tanh(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    y = np.tanh(_floats("tanh", input))
    return record("tanh", y, (input,), lambda g: (g * (1 - y * y),))


def gelu(input: Tensor, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """``x · Φ(x)`` with Φ the normal distribution function (Hendrycks and Gimpel 2016).

    ``approximate="tanh"`` is their ``½x(1 + tanh(√(2/π)(x + 0.044715x³)))``.

    >>> import nnlib
    >>> nnlib.nn.functional.gelu(nnlib.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.0000,  0.8413])
    """
    a = _floats("gelu", input)
    expect(approximate in ("none", "tanh"), "approximate", "'none' or 'tanh'", repr(approximate))
    if approximate == "tanh":
        x = np.clip(a, -40, 40)  # beyond, tanh is ±1 and its slope 0; a cube might overflow
        square = x * x
        t = np.tanh(x * (ROOT_TWO_OVER_PI * (1 + 0.044715 * square)))

        def backward_tanh(g: Array) -> tuple[Array]:
            inner_slope = ROOT_TWO_OVER_PI * (1 + 3 * 0.044715 * square)
            return (g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner_slope),)

        return record("gelu", 0.5 * a * (1 + t), (input,), backward_tanh)
    phi = _normal_cdf(a)

    def backward(g: Array) -> tuple[Array]:
        with np.errstate(over="ignore"):  # x² may be ∞, and exp(−∞) is 0, as it should be
            slope = np.exp(-0.5 * a * a)
        slope *= a
        slope *= ROOT_TWO_OVER_PI / 2
        slope += phi
        slope *= g
        return (slope,)

    return record("gelu", a * phi, (input,), backward)


def silu(input: Tensor) -> Tensor:
    """``x · σ(x)``, elementwise, also called Swish (Elfwing, Uchibe and Doya 2017).

    >>> import nnlib
    >>> nnlib.nn.functional.silu(nnlib.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2689,  0.0000,  0.7311])
    """
    a = _floats("silu", input)
    s = _sigmoid(a)
    return record("silu", a * s, (input,), lambda g: (g * (s * (1 + a * (1 - s))),))


def softplus(input: Tensor) -> Tensor:
    """``log(1 + exp(x))``, elementwise, a smooth ReLU; its slope is σ(x) (Dugas et al. 2001).

    Above 20 it is x itself, as in PyTorch.

    >>> import nnlib
    >>> nnlib.nn.functional.softplus(nnlib.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0000e+03])
    """
    a = _floats("softplus", input)
    straight = a > 20
    slope = np.where(straight, a.dtype.type(1), _sigmoid(a))
    return record(
        "softplus", np.where(straight, a, np.logaddexp(0, a)), (input,), lambda g: (g * slope,)
    )


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``x`` where x > 0 and ``α(exp(x) − 1)`` elsewhere (Clevert, Unterthiner and Hochreiter 2016).

    >>> import nnlib
    >>> nnlib.nn.functional.elu(nnlib.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    a = _floats("elu", input)
    expect_number(alpha, "alpha")
    below = alpha * np.expm1(np.minimum(a, 0))
    slope = np.where(a > 0, a.dtype.type(1), below + a.dtype.type(alpha))
    return record("elu", np.where(a > 0, a, below), (input,), lambda g: (g * slope,))


def softmax(input: Tensor, dim: int | None = None) -> Tensor:
    """``exp(xᵢ) / Σⱼ exp(xⱼ)`` along ``dim``: positive shares that add up to 1.

    The largest entry is subtracted first, which changes nothing but keeps ``exp`` finite.

    >>> import nnlib
    >>> nnlib.softmax(nnlib.tensor([2.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    a, axis = _along("softmax", input, _implied("softmax", input, dim))
    exponentials = np.exp(_shifted(a, axis)[0])
    y = exponentials / exponentials.sum(axis=axis, keepdims=True)

    def backward(g: Array) -> tuple[Array]:
        return (y * (g - (g * y).sum(axis=axis, keepdims=True)),)

    return record("softmax", y, (input,), backward)


def log_softmax(input: Tensor, dim: int | None = None) -> Tensor:
    """``log(softmax(x))`` along ``dim``, exact where softmax itself rounds to 0.

    >>> import nnlib
    >>> nnlib.log_softmax(nnlib.tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    a, axis = _along("log_softmax", input, _implied("log_softmax", input, dim))
    y = _log_softmax(a, axis)

    def backward(g: Array) -> tuple[Array]:
        return (g - np.exp(y) * g.sum(axis=axis, keepdims=True),)

    return record("log_softmax", y, (input,), backward)


def logsumexp(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """``log Σⱼ exp(xⱼ)`` along ``dim``: a smooth maximum whose slope is the softmax.

    >>> import nnlib
    >>> nnlib.logsumexp(nnlib.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    a, axis = _along("logsumexp", input, dim)
    shifted, largest = _shifted(a, axis)
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # the sum over nothing but −∞ is −∞
        y = largest + np.log(total)

    def backward(g: Array) -> tuple[Array]:
        return (g.reshape(y.shape) * (exponentials / total),)

    return record("logsumexp", y if keepdim else y.squeeze(axis), (input,), backward)


# ---- layers as functions -------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x Wᵀ + b``: each output is a weighted sum of all inputs.

    ``input`` (..., I), ``weight`` (O, I), ``bias`` (O) or ``None``; the result is (..., O).
    Raises ``ValueError`` when the shapes do not fit, ``TypeError`` when the dtypes differ.

    >>> import nnlib
    >>> x, W = nnlib.tensor([0.9, 0.8]), nnlib.tensor([[0.4, 0.3], [-0.4, 0.8]])
    >>> nnlib.nn.functional.linear(x, W)
    tensor([0.6000, 0.2800])
    """
    expect_type(input, "input", "a Tensor", Tensor)
    expect_type(weight, "weight", "a Tensor", Tensor)
    a, w = input.array, weight.array
    if w.ndim != 2 or a.ndim == 0 or a.shape[-1] != w.shape[1]:
        raise ValueError(f"linear: input of shape {a.shape} does not fit weight {w.shape}")
    if a.dtype != w.dtype:
        raise TypeError(f"linear: input is {a.dtype} but weight is {w.dtype}; convert one of them")
    # One product for all, where NumPy makes one for each a[i].
    flat = a if a.ndim == 2 else a.reshape(math.prod(a.shape[:-1]), len(w.T))
    y = product(flat, w.T)
    if bias is not None:
        require_dtype("bias", bias, w.dtype)
        if bias.array.shape != w.shape[:1]:
            raise ValueError(f"linear: expected bias of shape ({len(w)},), got {bias.shape}")
        y += bias.array

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = g.reshape(len(flat), len(w))
        to_input = product(blame, w).reshape(a.shape) if input.requires_grad else None
        to_weight = product(blame.T, flat) if weight.requires_grad else None
        if bias is None:
            return to_input, to_weight
        return to_input, to_weight, ones(len(flat), g.dtype).dot(blame)

    y = y if a.ndim == 2 else y.reshape(*a.shape[:-1], len(w))
    return record("linear", y, (input, weight) if bias is None else (input, weight, bias), backward)


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Chance = None
) -> Tensor:
    """Set each entry to 0 with probability ``p`` and divide the others by 1 − p.

    The mean stays as it was; without ``training`` nothing happens. (Srivastava et al. 2014.)

    >>> import nnlib
    >>> nnlib.nn.functional.dropout(nnlib.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    a = _floats("dropout", input)
    expect_number(p, "p", 0, 1, "a probability")
    if not training or p == 0:
        return input
    kept = pick_generator(generator).random(a.shape, np.float32) >= p
    scale = kept * a.dtype.type(0 if p == 1 else 1 / (1 - p))
    return record("dropout", a * scale, (input,), lambda g: (g * scale,))


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, *, generator: Chance = None
) -> Tensor:
    """``dropout`` of whole channels of ``input`` (N, C, H, W) or (C, H, W) (Tompson et al. 2015).

    >>> import nnlib
    >>> nnlib.nn.functional.dropout2d(nnlib.ones(1, 2, 1, 1), p=1.0).flatten()
    tensor([0., 0.])
    """
    shape = _floats("dropout2d", input).shape
    expect(len(shape) in (3, 4), "input", "shape (N, C, H, W) or (C, H, W)", shape)
    whole = Tensor(np.ones((*shape[:-2], 1, 1), input.dtype))
    kept = dropout(whole, p, training, generator=generator)
    return input if kept is whole else input * kept


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """``x / max(‖x‖ₚ, eps)`` along ``dim``: vectors of length 1.

    >>> import nnlib
    >>> nnlib.nn.functional.normalize(nnlib.tensor([3.0, 4.0]), dim=0)
    tensor([0.6000, 0.8000])
    """
    _floats("normalize", input)
    expect_number(eps, "eps", 0)
    return input / norm(input, p, dim, keepdim=True).clamp(min=eps)


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Tensor:
    """``value`` around ``input``: ``pad`` (left, right, top, bottom, ...) begins at the last dim.

    Raises ``ValueError`` for another ``mode`` than ``"constant"`` and for what does not fit.

    >>> import nnlib
    >>> nnlib.nn.functional.pad(nnlib.ones(2), (1, 2))
    tensor([0., 1., 1., 0., 0.])
    """
    a, widths = _floats("pad", input), as_shape((pad,), 0)
    expect(mode == "constant", "mode", "'constant', the one there is", repr(mode))
    fits = len(widths) % 2 == 0 and len(widths) <= 2 * a.ndim
    expect(fits, "pad", f"two numbers a dimension, for at most {a.ndim}", pad)
    expect_number(value, "value")
    last = [*zip(widths[::2], widths[1::2], strict=True)]
    sides = [(0, 0)] * (a.ndim - len(last)) + last[::-1]
    inside = tuple(slice(n, n + m) for (n, _), m in zip(sides, a.shape, strict=True))
    y = np.pad(a, sides, constant_values=value)
    return record("pad", y, (input,), lambda g: (g[inside],))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A row of zeros with a single one, at the class, for each entry.

    ``tensor`` of integers (...); the result is (..., C). C is the largest class + 1 by default.

    >>> import nnlib
    >>> nnlib.nn.functional.one_hot(nnlib.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    classes = _integers("one_hot", tensor, "tensor")
    expect_type(num_classes, "num_classes", "an integer", int, np.integer)
    if num_classes == -1:
        expect(classes.size, "one_hot", "num_classes for an empty tensor", num_classes)
        num_classes = int(classes.max()) + 1
    _check_classes("one_hot", classes, num_classes)
    return Tensor((classes[..., np.newaxis] == np.arange(num_classes)).astype(int64))


# ---- losses --------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """``(x − t)²``, averaged; its slope is 2(x − t).

    Raises ``ValueError`` when the shapes differ: broadcasting here is nearly always a mistake.

    >>> import nnlib
    >>> nnlib.nn.functional.mse_loss(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.2500)
    """
    return _of_difference("mse_loss", input, target, reduction, lambda d: d * d, lambda d: 2 * d)


def l1_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """``|x − t|``, averaged; its slope is the sign of x − t.

    >>> import nnlib
    >>> nnlib.nn.functional.l1_loss(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.5000)
    """
    return _of_difference("l1_loss", input, target, reduction, np.abs, np.sign)


def huber_loss(
    input: Tensor, target: Tensor, reduction: Reduction = "mean", delta: float = 1.0
) -> Tensor:
    """``½d²`` where ``|d| = |x − t|`` is at most δ and ``δ(|d| − ½δ)`` beyond, averaged.

    Its slope is d, cut off at ±δ, so that an outlier pulls no harder than δ (Huber 1964).

    >>> import nnlib
    >>> F = nnlib.nn.functional
    >>> F.huber_loss(nnlib.tensor([0.5, 9.0]), nnlib.zeros(2), reduction="none")
    tensor([0.1250, 8.5000])
    """
    expect_number(delta, "delta")
    expect(delta > 0, "delta", "more than 0", delta)

    def slope(d: Array) -> Array:
        return np.clip(d, -delta, delta)

    return _of_difference(
        "huber_loss", input, target, reduction, lambda d: slope(d) * (d - 0.5 * slope(d)), slope
    )


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: Reduction = "mean", beta: float = 1.0
) -> Tensor:
    """``½d²/β`` where ``|d| = |x − t|`` is below β and ``|d| − ½β`` beyond: Huber's loss over β.

    >>> import nnlib
    >>> nnlib.nn.functional.smooth_l1_loss(nnlib.tensor([3.0]), nnlib.tensor([1.0]))
    tensor(1.5000)
    """
    expect_number(beta, "beta")
    expect(beta > 0, "beta", "more than 0", beta)
    return huber_loss(input, target, reduction, beta) * (1 / beta)


def binary_cross_entropy(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:
    """``−(t log p + (1 − t) log(1 − p))``, averaged: the surprise at a yes-or-no answer.

    The logarithms stop at −100, as in PyTorch, so that a sure mistake costs 100 and not ∞.
    Raises ``ValueError`` for a ``p`` outside 0 to 1.

    >>> import nnlib
    >>> p, t = nnlib.tensor([0.578]), nnlib.tensor([1.0])
    >>> nnlib.nn.functional.binary_cross_entropy(p, t)
    tensor(0.5482)
    """
    target = _like("binary_cross_entropy", input, target)
    p, t = input.array, target.array
    if (p < 0).any() or (p > 1).any():
        raise ValueError(f"input: expected probabilities from 0 to 1, got {p.min()} to {p.max()}")
    with np.errstate(divide="ignore"):
        log_yes, log_no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (
            g * (p - t) / np.maximum(p * (1 - p), 1e-12) if input.requires_grad else None,
            g * (log_no - log_yes) if target.requires_grad else None,
        )

    loss = -(t * log_yes + (1 - t) * log_no)
    return _reduce("binary_cross_entropy", loss, reduction, (input, target), backward)


@np.errstate(invalid="ignore")  # NaN in, NaN out: no news
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, reduction: Reduction = "mean"
) -> Tensor:
    """``binary_cross_entropy(sigmoid(z), t)`` in one step, exact for any z; slope sigmoid(z) − t.

    >>> import nnlib
    >>> z, t = nnlib.tensor([0.316, -1000.0]), nnlib.tensor([1.0, 1.0])
    >>> nnlib.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none")
    tensor([5.4758e-01, 1.0000e+03])
    """
    target = _like("binary_cross_entropy_with_logits", input, target)
    z, t = input.array, target.array
    softplus = np.logaddexp(0, z)  # log(1 + exp(z)), stably

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (
            g * (np.exp(z - softplus) - t) if input.requires_grad else None,
            g * -z if target.requires_grad else None,
        )

    loss = softplus - z * t
    return _reduce("binary_cross_entropy_with_logits", loss, reduction, (input, target), backward)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    reduction: Reduction = "mean",
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """``−Σ t log softmax(z)``, averaged over the samples; its slope is softmax(z) − t.

    ``input`` holds logits (C), (N, C) or (N, C, ...); ``target`` class indices of that shape
    without C, or probabilities of that shape. A class index of ``ignore_index`` does not count.
    ``label_smoothing`` ε trains towards (1 − ε)t + ε/C (Szegedy et al. 2016).

    >>> import nnlib
    >>> logits = nnlib.tensor([[2.0, 1.0, 0.0]])
    >>> nnlib.nn.functional.cross_entropy(logits, nnlib.tensor([0]))
    tensor(0.4076)
    """
    axis, smooth = _class_axis("cross_entropy", input), label_smoothing
    expect_number(smooth, "label_smoothing", 0, 1)
    expect_type(target, "target", "a Tensor", Tensor)
    log_p = _log_softmax(_classes_first(input, axis), 0)
    if target.dtype.kind == "f":
        target = _like("cross_entropy", input, target)
        t, n = _classes_first(target, axis), None
    else:
        t, n = _shares("cross_entropy", input, target, axis, ignore_index)
    weight = 1.0 if n == target.array.size else t.sum(axis=0)
    t = t if smooth == 0 else (1 - smooth) * t + smooth * weight / len(t)

    def backward(g: Array) -> tuple[Array | None, ...]:
        p = np.exp(log_p) if n == target.array.size else np.exp(log_p) * weight
        blame = (g * (p - t)).swapaxes(0, axis)
        if not target.requires_grad:
            return blame, None
        return blame, (g * ((smooth - 1) * log_p - smooth * log_p.mean(0))).swapaxes(0, axis)

    loss = _surprise(t, log_p)
    return _reduce("cross_entropy", loss, reduction, (input, target), backward, n)


def nll_loss(
    input: Tensor, target: Tensor, reduction: Reduction = "mean", *, ignore_index: int = -100
) -> Tensor:
    """``−log p`` of the right class, averaged; ``input`` holds log-probabilities.

    Shapes as in ``cross_entropy``, which is ``nll_loss`` after ``log_softmax``.

    >>> import nnlib
    >>> log_p = nnlib.tensor([[0.5, 0.25, 0.25]]).log()
    >>> nnlib.nn.functional.nll_loss(log_p, nnlib.tensor([1]))
    tensor(1.3863)
    """
    axis = _class_axis("nll_loss", input)
    t, n = _shares("nll_loss", input, target, axis, ignore_index)

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (g * -t).swapaxes(0, axis), None

    loss = _surprise(t, _classes_first(input, axis))
    return _reduce("nll_loss", loss, reduction, (input, target), backward, n)


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", *, log_target: bool = False
) -> Tensor:
    """``t (log t − x)``, averaged: what it costs to expect exp(x) where t holds.

    ``input`` holds log-probabilities, ``target`` probabilities or, with ``log_target``, their
    logarithms, in the same shape. ``"batchmean"`` divides the sum by the first length, which is the
    Kullback–Leibler divergence of each sample, averaged. (Kullback and Leibler 1951.)

    >>> import nnlib
    >>> p, t = nnlib.tensor([[0.5, 0.5]]), nnlib.tensor([[1.0, 0.0]])
    >>> nnlib.nn.functional.kl_div(p.log(), t, reduction="batchmean")
    tensor(0.6931)
    """
    target = _like("kl_div", input, target)
    with np.errstate(divide="ignore"):
        log_t = target.array if log_target else np.log(target.array)
    t = np.exp(log_t) if log_target else target.array
    gap = np.where(t > 0, log_t, 0) - input.array

    def backward(g: Array) -> tuple[Array | None, ...]:
        slope = t * (gap + 1) if log_target else log_t - input.array + 1
        return -t * g, slope * g if target.requires_grad else None

    n = len(t) if reduction == "batchmean" else None
    how: Any = "mean" if reduction == "batchmean" else reduction
    return _reduce("kl_div", t * gap, how, (input, target), backward, n)


# ---- what they share -----------------------------------------------------------------------

ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)

# Φ(x) = ½ + ½ tanh(x · P(x²)), as in the tanh form of GELU but with more terms, highest power
# first: fitted to x = 0 to 6, it is right to 3e-8, which is the last bit of a float32.
NORMAL_CDF = np.array([
    1.7561712549869674e-9, -1.3226335676870981e-7, 3.964744617417464e-6, -5.530619471112074e-5,
    -3.259497339426386e-5, 0.03633308457214621, 0.7978849414607394,
], np.float32)  # fmt: skip
_erf = np.vectorize(math.erf, otypes=[np.float64])  # entry by entry: slow, and exact


def _normal_cdf(x: Array) -> Array:
    """Φ, the normal distribution function: fast for float32, to the last digit for float64."""
    if x.dtype == np.float64:
        return np.asarray(0.5 * (1 + _erf(x * math.sqrt(0.5))))
    size = np.clip(x, -6, 6)  # beyond 6 it is 0 or 1 to the last bit
    square = size * size
    phi = np.asarray(NORMAL_CDF[0] * square + NORMAL_CDF[1])
    for coefficient in NORMAL_CDF[2:]:  # in place: twice as fast as np.polyval
        phi *= square
        phi += coefficient
    phi *= size
    np.tanh(phi, out=phi)
    phi *= 0.5
    phi += 0.5
    return phi


def _sigmoid(z: Array) -> Array:
    """``exp(min(z, 0)) / (1 + exp(−|z|))``: the logistic function with no exponent above 0."""
    y: Array = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
    return y


@np.errstate(over="ignore")  # a gap wider than the largest float is ∞, and exp(−∞) is 0
def _shifted(a: Array, axis: int | None) -> tuple[Array, Array]:
    """``a − largest`` and the largest, or the finite number that is nearest to it."""
    limits = np.finfo(a.dtype)
    largest = np.maximum.reduce(a, axis, keepdims=True, initial=limits.min)
    largest = np.minimum(largest, limits.max)
    return a - largest, largest


@np.errstate(divide="ignore", invalid="ignore")
def _log_softmax(a: Array, axis: int | None) -> Array:
    shifted, _ = _shifted(a, axis)
    y: Array = shifted - np.log(np.add.reduce(np.exp(shifted), axis, keepdims=True))
    return y


def _of_difference(
    op: str, x: Tensor, target: Tensor, reduction: Reduction, cost: Elementwise, slope: Elementwise
) -> Tensor:
    """A loss that depends on ``d = x − t`` alone: the slope by t is minus the slope by x."""
    t = _like(op, x, target)
    difference = x.array - t.array

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = g * slope(difference)
        return blame if x.requires_grad else None, -blame if t.requires_grad else None

    return _reduce(op, cost(difference), reduction, (x, t), backward)


def _reduce(
    op: str, loss: Array, reduction: Reduction, pair: Pair, backward: Backward, n: int | None = None
) -> Tensor:
    """Average or add up the losses of all samples; the average shares the blame by ``n``."""
    if reduction == "none":
        return record(op, loss, pair, backward)
    expect(reduction in ("mean", "sum"), "reduction", "'mean', 'sum' or 'none'", repr(reduction))
    n = loss.size if n is None else n
    share = 1.0 if reduction == "sum" else 1 / n if n else math.nan
    # Shared out before they are added up: a sum of huge losses might overflow.
    (shares := np.empty(loss.size, loss.dtype)).fill(share)
    total = loss.ravel().dot(shares) + 0 * share  # the mean of nothing is NaN
    # The blame is a Python number: by one without dimensions NumPy multiplies at half the speed.
    return record(op, total, pair, lambda g: backward(g.item() * (share if n else 0.0)))


def _surprise(t: Array, log_p: Array) -> Array:
    """``−Σ t log p``, where what never happens (t = 0) costs nothing, though log p be −∞."""
    cost: Array = -np.add.reduce(t * np.maximum(log_p, np.finfo(log_p.dtype).min))
    return cost


def _classes_first(x: Tensor, axis: int) -> Array:
    """Over rows as short as a sample's classes NumPy is slow, over a row of samples it is not."""
    return np.ascontiguousarray(x.array.swapaxes(0, axis))


def _class_axis(op: str, x: Tensor) -> int:
    a = _floats(op, x)
    expect(a.ndim, op, "logits or log-probabilities of shape (C), (N, C) or (N, C, ...)", a.shape)
    return min(1, a.ndim - 1)


def _shares(op: str, x: Tensor, target: Tensor, axis: int, ignore: int) -> tuple[Array, int]:
    """Classes as columns of zeros with a one, all zeros where ignored; and how many were not."""
    expect_type(ignore, "ignore_index", "an integer", int, np.integer)
    classes, shape = _integers(op, target), x.shape[:axis] + x.shape[axis + 1 :]
    if classes.shape != shape:  # and only then write the message
        expected = f"{op}: expected target of shape {shape} for {x.shape}"
        raise ValueError(f"{expected}, got {classes.shape}")
    every = np.arange(x.shape[axis]).reshape(-1, *[1] * len(shape))
    t = every == classes
    if 0 <= ignore < len(t):
        t &= every != ignore
    if (n := int(np.count_nonzero(t))) != classes.size:
        _check_classes(op, classes[classes != ignore], len(t))
    return t.astype(x.dtype), n


def _check_classes(op: str, classes: Array, count: int) -> None:
    if classes.size and not (classes.min() >= 0 and classes.max() < count):
        span = f"{classes.min()} to {classes.max()}"
        raise ValueError(f"{op}: expected classes from 0 to {count - 1}, got {span}")


def _floats(op: str, value: Tensor) -> Array:
    expect_type(value, "input", "a Tensor", Tensor)
    if value.array.dtype.kind != "f":
        raise TypeError(f"{op}: input must hold floats, got {value.dtype}; convert with float()")
    return value.array


def _integers(op: str, value: Tensor, name: str = "target") -> Array:
    expect_type(value, name, "a Tensor", Tensor)
    if value.array.dtype.kind not in "iu":
        raise TypeError(f"{op}: classes must be integers, got {value.dtype}")
    return value.array


def _along(op: str, value: Tensor, dim: int) -> tuple[Array, int | None]:
    """The array, and the axis of it that is meant; one number is its own only axis."""
    a = _floats(op, value)
    return a, as_axis(dim, a.ndim) if a.ndim else None


def _implied(op: str, value: Tensor, dim: int | None) -> int:
    """``dim``; where it is left out what PyTorch takes for it, with PyTorch's warning."""
    if dim is not None:
        return dim
    ndim = _floats(op, value).ndim
    text = f"{op} without dim chooses one by the number of dimensions; say which, such as dim=-1"
    warnings.warn(text, UserWarning, stacklevel=3)
    return 0 if ndim in (0, 1, 3) else 1


def _like(op: str, value: Tensor, target: Tensor) -> Tensor:
    """The target in the dtype of the prediction, whose shape it must have."""
    a = _floats(op, value)
    expect_type(target, "target", "a Tensor", Tensor)
    if target.array.shape != a.shape:
        raise ValueError(f"{op}: input has shape {a.shape} but target has shape {target.shape}")
    return target if target.array.dtype == a.dtype else target.to(a.dtype)
