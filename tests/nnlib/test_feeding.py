"""Data sets, batches and splits: every sample comes when it should, exactly once.

The generated sets are checked for the shape of their problem, not only of their arrays.
"""

import numpy as np
import pytest

import nnlib
from nnlib import datasets
from nnlib.data import DataLoader, Subset, TensorDataset, random_split


def numbers(n):
    return TensorDataset(nnlib.arange(n), nnlib.arange(n) * 10)


@pytest.mark.parametrize(
    "dataset", [numbers(23), [(i, i * 10) for i in range(23)]], ids=["tensors", "list"]
)
@pytest.mark.parametrize("batch_size", [1, 5, 23, 40])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("drop_last", [False, True])
def test_an_epoch_is_a_permutation(dataset, batch_size, shuffle, drop_last):
    loader = DataLoader(dataset, batch_size, shuffle, drop_last, np.random.default_rng(0))
    epochs = []
    for _ in range(3):
        batches = list(loader)
        assert len(batches) == len(loader)
        assert all(len(x) == batch_size for x, _ in (batches if drop_last else batches[:-1]))
        assert all(x.dtype == nnlib.int64 for x, _ in batches)
        seen = [(x, y) for xs, ys in batches for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        assert all(y == 10 * x for x, y in seen)
        epochs.append([x for x, _ in seen])
        kept = 23 // batch_size * batch_size if drop_last else 23
        assert len(set(epochs[-1])) == len(epochs[-1]) == kept
    if not shuffle:
        assert epochs[0] == sorted(epochs[0]) == epochs[1]
    elif epochs[0]:
        assert epochs[0] != epochs[1] != epochs[2]


def test_every_order_comes_up_equally_often():
    loader = DataLoader([0, 1, 2], 3, shuffle=True, generator=np.random.default_rng(0))
    orders = [tuple(batch.tolist()) for _ in range(1200) for batch in loader]
    counts = [orders.count(order) for order in set(orders)]
    assert len(counts) == 6
    assert min(counts) > 150


def test_the_same_seed_gives_the_same_order():
    def order():
        nnlib.manual_seed(5)
        return [x.tolist() for x, _ in DataLoader(numbers(20), 4, shuffle=True)]

    assert order() == order()


def test_samples_of_any_kind_become_batches():
    def batch(*samples):
        return next(iter(DataLoader(samples, len(samples))))

    assert batch(0.5, 1.5).dtype == nnlib.float32
    assert batch(nnlib.zeros(2), nnlib.ones(2)).shape == (2, 2)
    x, y = batch((np.zeros(3), 1), (np.ones(3), 0))
    assert x.shape == (2, 3)
    assert x.dtype == nnlib.float64
    assert y.tolist() == [1, 0]


def test_random_split_shares_no_sample_and_loses_none():
    parts = random_split(numbers(10), [7, 3], np.random.default_rng(0))
    assert [len(part) for part in parts] == [7, 3]
    seen = [part[i][0].item() for part in parts for i in range(len(part))]
    assert sorted(seen) == list(range(10)) != seen
    assert [len(part) for part in random_split(numbers(10), [0.55, 0.25, 0.2])] == [6, 2, 2]
    assert [len(part) for part in random_split(numbers(3), [3, 0])] == [3, 0]
    batches = list(DataLoader(parts[0], 4))
    assert sorted(x for xs, _ in batches for x in xs.tolist()) == sorted(parts[0].indices.tolist())
    nested = Subset(parts[0], [0, 2])
    assert next(iter(DataLoader(nested, 2)))[0].tolist() == [
        nested[0][0].item(),
        nested[1][0].item(),
    ]


def test_fruit_needs_both_measures():
    X, y = datasets.fruit(2000, generator=np.random.default_rng(0))
    assert X.shape == (2000, 2)
    assert y.shape == (2000, 1)
    assert X.dtype == y.dtype == nnlib.float32
    values, apple = X.numpy(), y.numpy()[:, 0] == 1
    assert values.min() >= 0
    assert values.max() <= 1
    assert 0.45 < apple.mean() < 0.55
    red, round_ = values.T > 0.6
    best_alone = max(np.mean(red == apple), np.mean(round_ == apple))
    assert np.mean((red & round_) == apple) > 0.95 > 0.9 > best_alone
    assert sum(share for share, _, _ in datasets.FRUIT.values()) == pytest.approx(1)


def test_moons_are_not_parted_by_a_line():
    X, y = datasets.two_moons(200, noise=0.05, generator=np.random.default_rng(0))
    assert X.shape == (200, 2)
    assert y.dtype == nnlib.int64
    assert y.sum().item() == 100
    design = np.c_[X.numpy(), np.ones(200)]
    sides = 2 * y.numpy() - 1
    line = np.linalg.lstsq(design, sides, rcond=None)[0]
    assert 0.75 < np.mean(np.sign(design @ line) == sides) < 0.95


def test_spirals_wind_round_each_other():
    X, y = datasets.spirals(300, 3, noise=0, generator=np.random.default_rng(0))
    assert X.shape == (300, 2)
    assert np.bincount(y.numpy()).tolist() == [100, 100, 100]
    nearest = ((X.numpy()[:, None] - X.numpy()[None]) ** 2).sum(-1) + 99 * np.eye(300)
    assert np.mean(y.numpy()[nearest.argmin(1)] == y.numpy()) > 0.95
    design, one_hot = np.c_[X.numpy(), np.ones(300)], np.eye(3)[y.numpy()]
    lines = np.linalg.lstsq(design, one_hot, rcond=None)[0]
    assert np.mean((design @ lines).argmax(1) == y.numpy()) < 0.75


def test_the_noisy_curve_lies_about_the_curve():
    X, y = datasets.noisy_curve(500, noise=0.1, generator=np.random.default_rng(0))
    assert X.shape == y.shape == (500, 1)
    assert X.min().item() >= -3
    assert X.max().item() <= 3
    assert (y - datasets.curve(X)).std().item() == pytest.approx(0.1, rel=0.1)
    assert (np.diff(X.numpy()[:, 0]) >= 0).all()


def test_drawing_leaves_numpys_global_generator_alone():
    before = np.random.get_state()[1].tolist()
    nnlib.manual_seed(1)
    list(DataLoader(TensorDataset(*datasets.fruit(10)), 2, shuffle=True))
    nnlib.nn.Dropout()(nnlib.rand(5))
    assert np.random.get_state()[1].tolist() == before


BAD = [
    (lambda: TensorDataset(), ValueError, "tensors"),
    (lambda: TensorDataset(nnlib.ones(2), nnlib.ones(3)), ValueError, r"\(2,\), \(3,\)"),
    (lambda: TensorDataset(nnlib.tensor(1)), ValueError, "tensors"),
    (lambda: TensorDataset([1, 2]), TypeError, "tensors: expected Tensors, got list"),
    (lambda: TensorDataset(np.ones(2)), TypeError, "ndarray"),
    (lambda: DataLoader(5), TypeError, "dataset: .* int"),
    (lambda: DataLoader([1], 0), ValueError, "batch_size: expected 1 or more, got 0"),
    (lambda: DataLoader([1], 1.5), TypeError, "batch_size: .* float"),
    (lambda: DataLoader([1], True), TypeError, "batch_size: .* bool"),
    (lambda: DataLoader([1], generator=3), TypeError, "generator: .* int"),
    (lambda: Subset([1, 2], [2]), ValueError, r"indices: expected 0 to 1, got \[2\]"),
    (lambda: Subset([1, 2], [-1]), ValueError, "indices"),
    (lambda: Subset([1, 2], [[0]]), ValueError, r"indices: .* \(1, 1\)"),
    (lambda: random_split([1, 2], [1]), ValueError, "lengths: expected counts .* 2"),
    (lambda: random_split([1, 2], [0.5, 0.6]), ValueError, "lengths"),
    (lambda: random_split([1, 2], [3, -1]), ValueError, "lengths: expected 0 or more"),
    (lambda: random_split([1, 2], [1.5, 0.5]), ValueError, "lengths"),
    (lambda: random_split([1, 2], [1, 1], 7), TypeError, "generator"),
    (lambda: datasets.fruit(0), ValueError, "n: expected 1 or more, got 0"),
    (lambda: datasets.fruit(2.5), TypeError, "n: .* float"),
    (lambda: datasets.fruit(2, generator=1), TypeError, "generator"),
    (lambda: datasets.two_moons(1), ValueError, "n"),
    (lambda: datasets.two_moons(10, noise=-1), ValueError, "noise: .* -1"),
    (lambda: datasets.spirals(10, classes=1), ValueError, "classes"),
    (lambda: datasets.spirals(10, noise=float("nan")), ValueError, "noise"),
    (lambda: datasets.noisy_curve(-1), ValueError, "n"),
    (lambda: datasets.noisy_curve(5, noise=-0.1), ValueError, "noise"),
    (lambda: datasets.curve(1.0), TypeError, "x: .* float"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_named(number):
    attempt, error, message = BAD[number]
    with pytest.raises(error, match=message):
        attempt()
