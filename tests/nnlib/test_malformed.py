"""At least five malformed inputs for every public name, each answered by an error that names it.

The tables of the other files count too. Whoever adds a public name without bad inputs fails here.
"""

import inspect
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import test_attention
import test_augment
import test_batch_norm
import test_conv
import test_feeding
import test_fit
import test_modules
import test_monitor
import test_optimisers
import test_recurrent
import test_tensors
import test_training

import nnlib
from nnlib import data, datasets, nn, optim, plotting, training
from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib.gradcheck import gradcheck, numerical_gradient
from nnlib.monitor import Monitor

T = nnlib.zeros
WRONG = (None, 1.5, [1.0], np.ones((2, 2)), "a")  # what is no tensor

# ---- in place of a tensor ------------------------------------------------------------------

X, Y, CLASSES = T(2, 3), T(2), nnlib.tensor([0, 1])
W = nnlib.ones(1, requires_grad=True)
ONE_INPUT = {
    **{name: getattr(F, name) for name in ("relu", "leaky_relu", "sigmoid", "tanh", "gelu")},
    **{f.__name__: lambda v, f=f: f(v, 0) for f in (F.softmax, F.log_softmax, F.normalize)},
    **{f.__name__: f for f in (F.silu, F.softplus, F.elu, F.dropout2d)},
    "pad": lambda v: F.pad(v, (1, 1)),
    **{name: getattr(nn, name)() for name in ("SiLU", "Softplus", "ELU", "Dropout2d")},
    "ParameterList": lambda v: nn.ParameterList([v]),
    "logsumexp": lambda v: F.logsumexp(v, 0),
    "dropout": F.dropout,
    "one_hot": F.one_hot,
    "linear": lambda v: F.linear(v, X),
    "linear weight": lambda v: F.linear(X, v),
    "layer_norm": lambda v: F.layer_norm(v, (3,)),
    "embedding": lambda v: F.embedding(v, X),
    "embedding weight": lambda v: F.embedding(CLASSES, v),
    **{name: getattr(nn, name)() for name in ("ReLU", "Sigmoid", "Tanh", "LeakyReLU", "GELU")},
    **{name: getattr(nn, name)(0) for name in ("Softmax", "LogSoftmax")},
    "Dropout": nn.Dropout(),
    "Flatten": nn.Flatten(),
    "Linear": nn.Linear(3, 2),
    "LayerNorm": nn.LayerNorm(3),
    "Embedding": nn.Embedding(3, 2),
    "Parameter": nn.Parameter,
    "MultiheadAttention": lambda v: nn.MultiheadAttention(4, 2)(v, v, v),
    "TransformerEncoderLayer": nn.TransformerEncoderLayer(4, 2, 8),
    "TransformerEncoder": nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2),
    "adaptive_avg_pool2d": lambda v: F.adaptive_avg_pool2d(v, 2),
    "AdaptiveAvgPool2d": nn.AdaptiveAvgPool2d(2),
    "accuracy": lambda v: nnlib.accuracy(v, Y),
    "accuracy target": lambda v: nnlib.accuracy(Y, v),
    "curve": datasets.curve,
    **{
        name: getattr(nn.init, name)
        for name in nn.init.__dict__
        if name.endswith("_") and name[0] != "_" and name != "constant_"
    },
    "constant_": lambda v: nn.init.constant_(v, 1.0),
    **{
        name: getattr(nnlib, name)
        for name in [
            "abs",
            "exp",
            "log",
            "sqrt",
            "square",
            "sum",
            "mean",
            "var",
            "std",
            "max",
            "min",
            "amax",
            "argmax",
        ]
    },
    **{name: getattr(nnlib, name) for name in ("clamp", "flatten", "squeeze")},
    **{name: getattr(nnlib, name) for name in ("zeros_like", "ones_like")},
    **{
        f.__name__: lambda v, f=f: f(v, 1)
        for f in (nnlib.reshape, nnlib.unsqueeze, nnlib.permute, nnlib.transpose, nnlib.pow)
    },
    **{f.__name__: lambda v, f=f: f(v, X) for f in (nnlib.matmul, nnlib.maximum, nnlib.minimum)},
    "matmul other": lambda v: X @ v,
    "stack": lambda v: nnlib.stack([v, v]),
    "where": lambda v: nnlib.where(v, X, X),
}
# What lessons bring along: each with the arguments after the tensor.
MASK, PLACES, CUBE = X > 0, nnlib.tensor([[0], [1]]), T(2, 3, 4)
BESIDES = {
    **dict.fromkeys(
        ["atan", "ceil", "cos", "cosh", "erf", "expm1", "floor", "isfinite", "isinf", "isnan"], ()
    ),
    **dict.fromkeys(
        ["log10", "log1p", "log2", "logical_not", "neg", "nonzero", "reciprocal", "round"], ()
    ),
    **dict.fromkeys(
        [
            "rsqrt",
            "sign",
            "sin",
            "sinh",
            "tan",
            "t",
            "unique",
            "tril",
            "triu",
            "diag",
            "norm",
            "prod",
        ],
        (),
    ),
    **dict.fromkeys(
        ["all", "any", "amin", "argmin", "sort", "argsort", "unbind", "clone", "detach", "numel"],
        (),
    ),
    **dict.fromkeys(
        ["add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "atan2", "eq", "ne"], (X,)
    ),
    **dict.fromkeys(
        ["lt", "le", "gt", "ge", "logical_and", "logical_or", "equal", "isclose", "allclose"], (X,)
    ),
    **dict.fromkeys(["mm", "bmm", "outer", "dot", "mv"], (X,)),
    **dict.fromkeys(["cumsum", "cumprod", "chunk", "split", "roll", "flip", "topk", "tile"], (1,)),
    **{"broadcast_to": ((2, 3),), "swapaxes": (0, 1), "masked_fill": (MASK, 0)},
    **{"masked_select": (MASK,), "gather": (1, PLACES), "scatter": (1, PLACES, 1.0)},
    **{"index_select": (1, CLASSES), "take_along_dim": (PLACES, 1), "bincount": ()},
    **{"empty_like": (), "full_like": (1,), "rand_like": (), "randn_like": (), "bernoulli": ()},
    **{"multinomial": (1,)},
}
ONE_INPUT |= {
    name: lambda v, name=name, more=more: getattr(nnlib, name)(v, *more)
    for name, more in BESIDES.items()
}
ONE_INPUT |= {f.__name__: lambda v, f=f: f([v]) for f in (nnlib.hstack, nnlib.vstack)}
ONE_INPUT |= {"meshgrid": lambda v: nnlib.meshgrid([v], indexing="ij")}
ONE_INPUT |= {"einsum": lambda v: nnlib.einsum("i->i", [v])}
ONE_INPUT |= {"grad": lambda v: nnlib.autograd.grad(v, W)}
LOSSES = ["mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "binary_cross_entropy", "kl_div"]
LOSSES += ["binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]
MODULES = [nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.SmoothL1Loss, nn.BCELoss, nn.BCEWithLogitsLoss]
MODULES += [nn.KLDivLoss]
MODULES += [nn.CrossEntropyLoss, nn.NLLLoss]
for loss in [*(getattr(F, name) for name in LOSSES), *(module() for module in MODULES)]:
    name = getattr(loss, "__name__", type(loss).__name__)
    ONE_INPUT[name] = lambda v, f=loss: f(v, X)
    ONE_INPUT[f"{name} target"] = lambda v, f=loss: f(X, v)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: type(wrong).__name__)
@pytest.mark.parametrize("name", ONE_INPUT)
def test_what_is_no_tensor_is_named(name, wrong):
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=rf"^[\w ]+: expected .*, got {kind}"):
        ONE_INPUT[name](wrong)


# ---- in place of an optimiser, a module, a data set ---------------------------------------

SGD = optim.SGD([W], lr=0.1)
MODEL, BATCHES, LOSS = nn.Linear(2, 1), [(T(3, 2), T(3, 1))], nn.MSELoss()
SET = data.TensorDataset(T(4, 2), T(4))
NEITHER = (None, 1.5, ["a"], "a", T(2))
OTHERS = {
    "StepLR": lambda v: optim.StepLR(v, 1),
    "CosineAnnealingLR": lambda v: optim.CosineAnnealingLR(v, 1),
    "LambdaLR": lambda v: optim.LambdaLR(v, lambda epoch: 1),
    "LinearLR": optim.LinearLR,
    "ReduceLROnPlateau": optim.ReduceLROnPlateau,
    "Monitor": Monitor,
    "to_torch": nnlib.interop.to_torch,
    "Sequential": nn.Sequential,
    "ModuleList": lambda v: nn.ModuleList([v]),
    "add_module": lambda v: nn.Module().add_module("x", v),
    "fit": lambda v: nnlib.fit(v, BATCHES, LOSS, SGD, epochs=1),
    "fit optimizer": lambda v: nnlib.fit(MODEL, BATCHES, LOSS, v, epochs=1),
    "fit criterion": lambda v: nnlib.fit(MODEL, BATCHES, v, SGD, epochs=1),
    "evaluate": lambda v: nnlib.evaluate(v, BATCHES, LOSS),
    "evaluate criterion": lambda v: nnlib.evaluate(MODEL, BATCHES, v),
    "gradcheck function": lambda v: gradcheck(v, [W]),
    "numerical_gradient function": lambda v: numerical_gradient(v, [W]),
    "load_state_dict": MODEL.load_state_dict,
    "Optimizer.load_state_dict": SGD.load_state_dict,
    "apply": MODEL.apply,
    "register_forward_hook": MODEL.register_forward_hook,
}


@pytest.mark.parametrize("wrong", NEITHER, ids=lambda wrong: type(wrong).__name__)
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_of_another_kind_is_named(name, wrong):
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=rf"^[\w ]+: expected .*, got {kind}$"):
        OTHERS[name](wrong)


# ---- in place of what a picture shows ------------------------------------------------------

PICTURES = {
    name: [
        p.name
        for p in inspect.signature(draw).parameters.values()
        if p.default is p.empty and p.kind is not p.VAR_KEYWORD
    ]
    for name in plotting.__all__
    if callable(draw := getattr(plotting, name))
}


@pytest.mark.parametrize("wrong", [None, "a", 1.5, object(), {}], ids=lambda w: type(w).__name__)
@pytest.mark.parametrize("name", [name for name, needed in PICTURES.items() if needed])
def test_what_no_picture_can_show_is_named(name, wrong):
    plt = pytest.importorskip("matplotlib.pyplot", reason="pictures need the plot extra")
    plt.switch_backend("Agg")
    draw = getattr(plotting, name)
    with pytest.raises((TypeError, ValueError), match=r"^(?P<argument>\w+).*: .*got ") as caught:
        draw(**dict.fromkeys(PICTURES[name], wrong))
    plt.close("all")
    assert str(caught.value).startswith(tuple(inspect.signature(draw).parameters))


# ---- what is out of range ------------------------------------------------------------------

HALF = T(2, 3) + 0.5
FLOAT64 = nnlib.ones(2, dtype=nnlib.float64, requires_grad=True)
OPTIMISERS = (
    optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.Adadelta
)  # fmt: skip
ALONG_A_DIMENSION = [nnlib.softmax, nnlib.log_softmax, nnlib.logsumexp, nnlib.sum, nnlib.mean]
ALONG_A_DIMENSION += [nnlib.var, nnlib.std, nnlib.max, nnlib.min, nnlib.amax]
ALONG_A_DIMENSION += [nnlib.unsqueeze, nnlib.squeeze]
FOR_MATRICES = [nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.kaiming_uniform_]
FOR_MATRICES += [nn.init.kaiming_normal_, nn.init.orthogonal_]
BAD = [
    *[
        (lambda make=make, size=size: make(*size), error, message)
        for make in (nnlib.zeros, nnlib.ones, nnlib.rand, nnlib.randn)
        for size, error, message in [
            ((-1,), ValueError, r"size: .*0 or more, got \(-1,\)"),
            ((2, -3), ValueError, r"size: .*got \(2, -3\)"),
            ((1.5,), TypeError, "shape: expected integers, got float"),
            (("a",), TypeError, "shape: .*got str"),
            ((None,), TypeError, "shape: .*got NoneType"),
        ]
    ],
    *[
        (lambda make=make, size=size: make(size), TypeError, "shape: expected integers, got")
        for make in (
            lambda size: nnlib.full(size, 1),
            lambda size: nnlib.eye(size),
            lambda size: nnlib.randperm(size),
            lambda size: nnlib.randint(0, 2, size),
        )
        for size in (1.5, "a", None, True, ["a"])
    ],
    *[
        (lambda loss=loss, r=r: loss(r), ValueError, f"reduction: expected .*got {r}")
        for loss in MODULES
        for r in ("avg", "Mean", None, 1, True)
    ],
    *[
        (lambda name=name, r=r: getattr(F, name)(HALF, HALF, reduction=r), ValueError, f"got {r!r}")
        for name in LOSSES[:6]
        for r in ("avg", "Mean", None, 1)
    ],
    *[
        (lambda name=name: getattr(F, name)(X, T(4)), ValueError, r"\(2, 3\) .* \(4,\)")
        for name in LOSSES[:7]
    ],
    *[(lambda d=d: F.huber_loss(X, X, delta=d), ValueError, "delta") for d in (0, -1, np.nan)],
    *[
        (lambda s=s: F.cross_entropy(X, CLASSES, label_smoothing=s), ValueError, f"label.*got {s}")
        for s in (-0.1, 1.5, np.nan)
    ],
    *[
        (lambda a=a: F.gelu(X, a), ValueError, f"approximate: .*got {a!r}")
        for a in ("exact", "Tanh", None, 3)
    ],
    *[
        (lambda f=f, dim=dim: f(X, dim), error, message)
        for f in ALONG_A_DIMENSION
        for dim, error, message in [
            (3, ValueError, "dim=3 is out of range for a tensor of [23] dimensions"),
            (-4, ValueError, "dim=-4 is out of range"),
            (1.5, TypeError, "dim: expected an integer, got float"),
            ("a", TypeError, "dim: expected an integer, got str"),
            (True, TypeError, "dim: expected an integer, got bool"),
        ]
    ],
    *[(lambda d=d: X.argmax(d), ValueError, f"dim={d} is out of range") for d in (2, -3, 9)],
    *[(lambda d=d: X.argmax(d), TypeError, "dim: .*integer") for d in (1.5, "a")],
    *[(lambda d=d: X.argmax(d), TypeError, "dim: .*got tuple") for d in ((0, 1),)],
    *[
        (lambda d=d: X.transpose(*d), error, message)
        for d, error, message in [
            ((0, 2), ValueError, "dim=2"),
            ((-3, 0), ValueError, "dim=-3"),
            ((0.0, 1), TypeError, "dim: .*float"),
            ((None, 1), TypeError, "dim: .*NoneType"),
            ((0, "a"), TypeError, "dim: .*str"),
        ]
    ],
    *[
        (lambda d=d: X.permute(d), error, message)
        for d, error, message in [
            ((0, 2), ValueError, "dim=2"),
            ((1,), ValueError, r"permute: \(2, 3\) float32 and \(1,\)"),
            ((0, 1, 0), ValueError, r"permute: \(2, 3\) float32 and \(0, 1, 0\)"),
            ((0.5, 1), TypeError, "shape: .*float"),
            (None, TypeError, "shape: .*NoneType"),
        ]
    ],
    *[
        (lambda s=s: X.reshape(s), error, message)
        for s, error, message in [
            ((4,), ValueError, r"reshape: \(2, 3\) float32 and \(4,\)"),
            ((-1, -1), ValueError, r"reshape: \(2, 3\) float32 and \(-1, -1\)"),
            ((-1, 4), ValueError, r"reshape: \(2, 3\) float32 and \(-1, 4\)"),
            ((1.5, 4), TypeError, "shape: .*float"),
            (None, TypeError, "shape: .*NoneType"),
            ((-2, 3), ValueError, r"size: .*got \(-2, 3\)"),
        ]
    ],
    *[
        (lambda d=d: X.flatten(*d), error, message)
        for d, error, message in [
            ((0, 2), ValueError, "dim=2"),
            ((1, 0), ValueError, "start_dim .*end_dim=0, got 1"),
            ((0.5,), TypeError, "dim: .*float"),
            (("a",), TypeError, "dim: .*str"),
            ((0, None), TypeError, "dim: .*NoneType"),
        ]
    ],
    *[(lambda f=f: nn.Flatten(*f)(X), ValueError, "dim") for f in ((2,), (0, 5), (1, 0), (-3,))],
    (lambda: nn.Flatten("a")(X), TypeError, "dim: .*str"),
    *[(lambda v=v: nnlib.pow(X, v), TypeError, "exponent: .*got") for v in (None, [1], "a", len)],
    (lambda: nnlib.pow(X, np.ones(2)), TypeError, "exponent: .*ndarray"),
    *[(lambda v=v: nnlib.maximum(X, v), TypeError, "operand: .*got") for v in (None, [1], "a")],
    (lambda: nnlib.maximum(X, T(4)), ValueError, r"maximum: \(2, 3\) float32 and \(4,\) float32"),
    (lambda: nnlib.maximum(X, np.ones(3)), TypeError, "operand: .*ndarray"),
    *[(lambda v=v: nnlib.minimum(X, v), TypeError, "operand: .*got") for v in (None, [1], "a")],
    (lambda: nnlib.minimum(X, T(4)), ValueError, r"maximum: \(2, 3\) float32 and \(4,\) float32"),
    *[(lambda v=v: F.linear(X, T(4, 3), v), TypeError, "bias: .*got") for v in WRONG[1:]],
    (lambda: nnlib.clamp(X), ValueError, "min, max or both"),
    *[(lambda v=v: nnlib.clamp(X, v), TypeError, "min: .*got") for v in ("a", [1.0], X)],
    (lambda: nnlib.clamp(X, 0, "a"), TypeError, "max: .*str"),
    (lambda: nnlib.stack([X, T(3, 2)]), ValueError, r"\(2, 3\), \(3, 2\)"),
    (lambda: nnlib.stack([X, X], 3), ValueError, "dim=3"),
    (lambda: nnlib.stack([X, X], 1.5), TypeError, "dim: .*float"),
    (lambda: nnlib.stack([X, X.double()]), TypeError, "float32.*float64"),
    (lambda: nnlib.stack([]), TypeError, "tensors: expected one or more"),
    *[(lambda v=v: nnlib.cat(v), TypeError, "tensors: .*list") for v in (None, 1.5, X)],
    (lambda: nnlib.where(X > 0, X, T(4)), ValueError, r"\(2, 3\), \(2, 3\) and \(4,\)"),
    (lambda: nnlib.where(X > 0, None, X), TypeError, "operand: .*NoneType"),
    *[(lambda v=v: nnlib.from_numpy(v), TypeError, "ndarray: .*got") for v in (None, 1.5, "a", X)],
    (lambda: nnlib.from_numpy(np.array([1j])), TypeError, "ndarray: .*complex128"),
    *[(lambda v=v: nnlib.zeros_like(v), TypeError, "input: .*got") for v in WRONG],
    *[(lambda v=v: nnlib.randint(*v, (2,)), ValueError, "high") for v in ((3, 3), (3, 1))],
    *[(lambda v=v: nnlib.randint(0, v, (2,)), TypeError, "high") for v in (1.5, "a", None)],
    *[(lambda g=g: nnlib.rand(2, generator=g), TypeError, "generator: .*got") for g in (0, "a")],
    *[(lambda d=d: T(2, dtype=d), TypeError, "dtype: .*got") for d in ("x", 3, complex)],
    *[(lambda v=v: nnlib.manual_seed(v), TypeError, "seed: .*got") for v in ("a", 1.5, None, True)],
    (lambda: nnlib.arange(0, 5, 0), ValueError, "step: .*other than 0, got 0"),
    *[(lambda v=v: nnlib.arange(v), TypeError, "end: .*got") for v in ("a", [1], X)],
    *[(lambda v=v: nnlib.arange(0, v), ValueError, "end: .*got") for v in (np.nan, np.inf)],
    (lambda: nnlib.linspace(0, 1, -1), ValueError, "steps: .*0 or more, got -1"),
    *[(lambda v=v: nnlib.linspace(0, 1, v), TypeError, "steps: .*got") for v in (1.5, "a", None)],
    (lambda: nnlib.linspace(None, 1, 2), TypeError, "start: .*NoneType"),
    *[(lambda c=c: F.one_hot(nnlib.tensor([1]), c), ValueError, "one_hot") for c in (0, 1, -5)],
    # layers and where weights start
    (lambda: nn.Conv2d("1", 1, 3), TypeError, "in_channels: expected an integer, got str"),
    (lambda: nn.Conv2d(1, None, 3), TypeError, "out_channels: expected an integer, got NoneType"),
    (lambda: nn.Conv2d(3, 1, 2)(T(1, 4, 5, 5)), ValueError, r"\(O, 4, K.*\(1, 4.*got \(1, 3"),
    (lambda: nn.Conv1d(3, 1, 2)(T(1, 4, 5)), ValueError, r"\(O, 4, K\).*\(1, 4, 5\).*\(1, 3, 2\)"),
    *[
        (lambda make=make, size=size: make(size), error, "output_size")
        for make in (
            nn.AdaptiveAvgPool2d,
            lambda size: F.adaptive_avg_pool2d(T(1, 4, 5, 5), size),
        )
        for size, error in ((0, ValueError), (1.5, TypeError), ((1, 2, 3), ValueError))
    ],
    *[
        (lambda f=f, x=x: f(x), ValueError, "input: expected")
        for f in (nn.AdaptiveAvgPool2d(2), lambda x: F.adaptive_avg_pool2d(x, 2))
        for x in (T(4, 5), T(1, 4, 0, 5), T(1, 1, 4, 5, 5))
    ],
    *[
        (lambda n=n: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), n), error, "num_l")
        for n, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), ("2", TypeError))
    ],
    (lambda: nn.MaxPool2d(3)(T(1, 4, 2, 5)), ValueError, r"kernel of size \(3, 3\).*\(2, 5\)"),
    *[(lambda p=p: nn.Dropout(p), ValueError, f"p: .*got {p}") for p in (-0.1, 1.1, 2, np.nan, -9)],
    *[
        (lambda layer=layer, d=d: layer(d)(X), error, "dim")
        for layer in (nn.Softmax, nn.LogSoftmax)
        for d, error in ((2, ValueError), (-3, ValueError), (1.5, TypeError), ("a", TypeError))
    ],
    *[(lambda d=d: nn.HuberLoss(delta=d)(X, X), ValueError, "delta: .*got") for d in (0, -1)],
    *[
        (lambda n=n: nn.init.calculate_gain(n), ValueError, f"nonlinearity: .*got {n}")
        for n in ("step", "", "ReLU")
    ],
    *[(lambda n=n: nn.init.calculate_gain(n), TypeError, "nonlinearity") for n in (None, [])],
    *[
        (lambda f=f, shape=shape: f(T(*shape)), ValueError, r"tensor: .*two or more .*got \(")
        for f in FOR_MATRICES
        for shape in ((2,), (0, 3), (2, 0))
    ],
    *[
        (lambda f=f, mode=mode: f(X, mode=mode), ValueError, "mode: expected 'fan_in' or 'fan_out'")
        for f in (nn.init.kaiming_uniform_, nn.init.kaiming_normal_)
        for mode in ("fan", None, 1)
    ],
    *[
        (lambda v=v: nn.utils.clip_grad_value_([W], v), ValueError, "clip_value")
        for v in (-1, np.nan)
    ],
    *[(lambda v=v: nn.utils.clip_grad_value_([W], v), TypeError, "clip_value") for v in ("1", [1])],
    *[(lambda v=v: nn.utils.clip_grad_value_([v], 1), TypeError, "parameters") for v in (1, "a")],
    *[(lambda v=v: nn.ModuleList(v), TypeError, "modules?: .*got") for v in (None, 1)],
    # optimisers and schedules
    *[
        (lambda make=make, p=p: make(p), error, f"params: .*{message}")
        for make in OPTIMISERS
        for p, error, message in [
            ([], ValueError, "at least one"),
            (W, TypeError, "iterable"),
            ([1.0], TypeError, "float"),
            ([W * 2], ValueError, "leaves"),
            ([W, W], ValueError, "twice"),
            (None, TypeError, "NoneType"),
        ]
    ],
    *[
        (lambda make=make, lr=lr: make([W], lr=lr), ValueError, f"lr: expected 0 or more, got {lr}")
        for make in OPTIMISERS
        for lr in (-1, np.nan)
    ],
    *[
        (lambda make=make, lr=lr: make([W], lr=lr), TypeError, "lr: expected a number, got")
        for make in OPTIMISERS
        for lr in (None, "a", [1])
    ],
    *[(lambda b=b: optim.Adam([W], betas=b), ValueError, "betas") for b in ((1, 0.9), (0.9, 1))],
    *[
        (lambda b=b: optim.Adam([W], betas=b), ValueError, "betas: .*two")
        for b in ((0.9,), (0.9,) * 3)
    ],
    *[(lambda b=b: optim.AdamW([W], betas=b), TypeError, "betas") for b in (None, 0.9, ("a", 0.9))],
    *[(lambda n=n: optim.StepLR(SGD, n), ValueError, f"step_size: .*got {n}") for n in (0, -1)],
    *[(lambda n=n: optim.StepLR(SGD, n), TypeError, "step_size: .*got") for n in (1.5, "a", None)],
    *[(lambda n=n: optim.CosineAnnealingLR(SGD, n), ValueError, "T_max: .*got") for n in (0, -1)],
    *[(lambda n=n: optim.CosineAnnealingLR(SGD, n), TypeError, "T_max: .*got") for n in (1.5, "a")],
    *[(lambda f=f: optim.LambdaLR(SGD, f), TypeError, "lr_lambda: .*got") for f in (None, 1, "a")],
    *[
        (lambda n=n: optim.LinearLR(SGD, total_iters=n), TypeError, "total_iters")
        for n in (1.5, "a")
    ],
    *[
        (lambda n=n: optim.ReduceLROnPlateau(SGD, factor=n), ValueError, f"factor: .*got {n}")
        for n in (1, 2, np.nan)
    ],
    *[(lambda m=m: optim.ReduceLROnPlateau(SGD, m), ValueError, "mode") for m in ("up", None)],
    # data
    *[
        (lambda f=f, n=n: getattr(datasets, f)(n), error, "n: expected .*got")
        for f in ("fruit", "two_moons", "spirals", "noisy_curve")
        for n, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), ("a", TypeError))
    ],
    *[
        (lambda f=f, v=v: getattr(datasets, f)(9, noise=v), ValueError, f"noise: .*got {v}")
        for f in ("two_moons", "spirals", "noisy_curve")
        for v in (-1, np.nan)
    ],
    *[(lambda v=v: data.DataLoader(v), TypeError, "dataset: .*got") for v in (None, 1.5, len)],
    *[(lambda v=v: data.DataLoader(SET, v), TypeError, "batch_size: .*got") for v in ("a", None)],
    *[
        (lambda v=v: data.Subset(SET, v), ValueError, "indices: .*got")
        for v in ([4], [-1], [[0]], 5)
    ],
    *[(lambda v=v: data.Subset(v, [0]), TypeError, "dataset: .*got") for v in (None, 5)],
    *[
        (lambda v=v: data.Subset(SET, v), ValueError, "indices: .*got")
        for v in ([0.5], ["a"], None)
    ],
    *[
        (lambda v=v: data.random_split(SET, v), ValueError, "lengths: .*got")
        for v in ([1], [5, -1], [0.5, 0.6], [1.5, 2.5], [])
    ],
    *[
        (lambda v=v: data.random_split(SET, v), TypeError, "lengths: .*got")
        for v in (None, 5, ["a"])
    ],
    *[(lambda v=v: data.TensorDataset(v), TypeError, "tensors: .*got") for v in WRONG],
    # the loop, and what watches it
    *[
        (lambda n=n: nnlib.fit(MODEL, BATCHES, LOSS, SGD, epochs=n), error, "epochs: .*got")
        for n, error in ((-1, ValueError), (1.5, TypeError), ("a", TypeError), (None, TypeError))
    ],
    *[
        (lambda b=b: nnlib.evaluate(MODEL, b, LOSS), ValueError, "loader|validation")
        for b in ([], (), iter([]), "", {})
    ],
    *[(lambda b=b: nnlib.evaluate(MODEL, b, LOSS), ValueError, "loader: .*got") for b in (None, 1)],
    *[
        (lambda f=f, i=i: f(nnlib.tanh, i), TypeError, r"inputs\[0\]: .*got")
        for f in (gradcheck,)
        for i in ([1.0], ["a"], [None], [np.ones(1)])
    ],
    (lambda: gradcheck(nnlib.tanh, [T(1)]), ValueError, "inputs: expected at least one"),
    *[
        (lambda e=e: numerical_gradient(nnlib.tanh, [FLOAT64], e), ValueError, f"eps: .*got {e}")
        for e in (0, -1, -1e-9, np.nan, 0.0)
    ],
    *[
        (lambda p=p: training.Checkpoint(p), TypeError, "PathLike .*not")
        for p in (None, 1.5, ["a"], nn, T(2))
    ],
    (lambda: SGD.load_state_dict({"state": {}, "param_groups": []}), ValueError, r"\[1\] .*\[\]"),
    *[(lambda v=v: MODEL.train(v), TypeError, "mode: .*got") for v in ("yes", 1, None, 1.5, [])],
    *[
        (lambda v=v: MODEL.to(v), TypeError, "dtype: .*got")
        for v in ("i8", bool, complex, "U4", int)
    ],
    *[
        (lambda n=n: nn.Module().register_buffer(n, None), ValueError, "name: .*got")
        for n in ("", "a.b", 1, None, "training")
    ],
    *[
        (lambda v=v: nn.Module().register_buffer("x", v), TypeError, "tensor: .*got")
        for v in (1, "a", [1.0], np.ones(2), nn.ReLU())
    ],
    *[
        (lambda v=v: nn.Module().register_parameter("x", v), TypeError, "param: .*got")
        for v in (1, "a", [1.0], np.ones(2), T(2))
    ],
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()


# ---- shapes and places that do not fit -----------------------------------------------------

E = nnlib.einsum
MISFITS = [
    *[
        (lambda m=m: nn.ModuleDict(m), TypeError, "modules?: .*got")
        for m in (1, "a", [nn.ReLU()], {"a": 1}, {"a": X})
    ],
    *[
        (lambda m=m: optim.MultiStepLR(SGD, m), TypeError, "milestones: .*got")
        for m in (None, 3, "a", {3}, X)
    ],
    *[
        (lambda g=g: optim.ExponentialLR(SGD, g), TypeError, "gamma: .*got")
        for g in (None, "a", [1], X, True)
    ],
    *[(lambda b=b: F.smooth_l1_loss(X, X, beta=b), ValueError, "beta: .*got") for b in (0, -1)],
    (lambda: F.pad(X, (1,)), ValueError, "pad: expected two numbers a dimension"),
    (lambda: F.pad(X, (1, 1), mode="reflect"), ValueError, "mode: expected 'constant'"),
    (lambda: F.dropout2d(X), ValueError, r"input: expected shape \(N, C, H, W\)"),
    (lambda: nn.RNN(2, 3, nonlinearity="elu"), ValueError, "nonlinearity: expected 'tanh' or"),
    (lambda: nn.RNN(2, 3)(T(4, 2), T(1, 1, 3)), ValueError, r"hx: expected shape \(1, 3\)"),
    (
        lambda: nn.Conv2d(3, 8, 3)(T(1, 9, 9, 3)),
        ValueError,
        r"channels that come before the pixels: x.permute\(0, 3, 1, 2\)",
    ),
    (lambda: nn.Conv1d(3, 8, 3)(T(9, 3)), ValueError, r"x.permute\(1, 0\)"),
    (lambda: MODEL.to("cuda"), ValueError, "device: expected 'cpu'"),
    (lambda: X.to("cuda:0"), ValueError, "device: expected 'cpu'"),
    (lambda: T(2, device="mps"), ValueError, "device: expected 'cpu'"),
    (lambda: X.tril("a"), TypeError, "diagonal: .*str"),
    (lambda: T(3).triu(), ValueError, r"input: .*two dimensions or more, got shape \(3,\)"),
    (lambda: CUBE.diag(), ValueError, "input: expected a vector or a matrix"),
    (lambda: X.masked_fill(X, 0), TypeError, "mask: .*bool, got Tensor float32"),
    (lambda: X.masked_fill(T(4) > 0, 0), ValueError, r"masked_fill: \(2, 3\)"),
    (lambda: X.masked_select(MASK[0]), ValueError, r"mask: .*\(2, 3\), got \(3,\)"),
    (lambda: X.gather(1, X), TypeError, "index: .*int64"),
    (lambda: X.gather(1, PLACES + 2), ValueError, "index: .*0 to 2 for gather, got 0 to 3"),
    (lambda: X.gather(1, CLASSES), ValueError, r"index: .*\(2, 3\), got \(2,\)"),
    (lambda: X.scatter(0, PLACES, T(3)), ValueError, r"src: expected shape \(2, 1\)"),
    (lambda: X.index_select(0, CLASSES + 1), ValueError, "index: expected places from 0 to 1"),
    (lambda: X.topk(4), ValueError, "k: expected at most 3, .*got 4"),
    (lambda: X.split([1, 2]), ValueError, r"split.*: expected lengths that sum to 2"),
    (lambda: X.split(0), ValueError, "split_size_or_sections: expected 1 or more, got 0"),
    (lambda: X.chunk(0), ValueError, "chunks: expected 1 or more"),
    (lambda: X.expand(3, 3), ValueError, r"expand: \(2, 3\) float32"),
    (lambda: X.expand(3), ValueError, "size: expected 2 lengths or more"),
    (lambda: X.repeat(2), ValueError, "repeats: expected 2 numbers or more"),
    (lambda: X @ X.mv(X), ValueError, "mv: .*2 and 1 dimensions"),
    (lambda: X.mm(X), ValueError, r"mm: .*got shapes \(2, 3\) and \(2, 3\)"),
    (lambda: T(2).outer(X), ValueError, "outer: expected two vectors"),
    (lambda: E("ij,ij->ij", X), ValueError, "operands: "),
    (lambda: E("ii->i", X), ValueError, "equation: expected letters, each once"),
    (lambda: E("ij,jk->ik", X, X), ValueError, "einsum ij,jk->ik: .*do not fit together"),
    (lambda: X.norm(0), ValueError, "p: expected a number above 0"),
    (lambda: X.long().norm(), TypeError, "norm: expected floats, got int64"),
    (lambda: X.div(X, rounding_mode="up"), ValueError, "rounding_mode"),
    (lambda: CLASSES // 0, ZeroDivisionError, "floor_divide: integers divided by 0"),
    (lambda: CLASSES % 0, ZeroDivisionError, "remainder: integers divided by 0"),
    (lambda: nnlib.multinomial(X[0], 1), ValueError, "input: expected 1 or more finite chances"),
    (lambda: nnlib.multinomial(X + 1, 4), ValueError, "input: expected 4 or more finite chances"),
    (lambda: nnlib.multinomial(X - 1, 1), ValueError, "input: expected chances of 0 or more"),
    (lambda: nnlib.bernoulli(X + 2), ValueError, "input: expected probabilities from 0 to 1"),
    (lambda: nnlib.meshgrid(X, indexing="ij"), ValueError, "tensors: expected vectors"),
    (lambda: nnlib.meshgrid(Y, indexing="up"), ValueError, "indexing"),
    (lambda: X.copy_(T(4)), ValueError, r"copy_: \(4,\) float32"),
    (lambda: nnlib.from_numpy(np.ones(2, ">f4")), ValueError, "ndarray: .*order of bytes"),
    (lambda: T(1).expand(3).add_(1), ValueError, "read-only memory"),
    (lambda: X.sum(dim=0, out=X), ValueError, "out: expected None"),
    (lambda: np.exp(X), TypeError, r"np.exp got a Tensor: write nnlib.exp\(t\)"),
    (lambda: np.ones(3) + X, TypeError, r"nnlib.from_numpy\(array\) makes it one, got ndarray"),
    (lambda: X + np.ones(3), TypeError, r"nnlib.from_numpy\(array\) makes it one, got ndarray"),
    (lambda: nnlib.autograd.grad(W * 2, W, create_graph=True), ValueError, "create_graph"),
    *[
        (lambda v=v: nnlib.device(v), ValueError, "device: .*cpu")
        for v in ("cuda", "mps", "cuda:0")
    ],
    *[(lambda v=v: nnlib.device(v), TypeError, "device: .*got") for v in (None, 0)],
    *[
        (lambda v=v: nnlib.Generator(v), ValueError, "device: .*cpu")
        for v in ("cuda", "mps", "xpu")
    ],
    *[(lambda v=v: nnlib.Generator(v), TypeError, "device: .*got") for v in (None, 0)],
    *[
        (lambda v=v, f=f: f(v), TypeError, "shape: .*got")
        for v in (None, "a", 1.5, [1.5], X)
        for f in (nnlib.empty,)
    ],
    *[(lambda v=v: nnlib.as_tensor(v), TypeError, "data: .*got") for v in (None, "a", [None], len)],
    (lambda: nnlib.as_tensor([[1], [1, 2]]), ValueError, "data: .*one length"),
]


@pytest.mark.parametrize("number", range(len(MISFITS)))
def test_a_misfit_is_named(number):
    attempt, error, message = MISFITS[number]
    with pytest.raises(error, match=message):
        attempt()


# ---- and nothing is left out ---------------------------------------------------------------

PACKAGE = str(Path(nnlib.__file__).parent)
# Whose tables stand in their own tests as parameters: five or more each.
PARAMETRISED = {"Alphabet", "digits", "load_safetensors", "mnist"}
PARAMETRISED |= {"device", "empty", "empty_like"}  # a type; and zeros under another name
PARAMETRISED |= {"save_safetensors", "sine_wave", "tune_allocator"}
# What takes nothing, takes anything, or is a base or a record that only nnlib itself fills.
OPEN = {"Callback", "Dataset", "Finding", "History", "Identity", "LRScheduler", "Module"}
OPEN |= {"Optimizer", "State", "Tensor", "is_grad_enabled", "no_grad", "tiny_text"}


def attempts():
    for module in (test_attention, test_batch_norm):
        yield from (case[0] for case in getattr(module, "BAD", None) or module.MALFORMED)
    for module in (test_augment, test_feeding, test_fit, test_modules, test_monitor):
        yield from (case[0] for case in module.BAD)
    for module in (test_optimisers, test_tensors, test_training, sys.modules[__name__]):
        yield from (case[0] for case in module.BAD)
    for kind in test_recurrent.KINDS:
        for call, *_ in test_recurrent.MALFORMED:
            yield lambda call=call, kind=kind: call(getattr(nn, kind))
    for dims, x, w in ((1, test_conv.X1, test_conv.W1), (2, test_conv.X2, test_conv.W2)):
        for call, *_ in test_conv.BAD_CONV:
            yield lambda call=call, d=dims, x=x, w=w: call(getattr(F, f"conv{d}d"), x, w)
        for name in ("max", "avg"):
            for call, *_ in test_conv.BAD_POOL:
                yield lambda call=call, d=dims, x=x, n=name: call(getattr(F, f"{n}_pool{d}d"), x)
    for text, *_ in test_conv.BAD_LAYER:
        yield lambda text=text: test_conv.build(nnlib, text)
    yield from (case[0] for case in MISFITS)
    for table, wrongs in ((ONE_INPUT, WRONG), (OTHERS, NEITHER)):
        for call in table.values():
            yield from (lambda call=call, wrong=wrong: call(wrong) for wrong in wrongs)


def refused_by(attempt):
    """The public name that was called: of all that is nnlib's, what stands first on the stack."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one, its own test says
        attempt()
    trace = caught.tb
    while trace and not trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        trace = trace.tb_next
    if trace is None:  # Python itself refused the arguments
        return None
    inside, name = trace.tb_frame.f_locals, trace.tb_frame.f_code.co_name
    if "method" in inside and name in ("function", "reduction"):
        return inside["method"].__name__.strip("_")
    method = isinstance(inside.get("self"), nnlib.Tensor) and name != "__init__"
    if method or "self" not in inside:
        return str(inside.get("op", name)).strip("_") if name == "operator" else name.strip("_")
    return type(inside["self"]).__name__


def public_names():
    modules = [nnlib, F, nn, optim, training, nnlib.interop, nnlib.augment, datasets, data]
    for module in [*modules, nn.init, nn.utils, nnlib.monitor, sys.modules["nnlib.gradcheck"]]:
        named = getattr(module, "__all__", None)
        for name in named or [n for n in vars(module) if n[0] != "_"]:
            thing = getattr(module, name)
            home = getattr(thing, "__module__", "") if callable(thing) else ""
            own = home.startswith("nnlib") if named else home == module.__name__
            if own and not (inspect.isclass(thing) and issubclass(thing, Exception)):
                yield name


def test_every_public_name_meets_five_malformed_inputs():
    counts = Counter(refused_by(attempt) for attempt in attempts())
    names = {name.strip("_") for name in public_names()} - OPEN - PARAMETRISED
    few = {name: counts[name] for name in sorted(names) if counts[name] < 5}
    assert not few


def test_the_count_misses_a_name_without_bad_inputs():
    assert refused_by(lambda: nnlib.relu(None)) == "relu"
    assert refused_by(lambda: nn.ReLU()(None)) == "ReLU"
    assert refused_by(lambda: X + T(4)) == "add"
    assert refused_by(lambda: X.sum(9)) == "sum"
