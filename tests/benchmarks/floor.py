"""The matrix products of one training step and nothing else, each into a buffer that is ready.
No program that leaves its products to the same BLAS can be faster, so they are nnlib's floor.

Used by ``peer.py``; there is nothing to run here.
"""

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from workloads import Array, Step

Operands: TypeAlias = tuple[Array, Array]


class Products:
    """Collects products; a weight's gradient is told apart, so that none can be forgotten."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], object]] = []
        self.weights = 0
        self._rng = np.random.default_rng(0)

    def matrix(self, *shape: int) -> Array:
        # Small numbers around 0: neither overflow nor denormals, which would be slow.
        return self._rng.normal(0, 0.1, shape).astype(np.float32)

    def add(self, a: Array, b: Array, times: int = 1) -> None:
        multiply = np.dot if a.ndim == 2 else np.matmul  # a stack of products in one call
        out = np.empty((*a.shape[:-1], b.shape[-1]), np.float32)
        self.calls += [functools.partial(multiply, a, b, out=out)] * times

    def linear(self, rows: int, inputs: int, outputs: int, first: bool = False) -> None:
        """``x Wᵀ``, and backward ``gᵀ x`` and ``g W``; nobody asks for the data's own gradient."""
        x, w, g = (
            self.matrix(rows, inputs),
            self.matrix(outputs, inputs),
            self.matrix(rows, outputs),
        )
        self.add(x, w.T)
        self.add(g.T, x)
        self.weights += w.size
        if not first:
            self.add(g, w)

    def layers(self, rows: int, *widths: int) -> None:
        for i, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
            self.linear(rows, inputs, outputs, first=i == 0)

    def convolution(self, places: int, inputs: int, outputs: int, first: bool = False) -> None:
        """``W · columns``, a column a place: backward ``g · columnsᵀ`` and ``Wᵀ g``."""
        w, columns = self.matrix(outputs, inputs), self.matrix(inputs, places)
        g = self.matrix(outputs, places)
        self.add(w, columns)
        self.add(g, columns.T)
        self.weights += w.size
        if not first:
            self.add(w.T, g)

    def lstm(self, steps: int, batch: int, inputs: int, hidden: int) -> None:
        """All inputs in one product; the states step by step; each weight's gradient in one."""
        self.linear(steps * batch, inputs, 4 * hidden, first=True)
        w = self.matrix(4 * hidden, hidden)
        self.add(self.matrix(batch, hidden), w.T, times=steps)
        # The first state is given: no gradient goes there.
        self.add(self.matrix(batch, 4 * hidden), w, times=steps - 1)
        self.add(self.matrix(steps * batch, 4 * hidden).T, self.matrix(steps * batch, hidden))
        self.weights += w.size

    def attention(self, stack: int, tokens: int, depth: int) -> None:
        """``Q Kᵀ`` and ``P V`` for a stack of heads, and two products backward for each."""
        q, p = self.matrix(stack, tokens, depth), self.matrix(stack, tokens, tokens)
        for _ in range(2):  # scores, and backward the weights' gradient g Vᵀ
            self.add(q, q.swapaxes(1, 2))
        for _ in range(2):  # the result, and backward the queries' gradient
            self.add(p, q)
        for _ in range(2):  # backward those of values and keys
            self.add(p.swapaxes(1, 2), q)


def products(name: str) -> Products:
    """The products of one workload's step."""
    made = Products()
    if name == "W1":
        made.layers(1, 2, 2, 1)
    elif name == "W2":
        made.layers(200, 2, 32, 32, 1)
    elif name == "W3":
        made.layers(32, 64, 64, 32, 10)
        # 1,797 digits are 56 whole batches and one of five.
        made.calls *= 1797 // 32
        made.weights = 0
        made.layers(1797 % 32, 64, 64, 32, 10)
    elif name in ("W4", "W4b"):
        made.layers(64 if name == "W4" else 512, 784, 128, 64, 10)
    elif name == "W5":
        made.convolution(64 * 28 * 28, 9, 8, first=True)
        made.convolution(64 * 14 * 14, 8 * 9, 16)
        made.linear(64, 16 * 7 * 7, 10)
    elif name == "W6":
        made.lstm(32, 32, 16, 64)
        made.linear(32, 64, 1)
    elif name in ("W7", "W7g"):
        made.linear(16 * 64, 64, 3 * 64)
        made.attention(16 * 4, 64, 16)
        made.linear(16 * 64, 64, 64)
        made.linear(16 * 64, 64, 4 * 64)
        made.linear(16 * 64, 4 * 64, 64)
    else:
        raise ValueError(f"name: expected a workload, got {name!r}")
    return made


def multiplier(name: str, weights: Mapping[str, Array]) -> Step:
    """A step that does the products; refused when they are not those of the model's matrices."""
    made = products(name)
    expected = sum(value.size for value in weights.values() if value.ndim > 1)
    if made.weights != expected:
        raise ValueError(f"{name}: expected products for {expected} weights, got {made.weights}")

    def step() -> float:
        for multiply in made.calls:
            multiply()
        return 0.0

    return step
