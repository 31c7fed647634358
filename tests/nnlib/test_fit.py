"""What ``fit`` does besides the loop: callbacks, stopping in time, going on, and failing usefully.

Also what it leans on: clipping, RMSprop and the schedules that PyTorch is followed in.
"""

import math
import os

import numpy as np
import pytest

import nnlib
from nnlib import nn, optim
from nnlib.data import DataLoader, TensorDataset
from nnlib.training import Callback, Checkpoint, DivergenceError, EarlyStopping


def setting(seed=0, dropout=0.0, lr=0.05):
    nnlib.manual_seed(0)
    data = TensorDataset(*nnlib.datasets.fruit(50))
    nnlib.manual_seed(seed)
    own = np.random.default_rng(seed)
    loader = DataLoader(data, 8, shuffle=True, generator=own)
    layers = [nn.Linear(2, 4), nn.ReLU(), nn.Dropout(dropout), nn.Linear(4, 1)]
    model = nn.Sequential(*layers)
    return model, loader, nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), lr=lr)


def weights(model):
    return {name: value.array.copy() for name, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


# ---- callbacks -----------------------------------------------------------------------------


class Log(Callback):
    def __init__(self):
        self.seen = []

    def on_train_begin(self, state):
        self.seen.append("begin")

    def on_backward_end(self, state):
        self.seen.append(f"backward {state.epoch}.{state.step}")
        self.before = weights(state.model)
        assert state.model[0].weight.grad is not None

    def on_step_end(self, state):
        self.seen.append(f"step {state.epoch}.{state.step}")
        assert not same(self.before, weights(state.model))
        assert math.isfinite(state.loss)

    def on_epoch_end(self, state):
        self.seen.append(f"epoch {state.epoch} {state.history.epochs}")

    def on_train_end(self, state):
        self.seen.append("end")


def test_callbacks_are_called_in_their_order():
    model, loader, criterion, optimizer = setting()
    log = Log()
    two = list(loader)[:2]
    nnlib.fit(model, two, criterion, optimizer, epochs=2, callbacks=[log])
    epoch = [f"{what} {{0}}.{step}" for step in (1, 2) for what in ("backward", "step")]
    expected = ["begin"]
    for number in (1, 2):
        expected += [line.format(number) for line in epoch] + [f"epoch {number} {number}"]
    assert log.seen == [*expected, "end"]


def test_the_end_is_told_after_an_error_too():
    model, _, criterion, optimizer = setting()
    log = Log()
    with pytest.raises(ValueError, match="loader"):
        nnlib.fit(model, [], criterion, optimizer, epochs=1, callbacks=[log])
    assert log.seen == ["begin", "end"]


class Scripted(Callback):
    """Sets the weights and the measure of each epoch, so that a test knows the best."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, state):
        state.history["score"] = [*state.history.get("score", []), self.values[state.epoch - 1]]
        for parameter in state.model.parameters():
            parameter.array[...] = state.epoch


STOPS = [  # values, settings, the epoch it stops at, the best one
    ([5, 4, 3, 2, 1], {"patience": 1}, 5, 5),
    ([3, 2, 2.5, 2.4, 1], {"patience": 2}, 4, 2),
    ([3, 2, 2.5, 1.9, 1], {"patience": 2}, 5, 5),
    ([3, 2, 2.5, 1.9, 1.8], {"patience": 3, "min_delta": 0.5}, 5, 2),
    ([1, 2, 1, 1, 9], {"patience": 2, "mode": "max"}, 4, 2),
    ([3, math.nan, math.nan, 1, 1], {"patience": 2}, 3, 1),
    ([3, 3, 3, 3, 3], {"patience": 1}, 2, 1),
]


@pytest.mark.parametrize("number", range(len(STOPS)))
def test_early_stopping_restores_the_best_weights(number):
    values, settings, stops, best = STOPS[number]
    model, loader, criterion, optimizer = setting()
    stopping = EarlyStopping("score", **settings)
    told = [Scripted(values), stopping]
    history = nnlib.fit(model, loader, criterion, optimizer, epochs=5, callbacks=told)
    assert (history.epochs, stopping.best_epoch) == (stops, best)
    assert all((p.array == best).all() for p in model.parameters())


def test_plateau_is_given_the_validation_loss():
    model, loader, criterion, optimizer = setting(lr=0.0)
    schedule = optim.ReduceLROnPlateau(optimizer, patience=0, eps=0)
    for group in optimizer.param_groups:
        group["lr"] = 1e-30
    nnlib.fit(model, loader, criterion, optimizer, epochs=3, validation=loader, scheduler=schedule)
    assert schedule.best == pytest.approx(nnlib.evaluate(model, loader, criterion)["loss"])
    assert schedule.get_last_lr() == pytest.approx([1e-32])


# ---- going on ------------------------------------------------------------------------------


class Power(Callback):
    """Fails in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_step_end(self, state):
        if (state.epoch, state.step) == (self.epoch, 3):
            raise KeyboardInterrupt


OPTIMISERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.05),
    "AdamW": lambda p: optim.AdamW(p, lr=0.05),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, weight_decay=0.1),
}
SCHEDULES = {
    "none": lambda o: None,
    "step": lambda o: optim.StepLR(o, 2, 0.5),
    "cosine": lambda o: optim.CosineAnnealingLR(o, 6),
    "warm-up": lambda o: optim.LinearLR(o, 0.1, total_iters=4),
    "plateau": lambda o: optim.ReduceLROnPlateau(o, patience=0, threshold=0.2, factor=0.5),
}


def run(path, epochs=6, make="Adam", plan="none", fails=None, resume=False, patience=99, seed=3):
    model, loader, criterion, _ = setting(seed, dropout=0.3)
    optimizer = OPTIMISERS[make](model.parameters())
    told = [EarlyStopping("val_loss", patience=patience)]
    told += [Power(fails)] if fails else []
    told += [Checkpoint(path, resume=resume)]
    history = nnlib.fit(
        model,
        loader,
        criterion,
        optimizer,
        epochs=epochs,
        validation=loader,
        scheduler=SCHEDULES[plan](optimizer),
        callbacks=told,
    )
    drawn = nnlib.rand(3).array
    return weights(model), dict(history), drawn, told[0].best_epoch


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("plan", SCHEDULES)
def test_a_resumed_run_gives_the_same_bits(tmp_path, make, plan):
    whole = run(tmp_path / "whole", make=make, plan=plan)
    path = tmp_path / "part"
    with pytest.raises(KeyboardInterrupt):
        run(path, make=make, plan=plan, fails=4)
    assert sorted(os.listdir(tmp_path)) == ["part", "whole"]  # and nothing temporary
    resumed = run(path, make=make, plan=plan, resume=True, seed=8)
    assert same(whole[0], resumed[0])
    assert whole[1] == resumed[1]
    assert np.array_equal(whole[2], resumed[2])
    assert whole[3] == resumed[3]


def test_the_comparison_of_runs_can_fail(tmp_path):
    assert not same(run(tmp_path / "a")[0], run(tmp_path / "b", seed=8)[0])


def test_a_run_that_was_stopped_stays_stopped(tmp_path):
    path = tmp_path / "run"
    first = run(path, epochs=60, patience=1)
    again = run(path, epochs=60, patience=1, resume=True, seed=8)
    assert len(first[1]["loss"]) < 60
    assert first[1] == again[1]
    assert same(first[0], again[0])


def test_without_resume_a_run_starts_afresh(tmp_path):
    path = tmp_path / "run"
    run(path, epochs=2)
    assert run(path, epochs=3)[1] == run(tmp_path / "other", epochs=3)[1]


def test_a_checkpoint_is_a_safetensors_file_with_the_model_in_it(tmp_path):
    path = tmp_path / "run.safetensors"

    class Keep(Callback):
        def on_epoch_end(self, state):
            self.weights = weights(state.model)

    model, loader, criterion, optimizer = setting()
    keep = Keep()
    nnlib.fit(model, loader, criterion, optimizer, epochs=1, callbacks=[keep, Checkpoint(path)])
    stored = nnlib.interop.load_safetensors(path)
    for name, value in keep.weights.items():
        assert np.array_equal(stored[f"model.{name}"].array, value)


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def other_weights(path):
    nnlib.interop.save_safetensors(nn.Linear(1, 1), path)


DAMAGE = [
    (cut, {}, "safetensors"),
    (other_weights, {}, "no Checkpoint"),
    (lambda path: path.write_bytes(b""), {}, "safetensors"),
    (
        lambda path: None,
        {"plan": "step"},
        "path: expected a run with EarlyStopping 0, optimizer, scheduler, "
        "got one with EarlyStopping 0, optimizer in ",
    ),
]


@pytest.mark.parametrize("number", range(len(DAMAGE)))
def test_a_file_that_does_not_fit_is_named(tmp_path, number):
    damage, settings, message = DAMAGE[number]
    path = tmp_path / "run"
    run(path, epochs=1)
    damage(path)
    with pytest.raises(ValueError, match=message):
        run(path, resume=True, **settings)


def test_a_checkpoint_refuses_another_model_and_other_callbacks(tmp_path):
    path = tmp_path / "run"
    run(path, epochs=1)
    model, loader, criterion, optimizer = setting()
    with pytest.raises(ValueError, match="a run with optimizer, got one with EarlyStopping 0, opt"):
        nnlib.fit(
            model, loader, criterion, optimizer, epochs=2, callbacks=[Checkpoint(path, resume=True)]
        )
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 1))
    told = [EarlyStopping("loss"), Checkpoint(path, resume=True)]
    with pytest.raises(ValueError, match=r"0.weight: expected shape \(3, 2\), got \(4, 2\)"):
        nnlib.fit(
            model, loader, criterion, optim.Adam(model.parameters()), epochs=2, callbacks=told
        )


# ---- divergence ----------------------------------------------------------------------------


def line(size=1.0, n=4):
    x = nnlib.tensor(np.linspace(-1, 1, n, dtype=np.float32)[:, None] * np.float32(size))
    return [(x, x * 0.5)]


def deep(weight=0.5):
    model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
    for parameter in model.parameters():
        parameter.array[...] = weight
    return model


class Root(nn.Module):
    """√|x|: its slope at 0 is infinite, while its value is 0."""

    def forward(self, x):
        return (x * x).sqrt().sqrt()


def with_root():
    model = deep()
    model[0].bias.array[...] = 0
    return nn.Sequential(model[0], Root(), model[2])


def spoilt(batches, value):
    x = batches[0][0].array.copy()
    x[2] = value
    return [*batches * 4, (nnlib.tensor(x), batches[0][1])]


class Spoil(Callback):
    """Puts an infinite weight into layer 2 once step 3 has been taken."""

    def on_step_end(self, state):
        if state.step == 3:
            state.model[2].weight.array[0, 0] = math.inf


STEEP = [*line(n=4) * 3, *line(n=5), *line(n=4)]  # of an odd number, the middle one is 0


def loss_of_log(outputs, targets):
    return (outputs * 0).log().mean() * -1


MSE = nn.MSELoss()
FAILURES = {  # what, of which layer, in which step, whether its size before is known
    "a large step": (deep, line() * 60, MSE, 50.0, [], ("loss", "", None, True)),
    "a weight": (deep, line() * 9, MSE, 0.01, [Spoil()], ("weights", "2", 4, True)),
    "a weight at the end": (deep, line() * 3, MSE, 0.01, [Spoil()], ("weights", "2", 3, True)),
    "a NaN in the data": (deep, spoilt(line(), math.nan), MSE, 0.01, [], ("inputs", "", 5, True)),
    "inf in the data": (deep, spoilt(line(), math.inf), MSE, 0.01, [], ("inputs", "", 5, True)),
    "a steep place": (with_root, STEEP, MSE, 0.0, [], ("gradient", "0", 4, True)),
    "the first step": (deep, line(1e30), MSE, 0.01, [], ("loss", "", 1, False)),
    "too much": (lambda: deep(1.0), line(3e38), MSE, 0.01, [], ("activation", "2", 1, False)),
    "log 0": (deep, line(), loss_of_log, 0.01, [], ("loss", "", 1, False)),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_diverging_run_says_what_went_first(name):
    make, batches, criterion, lr, told, (what, layer, step, known) = FAILURES[name]
    model = make()
    optimizer = optim.SGD(model.parameters(), lr=lr)
    with pytest.raises(DivergenceError, match="diverged") as caught:
        nnlib.fit(model, batches, criterion, optimizer, epochs=2, callbacks=told)
    error = caught.value
    assert (error.what, error.layer, error.epoch) == (what, layer, 1)
    assert step in (None, error.step)
    text = str(error)
    assert f"epoch 1, step {error.step}" in text
    assert ("data" if what == "inputs" else f"learning rate than {lr:g}") in text
    assert (error.before is not None) == known
    if known:
        assert math.isfinite(error.before)
        assert f"{error.before:.3g} the step before" in text


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_weights_that_an_epochs_last_step_spoils_are_noticed(make, steps):
    """Nothing but the weights shows it: no further loss is computed, and validation is off."""
    model = deep()

    class Last(Callback):
        def on_step_end(self, state):
            if state.step == steps:
                model[2].weight.array[0, 0] = math.nan

    optimizer = OPTIMISERS[make](model.parameters())
    with pytest.raises(DivergenceError, match="weights are not finite after epoch 1") as caught:
        nnlib.fit(model, line() * steps, MSE, optimizer, epochs=1, callbacks=[Last()])
    assert (caught.value.what, caught.value.layer) == ("weights", "2")


def test_the_size_before_is_that_of_the_step_before():
    """A run by hand of the same steps gives the loss that the error states."""
    model = deep()
    optimizer = optim.SGD(model.parameters(), lr=50.0)
    with pytest.raises(DivergenceError) as caught:
        nnlib.fit(model, line() * 60, nn.MSELoss(), optimizer, epochs=1)
    model, losses = deep(), []
    optimizer = optim.SGD(model.parameters(), lr=50.0)
    with np.errstate(all="ignore"):
        while not losses or math.isfinite(losses[-1]):
            loss = nn.MSELoss()(model(line()[0][0]), line()[0][1])
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert caught.value.step == len(losses)
    assert caught.value.before == losses[-2]


@pytest.mark.parametrize("make", [optim.Adam, optim.SGD])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_dropout_drops_the_same_when_a_step_is_run_again(make, steps):
    """With other units dropped, the run would find nothing wrong half of the time."""
    nnlib.manual_seed(1)
    model = nn.Sequential(nn.Linear(1, 40), nn.Dropout(0.9), nn.Linear(40, 1))
    seen = []

    class Fails(nn.Module):
        def forward(self, x):
            seen.append(x.array.copy())
            return x * (math.inf if len(seen) >= steps else 1.0)

    model.append(Fails())
    optimizer = make(model.parameters(), lr=1e-3)
    with pytest.raises(DivergenceError) as caught:
        nnlib.fit(model, line() * 5, nn.MSELoss(), optimizer, epochs=1)
    assert (caught.value.what, caught.value.layer) in [("activation", "3"), ("loss", "")]
    again = min(3, steps)
    for first, second in zip(seen[-2 * again : -again], seen[-again:], strict=True):
        assert np.array_equal(first, second)


# ---- clipping, RMSprop, schedules: as in PyTorch -------------------------------------------

SHAPES = [[(3,)], [(2, 3), (4,)], [()], [(0,)], [(1, 1), (5, 1), (0, 2)], []]


def graded(torch, shapes, scale, dtype=np.float64):
    rng = np.random.default_rng(5)
    ours, theirs = [], []
    for shape in shapes:
        g = np.asarray(rng.normal(0, scale, shape), dtype)
        ours.append(nnlib.zeros(*shape, dtype=dtype, requires_grad=True))
        ours[-1].grad = nnlib.tensor(g)
        theirs.append(torch.zeros(shape, dtype=torch.from_numpy(g).dtype, requires_grad=True))
        theirs[-1].grad = torch.from_numpy(g.copy())
    without = nnlib.ones(2, requires_grad=True)
    return [*ours, without], [*theirs, torch.ones(2, requires_grad=True)]


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("scale", [0.01, 1, 30])
@pytest.mark.parametrize("shapes", SHAPES[:5], ids=str)
def test_clipping_is_pytorchs(torch, shapes, scale, norm_type):
    ours, theirs = graded(torch, shapes, scale)
    kept = [p.grad.array for p in ours[:-1]]
    copies = [each.copy() for each in kept]
    found = nn.utils.clip_grad_norm_(ours, 1.5, norm_type)
    full = [q for q in theirs if q.numel()]  # of nothing, PyTorch has no infinity norm
    expected = torch.nn.utils.clip_grad_norm_(full, 1.5, norm_type)
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    for p, q in zip(ours[:-1], theirs, strict=False):
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=1e-12)
    nn.utils.clip_grad_value_(ours, 0.2)
    torch.nn.utils.clip_grad_value_(theirs, 0.2)
    for p, q in zip(ours[:-1], theirs, strict=False):
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=1e-12)
    assert ours[-1].grad is None
    assert all(np.array_equal(a, b) for a, b in zip(kept, copies, strict=True))


def test_clipping_keeps_float32_and_does_not_overflow_in_it(torch):
    ours, _ = graded(torch, [(3,), (2, 2)], 1e30, np.float32)
    total = nn.utils.clip_grad_norm_(ours, 1.0)
    assert math.isfinite(total.item())
    assert {p.grad.dtype for p in ours[:-1]} == {nnlib.float32} == {total.dtype}
    assert nn.utils.clip_grad_norm_(ours, 2.0).item() == pytest.approx(1, rel=1e-6)
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0


RMS = [{}, {"alpha": 0.5, "weight_decay": 0.1}, {"lr": 0.1, "eps": 1e-3}]


def fifty(library, optimizer, parameters, target):
    rows = []
    for _ in range(50):
        loss = sum(
            ((p - t) ** 2).sum() * (k + 1)
            for k, (p, t) in enumerate(zip(parameters, target, strict=True))
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rows.append(np.concatenate([p.detach().numpy().ravel() for p in parameters]))
    return np.array(rows)


@pytest.mark.parametrize("settings", RMS, ids=str)
def test_fifty_steps_of_rmsprop_are_pytorchs(torch, settings):
    rng = np.random.default_rng(2)
    starts = [rng.normal(size=shape) for shape in [(3, 2), (4,), ()]]
    aims = [rng.normal(size=np.shape(s)) for s in starts]
    ours = [nnlib.tensor(np.asarray(s), requires_grad=True) for s in starts]
    theirs = [torch.tensor(s, requires_grad=True) for s in starts]
    groups = lambda ps: [{"params": ps[:1]}, {"params": ps[1:], "lr": 0.02}]  # noqa: E731
    a, b = optim.RMSprop(groups(ours), **settings), torch.optim.RMSprop(groups(theirs), **settings)
    found = fifty(nnlib, a, ours, [nnlib.tensor(np.asarray(t)) for t in aims])
    expected = fifty(torch, b, theirs, [torch.tensor(t) for t in aims])
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    mine, other = a.state_dict()["state"], b.state_dict()["state"]
    assert mine.keys() == other.keys()
    assert {k for m in mine.values() for k in m} == {k for m in other.values() for k in m}
    a.load_state_dict(b.state_dict())  # and PyTorch's memory is taken over
    np.testing.assert_allclose(
        fifty(nnlib, a, ours, [nnlib.tensor(np.asarray(t)) for t in aims]),
        fifty(torch, b, theirs, [torch.tensor(t) for t in aims]),
        rtol=1e-10,
        atol=1e-10,
    )


def slower_and_slower(epoch):
    return 1 / (1 + 0.1 * epoch)


RATES = [
    ("StepLR", {"step_size": 7, "gamma": 0.5}),
    ("StepLR", {"step_size": 1}),
    ("CosineAnnealingLR", {"T_max": 50}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),  # and up again
    ("LambdaLR", {"lr_lambda": slower_and_slower}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "total_iters": 20}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 49}),
    ("ReduceLROnPlateau", {}),
    ("ReduceLROnPlateau", {"patience": 2, "factor": 0.5}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 1, "threshold": 0.05}),
    ("ReduceLROnPlateau", {"patience": 0, "threshold": 0.3}),
    ("ReduceLROnPlateau", {"mode": "max", "patience": 0, "min_lr": 0.01}),
]


@pytest.mark.parametrize(
    ("name", "settings"), RATES, ids=lambda part: str(part).split(" at ")[0][:60]
)
def test_fifty_steps_of_a_schedule_are_pytorchs(torch, name, settings):
    rng = np.random.default_rng(7)
    losses = [*(2 / np.arange(1, 26) + 0.1 * rng.random(25)), *rng.random(23), math.nan, 1.0]
    measured = name == "ReduceLROnPlateau"

    def rates(optimizer, schedule):
        found = []
        for loss in losses:
            found.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            schedule.step(*[loss] * measured)
        return found

    a = optim.SGD([{"params": [nnlib.ones(1)]}, {"params": [nnlib.ones(1)], "lr": 3.0}], lr=0.5)
    b = torch.optim.SGD([{"params": [torch.ones(1)]}, {"params": [torch.ones(1)], "lr": 3.0}], 0.5)
    found = rates(a, schedule := getattr(optim, name)(a, **settings))
    expected = rates(b, getattr(torch.optim.lr_scheduler, name)(b, **settings))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)
    assert len({row[0] for row in found}) > 1
    wrong = [[rate * (1 + 1e-9) for rate in row] for row in found]
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(wrong, expected, rtol=1e-10, atol=1e-14)
    fresh = getattr(optim, name)(a, **settings)
    fresh.load_state_dict(schedule.state_dict())
    assert fresh.state_dict() == schedule.state_dict()


# ---- bad input -----------------------------------------------------------------------------

W = nnlib.ones(1, requires_grad=True)
SGD = optim.SGD([W], lr=0.1)


def trained(*callbacks, **settings):
    model, loader, criterion, optimizer = setting()
    return nnlib.fit(model, loader, criterion, optimizer, epochs=1, callbacks=callbacks, **settings)


BAD = [
    (lambda: EarlyStopping(3), TypeError, "monitor: expected a name, got int"),
    (lambda: EarlyStopping(patience=0), ValueError, "patience: expected 1 or more, got 0"),
    (lambda: EarlyStopping(patience=1.5), TypeError, "patience: .* float"),
    (lambda: EarlyStopping(min_delta=-1), ValueError, "min_delta: .* -1"),
    (lambda: EarlyStopping(mode="best"), ValueError, "mode: .* 'best'"),
    (lambda: trained(EarlyStopping()), ValueError, "'val_loss'; give fit validation data"),
    (lambda: trained(EarlyStopping("accuracy")), ValueError, "monitor: expected one of loss, got"),
    (lambda: Checkpoint(3.5), TypeError, "float"),
    (
        lambda: trained(Checkpoint("x"), Log()),
        ValueError,
        "callbacks: expected the Checkpoint last",
    ),
    (lambda: nn.utils.clip_grad_norm_([W], -1.0), ValueError, "max_norm: .* -1"),
    (lambda: nn.utils.clip_grad_norm_([W], "1"), TypeError, "max_norm: .* str"),
    (lambda: nn.utils.clip_grad_norm_([W], 1.0, 0), ValueError, "norm_type: .* 0"),
    (lambda: nn.utils.clip_grad_norm_([1.0], 1.0), TypeError, "parameters: .* float"),
    (lambda: nn.utils.clip_grad_norm_([W], math.nan), ValueError, "max_norm: .* nan"),
    (lambda: nn.utils.clip_grad_value_([W], -2), ValueError, "clip_value: .* -2"),
    (lambda: nn.utils.clip_grad_value_([W], None), TypeError, "clip_value: .* NoneType"),
    (lambda: optim.RMSprop([W], alpha=2), ValueError, "alpha: .* 2"),
    (lambda: optim.RMSprop([W], lr=-1), ValueError, "lr: .* -1"),
    (lambda: optim.RMSprop([W], weight_decay=-1), ValueError, "weight_decay: .* -1"),
    (lambda: optim.RMSprop([W], eps=-1), ValueError, "eps: .* -1"),
    (lambda: optim.RMSprop([]), ValueError, "params: expected at least one"),
    (lambda: optim.LinearLR(SGD, start_factor=0), ValueError, "start_factor: .* 0"),
    (lambda: optim.LinearLR(SGD, end_factor=2), ValueError, "end_factor: .* 2"),
    (lambda: optim.LinearLR(SGD, total_iters=0), ValueError, "total_iters: .* 0"),
    (lambda: optim.LinearLR([W]), TypeError, "optimizer: expected an Optimizer, got list"),
    (lambda: optim.ReduceLROnPlateau(SGD, mode="up"), ValueError, "mode: .* 'up'"),
    (lambda: optim.ReduceLROnPlateau(SGD, factor=1.0), ValueError, "factor: .* 1"),
    (lambda: optim.ReduceLROnPlateau(SGD).step(), TypeError, "metrics: .* None"),
    (lambda: optim.ReduceLROnPlateau(None), TypeError, "optimizer: .* NoneType"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()
