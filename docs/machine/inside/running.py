"""Runs blocks of a page in one namespace, and tells the page what they print, draw and raise.
What is said while a block runs goes out at once; only so much of it as anybody can read.
"""

import builtins
import itertools
import linecache
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO, cast

from . import drawing
from .failing import Failure, describe

# Characters of one run that the page shows; a hundred megabytes would only stop the browser.
MOST = 100_000
VERDICT = "check"
_EVERY_SECONDS = 0.05
_MANY = 4_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Piece:
    """Some lines of a block; `first` is the number of the first one, which tracebacks show."""

    block: str
    first: int
    source: str


@dataclass
class Outcome:
    """How a run ended: what was raised, if anything was, and the pictures in their order."""

    failure: Failure | None = None
    pictures: list[str] = field(default_factory=list)


class Voice:
    """A stream that passes on what is printed, in pieces as large as a reader can follow."""

    encoding = "utf-8"

    def __init__(self, say: Say) -> None:
        self._say = say
        self._waiting: list[str] = []
        self._size = 0
        self._left = MOST
        self._lost = 0
        self._due = 0.0

    def write(self, text: str) -> int:
        kept = text[: self._left]
        self._left -= len(kept)
        self._lost += len(text) - len(kept)
        if kept:
            self._waiting.append(kept)
            self._size += len(kept)
            if self._size > _MANY or time.monotonic() > self._due:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self._waiting:
            self._say("".join(self._waiting))
            self._waiting.clear()
            self._size = 0
        self._due = time.monotonic() + _EVERY_SECONDS

    def close(self) -> None:
        if self._lost:
            self._waiting.append(f"\n… and {self._lost:,} characters more, which are not shown\n")
            self._lost = 0
        self.flush()

    def isatty(self) -> bool:
        return False


class Session:
    """One namespace, as that of a module that is run."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        self.names = self.module.__dict__
        self._texts: dict[str, str] = {}

    def knows(self, block: str, text: str) -> None:
        """The whole text of a block, of which pieces will be run."""
        self._texts[block] = text

    def execute(self, piece: Piece) -> None:
        """Runs these lines; what they raise points at their place in the block."""
        name = f"<{piece.block}>"
        # What a traceback shows beside the number of a line.
        text = self._texts.get(piece.block, "\n" * (piece.first - 1) + piece.source)
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        code = "\n" * (piece.first - 1) + piece.source
        exec(compile(code, name, "exec", dont_inherit=True), self.names)

    def run(
        self,
        name: str,
        steps: Iterable[Piece],
        *,
        say: Say,
        show: Callable[[str], None],
        alts: Sequence[str] = (),
        prefix: str = "r",
        judge: Say | None = None,
    ) -> Outcome:
        """Runs the pieces in order, those of other blocks in silence; raises nothing of theirs.

        The next piece is asked for when the one before it has been run. What is printed by a piece
        named `VERDICT` goes to `judge`.
        """
        outcome = Outcome()

        def draw(svg: str) -> None:
            outcome.pictures.append(svg)
            show(svg)

        with self._at_home():
            try:
                for other, group in itertools.groupby(steps, lambda piece: piece.block):
                    own = other == name
                    heard = say if own else judge if other == VERDICT and judge else _unheard
                    seen = drawing.seen(draw, alts=alts, prefix=prefix) if own else drawing.unseen()
                    with _heard(heard), seen:
                        for piece in group:
                            self.execute(piece)
            except BaseException as error:
                outcome.failure = describe(error, name)
        return outcome

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        """The names are those of the module that is run, and nobody is there to be asked."""
        main, asked = sys.modules["__main__"], builtins.input
        sys.modules["__main__"] = self.module
        builtins.input = _nobody
        try:
            yield
        finally:
            sys.modules["__main__"], builtins.input = main, asked


def _nobody(prompt: object = "") -> str:
    raise EOFError("input() has nobody to ask here")


def _unheard(text: str) -> None:
    """What other blocks say has been read where they stand."""


@contextmanager
def _heard(say: Say) -> Iterator[None]:
    voice: Any = Voice(say)
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = cast(TextIO, voice)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        voice.close()
