"""Convolution and pooling: a small window slides over an image and does the same thing everywhere.

A batch of images is (N, C, H, W) by name but lies in memory as (C, H, W, N), sample next to sample:
so every entry of the window meets the image in slices made of long runs, which NumPy is fast at.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from nnlib._arguments import Shape
from nnlib.tensor import Array, Tensor, record

Size: TypeAlias = int | Sequence[int]


def conv1d(
    input: Tensor,  # noqa: A002 - PyTorch's name, as everywhere in this file
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
) -> Tensor:
    """``y[n, o, t] = b[o] + Σ_c Σ_k w[o, c, k] · x[n, c, t·stride − padding + k·dilation]``.

    ``input`` (N, C, L) or (C, L), ``weight`` (O, C, K), ``bias`` (O) or ``None``; the
    result is (N, O, L'), L' = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1. Outside the
    signal lies 0. Arguments and errors are those of :func:`conv2d`. (Waibel et al. 1989.)

    >>> import nnlib
    >>> x = nnlib.tensor([[0.0, 0.0, 1.0, 1.0]])
    >>> edge = nnlib.tensor([[[-1.0, 1.0]]])
    >>> nnlib.nn.functional.conv1d(x, edge)
    tensor([[0., 1., 0.]])
    """
    return _convolve(1, input, weight, bias, stride, padding, dilation)


def conv2d(
    input: Tensor,  # noqa: A002
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
) -> Tensor:
    """``y[n, o, i, j] = b[o] + Σ_c Σ_kl w[o, c, k, l] · x[n, c, i + k, j + l]``: filters' answers.

    ``input`` (N, C, H, W) or (C, H, W), ``weight`` (O, C, K, L), ``bias`` (O) or ``None``;
    the result is (N, O, H', W'), H' = ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
    The window moves ``stride`` at a time over an image with ``padding`` zeros around it, and looks
    at every ``dilation``-th pixel. A size is one number, or one for each direction. As in every
    framework, the kernel is not flipped: mathematicians call this a cross-correlation.

    Raises ``ValueError`` when the shapes do not fit or the kernel exceeds the padded image, and
    ``TypeError`` when the dtypes differ. (LeCun et al. 1989; Fukushima 1980.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> nnlib.nn.functional.conv2d(x, nnlib.ones(1, 1, 2, 2))
    tensor([[[[12., 16.]]]])
    """
    return _convolve(2, input, weight, bias, stride, padding, dilation)


def _convolve(dims: int, x: Tensor, weight: Tensor, bias: Tensor | None, *geometry: Size) -> Tensor:
    """All windows become the columns of one matrix, so that one product answers for all of them."""
    op = f"conv{dims}d"
    a = _images(op, x, dims)
    _check_weight(op, x, weight, bias, dims)
    filters = weight.array.reshape(len(weight), -1)
    windows = _windows(op, a.shape[1:-1], weight.shape[2:], *geometry)
    padded = windows.pad(a, 0)
    columns = np.empty((len(a), len(windows.taps), *windows.counts, a.shape[-1]), a.dtype)
    for k, tap in enumerate(windows.taps):
        columns[:, k] = padded[:, *tap]
    matrix = columns.reshape(filters.shape[1], -1 if columns.size else 0)
    y = filters @ matrix
    if bias is not None:
        y += bias.array[:, np.newaxis]

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = _runs(g, dims).reshape(len(filters), matrix.shape[1])
        to_input = to_weight = None
        if x.requires_grad:
            parts = (filters.T @ blame).reshape(columns.shape).swapaxes(0, 1)
            to_input = _named(windows.collect(parts, a), x.ndim)
        if weight.requires_grad:
            to_weight = (blame @ matrix.T).reshape(weight.shape)
        if bias is None:
            return to_input, to_weight
        # A product with ones adds up rows faster than sum() does.
        return to_input, to_weight, blame @ np.ones(matrix.shape[1], g.dtype)

    image = y.reshape(len(filters), *windows.counts, a.shape[-1])
    parents = (x, weight) if bias is None else (x, weight, bias)
    return record(op, _named(image, x.ndim), parents, backward)


def max_pool1d(
    input: Tensor,  # noqa: A002
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """``max_k x[n, c, t·stride + k]``: the strongest answer in each window of a signal.

    ``input`` (N, C, L) or (C, L). Arguments and errors are those of :func:`max_pool2d`.

    >>> import nnlib
    >>> nnlib.nn.functional.max_pool1d(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,  # noqa: A002
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """``max_kl x[n, c, i·stride + k, j·stride + l]``: the strongest answer in each window.

    ``input`` (N, C, H, W) or (C, H, W). ``stride`` is ``kernel_size`` unless given; the padding is
    −∞ and at most half a kernel; with ``ceil_mode`` a last window may stick out at the end. The
    first of several equal entries takes the gradient.

    Raises ``ValueError`` when the window exceeds the padded image. (Riesenhuber and Poggio 1999.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[1.0, 2.0], [4.0, 3.0]]])
    >>> nnlib.nn.functional.max_pool2d(x, 2)
    tensor([[[4.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool(dims: int, x: Tensor, *geometry: Any) -> Tensor:
    op = f"max_pool{dims}d"
    a, windows = _pooling(op, x, dims, *geometry)
    padded = windows.pad(a, -math.inf)
    y = windows.reduce(np.maximum, padded)

    def shares(g: Array) -> Iterator[Array]:
        left = _runs(g, dims)
        for tap in windows.taps[:-1]:
            share = left * (padded[:, *tap] == y)
            left = left - share  # the first of equal entries leaves nothing to the others
            yield share
        yield left

    def backward(g: Array) -> tuple[Array]:
        return (_named(windows.collect(shares(g), a), x.ndim),)

    return record(op, _named(y, x.ndim), (x,), backward)


def avg_pool1d(
    input: Tensor,  # noqa: A002
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """``(1/K) Σ_k x[n, c, t·stride + k]``: the mean of each window of a signal.

    ``input`` (N, C, L) or (C, L). Arguments and errors are those of :func:`avg_pool2d`.

    >>> import nnlib
    >>> nnlib.nn.functional.avg_pool1d(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(1, count_include_pad, input, kernel_size, stride, padding, 1, ceil_mode)


def avg_pool2d(
    input: Tensor,  # noqa: A002
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """``(1/KL) Σ_kl x[n, c, i·stride + k, j·stride + l]``: the mean of each window.

    ``input`` (N, C, H, W) or (C, H, W). ``stride`` is ``kernel_size`` unless given; the padding is
    0, at most half a kernel, and counts as entries unless ``count_include_pad`` is ``False``; with
    ``ceil_mode`` a last window may stick out at the end.

    Raises ``ValueError`` when the window exceeds the padded image. (LeCun et al. 1989.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[1.0, 2.0], [4.0, 3.0]]])
    >>> nnlib.nn.functional.avg_pool2d(x, 2)
    tensor([[[2.5000]]])
    """
    return _avg_pool(2, count_include_pad, input, kernel_size, stride, padding, 1, ceil_mode)


def _avg_pool(dims: int, count_include_pad: bool, x: Tensor, *geometry: Any) -> Tensor:
    op = f"avg_pool{dims}d"
    a, windows = _pooling(op, x, dims, *geometry)
    # A window divides by how many of its entries lie in the image, or in the padding asked for.
    counted = np.zeros((1, *windows.padded, 1), a.dtype)
    asked = (slice(0, part.start + part.stop) for part in windows.inside)
    counted[:, *(asked if count_include_pad else windows.inside)] = 1
    share = 1 / windows.reduce(np.add, counted)
    y = windows.reduce(np.add, windows.pad(a, 0)) * share

    def backward(g: Array) -> tuple[Array]:
        parts = itertools.repeat(_runs(g, dims) * share, len(windows.taps))
        return (_named(windows.collect(parts, a), x.ndim),)

    return record(op, _named(y, x.ndim), (x,), backward)


# ---- the sliding window --------------------------------------------------------------------


class _Windows(NamedTuple):
    """Where a window meets an image: each of its entries, over all positions, is one slice."""

    padded: Shape
    inside: tuple[slice, ...]
    counts: Shape
    taps: list[tuple[slice, ...]]
    tiles: bool

    def pad(self, a: Array, value: float) -> Array:
        """Put a margin around the image; without one, it is the image itself."""
        if self.padded == a.shape[1:-1]:
            return a
        padded = np.full((a.shape[0], *self.padded, a.shape[-1]), value, a.dtype)
        padded[:, *self.inside] = a
        return padded

    def reduce(self, ufunc: np.ufunc, padded: Array) -> Array:
        """Combine all entries of each window into one."""
        y = padded[:, *self.taps[0]].copy()
        for tap in self.taps[1:]:
            ufunc(y, padded[:, *tap], out=y)
        return y

    def collect(self, parts: Iterable[Array], a: Array) -> Array:
        """Undo it: add each tap's gradient where its entries came from, and cut the margin."""
        shape = (a.shape[0], *self.padded, a.shape[-1])
        total = np.empty(shape, a.dtype) if self.tiles else np.zeros(shape, a.dtype)
        for tap, part in zip(self.taps, parts, strict=True):
            if self.tiles:  # each place is met once, and setting costs half of adding
                total[:, *tap] = part
            else:
                total[:, *tap] += part
        return total[:, *self.inside]


def _windows(
    op: str, lengths: Shape, kernel: Shape, *geometry: Size, ceil_mode: bool = False
) -> _Windows:
    """Work out the positions of a window, in each direction by itself."""
    names, least = ("stride", "padding", "dilation"), (1, 0, 1)
    strides, margins, steps = map(_sizes, names, geometry, [len(lengths)] * 3, least)
    padded, counts, taps, tiles = [], [], [], True
    for n, k, s, p, d in zip(lengths, kernel, strides, margins, steps, strict=True):
        span = d * (k - 1) + 1
        room = n + 2 * p - span
        if room < 0 or n == 0:
            raise ValueError(
                f"{op}: input of size {lengths} with padding {margins} is too small for a kernel "
                f"of size {kernel} with dilation {steps}"
            )
        count = room // s + 1
        if ceil_mode and room % s and count * s < n + p:
            count += 1  # it may end outside, but not start there
        padded.append(max(n + 2 * p, (count - 1) * s + span))
        counts.append(count)
        taps.append([slice(i * d, i * d + (count - 1) * s + 1, s) for i in range(k)])
        tiles = tiles and padded[-1] == count * s and s == k == span
    inside = tuple(slice(p, p + n) for p, n in zip(margins, lengths, strict=True))
    every = list(itertools.product(*taps))
    return _Windows(tuple(padded), inside, tuple(counts), every, tiles)


def _pooling(
    op: str, x: Tensor, dims: int, kernel_size: Size, stride: Size | None, *others: Any
) -> tuple[Array, _Windows]:
    """The image, and the windows on it, which move by their own size unless told otherwise."""
    a, (padding, dilation, ceil_mode) = _images(op, x, dims), others
    kernel = _sizes("kernel_size", kernel_size, dims)
    margins = _sizes("padding", padding, dims, least=0)
    if any(2 * p > k for p, k in zip(margins, kernel, strict=True)):
        raise ValueError(f"padding: expected at most half of kernel_size {kernel}, got {margins}")
    geometry = (kernel if stride is None else stride, margins, dilation)
    return a, _windows(op, a.shape[1:-1], kernel, *geometry, ceil_mode=ceil_mode)


# ---- what they share -----------------------------------------------------------------------


def _runs(a: Array, dims: int) -> Array:
    """(N, C, H, W) as (C, H, W, N) in memory, which costs nothing where it lies so already."""
    if a.ndim == dims + 1:
        return np.ascontiguousarray(a)[..., np.newaxis]
    return np.ascontiguousarray(a.transpose(*range(1, a.ndim), 0))


def _named(a: Array, ndim: int) -> Array:
    """(C, H, W, N) under its usual name (N, C, H, W), or (C, H, W): a view, no copy."""
    return a[..., 0] if ndim < a.ndim else a.transpose(-1, *range(a.ndim - 1))


def _sizes(name: str, value: Size, dims: int, least: int = 1) -> Shape:
    """One size for each direction; a single number stands for all of them."""
    sizes = tuple(value) if isinstance(value, Sequence) else (value,) * dims
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in sizes):
        raise TypeError(f"{name}: expected an integer or {dims} of them, got {value!r}")
    if len(sizes) != dims or any(n < least for n in sizes):
        raise ValueError(f"{name}: expected {dims} of at least {least}, got {value!r}")
    return tuple(int(n) for n in sizes)


def _images(op: str, x: Tensor, dims: int) -> Array:
    """The images, checked, with the samples side by side."""
    if not isinstance(x, Tensor):
        raise TypeError(f"input: {op} expected a Tensor, got {type(x).__name__}")
    if x.dtype.kind != "f":
        raise TypeError(f"input: {op} expected floats, got {x.dtype}; convert with float()")
    if x.ndim not in (dims + 1, dims + 2):
        names = "(N, C, L) or (C, L)" if dims == 1 else "(N, C, H, W) or (C, H, W)"
        raise ValueError(f"input: {op} expected shape {names}, got {x.shape}")
    return _runs(x.array, dims)


def _check_weight(op: str, x: Tensor, weight: Tensor, bias: Tensor | None, dims: int) -> None:
    for name, value in (("weight", weight), ("bias", bias)):
        if not isinstance(value, Tensor) and (name == "weight" or value is not None):
            raise TypeError(f"{name}: {op} expected a Tensor, got {type(value).__name__}")
        if value is not None and value.dtype != x.dtype:
            raise TypeError(f"{op}: input is {x.dtype} but {name} is {value.dtype}")
    shape, channels = weight.shape, x.shape[-1 - dims]
    if len(shape) != dims + 2 or shape[1] != channels or 0 in shape:
        raise ValueError(
            f"weight: {op} expected shape (O, {channels}, {'K' if dims == 1 else 'K, L'}), none 0, "
            f"for input of shape {x.shape}, got {shape}"
        )
    if bias is not None and bias.shape != shape[:1]:
        raise ValueError(f"{op}: expected bias of shape {shape[:1]}, got {bias.shape}")
