"""Points at, tabs to and taps words of the glossary, as readers do who want to know what one means.
The meaning must come, stay within the window, go away, and be no obstacle to anyone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from machine import glossary
from machine.pages import DOCS, lessons
from playwright.sync_api import Locator, Page, expect
from site_building import address, built
from site_html import Element, article
from site_judging import violations

TERMS = {
    term.anchor: term
    for term in glossary.read((DOCS / glossary.SOURCE).read_text(encoding="utf-8"))
}
_PAGE = "learning/backpropagation/"
_GLOSSARY = "reference/glossary/"


def first_term(page: Page) -> Locator:
    return page.locator("article > p .nn-term").first


def meaning(page: Page) -> Locator:
    """Material has tooltips of its own, for its buttons."""
    return page.locator("#nn-meaning[role=tooltip]")


def test_each_word_is_explained_once_a_page(site: Path, explainer: Path) -> None:
    shown = [
        link.attributes["href"].partition("#")[2]
        for link in article(built(site, address(explainer))).all("a", "nn-term")
    ]
    assert len(shown) == len(set(shown))


# Where a word is no running prose: a name, a label, code, or led somewhere already.
_APART = {"button", "code", "figure", "label", "math", "pre", "script", "summary", "svg", "th"}
_SET_OFF = {"strong", "em", "h1", "h2", "h3", "h4"}
_FORMS = {form.lower(): term.anchor for term in TERMS.values() for form in term.forms}
# A sentence may begin with one.
_SPELT = {
    spelt
    for term in TERMS.values()
    for form in term.forms
    for spelt in (form, form[0].upper() + form[1:])
}
_WORD = re.compile(
    r"(?<![\w-])(?:"
    + "|".join(map(re.escape, sorted(_SPELT, key=len, reverse=True))).replace(r"\ ", r"\s+")
    + r")(?![\w-])"
)


def mentions(element: Element, how: str = "plain") -> Iterator[tuple[str, str]]:
    """The glossary's words in the order of the page: plain, set off, or explained on hover."""
    if element.tag in _APART or element.classes & {"footnote", "admonition-title", "nn-formula"}:
        return
    if element.tag == "a":
        if "nn-term" in element.classes:
            yield element.attributes["href"].partition("#")[2], "explained"
        return
    how = "set off" if element.tag in _SET_OFF else how
    for child in element.children:
        if isinstance(child, Element):
            yield from mentions(child, how)
        else:
            for word in _WORD.finditer(child):
                yield _FORMS[re.sub(r"\s+", " ", word.group()).lower()], how


def test_no_word_is_used_before_it_is_explained(site: Path) -> None:
    """In the order in which the pages are read: here, there on hover, or on an earlier page."""
    nav = re.findall(r"[\w-]+/[\w-]+\.md", (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8"))
    known: set[str] = set()
    unexplained = []
    for name in (name for name in nav if DOCS / name in lessons()):
        own = {anchor for anchor, term in TERMS.items() if term.page == name}
        met: set[str] = set()
        for anchor, how in mentions(article(built(site, address(DOCS / name)))):
            if how == "plain" and anchor not in known | met:
                unexplained.append((name, anchor))
            met.add(anchor)
        known |= own
    assert unexplained == []


def test_pages_explain_words(site: Path) -> None:
    words = article(built(site, _PAGE)).all("a", "nn-term")
    assert len(words) >= 5
    for word in words:
        term = TERMS[word.attributes["href"].partition("#")[2]]
        assert word.attributes["data-meaning"] == f"{term.title}: {term.meaning}"
        assert re.sub(r"\s+", " ", word.text).lower() in {form.lower() for form in term.forms}


def test_every_term_is_an_anchor_of_the_glossary_and_of_the_search(site: Path) -> None:
    ids = {e.attributes.get("id") for e in article(built(site, _GLOSSARY)).all("h3")}
    assert ids == set(TERMS)
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"] for entry in index["docs"]}
    assert {f"{_GLOSSARY}#{anchor}" for anchor in TERMS} <= found


def test_pointing_at_a_word_shows_its_meaning(open_page: Any) -> None:
    page: Page = open_page(_PAGE)
    word = first_term(page)
    expect(meaning(page)).to_be_hidden()
    word.hover()
    expect(meaning(page)).to_have_text(str(word.get_attribute("data-meaning")))
    # Who moves onto the box to read it there must not lose it.
    meaning(page).hover()
    page.wait_for_timeout(400)
    expect(meaning(page)).to_be_visible()
    page.locator("article h1").hover()
    expect(meaning(page)).to_be_hidden()


def test_the_keyboard_reaches_a_word_and_escape_hides_its_meaning(open_page: Any) -> None:
    page: Page = open_page(_PAGE)
    word = first_term(page)
    for _ in range(100):
        page.keyboard.press("Tab")
        if word.evaluate("word => word === document.activeElement"):
            break
    expect(meaning(page)).to_have_text(str(word.get_attribute("data-meaning")))
    expect(word).to_have_attribute("aria-describedby", str(meaning(page).get_attribute("id")))
    page.keyboard.press("Escape")
    expect(meaning(page)).to_be_hidden()
    expect(word).to_be_focused()
    assert word.get_attribute("aria-describedby") is None
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{_GLOSSARY}#*")


def test_the_meaning_goes_when_the_focus_goes(open_page: Any) -> None:
    page: Page = open_page(_PAGE)
    first_term(page).focus()
    expect(meaning(page)).to_be_visible()
    page.locator(".md-skip").focus()
    expect(meaning(page)).to_be_hidden()


def test_a_tap_shows_the_meaning_and_a_second_one_follows_the_link(open_page: Any) -> None:
    page: Page = open_page(_PAGE, width=360, has_touch=True)
    word = first_term(page)
    word.tap()
    expect(meaning(page)).to_have_text(str(word.get_attribute("data-meaning")))
    page.locator("article h1").tap()
    expect(meaning(page)).to_be_hidden()
    word.tap()
    expect(meaning(page)).to_be_visible()
    assert _PAGE in page.url
    word.tap()
    page.wait_for_url(f"**/{_GLOSSARY}#*")


_BOX = """() => {
  const box = document.getElementById("nn-meaning").getBoundingClientRect();
  return [box.left, box.top, innerWidth - box.right, innerHeight - box.bottom];
}"""


def test_on_a_phone_every_meaning_stays_in_sight_and_nothing_moves(open_page: Any) -> None:
    page: Page = open_page("reference/cheat-sheet/", width=360)
    page.evaluate("""() => {
      window.shift = 0;
      new PerformanceObserver(list => list.getEntries().forEach(e => { shift += e.value; }))
        .observe({type: "layout-shift"});
    }""")
    words = page.locator("article .nn-term")
    assert words.count() >= 20
    height = page.evaluate("document.documentElement.scrollHeight")
    for number in range(words.count()):
        words.nth(number).focus()
        expect(meaning(page)).to_be_visible()
        assert min(page.evaluate(_BOX)) >= 0, words.nth(number).text_content()
        assert page.evaluate("document.documentElement.scrollHeight") == height
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("shift") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_while_a_meaning_is_shown(
    open_page: Any, width: int, scheme: str
) -> None:
    page: Page = open_page(_PAGE, width=width, scheme=scheme)
    first_term(page).focus()
    expect(meaning(page)).to_be_visible()
    assert violations(page) == []


def test_without_scripts_a_word_is_a_link(open_page: Any, server: str) -> None:
    page: Page = open_page(_PAGE, java_script_enabled=False)
    expect(meaning(page)).to_have_count(0)
    href = first_term(page).get_attribute("href")
    first_term(page).click()
    assert page.url == f"{server}{_GLOSSARY}#{str(href).partition('#')[2]}"


def test_on_paper_there_are_no_marks(open_page: Any) -> None:
    page: Page = open_page(_PAGE)
    first_term(page).focus()
    page.emulate_media(media="print")
    expect(meaning(page)).to_be_hidden()
    line = "word => getComputedStyle(word).textDecorationLine"
    assert first_term(page).evaluate(line) == "none"
