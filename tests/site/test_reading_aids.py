"""Looks for what helps readers: the line below titles, the parts on the home page, clean paper.
All of it must be there without JavaScript, because nothing on these pages needs it to be read."""

import re
from pathlib import Path
from typing import Any

import pytest
from machine import pages, reading
from playwright.sync_api import Page
from site_building import DOCS, address, built
from site_html import article, read

LESSONS = pages.lessons(DOCS)
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])


@every_lesson
def test_each_lesson_says_what_comes_before_it(site: Path, path: Path) -> None:
    root = article(built(site, address(path)))
    (line,) = root.all("p", "nn-before")
    text = path.read_text(encoding="utf-8")
    assert f"About {reading.minutes(text)} minute" in line.text
    assert re.match(r"Part \d · [^·]+ · page \d+ of \d+ · ", line.text)
    here = built(site, address(path)).parent
    linked = [(here / a.attributes["href"]).resolve() for a in line.all("a")]
    assert linked == [site.resolve() / first.removesuffix(".md") for first in reading.before(text)]
    tags = [e.tag for e in root.walk() if e.tag in {"h1", "h2"} or e is line]
    assert tags[:2] == ["h1", "p"]


@every_lesson
def test_sources_stand_under_a_heading_of_their_own(site: Path, path: Path) -> None:
    root = article(built(site, address(path)))
    headings = [e for e in root.all("h2") if e.attributes.get("id") == "sources"]
    assert len(headings) == len(root.all("div", "footnote"))


def test_the_home_page_lists_every_lesson_once(site: Path) -> None:
    lists = article(built(site, "")).all("ol", "nn-contents")
    listed = [a.attributes["href"] for each in lists for a in each.all("a")]
    assert sorted(listed) == sorted(address(path) for path in LESSONS)


def test_links_to_other_sites_are_safe_and_can_be_heard(site: Path, page_path: str) -> None:
    for link in read(built(site, page_path)).all("a"):
        if re.match("https?://(?!localhost)", link.attributes.get("href", "")):
            assert {"noopener", "noreferrer"} <= set(link.attributes.get("rel", "").split())
            assert link.text.endswith("(another site)")


_SHOWN = """selector => [...document.querySelectorAll(selector)]
  .filter(e => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden")
  .map(e => e.className)"""


@pytest.mark.parametrize("path", ["", "pieces/neuron/", "learning/gradient-descent/"])
def test_paper_holds_the_page_and_nothing_to_press(open_page: Any, path: str) -> None:
    page: Page = open_page(path, scheme="dark")
    page.emulate_media(media="print")
    around = ".md-header, .md-sidebar, .md-footer, .md-top, .md-search, .md-dialog, .md-skip"
    pressed = ".md-code__nav, .nn-downloads, .headerlink, .footnote-backref, article button"
    assert page.evaluate(_SHOWN, f"{around}, {pressed}") == []
    # What is folded on the screen is open on paper, and nothing is wider than the sheet.
    folded = page.evaluate(
        "[...document.querySelectorAll('details')].map(d => [d.offsetHeight, "
        "d.querySelector('summary').offsetHeight])"
    )
    assert all(height > summary + 5 for height, summary in folded)
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 255, 255)"
