"""Runs axe-core over what opens above a page, and shows that it finds what it is there to find.
Its rules for WCAG A and AA, its best practices and its experimental rules count; none is off. Every
page by itself is judged in `test_visit.py`."""

from typing import Any

import pytest
from playwright.sync_api import Page
from site_building import WIDTHS
from site_judging import ABOUT_COLOUR, violations
from site_reading import settled, unfold, wait_until

WIDE, NARROW = WIDTHS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["", "learning/losses/"])
def test_axe_finds_nothing_in_what_opens_over_a_page(
    open_page: Any, path: str, width: int, scheme: str
) -> None:
    page: Page = open_page(path, width=width, scheme=scheme)
    settled(page)
    if width == NARROW:
        page.get_by_role("button", name="Contents").click()
        wait_until(
            page,
            "document.querySelector('.md-sidebar--primary').getBoundingClientRect().left === 0",
        )
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.type("the")
    page.wait_for_selector(".md-search-result__item")
    assert violations(page) == []


def test_axe_would_find_a_faint_word_among_the_code(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/")
    unfold(page)
    page.evaluate("""document.querySelector("article .highlight code").insertAdjacentHTML(
      "beforeend", "<span class='again'>plain</span> <span class='faint'>faint</span>")""")
    page.evaluate("document.querySelector('.faint').style.color = '#ccc'")
    (found,) = violations(page)
    assert "color-contrast" in found
    assert ".faint" in found


def test_axe_would_find_faint_text_and_a_nameless_button(open_page: Any) -> None:
    """Both kinds of rules that the tests above use are on."""
    page: Page = open_page("")
    page.evaluate("""document.querySelector("article").insertAdjacentHTML("beforeend",
      "<p style='color: #ccc; background: #fff'>faint</p><button></button>")""")
    assert any("color-contrast" in found for found in violations(page, rules=ABOUT_COLOUR))
    assert any("button-name" in found for found in violations(page))


_FAINT = """() => {
  for (const kind of ["h2", "p", "li", "td", "summary", "code .k"])
    for (const element of document.querySelectorAll(`article ${kind}`)) {
      element.style.color = "#bbb";
      if (element.previousElementSibling) element.style.background = "#eee";
    }
}"""
_EVERY_TEXT = "axe.configure({rules: [{id: 'color-contrast', selector: '*'}]})"


def test_one_text_of_a_look_stands_for_all(open_page: Any) -> None:
    """Each mix of colours, size and weight that axe faults among all, it faults among few."""
    page: Page = open_page("learning/losses/")
    unfold(page)
    page.evaluate(_FAINT)
    few = violations(page, rules=ABOUT_COLOUR)
    every = violations(page, rules=ABOUT_COLOUR, looks=_EVERY_TEXT)
    assert {found.partition(": ")[2] for found in few} == {f.partition(": ")[2] for f in every}
    assert 10 < len(few) < len(every)
