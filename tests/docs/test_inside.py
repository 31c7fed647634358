"""Holds what runs beside a reader's code to its word, under this Python as in the browser's.
Pressed in any order, twice or never, a page's blocks must print what the page says."""

import json
import random
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from machine.comparing import same_output
from machine.examples import blocks
from machine.inside import exercises, planning
from machine.inside.failing import describe
from machine.inside.running import MOST, Piece, Session
from machine.inside.serving import Server
from machine.pages import DOCS, lessons
from running import THOROUGH

import nnlib

_TRIED_ON = ["pieces/neuron.md", "pieces/activations.md", "learning/backpropagation.md"]

_JUDGED = [p.relative_to(DOCS).as_posix() for p in lessons()] if THOROUGH else _TRIED_ON[:2]


@pytest.fixture(autouse=True)
def _as_a_worker_starts() -> Iterator[None]:
    printing = np.get_printoptions()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "nnlib"}):
        backend = mpl.get_backend()
        mpl.use("module://machine.inside.backend")
        nnlib.manual_seed(0)
        yield
        mpl.use(backend)
    np.set_printoptions(**printing)


class Page:
    """A page in a browser, as its Python sees it."""

    def __init__(self, *sources: str) -> None:
        self.original = list(sources)
        self.sources = list(sources)
        self.server = Server()
        self.shown: dict[int, str] = {}
        self.notes: list[str] = []

    def run(self, block: int, **more: Any) -> dict[str, Any]:
        printed: list[str] = []
        self.notes.clear()
        request = {
            "block": block,
            "sources": self.sources,
            "original": self.original,
            "shown": self.shown,
            "alts": [],
            **more,
        }
        asked = json.dumps(request)
        ended: dict[str, Any] = json.loads(
            self.server.answer(asked, printed.append, lambda svg: None, self.notes.append)
        )
        self.shown[block] = ended["version"]
        return {**ended, "printed": "".join(printed)}

    def first(self, block: int) -> list[int]:
        """The blocks of which something has to run before this one."""
        page = self.server.page(self.sources)
        return sorted({page[at].block for at in self.server.plan.before(page, block)})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", _TRIED_ON)
def test_pressed_in_any_order_a_block_prints_what_the_page_says(name: str, seed: int) -> None:
    found = [*blocks((DOCS / name).read_text(encoding="utf-8"))]
    page = Page(*(block.fence.source.strip("\n") for block in found))
    for number in random.Random(seed).choices(range(len(found)), k=25):
        ended = page.run(number)
        assert ended["state"] == "done", ended
        assert same_output(found[number].expected or "", ended["printed"]), number
        assert ended["outdated"] == []


def test_what_has_been_run_is_not_run_again() -> None:
    page = Page("a = 1", "b = a + 1", "print(a, b)")
    assert page.first(2) == [0, 1]
    assert page.run(2)["printed"] == "1 2\n"
    assert page.first(2) == []
    assert page.notes[:2] == ["Running block 1 first …", "Running block 2 first …"]


def test_what_depends_on_a_change_is_marked_and_run_again() -> None:
    page = Page("a = 1", "b = a + 1", "print(b)", "print('apart')")
    page.run(2)
    page.sources[0] = "a = 5"
    assert page.run(0)["outdated"] == [1, 2]
    assert page.first(2) == [1]
    assert page.run(2)["printed"] == "6\n"


def test_a_block_that_changes_what_it_is_given_starts_from_the_same_each_time() -> None:
    page = Page("a = [1]", "a.append(2)\nprint(a)", "print(a)")
    for _ in range(2):
        assert page.run(1)["printed"] == "[1, 2]\n"
    assert page.first(2) == []
    assert page.run(2)["printed"] == "[1, 2]\n"


def test_chance_is_brought_back_without_running_what_drew() -> None:
    page = Page(
        "import nnlib",
        "nnlib.manual_seed(1)",
        "a = nnlib.rand(1).item()",
        "b = nnlib.rand(1).item()\nprint(f'{b:.3f}')",
    )
    first = page.run(3)["printed"]
    assert page.first(3) == []
    assert page.run(3)["printed"] == first


def test_what_was_cut_short_is_not_trusted() -> None:
    page = Page("a = []", "a.append(1)\n1 / 0\n", "print(a)")
    assert page.run(1)["state"] == "failed"
    assert page.run(1)["state"] == "failed"
    page.sources[1] = "a.append(1)"
    assert page.run(2)["printed"] == "[1]\n"


def test_a_block_that_cannot_be_read_does_not_stop_the_others() -> None:
    page = Page("a = 1", "b = (", "print(a)")
    assert page.run(2)["printed"] == "1\n"
    failure = page.run(1)["failure"]
    assert "never closed" in failure["text"]
    assert failure["hint"]


def test_the_facts_of_the_build_and_of_the_worker_are_the_same() -> None:
    sources = ["import numpy as np\nx = np.ones(2)", "x[0] = 5", "print(x)"]
    known = planning.facts(sources)
    assert planning.statements(sources, json.loads(json.dumps(known))) == planning.statements(
        sources, known
    )


CHECK = "def check(a):\n    return 'Right: so' if a == 2 else f'Not yet: {a}'"
STUB = "a = None\nprint(check(a))"


@pytest.mark.parametrize(
    ("answer", "verdict", "right"),
    [
        (STUB, "Not yet: None", False),
        ("a = 2\nprint(check(a))", "Right: so", True),
        ("a = 2\nprint('a is', a)", "Right: so", True),
        ("a = 3\nprint('Right: so')", "Not yet: 3", False),
    ],
)
def test_a_check_is_the_pages_own(answer: str, verdict: str, right: bool) -> None:
    page = Page(CHECK, STUB)
    page.sources[1] = answer
    ended = page.run(1, check=0)
    assert (ended["verdict"], ended["right"]) == (verdict, right)
    assert "check(" not in ended["printed"]


@pytest.mark.parametrize("name", _JUDGED)
def test_each_answer_of_a_page_gets_its_own_verdict(name: str) -> None:
    found = [*blocks((DOCS / name).read_text(encoding="utf-8"))]
    page = Page(*(block.fence.source.strip("\n") for block in found))
    where: dict[tuple[object, object], int] = {}
    for number, block in enumerate(found):
        options = block.fence.options
        exercise, role = options.get("exercise"), options.get("role")
        where.setdefault((exercise, role), number)
        if role in {"stub", "wrong", "solution"} and "needs" not in options:
            stub = where[exercise, "stub"]
            page.sources[stub] = page.original[number]
            ended = page.run(stub, check=where[exercise, "check"])
            said = (block.expected or "").strip("\n").splitlines()
            assert same_output(said[-1], ended["verdict"]), (exercise, role, ended)
            assert ended["right"] == (role == "solution")
            assert same_output("\n".join(said[:-1]), ended["printed"])
            page.sources[stub] = page.original[stub]


def test_every_stub_of_the_site_can_be_checked() -> None:
    for source in sorted(DOCS.rglob("*.md")):
        if "machine" in source.parts:
            continue
        found = [block.fence for block in blocks(source.read_text(encoding="utf-8"))]
        checks = {f.options["exercise"]: f for f in found if f.options.get("role") == "check"}
        for fence in found:
            if fence.options.get("role") == "stub":
                check = checks[fence.options["exercise"]]
                assert exercises.check(fence.source, check.source), fence.options["exercise"]


def said(code: str) -> list[str]:
    printed: list[str] = []
    Session().run("block 1", [Piece("block 1", 1, code)], say=printed.append, show=printed.append)
    return printed


def test_print_is_cut_where_nobody_reads_on() -> None:
    printed = "".join(said("for _ in range(200):\n    print('x' * 10_000)"))
    assert len(printed) < MOST + 200
    assert "1,900,200 characters more" in printed


@pytest.mark.parametrize(
    "code", ["print('a')\nprint('b')", "import sys\nsys.stderr.write('a\\nb\\n')"]
)
def test_what_is_printed_arrives(code: str) -> None:
    assert "".join(said(code)) == "a\nb\n"


def test_a_reader_may_use_any_colour() -> None:
    (picture,) = said("import matplotlib.pyplot as plt\nplt.plot([1, 2], color='#123456')")
    assert "#123456" in picture
    assert "var(--nn-ink)" in picture
    assert 'role="img"' in picture


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("print(nowhere)", "Nothing above gives nowhere a value"),
        ("import numpy as np\nnp.ones((2, 3)) @ np.ones((2, 3))", "columns of A (3)"),
        ("import numpy as np\nnp.ones(2) + np.ones(3)", "(2,) and (3,)"),
        ("print((1)", "no partner"),
        ("if True\n    pass", "colon"),
        ("if 1 = 2:\n    pass", "two == ask"),
        ("x = 1\n  y = 2", "same column"),
        ("import not_there", "not not_there"),
        ("input()", "write the value into the code"),
        ("[1][1]", "count from 0"),
        ("x = 3\nx(4)", "Round brackets call"),
        ("'a' + 1", "do not go together"),
        ("None.shape", "None"),
        ("1 / 0", "divided by"),
    ],
)
def test_the_commonest_slips_get_a_word_of_help(code: str, hint: str) -> None:
    outcome = Session().run("block 1", [Piece("block 1", 1, code)], say=str, show=str)
    assert outcome.failure
    assert hint in outcome.failure.hint, outcome.failure


def test_a_traceback_shows_the_readers_lines_only() -> None:
    code = "import numpy as np\n\n\ndef f(x):\n    return np.linalg.inv(x)\n\n\nf(np.zeros((2, 2)))"
    outcome = Session().run("block 1", [Piece("block 1", 1, code)], say=str, show=str)
    assert outcome.failure
    assert outcome.failure.line == 5
    assert outcome.failure.text == (
        "line 8:\n    f(np.zeros((2, 2)))\n"
        "line 5, in f:\n    return np.linalg.inv(x)\n"
        "numpy.linalg.LinAlgError: Singular matrix"
    )


def test_an_error_without_words_still_has_a_name() -> None:
    assert describe(KeyboardInterrupt(), "block 1").text == "KeyboardInterrupt"
