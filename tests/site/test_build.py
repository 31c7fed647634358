"""Breaks a copy of the site in each way that must stop a build, and tries the cache.
A build that passes with a broken page, or shows yesterday's pictures, is what must never be."""

import textwrap
from pathlib import Path

import pytest
from site_building import FRONT_MATTER, contents, empty_project, mkdocs_build

_GOOD = "# A page\n\n$$\n\\sqrt{x}\n$$\n\n```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n"
_DRAW = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\n"
_EXERCISE = '# A page\n\n```python exercise="same" role="check"\nx = 1\n```\n'


def _block(code: str, output: str | None = None, options: str = "") -> str:
    page = f"# A page\n\n```python{options}\n{code}\n```\n"
    return page if output is None else f"{page}\n```text\n{output}\n```\n"


# What is wrong with each page, said by one build. A page's own first line is its tenth.
_BROKEN = {
    "raises": (_block("x = 1/0"), "13: ZeroDivisionError: division by zero"),
    "lies": (_block("print(1)", "2"), "12: block 1 (print(1)): the page says\n2"),
    "silent": (_block("print(1)"), "12: block 1 (print(1)) prints, and no ```text"),
    "says-too-much": (_block("x = 1", "1"), "12: block 1 (x = 1): the page says\n1"),
    "warns": (_block("import warnings\nwarnings.warn('careful')"), "14: UserWarning: careful"),
    "open": ("# A page\n\n```python\nprint(1)\n", " line 12: this fence is never closed"),
    "draws": (_block(_DRAW), "12: block 1 (import matplotlib.pyplot as plt) draws 1 pictures"),
    "magic": (_block("%matplotlib inline"), "13: SyntaxError: invalid syntax"),
    "nested": (
        "# A page\n\n!!! note\n\n" + textwrap.indent(_block("print(1)", "2"), "    "),
        "16: block 1 (print(1)): the page says\n2",
    ),
    "endless": (_block("while 1: pass"), "12: block 1 (while 1: pass): still running after 9 s"),
    "dead": (_block("import os\nos._exit(1)"), "12: block 1 (import os): its interpreter died"),
    "floods": (_block("while 1: print('x' * 99)"), "13: RuntimeError: a block may print 100 kB"),
    "unproved": ("# A page\n\n```text\n1\n```\n", " line 12: this output follows no Python block"),
    "needs": (_block("x = 1", None, ' needs="gpu"'), ' line 12: needs="gpu": expected one of'),
    "one": (_EXERCISE, ""),
    "two": (_EXERCISE, ' line 12: exercise="same" is one of one.md, too'),
}
_WITHOUT_FRONT_MATTER = {
    "plain": (_block("print(1)", "2"), "3: block 1 (print(1)): the page says\n2"),
    "no-notebook": (_block(_DRAW, None, ' alt="A line."'), "3: block 1 (import matplotlib.pyplot"),
    "capital": (
        FRONT_MATTER.replace("language: python", "language: Python") + _block("x = 1"),
        " front matter: jupyter: expected a kernelspec",
    ),
    "no-yaml": ("---\na: [\n---\n\n# A page\n", " front matter: while parsing"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The machine with all its parts, and one page in place of the real ones."""
    folder = empty_project(tmp_path / "project")
    (folder / "one-page.yml").write_text("INHERIT: mkdocs.yml\nnav: [index.md]\n", encoding="utf-8")
    return folder


def _build(project: Path, page: str, target: str = "built") -> tuple[int, str]:
    (project / "docs" / "index.md").write_text(FRONT_MATTER + page, encoding="utf-8")
    done = mkdocs_build(project / "one-page.yml", project / target)
    return done.returncode, done.stdout


def test_every_broken_page_stops_the_build_and_is_named_with_its_line(project: Path) -> None:
    docs = project / "docs"
    for name, (page, _) in _BROKEN.items():
        (docs / f"{name}.md").write_text(FRONT_MATTER + page, encoding="utf-8")
    for name, (page, _) in _WITHOUT_FRONT_MATTER.items():
        (docs / f"{name}.md").write_text(page, encoding="utf-8")
    (docs / "latin.md").write_bytes("# A page\n\nCaf\xe9\n".encode("latin-1"))
    (docs / "index.md").write_text(FRONT_MATTER + _GOOD, encoding="utf-8")
    done = mkdocs_build(project / "one-page.yml", project / "built", NNLIB_BLOCK_SECONDS="9")
    assert done.returncode != 0, done.stdout
    broken = _BROKEN | _WITHOUT_FRONT_MATTER
    named = [f"{name}.md:{words}" for name, (_, words) in broken.items() if words]
    named.append("latin.md: line 3: expected UTF-8, got the byte 0xe9")
    assert [words for words in named if words not in done.stdout] == [], done.stdout
    assert "index.md:" not in done.stdout, "blamed for what others did"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("page", "named"),
    [
        pytest.param("# A page\n\n$\\frac{1}{$\n", ["\\frac{1}{"], id="bad inline LaTeX"),
        pytest.param(
            "# A page\n\n$$\n\\nosuchcommand\n$$\n", ["\\nosuchcommand"], id="bad display LaTeX"
        ),
        pytest.param("# A page\n\n$$ x^2\n\n$$\n", ["$$ x^2"], id="LaTeX with an empty line"),
        pytest.param("# A page\n\n[there](#nowhere)\n", ["#nowhere"], id="broken anchor"),
        pytest.param("# A page\n\n[there](nowhere.md)\n", ["nowhere.md"], id="broken link"),
    ],
)
def test_what_cannot_be_rendered_stops_the_build_and_is_named(
    project: Path, page: str, named: list[str]
) -> None:
    code, log = _build(project, page)
    assert code != 0, log
    for words in ["index.md", *named]:
        assert words in log


@pytest.mark.thorough
def test_what_is_no_lesson_cannot_come_before_one(project: Path) -> None:
    lesson = project / "docs" / "part" / "lesson.md"
    lesson.parent.mkdir()
    lesson.write_text(FRONT_MATTER.replace("jupyter", "before: [part/none.md]\njupyter", 1) + _GOOD)
    nav = "nav: [index.md, {Part: [part/lesson.md]}]"
    (project / "one-page.yml").write_text(f"INHERIT: mkdocs.yml\n{nav}\n", encoding="utf-8")
    code, log = _build(project, _GOOD)
    assert code != 0, log
    assert "part/lesson.md: before: expected lessons of `nav`, got 'part/none.md'" in log


@pytest.mark.thorough
def test_a_theme_that_changed_what_is_changed_in_passing_stops_the_build(project: Path) -> None:
    changed = project / "docs" / "machine" / "overrides" / "main.html"
    theirs = changed.read_text(encoding="utf-8")
    changed.write_text(theirs.replace('role="dialog"\', ', 'role="popup"\', '), encoding="utf-8")
    code, log = _build(project, _GOOD)
    assert code != 0, log
    assert 'the theme no longer says \'data-md-component="search" role="popup"\'' in log


@pytest.mark.thorough
def test_a_word_that_the_glossary_explains_twice_is_named_with_both_places(project: Path) -> None:
    glossary = project / "docs" / "reference" / "glossary.md"
    glossary.parent.mkdir()
    entry = '### {0} {{ #{0} data-forms="seconds" }}\n\nIt is.\n\nMore: [there](../index.md)\n\n'
    glossary.write_text("# Glossary\n\n" + entry.format("one") + entry.format("two"), "utf-8")
    code, log = _build(project, _GOOD)
    assert code != 0, log
    assert "reference/glossary.md: 'seconds' is claimed twice: line 3 (one), line 9 (two)" in log
    assert "page 'index.md'" not in log


@pytest.mark.thorough
def test_a_page_is_executed_again_when_its_code_or_the_library_changes(project: Path) -> None:
    def build(page: str, target: str) -> bool:
        code, log = _build(project, page, target)
        assert code == 0, log
        return "Executed index.md" in log

    assert build(_GOOD, "first")
    assert not build(_GOOD, "second")
    assert not build(_GOOD.replace("A page", "Other words"), "words")
    assert build(_GOOD.replace("1 + 1", "4 - 2"), "code")
    # A file that the wheel, which the site serves, leaves out.
    (project / "nnlib" / "conftest.py").write_text("# changed\n", encoding="utf-8")
    assert build(_GOOD, "third")
    # Executed twice and read from the cache once: the same bytes every time.
    assert (
        contents(project / "first") == contents(project / "second") == contents(project / "third")
    )
    # What a process left half-written, or a disk spoiled, is made again.
    spoilt = [path for path in (project / ".cache").rglob("*") if path.suffix in {".json", ".card"}]
    assert len(spoilt) >= 3
    for path in spoilt:
        path.write_bytes(path.read_bytes()[:20])
    assert build(_GOOD, "mended")
    assert contents(project / "mended") == contents(project / "first")


@pytest.mark.thorough
def test_a_dirty_build_renders_what_changed_and_no_more(project: Path) -> None:
    code, log = _build(project, _GOOD)
    assert code == 0, log
    page = project / "docs" / "other.md"
    page.write_text(FRONT_MATTER + _GOOD.replace("A page", "Another"), encoding="utf-8")
    nav = "nav: [index.md, other.md]"
    (project / "one-page.yml").write_text(f"INHERIT: mkdocs.yml\n{nav}\n", encoding="utf-8")
    home = project / "built" / "index.html"
    before = home.stat().st_mtime_ns
    done = mkdocs_build(project / "one-page.yml", project / "built", "--dirty")
    assert done.returncode == 0, done.stdout
    assert home.stat().st_mtime_ns == before
    assert "Another" in (project / "built" / "other" / "index.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_a_checkout_that_cannot_be_written_builds_with_a_cache_elsewhere(
    project: Path, tmp_path: Path
) -> None:
    (project / "docs" / "index.md").write_text(FRONT_MATTER + _GOOD, encoding="utf-8")
    # A file in its place: not even root can make the folder.
    (project / ".cache").touch()
    config, elsewhere = project / "one-page.yml", tmp_path / "elsewhere"
    done = mkdocs_build(config, tmp_path / "built")
    assert done.returncode != 0
    assert "set NNLIB_CACHE to a folder that can" in done.stdout
    done = mkdocs_build(config, tmp_path / "built", NNLIB_CACHE=str(elsewhere))
    assert done.returncode == 0, done.stdout
    assert list(elsewhere.rglob("index.md.json"))
