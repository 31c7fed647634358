"""Where tensors come from: data, constants, and chance.

All chance in nnlib comes from one generator, so that one seed settles a whole run.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nnlib._arguments import Shape, as_shape
from nnlib.tensor import Array, Number, Tensor, float32, float64, int64

_generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Start nnlib's generator afresh from ``seed``: the same seed gives the same bits.

    Raises ``ValueError`` for a negative seed.

    >>> import nnlib
    >>> first = nnlib.manual_seed(0).random()
    >>> nnlib.manual_seed(0).random() == first
    True
    """
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
        raise TypeError(f"seed: expected an integer, got {type(seed).__name__}")
    if seed < 0:
        raise ValueError(f"seed: expected 0 or more, got {seed}")
    # Set in place, so that whoever holds the generator follows.
    _generator.bit_generator.state = np.random.PCG64(seed).state
    return _generator


def pick_generator(generator: np.random.Generator | None) -> np.random.Generator:
    """The generator that was passed, or nnlib's own.

    >>> import numpy as np
    >>> mine = np.random.default_rng(0)
    >>> pick_generator(mine) is mine
    True
    """
    if generator is not None and not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"generator: expected a numpy.random.Generator, got {type(generator).__name__}"
        )
    return _generator if generator is None else generator


def tensor(data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of ``data``: numbers, nested lists, an array or a tensor.

    Python floats become float32, integers int64; an array keeps its dtype.
    Raises ``TypeError`` for data that are not numbers and ``ValueError`` for ragged lists.

    >>> import nnlib
    >>> nnlib.tensor([[0.9, 0.8], [0.2, 0.7]])
    tensor([[0.9000, 0.8000],
            [0.2000, 0.7000]])
    """
    if isinstance(data, Tensor):
        data = data.array
    try:
        array = np.array(data)
    except ValueError:
        raise ValueError(f"data: expected rows of one length, got {data!r}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"data: expected numbers, got {data!r}")
    typed = isinstance(data, (np.ndarray, np.generic))
    if dtype is None and not typed and array.dtype == float64:
        dtype = float32
    return Tensor(array if dtype is None else array.astype(dtype, copy=False), requires_grad)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the array's memory.

    >>> import nnlib, numpy as np
    >>> a = np.zeros(2)
    >>> t = nnlib.from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=nnlib.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"ndarray: expected a numpy.ndarray, got {type(ndarray).__name__}")
    if ndarray.dtype.kind not in "buif":
        raise TypeError(f"ndarray: expected numbers, got dtype {ndarray.dtype}")
    return Tensor(ndarray)


def zeros(
    *size: int | Sequence[int], dtype: DTypeLike = float32, requires_grad: bool = False
) -> Tensor:
    """A tensor of zeros.

    >>> import nnlib
    >>> nnlib.zeros(3)
    tensor([0., 0., 0.])
    """
    return Tensor(np.zeros(_size(size), dtype), requires_grad)


def ones(
    *size: int | Sequence[int], dtype: DTypeLike = float32, requires_grad: bool = False
) -> Tensor:
    """A tensor of ones.

    >>> import nnlib
    >>> nnlib.ones(3)
    tensor([1., 1., 1.])
    """
    return Tensor(np.ones(_size(size), dtype), requires_grad)


def full(
    size: Sequence[int],
    fill_value: Number,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of one value throughout.

    >>> import nnlib
    >>> nnlib.full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    value = tensor(fill_value, dtype=dtype).array
    return Tensor(np.full(_size((size,)), value, value.dtype), requires_grad)


def zeros_like(
    input: Tensor,  # noqa: A002 - PyTorch's name
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Zeros of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.zeros_like(nnlib.tensor([1, 2]))
    tensor([0, 0])
    """
    return Tensor(np.zeros(input.shape, dtype or input.dtype), requires_grad)


def ones_like(
    input: Tensor,  # noqa: A002 - PyTorch's name
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.ones_like(nnlib.tensor([1, 2]))
    tensor([1, 1])
    """
    return Tensor(np.ones(input.shape, dtype or input.dtype), requires_grad)


def arange(
    start: Number,
    end: Number | None = None,
    step: Number = 1,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """``start, start + step, ...`` up to ``end``, which is left out; ``arange(n)`` starts at 0.

    >>> import nnlib
    >>> nnlib.arange(3)
    tensor([0, 1, 2])
    """
    if step == 0:
        raise ValueError("step: expected a number other than 0, got 0")
    first, last = (0, start) if end is None else (start, end)
    whole = all(isinstance(bound, (int, np.integer)) for bound in (first, last, step))
    return Tensor(np.arange(first, last, step).astype(dtype or (int64 if whole else float32)))


def linspace(start: float, end: float, steps: int, dtype: DTypeLike = float32) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    >>> import nnlib
    >>> nnlib.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    if steps < 0:
        raise ValueError(f"steps: expected 0 or more, got {steps}")
    return Tensor(np.linspace(start, end, steps, dtype=dtype))


def eye(n: int, m: int | None = None, dtype: DTypeLike = float32) -> Tensor:
    """The identity matrix: ones on the diagonal.

    >>> import nnlib
    >>> nnlib.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(np.eye(*_size((n, n if m is None else m)), dtype=np.dtype(dtype)))


def rand(
    *size: int | Sequence[int],
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = float32,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    >>> import nnlib
    >>> x = nnlib.rand(100)
    >>> bool(x.min() >= 0), bool(x.max() < 1)
    (True, True)
    """
    drawn = pick_generator(generator).random(_size(size), _drawable(dtype))
    return Tensor(np.asarray(drawn), requires_grad)


def randn(
    *size: int | Sequence[int],
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = float32,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and variance 1.

    >>> import nnlib
    >>> nnlib.randn(2, 3).shape
    (2, 3)
    """
    drawn = pick_generator(generator).standard_normal(_size(size), _drawable(dtype))
    return Tensor(np.asarray(drawn), requires_grad)


def randint(
    low: int, high: int, size: Sequence[int], *, generator: np.random.Generator | None = None
) -> Tensor:
    """Integers drawn evenly from ``low`` to ``high − 1``.

    >>> import nnlib
    >>> nnlib.randint(0, 1, (2,))
    tensor([0, 0])
    """
    if low >= high:
        raise ValueError(f"high: expected more than low={low}, got {high}")
    return Tensor(np.asarray(pick_generator(generator).integers(low, high, _size((size,)))))


def randperm(n: int, *, generator: np.random.Generator | None = None) -> Tensor:
    """The numbers 0 to n − 1 in random order, each exactly once.

    >>> import nnlib
    >>> sorted(nnlib.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    return Tensor(pick_generator(generator).permutation(*_size((n,))))


def _size(size: tuple[int | Sequence[int], ...]) -> Shape:
    lengths = as_shape(size)
    if any(length < 0 for length in lengths):
        raise ValueError(f"size: expected lengths of 0 or more, got {lengths}")
    return lengths


def _drawable(dtype: DTypeLike) -> Any:
    """The generator draws float32 and float64 only."""
    if np.dtype(dtype) not in (float32, float64):
        raise TypeError(f"dtype: expected float32 or float64, got {np.dtype(dtype)}")
    return dtype
