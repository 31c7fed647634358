"""Gets the Python that runs in a reader's browser, and makes of it the few files that the site serves.
What is used is named here with its SHA-256; from what is published, only what no page can need is left out.
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
_ABI = "cp314-cp314-pyemscripten_2026_0_wasm32"
# What is published, by what it is for: the interpreter, numbers, pictures.
_START = {
    "pyodide.mjs": "5cfc46f5dcbaf2a16f26e2363f441873eb424762609cc03db00d6a2ace4d00e5",
    "pyodide.asm.mjs": "1a9775427ef6e8abaa7db88ece0515422d1886915ae5c9093776410c865dfd8d",
    "pyodide.asm.wasm": "e7f8fac36f8bf11085309cbc5c829b3ec3057c18bf1d73b05a6741612d63cdbf",
    "python_stdlib.zip": "444c770dfd75a32097fc0a7d5c1413fd3140601f49c3a1f2e9af0376fcd124b4",
}
_NUMBERS = {
    f"numpy-2.4.3-{_ABI}.whl": "0cad9c1b91f0082e4f959bc0e0bf5835a2efbba6ab3b1e9d1fe6e7e564cca98e",
}
_PICTURES = {
    f"contourpy-1.3.3-{_ABI}.whl": "8af5f4338988b30a65f5c81c0a3f335353546809538e81d35b572ed4595f80b6",
    "cycler-0.12.1-py3-none-any.whl": "3569bab200be7f85520bf64a3ff334b016e19441ba89b588d2625c3b89da09c7",
    f"kiwisolver-1.5.0-{_ABI}.whl": "7591db9cc1181815eeefb2e7c5b5622a18a3fa334788e1b49eb3e8ad7f90186f",
    f"matplotlib-3.10.8-{_ABI}.whl": "2867b2003ee66d0d2478423f783ec035d432c6560ae86d0e58d096ff98cab6a8",
    "packaging-26.1-py3-none-any.whl": "2719239437268bcea22845651a242f2c252e2ed984645161dd203546f2a52219",
    f"pillow-12.2.0-{_ABI}.whl": "a50d83a8a76d646768e99e93ed5bf365d0b83563fd8b597e77562e75c8f575a9",
    "pyparsing-3.3.2-py3-none-any.whl": "101eece4e324f842bf46e6f821fe5bc62d79b9ebfa3b399b6aff0e0ab0ee400f",
    "python_dateutil-2.9.0.post0-py2.py3-none-any.whl": "e0dad39eec43965d30ef0dbe870617bd5a7ca795c65fda722a7ab2bbd2b747e3",
    "six-1.17.0-py2.py3-none-any.whl": "c6681057bd87fdec57e811b8e4007bad38deea284052817fa400d542c6423e2d",
}
FILES = _START | _NUMBERS | _PICTURES

# What a page in a browser cannot use: other windows, servers, compilers, tests, and types for tools.
_NOT_WANTED = {
    "python_stdlib.zip": r"(_pyrepl|wsgiref|xmlrpc|ensurepip|venv|turtledemo|idlelib|lib2to3)/.*"
    r"|(ftplib|imaplib|mailbox|poplib|smtplib|socketserver|turtle|pickletools|_aix_support"
    r"|_osx_support|_ios_support|_android_support|nturl2path)\.py"
    r"|unittest/(?!__init__).*(mock)\.py|http/(server|cookiejar)\.py"
    r"|encodings/(?!__init__|aliases|ascii|charmap|cp1252|cp437|idna|iso8859_1\b|iso8859_15|latin_1"
    r"|punycode|raw_unicode_escape|unicode_escape|undefined|utf_).*",
    "numpy": r".*\.(pyi|pxd|a|h|c|f|f90|pyf|src|lib)|.*/tests/.*|numpy/(f2py|_core/include|random/lib"
    r"|random/_examples|distutils|typing/tests)/.*|.*\.dist-info/(?!METADATA).*",
    "matplotlib": r".*\.(pyi|afm|pfb)|.*/tests/.*|.*/fonts/ttf/(?!DejaVuSans(-\w+)?\.ttf)(?!DejaVuSansMono).*"
    r"|.*/fonts/ttf/DejaVuSansMono.*"
    r"|.*/(sample_data|web_backend|images|plot_directive)/.*|mpl_toolkits/(axes_grid1|axisartist)/.*"
    r"|matplotlib/backends/(?!__init__|_backend_agg|backend_(agg|svg|template|mixed)|registry).*"
    r"|matplotlib/(sphinxext|testing)/.*|pylab\.py|.*\.dist-info/(?!METADATA).*",
    "pillow": r".*\.pyi|PIL/(_imagingft|_webp|_avif|_imagingcms|_imagingmath|_imagingmorph|_imagingtk).*\.so"
    r"|PIL/(PdfParser|ImageCms|ImageTk|ImageQt|PSDraw|TiffImagePlugin|_tkinter_finder).*\.py"
    r"|.*\.dist-info/(?!METADATA).*",
    "": r".*\.pyi|.*/tests?/.*|.*\.dist-info/(?!METADATA).*|dateutil/zoneinfo/.*\.tar\.gz",
}
_PATIENCE_SECONDS = 20
_LONGEST_SECONDS = 900
# The first moment that a zip archive can name.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class RuntimeMissingError(Exception):
    """The files are neither on this machine nor to be had."""


@dataclass(frozen=True)
class Runtime:
    """The files that the site serves, by name, and the folder that is named after what is in them."""

    folder: str
    files: dict[str, bytes]


def find(cache: Path) -> Runtime:
    """The files to serve; what is made of those that are published is kept in `cache`.

    They are looked for in the folder `NNLIB_PYODIDE`, in the user's cache, and then on the network,
    unless `NNLIB_PYODIDE` is set, even to nothing. Raises RuntimeMissingError with the reason.
    """
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
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
    numbers, pictures = ({name: published[name] for name in group} for group in (_NUMBERS, _PICTURES))
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
    pattern = re.compile(_NOT_WANTED.get(package, _NOT_WANTED[""]))
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
