"""Convolution and pooling, each case on one line, and what is asked of each of them.

A line is run with nnlib and, word for word, with PyTorch; the twin does it window by window.
"""

import itertools

import numpy as np
import pytest
from test_operations import assert_close, forward_backward, torch_forward_backward

import nnlib
from nnlib import nn
from nnlib.gradcheck import GradcheckError, gradcheck
from nnlib.tensor import record

F = nn.functional


def conv(x, w, **settings):
    return pytest.param(f"conv{len(w) - 2}d", (x, w, w[:1]), settings, id=f"{x} {w} {settings}")


def pool(name, x, kernel_size, **settings):
    settings = {"kernel_size": kernel_size, **settings}
    return pytest.param(name, (x,), settings, id=f"{name} {x} {settings}")


CONVOLUTIONS = [
    conv((2, 3, 7), (4, 3, 3)),
    conv((3, 7), (4, 3, 3), padding=1),
    conv((1, 1, 1), (1, 1, 1)),
    conv((2, 1, 9), (2, 1, 4), stride=3),
    conv((2, 2, 9), (2, 2, 3), dilation=3, padding=2),
    conv((0, 2, 5), (3, 2, 2)),
    conv((2, 4, 5), (6, 4, 3), padding=(1,)),
    conv((2, 3, 5, 6), (4, 3, 3, 2)),
    conv((3, 5, 6), (4, 3, 3, 2), padding=1),
    conv((1, 1, 1, 1), (1, 1, 1, 1)),
    conv((1, 1, 1, 1), (2, 1, 3, 3), padding=1),
    conv((2, 1, 28, 28), (3, 1, 3, 3), padding=1),
    conv((2, 2, 6, 6), (3, 2, 2, 2), stride=2),
    conv((2, 2, 7, 8), (3, 2, 3, 2), stride=(2, 3), padding=(0, 1)),
    conv((2, 2, 3, 3), (1, 2, 1, 1), stride=3),
    conv((2, 2, 8, 7), (3, 2, 3, 2), dilation=(2, 3)),
    conv((2, 2, 8, 7), (3, 2, 3, 3), stride=2, padding=2, dilation=2),
    conv((2, 4, 5, 5), (6, 4, 3, 3), padding=[2, 1]),
    conv((0, 2, 5, 5), (3, 2, 2, 2), padding=1),
    conv((2, 3, 1, 9), (2, 3, 1, 4), stride=[1, 2]),
    conv((2, 3, 9, 1), (2, 3, 4, 1)),
    conv((1, 2, 4, 4), (2, 2, 4, 4)),
]

POOLING = [
    *[
        pool(name, *case, **settings)
        for name in ("max_pool1d", "avg_pool1d")
        for case, settings in [
            (((2, 3, 8), 2), {}),
            (((3, 8), 3), {"stride": 1}),
            (((1, 1, 1), 1), {}),
            (((0, 2, 6), 2), {}),
            (((2, 2, 7), 3), {"padding": 1, "stride": 2}),
            (((2, 2, 8), (3,)), {}),
        ]
    ],
    *[
        pool(name, *case, **settings)
        for name in ("max_pool2d", "avg_pool2d")
        for case, settings in [
            (((2, 3, 6, 6), 2), {}),
            (((3, 6, 6), 2), {}),
            (((2, 3, 7, 7), 2), {}),
            (((2, 3, 7, 5), 3), {"stride": 2}),
            (((2, 3, 7, 5), (3, 2)), {"stride": (1, 2)}),
            (((2, 2, 5, 5), 1), {"stride": 3}),
            (((1, 1, 1, 1), 1), {}),
            (((0, 2, 6, 6), 2), {}),
            (((2, 1, 6, 6), 3), {"padding": 1}),
            (((2, 2, 7, 6), (4, 2)), {"padding": (2, 1), "stride": 2}),
            (((2, 2, 7, 8), 3), {"stride": 2}),
            (((2, 2, 7, 8), 3), {"padding": 1}),
            (((2, 2, 6, 6), 2), {"stride": 4, "padding": 1}),
            (((2, 2, 1, 9), (1, 2)), {}),
        ]
    ],
]

CASES = CONVOLUTIONS + POOLING
SMALL = [case for case in CASES if np.prod(case.values[1][0]) < 500]  # the rest is slow by hand
each = pytest.mark.parametrize(("name", "shapes", "settings"), CASES)


def call(lib, name, settings):
    """The function, under its name in either library."""
    return lambda *x: getattr(lib.nn.functional, name)(*x, **settings)


def draw(shapes, seed=0, scale=1.0):
    """Normal numbers; no two are so close that a nudge changes which one is the largest."""
    rng = np.random.default_rng(seed)
    return [
        scale * (rng.permutation(np.prod(shape, dtype=int)).reshape(shape) / 8 % 7 - 3)
        + rng.uniform(-0.03, 0.03, shape) * scale
        for shape in shapes
    ]


def twin(name, settings):
    """The same from primitive operations, one window at a time."""

    def run(x, w=None, b=None):
        dims = int(name[-2])
        if x.ndim == dims + 1:
            return run(x.unsqueeze(0), w, b).squeeze(0)

        def sizes(key, usual):
            value = settings.get(key, usual)
            return [value] * dims if isinstance(value, int) else list(value)

        kernel = w.shape[2:] if w is not None else sizes("kernel_size", 1)
        stride, step = sizes("stride", 1 if w is not None else list(kernel)), sizes("dilation", 1)
        margin, lengths = sizes("padding", 0), x.shape[2:]
        starts = [
            range(-p, n + p - d * (k - 1), s)
            for p, n, d, k, s in zip(margin, lengths, step, kernel, stride, strict=True)
        ]
        answers = []
        for corner in itertools.product(*starts):
            terms = []
            for tap in itertools.product(*map(range, kernel)):
                at = [c + t * d for c, t, d in zip(corner, tap, step, strict=True)]
                if all(0 <= i < n for i, n in zip(at, lengths, strict=True)):
                    entry = x[(slice(None), slice(None), *at)]
                    terms.append(entry if w is None else entry @ w[(..., *tap)].T)
            if name.startswith("max"):
                answers.append(nnlib.stack(terms).amax(0))
                continue
            total = sum(terms[1:], terms[0]) if terms else nnlib.zeros(len(x), len(w)).double()
            if w is None:
                total = total / int(np.prod(kernel))
            answers.append(total if b is None else total + b)
        return nnlib.stack(answers, -1).reshape(len(x), -1, *map(len, starts))

    return run


@each
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_agrees_with_pytorch(torch, name, shapes, settings, scale):
    arrays = draw(shapes, 1, scale)
    found = forward_backward(call(nnlib, name, settings), arrays)
    assert_close(found, torch_forward_backward(torch, call(torch, name, settings), arrays), 1e-12)


@pytest.mark.parametrize(
    ("name", "shapes", "settings"),
    [case for case in SMALL if 0 not in case.values[1][0]],
)
def test_agrees_with_its_composed_twin(name, shapes, settings):
    arrays = draw(shapes, 2)
    found = forward_backward(call(nnlib, name, settings), arrays)
    assert_close(found, forward_backward(twin(name, settings), arrays), 1e-12)


@pytest.mark.parametrize(("name", "shapes", "settings"), SMALL)
def test_gradient_agrees_with_central_differences(name, shapes, settings):
    inputs = [nnlib.Tensor(array, requires_grad=True) for array in draw(shapes, 3)]
    assert gradcheck(call(nnlib, name, settings), inputs, atol=1e-6, rtol=1e-5)


@each
def test_float32_stays_float32(torch, name, shapes, settings):
    arrays = [array.astype(np.float32) for array in draw(shapes, 4)]
    found = forward_backward(call(nnlib, name, settings), arrays)
    assert all(array.dtype == np.float32 for array in found)
    assert_close(found, torch_forward_backward(torch, call(torch, name, settings), arrays), 1e-5)


@each
def test_inputs_are_untouched_and_may_lie_in_memory_in_any_way(name, shapes, settings):
    arrays = draw(shapes, 5)
    expected = forward_backward(call(nnlib, name, settings), arrays)
    for scatter in (lambda a: np.repeat(a[..., None], 2, -1)[..., 0], np.asfortranarray):
        scattered = [scatter(array) for array in arrays]
        for array in scattered:
            array.flags.writeable = False
        found = forward_backward(call(nnlib, name, settings), scattered)
        assert all(map(np.array_equal, scattered, arrays))
        assert_close(found, expected, 1e-14)
        assert not any(np.shares_memory(found[0], array) for array in scattered)


def test_images_stay_in_the_fast_layout():
    x = nnlib.randn(5, 3, 8, 8)
    y = F.max_pool2d(nnlib.relu(F.conv2d(x, nnlib.randn(4, 3, 3, 3))), 2)
    assert y.array.transpose(1, 2, 3, 0).flags.c_contiguous


@pytest.mark.parametrize("wanted", list(itertools.product([False, True], repeat=3)), ids=str)
def test_only_inputs_that_want_a_gradient_get_one(wanted):
    arrays = draw(((2, 2, 5, 5), (3, 2, 3, 3), (3,)), 6)
    inputs = [nnlib.Tensor(a, requires_grad=r) for a, r in zip(arrays, wanted, strict=True)]
    y = F.conv2d(*inputs)
    assert y.requires_grad == any(wanted)
    if any(wanted):
        y.sum().backward()
        full = [nnlib.Tensor(a, requires_grad=True) for a in arrays]
        F.conv2d(*full).sum().backward()
        for one, other in zip(inputs, full, strict=True):
            assert (one.grad is not None) == one.requires_grad
            assert one.grad is None or np.array_equal(one.grad.numpy(), other.grad.numpy())


def test_the_first_of_equal_entries_takes_the_gradient(torch):
    x = np.zeros((1, 1, 4, 5), np.float32)
    for settings in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 1, "padding": 1}):
        found = forward_backward(call(nnlib, "max_pool2d", settings), [x])
        expected = torch_forward_backward(torch, call(torch, "max_pool2d", settings), [x])
        assert_close(found, expected, 1e-7)


def test_nan_and_infinity_pass_through():
    x = nnlib.tensor([[np.nan, 1.0, np.inf, 2.0, -np.inf, -np.inf]])
    for pooled in (F.max_pool1d(x, 2), F.avg_pool1d(x, 2)):
        assert np.array_equal(pooled.numpy(), [[np.nan, np.inf, -np.inf]], equal_nan=True)


def test_a_convolution_is_linear_and_moves_with_its_input():
    x, y, w = (nnlib.Tensor(a) for a in draw(((2, 3, 9, 9), (2, 3, 9, 9), (4, 3, 3, 3)), 7))
    both = F.conv2d(3 * x - y, w)
    assert_close([both.numpy()], [(3 * F.conv2d(x, w) - F.conv2d(y, w)).numpy()], 1e-13)
    moved = F.conv2d(x[:, :, 2:, 1:], w)
    assert_close([moved.numpy()], [F.conv2d(x, w)[:, :, 2:, 1:].numpy()], 1e-13)


# ---- layers --------------------------------------------------------------------------------

LAYERS = {
    "Conv1d(3, 4, 3)": (2, 3, 8),
    "Conv1d(4, 6, (3,), stride=2, padding=1, dilation=2, bias=False)": (2, 4, 9),
    "Conv2d(3, 4, 3)": (2, 3, 6, 6),
    "Conv2d(1, 8, kernel_size=(3, 2), stride=(1, 2), padding=1)": (2, 1, 7, 7),
    "Conv2d(4, 6, 3, 2, 1, 2)": (2, 4, 9, 9),
    "MaxPool1d(2)": (2, 3, 8),
    "MaxPool1d(3, stride=2, padding=1)": (2, 3, 8),
    "MaxPool2d(2)": (2, 3, 8, 8),
    "MaxPool2d((3, 2), 2, 1)": (2, 3, 9, 9),
    "AvgPool1d((2,))": (2, 3, 8),
    "AvgPool1d((3,), (2,), (1,))": (2, 3, 8),
    "AvgPool2d(2)": (2, 3, 8, 8),
    "AvgPool2d((3, 2), stride=2, padding=1)": (2, 3, 8, 8),
}


def build(lib, text):
    return eval(f"nn.{text}", {"nn": lib.nn})


@pytest.mark.parametrize(("text", "shape"), LAYERS.items(), ids=LAYERS)
def test_a_layer_is_pytorchs_under_the_same_names(torch, text, shape):
    mine, theirs = build(nnlib, text).double(), build(torch, text).double()
    if text != "AvgPool1d((2,))":  # PyTorch shows its stride as (2,) or 2, by version
        more = ", dilation=1, ceil_mode=False"  # settings of PyTorch's that are not here
        assert repr(mine) == repr(theirs).replace(more, "")
    assert list(mine.state_dict()) == list(theirs.state_dict())
    mine.load_state_dict(theirs.state_dict())
    x = draw((shape,), 8)
    found = forward_backward(mine, x)
    assert_close(found, torch_forward_backward(torch, theirs, x), 1e-12)
    for ours, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert_close([ours.grad.numpy()], [other.grad.numpy()], 1e-12)
    fresh = build(nnlib, text).double()
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in fresh.state_dict().items()})
    assert_close([fresh(nnlib.Tensor(x[0])).detach().numpy()],
                 [theirs(torch.tensor(x[0])).detach().numpy()], 1e-12)  # fmt: skip


def test_weights_start_evenly_spread_over_pytorchs_range(torch):
    nnlib.manual_seed(0)
    mine, theirs = nn.Conv2d(2, 300, 5), torch.nn.Conv2d(2, 300, 5)
    for ours, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert ours.dtype == nnlib.float32
        assert tuple(ours.shape) == tuple(other.shape)
        assert ours.abs().max().item() == pytest.approx(50**-0.5, rel=0.02)
        assert ours.abs().max().item() == pytest.approx(other.abs().max().item(), rel=0.02)
        assert ours.std().item() == pytest.approx((50 * 3) ** -0.5, rel=0.1)


def test_a_small_network_learns_as_in_pytorch(torch):
    def network(lib):
        return lib.nn.Sequential(
            lib.nn.Conv2d(1, 4, 3, padding=1), lib.nn.ReLU(), lib.nn.MaxPool2d(2),
            lib.nn.Conv2d(4, 6, 3), lib.nn.ReLU(), lib.nn.AvgPool2d(2), lib.nn.Flatten(),
            lib.nn.Linear(24, 3),
        ).double()  # fmt: skip

    seed = int(np.random.default_rng().integers(1000))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(8, 1, 12, 12)), rng.integers(0, 3, 8)
    mine, theirs = network(nnlib), network(torch)
    mine.load_state_dict(theirs.state_dict())
    losses = []
    for lib, model in ((nnlib, mine), (torch, theirs)):
        optimizer = lib.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            loss = lib.nn.CrossEntropyLoss()(model(lib.tensor(x)), lib.tensor(y))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[:20] == pytest.approx(losses[20:], rel=1e-9), f"seed {seed}"
    assert losses[19] < losses[0], f"seed {seed}"


# ---- what goes wrong -----------------------------------------------------------------------

X1, W1 = nnlib.zeros(2, 3, 8), nnlib.zeros(4, 3, 3)
X2, W2 = nnlib.zeros(2, 3, 8, 8), nnlib.zeros(4, 3, 3, 3)
BAD_CONV = [
    (lambda f, x, w: f(x.numpy(), w), TypeError, "input: expected a Tensor of .*, got ndarray"),
    (lambda f, x, w: f(x.long(), w), TypeError, "input: .*float32 or float64, got Tensor int64"),
    (lambda f, x, w: f(x[0, 0], w), ValueError, r"input: expected shape .*got \((8, )?8,?\)"),
    (lambda f, x, w: f(x, None), TypeError, "weight: expected a Tensor of float32, got NoneType"),
    (lambda f, x, w: f(x, w.double()), TypeError, "weight: .*float32, got Tensor float64"),
    (lambda f, x, w: f(x, w[0]), ValueError, r"weight: expected shape .*, got \(3, 3"),
    (lambda f, x, w: f(x, w[:, :2]), ValueError, r"\(O, 3, K.*\(2, 3, 8.*got \(4, 2, 3"),
    (lambda f, x, w: f(x, w[:0]), ValueError, r"none 0.*got \(0, 3, 3"),
    (lambda f, x, w: f(x, w, w[0]), ValueError, r"bias: expected shape \(4,\).*, got \(3, 3"),
    (lambda f, x, w: f(x, w, [1.0]), TypeError, "bias: expected a Tensor of float32, got list"),
    (lambda f, x, w: f(x[..., :2], w), ValueError, r"input: .*size \(3.*, got size \((8, )?2,?\)"),
    (lambda f, x, w: f(x, w, stride=0), ValueError, "stride: expected 1 or more, got 0"),
    (lambda f, x, w: f(x, w, stride=(1, 1, 1)), ValueError, r"stride: .*got \(1, 1, 1\)"),
    (lambda f, x, w: f(x, w, padding=-1), ValueError, "padding: expected 0 or more, got -1"),
    (lambda f, x, w: f(x, w, padding="same"), TypeError, "padding: expected an integer"),
    (lambda f, x, w: f(x, w, dilation=1.5), TypeError, "dilation: expected an integer, got float"),
    (lambda f, x, w: f(x, w, groups=2), ValueError, "groups: expected 1, .*got 2"),
    (lambda f, x, w: f(x, w, dilation=9), ValueError, r"kernel of size \(3.* dilation \(9"),
]
BAD_POOL = [
    (lambda f, x: f(x.numpy(), 2), TypeError, "input: expected a Tensor of .*, got ndarray"),
    (lambda f, x: f(x.long(), 2), TypeError, "input: .*float32 or float64, got Tensor int64"),
    (lambda f, x: f(x[0, 0], 2), ValueError, r"input: .*expected shape .*got \((8, )?8,?\)"),
    (lambda f, x: f(x, 0), ValueError, "kernel_size: expected 1 or more, got 0"),
    (lambda f, x: f(x, (2, 2, 2)), ValueError, r"kernel_size: .*got \(2, 2, 2\)"),
    (lambda f, x: f(x, True), TypeError, "kernel_size: expected an integer, got bool"),
    (lambda f, x: f(x, 9), ValueError, r"input: .* kernel of size \(9.*, got size \(8"),
    (lambda f, x: f(x, 2, padding=2), ValueError, r"padding: .*kernel_size \(2.* got \(2"),
    (lambda f, x: f(x, 2, stride="2"), TypeError, "stride: expected an integer"),
    (lambda f, x: f(x[..., :0], 2, padding=1), ValueError, r"input: .*, got size \((8, )?0,?\)"),
]
BAD_LAYER = [
    ("Conv1d(0, 1, 3)", ValueError, "in_channels: expected 1 or more, got 0"),
    ("Conv1d(1, -2, 3)", ValueError, "out_channels: .*got -2"),
    (
        "Conv1d(1, 1, (3, 3))",
        ValueError,
        r"kernel_size: expected a number or a sequence of 1, got \(3, 3\)",
    ),
    ("Conv1d(1, 1, 3, stride=0)", ValueError, "stride"),
    ("Conv1d(1.0, 1, 3)", TypeError, "in_channels: expected an integer, got float"),
    ("Conv2d(1, 1, 0)", ValueError, "kernel_size"),
    ("Conv2d(1, 1, 3, padding=-1)", ValueError, "padding"),
    ("Conv2d(1, 1, 3, dilation='2')", TypeError, "dilation"),
    ("Conv2d(1, 1, (3, 3, 3))", ValueError, "kernel_size"),
    ("Conv2d(2, 2, 3, 1, 0, 1, 2)", ValueError, "groups: expected 1, .*got 2"),
    *[
        (f"{pool}({settings})", error, message)
        for pool in ("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d")
        for settings, error, message in [
            ("0", ValueError, "kernel_size"),
            ("2.5", TypeError, "kernel_size"),
            ("(2, 2, 2)", ValueError, "kernel_size"),
            ("2, stride=0", ValueError, "stride"),
            ("2, padding=-1", ValueError, "padding"),
        ]
    ],
]


@pytest.mark.parametrize(("bad", "error", "message"), BAD_CONV)
def test_a_bad_convolution_says_what_is_wrong(bad, error, message):
    for function, x, w in ((F.conv1d, X1, W1), (F.conv2d, X2, W2)):
        with pytest.raises(error, match=message):
            bad(function, x, w)


@pytest.mark.parametrize(("bad", "error", "message"), BAD_POOL)
def test_bad_pooling_says_what_is_wrong(bad, error, message):
    for function in (F.max_pool1d, F.max_pool2d, F.avg_pool1d, F.avg_pool2d):
        with pytest.raises(error, match=message):
            bad(function, X1 if "1d" in function.__name__ else X2)


@pytest.mark.parametrize(("text", "error", "message"), BAD_LAYER, ids=lambda part: str(part))
def test_a_bad_layer_says_what_is_wrong(text, error, message):
    with pytest.raises(error, match=message):
        build(nnlib, text)


# ---- the checker is checked ----------------------------------------------------------------


def wrong_conv(x, w, b):
    """A convolution whose backward forgets one thousandth of the blame."""
    y = F.conv2d(x, w, b)
    return record("wrong", y.array, (y,), lambda g: (g * 0.999,))


def test_the_checks_catch_a_wrong_gradient(torch):
    arrays = draw(((2, 2, 4, 4), (3, 2, 2, 2), (3,)), 10)
    inputs = [nnlib.Tensor(array, requires_grad=True) for array in arrays]
    with pytest.raises(GradcheckError):
        gradcheck(wrong_conv, inputs, atol=1e-6, rtol=1e-5)
    found = forward_backward(wrong_conv, arrays)
    right = torch_forward_backward(torch, torch.nn.functional.conv2d, arrays)
    for expected in (right, forward_backward(twin("conv2d", {}), arrays)):
        with pytest.raises(AssertionError, match="off by"):
            assert_close(found, expected, 1e-12)


# ---- the allocator -------------------------------------------------------------------------


def test_the_allocator_call_says_whether_it_took_effect(monkeypatch):
    import platform

    assert nnlib.tune_allocator() is (platform.libc_ver()[0] == "glibc")
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())  # a C library that is not glibc
    assert nnlib.tune_allocator() is False


@pytest.mark.parametrize("bad", [-1, 2**31, 1.5, "1", None, True])
def test_a_bad_amount_to_keep_says_what_is_wrong(bad):
    with pytest.raises((TypeError, ValueError), match=r"keep: expected .*got"):
        nnlib.tune_allocator(bad)
