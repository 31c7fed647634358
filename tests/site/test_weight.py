"""Counts what a page makes a browser lay out, wait for, and fetch only when it is asked for.
What a page weighs is in `test_html.py`, and with all that pages share in `test_visit.py`."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from site_building import built
from site_html import read

# A phone styles each of them several times before it answers a touch.
_ELEMENTS = 4_500


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
