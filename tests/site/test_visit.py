"""Opens each page once and judges it as it comes up, as it lies on screens and on paper, under the
Tab key, by axe-core, and by what its buttons copy.
A page costs more to open than to judge; what a judge has to say names what is wrong and where."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from machine.blocks import COPY, COPY_WITH_NEEDS
from machine.dependencies import scripts, sources
from playwright.sync_api import Page
from running import EVERYTHING
from site_building import EXPLAINERS, KINDS, SOURCES, WIDTHS, built
from site_html import python_blocks
from site_judging import (
    ABOUT_COLOUR,
    copied,
    fetched,
    moves,
    on_paper,
    reachable,
    switch,
    violations,
    walk,
    within_the_window,
)
from site_reading import fold, settled, unfold

WIDE, NARROW = WIDTHS
_FIRST_VISIT_BYTES = 250_000


@pytest.mark.everyday
def test_nothing_is_wrong_with_a_page(
    open_page: Any, site: Path, server: str, visited: str
) -> None:
    page: Page = open_page(visited, width=NARROW)
    wrong = [
        f"{when}: {what}" for when, found in _visit(page, site, server, visited) for what in found
    ]
    assert not wrong, "\n".join(wrong)


def _visit(
    page: Page, site: Path, server: str, visited: str
) -> Iterator[tuple[str, Iterator[str] | list[str]]]:
    """Each judgement, and when it was made; the page is as the one before has left it."""

    def resize(width: int) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)

    yield "while it loads", moves(page)
    if visited in SOURCES:
        yield "the first page of a visit", _heavy(page, site, server, visited)
    unfold(page)
    yield "narrow", reachable(page)
    for width in (320, NARROW):
        resize(width)
        yield f"{width} pixels wide", within_the_window(page)
    yield "axe, narrow, light", violations(page)
    # Nothing but colours follows the scheme; axe's other rules would say the same again. Pages of
    # a kind are laid out alike: the two other ways are tried on one of each, and weekly on all.
    four_ways = visited in KINDS or EVERYTHING
    switch(page, "dark")
    if four_ways:
        yield "axe, narrow, dark", violations(page, rules=ABOUT_COLOUR)
    resize(WIDE)
    yield "axe, wide, dark", violations(page, rules=ABOUT_COLOUR)
    switch(page, "light")
    if four_ways:
        yield "axe, wide, light", violations(page)
    yield "wide", reachable(page)
    if visited in SOURCES:
        yield "copied", _copied_wrong(page, site, visited)
    fold(page)
    if visited in EXPLAINERS:
        switch(page, "dark")
        yield "on paper", on_paper(page)
        switch(page, "light")
    # Last, because it leaves the page and its contents scrolled to their ends.
    yield "Tab, wide", walk(page)
    if visited in KINDS:
        resize(NARROW)
        yield "Tab, narrow", walk(page)


def _heavy(page: Page, site: Path, server: str, visited: str) -> Iterator[str]:
    """Scripts, styles and the font for formulas included; the index of the search is not there."""
    files = [path.removeprefix(server) for path in fetched(page)]
    if "search/search_index.json" in files:
        yield "it fetches the index of the search"
    weights = {
        path: len(gzip.compress(path.read_bytes(), mtime=0))
        for path in [built(site, visited), *(site / file for file in files)]
    }
    if sum(weights.values()) > _FIRST_VISIT_BYTES:
        yield f"it weighs {sum(weights.values())} bytes gzipped: {weights}"


def _copied_wrong(page: Page, site: Path, visited: str) -> Iterator[str]:
    """Each button copies its block, to the letter; the second one all that the block needs too."""
    expected = {COPY: [block.source for block in python_blocks(built(site, visited))]}
    if visited in EXPLAINERS:
        expected[COPY_WITH_NEEDS] = scripts(sources(EXPLAINERS[visited].read_text("utf-8")))
    for name, texts in expected.items():
        found = copied(page, name)
        if len(found) != len(texts):
            yield f"{name}: {len(found)} buttons for {len(texts)} blocks"
        for number, (text, has) in enumerate(zip(texts, found, strict=False), start=1):
            # Without the line break that ends it: pasted, it waits for Enter.
            if has != text.rstrip("\n"):
                yield f"{name}: block {number}:\n{has}\nis not\n{text}"
