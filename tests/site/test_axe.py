"""Runs axe-core over every page: wide and narrow, light and dark, with all that is folded unfolded.
Its rules for WCAG A and AA, its best practices and its experimental rules count; none is off."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from site_building import WIDTHS
from site_reading import settled, unfold, wait_until

WIDE, NARROW = WIDTHS
# Everything but AAA, which WCAG itself advises against requiring of a whole site.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]
_ABOUT_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# axe takes a picture's words to have the colour of the page's; `tests/plotting` judges the palette.
_DRAWN = "svg text"
# Of the coloured words of code that look alike, one is enough: they are half of what there is.
_ONE_OF_EACH = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll("code span[class]")) {
    let where = "";
    for (let up = word; up; up = up.parentElement) where += `${up.tagName} ${up.className} < `;
    if (seen.has(where)) word.replaceWith(...word.childNodes);
    seen.add(where);
  }
}"""
# What the theme calls the two schemes.
_SCHEMES = {"light": "default", "dark": "slate"}
_AXE = """([include, exclude, rules]) =>
  axe.run({include, exclude}, {resultTypes: ["violations"], runOnly: rules})"""


def violations(page: Page, include: str = "html", rules: object = _TAGS) -> list[str]:
    """What axe finds wrong with the parts of the page that match the selector."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(_AXE, [[[include]], [[_DRAWN]], rules])
    return [
        f"{violation['id']} ({violation['impact']}) at {node['target'][-1]}: "
        f"{node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def switch(page: Page, scheme: str) -> None:
    """What the reader's system asks for changes while the page is open."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    wait_until(page, "name => document.body.dataset.mdColorScheme === name", _SCHEMES[scheme])
    settled(page)


def test_axe_finds_nothing(open_page: Any, page_path: str) -> None:
    page: Page = open_page(page_path, width=WIDE)
    unfold(page)
    page.evaluate(_ONE_OF_EACH)
    for width, scheme in [(WIDE, "light"), (WIDE, "dark"), (NARROW, "dark"), (NARROW, "light")]:
        page.set_viewport_size({"width": width, "height": 900})
        switch(page, scheme)
        # Nothing but colours follows the scheme; the other rules would say the same again.
        assert violations(page, rules=_TAGS if scheme == "light" else _ABOUT_COLOUR) == []


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
    page.evaluate(_ONE_OF_EACH)
    (found,) = violations(page)
    assert "color-contrast" in found
    assert ".faint" in found


def test_axe_would_find_faint_text_and_a_nameless_button(open_page: Any) -> None:
    """Both kinds of rules that the tests above use are on."""
    page: Page = open_page("")
    page.evaluate("""document.querySelector("article").insertAdjacentHTML("beforeend",
      "<p style='color: #ccc; background: #fff'>faint</p><button></button>")""")
    assert any("color-contrast" in found for found in violations(page, rules=_ABOUT_COLOUR))
    assert any("button-name" in found for found in violations(page))
