"""Reads a built page into a small tree, so that tests can ask what a reader gets without a browser.
The standard library's parser is enough, because every element of these pages is closed."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

_VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    }
)
_CLOSES_ITSELF = frozenset({"p", "li", "td", "th", "tr", "dt", "dd"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the order of the page."""
        waiting: list[Element] = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += [child for child in reversed(element.children) if isinstance(child, Element)]

    def all(self, tag: str | None = None, *classes: str) -> list[Element]:
        named = (e for e in self.walk() if tag is None or tag == e.tag)
        return [e for e in named if not classes or e.classes.issuperset(classes)]

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """What the DOM calls `textContent`."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while tag != self.open[-1].tag and self.open[-1].tag in _CLOSES_ITSELF:
            self.open.pop()
        if tag == self.open[-1].tag:
            self.open.pop()
        else:
            raise ValueError(
                f"</{tag}> closes nothing: <{self.open[-1].tag}> is open, {self.getpos()}"
            )

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(path: Path) -> Element:
    """The whole page. Many tests ask for the same one, and none changes it."""
    return _read(path, path.stat().st_mtime_ns)


@functools.cache
def _read(path: Path, written: int) -> Element:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader.root


def article(path: Path) -> Element:
    (found,) = read(path).all("article")
    return found


@dataclass(frozen=True)
class Shown:
    """A Python block as the page shows it, with the output that it shows for it."""

    source: str
    output: str | None


def python_blocks(path: Path) -> list[Shown]:
    """What a reader would copy out of the page, in order."""
    blocks: list[Shown] = []
    for element in article(path).all("div", "highlight"):
        (code,) = element.all("code")
        if "language-python" in element.classes:
            blocks.append(Shown(code.text, None))
        elif "language-text" in element.classes:
            assert blocks, f"{path}: an output stands before the first block"
            assert blocks[-1].output is None, f"{path}: two outputs follow one block"
            blocks[-1] = Shown(blocks[-1].source, code.text)
    return blocks
