"""The loop: what ``fit`` reports is what happened, and it does no more than a loop by hand.

The nudge test is checked here too, since a checker that cannot fail checks nothing.
"""

import io
import math
import sys

import numpy as np
import pytest

import nnlib
from nnlib import nn, optim
from nnlib.data import DataLoader, TensorDataset
from nnlib.gradcheck import GradcheckError, gradcheck, numerical_gradient
from nnlib.tensor import record


def setting(n=50, batch_size=8, shuffle=True):
    nnlib.manual_seed(0)
    data = TensorDataset(*nnlib.datasets.fruit(n))
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    loader = DataLoader(data, batch_size, shuffle=shuffle)
    return model, loader, nn.BCEWithLogitsLoss(), optim.Adam(model.parameters(), lr=0.05)


def test_fit_gives_the_bits_of_a_loop_by_hand():
    model, loader, criterion, optimizer = setting()
    history = nnlib.fit(model, loader, criterion, optimizer, epochs=5)
    found = model.state_dict()

    model, loader, criterion, optimizer = setting()
    losses = []
    for _ in range(5):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        losses.append(total / 50)
    assert history["loss"] == losses
    assert history.epochs == 5
    for name, value in model.state_dict().items():
        assert np.array_equal(found[name].array, value.array)


def test_history_holds_metrics_and_validation():
    model, loader, criterion, optimizer = setting()
    check = DataLoader(TensorDataset(*nnlib.datasets.fruit(31)), 7)
    schedule = optim.StepLR(optimizer, step_size=1, gamma=0.5)
    history = nnlib.fit(
        model,
        loader,
        criterion,
        optimizer,
        epochs=4,
        validation=check,
        metrics={"accuracy": nnlib.accuracy},
        scheduler=schedule,
    )
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 4 for values in history.values())
    last = nnlib.evaluate(model, check, criterion, {"accuracy": nnlib.accuracy})
    assert last == {"loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]}
    assert schedule.get_last_lr() == [0.05 / 16]


def test_uneven_batches_are_weighed_by_their_samples():
    model, _, criterion, _ = setting()
    data = TensorDataset(*nnlib.datasets.fruit(10))
    whole = nnlib.evaluate(model, DataLoader(data, 10), criterion)
    assert nnlib.evaluate(model, DataLoader(data, 3), criterion)["loss"] == pytest.approx(
        whole["loss"], rel=1e-6
    )


def test_modes_are_set_and_restored():
    modes = []

    class Watching(nn.Module):
        def forward(self, x):
            modes.append((self.training, nnlib.is_grad_enabled()))
            return x

    model, loader, criterion, _ = setting(n=2, batch_size=2)
    model.append(Watching())
    model[0].eval()
    optimizer = optim.SGD(model.parameters())
    nnlib.fit(model, loader, criterion, optimizer, epochs=2, validation=loader)
    assert modes == [(True, True), (False, False)] * 2
    assert [m.training for m in model] == [False, True, True, True]


def test_callbacks_see_each_epoch_and_can_stop():
    model, loader, criterion, optimizer = setting()
    seen = []

    def watch(epoch, history):
        seen.append((epoch, history.epochs))

    history = nnlib.fit(
        model,
        loader,
        criterion,
        optimizer,
        epochs=9,
        callbacks=[lambda epoch, history: epoch == 3, watch],
    )
    assert history.epochs == 3
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_a_diverging_loss_names_its_place():
    model, loader, criterion, _ = setting()

    def bad_criterion(outputs, targets):
        bad_criterion.calls += 1
        return criterion(outputs, targets) * (math.nan if bad_criterion.calls == 10 else 1)

    bad_criterion.calls = 0
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(FloatingPointError, match="nan in epoch 2, step 3"):
        nnlib.fit(model, loader, bad_criterion, optimizer, epochs=3)
    assert model.training


def test_progress_bar_only_where_someone_looks(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def output(progress, stream):
        monkeypatch.setattr(sys, "stderr", stream)
        model, loader, criterion, optimizer = setting()
        nnlib.fit(model, loader, criterion, optimizer, epochs=2, progress=progress)
        return stream.getvalue()

    pytest.importorskip("tqdm", reason="the progress bar is tqdm's: pip install tqdm")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert output(None, io.StringIO()) == "" == output(False, Terminal())
    assert "2/2" in output(None, Terminal())
    assert "2/2" in output(True, io.StringIO())
    with monkeypatch.context() as notebook:
        notebook.setitem(sys.modules, "ipykernel", sys)
        assert "2/2" in output(None, io.StringIO())
        assert output(False, io.StringIO()) == ""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert output(None, Terminal()) == ""
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.delenv("TQDM_DISABLE")
    assert output(None, Terminal()) == ""
    with pytest.raises(ImportError, match="pip install tqdm"):
        output(True, io.StringIO())


def test_accuracy():
    assert nnlib.accuracy(nnlib.tensor([[0.2], [-3.0]]), nnlib.tensor([[1.0], [1.0]])) == 0.5
    assert nnlib.accuracy(nnlib.tensor([0.2, -3.0]), nnlib.tensor([1, 0])) == 1
    assert nnlib.accuracy(nnlib.eye(3), nnlib.tensor([0, 1, 1])) == pytest.approx(2 / 3)


MODEL, LOADER, CRITERION, OPTIMIZER = setting()
BAD = [
    (lambda: nnlib.fit(MODEL, [], CRITERION, OPTIMIZER, epochs=1), ValueError, "loader: .* none"),
    (
        lambda: nnlib.fit(MODEL, LOADER, CRITERION, OPTIMIZER, epochs=1, validation=[]),
        ValueError,
        "validation: expected at least one sample",
    ),
    (lambda: nnlib.fit(None, LOADER, CRITERION, OPTIMIZER, epochs=1), TypeError, "model: .* None"),
    (lambda: nnlib.fit(MODEL, LOADER, CRITERION, OPTIMIZER, epochs=-1), ValueError, "epochs"),
    (
        lambda: nnlib.fit(MODEL, LOADER, CRITERION, OPTIMIZER, epochs=1.5),
        TypeError,
        "epochs: .* fl",
    ),
    (lambda: nnlib.evaluate(MODEL, [], CRITERION), ValueError, "validation"),
    (lambda: nnlib.accuracy(nnlib.ones(2, 3), nnlib.ones(3)), ValueError, r"\(2, 3\) .* \(3,\)"),
    (lambda: nnlib.accuracy(nnlib.ones(0), nnlib.ones(0)), ValueError, "no samples"),
    (lambda: nnlib.accuracy([1.0], nnlib.ones(1)), TypeError, "logits: .* list"),
    (lambda: nnlib.accuracy(nnlib.ones(1), 1.0), TypeError, "target: .* float"),
    (lambda: gradcheck(nnlib.tanh, [1.0]), TypeError, r"inputs\[0\]: expected a Tensor"),
    (lambda: gradcheck(nnlib.tanh, [nnlib.ones(1)]), ValueError, "inputs: expected at least one"),
    (
        lambda: gradcheck(nnlib.tanh, [nnlib.ones(1, requires_grad=True)]),
        TypeError,
        r"inputs\[0\]: expected float64, got float32",
    ),
    (lambda: numerical_gradient(nnlib.tanh, [nnlib.ones(1)], eps=0), ValueError, "eps"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()


def test_gradcheck_names_the_worst_entry_of_the_guilty_input():
    def product(x, y):
        wrong = np.array([0, 0, 1e-2])
        return record(
            "product",
            x.array * y.array,
            (x, y),
            lambda g: (g * y.array, g * x.array + wrong),
        )

    x = nnlib.tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    y = nnlib.tensor(np.array([0.5, -1.0, 2.0]), requires_grad=True)
    with pytest.raises(GradcheckError, match=r"input 1, entry \(2,\): backward gives .* central"):
        gradcheck(product, [x, y])
    assert gradcheck(lambda x, y: x * y, [x, y])
    assert x.grad is None
    assert x.tolist() == [1, 2, 3]


def test_gradcheck_sees_a_gradient_of_the_wrong_shape_and_errors_that_cancel():
    x = nnlib.tensor(np.array([1.0, 2.0]), requires_grad=True)
    with pytest.raises(GradcheckError, match="shape"):
        gradcheck(lambda x: record("bad", x.array * 2, (x,), lambda g: (g.sum() * 2,)), [x])
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: record("swap", x.array * 2, (x,), lambda g: (g[::-1] * 2,)), [x])


def test_gradcheck_counts_an_input_that_is_not_reached():
    x = nnlib.tensor(np.array([1.0]), requires_grad=True)
    y = nnlib.tensor(np.array([1.0]), requires_grad=True)
    assert gradcheck(lambda x, y: x * 2, [x, y])
    with pytest.raises(GradcheckError, match="input 1"):
        gradcheck(lambda x, y: x * y.detach(), [x, y])
