"""Fifty steps of every optimiser and schedule beside PyTorch's, and beside the textbook.

The network and the batches are the same to the last bit; only the optimiser is under test.
"""

import numpy as np
import pytest

import nnlib
from nnlib import nn, optim

SETTINGS = {
    "SGD": [
        {"lr": 0.1},
        {},
        {"lr": 0.05, "momentum": 0.9},
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"lr": 0.001, "momentum": 0.5},
    ],
    "Adam": [
        {"lr": 0.01},
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3},
        {"lr": 0.01, "weight_decay": 0.1},
        {"lr": 0.05, "amsgrad": True},
    ],
    "AdamW": [{}, {"lr": 0.01}, {"lr": 0.05, "weight_decay": 0.2}, {"amsgrad": True}],
    "Adagrad": [{}, {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.1, "eps": 1e-4}],
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}],
    "RMSprop": [{}, {"lr": 0.01}, {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}],
}
RULES = [
    pytest.param(name, settings, id=f"{name}-{settings}")
    for name, choices in SETTINGS.items()
    for settings in choices
]
SCHEDULES = {
    "StepLR": {"step_size": 7, "gamma": 0.5},
    "CosineAnnealingLR": {"T_max": 20, "eta_min": 0.001},
    "LambdaLR": {"lr_lambda": lambda epoch: 1 / (1 + 0.1 * epoch)},
}
RNG = np.random.default_rng(0)
SHAPES = [(3, 4), (4,), (2, 3), ()]
START = [RNG.normal(size=shape) for shape in SHAPES]
BATCHES = [RNG.normal(size=(5, 4)) for _ in range(50)]


def leaves(lib):
    return [lib.tensor(array, dtype=lib.float64, requires_grad=True) for array in START]


def loss_of(lib, parameters, batch):
    w, b, v, c = parameters
    hidden = lib.tanh(lib.tensor(batch) @ w.T[:, :3] + b[:3])
    return ((hidden @ v.T) ** 2).sum() + ((c + b) ** 2).sum() * 0.1


def run(lib, name, settings, steps=50, skip=None, schedule=None):
    """The parameters after some steps; ``skip(step)`` names one that gets no gradient."""
    parameters = leaves(lib)
    optimizer = getattr(lib.optim, name)(parameters, **settings)
    scheduler = None
    if schedule:
        scheduler = getattr(lib.optim.lr_scheduler, schedule)(optimizer, **SCHEDULES[schedule])
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(lib, parameters, BATCHES[step]).backward()
        if skip is not None and skip(step) is not None:
            parameters[skip(step)].grad = None
        optimizer.step()
        if scheduler:
            scheduler.step()
    return [parameter.detach().numpy() for parameter in parameters]


def assert_same(found, expected, tolerance=1e-10):
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "settings"), RULES)
def test_fifty_steps_equal_pytorchs(torch, name, settings):
    assert_same(run(nnlib, name, settings), run(torch, name, settings))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_parameter_without_gradient_is_left_out(torch, name):
    def skip(step):
        return {0: 1, 3: 0, 4: 3}.get(step % 7)

    settings = SETTINGS[name][-1]
    assert_same(run(nnlib, name, settings, skip=skip), run(torch, name, settings, skip=skip))


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_equal_pytorchs(torch, name):
    for rule in ("SGD", "Adam"):
        settings = {"lr": 0.05}
        found = run(nnlib, rule, settings, schedule=name)
        assert_same(found, run(torch, rule, settings, schedule=name))


def test_the_flat_adam_equals_its_plain_twin():
    w = [array.copy() for array in START]
    m, v = ([np.zeros_like(array) for array in START] for _ in range(2))
    lr, b1, b2, eps, decay = 0.05, 0.9, 0.999, 1e-8, 0.1
    for step in range(1, 51):
        parameters = [nnlib.tensor(array, requires_grad=True) for array in w]
        loss_of(nnlib, parameters, BATCHES[step - 1]).backward()
        for i, parameter in enumerate(parameters):
            g = parameter.grad.numpy()
            w[i] = w[i] - lr * decay * w[i]
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g**2
            w[i] = w[i] - lr * (m[i] / (1 - b1**step)) / (np.sqrt(v[i] / (1 - b2**step)) + eps)
    assert_same(run(nnlib, "AdamW", {"lr": lr, "weight_decay": decay}), w, 1e-12)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_wrong_rule_would_be_seen(torch, name):
    with pytest.raises(AssertionError):
        assert_same(run(nnlib, name, {"lr": 0.01}), run(torch, name, {"lr": 0.01001}))


@pytest.mark.parametrize(("name", "settings"), RULES)
def test_a_resumed_run_gives_the_same_bits(name, settings):
    whole = run(nnlib, name, settings, steps=20)
    parameters = leaves(nnlib)
    optimizer = getattr(optim, name)(parameters, **settings)
    for step in range(20):
        if step == 10:  # carry on with new objects
            saved = optimizer.state_dict()
            parameters = [nnlib.tensor(p.detach(), requires_grad=True) for p in parameters]
            optimizer = getattr(optim, name)(parameters, lr=123.0)
            optimizer.load_state_dict(saved)
        optimizer.zero_grad()
        loss_of(nnlib, parameters, BATCHES[step]).backward()
        optimizer.step()
    for mine, expected in zip(parameters, whole, strict=True):
        assert np.array_equal(mine.detach().numpy(), expected)


def test_groups_have_their_own_settings(torch):
    def grouped(lib):
        parameters = leaves(lib)
        groups = [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.5}]
        optimizer = lib.optim.Adam(groups, lr=0.01)
        loss_of(lib, parameters, BATCHES[0]).backward()
        optimizer.step()
        return [parameter.detach().numpy() for parameter in parameters]

    assert_same(grouped(nnlib), grouped(torch))


def test_adam_follows_parameters_whose_arrays_are_replaced():
    one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    two.load_state_dict(one.state_dict())
    optimizers = [optim.Adam(model.parameters(), lr=0.1) for model in (one, two)]
    rival = optim.Adam(two.parameters(), lr=0.1)
    for step in range(6):
        for model, optimizer in zip((one, two), optimizers, strict=True):
            optimizer.zero_grad()
            model(nnlib.ones(1, 3)).sum().backward()
            optimizer.step()
        if step == 2:
            for block in rival._lay_out():  # another optimiser takes them into its own memory
                block.adopt()
        if step == 3:
            two.weight.array = two.weight.array.copy()
    for mine, theirs in zip(one.parameters(), two.parameters(), strict=True):
        assert np.array_equal(mine.array, theirs.array)


def test_load_state_dict_reaches_what_adam_moves():
    model = nn.Linear(2, 1)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = optim.Adam(model.parameters(), lr=0.5)
    model(nnlib.ones(1, 2)).sum().backward()
    optimizer.step()
    model.load_state_dict(start)
    optimizer.step()
    assert not np.allclose(model.weight.array, start["weight"].array)


def test_float32_stays_float32():
    for name in SETTINGS:
        model = nn.Linear(2, 1)
        optimizer = getattr(optim, name)(model.parameters(), lr=0.1, weight_decay=0.1)
        model(nnlib.ones(1, 2)).sum().backward()
        optimizer.step()
        assert model.weight.dtype == nnlib.float32


W = nnlib.ones(2, requires_grad=True)
BAD = [
    (lambda: optim.SGD([], lr=0.1), ValueError, "params: expected at least one"),
    (lambda: optim.SGD([{"params": []}]), ValueError, "params: expected at least one"),
    (lambda: optim.SGD([{"params": [W], "lr": -2}]), ValueError, "lr: .* -2"),
    (lambda: optim.SGD(W, lr=0.1), TypeError, "params: expected an iterable"),
    (lambda: optim.SGD([1.0], lr=0.1), TypeError, "params: expected Tensors, got float"),
    (lambda: optim.SGD([W * 2], lr=0.1), ValueError, "leaves"),
    (lambda: optim.SGD([W, W], lr=0.1), ValueError, "twice"),
    (lambda: optim.SGD([W], lr=-1), ValueError, "lr: expected 0 or more, got -1"),
    (lambda: optim.SGD([W], momentum=-1), ValueError, "momentum"),
    (lambda: optim.SGD([W], weight_decay=-1), ValueError, "weight_decay"),
    (lambda: optim.SGD([W], nesterov=True), ValueError, "nesterov"),
    (lambda: optim.Adam([W], betas=(1.0, 0.9)), ValueError, r"betas: .* \(1.0, 0.9\)"),
    (lambda: optim.Adam([W], eps=-1e-8), ValueError, "eps"),
    (lambda: optim.Adam([W], lr=float("nan")), ValueError, "lr"),
    (lambda: optim.Adam([]), ValueError, "params"),
    (lambda: optim.AdamW([W], weight_decay=-0.1), ValueError, "weight_decay"),
    (lambda: optim.StepLR(None, 1), TypeError, "optimizer: .* NoneType"),
    (lambda: optim.StepLR(optim.SGD([W]), 0), ValueError, "step_size"),
    (lambda: optim.CosineAnnealingLR(optim.SGD([W]), 0), ValueError, "T_max"),
    (lambda: optim.LambdaLR(optim.SGD([W]), []), TypeError, "lr_lambda: .* function, got list"),
    (
        lambda: optim.Adam([W]).load_state_dict(optim.Adam(leaves(nnlib)).state_dict()),
        ValueError,
        r"state_dict: expected groups of \[1\] parameters, got \[4\]",
    ),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_settings_are_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()


def test_a_change_of_dtype_after_a_step_is_refused():
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters())
    model(nnlib.ones(1, 2)).sum().backward()
    optimizer.step()
    model.double()
    with pytest.raises(TypeError, match="float64 after steps in float32"):
        optimizer.step()
