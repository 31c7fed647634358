"""Gradients as results: of an output by some inputs, without a ``.grad`` on any of them.

``backward`` does the work; what the tensors had gathered before is put back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nnlib._arguments import expect, expect_type
from nnlib.tensor import Tensor

__all__ = ["grad"]


def grad(
    outputs: Tensor,
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """``∂outputs/∂input`` for each of ``inputs``, weighted with ``grad_outputs``.

    Raises ``RuntimeError`` for an input that has no part in the output, unless
    ``allow_unused``, and ``ValueError`` for ``create_graph``: gradients are not on the tape here.

    >>> import nnlib
    >>> x = nnlib.tensor(3.0, requires_grad=True)
    >>> nnlib.autograd.grad(x**2, x)
    (tensor(6.),)
    """
    expect_type(outputs, "outputs", "a Tensor", Tensor)
    expect(not create_graph, "create_graph", "False: gradients are not on the tape", create_graph)
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    for each in given:
        expect_type(each, "inputs", "Tensors", Tensor)
    with _apart(outputs, given):
        outputs.backward(grad_outputs, retain_graph)
        found = tuple(each.grad for each in given)
    if not allow_unused and None in [g if g is None else 0 for g in found]:
        raise RuntimeError(
            "inputs: one has no part in outputs; allow_unused=True gives None for it"
        )
    return found


@contextmanager
def _apart(outputs: Tensor, inputs: tuple[Tensor, ...]) -> Iterator[None]:
    """While it lasts, only ``inputs`` gather gradients, and afterwards all is as it was."""
    tensors: dict[int, Tensor] = {}
    waiting = [outputs, *inputs]
    while waiting:
        node = waiting.pop()
        if id(node) not in tensors:
            tensors[id(node)] = node
            waiting += node._parents
    before = [(x, x.grad, x._retains_grad) for x in tensors.values()]
    for x in tensors.values():
        x.grad, x._retains_grad = None, not x.is_leaf and any(x is each for each in inputs)
    try:
        yield
    finally:
        for x, old, retains in before:
            x.grad, x._retains_grad = old, retains
