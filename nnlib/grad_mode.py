"""Whether operations are being put on the tape.

The answer belongs to a thread and a task, so that evaluating in one does not blind another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

recording: ContextVar[bool] = ContextVar("nnlibrecording", default=True)


def is_grad_enabled() -> bool:
    """Whether operations are being put on the tape.

    >>> import nnlib
    >>> nnlib.is_grad_enabled()
    True
    """
    return recording.get()


@contextmanager
def no_grad() -> Iterator[None]:
    """Switch the tape off: for evaluation, and for changing weights in place.

    Works as a context manager and, written ``@no_grad()``, as a decorator.

    >>> import nnlib
    >>> w = nnlib.tensor([1.0], requires_grad=True)
    >>> with nnlib.no_grad():
    ...     w -= 0.5
    >>> w
    tensor([0.5000], requires_grad=True)
    """
    token = recording.set(False)
    try:
        yield
    finally:
        recording.reset(token)
