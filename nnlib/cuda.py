"""What lessons ask before they choose a device: here there is no graphics card to compute on.

The one device is the main memory, ``"cpu"``.
"""


def is_available() -> bool:
    """``False``: nnlib computes with NumPy.

    >>> import nnlib
    >>> nnlib.cuda.is_available()
    False
    """
    return False
