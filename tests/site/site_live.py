"""Presses the buttons of a page's blocks as a reader does, and waits for what they say.
The first press loads Python, which takes a busy machine a while; nothing fails for being slow."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from machine.examples import Block, blocks
from playwright.sync_api import Page
from site_reading import unfold

_LONGEST_SECONDS = 1500
ENDED = {"done", "failed", "stopped"}


def need_python(site: Path) -> None:
    """Skips where the site was built without Python in the page, unless it is required."""
    if any((site / "assets" / "python").glob("*/*.pack")):
        return
    reason = (
        "the site has no Python in its pages: its files are neither in NNLIB_PYODIDE nor cached"
    )
    if "pyodide" in os.environ.get("NNLIB_REQUIRE", "").split():
        pytest.fail(f"{reason}, and NNLIB_REQUIRE asks for them")
    pytest.skip(reason)


def runnable(source: Path) -> dict[int, Block]:
    """The blocks of a page that a browser can run, by their number on the page."""
    found = list(blocks(source.read_text(encoding="utf-8")))
    return {n: block for n, block in enumerate(found) if "needs" not in block.fence.options}


@dataclass
class Live:
    """A page whose blocks are pressed."""

    page: Page

    def __post_init__(self) -> None:
        unfold(self.page)

    def frame(self, number: int) -> Any:
        return self.page.locator(f'[data-block="{number}"]')

    def state(self, number: int) -> str:
        return str(self.frame(number).get_attribute("data-state"))

    def press(self, number: int, kind: str = "Run") -> None:
        self.frame(number).get_by_role("button", name=f"{kind} ").first.click()

    def ended(self, number: int) -> str:
        given_up = time.monotonic() + _LONGEST_SECONDS
        while (state := self.state(number)) not in ENDED:
            assert time.monotonic() < given_up, f"block {number} is {state} and never ends"
            self.page.wait_for_timeout(50)
        return state

    def run(self, number: int, kind: str = "Run") -> str:
        self.press(number, kind)
        return self.ended(number)

    def until(self, number: int, state: str) -> None:
        given_up = time.monotonic() + _LONGEST_SECONDS
        while (now := self.state(number)) != state:
            assert time.monotonic() < given_up, f"block {number} is {now}, not {state}"
            assert now not in ENDED - {state}, self.output(number)
            self.page.wait_for_timeout(20)

    def output(self, number: int) -> str:
        found = self.frame(number).locator(".nn-output")
        return str(found.text_content()) if found.count() else ""

    def verdict(self, number: int) -> str:
        found = self.frame(number).locator(".nn-verdict")
        return str(found.text_content()) if found.count() else ""

    def code(self, number: int) -> Any:
        return self.frame(number).locator(".language-python code")

    def type(self, number: int, text: str) -> None:
        """Replaces the text of a block."""
        self.code(number).click(position={"x": 5, "y": 5})
        self.page.wait_for_selector(f'[data-block="{number}"] code[contenteditable]')
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(text)
