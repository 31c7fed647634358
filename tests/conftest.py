"""Settings that every test shares, and `--page`, which judges one page by all that concerns it.
Hypothesis draws the same examples each time and keeps no clock: red for one is red for all."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from machine.pages import ALONE, DOCS
from running import THOROUGH

# Tests run side by side; what one of them starts must not take every processor for itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

# Where nothing concerns a page.
_APART = [DOCS.parent / part for part in ("nnlib", "docs/machine", "tests/nnlib", "tests/plotting")]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--page",
        help="judge one page, by its path in docs/: its blocks, the rules, its build, the browser",
    )


def pytest_report_header() -> str:
    return "thorough: all is tried" if THOROUGH else "not thorough: NNLIB_THOROUGH=1 tries all"


def pytest_configure(config: pytest.Config) -> None:
    if page := (config.getoption("page") or "").removeprefix("docs/"):
        config.option.page = page
        if not (page.endswith(".md") and (DOCS / page).is_file()):
            raise pytest.UsageError(f"--page: expected the path of a page in docs/, got {page!r}")
        # The build makes this page alone.
        os.environ[ALONE] = page


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    page = config.getoption("page")
    other = collection_path.suffix == ".md" and page and collection_path != DOCS / page
    return True if other or (page and collection_path in _APART) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if page := config.getoption("page"):
        others = [item for item in items if not _concerns(item, page)]
        items[:] = [item for item in items if item not in others]
        config.hook.pytest_deselected(items=others)
    elif not THOROUGH:
        for item in items:
            if _takes_long(item):
                item.add_marker(pytest.mark.skip(reason="takes long: with NNLIB_THOROUGH=1"))


def _takes_long(item: pytest.Item) -> bool:
    """Whether it asks for a browser and is not marked as everyday's, or is marked as thorough."""
    in_browser = "browser" in getattr(item, "fixturenames", ())
    return bool(
        item.get_closest_marker("thorough")
        or (in_browser and not item.get_closest_marker("everyday"))
    )


def _concerns(item: pytest.Item, page: str) -> bool:
    """Whether it is a block of the page, a test given the page, or a rule on all pages together."""
    if item.path == DOCS / page or item.get_closest_marker("all_pages"):
        return True
    address = f"{page.removesuffix('.md')}/" if page != "index.md" else ""
    given = getattr(item, "callspec", None)
    return given is not None and any(
        value in (DOCS / page, page)
        or (name in {"page_path", "here", "visited"} and value == address)
        # A word of the glossary that the page introduces.
        or getattr(value, "page", None) == page
        for name, value in given.params.items()
    )
