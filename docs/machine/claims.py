"""Marks the words of a page that one of its blocks proves, with a tick that leads to the block.
Whoever claims a proof names a world in which the words are false: there the assertion has to fail.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import dependencies, execution
from .examples import Block, missing
from .fences import Fence, find_fences
from .pages import body, front_matter

# Why a sentence that ought to be proved need not be; the page's front matter says which are.
REASONS = frozenset({"definition", "opinion", "advice", "outlook"})

_ARROW = " -> "
_DISPLAYED = re.compile(r"\$\$.+?\$\$", re.DOTALL)
_PUNCTUATION = re.compile(r"[.,;:!?]*")
_SENTENCE = re.compile(r"\S.*?(?:[.?!][\"”*)]*(?=\s|\Z)|\Z)", re.DOTALL)
_PROMISE = re.compile(r"^# [^\n]+\n(?P<said>.*?)(?=^```|^#)", re.DOTALL | re.MULTILINE)
_BREATH = re.compile(r"^## In one breath\n+(?P<said>(?:- .*?)+)(?=^$)", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"^- (?P<said>[^\n]*(?:\n  [^\n]*)*)", re.MULTILINE)
_VERDICT = re.compile(r"^\*\*[^*\n]+\*\* (?P<said>.*?)(?=^$)", re.DOTALL | re.MULTILINE)
_WRONG = re.compile(
    r"^## (?:What|Things) people get wrong\n(?P<said>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE
)
_END = "-- claims --"
_CELL = """\
_names, _said = {{"__name__": "__main__"}}, []
try:
    exec({script!r}, _names)
    for _test in {tests!r}:
        _said.append(bool(eval(_test, _names)))
except Exception as _error:
    _said.append(repr(_error))
print({end!r}, *_said, sep="\\n")"""


class ClaimError(ValueError):
    """A proof that proves nothing; the message says which and why."""


@dataclass(frozen=True)
class Claim:
    """Words of a page, the assertion that holds them, and what to replace to make them false.

    `block` counts the page's Python blocks, `assertion` those of the block, both from 0.
    """

    words: str
    start: int
    end: int
    block: int
    assertion: int
    asserted: str
    world: tuple[tuple[str, str], ...]

    def is_formula(self, text: str) -> bool:
        return any(
            formula.start() <= self.start < formula.end() for formula in _DISPLAYED.finditer(text)
        )


def read(text: str) -> list[Claim]:
    """The claims of a page; a block's options pair with its assertions, in their order.

    >>> page = 'Two is even.\\n\\n```python proves="Two is even" refuted="2 -> 3"\\nn = 2\\n'
    >>> [claim] = read(page + "assert n % 2 == 0\\n```\\n")
    >>> claim.words, claim.asserted, claim.world
    ('Two is even', 'assert n % 2 == 0', (('2', '3'),))
    """
    prose = _prose(text)
    claims = []
    for block, fence in enumerate(fence for fence in find_fences(text) if fence.is_python):
        words, worlds = _listed(fence, "proves"), _listed(fence, "refuted")
        if not words and not worlds:
            continue
        assertions = _assertions(fence.source)
        if not len(words) == len(worlds) == len(assertions):
            raise ClaimError(
                f"line {fence.line}: expected as many assertions as proves and refuted, "
                f"got {len(assertions)}, {len(words)} and {len(worlds)}"
            )
        for at, (said, world, assertion) in enumerate(zip(words, worlds, assertions, strict=True)):
            start, end = _place(prose, said, fence.line)
            asserted = " ".join((ast.get_source_segment(fence.source, assertion) or "").split())
            claims.append(
                Claim(said, start, end, block, at, asserted, _replacements(world, fence.line))
            )
    return sorted(claims, key=lambda claim: claim.start)


def _listed(fence: Fence, option: str) -> list[str]:
    given = fence.options.get(option, [])
    return [given] if isinstance(given, str) else [str(each) for each in given]  # type: ignore[attr-defined]


def _assertions(source: str) -> list[ast.Assert]:
    return [node for node in ast.parse(source).body if isinstance(node, ast.Assert)]


def _replacements(world: str, line: int) -> tuple[tuple[str, str], ...]:
    pairs = tuple(tuple(each.split(_ARROW)) for each in world.split("; "))
    if not all(len(pair) == 2 and pair[0] for pair in pairs):
        raise ClaimError(f"line {line}: refuted: expected 'old -> new', got {world!r}")
    return pairs  # type: ignore[return-value]


def _prose(text: str) -> str:
    """The page with blanks for its front matter and its blocks: what is left stands in place."""
    pieces, done = [" " * (len(text) - len(body(text)))], len(text) - len(body(text))
    for fence in find_fences(text):
        pieces += [text[done : fence.start], re.sub(r"[^\n]", " ", text[fence.start : fence.end])]
        done = fence.end
    return "".join([*pieces, text[done:]])


def _place(prose: str, words: str, line: int) -> tuple[int, int]:
    found = [*re.finditer(r"\s+".join(map(re.escape, words.split())), prose)]
    if len(found) != 1:
        raise ClaimError(
            f"line {line}: proves: expected words that the prose has once, "
            f"got {words!r}, which it has {len(found)} times"
        )
    return found[0].span()


# What the reader sees.


def mark(markdown: str, source: str) -> str:
    """`markdown`, which the page with this source has become, with a tick behind each claim."""
    prose = _prose(markdown)
    anchors = _anchors(markdown)
    ticks: dict[int, str] = {}
    for claim in read(source):
        start, end = _place(prose, claim.words, 0)
        # A formula that stands by itself has its tick behind the words that lead to it.
        for formula in _DISPLAYED.finditer(prose):
            if formula.start() <= start < formula.end():
                end = len(prose[: formula.start()].rstrip())
        behind = _PUNCTUATION.match(prose, end)
        end = behind.end() if behind else end
        ticks[end] = ticks.get(end, "") + _tick(claim, anchors[claim.block])
    pieces, done = [], 0
    for end, tick in sorted(ticks.items()):
        pieces += [markdown[done:end], tick]
        done = end
    return "".join([*pieces, markdown[done:]])


def _anchors(markdown: str) -> list[str]:
    """The names that `blocks.finish` gives the page's Python blocks: outputs are not counted."""
    code = [fence for fence in find_fences(markdown) if fence.language not in {"", "text"}]
    return [f"block-{number}" for number, fence in enumerate(code) if fence.is_python]


def _tick(claim: Claim, anchor: str) -> str:
    # Markdown would read a star or an underscore even here; it leaves entities alone.
    said = "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in claim.asserted)
    return (
        f'&#8288;<a class="nn-proof" href="#{anchor}" aria-label="Proof" '
        f'data-meaning="Proved: {said}"></a>'
    )


# What the tests ask.


@dataclass(frozen=True)
class Sentence:
    """A sentence that ought to be proved: of the promise, the recap, or a verdict."""

    part: str
    words: str
    start: int
    end: int


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a page's promise, of "In one breath", and the verdicts, each a paragraph."""
    prose = _prose(text)
    # The first line of a block ends the promise.
    lines = [fence.start for fence in find_fences(text)]
    if promise := _PROMISE.search(text):
        end = min([promise.end("said"), *(at for at in lines if at >= promise.start("said"))])
        yield from _split("promise", prose, promise.start("said"), end)
    if wrong := _WRONG.search(prose):
        for verdict in _VERDICT.finditer(prose, wrong.start("said"), wrong.end("said")):
            yield Sentence("verdict", verdict["said"], *verdict.span("said"))
    if breath := _BREATH.search(prose + "\n"):
        for item in _ITEM.finditer(prose, breath.start("said"), breath.end("said")):
            yield from _split("recap", prose, *item.span("said"))


def _split(part: str, prose: str, start: int, end: int) -> Iterator[Sentence]:
    for match in _SENTENCE.finditer(prose[:end], start):
        yield Sentence(part, match.group(), *match.span())


def carried(text: str) -> tuple[list[Sentence], list[Sentence]]:
    """The sentences that a proof, a footnote or a reason holds, and those that nothing holds."""
    held = [(claim.start, claim.end) for claim in read(text)]
    held += [_place(_prose(text), words, 1) for words in _excused(front_matter(text))]
    yes: list[Sentence] = []
    no: list[Sentence] = []
    for one in sentences(text):
        is_held = "[^" in one.words or any(s < one.end and e > one.start for s, e in held)
        (yes if is_held else no).append(one)
    return yes, no


def _excused(front: Mapping[str, Any]) -> list[str]:
    given = front.get("unproved", {})
    if strange := set(given) - REASONS:
        raise ClaimError(f"unproved: expected some of {sorted(REASONS)}, got {sorted(strange)}")
    return [str(words) for several in given.values() for words in several]


def formulas(text: str) -> int:
    """How many formulas stand by themselves on the page."""
    return len(_DISPLAYED.findall(_prose(text)))


def unproved(name: str, text: str) -> Iterator[str]:
    """The claims whose assertion fails where it should hold, or holds where it should fail."""
    fences = [fence for fence in find_fences(text) if fence.is_python]
    claims = [claim for claim in read(text) if missing(fences[claim.block]) is None]
    if not claims:
        return
    pieces, places = _pieces([fence.source.strip("\n") for fence in fences])
    scripts = dependencies.scripts(pieces)
    # What several assertions need is run once for all of them.
    worlds: dict[str, list[str]] = {}
    tried = []
    for claim in claims:
        place = places[claim.block, claim.assertion]
        [asserted] = _assertions(pieces[place])
        test = ast.unparse(asserted.test)
        needed = scripts[place].removesuffix(pieces[place])
        try:
            for expected, script in (("True", needed), ("False", _changed(needed, claim.world))):
                tests = worlds.setdefault(script, [])
                tried.append((claim, expected, script, len(tests)))
                tests.append(test)
        except ClaimError as error:
            yield f"{claim.words!r}: {error}"
    cells = [
        replace(fences[0], source=_CELL.format(script=script, tests=tests, end=_END), info="python")
        for script, tests in worlds.items()
    ]
    results = execution.page(
        f"claims/{name}", [Block(cell, number, None) for number, cell in enumerate(cells, start=1)]
    )
    for claim, expected, script, number in tried:
        result = results[[*worlds].index(script)]
        said = result.problem or result.printed.rpartition(_END)[2].strip().split("\n")
        found = said if isinstance(said, str) else said[min(number, len(said) - 1)]
        if found != expected:
            world = "the page" if expected == "True" else claim.world
            yield f"{claim.words!r}: expected {expected} in {world}, got {found}"


def _pieces(sources: Sequence[str]) -> tuple[list[str], dict[tuple[int, int], int]]:
    """The blocks, parted before and behind each assertion; and where each assertion then is.

    What an assertion needs is less than what its block needs, and quicker to run.
    """
    pieces: list[str] = []
    places: dict[tuple[int, int], int] = {}
    for block, source in enumerate(sources):
        lines, done = source.splitlines(), 0
        for number, assertion in enumerate(_assertions(source)):
            end = assertion.end_lineno or 0
            pieces.append("\n".join(lines[done : assertion.lineno - 1]))
            places[block, number] = len(pieces)
            pieces.append("\n".join(lines[assertion.lineno - 1 : end]))
            done = end
        pieces.append("\n".join(lines[done:]))
    return pieces, places


def _changed(needed: str, world: Sequence[tuple[str, str]]) -> str:
    for old, new in world:
        if old not in needed:
            raise ClaimError(f"refuted: {old!r} does not stand in what the assertion needs")
        needed = needed.replace(old, new)
    return needed
