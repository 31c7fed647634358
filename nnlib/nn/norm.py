"""Layers that keep the size of activations in check, so that deep networks train.

What they do is in ``nnlib.functional``; they hold the scale, the shift and what they remember.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

from typing import Any, ClassVar

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import Size, expect, expect_count, expect_number, require_dtype
from nnlib.creation import ones, tensor, zeros
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _BatchNorm(Module):
    """What both layers are, but for the number of dimensions."""

    _shapes: ClassVar[dict[int, str]]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__(eps=eps, momentum=momentum, affine=affine)
        self.num_features = expect_count(num_features, "num_features", 1)
        expect_number(momentum, "momentum", 0, 1, "a share")
        self.weight = Parameter(ones(num_features, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_features, dtype=dtype)) if affine else None
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype))
        self.register_buffer("running_var", ones(num_features, dtype=dtype))
        self.register_buffer("num_batches_tracked", tensor(0))

    def forward(self, input: Tensor) -> Tensor:
        require_dtype("input", input, self.running_mean.dtype)
        shapes, c = self._shapes, self.num_features
        fits = input.ndim in shapes and input.shape[1] == c
        expect(fits, "input", f"shape {' or '.join(shapes.values())} with C={c}", input.shape)
        if self.training:
            self.num_batches_tracked.array += 1
        own = (self.running_mean, self.running_var, self.weight, self.bias)
        return F.batch_norm(input, *own, self.training, self.momentum, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_features}, {super().extra_repr()}"


class BatchNorm1d(_BatchNorm):
    """``y = weight · (x − mean) / √(var + eps) + bias`` for each of ``num_features`` values.

    ``x`` (N, C) or (N, C, L), the result alike; ``weight``, ``bias``, ``running_mean`` and
    ``running_var`` (C). Mean and variance are the batch's while training and the running ones in
    evaluation: see :func:`nnlib.nn.functional.batch_norm`. Raises ``ValueError`` for another shape.
    (Ioffe and Szegedy 2015.)

    >>> import nnlib
    >>> layer = nnlib.nn.BatchNorm1d(1)
    >>> layer(nnlib.tensor([[1.0], [3.0]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<batch_norm>)
    >>> layer.running_mean
    tensor([0.2000])
    """

    _shapes: ClassVar = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    """``y = weight · (x − mean) / √(var + eps) + bias`` for each of ``num_features`` channels.

    ``x`` (N, C, H, W), the result alike; the rest is as in :class:`BatchNorm1d`.

    >>> import nnlib
    >>> nnlib.nn.BatchNorm2d(8)(nnlib.randn(5, 8, 14, 14)).shape
    (5, 8, 14, 14)
    """

    _shapes: ClassVar = {4: "(N, C, H, W)"}


class LayerNorm(Module):
    """``weight · (x − mean) / √(var + eps) + bias`` over the last dimensions of each sample.

    ``x`` (..., *normalized_shape), the result alike; ``weight`` starts at 1 and ``bias`` at 0,
    both (*normalized_shape). It does the same in training and evaluation.
    Raises ``ValueError`` when the shape does not fit. (Ba, Kiros and Hinton 2016.)

    >>> import nnlib
    >>> nnlib.nn.LayerNorm(2)(nnlib.tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self,
        normalized_shape: Size,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__(eps=eps, elementwise_affine=elementwise_affine)
        several = isinstance(normalized_shape, (tuple, list))
        lengths: Any = normalized_shape if several else [normalized_shape]
        expect(lengths, "normalized_shape", "one length or more", normalized_shape)
        self.normalized_shape = tuple(expect_count(n, "normalized_shape", 1) for n in lengths)
        expect_number(eps, "eps", 0)
        shape, shift = self.normalized_shape, elementwise_affine and bias
        self.weight = Parameter(ones(shape, dtype=dtype)) if elementwise_affine else None
        self.bias = Parameter(zeros(shape, dtype=dtype)) if shift else None

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, {super().extra_repr()}"
