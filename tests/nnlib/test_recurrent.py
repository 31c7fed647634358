"""RNN, LSTM and GRU against PyTorch, central differences and the same cells from primitives.

Each case is one line: the layer, its options and the shape of its input.
"""

import numpy as np
import pytest

import nnlib
from nnlib import _recurrent, nn
from nnlib.gradcheck import GradcheckError, gradcheck

KINDS = ["RNN", "LSTM", "GRU"]

# options, input shape: batches and sequences of 1, many layers, both directions, N = 0
CASES = [
    ({}, (3, 2, 4)),
    ({}, (1, 1, 1)),
    ({}, (1, 5, 3)),
    ({}, (7, 1, 2)),
    ({}, (4, 3, 1)),
    ({}, (2, 8, 6)),
    ({}, (3, 0, 4)),
    ({"hidden_size": 1}, (4, 3, 2)),
    ({"hidden_size": 7}, (2, 3, 5)),
    ({"bias": False}, (3, 2, 4)),
    ({"bias": False, "batch_first": True}, (2, 3, 4)),
    ({"batch_first": True}, (2, 6, 3)),
    ({"batch_first": True}, (4, 3, 1)),
    ({"batch_first": True}, (1, 1, 4)),
    ({"num_layers": 2}, (3, 2, 4)),
    ({"num_layers": 3, "bias": False}, (2, 2, 2)),
    ({"bidirectional": True}, (3, 2, 4)),
    ({"bidirectional": True}, (5, 1, 2)),
    ({"bidirectional": True, "batch_first": True}, (2, 5, 3)),
    ({"num_layers": 2, "bidirectional": True}, (4, 2, 3)),
    ({"num_layers": 2, "bidirectional": True, "batch_first": True, "bias": False}, (2, 3, 3)),
    ({"num_layers": 2, "bidirectional": True}, (3, 1, 4)),
]
TABLE = [
    pytest.param(kind, {"hidden_size": 4} | options, shape, id=f"{kind}-{options}-{shape}")
    for kind in KINDS
    for options, shape in CASES
]


def distance(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return np.linalg.norm(ours - theirs) / (np.linalg.norm(theirs) or 1)


def numbers(tensor):
    return tensor.detach().numpy()


def pair_of_layers(torch, kind, options, inputs, dtype):
    theirs = getattr(torch.nn, kind)(inputs, **options).to(getattr(torch, dtype))
    ours = getattr(nn, kind)(inputs, **options, dtype=dtype)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    return ours, theirs


def run(lib, layer, x, states, g):
    """Outputs and all gradients; the loss reads every output and every last state."""
    x = lib.tensor(x, requires_grad=True)
    given = [lib.tensor(state, requires_grad=True) for state in states]
    y, last = layer(x, tuple(given) if len(given) > 1 else given[0])
    last = last if isinstance(last, tuple) else (last,)
    loss = (y * lib.tensor(g)).sum()
    for weight, state in enumerate(last, 1):
        loss = loss + weight * (state * state).sum()
    loss.backward()
    leaves = [x, *given, *layer.parameters()]
    return [numbers(y), *map(numbers, last), *(numbers(leaf.grad) for leaf in leaves)]


def data(kind, layer, shape, scale, dtype):
    rng = np.random.default_rng(1)
    rows = len(layer.state_dict()) // (4 if layer.bias else 2)
    batch = shape[0 if layer.batch_first else 1]
    count = 2 if kind == "LSTM" else 1
    states = [rng.standard_normal((rows, batch, layer.hidden_size)) for _ in range(count)]
    x = (scale * rng.standard_normal(shape)).astype(dtype)
    width = layer.hidden_size * (2 if layer.bidirectional else 1)
    g = rng.standard_normal((*shape[:-1], width)).astype(dtype)
    return x, [state.astype(dtype) for state in states], g


@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize(("kind", "options", "shape"), TABLE)
def test_agrees_with_pytorch(torch, kind, options, shape, scale):
    torch.manual_seed(0)
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        ours, theirs = pair_of_layers(torch, kind, options, shape[-1], dtype)
        x, states, g = data(kind, ours, shape, scale, dtype)
        before = [a.copy() for a in (x, *states)]
        results = zip(run(nnlib, ours, x, states, g), run(torch, theirs, x, states, g), strict=True)
        for mine, reference in results:
            assert mine.dtype == dtype
            # What a saturated gate lets through is the rounding of the sums, which grow with x.
            floor = 1e-12 if dtype == "float64" else 1e-5 if scale == 1 else 1e-4
            assert distance(mine, reference) < tolerance or np.abs(mine - reference).max() < floor
        assert all(np.array_equal(a, b) for a, b in zip((x, *states), before, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_default_state_is_zero_and_input_may_be_strided(torch, kind):
    ours, theirs = pair_of_layers(torch, kind, {"hidden_size": 3}, 2, "float64")
    x = np.random.default_rng(0).standard_normal((4, 10, 6))[::2, :, ::3]
    assert (
        distance(ours(nnlib.from_numpy(x))[0].detach(), theirs(torch.tensor(x))[0].detach()) < 1e-10
    )


@pytest.mark.parametrize("kind", KINDS)
def test_weights_go_to_pytorch_and_back(torch, kind):
    ours = getattr(nn, kind)(3, 4, 2, bidirectional=True)
    theirs = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((5, 2, 3)).astype("float32")
    assert distance(ours(nnlib.tensor(x))[0].detach(), theirs(torch.tensor(x))[0].detach()) < 1e-5
    bound = 1 / 4**0.5
    sizes = [np.abs(p.array).max() for p in ours.parameters()]
    assert max(sizes) <= bound < 1.2 * max(sizes)


# ---- the composed twins, one step at a time from primitive operations ------------------------


def rnn_twin(x, h, weights):
    return nnlib.tanh(x @ weights[0].T + weights[2] + h @ weights[1].T + weights[3])


def lstm_twin(x, h, c, weights):
    sums = x @ weights[0].T + weights[2] + h @ weights[1].T + weights[3]
    i, f, g, o = (sums[:, k * h.shape[1] : (k + 1) * h.shape[1]] for k in range(4))
    c = nnlib.sigmoid(f) * c + nnlib.sigmoid(i) * nnlib.tanh(g)
    return nnlib.sigmoid(o) * nnlib.tanh(c), c


def gru_twin(x, h, weights):
    from_x, from_h = x @ weights[0].T + weights[2], h @ weights[1].T + weights[3]
    n = h.shape[1]
    r = nnlib.sigmoid(from_x[:, :n] + from_h[:, :n])
    z = nnlib.sigmoid(from_x[:, n : 2 * n] + from_h[:, n : 2 * n])
    new = nnlib.tanh(from_x[:, 2 * n :] + r * from_h[:, 2 * n :])
    return (1 - z) * new + z * h


def unrolled(kind, x, states, weights):
    rows = []
    for step in x:
        if kind == "lstm":
            states = lstm_twin(step, *states, weights)
        else:
            states = ((rnn_twin if kind == "rnn" else gru_twin)(step, *states, weights),)
        rows.append(states[0])
    return nnlib.stack(rows + list(states[1:]))


def layer_inputs(kind, steps=3, batch=2, inputs=3, hidden=2):
    rng = np.random.default_rng(0)
    rows = {"rnn": 1, "lstm": 4, "gru": 3}[kind] * hidden
    states = [(batch, hidden)] * (2 if kind == "lstm" else 1)
    shapes = [(steps, batch, inputs), *states, (rows, inputs), (rows, hidden), (rows,), (rows,)]
    return [nnlib.tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes]


def fused(kind):
    layer = getattr(_recurrent, f"{kind}_layer")
    return lambda *tensors: layer(*tensors[:-4], tensors[-4:])


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_equals_its_composed_twin(kind):
    results = []
    for twin in (False, True):
        tensors = layer_inputs(kind)
        x, *states = tensors[:-4]
        y = unrolled(kind, x, states, tensors[-4:]) if twin else fused(kind)(*tensors)
        (y * y * y).sum().backward()
        results.append([y.detach().numpy(), *(t.grad.numpy() for t in tensors)])
    for mine, reference in zip(*results, strict=True):
        assert distance(mine, reference) < 1e-12


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_gradients_agree_with_central_differences(kind):
    assert gradcheck(fused(kind), layer_inputs(kind))


def test_the_checks_notice_a_wrong_gradient(monkeypatch, torch):
    right = _recurrent._gradients
    monkeypatch.setattr(_recurrent, "_gradients", lambda g, *given: right(1.001 * g, *given))
    with pytest.raises(GradcheckError):
        gradcheck(fused("lstm"), layer_inputs("lstm"), rtol=1e-4)
    with pytest.raises(AssertionError):
        test_agrees_with_pytorch(torch, "LSTM", {"hidden_size": 4}, (3, 2, 4), 1)
    with pytest.raises(AssertionError):
        test_equals_its_composed_twin("lstm")


def test_a_second_backward_gives_the_same():
    tensors = layer_inputs("lstm")
    loss = fused("lstm")(*tensors).sum()
    loss.backward(retain_graph=True)
    first = [t.grad.numpy() for t in tensors]
    for t in tensors:
        t.grad = None
    loss.backward()
    assert all(np.array_equal(t.grad.numpy(), a) for t, a in zip(tensors, first, strict=True))


def test_dropout_acts_between_layers_while_training():
    nnlib.manual_seed(0)
    layer, x = nn.GRU(3, 50, num_layers=2, dropout=0.5), nnlib.randn(2, 1, 3)
    assert not np.array_equal(*(numbers(layer(x)[0]) for _ in range(2)))
    layer.eval()
    assert np.array_equal(*(numbers(layer(x)[0]) for _ in range(2)))
    single = nn.GRU(3, 50, dropout=0.5)
    assert np.array_equal(*(numbers(single(x)[0]) for _ in range(2)))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_network_trains_as_in_pytorch(torch, kind):
    seed = int(np.random.default_rng().integers(1000))
    torch.manual_seed(seed)
    ours, theirs = pair_of_layers(torch, kind, {"hidden_size": 8, "num_layers": 2}, 3, "float64")
    head = nn.Linear(8, 2, dtype="float64")
    torch_head = torch.nn.Linear(8, 2).double()
    head.load_state_dict({k: v.numpy() for k, v in torch_head.state_dict().items()})
    x = np.random.default_rng(seed).standard_normal((6, 5, 3))
    losses = []
    for lib, layer, last in ((nnlib, ours, head), (torch, theirs, torch_head)):
        steps, optimizer = [], lib.optim.Adam([*layer.parameters(), *last.parameters()], lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            logits = last(layer(lib.tensor(x))[0][-1])
            loss = lib.nn.functional.cross_entropy(logits, lib.tensor([0, 1, 0, 1, 1]))
            loss.backward()
            optimizer.step()
            steps.append(loss.item())
        losses.append(steps)
    assert np.abs(np.subtract(*losses)).max() < 1e-9, f"seed {seed}"
    assert losses[0][-1] < losses[0][0], f"seed {seed}"


T = nnlib.zeros
MALFORMED = [
    (lambda k: k(0, 4), ValueError, "input_size.*0"),
    (lambda k: k(3, 4.5), TypeError, "hidden_size.*float"),
    (lambda k: k(3, 4, num_layers=0), ValueError, "num_layers.*0"),
    (lambda k: k(3, 4, dropout=1.5), ValueError, "dropout.*1.5"),
    (lambda k: k(3, 4)(np.zeros((2, 1, 3))), TypeError, "input.*ndarray"),
    (lambda k: k(3, 4)(T(2, 1, 5)), ValueError, r"input.*I=3.*\(2, 1, 5\)"),
    (lambda k: k(3, 4)(T(3)), ValueError, r"input.*\(3,\)"),
    (lambda k: k(3, 4)(T(0, 1, 3)), ValueError, r"input.*one step"),
    (lambda k: k(3, 4)(T(2, 1, 3).double()), TypeError, "input.*float32.*float64"),
    (
        lambda k: k(3, 4)(T(2, 1, 3), (T(1, 2, 4),) * 2 if k is nn.LSTM else T(1, 2, 4)),
        ValueError,
        r"\(1, 1, 4\).*\(2, 1, 3\).*\(1, 2, 4\)",
    ),
    (lambda k: k(3, 4)(T(2, 1, 3), 7), TypeError, "hx.*int"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("call", "error", "message"), MALFORMED)
def test_malformed_input_is_named(kind, call, error, message):
    with pytest.raises(error, match=message):
        call(getattr(nn, kind))
