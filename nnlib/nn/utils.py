"""Limits on gradients, between ``backward`` and the optimiser's step, under PyTorch's names.

One steep place in the loss then cannot throw the weights far away.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from nnlib.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all gradients down together until their common norm is at most ``max_norm``.

    ``g ← g · min(1, max_norm / (‖g‖ + 1e-6))`` with ``‖g‖`` over the entries of all gradients: the
    direction stays. Returns ``‖g‖`` as it was. (Pascanu, Mikolov and Bengio 2013.)

    Raises ``ValueError`` for a negative ``max_norm``, and ``RuntimeError`` for a norm that is not
    finite with ``error_if_nonfinite``.

    >>> import nnlib
    >>> w = nnlib.tensor([0.0, 0.0], requires_grad=True)
    >>> (w * nnlib.tensor([3.0, 4.0])).sum().backward()
    >>> nnlib.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    limit, order = _number("max_norm", max_norm), _number("norm_type", norm_type)
    if not order > 0:
        raise ValueError(f"norm_type: expected a number above 0, got {norm_type}")
    clipped = _with_gradients(parameters)
    # The squares of float32 overflow long before its numbers do.
    flat = [g.array.ravel().astype(np.float64) for _, g in clipped if g.numel()]
    norms = [np.linalg.norm(g, order) for g in flat]
    total = float(np.linalg.norm(norms, order)) if norms else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(f"clip_grad_norm_: the norm of the gradients is {total}")
    scale = limit / (total + 1e-6)
    for parameter, g in clipped:
        if not scale >= 1:  # NaN is passed on, not hidden
            parameter.grad = Tensor(g.array * scale)
    dtype = np.result_type(*[g.dtype for _, g in clipped]) if clipped else np.float32
    return Tensor(np.asarray(total, dtype))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut every entry of every gradient off at ``−clip_value`` and ``clip_value``.

    Raises ``ValueError`` for a negative ``clip_value``.

    >>> import nnlib
    >>> w = nnlib.tensor([0.0, 0.0], requires_grad=True)
    >>> (w * nnlib.tensor([3.0, -0.5])).sum().backward()
    >>> nnlib.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    limit = _number("clip_value", clip_value)
    for parameter, g in _with_gradients(parameters):
        parameter.grad = Tensor(g.array.clip(-limit, limit))


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if not value >= 0:
        raise ValueError(f"{name}: expected 0 or more, got {value}")
    return float(value)


def _with_gradients(parameters: Tensor | Iterable[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """The parameters that have a gradient, each with it."""
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    for parameter in given:
        if not isinstance(parameter, Tensor):
            raise TypeError(f"parameters: expected Tensors, got {type(parameter).__name__}")
    return [(parameter, g) for parameter in given if (g := parameter.grad) is not None]
