"""What every data set returns, and how the counts it is asked for are checked.

It stands below the modules that hold the data sets, so that none of them imports another.
"""

from typing import NamedTuple

import numpy as np

from nnlib.tensor import Array, Tensor


class Dataset(NamedTuple):
    """Inputs and what is to be predicted from them.

    >>> import nnlib
    >>> X, y = nnlib.datasets.fruit(10)
    >>> X.shape, y.shape
    ((10, 2), (10, 1))
    """

    X: Tensor
    y: Tensor


def as_dataset(X: Array, y: Array) -> Dataset:
    """Arrays as a data set whose inputs are float32."""
    return Dataset(Tensor(X.astype(np.float32, copy=False)), Tensor(y))


def at_least(name: str, count: int, least: int) -> int:
    """The count, once it is known to be an integer that is large enough."""
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"{name}: expected an integer, got {type(count).__name__}")
    if count < least:
        raise ValueError(f"{name}: expected {least} or more, got {count}")
    return count


def check_noise(noise: float) -> None:
    """Refuse a spread below 0, and one that is not a number."""
    if not noise >= 0:
        raise ValueError(f"noise: expected 0 or more, got {noise}")
