"""Layers for signals and images: convolutions, which look for patterns, and pooling, which shrinks.

The functions in ``nnlib.functional`` do the work; a layer holds the filters and the settings.
"""

import math
from collections.abc import Callable
from typing import Any

from numpy.typing import DTypeLike

from nnlib import _conv
from nnlib._conv import Size, _sizes
from nnlib.creation import zeros
from nnlib.nn import init
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor, float32


class _Conv(Module):
    """What both convolutions are, but for the number of directions."""

    weight: Parameter
    bias: Parameter | None
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
        *,
        bias: bool = True,
        dtype: DTypeLike = float32,
    ) -> None:
        super().__init__()
        (self.in_channels,) = _sizes("in_channels", in_channels, 1)
        (self.out_channels,) = _sizes("out_channels", out_channels, 1)
        self.kernel_size = _sizes("kernel_size", kernel_size, self._dims)
        self.stride = _sizes("stride", stride, self._dims)
        self.padding = _sizes("padding", padding, self._dims, least=0)
        self.dilation = _sizes("dilation", dilation, self._dims)
        shape = (out_channels, in_channels, *self.kernel_size)
        self.weight = Parameter(zeros(shape, dtype=dtype))
        start = Parameter(zeros(out_channels, dtype=dtype)) if bias else None
        self.register_parameter("bias", start)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights and biases afresh."""
        bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        geometry = (self.stride, self.padding, self.dilation)
        return self._function(input, self.weight, self.bias, *geometry)

    def extra_repr(self) -> str:
        names = ["kernel_size", "stride"]
        names += ["padding"] * any(self.padding) + ["dilation"] * (max(self.dilation) > 1)
        parts = [f"{name}={getattr(self, name)}" for name in names]
        parts += [] if self.bias is not None else ["bias=False"]
        return f"{self.in_channels}, {self.out_channels}, {', '.join(parts)}"


class Conv1d(_Conv):
    """``y = w ⋆ x + b`` along a signal: see :func:`nnlib.nn.functional.conv1d`.

    ``x`` (N, in_channels, L) or (in_channels, L), ``weight`` (out_channels, in_channels, K),
    ``bias`` (out_channels). Both start evenly spread over ±1/√(in_channels · K), as in PyTorch.
    Raises ``ValueError`` and ``TypeError`` for sizes that make no convolution.

    >>> import nnlib
    >>> nnlib.nn.Conv1d(2, 4, kernel_size=3)(nnlib.zeros(5, 2, 8)).shape
    (5, 4, 6)
    """

    _dims, _function = 1, staticmethod(_conv.conv1d)


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

    _dims, _function = 2, staticmethod(_conv.conv2d)


class _Pool(Module):
    """A window without weights: its settings, which the function is given, are all there is."""

    _dims: int
    _function: Callable[..., Tensor]
    _shown: tuple[str, ...] = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Size, stride: Size | None, padding: Size, **others: Any
    ) -> None:
        super().__init__()
        stride = kernel_size if stride is None else stride
        settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, **others}
        for name, value in settings.items():
            if not name.startswith(("ceil", "count")):
                _sizes(name, value, self._dims, least=0 if name == "padding" else 1)
            setattr(self, name, value)
        self._settings = tuple(settings)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - PyTorch's name
        return self._function(input, **{name: getattr(self, name) for name in self._settings})

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)


class _MaxPool(_Pool):
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation=dilation, ceil_mode=ceil_mode)


class MaxPool1d(_MaxPool):
    """The largest entry of each window of a signal: see :func:`nnlib.nn.functional.max_pool1d`.

    ``x`` (N, C, L) or (C, L). Raises ``ValueError`` and ``TypeError`` for sizes that do not fit.

    >>> import nnlib
    >>> nnlib.nn.MaxPool1d(2)(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[3., 2.]])
    """

    _dims, _function = 1, staticmethod(_conv.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest entry of each window of an image: see :func:`nnlib.nn.functional.max_pool2d`.

    ``x`` (N, C, H, W) or (C, H, W). Raises ``ValueError`` and ``TypeError`` for sizes that do not
    fit.

    >>> import nnlib
    >>> nnlib.nn.MaxPool2d(2)(nnlib.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    _dims, _function = 2, staticmethod(_conv.max_pool2d)


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        others = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
        super().__init__(kernel_size, stride, padding, **others)


class AvgPool1d(_AvgPool):
    """The mean of each window of a signal: see :func:`nnlib.nn.functional.avg_pool1d`.

    ``x`` (N, C, L) or (C, L). Raises ``ValueError`` and ``TypeError`` for sizes that do not fit.

    >>> import nnlib
    >>> nnlib.nn.AvgPool1d(2)(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]))
    tensor([[2., 1.]])
    """

    _dims, _function = 1, staticmethod(_conv.avg_pool1d)


class AvgPool2d(_AvgPool):
    """The mean of each window of an image: see :func:`nnlib.nn.functional.avg_pool2d`.

    ``x`` (N, C, H, W) or (C, H, W). Raises ``ValueError`` and ``TypeError`` for sizes that do not
    fit.

    >>> import nnlib
    >>> nnlib.nn.AvgPool2d(2)(nnlib.zeros(5, 8, 28, 28)).shape
    (5, 8, 14, 14)
    """

    _dims, _function = 2, staticmethod(_conv.avg_pool2d)
