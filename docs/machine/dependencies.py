"""Finds for each Python block of a page the earlier statements that it needs to run by itself.
The page ships line numbers only; the browser puts the script together from the blocks it shows.
"""

import ast
import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nnlib

from . import effects, keeping, library
from .effects import Places, Reader
from .fences import find_fences

_BLOCK = re.compile(r'<div class="(?=[^"]*\blanguage-python\b)[^"]*\bhighlight\b[^"]*"')


@dataclass(frozen=True)
class Piece:
    """A statement at the top level of a block, with the first and the last of its lines."""

    block: int
    first: int
    last: int
    statements: tuple[ast.stmt, ...] = field(compare=False)

    @property
    def defines(self) -> list[str]:
        return [s.name for s in self.statements if isinstance(s, ast.FunctionDef | ast.ClassDef)]


@dataclass(frozen=True)
class Run:
    """Lines of one block that follow one another, first and last included; they count from 1."""

    block: int
    first: int
    last: int


def pieces(blocks: Sequence[str]) -> Iterator[Piece]:
    """The statements of a page in order; those that share a line stay together."""
    for number, source in enumerate(blocks):
        open_: list[ast.stmt] = []
        for statement in ast.parse(source).body:
            if open_ and _first(statement) > (open_[-1].end_lineno or 0):
                yield _piece(number, open_)
                open_ = []
            open_.append(statement)
        if open_:
            yield _piece(number, open_)


def _first(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _piece(block: int, statements: list[ast.stmt]) -> Piece:
    return Piece(block, _first(statements[0]), statements[-1].end_lineno or 0, tuple(statements))


@dataclass(frozen=True)
class Page:
    """A page's statements, the earlier ones that each needs, and those that each block needs."""

    order: list[Piece]
    direct: list[set[int]]
    blocks: list[list[int]]
    places: list[Places]
    learners: frozenset[int]

    def own(self, block: int) -> list[int]:
        return [at for at, piece in enumerate(self.order) if piece.block == block]


def read(blocks: Sequence[str]) -> Page:
    """Follows a page's names from block to block.

    >>> page = read(["import math\\nradius = 2", "print(radius)", "print(math.pi)"])
    >>> [[page.order[at].first for at in block] for block in page.blocks]
    [[], [2], [1]]

    A block that only defines something needs what its functions will look up when they are called.
    """
    order = list(pieces(blocks))
    reader = Reader()
    direct: list[set[int]] = []
    wanted: list[set[int]] = [set() for _ in blocks]
    for at, piece in enumerate(order):
        direct.append({one for one in reader.read(list(piece.statements)) if one != at})
        wanted[piece.block] |= direct[-1]
        if at + 1 == len(order) or order[at + 1].block != piece.block:
            names = [name for one in order if one.block == piece.block for name in one.defines]
            for name in names:
                wanted[piece.block] |= reader.needed_by(name)
    found = []
    for block, waiting in enumerate(wanted):
        closure: set[int] = set()
        while waiting:
            one = waiting.pop()
            if one not in closure:
                closure.add(one)
                waiting |= direct[one]
        found.append([one for one in sorted(closure) if order[one].block < block])
    return Page(order, direct, found, reader.places, reader.learners)


def runs(page: Page, blocks: Sequence[str], block: int) -> list[Run]:
    """The lines that a block needs; between neighbours, comments and blank lines come along."""
    found: list[Run] = []
    previous = None
    for at in page.blocks[block]:
        piece = page.order[at]
        if found and previous == at - 1 and found[-1].block == piece.block:
            found[-1] = Run(piece.block, found[-1].first, piece.last)
        else:
            found.append(Run(piece.block, piece.first, piece.last))
        previous = at
    return [_whole(page, run, blocks[run.block]) for run in found]


def _whole(page: Page, run: Run, source: str) -> Run:
    """A block of which every statement is needed comes with its comments."""
    mine = page.own(run.block)
    if run.first <= page.order[mine[0]].first and run.last >= page.order[mine[-1]].last:
        return Run(run.block, 1, len(source.splitlines()))
    return run


def scripts(blocks: Sequence[str]) -> list[str]:
    """For each block of a page the script that runs by itself, as `assets/copy.js` joins it."""
    page = read(blocks)
    made = []
    for block, source in enumerate(blocks):
        needs = [
            "\n".join(blocks[run.block].splitlines()[run.first - 1 : run.last])
            for run in runs(page, blocks, block)
        ]
        made.append("\n\n".join([*needs, source]))
    return made


def only(blocks: Sequence[str | None], wanted: Iterable[int]) -> list[str]:
    """The lines that the wanted blocks need, each where it stood, and blanks for the others.

    >>> only(["a = 1\\nb = 2", "print(a)", "print(b)"], {2})
    ['\\nb = 2', '', 'print(b)']
    """
    text = [(block or "").splitlines() for block in blocks]
    page = read([block or "" for block in blocks])
    needed: list[set[int]] = [set() for _ in blocks]
    for block in wanted:
        needed[block] |= set(range(len(text[block])))
        for at in page.blocks[block]:
            piece = page.order[at]
            needed[piece.block] |= set(range(piece.first - 1, piece.last))
    return [
        "\n".join(line if at in lines else "" for at, line in enumerate(source)).rstrip("\n")
        for source, lines in zip(text, needed, strict=True)
    ]


def sources(markdown: str) -> list[str]:
    """The page's Python blocks, those in exercises included."""
    return [fence.source.strip("\n") for fence in find_fences(markdown) if fence.is_python]


def mark(rendered: str, markdown: str, kept: Path | None = None) -> str:
    """The page with `data-needs="0:1-4 2:7-9"` on each block: lines of which blocks it needs.

    The file `kept` saves reading the page again until its blocks change, or how they are read.
    """
    blocks = sources(markdown)
    shown = len(_BLOCK.findall(rendered))
    if shown != len(blocks):
        raise ValueError(f"{len(blocks)} Python blocks in the source, {shown} on the page")
    waiting = iter(_kept(blocks, kept) if kept else _needs(blocks))
    return _BLOCK.sub(
        lambda match: f'{match.group()} data-needs="{html.escape(next(waiting))}"', rendered
    )


def _needs(blocks: Sequence[str]) -> list[str]:
    page = read(blocks)
    return [
        " ".join(f"{run.block}:{run.first}-{run.last}" for run in runs(page, blocks, block))
        for block in range(len(blocks))
    ]


def _kept(blocks: Sequence[str], file: Path) -> list[str]:
    theirs = sorted(Path(nnlib.__file__).parent.rglob("*.py"))
    ours = (Path(__file__), Path(effects.__file__), Path(library.__file__), *theirs)
    read_how = [path.read_text(encoding="utf-8") for path in ours]
    found: list[str] = json.loads(
        keeping.kept(
            file, json.dumps([read_how, blocks]), lambda: json.dumps(_needs(blocks)).encode()
        )
    )
    return found
