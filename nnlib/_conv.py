"""Convolution and pooling: a small window slides over an image and does the same thing everywhere.

A batch of images is (N, C, H, W) by name but lies in memory as (C, H, W, N), sample next to sample:
so every entry of the window meets the image in slices made of long runs, which NumPy is fast at.
"""

# ruff: noqa: A002 - `input` is PyTorch's name for what a layer is given

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from nnlib._arguments import Shape, Size, expect, expect_sizes, require_dtype, require_like
from nnlib._kernels import product
from nnlib.tensor import Array, Tensor, float32, float64, record

# ---- convolution ---------------------------------------------------------------------------


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
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
    return _convolve(1, input, weight, bias, groups, stride, padding, dilation)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """``y[n, o, i, j] = b[o] + Σ_c Σ_kl w[o, c, k, l] · x[n, c, i + k, j + l]``: filters' answers.

    ``input`` (N, C, H, W) or (C, H, W), ``weight`` (O, C, K, L), ``bias`` (O) or ``None``;
    the result is (N, O, H', W'), H' = ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1.
    The window moves ``stride`` at a time over an image with ``padding`` zeros around it, and looks
    at every ``dilation``-th pixel. A size is one number, or one for each direction. As in every
    framework, the kernel is not flipped: mathematicians call this a cross-correlation. Every filter
    looks at every channel: ``groups`` can only be 1.

    Raises ``ValueError`` when the shapes do not fit or the kernel exceeds the padded image, and
    ``TypeError`` when the dtypes differ. (LeCun et al. 1989; Fukushima 1980.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> nnlib.nn.functional.conv2d(x, nnlib.ones(1, 1, 2, 2))
    tensor([[[[12., 16.]]]])
    """
    return _convolve(2, input, weight, bias, groups, stride, padding, dilation)


def _convolve(
    dims: int, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int, *geometry: Size
) -> Tensor:
    """All windows become the columns of one matrix, so that one product answers for all of them."""
    expect(groups == 1, "groups", "1, every filter looking at every channel", groups)
    a = _images(x, dims)
    require_dtype("weight", weight, x.dtype)
    fitting = f"(O, {len(a)}, {'K' if dims == 1 else 'K, L'}), none 0, for input of shape {x.shape}"
    if weight.ndim == dims + 2 and x.shape[-1] == weight.shape[1] != len(a):
        order = ", ".join(map(str, [0, dims + 1, *range(1, dims + 1)][: x.ndim]))
        order = order if x.ndim > dims + 1 else ", ".join(map(str, [dims, *range(dims)]))
        fitting += f" (or channels that come before the pixels: x.permute({order}))"
    fits = weight.ndim == dims + 2 and weight.shape[1] == len(a) and 0 not in weight.shape
    expect(fits, "weight", f"shape {fitting}", weight.shape)
    require_like("bias", bias, weight.shape[:1], x)
    windows = _Windows(a, 0, weight.shape[2:], *geometry)
    columns = np.stack(windows.entries, axis=1)
    filters = weight.array.reshape(len(weight), -1)
    matrix = columns.reshape(filters.shape[1], math.prod(columns.shape[2:]))
    inputs, places = matrix.shape
    # With few inputs one long product is slow: a product for each row of pixels is twice as fast.
    rows = columns.shape[2] if inputs <= 32 and places >= 1024 * columns.shape[2] else 1

    def stacked(a: Array) -> Array:
        return a.reshape(len(a), rows, places // rows).swapaxes(0, 1)

    def answers(w: Array, a: Array) -> Array:
        if rows == 1:
            return product(w, a)
        y = np.empty((len(w), places), a.dtype)
        np.matmul(w, stacked(a), out=stacked(y))
        return y

    y = answers(filters, matrix)
    if bias is not None:
        y += bias.array[:, np.newaxis]

    def backward(g: Array) -> tuple[Array | None, ...]:
        blame = _runs(g, dims).reshape(len(filters), places)
        to_input = to_weight = None
        if x.requires_grad:
            parts = answers(filters.T, blame).reshape(columns.shape).swapaxes(0, 1)
            to_input = _named(windows.collect(parts), x.ndim)
        if weight.requires_grad:
            # The product of the long matrices is faster with the columns on the left.
            sums = stacked(matrix) @ stacked(blame).mT
            to_weight = sums.sum(0).T.reshape(weight.shape)
        # A product with ones adds up rows faster than sum() does.
        to_bias = blame @ np.ones(places, g.dtype)
        return (to_input, to_weight, to_bias)[: len(parents)]

    parents = (x, weight) if bias is None else (x, weight, bias)
    image = y.reshape(len(y), *columns.shape[2:])
    return record(f"conv{dims}d", _named(image, x.ndim), parents, backward)


# ---- the sliding window --------------------------------------------------------------------


class _Windows:
    """A window on an image: each of its entries, over all positions, is one slice of the image."""

    def __init__(self, a: Array, outside: float, kernel: Shape, *geometry: Size) -> None:
        lengths, dims = a.shape[1:-1], len(kernel)
        names, least = ("stride", "padding", "dilation"), (1, 0, 1)
        strides, margins, steps = map(expect_sizes, geometry, names, [dims] * 3, least)
        room = f"room for a kernel of size {kernel} with padding {margins} and dilation {steps}"
        slices, inside, self.tiles = [], [slice(None)], True
        for n, k, s, p, d in zip(lengths, kernel, strides, margins, steps, strict=True):
            spare = n + 2 * p - d * (k - 1) - 1
            expect(n > 0 and spare >= 0, "input", room, f"size {lengths}")
            slices.append([slice(i * d, i * d + spare + 1, s) for i in range(k)])
            inside.append(slice(p, p + n))
            self.tiles = self.tiles and d == 1 and k == s and spare % s == 0
        sides = [(0, 0), *((p, p) for p in margins), (0, 0)]
        self.padded = np.pad(a, sides, constant_values=outside) if any(margins) else a
        self.inside = tuple(inside)
        self.taps = list(itertools.product([slice(None)], *slices))
        self.entries = [self.padded[tap] for tap in self.taps]

    def reduce(self, ufunc: np.ufunc) -> Array:
        """Combine all entries of each window into one."""
        y: Array = self.entries[0].copy()
        for entry in self.entries[1:]:
            ufunc(y, entry, out=y)
        return y

    def collect(self, parts: Iterable[Array]) -> Array:
        """Undo it: add each entry's gradient where it came from, and cut the margin."""
        total = np.empty_like(self.padded) if self.tiles else np.zeros_like(self.padded)
        for tap, part in zip(self.taps, parts, strict=True):
            if self.tiles:  # each place is met once, and setting costs half of adding
                total[tap] = part
            else:
                total[tap] += part
        image: Array = total[self.inside]
        return image


def _pooling(dims: int, x: Tensor, outside: float, *sizes: Any) -> _Windows:
    """The windows on an image, which move by their own size unless told otherwise."""
    kernel_size, stride, padding = sizes
    kernel = expect_sizes(kernel_size, "kernel_size", dims)
    margins = expect_sizes(padding, "padding", dims, least=0)
    fits = all(2 * p <= k for p, k in zip(margins, kernel, strict=True))
    expect(fits, "padding", f"at most half of kernel_size {kernel}", margins)
    stride = kernel if stride is None else stride
    return _Windows(_images(x, dims), outside, kernel, stride, margins, 1)


# ---- pooling -------------------------------------------------------------------------------


def max_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0
) -> Tensor:
    """``max_k x[n, c, t·stride + k]``: the strongest answer in each window of a signal.

    ``input`` (N, C, L) or (C, L). Arguments and errors are those of :func:`max_pool2d`.

    >>> import nnlib
    >>> nnlib.nn.functional.max_pool1d(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding)


def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0
) -> Tensor:
    """``max_kl x[n, c, i·stride + k, j·stride + l]``: the strongest answer in each window.

    ``input`` (N, C, H, W) or (C, H, W). ``stride`` is ``kernel_size`` unless given; the padding is
    −∞ and at most half a kernel. The first of several equal entries takes the gradient.

    Raises ``ValueError`` when the window exceeds the padded image. (Riesenhuber and Poggio 1999.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[1.0, 2.0], [4.0, 3.0]]])
    >>> nnlib.nn.functional.max_pool2d(x, 2)
    tensor([[[4.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding)


def _max_pool(dims: int, x: Tensor, *geometry: Size | None) -> Tensor:
    windows = _pooling(dims, x, -math.inf, *geometry)
    y = windows.reduce(np.maximum)

    def shares(g: Array) -> Iterator[Array]:
        left = _runs(g, dims).copy()
        for entry in windows.entries[:-1]:
            share = (entry == y).astype(g.dtype)
            share *= left
            left -= share  # the first of equal entries leaves nothing to the others
            yield share
        yield left

    def backward(g: Array) -> tuple[Array]:
        return (_named(windows.collect(shares(g)), x.ndim),)

    return record(f"max_pool{dims}d", _named(y, x.ndim), (x,), backward)


def avg_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0
) -> Tensor:
    """``(1/K) Σ_k x[n, c, t·stride + k]``: the mean of each window of a signal.

    ``input`` (N, C, L) or (C, L). Arguments and errors are those of :func:`avg_pool2d`.

    >>> import nnlib
    >>> nnlib.nn.functional.avg_pool1d(nnlib.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding)


def avg_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0
) -> Tensor:
    """``(1/KL) Σ_kl x[n, c, i·stride + k, j·stride + l]``: the mean of each window.

    ``input`` (N, C, H, W) or (C, H, W). ``stride`` is ``kernel_size`` unless given; the padding is
    0, at most half a kernel, and counts as entries.

    Raises ``ValueError`` when the window exceeds the padded image. (LeCun et al. 1989.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[1.0, 2.0], [4.0, 3.0]]])
    >>> nnlib.nn.functional.avg_pool2d(x, 2)
    tensor([[[2.5000]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding)


def adaptive_avg_pool2d(input: Tensor, output_size: Size) -> Tensor:
    """``y = A · x · Bᵀ``: an image of any size as one of ``output_size`` = (O, P), by means.

    ``input`` (..., H, W). Row i of A (O, H) averages the image's rows from ⌊iH/O⌋ up to ⌈(i+1)H/O⌉,
    B (P, W) does the same for columns; windows overlap where O does not divide H. One number stands
    for both lengths. Raises ``ValueError`` for other shapes. (As in PyTorch.)

    >>> import nnlib
    >>> x = nnlib.tensor([[[1.0, 2.0], [4.0, 3.0]]])
    >>> nnlib.nn.functional.adaptive_avg_pool2d(x, 1)
    tensor([[[2.5000]]])
    """
    require_dtype("input", input, float32, float64)
    expect(input.ndim in (3, 4), "input", "shape (N, C, H, W) or (C, H, W)", input.shape)
    expect(min(input.shape[-2:]) > 0, "input", "an image with entries", input.shape)
    rows, columns = expect_sizes(output_size, "output_size", 2)
    A = Tensor(_means(input.shape[-2], rows).astype(input.dtype))
    B = Tensor(_means(input.shape[-1], columns).astype(input.dtype))
    y: Tensor = A @ input @ B.T
    return y


def _means(length: int, parts: int) -> Array:
    i, at = np.arange(parts)[:, np.newaxis], np.arange(length)
    within = (i * length // parts <= at) & (at < -(-(i + 1) * length // parts))
    shares: Array = within / within.sum(1, keepdims=True)
    return shares


def _avg_pool(dims: int, x: Tensor, *geometry: Size | None) -> Tensor:
    windows = _pooling(dims, x, 0, *geometry)
    count = len(windows.entries)

    def backward(g: Array) -> tuple[Array]:
        return (_named(windows.collect([_runs(g, dims) / count] * count), x.ndim),)

    y = _named(windows.reduce(np.add) / count, x.ndim)
    return record(f"avg_pool{dims}d", y, (x,), backward)


# ---- how images lie in memory --------------------------------------------------------------


def _images(x: Tensor, dims: int) -> Array:
    """The images of a tensor, one or many, with the samples side by side."""
    require_dtype("input", x, float32, float64)
    names = "(N, C, L) or (C, L)" if dims == 1 else "(N, C, H, W) or (C, H, W)"
    expect(x.ndim in (dims + 1, dims + 2), "input", f"shape {names}", x.shape)
    return _runs(x.array, dims)


def _runs(a: Array, dims: int) -> Array:
    """(N, C, H, W) as (C, H, W, N) in memory, which costs nothing where it lies so already."""
    a = a[np.newaxis] if a.ndim == dims + 1 else a
    return np.ascontiguousarray(a.transpose(*range(1, a.ndim), 0))


def _named(a: Array, ndim: int) -> Array:
    """(C, H, W, N) under its usual name (N, C, H, W), or (C, H, W): a view, no copy."""
    return a[..., 0] if ndim < a.ndim else a.transpose(-1, *range(a.ndim - 1))
