"""Weighs the pages by themselves: what a reader waits for at every click.
The first page of a visit, with all that pages share, is weighed in `test_visit.py`."""

import gzip
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from site_building import SOURCES, built
from site_html import read

_MEDIAN_BYTES = 60_000
_LARGEST_BYTES = 150_000
# A phone styles each of them several times before it answers a touch.
_ELEMENTS = 3_000


def _weight(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), mtime=0))


def test_the_median_page_is_light_and_none_is_heavy(site: Path) -> None:
    weights = {path: _weight(built(site, path)) for path in SOURCES}
    assert statistics.median(weights.values()) <= _MEDIAN_BYTES
    heavy = {path: weight for path, weight in weights.items() if weight > _LARGEST_BYTES}
    assert not heavy


def test_no_page_is_long_to_lay_out(site: Path, page_path: str) -> None:
    assert len(read(built(site, page_path)).all()) <= _ELEMENTS


def test_a_page_waits_for_one_stylesheet(site: Path, page_path: str) -> None:
    links = [link.attributes for link in read(built(site, page_path)).all("link")]
    sheets = [link["href"] for link in links if link["rel"] == "stylesheet"]
    assert len(sheets) == 1


def test_the_index_comes_when_somebody_searches(open_page: Any, server: str) -> None:
    page: Page = open_page("")
    with page.expect_request(f"{server}search/search_index.json"):
        page.locator("[data-md-component=search-query]").focus()
    page = open_page("", width=360)
    with page.expect_request(f"{server}search/search_index.json"):
        page.get_by_role("button", name="Search", exact=True).click()
    page = open_page("")
    with page.expect_request(f"{server}search/search_index.json"):
        page.goto(f"{server}?q=softmax")
