"""Finds every fenced block of a Markdown text, however its first line is written.
Tests and build both read pages through this scanner: no block can be shown and escape its test."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

# Every name by which Pygments highlights Python, in any case; whoever writes one means Python.
PYTHON = frozenset(
    {"python", "py", "python3", "py3", "pycon", "ipython", "ipython3", "sage", "pypy"}
)

# Options that speak to the machine; a reader must not see them, and MkDocs does not know them.
OURS = frozenset({"alt", "caption", "fold", "tags", "needs", "exercise", "role", "live"})

_OPENING = re.compile(
    r"(?P<prefix>[ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d+[.)])[ \t]+)*)"
    r"(?P<ticks>`{3,}|~{3,})[ \t]*(?P<info>.*?)[ \t]*"
)
_LANGUAGE = re.compile(r"\{?\s*\.?(?P<name>[\w+#-]+)")
_STRING = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
OPTION = re.compile(
    rf"""(?P<key>[\w-]+)=(?P<value>{_STRING}|\[(?:{_STRING}|[^\]"'])*\]|[^\s}}]+)"""
)


@dataclass(frozen=True)
class Fence:
    """One fenced block: where it stands, what its first line says, and its dedented source."""

    start: int
    end: int
    source_start: int
    line: int
    prefix: str
    ticks: str
    info: str
    source: str
    closed: bool

    @property
    def language(self) -> str:
        match = _LANGUAGE.match(self.info)
        return match["name"].lower() if match else ""

    @property
    def is_python(self) -> bool:
        return self.language in PYTHON

    @property
    def options(self) -> dict[str, object]:
        options: dict[str, object] = {}
        for match in OPTION.finditer(self.info):
            try:
                options[match["key"]] = ast.literal_eval(match["value"])
            except (SyntaxError, ValueError):
                options[match["key"]] = match["value"]
        return options

    @property
    def opening(self) -> str:
        """The first line for MkDocs: one name for Python, its own options kept, ours made data."""
        language = "python" if self.is_python else self.language
        words = [f".{language}"]
        for key, value in self.options.items():
            if key in {"exercise", "role"}:
                words.append(f'data-{key}="{value}"')
            elif key not in OURS:
                words.append(f'{key}="{value}"')
        info = language if len(words) == 1 else "{ " + " ".join(words) + " }"
        return f"{self.prefix}{self.ticks}{info}"


def find_fences(text: str) -> Iterator[Fence]:
    """Yields the outermost fences of `text` in order; a fence inside a fence is only its text."""
    opened: Fence | None = None
    position = 0
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        start, position = position, position + len(line)
        bare = line.rstrip("\r\n")
        match = _OPENING.fullmatch(bare)
        if opened is None:
            # A backtick in the info string makes the line inline code, here as in CommonMark.
            if match and not (match["ticks"][0] == "`" and "`" in match["info"]):
                prefix, ticks, info = match["prefix"], match["ticks"], match["info"]
                opened = Fence(start, position, position, number, prefix, ticks, info, "", False)
                lines = []
        elif match and match["ticks"].startswith(opened.ticks) and not match["info"]:
            yield replace(opened, end=start + len(bare), source=_dedent(lines, opened), closed=True)
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        yield replace(opened, end=len(text), source=_dedent(lines, opened))


def _dedent(lines: list[str], fence: Fence) -> str:
    """The lines without the indentation, quote marks or list marker that the fence stands in."""
    quoted = fence.prefix.count(">")
    width = len(fence.prefix.expandtabs(4))
    dedented = []
    for line in lines:
        line = line.expandtabs(4) if line[:1] in " \t" and "\t" in line[:width] else line
        if quoted:
            parts = line.split(">", quoted)
            indent = len(fence.prefix) - len(fence.prefix.rstrip(" "))
            line = parts[-1][indent:] if len(parts) > quoted else line
        elif not line[:width].strip():
            line = line[width:] if len(line) > width else "\n"
        dedented.append(line)
    return "".join(dedented)


def for_mkdocs(markdown: str) -> str:
    """`markdown` with each Python fence opened in the one way that MkDocs shows for sure."""
    pieces, done = [], 0
    for fence in find_fences(markdown):
        if fence.is_python:
            pieces += [markdown[done : fence.start], fence.opening, "\n"]
            done = fence.source_start
    return "".join([*pieces, markdown[done:]])
