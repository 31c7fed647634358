"""Functions that make one tensor out of several.

Each input gets back the part of the gradient that belongs to its entries.
"""

from collections.abc import Sequence

import numpy as np

from nnlib._arguments import as_axis, expect, expect_type, require_dtype
from nnlib._kernels import keep
from nnlib.tensor import Array, Number, Tensor, bool_, record, same_type, unbroadcast

__all__ = ["cat", "stack", "where"]


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension they have.

    Raises ``TypeError`` when the dtypes differ and ``ValueError`` when the shapes do not fit.

    >>> import nnlib
    >>> nnlib.cat([nnlib.ones(2), nnlib.zeros(1)])
    tensor([1., 1., 0.])
    """
    expect_type(tensors, "tensors", "a list of Tensors", list, tuple)
    kinds = [getattr(tensor, "dtype", type(tensor).__name__) for tensor in tensors]
    if not all(isinstance(tensor, Tensor) for tensor in tensors) or len(set(kinds)) != 1:
        raise TypeError(f"tensors: expected one or more Tensors of one dtype, got {kinds}")
    arrays = [tensor.array for tensor in tensors]
    axis = as_axis(dim, arrays[0].ndim)
    try:
        y = np.concatenate(arrays, axis)
    except ValueError:
        shapes = [a.shape for a in arrays]
        raise ValueError(f"cat: shapes {shapes} differ in more than dim={dim}") from None
    ends = np.cumsum([a.shape[axis] for a in arrays])[:-1]
    return record("cat", y, tuple(tensors), lambda g: tuple(np.split(g, ends, axis)))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension.

    >>> import nnlib
    >>> nnlib.stack([nnlib.ones(2), nnlib.zeros(2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    expect_type(tensors, "tensors", "a list of Tensors", list, tuple)
    for tensor in tensors:
        expect_type(tensor, "tensors", "Tensors", Tensor)
    shapes = [tensor.shape for tensor in tensors]
    expect(len(set(shapes)) <= 1, "stack", "tensors of one shape", shapes)
    return cat([tensor.unsqueeze(dim) for tensor in tensors], dim)


def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:  # noqa: A002
    """``input`` where the condition holds and ``other`` elsewhere; each gets its own blame.

    >>> import nnlib
    >>> x = nnlib.tensor([-1.0, 2.0])
    >>> nnlib.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    require_dtype("condition", condition, bool_)
    x, y = same_type(input, other)
    mask, a, b = condition.array, x.array, y.array
    try:
        chosen = np.where(mask, a, b)
    except ValueError:
        shapes = f"{mask.shape}, {a.shape} and {b.shape}"
        raise ValueError(f"where: shapes {shapes} do not broadcast together") from None

    def backward(g: Array) -> tuple[Array | None, ...]:
        return (
            unbroadcast(keep(g, mask), a.shape) if x.requires_grad else None,
            unbroadcast(keep(g, ~mask), b.shape) if y.requires_grad else None,
        )

    return record("where", chosen, (x, y), backward)
