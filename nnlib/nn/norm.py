"""Layers that keep the size of activations in check, so that deep networks train.

What they do is in ``nnlib.functional``; they hold the scale, the shift and what they remember.
"""

from collections.abc import Sequence

from numpy.typing import DTypeLike

from nnlib import _attention, _norm
from nnlib._conv import _sizes
from nnlib.creation import ones, tensor, zeros
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _BatchNorm(Module):
    """What both layers are, but for the number of dimensions."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _shapes: tuple[str, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        (self.num_features,) = _sizes("num_features", num_features, 1)
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"momentum: expected None or a share from 0 to 1, got {momentum}")
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        for name, fill in (("weight", ones), ("bias", zeros)):
            start = Parameter(fill(num_features, dtype=dtype)) if affine else None
            self.register_parameter(name, start)
        known = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, dtype=dtype) if known else None)
        self.register_buffer("running_var", ones(num_features, dtype=dtype) if known else None)
        self.register_buffer("num_batches_tracked", tensor(0) if known else None)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        dims = [shape.count(",") + 1 for shape in self._shapes]
        if not isinstance(input, Tensor):
            raise TypeError(f"input: expected a Tensor, got {type(input).__name__}")
        if input.ndim not in dims or input.shape[1] != self.num_features:
            raise ValueError(
                f"input: {type(self).__name__} expected shape {' or '.join(self._shapes)} with "
                f"C={self.num_features}, got {input.shape}"
            )
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.array += 1
            if momentum is None:  # the plain mean of all batches so far
                momentum = 1 / self.num_batches_tracked.item()
        running = self.running_mean, self.running_var
        by_batch = self.training or self.running_mean is None
        affine = self.weight, self.bias
        return _norm.batch_norm(input, *running, *affine, by_batch, momentum or 0.0, self.eps)

    def extra_repr(self) -> str:
        names = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([str(self.num_features), *(f"{n}={getattr(self, n)}" for n in names)])


class BatchNorm1d(_BatchNorm):
    """``y = weight · (x − mean) / √(var + eps) + bias`` for each of ``num_features`` values.

    ``x`` (N, C) or (N, C, L), the result alike; ``weight``, ``bias``, ``running_mean`` and
    ``running_var`` (C). Mean and variance are the batch's while training and the running ones in
    evaluation: see :func:`nnlib.nn.functional.batch_norm`. With ``momentum=None`` the running ones
    are the plain means over all batches. Raises ``ValueError`` for another shape.
    (Ioffe and Szegedy 2015.)

    >>> import nnlib
    >>> layer = nnlib.nn.BatchNorm1d(1)
    >>> layer(nnlib.tensor([[1.0], [3.0]]))
    tensor([[-1.0000],
            [ 1.0000]], grad_fn=<batch_norm>)
    >>> layer.running_mean
    tensor([0.2000])
    """

    _shapes = ("(N, C)", "(N, C, L)")


class BatchNorm2d(_BatchNorm):
    """``y = weight · (x − mean) / √(var + eps) + bias`` for each of ``num_features`` channels.

    ``x`` (N, C, H, W), the result alike; the rest is as in :class:`BatchNorm1d`.

    >>> import nnlib
    >>> nnlib.nn.BatchNorm2d(8)(nnlib.randn(5, 8, 14, 14)).shape
    (5, 8, 14, 14)
    """

    _shapes = ("(N, C, H, W)",)


class LayerNorm(Module):
    """``weight · (x − mean) / √(var + eps) + bias`` over the last dimensions of each sample.

    ``x`` (..., *normalized_shape), the result alike; ``weight`` starts at 1 and ``bias`` at 0,
    both (*normalized_shape). It does the same in training and evaluation.
    Raises ``ValueError`` when the shape does not fit. (Ba, Kiros and Hinton 2016.)

    >>> import nnlib
    >>> nnlib.nn.LayerNorm(2)(nnlib.tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        given = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        if (
            not isinstance(given, Sequence)
            or not given
            or not all(type(n) is int and n > 0 for n in given)
        ):
            raise ValueError(f"normalized_shape: expected lengths of 1 or more, got {given}")
        if not eps >= 0:
            raise ValueError(f"eps: expected 0 or more, got {eps}")
        self.normalized_shape, self.eps = tuple(given), eps
        self.elementwise_affine = elementwise_affine
        for name, start, wanted in (("weight", ones, True), ("bias", zeros, bias)):
            parameter = Parameter(start(self.normalized_shape, dtype=dtype))
            self.register_parameter(name, parameter if elementwise_affine and wanted else None)

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        for parameter, value in ((self.weight, 1), (self.bias, 0)):
            if parameter is not None:
                parameter.array[...] = value

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return _attention.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
