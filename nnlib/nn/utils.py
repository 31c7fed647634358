"""Limits on gradients, between ``backward`` and the optimiser's step, under PyTorch's names.

One steep place in the loss then cannot throw the weights far away.
"""

from collections.abc import Iterable

import numpy as np

from nnlib._arguments import expect, expect_number, expect_type
from nnlib.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    """Scale all gradients down together until their common norm is at most ``max_norm``.

    ``g ← g · min(1, max_norm / (‖g‖ + 1e-6))`` with ``‖g‖`` over the entries of all gradients: the
    direction stays. Returns ``‖g‖`` as it was. (Pascanu, Mikolov and Bengio 2013.)

    Raises ``ValueError`` for a negative ``max_norm`` and a ``norm_type`` that is not above 0.

    >>> import nnlib
    >>> w = nnlib.tensor([0.0, 0.0], requires_grad=True)
    >>> (w * nnlib.tensor([3.0, 4.0])).sum().backward()
    >>> nnlib.nn.utils.clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    expect_number(max_norm, "max_norm", 0)
    expect_number(norm_type, "norm_type")
    expect(norm_type > 0, "norm_type", "a number above 0", norm_type)
    clipped = _with_gradients(parameters)
    # The squares of float32 overflow long before its numbers do.
    flat = [g.array.ravel().astype(np.float64) for _, g in clipped if g.numel()]
    norms = [np.linalg.norm(g, norm_type) for g in flat]
    total = float(np.linalg.norm(norms, norm_type)) if norms else 0.0
    scale = max_norm / (total + 1e-6)
    for parameter, g in clipped:
        if not scale >= 1:  # NaN is passed on, not hidden
            parameter.grad = Tensor(g.array * scale)
    dtype = np.result_type(np.float32, *[g.dtype for _, g in clipped])
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
    expect_number(clip_value, "clip_value", 0)
    for parameter, g in _with_gradients(parameters):
        parameter.grad = Tensor(g.array.clip(-clip_value, clip_value))


def _with_gradients(parameters: Tensor | Iterable[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """The parameters that have a gradient, each with it."""
    expect_type(parameters, "parameters", "Tensors", Tensor, Iterable)
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    for parameter in given:
        expect_type(parameter, "parameters", "Tensors", Tensor)
    return [(parameter, g) for parameter in given if (g := parameter.grad) is not None]
