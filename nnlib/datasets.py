"""Small generated data sets that show one thing each.

They are drawn from nnlib's generator, so ``manual_seed`` settles them too.
"""

from typing import NamedTuple

import numpy as np

from nnlib._bundled import Alphabet, digits, tiny_text
from nnlib._dataset import Dataset, as_dataset, at_least, check_noise
from nnlib._mnist import mnist
from nnlib._sequences import copy_with_lag, sine_wave
from nnlib.creation import pick_generator
from nnlib.tensor import Tensor

__all__ = [
    "FRUIT",
    "Alphabet",
    "Dataset",
    "Fruit",
    "copy_with_lag",
    "curve",
    "digits",
    "fruit",
    "mnist",
    "noisy_curve",
    "sine_wave",
    "spirals",
    "tiny_text",
    "two_moons",
]


class Fruit(NamedTuple):
    """One kind of fruit: its share of the basket, and the mean and spread of what is measured.

    >>> import nnlib
    >>> nnlib.datasets.FRUIT["apple"].redness
    (0.8, 0.1)
    """

    share: float
    redness: tuple[float, float]
    roundness: tuple[float, float]


FRUIT: dict[str, Fruit] = {
    "apple": Fruit(share=0.50, redness=(0.80, 0.10), roundness=(0.80, 0.08)),
    "strawberry": Fruit(share=0.15, redness=(0.85, 0.07), roundness=(0.35, 0.09)),
    "orange": Fruit(share=0.12, redness=(0.35, 0.09), roundness=(0.90, 0.05)),
    "grapefruit": Fruit(share=0.08, redness=(0.40, 0.08), roundness=(0.85, 0.06)),
    "lemon": Fruit(share=0.08, redness=(0.10, 0.05), roundness=(0.55, 0.09)),
    "banana": Fruit(share=0.07, redness=(0.12, 0.06), roundness=(0.15, 0.06)),
}


def fruit(n: int = 200, *, generator: np.random.Generator | None = None) -> Dataset:
    """A basket of fruit: is it an apple?

    ``X`` (n, 2) holds redness and roundness, each from 0 to 1; ``y`` (n, 1) is 1 for an apple.
    Each fruit is drawn from a normal distribution, cut off at 0 and 1:

    =========== ===== ========== ==========
    fruit       share redness    roundness
    =========== ===== ========== ==========
    apple       50 %  .80 ± .10  .80 ± .08
    strawberry  15 %  .85 ± .07  .35 ± .09
    orange      12 %  .35 ± .09  .90 ± .05
    grapefruit   8 %  .40 ± .08  .85 ± .06
    lemon        8 %  .10 ± .05  .55 ± .09
    banana       7 %  .12 ± .06  .15 ± .06
    =========== ===== ========== ==========

    Neither redness nor roundness alone tells an apple; together they nearly always do.

    >>> import nnlib
    >>> X, y = nnlib.datasets.fruit(100)
    >>> X.shape, y.shape, set(y.flatten().tolist())
    ((100, 2), (100, 1), {0.0, 1.0})
    """
    rng, count = pick_generator(generator), at_least("n", n, 1)
    kinds = list(FRUIT.values())
    drawn = rng.choice(len(kinds), size=count, p=[kind.share for kind in kinds])
    measures = np.array([[kind.redness, kind.roundness] for kind in kinds])[drawn]
    X = rng.normal(measures[:, :, 0], measures[:, :, 1]).clip(0, 1)
    return as_dataset(X, (drawn == list(FRUIT).index("apple"))[:, np.newaxis].astype(np.float32))


def two_moons(
    n: int = 200, noise: float = 0.1, *, generator: np.random.Generator | None = None
) -> Dataset:
    """Two half circles that reach into each other: no straight line parts them.

    ``X`` (n, 2); ``y`` (n) is 0 for the upper moon and 1 for the lower.

    >>> import nnlib
    >>> X, y = nnlib.datasets.two_moons(100)
    >>> X.shape, y.sum()
    ((100, 2), tensor(50))
    """
    rng, count = pick_generator(generator), at_least("n", n, 2)
    check_noise(noise)
    y = np.arange(count) % 2
    angle = rng.uniform(0, np.pi, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X = np.where(y[:, np.newaxis] == 0, upper, np.array([1.0, 0.5]) - upper)
    return as_dataset(X + rng.normal(0, noise, X.shape), y)


def spirals(
    n: int = 300,
    classes: int = 3,
    noise: float = 0.2,
    *,
    generator: np.random.Generator | None = None,
) -> Dataset:
    """Spiral arms wound round each other, one for each class.

    ``X`` (n, 2); ``y`` (n) is the arm. ``noise`` is the spread of the angle, in radians.

    >>> import nnlib
    >>> X, y = nnlib.datasets.spirals(90)
    >>> nnlib.nn.functional.one_hot(y).sum(dim=0)
    tensor([30, 30, 30])
    """
    rng, count = pick_generator(generator), at_least("n", n, 1)
    check_noise(noise)
    y = np.arange(count) % at_least("classes", classes, 2)
    radius = rng.uniform(0.05, 1, count)
    angle = 2 * np.pi * y / classes + 4 * radius + rng.normal(0, noise, count)
    return as_dataset(radius[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y)


def noisy_curve(
    n: int = 100, noise: float = 0.1, *, generator: np.random.Generator | None = None
) -> Dataset:
    """Points scattered about ``curve``: something to fit.

    ``X`` (n, 1) rises from −3 to 3; ``y`` (n, 1) is ``curve(X)`` plus normal noise.

    >>> import nnlib
    >>> X, y = nnlib.datasets.noisy_curve(50, noise=0)
    >>> bool((y == nnlib.datasets.curve(X)).to(nnlib.float32).mean() == 1)
    True
    """
    rng, count = pick_generator(generator), at_least("n", n, 1)
    check_noise(noise)
    x = Tensor(np.sort(rng.uniform(-3, 3, (count, 1)), axis=0).astype(np.float32))
    return Dataset(x, Tensor(curve(x).array + rng.normal(0, noise, x.shape).astype(np.float32)))


def curve(x: Tensor) -> Tensor:
    """``sin(2x) + x/3``: the wiggly function behind ``noisy_curve``, entry by entry.

    >>> import nnlib
    >>> nnlib.datasets.curve(nnlib.tensor([0.0, 3.0]))
    tensor([0.0000, 0.7206])
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"x: expected a Tensor, got {type(x).__name__}")
    return Tensor(np.sin(2 * x.array) + x.array / 3)
