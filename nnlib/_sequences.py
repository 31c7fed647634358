"""Generated sequences: one that needs a short memory, and one whose need is set by a number.

With them a recurrent network can be asked what to expect next, and how far back it remembers.
"""

import numpy as np

from nnlib._dataset import Dataset, as_dataset, at_least, check_noise
from nnlib.creation import pick_generator
from nnlib.tensor import Tensor


def sine_wave(
    n: int = 100,
    length: int = 50,
    noise: float = 0,
    *,
    generator: np.random.Generator | None = None,
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
    rng, count = pick_generator(generator), at_least("n", n, 1)
    steps = at_least("length", length, 1)
    check_noise(noise)
    phase, period = rng.uniform(0, 2 * np.pi, (count, 1)), rng.uniform(10, 30, (count, 1))
    wave = np.sin(phase + 2 * np.pi * np.arange(steps + 1) / period)
    wave = (wave + rng.normal(0, noise, wave.shape)).astype(np.float32)[:, :, np.newaxis]
    return as_dataset(wave[:, :-1].copy(), wave[:, 1:].copy())


def copy_with_lag(
    n: int, length: int, lag: int, symbols: int = 2, *, generator: np.random.Generator | None = None
) -> Dataset:
    """Repeat what was seen ``lag`` steps ago: chance, unless it is remembered.

    ``X`` (n, length) holds symbols drawn evenly from 0 to ``symbols`` − 1, and ``y`` (n, length)
    ``y[:, t] = X[:, t − lag]``. The first ``lag`` targets are −100, which ``cross_entropy``
    leaves out. Both int64. (After Hochreiter and Schmidhuber 1997.)

    >>> import nnlib
    >>> X, y = nnlib.datasets.copy_with_lag(8, length=6, lag=2)
    >>> y[0, :2], (y[:, 2:] == X[:, :-2]).tolist() == [[True] * 4] * 8
    (tensor([-100, -100]), True)
    """
    rng, count = pick_generator(generator), at_least("n", n, 1)
    back, steps = at_least("lag", lag, 0), at_least("length", length, 1)
    if back >= steps:
        raise ValueError(f"lag: expected less than length, {steps}, got {back}")
    X = rng.integers(0, at_least("symbols", symbols, 2), (count, steps))
    y = np.full_like(X, -100)
    y[:, back:] = X[:, : steps - back]
    return Dataset(Tensor(X), Tensor(y))
