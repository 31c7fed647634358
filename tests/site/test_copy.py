"""Presses the copy buttons as readers do, and runs what is then on the clipboard.
On every page a script presses them all, in `test_visit.py`; here it is keys that do."""

import re
from pathlib import Path
from typing import Any

import pytest
from machine.blocks import COPY, COPY_WITH_NEEDS, PLAIN
from machine.comparing import same_output
from machine.dependencies import scripts, sources
from playwright.sync_api import Page, expect
from running import python
from site_building import EXPLAINERS, built
from site_html import python_blocks
from site_judging import violations
from site_reading import fold, unfold, wait_until

# The blocks that are not folded away.
_OPEN = "article .language-python.highlight:not(details *)"


def _press(page: Page, block: Any, name: str) -> str:
    """Presses a button of the block, opening the tab that it is in first."""
    if not block.is_visible():
        tab = block.locator("xpath=ancestor::div[contains(@class,'tabbed-block')][last()]")
        at = tab.evaluate("block => [...block.parentElement.children].indexOf(block)")
        tabs = tab.locator("xpath=ancestor::div[contains(@class,'tabbed-set')][1]")
        tabs.locator("label").nth(at).click()
    block.scroll_into_view_if_needed()
    page.evaluate("navigator.clipboard.writeText('nothing yet')")
    block.get_by_role("button", name=name).press("Enter")
    wait_until(page, "async () => await navigator.clipboard.readText() !== 'nothing yet'")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("path", ["", "learning/losses/", "further/uses/"])
def test_a_pressed_button_copies_its_block_or_what_that_needs(
    open_page: Any, site: Path, path: str
) -> None:
    """In folded boxes too, and after they have been folded and unfolded."""
    page: Page = open_page(path)
    unfold(page)
    fold(page)
    unfold(page)
    whole = scripts(sources(EXPLAINERS[path].read_text(encoding="utf-8")))
    shown = python_blocks(built(site, path))
    blocks = page.locator("article .language-python.highlight")
    assert blocks.count() == len(whole) == len(shown) > 0
    for number, (script, own) in enumerate(zip(whole, shown, strict=True)):
        block = blocks.nth(number)
        assert _press(page, block, COPY) == own.source.rstrip("\n")
        assert _press(page, block, COPY_WITH_NEEDS) == script


def test_what_is_copied_runs_by_itself(open_page: Any, tmp_path: Path) -> None:
    page: Page = open_page("learning/losses/")
    last = page.locator(f"{_OPEN}:has(+ .language-text)").last
    script = _press(page, last, COPY_WITH_NEEDS)
    output = last.locator("xpath=following-sibling::*[1]").locator("code").text_content() or ""
    assert script != (last.locator("code").text_content() or "").strip("\n")
    printed = python("-c", script, folder=tmp_path)
    lines = len(output.strip("\n").splitlines())
    assert same_output(output, "\n".join(printed.strip("\n").splitlines()[-lines:]))


def test_it_says_that_it_has_copied(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/")
    block = page.locator(_OPEN).first
    _press(page, block, COPY_WITH_NEEDS)
    expect(page.get_by_role("status").filter(has_text="Copied to clipboard")).to_be_visible()
    expect(block.get_by_role("button", name=COPY_WITH_NEEDS)).to_be_focused()
    assert not violations(page, "article")


def test_the_keyboard_reaches_it_and_shows_where_it_is(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/")
    block = page.locator(_OPEN).first
    block.scroll_into_view_if_needed()
    block.get_by_role("button", name=COPY).focus()
    page.keyboard.press("Tab")
    button = block.get_by_role("button", name=COPY_WITH_NEEDS)
    expect(button).to_be_focused()
    assert button.evaluate("button => getComputedStyle(button).outlineStyle") != "none"


def test_without_scripts_there_is_nothing_to_press(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/", java_script_enabled=False)
    buttons = page.locator(".md-code__button")
    assert buttons.count()
    assert not any(button.is_visible() for button in buttons.all())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_that_lost_their_markup_looked_like_any_others(open_page: Any, scheme: str) -> None:
    """The build leaves out what the theme's stylesheet would show in the colour of the text."""
    page: Page = open_page("pieces/neuron/", scheme=scheme)
    look = """([...kinds]) => {
      const code = document.querySelector("article .language-python code");
      const looks = element => {
        const style = getComputedStyle(element);
        return [style.color, style.fontWeight, style.fontStyle, style.backgroundColor].join();
      };
      const word = kind => {
        const span = document.createElement("span");
        span.className = kind;
        code.append(span);
        return looks(span);
      };
      return kinds.filter(kind => word(kind) !== word("no-such-kind"));
    }"""
    assert page.evaluate(look, [*PLAIN, "k", "s2", "mi"]) == ["k", "s2", "mi"]


def test_the_theme_looks_at_a_block_when_it_comes_into_view(open_page: Any) -> None:
    """All blocks of a long page at once would keep it from answering while it opens."""
    page: Page = open_page("reference/nn/")
    last = page.locator("article .highlight > pre").last
    assert last.get_attribute("id") is None
    last.scroll_into_view_if_needed()
    expect(last).to_have_attribute("id", re.compile("__code_"))
