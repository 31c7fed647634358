"""Pictures take nnlib's own objects: Tensors, functions, Modules and a training history.

A page shows bare NumPy first and nnlib second; the picture must not change between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="pictures need the plot extra")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402  # the backend is chosen first

import nnlib  # noqa: E402
from nnlib import functional, nn, plotting  # noqa: E402
from nnlib.monitor import Monitor  # noqa: E402

W, V = [[0.4, 0.3], [-0.4, 0.8]], [[0.5, -0.3]]


@pytest.fixture(autouse=True)
def _no_figure_left() -> Iterator[None]:
    yield
    plt.close("all")


def fruit_network() -> Any:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.Sigmoid())
    with nnlib.no_grad():
        model[0].weight.array[:] = W
        model[0].bias.array[:] = 0
        model[2].weight.array[:] = V
        model[2].bias.array[:] = 0.1
    return model


def texts(ax: Any) -> list[str]:
    return sorted(text.get_text() for text in ax.texts)


def test_network_is_the_same_from_a_module_and_from_arrays() -> None:
    bare = plotting.network([(W, [0, 0]), (V, [0.1])], [0.9, 0.8], activations=["relu", "sigmoid"])
    module = plotting.network(fruit_network(), nnlib.tensor([0.9, 0.8]))
    assert texts(module) == texts(bare)
    assert "0.58" in texts(bare)


def test_network_runs_a_module_that_a_sequential_holds_twice() -> None:
    relu = nn.ReLU()
    model = nn.Sequential(nn.Linear(1, 1), relu, nn.Sequential(nn.Linear(1, 1), relu))
    for part in (model[0], model[2][0]):
        part.weight.array[:] = -1
        part.bias.array[:] = 0
    ax = plotting.network(model, [-2.0])
    assert "z = −2.00" in texts(ax)
    assert "0.00" in texts(ax)


def test_network_does_not_guess_a_forward_method() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Linear(2, 1)

    plotting.network(Net())  # without an example there is nothing to guess
    with pytest.raises(ValueError, match=r"activations: .*Net"):
        plotting.network(Net(), [1.0, 2.0])


def test_network_of_a_custom_module_uses_the_activations_given() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Linear(2, 3)
            self.two = nn.Linear(3, 1)

    ax = plotting.network(Net(), [1.0, 2.0], activations=[functional.relu, functional.sigmoid])
    assert {"3, ReLU", "1, sigmoid"} <= set(texts(ax))


def test_network_softmax_counts_axes_as_in_training() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))
    ax = plotting.network(model, [1.0, 2.0])
    expected = model(nnlib.tensor([[1.0, 2.0]])).tolist()[0]
    assert {f"{p:.2f}" for p in expected} <= set(texts(ax))


def test_boundary_of_a_module_leaves_it_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 3))
    model.train()
    model[0].eval()
    before = [part.training for part in model.modules()]
    X, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3
    plotting.decision_boundary(model, nnlib.from_numpy(X), nnlib.from_numpy(y))
    assert [part.training for part in model.modules()] == before
    assert all(parameter.grad is None for parameter in model.parameters())


def test_functions_of_nnlib_are_drawn_as_those_of_numpy() -> None:
    def draw(f: Any) -> Any:
        (ax,) = plotting.activation_gallery({"tanh": (f, lambda z: 1 - np.tanh(z) ** 2)})
        return ax.lines[-2].get_ydata()

    np.testing.assert_allclose(draw(functional.tanh), draw(np.tanh), rtol=1e-12)


def test_neuron_takes_tensors() -> None:
    linear = fruit_network()[0]
    ax = plotting.neuron(linear.weight[0], linear.bias[0], nnlib.tensor([0.9, 0.8]))
    assert "0.60" in texts(ax)


def test_dashboard_of_a_monitor_leaves_out_what_was_not_measured() -> None:
    nnlib.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    optimizer = nnlib.optim.SGD(model.parameters(), lr=0.1)
    X = nnlib.ones(4, 2)
    with Monitor(model) as monitor:
        for _ in range(3):
            loss = model(X).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            monitor.step(loss)
    axes = plotting.dashboard(monitor)
    titles = [ax.get_title(loc="left") for ax in axes]
    assert "share dead" in titles
    assert "share saturated" not in titles
    assert axes[0].lines[0].get_ydata().tolist() == monitor.history["loss"]["loss"]
    labels = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert labels == ["(input)", "layer 0", "layer 1", "layer 2"]


def test_dashboard_survives_a_loss_that_diverged() -> None:
    history = {"loss": {"loss": [1.0, 1e30, float("inf"), float("nan")]}}
    (ax,) = plotting.dashboard(history)
    assert np.isfinite(ax.lines[0].get_ydata()).tolist() == [True, True, False, False]


def test_boundaries_take_modules_and_tensors() -> None:
    X = nnlib.from_numpy(np.random.default_rng(0).normal(size=(20, 2)))
    axes = plotting.boundaries({"epoch 0": nn.Linear(2, 1)}, X, nnlib.from_numpy(np.arange(20) % 2))
    assert len(axes) == 1


def test_images_of_a_list_have_a_scale_each() -> None:
    faint, strong = plotting.images([np.full((1, 13), 0.1), np.full((2, 13), 9.0)])
    assert faint.patches[0].get_alpha() == strong.patches[0].get_alpha()
