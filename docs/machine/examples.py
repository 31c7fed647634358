"""Runs a page's Python blocks as a reader would, in order, and holds the page to what they print.
This is the half of the machine that tests use; it needs Sybil, which the site's build does not."""

import contextlib
import importlib.util
import io
import itertools
import os
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sybil import Document, Example, Lexeme, Region

import nnlib

from .comparing import mutants, same_output
from .fences import Fence, find_fences

# What a page may ask for that not every machine has, and how to tell whether this one has it.
_AVAILABLE = {
    "torch": lambda: importlib.util.find_spec("torch") is not None,
    "mnist": lambda: bool(os.environ.get("NNLIB_DATA")),
}
# Taken before any page has run; which options there are depends on the version of NumPy.
_PRINT_OPTIONS = np.get_printoptions()


@dataclass(frozen=True)
class Block:
    """A Python fence and the output that the page claims for it, if it claims any."""

    fence: Fence
    expected: str | None


def blocks(text: str) -> Iterator[Block]:
    """Each Python fence of a page with the `text` fence that directly follows it.

    A `text` fence that follows no Python fence is an error: nothing would prove that output.
    """
    found = list(find_fences(text))
    owned: set[int] = set()
    for fence, following in itertools.zip_longest(found, found[1:]):
        if not fence.closed:
            raise ValueError(f"line {fence.line}: this fence is never closed")
        if not fence.is_python:
            if fence.language == "text" and fence.start not in owned:
                raise ValueError(
                    f"line {fence.line}: this output follows no Python block, so nothing proves it"
                )
            continue
        answers = following is not None and following.language == "text"
        if answers and not text[fence.end : following.start].strip():
            owned.add(following.start)
            yield Block(fence, following.source)
        else:
            yield Block(fence, None)


def parse(document: Document) -> Iterator[Region]:
    """Sybil's view of a page: one region for each Python block."""
    for block in blocks(document.text):
        fence = block.fence
        region = Region(fence.start, fence.end, parsed=block, evaluator=evaluate)
        region.lexemes["source"] = Lexeme(fence.source, fence.source_start - fence.start, 1)
        yield region


def missing(fence: Fence) -> str | None:
    """What the block needs that this machine does not have."""
    need = fence.options.get("needs")
    if need is None:
        return None
    if need not in _AVAILABLE:
        raise ValueError(f'line {fence.line}: needs="{need}": expected one of {sorted(_AVAILABLE)}')
    return None if _AVAILABLE[str(need)]() else str(need)


def evaluate(example: Example) -> str | None:
    """Runs one block in the page's namespace; returns what is wrong with it, or nothing."""
    block: Block = example.parsed
    fence = block.fence
    need = missing(fence)
    if need is not None:
        if need in os.environ.get("NNLIB_REQUIRE", "").split():
            return f"this block needs {need}, which is required here (NNLIB_REQUIRE) and absent"
        pytest.skip(f"this block needs {need}, which is not on this machine")
    printed, problem = run(block, example.namespace, example.path)
    return problem or _output(block, printed)


def run(block: Block, namespace: dict[str, object], path: str) -> tuple[str, str | None]:
    """Executes one block; returns what it printed and what is wrong with its pictures."""
    fence = block.fence
    printed = io.StringIO()
    # Compiled with its place in the page, so that a traceback points at the Markdown line.
    code = compile("\n" * fence.line + fence.source, path, "exec", dont_inherit=True)
    namespace.setdefault("__name__", "__main__")
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("error")
        # Without a screen there is nothing to show; all else about a figure is checked below.
        warnings.filterwarnings("ignore", message=".*non-interactive, and thus cannot be shown")
        exec(code, namespace)
        problem = _figures(fence)
    return printed.getvalue(), problem


def _output(block: Block, printed: str) -> str | None:
    if block.expected is None:
        if printed:
            return f"the block prints, and no ```text block after it says what:\n{printed}"
        return None
    if not same_output(block.expected, printed):
        return f"the page says\n{block.expected}\nthe block prints\n{printed}"
    # Proof that this comparison bites: a page with any digit changed has to be noticed.
    unnoticed = [mutant for mutant in mutants(block.expected) if same_output(mutant, printed)]
    if unnoticed:
        return f"the block prints\n{printed}\nand this would pass, too:\n{unnoticed[0]}"
    return None


def _figures(fence: Fence) -> str | None:
    """Draws what the block drew, as the build will, and checks that each picture is described."""
    numbers = plt.get_fignums()
    for number in numbers:
        plt.figure(number).savefig(io.BytesIO(), format="svg")
    plt.close("all")
    alt = fence.options.get("alt", [])
    described = 1 if isinstance(alt, str) else len(list(alt))  # type: ignore[call-overload]
    if described != len(numbers):
        return f"the block draws {len(numbers)} pictures and describes {described} (alt=...)"
    return None


def fresh(namespace: dict[str, object]) -> None:
    """A page starts as an empty interpreter does, whatever the page before it changed."""
    namespace.clear()
    np.set_printoptions(**_PRINT_OPTIONS)
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    mpl.rcdefaults()
    mpl.use("Agg")
    plt.close("all")
    # A page that leaned on a seed set by another page must show it.
    np.random.seed(None)
    nnlib.manual_seed(secrets.randbits(32))
