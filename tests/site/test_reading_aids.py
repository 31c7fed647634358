"""Looks for what helps readers: the line below titles, the parts on the home page, safe links.
All of it must be there without JavaScript, because nothing on these pages needs it to be read."""

import re
from pathlib import Path

import pytest
from machine import pages, reading
from machine.examples import blocks
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


def test_the_home_page_says_how_much_is_held(site: Path) -> None:
    """Counted anew, from the files of all pages; with a comma at the thousands."""
    found = [b for path in pages.all_pages() for b in blocks(path.read_text(encoding="utf-8"))]
    outputs = [block.expected for block in found if block.expected is not None]
    proofs = [block.fence.options.get("proves", []) for block in found]
    counted = {
        "blocks of code": len(found),
        "outputs": len(outputs),
        "digits": sum(character in "0123456789" for output in outputs for character in output),
        "of them carry": sum(1 if isinstance(each, str) else len(each) for each in proofs),
        "pictures are interactive": sum("instrument" in block.fence.options for block in found),
    }
    text = " ".join(article(built(site, "")).text.split())
    for what, count in counted.items():
        assert f" {count:,} {what}" in text


def test_links_to_other_sites_are_safe_and_can_be_heard(site: Path, page_path: str) -> None:
    for link in read(built(site, page_path)).all("a"):
        if re.match("https?://(?!localhost)", link.attributes.get("href", "")):
            assert {"noopener", "noreferrer"} <= set(link.attributes.get("rel", "").split())
            assert link.text.endswith("(another site)")
