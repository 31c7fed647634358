"""Gets the Python that runs in a reader's browser, and makes of it the few files that the site has.
What is used is named in `runtime.sha256`; of what is published, only what no page can need is left
out.
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nnlib._files import write_atomically

from . import keeping

VERSION = "314.0.3"
_SOURCE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
_LIST = Path(__file__).with_suffix(".sha256")
# What is published, with its SHA-256, as `sha256sum` writes it.
FILES = {
    name: digest for digest, name in map(str.split, _LIST.read_text(encoding="utf-8").splitlines())
}
_START = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
_NUMBERS = tuple(name for name in FILES if name.startswith("numpy-"))
_PICTURES = tuple(name for name in FILES if name not in {*_START, *_NUMBERS})

# What a page in a browser cannot use: other windows, servers, compilers, tests, types for tools.
_NOT_WANTED = {
    "python_stdlib.zip": (
        r"(_pyrepl|wsgiref|xmlrpc|ensurepip|venv|turtledemo|idlelib|lib2to3)/.*"
        r"|(ftplib|imaplib|mailbox|poplib|smtplib|socketserver|turtle|pickletools|_aix_support"
        r"|_osx_support|_ios_support|_android_support|nturl2path)\.py"
        r"|unittest/mock\.py|http/(server|cookiejar)\.py"
        r"|encodings/(?!__init__|aliases|ascii|charmap|cp1252|cp437|idna|iso8859_1\b|iso8859_15"
        r"|latin_1|punycode|raw_unicode_escape|unicode_escape|undefined|utf_).*"
    ),
    "numpy": (
        r".*\.(pxd|a|h|c|f|f90|pyf|src|lib)"
        r"|numpy/(f2py|_core/include|random/lib|random/_examples|distutils)/.*"
    ),
    "matplotlib": (
        r".*\.(afm|pfb)|pylab\.py"
        r"|.*/fonts/ttf/(?!DejaVuSans(-\w+)?\.ttf).*"
        r"|.*/(sample_data/(?!grace_hopper\.jpg)|(web_backend|images|plot_directive)/).*"
        r"|mpl_toolkits/(axes_grid1|axisartist)/.*|matplotlib/(sphinxext|testing)/.*"
        r"|matplotlib/backends/(?!__init__|_backend_agg|backend_(agg|svg|template|mixed)"
        r"|registry).*"
    ),
    "pillow": (
        r"PIL/_(imagingft|webp|avif|imagingcms|imagingmath|imagingmorph|imagingtk).*\.so"
        r"|PIL/(PdfParser|ImageCms|ImageTk|ImageQt|PSDraw|TiffImagePlugin|_tkinter_finder)\.py"
    ),
    "python_dateutil": r"dateutil/zoneinfo/.*\.tar\.gz",
}
_NEVER_WANTED = r".*\.pyi|.*/tests?/.*|.*\.dist-info/(?!METADATA).*"
_PATIENCE_SECONDS = 20
_LONGEST_SECONDS = 900
# The first moment that a zip archive can name.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class RuntimeMissingError(Exception):
    """The files are neither on this machine nor to be had."""


@dataclass(frozen=True)
class Runtime:
    """The files that the site serves, and the folder that is named after what is in them."""

    folder: str
    files: dict[str, bytes]


def find(cache: Path) -> Runtime:
    """The files to serve; what is made of those that are published is kept in `cache`.

    They are looked for in the folder `NNLIB_PYODIDE`, in the user's cache, and then on the network,
    unless `NNLIB_PYODIDE` is set, even to nothing. Raises RuntimeMissingError with the reason.
    """
    recipe = hashlib.sha256(Path(__file__).read_bytes() + _LIST.read_bytes()).hexdigest()[:16]
    made = cache / recipe
    if not (made / "complete").is_file():
        _make(_read_all(), made)
    files = {path.name: path.read_bytes() for path in sorted(made.iterdir()) if path.suffix}
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + hashlib.sha256(content).digest())
    return Runtime(f"assets/python/{digest.hexdigest()[:12]}", files)


def _read_all() -> dict[str, bytes]:
    """Everything that is published, each file checked."""
    given = os.environ.get("NNLIB_PYODIDE")
    places = [Path(given)] if given else []
    places.append(_user_cache())
    found: dict[str, bytes] = {}
    for name, expected in FILES.items():
        for place in places:
            with contextlib.suppress(OSError):
                content = (place / name).read_bytes()
                if hashlib.sha256(content).hexdigest() == expected:
                    found[name] = content
                    break
        else:
            if given is not None:
                raise RuntimeMissingError(
                    f"NNLIB_PYODIDE: expected {name} with its SHA-256 in {given or 'no folder'!r}"
                )
            found[name] = _download(name, expected)
    return found


def _user_cache() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "nnlib" / f"pyodide-{VERSION}"


def _download(name: str, expected: str, source: str = _SOURCE) -> bytes:
    """Fetches one file into the user's cache; nothing that was not checked is kept or used."""
    deadline = time.monotonic() + _LONGEST_SECONDS
    received = bytearray()
    try:
        with urllib.request.urlopen(source + name, timeout=_PATIENCE_SECONDS) as response:
            size = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(1 << 18):
                received += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{_LONGEST_SECONDS} seconds were not enough")
                _say(f"{name}: {len(received) / 1e6:.1f} of {size / 1e6:.1f} MB")
    except (OSError, ValueError) as error:
        raise RuntimeMissingError(f"{source}{name}: {error}") from error
    finally:
        _say("")
    content = bytes(received)
    if (found := hashlib.sha256(content).hexdigest()) != expected:
        raise RuntimeMissingError(f"{source}{name}: expected SHA-256 {expected}, got {found}")
    folder = _user_cache()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(str(folder / name), [content])
    return content


def _say(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{progress}", end="", file=sys.stderr, flush=True)


def _make(published: dict[str, bytes], folder: Path) -> None:
    """Writes what the site serves; a folder without the file `complete` is not believed."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers, pictures = (
        {name: published[name] for name in group} for group in (_NUMBERS, _PICTURES)
    )
    made = {
        "pyodide.mjs": _without_map(published["pyodide.mjs"]),
        "pyodide.asm.mjs": _without_map(published["pyodide.asm.mjs"]),
        # Compressed here, because not every host does it, and it is half of all bytes.
        "pyodide.asm.wasm.pack": _packed(published["pyodide.asm.wasm"]),
        "stdlib.zip": _joined({"python_stdlib.zip": published["python_stdlib.zip"]}),
        "numbers.zip": _joined(numbers),
        "pictures.zip": _joined(pictures),
    }
    for name, content in made.items():
        write_atomically(str(folder / name), [content])
    write_atomically(str(folder / "complete"), [])


def _without_map(script: bytes) -> bytes:
    return re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"\n", script)


def _packed(content: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def _wanted(archive: str) -> Callable[[str], bool]:
    package = archive if archive.endswith(".zip") else archive.partition("-")[0]
    pattern = re.compile("|".join(filter(None, (_NEVER_WANTED, _NOT_WANTED.get(package)))))
    return lambda path: not path.endswith("/") and not pattern.fullmatch(path)


def _joined(archives: dict[str, bytes]) -> bytes:
    """One archive of what is wanted of several, the same bytes at every build."""
    files: dict[str, bytes] = {}
    for name, content in archives.items():
        wanted = _wanted(name)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files |= {path: archive.read(path) for path in archive.namelist() if wanted(path)}
    return archive_of(sorted(files.items()))


def archive_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive of these files, without the day or the machine that it was made on."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, content in files:
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content)
    return written.getvalue()


if __name__ == "__main__":
    # Fetches what a later build uses without a network, as `.ci/run` has it.
    print(find(keeping.cache() / "python" / "runtime").folder)
