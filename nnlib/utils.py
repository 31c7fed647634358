"""PyTorch's address of what feeds a training: ``nnlib.utils.data`` is ``nnlib.data``.

Lessons import it from there.
"""

from nnlib import data

__all__ = ["data"]
