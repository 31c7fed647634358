"""Marks the words of a page that one of its blocks proves, with a tick that leads to the block.
Whoever claims a proof names a world in which the words are false: there the assertion has to fail.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import execution, worlds
from .examples import blocks, missing
from .fences import find_fences
from .pages import body, front_matter
from .worlds import ClaimError

# Why a sentence that ought to be proved need not be; the page's front matter says which are.
REASONS = frozenset({"definition", "opinion", "advice", "outlook"})

_DISPLAYED = re.compile(r"\$\$.+?\$\$", re.DOTALL)
_PUNCTUATION = re.compile(r"[.,;:!?]*")
_SENTENCE = re.compile(r"\S.*?(?:[.?!][\"”*)]*(?=\s|\Z)|\Z)", re.DOTALL)
_PROMISE = re.compile(r"^# [^\n]+\n(?P<said>.*?)(?=^```|^#)", re.DOTALL | re.MULTILINE)
_BREATH = re.compile(r"^## In one breath\n+(?P<said>(?:- .*?)+)(?=^$)", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"^- (?P<said>[^\n]*(?:\n  [^\n]*)*)", re.MULTILINE)
_VERDICT = re.compile(r"^\*\*[^*\n]+\*\* (?P<said>.*?)(?=^$)", re.DOTALL | re.MULTILINE)
# A page that is made of such claims has a verdict in each section.
_SPOKEN = re.compile(r"^\*\*Verdict\.\*\* (?P<said>.*?)(?=^$)", re.DOTALL | re.MULTILINE)
_WRONG = re.compile(
    r"^## (?:What|Things) people get wrong\n(?P<said>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE
)


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
    world: str

    def is_formula(self, text: str) -> bool:
        return any(
            formula.start() <= self.start < formula.end() for formula in _DISPLAYED.finditer(text)
        )


def read(text: str) -> list[Claim]:
    """The claims of a page; a block's options pair with its assertions, in their order.

    >>> page = 'Two is even.\\n\\n```python proves="Two is even" refuted="2 -> 3"\\nn = 2\\n'
    >>> [claim] = read(page + "assert n % 2 == 0\\n```\\n")
    >>> claim.words, claim.asserted, claim.world
    ('Two is even', 'assert n % 2 == 0', '2 -> 3')
    """
    prose = prose_of(text)
    claims = []
    for block, fence in enumerate(fence for fence in find_fences(text) if fence.is_python):
        words, others = worlds.listed(fence, "proves"), worlds.listed(fence, "refuted")
        if not words and not others:
            continue
        assertions = worlds.assertions(fence.source)
        if not len(words) == len(others) == len(assertions):
            raise ClaimError(
                f"line {fence.line}: expected as many assertions as proves and refuted, "
                f"got {len(assertions)}, {len(words)} and {len(others)}"
            )
        for at, (said, world, assertion) in enumerate(zip(words, others, assertions, strict=True)):
            start, end = _place(prose, said, fence.line)
            worlds.replacements(world, fence.line)
            asserted = " ".join((ast.get_source_segment(fence.source, assertion) or "").split())
            claims.append(Claim(said, start, end, block, at, asserted, world))
    return sorted(claims, key=lambda claim: claim.start)


def prose_of(text: str) -> str:
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
    prose = prose_of(markdown)
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
    prose = prose_of(text)
    # The first line of a block ends the promise.
    lines = [fence.start for fence in find_fences(text)]
    if promise := _PROMISE.search(text):
        end = min([promise.end("said"), *(at for at in lines if at >= promise.start("said"))])
        yield from _split("promise", prose, promise.start("said"), end)
    if wrong := _WRONG.search(prose):
        for verdict in _VERDICT.finditer(prose, wrong.start("said"), wrong.end("said")):
            yield Sentence("verdict", verdict["said"], *verdict.span("said"))
    for verdict in _SPOKEN.finditer(prose):
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
    held += excused(text)
    yes: list[Sentence] = []
    no: list[Sentence] = []
    for one in sentences(text):
        is_held = "[^" in one.words or any(s < one.end and e > one.start for s, e in held)
        (yes if is_held else no).append(one)
    return yes, no


def excused(text: str) -> list[tuple[int, int]]:
    """Where the words stand that need no proof, for a reason that the front matter gives."""
    given: Mapping[str, Sequence[str]] = front_matter(text).get("unproved", {})
    if strange := set(given) - REASONS:
        raise ClaimError(f"unproved: expected some of {sorted(REASONS)}, got {sorted(strange)}")
    prose = prose_of(text)
    return [_place(prose, str(words), 1) for several in given.values() for words in several]


def formulas(text: str) -> int:
    """How many formulas stand by themselves on the page."""
    return len(_DISPLAYED.findall(prose_of(text)))


def unproved(name: str, text: str) -> Iterator[str]:
    """The claims whose assertion fails where it should hold, or holds where it should fail."""
    written = blocks(text)
    proving = [at for at, block in enumerate(written) if worlds.listed(block.fence, "refuted")]
    if not proving:
        return
    try:
        results = execution.page(name, written)
    except ClaimError as error:
        yield str(error)
        return
    for claim in read(text):
        block, result = written[claim.block], results[claim.block]
        if missing(block.fence) is not None:
            continue
        if result.problem is not None:
            yield f"{claim.words!r}: {result.problem}"
            continue
        for place, expected, said in zip(
            ("the page", claim.world), ("True", "False"), result.tried[claim.assertion], strict=True
        ):
            if said != expected:
                yield f"{claim.words!r}: expected {expected} in {place}, got {said}"
