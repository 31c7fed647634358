"""Batch normalisation beside PyTorch's: results, gradients and what it remembers.

The memory is half of the operation, so every comparison looks at the running statistics too.
"""

import re

import numpy as np
import pytest
from test_operations import assert_close, forward_backward, torch_forward_backward

import nnlib
from nnlib import nn
from nnlib.gradcheck import GradcheckError, gradcheck
from nnlib.tensor import record

F = nn.functional

SHAPES = [
    *[(2, 1), (2, 3), (7, 3), (8, 1), (1, 3, 2), (2, 3, 1), (4, 2, 5), (1, 1, 2), (3, 1, 1)],
    *[(2, 3, 4, 5), (1, 2, 3, 3), (1, 1, 1, 2), (5, 4, 1, 1), (2, 1, 6, 6), (3, 8, 2, 2)],
    *[(0, 3), (0, 2, 4), (0, 2, 3, 3), (2, 2, 1, 7), (2, 2, 2, 2, 2)],
]
SETTINGS = [
    {"training": True},
    {"training": True, "momentum": 0.7, "eps": 1e-2},
    {"training": False},
    {"training": False, "eps": 1e-2},
]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
each_setting = pytest.mark.parametrize("settings", SETTINGS, ids=str)


def draw(shape, seed=0, scale=1.0):
    """Input, weight and bias; and the running mean and variance from before."""
    rng = np.random.default_rng(seed)
    channels = shape[1]
    x = rng.normal(0.5, scale, shape)
    learnt = [rng.normal(1, 0.5, channels), rng.normal(size=channels)]
    return [x, *learnt], [rng.normal(size=channels), rng.uniform(0.5, 2, channels)]


def remembering(lib, running, settings):
    """``batch_norm`` as a function of what has gradients, and the statistics it will change."""
    statistics = [lib.tensor(array.copy()) for array in running]
    function = lib.nn.functional.batch_norm
    return lambda x, *learnt: function(x, *statistics, *learnt, **settings), statistics


def twin(running, settings):
    """The same from primitive operations."""

    def run(x, weight, bias):
        shape = (1, -1, *[1] * (x.ndim - 2))
        over = [0, *range(2, x.ndim)]
        if settings["training"]:
            mean = x.mean(over, keepdim=True)
            var = (x - mean).square().mean(over, keepdim=True)
        else:
            mean, var = (nnlib.tensor(array).reshape(shape) for array in running)
        normal = (x - mean) / (var + settings.get("eps", 1e-5)).sqrt()
        return normal * weight.reshape(shape) + bias.reshape(shape)

    return run


@each_setting
@each_shape
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_agrees_with_pytorch(torch, shape, settings, scale):
    arrays, running = draw(shape, 1, scale)
    mine, my_statistics = remembering(nnlib, running, settings)
    theirs, their_statistics = remembering(torch, running, settings)
    found = forward_backward(mine, arrays)
    expected = torch_forward_backward(torch, theirs, arrays)
    # Where a channel has two values, its gradient nearly cancels: compare with what cancelled.
    pair = settings["training"] and len(arrays[0]) and arrays[0].size == 2 * shape[1]
    assert_close([found[0], *found[2:]], [expected[0], *expected[2:]], 1e-12)
    error = np.linalg.norm(found[1] - expected[1])
    assert error <= 1e-12 * max(np.linalg.norm(expected[1]), 1.0 if pair else 0.0)
    statistics = [tensor.numpy() for tensor in my_statistics]
    assert_close(statistics, [tensor.numpy() for tensor in their_statistics], 1e-12)
    assert settings["training"] or all(map(np.array_equal, statistics, running))


@each_setting
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if 0 not in shape], ids=str)
def test_agrees_with_its_composed_twin(shape, settings):
    arrays, running = draw(shape, 2)
    found = forward_backward(remembering(nnlib, running, settings)[0], arrays)
    expected = forward_backward(twin(running, settings), arrays)
    assert_close([found[0], *found[2:]], [expected[0], *expected[2:]], 1e-12)
    assert np.linalg.norm(found[1] - expected[1]) <= 1e-12 * max(1, np.linalg.norm(expected[1]))


@each_setting
@each_shape
def test_gradient_agrees_with_central_differences(shape, settings):
    arrays, running = draw(shape, 3)
    inputs = [nnlib.Tensor(array, requires_grad=True) for array in arrays]
    weights = nnlib.Tensor(np.random.default_rng(4).normal(size=shape))  # a plain sum is constant
    run, _ = remembering(nnlib, running, settings)
    assert gradcheck(lambda *x: run(*x) * weights, inputs, atol=1e-6, rtol=1e-4)


@each_setting
@pytest.mark.parametrize("shape", [(7, 3), (4, 2, 5), (2, 3, 4, 5), (3, 8, 6, 6)], ids=str)
def test_float32_stays_float32(torch, shape, settings):
    arrays, running = draw(shape, 5)
    arrays, running = ([a.astype(np.float32) for a in part] for part in (arrays, running))
    mine, statistics = remembering(nnlib, running, settings)
    found = forward_backward(mine, arrays)
    assert all(array.dtype == np.float32 for array in [*found, *(s.numpy() for s in statistics)])
    theirs, _ = remembering(torch, running, settings)
    assert_close(found, torch_forward_backward(torch, theirs, arrays), 1e-5)


@each_setting
@each_shape
def test_inputs_are_untouched_and_may_lie_in_memory_in_any_way(shape, settings):
    arrays, running = draw(shape, 6)
    expected = forward_backward(remembering(nnlib, running, settings)[0], arrays)
    for scatter in (lambda a: np.repeat(a[..., None], 2, -1)[..., 0], np.asfortranarray):
        scattered = [scatter(array) for array in arrays]
        for array in scattered:
            array.flags.writeable = False
        found = forward_backward(remembering(nnlib, running, settings)[0], scattered)
        assert all(map(np.array_equal, scattered, arrays))
        assert_close(found, expected, 1e-14)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("parts", ["", "weight", "bias"])
def test_weight_bias_and_memory_may_be_missing(torch, training, parts):
    (x, weight, bias), running = draw((4, 2, 3), 7)
    results = []
    for lib in (nnlib, torch):
        learnt = {"weight": weight, "bias": bias}
        given = {n: lib.tensor(a).requires_grad_() for n, a in learnt.items() if n in parts}
        image = lib.tensor(x).requires_grad_()
        statistics = (None, None) if training else map(lib.tensor, running)
        y = lib.nn.functional.batch_norm(image, *statistics, **given, training=training)
        (y * y * y).sum().backward()
        results.append([y.detach().numpy(), *(t.grad.numpy() for t in (image, *given.values()))])
    assert_close(*results, 1e-12)


def test_the_result_has_mean_0_and_spread_1_even_far_from_0():
    x = nnlib.randn(64, 3, 8, 8) + 1000
    y = F.batch_norm(x, None, None, training=True).double()
    assert y.mean((0, 2, 3)).abs().max().item() < 1e-4
    assert (y.var((0, 2, 3), correction=0) - 1).abs().max().item() < 1e-3


def test_a_gradient_that_is_not_wanted_is_not_given():
    x, weight, bias = nnlib.randn(4, 2), nnlib.ones(2, requires_grad=True), nnlib.zeros(2)
    F.batch_norm(x, None, None, weight, bias, training=True).square().sum().backward()
    assert weight.grad is not None
    assert x.grad is None
    assert bias.grad is None


# ---- layers --------------------------------------------------------------------------------

LAYERS = {
    "BatchNorm1d(3)": (5, 3),
    "BatchNorm1d(2, eps=1e-3, momentum=0.5)": (5, 2, 4),
    "BatchNorm1d(3, affine=False)": (5, 3),
    "BatchNorm2d(3)": (2, 3, 4, 4),
    "BatchNorm2d(2, momentum=0.0)": (2, 2, 4, 4),
}


def build(lib, text):
    return eval(f"nn.{text}", {"nn": lib.nn})


@pytest.mark.parametrize(("text", "shape"), LAYERS.items(), ids=LAYERS)
def test_a_layer_is_pytorchs_under_the_same_names(torch, text, shape):
    mine, theirs = build(nnlib, text).double(), build(torch, text).double()
    more = r", track_running_stats=True|, bias=\w+"  # settings of PyTorch's that are not here
    assert repr(mine) == re.sub(more, "", repr(theirs))
    assert list(mine.state_dict()) == list(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        assert np.array_equal(mine.state_dict()[name].numpy(), value.numpy())
        if value.dtype == torch.float64:
            value.normal_().abs_()
    mine.load_state_dict(theirs.state_dict())
    for step in range(6):
        mine.train(step not in (3, 5))
        theirs.train(step not in (3, 5))
        x = [np.random.default_rng(step).normal(step, 1 + step, shape)]
        assert_close(forward_backward(mine, x), torch_forward_backward(torch, theirs, x), 1e-11)
        for name, value in theirs.state_dict().items():
            assert_close([mine.state_dict()[name].numpy()], [value.numpy()], 1e-12)
    for ours, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert_close([ours.grad.numpy()], [other.grad.numpy()], 1e-11)
    back = {name: torch.from_numpy(value.numpy()) for name, value in mine.state_dict().items()}
    assert build(torch, text).double().load_state_dict(back).missing_keys == []


def test_the_count_of_batches_is_an_integer_of_no_dimensions():
    layer = nn.BatchNorm1d(2)
    layer(nnlib.randn(3, 2))
    layer.float()
    assert layer.num_batches_tracked.dtype == nnlib.int64
    assert layer.num_batches_tracked.shape == ()
    assert layer.num_batches_tracked.item() == 1


# ---- what goes wrong -----------------------------------------------------------------------

X, C3, C4 = nnlib.zeros(2, 3, 4), nnlib.ones(3), nnlib.ones(4)
BATCH = {nn.BatchNorm1d: nnlib.zeros(3, 2), nn.BatchNorm2d: nnlib.zeros(3, 2, 4, 4)}
BAD = [
    (lambda: F.batch_norm([1.0], C3, C3), TypeError, "input: expected a Tensor of .*, got list"),
    (lambda: F.batch_norm(X.long(), C3, C3), TypeError, "input: .*float64, got Tensor int64"),
    (lambda: F.batch_norm(C3, C3, C3), ValueError, r"input: .*\(N, C\).*got \(3,\)"),
    (lambda: F.batch_norm(X, C4, C3), ValueError, r"running_mean: .*\(3,\).*3, 4\), got \(4,\)"),
    (lambda: F.batch_norm(X, C3, C4), ValueError, r"running_var: .*\(3,\).*3, 4\), got \(4,\)"),
    (lambda: F.batch_norm(X, C3, C3, C4), ValueError, r"weight: .*\(3,\).*got \(4,\)"),
    (lambda: F.batch_norm(X, C3, C3, C3, C4), ValueError, r"bias: .*\(3,\).*got \(4,\)"),
    (lambda: F.batch_norm(X, C3, C3, C3.double()), TypeError, "weight: .*float32, .* float64"),
    (lambda: F.batch_norm(X, C3, C3, 1.0), TypeError, "weight: .*got float"),
    (lambda: F.batch_norm(X, None, None), ValueError, "running_mean, running_var: expected both"),
    (lambda: F.batch_norm(X, C3, C3, eps=0), ValueError, "eps: expected more than 0, got 0"),
    (lambda: F.batch_norm(C3[None], C3, C3, training=True), ValueError, r"more than one.*\(1, 3\)"),
    *[
        case
        for layer in (nn.BatchNorm1d, nn.BatchNorm2d)
        for case in [
            (lambda layer=layer: layer(0), ValueError, "num_features: .*got 0"),
            (lambda layer=layer: layer(2.5), TypeError, "num_features: .*got float"),
            (lambda layer=layer: layer(2, eps=-1)(BATCH[layer]), ValueError, "eps: .*got -1"),
            (lambda layer=layer: layer(2, momentum=2), ValueError, "momentum: .*got 2"),
            (lambda layer=layer: layer(3)(nnlib.zeros(3)), ValueError, r"\(N, C.*C=3, got \(3,\)"),
            (lambda layer=layer: layer(4)(X), ValueError, r"\(N, C.*C=4, got \(2, 3, 4\)"),
            (lambda layer=layer: layer(4)([1.0]), TypeError, "input: .*got list"),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("bad", "error", "message"), BAD)
def test_what_does_not_fit_says_so(bad, error, message):
    with pytest.raises(error, match=message):
        bad()


def test_a_refused_batch_leaves_the_memory_as_it_was():
    layer = nn.BatchNorm1d(2)
    with pytest.raises(ValueError, match="more than one value"):
        layer(nnlib.ones(1, 2))
    assert layer.running_mean.tolist() == [0, 0]
    assert layer.running_var.tolist() == [1, 1]


# ---- the checker is checked ----------------------------------------------------------------


def test_the_checks_catch_a_backward_that_takes_the_mean_for_constant(torch):
    arrays, running = draw((5, 3), 8)

    def wrong(x, weight, bias):
        slope = weight.detach().array / np.sqrt(arrays[0].var(0) + 1e-5)
        y = F.batch_norm(x, None, None, weight, bias, training=True)
        return record("wrong", y.array, (x, y), lambda g: (g * slope, g))

    with pytest.raises(GradcheckError):
        gradcheck(wrong, [nnlib.Tensor(a, requires_grad=True) for a in arrays], rtol=1e-5)
    found = forward_backward(wrong, arrays)
    settings = {"training": True}
    theirs, _ = remembering(torch, running, settings)
    with pytest.raises(AssertionError, match="off by"):
        assert_close(found, torch_forward_backward(torch, theirs, arrays), 1e-12)
    with pytest.raises(AssertionError, match="off by"):
        assert_close(found, forward_backward(twin(running, settings), arrays), 1e-12)
