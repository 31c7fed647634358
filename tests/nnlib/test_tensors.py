"""Tensors as values: dtypes, creation, printing, and errors that name what was wrong.

What PyTorch does is asked of PyTorch, not remembered.
"""

import numpy as np
import pytest

import nnlib
from nnlib import functional as F  # noqa: N812 - PyTorch's customary name


def test_python_numbers_are_float32_and_int64():
    assert nnlib.tensor(0.5).dtype == nnlib.float32
    assert nnlib.tensor([1, 2]).dtype == nnlib.int64
    assert nnlib.tensor([True]).dtype == nnlib.bool
    assert nnlib.tensor(np.ones(2)).dtype == nnlib.float64
    assert nnlib.tensor([1, 2], dtype=nnlib.float64).dtype == nnlib.float64


def test_tensor_copies_and_from_numpy_shares():
    array = np.zeros(2)
    copied, shared = nnlib.tensor(array), nnlib.from_numpy(array)
    array[0] = 5
    assert copied.tolist() == [0, 0]
    assert shared.tolist() == [5, 0]


KINDS = ["float32", "float64", "int64", "bool"]
ARITHMETIC = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "less": lambda x, y: x < y,
}


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", [*KINDS, "0-d float32", "0-d float64", 2, 0.5, True])
def test_results_have_pytorchs_dtype(torch, name, first, second):
    def result(lib):
        x = lib.ones(2, dtype=getattr(lib, first))
        if isinstance(second, str):
            shape = () if second.startswith("0-d") else (2,)
            y = lib.ones(shape, dtype=getattr(lib, second.split()[-1]))
        else:
            y = second
        return str(ARITHMETIC[name](x, y).dtype).removeprefix("torch.")

    assert result(nnlib) == result(torch)


@pytest.mark.parametrize(
    "number", [np.float64(0.5), np.sqrt(0.25), np.float32(0.5), np.int64(2), True, 3]
)
def test_numbers_never_widen_a_tensor(number):
    x = nnlib.ones(2)
    for y in (x + number, number * x, x / number, x - number, number - x, x**number, number / x):
        assert isinstance(y, nnlib.Tensor)
        assert y.dtype == nnlib.float32


PRINTED = [
    *[0.5784, [0.5784], [[1.0, 2.0], [3.0, 4.0]], [1, 20, 300], [True, False], [], 1.0, 3],
    *[[0.5, -0.25], [1e-9, 1.0], [1e9, 1.0], [float("nan"), 1.0], [float("inf"), -0.5]],
    *[[[0.1, 100.25], [-3.0, 4.0]], [0.0, 0.0], [[[1.0]]], [1e6, 2.0], [12345.678, 0.1]],
    *[list(range(30)), [0.001, 0.002], [0.0], -0.0, 1e-5, 123456789.0, [1.0, float("nan")]],
    *[[0.1 * i for i in range(40)], [0.0001, 1.0], [1000.5, 1.0]],
]


@pytest.mark.parametrize("data", PRINTED, ids=str)
def test_prints_as_pytorch_prints(torch, data):
    assert repr(nnlib.tensor(data)) == repr(torch.tensor(data))


def test_prints_how_it_was_made():
    x = nnlib.tensor([0.5], requires_grad=True)
    assert repr(x) == "tensor([0.5000], requires_grad=True)"
    assert repr(nnlib.relu(x)) == "tensor([0.5000], grad_fn=<relu>)"
    assert repr(nnlib.zeros(1, dtype=nnlib.float64)) == "tensor([0.], dtype=nnlib.float64)"
    assert repr(nnlib.zeros(0, 3)) == "tensor([], size=(0, 3))"
    assert len(repr(nnlib.zeros(100, 100))) < 500
    assert f"{x.item():.2f} {x.detach():.1f}" == "0.50 0.5"
    with np.printoptions(precision=1):
        assert repr(nnlib.tensor([0.125])) == "tensor([0.1250])"


def test_meets_numpy_halfway():
    x = nnlib.tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.asarray(x), [1, 2])
    np.testing.assert_allclose(x, [1, 2])
    for attempt in (lambda: np.ones(2) + x, lambda: x * np.ones(2), lambda: np.exp(x)):
        with pytest.raises(TypeError, match="Tensor"):
            attempt()
    x.requires_grad_()
    with pytest.raises(RuntimeError, match=r"detach\(\)\.numpy\(\)"):
        x.numpy()
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(x)


def test_behaves_as_a_number_and_as_a_sequence():
    assert [float(row) for row in nnlib.tensor([1.0, 2.0])] == [1, 2]
    assert int(nnlib.tensor(3.7)) == 3
    assert bool(nnlib.tensor([0])) is False
    assert "abc"[nnlib.tensor(1)] == "b"
    assert len(nnlib.zeros(3, 2)) == 3
    for attempt in (lambda: len(nnlib.tensor(1)), lambda: list(nnlib.tensor(1))):
        with pytest.raises(TypeError, match="without dimensions"):
            attempt()
    with pytest.raises(ValueError, match="one entry"):
        bool(nnlib.zeros(2))
    with pytest.raises(TypeError, match="index"):
        "abc"[nnlib.tensor(1.0)]
    assert len({nnlib.tensor(1), nnlib.tensor(1)}) == 2


def test_all_and_any_agree_with_pytorch(torch):
    for data in ([True, True], [True, False], [False, False], [], [[0.0, 2.0], [1.0, 1.0]]):
        for name in ("all", "any"):
            found, expected = (
                getattr(nnlib.tensor(data), name)(),
                getattr(torch.tensor(data), name)(),
            )
            assert repr(found) == repr(expected)


def test_masks_combine():
    x = nnlib.arange(5)
    assert x[(x > 0) & ~(x == 3) | (x == 0)].tolist() == [0, 1, 2, 4]
    assert ((x != 2) == (x <= 1) | (x >= 3)).tolist() == [True] * 5


def test_argmax_and_extremes_agree_with_pytorch(torch):
    array = np.random.default_rng(0).integers(0, 4, (5, 6)).astype(np.float64)
    x, y = nnlib.tensor(array), torch.tensor(array)
    assert x.argmax().item() == y.argmax().item()
    assert x.argmax(1).tolist() == y.argmax(1).tolist()
    assert x.argmax(0, keepdim=True).shape == tuple(y.argmax(0, keepdim=True).shape)
    assert x.max(1).indices.tolist() == y.max(1).indices.tolist()
    assert x.min(0).indices.tolist() == y.min(0).indices.tolist()


def test_creation_agrees_with_pytorch(torch):
    for make in (
        lambda lib: lib.zeros(2, 3),
        lambda lib: lib.ones((2, 3)),
        lambda lib: lib.full((2,), 7),
        lambda lib: lib.full((2,), 0.5),
        lambda lib: lib.arange(5),
        lambda lib: lib.arange(1, 2, 0.25),
        lambda lib: lib.arange(5, 0, -2),
        lambda lib: lib.linspace(0, 1, 5),
        lambda lib: lib.eye(2, 3),
        lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.int64)),
        lambda lib: lib.ones_like(lib.zeros(2), dtype=lib.float64),
    ):
        mine, theirs = make(nnlib), make(torch)
        assert mine.shape == tuple(theirs.shape)
        assert mine.tolist() == theirs.tolist()
        assert str(mine.dtype) == str(theirs.dtype).removeprefix("torch.")


def test_one_seed_settles_all_chance():
    def draw():
        nnlib.manual_seed(3)
        return [
            *nnlib.rand(2).tolist(),
            *nnlib.randn(2).tolist(),
            *nnlib.randint(0, 100, (3,)).tolist(),
            *nnlib.randperm(5).tolist(),
            *F.dropout(nnlib.ones(9)).tolist(),
            *nnlib.nn.Linear(2, 2).weight.flatten().tolist(),
            *nnlib.datasets.two_moons(9).X.flatten().tolist(),
        ]

    assert draw() == draw()


def test_draws_from_the_generator_it_is_given():
    def draw():
        return nnlib.randn(3, generator=np.random.default_rng(0)).tolist()

    assert draw() == draw() != nnlib.randn(3).tolist()


def test_draws_have_the_distribution_they_name():
    generator = np.random.default_rng(0)
    x = nnlib.rand(10_000, generator=generator)
    assert x.dtype == nnlib.float32
    assert x.min().item() >= 0
    assert x.max().item() < 1
    assert x.mean().item() == pytest.approx(0.5, abs=0.01)
    z = nnlib.randn(10_000, generator=generator)
    assert z.mean().item() == pytest.approx(0, abs=0.03)
    assert z.std().item() == pytest.approx(1, abs=0.03)
    assert set(nnlib.randint(2, 5, (100,), generator=generator).tolist()) == {2, 3, 4}


def test_dropout_keeps_the_mean_and_drops_the_share():
    x = F.dropout(nnlib.ones(10_000), 0.25, generator=np.random.default_rng(0))
    assert sorted(set(x.tolist())) == pytest.approx([0, 4 / 3])
    assert (x == 0).to(nnlib.float32).mean().item() == pytest.approx(0.25, abs=0.02)
    assert F.dropout(nnlib.ones(3), 1.0).tolist() == [0, 0, 0]
    w = nnlib.ones(100, requires_grad=True)
    y = F.dropout(w, 0.5)
    y.sum().backward()
    assert w.grad.tolist() == y.tolist()


def test_one_hot_agrees_with_pytorch(torch):
    for classes in ([0, 2, 1], [[0, 1], [3, 0]]):
        found = F.one_hot(nnlib.tensor(classes))
        expected = torch.nn.functional.one_hot(torch.tensor(classes))
        assert found.tolist() == expected.tolist()
    assert F.one_hot(nnlib.tensor([1]), 4).tolist() == [[0, 1, 0, 0]]


x23, x4 = nnlib.zeros(2, 3), nnlib.zeros(4)
BAD = [
    (lambda: nnlib.tensor("abc"), TypeError, "data: expected numbers"),
    (lambda: nnlib.tensor([[1, 2], [3]]), ValueError, "data: expected rows of one length"),
    (lambda: nnlib.tensor([None]), TypeError, "data"),
    (lambda: nnlib.tensor({"a": 1}), TypeError, "data"),
    (lambda: nnlib.tensor([1j]), TypeError, "data"),
    (lambda: nnlib.from_numpy([1, 2]), TypeError, "ndarray: .* list"),
    (lambda: nnlib.from_numpy(np.array(["a"])), TypeError, "ndarray"),
    (lambda: nnlib.zeros(-1), ValueError, "size"),
    (lambda: nnlib.zeros("2"), TypeError, "shape: expected integers, got str"),
    (lambda: nnlib.zeros(2.0), TypeError, "shape: .* float"),
    (lambda: nnlib.full((2,), "a"), TypeError, "(data|fill_value): .*'?(a|str)'?$"),
    (lambda: nnlib.arange(0, 5, 0), ValueError, "step"),
    (lambda: nnlib.linspace(0, 1, -1), ValueError, "steps"),
    (lambda: nnlib.eye(-1), ValueError, "size"),
    (lambda: nnlib.rand(2, dtype=nnlib.int64), TypeError, "dtype: expected float32 or float64"),
    (lambda: nnlib.randn(2, generator=0), TypeError, "generator: .* got int"),
    (lambda: nnlib.randint(5, 5, (2,)), ValueError, "high"),
    (lambda: nnlib.randperm(-1), ValueError, "size"),
    (lambda: nnlib.manual_seed(-1), ValueError, "seed"),
    (lambda: nnlib.manual_seed("a"), TypeError, "seed: .* str"),
    (lambda: nnlib.manual_seed(1.5), TypeError, "seed"),
    (lambda: x23 + x4, ValueError, r"add: \(2, 3\) float32 and \(4,\) float32"),
    (lambda: x23 + "a", TypeError, "got str"),
    (lambda: x23 + None, TypeError, "got NoneType"),
    (lambda: x23 * [1, 2, 3], TypeError, "got list"),
    (lambda: (x23 > 0) - (x23 > 0), TypeError, r"sub: \(2, 3\) bool and \(2, 3\) bool"),
    (lambda: nnlib.tensor([2]) ** -1, ValueError, r"pow: \(1,\) int64 and -1"),
    (lambda: x23 ** "2", TypeError, "exponent: expected a number or a Tensor, got str"),
    (lambda: x23 @ x23, ValueError, r"matmul: \(2, 3\) float32 and \(2, 3\) float32"),
    (lambda: x23 @ nnlib.tensor(1.0), ValueError, "matmul"),
    (lambda: x23 @ 2, TypeError, "matmul: expected a Tensor, got int"),
    (
        lambda: nnlib.zeros(2, 2, 3) @ nnlib.zeros(4, 3, 2),
        ValueError,
        r"matmul: \(2, 2, 3\) .* \(4, 3, 2\)",
    ),
    (lambda: x23.sum(2), ValueError, "dim=2 is out of range"),
    (lambda: x23.sum("a"), TypeError, "dim: expected an integer, got str"),
    (lambda: x23.sum((0, 0)), ValueError, "twice"),
    (lambda: nnlib.arange(3).mean(), TypeError, "mean: expected floats, got int64"),
    (lambda: nnlib.zeros(0).max(), ValueError, r"amax of nothing: shape \(0,\)"),
    (lambda: nnlib.zeros(2, 0).max(1), ValueError, "max of nothing"),
    (lambda: nnlib.zeros(0).argmax(), ValueError, "argmax of nothing"),
    (lambda: x23.reshape(4), ValueError, r"reshape: \(2, 3\) float32 and \(4,\)"),
    (lambda: x23.reshape("a"), TypeError, "shape"),
    (lambda: x23.permute(0, 0), ValueError, "permute"),
    (lambda: x23.permute(0), ValueError, "permute"),
    (lambda: x23.transpose(0, 5), ValueError, "dim=5"),
    (lambda: nnlib.zeros(2, 2, 2).T, ValueError, r"T: expected a matrix, got shape \(2, 2, 2\)"),
    (lambda: x4.mT, ValueError, "mT"),
    (lambda: x23.flatten(1, 0), ValueError, "start_dim .* end_dim=0, got 1"),
    (lambda: x23.unsqueeze(4), ValueError, "dim=4"),
    (lambda: x23.clamp(), ValueError, "clamp"),
    (lambda: x23.item(), ValueError, r"item\(\) .* \(2, 3\)"),
    (lambda: x23[5], IndexError, r"shape \(2, 3\)"),
    (lambda: x23["a"], IndexError, "'a'"),
    (lambda: nnlib.cat([]), TypeError, "tensors"),
    (lambda: nnlib.cat([x23, x4]), ValueError, r"cat: shapes \[\(2, 3\), \(4,\)\]"),
    (lambda: nnlib.cat([x23, 1]), TypeError, "tensors: expected one or more Tensors .* 'int'"),
    (lambda: nnlib.cat([x23, x23.double()]), TypeError, "one dtype"),
    (lambda: nnlib.cat([x4, x4], 1), ValueError, "dim=1"),
    (
        lambda: nnlib.stack([x23, x4]),
        ValueError,
        r"stack: expected tensors of one shape, got .*\(2, 3\), \(4,\)",
    ),
    (
        lambda: nnlib.where(x23, 0, 1),
        TypeError,
        "condition: expected a Tensor of bool, got Tensor float32",
    ),
    (lambda: nnlib.where(True, x23, x23), TypeError, "condition"),
    (lambda: nnlib.where(x4 > 0, x23, x23), ValueError, r"where: shapes \(4,\), \(2, 3\)"),
    (lambda: nnlib.where(x23 > 0, "a", x23), TypeError, "got str"),
    (lambda: nnlib.relu(1.0), TypeError, "input: expected a Tensor, got float"),
    (lambda: nnlib.relu(np.ones(2)), TypeError, "got ndarray"),
    (lambda: nnlib.sigmoid(nnlib.arange(3)), TypeError, "sigmoid: .* int64"),
    (lambda: nnlib.tanh([1.0]), TypeError, "got list"),
    (lambda: F.leaky_relu(None), TypeError, "NoneType"),
    (lambda: F.gelu(x4, "exact"), ValueError, "approximate: .* got 'exact'"),
    (lambda: nnlib.softmax(x23, 2), ValueError, "dim=2"),
    (lambda: nnlib.softmax(nnlib.arange(3), 0), TypeError, "softmax"),
    (lambda: nnlib.softmax(x23, 1.5), TypeError, "dim: .* float"),
    (lambda: nnlib.log_softmax(x23, -3), ValueError, "dim=-3"),
    (lambda: nnlib.logsumexp(x23, 9), ValueError, "dim=9"),
    (lambda: F.linear(x4, x23), ValueError, r"linear: input of shape \(4,\) .* \(2, 3\)"),
    (lambda: F.linear(x23, x4), ValueError, "linear"),
    (lambda: F.linear(x23, x23, x4), ValueError, r"bias of shape \(2,\), got \(4,\)"),
    (lambda: F.linear(x23.double(), x23), TypeError, "input is float64 but weight is float32"),
    (lambda: F.linear([1.0], x23), TypeError, "input"),
    (lambda: F.dropout(x4, 1.5), ValueError, "p: .* 1.5"),
    (lambda: F.dropout(x4, -0.1), ValueError, "p"),
    (lambda: F.dropout(x4, float("nan")), ValueError, "p"),
    (lambda: F.dropout(nnlib.arange(3)), TypeError, "dropout"),
    (lambda: F.dropout(x4, generator=1), TypeError, "generator"),
    (lambda: F.one_hot(x4), TypeError, "one_hot: classes must be integers, got float32"),
    (lambda: F.one_hot(nnlib.tensor([-1]), 3), ValueError, "from 0 to 2, got -1"),
    (lambda: F.one_hot(nnlib.tensor([3]), 3), ValueError, "one_hot"),
    (lambda: F.one_hot(nnlib.zeros(0, dtype=nnlib.int64)), ValueError, "empty"),
    (lambda: F.one_hot(3), TypeError, "int"),
    (lambda: F.mse_loss(x23, x4), ValueError, r"\(2, 3\) but target has shape \(4,\)"),
    (lambda: F.mse_loss(x4, x4, "avg"), ValueError, "reduction: .* 'avg'"),
    (lambda: F.mse_loss(x4, 0.0), TypeError, "target: .* float"),
    (lambda: F.l1_loss(nnlib.arange(4), x4), TypeError, "l1_loss"),
    (lambda: F.binary_cross_entropy(x4 + 2, x4), ValueError, "input: .* 2.0 to 2.0"),
    (lambda: F.binary_cross_entropy(x4 - 1, x4), ValueError, "0 to 1"),
    (lambda: F.binary_cross_entropy_with_logits(x4, x23), ValueError, "target has shape"),
    (lambda: F.cross_entropy(x23, nnlib.tensor([0, 3])), ValueError, "from 0 to 2, got 0 to 3"),
    (lambda: F.cross_entropy(x23, nnlib.tensor([0])), ValueError, r"target of shape \(2,\)"),
    (lambda: F.cross_entropy(x23, nnlib.tensor([-1, 0])), ValueError, "got -1"),
    (lambda: F.cross_entropy(x23, x4), ValueError, r"\(2, 3\) but target has shape \(4,\)"),
    (
        lambda: F.cross_entropy(x23, nnlib.tensor([True, False])),
        TypeError,
        "must be integers, got bool",
    ),
    (lambda: F.cross_entropy(nnlib.tensor(1.0), nnlib.tensor(0)), ValueError, "logits"),
    (lambda: F.nll_loss(x23, x23), TypeError, "must be integers, got float32"),
    (lambda: F.nll_loss(x23, nnlib.tensor([0, 5])), ValueError, "nll_loss"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()
