"""Names our own scripts after what is in them, as the stylesheet is named.
A browser may then keep them for good, and never runs yesterday's script on today's page."""

import hashlib
import posixpath
import re
from collections.abc import Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_FOLDER = "assets/"
# However it is asked for: imported, imported later, or started as a worker by its URL.
_ASKED_FOR = re.compile(r"""(?P<quote>["'`])(?P<path>\.\.?/[^"'`\s]+\.js)(?P=quote)""")


class ScriptError(ValueError):
    """A script that another asks for and that is not there."""


def add(files: Files, config: MkDocsConfig) -> None:
    """Puts the named scripts in the place of ours; `config.extra.scripts` says which is which."""
    ours = {
        file.src_uri: file.content_string
        for file in files.javascript_files()
        if file.src_dir == config.docs_dir and file.src_uri.startswith(_FOLDER)
    }
    others = {file.src_uri for file in files} - ours.keys()
    names = config.extra["scripts"] = named(ours, others)
    for path, name in names.items():
        file = files.get_file_from_path(path)
        assert file is not None
        files.remove(file)
        files.append(File.generated(config, name, content=asking(ours[path], path, names)))


def named(
    sources: Mapping[str, str], others: set[str] | frozenset[str] = frozenset()
) -> dict[str, str]:
    """The new path of each script by its old one; `others` are files that keep their names.

    A name changes with the script and with all that it asks for, because their names stand in it:

    >>> now = named({"assets/a.js": 'import "./b.js";', "assets/b.js": "1;"})
    >>> later = named({"assets/a.js": 'import "./b.js";', "assets/b.js": "2;"})
    >>> now["assets/a.js"], later["assets/a.js"]
    ('assets/a.ed9fc2d2.js', 'assets/a.0153a82a.js')
    """
    asked = {path: _asked(source, path) for path, source in sources.items()}
    for path, wanted in asked.items():
        if missing := sorted(wanted - sources.keys() - others):
            raise ScriptError(f"{path}: expected the path of a script, got {', '.join(missing)}")
    names = {}
    for path in sources:
        # Two that import one another have no first to be named: all that is reached is hashed.
        reached, waiting = set(), {path}
        while waiting:
            one = waiting.pop()
            reached.add(one)
            waiting |= (asked[one] & sources.keys()) - reached
        digest = hashlib.sha256()
        for one in sorted(reached):
            digest.update(f"{one}\0{sources[one]}\0".encode())
        names[path] = f"{path.removesuffix('.js')}.{digest.hexdigest()[:8]}.js"
    return names


def _asked(source: str, path: str) -> set[str]:
    return {resolved(match["path"], path) for match in _ASKED_FOR.finditer(source)}


def resolved(wanted: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), wanted))


def asking(source: str, path: str, names: Mapping[str, str]) -> str:
    """A script that asks for others by their new names.

    >>> asking('import("../b.js");', "assets/deep/a.js", {"assets/b.js": "assets/b.0123abcd.js"})
    'import("../b.0123abcd.js");'
    """

    def renamed(match: re.Match[str]) -> str:
        name = names.get(resolved(match["path"], path))
        if name is None:
            return match.group()
        new = posixpath.join(posixpath.dirname(match["path"]), posixpath.basename(name))
        return f"{match['quote']}{new}{match['quote']}"

    return _ASKED_FOR.sub(renamed, source)


def link(page: str, names: Mapping[str, str]) -> str:
    """A page whose attributes name the scripts by their new names.

    >>> link('<script src="../assets/b.js"></script>', {"assets/b.js": "assets/b.0123abcd.js"})
    '<script src="../assets/b.0123abcd.js"></script>'
    """
    if not names:
        return page
    paths = "|".join(map(re.escape, names))
    return re.sub(
        rf'(?<==")(?P<before>(?:[^":]*/)?)(?P<path>{paths})(?=["?#])',
        lambda found: found["before"] + names[found["path"]],
        page,
    )
