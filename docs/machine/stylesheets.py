"""Joins the theme's stylesheets and ours into one file, named after what is in it.
A page is not painted before its last stylesheet has come, and a browser must not take yesterday's
for today's."""

import hashlib
import posixpath
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_THEMES = re.compile(r"assets/stylesheets/(?:main|palette)\.\w+\.min\.css")
_URL = re.compile(r"""url\((?P<quote>["']?)(?P<path>(?!data:|#|/|[a-z]+:)[^"')]+)(?P=quote)\)""")
_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")
_FOLDER = "assets"


class StylesheetError(ValueError):
    """A stylesheet that is asked for and is not there."""


def join(files: Files, config: MkDocsConfig) -> None:
    """Puts one file in the place of all; templates find its path in `config.extra.stylesheet`."""
    theirs = sorted(file.src_uri for file in files.css_files() if _THEMES.fullmatch(file.src_uri))
    joined = "".join(_take(files, path) for path in [*theirs, *config.extra_css])
    name = f"{_FOLDER}/style.{hashlib.sha256(joined.encode()).hexdigest()[:8]}.css"
    files.append(File.generated(config, name, content=joined))
    config.extra["stylesheet"] = name
    config.extra_css = []


def _take(files: Files, path: str) -> str:
    file = files.get_file_from_path(path)
    if file is None:
        raise StylesheetError(f"extra_css: expected the path of a stylesheet, got {path!r}")
    files.remove(file)

    def moved(url: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), url["path"]))
        return f"url({posixpath.relpath(target, _FOLDER)})"

    return _MAP.sub("", _URL.sub(moved, file.content_string)).strip() + "\n"
