"""From a data set to batches: which samples a training step sees, and in what order.

A data set is whatever has a length and gives a sample for an index.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from nnlib.creation import pick_generator, tensor
from nnlib.joining import stack
from nnlib.tensor import Array, Tensor

Sample = TypeVar("Sample", covariant=True)


class Dataset(Protocol[Sample]):
    """What a ``DataLoader`` needs: a length, and a sample for each index.

    >>> from nnlib.data import DataLoader
    >>> len(DataLoader([0.5, 1.5, 2.5], batch_size=2))
    2
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Sample: ...


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
            if not isinstance(each, Tensor):
                raise TypeError(f"tensors: expected Tensors, got {type(each).__name__}")
        shapes = [each.shape for each in tensors]
        if not tensors or () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(f"tensors: expected one first length for all, got shapes {shapes}")
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

    def __init__(self, dataset: Dataset[Any], indices: Sequence[int] | Array) -> None:
        self.dataset = dataset
        self.indices = np.asarray(indices, np.int64)
        if self.indices.ndim != 1:
            raise ValueError(f"indices: expected a row of them, got shape {self.indices.shape}")
        count = len(dataset)
        if self.indices.size and not 0 <= self.indices.min() <= self.indices.max() < count:
            raise ValueError(
                f"indices: expected 0 to {count - 1}, "
                f"got {self.indices.min()} to {self.indices.max()}"
            )

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]


class DataLoader:
    """Batches of a data set, one epoch each time it is iterated.

    With ``shuffle`` every epoch is a new permutation: each sample comes exactly once.
    ``drop_last`` leaves out a last batch that is not full.

    >>> import nnlib
    >>> data = nnlib.data.TensorDataset(nnlib.arange(5))
    >>> [batch.tolist() for (batch,) in nnlib.data.DataLoader(data, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Dataset[Any],
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
    ) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise TypeError(
                f"dataset: expected one with a length and indices, got {type(dataset).__name__}"
            )
        if not isinstance(batch_size, int) or isinstance(batch_size, bool):
            raise TypeError(f"batch_size: expected an integer, got {type(batch_size).__name__}")
        if batch_size < 1:
            raise ValueError(f"batch_size: expected 1 or more, got {batch_size}")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = generator
        pick_generator(generator)

    def __len__(self) -> int:
        batches = len(self.dataset) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[Any]:
        count = len(self.dataset)
        order = np.arange(count)
        if self.shuffle:
            order = pick_generator(self.generator).permutation(count)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            stop = min(start + self.batch_size, count)
            yield _fetch(self.dataset, order[start:stop])


def random_split(
    dataset: Dataset[Any],
    lengths: Sequence[int] | Sequence[float],
    generator: np.random.Generator | None = None,
) -> list[Subset]:
    """Split a data set at random into parts that share no sample.

    ``lengths`` are counts that add up to the whole, or shares that add up to 1.

    >>> import nnlib
    >>> train, rest = nnlib.data.random_split(range(10), [0.8, 0.2])
    >>> len(train), len(rest), sorted([*train, *rest]) == list(range(10))
    (8, 2, True)
    """
    count = len(dataset)
    if any(length < 0 for length in lengths):
        raise ValueError(f"lengths: expected 0 or more, got {list(lengths)}")
    counts = [int(length) for length in lengths]
    if math.isclose(sum(lengths), 1) and any(isinstance(length, float) for length in lengths):
        counts = [math.floor(count * share) for share in lengths]
        for i in range(count - sum(counts)):
            counts[i % len(counts)] += 1
    elif sum(lengths) != count or counts != list(lengths):
        raise ValueError(
            f"lengths: expected counts that add up to {count} or shares that add up to 1, "
            f"got {list(lengths)}"
        )
    order = pick_generator(generator).permutation(count)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def _fetch(dataset: Dataset[Any], indices: Array) -> Any:
    """A batch; from tensors in one go, which is much faster than sample by sample."""
    while isinstance(dataset, Subset):
        indices, dataset = dataset.indices[indices], dataset.dataset
    if isinstance(dataset, TensorDataset):
        return dataset[indices]
    return _collate([dataset[int(i)] for i in indices])


def _collate(samples: Sequence[Any]) -> Any:
    """Turn a list of samples into a batch: part by part when a sample has parts."""
    first = samples[0]
    if isinstance(first, tuple):
        return tuple(_collate(parts) for parts in zip(*samples, strict=True))
    if isinstance(first, Tensor):
        return stack(samples)
    return tensor(np.stack(samples) if isinstance(first, np.ndarray) else samples)
