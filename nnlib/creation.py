"""Where tensors come from: data, constants, and chance.

All chance in nnlib comes from one generator, so that one seed settles a whole run.
"""

# ruff: noqa: A002 - ``input`` is PyTorch's name
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nnlib._arguments import (
    Size,
    as_dtype,
    as_shape,
    expect,
    expect_count,
    expect_number,
    expect_type,
)
from nnlib.tensor import Array, Number, Tensor, float32, float64, int64

__all__ = [
    "arange", "eye", "from_numpy", "full", "linspace", "manual_seed", "ones", "ones_like", "rand",
    "randint", "randn", "randperm", "tensor", "zeros", "zeros_like",
]  # fmt: skip

Chance: TypeAlias = np.random.Generator | None
DType: TypeAlias = DTypeLike | None  # where None is the usual one

_generator = np.random.default_rng()


def manual_seed(seed: int) -> np.random.Generator:
    """Start nnlib's generator afresh from ``seed``: the same seed gives the same bits.

    Raises ``ValueError`` for a negative seed.

    >>> import nnlib
    >>> first = nnlib.manual_seed(0).random()
    >>> nnlib.manual_seed(0).random() == first
    True
    """
    expect_type(seed, "seed", "an integer", int, np.integer)
    expect(seed >= 0, "seed", "0 or more", seed)
    # Set in place, so that whoever holds the generator follows.
    _generator.bit_generator.state = np.random.PCG64(seed).state
    return _generator


def pick_generator(generator: Chance) -> np.random.Generator:
    """The generator that was passed, or nnlib's own.

    >>> import numpy as np
    >>> mine = np.random.default_rng(0)
    >>> pick_generator(mine) is mine
    True
    """
    expect_type(generator, "generator", "a numpy Generator", np.random.Generator, type(None))
    return _generator if generator is None else generator


def tensor(data: Any, dtype: DType = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of ``data``: numbers, nested lists, an array or a tensor.

    Python floats become float32, integers int64; an array keeps its dtype.
    Raises ``TypeError`` for data that are not numbers and ``ValueError`` for ragged lists.

    >>> import nnlib
    >>> nnlib.tensor([[0.9, 0.8], [0.2, 0.7]])
    tensor([[0.9000, 0.8000],
            [0.2000, 0.7000]])
    """
    try:
        array = np.array(data.array if isinstance(data, Tensor) else data)
    except ValueError:
        raise ValueError(f"data: expected rows of one length, got {data!r}") from None
    if array.dtype.kind not in "buif":
        raise TypeError(f"data: expected numbers, got {data!r}")
    if dtype is None and array.dtype == float64 and not hasattr(data, "dtype"):
        dtype = float32
    return Tensor(array.astype(as_dtype(dtype, array.dtype), copy=False), requires_grad)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the array's memory.

    >>> import nnlib, numpy as np
    >>> a = np.zeros(2)
    >>> t = nnlib.from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=nnlib.float64)
    """
    expect_type(ndarray, "ndarray", "a numpy.ndarray", np.ndarray)
    if ndarray.dtype.kind not in "buif":
        raise TypeError(f"ndarray: expected numbers, got {ndarray.dtype}")
    return Tensor(ndarray)


def zeros(*size: Size, dtype: DType = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros.

    >>> import nnlib
    >>> nnlib.zeros(3)
    tensor([0., 0., 0.])
    """
    return Tensor(np.zeros(as_shape(size, 0), as_dtype(dtype, float32)), requires_grad)


def ones(*size: Size, dtype: DType = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    >>> import nnlib
    >>> nnlib.ones(3)
    tensor([1., 1., 1.])
    """
    return Tensor(np.ones(as_shape(size, 0), as_dtype(dtype, float32)), requires_grad)


def full(size: Sequence[int], fill_value: Number, dtype: DType = None) -> Tensor:
    """A tensor of one value throughout.

    >>> import nnlib
    >>> nnlib.full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    expect_type(fill_value, "fill_value", "a number", bool, int, float, np.number, np.bool_)
    value = tensor(fill_value, dtype=dtype).array
    return Tensor(np.full(as_shape((size,), 0), value))


def zeros_like(input: Tensor, dtype: DType = None) -> Tensor:
    """Zeros of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.zeros_like(nnlib.tensor([1, 2]))
    tensor([0, 0])
    """
    expect_type(input, "input", "a Tensor", Tensor)
    return Tensor(np.zeros_like(input.array, as_dtype(dtype, input.dtype)))


def ones_like(input: Tensor, dtype: DType = None) -> Tensor:
    """Ones of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.ones_like(nnlib.tensor([1, 2]))
    tensor([1, 1])
    """
    expect_type(input, "input", "a Tensor", Tensor)
    return Tensor(np.ones_like(input.array, as_dtype(dtype, input.dtype)))


def arange(
    start: Number, end: Number | None = None, step: Number = 1, dtype: DType = None
) -> Tensor:
    """``start, start + step, ...`` up to ``end``, which is left out; ``arange(n)`` starts at 0.

    >>> import nnlib
    >>> nnlib.arange(3)
    tensor([0, 1, 2])
    """
    start, end = (0, start) if end is None else (start, end)
    for name, value in (("start", start), ("end", end), ("step", step)):
        expect_number(value, name)
        expect(math.isfinite(value), name, "a finite number", value)
    expect(step != 0, "step", "a number other than 0", step)
    steps = np.arange(start, end, step)
    return Tensor(steps.astype(as_dtype(dtype, float32 if steps.dtype == float64 else int64)))


def linspace(start: float, end: float, steps: int, dtype: DType = None) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included.

    >>> import nnlib
    >>> nnlib.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    expect_number(start, "start")
    expect_number(end, "end")
    numbers = np.linspace(start, end, expect_count(steps, "steps", 0))
    return Tensor(numbers.astype(as_dtype(dtype, float32)))


def eye(n: int, m: int | None = None, dtype: DType = None) -> Tensor:
    """The identity matrix: ones on the diagonal.

    >>> import nnlib
    >>> nnlib.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(np.eye(*as_shape((n, n if m is None else m), 0), dtype=as_dtype(dtype, float32)))


def rand(
    *size: Size, generator: Chance = None, dtype: DType = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    >>> import nnlib
    >>> x = nnlib.rand(100)
    >>> bool(x.min() >= 0), bool(x.max() < 1)
    (True, True)
    """
    return _drawn(pick_generator(generator).random, size, dtype, requires_grad)


def randn(
    *size: Size, generator: Chance = None, dtype: DType = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and variance 1.

    >>> import nnlib
    >>> nnlib.randn(2, 3).shape
    (2, 3)
    """
    return _drawn(pick_generator(generator).standard_normal, size, dtype, requires_grad)


def randint(low: int, high: int, size: Sequence[int], *, generator: Chance = None) -> Tensor:
    """Integers drawn evenly from ``low`` to ``high − 1``.

    >>> import nnlib
    >>> nnlib.randint(0, 1, (2,))
    tensor([0, 0])
    """
    expect_type(low, "low", "an integer", int, np.integer)
    expect_type(high, "high", "an integer", int, np.integer)
    expect(low < high, "high", f"more than low={low}", high)
    return Tensor(np.asarray(pick_generator(generator).integers(low, high, as_shape((size,), 0))))


def randperm(n: int, *, generator: Chance = None) -> Tensor:
    """The numbers 0 to n − 1 in random order, each exactly once.

    >>> import nnlib
    >>> sorted(nnlib.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    return Tensor(pick_generator(generator).permutation(*as_shape((n,), 0)))


def _drawn(draw: Any, size: tuple[Size, ...], dtype: DType, requires_grad: bool) -> Tensor:
    """The generator draws float32 and float64 only."""
    kind = as_dtype(dtype, float32)
    if kind not in (float32, float64):
        raise TypeError(f"dtype: expected float32 or float64, got {kind}")
    return Tensor(np.asarray(draw(as_shape(size, 0), kind)), requires_grad)
