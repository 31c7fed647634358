"""Inputs at the edge of what a float can hold: the results stay finite and right.

A network that diverges, or a logit that is very sure, must not turn into NaN by arithmetic.
"""

import math

import numpy as np
import pytest

import nnlib
from nnlib import functional as F  # noqa: N812 - PyTorch's customary name

BIG = [1e3, 1e308]


def t(*values):
    return nnlib.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def value_and_gradient(run, x):
    y = run(x)
    y.backward(nnlib.ones_like(y))
    return y.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("big", BIG)
def test_sigmoid(big):
    y, g = value_and_gradient(nnlib.sigmoid, t(-big, 0, big))
    assert y.tolist() == [0, 0.5, 1]
    assert g.tolist() == [0, 0.25, 0]


def test_sigmoid_keeps_its_digits_far_below_zero():
    y = nnlib.sigmoid(t(-30.0, -700.0)).detach().numpy()
    np.testing.assert_allclose(y, [math.exp(-30) / (1 + math.exp(-30)), math.exp(-700)], 1e-14)


@pytest.mark.parametrize("big", BIG)
def test_softmax_family(big):
    y, g = value_and_gradient(lambda x: nnlib.softmax(x, 0), t(-big, big))
    assert y.tolist() == [0, 1]
    assert g.tolist() == [0, 0]
    assert nnlib.softmax(t(big, big), 0).tolist() == [0.5, 0.5]
    y, _ = value_and_gradient(lambda x: nnlib.log_softmax(x, 0), t(0, big))
    assert y.tolist() == [-big, 0]
    y, g = value_and_gradient(lambda x: nnlib.logsumexp(x, 0), t(-big, big))
    assert y == big
    assert g.tolist() == [0, 1]
    y, _ = value_and_gradient(lambda x: nnlib.logsumexp(x, 0), t(-big, -big))
    assert y == pytest.approx(-big + math.log(2), rel=1e-15)


def test_minus_infinity_is_a_mask():
    inf = math.inf
    assert nnlib.softmax(t(-inf, 0, 0), 0).tolist() == [0, 0.5, 0.5]
    assert nnlib.logsumexp(t(-inf, -inf), 0).item() == -inf


@pytest.mark.parametrize("big", BIG)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_every_cross_entropy_is_finite_and_pytorchs(torch, big, smoothing):
    for logits in (
        [[0.0, big]],
        [[-big, 0.0]],
        [[big, big]],
        [[-big, -big]],
        [[-big / 2, big / 2]],
    ):
        for target in ([0], [1], [[0.25, 0.75]], [[1.0, 0.0]]):
            results = []
            for lib in (nnlib, torch):
                z = lib.tensor(np.array(logits), requires_grad=True)
                cross_entropy = lib.nn.functional.cross_entropy
                loss = cross_entropy(z, lib.tensor(np.array(target)), label_smoothing=smoothing)
                loss.backward()
                results.append([loss.item(), *z.grad.numpy().ravel()])
            assert np.isfinite(results[0]).all()
            np.testing.assert_allclose(*results, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("big", BIG)
def test_every_binary_cross_entropy_is_finite_and_pytorchs(torch, big):
    results = []
    for lib in (nnlib, torch):
        z = lib.tensor(np.repeat([-big, 0.0, big], 3), requires_grad=True)
        targets = lib.tensor(np.tile([0.0, 0.5, 1.0], 3))
        loss = lib.nn.functional.binary_cross_entropy_with_logits(z, targets, reduction="none")
        loss.backward(lib.ones_like(loss))
        results.append([loss.detach().numpy(), z.grad.numpy()])
    assert np.isfinite(results[0]).all()
    np.testing.assert_allclose(*results, rtol=1e-15)


@pytest.mark.parametrize("big", BIG)
def test_cross_entropies(big):
    right, wrong = nnlib.tensor([1]), nnlib.tensor([0])
    logits = t(0.0, big).reshape(1, 2)
    assert F.cross_entropy(logits, right).item() == 0
    assert F.cross_entropy(logits, wrong).item() == big
    shares = nnlib.tensor(np.array([[0.0, 1.0]]))
    assert F.cross_entropy(logits, shares).item() == 0
    assert F.cross_entropy(t(-big, big).reshape(1, 2), shares).item() == 0
    x = t(big, -big)
    y, g = value_and_gradient(
        lambda x: F.binary_cross_entropy_with_logits(x, nnlib.tensor(np.array([1.0, 1.0]))), x
    )
    assert y == big / 2
    assert g.tolist() == [0, -0.5]


def test_the_mean_of_huge_losses_does_not_overflow():
    z, ones = t(-1.5e308, -1.5e308), nnlib.tensor(np.ones(2))
    assert F.binary_cross_entropy_with_logits(z, ones).item() == 1.5e308


def test_binary_cross_entropy_stops_at_100():
    y, g = value_and_gradient(
        lambda p: F.binary_cross_entropy(p, nnlib.tensor(np.array([1.0, 0.0]))), t(0.0, 1.0)
    )
    assert y == 100
    assert np.isfinite(g).all()


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(approximate):
    y, g = value_and_gradient(lambda x: F.gelu(x, approximate), t(-1e308, -1e3, 1e3, 1e308))
    assert y.tolist() == [0, 0, 1e3, 1e308]
    np.testing.assert_allclose(g, [0, 0, 1, 1], atol=1e-12)


def test_the_normal_distribution_function_is_exact_to_the_last_digits():
    x = np.concatenate([np.linspace(-7, 7, 20001), np.linspace(-1e-3, 1e-3, 101)])
    expected = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x])
    np.testing.assert_allclose(F._normal_cdf(x), expected, rtol=1e-15, atol=1e-16)
    np.testing.assert_allclose(F._normal_cdf(x.astype(np.float32)), expected, rtol=0, atol=1.2e-7)


NAN_SPREADS = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "gelu": F.gelu,
    "softmax": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, 0),
    "logsumexp": lambda x: F.logsumexp(x, 0),
    "max": lambda x: x.max(),
    "max dim": lambda x: x.max(0).values,
    "clamp": lambda x: x.clamp(0, 1),
    "mse": lambda x: F.mse_loss(x, nnlib.zeros_like(x)),
    "bce": lambda x: F.binary_cross_entropy(x, nnlib.zeros_like(x)),
    "bce logits": lambda x: F.binary_cross_entropy_with_logits(x, nnlib.zeros_like(x)),
    **{name: getattr(nnlib, name) for name in ("exp", "sqrt", "square", "abs", "log")},
    "arithmetic": lambda x: (2 - x) * (1 + x / 3),
    "pow": lambda x: x**5,
    "pow 0.5": lambda x: x**0.5,
    "matmul": lambda x: x @ nnlib.ones(2, 2, dtype=np.float64),
    "maximum": lambda x: x.maximum(0.25),
    "minimum": lambda x: x.minimum(0.75),
    "sum": nnlib.sum,
    "mean": nnlib.mean,
    "var": nnlib.var,
    "std": nnlib.std,
    "amax": nnlib.amax,
    "min": nnlib.min,
    "min dim": lambda x: x.min(0).values,
    "where": lambda x: nnlib.where(nnlib.tensor([True, True]), x, 0.0),
    "cat": lambda x: nnlib.cat([x, x]),
    "index": lambda x: x[[1, 0, 1]],
    "l1": lambda x: F.l1_loss(x, nnlib.zeros_like(x)),
    "huber": lambda x: F.huber_loss(x, nnlib.zeros_like(x)),
    "nll": lambda x: F.nll_loss(x, nnlib.tensor(1)) + F.nll_loss(x, nnlib.tensor(0)),
    "ce smoothed": lambda x: F.cross_entropy(x, nnlib.tensor(0), label_smoothing=0.1),
    "dropout": lambda x: F.dropout(x, 0.5, training=False),
    "linear": lambda x: F.linear(x, nnlib.ones(3, 2, dtype=np.float64)),
    "layer_norm": lambda x: F.layer_norm(x, (2,)) * nnlib.tensor(np.array([1.0, 2.0])),
    "batch_norm": lambda x: F.batch_norm(x.reshape(2, 1), None, None, training=True) ** 3,
    "conv1d": lambda x: F.conv1d(x.reshape(1, 1, 2), nnlib.ones(1, 1, 2, dtype=np.float64)),
    "avg_pool1d": lambda x: F.avg_pool1d(x.reshape(1, 2), 2),
    "max_pool2d": lambda x: F.max_pool2d(x.reshape(1, 1, 2), (1, 2)),
    "attention": lambda x: F.scaled_dot_product_attention(*[x.reshape(2, 1)] * 3),
    "embedding": lambda x: F.embedding(nnlib.tensor([1, 0]), x.reshape(2, 1)),
    "rnn": lambda x: nnlib.nn.RNN(1, 2, dtype="f8")(x.reshape(2, 1, 1))[0],
    "lstm": lambda x: nnlib.nn.LSTM(1, 2, dtype="f8")(x.reshape(2, 1, 1))[0],
    "gru": lambda x: nnlib.nn.GRU(1, 2, dtype="f8")(x.reshape(2, 1, 1))[0],
    "ce": lambda x: F.cross_entropy(x, nnlib.tensor(1)),
    "ce shares": lambda x: F.cross_entropy(x, nnlib.tensor(np.array([0.5, 0.5]))),
}


@pytest.mark.parametrize("name", NAN_SPREADS)
def test_nan_is_not_swallowed(name):
    for place in (0, 1):
        y, _ = value_and_gradient(NAN_SPREADS[name], t(*np.roll([math.nan, 0.5], place)))
        assert np.isnan(y).any()


@pytest.mark.parametrize("name", NAN_SPREADS)
def test_a_nan_in_the_gradient_is_not_swallowed(name):
    x = t(0.25, 0.5)
    y = NAN_SPREADS[name](x)
    y.backward(nnlib.full(y.shape, math.nan, dtype=np.float64))
    assert np.isnan(x.grad.numpy()).any()


@pytest.mark.parametrize("run", [F.softmax, F.log_softmax, F.logsumexp])
def test_shift_changes_softmax_not_at_all_and_logsumexp_by_itself(run):
    x = np.random.default_rng(0).normal(size=(3, 5))
    before, after = run(nnlib.tensor(x), 1).numpy(), run(nnlib.tensor(x + 100), 1).numpy()
    np.testing.assert_allclose(after, before + (100 if run is F.logsumexp else 0), atol=1e-12)
