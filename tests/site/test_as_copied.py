"""Does what readers do: copies the blocks out of the HTML, downloads the notebook and the script.
In an interpreter that knows nothing else, on a machine whose processor adds numbers up in another
order, they must print what the page says."""

import json
import platform
import re
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from machine.comparing import same_output
from machine.examples import blocks, missing
from machine.fences import Fence
from running import python
from site_building import EXPLAINERS, address, built
from site_html import article, python_blocks

# Each block is compiled by itself, as if pasted, and what it prints is kept apart.
_PASTE = """
import contextlib, io, json, sys
namespace, printed = {"__name__": "__main__"}, []
for block in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(block, f"<block {len(printed) + 1}>", "exec", dont_inherit=True), namespace)
    printed.append(output.getvalue())
json.dump(printed, sys.stdout)
"""


# The names below are those of x86-64; elsewhere the pages are run with the arithmetic at hand.
_HAS_OTHER_ARITHMETIC = platform.machine().lower() in {"x86_64", "amd64"}
_NEWER_INSTRUCTIONS = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX2", "FMA3", "AVX512F", "AVX512_SKX")


def _other_arithmetic() -> dict[str, str]:
    """OpenBLAS's oldest kernels; NumPy without those of its newer instructions that it knows."""
    if not _HAS_OTHER_ARITHMETIC:
        return {}
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    found = config["SIMD Extensions"].get("found", [])
    newer = " ".join(name for name in found if name in _NEWER_INSTRUCTIONS)
    return {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": newer}


@pytest.mark.skipif(not _HAS_OTHER_ARITHMETIC, reason="the names known here are those of x86-64")
def test_the_other_arithmetic_is_another(tmp_path: Path) -> None:
    """The sum of a long product differs in its last digits, or this machine tries nothing new."""
    ask = """if True:
        import numpy as np
        numbers = np.random.default_rng(0).normal(size=(300, 300))
        print(repr(float((numbers @ numbers).sum())))
    """
    here = python("-c", ask, folder=tmp_path)
    assert python("-c", ask, folder=tmp_path, **_other_arithmetic()) != here


def _needs_what_is_not_here(source: Path) -> list[bool]:
    return [
        missing(block.fence) is not None for block in blocks(source.read_text(encoding="utf-8"))
    ]


def test_copied_blocks_print_what_the_page_says(
    site: Path, explainer: Path, tmp_path: Path
) -> None:
    shown = python_blocks(built(site, address(explainer)))
    absent = _needs_what_is_not_here(explainer)
    possible = [block for block, away in zip(shown, absent, strict=True) if not away]
    pasted = json.dumps([block.source for block in possible])
    said = python("-c", _PASTE, folder=tmp_path, stdin=pasted, **_other_arithmetic())
    printed = json.loads(said)
    for block, output in zip(possible, printed, strict=True):
        assert same_output(block.output or "", output), (
            f"{block.source}\nprints\n{output}\nthe page says\n{block.output}"
        )


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
    printed = python(script, folder=tmp_path, **_other_arithmetic())
    assert same_output(claimed, printed), f"the script prints\n{printed}\nthe page says\n{claimed}"
