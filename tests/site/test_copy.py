"""Presses "Copy with what it needs" as readers do, and runs what is then on the clipboard.
What the browser puts together must be, to the letter, what the analysis says and has tested."""

import re
from pathlib import Path
from typing import Any

import pytest
from machine import pages
from machine.blocks import COPY, COPY_WITH_NEEDS, PLAIN
from machine.comparing import same_output
from machine.dependencies import scripts, sources
from playwright.sync_api import Page, expect
from running import python
from site_building import DOCS, address
from site_reading import unfold, wait_until
from test_axe import violations

LESSONS = pages.explainers(DOCS)


def _copy(page: Page, block: Any) -> str:
    block.scroll_into_view_if_needed()
    page.evaluate("navigator.clipboard.writeText('nothing yet')")
    block.get_by_role("button", name=COPY_WITH_NEEDS).press("Enter")
    wait_until(page, "async () => await navigator.clipboard.readText() !== 'nothing yet'")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_each_block_can_be_copied_with_what_it_needs(open_page: Any, path: Path) -> None:
    """In folded boxes too, and after they have been folded and unfolded."""
    page: Page = open_page(address(path))
    unfold(page)
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = false; })")
    unfold(page)
    expected = scripts(sources(path.read_text(encoding="utf-8")))
    blocks = page.locator("article .language-python.highlight")
    assert blocks.count() == len(expected)
    for number, script in enumerate(expected):
        assert _copy(page, blocks.nth(number)) == script


def test_what_is_copied_runs_by_itself(open_page: Any, tmp_path: Path) -> None:
    page: Page = open_page("learning/losses/")
    last = page.locator("article > .language-python.highlight:has(+ .language-text)").last
    script = _copy(page, last)
    output = last.locator("xpath=following-sibling::*[1]").locator("code").text_content() or ""
    assert script != (last.locator("code").text_content() or "").strip("\n")
    printed = python("-c", script, folder=tmp_path)
    lines = len(output.strip("\n").splitlines())
    assert same_output(output, "\n".join(printed.strip("\n").splitlines()[-lines:]))


def test_it_says_that_it_has_copied(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/")
    block = page.locator("article > .language-python.highlight").first
    _copy(page, block)
    expect(page.get_by_role("status").filter(has_text="Copied to clipboard")).to_be_visible()
    expect(block.get_by_role("button", name=COPY_WITH_NEEDS)).to_be_focused()
    assert not violations(page, "article")


def test_the_keyboard_reaches_it_and_shows_where_it_is(open_page: Any) -> None:
    page: Page = open_page("pieces/neuron/")
    block = page.locator("article > .language-python.highlight").first
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
