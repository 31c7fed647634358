"""Says of each lesson what a reader wants to know first: how long it takes, what comes before it,
where it stands in its part, and when it was last changed.
All of it comes from the pages and their history, so that nobody has to keep it true by hand."""

import html
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .fences import find_fences
from .pages import front_matter

_WORDS_A_MINUTE = 200
_MINUTES_A_BLOCK = 0.5
_FOLDED = re.compile(r"\?\?\? [^\n]*\n(?:(?: {4}[^\n]*|[ \t]*)(?:\n|\Z))*")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_MARKS = re.compile(r"\]\([^)]*\)|<[^>]*>|\[\^[^\]]*\]|\{[^}\n]*\}|\$+[^$]*\$+")
_WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True)
class Place:
    """Where a page stands: "Part 2 · Learning · page 3 of 5"; `pages` are the part's addresses."""

    number: int
    part: str
    page: int
    pages: Sequence[str]


def minutes(markdown: str) -> int:
    """How long a page takes: 200 words a minute, and half a minute for each block of code.

    What is folded is not counted, nor are formulas and outputs: whoever opens them takes the time.

    >>> minutes("# Title\\n\\n" + "word " * 400 + "\\n\\n```python\\nprint(1)\\n```\\n")
    3
    """
    text = _FOLDED.sub("", _FRONT.sub("", markdown))
    blocks, prose, done = 0, [], 0
    for fence in find_fences(text):
        blocks += fence.is_python and "fold" not in fence.options
        prose.append(text[done : fence.start])
        done = fence.end
    words = len(_WORD.findall(_MARKS.sub(" ", "".join([*prose, text[done:]]))))
    return max(1, round(words / _WORDS_A_MINUTE + blocks * _MINUTES_A_BLOCK))


def before(markdown: str) -> list[str]:
    """The pages to read first, as the front matter names them."""
    found = front_matter(markdown).get("before", [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"before: expected a list of pages, such as [pieces/neuron.md]: {found!r}")
    return found


def last_changes(docs: Path) -> dict[str, str]:
    """The day of each page's last commit, by its author's clock told in UTC.

    Without Git, and in a clone that does not know the whole history, nothing is known.
    """
    if _git(docs, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    days: dict[str, str] = {}
    day = ""
    log = _git(docs, "-c", "core.quotePath=off", "log", "--format=@%at", "--name-only",
               "--relative", "--", "*.md")  # fmt: skip
    for line in log.splitlines():
        if line.startswith("@"):
            changed = datetime.fromtimestamp(int(line[1:]), UTC)
            day = f"{changed.day} {_MONTHS[changed.month - 1]} {changed.year}"
        elif line:
            days.setdefault(line, day)
    return days


# Not strftime's: its months are the machine's.
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _git(folder: Path, *arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def line(
    *, takes: int, links: Sequence[tuple[str, str]], changed: str | None, place: Place | None
) -> str:
    """The quiet line below a page's title; `links` are addresses with titles."""
    said = []
    if place is not None:
        said.append(
            f'<span class="nn-part">Part {place.number} · {html.escape(place.part)} · '
            f"page {place.page} of {len(place.pages)}{_dots(place)}"
            '<span class="nn-heard"></span></span>'
        )
    said.append(f"<span>About {takes} minute{'s' if takes != 1 else ''}</span>")
    if links:
        pages = ", ".join(f'<a href="{html.escape(to)}">{title}</a>' for to, title in links)
        said.append(f"<span>Before this page: {pages}</span>")
    if changed:
        said.append(f"<span>Last changed {changed}</span>")
    return f'<p class="nn-before">{" · ".join(said)}</p>'


def _dots(place: Place) -> str:
    """A dot for each page of the part; `read.js` fills those that the reader has read."""
    here = ' class="nn-here"'
    dots = "".join(
        f'<circle{here if at == place.page else ""} data-to="{html.escape(to)}" '
        f'cx="{12 * at - 6}" cy="6" r="4"/>'
        for at, to in enumerate(place.pages, start=1)
    )
    return f'<svg viewBox="0 0 {12 * len(place.pages)} 12" aria-hidden="true">{dots}</svg>'


def contents(parts: Sequence[tuple[str, Sequence[tuple[str, str, int]]]]) -> str:
    """The map of the course for the home page: a line for each part, a station for each page, of
    which the address, the title and the minutes are given."""
    said = []
    for number, (part, pages) in enumerate(parts, start=1):
        whole = sum(takes for _, _, takes in pages)
        said.append(
            f'<section><h3 id="part-{number}">Part {number} · {html.escape(part)}</h3>'
            f"<p>{len(pages)} page{'s' if len(pages) != 1 else ''}, about {whole} minutes."
            '<span class="nn-count"></span></p>'
        )
        items = "".join(
            f'<li><a href="{html.escape(to)}">{title}</a> <span>{takes} min</span></li>'
            for to, title, takes in pages
        )
        said.append(f'<ol class="nn-contents">{items}</ol></section>')
    return f'<div class="nn-map">{"".join(said)}</div>{_KEPT}'


_KEPT = (
    '<p class="nn-kept">A page gets a tick when you have reached its end, '
    "and an exercise when you have solved it. "
    "Only this browser knows which. "
    '<button class="nn-forget" type="button" disabled>Forget the ticks</button></p>'
)


def with_sources(content: str) -> str:
    """The page with a heading above its footnotes, which are its sources."""
    return content.replace('<div class="footnote">\n<hr />', f'{_SOURCES}<div class="footnote">', 1)


_SOURCES = (
    '<h2 id="sources">Sources<a class="headerlink" href="#sources" title="Link to this section">'
    "&para;</a></h2>\n"
)
