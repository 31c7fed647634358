"""What lessons ask before they choose a device: here there is no graphics card to compute on.

The one device is the main memory, ``"cpu"``.
"""

from types import SimpleNamespace


def is_available() -> bool:
    """``False``: nnlib computes with NumPy.

    >>> import nnlib
    >>> nnlib.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: there is none.

    >>> import nnlib
    >>> nnlib.cuda.device_count()
    0
    """
    return 0


# What else lessons ask for; what they set on `cudnn` changes nothing, as where it is not used.
backends = SimpleNamespace(
    mps=SimpleNamespace(is_available=is_available),
    cudnn=SimpleNamespace(is_available=is_available),
)
