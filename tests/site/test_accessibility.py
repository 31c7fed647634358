"""Uses the pages by keyboard where it does something: the skip link, the drawer, the search.
The walk with the Tab key, on every page, is in `test_visit.py`."""

from typing import Any

import pytest
from playwright.sync_api import Page
from site_building import KINDS, WIDTHS

_NARROW = WIDTHS[1]


@pytest.mark.parametrize("path", KINDS)
def test_the_skip_link_leads_to_the_content(open_page: Any, path: str) -> None:
    page: Page = open_page(path)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.md-skip')")
    page.keyboard.press("Enter")
    heading = page.locator("article h1")
    assert page.evaluate("decodeURIComponent(location.hash.slice(1))") == heading.get_attribute(
        "id"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('article').contains(document.activeElement)")


def test_the_drawer_and_the_search_open_by_keyboard(open_page: Any) -> None:
    page: Page = open_page("", width=_NARROW)
    for name, toggle in [("Contents", "__drawer"), ("Search", "__search")]:
        button = page.get_by_role("button", name=name, exact=True)
        assert button.get_attribute("aria-expanded") == "false"
        button.press("Enter")
        assert button.get_attribute("aria-expanded") == "true"
        assert page.evaluate("id => document.getElementById(id).checked", toggle)
        page.keyboard.press("Escape")
        assert not page.evaluate("id => document.getElementById(id).checked", toggle)


def test_nothing_moves_for_readers_who_asked_for_that(open_page: Any) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter(e => {
      const style = getComputedStyle(e);
      const longest = list => Math.max(...list.split(",").map(parseFloat));
      return (style.transitionProperty !== "none" && longest(style.transitionDuration) > 0.001)
        || (style.animationName !== "none" && longest(style.animationDuration) > 0.001);
    }).map(e => e.outerHTML.slice(0, 120))"""
    assert open_page("", reduced_motion="reduce").evaluate(moving) == []
    # The same question must find something where motion is welcome, or it asks nothing.
    assert open_page("", reduced_motion="no-preference").evaluate(moving) != []
