"""Breaks a one-page copy of the site in each way that must stop a build, and tries the cache.
A build that passes with a broken page, or shows yesterday's pictures, is what must never be."""

from pathlib import Path

import pytest
from site_building import FRONT_MATTER, contents, empty_project, mkdocs_build

_GOOD = "# A page\n\n$$\n\\sqrt{x}\n$$\n\n```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n"


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


@pytest.mark.parametrize(
    ("page", "named"),
    [
        pytest.param(
            "# A page\n\n```python\nx = 1/0\n```\n",
            ["ZeroDivisionError", "1/0"],
            id="block that raises",
        ),
        pytest.param("# A page\n\n$\\frac{1}{$\n", ["\\frac{1}{"], id="bad inline LaTeX"),
        pytest.param(
            "# A page\n\n$$\n\\nosuchcommand\n$$\n", ["\\nosuchcommand"], id="bad display LaTeX"
        ),
        pytest.param("# A page\n\n[there](#nowhere)\n", ["#nowhere"], id="broken anchor"),
        pytest.param("# A page\n\n[there](nowhere.md)\n", ["nowhere.md"], id="broken link"),
        pytest.param(
            "# A page\n\n```python\nimport matplotlib.pyplot as plt\n"
            "plt.plot([1])\nplt.show()\n```\n",
            ["alt", "block 1"],
            id="picture without alt",
        ),
    ],
)
def test_a_broken_page_stops_the_build_and_is_named(
    project: Path, page: str, named: list[str]
) -> None:
    code, log = _build(project, page)
    assert code != 0, log
    for words in ["index.md", *named]:
        assert words in log


def test_the_cache_saves_a_build_until_the_library_changes(project: Path) -> None:
    code, log = _build(project, _GOOD, "first")
    assert code == 0, log
    assert "Cache miss" in log
    code, log = _build(project, _GOOD, "second")
    assert code == 0, log
    assert "Cache hit" in log
    assert "Cache miss" not in log
    # A file that the wheel, which the site serves, leaves out.
    (project / "nnlib" / "conftest.py").write_text("# changed\n", encoding="utf-8")
    code, log = _build(project, _GOOD, "third")
    assert code == 0, log
    assert "Cache miss" in log
    # Executed twice and read from the cache once: the same bytes every time.
    assert (
        contents(project / "first") == contents(project / "second") == contents(project / "third")
    )


def test_a_kernel_is_ended_without_being_asked(project: Path) -> None:
    # Asked, it now and then logs an error of its own on its way out, and no build may log one.
    farewell = project / "farewell"
    block = f"import atexit, pathlib\natexit.register(pathlib.Path({str(farewell)!r}).touch)\n"
    code, log = _build(project, f"# A page\n\n```python\n{block}```\n")
    assert code == 0, log
    assert not farewell.exists()
