"""Shows what a word means where a reader first meets it on a page: a link that carries its meaning.
The glossary's own Markdown is the one source; a meaning changed there changes on every page."""

import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .pages import REFERENCE

SOURCE = f"{REFERENCE}/glossary.md"

_HEADING = re.compile(
    r'### (?P<title>[^{\n]+?) \{ #(?P<anchor>[a-z0-9-]+)(?: data-forms="(?P<forms>[^"\n]+)")? \}'
)
_MORE = r"More: \[[^\]\n]+\]\((?P<page>[^)#\s]+)[^)\s]*\)"
_ENTRY = re.compile(rf"^{_HEADING.pattern}\n\n(?P<meaning>[^\n]+)\n\n{_MORE}$", re.MULTILINE)
_MARKUP = re.compile(r"\[(?P<text>[^\]]+)\]\([^)]*\)|(?P<mark>\*\*|\*|`)(?P<inner>[^*`]+)(?P=mark)")

# What is no running prose: its words are names, labels, or led somewhere already; and what is bold
# is being explained where it stands, now and then in another sense than the glossary's.
_NOT_PROSE = frozenset(
    {"a", "abbr", "button", "code", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "kbd", "label"}
    | {"math", "pre", "script", "strong", "style", "summary", "svg", "th", "title"}
)
_TITLES = frozenset({"admonition-title", "footnote", "nn-formula", "tabbed-labels"})
_VOID = frozenset({"br", "hr", "img", "input", "source", "wbr"})
_TAG = re.compile(r"<!--.*?-->|<(?P<end>/)?(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^<>]*)>", re.DOTALL)
_SET_OFF = re.compile(r"<(?P<tag>h[1-6]|strong|em)\b[^>]*>.*?</(?P=tag)>", re.DOTALL)
_CLASSES = re.compile(r'\bclass="([^"]*)"')


class GlossaryError(ValueError):
    """An entry of the glossary that cannot be read, or two that claim one word."""


@dataclass(frozen=True)
class Term:
    """A word, the forms it takes in a text, what it means, and the page that introduces it.

    A title with brackets, "key (of attention)", is too common a word to be looked for as it is.
    """

    title: str
    anchor: str
    forms: tuple[str, ...]
    meaning: str
    page: str


def _plain(markdown: str) -> str:
    return _MARKUP.sub(lambda m: m["text"] or m["inner"], markdown)


@lru_cache(maxsize=2)
def read(markdown: str) -> tuple[Term, ...]:
    """The terms of the glossary's Markdown, in its order."""
    headings = [match["title"] for match in _HEADING.finditer(markdown)]
    terms = []
    for entry in _ENTRY.finditer(markdown):
        forms = (entry["forms"] or "").split("|") if entry["forms"] else []
        own = [] if "(" in entry["title"] else [entry["title"]]
        page = posixpath.normpath(posixpath.join(REFERENCE, entry["page"]))
        terms.append(
            Term(entry["title"], entry["anchor"], (*own, *forms), _plain(entry["meaning"]), page)
        )
    if missing := set(headings) - {term.title for term in terms}:
        raise GlossaryError(
            f"{sorted(missing)}: expected a heading, one paragraph, and a line 'More: [page](link)'"
        )
    owners: dict[str, Term] = {}
    for term in terms:
        for form in term.forms:
            other = owners.setdefault(form.lower(), term)
            if other is not term:
                places = ", ".join(f"line {_line(markdown, t)} ({t.title})" for t in (other, term))
                raise GlossaryError(f"{form!r} is claimed twice: {places}")
    return tuple(terms)


def _line(markdown: str, term: Term) -> int:
    return markdown.count("\n", 0, markdown.index(f"{{ #{term.anchor}")) + 1


def _pattern(form: str) -> str:
    """A form as a text may have it: broken over lines, or with a capital at a sentence's start."""
    first, rest = form[0], re.escape(form[1:]).replace(r"\ ", r"\s+")
    start = f"[{first}{first.upper()}]" if first.islower() else re.escape(first)
    return start + rest


@lru_cache(maxsize=2)
def _finder(terms: tuple[Term, ...]) -> tuple[re.Pattern[str], Mapping[str, Term]]:
    by_form = {form.lower(): term for term in terms for form in term.forms}
    # The longest first: "hidden layer" is not a layer that happens to be hidden.
    longest = sorted({f for term in terms for f in term.forms}, key=lambda f: (-len(f), f))
    words = "|".join(map(_pattern, longest)) or r"(?!)"
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])"), by_form


def explain(content: str, terms: tuple[Term, ...], page: str, address: str) -> str:
    """`content` of the page with this source, with each term's first mention made a link.

    `address` is where the glossary is from there. A page that introduces a term explains it in
    its own words: what stands before these is linked, what stands behind them is not.
    """
    finder, by_form = _finder(terms)
    introduced = _introduced(content, terms, page)
    done: set[str] = set()

    def link(match: re.Match[str], start: int) -> str:
        term = by_form[re.sub(r"\s+", " ", match.group()).lower()]
        if term.anchor in done or introduced.get(term.anchor, start + 1) <= start:
            return match.group()
        done.add(term.anchor)
        meaning = html.escape(f"{term.title}: {term.meaning}")
        return (
            f'<a class="nn-term" href="{address}#{term.anchor}" '
            f'data-meaning="{meaning}">{match.group()}</a>'
        )

    def linked(text: str, place: int) -> str:
        return finder.sub(lambda match: link(match, place + match.start()), text)

    return _in_prose(content, linked)


def _introduced(content: str, terms: tuple[Term, ...], page: str) -> dict[str, int]:
    """Where this page explains each of its own terms: in a heading, or where it is set off."""
    finder, by_form = _finder(terms)
    own = {term.anchor for term in terms if term.page == page}
    found: dict[str, int] = {}
    for passage in _SET_OFF.finditer(content):
        plain = re.sub(r"<[^>]*>", lambda tag: " " * len(tag.group()), passage.group())
        for word in finder.finditer(plain):
            anchor = by_form[re.sub(r"\s+", " ", word.group()).lower()].anchor
            if anchor in own:
                found.setdefault(anchor, passage.start())
    return dict.fromkeys(own, 0) | found


def _in_prose(content: str, change: Callable[[str, int], str]) -> str:
    place, changed = 0, []
    for prose, piece in _pieces(content):
        changed.append(change(piece, place) if prose else piece)
        place += len(piece)
    return "".join(changed)


def _pieces(content: str) -> Iterator[tuple[bool, str]]:
    """The page's tags and texts in order, and of each whether it is running prose."""
    closed: list[str] = []  # the elements that are open inside one that is no prose
    place = 0
    for tag in _TAG.finditer(content):
        yield not closed, content[place : tag.start()]
        yield False, tag.group()
        place = tag.end()
        name = (tag["name"] or "").lower()
        if not name or name in _VOID or tag["rest"].endswith("/"):
            continue
        if tag["end"]:
            if closed and closed[-1] == name:
                closed.pop()
        elif closed or name in _NOT_PROSE or _is_titled(tag["rest"]):
            closed.append(name)
    yield not closed, content[place:]


def _is_titled(attributes: str) -> bool:
    found = _CLASSES.search(attributes)
    return found is not None and not _TITLES.isdisjoint(found[1].split())
