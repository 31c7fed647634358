"""Downloads the notebook and the script of each page, as readers do: they hold the page's blocks.
So does its HTML, says `test_html.py`; what the blocks print is proved where Sybil runs them, in one
arithmetic and, by `.ci/run`, in another."""

import re
from pathlib import Path

import jupytext
import nbformat
from machine.comparing import same_output
from machine.examples import blocks
from machine.fences import Fence
from running import python
from site_building import EXPLAINERS, address, built
from site_html import article


def _downloaded(site: Path, source: Path, suffix: str) -> Path:
    page = built(site, address(source))
    (name,) = [
        a.attributes["href"]
        for a in article(page).all("a")
        if "download" in a.attributes and a.attributes["href"].endswith(suffix)
    ]
    return page.parent / name


def test_the_notebook_holds_the_pages_cells(site: Path, explainer: Path) -> None:
    notebook = nbformat.read(_downloaded(site, explainer, ".ipynb"), as_version=4)
    nbformat.validate(notebook)
    cells = [cell.source.strip("\n") for cell in notebook.cells if cell.cell_type == "code"]
    found = [block.fence for block in blocks(explainer.read_text(encoding="utf-8"))]
    assert cells == [fence.source.strip("\n") for fence in found if _is_cell(fence)]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.search(r"\]\([^)]*\.md[#)]", prose), "a link that only the site can follow"


def _is_cell(fence: Fence) -> bool:
    """Whether the block can be run in the notebook: all but hints at what an exercise asks for."""
    return not fence.prefix or fence.options.get("role") in {"check", "stub"}


def test_the_script_holds_the_pages_cells(site: Path, explainer: Path) -> None:
    """The cells that the test above has run as blocks, in order, with prose as comments."""
    script = _downloaded(site, explainer, ".py").read_text(encoding="utf-8")
    cells = [c.source for c in jupytext.reads(script, "py:percent").cells if c.cell_type == "code"]
    found = [block.fence for block in blocks(explainer.read_text(encoding="utf-8"))]
    assert cells[0].startswith('"""'), "the script opens with the page's title"
    assert cells[1:] == [fence.source.strip("\n") for fence in found if _is_cell(fence)]
    compile(script, explainer.name, "exec")


def test_the_shortest_script_runs_and_prints_what_the_page_says(site: Path, tmp_path: Path) -> None:
    """The others hold what has been run already; this one stands for how they are run."""
    pages = [
        path for path in EXPLAINERS.values() if "needs=" not in path.read_text(encoding="utf-8")
    ]
    source = min(pages, key=lambda path: path.stat().st_size)
    tested = list(blocks(source.read_text(encoding="utf-8")))
    claimed = "\n".join(
        b.expected.strip("\n") for b in tested if b.expected is not None and _is_cell(b.fence)
    )
    script = str(_downloaded(site, source, ".py"))
    printed = python(script, folder=tmp_path)
    assert same_output(claimed, printed), f"the script prints\n{printed}\nthe page says\n{claimed}"
