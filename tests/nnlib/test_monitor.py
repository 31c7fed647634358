"""The monitor: its numbers are those of the definitions, and it tells sick runs from healthy ones.

Watching must change nothing, so a watched run is compared bit for bit with one that is not.
"""

import math

import numpy as np
import pytest

import nnlib
from nnlib import nn, optim
from nnlib.data import DataLoader, TensorDataset
from nnlib.monitor import SERIES, Monitor


def setting(seed=0, activation=nn.ReLU, hidden=5):
    nnlib.manual_seed(seed)
    X, y = nnlib.datasets.fruit(40)
    model = nn.Sequential(nn.Linear(2, hidden), activation(), nn.Linear(hidden, 1)).double()
    return model, X.double(), y.double(), nn.BCEWithLogitsLoss()


def one_step(monitor, model, X, y, criterion, optimizer):
    loss = criterion(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    monitor.step(loss)
    return loss.item()


def test_the_numbers_are_those_of_the_definitions():
    """Each worked out anew with NumPy, from the formulas of a network of two layers."""
    model, X, y, criterion = setting()
    x, target = X.array, y.array
    with Monitor(model) as monitor:
        optimizer = optim.SGD(model.parameters(), lr=0.3)
        for step in range(3):
            W1, b1, W2, b2 = (p.array.copy() for p in model.parameters())
            loss = one_step(monitor, model, X, y, criterion, optimizer)

            z = x @ W1.T + b1
            h = np.maximum(z, 0)
            out = h @ W2.T + b2
            g_out = (1 / (1 + np.exp(-out)) - target) / len(x)
            g_h = g_out @ W2
            g_z = g_h * (z > 0)
            gW1, gb1 = g_z.T @ x, g_z.sum(0)
            norm = math.sqrt((gW1**2).sum() + (gb1**2).sum())
            size = math.sqrt((W1**2).sum() + (b1**2).sum())
            expected = {
                ("loss", "loss"): loss,
                ("activation_mean", "(input)"): x.mean(),
                ("activation_std", "(input)"): x.std(),
                ("activation_mean", "0"): z.mean(),
                ("activation_std", "1"): h.std(),
                ("activation_std", "2"): out.std(),
                ("gradient_mean", "0"): g_z.mean(),
                ("gradient_std", "0"): g_z.std(),
                ("gradient_std", "1"): g_h.std(),
                ("gradient_mean", "2"): g_out.mean(),
                ("gradient_norm", "0"): norm,
                ("update_ratio", "0"): 0.3 * norm / size,
                ("dead", "1"): (h == 0).all(axis=0).mean(),
            }
            for (series, layer), value in expected.items():
                assert monitor.history[series][layer][step] == pytest.approx(value, rel=1e-12)
    assert monitor.steps == [1, 2, 3]
    assert tuple(monitor.history) == SERIES
    assert list(monitor.history["dead"]) == ["1"]
    assert list(monitor.history["saturated"]) == []
    assert list(monitor.history["update_ratio"]) == ["0", "2"]
    assert all(len(row) == 3 for rows in monitor.history.values() for row in rows.values())


EDGES = [  # the operation, its outputs for two units, the series, the share
    (nn.ReLU, [[-1.0, 2.0], [-3.0, -1.0]], "dead", 0.5),
    (nn.ReLU, [[-1.0, -2.0], [0.0, -1.0]], "dead", 1.0),
    (nn.ReLU, [[1.0, 2.0], [-3.0, 1.0]], "dead", 0.0),
    (nn.Sigmoid, [[-3.8, 3.8], [4.0, -4.0]], "saturated", 0.5),  # 3.89 gives 0.98
    (nn.Tanh, [[-2.2, 2.2], [2.4, -2.4]], "saturated", 0.5),  # 2.30 gives 0.98
    (nn.Tanh, [[0.0, 0.0], [0.1, -9.0]], "saturated", 0.25),
]


@pytest.mark.parametrize("number", range(len(EDGES)))
def test_dead_and_saturated_shares(number):
    activation, rows, series, share = EDGES[number]
    model = nn.Sequential(nn.Linear(2, 2), activation())
    model[0].weight.array[...] = np.eye(2)
    model[0].bias.array[...] = 0
    with Monitor(model) as monitor:
        model(nnlib.tensor(rows)).sum().backward()
        monitor.step()
    assert monitor.history[series]["1"] == [share]
    other = {"dead", "saturated"} - {series}
    assert monitor.history[other.pop()] == {}
    assert math.isnan(monitor.history["loss"]["loss"][0])


def test_as_a_callback_it_records_what_it_records_by_hand():
    model, X, y, criterion = setting()
    by_fit = Monitor(model)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    nnlib.fit(model, [(X, y)], criterion, optimizer, epochs=4, callbacks=[by_fit])

    model, X, y, criterion = setting()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    with Monitor(model) as by_hand:
        for _ in range(4):
            one_step(by_hand, model, X, y, criterion, optimizer)
    assert by_fit.history == by_hand.history


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam])
def test_watching_changes_no_bit(make):
    def trained(watched):
        model, X, y, criterion = setting()
        optimizer = make(model.parameters(), lr=0.1)
        loader = DataLoader(TensorDataset(X, y), 8, shuffle=True)
        told = [Monitor(model)] if watched else []
        nnlib.fit(model, loader, criterion, optimizer, epochs=3, validation=loader, callbacks=told)
        return [p.array for p in model.parameters()]

    for a, b in zip(trained(True), trained(False), strict=True):
        assert np.array_equal(a, b)


def test_validation_is_not_recorded_and_hooks_come_off():
    model, X, y, criterion = setting()
    monitor = Monitor(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    check = [(X * 1000, y)]
    nnlib.fit(
        model, [(X, y)], criterion, optimizer, epochs=3, validation=check, callbacks=[monitor]
    )
    assert monitor.steps == [1, 2, 3]
    assert max(monitor.history["activation_std"]["(input)"]) < 1
    assert not any(module._forward_hooks for module in model.modules())
    with pytest.raises(FloatingPointError):
        nnlib.fit(model, [(X * math.inf, y)], criterion, optimizer, epochs=1, callbacks=[monitor])
    assert not any(module._forward_hooks for module in model.modules())


def test_layers_are_what_computes():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)
            self.scale = nn.Parameter(nnlib.ones(1))

        def forward(self, x):
            return nnlib.relu(self.inner(x)) * self.scale

    class Squash(nn.Module):
        def forward(self, x):
            return nnlib.tanh(x)

    rnn = nn.RNN(2, 3, batch_first=True)
    model = nn.Sequential({"block": Block(), "squash": Squash(), "rnn": rnn})
    with Monitor(model) as monitor:
        model(nnlib.ones(4, 5, 2))[0].sum().backward()
        monitor.step(1.0)
    assert list(monitor.layers) == ["block", "block.inner", "squash", "rnn"]
    assert list(monitor.history["activation_mean"])[1:] == ["block.inner", "block", "squash", "rnn"]
    assert list(monitor.history["saturated"]) == ["squash"]
    assert monitor.history["gradient_norm"]["rnn"][0] > 0
    assert list(Monitor(nn.Linear(1, 1)).layers) == ["Linear"]


def test_batches_of_other_sizes_and_frozen_layers():
    model, X, y, criterion = setting()
    model[0].requires_grad_(False)
    optimizer = optim.SGD(model[2].parameters(), lr=0.1)
    with Monitor(model) as monitor:
        for count in (7, 40, 1):
            one_step(monitor, model, X[:count], y[:count], criterion, optimizer)
    assert monitor.history["update_ratio"]["0"] == [0, 0, 0]
    assert "0" not in monitor.history["gradient_norm"]
    assert len(monitor.history["gradient_norm"]["2"]) == 3


# ---- diagnosis -----------------------------------------------------------------------------


def watched(
    data="two_moons",
    seed=0,
    *,
    lr=0.5,
    activation=nn.ReLU,
    scale=1.0,
    bias=None,
    gain=1.0,
    make=optim.SGD,
    batch=200,
    epochs=100,
):
    nnlib.manual_seed(seed)
    X, y = getattr(nnlib.datasets, data)(200)
    loader = DataLoader(TensorDataset(X * scale, y.float().reshape(-1, 1)), batch, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 16), activation(), nn.Linear(16, 1))
    model[0].weight.array[...] *= gain
    if bias is not None:
        model[0].bias.array[...] = bias
    monitor = Monitor(model)
    optimizer = make(model.parameters(), lr=lr)
    loss = nn.BCEWithLogitsLoss()
    nnlib.fit(model, loader, loss, optimizer, epochs=epochs, callbacks=[monitor])
    return monitor


RUNS = {  # what comes first of what is found, and the settings of the run
    "healthy": (None, {}),
    "healthy, slow": (None, {"lr": 0.1}),
    "healthy, Adam": (None, {"lr": 0.03, "make": optim.Adam}),
    "healthy, sigmoid": (None, {"activation": nn.Sigmoid}),
    "healthy, tanh": (None, {"activation": nn.Tanh, "lr": 0.03, "make": optim.Adam}),
    "healthy, small batches": (None, {"lr": 0.1, "batch": 20, "epochs": 20}),
    "large": ("step too large", {"lr": 50.0}),
    "large, Adam": ("step too large", {"lr": 3.0, "make": optim.Adam}),
    "small": ("step too small", {"lr": 1e-5}),
    "small, Adam": ("step too small", {"lr": 1e-7, "make": optim.Adam}),
    "dead": ("dead units", {"bias": -5.0}),
    "dead, small batches": ("dead units", {"bias": -10.0, "batch": 20, "epochs": 20}),
    "saturated": ("saturated units", {"activation": nn.Sigmoid, "gain": 30.0}),
    "saturated, tanh": ("saturated units", {"activation": nn.Tanh, "gain": 30.0}),
    "unscaled": ("unscaled inputs", {"scale": 100.0, "lr": 0.01}),
    "unscaled, slow": ("unscaled inputs", {"scale": 100.0, "lr": 0.001}),
    "unscaled, sigmoid": ("unscaled inputs", {"scale": 1000.0, "activation": nn.Sigmoid}),
}
# A step too large kills ReLUs, and unscaled inputs do all there is: these may follow.
FOLLOWS = {"step too large": {"dead units"}}
FOLLOWS["unscaled inputs"] = {"step too large", "dead units", "saturated units"}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("data", ["two_moons", "fruit"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_sick_run_is_told_apart(name, data, seed):
    kind, settings = RUNS[name]
    found = watched(data, seed, **settings).diagnose()
    assert [f.kind for f in found[:1]] == ([kind] if kind else []), found
    assert {f.kind for f in found[1:]} <= FOLLOWS.get(kind, set()), found
    for finding in found:
        assert math.isfinite(finding.value)
        assert str(finding) == finding.text
        assert any(character.isdigit() for character in finding.text)


def test_findings_name_the_layer_and_the_number():
    (dead,) = watched(bias=-5.0).diagnose()
    assert (dead.layer, dead.value) == ("1", 1.0)
    assert dead.text.startswith("Dead units: 16 of 16 units of layer 1 were 0")
    (saturated,) = watched(activation=nn.Sigmoid, gain=30.0).diagnose()
    assert (saturated.layer, saturated.value > 0.5) == ("1", True)
    (unscaled,) = watched(scale=100.0, lr=0.001).diagnose()
    assert unscaled.layer == "0"
    assert 50 < unscaled.value < 200


def test_a_sure_output_is_not_a_saturated_unit():
    nnlib.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())
    model[0].weight.array[...] = 50
    with Monitor(model) as monitor:
        model(nnlib.tensor([[-1.0], [1.0]])).sum().backward()
        monitor.step(0.1)
    assert monitor.history["saturated"]["1"] == [1.0]
    assert "saturated units" not in [f.kind for f in monitor.diagnose()]


def test_before_the_first_step_there_is_nothing_to_find():
    assert Monitor(nn.ReLU()).diagnose() == []


# ---- bad input -----------------------------------------------------------------------------


def twice():
    model = nn.Linear(1, 1)
    with Monitor(model) as monitor, monitor:
        pass


def without_a_pass():
    with Monitor(nn.Linear(1, 1)) as monitor:
        monitor.step(0.5)


def of_another_model():
    model, X, y, criterion = setting()
    told = [Monitor(nn.Linear(1, 1))]
    nnlib.fit(model, [(X, y)], criterion, optim.SGD(model.parameters()), epochs=1, callbacks=told)


BAD = [
    (lambda: Monitor(None), TypeError, "model: expected a Module, got NoneType"),
    (lambda: Monitor([nn.Linear(1, 1)]), TypeError, "model: expected a Module, got list"),
    (lambda: Monitor(nn.Linear(1, 1)).step(1.0), RuntimeError, "outside"),
    (without_a_pass, RuntimeError, "expected a forward pass"),
    (twice, RuntimeError, "watching already"),
    (of_another_model, ValueError, "model: expected the Monitor of the model"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()
