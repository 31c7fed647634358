"""Packs the built site into an archive that works from a reader's disk, search included.
A browser trusts files less than a server: it opens no folder as a page, fetches nothing, and runs
neither modules nor workers. So the copy is rewritten; the hosted site stays as it is."""

import base64
import html
import json
import posixpath
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from . import live, policy
from .finding import INDEX

ARCHIVE = "offline.zip"
_FOLDER = "how-neural-networks-work"
_SHIM = "assets/javascripts/offline.js"
# What only a server, a search engine or a developer of the theme has a use for; and fonts, which
# the copy's stylesheets hold.
_LEFT_OUT = re.compile(
    r"404\.html|robots\.txt|sitemap\.xml(?:\.gz)?|assets/cards/.*|assets/javascripts/lunr/.*"
    r"|.*\.map|.*\.woff2"
    # No worker runs from a file, so there is no Python in the copy's pages.
    r"|assets/python/.*|assets/live/.*|assets/live\b[^/]*\.js"
)
_LINK = re.compile(
    r'(?P<attribute>\s(?:href|src)=)"(?P<path>(?![a-z][a-z0-9+.-]*:|//|#)[^"?#]*)(?P<rest>[^"]*)"'
)
_MODULE = re.compile(r'(<script[^>]*?\ssrc="[^"]*"[^>]*?) type="module"')
_STYLE_URL = re.compile(r"""url\(["']?(?P<path>[^"')]+\.woff2)["']?\)""")
_IMPORT = re.compile(r'^import \{[^}]*\} from "(?P<path>\.\.?/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:function|class|const)\b)", re.MULTILINE)
_ANY_IMPORT = re.compile(r"^\s*(?:import|export)\b", re.MULTILINE)
_HERE = "'self' file:"
# The first moment that a zip archive can name.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class OfflineError(ValueError):
    """A part of the site that a reader's disk cannot serve."""


def pack(site: Path, site_url: str) -> None:
    """Writes the archive into `site`; what it leaves out, its pages link to at `site_url`."""
    built = [file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()]
    paths = sorted(p for p in built if p != ARCHIVE and not _LEFT_OUT.fullmatch(p))
    packed = frozenset(paths)
    modules: set[str] = set()
    files: dict[str, bytes] = {}
    for path in paths:
        content = (site / path).read_bytes()
        if path.endswith(".html"):
            text = live.without_python(content.decode(), urljoin(site_url, _online(path)))
            modules |= {_resolved(path, name) for name in _modules(text)}
            content = _page(text, path, packed, site_url).encode()
        elif path.endswith(".css"):
            content = _style(content.decode(), path, site).encode()
        files[path] = content
    scripts = {path: _script(path, files) for path in modules}
    files |= {path: script.encode() for path, script in scripts.items()}
    index = _index(json.loads(files.pop(INDEX)))
    files[INDEX.replace(".json", ".js")] = f"var __index = {index}".encode()
    files[_SHIM] = _shim({path: files.pop(path).decode() for path in _workers(paths)}).encode()
    _write(site / ARCHIVE, files)


def _write(archive: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packing:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{_FOLDER}/{path}", _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            packing.writestr(entry, content)


def _resolved(page: str, link: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), html.unescape(link)))
    return "" if path == "." else path


def _online(path: str) -> str:
    return path.removesuffix("index.html")


def _modules(page: str) -> list[str]:
    return [m for tag in _MODULE.findall(page) for m in re.findall(r'src="([^"?]*)', tag)]


def _workers(paths: list[str]) -> list[str]:
    return [path for path in paths if re.fullmatch(r"assets/javascripts/workers/.*\.js", path)]


def _page(text: str, path: str, packed: frozenset[str], site_url: str) -> str:
    text = _LINK.sub(_relink(path, packed, site_url), policy.without_policy(text))
    text = _MODULE.sub(r"\1 defer", text)
    shim = posixpath.relpath(_SHIM, posixpath.dirname(path) or ".")
    text = text.replace("</head>", f'<script src="{shim}"></script></head>', 1)
    return policy.with_policy(text, here=_HERE)


def _relink(page: str, packed: frozenset[str], site_url: str) -> Callable[[re.Match[str]], str]:
    """Names the file that a server would show for a folder; a file left out is linked to online."""

    def relinked(link: re.Match[str]) -> str:
        if not link["path"]:
            return link.group()
        to = _resolved(page, link["path"])
        inside = posixpath.join(to, "index.html")
        if to in packed:
            target = link["path"]
        elif inside in packed:
            target = posixpath.relpath(inside, posixpath.dirname(page) or ".")
        else:
            target = urljoin(site_url, to + ("/" if link["path"].endswith("/") else ""))
        return f'{link["attribute"]}"{target}{link["rest"]}"'

    return relinked


def _style(text: str, path: str, site: Path) -> str:
    """The stylesheet with its fonts inside: a browser may not let one file ask for another."""

    def inside(url: re.Match[str]) -> str:
        font = (site / _resolved(path, url["path"])).read_bytes()
        return f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"

    return _STYLE_URL.sub(inside, text)


def _script(path: str, files: dict[str, bytes]) -> str:
    """A module as a script of the old kind, with what it imports in it; a function keeps its names.

    Each module stands in a block inside that of the one it imports, whose names it sees.
    """
    text, folder = files[path].decode(), posixpath.dirname(path)
    needed = [posixpath.normpath(posixpath.join(folder, m["path"])) for m in _IMPORT.finditer(text)]
    parts = [_EXPORT.sub("", _IMPORT.sub("", files[one].decode())) for one in [*needed, path]]
    for part in parts:
        if _ANY_IMPORT.search(part):
            raise OfflineError(f"{path}: expected imports of one level, by name, at a line's start")
    inside = "{\n".join(parts) + "}\n" * len(needed)
    return f'(() => {{\n"use strict";\n{inside}\n}})();\n'


def _index(index: dict[str, list[dict[str, str]]]) -> str:
    for entry in index["docs"]:
        path, mark, anchor = entry["location"].partition("#")
        entry["location"] = f"{path}index.html{mark}{anchor}"
    return json.dumps(index, ensure_ascii=False, separators=(",", ":"))


def _shim(workers: dict[str, str]) -> str:
    """Starts the theme's workers from their text, which stands here, and not from their files."""
    return f"""/* No browser starts a worker from a file; this starts the search from its text. */
(() => {{
  const sources = {json.dumps(workers, ensure_ascii=False)};
  const Native = window.Worker;
  window.Worker = class extends Native {{
    constructor(url, options) {{
      const path = Object.keys(sources).find((name) => String(url).endsWith(name));
      super(path ? URL.createObjectURL(new Blob([sources[path]])) : url, options);
    }}
  }};
}})();
"""
