"""Writing a file whole or not at all.

A reader never meets half of one: not when the writer is killed, not when two write at once.
"""

import contextlib
import os
import secrets
from collections.abc import Iterable


def write_atomically(path: str, chunks: Iterable[bytes | memoryview]) -> None:
    """Write the chunks to a temporary file beside ``path`` and rename it once it is on the disk.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> write_atomically(os.path.join(folder, "note"), [b"all ", b"of it"])
    >>> [(entry.name, entry.stat().st_size) for entry in os.scandir(folder)]
    [('note', 9)]
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
