"""Every operation on one line, and what is asked of each of them.

A line is run with nnlib and, word for word, with PyTorch: the names are the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import nnlib
from nnlib.gradcheck import GradcheckError, gradcheck
from nnlib.tensor import record


@dataclass(frozen=True)
class Operation:
    name: str
    run: Any  # (library, *tensors) -> tensor
    shapes: tuple
    domain: str = "any"  # "any", "positive", "unit" (inside 0 to 1), "apart" (no two alike)
    twin: Any = None  # the same from primitive operations, where the operation is fused


def op(name, run, *shapes, domain="any", twin=None):
    return pytest.param(Operation(name, run, shapes, domain, twin), id=name)


def functional(lib):
    return lib.nn.functional


def shares(lib, t):
    """Positive numbers that add up to 1 along dimension 1: probabilities made of anything."""
    return t.exp() / t.exp().sum(1, keepdim=True)


def plain_softmax(x, dim):
    return x.exp() / x.exp().sum(dim, keepdim=True)


def plain_sigmoid(x):
    return 1 / (1 + (-x).exp())


CLASSES = [2, 0, 4, 2]

MATRIX = [
    op("add", lambda _, x, y: x + y, (2, 3), (2, 3)),
    op("add row", lambda _, x, y: x + y, (2, 3), (3,)),
    op("add column", lambda _, x, y: x + y, (2, 1), (1, 3)),
    op("add number", lambda _, x: 2 + x + 0.5, (2, 3)),
    op("sub", lambda _, x, y: x - y, (4, 1, 3), (2, 1)),
    op("sub from number", lambda _, x: 1 - x, (2, 3)),
    op("mul", lambda _, x, y: x * y, (2, 3), (1, 3)),
    op("mul itself", lambda _, x: x * x * x, (2, 3)),
    op("mul number", lambda _, x: 3 * x * 0.1, (5,)),
    op("div", lambda _, x, y: x / y, (2, 3), (3,), domain="positive"),
    op("div number", lambda _, x: 1 / x + x / 3, (2, 3), domain="positive"),
    op("neg", lambda _, x: -x, (2, 3)),
    op("pow 2", lambda _, x: x**2, (2, 3)),
    op("pow 3", lambda _, x: x**3, (2, 3)),
    op("pow 5", lambda _, x: x**5, (2, 3)),
    op("pow 0", lambda _, x: x**0 + x, (2, 3)),
    op("pow -2", lambda _, x: x**-2, (2, 3), domain="positive"),
    op("pow 0.5", lambda _, x: x**0.5, (2, 3), domain="positive"),
    op("matmul", lambda _, x, y: x @ y, (2, 3), (3, 4)),
    op("matmul vectors", lambda _, x, y: x @ y, (3,), (3,)),
    op("matmul matrix vector", lambda _, x, y: x @ y, (2, 3), (3,)),
    op("matmul vector matrix", lambda _, x, y: x @ y, (3,), (3, 2)),
    op("matmul batch", lambda _, x, y: x @ y, (5, 2, 3), (5, 3, 4)),
    op("matmul broadcast", lambda _, x, y: x @ y, (5, 1, 2, 3), (4, 3, 2)),
    op("matmul vector batch", lambda _, x, y: x @ y, (3,), (5, 3, 2)),
    op("matmul batch vector", lambda _, x, y: x @ y, (5, 2, 3), (3,)),
    op("exp", lambda lib, x: lib.exp(x), (2, 3)),
    op("log", lambda lib, x: lib.log(x), (2, 3), domain="positive"),
    op("sqrt", lambda lib, x: lib.sqrt(x), (2, 3), domain="positive"),
    op("square", lambda lib, x: lib.square(x), (2, 3)),
    op("abs", lambda lib, x: lib.abs(x), (2, 3), domain="apart"),
    op("maximum", lambda lib, x, y: lib.maximum(x, y), (2, 3), (3,), domain="apart"),
    op("minimum", lambda lib, x, y: lib.minimum(x, y), (2, 3), (3,), domain="apart"),
    op("clamp", lambda _, x: x.clamp(-0.41, 0.53), (3, 4), domain="apart"),
    op("clamp below", lambda _, x: x.clamp(min=0.13), (3, 4), domain="apart"),
    op("where", lambda lib, x, y: lib.where(x.detach() > 0, x, y), (2, 3), (3,), domain="apart"),
    op("where number", lambda lib, x: lib.where(x.detach() > 0, x, 0.5), (2, 3), domain="apart"),
    op("sum", lambda _, x: x.sum(), (2, 3)),
    op("sum dim", lambda _, x: x.sum(1), (2, 3, 4)),
    op("sum dims", lambda _, x: x.sum((0, -1), keepdim=True), (2, 3, 4)),
    op("mean", lambda _, x: x.mean(), (2, 3)),
    op("mean dim", lambda _, x: x.mean(-1, keepdim=True), (2, 3)),
    op("var", lambda _, x: x.var(), (2, 3)),
    op("var dim", lambda _, x: x.var(0, correction=0), (5, 3)),
    op("std", lambda _, x: x.std(1, keepdim=True), (2, 5)),
    op("max", lambda _, x: x.max(), (2, 3), domain="apart"),
    op("max dim", lambda _, x: x.max(1)[0], (2, 3), domain="apart"),
    op("max keepdim", lambda _, x: x.max(0, keepdim=True).values, (4, 3), domain="apart"),
    op("min dim", lambda _, x: x.min(-1).values, (2, 3), domain="apart"),
    op("amax", lambda _, x: x.amax((0, 2)), (2, 3, 4), domain="apart"),
    op("min", lambda _, x: x.min(), (2, 3), domain="apart"),
    op("reshape", lambda _, x: x.reshape(3, -1) * 2, (2, 3, 2)),
    op("view", lambda _, x: x.view((6,)) * 2, (2, 3)),
    op("flatten", lambda _, x: x.flatten(1) * 2, (2, 3, 4)),
    op("transpose", lambda _, x: x.transpose(0, -1) * 2, (2, 3, 4)),
    op("T", lambda _, x: x.T @ x, (2, 3)),
    op("mT", lambda _, x: x.mT @ x, (5, 2, 3)),
    op("permute", lambda _, x: x.permute(2, 0, 1) * 2, (2, 3, 4)),
    op("squeeze", lambda _, x: x.squeeze(1) * 2, (2, 1, 3)),
    op("squeeze all", lambda _, x: x.squeeze() * 2, (1, 2, 1, 3)),
    op("unsqueeze", lambda _, x: x.unsqueeze(-1) * 2, (2, 3)),
    op("clone", lambda _, x: x.clone() * x, (2, 3)),
    op("index", lambda _, x: x[1] * 2, (2, 3)),
    op("slice", lambda _, x: x[:, 1::2] * 2, (2, 5)),
    op("index new axis", lambda _, x: x[..., None, 0], (2, 3)),
    op("index array", lambda _, x: x[[1, 0, 1, 1]] * 2, (2, 3)),
    op("index pairs", lambda _, x: x[[0, 1, 1], [2, 0, 0]] * 2, (2, 3)),
    op("index tensor", lambda lib, x: x[:, lib.tensor([1, 1])], (2, 3)),
    op("index mask", lambda _, x: x[x.detach() > 0], (3, 4), domain="apart"),
    op("cat", lambda lib, x, y: lib.cat([x, y, x], 1), (2, 3), (2, 1)),
    op("stack", lambda lib, x, y: lib.stack([x, y], -1), (2, 3), (2, 3)),
    op("relu", lambda lib, x: lib.relu(x), (3, 4), domain="apart"),
    op("leaky_relu", lambda lib, x: functional(lib).leaky_relu(x, 0.2), (3, 4), domain="apart"),
    op("sigmoid", lambda lib, x: lib.sigmoid(x), (3, 4), twin=plain_sigmoid),
    op("tanh", lambda lib, x: lib.tanh(x), (3, 4), twin=lambda x: 2 * plain_sigmoid(2 * x) - 1),
    op("gelu", lambda lib, x: functional(lib).gelu(x), (3, 4)),
    op(
        "gelu tanh",
        lambda lib, x: functional(lib).gelu(x, approximate="tanh"),
        (3, 4),
        twin=lambda x: x * plain_sigmoid(2 * (2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)),
    ),
    op(
        "softmax",
        lambda lib, x: lib.softmax(x, dim=1),
        (4, 5),
        twin=lambda x: plain_softmax(x, 1),
    ),
    op("softmax first", lambda lib, x: lib.softmax(x, dim=0), (4, 5, 2)),
    op(
        "log_softmax",
        lambda lib, x: lib.log_softmax(x, dim=-1),
        (4, 5),
        twin=lambda x: plain_softmax(x, -1).log(),
    ),
    op(
        "logsumexp",
        lambda lib, x: lib.logsumexp(x, dim=1),
        (4, 5),
        twin=lambda x: x.exp().sum(1).log(),
    ),
    op("logsumexp keepdim", lambda lib, x: lib.logsumexp(x, dim=0, keepdim=True), (4, 5)),
    op(
        "linear",
        lambda lib, x, w, b: functional(lib).linear(x, w, b),
        (4, 3),
        (2, 3),
        (2,),
        twin=lambda x, w, b: x @ w.T + b,
    ),
    op("linear no bias", lambda lib, x, w: functional(lib).linear(x, w), (4, 3), (2, 3)),
    op("linear vector", lambda lib, x, w, b: functional(lib).linear(x, w, b), (3,), (2, 3), (2,)),
    op(
        "linear deep", lambda lib, x, w, b: functional(lib).linear(x, w, b), (5, 4, 3), (2, 3), (2,)
    ),
    op(
        "mse_loss",
        lambda lib, x, t: functional(lib).mse_loss(x, t),
        (3, 4),
        (3, 4),
        twin=lambda x, t: ((x - t) ** 2).mean(),
    ),
    op(
        "mse_loss sum",
        lambda lib, x, t: functional(lib).mse_loss(x, t, reduction="sum"),
        (3, 4),
        (3, 4),
    ),
    op(
        "mse_loss none",
        lambda lib, x, t: functional(lib).mse_loss(x, t, reduction="none"),
        (3,),
        (3,),
    ),
    op("l1_loss", lambda lib, x, t: functional(lib).l1_loss(x, t), (3, 4), (3, 4), domain="apart"),
    op("huber", lambda lib, x, t: functional(lib).huber_loss(x, t), (3, 4), (3, 4), domain="apart"),
    op(
        "huber delta",
        lambda lib, x, t: functional(lib).huber_loss(x, t, reduction="sum", delta=0.3),
        (3, 4),
        (3, 4),
        domain="apart",
        twin=lambda x, t: (
            ((x - t).abs() * 0.3 - 0.045).maximum((x - t).clamp(-0.3, 0.3) ** 2 / 2).sum()
        ),
    ),
    op(
        "bce",
        lambda lib, p, t: functional(lib).binary_cross_entropy(p, t),
        (3, 4),
        (3, 4),
        domain="unit",
        twin=lambda p, t: -(t * p.log() + (1 - t) * (1 - p).log()).mean(),
    ),
    op(
        "bce with logits",
        lambda lib, z, t: functional(lib).binary_cross_entropy_with_logits(z, t),
        (3, 4),
        (3, 4),
        domain="unit",
        twin=lambda z, t: (
            -(t * plain_sigmoid(z).log() + (1 - t) * (1 - plain_sigmoid(z)).log()).mean()
        ),
    ),
    op(
        "bce with logits none",
        lambda lib, z, t: functional(lib).binary_cross_entropy_with_logits(z, t, reduction="none"),
        (3, 1),
        (3, 1),
    ),
    op(
        "cross_entropy",
        lambda lib, z: functional(lib).cross_entropy(z, lib.tensor(CLASSES)),
        (4, 5),
        twin=lambda z: -plain_softmax(z, 1).log()[[0, 1, 2, 3], CLASSES].mean(),
    ),
    op(
        "cross_entropy none",
        lambda lib, z: functional(lib).cross_entropy(z, lib.tensor(CLASSES), reduction="none"),
        (4, 5),
    ),
    op(
        "cross_entropy sum",
        lambda lib, z: functional(lib).cross_entropy(z, lib.tensor(CLASSES), reduction="sum"),
        (4, 5),
    ),
    op("cross_entropy one", lambda lib, z: functional(lib).cross_entropy(z, lib.tensor(2)), (5,)),
    op(
        "cross_entropy image",
        lambda lib, z: functional(lib).cross_entropy(z, lib.tensor([[0, 1, 2], [2, 2, 1]])),
        (2, 4, 3),
    ),
    op(
        "cross_entropy probabilities",
        lambda lib, z, t: functional(lib).cross_entropy(z, shares(lib, t)),
        (4, 5),
        (4, 5),
        twin=lambda z, t: -(plain_softmax(t, 1) * plain_softmax(z, 1).log()).sum(1).mean(),
    ),
    op(
        "cross_entropy probabilities none",
        lambda lib, z, t: functional(lib).cross_entropy(z, shares(lib, t), reduction="none"),
        (4, 5),
        (4, 5),
    ),
    op(
        "cross_entropy ignoring",
        lambda lib, z: functional(lib).cross_entropy(z, lib.tensor(CLASSES), ignore_index=2),
        (4, 5),
        twin=lambda z: -plain_softmax(z, 1).log()[[1, 2], [0, 4]].mean(),
    ),
    op(
        "cross_entropy smoothed",
        lambda lib, z: functional(lib).cross_entropy(
            z, lib.tensor([2, 0, -100, 2]), label_smoothing=0.1
        ),
        (4, 5),
        twin=lambda z: (
            -0.9 * plain_softmax(z, 1).log()[[0, 1, 3], [2, 0, 2]].mean()
            - 0.1 * plain_softmax(z, 1).log()[[0, 1, 3]].mean()
        ),
    ),
    op(
        "cross_entropy probabilities smoothed",
        lambda lib, z, t: functional(lib).cross_entropy(z, shares(lib, t), label_smoothing=0.2),
        (4, 5),
        (4, 5),
    ),
    op(
        "nll_loss ignoring",
        lambda lib, z: functional(lib).nll_loss(z, lib.tensor(CLASSES), ignore_index=0),
        (4, 5),
    ),
    op(
        "nll_loss",
        lambda lib, z: functional(lib).nll_loss(z, lib.tensor(CLASSES)),
        (4, 5),
        twin=lambda z: -z[[0, 1, 2, 3], CLASSES].mean(),
    ),
    op(
        "nll_loss none",
        lambda lib, z: functional(lib).nll_loss(z, lib.tensor(CLASSES), reduction="none"),
        (4, 5),
    ),
    op("silu", lambda lib, x: functional(lib).silu(x), (3, 4), twin=lambda x: x * plain_sigmoid(x)),
    op("softplus", lambda lib, x: functional(lib).softplus(x), (3, 4)),
    op("elu", lambda lib, x: functional(lib).elu(x, 0.5), (3, 4), domain="apart"),
    op("pad", lambda lib, x: functional(lib).pad(x, (1, 2, 0, 1), value=0.5) * 2, (2, 3)),
    op("normalize", lambda lib, x: functional(lib).normalize(x), (4, 3)),
    op(
        "normalize 1",
        lambda lib, x: functional(lib).normalize(x, p=1, dim=0),
        (4, 3),
        domain="apart",
    ),
    op(
        "smooth_l1_loss",
        lambda lib, x, y: functional(lib).smooth_l1_loss(x, y, beta=0.5),
        (3, 4),
        (3, 4),
        domain="apart",
    ),
    op(
        "smooth_l1_loss none",
        lambda lib, x, y: functional(lib).smooth_l1_loss(x, y, reduction="none"),
        (3, 4),
        (3, 4),
        domain="apart",
    ),
    *[
        op(
            f"adaptive_avg_pool2d {size}",
            lambda lib, x, s=size: functional(lib).adaptive_avg_pool2d(x, s),
            (2, 3, 5, 7),
        )
        for size in (1, (2, 3), (5, 9))
    ],
    *[
        op(
            f"kl_div {how}",
            lambda lib, x, t, r=how: functional(lib).kl_div(x, t, reduction=r),
            (3, 4),
            (3, 4),
            domain="positive",
        )
        for how in ("sum", "none", "batchmean")  # of "mean" PyTorch warns; see test_modules
    ],
    op(
        "kl_div log",
        lambda lib, x, t: functional(lib).kl_div(x, t, reduction="sum", log_target=True),
        (3, 4),
        (3, 4),
    ),
    op("cumsum axis", lambda lib, x: lib.cumsum(x, axis=1), (2, 3)),
    op("pow 0 tape", lambda _, x: x**0, (2, 3)),
    op("pow tensor", lambda _, x, y: x**y, (2, 3), (3,), domain="positive"),
    op("pow of number", lambda _, x: 2**x + 0.5**x, (2, 3)),
    op("std of equals", lambda _, x: (x * 0 + 3).std(0), (4, 3)),
    op("max of two", lambda lib, x, y: lib.max(x, y), (2, 3), (3,), domain="apart"),
    op("min of two", lambda lib, x, y: lib.min(x, y), (2, 3), (3,), domain="apart"),
    op("amin", lambda _, x: x.amin(0), (4, 3), domain="apart"),
    *[
        op(name, lambda lib, x, f=name: getattr(lib, f)(x), (2, 3), domain=domain)
        for domain, names in {
            "any": "sin cos atan expm1 erf",
            "positive": "log2 log10 log1p reciprocal rsqrt",
            "apart": "floor ceil round sign neg tanh sigmoid relu",
        }.items()
        for name in names.split()
    ],
    op("tan", lambda lib, x: lib.tan(x), (2, 3), domain="unit"),
    op("sinh", lambda lib, x: lib.sinh(x), (2, 3), domain="unit"),
    op("cosh", lambda lib, x: lib.cosh(x), (2, 3), domain="unit"),
    op("add alpha", lambda lib, x, y: lib.add(x, y, alpha=3), (2, 3), (3,)),
    op("sub alpha", lambda _, x, y: x.sub(y, alpha=0.5), (2, 3), (2, 1)),
    op("mul div", lambda _, x, y: x.mul(y).div(y + 3), (2, 3), (3,), domain="positive"),
    op(
        "floor_divide",
        lambda _, x, y: x.detach() // y.detach() + x + y,
        (2, 3),
        (3,),
        domain="positive",
    ),
    op("remainder", lambda _, x, y: x % y, (2, 3), (3,), domain="positive"),
    op("fmod", lambda lib, x, y: lib.fmod(-x, y), (2, 3), (3,), domain="positive"),
    op("atan2", lambda lib, x, y: lib.atan2(x, y), (2, 3), (3,), domain="positive"),
    op("cumsum", lambda _, x: x.cumsum(1), (2, 4)),
    op("cumprod", lambda _, x: x.cumprod(0), (4, 2), domain="unit"),
    op("cumprod with 0", lambda _, x: (x * x.new_zeros(4, 1).fill_(2)).cumprod(1), (4, 3)),
    op("prod", lambda _, x: x.prod(), (2, 3), domain="unit"),
    op("prod dim", lambda _, x: x.prod(1, keepdim=True), (2, 3), domain="unit"),
    op("norm", lambda _, x: x.norm(), (2, 3)),
    op("norm dim", lambda _, x: x.norm(dim=1, keepdim=True), (2, 3)),
    op("norm 1", lambda _, x: x.norm(1), (2, 3), domain="apart"),
    op("norm 3", lambda _, x: x.norm(p=3, dim=0), (4, 3), domain="apart"),
    op("tril", lambda lib, x: lib.tril(x), (2, 3, 4)),
    op("triu", lambda _, x: x.triu(1), (3, 4)),
    op("diag", lambda lib, x: lib.diag(x, 1), (3, 4)),
    op("diag of vector", lambda lib, x: lib.diag(x, -1), (3,)),
    op(
        "masked_fill",
        lambda lib, x: x.masked_fill(lib.tensor([True, False, True]), 2.5),
        (2, 3),
    ),
    op("masked_select", lambda _, x: x.masked_select(x.detach() > 0), (3, 4), domain="apart"),
    op("gather", lambda lib, x: x.gather(1, lib.tensor([[2, 2], [0, 1]])), (3, 3)),
    op(
        "scatter",
        lambda lib, x, y: x.scatter(1, lib.tensor([[2, 0], [0, 1]]), y),
        (3, 3),
        (2, 2),
    ),
    op("index_select", lambda lib, x: x.index_select(1, lib.tensor([2, 0, 2])), (2, 3)),
    op("take_along_dim", lambda lib, x: lib.take_along_dim(x, x.argsort(0), 0), (4, 2)),
    op("sort", lambda _, x: x.sort(1).values, (2, 5), domain="apart"),
    op("sort down", lambda _, x: x.sort(0, descending=True)[0], (5, 2), domain="apart"),
    op("topk", lambda _, x: x.topk(2, dim=1)[0], (2, 5), domain="apart"),
    op("topk smallest", lambda _, x: x.topk(2, 0, largest=False)[0], (4, 2), domain="apart"),
    op("split", lambda lib, x: x.split(2, dim=1)[1] * x.split([1, 2, 2], 1)[2], (2, 5)),
    op("chunk", lambda _, x: x.chunk(2)[0] * 2, (5, 2)),
    op("unbind", lambda _, x: x.unbind(1)[1] * 2, (2, 3)),
    op("expand", lambda _, x: x.expand(4, 2, -1) * 2, (2, 1)),
    op("expand as", lambda lib, x: x.expand_as(lib.zeros(2, 3)), (1, 3)),
    op("repeat", lambda _, x: x.repeat(2, 1, 3) * 2, (2, 3)),
    op("tile", lambda lib, x: lib.tile(x, (2,)), (2, 3)),
    op("flip", lambda lib, x: lib.flip(x, (0, 1)) * 2, (2, 3)),
    op("roll", lambda lib, x: lib.roll(x, 2, 1) + lib.roll(x, 1), (2, 3)),
    op("t", lambda _, x: x.t() @ x, (2, 3)),
    op("bmm", lambda lib, x, y: lib.bmm(x, y), (5, 2, 3), (5, 3, 4)),
    op("mm mv", lambda lib, x, y, z: lib.mv(lib.mm(x, y), z), (2, 3), (3, 4), (4,)),
    op("dot", lambda _, x, y: x.dot(y), (3,), (3,)),
    op("outer", lambda lib, x, y: lib.outer(x, y), (3,), (2,)),
    op("einsum", lambda lib, x, y: lib.einsum("bij,bkj->bik", x, y), (2, 3, 4), (2, 5, 4)),
    op("einsum sums", lambda lib, x, y: lib.einsum("ij,jk", x, y).sum() * x[0, 0], (2, 3), (3, 4)),
    op("einsum lone", lambda lib, x, y: lib.einsum("ij,k->j", x, y), (2, 3), (4,)),
    op("meshgrid", lambda lib, x, y: lib.meshgrid(x, y, indexing="xy")[1] * x, (3,), (2,)),
    op("vstack", lambda lib, x, y: lib.vstack((x, y)), (2, 3), (3,)),
    op("hstack", lambda lib, x, y: lib.hstack((x, y)), (2, 3), (2, 1)),
    op("view_as", lambda lib, x: x.view_as(lib.zeros(6)) * 2, (2, 3)),
    op("keepdims", lambda _, x: x.sum(axis=1, keepdims=True) * x.mean(axis=0), (2, 3)),
]


def draw(operation, seed=0, scale=1.0):
    """Float64 inputs in the operation's domain."""
    rng = np.random.default_rng(seed)
    if operation.domain == "positive":
        return [rng.uniform(0.3, 2.5, shape) * scale for shape in operation.shapes]
    if operation.domain == "unit":
        return [rng.uniform(0.05, 0.95, shape) for shape in operation.shapes]
    if operation.domain == "apart":
        sizes = [int(np.prod(shape)) for shape in operation.shapes]
        values = (rng.permutation(sum(sizes)) - sum(sizes) / 2 + 0.37) / sum(sizes) * 2 * scale
        parts = np.split(values, np.cumsum(sizes)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, operation.shapes, strict=True)]
    return [rng.normal(0, scale, shape) for shape in operation.shapes]


def forward_backward(run, arrays):
    """The result and the gradients, for an upstream gradient that differs from entry to entry."""
    inputs = [nnlib.Tensor(array, requires_grad=True) for array in arrays]
    result = run(*inputs)
    upstream = np.random.default_rng(7).normal(size=result.shape).astype(result.dtype)
    result.backward(nnlib.tensor(upstream))
    assert all(x.grad.shape == x.shape and x.grad.dtype == x.dtype for x in inputs)
    return [result.detach().numpy(), *(x.grad.numpy() for x in inputs)]


def torch_forward_backward(torch, run, arrays):
    inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
    result = run(*inputs)
    upstream = np.random.default_rng(7).normal(size=tuple(result.shape))
    result.backward(torch.tensor(upstream, dtype=result.dtype))
    return [result.detach().numpy(), *(x.grad.numpy() for x in inputs)]


def assert_close(found, expected, tolerance):
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape
        error = np.linalg.norm(mine - theirs)
        assert error <= tolerance * max(np.linalg.norm(theirs), 1e-300), f"off by {error}"


@pytest.mark.parametrize("operation", MATRIX)
def test_gradient_agrees_with_central_differences(operation):
    inputs = [nnlib.Tensor(array, requires_grad=True) for array in draw(operation)]
    assert gradcheck(lambda *x: operation.run(nnlib, *x), inputs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("operation", MATRIX)
def test_agrees_with_pytorch(torch, operation, scale):
    arrays = draw(operation, seed=1, scale=scale)
    found = forward_backward(lambda *x: operation.run(nnlib, *x), arrays)
    expected = torch_forward_backward(torch, lambda *x: operation.run(torch, *x), arrays)
    assert_close(found, expected, 1e-12)


@pytest.mark.parametrize("operation", [p for p in MATRIX if p.values[0].twin])
def test_fused_operation_agrees_with_its_composed_twin(operation):
    arrays = draw(operation, seed=2)
    found = forward_backward(lambda *x: operation.run(nnlib, *x), arrays)
    assert_close(found, forward_backward(operation.twin, arrays), 1e-12)


@pytest.mark.parametrize("operation", MATRIX)
def test_float32_stays_float32(operation):
    arrays = [array.astype(np.float32) for array in draw(operation, seed=3)]
    found = forward_backward(lambda *x: operation.run(nnlib, *x), arrays)
    assert all(array.dtype == np.float32 for array in found)
    wide = [array.astype(np.float64) for array in arrays]
    assert_close(found, forward_backward(lambda *x: operation.run(nnlib, *x), wide), 1e-5)


@pytest.mark.parametrize("operation", MATRIX)
def test_inputs_are_untouched_and_need_not_be_contiguous(operation):
    arrays = draw(operation, seed=4)
    scattered = [np.repeat(array[..., None], 2, -1)[..., 0] for array in arrays]
    before = [array.copy() for array in scattered]
    found = forward_backward(lambda *x: operation.run(nnlib, *x), scattered)
    assert all(np.array_equal(x, y) for x, y in zip(scattered, before, strict=True))
    assert_close(found, forward_backward(lambda *x: operation.run(nnlib, *x), arrays), 1e-14)


SHAPES = [
    *[(), (1,), (0,), (7,), (1, 1), (0, 3), (3, 0), (1, 5), (5, 1), (2, 3), (8, 8)],
    *[(1, 1, 1), (2, 0, 3), (2, 1, 3), (3, 2, 1), (2, 3, 4), (1, 4, 1)],
    *[(2, 1, 1, 3), (1, 2, 3, 2), (2, 2, 2, 2, 2)],
]

ANY_SHAPE = {
    "relu": lambda lib, x: lib.relu(x),
    "sigmoid": lambda lib, x: lib.sigmoid(x),
    "gelu": lambda lib, x: functional(lib).gelu(x),
    "mul": lambda lib, x: x * x,
    "sum": lambda lib, x: x.sum(),
    "sum last": lambda lib, x: x.sum(-1),
    "mean last": lambda lib, x: x.mean(-1, keepdim=True),
    "softmax": lambda lib, x: lib.softmax(x, dim=-1),
    "log_softmax": lambda lib, x: lib.log_softmax(x, dim=0),
    "logsumexp": lambda lib, x: lib.logsumexp(x, dim=-1),
    "broadcast": lambda lib, x: x + lib.ones(2, *[1] * x.ndim, dtype=x.dtype),
    "flatten": lambda lib, x: x.flatten(),
    "linear": lambda lib, x: functional(lib).linear(
        x.unsqueeze(-1), lib.tensor([[0.5], [2.0]], dtype=x.dtype)
    ),
    "matmul": lambda lib, x: x.unsqueeze(-1) @ lib.tensor([[0.5, 2.0]], dtype=x.dtype),
    "mse": lambda lib, x: functional(lib).mse_loss(x, lib.zeros_like(x)),
    "bce": lambda lib, x: functional(lib).binary_cross_entropy_with_logits(x, lib.ones_like(x)),
}


@pytest.mark.filterwarnings("ignore:.*")  # PyTorch warns about some empty tensors
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ANY_SHAPE)
def test_every_shape_agrees_with_pytorch(torch, name, shape):
    array = np.random.default_rng(5).normal(size=shape)
    run = ANY_SHAPE[name]
    if shape == () and name in ("sum last", "mean last"):
        with pytest.raises(ValueError, match="dim=-1"):
            run(nnlib, nnlib.Tensor(array))
        return
    expected = torch_forward_backward(torch, lambda x: run(torch, x), [array])
    found = forward_backward(lambda x: run(nnlib, x), [array])
    if array.size == 0:
        assert all(
            np.array_equal(x, y, equal_nan=True) for x, y in zip(found, expected, strict=False)
        )
    else:
        assert_close(found, expected, 1e-12)


def wrong_double(x):
    return record("wrong", x.array * 2, (x,), lambda g: (g * 2.001,))


def test_the_checks_catch_a_wrong_gradient(torch):
    x = np.array([0.5, -1.5])
    with pytest.raises(GradcheckError, match=r"input 0, entry \(\d,\)"):
        gradcheck(wrong_double, [nnlib.Tensor(x, requires_grad=True)], atol=1e-6, rtol=1e-5)
    found = forward_backward(wrong_double, [x])
    with pytest.raises(AssertionError, match="off by"):
        assert_close(found, torch_forward_backward(torch, lambda x: x * 2, [x]), 1e-12)
    with pytest.raises(AssertionError, match="off by"):
        assert_close(found, forward_backward(lambda x: x * 2, [x]), 1e-12)


TIES = {
    "maximum": lambda lib, x: lib.maximum(x, lib.tensor([1.0, 1.0, 0.0])),
    "minimum": lambda lib, x: lib.minimum(x, lib.tensor([1.0, 1.0, 0.0])),
    "max": lambda lib, x: x.max(),
    "max dim": lambda lib, x: x.max(0).values,
    "amax": lambda lib, x: x.amax(0),
    "clamp": lambda lib, x: x.clamp(0, 1),
    "abs": lambda lib, x: x.abs(),
    "relu": lambda lib, x: lib.relu(x),
    "norm of 0": lambda lib, x: (x * 0).norm(),
    "norm 3 of 0": lambda lib, x: (x * 0).norm(3),
    "prod with 0": lambda lib, x: x.prod(),
    "prod of two 0": lambda lib, x: (x * x * (1 - x)).prod(),
    "cumprod with 0": lambda lib, x: x.flip(0).cumprod(0),
    "0 to the 0": lambda lib, x: x**0,
    "pow at 0": lambda lib, x: x ** lib.tensor([0.0, 2.0, 3.0]),
    "exponent of 0": lambda lib, x: (x * 0) ** (x + 1),
    "negative base": lambda lib, x: (-2 * x) ** lib.tensor([2.0, 3.0, 1.0]),
    "std of equals": lambda lib, x: (x * 0).std(),
    "atan2 of 0": lambda lib, x: lib.atan2(x, x - 1) if hasattr(lib, "atan2") else x,
    "sign": lambda lib, x: lib.sign(x) * x,
    "root of nothing, hidden": lambda lib, x: lib.relu(x - 2).sqrt().clamp(min=0.5),
    "where hides NaN": lambda lib, x: lib.where(x > 0, x.log(), x),
}


@pytest.mark.parametrize("name", TIES)
def test_ties_and_kinks_share_the_blame_as_in_pytorch(torch, name):
    x = np.array([1.0, 1.0, 0.0], dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = forward_backward(lambda x: TIES[name](nnlib, x), [x])
    expected = torch_forward_backward(torch, lambda x: TIES[name](torch, x), [x])
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)
