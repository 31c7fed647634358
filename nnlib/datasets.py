"""Data sets that show one thing each: small ones generated here, and handwriting that is real.

What is generated is drawn from nnlib's generator, so ``manual_seed`` settles it too. Where the
bundled files come from, and their licences, stands in ``_data/SOURCES.md``.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from nnlib._arguments import expect, expect_count, expect_number, expect_type
from nnlib._mnist import MIRRORS, mnist_bytes
from nnlib.creation import pick_generator
from nnlib.tensor import Array, Tensor

Generator: TypeAlias = np.random.Generator | None
_DATA = os.path.join(os.path.dirname(__file__), "_data")


class Dataset(NamedTuple):
    """Inputs and what is to be predicted from them.

    >>> import nnlib
    >>> X, y = nnlib.datasets.fruit(10)
    >>> X.shape, y.shape
    ((10, 2), (10, 1))
    """

    X: Tensor
    y: Tensor


def _dataset(X: Array, y: Array) -> Dataset:
    """Arrays as a data set whose inputs are float32."""
    return Dataset(Tensor(X.astype(np.float32, copy=False)), Tensor(y))


def _noise(rng: np.random.Generator, noise: float, shape: tuple[int, ...]) -> Array:
    expect_number(noise, "noise", 0)
    return rng.normal(0, noise, shape)


# The share of each fruit in the basket, and the mean and spread of its redness and roundness.
FRUIT = {
    "apple": (0.50, (0.80, 0.10), (0.80, 0.08)),
    "strawberry": (0.15, (0.85, 0.07), (0.35, 0.09)),
    "orange": (0.12, (0.35, 0.09), (0.90, 0.05)),
    "grapefruit": (0.08, (0.40, 0.08), (0.85, 0.06)),
    "lemon": (0.08, (0.10, 0.05), (0.55, 0.09)),
    "banana": (0.07, (0.12, 0.06), (0.15, 0.06)),
}


def fruit(n: int = 200, *, generator: Generator = None) -> Dataset:
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
    rng, count = pick_generator(generator), expect_count(n, "n", 1)
    kinds = list(FRUIT.values())
    drawn = rng.choice(len(kinds), size=count, p=[share for share, _, _ in kinds])
    measures = np.array([measured for _, *measured in kinds])[drawn]
    X = rng.normal(measures[:, :, 0], measures[:, :, 1]).clip(0, 1)
    return _dataset(X, (drawn == list(FRUIT).index("apple"))[:, np.newaxis].astype(np.float32))


def two_moons(n: int = 200, noise: float = 0.1, *, generator: Generator = None) -> Dataset:
    """Two half circles that reach into each other: no straight line parts them.

    ``X`` (n, 2); ``y`` (n) is 0 for the upper moon and 1 for the lower.

    >>> import nnlib
    >>> X, y = nnlib.datasets.two_moons(100)
    >>> X.shape, y.sum()
    ((100, 2), tensor(50))
    """
    rng, count = pick_generator(generator), expect_count(n, "n", 2)
    y = np.arange(count) % 2
    angle = rng.uniform(0, np.pi, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    X = np.where(y[:, np.newaxis] == 0, upper, np.array([1.0, 0.5]) - upper)
    return _dataset(X + _noise(rng, noise, X.shape), y)


def spirals(
    n: int = 300, classes: int = 3, noise: float = 0.2, *, generator: Generator = None
) -> Dataset:
    """Spiral arms wound round each other, one for each class.

    ``X`` (n, 2); ``y`` (n) is the arm. ``noise`` is the spread of the angle, in radians.

    >>> import nnlib
    >>> X, y = nnlib.datasets.spirals(90)
    >>> nnlib.nn.functional.one_hot(y).sum(dim=0)
    tensor([30, 30, 30])
    """
    rng, count = pick_generator(generator), expect_count(n, "n", 1)
    y = np.arange(count) % expect_count(classes, "classes", 2)
    radius = rng.uniform(0.05, 1, count)
    angle = 2 * np.pi * y / classes + 4 * radius + _noise(rng, noise, y.shape)
    return _dataset(radius[:, np.newaxis] * np.stack([np.sin(angle), np.cos(angle)], axis=1), y)


def noisy_curve(n: int = 100, noise: float = 0.1, *, generator: Generator = None) -> Dataset:
    """Points scattered about ``curve``: something to fit.

    ``X`` (n, 1) rises from −3 to 3; ``y`` (n, 1) is ``curve(X)`` plus normal noise.

    >>> import nnlib
    >>> X, y = nnlib.datasets.noisy_curve(50, noise=0)
    >>> bool((y == nnlib.datasets.curve(X)).to(nnlib.float32).mean() == 1)
    True
    """
    rng, count = pick_generator(generator), expect_count(n, "n", 1)
    x = Tensor(np.sort(rng.uniform(-3, 3, (count, 1)), axis=0).astype(np.float32))
    return Dataset(x, Tensor(curve(x).array + _noise(rng, noise, x.shape).astype(np.float32)))


def curve(x: Tensor) -> Tensor:
    """``sin(2x) + x/3``: the wiggly function behind ``noisy_curve``, entry by entry.

    >>> import nnlib
    >>> nnlib.datasets.curve(nnlib.tensor([0.0, 3.0]))
    tensor([0.0000, 0.7206])
    """
    expect_type(x, "x", "a Tensor", Tensor)
    return Tensor(np.sin(2 * x.array) + x.array / 3)


def sine_wave(
    n: int = 100, length: int = 50, noise: float = 0, *, generator: Generator = None
) -> Dataset:
    """Sine waves of different periods: what comes next?

    ``X`` (n, length, 1) is a wave from −1 to 1 that starts anywhere and repeats after 10 to 30
    steps; ``y`` (n, length, 1) is the same wave one step later: ``y[:, t] = X[:, t + 1]``.
    ``noise`` is the spread of what is added to each point.

    >>> import nnlib
    >>> X, y = nnlib.datasets.sine_wave(5, length=20)
    >>> X.shape, (y[:, :-1] == X[:, 1:]).tolist() == [[[True]] * 19] * 5
    ((5, 20, 1), True)
    """
    rng, count = pick_generator(generator), expect_count(n, "n", 1)
    steps = expect_count(length, "length", 1)
    phase, period = rng.uniform(0, 2 * np.pi, (count, 1)), rng.uniform(10, 30, (count, 1))
    wave = np.sin(phase + 2 * np.pi * np.arange(steps + 1) / period)
    wave = (wave + _noise(rng, noise, wave.shape)).astype(np.float32)[:, :, np.newaxis]
    return _dataset(wave[:, :-1].copy(), wave[:, 1:].copy())


def digits(train: bool | None = None, *, flat: bool = False) -> Dataset:
    """Handwritten digits, 8×8 pixels: 1,797 of them, too few to need a download.

    ``X`` (n, 1, 8, 8), or (n, 64) when ``flat``, holds the ink in each pixel from 0 to 1 in
    sixteenths; ``y`` (n) the digit. ``train=True`` gives the first 1,437 images, ``train=False``
    the last 360, and ``None`` all of them. The order is the source's, so everyone has the same
    split and nothing is drawn. (Alpaydin and Kaynak 1998, UCI Machine Learning Repository,
    CC BY 4.0.)

    >>> import nnlib
    >>> X, y = nnlib.datasets.digits(train=True)
    >>> X.shape, y[:5]
    ((1437, 1, 8, 8), tensor([0, 1, 2, 3, 4]))
    """
    expect_type(train, "train", "True, False or None", bool, type(None))
    first, last = {None: (0, None), True: (0, 1437), False: (1437, None)}[train]
    with np.load(os.path.join(_DATA, "digits.npz"), allow_pickle=False) as stored:
        images, labels = stored["images"][first:last], stored["labels"][first:last]
    X = (images / np.float32(16)).reshape(-1, *((64,) if flat else (1, 8, 8)))
    return _dataset(X, labels.astype(np.int64))


def tiny_text() -> str:
    """The opening of *Alice's Adventures in Wonderland*: something for a character model to read.

    5,000 characters, 56 different ones, all of them ASCII; a blank line parts the paragraphs.
    (Lewis Carroll 1865; in the public domain.)

    >>> import nnlib
    >>> nnlib.datasets.tiny_text()[:38]
    'Alice was beginning to get very tired '
    """
    with open(os.path.join(_DATA, "alice.txt"), encoding="ascii") as file:
        return file.read()


class Alphabet:
    """The characters of a text, numbered in sorted order, so that a network can read them.

    >>> import nnlib
    >>> alphabet = nnlib.datasets.Alphabet("hello")
    >>> alphabet.characters, len(alphabet)
    ('ehlo', 4)
    >>> alphabet.encode("hole")
    tensor([1, 3, 2, 0])
    >>> alphabet.decode([1, 0, 2, 2, 3])
    'hello'
    """

    def __init__(self, text: str) -> None:
        named = isinstance(text, str) and text
        expect(named, "text", "a string of 1 character or more", repr(text))
        self.characters = "".join(sorted(set(text)))
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Tensor:
        """The number of each character, int64; ``ValueError`` for one the alphabet lacks."""
        expect_type(text, "text", "a string", str)
        unknown = sorted(set(text) - self._codes.keys())
        expect(not unknown, "text", f"characters of {self.characters!r}", unknown)
        return Tensor(np.array([self._codes[character] for character in text], dtype=np.int64))

    def decode(self, codes: Tensor | list[int]) -> str:
        """The text those numbers stand for; ``ValueError`` for one that stands for nothing."""
        expect_type(codes, "codes", "a Tensor or a list", Tensor, list)
        numbers = codes.tolist() if isinstance(codes, Tensor) else codes
        for n in numbers:
            known = isinstance(n, int) and 0 <= n < len(self)
            expect(known, "codes", f"integers from 0 to {len(self) - 1}", n)
        return "".join(self.characters[n] for n in numbers)


def mnist(
    train: bool = True, *, flat: bool = False, mirrors: Sequence[str] = MIRRORS, timeout: float = 30
) -> Dataset:
    """MNIST: handwritten digits, 28×28 pixels; 60,000 to train on and 10,000 to test with.

    ``X`` (n, 1, 28, 28), or (n, 784) when ``flat``, holds the ink in each pixel from 0 to 1;
    ``y`` (n) the digit. The first call downloads 11 MB from the first of ``mirrors`` that
    delivers, into the cache directory of the platform (``$XDG_CACHE_HOME`` or ``~/.cache``,
    ``~/Library/Caches``, ``%LOCALAPPDATA%``). The environment variable ``NNLIB_DATA`` names a
    directory to read the four files from instead, compressed (``.gz``) or not; then nothing is
    downloaded. ``timeout``: how many seconds of silence are too many. (LeCun, Bottou, Bengio and
    Haffner 1998.)

    Raises ``ConnectionError`` that says what each mirror did, ``FileNotFoundError`` when
    ``NNLIB_DATA`` lacks a file, and ``ValueError`` when a file in it is not the right one.

    >>> import nnlib
    >>> nnlib.datasets.mnist(train="yes")
    Traceback (most recent call last):
    TypeError: train: expected True or False, got str
    """
    expect_type(train, "train", "True or False", bool)
    for addresses, kinds in ((mirrors, (list, tuple)), *((mirror, (str,)) for mirror in mirrors)):
        expect_type(addresses, "mirrors", "a list of addresses", *kinds)
    expect(timeout > 0, "timeout", "more than 0 seconds", timeout)
    pixels, labels = mnist_bytes(train, mirrors, timeout)
    X = np.frombuffer(pixels, np.uint8).reshape(-1, *((784,) if flat else (1, 28, 28)))
    y = np.frombuffer(labels, np.uint8).astype(np.int64)
    return _dataset(np.divide(X, np.float32(255), dtype=np.float32), y)
