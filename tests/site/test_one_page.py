"""One page can be built and judged alone, so that whoever writes it hears at once what is wrong.
All that concerns it is judged, or the whole suite would say later what this did not."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from machine.fences import find_fences
from machine.pages import ALONE, DOCS, all_pages, leave_out_the_others, lessons
from mkdocs.structure.files import File, Files
from site_building import FRONT_MATTER, ROOT, contents, empty_project, mkdocs_build

_LESSON = min(lessons(), key=lambda path: path.stat().st_size)
_PAGES = {
    "index.md": f'{FRONT_MATTER}# Home\n\n<div id="contents"></div>\n\n[One](part/one.md#idea)\n',
    "part/one.md": f"{FRONT_MATTER}# One\n\n## Idea\n\n[Two](two.md#idea), [home](../index.md).\n",
    # Were it executed or rendered, it would stop the build.
    "part/two.md": f"{FRONT_MATTER}# Two\n\n$\\frac{{1}}{{$\n\n```python\nx = 1 / 0\n```\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = empty_project(tmp_path / "project")
    for name, page in _PAGES.items():
        (folder / "docs" / name).parent.mkdir(exist_ok=True)
        (folder / "docs" / name).write_text(page, encoding="utf-8")
    nav = "nav: [index.md, {Part: [part/one.md, part/two.md]}]"
    (folder / "small.yml").write_text(f"INHERIT: mkdocs.yml\n{nav}\n", encoding="utf-8")
    return folder


@pytest.mark.thorough
def test_a_page_is_built_without_the_others(project: Path) -> None:
    done = mkdocs_build(project / "small.yml", project / "site", **{ALONE: "part/one.md"})
    assert done.returncode == 0, done.stdout
    built = contents(project / "site")
    assert {path for path in built if path.endswith(".html")} == {"404.html", "part/one/index.html"}
    page = (project / "site" / "part" / "one" / "index.html").read_text(encoding="utf-8")
    # Where it stands among the others, it knows.
    assert "Part 1 · Part · page 1 of 2" in page
    assert 'href="../two/#idea"' in page


@pytest.mark.parametrize(
    ("name", "page", "named"),
    [
        (
            "part/three.md",
            "",
            "NNLIB_PAGE: expected the path of a page in docs/, got 'part/three.md'",
        ),
        ("part/one.md", "[gone](gone.md)", "gone.md"),
        ("part/one.md", "[gone](#gone)", "#gone"),
    ],
)
def test_what_is_wrong_with_it_stops_the_build(
    project: Path, name: str, page: str, named: str
) -> None:
    (project / "docs" / "part" / "one.md").write_text(f"{FRONT_MATTER}# One\n\n{page}\n", "utf-8")
    done = mkdocs_build(project / "small.yml", project / "site", **{ALONE: name})
    assert done.returncode != 0
    assert named in done.stdout


@pytest.mark.parametrize(
    ("name", "together"),
    [
        ("pieces/neuron.md", {"pieces/neuron.md"}),
        # What one of these links to has its name from the making of another.
        (
            "reference/nn.md",
            {
                p.relative_to(DOCS).as_posix()
                for p in all_pages()
                if "\n::: " in p.read_text("utf-8")
            },
        ),
    ],
)
def test_only_pages_made_of_docstrings_are_built_together(
    monkeypatch: pytest.MonkeyPatch, name: str, together: set[str]
) -> None:
    files = Files(File(p.relative_to(DOCS).as_posix(), str(DOCS), "", True) for p in all_pages())
    monkeypatch.setenv(ALONE, name)
    leave_out_the_others(files)
    assert {file.src_uri for file in files.documentation_pages()} == together
    assert name in together


def _collected(*options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", *options],
        cwd=ROOT,
        # Otherwise not every page is visited; and who asks for more words gets another list.
        env={**os.environ, "NNLIB_THOROUGH": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.thorough
def test_all_that_concerns_a_page_is_asked_of_it_and_nothing_of_another() -> None:
    """Whatever the whole suite asks of every lesson stands in the selection for one."""
    code, listed = _collected(f"--page={_LESSON.relative_to(DOCS).as_posix()}")
    assert code == 0, listed
    text = _LESSON.read_text(encoding="utf-8")
    blocks = [fence for fence in find_fences(text) if fence.is_python]
    assert listed.count(f"docs/{_LESSON.relative_to(DOCS)}::line:") == len(blocks)
    chosen = dict(re.findall(r"^(tests/[^\[\n]+?)(?:\[(.*)\])?$", listed, re.MULTILINE))
    assert "tests/docs/test_pages.py::test_exercise_names_are_unique_on_the_site" in chosen

    _, everything = _collected("tests/docs", "tests/site")
    names = {path.stem for path in lessons()}
    asked: dict[str, set[str]] = defaultdict(set)
    for test, given in re.findall(r"^(tests/\S+?)\[(\S+)\]$", everything, re.MULTILINE):
        asked[test] |= {name for name in names if re.search(rf"(?:^|/){name}(?:/|\.md|$)", given)}
    of_every_lesson = {test for test, found in asked.items() if found == names}
    assert len(of_every_lesson) >= 30
    assert of_every_lesson <= chosen.keys()
    assert all(_LESSON.stem in chosen[test] for test in of_every_lesson)
    assert not re.search(r"^(?:nnlib|tests/nnlib|tests/plotting)/", listed, re.MULTILINE)


@pytest.mark.parametrize("page", ["pieces/nothing.md", "pieces"])
def test_a_page_that_is_not_there_is_named(page: str) -> None:
    code, said = _collected(f"--page={page}")
    assert code != 0
    assert f"--page: expected the path of a page in docs/, got {page!r}" in said
