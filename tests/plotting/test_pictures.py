"""Every picture is drawn, saved as the site saves it, and looked at as far as a machine can look.

It must draw without a warning, hold its text as text in the palette's colours, stay small, and
let no label run into another.
"""

from __future__ import annotations

import gzip
import io
import itertools
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="pictures need the plot extra")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402  # the backend is chosen first
from matplotlib.patches import FancyArrowPatch  # noqa: E402
from matplotlib.text import Text  # noqa: E402

import nnlib  # noqa: E402
from nnlib import plotting  # noqa: E402
from nnlib.plotting.palette import PALETTE  # noqa: E402

W = [[0.4, 0.3], [-0.4, 0.8]]
V = [[0.5, -0.3]]
FRUIT = [(W, [0.0, 0.0]), (V, [0.1])]
SEED_002 = [
    ([[0.2, 0.4], [-0.5, -0.4], [0.1, -0.2]], [0.1, 0.0, 0.15]),
    ([[0.6, -0.4, 0.7]], [0.18]),
]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


def step(z: Any) -> Any:
    return (z > 0).astype(float)


ACTIVATIONS = {
    "ReLU": (relu, step),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "leaky ReLU": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "identity": (lambda z: z, np.ones_like),
}


def cloud(n: int = 300, classes: int = 2) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    y = np.arange(n) % classes
    angle = 2 * np.pi * y / classes
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, 0.35, (n, 2))
    return X, y


def towards(classes: int) -> Callable[[Any], Any]:
    angles = 2 * np.pi * np.arange(classes) / classes
    return lambda X: X @ np.stack([np.cos(angles), np.sin(angles)])


def wave(x: Any) -> Any:
    return np.sin(2 * x) + 0.3 * x


def draw_fit(panels: bool) -> Any:
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, 100)
    xs = np.linspace(-3, 3, 300)
    fits = {f"{n} hidden": (xs, wave(xs) * n / 8) for n in (1, 3, 8, 50)[: 4 if panels else 3]}
    y = wave(x) + rng.normal(0, 0.1, 100)
    return plotting.fitted_curve(x, y, fits, truth=(xs, wave(xs)), panels=panels)


def random_layers(*sizes: int) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in itertools.pairwise(sizes)]


EPOCHS = np.arange(300)
HISTORY = {
    "loss": 0.65 * np.exp(-EPOCHS / 40) + 0.05,
    "val_loss": 0.65 * np.exp(-EPOCHS / 40) + 0.08,
    "accuracy": 1 - 0.5 * np.exp(-EPOCHS / 30),
    "val_accuracy": 0.98 - 0.5 * np.exp(-EPOCHS / 30),
}
NAMES = ["redness", "roundness"]
X2, Y2 = cloud()
X3, Y3 = cloud(classes=3)

STAY_GO = ["stay", "go"]
XS = np.linspace(-3, 3, 400)
P = np.linspace(0.01, 0.99, 99)
LOSSES = {
    "the loss": {"cross-entropy": (P, -np.log(P)), "½ squared error": (P, 0.5 * (P - 1) ** 2)},
    "its gradient at z": {
        "cross-entropy": (P, P - 1),
        "½ squared error": (P, (P - 1) * P * (1 - P)),
    },
}
SNAPSHOTS = {
    f"epoch {n}": (lambda X, n=n: n * X[:, 0] + np.sin(3 * X[:, 1])) for n in (0, 1, 5, 20)
}
MEASURED = {
    name: {f"layer {k}": np.exp(-np.arange(300) / 50 * k) for k in (1, 2, 3)}
    for name in ("activation mean", "dead units", "gradient norm", "update / weight")
}
CAUSAL = [[1, 0, 0, 0], [0.3, 0.7, 0, 0], [0.2, 0.3, 0.5, 0], [0.1, 0.2, 0.3, 0.4]]


def bowl(a: Any, b: Any) -> Any:
    return 0.5 * (a**2 + 8 * b**2)


def walk(rate: float) -> Any:
    factors = np.array([1 - rate, 1 - 8 * rate])
    return np.array([-2.6, 0.8]) * factors ** np.arange(26)[:, None]


PATHS = {f"η = {rate}": walk(rate) for rate in (0.02, 0.1, 0.22, 0.26)}


def weight(value: Any) -> Any:
    return nnlib.tensor(value, dtype=nnlib.float64, requires_grad=True)


def fruit_loss() -> tuple[Any, dict[str, Any]]:
    x = nnlib.tensor([0.9, 0.8], dtype=nnlib.float64)
    W1, b1, v, c = weight(W), weight([0.0, 0.0]), weight(V[0]), weight(0.1)
    z = W1 @ x + b1
    h = nnlib.relu(z)
    z3 = v @ h + c
    y_hat = nnlib.sigmoid(z3)
    loss = -nnlib.log(y_hat)
    parts = {"x": x, "W": W1, "b": b1, "v": v, "c": c, "z": z, "h": h, "z₃": z3, "ŷ": y_hat}
    return loss, parts | {"L": loss}


def neuron_loss() -> tuple[Any, dict[str, Any]]:
    x, t = (nnlib.tensor(2.0, dtype=nnlib.float64) for _ in range(2))
    w, b = weight(0.5), weight(0.1)
    y = nnlib.relu(w * x + b)
    return 0.5 * (y - t) ** 2, {"x": x, "t": t, "W": w, "b": b, "y": y}


def residual_loss() -> tuple[Any, dict[str, Any]]:
    x, w = weight([0.5, -0.2]), weight(W)
    return (w @ nnlib.relu(w @ x) + x).square().sum(), {"x": x, "W": w}


def draw_graph(make: Callable[[], tuple[Any, dict[str, Any]]]) -> Any:
    loss, names = make()
    return plotting.graph(loss, names=names)


PICTURES: dict[str, Callable[[], Any]] = {
    "loop": plotting.loop,
    "programmed_vs_trained": plotting.programmed_vs_trained,
    "neuron": lambda: plotting.neuron(W[0], 0, [0.9, 0.8], names=NAMES),
    "neuron, mixed signs": lambda: plotting.neuron(W[1], -0.2, [0.9, 0.8], names=NAMES),
    "neuron, below": lambda: plotting.neuron([-0.7, -0.9], -0.2, [0.3, 1], names=["warm", "rain"]),
    "neuron, raw degrees": lambda: plotting.neuron([0.7, -0.9], 0, [20, 1], names=["°C", "rain"]),
    "valves": lambda: plotting.valves(W[0], [0.9, 0.8], names=NAMES),
    "valves, a drain": lambda: plotting.valves(W[1], [0.9, 0.8], names=NAMES),
    "valves, a bias": lambda: plotting.valves(V[0], [0.6, 0.28], names=["h₁", "h₂"], bias=0.1),
    "valves, empty": lambda: plotting.valves([-0.5, -0.3, 0.2], [0.6, 0.28, 0.5], bias=-0.1),
    "network 2-2-1": lambda: plotting.network(
        FRUIT,
        [0.9, 0.8],
        inputs=NAMES,
        outputs=["apple"],
        activations=["relu", "sigmoid"],
    ),
    "network 2-3-1": lambda: plotting.network(
        SEED_002, [0.5, 0.6], activations=["relu", "sigmoid"]
    ),
    "network, names only": lambda: plotting.network(FRUIT, inputs=NAMES, outputs=["apple"]),
    "network 3-3-2": lambda: plotting.network(
        random_layers(3, 3, 2), [1, 2, 3], activations=["tanh", "softmax"], outputs=["cat", "dog"]
    ),
    "network 784-128-64-10": lambda: plotting.network(random_layers(784, 128, 64, 10)),
    "network 2-8-1": lambda: plotting.network(
        random_layers(2, 8, 1), [1, 2], inputs=NAMES, activations=["relu", None]
    ),
    "network 8-8": lambda: plotting.network(random_layers(8, 8)),
    "decision_boundary": lambda: plotting.decision_boundary(
        lambda X: sigmoid(6 * X[:, 0] + 3 * np.sin(3 * X[:, 1])), X2, Y2, names=NAMES
    ),
    "decision_boundary, logits": lambda: plotting.decision_boundary(
        lambda X: 6 * X[:, :1] + 3 * np.sin(3 * X[:, 1:]), X2, Y2, classes=["other", "apple"]
    ),
    "decision_boundary, classes": lambda: plotting.decision_boundary(towards(3), X3, Y3),
    "decision_line": lambda: plotting.decision_line([1, 0.5], 0.2),
    "decision_line, unlike axes": lambda: plotting.decision_line(
        [0.7, -9], -5, xlim=(-5, 35), ylim=(-0.2, 1.2), names=["temperature", "rain"]
    ),
    "decision_line, alone": lambda: plotting.decision_line([1, -2], 0.3),
    "activation_gallery": lambda: plotting.activation_gallery(ACTIVATIONS),
    "curves": lambda: plotting.curves(HISTORY),
    "curves, one": lambda: plotting.curves({"loss": HISTORY["loss"]}),
    "compare, log": lambda: plotting.compare({"a": (XS, np.exp(XS)), "b": (XS, 2**XS)}, log=True),
    "fitted_curve": lambda: draw_fit(False),
    "fitted_curve, panels": lambda: draw_fit(True),
    "bars": lambda: plotting.bars([0.665, 0.245, 0.09], ["a", "b", "c"], title="softmax"),
    "bars, signed": lambda: plotting.bars([2, -1, 0.5]),
    "weights": lambda: plotting.weights(W, names=["unit 1", "unit 2"]),
    "weights, images": lambda: plotting.weights(
        random_layers(64, 8)[0][0], shape=(8, 8), names=[f"unit {i}" for i in range(8)]
    ),
    "weights, raster": lambda: plotting.weights(
        random_layers(64, 32)[0][0], shape=(8, 8), columns=8
    ),
    "matrix_product": lambda: plotting.matrix_product(
        [[0.9, 0.8], [0.8, 0.3], [0.2, 0.75]], W[::-1], [0.1, 0], rows=["apple", "berry", "orange"]
    ),
    "convolution": lambda: plotting.convolution(
        np.arange(20).reshape(5, 4) % 7, [[-1, 0], [0.5, 2]], at=(1, 2)
    ),
    "convolution, a large kernel": lambda: plotting.convolution(np.eye(5), np.ones((3, 3))),
    "matrix_product, no bias": lambda: plotting.matrix_product([[1, 2, 3]], [[0.5, -1, 2]]),
    "decision_line, a narrow side": lambda: plotting.decision_line(
        [0.7, -0.9], -0.35, xlim=(0, 1), ylim=(0, 1), names=["°C / 30", "rain"], classes=STAY_GO
    ),
    "boundaries": lambda: plotting.boundaries(SNAPSHOTS, X2, Y2, names=NAMES),
    "boundaries, classes": lambda: plotting.boundaries({"one": towards(3)}, X3, Y3),
    "descent": lambda: plotting.descent(bowl, PATHS, xlim=(-3, 3), ylim=(-1.2, 1.2)),
    "descent, panels": lambda: plotting.descent(
        bowl, PATHS, xlim=(-3, 3), ylim=(-1.2, 1.2), panels=True
    ),
    "compare": lambda: plotting.compare(
        {"three layers, no activation": (XS, XS), "the same with ReLU": (XS, relu(XS))},
        names=("x", "output"),
    ),
    "compare, panels": lambda: plotting.compare(LOSSES, names=("prediction ŷ, truth is 1", "")),
    "compare, long titles": lambda: plotting.compare(
        {"a title too long to stand beside another": {"a": (XS, XS)}, "two": {"a": (XS, -XS)}}
    ),
    "tangent": lambda: plotting.tangent(
        lambda w: sigmoid(-w), 0.4, -0.24, xlim=(-1, 2), names=("w₁₁", "loss")
    ),
    "graph": lambda: draw_graph(fruit_loss),
    "graph, one neuron": lambda: draw_graph(neuron_loss),
    "graph, a residual": lambda: draw_graph(residual_loss),
    "dashboard": lambda: plotting.dashboard(MEASURED),
    "attention_map": lambda: plotting.attention_map(CAUSAL, ["the", "cat", "sat", "down"]),
    "attention_map, long": lambda: plotting.attention_map(np.eye(12), list("the cat sat.")),
    "attention_map, turned": lambda: plotting.attention_map(
        np.eye(8), [f"a long token {i}" for i in range(8)]
    ),
    "confusion_matrix": lambda: plotting.confusion_matrix(
        40 * np.eye(10) + np.eye(10, k=3), list("0123456789")
    ),
    "images": lambda: plotting.images(X2[:320].reshape(-1)[:320].reshape(5, 8, 8), list("abcde")),
    "images, raster": lambda: plotting.images(np.ones((20, 8, 8)), columns=5),
    "unrolled": lambda: plotting.unrolled(4, list("then"), list("hen.")),
    "unrolled, six": lambda: plotting.unrolled(6, None, ["", "", "", "", "", "spam"]),
    "lstm_cell": plotting.lstm_cell,
    "transformer_block": plotting.transformer_block,
}


@pytest.fixture(autouse=True)
def _no_figure_left() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


def svg_of_current_figure() -> str:
    """Save as the site does: outside the style context, not cropped, text as text."""
    target = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "test"}):
        plt.gcf().savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue().decode()


def svg_of(name: str) -> str:
    PICTURES[name]()
    return svg_of_current_figure()


def texts_in(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.filterwarnings("error")
def test_a_picture_is_small_readable_in_the_palette_and_the_same_twice(name: str) -> None:
    first = svg_of(name)
    plt.close("all")
    svg = svg_of(name)
    assert svg == first, "drawn twice, it differs"
    assert len(plt.get_fignums()) == 1
    assert "<text" in svg or "raster" in name
    assert "$" not in svg  # neither mathematics nor a stray format
    assert len(gzip.compress(svg.encode())) <= 25_000
    assert colour_problems(svg) == []
    assert text_problems(plt.gcf()) == []


def colour_problems(svg: str) -> list[str]:
    drawn = re.sub(r'(xlink:)?href="[^"]*"|url\([^)]*\)', "", svg)
    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", drawn))
    others = colours - {light for light, _ in PALETTE.values()}
    problems = [f"not of the palette: {colour}" for colour in sorted(others)]
    problems += re.findall(r"(?:fill|stroke): ?(?:black|white|rgb)", drawn)
    # SVG text without a fill is black, whatever the page's scheme.
    problems += [tag for tag in re.findall(r"<text[^>]*>", drawn) if "fill: #" not in tag]
    return problems if colours else ["no colours"]


def text_problems(figure: Any) -> list[str]:
    """No label is cut off or touches another, with a tenth to spare for the browser's own font."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    problems, placed, sheet = [], [], figure.bbox.padded(0.5)
    if figure.get_figwidth() > 6.4 + 1e-9:
        problems.append(f"{figure.get_figwidth()} inches wide")
    for item in drawn_texts(figure):
        if item.get_fontsize() < 9:
            problems.append(f"small: {item.get_text()}")
        extent = Text.get_window_extent(item, renderer)
        inside = (sheet.x0 <= extent.x0, extent.x1 <= sheet.x1)
        if not all((*inside, sheet.y0 <= extent.y0, extent.y1 <= sheet.y1)):
            problems.append(f"cut off: {item.get_text()}")
        placed.append((item.get_text(), extent.expanded(1.1, 1.0)))
    for (one, a), (two, b) in itertools.combinations(placed, 2):
        # Line boxes are taller than letters: they may touch by a pixel or two.
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        down = min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > 0 and down > 3:
            problems.append(f"{one!r} touches {two!r}")
    return problems


def test_what_is_wrong_with_a_picture_is_found() -> None:
    plotting.bars([1, 2])
    plt.text(0, 1, "one", color="#123456")
    plt.text(0, 1, "two", fontsize=8)
    plt.figtext(0.99, 0.5, "three")
    assert "not of the palette: #123456" in colour_problems(svg_of_current_figure())
    problems = text_problems(plt.gcf())
    assert "small: two" in problems
    assert "'one' touches 'two'" in problems
    assert "cut off: three" in problems


def drawn_texts(figure: Any) -> list[Any]:
    """Return the texts that are drawn: Matplotlib keeps tick labels beyond the view as well."""
    found = [text for legend in figure.legends for text in legend.get_texts()] + figure.texts
    for ax in figure.axes:
        found += ax.texts
        if ax.get_legend():
            found += ax.get_legend().get_texts()
        if not ax.axison:
            continue
        found += [ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-6 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if low - slack <= tick.get_loc() <= high + slack:
                    found.append(tick.label1)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


# What is written is what was computed


def test_neuron_writes_its_terms() -> None:
    svg = svg_of("neuron, mixed signs")
    found = texts_in(svg)
    assert {"−0.36", "+0.64", "−0.20", "0.08"} <= set(found)


def test_valves_write_their_terms() -> None:
    found = texts_in(svg_of("valves, a bias"))
    assert {"+0.30", "−0.08", "+0.10", "z = 0.32", "× −0.3"} <= set(found)


def test_valves_say_when_the_tank_is_empty() -> None:
    assert {"z = −0.38", "0.38 short"} <= set(texts_in(svg_of("valves, empty")))


def test_network_writes_the_forward_pass() -> None:
    found = texts_in(svg_of("network 2-2-1"))
    x = np.array([0.9, 0.8])
    hidden = relu(np.array(W) @ x)
    out = sigmoid(np.array(V) @ hidden + 0.1)[0]
    assert {f"{hidden[0]:.2f}", f"{hidden[1]:.2f}", f"{out:.2f}", "z = 0.60"} <= set(found)
    assert {"0.4", "0.3", "−0.4", "0.8", "0.5", "−0.3", "b = 0.1"} <= set(found)


def test_network_shows_silence_and_the_sum_behind_it() -> None:
    found = texts_in(svg_of("network 2-3-1"))
    assert {"z = −0.49", "0.00", "z = 0.44", "0.62"} <= set(found)


def test_network_counts_what_it_leaves_out() -> None:
    found = texts_in(svg_of("network 784-128-64-10"))
    assert {"784", "128", "64", "10"} <= set(found)
    assert found.count("⋮") == 4


def test_network_tells_signs_by_dash_too() -> None:
    ax = plotting.network(FRUIT)
    by_colour = {line.get_color(): line.is_dashed() for line in ax.lines}
    assert by_colour == {PALETTE["blue"][0]: False, PALETTE["orange"][0]: True}


def test_bars_write_their_values() -> None:
    plotting.bars([0.6652, 0.2447, 0.0900], digits=3)
    assert {"0.665", "0.245", "0.090"} <= set(texts_in(svg_of_current_figure()))


def test_weights_of_zero_are_clear() -> None:
    (ax,) = plotting.weights([[0.0, 1.0]])
    assert len(ax.patches) == 1
    assert ax.patches[0].get_path().vertices[:, 0].min() == 1


def test_weights_share_one_scale() -> None:
    strong, weak = plotting.weights([[1.0], [0.5]])
    assert strong.patches[0].get_alpha() == pytest.approx(2 * weak.patches[0].get_alpha())


def test_matrix_product_writes_the_product() -> None:
    found = texts_in(svg_of("matrix_product"))
    assert "0.9 × (−0.4) + 0.8 × 0.8 + 0.1 = 0.38" in found
    Z = np.array([[0.9, 0.8], [0.8, 0.3], [0.2, 0.75]]) @ np.array(W[::-1]).T + [0.1, 0]
    for value in Z.flat:
        assert f"{value:.2f}".replace("-", "−") in found


def test_convolution_writes_the_image_the_kernel_and_every_result() -> None:
    found = texts_in(svg_of("convolution"))
    image, kernel = np.arange(20).reshape(5, 4) % 7, np.array([[-1, 0], [0.5, 2]])
    for r in range(4):
        for c in range(3):
            value = (image[r : r + 2, c : c + 2] * kernel).sum()
            assert f"{value:.2f}".replace("-", "−") in found
    assert "−1 × 6 + 0 × 0 + 0.5 × 3 + 2 × 4 = 3.50" in found


def test_boundary_lies_where_the_answer_changes() -> None:
    ax = plotting.decision_boundary(lambda X: X[:, 0] - 0.25, X2, Y2)
    path = ax.collections[-1].get_paths()[0]
    np.testing.assert_allclose(path.vertices[:, 0], 0.25, atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 20.0], ids=["probabilities", "logits"])
def test_two_outputs_make_the_same_boundary_as_one(scale: float) -> None:
    def two(X: Any) -> Any:
        p = sigmoid(X[:, 0] - 0.25)
        return np.stack([1 - p, p], axis=1) if scale == 1 else np.stack([p, 1 - p], axis=1) * -scale

    ax = plotting.decision_boundary(two, X2, Y2)
    np.testing.assert_allclose(ax.collections[-1].get_paths()[0].vertices[:, 0], 0.25, atol=0.01)


def test_boundary_is_absent_when_every_answer_is_the_same() -> None:
    ax = plotting.decision_boundary(lambda X: np.full(len(X), 0.9), X2, Y2)
    assert all(c.get_facecolor().size for c in ax.collections)


def test_decision_line_meets_its_equation() -> None:
    ax = plotting.decision_line([0.4, 0.3], -0.4, xlim=(0, 1), ylim=(0, 1))
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(0.4 * np.asarray(x) + 0.3 * np.asarray(y), 0.4)


def test_a_jump_is_not_drawn_as_a_slope() -> None:
    (ax,) = plotting.activation_gallery({"ReLU": (relu, step)})
    drawn = ax.lines[-1].get_ydata()
    assert np.isnan(drawn).sum() == 1


def test_curves_are_thinned_but_keep_their_ends() -> None:
    axes = plotting.curves({"loss": np.linspace(1, 0.5, 5000)})
    x, y = axes[0].lines[0].get_data()
    assert len(x) <= 200
    assert (x[0], x[-1], y[0], y[-1]) == (1, 5000, 1, 0.5)


def test_decision_line_names_the_half_planes() -> None:
    ax = plotting.decision_line([1, -2], 0.3, classes=STAY_GO)
    at = {text.get_text().split("\n")[0]: text.get_position() for text in ax.texts}
    assert np.dot([1, -2], at["go"]) + 0.3 > 0 > np.dot([1, -2], at["stay"]) + 0.3


@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith("decision_line")])
def test_decision_line_labels_stand_clear_of_the_line(name: str) -> None:
    ax = PICTURES[name]()
    ax.figure.canvas.draw()
    line = next(line for line in ax.lines if line.get_linewidth() == 2.2).get_xydata()
    along = ax.transData.transform(np.linspace(*line, 200))
    for text in ax.texts:
        box = text.get_window_extent()
        assert not any(box.contains(*point) for point in along), text.get_text()
        assert ax.bbox.x0 <= box.x0
        assert box.x1 <= ax.bbox.x1


def test_a_plain_function_may_call_backward() -> None:
    def slope(values: Any) -> Any:
        z = nnlib.tensor(values, requires_grad=True)
        nnlib.tanh(z).sum().backward()
        return z.grad

    (ax,) = plotting.activation_gallery({"tanh": (np.tanh, slope)})
    xs, ys = ax.lines[-1].get_data()
    np.testing.assert_allclose(ys, 1 - np.tanh(xs) ** 2, atol=1e-12)


def test_a_module_runs_without_a_tape() -> None:
    seen = []

    class Net(nnlib.nn.Module):
        def forward(self, X: Any) -> Any:
            seen.append(nnlib.is_grad_enabled())
            return X[:, 0]

    plotting.decision_boundary(Net(), X2, Y2)
    assert seen == [False]


def test_graph_writes_values_and_gradients() -> None:
    found = texts_in(svg_of("graph"))
    loss, names = fruit_loss()
    loss.backward()
    for leaf in ("W", "b", "v", "c"):
        for value in np.concatenate([names[leaf].array.ravel(), names[leaf].grad.array.ravel()]):
            assert f"{value:.3f}".replace("-", "−") in found, (leaf, value)
    assert {"0.316", "−0.422", "0.578", "−1.729", "0.548", "ŷ", "sigmoid"} <= set(found)


def test_graph_leaves_the_tape_and_the_gradients_alone() -> None:
    loss, names = fruit_loss()
    plotting.graph(loss)
    assert all(tensor.grad is None for tensor in names.values())
    loss.backward()
    assert names["c"].grad.item() == pytest.approx(-0.42165, abs=1e-5)


def test_graph_adds_up_the_blame_of_every_path() -> None:
    w = weight(3.0)
    ax = plotting.graph(w * w + w, names={"w": w})
    assert "7.000" in [text.get_text() for text in ax.texts]


def test_graph_of_a_freed_graph_says_so() -> None:
    loss, _ = fruit_loss()
    loss.backward()
    with pytest.raises(RuntimeError, match="freed by backward"):
        plotting.graph(loss)


def test_tangent_is_the_line_asked_for() -> None:
    ax = plotting.tangent(lambda w: w**3, 1.0, 3.0, xlim=(-2, 2))
    x, y = ax.lines[1].get_data()
    np.testing.assert_allclose(y, 1 + 3 * (np.asarray(x) - 1))


def test_tangent_calls_with_one_float_at_a_time() -> None:
    kinds = set()
    plotting.tangent(lambda w: kinds.add(type(w)) or w, 0.0, 1.0, xlim=(-1, 1))
    assert kinds == {float}


def test_descent_draws_every_step() -> None:
    ax = plotting.descent(bowl, {"a": walk(0.1)}, xlim=(-3, 3), ylim=(-1, 1))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), walk(0.1))


def test_confusion_matrix_leaves_zeros_out() -> None:
    ax = plotting.confusion_matrix([[5, 0], [2, 7]], ["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["5", "", "2", "7"]


def test_attention_to_the_future_is_clear() -> None:
    ax = plotting.attention_map(CAUSAL, ["the", "cat", "sat", "down"])
    drawn = {
        (int(c), int(r))
        for patch in ax.patches
        for c, r in np.floor(patch.get_path().vertices.reshape(-1, 5, 2).mean(axis=1))
    }
    assert drawn == {(c, r) for r in range(4) for c in range(r + 1)}


def drawn_lines(ax: Any) -> list[list[tuple[float, float]]]:
    """Return the corners of each line and the two ends of each arrow."""
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    ends = [[tuple(map(float, end)) for end in p._posA_posB] for p in arrows]
    return ends + [[tuple(map(float, xy)) for xy in line.get_xydata()] for line in ax.lines]


def places_of(ax: Any, label: str) -> list[tuple[float, float]]:
    return [text.get_position() for text in ax.texts if text.get_text().split("\n")[0] == label]


def test_lstm_cell_forgets_before_it_adds_and_its_gates_read_state_and_input() -> None:
    ax = plotting.lstm_cell()
    lines = drawn_lines(ax)
    ((_, top),) = places_of(ax, "+")
    along = sorted((x, s) for s in "×+" for x, y in places_of(ax, s) if y == top)
    assert [sign for _, sign in along] == ["×", "+"]
    (state,) = {y for line in lines for x, y in line if x < 10 and y < top}
    for gate in ("forget", "input", "candidate", "output"):
        x, y = next(place for place in places_of(ax, gate) if place[1] > state)
        assert any((x, state) in line for line in lines), gate
        assert any(end[0] == x and state < end[1] < y for line in lines for end in line[-1:]), gate
    assert [text.get_text().split("\n")[1:] for text in ax.texts if "\n" in text.get_text()] == [
        ["σ"],
        ["σ"],
        ["tanh"],
        ["σ"],
    ]


def test_transformer_block_adds_attention_and_then_the_dense_layers() -> None:
    ax = plotting.transformer_block()
    order = ["the letters so far", "embedding + position", "attention", "+", "two dense layers"]
    order += ["× N", "last layer, softmax", "shares for the next letter"]
    heights = [places_of(ax, label)[0][1] for label in order]
    assert heights == sorted(heights)
    plus, norms = places_of(ax, "+"), sorted(places_of(ax, "layer norm"), key=lambda at: at[1])
    ends = [line[-1] for line in drawn_lines(ax)]
    for (x, y), (_, norm), found in zip(
        plus, norms, ("attention", "two dense layers"), strict=True
    ):
        assert norm < places_of(ax, found)[0][1] < y
        assert any(to == y and 0 < at - x < 15 for at, to in ends), found


def test_dashboard_takes_an_object_with_a_history() -> None:
    class Monitor:
        history = MEASURED
        steps = range(0, 3000, 10)

    axes = plotting.dashboard(Monitor())
    assert [ax.get_title(loc="left") for ax in axes] == list(MEASURED)
    assert axes[0].lines[0].get_xdata()[[0, -1]].tolist() == [0, 2990]
    assert axes[0].get_yscale() == "log"


def test_compare_thins_long_curves() -> None:
    ax = plotting.compare({"a": (np.arange(5000), np.arange(5000))})
    assert len(ax.lines[0].get_xdata()) <= 200


# Bad input is named


BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "neuron shapes": (lambda: plotting.neuron([1, 2], 0, [1]), ValueError, "inputs: .*(2,)"),
    "neuron empty": (lambda: plotting.neuron([], 0, []), ValueError, "weights"),
    "neuron text": (lambda: plotting.neuron(["a"], 0, [1]), TypeError, "weights"),
    "neuron bias": (lambda: plotting.neuron([1], [0, 1], [1]), ValueError, "bias"),
    "neuron names": (lambda: plotting.neuron([1], 0, [1], names=["a", "b"]), ValueError, "names"),
    "neuron name string": (
        lambda: plotting.neuron([1, 2], 0, [1, 2], names="ab"),
        ValueError,
        "names: .*'ab'",
    ),
    "valves shapes": (lambda: plotting.valves([1], [1, 2]), ValueError, "inputs"),
    "valves nan": (lambda: plotting.valves([np.nan], [1]), ValueError, "weights.*NaN"),
    "network type": (lambda: plotting.network(3), TypeError, "model_or_layers.*int"),
    "network empty": (lambda: plotting.network([]), ValueError, "model_or_layers"),
    "network pair": (lambda: plotting.network([[1, 2, 3]]), TypeError, r"pair \(W, b\)"),
    "network bias": (lambda: plotting.network([(W, [1.0])]), ValueError, r"\(2,\).*\(1,\)"),
    "network chain": (
        lambda: plotting.network([(W, None), ([[1.0, 2.0, 3.0]], None)]),
        ValueError,
        r"\[1\] W: .*\(out, 2\).*\(1, 3\)",
    ),
    "network x": (lambda: plotting.network(FRUIT, [1, 2, 3]), ValueError, r"x: .*\(2,\).*\(3,\)"),
    "network activations": (
        lambda: plotting.network(FRUIT, activations=["relu"]),
        ValueError,
        "activations",
    ),
    "network activation": (
        lambda: plotting.network(FRUIT, activations=["relux", None]),
        ValueError,
        "activations.*relux",
    ),
    "boundary predict": (lambda: plotting.decision_boundary(3, X2, Y2), TypeError, "predict"),
    "boundary X": (
        lambda: plotting.decision_boundary(np.sum, np.ones((3, 4)), [0, 0, 0]),
        ValueError,
        "X",
    ),
    "boundary y": (lambda: plotting.decision_boundary(towards(3), X2, [0, 1]), ValueError, "y"),
    "boundary labels": (
        lambda: plotting.decision_boundary(towards(3), X2, Y2 - 0.5),
        ValueError,
        "y",
    ),
    "boundary output": (
        lambda: plotting.decision_boundary(lambda X: X[:3, 0], X2, Y2),
        ValueError,
        r"predict: .*\(3,\)",
    ),
    "boundary logits": (
        lambda: plotting.decision_boundary(lambda X: 9 * X[:, 0], X2, Y2, logits=False),
        ValueError,
        "predict.*logits",
    ),
    "line zero": (lambda: plotting.decision_line([0, 0], 1), ValueError, "w"),
    "line outside": (lambda: plotting.decision_line([1, 1], 9), ValueError, "w, b: .*9"),
    "line shape": (lambda: plotting.decision_line([1, 2, 3], 0), ValueError, r"w: .*\(3,\)"),
    "function": (
        lambda: plotting.activation_gallery({"a": (3, relu)}),
        TypeError,
        r"functions\['a'\]\[0\]: .*int",
    ),
    "function shape": (
        lambda: plotting.activation_gallery({"a": (relu, np.sum)}),
        ValueError,
        r"functions\['a'\]\[1\]: .*\(161,\).*\(\)",
    ),
    "gallery": (lambda: plotting.activation_gallery([]), TypeError, "functions"),
    "gallery empty": (lambda: plotting.activation_gallery({}), ValueError, "functions"),
    "gallery pair": (lambda: plotting.activation_gallery({"a": relu}), TypeError, "functions"),
    "curves": (lambda: plotting.curves([1, 2]), TypeError, "history.*list"),
    "curves empty": (lambda: plotting.curves({}), ValueError, "history"),
    "fit lengths": (lambda: plotting.fitted_curve([1], [1, 2], {}), ValueError, "x, y"),
    "fit none": (lambda: plotting.fitted_curve([1], [1], {}), ValueError, "predictions"),
    "fit pair": (lambda: plotting.fitted_curve([1], [1], {"a": 3}), TypeError, "predictions"),
    "bars": (lambda: plotting.bars([]), ValueError, "values"),
    "bars names": (lambda: plotting.bars([1], ["a", "b"]), ValueError, "names"),
    "weights shape": (lambda: plotting.weights(W, shape=(3, 3)), ValueError, "shape: expected 2"),
    "weights axes": (lambda: plotting.weights([1, 2]), ValueError, "W"),
    "product": (lambda: plotting.matrix_product([[1, 2, 3]], W), ValueError, r"W: .*\(2, 2\)"),
    "convolution kernel": (
        lambda: plotting.convolution(W, np.ones((3, 3))),
        ValueError,
        r"kernel: .*\(2, 2\).*\(3, 3\)",
    ),
    "convolution at": (lambda: plotting.convolution(W, [[1]], at=(2, 0)), ValueError, "at: "),
    "convolution size": (lambda: plotting.convolution(np.eye(9), [[1]]), ValueError, "image: "),
    "convolution axes": (lambda: plotting.convolution(W, [1, 2]), ValueError, "kernel: "),
    "product b": (lambda: plotting.matrix_product([[1, 2]], W, [1]), ValueError, "b"),
    "line classes": (
        lambda: plotting.decision_line([1, 1], 0, classes=["a"]),
        ValueError,
        "classes: expected 2",
    ),
    "boundaries": (lambda: plotting.boundaries({}, X2, Y2), ValueError, "snapshots"),
    "descent f": (lambda: plotting.descent(3, PATHS, xlim=(0, 1), ylim=(0, 1)), TypeError, "f: "),
    "descent path": (
        lambda: plotting.descent(bowl, {"a": [[1, 2, 3]]}, xlim=(0, 1), ylim=(0, 1)),
        ValueError,
        r"paths\['a'\]: .*\(1, 3\)",
    ),
    "descent shape": (
        lambda: plotting.descent(lambda a, b: 1.0, PATHS, xlim=(0, 1), ylim=(0, 1)),
        ValueError,
        r"f: .*\(\)",
    ),
    "compare": (lambda: plotting.compare([1]), TypeError, "curves"),
    "compare pair": (lambda: plotting.compare({"a": 3}), TypeError, r"curves\['a'\]"),
    "tangent f": (lambda: plotting.tangent(3, 0, 1, xlim=(0, 1)), TypeError, "f: .*int"),
    "tangent at": (lambda: plotting.tangent(abs, 5, 1, xlim=(0, 1)), ValueError, "at: .*5"),
    "graph type": (lambda: plotting.graph(3), TypeError, "loss: .*int"),
    "graph size": (lambda: plotting.graph(weight([1.0, 2.0]) * 2), ValueError, r"loss: .*\(2,\)"),
    "graph leaf": (lambda: plotting.graph(weight(1.0)), RuntimeError, "loss: .*leaf"),
    "graph names": (
        lambda: plotting.graph(weight(1.0) * 2, names={"other": weight(1.0)}),
        ValueError,
        "names: .*other",
    ),
    "graph too large": (
        lambda: plotting.graph(sum((weight(1.0) for _ in range(40)), start=weight(0.0))),
        ValueError,
        "at most 30",
    ),
    "dashboard": (
        lambda: plotting.dashboard(SimpleNamespace(history={"a": {"l": [1, 2]}}, steps=[1])),
        ValueError,
        "steps",
    ),
    "dashboard nothing": (
        lambda: plotting.dashboard({"a": {"l": [np.nan]}}),
        ValueError,
        "monitor",
    ),
    "dashboard type": (lambda: plotting.dashboard(3), TypeError, "monitor"),
    "attention": (lambda: plotting.attention_map([[1, 0]], ["a"]), ValueError, r"\(1, 2\)"),
    "attention range": (lambda: plotting.attention_map([[2.0]], ["a"]), ValueError, "weights"),
    "confusion": (lambda: plotting.confusion_matrix([[-1]], ["a"]), ValueError, "counts"),
    "confusion shape": (lambda: plotting.confusion_matrix([[1, 2]], "ab"), ValueError, "counts"),
    "images": (lambda: plotting.images(np.ones((2, 2))), ValueError, "array"),
    "images titles": (
        lambda: plotting.images(np.ones((1, 2, 2)), ["a", "b"]),
        ValueError,
        "titles",
    ),
    "unrolled": (lambda: plotting.unrolled(1), ValueError, "steps"),
    "unrolled inputs": (lambda: plotting.unrolled(3, ["a"]), ValueError, "inputs"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case: str) -> None:
    draw, error, message = BAD[case]
    with pytest.raises(error, match=message):
        draw()
