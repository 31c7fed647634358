"""Augmented images: whole shifts and right angles are exact, the rest agrees with PyTorch.

The given images stay as they are, and one generator settles all that is drawn.
"""

import numpy as np
import pytest

import nnlib
from nnlib import augment

SHAPES = [
    (1, 1, 1),
    (3, 8, 8),
    (2, 1, 8, 8),
    (2, 3, 5, 7),
    (0, 1, 8, 8),
    (2, 0, 4, 4),
    (1, 4, 1),
    (2, 0, 3),
]


def images(shape, dtype=np.float64, seed=0):
    return nnlib.tensor(np.random.default_rng(seed).random(shape).astype(dtype))


@pytest.mark.parametrize("down", [-9, -2, 0, 1, 7])
@pytest.mark.parametrize("right", [-1, 0, 3])
def test_shift_by_whole_pixels_is_exact(down, right):
    x = images((2, 3, 6, 7))
    expected = np.zeros_like(x.array)
    for row in range(6):
        for column in range(7):
            if 0 <= row - down < 6 and 0 <= column - right < 7:
                expected[:, :, row, column] = x.array[:, :, row - down, column - right]
    assert (augment.shift(x, down, right).array == expected).all()


def test_shift_by_half_a_pixel_is_the_mean_of_two():
    x = nnlib.tensor([[[0.0, 1.0, 3.0]]])
    assert augment.shift(x, 0, 0.5).tolist() == [[[0.0, 0.5, 2.0]]]
    assert augment.shift(x, 0.25, 0).tolist() == [[[0.0, 0.75, 2.25]]]


@pytest.mark.parametrize("turns", [-1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize("side", [1, 2, 5, 8])
def test_rotation_by_right_angles_is_exact(turns, side):
    x = images((2, 3, side, side))
    turned = augment.rotate(x, 90 * turns)
    np.testing.assert_allclose(turned.array, np.rot90(x.array, turns, (2, 3)), rtol=0, atol=1e-8)


@pytest.mark.parametrize("degrees", [-170.0, -12.5, 3.0, 45.0, 91.0])
@pytest.mark.parametrize("side", [2, 5, 8, 28])
def test_rotation_agrees_with_torch(torch, degrees, side):
    x = images((2, 3, side, side))
    angle = np.deg2rad(degrees)
    theta = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]]
    grid = torch.nn.functional.affine_grid(
        torch.tensor([theta] * 2), [2, 3, side, side], align_corners=True
    )
    expected = torch.nn.functional.grid_sample(
        torch.from_numpy(x.array), grid, align_corners=True
    ).numpy()
    difference = augment.rotate(x, degrees).array - expected
    assert np.linalg.norm(difference) <= 1e-7 * np.linalg.norm(expected)
    wrong = augment.rotate(x, degrees + 0.01).array - expected
    assert np.linalg.norm(wrong) > 1e-7 * np.linalg.norm(expected)


def test_one_number_for_each_image():
    x = images((3, 1, 5, 5))
    degrees, down = np.array([0.0, 90.0, 33.0]), np.array([1, 0, -2])
    turned, moved = augment.rotate(x, degrees), augment.shift(x, down, 1)
    for i in range(3):
        assert (turned[i].array == augment.rotate(x[i : i + 1], degrees[i])[0].array).all()
        assert (moved[i].array == augment.shift(x[i : i + 1], down[i], 1)[0].array).all()


def test_noise_has_its_spread_and_stays_between_0_and_1():
    noisy = augment.noise(nnlib.full((50, 20, 20), 0.5), 0.05).array - 0.5
    assert abs(noisy.mean()) < 0.002
    assert abs(noisy.std() - 0.05) < 0.002
    loud = augment.noise(nnlib.zeros(1, 20, 20), 10).array
    assert (loud.min(), loud.max()) == (0, 1)


def test_jitter_moves_each_image_for_itself_and_no_further_than_asked():
    x = nnlib.zeros(200, 1, 9, 9)
    x.array[:, 0, 4, 4] = 1
    moved = augment.jitter(x, pixels=2, degrees=0, std=0).array[:, 0]
    rows, columns = moved.sum(2) @ np.arange(9), moved.sum(1) @ np.arange(9)
    for centre in (rows, columns):
        assert 2 <= centre.min() < 2.2
        assert 5.8 < centre.max() <= 6
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.3
    same = augment.jitter(x, pixels=0, degrees=0, std=0)
    assert (same.array == x.array).all()


CASES = {
    "shift": lambda x, g: augment.shift(x, 0.5, -1),
    "rotate": lambda x, g: augment.rotate(x, 20),
    "noise": lambda x, g: augment.noise(x, generator=g),
    "jitter": lambda x, g: augment.jitter(x, generator=g),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES)
def test_shape_and_dtype_are_kept_and_the_input_too(case, dtype, shape):
    x = images(shape, dtype)
    before = x.array.copy()
    result = CASES[case](x, None)
    assert (result.shape, result.dtype) == (shape, dtype)
    assert np.isfinite(result.array).all()
    assert not np.shares_memory(result.array, x.array)
    assert (x.array == before).all()


@pytest.mark.parametrize("case", CASES)
def test_memory_order_changes_nothing(case):
    x = images((2, 3, 4, 6))
    turned = nnlib.from_numpy(np.asfortranarray(x.array))
    first, second = (CASES[case](each, np.random.default_rng(0)) for each in (x, turned))
    assert (first.array == second.array).all()


@pytest.mark.parametrize("case", ["noise", "jitter"])
def test_the_generator_settles_what_is_drawn(case):
    x = images((2, 1, 8, 8))
    first, second, other = (CASES[case](x, np.random.default_rng(s)).array for s in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()
    nnlib.manual_seed(3)
    first = CASES[case](x, None).array
    nnlib.manual_seed(3)
    assert (CASES[case](x, None).array == first).all()


X = nnlib.zeros(2, 4, 4)
BAD = [
    (lambda: augment.shift(np.zeros((2, 4, 4)), 1, 1), TypeError, "images: .*Tensor.* ndarray"),
    (lambda: augment.shift(nnlib.zeros(2, 4, 4).long(), 1, 1), TypeError, "images: .*int64"),
    (lambda: augment.shift(nnlib.zeros(4, 4), 1, 1), ValueError, r"images: .*\(4, 4\)"),
    (lambda: augment.shift(X, np.zeros(3), 1), ValueError, "down: expected .* 2 of them"),
    (lambda: augment.shift(X, 1, np.nan), ValueError, "right: expected a finite number"),
    (lambda: augment.rotate(None, 1), TypeError, "images: .*NoneType"),
    (lambda: augment.rotate(nnlib.zeros(4), 1), ValueError, r"images: .*\(4,\)"),
    (lambda: augment.rotate(X, np.inf), ValueError, "degrees: expected a finite number"),
    (lambda: augment.rotate(X, [1.0]), ValueError, "degrees: expected .* 2 of them"),
    (lambda: augment.rotate(X, np.ones((2, 1))), ValueError, "degrees: expected .* 2 of them"),
    (lambda: augment.noise([[[0.0]]]), TypeError, "images: .*list"),
    (lambda: augment.noise(nnlib.zeros(())), ValueError, r"images: .*\(\)"),
    (lambda: augment.noise(X, -1), ValueError, "std: expected 0 or more, got -1"),
    (lambda: augment.noise(X, np.nan), ValueError, "std: expected 0 or more, got nan"),
    (lambda: augment.noise(X, generator=0), TypeError, "generator: .*int"),
    (lambda: augment.jitter(None), TypeError, "images: .*NoneType"),
    (lambda: augment.jitter(X, pixels=-1), ValueError, "pixels: .*got -1"),
    (lambda: augment.jitter(X, degrees=np.inf), ValueError, "degrees: .*got inf"),
    (lambda: augment.jitter(X, std=-0.1), ValueError, "std: .*got -0.1"),
    (lambda: augment.jitter(X, generator="0"), TypeError, "generator: .*str"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=range(len(BAD)))
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
