"""Weighs what a browser has to fetch: for the first page of a visit, and for each one after it.
Files that pages share are fetched once; what is left is what a reader waits for at every click."""

import gzip
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from site_building import SOURCES, address, built
from site_html import read

_MEDIAN_BYTES = 60_000
_LARGEST_BYTES = 150_000
_FIRST_VISIT_BYTES = 250_000
_MOVED_LIMIT = 0.01
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


_LOADING = """async () => {
  let moved = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  await new Promise(done => setTimeout(done, 500));
  const fetched = performance.getEntriesByType("resource").map(entry => entry.name);
  return {moved, fetched: fetched.filter(name => name.startsWith(location.origin))};
}"""


def test_the_first_page_of_a_visit_is_light_and_nothing_moves_while_it_loads(
    open_page: Any, site: Path, server: str, source: Path
) -> None:
    """Scripts, styles and the font for formulas included; the index of the search is not there."""
    page: Page = open_page(address(source), width=360)
    loading = page.evaluate(_LOADING)
    assert loading["moved"] <= _MOVED_LIMIT
    fetched = [path.removeprefix(server) for path in loading["fetched"]]
    assert "search/search_index.json" not in fetched
    weight = _weight(built(site, address(source))) + sum(_weight(site / path) for path in fetched)
    assert weight <= _FIRST_VISIT_BYTES, fetched


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
