"""The rules every page keeps, checked on its Markdown: fences, exercises, front matter, numbers.
A rule is a function from a page to what is wrong with it, tried also on pages that break it."""

import os
import re
import subprocess
import sys
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import jupytext
import pytest
from jupytext.languages import _JUPYTER_LANGUAGES
from machine.fences import Fence, find_fences
from machine.pages import DESCRIPTION, DOCS, all_pages, explainers, front_matter, lessons
from machine.prose import unbacked, wrong_sums

ROOT = DOCS.parent
PAGES, EXPLAINERS, LESSONS = all_pages(), explainers(), lessons()
HOME = DOCS / "index.md"

LANGUAGES = {"python", "text", "console", "toml", "yaml", "json", "css", "html", "markdown", "bash"}
ROLES = ["check", "stub", "wrong", "solution"]
STARTS = {"stub": "Not yet", "wrong": "Not yet", "solution": "Right"}


def _of(pages: list[Path]) -> pytest.MarkDecorator:
    names = [path.relative_to(DOCS).as_posix() for path in pages]
    return pytest.mark.parametrize("path", pages, ids=names)


every_page, every_explainer = _of(PAGES), _of(EXPLAINERS)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# The rules.


def fence_problems(text: str, *, notebook: bool = True) -> list[str]:
    """Only known languages, no prompts; in a notebook, nothing that Jupytext would run as a magic
    at top level."""
    problems = []
    magic = set(_JUPYTER_LANGUAGES) - {"python"} if notebook else set()
    for fence in find_fences(text):
        where = f"line {fence.line}"
        if fence.language not in LANGUAGES:
            problems.append(f"{where}: unknown language {fence.language!r}")
        if not fence.prefix and fence.language in magic:
            problems.append(
                f"{where}: Jupytext would run this {fence.language} fence as a cell; indent it"
            )
        if fence.is_python and re.search(r"^\s*>>>", fence.source, re.MULTILINE):
            problems.append(f"{where}: a prompt (>>>), which the copy button would copy")
    return problems


def cell_problems(text: str) -> list[str]:
    """Jupytext's cells, which the build runs, are the top-level Python fences, options included."""
    cells = [cell for cell in jupytext.reads(text, fmt="md").cells if cell.cell_type == "code"]
    fences = [fence for fence in find_fences(text) if fence.is_python and not fence.prefix]
    if len(cells) != len(fences):
        return [
            f"Jupytext sees {len(cells)} cells, the tests see {len(fences)} top-level Python fences"
        ]
    problems = []
    for cell, fence in zip(cells, fences, strict=True):
        if cell.source.rstrip() != fence.source.rstrip():
            problems.append(f"line {fence.line}: Jupytext reads other code here:\n{cell.source}")
        options = {
            key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"
        }
        if options != fence.options:
            problems.append(
                f"line {fence.line}: Jupytext reads options {options}, the tests {fence.options}"
            )
    return problems


def front_matter_problems(text: str) -> list[str]:
    front = front_matter(text)
    if not front:
        return ["no front matter"]
    problems = []
    notebook = front.get("jupyter", {"kernelspec": {"name": "python3"}})
    if notebook.get("kernelspec", {}).get("name") != "python3":
        problems.append("front matter: jupyter.kernelspec.name is not python3")
    description = front.get("description")
    if not isinstance(description, str) or len(description) not in DESCRIPTION:
        problems.append(
            "front matter: description is missing, or not of "
            f"{DESCRIPTION[0]} to {DESCRIPTION[-1]} characters"
        )
    return problems


def exercises(text: str) -> dict[str, list[tuple[Fence, str | None]]]:
    """The fences of each exercise in order, each with the output block that follows it."""
    found = list(find_fences(text))
    grouped: dict[str, list[tuple[Fence, str | None]]] = {}
    for fence, following in zip_longest(found, found[1:]):
        if "exercise" in fence.options or "role" in fence.options:
            answer = None
            if following is not None and following.language == "text":
                answer = following.source if not text[fence.end : following.start].strip() else None
            grouped.setdefault(str(fence.options.get("exercise")), []).append((fence, answer))
    return grouped


def exercise_problems(text: str, *, lesson: bool = True) -> list[str]:
    problems = []
    grouped = exercises(text)
    if lesson and not 2 <= len(grouped) <= 4:
        problems.append(f"{len(grouped)} exercises; a page has 2 to 4")
    for name, parts in grouped.items():
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            problems.append(f'exercise="{name}": expected lower-case words joined by hyphens')
        roles = [str(fence.options.get("role")) for fence, _ in parts]
        if not re.fullmatch(r"check stub (wrong )+solution", " ".join(roles)):
            problems.append(
                f"{name}: expected check, stub, one or more wrong, solution; found {roles}"
            )
        for fence, answer in parts:
            role = str(fence.options.get("role"))
            if not fence.is_python:
                problems.append(f"{name}: line {fence.line}: an exercise's fences are Python")
            begins = STARTS.get(role)
            if begins and not (answer or "").startswith(begins):
                problems.append(
                    f"{name}: line {fence.line}: what the {role} prints starts with {begins!r}"
                )
            if role == "check" and answer is not None:
                problems.append(
                    f"{name}: line {fence.line}: a check only defines; it prints nothing"
                )
    return problems


# The rules on every page.


def test_there_are_pages() -> None:
    assert HOME in EXPLAINERS
    assert set(PAGES) > set(EXPLAINERS) > set(LESSONS)
    assert HOME not in LESSONS


@every_page
def test_fences(path: Path) -> None:
    assert fence_problems(read(path), notebook=path in EXPLAINERS) == []


@every_explainer
def test_jupytext_and_the_tests_see_the_same_cells(path: Path) -> None:
    assert cell_problems(read(path)) == []


@every_page
def test_front_matter(path: Path) -> None:
    assert front_matter_problems(read(path)) == []


@every_explainer
def test_exercises(path: Path) -> None:
    assert exercise_problems(read(path), lesson=path in LESSONS) == []


@pytest.mark.all_pages
def test_exercise_names_are_unique_on_the_site() -> None:
    names = Counter(name for path in PAGES for name in exercises(read(path)))
    assert [name for name, count in names.items() if count > 1] == []


@every_page
def test_numbers_in_prose_are_computed_on_the_page(path: Path) -> None:
    wrong = [f"{path.relative_to(ROOT)}:{line}: {number}" for line, number in unbacked(read(path))]
    assert not wrong, "no block of the page computes or prints these numbers:\n" + "\n".join(wrong)


@every_page
def test_sums_in_prose_are_right(path: Path) -> None:
    assert wrong_sums(read(path)) == []


# The rules on pages that break them.


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```python\n>>> 1\n```\n", "prompt"),
        ("- item\n\n    ```python\n    >>> 1\n    ```\n", "prompt"),
        ("```rust\nx\n```\n", "unknown language 'rust'"),
        ("```\nx\n```\n", "unknown language ''"),
        ("```python3\nx\n```\n", "unknown language 'python3'"),
        ("```bash\nls\n```\n", "Jupytext would run this bash fence"),
        ("````markdown\n```python\n1\n```\n````\n", "Jupytext would run this markdown fence"),
    ],
)
def test_a_wrong_fence_is_named(text: str, problem: str) -> None:
    assert any(problem in found for found in fence_problems(text))


def test_a_page_that_is_no_notebook_may_show_a_shells_lines() -> None:
    assert fence_problems("```bash\nls\n```\n", notebook=False) == []


FRONT = """---
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

"""


@pytest.mark.parametrize(
    "text",
    [
        "```Python\nx = 1\n```\n",
        "```py\nx = 1\n```\n",
        "~~~python\nx = 1\n~~~\n",
        "{.python}\n```{.python}\nx = 1\n```\n",
        "```python title=`x`\nx = 1\n```\n",
        "```bash\nls\n```\n",
        "```python alt=unquoted-[list\nx = 1\n```\n",
    ],
)
def test_a_fence_that_only_one_side_sees_is_found(text: str) -> None:
    assert cell_problems(FRONT + text) != []


def test_cells_that_both_sides_see_alike_pass() -> None:
    cell = 'A\n\n```python alt="A [b], \\"c\\"" tags=["skip-execution"]\nx = 1\n```\n\n'
    prose = "!!! note\n    ```py\n    y\n    ```\n"
    assert cell_problems(FRONT + cell + prose) == []


def exercise(name: str, *roles: str, answers: dict[str, str] | None = None) -> str:
    pieces = []
    for role in roles:
        pieces.append(f'    ```python exercise="{name}" role="{role}"\n    x = 1\n    ```\n')
        answer = (answers or {}).get(role, STARTS.get(role))
        if answer:
            pieces.append(f"    ```text\n    {answer}: so\n    ```\n")
    return '??? question "Exercise"\n\n' + "\n".join(pieces) + "\n"


GOOD = exercise("one", *ROLES) + exercise("two-b", "check", "stub", "wrong", "wrong", "solution")


def test_good_exercises_pass() -> None:
    assert exercise_problems(GOOD) == []
    assert exercise_problems("", lesson=False) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "0 exercises"),
        (exercise("one", *ROLES), "1 exercises"),
        (GOOD + GOOD, "'solution', 'check'"),
        (GOOD + exercise("three", "check", "stub", "solution"), "three: expected"),
        (GOOD + exercise("three", "stub", "check", "wrong", "solution"), "three: expected"),
        (GOOD + exercise("three", "check", "stub", "wrong"), "three: expected"),
        (GOOD + exercise("three", "check", "stub", "solution", "wrong"), "three: expected"),
        (
            GOOD + exercise("three", "check", "check", "stub", "wrong", "solution"),
            "three: expected",
        ),
        (GOOD + exercise("Three", *ROLES), "lower-case"),
        (GOOD + exercise("three", *ROLES, answers={"stub": "Right"}), "what the stub prints"),
        (GOOD + exercise("three", *ROLES, answers={"wrong": "Right"}), "what the wrong prints"),
        (
            GOOD + exercise("three", *ROLES, answers={"solution": "Not yet"}),
            "what the solution prints",
        ),
        (GOOD + exercise("three", *ROLES, answers={"solution": ""}), "what the solution prints"),
        (GOOD + exercise("three", *ROLES, answers={"check": "Right"}), "a check only defines"),
        (GOOD + '```python role="stub"\nx = 1\n```\n', "None"),
    ],
)
def test_wrong_exercises_are_named(text: str, problem: str) -> None:
    assert any(problem in found for found in exercise_problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "# Page\n",
        "---\ntitle: x\n---\n",
        FRONT,
        FRONT.replace("jupyter:", "description: short\njupyter:"),
        FRONT.replace("jupyter:", f"description: {'long ' * 50}\njupyter:"),
        FRONT.replace("jupyter:", f"description: {'words ' * 12}\njupyter:").replace(
            "python3", "python2"
        ),
    ],
)
def test_wrong_front_matter_is_found(text: str) -> None:
    assert front_matter_problems(text) != []


def test_right_front_matter_passes() -> None:
    assert (
        front_matter_problems(FRONT.replace("jupyter:", f"description: {'words ' * 12}\njupyter:"))
        == []
    )


# A page stands alone.


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "spread over workers"])
def test_a_page_passes_by_itself(options: tuple[str, ...]) -> None:
    """What an earlier page imported, seeded or drew must not be what makes this one pass."""
    smallest = min(LESSONS, key=lambda path: path.stat().st_size)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
        str(smallest),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b\d+ passed", done.stdout)
