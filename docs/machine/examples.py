"""Reads a page's Python blocks with the outputs it claims for them, and says what a block's result
leaves unproved.
Tests and build both ask here, so that they cannot disagree on what is wrong."""

import importlib.util
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass

from .comparing import same_output
from .fences import Fence, find_fences

# What a page may ask for that not every machine has, and how to tell whether this one has it.
_AVAILABLE = {
    "torch": lambda: importlib.util.find_spec("torch") is not None,
    "mnist": lambda: bool(os.environ.get("NNLIB_DATA")),
}


@dataclass(frozen=True)
class Block:
    """A Python fence, its place among the page's, and the output that the page claims for it."""

    fence: Fence
    number: int
    expected: str | None

    def place(self, page: str) -> str:
        """Where it stands, in words: `losses.md:12: block 3 (x = 1)`."""
        first = next((line for line in self.fence.source.splitlines() if line.strip()), "")
        return f"{page}:{self.fence.line}: block {self.number} ({first.strip()})"


@dataclass(frozen=True)
class Result:
    """What a block printed and drew (as SVG), what stopped it, if anything did, the values that its
    fence asks for, as JSON, and what its assertions said when tried on the page and elsewhere."""

    printed: str = ""
    pictures: Sequence[str] = ()
    problem: str | None = None
    data: str = ""
    tried: Sequence[Sequence[str]] = ()


def blocks(text: str) -> list[Block]:
    """Each Python fence of a page with the `text` fence that directly follows it.

    A `text` fence that follows no Python fence is an error: nothing would prove that output.
    """
    found = list(find_fences(text))
    owned: set[int] = set()
    blocks: list[Block] = []
    for fence, following in itertools.zip_longest(found, found[1:]):
        if not fence.closed:
            raise ValueError(f"line {fence.line}: this fence is never closed")
        if not fence.is_python:
            if fence.language == "text" and fence.start not in owned:
                raise ValueError(
                    f"line {fence.line}: this output follows no Python block, so nothing proves it"
                )
            continue
        expected = None
        answers = following is not None and following.language == "text"
        if answers and not text[fence.end : following.start].strip():
            owned.add(following.start)
            expected = following.source
        missing(fence)
        blocks.append(Block(fence, len(blocks) + 1, expected))
    return blocks


def missing(fence: Fence) -> str | None:
    """What the block needs that this machine does not have."""
    need = fence.options.get("needs")
    if need is None:
        return None
    if need not in _AVAILABLE:
        raise ValueError(f'line {fence.line}: needs="{need}": expected one of {sorted(_AVAILABLE)}')
    if "alt" in fence.options:
        raise ValueError(
            f'line {fence.line}: needs="{need}" and alt="...": expected no picture of a block '
            "that not every machine can run, since the page is the same on all"
        )
    return None if _AVAILABLE[str(need)]() else str(need)


def required(need: str) -> bool:
    """Whether what a page may need must be there: on this machine, nothing goes untested."""
    return need in os.environ.get("NNLIB_REQUIRE", "").split()


def wrong(block: Block, result: Result, page: str) -> str | None:
    """What the page leaves untold or tells wrongly of this block; nothing if all is proved."""
    if need := missing(block.fence):
        return (
            f"{block.place(page)}: needs {need}, which is required here (NNLIB_REQUIRE) and absent"
            if required(need)
            else None
        )
    if result.problem is not None:
        return result.problem
    return _untrue(block, result, page) or _undescribed(block, result, page)


def _untrue(block: Block, result: Result, page: str) -> str | None:
    if block.expected is None:
        if result.printed:
            return (
                f"{block.place(page)} prints, and no ```text block after it says what:\n"
                f"{result.printed}"
            )
    elif not same_output(block.expected, result.printed):
        return (
            f"{block.place(page)}: the page says\n{block.expected}\n"
            f"the block prints\n{result.printed}"
        )
    return None


def _undescribed(block: Block, result: Result, page: str) -> str | None:
    alt = block.fence.options.get("alt", [])
    described = 1 if isinstance(alt, str) else len(list(alt))  # type: ignore[call-overload]
    if described != len(result.pictures):
        return (
            f"{block.place(page)} draws {len(result.pictures)} pictures "
            f"and describes {described} (alt=...)"
        )
    return None
