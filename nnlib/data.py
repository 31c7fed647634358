"""From a data set to batches: which samples a training step sees, and in what order.

A data set is whatever has a length and gives a sample for an index.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from nnlib._arguments import expect, expect_count, expect_number, expect_type
from nnlib.creation import pick_generator, tensor
from nnlib.joining import stack
from nnlib.tensor import Array, Tensor


@runtime_checkable
class Dataset(Protocol):
    """What a ``DataLoader`` needs: a length, and a sample for each index.

    >>> from nnlib.data import DataLoader
    >>> len(DataLoader([0.5, 1.5, 2.5], batch_size=2))
    2
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...


class TensorDataset:
    """Tensors whose first dimension counts the samples.

    Raises ``ValueError`` when their lengths differ.

    >>> import nnlib
    >>> data = nnlib.data.TensorDataset(nnlib.zeros(5, 2), nnlib.arange(5))
    >>> len(data), data[3]
    (5, (tensor([0., 0.]), tensor(3)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for each in tensors:
            expect_type(each, "tensors", "Tensors", Tensor)
        shapes = [each.shape for each in tensors]
        fits = () not in shapes and len({shape[:1] for shape in shapes}) == 1
        expect(fits, "tensors", "one first length for all", f"shapes {shapes}")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(each[index] for each in self.tensors)


class Subset:
    """Some samples of a data set, by their indices.

    >>> from nnlib.data import Subset
    >>> part = Subset("abcdef", [4, 0])
    >>> len(part), part[0]
    (2, 'e')
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int] | Array) -> None:
        expect_type(dataset, "dataset", "one with a length and indices", Dataset)
        numbers = np.asarray(indices)
        whole = numbers.dtype.kind in "iu" or not numbers.size
        expect(whole, "indices", "a row of integers", f"{type(indices).__name__} {numbers.dtype}")
        self.dataset, self.indices = dataset, numbers.astype(np.int64)
        expect(self.indices.ndim == 1, "indices", "a row of them", f"shape {self.indices.shape}")
        wrong = self.indices[(self.indices < 0) | (self.indices >= len(dataset))]
        expect(not wrong.size, "indices", f"0 to {len(dataset) - 1}", wrong)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]


class DataLoader:
    """Batches of a data set, one epoch each time it is iterated.

    With ``shuffle`` every epoch is a new permutation: each sample comes exactly once.
    ``drop_last`` leaves out a last batch that is not full. ``collate_fn`` makes a batch of a list
    of samples; ``num_workers`` and ``pin_memory`` have nothing to do here, and are not heeded.

    >>> import nnlib
    >>> data = nnlib.data.TensorDataset(nnlib.arange(5))
    >>> [batch.tolist() for (batch,) in nnlib.data.DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, dataset: Dataset, batch_size: int = 1, shuffle: bool = False,
        drop_last: bool = False, generator: np.random.Generator | None = None,
        *, num_workers: int = 0, pin_memory: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:  # fmt: skip
        expect_type(dataset, "dataset", "one with a length and indices", Dataset)
        self.dataset, self.batch_size = dataset, expect_count(batch_size, "batch_size", 1)
        self.shuffle, self.drop_last, self.generator = shuffle, drop_last, generator
        self.collate_fn = collate_fn
        pick_generator(generator)

    def __len__(self) -> int:
        batches = len(self.dataset) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = pick_generator(self.generator).permutation(n) if self.shuffle else np.arange(n)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            indices = order[start : start + self.batch_size]
            if self.collate_fn is None:
                yield _fetch(self.dataset, indices)
            else:
                yield self.collate_fn([self.dataset[int(i)] for i in indices])


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """Split a data set at random into parts that share no sample.

    ``lengths`` are counts that add up to the whole, or shares that add up to 1.

    >>> import nnlib
    >>> train, rest = nnlib.data.random_split(range(10), [0.8, 0.2])
    >>> len(train), len(rest), sorted([*train, *rest]) == list(range(10))
    (8, 2, True)
    """
    expect_type(dataset, "dataset", "one with a length and indices", Dataset)
    expect_type(lengths, "lengths", "a list of numbers", list, tuple)
    for length in lengths:
        expect_number(length, "lengths")
    count = len(dataset)
    expect(all(length >= 0 for length in lengths), "lengths", "0 or more", lengths)
    counts = [int(length) for length in lengths]
    if math.isclose(sum(lengths), 1) and any(isinstance(length, float) for length in lengths):
        counts = [math.floor(count * share) for share in lengths]
        for i in range(count - sum(counts)):
            counts[i % len(counts)] += 1
    fits = sum(counts) == count and (counts == list(lengths) or math.isclose(sum(lengths), 1))
    expected = f"counts that add up to {count} or shares that add up to 1"
    expect(fits, "lengths", expected, lengths)
    order = pick_generator(generator).permutation(count)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def _fetch(dataset: Dataset, indices: Array) -> Any:
    """A batch; from tensors in one go, which is much faster than sample by sample."""
    while isinstance(dataset, Subset):
        indices, dataset = dataset.indices[indices], dataset.dataset
    if isinstance(dataset, TensorDataset):
        return dataset[indices]
    return _collate([dataset[int(i)] for i in indices])


def _collate(samples: Sequence[Any]) -> Any:
    """Turn a list of samples into a batch: part by part when a sample has parts."""
    first = samples[0]
    if isinstance(first, Mapping):
        return {key: _collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, tuple):
        return tuple(_collate(parts) for parts in zip(*samples, strict=True))
    if isinstance(first, Tensor):
        return stack(samples)
    return tensor(np.stack(samples) if isinstance(first, np.ndarray) else samples)
