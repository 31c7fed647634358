"""An array and what can be asked of it: the part of a tensor that computes nothing.

It stands apart so that the tensor itself can be read as a list of operations.
"""

import builtins
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnlib._arguments import Shape, as_axis, device
from nnlib._printing import format_array

Array: TypeAlias = NDArray[Any]

float32, float64 = np.dtype(np.float32), np.dtype(np.float64)
int32, int64, bool_ = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.bool_)
uint8 = np.dtype(np.uint8)


class Values:
    """The array inside a tensor, and whether and how it came to be on the tape."""

    array: Array
    requires_grad: bool = False
    _op: str | None = None

    @property
    def shape(self) -> Shape:
        """The length of each dimension."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of the entries."""
        return self.array.dtype

    @property
    def device(self) -> device:
        """Where the numbers are: ``cpu``."""
        return device()

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).size(1)
        3
        """
        return self.shape if dim is None else self.shape[as_axis(dim, self.ndim)]

    def numel(self) -> int:
        """The number of entries.

        >>> import nnlib
        >>> nnlib.zeros(2, 3).numel()
        6
        """
        return self.array.size

    nelement = numel

    def dim(self) -> int:
        """The number of dimensions, ``ndim``."""
        return self.ndim

    def item(self) -> Any:
        """The one entry as a Python number.

        >>> import nnlib
        >>> nnlib.tensor([0.5]).item()
        0.5
        """
        if self.array.size != 1:
            raise ValueError(f"item() needs a tensor of one entry, got shape {self.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """The entries as nested Python lists.

        >>> import nnlib
        >>> nnlib.tensor([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        return self.array.tolist()

    def numpy(self) -> Array:
        """The array itself, not a copy; only for a tensor that requires no gradient.

        >>> import nnlib
        >>> nnlib.tensor([1, 2]).numpy()
        array([1, 2])
        """
        if self.requires_grad:
            raise RuntimeError("numpy() on a tensor that requires grad; use detach().numpy()")
        return self.array

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a tensor without dimensions")
        return self.shape[0]

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu":
            raise TypeError(f"only a tensor of one integer can be an index, got {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.array.size == 1 else repr(self)

    def __repr__(self) -> str:
        notes = [format_array(self.array, prefix="tensor(")]
        if self.array.size == 0 and self.ndim != 1:
            notes.append(f"size={self.shape}")
        if self.dtype not in (float32, int64, bool_):
            notes.append(f"dtype=nnlib.{self.dtype.name}")
        if self._op is not None:
            notes.append(f"grad_fn=<{self._op}>")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join(notes)})"
