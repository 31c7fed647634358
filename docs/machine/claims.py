"""Marks the words of a page that one of its blocks proves, with a tick that leads to the block.
Whoever claims a proof names a world in which the words are false: there the assertion has to fail.
"""

import ast
import itertools
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
_claims = []
try:
    exec({script!r}, {{"__name__": "__main__", "_claims": _claims}})
except Exception as error:
    _problem = repr(error)
else:
    _problem = ""
print({end!r}, *_claims, _problem, sep="\\n")"""


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
    sources = dependencies.sources(text)
    scripts = dependencies.scripts(sources) if claims else []
    worlds: dict[str, int] = {}

    def numbered(claim: Claim, world: Sequence[tuple[str, str]]) -> int:
        script = _script(scripts[claim.block], sources[claim.block], world)
        return worlds.setdefault(script, len(worlds))

    tried = []
    for claim in claims:
        try:
            tried.append((claim, numbered(claim, ()), numbered(claim, claim.world)))
        except ClaimError as error:
            yield f"{claim.words!r}: {error}"
    cells = [
        Block(_cell(fences[0], script), number, None)
        for number, script in enumerate(worlds, start=1)
    ]
    results = execution.page(f"claims/{name}", cells)
    told = [result.problem or result.printed.rpartition(_END)[2] for result in results]
    for claim, here, there in tried:
        for number, expected in ((here, "True"), (there, "False")):
            *verdicts, problem = told[number].strip("\n").split("\n")
            found = verdicts[claim.assertion] if claim.assertion < len(verdicts) else problem
            if found != expected:
                world = claim.world if number == there else "the page"
                yield f"{claim.words!r}: expected {expected} in {world}, got {found}"


def _cell(fence: Fence, script: str) -> Fence:
    return replace(fence, source=_CELL.format(script=script, end=_END), info="python")


def _script(script: str, source: str, world: Sequence[tuple[str, str]]) -> str:
    """The block and what it needs, with the world's changes; assertions are noted, never changed.

    >>> print(_script("n = 2\\n\\nassert n == 2", "assert n == 2", [("2", "3")]))
    n = 3
    <BLANKLINE>
    _claims.append(bool(n == 2))
    <BLANKLINE>
    """
    code, noted, done = [script.removesuffix(source)], [], 0
    lines = source.splitlines(keepends=True)
    for assertion in _assertions(source):
        code.append("".join(lines[done : assertion.lineno - 1]))
        noted.append(f"_claims.append(bool({ast.unparse(assertion.test)}))\n")
        done = assertion.end_lineno or 0
    code.append("".join(lines[done:]))
    for old, new in world:
        if not any(old in piece for piece in code):
            raise ClaimError(f"refuted: {old!r} stands neither in the block nor in what it needs")
        code = [piece.replace(old, new) for piece in code]
    between = itertools.zip_longest(code[1:], noted, fillvalue="")
    return code[0] + "".join(piece + note for piece, note in between)
