"""Gradients as results, without a ``.grad`` on any tensor, and operations of one's own.

For ``grad`` ``backward`` does the work; what the tensors had gathered before is put back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nnlib._arguments import expect, expect_type
from nnlib.tensor import Array, Tensor, no_grad, record

__all__ = ["Function", "grad"]


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


class _Context:
    """What an operation keeps from its forward for its backward."""

    saved_tensors: tuple[Tensor, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Tensor) -> None:
        self.saved_tensors = tensors


class Function:
    """An operation of one's own: ``forward(ctx, ...)`` and, beneath it, ``backward(ctx, g)``.

    Both are static methods; ``apply`` puts the operation on the tape. ``backward`` returns a
    gradient, or ``None``, for each argument of ``forward``. Raises ``ValueError`` for another
    number of gradients, or one that has not the argument's shape.

    >>> import nnlib
    >>> class Cube(nnlib.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = nnlib.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Tensor:
        """The result, and in ``ctx`` whatever ``backward`` needs."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        """The gradient of each argument, from that of the result."""
        raise NotImplementedError("a Function needs a static method backward(ctx, g)")

    @classmethod
    def apply(cls, *args: Any) -> Tensor:
        """Run ``forward``, and remember how to go back."""
        ctx = _Context()
        parents = [(i, x) for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.needs_input_grad = tuple(getattr(x, "requires_grad", False) for x in args)
        with no_grad():
            y = cls.forward(ctx, *args)
        expect_type(y, f"{cls.__name__}.forward", "a Tensor as its result", Tensor)

        def backward(g: Array) -> tuple[Array | None, ...]:
            with no_grad():
                found = cls.backward(ctx, Tensor(g))
            found = found if isinstance(found, tuple) else (found,)
            name = f"{cls.__name__}.backward"
            expect(len(found) == len(args), name, f"{len(args)} gradients", len(found))
            for i, x in parents:
                fits = found[i] is None or found[i].shape == x.shape
                expect(fits, name, f"a gradient of shape {x.shape}", getattr(found[i], "shape", 0))
            return tuple(None if found[i] is None else found[i].array for i, _ in parents)

        return record(cls.__name__, y.array, tuple(x for _, x in parents), backward)
