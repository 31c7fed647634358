"""The nudge test: a gradient is right when nudging an input changes the result as it foretells.

It is slow and knows nothing of how a gradient was derived, which is what makes it a check.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnlib._arguments import expect, expect_function, expect_number, expect_type
from nnlib.tensor import Array, Tensor, float64, no_grad


class GradcheckError(RuntimeError):
    """A gradient that the nudge test does not confirm.

    >>> from nnlib.gradcheck import GradcheckError
    >>> issubclass(GradcheckError, RuntimeError)
    True
    """


def numerical_gradient(
    func: Callable[..., Tensor], inputs: Sequence[Tensor], eps: float = 1e-6
) -> list[Array]:
    """The gradients of ``func(*inputs).sum()`` by central differences.

    ``(f(x + eps) − f(x − eps)) / 2eps`` for every entry of every input that requires gradients
    (zeros for the others); each entry is put back as it was.

    >>> import nnlib
    >>> x = nnlib.tensor([1.0, 2.0], dtype=nnlib.float64, requires_grad=True)
    >>> numerical_gradient(lambda x: x * x, [x])[0].round(6)
    array([2., 4.])
    """
    _check(func, inputs, eps)

    @no_grad()
    def at(x: Tensor, place: tuple[int, ...], value: Any) -> float:
        x.array[place] = value
        return float(func(*inputs).array.sum())

    gradients = [np.zeros(x.shape) for x in inputs]
    for x, gradient in zip(inputs, gradients, strict=True):
        for place in np.ndindex(*x.shape) if x.requires_grad else ():
            kept = x.array[place]
            gradient[place] = (at(x, place, kept + eps) - at(x, place, kept - eps)) / (2 * eps)
            x.array[place] = kept
    return gradients


def gradcheck(
    func: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> bool:
    """Compare the gradients that ``backward`` finds with central differences.

    ``inputs`` in float64; those that require gradients are checked. All entries of the result
    count, each with a weight of its own, so that errors cannot cancel. Returns ``True`` or raises
    ``GradcheckError``, which names the input, the worst entry and both values.

    >>> import nnlib
    >>> x = nnlib.tensor([0.5, -2.0], dtype=nnlib.float64, requires_grad=True)
    >>> gradcheck(nnlib.tanh, [x])
    True
    """
    _check(func, inputs, eps)
    for i, x in enumerate(inputs):
        if x.requires_grad and x.dtype != float64:
            raise TypeError(f"inputs[{i}]: expected float64, got {x.dtype}")
    expect(any(x.requires_grad for x in inputs), "inputs", "at least one to require grad", "none")
    # Copies, so that gradients gathered earlier neither help nor suffer.
    copies = [Tensor(x.array.copy(), x.requires_grad) for x in inputs]
    output = func(*copies)
    weights = Tensor(np.asarray(np.random.default_rng(0).uniform(0.5, 1.5, output.shape)))
    output.backward(weights)
    expected = numerical_gradient(lambda *x: func(*x) * weights, copies, eps)
    for i, (x, numerical) in enumerate(zip(copies, expected, strict=True)):
        found = np.zeros_like(numerical) if x.grad is None else x.grad.array
        if found.shape != x.shape:
            raise GradcheckError(f"input {i}: shape {x.shape}, but its gradient has {found.shape}")
        excess = np.abs(found - numerical) - (atol + rtol * np.abs(numerical))
        if not (excess <= 0).all():
            worst = np.unravel_index(np.argmax(excess), excess.shape)
            raise GradcheckError(
                f"input {i}, entry {tuple(map(int, worst))}: backward gives {found[worst]:.6g}, "
                f"central differences give {numerical[worst]:.6g}"
            )
    return True


def _check(func: Any, inputs: Any, eps: Any) -> None:
    expect_function(func, "func")
    expect_type(inputs, "inputs", "a list of Tensors", list, tuple)
    for i, x in enumerate(inputs):
        expect_type(x, f"inputs[{i}]", "a Tensor", Tensor)
    expect_number(eps, "eps")
    expect(eps > 0, "eps", "more than 0", eps)
