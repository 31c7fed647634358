"""Knows which pages the site has and how it is built; tests and fixtures share it.
Not in `conftest.py`: of several files with that name, a test cannot tell which it imports."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BUILD_LIMIT_SECONDS = 1800
WIDTHS = (1280, 360)


def address(source: Path) -> str:
    """Where the site shows a source file; the home page is at no address of its own.

    >>> address(DOCS / "pieces" / "neuron.md"), address(DOCS / "index.md")
    ('pieces/neuron/', '')
    """
    inside = source.relative_to(DOCS).with_suffix("")
    return inside.as_posix().removesuffix("index") + ("" if inside.name == "index" else "/")


SOURCES = {address(source): source for source in sorted(DOCS.rglob("*.md"))}


def built(site: Path, path: str) -> Path:
    return site / (path if path.endswith(".html") else f"{path}index.html")


def mkdocs_build(config: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Runs the documented command; its log comes back as `stdout`."""
    environment = {key: value for key, value in os.environ.items() if key != "SITE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(target)],
        cwd=config.parent,
        env={**environment, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=BUILD_LIMIT_SECONDS,
    )
