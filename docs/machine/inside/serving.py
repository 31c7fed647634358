"""Answers the page: which block is to run, with what, comes as JSON; how it ended goes back as JSON.
The worker's JavaScript passes both on and knows nothing of Python.
"""

import json
from collections.abc import Callable
from dataclasses import asdict

from .running import Piece, Session

_session = Session()
_executed: set[Piece] = set()


def answer(request: str, say: Callable[[str], None], show: Callable[[str], None]) -> str:
    """Runs a block after what it needs and has not been run."""
    asked = json.loads(request)
    sources: list[str] = asked["sources"]
    number: int = asked["block"]
    before = [piece for piece in _needed(sources, asked["needs"]) if piece not in _executed]
    outcome = _session.run(
        Piece(_name(number), 1, asked["code"]),
        before,
        say=say,
        show=show,
        alts=asked["alts"],
        prefix=f"r{number}",
        done=_executed.add,
    )
    failure = outcome.failure and asdict(outcome.failure)
    return json.dumps({"state": "failed" if failure else "done", "failure": failure})


def _name(number: int) -> str:
    return f"block {number + 1}"


def _needed(sources: list[str], needs: str) -> list[Piece]:
    pieces = []
    for run in needs.split():
        number, _, lines = run.partition(":")
        first, last = map(int, lines.split("-"))
        text = "\n".join(sources[int(number)].split("\n")[first - 1 : last])
        pieces.append(Piece(_name(int(number)), first, text))
    return pieces
