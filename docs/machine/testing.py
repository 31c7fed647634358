"""Makes each Python block of a page a test of its own, with Sybil.
What the page's blocks gave comes from where the build has it, too: no page is executed twice."""

import functools
import os
from collections.abc import Iterator

import pytest
from sybil import Document, Example, Lexeme, Region

from . import execution, kernel
from .comparing import mutants, same_output
from .examples import Block, Result, blocks, missing, required, wrong


def parse(document: Document) -> Iterator[Region]:
    """Sybil's view of a page: one region for each Python block."""
    for block in blocks(document.text):
        fence = block.fence
        region = Region(fence.start, fence.end, parsed=block, evaluator=evaluate)
        region.lexemes["source"] = Lexeme(fence.source, fence.source_start - fence.start, 1)
        yield region


def evaluate(example: Example) -> str | None:
    """What is wrong with a block, or nothing."""
    block: Block = example.parsed
    need = missing(block.fence)
    if need is not None and not required(need):
        pytest.skip(f"this block needs {need}, which is not on this machine")
    name = os.path.relpath(example.path, os.path.dirname(os.path.dirname(__file__)))
    result = _results(name.replace(os.sep, "/"), example.document.text)[block.number - 1]
    return wrong(block, result, name) or _toothless(block, result)


@functools.lru_cache(maxsize=4)
def _results(name: str, text: str) -> list[Result]:
    # Where everything is tried, tests run the pages in another arithmetic than the build, which
    # compares as they do: what a page says must be true in both.
    everything = os.environ.get("NNLIB_THOROUGH") == "everything"
    around = kernel.other_arithmetic() if everything else {}
    return execution.page(name, blocks(text), surroundings=around)


def _toothless(block: Block, result: Result) -> str | None:
    """Proof that the comparison bites: a page with any digit changed has to be noticed."""
    unnoticed = [m for m in mutants(block.expected or "") if same_output(m, result.printed)]
    if unnoticed:
        return f"the block prints\n{result.printed}\nand this would pass, too:\n{unnoticed[0]}"
    return None
