"""Every formula that a public docstring shows is evaluated on random numbers, beside the function.
A docstring whose formula is changed has to be changed here, too, and then the numbers decide."""

import inspect
import math
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nnlib
from nnlib import functional, nn, optim
from nnlib.tensor import Tensor

rng = np.random.default_rng(0)
A, B = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
P, Q = rng.uniform(0.1, 0.9, size=(4, 5)), rng.uniform(0, 1, size=(4, 5))
X1, X2 = rng.normal(size=(2, 3, 12)), rng.normal(size=(2, 3, 8, 9))
W1, W2, BIAS = rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 3, 2, 3)), rng.normal(size=4)
D = np.abs(A - B)
SOFT = np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)
PHI = np.array([[(1 + math.erf(x / math.sqrt(2))) / 2 for x in row] for row in A])
SEEN = np.random.default_rng(5).normal(size=(9, 7))


def t(array: Any) -> Tensor:
    return nnlib.tensor(np.asarray(array, dtype=np.float64))


def sigma(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def windows(x: np.ndarray, size: tuple[int, ...], stride: int) -> np.ndarray:
    """Every window, its entries along the last axis."""
    axes = tuple(range(2, x.ndim))
    found = np.lib.stride_tricks.sliding_window_view(x, size, axis=axes)  # type: ignore[call-overload]
    found = found[(slice(None), slice(None), *[slice(None, None, stride)] * len(axes))]
    return np.asarray(found.reshape(*found.shape[: x.ndim], -1))


def conv(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    axes = tuple(range(2, x.ndim))
    seen = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=axes)  # type: ignore[call-overload]
    total = np.einsum("ncijkl,ockl->noij" if x.ndim == 4 else "nctk,ock->not", seen, w)
    return np.asarray(total + BIAS.reshape(-1, *[1] * len(axes)))


def conv1d_by_loops() -> np.ndarray:
    stride, padding, dilation = 2, 1, 2
    result = np.zeros((2, 4, (12 + 2 * padding - 2 * dilation - 1) // stride + 1))
    for n, o, at in np.ndindex(result.shape):
        result[n, o, at] = BIAS[o]
        for c, k in np.ndindex(3, 3):
            place = at * stride - padding + k * dilation
            if 0 <= place < 12:
                result[n, o, at] += W1[o, c, k] * X1[n, c, place]
    return result


def normed(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(var + 1e-5))


def cell(kind: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """What an nnlib cell makes of one step, and everything that its formula needs."""
    made, x, h, c = kind(3, 2).double(), rng.normal(size=3), rng.normal(size=2), rng.normal(size=2)
    state = t(h[None, None]), t(c[None, None])
    out, last = made(t(x[None, None]), state if kind is nn.LSTM else state[0])
    after = last[1].detach().numpy()[0, 0] if kind is nn.LSTM else None
    weights = [p.detach().numpy() for p in made.parameters()]
    return out.detach().numpy()[0, 0], [x, h, c, *weights, after]  # type: ignore[list-item]


def rnn() -> tuple[Any, Any]:
    out, (x, h, _, w, u, b, d, _) = cell(nn.RNN)
    return out, np.tanh(w @ x + b + u @ h + d)


def lstm() -> tuple[Any, Any]:
    out, (x, h, c, w, u, b, d, after) = cell(nn.LSTM)
    i, f, g, o = np.split(w @ x + b + u @ h + d, 4)
    new = sigma(f) * c + sigma(i) * np.tanh(g)
    return [after, out], [new, sigma(o) * np.tanh(new)]


def gru() -> tuple[Any, Any]:
    out, (x, h, _, w, u, b, d, _) = cell(nn.GRU)
    (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
    z, n = sigma(xz + hz), np.tanh(xn + sigma(xr + hr) * hn)
    return out, (1 - z) * n + z * h


def walk(make: Any, step: Callable[..., tuple[Any, Any]]) -> tuple[Any, Any]:
    """Five steps of an optimiser, and the same by its formula."""
    w, kept = np.array([2.0, -1.0]), None
    moved = nnlib.tensor(w, requires_grad=True)
    optimizer = make([moved])
    for n in range(1, 6):
        optimizer.zero_grad()
        (moved**4).sum().backward()
        assert moved.grad is not None
        g = moved.grad.numpy().copy()
        optimizer.step()
        w, kept = step(w, g, kept, n)
    return moved.detach().numpy(), w


def sgd(w: Any, g: Any, v: Any, n: int) -> tuple[Any, Any]:
    return w - 0.1 * g, v


def with_momentum(w: Any, g: Any, v: Any, n: int) -> tuple[Any, Any]:
    v = g if v is None else 0.9 * v + g
    return w - 0.1 * v, v


def nesterov(w: Any, g: Any, v: Any, n: int) -> tuple[Any, Any]:
    v = g if v is None else 0.9 * v + g
    return w - 0.1 * (g + 0.9 * v), v


def adam(w: Any, g: Any, kept: Any, n: int) -> tuple[Any, Any]:
    m, v = kept or (0.0, 0.0)
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return w - 0.001 * (m / (1 - 0.9**n)) / (np.sqrt(v / (1 - 0.999**n)) + 1e-8), (m, v)


def adamw(w: Any, g: Any, kept: Any, n: int) -> tuple[Any, Any]:
    return adam(w * (1 - 0.001 * 0.01), g, kept, n)


def rmsprop(w: Any, g: Any, s: Any, n: int) -> tuple[Any, Any]:
    s = 0.99 * (0.0 if s is None else s) + 0.01 * g**2
    return w - 0.01 * g / (np.sqrt(s) + 1e-8), s


def adagrad(w: Any, g: Any, s: Any, n: int) -> tuple[Any, Any]:
    s = (0.0 if s is None else s) + g**2
    return w - 0.01 * g / (np.sqrt(s) + 1e-10), s


def adadelta(w: Any, g: Any, kept: Any, n: int) -> tuple[Any, Any]:
    s, u = kept or (0.0, 0.0)
    s = 0.9 * s + 0.1 * g**2
    d = g * np.sqrt(u + 1e-6) / np.sqrt(s + 1e-6)
    return w - 1.0 * d, (s, 0.9 * u + 0.1 * d**2)


def pooled_by_loops() -> np.ndarray:
    """Means of windows that overlap where the lengths do not divide: 9 × 7 to 4 × 3."""
    rows, columns = (
        [(i * n // parts, -(-(i + 1) * n // parts)) for i in range(parts)]
        for n, parts in zip(SEEN.shape, (4, 3), strict=True)
    )
    return np.array([[SEEN[a:b, c:d].mean() for c, d in columns] for a, b in rows])


def rates(make: Any, rate: Callable[[int], float], epochs: int = 6) -> tuple[Any, Any]:
    """What a schedule gives, epoch by epoch, and what its formula does."""
    optimizer = optim.SGD([nnlib.zeros(1).requires_grad_()], lr=0.5)
    schedule, given = make(optimizer), []
    for _ in range(epochs):
        given.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return given, [rate(epoch) for epoch in range(epochs)]


def plateau() -> tuple[Any, Any]:
    optimizer = optim.SGD([nnlib.zeros(1).requires_grad_()], lr=0.5)
    schedule = optim.ReduceLROnPlateau(optimizer, factor=0.1, patience=1)
    for _ in range(4):
        schedule.step(1.0)
    return optimizer.param_groups[0]["lr"], 0.5 * 0.1


def clipped() -> tuple[Any, Any]:
    p = nnlib.tensor(A, requires_grad=True)
    p.grad = t(B)
    nn.utils.clip_grad_norm_([p], 0.5)
    return p.grad.numpy(), B * min(1, 0.5 / (np.linalg.norm(B) + 1e-6))


def layer(made: Any, x: np.ndarray) -> np.ndarray:
    return np.asarray(made.double()(t(x)).detach().numpy())


def convolved(made: Any, x: np.ndarray, w: np.ndarray) -> tuple[Any, Any]:
    made = made.double()
    made.weight.array[:], made.bias.array[:] = w, BIAS
    return made(t(x)).detach().numpy(), conv(x, w)


FORMULAS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "(1/K) Σ_k x[n, c, t·stride + k]": lambda: (
        functional.avg_pool1d(t(X1), 3, 2).numpy(),
        windows(X1, (3,), 2).mean(-1),
    ),
    "(1/KL) Σ_kl x[n, c, i·stride + k, j·stride + l]": lambda: (
        functional.avg_pool2d(t(X2), (2, 3), 2).numpy(),
        windows(X2, (2, 3), 2).mean(-1),
    ),
    "max_k x[n, c, t·stride + k]": lambda: (
        functional.max_pool1d(t(X1), 3, 2).numpy(),
        windows(X1, (3,), 2).max(-1),
    ),
    "max_kl x[n, c, i·stride + k, j·stride + l]": lambda: (
        functional.max_pool2d(t(X2), (2, 3), 2).numpy(),
        windows(X2, (2, 3), 2).max(-1),
    ),
    "y = weight · (x − mean) / √(var + eps) + bias": lambda: (
        [
            functional.batch_norm(t(A), None, None, t(B[0]), t(B[1]), training=True).numpy(),
            layer(nn.BatchNorm1d(5), A),
            layer(nn.BatchNorm2d(3), X2)[0, 0, :4, :5],
        ],
        [B[0] * normed(A, (0,)) + B[1], normed(A, (0,)), normed(X2, (0, 2, 3))[0, 0, :4, :5]],
    ),
    "weight · (x − mean) / √(var + eps) + bias": lambda: (
        functional.layer_norm(t(A), (5,), t(B[0]), t(B[1])).numpy(),
        B[0] * normed(A, (1,)) + B[1],
    ),
    "−(t log p + (1 − t) log(1 − p))": lambda: (
        functional.binary_cross_entropy(t(P), t(Q)).numpy(),
        -(Q * np.log(P) + (1 - Q) * np.log(1 - P)).mean(),
    ),
    "y[n, o, t] = b[o] + Σ_c Σ_k w[o, c, k] · x[n, c, t·stride − padding + k·dilation]": lambda: (
        functional.conv1d(t(X1), t(W1), t(BIAS), stride=2, padding=1, dilation=2).numpy(),
        conv1d_by_loops(),
    ),
    "y[n, o, i, j] = b[o] + Σ_c Σ_kl w[o, c, k, l] · x[n, c, i + k, j + l]": lambda: (
        functional.conv2d(t(X2), t(W2), t(BIAS)).numpy(),
        conv(X2, W2),
    ),
    "y = w ⋆ x + b": lambda: tuple(  # type: ignore[return-value]
        [got[side].sum() for got in (convolved(nn.Conv1d(3, 4, 3), X1, W1),)]
        + [got[side].sum() for got in (convolved(nn.Conv2d(3, 4, (2, 3)), X2, W2),)]
        for side in (0, 1)
    ),
    "−Σ t log softmax(z)": lambda: (
        functional.cross_entropy(t(A), t(Q / Q.sum(1, keepdims=True))).numpy(),
        -(Q / Q.sum(1, keepdims=True) * np.log(SOFT)).sum(1).mean(),
    ),
    "α(exp(x) − 1)": lambda: (
        functional.elu(t(A), 0.7).numpy(),
        np.where(A > 0, A, 0.7 * (np.exp(A) - 1)),
    ),
    "x · Φ(x)": lambda: (functional.gelu(t(A)).numpy(), A * PHI),
    "½x(1 + tanh(√(2/π)(x + 0.044715x³)))": lambda: (
        functional.gelu(t(A), approximate="tanh").numpy(),
        0.5 * A * (1 + np.tanh(math.sqrt(2 / math.pi) * (A + 0.044715 * A**3))),
    ),
    "½d²": lambda: (
        functional.huber_loss(t(0.1 * A), t(0.1 * B)).numpy(),
        (0.5 * (0.1 * D) ** 2).mean(),
    ),
    "δ(|d| − ½δ)": lambda: (
        functional.huber_loss(t(A + 9), t(A), delta=2.0).numpy(),
        2 * (9 - 0.5 * 2),
    ),
    "½d²/β": lambda: (
        functional.smooth_l1_loss(t(A), t(B), beta=20.0).numpy(),
        (0.5 * D**2 / 20).mean(),
    ),
    "|d| − ½β": lambda: (functional.smooth_l1_loss(t(A + 9), t(A), beta=3.0).numpy(), 9 - 0.5 * 3),
    "negative_slope · x": lambda: (functional.leaky_relu(t(-D), 0.2).numpy(), 0.2 * -D),
    "log(softmax(x))": lambda: (functional.log_softmax(t(A), 1).numpy(), np.log(SOFT)),
    "log Σⱼ exp(xⱼ)": lambda: (functional.logsumexp(t(A), 1).numpy(), np.log(np.exp(A).sum(1))),
    "(x − t)²": lambda: (functional.mse_loss(t(A), t(B)).numpy(), ((A - B) ** 2).mean()),
    "−log p": lambda: (
        functional.nll_loss(t(np.log(SOFT)), nnlib.tensor([0, 1, 2, 4])).numpy(),
        -np.log(SOFT[np.arange(4), [0, 1, 2, 4]]).mean(),
    ),
    "x / max(‖x‖ₚ, eps)": lambda: (
        functional.normalize(t(A), 3.0, dim=1).numpy(),
        A / np.maximum((np.abs(A) ** 3).sum(1, keepdims=True) ** (1 / 3), 1e-12),
    ),
    "softmax(Q Kᵀ · scale + mask) V": lambda: (
        functional.scaled_dot_product_attention(t(A), t(B), t(P), t(A @ A.T), scale=0.3).numpy(),
        np.exp(s := A @ B.T * 0.3 + A @ A.T) / np.exp(s).sum(1, keepdims=True) @ P,
    ),
    "1 / (1 + exp(−x))": lambda: (functional.sigmoid(t(A)).numpy(), 1 / (1 + np.exp(-A))),
    "x · σ(x)": lambda: (functional.silu(t(A)).numpy(), A * sigma(A)),
    "exp(xᵢ) / Σⱼ exp(xⱼ)": lambda: (functional.softmax(t(A), 1).numpy(), SOFT),
    "log(1 + exp(x))": lambda: (functional.softplus(t(A)).numpy(), np.log(1 + np.exp(A))),
    "h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)": rnn,
    "g = tanh(...)": lstm,
    "c_t = f·c + i·g": lstm,
    "h_t = o·tanh(c_t)": lstm,
    "n = tanh(W_in x + b_in + r·(W_hn h + b_hn))": gru,
    "h_t = (1 − z)·n + z·h": gru,
    "w ← w − lr · g": lambda: walk(lambda w: optim.SGD(w, lr=0.1), sgd),
    "v ← μ v + g": lambda: walk(lambda w: optim.SGD(w, lr=0.1, momentum=0.9), with_momentum),
    "w ← w − lr · v": lambda: walk(lambda w: optim.SGD(w, lr=0.1, momentum=0.9), with_momentum),
    "w ← w − lr · (g + μ v)": lambda: walk(
        lambda w: optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True), nesterov
    ),
    "m ← β₁m + (1 − β₁)g": lambda: walk(optim.Adam, adam),
    "v ← β₂v + (1 − β₂)g²": lambda: walk(optim.Adam, adam),
    "w ← w − lr · m̂ / (√v̂ + eps)": lambda: walk(optim.Adam, adam),
    "lr · weight_decay": lambda: walk(optim.AdamW, adamw),
    "s ← αs + (1 − α)g²": lambda: walk(optim.RMSprop, rmsprop),
    "w ← w − lr · g / (√s + eps)": lambda: tuple(  # type: ignore[return-value]
        np.concatenate(both)
        for both in zip(walk(optim.RMSprop, rmsprop), walk(optim.Adagrad, adagrad), strict=True)
    ),
    "s ← s + g²": lambda: walk(optim.Adagrad, adagrad),
    "s ← ρs + (1 − ρ)g²": lambda: walk(optim.Adadelta, adadelta),
    "d = g · √(u + eps) / √(s + eps)": lambda: walk(optim.Adadelta, adadelta),
    "u ← ρu + (1 − ρ)d²": lambda: walk(optim.Adadelta, adadelta),
    "w ← w − lr · d": lambda: walk(optim.Adadelta, adadelta),
    "y = A · x · Bᵀ": lambda: (
        functional.adaptive_avg_pool2d(t(SEEN[np.newaxis]), (4, 3)).numpy()[0],
        pooled_by_loops(),
    ),
    "t (log t − x)": lambda: (
        functional.kl_div(t(np.log(SOFT)), t(Q), reduction="sum").numpy(),
        (Q * (np.log(Q) - np.log(SOFT))).sum(),
    ),
    "eta_min + ½(lr − eta_min)(1 + cos(π · epoch / T_max))": lambda: rates(
        lambda o: optim.CosineAnnealingLR(o, T_max=6, eta_min=0.1),
        lambda epoch: 0.1 + 0.5 * (0.5 - 0.1) * (1 + math.cos(math.pi * epoch / 6)),
    ),
    "lr · gamma^t": lambda: rates(
        lambda o: optim.ExponentialLR(o, gamma=0.9), lambda epoch: 0.5 * 0.9**epoch
    ),
    "lr · lr_lambda(epoch)": lambda: rates(
        lambda o: optim.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
        lambda epoch: 0.5 * 1 / (1 + epoch),
    ),
    "start_factor · lr": lambda: rates(
        lambda o: optim.LinearLR(o, start_factor=0.2, total_iters=4), lambda _: 0.2 * 0.5, 1
    ),
    "end_factor · lr": lambda: rates(
        lambda o: optim.LinearLR(o, start_factor=1.0, end_factor=0.4, total_iters=4),
        lambda epoch: (1.0 + (0.4 - 1.0) * min(epoch, 4) / 4) * 0.5,
    ),
    "lr · gamma^k": lambda: rates(
        lambda o: optim.MultiStepLR(o, milestones=[2, 4], gamma=0.3),
        lambda epoch: 0.5 * 0.3 ** ((epoch >= 2) + (epoch >= 4)),
    ),
    "lr · gammaᵏ": lambda: rates(
        lambda o: optim.StepLR(o, step_size=2, gamma=0.3), lambda epoch: 0.5 * 0.3 ** (epoch // 2)
    ),
    "lr · factor": plateau,
    "mean + std · randn": lambda: (
        (nnlib.manual_seed(3), nnlib.normal(t(A), t(P)).numpy())[1],
        (nnlib.manual_seed(3), A + P * nnlib.randn(4, 5).double().numpy())[1],
    ),
    "input + alpha · other": lambda: (nnlib.add(t(A), t(B), alpha=3).numpy(), A + 3 * B),
    "input − alpha · other": lambda: (nnlib.sub(t(A), t(B), alpha=3).numpy(), A - 3 * B),
    "input · other": lambda: (nnlib.mul(t(A), t(B)).numpy(), A * B),
    "input / other": lambda: (nnlib.div(t(A), t(B)).numpy(), A / B),
    "yᵢ = x₁ · ... · xᵢ": lambda: (
        nnlib.cumprod(t(A), 1).numpy(),
        [[math.prod(row[: i + 1]) for i in range(5)] for row in A],
    ),
    "2/√π ∫₀ˣ exp(−t²) dt": lambda: (
        nnlib.erf(t([0.3, 1.2])).numpy(),
        [
            2 / math.sqrt(math.pi) * np.exp(-((np.arange(0.5, 1e5) * x / 1e5) ** 2)).mean() * x
            for x in (0.3, 1.2)
        ],
    ),
    "exp(x) − 1": lambda: (nnlib.expm1(t(A)).numpy(), np.exp(A) - 1),
    "log(1 + x)": lambda: (nnlib.log1p(t(P)).numpy(), np.log(1 + P)),
    "|input − other| ≤ atol + rtol · |other|": lambda: (
        nnlib.isclose(t(A), t(B), rtol=0.5, atol=0.3).numpy(),
        0.3 + 0.5 * np.abs(B) >= D,
    ),
    "(Σ |x|ᵖ)^(1/p)": lambda: (nnlib.norm(t(A), 3).numpy(), (np.abs(A) ** 3).sum() ** (1 / 3)),
    "x % y = x − y · (x // y)": lambda: (
        nnlib.remainder(t(A), t(P)).numpy(),
        A - P * np.floor(A / P),
    ),
    "1/√x": lambda: (nnlib.rsqrt(t(P)).numpy(), 1 / np.sqrt(P)),
    "√x": lambda: (nnlib.sqrt(t(P)).numpy() ** 2, P),
    "x·x": lambda: (nnlib.square(t(A)).numpy(), A * A),
    "exp(x)": lambda: (nnlib.exp(t(A)).numpy(), math.e**A),
    "Σ xᵢ yᵢ": lambda: (nnlib.dot(t(A[0]), t(B[0])).numpy(), sum(A[0] * B[0])),
    "Σ x": lambda: (nnlib.sum(t(A)).numpy(), sum(A.ravel())),
    "(1/n) Σ x": lambda: (nnlib.mean(t(A)).numpy(), 1 / 20 * sum(A.ravel())),
    "Σ (x − mean)² / (n − correction)": lambda: (
        nnlib.var(t(A), correction=3).numpy(),
        ((A - A.mean()) ** 2).sum() / (20 - 3),
    ),
    "g ← g · min(1, max_norm / (‖g‖ + 1e-6))": clipped,
}

_QUOTED = re.compile(r"``([^`]+)``")
_FORMULA = re.compile(r"[·√Σ²½←⋆]|exp\(|log[ (]| / |tanh\(")


def shown() -> Iterator[tuple[str, str]]:
    """The formulas of the public docstrings, each with the name it stands under."""
    owners: list[ModuleType | type] = [nnlib, functional, nn, nn.init, nn.utils, optim, Tensor]
    for owner in owners:
        public = getattr(owner, "__all__", None) or [n for n in dir(owner) if n[0] != "_"]
        for name in public:
            thing = getattr(owner, name)
            if callable(thing) and "nnlib" in str(getattr(thing, "__module__", "nnlib")):
                for quoted in _QUOTED.findall(inspect.getdoc(thing) or ""):
                    if _FORMULA.search(quoted):
                        yield quoted, f"{owner.__name__}.{name}"


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_gives_what_the_function_gives(formula: str) -> None:
    got, by_formula = FORMULAS[formula]()
    assert np.allclose(np.asarray(got), np.asarray(by_formula), rtol=1e-9, atol=1e-9)


def test_every_formula_of_a_docstring_is_evaluated() -> None:
    found = dict(shown())
    assert {formula: name for formula, name in found.items() if formula not in FORMULAS} == {}
    assert {formula for formula in FORMULAS if formula not in found} == set()
