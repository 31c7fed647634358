"""Where tensors come from: data, constants, and chance.

All chance in nnlib comes from one generator, so that one seed settles a whole run.
"""

# ruff: noqa: A002 - ``input`` is PyTorch's name
import inspect
import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nnlib._arguments import (
    Size,
    as_dtype,
    as_shape,
    device,
    expect,
    expect_count,
    expect_number,
    expect_type,
)
from nnlib.tensor import Array, Number, Tensor, float32, float64, int64

__all__ = [
    "Generator", "arange", "as_tensor", "bernoulli", "empty", "empty_like", "eye", "from_numpy",
    "full", "full_like", "linspace", "manual_seed", "multinomial", "normal", "ones", "ones_like",
    "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "tensor", "zeros",
    "zeros_like",
]  # fmt: skip

Chance: TypeAlias = np.random.Generator | None
DType: TypeAlias = DTypeLike | None  # where None is the usual one


class Generator(np.random.Generator):
    """A source of chance of one's own, to be passed as ``generator=``; NumPy's, started as here.

    >>> import nnlib
    >>> g = nnlib.Generator().manual_seed(0)
    >>> bool((nnlib.rand(2, generator=g) == nnlib.rand(2, generator=g.manual_seed(0))).all())
    True
    """

    def __init__(self, device: Any = "cpu", *, seed: int | None = 67280421310721) -> None:
        _place(device)
        super().__init__(np.random.PCG64(seed))

    def manual_seed(self, seed: int) -> "Generator":
        """Start afresh from ``seed``, in place, so that whoever holds the generator follows."""
        expect_type(seed, "seed", "an integer", int, np.integer)
        expect(seed >= 0, "seed", "0 or more", seed)
        self.bit_generator.state = np.random.PCG64(seed).state
        return self


_place = device  # which is also the name of an argument
_generator = Generator(seed=None)


def manual_seed(seed: int) -> Generator:
    """Start nnlib's generator afresh from ``seed``: the same seed gives the same bits.

    Raises ``ValueError`` for a negative seed.

    >>> import nnlib
    >>> first = nnlib.manual_seed(0).random()
    >>> nnlib.manual_seed(0).random() == first
    True
    """
    return _generator.manual_seed(seed)


def pick_generator(generator: Chance) -> np.random.Generator:
    """The generator that was passed, or nnlib's own.

    >>> import numpy as np
    >>> mine = np.random.default_rng(0)
    >>> pick_generator(mine) is mine
    True
    """
    expect_type(generator, "generator", "a numpy Generator", np.random.Generator, type(None))
    return _generator if generator is None else generator


def _made(method: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function that makes a tensor, with what PyTorch lets all of them be asked for."""

    of_sizes = inspect.getfullargspec(method).varargs == "size"

    @wraps(method)
    def function(
        *args: Any, device: Any = None, requires_grad: bool = False, **kwargs: Any
    ) -> Tensor:
        if of_sizes and "size" in kwargs:  # PyTorch lets it be named
            args = (*args, kwargs.pop("size"))
        if device is not None:
            _place(device)
        made = method(*args, **kwargs)
        return made.requires_grad_() if requires_grad else made

    return function


@_made
def tensor(data: Any, dtype: DType = None) -> Tensor:
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
    return Tensor(array.astype(as_dtype(dtype, array.dtype), copy=False))


def as_tensor(data: Any, dtype: DType = None, device: Any = None) -> Tensor:
    """``data`` as a tensor, itself or in the same memory where its dtype fits already.

    >>> import nnlib
    >>> x = nnlib.ones(2)
    >>> nnlib.as_tensor(x) is x
    True
    """
    if isinstance(data, np.ndarray) and data.dtype.isnative:
        data = from_numpy(data)
    made = data if isinstance(data, Tensor) else tensor(data, dtype=dtype, device=device)
    return made if dtype is None else made.to(dtype)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the array's memory, and cannot write where the array cannot.

    Raises ``ValueError`` for numbers that lie in another machine's order of bytes.

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
    expect(ndarray.dtype.isnative, "ndarray", "this machine's order of bytes", ndarray.dtype)
    return Tensor(ndarray)


@_made
def zeros(*size: Size, dtype: DType = None) -> Tensor:
    """A tensor of zeros.

    >>> import nnlib
    >>> nnlib.zeros(3)
    tensor([0., 0., 0.])
    """
    return Tensor(np.zeros(as_shape(size, 0), as_dtype(dtype, float32)))


@_made
def ones(*size: Size, dtype: DType = None) -> Tensor:
    """A tensor of ones.

    >>> import nnlib
    >>> nnlib.ones(3)
    tensor([1., 1., 1.])
    """
    return Tensor(np.ones(as_shape(size, 0), as_dtype(dtype, float32)))


@_made
def full(size: Sequence[int], fill_value: Number, dtype: DType = None) -> Tensor:
    """A tensor of one value throughout.

    >>> import nnlib
    >>> nnlib.full((2,), 0.5)
    tensor([0.5000, 0.5000])
    """
    expect_type(fill_value, "fill_value", "a number", bool, int, float, np.number, np.bool_)
    value = tensor(fill_value, dtype=dtype).array
    return Tensor(np.full(as_shape((size,), 0), value))


@_made
def zeros_like(input: Tensor, dtype: DType = None) -> Tensor:
    """Zeros of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.zeros_like(nnlib.tensor([1, 2]))
    tensor([0, 0])
    """
    return _like(zeros, input, dtype=dtype)


@_made
def ones_like(input: Tensor, dtype: DType = None) -> Tensor:
    """Ones of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.ones_like(nnlib.tensor([1, 2]))
    tensor([1, 1])
    """
    return _like(ones, input, dtype=dtype)


@_made
def full_like(input: Tensor, fill_value: Number, dtype: DType = None) -> Tensor:
    """One value throughout, in a tensor of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.full_like(nnlib.tensor([1, 2]), 7)
    tensor([7, 7])
    """
    return _like(full, input, fill_value, dtype=dtype)


@_made
def rand_like(input: Tensor, *, generator: Chance = None, dtype: DType = None) -> Tensor:
    """Numbers drawn evenly from [0, 1), in a tensor of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.rand_like(nnlib.zeros(2, 3)).shape
    (2, 3)
    """
    return _like(rand, input, generator=generator, dtype=dtype)


@_made
def randn_like(input: Tensor, *, generator: Chance = None, dtype: DType = None) -> Tensor:
    """Numbers drawn from the normal distribution, in a tensor of the shape and dtype of ``input``.

    >>> import nnlib
    >>> nnlib.randn_like(nnlib.zeros(2, 3)).shape
    (2, 3)
    """
    return _like(randn, input, generator=generator, dtype=dtype)


empty, empty_like = zeros, zeros_like  # memory as it comes would differ from run to run


@_made
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


@_made
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


@_made
def eye(n: int, m: int | None = None, dtype: DType = None) -> Tensor:
    """The identity matrix: ones on the diagonal.

    >>> import nnlib
    >>> nnlib.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return Tensor(np.eye(*as_shape((n, n if m is None else m), 0), dtype=as_dtype(dtype, float32)))


@_made
def rand(*size: Size, generator: Chance = None, dtype: DType = None) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    >>> import nnlib
    >>> x = nnlib.rand(100)
    >>> bool(x.min() >= 0), bool(x.max() < 1)
    (True, True)
    """
    return _drawn(pick_generator(generator).random, size, dtype)


@_made
def randn(*size: Size, generator: Chance = None, dtype: DType = None) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and variance 1.

    >>> import nnlib
    >>> nnlib.randn(2, 3).shape
    (2, 3)
    """
    return _drawn(pick_generator(generator).standard_normal, size, dtype)


@_made
def randint(
    low: int, high: Any, size: Any = ..., *, generator: Chance = None, dtype: DType = None
) -> Tensor:
    """Integers drawn evenly from ``low`` to ``high − 1``; ``randint(high, size)`` starts at 0.

    >>> import nnlib
    >>> nnlib.randint(1, (2,))
    tensor([0, 0])
    """
    low, high, size = (0, low, high) if size is ... else (low, high, size)
    expect_type(low, "low", "an integer", int, np.integer)
    expect_type(high, "high", "an integer", int, np.integer)
    expect(low < high, "high", f"more than low={low}", high)
    drawn = pick_generator(generator).integers(low, high, as_shape((size,), 0))
    return Tensor(np.asarray(drawn, as_dtype(dtype, int64)))


@_made
def randperm(n: int, *, generator: Chance = None) -> Tensor:
    """The numbers 0 to n − 1 in random order, each exactly once.

    >>> import nnlib
    >>> sorted(nnlib.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    return Tensor(pick_generator(generator).permutation(*as_shape((n,), 0)))


@_made
def normal(
    mean: Any, std: Any, size: Sequence[int] | None = None, *, generator: Chance = None
) -> Tensor:
    """``mean + std · randn``: numbers or tensors, with ``size`` where both are numbers.

    >>> import nnlib
    >>> nnlib.normal(3.0, 0.0, (2,))
    tensor([3., 3.])
    """
    for name, value in (("mean", mean), ("std", std)):
        expect_type(value, name, "a number or a Tensor", int, float, np.number, Tensor)
    given = [v.shape for v in (mean, std) if isinstance(v, Tensor)]
    drawn = randn(np.broadcast_shapes(*given) if size is None else size, generator=generator)
    made: Tensor = mean + std * drawn
    return made


@_made
def bernoulli(input: Tensor, *, generator: Chance = None) -> Tensor:
    """1 with the probability that ``input`` (...) says for the entry, else 0; in its dtype.

    >>> import nnlib
    >>> nnlib.bernoulli(nnlib.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    p = _probabilities(input)
    expect(p.size == 0 or p.max() <= 1, "input", "probabilities from 0 to 1", p.max(initial=0))
    return Tensor(np.asarray(pick_generator(generator).random(p.shape) < p, p.dtype))


@_made
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Chance = None
) -> Tensor:
    """Indices drawn with the chances that each row of ``input`` (C) or (N, C) gives them.

    The rows need not add up to 1. The result is (num_samples) or (N, num_samples); without
    ``replacement`` no index comes twice. Raises ``ValueError`` where there are not enough.

    >>> import nnlib
    >>> nnlib.multinomial(nnlib.tensor([0.0, 5.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    p, n = _probabilities(input).astype(np.float64), expect_count(num_samples, "num_samples", 1)
    expect(p.ndim in (1, 2), "input", "shape (C) or (N, C)", p.shape)
    chances = pick_generator(generator)
    least = 1 if replacement else n
    expect(
        ((p > 0).sum(-1) >= least).all() and np.isfinite(p).all(),
        "input", f"{least} or more finite chances above 0 in each row", p,
    )  # fmt: skip
    if replacement:
        ends = p.cumsum(-1)
        at = (1 - chances.random((*p.shape[:-1], n))) * ends[..., -1:]  # above 0, up to the end
        return Tensor((ends[..., np.newaxis, :] < at[..., np.newaxis]).sum(-1))
    # The first to ring of alarms at these rates: the same chances, and no index twice.
    with np.errstate(divide="ignore"):
        rings = chances.standard_exponential(p.shape) / p
    return Tensor(np.argsort(rings, -1)[..., :n])


def _like(
    make: Callable[..., Tensor], input: Tensor, *values: Any, dtype: DType, **chance: Chance
) -> Tensor:
    expect_type(input, "input", "a Tensor", Tensor)
    return make(input.shape, *values, dtype=input.dtype if dtype is None else dtype, **chance)


def _probabilities(input: Tensor) -> Array:
    expect_type(input, "input", "a Tensor of chances", Tensor)
    if input.dtype.kind != "f":
        raise TypeError(f"input: expected chances in floats, got {input.dtype}")
    expect(input.array.size == 0 or input.array.min() >= 0, "input", "chances of 0 or more", input)
    return input.array


def _drawn(draw: Any, size: tuple[Size, ...], dtype: DType) -> Tensor:
    """The generator draws float32 and float64 only."""
    kind = as_dtype(dtype, float32)
    if kind not in (float32, float64):
        raise TypeError(f"dtype: expected float32 or float64, got {kind}")
    return Tensor(np.asarray(draw(as_shape(size, 0), kind)))
