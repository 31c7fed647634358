"""Reads pages to their end and looks for the ticks: where they come, that they stay, and that a
reader can have them forgotten. They must never move what is being read, nor be in the way of it."""

from typing import Any

import pytest
from machine import pages
from playwright.sync_api import Page, expect
from site_building import DOCS, WIDTHS, address
from site_reading import read_to_the_end, scroll_to_the_end, settled, wait_until

_TICKED = "[...document.querySelectorAll('.nn-contents a.nn-read')].map(a => a.textContent)"
_DOTS = "[...document.querySelectorAll('.nn-part circle')].map(dot => dot.className.baseVal)"
# The count itself grows; all else must be where it was.
_PLACES = """[...document.querySelectorAll("article *, .md-nav--primary *")]
  .filter(e => !e.matches(".nn-count"))
  .map(e => [e.tagName, JSON.stringify(e.getBoundingClientRect())].join(" "))"""
LESSONS = [address(path) for path in pages.lessons(DOCS)]


def _at_rest(page: Page) -> list[str]:
    """Where everything is, once the page's other scripts move nothing any more."""
    before, now = [], page.evaluate(_PLACES)
    while now != before:
        settled(page)
        before, now = now, page.evaluate(_PLACES)
    return now


def test_a_page_read_to_its_end_is_ticked_wherever_it_is_listed(
    open_page: Any, server: str
) -> None:
    page: Page = open_page("")
    assert page.evaluate(_TICKED) == []
    page.goto(server + "pieces/neuron/")
    assert page.evaluate("document.querySelector('.nn-read')") is None
    read_to_the_end(page)
    ticked = page.locator(".md-nav--primary a.nn-read")
    expect(ticked).to_have_count(1)
    page.goto(server + "pieces/layers/")
    assert page.evaluate(_DOTS) == ["", "nn-read", "", "nn-here"]
    assert ", 1 read" in (page.locator(".nn-part").text_content() or "")
    expect(ticked).to_have_accessible_name("read: A neuron")
    page.goto(server)
    assert page.evaluate(_TICKED) == ["A neuron"]
    assert (page.locator("#part-1 + p").text_content() or "").endswith("minutes. 1 read.")
    expect(page.locator(".nn-map a.nn-next")).to_have_text("What a network does")


def test_only_lessons_are_remembered(open_page: Any, server: str) -> None:
    page: Page = open_page("reference/cheat-sheet/")
    scroll_to_the_end(page)
    page.goto(server)
    scroll_to_the_end(page)
    assert page.evaluate("localStorage.getItem('nn-read')") is None


def test_the_ticks_come_with_the_way_back_and_to_other_windows(open_page: Any, server: str) -> None:
    page: Page = open_page("")
    page.locator(".nn-contents a", has_text="A neuron").click()
    page.wait_for_url("**/pieces/neuron/")
    read_to_the_end(page)
    page.go_back()
    wait_until(page, "document.querySelector('.nn-contents a.nn-read')")
    other = page.context.new_page()
    other.goto(server + "pieces/layers/")
    read_to_the_end(other)
    wait_until(page, "document.querySelectorAll('.nn-contents a.nn-read').length === 2")


def test_a_reader_can_have_them_forgotten(open_page: Any, server: str) -> None:
    page: Page = open_page("")
    forget = page.get_by_role("button", name="Forget the ticks")
    expect(forget).to_be_disabled()
    page.goto(server + "pieces/neuron/")
    read_to_the_end(page)
    page.goto(server)
    forget.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(_TICKED) == []
    expect(forget).to_be_disabled()
    page.reload()
    assert page.evaluate(_TICKED) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["", "pieces/layers/"])
def test_nothing_moves_when_they_come(open_page: Any, path: str, width: int) -> None:
    page: Page = open_page(path, width=width)
    before = _at_rest(page)
    page.evaluate(
        "pages => localStorage.setItem('nn-read', JSON.stringify(pages))",
        [f"/{page}" for page in LESSONS],
    )
    page.evaluate("dispatchEvent(new Event('storage'))")
    assert page.evaluate("document.querySelectorAll('.nn-read').length") >= len(LESSONS)
    assert _at_rest(page) == before


@pytest.mark.parametrize("kept", ["{", "5", '"a"', "null"])
def test_what_another_program_left_there_is_no_obstacle(open_page: Any, kept: str) -> None:
    page: Page = open_page("")
    page.evaluate("kept => localStorage.setItem('nn-read', kept)", kept)
    page.reload()
    assert page.evaluate(_TICKED) == []


def test_a_browser_that_keeps_nothing_is_no_obstacle(open_page: Any, server: str) -> None:
    page: Page = open_page("")
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); };")
    page.goto(server + "pieces/neuron/")
    scroll_to_the_end(page)
    page.goto(server)
    assert page.evaluate(_TICKED) == []


def test_without_scripts_nothing_is_promised(open_page: Any) -> None:
    page: Page = open_page("", java_script_enabled=False)
    expect(page.locator(".nn-kept")).to_be_hidden()
