"""Uses the site as readers do: searches, changes the colours, follows a dead link.
`open_page` sees to it that none of this asks anything of another host."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from site_building import KINDS, SOURCES
from site_reading import wait_until


def _words(site: Path) -> dict[str, Counter[str]]:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    words: dict[str, Counter[str]] = {path: Counter() for path in SOURCES}
    for entry in index["docs"]:
        path = entry["location"].partition("#")[0]
        prose = re.sub(
            r"<pre>.*?</pre>|<[^>]*>", " ", f"{entry['title']} {entry['text']}", flags=re.DOTALL
        )
        words[path].update(re.findall(r"(?<!\S)[a-z]{4,}(?!\S)", prose.lower()))
    return words


@pytest.mark.parametrize("here", KINDS)
def test_the_search_finds_a_word_of_the_page_and_opens_it(
    open_page: Any, site: Path, server: str, here: str
) -> None:
    words = _words(site)
    pages_with = Counter(word for counted in words.values() for word in counted)
    # The word that tells this page best from the others, and always the same one.
    word = max(sorted(words[here]), key=lambda word: (-pages_with[word], len(word)))
    start = next(path for path in [*SOURCES][::-1] if path != here) if len(SOURCES) > 1 else here
    page: Page = open_page(start)
    page.keyboard.press("f")
    page.keyboard.type(word)
    results = page.locator(".md-search-result__item > a")
    expect(results.first).to_be_visible()
    found = [
        link
        for link in results.all()
        if re.split("[?#]", link.evaluate("a => a.href"))[0] == server + here
    ]
    assert found, f"{word!r} stands on {here!r}, and the search does not say so"
    found[0].click()
    wait_until(page, "address => location.href.split(/[?#]/)[0] === address", server + here)
    expect(page.locator("article")).to_contain_text(re.compile(word, re.IGNORECASE))


def test_the_reader_chooses_the_colours_and_the_choice_stays(open_page: Any) -> None:
    page: Page = open_page("", scheme="dark")
    scheme = "document.body.dataset.mdColorScheme"
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(scheme) == "slate"
    dark = page.evaluate(paper)
    page.locator(".md-header label[title='Switch to light mode']").click()
    assert page.evaluate(scheme) == "default"
    assert page.evaluate(paper) != dark
    page.reload()
    assert page.evaluate(scheme) == "default"


@pytest.mark.parametrize("path", ["", "learning/losses/", "further/uses/"])
def test_pictures_follow_the_scheme(open_page: Any, path: str) -> None:
    """All are made by one function, which takes no colour that does not follow."""
    page: Page = open_page(path)
    drawn = page.locator(".nn-picture svg text").first
    ink = "text => getComputedStyle(text).fill"
    light = drawn.evaluate(ink)
    page.emulate_media(color_scheme="dark")
    wait_until(page, "document.body.dataset.mdColorScheme === 'slate'")
    assert drawn.evaluate(ink) != light


@pytest.mark.parametrize("lost", ["nowhere/", "pieces/no/such/page/", "assets/nothing.html"])
def test_a_dead_link_leads_back(open_page: Any, server: str, lost: str) -> None:
    page: Page = open_page(lost, blocked="**/no-such-address")
    expect(page.locator("article h1")).to_have_text("This page does not exist")
    # The stylesheet must have been found from wherever the reader got lost.
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == "sticky"
    )
    page.locator("article a").first.click()
    page.wait_for_url(server)


def test_links_to_other_sites_are_marked_and_the_sites_own_are_not(open_page: Any) -> None:
    page: Page = open_page("")
    mark = """address => {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = "there";
      document.querySelector("article").append(link);
      return getComputedStyle(link, "::after").content;
    }"""
    assert "↗" in page.evaluate(mark, "https://example.org/")
    assert page.evaluate(mark, "pieces/") == "none"
