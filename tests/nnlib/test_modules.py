"""Modules: what they find in themselves, save, load and print, beside PyTorch's.

A PyTorch state dict loads without renaming, and the other way round.
"""

import warnings

import numpy as np
import pytest

import nnlib
from nnlib import nn
from nnlib.tensor import record


def build(lib):
    nn = lib.nn
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(6, 5),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Sequential(nn.Linear(5, 4, bias=False), nn.LeakyReLU(0.1), nn.GELU()),
        nn.ModuleList([nn.Tanh(), nn.Sigmoid()])[1],
        nn.Identity(),
        nn.Linear(4, 3),
        nn.LogSoftmax(dim=1),
    )


def test_prints_and_names_its_parts_as_pytorch_does(torch):
    mine, theirs = build(nnlib), build(torch)
    assert repr(mine) == repr(theirs).replace(", inplace=False", "")
    for listing in ("named_modules", "named_children", "named_parameters"):
        names = [name for name, _ in getattr(mine, listing)()]
        assert names == [name for name, _ in getattr(theirs, listing)()]
    assert list(mine.state_dict()) == list(theirs.state_dict())


def test_state_dict_goes_both_ways(torch):
    mine, theirs = build(nnlib).eval(), build(torch).eval()
    x = np.random.default_rng(0).normal(size=(7, 2, 3)).astype(np.float32)
    mine.load_state_dict(theirs.state_dict())
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(mine(nnlib.tensor(x)).detach().numpy(), expected, rtol=1e-5)
    other = build(torch).eval()
    state = {name: torch.tensor(t.numpy()) for name, t in mine.state_dict().items()}
    other.load_state_dict(state)
    np.testing.assert_array_equal(other(torch.tensor(x)).detach().numpy(), expected)


SIMPLE_NET = """
{imports}
class SimpleNet(nn.Module):
    def __init__(self):
        super().__init__()
        # Two hidden layers with 128 and 64 neurons
        self.layer1 = nn.Linear(784, 128) # Input: 28x28 image flattened
        self.layer2 = nn.Linear(128, 64)
        self.layer3 = nn.Linear(64, 10) # Output: 10 classes (digits 0-9)
    def forward(self, x):
        x = torch.relu(self.layer1(x)) # Hidden layer 1 with ReLU
        x = torch.relu(self.layer2(x)) # Hidden layer 2 with ReLU
        x = self.layer3(x) # Output layer (no activation)
        return x
"""


def simple_net(imports):
    namespace = {}
    exec(SIMPLE_NET.format(imports=imports), namespace)
    return namespace["SimpleNet"]()


def test_simple_net_runs_with_two_import_lines_changed():
    model = simple_net("import nnlib as torch\nimport nnlib.nn as nn")
    assert sum(parameter.numel() for parameter in model.parameters()) == 109_386
    assert model(nnlib.rand(5, 784)).shape == (5, 10)


def test_simple_net_trains_as_in_pytorch(torch):
    seed = int(np.random.default_rng().integers(1000))
    torch.manual_seed(seed)
    mine = simple_net("import nnlib as torch\nimport nnlib.nn as nn").double()
    theirs = simple_net("import torch\nimport torch.nn as nn").double()
    mine.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(seed)
    data = [(rng.random((16, 784)), rng.integers(0, 10, 16)) for _ in range(20)]

    def losses(lib, model):
        optimizer = lib.optim.Adam(model.parameters())
        found = []
        for x, y in data:
            optimizer.zero_grad()
            loss = lib.nn.functional.cross_entropy(model(lib.tensor(x)), lib.tensor(y))
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    found, expected = losses(nnlib, mine), losses(torch, theirs)
    np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=f"seed {seed}")
    mine.load_state_dict(theirs.state_dict())

    def wrong(layer, args, y):
        return record("wrong", y.array, (y,), lambda g: (g * np.linspace(0.999, 1.001, 64),))

    mine.layer2.register_forward_hook(wrong)
    found, expected = losses(nnlib, mine), losses(torch, theirs)
    assert found[0] == pytest.approx(expected[0], rel=1e-9)
    with pytest.raises(AssertionError, match="Not equal"):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_linear_starts_in_pytorchs_range():
    nnlib.manual_seed(0)
    layer = nn.Linear(100, 200)
    for parameter in layer.parameters():
        assert 0.095 < parameter.abs().max().item() <= 0.1
    assert layer.weight.var().item() == pytest.approx(0.1**2 / 3, rel=0.05)
    assert layer.weight.requires_grad
    assert nn.Linear(2, 2, dtype=nnlib.float64).bias.dtype == "f8"


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("seen", nnlib.zeros(1))
        self.register_buffer("unset", None)
        self.scale = nn.Parameter(nnlib.ones(1))
        self.plain = nnlib.ones(3)
        self.inner = nn.Linear(1, 1)

    def forward(self, x):
        self.seen = self.seen + 1
        return self.inner(x) * self.scale


def test_buffers_are_saved_but_not_learnt():
    model = Counting()
    model(nnlib.ones(1))
    assert [name for name, _ in model.named_parameters()] == ["scale", "inner.weight", "inner.bias"]
    assert [name for name, _ in model.named_buffers()] == ["seen"]
    assert list(model.state_dict()) == ["scale", "seen", "inner.weight", "inner.bias"]
    assert model.state_dict()["seen"].item() == 1
    model.double()
    assert model.seen.dtype == model.scale.dtype == nnlib.float64 != model.plain.dtype


def test_a_tied_weight_is_one_parameter_and_two_keys():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    assert len(list(model.parameters())) == 3
    assert len(model.state_dict()) == 4
    model(nnlib.ones(1, 2)).sum().backward()
    assert model[0].weight.grad.shape == (2, 2)
    shared = nn.Linear(1, 1)
    assert len(list(nn.Sequential(shared, nn.ReLU(), shared).modules())) == 3


def test_loading_copies_into_the_memory_that_is_there():
    model = nn.Linear(2, 1)
    memory = model.weight.array
    model.load_state_dict({"weight": np.array([[1, 2]]), "bias": nnlib.ones(1)})
    assert model.weight.array is memory
    assert memory.tolist() == [[1, 2]]


def test_loading_what_does_not_fit_names_it_all_and_changes_nothing():
    model = nn.Linear(2, 1)
    before = model.weight.tolist()
    with pytest.raises(
        ValueError, match=r"(?s)weight: expected shape \(1, 2\), got \(2, 2\).*"
    ) as e:
        model.load_state_dict({"weight": nnlib.ones(2, 2), "extra": nnlib.ones(1)})
    assert "missing keys: bias" in str(e.value)
    assert "unexpected keys: extra" in str(e.value)
    with pytest.raises(ValueError, match="Linear"):
        model.load_state_dict({"bias": nnlib.ones(1)})
    assert model.weight.tolist() == before
    result = model.load_state_dict({"bias": nnlib.ones(1), "x": nnlib.ones(1)}, strict=False)
    assert result == (["weight"], ["x"])
    assert model.bias.item() == 1


def test_train_and_eval_reach_everything():
    model = build(nnlib)
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())
    x = nnlib.ones(4)
    assert nn.Dropout(0.5).eval()(x).tolist() == [1] * 4


def test_freezing_and_forgetting():
    model = nn.Linear(2, 1)
    model(nnlib.ones(1, 2)).sum().backward()
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())
    model.requires_grad_(False)
    assert not model(nnlib.ones(1, 2)).requires_grad


def test_hooks_see_replace_and_come_off():
    model = nn.Sequential(nn.ReLU(), nn.Identity())
    seen = []
    watching = model[0].register_forward_hook(lambda m, args, out: seen.append((m, args, out)))
    doubling = model[1].register_forward_hook(lambda m, args, out: out * 2)
    assert model(nnlib.tensor([-1.0, 3.0])).tolist() == [0, 6]
    assert seen[0][0] is model[0]
    assert seen[0][1][0].tolist() == [-1, 3]
    watching.remove()
    watching.remove()
    doubling.remove()
    assert model(nnlib.tensor([3.0])).tolist() == [3]
    assert len(seen) == 1


def test_sequential_and_list_are_sequences():
    model = build(nnlib)
    assert len(model) == 9
    assert isinstance(model[-1], nn.LogSoftmax)
    assert [type(m).__name__ for m in model[1:3]] == ["Linear", "ReLU"]
    assert len(model.append(nn.ReLU())) == 10
    assert isinstance(model[9], nn.ReLU)
    named = nn.Sequential({"first": nn.Linear(1, 1), "then": nn.ReLU()})
    assert list(named.state_dict()) == ["first.weight", "first.bias"]
    layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    assert isinstance(layers[:1], nn.ModuleList)
    assert list(layers)[1] is layers[1]


def test_apply_reaches_the_inside_first():
    order = []
    model = nn.Sequential(nn.ReLU(), nn.Tanh())
    model.apply(lambda module: order.append(type(module).__name__))
    assert order[-1] == "Sequential"
    assert set(order[:2]) == {"ReLU", "Tanh"}


def test_replacing_and_deleting_attributes():
    model = Counting()
    model.inner = None
    model.inner = nn.ReLU()
    del model.seen
    assert list(model.state_dict()) == ["scale"]
    model.scale = None
    assert list(model.parameters()) == []


LOSSES = {
    "MSELoss": ((3, 2), (3, 2)),
    "L1Loss": ((3, 2), (3, 2)),
    "HuberLoss": ((3, 2), (3, 2)),
    "KLDivLoss": ((3, 2), (3, 2)),
    "BCELoss": ((3, 2), (3, 2)),
    "BCEWithLogitsLoss": ((3, 2), (3, 2)),
    "CrossEntropyLoss": ((3, 4), [0, 3, 1]),
    "NLLLoss": ((3, 4), [0, 3, 1]),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_loss_modules_equal_pytorchs(torch, name, reduction):
    rng = np.random.default_rng(0)
    shape, target = LOSSES[name]
    x, t = rng.random(shape), rng.random(target) if isinstance(target, tuple) else target
    found = getattr(nn, name)(reduction=reduction)(nnlib.tensor(x), nnlib.tensor(t))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's advice on the mean of a divergence
        expected = getattr(torch.nn, name)(reduction=reduction)(torch.tensor(x), torch.tensor(t))
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("HuberLoss", {"delta": 0.3}),
        ("KLDivLoss", {"reduction": "batchmean"}),
        ("KLDivLoss", {"reduction": "sum", "log_target": True}),
        ("CrossEntropyLoss", {"ignore_index": 3, "label_smoothing": 0.2}),
        ("NLLLoss", {"ignore_index": 3, "reduction": "sum"}),
    ],
)
def test_settings_of_losses_are_pytorchs(torch, name, settings):
    rng = np.random.default_rng(0)
    shape, target = LOSSES[name]
    x, t = rng.normal(size=shape), rng.random(target) if isinstance(target, tuple) else target
    found = getattr(nn, name)(**settings)(nnlib.tensor(x), nnlib.tensor(t))
    expected = getattr(torch.nn, name)(**settings)(torch.tensor(x), torch.tensor(t))
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-13)


SPREAD = {
    "xavier_uniform_": (2 / 300) ** 0.5,
    "xavier_normal_": (2 / 300) ** 0.5,
    "kaiming_uniform_": (2 / 200) ** 0.5,
    "kaiming_normal_": (2 / 200) ** 0.5,
}


@pytest.mark.parametrize("name", SPREAD)
def test_initial_spread(name):
    nnlib.manual_seed(0)
    w = getattr(nn.init, name)(nnlib.zeros(100, 200))
    assert w.std().item() == pytest.approx(SPREAD[name], rel=0.03)
    assert w.mean().item() == pytest.approx(0, abs=0.002)


def test_gains_equal_pytorchs(torch):
    for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu"):
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain(
        "leaky_relu", 0.3
    )


@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (5, 5), (3, 2, 3, 3), (40, 2, 3)])
def test_orthogonal_keeps_lengths(shape):
    w = nn.init.orthogonal_(nnlib.zeros(*shape, dtype=nnlib.float64), gain=2.0).numpy()
    w = w.reshape(shape[0], -1)
    square = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(square, 4 * np.eye(len(square)), atol=1e-12)


def test_orthogonal_turns_every_way():
    nnlib.manual_seed(0)
    drawn = np.array([nn.init.orthogonal_(nnlib.zeros(3, 3)).numpy() for _ in range(2000)])
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.05)
    np.testing.assert_allclose((drawn**2).mean(0), 1 / 3, atol=0.03)


class Forgetful(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(1, 1)


BAD = [
    (Forgetful, AttributeError, r"'layer' before super\(\).__init__\(\).*Forgetful"),
    (lambda: nn.Linear(0, 1), ValueError, "in_features: expected 1 or more, got 0"),
    (lambda: nn.Linear(1, -1), ValueError, "out_features"),
    (lambda: nn.Linear(1.5, 1), TypeError, "in_features: expected an integer, got float"),
    (lambda: nn.Linear(1, 1)(nnlib.ones(2, 3)), ValueError, r"\(2, 3\) .* \(1, 1\)"),
    (lambda: nn.Linear(1, 1)(nnlib.ones(1).double()), TypeError, "float64 but weight is float32"),
    (lambda: nn.Linear(1, 1)([1.0]), TypeError, "input: .* list"),
    (lambda: nn.Dropout(2), ValueError, "p"),
    (lambda: nn.Sequential(nn.ReLU), TypeError, "module: expected a Module, got type"),
    (lambda: nn.ModuleList([1]), TypeError, "module"),
    (lambda: nn.Module()(1), NotImplementedError, "Module does not define"),
    (lambda: nn.Module().missing, AttributeError, "missing"),
    (lambda: nn.Parameter([1.0]), TypeError, "data: .* list"),
    (lambda: nn.Parameter(nnlib.tensor([1])), TypeError, "floats"),
    (lambda: setattr(nn.Linear(1, 1), "weight", nnlib.ones(1)), TypeError, "weight: .* Parameter"),
    (lambda: setattr(nn.Sequential(nn.ReLU()), "0", 1), TypeError, "0: expected a Module"),
    (lambda: nn.Module().register_buffer("a.b", nnlib.ones(1)), ValueError, "name"),
    (lambda: nn.Module().register_buffer("training", nnlib.ones(1)), ValueError, "already"),
    (lambda: nn.Module().register_buffer("x", 1), TypeError, "tensor: .* int"),
    (lambda: nn.Module().register_parameter("x", nnlib.ones(1)), TypeError, "param: .* Tensor"),
    (lambda: nn.Module().add_module("x", 1), TypeError, "module"),
    (lambda: nn.Module().register_forward_hook(1), TypeError, "hook"),
    (lambda: nn.Module().load_state_dict([1]), TypeError, "state_dict: .* list"),
    (lambda: nn.Module().to(nnlib.int64), TypeError, "dtype: .* int64"),
    (lambda: nn.Module().train("yes"), TypeError, "mode: .* str"),
    (lambda: nn.MSELoss("avg"), ValueError, "reduction"),
    (lambda: nn.Softmax(dim=3)(nnlib.ones(2)), ValueError, "dim=3"),
    (lambda: nn.init.uniform_(nnlib.ones(2), 1, 0), ValueError, "b: expected at least a=1"),
    (lambda: nn.init.normal_(nnlib.ones(2), std=-1), ValueError, "std"),
    (lambda: nn.init.xavier_uniform_(nnlib.ones(2)), ValueError, r"tensor: .* \(2,\)"),
    (lambda: nn.init.kaiming_normal_(nnlib.ones(2, 2), mode="x"), ValueError, "mode"),
    (lambda: nn.init.calculate_gain("step"), ValueError, "nonlinearity"),
    (lambda: nn.init.zeros_([1.0]), TypeError, "tensor: .* list"),
    (lambda: nn.init.orthogonal_(nnlib.ones(2)), ValueError, r"tensor: .* \(2,\)"),
    (lambda: nn.init.orthogonal_(np.ones((2, 2))), TypeError, "tensor: .* ndarray"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_misuse_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()
