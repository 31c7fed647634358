"""The data that come inside the package: small enough to ship, real enough to learn from.

Their sources and licences stand in ``_data/SOURCES.md``.
"""

import os

import numpy as np

from nnlib._dataset import Dataset, as_dataset
from nnlib.tensor import Tensor

_DATA = os.path.join(os.path.dirname(__file__), "_data")


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
    if train is not None and not isinstance(train, bool):
        raise TypeError(f"train: expected True, False or None, got {train!r}")
    first, last = {None: (0, None), True: (0, 1437), False: (1437, None)}[train]
    with np.load(os.path.join(_DATA, "digits.npz"), allow_pickle=False) as stored:
        images, labels = stored["images"][first:last], stored["labels"][first:last]
    X = (images / np.float32(16)).reshape(-1, *((64,) if flat else (1, 8, 8)))
    return as_dataset(X, labels.astype(np.int64))


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
        if not isinstance(text, str) or not text:
            raise ValueError(f"text: expected a string of 1 character or more, got {text!r}")
        self.characters = "".join(sorted(set(text)))
        self._codes = {character: code for code, character in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str) -> Tensor:
        """The number of each character, int64; ``ValueError`` for one the alphabet lacks."""
        unknown = sorted(set(text) - self._codes.keys())
        if unknown:
            raise ValueError(f"text: expected characters of {self.characters!r}, got {unknown}")
        return Tensor(np.array([self._codes[character] for character in text], dtype=np.int64))

    def decode(self, codes: Tensor | list[int]) -> str:
        """The text those numbers stand for; ``ValueError`` for one that stands for nothing."""
        numbers = codes.tolist() if isinstance(codes, Tensor) else codes
        wrong = [n for n in numbers if not isinstance(n, int) or not 0 <= n < len(self)]
        if wrong:
            raise ValueError(f"codes: expected integers from 0 to {len(self) - 1}, got {wrong[0]}")
        return "".join(self.characters[n] for n in numbers)
