"""What a page's kernel gives for its blocks, and what becomes of a block that never ends, prints
without end, or takes its interpreter with it.
Many blocks share one page here, because a block that fails does not keep the next from running."""

import contextlib
import io
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest
from machine import execution, keeping
from machine.examples import Result, blocks

DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NNLIB_CACHE", str(folder))
    monkeypatch.setattr(execution, "_folder", execution._folder.__wrapped__)
    return folder


def run(*sources: str, options: str = "", **how: object) -> list[Result]:
    page = "".join(f"```python{options}\n{textwrap.dedent(s).strip()}\n```\n\n" for s in sources)
    return execution.page("page.md", blocks("# Page\n\n" + page), **how)  # type: ignore[arg-type]


def problem(result: Result) -> str:
    assert result.problem is not None
    return result.problem.splitlines()[0]


def test_what_blocks_print_and_draw() -> None:
    assert run("import sys\nsys.shared = 1") == [Result()]
    first, second, third, fourth = run(
        "import sys\nshared = 41 + getattr(sys, 'shared', 1)",
        "print(shared, __name__)\n'a value that a script would not show'",
        DRAW + "\nplt.figure()\n" + DRAW,
        "import pathlib, sys\nprint(list(pathlib.Path.cwd().iterdir()), 'nnlib_' in dir())",
    )
    assert first == Result()
    assert second == Result("42 __main__\n")
    assert [picture[:5] for picture in third.pictures] == ["<?xml", "<?xml"]
    assert third.problem is None
    assert fourth.printed == "[] False\n"


WARN = {
    "import numpy as np\nnp.log(0.0)": "RuntimeWarning",
    "import numpy as np\nnp.array([1.0]) / 0": "RuntimeWarning",
    "import warnings\nwarnings.warn('careful', DeprecationWarning)": "DeprecationWarning",
    "import matplotlib.pyplot as plt\nplt.title('\\N{CJK UNIFIED IDEOGRAPH-4E00}')": "UserWarning",
    "import matplotlib.pyplot as plt\nplt.title('\\N{CJK UNIFIED IDEOGRAPH-4E00}')\nplt.show()": (
        "UserWarning"
    ),
    "import warnings\nwarnings.simplefilter('ignore')\nwarnings.warn('unheard')": "",
    "import warnings\nwarnings.warn('heard again')": "UserWarning",
}


ONLY_IN_IPYTHON = ["get_ipython()", "display(1)", "In", "_", "exit()"]


def test_what_no_copier_has_is_not_there() -> None:
    for result in run(*ONLY_IN_IPYTHON):
        assert "NameError" in problem(result) or "SystemExit" in problem(result)


def test_a_warning_is_a_failure_unless_the_block_itself_asked_for_silence() -> None:
    found = run(*WARN)
    for result, warning in zip(found, WARN.values(), strict=True):
        assert warning in (result.problem or ""), result
        assert bool(warning) == bool(result.problem)


def test_an_error_names_the_page_and_the_line_and_the_next_block_runs() -> None:
    found = run(
        "x = 1",
        "y = 2\nprint(undefined_name)",
        "def f():\n    return 1 / 0",
        "\n\nf()",
        "print('still here')",
        "%matplotlib inline",
        "x = (1",
        "raise SystemExit(3)",
        "import nnlib\nnnlib.zeros(2) @ nnlib.zeros(3)",
        "print(input())",
        "class Mine(Exception): pass\nraise Mine('two\\nlines')",
        "print('and here')",
    )
    assert problem(found[1]) == "page.md:9: NameError: name 'undefined_name' is not defined"
    assert problem(found[3]) == "page.md:18: ZeroDivisionError: division by zero"
    assert "page.md:14" in (found[3].problem or ""), "the line in the function it called"
    assert found[4].printed == "still here\n"
    assert problem(found[5]) == "page.md:26: SyntaxError: invalid syntax"
    assert problem(found[6]) == "page.md:30: SyntaxError: '(' was never closed"
    assert problem(found[7]) == "page.md:33: block 8 (raise SystemExit(3)): SystemExit: 3"
    assert problem(found[8]).startswith("page.md:39: ValueError: ")
    assert "StdinNotImplementedError" in problem(found[9])
    assert problem(found[10]) == "page.md:48: Mine: two"
    assert found[11].printed == "and here\n"


def test_what_prints_without_end_is_stopped_and_what_never_ends_is_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NNLIB_BLOCK_SECONDS", "5")
    endless, bounded, stuck, after = run(
        "while True: print('x' * 1000)", "print('y' * 99_000)", "while True: pass", "print(1)"
    )
    assert problem(endless).endswith("RuntimeError: a block may print 100 kB, and this one goes on")
    assert len(endless.printed) <= 100_000
    assert bounded == Result("y" * 99_000 + "\n")
    assert problem(stuck) == (
        "page.md:11: block 3 (while True: pass): still running after 5 s (NNLIB_BLOCK_SECONDS)"
    )
    assert after.problem == "not run, because of the block above"


def test_a_dead_interpreter_is_named() -> None:
    dead, after = run("import os\nos._exit(1)", "print(1)")
    assert problem(dead) == "page.md:3: block 1 (import os): its interpreter died"
    assert after.problem == "not run, because of the block above"


def test_a_kernel_is_ended_without_being_asked(tmp_path: Path) -> None:
    # Asked, it now and then logs an error of its own on its way out, and no build may log one.
    farewell = tmp_path / "farewell"
    (result,) = run(
        f"import atexit, pathlib\natexit.register(pathlib.Path({str(farewell)!r}).touch)"
    )
    assert result == Result()
    assert not farewell.exists()


# The cache.


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The cells of each execution, which takes place here and not in a kernel."""
    seen: list[list[str]] = []

    def execute(
        name: str, blocks: object, cells: Sequence[str | None], around: object
    ) -> list[Result]:
        seen.append([cell or "" for cell in cells])
        namespace: dict[str, object] = {}
        results = []
        for cell in seen[-1]:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                try:
                    exec(cell, namespace)
                    results.append(Result(printed.getvalue()))
                except ZeroDivisionError:
                    results.append(Result(problem="raised"))
        return results

    monkeypatch.setattr(execution, "_execute", execute)
    return seen


def test_prose_costs_nothing_and_code_the_page(executed: list[list[str]]) -> None:
    code = "```python\nprint(1)\n```\n"
    first = execution.page("page.md", blocks(f"Words.\n\n{code}"))
    assert execution.page("page.md", blocks(f"Other\nwords.\n\n{code}More.\n")) == first
    assert len(executed) == 1
    assert execution.page("page.md", blocks(code.replace("1", "2"))) == [Result("2\n")]
    assert len(executed) == 2


def test_what_failed_is_tried_again(executed: list[list[str]]) -> None:
    for _ in range(2):
        assert run("1 / 0")[0].problem
    assert len(executed) == 2


def test_in_pieces_only_what_changed_runs_and_that_proves_nothing(
    executed: list[list[str]],
) -> None:
    page = ["import random\nrandom.seed(0)", "a = 1\nb = 2", "print(a)", "print(b)"]
    run(*page)
    changed = [*page[:3], "print(b + 1)"]
    found = run(*changed, piecewise=True)
    assert [result.printed for result in found] == ["", "", "1\n", "3\n"]
    assert executed[1] == ["", "\nb = 2", "", "print(b + 1)"]
    assert run(*changed, piecewise=True) == found
    assert len(executed) == 2
    assert run(*changed) == found
    assert [cell.strip() for cell in executed[2]] == changed
    earlier = ["import random\nrandom.seed(0)", "a = 5\nb = 2", *changed[2:]]
    assert [r.printed for r in run(*earlier, piecewise=True)] == ["", "", "5\n", "3\n"]
    assert executed[3] == ["", "a = 5\nb = 2", "print(a)", ""]


def test_an_error_in_pieces_is_at_its_line() -> None:
    run("a = 1\nb = 2", "print(b)")
    found = run("a = 1\nb = 2", "print(b)\nprint(nowhere)", piecewise=True)
    assert problem(found[1]).startswith("page.md:10: NameError")


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "another's", "a folder"])
def test_what_cannot_be_read_is_made_again(cache: Path, damage: str) -> None:
    path = cache / "kept"
    keeping.save(path, "this", b"content")
    assert keeping.load(path, "this") == b"content"
    whole = path.read_bytes()
    if damage == "a folder":
        path.unlink()
        path.mkdir()
    elif damage == "another's":
        keeping.save(path, "that", b"content")
    else:
        path.write_bytes({"cut": whole[:-3], "changed": whole[:-1] + b"T", "empty": b""}[damage])
    assert keeping.load(path, "this") is None


def test_a_damaged_page_is_executed_again(cache: Path, executed: list[list[str]]) -> None:
    first = run("print(1)")
    (kept,) = cache.rglob("page.md.json")
    kept.write_bytes(kept.read_bytes()[:50])
    assert run("print(1)") == first
    assert len(executed) == 2


def test_nothing_half_written_is_left(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping.save(cache / "kept", "this", b"old")
    monkeypatch.setattr("os.replace", lambda *paths: json.loads("{"))
    with pytest.raises(ValueError, match="Expecting"):
        keeping.save(cache / "kept", "this", b"new")
    assert keeping.load(cache / "kept", "this") == b"old"
    assert [path.name for path in cache.iterdir()] == ["kept"]


def test_a_folder_that_cannot_be_written_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="set NNLIB_CACHE"):
        keeping.save(tmp_path / "file" / "kept", "this", b"")


def test_only_the_newest_states_of_the_library_are_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        monkeypatch.setattr(execution.kernel, "fingerprint", lambda around, n=number: f"state{n}")
        (execution._folder(()) / "page.json").touch()
    assert len(list((cache / "pages").iterdir())) == 3
