"""Measures formulas and lines as a browser lays them out.
Whether a page fits screens and paper is judged in `test_visit.py`."""

from typing import Any

import pytest
from machine.mathematics import to_mathml
from playwright.sync_api import Page
from site_building import KINDS
from site_reading import unfold

_FONT = "**/stix-two-math.woff2"


@pytest.mark.parametrize("path", ["learning/losses/", "architectures/attention/"])
def test_the_mathematical_font_comes_with_the_site(open_page: Any, path: str) -> None:
    page: Page = open_page(path)
    assert page.locator("math").count()
    unfold(page)
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.family.includes('NN Math')).map(f => f.status)"
    )
    assert loaded == ["loaded"]


_HEIGHTS = """async mathml => {
  document.querySelector("article").insertAdjacentHTML("beforeend", mathml);
  // Asked for by name: the page may have no formula in sight. When it is blocked, this fails.
  await document.fonts.load('16px "NN Math"').catch(() => null);
  const formula = document.querySelector("article > .nn-formula:last-child math");
  const height = tag => formula.querySelector(tag).getBoundingClientRect().height;
  return {bracket: height("mo"), fraction: height("mfrac"), radical: height("msqrt")};
}"""


def test_brackets_and_radicals_stretch_without_a_font_of_the_readers(open_page: Any) -> None:
    formula = to_mathml(r"\left( \frac{\frac{a}{b}}{\sqrt{\frac{c}{d}}} \right)", block=True)
    served = open_page("").evaluate(_HEIGHTS, formula)
    assert served["bracket"] >= served["fraction"]
    blocked = open_page("", blocked=_FONT).evaluate(_HEIGHTS, formula)
    assert blocked != served
    without_mathematics = "math { font-family: monospace !important; }"
    # The site's policy would not let a test write a stylesheet into the page either.
    page: Page = open_page("", bypass_csp=True)
    page.add_style_tag(content=without_mathematics)
    # With a font that knows no mathematics the bracket stays small: the measure above can fail.
    plain = page.evaluate(_HEIGHTS, formula)
    assert plain["bracket"] < plain["fraction"]


@pytest.mark.parametrize("path", KINDS)
def test_a_text_line_has_a_readable_measure(open_page: Any, path: str) -> None:
    """About seventy characters; a line of ninety is where the eye begins to lose the next one."""
    page: Page = open_page(path, width=1600)
    longest = page.evaluate("""() => Math.max(0,
      ...[...document.querySelectorAll("article > p:not([class])")].map(p => {
      const size = parseFloat(getComputedStyle(p).fontSize);
      return p.getBoundingClientRect().width / (size / 2);
    }))""")
    assert 0 < longest <= 90


# The first lines of the blocks on whose code a button lies.
_COVERED = """() => [...document.querySelectorAll(".nn-block > .language-python")].map(block => {
  const code = block.querySelector("code"), words = document.createRange();
  words.selectNodeContents(code);
  const buttons = [...block.querySelectorAll(".md-code__nav button")]
    .map(button => button.getBoundingClientRect()).filter(({ width }) => width > 1);
  const meet = (a, b) => a.right > b.left && a.left < b.right
    && a.bottom > b.top + 2 && a.top < b.bottom - 2;
  const hidden = [...words.getClientRects()].some(
    line => line.width && buttons.some(button => meet(line, button)));
  return hidden ? code.textContent.split("\\n")[0] : "";
}).filter(Boolean)"""


@pytest.mark.parametrize("path", ["architectures/convolution/", "pieces/activations/"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_button_lies_on_the_code(open_page: Any, path: str, width: int) -> None:
    page: Page = open_page(path, width=width, bypass_csp=True)
    unfold(page)
    assert page.locator(".nn-block.nn-long").count()
    assert page.evaluate(_COVERED) == []
    # Where the buttons had no line of their own, they would lie on a long first line.
    page.add_style_tag(content=".nn-block pre > code { padding-top: 0.77em !important; }")
    assert page.evaluate(_COVERED)
