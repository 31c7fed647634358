"""Activations, dropout and losses as functions, each with the gradient that belongs to it.

Those that meet exponentials are written so that no input overflows: each is one operation on the
tape, and the tests compare it with the same formula built from primitive operations.
"""

import math
from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np

from nnlib._arguments import as_axis
from nnlib._attention import embedding as embedding
from nnlib._attention import layer_norm as layer_norm
from nnlib._attention import scaled_dot_product_attention as scaled_dot_product_attention
from nnlib._conv import avg_pool1d as avg_pool1d
from nnlib._conv import avg_pool2d as avg_pool2d
from nnlib._conv import conv1d as conv1d
from nnlib._conv import conv2d as conv2d
from nnlib._conv import max_pool1d as max_pool1d
from nnlib._conv import max_pool2d as max_pool2d
from nnlib._norm import batch_norm as batch_norm
from nnlib.creation import pick_generator
from nnlib.tensor import Array, Tensor, int64, record

Reduction: TypeAlias = Literal["mean", "sum", "none"]

# ---- activations ---------------------------------------------------------------------------


def relu(input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name, as everywhere in this file
    """``max(0, x)``, elementwise; its slope is 1 where x > 0 and 0 elsewhere.

    Fukushima 1969; for deep networks Nair and Hinton 2010.

    >>> import nnlib
    >>> nnlib.relu(nnlib.tensor([-2.0, 0.0, 3.0]))
    tensor([0., 0., 3.])
    """
    x = _tensor(input)
    y = np.maximum(x.array, _zero(x))
    return record("relu", y, (x,), lambda g: (g * (y > 0),))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:  # noqa: A002
    """``x`` where x > 0 and ``negative_slope · x`` elsewhere (Maas, Hannun and Ng 2013).

    >>> import nnlib
    >>> nnlib.nn.functional.leaky_relu(nnlib.tensor([-2.0, 3.0]))
    tensor([-0.0200,  3.0000])
    """
    x = _floating("leaky_relu", input)
    slope = np.where(x.array > 0, x.array.dtype.type(1), x.array.dtype.type(negative_slope))
    return record("leaky_relu", x.array * slope, (x,), lambda g: (g * slope,))


def sigmoid(input: Tensor) -> Tensor:  # noqa: A002
    """``1 / (1 + exp(−x))``, elementwise; its slope is y(1 − y).

    >>> import nnlib
    >>> nnlib.sigmoid(nnlib.tensor([-1000.0, 0.0, 1.0]))
    tensor([0.0000, 0.5000, 0.7311])
    """
    x = _floating("sigmoid", input)
    y = _sigmoid(x.array)
    return record("sigmoid", y, (x,), lambda g: (g * (y * (1 - y)),))


def tanh(input: Tensor) -> Tensor:  # noqa: A002
    """The hyperbolic tangent, elementwise; its slope is 1 − y².

    >>> import nnlib
    >>> nnlib.tanh(nnlib.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    x = _floating("tanh", input)
    y = np.tanh(x.array)
    return record("tanh", y, (x,), lambda g: (g * (1 - y * y),))


def gelu(input: Tensor, approximate: Literal["none", "tanh"] = "none") -> Tensor:  # noqa: A002
    """``x · Φ(x)`` with Φ the normal distribution function (Hendrycks and Gimpel 2016).

    ``approximate="tanh"`` is their ``½x(1 + tanh(√(2/π)(x + 0.044715x³)))``.

    >>> import nnlib
    >>> nnlib.nn.functional.gelu(nnlib.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.0000,  0.8413])
    """
    x = _floating("gelu", input)
    a = x.array
    if approximate == "none":
        phi = _normal_cdf(a)

        def backward(g: Array) -> tuple[Array]:
            # Φ(x) + x · exp(−x²/2)/√(2π), in one array
            with np.errstate(over="ignore"):  # exp(−∞) is 0, as it should be
                slope = np.square(a, out=np.empty_like(a))
            slope *= -0.5
            np.exp(slope, out=slope)
            slope *= ROOT_HALF_OVER_PI
            slope *= a
            slope += phi
            slope *= g
            return (slope,)

        return record("gelu", a * phi, (x,), backward)
    if approximate != "tanh":
        raise ValueError(f"approximate: expected 'none' or 'tanh', got {approximate!r}")
    bounded = np.clip(a, -40, 40)  # beyond, tanh is ±1 and its slope 0; a cube might overflow
    square = bounded * bounded
    t = np.tanh(ROOT_TWO_OVER_PI * bounded * (1 + 0.044715 * square))

    def backward_tanh(g: Array) -> tuple[Array]:
        inner_slope = ROOT_TWO_OVER_PI * (1 + 3 * 0.044715 * square)
        return (g * (0.5 * (1 + t) + 0.5 * bounded * (1 - t * t) * inner_slope),)

    return record("gelu", 0.5 * a * (1 + t), (x,), backward_tanh)


def softmax(input: Tensor, dim: int) -> Tensor:  # noqa: A002
    """``exp(xᵢ) / Σⱼ exp(xⱼ)`` along ``dim``: positive shares that add up to 1.

    The largest entry is subtracted first, which changes nothing but keeps ``exp`` finite.

    >>> import nnlib
    >>> nnlib.softmax(nnlib.tensor([2.0, 1.0]), dim=0)
    tensor([0.7311, 0.2689])
    """
    x = _floating("softmax", input)
    axis = as_axis(dim, x.ndim) if x.ndim else None
    exponentials, _ = _shifted_exp(x.array, axis)
    y = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return record("softmax", y, (x,), lambda g: (y * (g - (g * y).sum(axis=axis, keepdims=True)),))


def log_softmax(input: Tensor, dim: int) -> Tensor:  # noqa: A002
    """``log(softmax(x))`` along ``dim``, exact where softmax itself rounds to 0.

    >>> import nnlib
    >>> nnlib.log_softmax(nnlib.tensor([0.0, 1000.0]), dim=0)
    tensor([-1000.,     0.])
    """
    x = _floating("log_softmax", input)
    axis = as_axis(dim, x.ndim) if x.ndim else None
    y = _log_softmax(x.array, axis)
    return record(
        "log_softmax",
        y,
        (x,),
        lambda g: (g - np.exp(y) * g.sum(axis=axis, keepdims=True),),
    )


def logsumexp(input: Tensor, dim: int, keepdim: bool = False) -> Tensor:  # noqa: A002
    """``log Σⱼ exp(xⱼ)`` along ``dim``: a smooth maximum whose slope is the softmax.

    >>> import nnlib
    >>> nnlib.logsumexp(nnlib.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    x = _floating("logsumexp", input)
    axis = as_axis(dim, x.ndim) if x.ndim else None
    exponentials, largest = _shifted_exp(x.array, axis)
    total = exponentials.sum(axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # the sum over nothing but −∞ is −∞
        y = largest + np.log(total)

    def backward(g: Array) -> tuple[Array]:
        return (g.reshape(y.shape) * (exponentials / total),)

    return record("logsumexp", y if keepdim else y.squeeze(axis), (x,), backward)


# ---- layers as functions -------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: A002
    """``x Wᵀ + b``: each output is a weighted sum of all inputs.

    ``input`` (..., I), ``weight`` (O, I), ``bias`` (O) or ``None``; the result is (..., O).
    Raises ``ValueError`` when the shapes do not fit, ``TypeError`` when the dtypes differ.

    >>> import nnlib
    >>> x, W = nnlib.tensor([0.9, 0.8]), nnlib.tensor([[0.4, 0.3], [-0.4, 0.8]])
    >>> nnlib.nn.functional.linear(x, W)
    tensor([0.6000, 0.2800])
    """
    x, w = _tensor(input), weight.array
    a = x.array
    if w.ndim != 2 or a.ndim == 0 or a.shape[-1] != w.shape[1]:
        raise ValueError(
            f"linear: input of shape {a.shape} does not fit weight of shape {w.shape}; "
            f"expected (..., {w.shape[-1]})"
        )
    if a.dtype != w.dtype:
        raise TypeError(f"linear: input is {a.dtype} but weight is {w.dtype}; convert one of them")
    outputs, inputs = w.shape
    rows = math.prod(a.shape[:-1])
    flat = a.reshape(rows, inputs)  # one product for all, where NumPy makes one for each a[i]
    y = flat @ w.T
    if bias is not None:
        if bias.array.shape != (outputs,):
            raise ValueError(f"linear: expected bias of shape ({outputs},), got {bias.shape}")
        y += bias.array

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = g.reshape(rows, outputs)
        to_input = (blame @ w).reshape(a.shape) if x.requires_grad else None
        to_weight = blame.T @ flat if weight.requires_grad else None
        if bias is None:
            return to_input, to_weight
        to_bias = np.ones(rows, g.dtype) @ blame if bias.requires_grad else None
        return to_input, to_weight, to_bias

    parents = (x, weight) if bias is None else (x, weight, bias)
    return record("linear", y.reshape(*a.shape[:-1], outputs), parents, backward)


def dropout(
    input: Tensor,  # noqa: A002
    p: float = 0.5,
    training: bool = True,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Set each entry to 0 with probability ``p`` and divide the others by 1 − p.

    The mean stays as it was; without ``training`` nothing happens. (Srivastava et al. 2014.)

    >>> import nnlib
    >>> nnlib.nn.functional.dropout(nnlib.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    x = _floating("dropout", input)
    if not 0 <= p <= 1:
        raise ValueError(f"p: expected a probability from 0 to 1, got {p}")
    if not training or p == 0:
        return x
    kept = pick_generator(generator).random(x.shape, np.float32) >= p
    scale = kept * x.array.dtype.type(0 if p == 1 else 1 / (1 - p))
    return record("dropout", x.array * scale, (x,), lambda g: (g * scale,))


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A row of zeros with a single one, at the class, for each entry.

    ``tensor`` of integers (...); the result is (..., C). C is the largest class + 1 by default.

    >>> import nnlib
    >>> nnlib.nn.functional.one_hot(nnlib.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    classes = _tensor(tensor).array
    if classes.dtype.kind not in "iu":
        raise TypeError(f"one_hot: expected integers, got {classes.dtype}")
    if num_classes == -1:
        if classes.size == 0:
            raise ValueError("one_hot: num_classes cannot be told from an empty tensor")
        num_classes = int(classes.max()) + 1
    _check_classes("one_hot", classes, num_classes)
    return Tensor((classes[..., np.newaxis] == np.arange(num_classes)).astype(int64))


# ---- losses --------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:  # noqa: A002
    """``(x − t)²``, averaged; its slope is 2(x − t).

    Raises ``ValueError`` when the shapes differ: broadcasting here is nearly always a mistake.

    >>> import nnlib
    >>> nnlib.nn.functional.mse_loss(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.2500)
    """
    x, t = _same_shape("mse_loss", input, target)
    difference = x.array - t.array
    return _reduce(
        "mse_loss",
        difference * difference,
        reduction,
        (x, t),
        lambda g: _both(x, t, g * (2 * difference)),
    )


def l1_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:  # noqa: A002
    """``|x − t|``, averaged; its slope is the sign of x − t.

    >>> import nnlib
    >>> nnlib.nn.functional.l1_loss(nnlib.tensor([0.5]), nnlib.tensor([1.0]))
    tensor(0.5000)
    """
    x, t = _same_shape("l1_loss", input, target)
    difference = x.array - t.array
    return _reduce(
        "l1_loss",
        np.abs(difference),
        reduction,
        (x, t),
        lambda g: _both(x, t, g * np.sign(difference)),
    )


def binary_cross_entropy(
    input: Tensor,  # noqa: A002
    target: Tensor,
    reduction: Reduction = "mean",
) -> Tensor:
    """``−(t log p + (1 − t) log(1 − p))``, averaged: the surprise at a yes-or-no answer.

    The logarithms stop at −100, as in PyTorch, so that a sure mistake costs 100 and not ∞.
    Raises ``ValueError`` for a ``p`` outside 0 to 1.

    >>> import nnlib
    >>> p, t = nnlib.tensor([0.578]), nnlib.tensor([1.0])
    >>> nnlib.nn.functional.binary_cross_entropy(p, t)
    tensor(0.5482)
    """
    x, y = _same_shape("binary_cross_entropy", input, target)
    p, t = x.array, y.array
    if (p < 0).any() or (p > 1).any():
        raise ValueError(f"input: expected probabilities from 0 to 1, got {p.min()} to {p.max()}")
    with np.errstate(divide="ignore"):
        log_yes, log_no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (
            g * (p - t) / np.maximum(p * (1 - p), 1e-12) if x.requires_grad else None,
            g * (log_no - log_yes) if y.requires_grad else None,
        )

    loss = -(t * log_yes + (1 - t) * log_no)
    return _reduce("binary_cross_entropy", loss, reduction, (x, y), backward)


def binary_cross_entropy_with_logits(
    input: Tensor,  # noqa: A002
    target: Tensor,
    reduction: Reduction = "mean",
) -> Tensor:
    """``binary_cross_entropy(sigmoid(z), t)`` in one step, exact for any z; slope sigmoid(z) − t.

    >>> import nnlib
    >>> z, t = nnlib.tensor([0.316, -1000.0]), nnlib.tensor([1.0, 1.0])
    >>> nnlib.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="none")
    tensor([5.4758e-01, 1.0000e+03])
    """
    x, y = _same_shape("binary_cross_entropy_with_logits", input, target)
    z, t, zero = x.array, y.array, _zero(x)
    exponential = np.exp(-np.abs(z))
    loss = np.maximum(z, zero) - z * t + np.log1p(exponential)

    def backward(g: Array) -> tuple[Array | None, ...]:
        p = np.exp(np.minimum(z, zero)) / (1 + exponential)
        return (
            g * (p - t) if x.requires_grad else None,
            g * -z if y.requires_grad else None,
        )

    return _reduce("binary_cross_entropy_with_logits", loss, reduction, (x, y), backward)


def cross_entropy(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:  # noqa: A002
    """``−Σ t log softmax(z)``, averaged over the samples; its slope is softmax(z) − t.

    ``input`` holds logits (C), (N, C) or (N, C, ...); ``target`` class indices of that shape
    without C, or probabilities of that shape.

    >>> import nnlib
    >>> logits = nnlib.tensor([[2.0, 1.0, 0.0]])
    >>> nnlib.nn.functional.cross_entropy(logits, nnlib.tensor([0]))
    tensor(0.4076)
    """
    x, y = _floating("cross_entropy", input), _tensor(target, "target")
    if x.ndim == 0:
        raise ValueError("cross_entropy: expected logits of shape (C), (N, C) or (N, C, ...)")
    axis = min(1, x.ndim - 1)
    log_p = _log_softmax(x.array, axis)
    if y.dtype.kind != "f":
        pick = _class_picker("cross_entropy", x, y, axis)

        def backward(g: Array) -> tuple[Array | None, ...]:
            blame = np.exp(log_p)
            blame[pick] -= 1
            blame *= np.expand_dims(g, axis) if g.ndim else g
            return blame, None

        return _reduce("cross_entropy", -log_p[pick], reduction, (x, y), backward)

    t = y.array
    if t.shape != x.shape:
        raise ValueError(
            f"cross_entropy: target of probabilities needs the shape {x.shape}, got {t.shape}"
        )
    with np.errstate(invalid="ignore"):  # 0 · −∞ is replaced: what never happens costs nothing
        surprise = np.where((t == 0) & np.isneginf(log_p), 0, -t * log_p)

    def backward_soft(g: Array) -> tuple[Array | None, ...]:
        g = np.expand_dims(g, axis) if g.ndim else g
        weight = t.sum(axis=axis, keepdims=True)
        return (
            g * (np.exp(log_p) * weight - t) if x.requires_grad else None,
            g * -log_p if y.requires_grad else None,
        )

    return _reduce("cross_entropy", surprise.sum(axis=axis), reduction, (x, y), backward_soft)


def nll_loss(input: Tensor, target: Tensor, reduction: Reduction = "mean") -> Tensor:  # noqa: A002
    """``−log p`` of the right class, averaged; ``input`` holds log-probabilities.

    Shapes as in ``cross_entropy``, which is ``nll_loss`` after ``log_softmax``.

    >>> import nnlib
    >>> log_p = nnlib.tensor([[0.5, 0.25, 0.25]]).log()
    >>> nnlib.nn.functional.nll_loss(log_p, nnlib.tensor([1]))
    tensor(1.3863)
    """
    x, y = _floating("nll_loss", input), _tensor(target, "target")
    if x.ndim == 0:
        raise ValueError("nll_loss: expected log-probabilities of shape (C), (N, C) or (N, C, ...)")
    axis = min(1, x.ndim - 1)
    a, pick = x.array, _class_picker("nll_loss", x, y, axis)

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = np.zeros_like(a)
        blame[pick] = -g
        return blame, None

    return _reduce("nll_loss", -a[pick], reduction, (x, y), backward)


# ---- what they share -----------------------------------------------------------------------

ROOT_HALF = 0.7071067811865476
ROOT_TWO_OVER_PI = 0.7978845608028654
ROOT_HALF_OVER_PI = 0.3989422804014327

# W. J. Cody, "Rational Chebyshev approximations for the error function" (1969), highest power
# first: erf(x) = x · P(x²)/Q(x²) near 0, and 1 − exp(−x²) · P(x)/Q(x) for larger x.
ERF_NEAR = (
    (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021,
     3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)  # fmt: skip
ERF_FAR = (
    (2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295,
     298.635138197400131, 881.952221241769090, 1712.04761263407058, 2051.07837782607147,
     1230.33935479799725),
    (1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
     3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942),
)  # fmt: skip


# Φ(x) = ½ + ½ tanh(x · P(x²)), as in the tanh form of GELU but with more terms, highest power
# first: fitted to x = 0 to 6, it is right to 3e-8, which is the last bit of a float32.
NORMAL_CDF = (
    1.7561712549869674e-9, -1.3226335676870981e-7, 3.964744617417464e-6, -5.530619471112074e-5,
    -3.259497339426386e-5, 0.03633308457214621, 0.7978849414607394,
)  # fmt: skip


def _normal_cdf(x: Array) -> Array:
    """Φ, the normal distribution function; for float32 four times faster than by ``_erf``."""
    if x.dtype != np.float32:
        return 0.5 * (1 + _erf(x * ROOT_HALF))
    size = np.clip(x, -6, 6)  # beyond 6 it is 0 or 1 to the last bit
    phi = np.asarray(_polynomial(NORMAL_CDF, size * size))
    phi *= size
    np.tanh(phi, out=phi)
    phi *= 0.5
    phi += 0.5
    return phi


def _erf(x: Array) -> Array:
    """The error function, which NumPy lacks, to the last digits of a float64."""
    size = np.minimum(np.abs(x), 6)  # beyond 6 it is 1 to the last bit
    square = size * size
    near = x * (_polynomial(ERF_NEAR[0], square) / _polynomial(ERF_NEAR[1], square))
    tail = np.exp(-square) * (_polynomial(ERF_FAR[0], size) / _polynomial(ERF_FAR[1], size))
    return np.where(size < 0.46875, near, np.copysign(1 - tail, x))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's rule; Python's floats leave float32 as it is, where np.polyval would widen it."""
    value = coefficients[0] * x + coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value


def _sigmoid(z: Array) -> Array:
    """``exp(min(z, 0)) / (1 + exp(−|z|))``: the logistic function with no exponent above 0."""
    y: Array = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
    return y


def _shifted_exp(a: Array, axis: int | None) -> tuple[Array, Array]:
    """``exp(a − largest)`` and the largest, which is taken as 0 where it is not finite."""
    largest = a.max(axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, a.dtype.type(0))
    with np.errstate(over="ignore"):  # a gap wider than the largest float is ∞, and exp(−∞) is 0
        return np.exp(a - largest), largest


def _log_softmax(a: Array, axis: int | None) -> Array:
    exponentials, largest = _shifted_exp(a, axis)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        y: Array = a - largest - np.log(exponentials.sum(axis=axis, keepdims=True))
    return y


def _zero(x: Tensor) -> Array:
    """A row of zeros: NumPy compares with it several times faster than with the number 0."""
    return np.zeros(x.array.shape[-1:], x.array.dtype)


def _both(x: Tensor, t: Tensor, slope: Array) -> tuple[Array | None, Array | None]:
    """The gradients of a function of ``x − t``."""
    return slope if x.requires_grad else None, -slope if t.requires_grad else None


def _reduce(
    op: str,
    loss: Array,
    reduction: Reduction,
    parents: tuple[Tensor, ...],
    backward: Callable[[Array], tuple[Array | None, ...]],
) -> Tensor:
    """Average or add up the losses of all samples; the average shares the blame by n."""
    if reduction == "none":
        return record(op, loss, parents, backward)
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', got {reduction!r}")
    if reduction == "sum":
        return record(op, np.add.reduce(loss, axis=None), parents, backward)
    if loss.size == 0:
        return record(op, loss.dtype.type(np.nan), parents, backward)
    # Shared out before they are added up: a sum of huge losses might overflow.
    share = 1 / loss.size
    return record(
        op, np.add.reduce(loss * share, axis=None), parents, lambda g: backward(g * share)
    )


def _class_picker(op: str, x: Tensor, target: Tensor, axis: int) -> tuple[Array, ...]:
    """The index that picks every sample's right class out of ``x``."""
    classes = target.array
    expected = x.shape[:axis] + x.shape[axis + 1 :]
    if classes.dtype.kind not in "iu":
        raise TypeError(f"{op}: target of classes needs integers, got {classes.dtype}")
    if classes.shape != expected:
        raise ValueError(
            f"{op}: input of shape {x.shape} needs a target of shape {expected}, "
            f"got {classes.shape}"
        )
    _check_classes(op, classes, x.shape[axis])
    position: list[Array] = list(np.ogrid[tuple(slice(length) for length in expected)])
    position.insert(axis, classes)
    return tuple(position)


def _check_classes(op: str, classes: Array, count: int) -> None:
    if classes.size and (classes.min() < 0 or classes.max() >= count):
        raise ValueError(
            f"{op}: expected classes from 0 to {count - 1}, got {classes.min()} to {classes.max()}"
        )


def _tensor(value: Tensor, name: str = "input") -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}: expected a Tensor, got {type(value).__name__}; nnlib.tensor() makes one"
        )
    return value


def _floating(op: str, value: Tensor) -> Tensor:
    x = _tensor(value)
    if x.array.dtype.kind != "f":
        raise TypeError(f"{op}: input must hold floats, got {x.dtype}; convert with float()")
    return x


def _same_shape(op: str, value: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Predictions and targets of one shape and dtype: a target follows its prediction."""
    x, t = _floating(op, value), _tensor(target, "target")
    if x.array.shape != t.array.shape:
        raise ValueError(f"{op}: input has shape {x.shape} but target has shape {t.shape}")
    return x, t if t.array.dtype == x.array.dtype else t.to(x.array.dtype)
