"""Walks through every page with the Tab key, as readers do who have no mouse.
What axe-core finds by itself is in `test_axe.py`."""

from typing import Any

import pytest
from playwright.sync_api import Page
from site_building import KINDS, WIDTHS
from site_reading import UNREACHABLE, settled, unfold

WIDE, NARROW = WIDTHS
_TAB_LIMIT = 1000


_FOCUSED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  // A switch that is drawn by its label shows the focus there.
  const drawn = element.matches(".md-option") ? document.querySelector(".md-option:focus + label")
    : element.matches(".tabbed-set > input") ? element.labels[0] : element;
  const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
  return {
    name: element.outerHTML.slice(0, 160),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: style.visibility === "visible" && style.opacity > 0 && box.width > 0 && box.height > 0
      && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def test_the_keyboard_reaches_all_and_the_focus_is_always_seen(
    open_page: Any, page_path: str
) -> None:
    walk(open_page, page_path, WIDE)


@pytest.mark.parametrize("path", KINDS)
def test_so_it_does_on_a_narrow_screen(open_page: Any, path: str) -> None:
    walk(open_page, path, NARROW)


def walk(open_page: Any, path: str, width: int) -> None:
    page: Page = open_page(path, width=width)
    settled(page)
    stops = 0
    for _ in range(_TAB_LIMIT):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused is None:
            break
        stops += 1
        assert focused["outlined"], f"no outline: {focused['name']}"
        assert focused["seen"], f"out of sight: {focused['name']}"
    else:
        raise AssertionError(f"the Tab key never leaves the page: {stops} stops")
    assert stops >= 3
    unfold(page)
    assert page.evaluate(UNREACHABLE) == []


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
    page: Page = open_page("", width=NARROW)
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
