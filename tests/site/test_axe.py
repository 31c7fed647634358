"""Runs axe-core over every page, folded and unfolded: wide in light, and explainers narrow in dark.
One page of each kind is tried in all four ways, and with every coloured word of its code: they take
most of the time, and the code of all pages is coloured by one stylesheet.
Its rules for WCAG A and AA, its best practices and its experimental rules count; none is off."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from site_building import KINDS, WIDTHS, address
from site_reading import mounted, unfold, wait_until

WIDE, NARROW = WIDTHS
# Everything but AAA, which WCAG itself advises against requiring of a whole site.
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "experimental"]
_ABOUT_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_CODE = ".highlight code"
_AXE = """([include, exclude, rules]) =>
  axe.run({include, exclude}, {resultTypes: ["violations"], runOnly: rules})"""


def violations(
    page: Page, include: str = "html", exclude: str | None = None, rules: object = _TAGS
) -> list[str]:
    """What axe finds wrong with the parts of the page that match the selectors."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(
        _AXE, [[[include]], [[exclude]] if exclude else [], rules]
    )
    return [
        f"{violation['id']} ({violation['impact']}) at {node['target'][-1]}: "
        f"{node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def judge(open_page: Any, path: str, width: int, scheme: str, exclude: str | None = None) -> None:
    page: Page = open_page(path, width=width, scheme=scheme)
    mounted(page)
    named = {"light": "default", "dark": "slate"}[scheme]
    assert page.evaluate("document.body.dataset.mdColorScheme") == named
    folded = "article details:not([open])"
    if width == WIDE and page.locator(folded).count():
        assert violations(page, folded, rules=_ABOUT_COLOUR) == []
    unfold(page)
    assert violations(page, exclude=exclude) == []


def test_axe_finds_nothing(open_page: Any, page_path: str) -> None:
    judge(open_page, page_path, WIDE, "light", _CODE)


def test_axe_finds_nothing_narrow_and_dark(open_page: Any, explainer: Path) -> None:
    judge(open_page, address(explainer), NARROW, "dark", _CODE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", [*KINDS, "404.html"])
def test_axe_finds_nothing_on_any_kind_of_page(
    open_page: Any, path: str, width: int, scheme: str
) -> None:
    judge(open_page, path, width, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["", "learning/losses/"])
def test_axe_finds_nothing_in_what_opens_over_a_page(
    open_page: Any, path: str, width: int, scheme: str
) -> None:
    page: Page = open_page(path, width=width, scheme=scheme)
    mounted(page)
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


def test_axe_would_find_faint_text_and_a_nameless_button(open_page: Any) -> None:
    """Both kinds of rules that the tests above use are on."""
    page: Page = open_page("")
    page.evaluate("""document.querySelector("article").insertAdjacentHTML("beforeend",
      "<p style='color: #ccc; background: #fff'>faint</p><button></button>")""")
    assert any("color-contrast" in found for found in violations(page, rules=_ABOUT_COLOUR))
    assert any("button-name" in found for found in violations(page))
