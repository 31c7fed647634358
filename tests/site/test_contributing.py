"""The example of the contributor's page is pasted, as it stands, into a copy of the project.
Whoever copies it starts from what keeps every rule; one that broke them would teach it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from machine.fences import Fence, find_fences
from machine.pages import DESCRIPTION, DOCS
from site_building import ROOT, empty_project

_PAGE = DOCS / "reference" / "contributing.md"
_TEXT = _PAGE.read_text(encoding="utf-8")
_FENCES = list(find_fences(_TEXT))


def _shown(language: str, beginning: str) -> str:
    (found,) = [
        fence.source
        for fence in _FENCES
        if fence.language == language and fence.source.startswith(beginning)
    ]
    return found


def _before(path: Path, line: str, new: str) -> None:
    """Pastes `new` above the line that begins so."""
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n{line}") == 1
    path.write_text(text.replace(f"\n{line}", f"\n{new.rstrip()}\n{line}"), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in which the page's own steps were taken."""
    folder = empty_project(tmp_path / "project")
    for part in ("docs", "tests", ".ci", ".github"):
        shutil.copytree(
            ROOT / part,
            folder / part,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    page = folder / "docs" / "learning" / "warm-up.md"
    page.write_text(_shown("markdown", "---\n"), encoding="utf-8")
    nav = _shown("yaml", "      - Warming up: learning/warm-up.md")
    _before(folder / "mkdocs.yml", "      - The training loop:", nav)
    glossary = folder / "docs" / "reference" / "glossary.md"
    _before(glossary, "### weight {", _shown("markdown", "### warm-up") + "\n")
    return folder


def _judged(project: Path) -> subprocess.CompletedProcess[str]:
    (command,) = re.findall(r"^ *\.venv/bin/pytest (--page=\S+)$", _TEXT, re.MULTILINE)
    ours = ("CHROMIUM", "NNLIB_", "PYTEST_")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", command],
        cwd=project,
        # No browser is found: what it sees of one page more is not what is in question.
        env={key: value for key, value in os.environ.items() if not key.startswith(ours)}
        | {"PATH": str(project)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.thorough
def test_the_example_keeps_every_rule_and_builds(project: Path) -> None:
    done = _judged(project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "docs/learning/warm-up.md ............\n" in re.sub(r" +\[.*", "", done.stdout)
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 50  # type: ignore[index]
    reasons = set(re.findall(r"^SKIPPED .*?: (\w+ \w+)", done.stdout, re.MULTILINE))
    assert reasons <= {"no browser"}


def test_the_example_shows_each_thing_that_a_lesson_has() -> None:
    page = _shown("markdown", "---\n")
    fences: list[Fence] = list(find_fences(page))
    assert len({fence.options["exercise"] for fence in fences if "exercise" in fence.options}) == 2
    assert any("alt" in fence.options for fence in fences)
    assert "$$" in page
    assert re.search(r"\*\*warm-up\*\*", page)


def test_the_limits_of_a_description_are_told_as_they_are() -> None:
    assert "a description of fifty to two hundred characters" in _TEXT
    assert (DESCRIPTION[0], DESCRIPTION[-1]) == (50, 200)
