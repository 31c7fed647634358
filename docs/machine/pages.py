"""Knows the pages of the site: where they are, and which are explainers, lessons or reference.
Tests and build must agree on it, or one could show a page that the other does not see."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import Files, InclusionLevel

DOCS = Path(__file__).resolve().parents[1]
REFERENCE = "reference"
# How many characters search engines show, and what says anything at all.
DESCRIPTION = range(50, 201)
# Names the one page, by its path in `docs/`, that a build makes; the others are only linked to.
ALONE = "NNLIB_PAGE"
_FRONT_MATTER = re.compile(r"---\n(?P<yaml>.*?\n)---\n", re.DOTALL)


def front_matter(text: str) -> dict[str, Any]:
    """What a page says about itself above its first heading; nothing is an empty dict.

    >>> front_matter("---\\ndescription: Short.\\n---\\n\\n# A page\\n")
    {'description': 'Short.'}
    """
    match = _FRONT_MATTER.match(text)
    found = yaml.safe_load(match["yaml"]) if match else None
    return found if isinstance(found, dict) else {}


def body(text: str) -> str:
    """The page without what stands above its first heading."""
    match = _FRONT_MATTER.match(text)
    return text[match.end() :] if match else text


def is_explainer(meta: Mapping[str, Any]) -> bool:
    """Whether a page with this front matter is a notebook, whose blocks are executed."""
    return "jupyter" in meta


def all_pages(docs: Path = DOCS) -> list[Path]:
    """Every Markdown file that becomes a page."""
    return sorted(p for p in docs.rglob("*.md") if "machine" not in p.relative_to(docs).parts)


def _meta(path: Path) -> dict[str, Any]:
    return front_matter(path.read_text(encoding="utf-8"))


def explainers(docs: Path = DOCS) -> list[Path]:
    """The pages that are notebooks."""
    return [path for path in all_pages(docs) if is_explainer(_meta(path))]


def is_lesson(source: str, meta: Mapping[str, Any]) -> bool:
    """Whether it is an explainer of the five parts; those have exercises, the others have none.

    >>> is_lesson("pieces/neuron.md", {"jupyter": {}}), is_lesson("index.md", {"jupyter": {}})
    (True, False)
    """
    folder, _, _ = source.rpartition("/")
    return is_explainer(meta) and folder not in {"", REFERENCE}


def lessons(docs: Path = DOCS) -> list[Path]:
    """The lessons in the order of their paths."""
    return [
        path
        for path in all_pages(docs)
        if is_lesson(path.relative_to(docs).as_posix(), _meta(path))
    ]


def leave_out_the_others(files: Files) -> None:
    """Where one page is to be built alone, MkDocs hears that the others exist, and no more."""
    chosen = os.environ.get(ALONE)
    if not chosen:
        return
    pages = files.documentation_pages()
    if chosen not in {file.src_uri for file in pages}:
        raise ValueError(f"{ALONE}: expected the path of a page in docs/, got {chosen!r}")
    # Pages made of docstrings lead to one another by names that only their making tells.
    made = {file.src_uri for file in pages if b"\n::: " in file.content_bytes}
    kept = made if chosen in made else {chosen}
    for file in pages:
        if file.src_uri not in kept:
            file.inclusion = InclusionLevel.EXCLUDED
