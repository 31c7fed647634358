"""Knows which pages the site has and how it is built; tests and fixtures share it.
Not in `conftest.py`: of several files with that name, a test cannot tell which it imports."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from machine.pages import ALONE, DOCS, all_pages, explainers

ROOT = DOCS.parent
BUILD_LIMIT_SECONDS = 1800
WIDTHS = (1280, 360)
# What makes a page that a test writes a notebook.
FRONT_MATTER = """---
description: One of the pages.
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

"""
# One page of each kind: what all pages have from the theme need not be tried on every one of them.
KINDS = ("", "learning/losses/", "further/uses/", "reference/nn/", "reference/cheat-sheet/")


def address(source: Path) -> str:
    """Where the site shows a source file; the home page is at no address of its own.

    >>> address(DOCS / "pieces" / "neuron.md"), address(DOCS / "index.md")
    ('pieces/neuron/', '')
    """
    inside = source.relative_to(DOCS).with_suffix("")
    return inside.as_posix().removesuffix("index") + ("" if inside.name == "index" else "/")


def _built(pages: list[Path]) -> dict[str, Path]:
    alone = os.environ.get(ALONE)
    return {address(page): page for page in pages if alone is None or page == DOCS / alone}


SOURCES, EXPLAINERS = _built(all_pages()), _built(explainers())


def built(site: Path, path: str) -> Path:
    return site / (path if path.endswith(".html") else f"{path}index.html")


def empty_project(folder: Path) -> Path:
    """The machine with all its parts in `folder`, without the pages."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    for part in ("assets", "machine"):
        shutil.copytree(DOCS / part, docs / part, ignore=ignore)
    shutil.copytree(ROOT / "nnlib", folder / "nnlib", ignore=ignore)
    shutil.copy(DOCS / "hooks.py", docs)
    for part in ("LICENSE", "README.md", "mkdocs.yml", "pyproject.toml"):
        shutil.copy(ROOT / part, folder)
    return folder


def contents(folder: Path) -> dict[str, str]:
    """The hash of every file in a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def mkdocs_build(
    config: Path, target: Path, *options: str, **surroundings: str
) -> subprocess.CompletedProcess[str]:
    """Runs the documented command; its log comes back as `stdout`."""
    environment = {key: value for key, value in os.environ.items() if key != "SITE_URL"}
    # Set, even to nothing, it keeps the build from fetching Python for the pages.
    environment.setdefault("NNLIB_PYODIDE", "")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *options, "-f", str(config), "-d", str(target)],
        cwd=config.parent,
        env={**environment, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1", **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=BUILD_LIMIT_SECONDS,
    )
