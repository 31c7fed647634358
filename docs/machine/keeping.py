"""Keeps on disk what was costly to make: executed pages, cards, what blocks need.
A file is whole or not there, whatever ends the process that writes it; and a file that cannot be
read, or was made of something else, is made again."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from nnlib._files import write_atomically

_ROOT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Where it is kept: `NNLIB_CACHE`, or else `.cache` in the project."""
    return Path(os.environ.get("NNLIB_CACHE") or _ROOT / ".cache")


def load(path: Path, of: str) -> bytes | None:
    """What `save` wrote for `of`; nothing if it was cut short, changed, or written for another."""
    try:
        seal, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if seal == _seal(of, content) else None


def save(path: Path, of: str, content: bytes) -> None:
    folder(path.parent)
    write_atomically(str(path), [_seal(of, content), b"\n", content])


def folder(path: Path) -> Path:
    """The folder at `path`, made if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"{path} cannot be made ({error.strerror}): set NNLIB_CACHE to a folder that can"
        ) from error
    return path


def kept(path: Path, of: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gave for `of`, made only if it is not there."""
    content = load(path, of)
    if content is None:
        content = make()
        save(path, of, content)
    return content


def _seal(of: str, content: bytes) -> bytes:
    return hashlib.sha256(of.encode() + b"\n" + content).hexdigest().encode()
