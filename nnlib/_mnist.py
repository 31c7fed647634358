"""MNIST: 70,000 handwritten digits, fetched once, checked every time.

Nothing is believed but the SHA-256 of the decompressed bytes: not the mirror, not the cache.
"""

import contextlib
import hashlib
import os
import sys
import time
import zlib
from collections.abc import Sequence

from nnlib._arguments import expect
from nnlib._files import write_atomically
from nnlib._progress import progress_bar

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# However slowly a mirror drips, one file takes no longer than this many seconds.
_LONGEST = 1800.0
# How the names of the training and the test files begin, and how many digits they hold.
_PARTS = {True: ("train", 60_000), False: ("t10k", 10_000)}
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def mnist_bytes(train: bool, mirrors: Sequence[str], timeout: float) -> tuple[bytes, bytes]:
    """The pixels and the labels of one of the two parts, a byte each."""
    part, n = _PARTS[train]
    # The IDX format: 4 bytes for the type, 4 for each dimension's length, then the numbers.
    images = _bytes_of(f"{part}-images-idx3-ubyte", 16 + 784 * n, mirrors, timeout)
    return images[16:], _bytes_of(f"{part}-labels-idx1-ubyte", 8 + n, mirrors, timeout)[8:]


def _bytes_of(name: str, size: int, mirrors: Sequence[str], timeout: float) -> bytes:
    """The file's checked bytes: from ``NNLIB_DATA``, else from the cache, else from a mirror."""
    if given := os.environ.get("NNLIB_DATA"):
        names = [
            os.path.join(inside, name + end) for inside in ("", "mnist") for end in ("", ".gz")
        ]
        for path in filter(os.path.isfile, (os.path.join(given, each) for each in names)):
            return _read(path, name, size)
        raise FileNotFoundError(f"NNLIB_DATA: expected {name} or {name}.gz in {given}")
    cached = os.path.join(_cache_directory(), "mnist", f"{name}.gz")
    # A damaged copy is as good as none, and is replaced.
    with contextlib.suppress(FileNotFoundError, ValueError):
        return _read(cached, name, size)
    compressed, data = _download(name, size, mirrors, timeout)
    os.makedirs(os.path.dirname(cached), exist_ok=True)
    write_atomically(cached, [compressed])
    return data


def _read(path: str, name: str, size: int) -> bytes:
    with open(path, "rb") as file:
        return _checked(path, file.read(size + 1), name, size)


def _checked(source: str, data: bytes, name: str, size: int) -> bytes:
    """Decompress what is compressed, never beyond the size it must have, and check its digest."""
    if data[:2] == b"\x1f\x8b":
        inflater = zlib.decompressobj(wbits=31)
        try:
            data = inflater.decompress(data, size + 1)
        except zlib.error as error:
            raise ValueError(f"{source}: damaged: {error}") from None
        if not inflater.eof and len(data) <= size:
            raise ValueError(f"{source}: cut short: {len(data)} of {size} bytes")
    found = f"{len(data)} bytes" if len(data) <= size else "more"
    expect(len(data) == size, source, f"{size} bytes", found)
    digest = hashlib.sha256(data).hexdigest()
    expect(digest == _SHA256[name], source, f"SHA-256 {_SHA256[name]}", digest)
    return data


def _cache_directory() -> str:
    variable, otherwise = {
        "win32": ("LOCALAPPDATA", "~/AppData/Local"),
        "darwin": (None, "~/Library/Caches"),
    }.get(sys.platform, ("XDG_CACHE_HOME", "~/.cache"))
    base = os.environ.get(variable, "") if variable else ""
    if not os.path.isabs(base):  # the XDG specification: a relative path counts as unset
        base = os.path.expanduser(otherwise)
    return os.path.join(base, "nnlib")


def _download(name: str, size: int, mirrors: Sequence[str], timeout: float) -> tuple[bytes, bytes]:
    """The compressed and the checked decompressed bytes from the first mirror that has them."""
    import http.client  # here, because it and urllib are slow to import

    faults = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}.gz"
        try:
            compressed = _fetch(url, size, timeout)
            return compressed, _checked("what came", compressed, name, size)
        except (OSError, http.client.HTTPException, ValueError) as error:
            faults.append(f"\n  {url}: {str(error) or type(error).__name__}")
    hint = "; NNLIB_DATA can name a directory that holds it:"
    raise ConnectionError(f"no mirror delivered {name}.gz{hint}{''.join(faults)}")


def _fetch(url: str, most: int, timeout: float) -> bytes:
    """Read an address to its end, at most so many bytes, with a progress bar in a terminal."""
    import urllib.request  # here, for the same reason

    received = bytearray()
    deadline = time.monotonic() + _LONGEST
    with urllib.request.urlopen(url, timeout=timeout) as response:
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdigit() else None
        name = url.rpartition("/")[2]
        with progress_bar(None, total=total, desc=name, unit="B", unit_scale=True) as bar:
            # read1, because read would wait for a full block however slowly the bytes drip.
            while block := response.read1(1 << 16):
                received += block
                if bar is not None:
                    bar.update(len(block))
                if len(received) > most:
                    raise ValueError(f"expected at most {most} bytes, got more")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not done after {_LONGEST:.0f} seconds")
    return bytes(received)
