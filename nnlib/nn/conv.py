"""Layers for signals and images: convolutions, which look for patterns, and pooling, which shrinks.

The functions in ``nnlib.functional`` do the work; a layer holds the filters and the settings.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import math
from collections.abc import Callable

from numpy.typing import DTypeLike

from nnlib import functional as F  # noqa: N812 - PyTorch's customary name
from nnlib._arguments import Size, expect, expect_count, expect_sizes
from nnlib.creation import zeros
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _Conv(Module):
    """What both convolutions are, but for the number of directions."""

    _dims: int
    _function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        *,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        self.in_channels = expect_count(in_channels, "in_channels", 1)
        self.out_channels = expect_count(out_channels, "out_channels", 1)
        self.kernel_size = expect_sizes(kernel_size, "kernel_size", self._dims)
        self.stride = expect_sizes(stride, "stride", self._dims)
        self.padding = expect_sizes(padding, "padding", self._dims, least=0)
        self.dilation = expect_sizes(dilation, "dilation", self._dims)
        expect(groups == 1, "groups", "1, every filter looking at every channel", groups)
        self.groups = groups
        self.weight = Parameter(zeros(out_channels, in_channels, *self.kernel_size, dtype=dtype))
        self.bias = Parameter(zeros(out_channels, dtype=dtype)) if bias else None
        bound = 1 / math.sqrt(in_channels * math.prod(self.kernel_size))
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        geometry = (self.stride, self.padding, self.dilation, self.groups)
        return self._function(input, self.weight, self.bias, *geometry)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        text += f", padding={self.padding}" if any(self.padding) else ""
        text += f", dilation={self.dilation}" if max(self.dilation) > 1 else ""
        return text if self.bias is not None else f"{text}, bias=False"


class Conv1d(_Conv):
    """``y = w ⋆ x + b`` along a signal: see :func:`nnlib.nn.functional.conv1d`.

    ``x`` (N, in_channels, L) or (in_channels, L), ``weight`` (out_channels, in_channels, K),
    ``bias`` (out_channels). Both start evenly spread over ±1/√(in_channels · K), as in PyTorch.
    Raises ``ValueError`` and ``TypeError`` for sizes that make no convolution.

    >>> import nnlib
    >>> nnlib.nn.Conv1d(2, 4, kernel_size=3)(nnlib.zeros(5, 2, 8)).shape
    (5, 4, 6)
    """

    _dims, _function = 1, staticmethod(F.conv1d)


class Conv2d(_Conv):
    """``y = w ⋆ x + b`` over an image: see :func:`nnlib.nn.functional.conv2d`.

    ``x`` (N, in_channels, H, W) or (in_channels, H, W), ``weight`` (out_channels, in_channels, K,
    L), ``bias`` (out_channels). Both start evenly spread over ±1/√(in_channels · K · L), as in
    PyTorch. Raises ``ValueError`` and ``TypeError`` for sizes that make no convolution.

    >>> import nnlib
    >>> layer = nnlib.nn.Conv2d(1, 8, kernel_size=3, padding=1)
    >>> layer
    Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    >>> layer(nnlib.zeros(5, 1, 28, 28)).shape
    (5, 8, 28, 28)
    """

    _dims, _function = 2, staticmethod(F.conv2d)


class AdaptiveAvgPool2d(Module):
    """Means of windows laid so that ``output_size`` comes out, whatever the image's size.

    See :func:`nnlib.nn.functional.adaptive_avg_pool2d`. ``x`` (N, C, H, W) or (C, H, W).
    Raises ``ValueError`` and ``TypeError`` for sizes that do not fit.

    >>> import nnlib
    >>> nnlib.nn.AdaptiveAvgPool2d(1)(nnlib.zeros(5, 8, 7, 9)).shape
    (5, 8, 1, 1)
    """

    def __init__(self, output_size: Size) -> None:
        super().__init__(output_size=output_size)
        expect_sizes(output_size, "output_size", 2)

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class _Pool(Module):
    """A window without weights: its settings, which the function is given, are all there is."""

    _dims: int
    _function: Callable[..., Tensor]

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        stride = kernel_size if stride is None else stride
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding)
        expect_sizes(kernel_size, "kernel_size", self._dims)
        expect_sizes(stride, "stride", self._dims)
        expect_sizes(padding, "padding", self._dims, least=0)

    def forward(self, input: Tensor) -> Tensor:
        return self._function(input, self.kernel_size, self.stride, self.padding)


class MaxPool1d(_Pool):
    """The largest entry of each window of a signal: see :func:`nnlib.nn.functional.max_pool1d`.

    ``x`` (N, C, L) or (C, L). Raises ``ValueError`` and ``TypeError`` for sizes that do not fit.

    >>> import nnlib
    >>> nnlib.nn.MaxPool1d(2)(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    _dims, _function = 1, staticmethod(F.max_pool1d)


class MaxPool2d(_Pool):
    """The largest entry of each window of an image: see :func:`nnlib.nn.functional.max_pool2d`.

    ``x`` (N, C, H, W) or (C, H, W). Raises ``ValueError`` and ``TypeError`` for sizes that do not
    fit.

    >>> import nnlib
    >>> nnlib.nn.MaxPool2d(2)(nnlib.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    _dims, _function = 2, staticmethod(F.max_pool2d)


class AvgPool1d(_Pool):
    """The mean of each window of a signal: see :func:`nnlib.nn.functional.avg_pool1d`.

    ``x`` (N, C, L) or (C, L). Raises ``ValueError`` and ``TypeError`` for sizes that do not fit.

    >>> import nnlib
    >>> nnlib.nn.AvgPool1d(2)(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    _dims, _function = 1, staticmethod(F.avg_pool1d)


class AvgPool2d(_Pool):
    """The mean of each window of an image: see :func:`nnlib.nn.functional.avg_pool2d`.

    ``x`` (N, C, H, W) or (C, H, W). Raises ``ValueError`` and ``TypeError`` for sizes that do not
    fit.

    >>> import nnlib
    >>> nnlib.nn.AvgPool2d(2)(nnlib.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    _dims, _function = 2, staticmethod(F.avg_pool2d)
