"""What several browser tests do to a page before they judge it.
A page that is judged while it still moves is judged differently each time."""

from playwright.sync_api import Page

_SETTLED = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"""


def unfold(page: Page) -> None:
    """Opens all that is folded, and waits until the page's scripts have taken note of it."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    page.evaluate(_SETTLED)


def mounted(page: Page) -> None:
    """Waits until Material's script has put its buttons on the blocks that are in sight."""
    page.wait_for_function(
        "document.querySelector('.md-code__nav') || !document.querySelector('article > .highlight')"
    )
    page.evaluate(_SETTLED)
