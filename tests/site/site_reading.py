"""What several browser tests do to a page before they judge it.
A page that is judged while it still moves is judged differently each time."""

import time
from typing import Any

from playwright.sync_api import Page

_PATIENCE_SECONDS = 10
_SETTLED = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"""


_FOLD = "open => document.querySelectorAll('details').forEach(fold => { fold.open = open; })"


def unfold(page: Page) -> None:
    """Opens all that is folded, and waits until the page's scripts have taken note of it."""
    page.evaluate(_FOLD, True)
    settled(page)


def fold(page: Page) -> None:
    """Closes all that can be folded."""
    page.evaluate(_FOLD, False)
    settled(page)


def settled(page: Page) -> None:
    """Waits until the page has been laid out and its scripts have taken note of it."""
    page.evaluate(_SETTLED)


def wait_until(page: Page, holds: str, argument: Any = None) -> None:
    """Asks again and again from outside: the site's policy lets no test poll inside the page."""
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while not page.evaluate(holds, argument):
        assert time.monotonic() < given_up, f"never came true: {holds}"
        page.wait_for_timeout(50)


def scroll_to_the_end(page: Page) -> None:
    """Brings the page's end into view, and waits until its scripts have taken note of it."""
    page.locator(".md-footer").scroll_into_view_if_needed()
    settled(page)


def read_to_the_end(page: Page) -> None:
    """Reads a lesson, which then knows that it has been read."""
    scroll_to_the_end(page)
    wait_until(page, "document.querySelector('.nn-here.nn-read')")
