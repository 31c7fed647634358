"""What moves, copies, picks or adds up the entries of tensors without changing their values.

Each is a function of ``nnlib`` and a method of its tensors; a gradient goes back the way they came.
"""

# ruff: noqa: A002 - PyTorch's names
import math
import string
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from nnlib._arguments import (
    Size,
    as_axes,
    as_axis,
    as_shape,
    expect,
    expect_count,
    expect_type,
    require_dtype,
)
from nnlib._kernels import keep, unbroadcast
from nnlib.joining import cat
from nnlib.tensor import Array, Number, Tensor, bool_, fit, int32, int64, record, same_type

__all__ = [
    "argsort", "bincount", "bmm", "broadcast_to", "chunk", "diag", "dot", "flip", "gather",
    "index_select", "masked_fill", "masked_select", "mm", "mv", "nonzero", "outer", "roll",
    "scatter", "sort", "split", "swapaxes", "t", "take_along_dim", "tile", "topk", "tril", "triu",
    "unbind", "unique",
]  # fmt: skip


class Sorted(NamedTuple):
    """What ``sort`` and ``topk`` return: the values in order, and where they stood."""

    values: Tensor
    indices: Tensor


def _tensor(x: Tensor) -> Tensor:
    expect_type(x, "input", "a Tensor", Tensor)
    return x


# ---- parts ---------------------------------------------------------------------------------


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Each matrix with zeros above its diagonal, or above the one ``diagonal`` places higher.

    >>> import nnlib
    >>> nnlib.tril(nnlib.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle("tril", np.tril, input, diagonal)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Each matrix with zeros below its diagonal, or below the one ``diagonal`` places higher.

    >>> import nnlib
    >>> nnlib.triu(nnlib.ones(2, 2), diagonal=1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    return _triangle("triu", np.triu, input, diagonal)


def _triangle(op: str, part: Any, x: Tensor, diagonal: int) -> Tensor:
    expect(_tensor(x).ndim >= 2, "input", "two dimensions or more", f"shape {x.shape}")
    expect_type(diagonal, "diagonal", "an integer", int, np.integer)
    return record(op, part(x.array, diagonal), (x,), lambda g: (part(g, diagonal),))


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix; or a matrix with ``input`` (N) on its diagonal, and zeros.

    >>> import nnlib
    >>> nnlib.diag(nnlib.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    a = _tensor(input).array
    expect(a.ndim in (1, 2), "input", "a vector or a matrix", f"shape {a.shape}")
    expect_type(diagonal, "diagonal", "an integer", int, np.integer)

    def backward(g: Array) -> tuple[Array]:
        if a.ndim == 1:
            return (np.diag(g, diagonal),)
        out = np.zeros_like(a)
        rows = np.arange(len(g)) + max(-diagonal, 0)
        out[rows, rows + diagonal] = g
        return (out,)

    return record("diag", np.diag(a, diagonal).copy(), (input,), backward)


def masked_fill(input: Tensor, mask: Tensor, value: Number) -> Tensor:
    """``value`` where ``mask`` holds, ``input`` elsewhere, which alone is to blame there.

    >>> import nnlib
    >>> nnlib.masked_fill(nnlib.ones(3), nnlib.tensor([True, False, False]), 0)
    tensor([0., 1., 1.])
    """
    require_dtype("mask", mask, bool_)
    expect_type(value, "value", "a number", bool, int, float, np.number, Tensor)
    a, hidden = _tensor(input).array, mask.array
    number = np.asarray(value, a.dtype)

    def backward(g: Array) -> tuple[Array]:
        return (unbroadcast(keep(g, ~hidden), a.shape),)

    y = fit("masked_fill", lambda a, hidden: np.where(hidden, number, a), a, hidden)
    return record("masked_fill", y, (input,), backward)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The entries where ``mask``, of the same shape, holds, in one row.

    >>> import nnlib
    >>> nnlib.masked_select(nnlib.tensor([1, 2]), nnlib.tensor([False, True]))
    tensor([2])
    """
    require_dtype("mask", mask, bool_)
    expect(mask.shape == _tensor(input).shape, "mask", f"shape {input.shape}", mask.shape)
    return input[mask]


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """``y[i, j] = x[index[i, j], j]`` for ``dim=0``, ``x[i, index[i, j]]`` for 1, and so on.

    ``index`` has as many dimensions as ``input`` and is nowhere longer, save along ``dim``.

    >>> import nnlib
    >>> nnlib.gather(nnlib.tensor([[1, 2], [3, 4]]), 1, nnlib.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    places = _places("gather", _tensor(input), dim, index)
    return input[places]


def _places(op: str, x: Tensor, dim: int, index: Tensor) -> tuple[Array, ...]:
    require_dtype("index", index, int64, int32)
    axis, at = as_axis(dim, x.ndim), index.array
    within = (n <= m or i == axis for i, (n, m) in enumerate(zip(at.shape, x.shape, strict=False)))
    expect(at.ndim == x.ndim and all(within), "index", f"a shape within {x.shape}", at.shape)
    low, high = at.min(initial=0), at.max(initial=0)
    valid = not at.size or (low >= 0 and high < x.shape[axis])
    expect(valid, "index", f"places from 0 to {x.shape[axis] - 1} for {op}", f"{low} to {high}")
    here: list[Array] = list(np.indices(at.shape, sparse=True))
    return (*here[:axis], at, *here[axis + 1 :])


def scatter(input: Tensor, dim: int, index: Tensor, src: Tensor | Number) -> Tensor:
    """``input`` with ``y[index[i, j], j] = src[i, j]`` for ``dim=0``, and so on as in ``gather``.

    >>> import nnlib
    >>> nnlib.scatter(nnlib.zeros(2, 3), 1, nnlib.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    places = _places("scatter", _tensor(input), dim, index)
    values = same_type(input, src)[1]
    expect(values.ndim in (0, index.ndim), "src", f"shape {index.shape}", values.shape)
    inside = tuple(map(slice, index.shape)) if values.ndim else ()
    y = input.array.copy()
    y[places] = fit("scatter", np.broadcast_to, values.array[inside], index.shape)

    def backward(g: Array) -> tuple[Array, Array | None]:
        kept, to_src = g.copy(), None
        kept[places] = 0
        if values.requires_grad:
            to_src = np.zeros_like(values.array)
            to_src[inside] = unbroadcast(g[places], to_src[inside].shape)
        return kept, to_src

    return record("scatter", y, (input, values), backward)


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices that ``index`` (N) names along ``dim``, in its order.

    >>> import nnlib
    >>> nnlib.index_select(nnlib.tensor([[1, 2], [3, 4]]), 1, nnlib.tensor([1]))
    tensor([[2],
            [4]])
    """
    require_dtype("index", index, int64, int32)
    axis = as_axis(dim, _tensor(input).ndim)
    expect(index.ndim <= 1, "index", "a row of places", f"shape {index.shape}")
    places = index.reshape(-1)
    fits = not len(places) or (places.array.min() >= 0 and places.array.max() < input.shape[axis])
    expect(fits, "index", f"places from 0 to {input.shape[axis] - 1}", places)
    return input[(slice(None),) * axis + (places,)]


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """``gather``, as ``argsort`` and ``argmax`` give the indices; of all entries without ``dim``.

    >>> import nnlib
    >>> x = nnlib.tensor([3.0, 1.0, 2.0])
    >>> nnlib.take_along_dim(x, x.argsort(), dim=0)
    tensor([1., 2., 3.])
    """
    require_dtype("indices", indices, int64, int32)
    if dim is None:
        return gather(_tensor(input).flatten(), 0, indices.flatten())
    axis = as_axis(dim, _tensor(input).ndim)
    lengths = [n if i != axis else -1 for i, n in enumerate(input.shape)]
    shape = [m if n < 0 else n for m, n in zip(indices.shape, lengths, strict=False)]
    return gather(input, dim, broadcast_to(indices, shape))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Where the entries other than 0 stand: a row of places for each; no gradient.

    >>> import nnlib
    >>> nnlib.nonzero(nnlib.tensor([[0, 5], [7, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    places = np.nonzero(np.atleast_1d(_tensor(input).array))
    return tuple(map(Tensor, places)) if as_tuple else Tensor(np.stack(places, -1))


def unique(input: Tensor, *, return_counts: bool = False) -> Any:
    """The values that occur, in order; with ``return_counts`` how often, too; no gradient.

    >>> import nnlib
    >>> nnlib.unique(nnlib.tensor([3, 1, 3]))
    tensor([1, 3])
    """
    values, counts = np.unique(_tensor(input).array, return_counts=True)
    return (Tensor(values), Tensor(counts)) if return_counts else Tensor(values)


def bincount(input: Tensor, minlength: int = 0) -> Tensor:
    """How often each whole number from 0 on occurs in ``input`` (N); no gradient.

    >>> import nnlib
    >>> nnlib.bincount(nnlib.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    require_dtype("input", input, int64, int32)
    fits = input.ndim == 1 and (input.array >= 0).all()
    expect(fits, "input", "a row of numbers of 0 or more", input)
    return Tensor(np.bincount(input.array, minlength=expect_count(minlength, "minlength", 0)))


# ---- order ---------------------------------------------------------------------------------


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
    """The entries in order along ``dim``, and where each stood; ties keep their order.

    >>> import nnlib
    >>> values, indices = nnlib.sort(nnlib.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    if not _tensor(input).ndim:
        return Sorted(input.clone(), Tensor(np.asarray(0)))
    axis, a = as_axis(dim, input.ndim), input.array
    indices = (np.flip(a, axis) if descending else a).argsort(axis, kind="stable")
    if descending:  # backwards in and out again, so that ties still keep their order
        indices = a.shape[axis] - 1 - np.flip(indices, axis)
    return Sorted(gather(input, axis, Tensor(indices)), Tensor(indices))


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Where the entries stand that ``sort`` puts first, second, ... along ``dim``.

    >>> import nnlib
    >>> nnlib.argsort(nnlib.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return sort(input, dim, descending).indices


def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    """The ``k`` largest entries along ``dim``, or the smallest, in order, and where they stood.

    >>> import nnlib
    >>> nnlib.topk(nnlib.tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    k, axis = expect_count(k, "k", 0), as_axis(dim, max(_tensor(input).ndim, 1))
    length = input.shape[axis] if input.ndim else 1
    expect(k <= length, "k", f"at most {length}, the length of dim={dim}", k)
    found = sort(input, dim, descending=largest)
    first = (slice(None),) * axis + (slice(k),)
    return Sorted(*(x[first] for x in found)) if input.ndim else found


def flip(input: Tensor, *dims: Size) -> Tensor:
    """The entries in reverse order along the dimensions ``dims``.

    >>> import nnlib
    >>> nnlib.flip(nnlib.tensor([1, 2, 3]), 0)
    tensor([3, 2, 1])
    """
    axes = as_axes(as_shape(dims), _tensor(input).ndim)
    return record("flip", np.flip(input.array, axes), (input,), lambda g: (np.flip(g, axes),))


def roll(input: Tensor, shifts: Size, dims: Any = None) -> Tensor:
    """The entries moved on by ``shifts``; what leaves at the end comes in at the start.

    >>> import nnlib
    >>> nnlib.roll(nnlib.tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    by: Any = as_shape((shifts,))
    axes: Any = None if dims is None else as_axes(dims, _tensor(input).ndim)
    expect(axes is None or len(axes) == len(by), "shifts", "one for each of dims", shifts)
    by = by[0] if axes is None and len(by) == 1 else by
    back = -by if isinstance(by, int) else tuple(-n for n in by)
    y = np.roll(_tensor(input).array, by, axes)
    return record("roll", y, (input,), lambda g: (np.roll(g, back, axes),))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """``transpose`` under NumPy's name.

    >>> import nnlib
    >>> nnlib.swapaxes(nnlib.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return _tensor(input).transpose(axis0, axis1)


def t(input: Tensor) -> Tensor:
    """A matrix with rows and columns swapped; a vector as it is.

    >>> import nnlib
    >>> nnlib.t(nnlib.zeros(2, 3)).shape
    (3, 2)
    """
    expect(_tensor(input).ndim <= 2, "input", "at most two dimensions", f"shape {input.shape}")
    return input.transpose(0, 1) if input.ndim == 2 else input


# ---- one into several, and more of the same ------------------------------------------------


def split(input: Tensor, split_size_or_sections: Size, dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one length along ``dim``, the last what is left; or of the lengths in a list.

    >>> import nnlib
    >>> nnlib.split(nnlib.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    axis = as_axis(dim, _tensor(input).ndim)
    length, given = input.shape[axis], split_size_or_sections
    if isinstance(given, (tuple, list)):
        ends = np.cumsum([0, *as_shape((given,), 0)])
        expect(ends[-1] == length, "split_size_or_sections", f"lengths that sum to {length}", given)
    else:
        size = expect_count(given, "split_size_or_sections", 1)  # type: ignore[arg-type]
        ends = np.array([*range(0, length, size), length] if length else [0, 0])
    before = (slice(None),) * axis
    return tuple(input[(*before, slice(int(a), int(b)))] for a, b in pairwise(ends))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` parts of one length along ``dim``, the last what is left.

    >>> import nnlib
    >>> nnlib.chunk(nnlib.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    length = _tensor(input).shape[as_axis(dim, input.ndim)]
    return split(input, max(math.ceil(length / expect_count(chunks, "chunks", 1)), 1), dim)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along ``dim``, which goes.

    >>> import nnlib
    >>> nnlib.unbind(nnlib.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    before = (slice(None),) * as_axis(dim, _tensor(input).ndim)
    return tuple(input[(*before, i)] for i in range(input.shape[dim]))


def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """The tensor as broadcasting would stretch it to ``size``, where −1 keeps a length.

    A view that cannot be written to; ``x.expand(2, 3)`` is the method.

    >>> import nnlib
    >>> nnlib.broadcast_to(nnlib.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    a, shape = _tensor(input).array, as_shape((size,), -1)
    own = (1,) * (len(shape) - a.ndim) + a.shape
    expect(len(own) == len(shape), "size", f"{a.ndim} lengths or more", shape)
    shape = tuple(m if n == -1 else n for m, n in zip(own, shape, strict=True))
    y = fit("expand", lambda a: np.broadcast_to(a, shape), a)
    return record("expand", y, (input,), lambda g: (unbroadcast(g, a.shape),))


def tile(input: Tensor, *dims: Size) -> Tensor:
    """The tensor repeated ``dims`` times along each dimension; ``x.repeat(2, 1)`` likewise.

    >>> import nnlib
    >>> nnlib.tile(nnlib.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    a, times = _tensor(input).array, as_shape(dims, 0)
    times = (1,) * (a.ndim - len(times)) + times
    own = (1,) * (len(times) - a.ndim) + a.shape
    blocks = tuple(n for pair in zip(times, own, strict=True) for n in pair)

    def backward(g: Array) -> tuple[Array]:
        return (g.reshape(blocks).sum(tuple(range(0, len(blocks), 2))).reshape(a.shape),)

    return record("tile", np.tile(a, times), (input,), backward)


# ---- products ------------------------------------------------------------------------------


def _product(op: str, dims: tuple[int, int], x: Tensor, y: Tensor) -> Tensor:
    expect_type(y, "other", "a Tensor", Tensor)
    got = f"shapes {_tensor(x).shape} and {y.shape}"
    expect((x.ndim, y.ndim) == dims, op, f"{dims[0]} and {dims[1]} dimensions", got)
    expect(x.shape[-1] == y.shape[-2 if dims[1] > 1 else 0], op, "shapes that fit", got)
    expect(dims[0] < 3 or len(x) == len(y), op, "as many matrices as matrices", got)
    return x @ y


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, ``@``.

    >>> import nnlib
    >>> nnlib.mm(nnlib.ones(1, 2), nnlib.ones(2, 1))
    tensor([[2.]])
    """
    return _product("mm", (2, 2), input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector, ``@``.

    >>> import nnlib
    >>> nnlib.mv(nnlib.ones(1, 2), nnlib.ones(2))
    tensor([2.])
    """
    return _product("mv", (2, 1), input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of matrices, (N, L, M) and (N, M, P).

    >>> import nnlib
    >>> nnlib.bmm(nnlib.ones(5, 1, 2), nnlib.ones(5, 2, 3)).shape
    (5, 1, 3)
    """
    return _product("bmm", (3, 3), input, mat2)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """``Σ xᵢ yᵢ`` of two vectors.

    >>> import nnlib
    >>> nnlib.dot(nnlib.tensor([1.0, 2.0]), nnlib.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("dot", (1, 1), input, tensor)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """``y[i, j] = xᵢ yⱼ`` of two vectors.

    >>> import nnlib
    >>> nnlib.outer(nnlib.tensor([1, 2]), nnlib.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    expect_type(vec2, "vec2", "a Tensor", Tensor)
    got = f"shapes {_tensor(input).shape} and {vec2.shape}"
    expect(input.ndim == vec2.ndim == 1, "outer", "two vectors", got)
    return input.unsqueeze(1) * vec2


# ---- what takes several tensors, or is no method -------------------------------------------


def einsum(equation: str, *operands: Any) -> Tensor:
    """The sum of products that ``"ik,kj->ij"`` writes down, one letter for each dimension.

    Letters that the result lacks are summed over. Each operand's gradient is such a sum as well.
    Raises ``ValueError`` for a letter twice in one operand, for dots, and for shapes that differ.

    >>> import nnlib
    >>> nnlib.einsum("ij,j->i", nnlib.tensor([[1.0, 2.0]]), nnlib.tensor([3.0, 4.0]))
    tensor([11.])
    """
    expect_type(equation, "equation", "a str such as 'ik,kj->ij'", str)
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    for operand in operands:
        expect_type(operand, "operands", "Tensors", Tensor)
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted(c for c in {*letters} if letters.count(c) == 1))
    plain = {*letters} <= {*string.ascii_letters} and {*result} <= {*letters}
    once = all(len({*term}) == len(term) for term in (*terms, result))
    expect(plain and once, "equation", "letters, each once in a term", repr(equation))
    expect(
        [len(term) for term in terms] == [x.ndim for x in operands],
        "operands", f"tensors of {[len(t) for t in terms]} dimensions", [x.shape for x in operands],
    )  # fmt: skip
    arrays = [x.array for x in operands]
    whole = f"{inputs}->{result}"
    y = fit(f"einsum {equation}", lambda *a: np.einsum(whole, *a, optimize=True), *arrays)

    def backward(g: Array) -> tuple[Array, ...]:
        blames = []
        for i, term in enumerate(terms):
            others = [result, *(t for j, t in enumerate(terms) if j != i)]
            given = [g, *(a for j, a in enumerate(arrays) if j != i)]
            met = "".join(c for c in term if any(c in other for other in others))
            blame = np.einsum(f"{','.join(others)}->{met}", *given, optimize=True)
            kept = tuple(n if c in met else 1 for c, n in zip(term, arrays[i].shape, strict=True))
            blames.append(np.broadcast_to(blame.reshape(kept), arrays[i].shape).astype(g.dtype))
        return tuple(blames)

    return record("einsum", y, tuple(operands), backward)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, one tensor for each of the vectors along its sides.

    >>> import nnlib
    >>> nnlib.meshgrid(nnlib.arange(2), nnlib.arange(3), indexing="ij")[0]
    tensor([[0, 0, 0],
            [1, 1, 1]])
    """
    expect(indexing in ("ij", "xy"), "indexing", "'ij' or 'xy'", repr(indexing))
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    for each in given:
        expect_type(each, "tensors", "Tensors", Tensor)
        expect(each.ndim <= 1, "tensors", "vectors", f"shape {each.shape}")
    shape, one = [x.numel() for x in given], [1] * len(given)
    sides = [x.reshape([*one[:i], -1, *one[i + 1 :]]) for i, x in enumerate(given)]
    grids = [broadcast_to(side, shape) for side in sides]
    return tuple(g.transpose(0, 1) if indexing == "xy" and g.ndim > 1 else g for g in grids)


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: joined along dimension 1, or 0 for vectors.

    >>> import nnlib
    >>> nnlib.hstack((nnlib.ones(1), nnlib.zeros(1)))
    tensor([1., 0.])
    """
    return cat(tensors, 0 if tensors and _tensor(tensors[0]).ndim < 2 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors one below the other: joined along dimension 0, vectors as rows.

    >>> import nnlib
    >>> nnlib.vstack((nnlib.ones(1), nnlib.zeros(1)))
    tensor([[1.],
            [0.]])
    """
    return cat([x.reshape(1, -1) if _tensor(x).ndim < 2 else x for x in tensors])
