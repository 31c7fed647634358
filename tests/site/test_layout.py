"""Measures the pages as a browser lays them out: on narrow screens, on paper, and their formulas.
Each measure is taken from the finished page, so it holds for whatever the pages come to contain."""

from pathlib import Path
from typing import Any

import pytest
from machine.mathematics import to_mathml
from playwright.sync_api import Page
from site_building import KINDS, address
from site_reading import UNREACHABLE, settled, unfold

_FONT = "**/stix-two-math.woff2"


# Something may also stick out and be cut off, which scrollWidth does not tell.
_CUT_OFF = """() => [...document.querySelectorAll("article *")].filter(e => {
      const box = e.getBoundingClientRect();
      if (box.width === 0 || box.right <= innerWidth + 1) return false;
      if (getComputedStyle(e).opacity === "0") return false;
      for (let up = e.parentElement; up; up = up.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
      return true;
    }).map(e => e.outerHTML.slice(0, 160))"""


def test_the_page_does_not_scroll_sideways(open_page: Any, page_path: str) -> None:
    page: Page = open_page(page_path, width=360)
    settled(page)
    unfold(page)
    assert page.evaluate(UNREACHABLE) == []
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_CUT_OFF) == []


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


_RELATIVE_LUMINANCE = """element => {
  const channels = getComputedStyle(element).color.match(/[\\d.]+/g).slice(0, 3).map(c => c / 255);
  const [r, g, b] = channels.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""


def test_on_paper_stands_the_article_alone_and_dark_on_white(
    open_page: Any, explainer: Path
) -> None:
    page: Page = open_page(address(explainer), scheme="dark")
    page.emulate_media(media="print")
    for around in (
        ".md-header",
        ".md-footer",
        ".md-sidebar--primary",
        ".md-sidebar--secondary",
        ".nn-downloads",
    ):
        assert not page.locator(around).is_visible(), around
    assert page.locator("article h1").evaluate(_RELATIVE_LUMINANCE) < 0.1
    folded = page.evaluate("""() => [...document.querySelectorAll("details")].filter(fold =>
      fold.offsetHeight <= fold.querySelector("summary").offsetHeight + 5).length""")
    assert folded == 0


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
