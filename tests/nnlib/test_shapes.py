"""Every operation at twenty shapes and more, in both dtypes and both sizes, beside PyTorch.

Gradients go wrong where an operand was stretched, and code does where there is nothing: so empty
dimensions, single entries, broadcasting and memory with gaps are in every list.
"""

import numpy as np
import pytest
from test_batch_norm import SHAPES as BATCHES
from test_operations import SHAPES, functional, shares

import nnlib
from nnlib.tensor import record

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}

ELEMENTWISE = {
    "neg": lambda lib, x: -x,
    "add": lambda lib, x: x + 0.5,
    "rsub": lambda lib, x: 1 - x,
    "mul": lambda lib, x: 3 * x,
    "div": lambda lib, x: x / 3,
    "pow": lambda lib, x: x**2 + x**3 + x**5,
    "exp": lambda lib, x: lib.exp(x * 0.1),
    "log": lambda lib, x: lib.log(x * x + 0.5),
    "sqrt": lambda lib, x: lib.sqrt(x * x + 0.5),
    "square": lambda lib, x: lib.square(x),
    "abs": lambda lib, x: lib.abs(x),
    "clamp": lambda lib, x: x.clamp(-0.4, 0.5),
    "where": lambda lib, x: lib.where(x.detach() > 0, x, 0.5),
    "relu": lambda lib, x: lib.relu(x),
    "leaky_relu": lambda lib, x: functional(lib).leaky_relu(x, 0.2),
    "sigmoid": lambda lib, x: lib.sigmoid(x),
    "tanh": lambda lib, x: lib.tanh(x),
    "gelu": lambda lib, x: functional(lib).gelu(x),
    "gelu tanh": lambda lib, x: functional(lib).gelu(x, approximate="tanh"),
    "dropout in evaluation": lambda lib, x: functional(lib).dropout(x, 0.5, False) * 2,
    "dropout of all": lambda lib, x: functional(lib).dropout(x, 1.0) + x,
    "reshape": lambda lib, x: x.reshape(x.shape[::-1]) * 2,
    "flatten": lambda lib, x: x.flatten() * 2,
    "squeeze": lambda lib, x: x.squeeze() * 2,
    "unsqueeze": lambda lib, x: x.unsqueeze(-1) * 2,
    "permute": lambda lib, x: x.permute(tuple(reversed(range(x.ndim)))) * 2,
    "clone": lambda lib, x: x.clone() * x,
    "index": lambda lib, x: x[..., None] * 2,
    "mask": lambda lib, x: x[x.detach() > 0] * 2,
    "sum": lambda lib, x: x.sum(),
    "mean": lambda lib, x: x.mean(),
    "mse_loss": lambda lib, x: functional(lib).mse_loss(x, lib.zeros_like(x)),
    "l1_loss": lambda lib, x: functional(lib).l1_loss(x, lib.zeros_like(x)),
    "huber_loss": lambda lib, x: functional(lib).huber_loss(x, lib.zeros_like(x)),
    "bce": lambda lib, x: functional(lib).binary_cross_entropy(
        lib.sigmoid(x * 0.1), lib.ones_like(x)
    ),
    "bce with logits": lambda lib, x: functional(lib).binary_cross_entropy_with_logits(
        x, lib.ones_like(x)
    ),
}
ALONG = {  # a dimension from the front, or from the back; a number alone has none
    "sum dim": lambda lib, x, dim: x.sum(dim),
    "mean dim": lambda lib, x, dim: x.mean(dim, keepdim=True),
    "var": lambda lib, x, dim: x.var(dim, correction=0),
    "softmax": lambda lib, x, dim: lib.softmax(x, dim=dim),
    "log_softmax": lambda lib, x, dim: lib.log_softmax(x, dim=dim),
    "logsumexp": lambda lib, x, dim: lib.logsumexp(x, dim=dim),
    "transpose": lambda lib, x, dim: x.transpose(0, dim) * 2,
    "cat": lambda lib, x, dim: lib.cat([x, x * 2], dim),
    "stack": lambda lib, x, dim: lib.stack([x, x * 2], dim),
    "slice": lambda lib, x, dim: x[::2] if dim == 0 else x[..., 1:],
}
EXTREME = {  # what has no answer where there is nothing
    "max": lambda lib, x, dim: x.max(dim).values,
    "min": lambda lib, x, dim: x.min(dim).values,
    "amax": lambda lib, x, dim: x.amax(dim),
    "max of all": lambda lib, x, dim: x.max(),
    "min of all": lambda lib, x, dim: x.min(),
}
FULL = [shape for shape in SHAPES if 0 not in shape]
MORE = [(4,), (6, 2), (2, 6), (3, 3, 3), (4, 1, 2, 1), (1, 1, 1, 1, 3)]

PAIRS = [
    *[((), ()), ((1,), (1,)), ((3,), ()), ((), (3,)), ((3,), (1,)), ((1,), (3,)), ((0,), (1,))],
    *[((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((2, 3), ())],
    *[((0, 3), (3,)), ((1, 3), (0, 3)), ((2, 0), (1,)), ((4, 1, 3), (2, 1)), ((2, 3), (2, 1))],
    *[((2, 3, 4), (2, 1, 4)), ((1, 1, 1), (2, 3, 4)), ((2, 1, 3, 1), (4, 1, 5))],
    *[((3, 1), (2, 1, 4)), ((5, 2), (5, 1))],
]  # fmt: skip
BINARY = {
    "x + y": lambda lib, x, y: x + y,
    "x - y": lambda lib, x, y: x - y,
    "x * y": lambda lib, x, y: x * y,
    "x / y": lambda lib, x, y: x / (y * y + 0.5),
    "maximum": lambda lib, x, y: lib.maximum(x, y),
    "minimum": lambda lib, x, y: lib.minimum(x, y),
    "where both": lambda lib, x, y: lib.where((x - y).detach() > 0, x, y),
}
MATRICES = [
    *[((3,), (3,)), ((1,), (1,)), ((0,), (0,)), ((2, 3), (3,)), ((3,), (3, 2)), ((1, 1), (1, 1))],
    *[((2, 3), (3, 4)), ((2, 1), (1, 4)), ((1, 3), (3, 1)), ((0, 3), (3, 2)), ((2, 3), (3, 0))],
    *[((2, 0), (0, 3)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4))],
    *[((1, 2, 3), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,))],
    *[((0, 2, 3), (0, 3, 4)), ((2, 1, 1, 3), (1, 4, 3, 1))],
]
LINEAR = [
    *[((), i, o) for i, o in ((1, 1), (3, 2), (5, 1))],
    *[((n,), i, o) for n in (0, 1, 4) for i, o in ((1, 1), (3, 2), (2, 5))],
    *[((2, n), i, o) for n in (0, 1, 3) for i, o in ((1, 2), (3, 1))],
    *[((0, 2), 3, 2), ((2, 1, 3), 4, 2), ((1, 1, 1), 1, 1)],
]
NORMS = [
    *[((n,), (n,)) for n in (2, 5, 9)],
    *[((n, e), (e,)) for n in (0, 1, 3) for e in (2, 5)],
    *[((2, 3, 4), (4,)), ((2, 3, 4), (3, 4)), ((2, 3, 4), (2, 3, 4)), ((0, 3, 4), (3, 4))],
    *[((1, 1, 5), (5,)), ((1, 1, 5), (1, 5)), ((2, 1, 1, 3), (1, 3)), ((5, 1, 2), (1, 2))],
    *[((2, 0, 3), (3,)), ((2, 2, 2, 2), (2, 2, 2)), ((7, 2), (2,)), ((3, 8, 8), (8,))],
]
TOKENS = [(*shape, v, e) for shape in SHAPES[:10] for v, e in ((1, 1), (5, 3))]
SCORES = [  # logits, of which one dimension counts the classes
    *[(1,), (5,), (0, 3), (1, 1), (1, 4), (6, 1), (4, 5), (2, 2), (9, 3)],
    *[(2, 3, 4), (0, 3, 4), (2, 3, 1), (1, 2, 5), (2, 1, 3), (3, 4, 1, 2), (2, 3, 2, 2)],
    *[(1, 2, 1, 1), (2, 3, 0, 2), (2, 2, 2, 2, 2), (1, 3, 1, 1, 1)],
]
LINES = [  # signal, kernel, and how the window moves
    *[((2, 3, 8), 2, {}), ((3, 8), 3, {"stride": 1}), ((1, 1, 1), 1, {}), ((0, 2, 6), 2, {})],
    *[((2, 2, 7), 3, {"padding": 1, "stride": 2}), ((2, 2, 8), 3, {}), ((1, 1, 9), 9, {})],
    *[((2, 2, n), k, {"stride": s}) for n, k, s in ((5, 2, 1), (6, 2, 3), (9, 4, 2), (4, 1, 3))],
    *[((1, 3, n), k, {"padding": p}) for n, k, p in ((4, 2, 1), (5, 3, 1), (7, 4, 2), (1, 2, 1))],
    *[((4, 1, 6), 3, {"stride": 3}), ((7, 6), 2, {}), ((1, 5), 2, {"padding": 1, "stride": 4})],
    *[((3, 2, 11), 5, {"stride": 2, "padding": 2}), ((0, 1, 3), 3, {"padding": 1})],
]
PLANES = [
    *[((2, 3, 6, 6), 2, {}), ((3, 6, 6), 2, {}), ((1, 1, 1, 1), 1, {}), ((0, 2, 6, 6), 2, {})],
    *[((2, 2, 7, 5), 3, {"stride": 2}), ((2, 1, 7, 7), 2, {}), ((2, 2, 5, 5), 1, {"stride": 3})],
    *[((2, 1, 6, 6), 3, {"padding": 1}), ((1, 2, 9, 1), (2, 1), {}), ((1, 2, 1, 9), (1, 2), {})],
    *[((2, 3, 7, 5), (3, 2), {"stride": (1, 2)}), ((2, 2, 7, 6), (4, 2), {"padding": (2, 1)})],
    *[((1, 1, 4, 4), 4, {}), ((3, 1, 4, 6), (2, 3), {}), ((1, 4, 5, 3), 2, {"stride": 1})],
    *[((2, 2, 6, 6), 2, {"stride": 4, "padding": 1}), ((2, 3, 3, 8), (3, 4), {"stride": (3, 1)})],
    *[((5, 1, 2, 2), 2, {}), ((1, 6, 3, 3), 3, {"padding": 1, "stride": 2}), ((2, 5, 5), 3, {})],
]


def pooled(name):
    return lambda lib, x, kernel, settings: getattr(functional(lib), name)(x, kernel, **settings)


def convolved(dims):
    def run(lib, x, kernel, settings):
        sizes = (kernel,) * dims if isinstance(kernel, int) else kernel
        channels = x.shape[-dims - 1]
        count = 3 * channels * int(np.prod(sizes))
        w = lib.tensor(np.linspace(-1, 1, count).reshape(3, channels, *sizes), dtype=x.dtype)
        bias = lib.tensor([0.5, 0.0, -1.0], dtype=x.dtype)
        w.requires_grad_(), bias.requires_grad_()
        y = getattr(functional(lib), f"conv{dims}d")(x, w, bias, **settings)
        return y, w, bias

    return run


def classes(shape):
    axis = min(1, len(shape) - 1)
    left = shape[:axis] + shape[axis + 1 :]
    return np.random.default_rng(1).integers(0, shape[axis], left)


CASES = [
    *[(name, run, [([s], ()) for s in SHAPES]) for name, run in ELEMENTWISE.items()],
    *[
        (name, run, [([s], (d,)) for s in SHAPES if s for d in (0, -1)])
        for name, run in ALONG.items()
    ],
    *[
        (name, run, [([s], (d,)) for s in FULL + MORE if s for d in (0, -1)])
        for name, run in EXTREME.items()
    ],
    *[(name, run, [(pair, ()) for pair in PAIRS]) for name, run in BINARY.items()],
    ("matmul", lambda lib, x, y: x @ y, [(pair, ()) for pair in MATRICES]),
    (
        "linear",
        lambda lib, x, w, b: functional(lib).linear(x, w, b),
        [([(*n, i), (o, i), (o,)], ()) for n, i, o in LINEAR],
    ),
    (
        "layer_norm",
        lambda lib, x, w, b, shape: functional(lib).layer_norm(x, shape, w, b),
        [([x, shape, shape], (shape,)) for x, shape in NORMS],
    ),
    (
        "batch_norm",
        lambda lib, x, w, b: functional(lib).batch_norm(x, None, None, w, b, training=True),
        [([x, x[1:2], x[1:2]], ()) for x in BATCHES],
    ),
    (
        "embedding",
        lambda lib, w, tokens: functional(lib).embedding(lib.tensor(tokens), w),
        [
            ([(v, e)], (np.random.default_rng(2).integers(0, v, shape),))
            for *shape, v, e in TOKENS
        ],
    ),
    *[
        (
            f"{name} of classes {settings}",
            lambda lib, z, target, name=name, settings=settings: getattr(functional(lib), name)(
                z, lib.tensor(target), **settings
            ),
            [([shape], (classes(shape),)) for shape in SCORES],
        )
        for name in ("cross_entropy", "nll_loss")
        for settings in ({}, {"reduction": "sum"}, {"reduction": "none", "ignore_index": 1})
    ],
    (
        "cross_entropy of shares",
        lambda lib, z, t: functional(lib).cross_entropy(
            z, shares(lib, t * 0.1), label_smoothing=0.1
        ),
        [([shape, shape], ()) for shape in SCORES if len(shape) > 1]
        + [([(3, 7)] * 2, ()), ([(7, 3)] * 2, ())],
    ),
    *[(f"{name}1d", pooled(f"{name}1d"), [([x], rest) for x, *rest in LINES])
      for name in ("max_pool", "avg_pool")],
    *[(f"{name}2d", pooled(f"{name}2d"), [([x], rest) for x, *rest in PLANES])
      for name in ("max_pool", "avg_pool")],
    ("conv1d", convolved(1), [([x], rest) for x, *rest in LINES]),
    ("conv2d", convolved(2), [([x], rest) for x, *rest in PLANES]),
]  # fmt: skip


def draw(shapes, scale, dtype):
    """Numbers with gaps between them in memory, no two of them alike and none of them 0."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    rng, total = np.random.default_rng(sum(sizes)), max(1, sum(sizes))
    values = (rng.permutation(total) - total / 2 + 0.37) / total * 3 * scale
    for shape, part in zip(
        shapes, np.split(values[: sum(sizes)], np.cumsum(sizes)[:-1]), strict=True
    ):
        yield np.repeat(part.reshape(shape)[..., None], 2, -1)[..., 0].astype(dtype, order="K")


def forward_backward(lib, run, arrays, rest):
    tensors = [lib.tensor(array, requires_grad=True) for array in arrays]
    result = run(lib, *tensors, *rest)
    y, *more = result if isinstance(result, tuple) else (result,)
    upstream = np.random.default_rng(7).normal(size=tuple(y.shape))
    y.backward(lib.tensor(upstream, dtype=y.dtype))
    return np.linalg.norm(upstream), [
        y.detach().numpy(),
        *(t.grad.numpy() for t in (*tensors, *more)),
    ]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # PyTorch's, about empty tensors
@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize(("name", "run", "cases"), CASES, ids=[case[0] for case in CASES])
def test_agrees_with_pytorch_at_every_shape(torch, name, run, cases, scale):
    for dtype, tolerance in TOLERANCE.items():
        for shapes, rest in cases:
            where = f"{name} {dtype} {shapes} {rest}"
            arrays = list(draw(shapes, scale, dtype))
            before = [array.copy() for array in arrays]
            _, found = forward_backward(nnlib, run, arrays, rest)
            upstream, expected = forward_backward(torch, run, before, rest)
            for mine, theirs in zip(found, expected, strict=True):
                assert mine.shape == theirs.shape, where
                assert mine.dtype == dtype == theirs.dtype, where
                if np.array_equal(mine, theirs, equal_nan=True):  # −∞ and NaN of nothing, too
                    continue
                # Where nearly nothing is left of the upstream gradient, it is what cancelled.
                size = max(np.linalg.norm(theirs.astype(float)), upstream)
                assert np.linalg.norm((mine - theirs).astype(float)) <= tolerance * size, where
            assert all(map(np.array_equal, arrays, before)), where


@pytest.mark.parametrize(("name", "run", "cases"), CASES, ids=[case[0] for case in CASES])
def test_memory_with_gaps_changes_nothing(name, run, cases):
    for shapes, rest in cases:
        arrays = list(draw(shapes, 1, "float64"))
        whole = [np.ascontiguousarray(a).reshape(a.shape) for a in arrays]
        results = []
        for given in (arrays, whole):
            tensors = [nnlib.from_numpy(array).requires_grad_() for array in given]
            result = run(nnlib, *tensors, *rest)
            y = result[0] if isinstance(result, tuple) else result
            y.backward(nnlib.ones_like(y))
            results.append([y.detach().numpy(), *(t.grad.numpy() for t in tensors)])
        for mine, other in zip(*results, strict=True):
            np.testing.assert_allclose(
                mine, other, rtol=1e-13, atol=1e-14, err_msg=f"{name} {shapes}"
            )


@pytest.mark.parametrize(("name", "cases"), [(name, cases) for name, _, cases in CASES])
def test_there_are_twenty_shapes_and_the_odd_ones_among_them(name, cases):
    given = {(*map(tuple, shapes), str(rest)) for shapes, rest in cases}
    assert len(given) >= 20
    lengths = [n for shapes, rest in cases for s in (*shapes, *map(np.shape, rest)) for n in s]
    assert 1 in lengths
    assert 0 in lengths or any(name.startswith(odd) for odd in EXTREME)


def test_the_comparison_sees_a_gradient_that_is_wrong_at_one_shape_only(torch):
    def wrong(lib, x):
        if lib is torch:
            return x * 2
        return record(
            "wrong", x.array * 2, (x,), lambda g: (g * (2.001 if x.shape == (5, 1) else 2),)
        )

    test_agrees_with_pytorch_at_every_shape(torch, "x2", wrong, [([(1, 5)], ()), ([(0, 3)], ())], 1)
    with pytest.raises(AssertionError, match=r"wrong at .*\(5, 1\)"):
        test_agrees_with_pytorch_at_every_shape(torch, "wrong at", wrong, [([(5, 1)], ())], 1)
