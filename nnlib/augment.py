"""More pictures out of few: the same digit a little shifted, turned or blurred is still that digit.

Each function returns new images and leaves the given ones alone; no gradient flows through.
"""

import math
from typing import TypeAlias

import numpy as np

from nnlib._arguments import expect
from nnlib.creation import pick_generator
from nnlib.tensor import Array, Tensor

Generator: TypeAlias = np.random.Generator | None
Many: TypeAlias = float | Array  # one number for all images, or one for each


def shift(images: Tensor, down: Many, right: Many) -> Tensor:
    """Move images by so many pixels, fractions included; what comes in from outside is 0.

    ``images`` (N, ..., H, W); ``down`` and ``right`` one number, or N. Between pixels, values are
    mixed from the four nearest (bilinear).

    >>> import nnlib
    >>> nnlib.augment.shift(nnlib.tensor([[[1.0, 2.0], [3.0, 4.0]]]), down=1, right=0)
    tensor([[[0., 0.],
             [1., 2.]]])
    """
    return _move(images, down, right, 0)


def rotate(images: Tensor, degrees: Many) -> Tensor:
    """Turn images about their centre, anticlockwise; what comes in from outside is 0.

    ``images`` (N, ..., H, W); ``degrees`` one number, or N. Bilinear, as ``shift``.

    >>> import nnlib
    >>> nnlib.augment.rotate(nnlib.tensor([[[1.0, 2.0], [3.0, 4.0]]]), degrees=90)
    tensor([[[2., 4.],
             [1., 3.]]])
    """
    return _move(images, 0, 0, degrees)


def noise(images: Tensor, std: float = 0.1, *, generator: Generator = None) -> Tensor:
    """Add normal noise of spread ``std`` to every pixel, and cut off at 0 and 1.

    >>> import nnlib
    >>> noisy = nnlib.augment.noise(nnlib.zeros(1, 8, 8))
    >>> noisy.shape, bool(noisy.max() > 0), bool(noisy.min() < 0)
    ((1, 8, 8), True, False)
    """
    _check_images(images)
    expect(std >= 0, "std", "0 or more", std)
    drawn = pick_generator(generator).standard_normal(images.shape, np.float32)
    return Tensor(np.clip(images.array + drawn.astype(images.dtype) * float(std), 0, 1))


def jitter(
    images: Tensor, *, pixels: float = 1.0, degrees: float = 10.0, std: float = 0.05,
    generator: Generator = None,
) -> Tensor:  # fmt: skip
    """Turn, shift and add noise, by chance and each image for itself.

    Angles are drawn evenly from ±``degrees``, shifts in both directions from ±``pixels``; noise
    has spread ``std``.

    >>> import nnlib
    >>> X, y = nnlib.datasets.digits()
    >>> nnlib.augment.jitter(X[:16]).shape
    (16, 1, 8, 8)
    """
    n, _, _ = _check_images(images)
    rng = pick_generator(generator)
    expect(0 <= pixels < np.inf, "pixels", "a finite number, 0 or more", pixels)
    expect(0 <= degrees < np.inf, "degrees", "a finite number, 0 or more", degrees)
    down, right = rng.uniform(-pixels, pixels, (2, n))
    moved = _move(images, down, right, rng.uniform(-degrees, degrees, n))
    return noise(moved, std, generator=rng)


def _move(images: Tensor, down: Many, right: Many, degrees: Many) -> Tensor:
    """Images turned and then shifted, in one step, because every step blurs a little."""
    n, height, width = _check_images(images)
    angle = np.deg2rad(_per_image("degrees", degrees, n))
    y = np.arange(height)[:, np.newaxis] - (height - 1) / 2 - _per_image("down", down, n)
    x = np.arange(width) - (width - 1) / 2 - _per_image("right", right, n)
    # Each new pixel asks where it was before.
    rows = x * np.sin(angle) + y * np.cos(angle) + (height - 1) / 2
    columns = x * np.cos(angle) - y * np.sin(angle) + (width - 1) / 2
    return Tensor(_sample(images.array, rows, columns))


def _sample(images: Array, rows: Array, columns: Array) -> Array:
    """The images' values (N, ..., H, W) at places (N, H, W) between the pixels, 0 outside."""
    n, height, width = len(images), *images.shape[-2:]
    flat = images.reshape(n, math.prod(images.shape[1:-2]), height * width)
    # Rounded, because sin and cos leave 1e-16 that would put a place just outside the image.
    rows, columns = (each.round(9).reshape(n, 1, flat.shape[2]) for each in (rows, columns))
    top, left = np.floor(rows), np.floor(columns)
    result = np.zeros_like(flat)
    for row, near_row in ((top, top + 1 - rows), (top + 1, rows - top)):
        for column, near_column in ((left, left + 1 - columns), (left + 1, columns - left)):
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            where = np.where(inside, row * width + column, 0).astype(np.intp)
            weight = (near_row * near_column * inside).astype(images.dtype)
            result += np.take_along_axis(flat, where, axis=2) * weight
    return result.reshape(images.shape)


def _check_images(images: Tensor) -> tuple[int, int, int]:
    if not isinstance(images, Tensor) or images.dtype.kind != "f":
        got = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise TypeError(f"images: expected a Tensor of floats, got {got}")
    expect(images.ndim >= 3, "images", "shape (N, ..., H, W)", images.shape)
    return images.shape[0], images.shape[-2], images.shape[-1]


def _per_image(name: str, value: Many, n: int) -> Array:
    """One number for each image, shaped to go with its rows and columns."""
    numbers = np.asarray(value, dtype=np.float64)
    fits = numbers.shape in ((), (n,)) and np.isfinite(numbers).all()
    expect(fits, name, f"a finite number, or {n} of them", value)
    return np.broadcast_to(numbers, (n,))[:, np.newaxis, np.newaxis]
