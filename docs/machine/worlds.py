"""Finds, for each assertion that proves something, what has to run again where its words are false.
The page's kernel tries it in a copy of itself, at the block that the change begins with: what was
trained before need not be trained again.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from . import dependencies
from .examples import missing
from .fences import Fence

_ARROW = " -> "


class ClaimError(ValueError):
    """A proof that proves nothing; the message says which and why."""


@dataclass(frozen=True)
class Trial:
    """An assertion, by the block it stands in and its place there; its test; and what runs before
    it from some block on, as the page has it and in the other world."""

    block: int
    assertion: int
    test: str
    page: str
    world: str


def listed(fence: Fence, option: str) -> list[str]:
    """What `proves=` or `refuted=` name, one or several."""
    given = fence.options.get(option, [])
    return [given] if isinstance(given, str) else [str(each) for each in given]  # type: ignore[attr-defined]


def assertions(source: str) -> list[ast.Assert]:
    return [node for node in ast.parse(source).body if isinstance(node, ast.Assert)]


def replacements(world: str, line: int) -> tuple[tuple[str, str], ...]:
    """The `old -> new` of a world.

    >>> replacements("2 -> 3; x -> y", line=7)
    (('2', '3'), ('x', 'y'))
    """
    pairs = tuple(tuple(each.split(_ARROW)) for each in world.split("; "))
    if not all(len(pair) == 2 and pair[0] for pair in pairs):
        raise ClaimError(f"line {line}: refuted: expected 'old -> new', got {world!r}")
    return pairs  # type: ignore[return-value]


def trials(fences: Sequence[Fence]) -> Mapping[int, list[Trial]]:
    """What to try before which of the page's Python blocks."""
    # A page runs without what this machine does not have, and so do its worlds.
    fences = [f if missing(f) is None else replace(f, source="", info="python") for f in fences]
    if not any("refuted" in fence.options for fence in fences):
        return {}
    sources, places, owner = _pieces([fence.source.strip("\n") for fence in fences])
    page = dependencies.read(sources)
    found: dict[int, list[Trial]] = {}
    for at, fence in enumerate(fences):
        for number, world in enumerate(listed(fence, "refuted")):
            place = places[at, number]
            [asserted] = assertions(sources[place])
            needed = [
                (owner[run.block], _lines(sources[run.block], run.first, run.last))
                for run in dependencies.runs(page, sources, place)
            ]
            changed = [text for _, text in needed]
            for old, new in replacements(world, fence.line):
                if not any(old in text for text in changed):
                    raise ClaimError(
                        f"line {fence.line}: refuted: {old!r} does not stand in what the "
                        "assertion needs"
                    )
                changed = [text.replace(old, new) for text in changed]
            # A world that changes nothing is tried, too, and found to be the page's.
            first = min(
                (of for (of, text), new in zip(needed, changed, strict=True) if text != new),
                default=at,
            )
            scripts = (
                "\n\n".join(
                    text for (of, _), text in zip(needed, texts, strict=True) if of >= first
                )
                for texts in ([text for _, text in needed], changed)
            )
            trial = Trial(at, number, ast.unparse(asserted.test), *scripts)
            found.setdefault(first, []).append(trial)
    return found


def _lines(source: str, first: int, last: int) -> str:
    return "\n".join(source.splitlines()[first - 1 : last])


def _pieces(
    sources: Sequence[str],
) -> tuple[list[str], dict[tuple[int, int], int], list[int]]:
    """The blocks, parted before and behind each assertion; where each assertion then is; and of
    which block each part is.

    What an assertion needs is less than what its block needs, and quicker to run.
    """
    pieces: list[str] = []
    places: dict[tuple[int, int], int] = {}
    owner: list[int] = []
    for block, source in enumerate(sources):
        lines, done = source.splitlines(), 0
        for number, assertion in enumerate(assertions(source)):
            end = assertion.end_lineno or 0
            pieces.append("\n".join(lines[done : assertion.lineno - 1]))
            places[block, number] = len(pieces)
            pieces.append("\n".join(lines[assertion.lineno - 1 : end]))
            done = end
        pieces.append("\n".join(lines[done:]))
        owner += [block] * (len(pieces) - len(owner))
    return pieces, places, owner
