"""Answers the page: which block is to run comes as JSON, how it ended goes back as JSON.
The worker's JavaScript passes both on and knows nothing of Python.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path

from . import exercises, planning, surroundings
from .running import VERDICT, Piece, Session

FACTS = "facts"
_DRAWS = re.compile(r"\b(matplotlib|pyplot|plt|plotting)\b")
Tell = Callable[[str], None]
_HERE = Path(__file__).parent


def key(sources: list[str]) -> str:
    """Under which the build has put down what it knows of a page with these blocks."""
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]


class Server:
    """One page's namespace, and what has been run in it."""

    def __init__(self) -> None:
        self.session = Session()
        self.plan = planning.Plan(surroundings.save, surroundings.restore)
        self._pages: dict[str, list[planning.Statement]] = {}

    def page(self, sources: list[str]) -> list[planning.Statement]:
        """What is known of the page's statements, with the blocks as they are now."""
        name = key(sources)
        if name not in self._pages:
            kept = _HERE / FACTS / f"{name}.json"
            known = json.loads(kept.read_text()) if kept.is_file() else planning.facts(sources)
            self._pages[name] = planning.statements(sources, known)
        return self._pages[name]

    def draws(self, request: str) -> bool:
        """Whether what this request runs may draw."""
        asked = json.loads(request)
        page, number = self.page(asked["sources"]), asked["block"]
        before = (page[at].source for at in self.plan.before(page, number))
        return any(map(_DRAWS.search, [*before, asked["sources"][number]]))

    def answer(self, request: str, say: Tell, show: Tell, note: Tell) -> str:
        """Runs a block after what it needs; `note` is told of whatever else has to run."""
        asked = json.loads(request)
        sources: list[str] = asked["sources"]
        number: int = asked["block"]
        as_shown = self.page(sources)
        for each, text in enumerate(sources):
            self.session.knows(_name(each), text)
        judged: list[str] = []
        check = None
        if "check" in asked:
            check = exercises.check(asked["original"][number], sources[asked["check"]])
        if check is not None:
            # Whatever the reader has made of the last line: the check is asked, with what it needs.
            sources = [*sources]
            sources[number] += f"\n{check.source}"
        page = self.page(sources)
        with contextlib.closing(self._steps(page, number, sources[number], note, check)) as steps:
            outcome = self.session.run(
                _name(number),
                steps,
                say=say,
                show=show,
                alts=asked["alts"],
                prefix=f"r{number}",
                judge=judged.append,
            )
        shown = {int(each): version for each, version in asked["shown"].items()}
        original = self.page(asked["original"])
        here = shown[number] = planning.version(as_shown, number)
        verdict = "".join(judged).strip()
        return json.dumps(
            {
                "state": "failed" if outcome.failure else "done",
                "failure": outcome.failure and asdict(outcome.failure),
                "verdict": verdict,
                "right": verdict.startswith(exercises.RIGHT),
                "version": here,
                "outdated": [
                    each
                    for each in range(len(sources))
                    if shown.get(each, planning.version(original, each))
                    != planning.version(as_shown, each)
                ],
            }
        )

    def _steps(
        self,
        page: list[planning.Statement],
        number: int,
        source: str,
        note: Tell,
        check: exercises.Check | None,
    ) -> Generator[Piece]:
        own = [at for at, each in enumerate(page) if each.block == number]
        if not own:
            # Nothing but comments; or it cannot be read, and says so.
            yield Piece(_name(number), 1, source)
        told = -1
        for at in [*self.plan.before(page, number), *own]:
            statement = page[at]
            if statement.block != told:
                told = statement.block
                note("Running …" if told == number else f"Running {_name(told)} first …")
            if check is not None and statement.block == number and check.is_asked(statement.source):
                continue
            self.plan.prepare(page, at)
            ended = False
            try:
                yield Piece(_name(statement.block), statement.first, statement.source)
                ended = True
            finally:
                (self.plan.ran if ended else self.plan.failed)(page, at)
        if check is not None:
            yield Piece(VERDICT, 1, check.source)


def _name(number: int) -> str:
    return f"block {number + 1}"
