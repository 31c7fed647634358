"""What can be judged of the built pages without a browser: weight, structure, and every block.
A block that is shown but not collected by the tests would be a number that nothing proves."""

import gzip
import re
from pathlib import Path

from machine.examples import blocks
from site_building import SOURCES, address, built
from site_html import article, python_blocks, read

_WEIGHT_LIMIT_BYTES = 60_000
# What an instrument starts from, trained weights say: it comes last, and nothing waits for it.
_NUMBERS = re.compile(rb'<script type="application/json".*?</script>', re.DOTALL)
_NUMBERS_LIMIT_BYTES = 30_000
_ANOTHER_HOST = re.compile(r"(?:https?:)?//")
_STYLE_URL = re.compile(r"""(?:url\(|@import)\s*["']?\s*((?:https?:)?//[^"')\s]+)""")


def test_every_source_is_a_page_and_every_page_has_a_source(pages: list[str]) -> None:
    assert pages == sorted([*SOURCES, "404.html"])


def test_a_page_is_light(site: Path, page_path: str) -> None:
    page = built(site, page_path).read_bytes()
    numbers = b"".join(_NUMBERS.findall(page))
    weight, extra = (len(gzip.compress(b, mtime=0)) for b in (_NUMBERS.sub(b"", page), numbers))
    assert weight <= _WEIGHT_LIMIT_BYTES, f"{page_path} weighs {weight} bytes gzipped"
    assert extra <= _NUMBERS_LIMIT_BYTES, f"{page_path}: {extra} bytes for its instrument"


def test_headings_go_down_by_one_level(site: Path, page_path: str) -> None:
    headings = [e for e in read(built(site, page_path)).walk() if re.fullmatch("h[1-6]", e.tag)]
    levels = [int(e.tag[1]) for e in headings]
    assert levels.count(1) == 1
    assert levels[0] == 1
    for heading, above, level in zip(headings[1:], levels, levels[1:], strict=False):
        assert level <= above + 1, f"h{level} {heading.text!r} stands below an h{above}"


def test_ids_are_unique(site: Path, page_path: str) -> None:
    ids = [e.attributes["id"] for e in read(built(site, page_path)).walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids)), sorted(name for name in set(ids) if ids.count(name) > 1)


def test_every_picture_says_what_there_is_to_see(site: Path, page_path: str) -> None:
    root = read(built(site, page_path))
    figures = root.all("figure", "nn-picture")
    drawn = [svg for figure in figures for svg in figure.all("svg")]
    assert len(drawn) == len(figures)
    for svg in drawn:
        assert svg.attributes.get("role") == "img"
        assert svg.attributes.get("aria-label", "").strip()
    for image in article(built(site, page_path)).all("img"):
        assert image.attributes.get("alt", "").strip(), image.attributes


def test_every_column_of_a_table_has_a_heading(site: Path, page_path: str) -> None:
    """A screen reader says it before each cell; an empty corner leaves a column nameless."""
    for number, table in enumerate(article(built(site, page_path)).all("table"), start=1):
        headings = [heading.text.strip() for heading in table.all("th")]
        assert all(headings), f"table {number}: {headings}"


def test_nothing_is_fetched_from_another_host(site: Path, page_path: str) -> None:
    root = read(built(site, page_path))
    fetched = [
        (e.tag, value)
        for e in root.walk()
        for key, value in e.attributes.items()
        if (
            key in {"src", "srcset", "data", "poster"}
            or (key == "href" and e.tag in {"link", "use", "image"})
        )
        and _ANOTHER_HOST.match(value)
        and e.attributes.get("rel") not in {"canonical", "prev", "next"}
    ]
    assert not fetched
    assert not _STYLE_URL.findall("".join(e.text for e in root.all("style")))


def test_stylesheets_fetch_nothing_from_another_host(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    assert not [
        (sheet.name, url)
        for sheet in sheets
        for url in _STYLE_URL.findall(sheet.read_text(encoding="utf-8"))
    ]


def test_no_link_hands_its_window_to_another_site(site: Path, page_path: str) -> None:
    for link in read(built(site, page_path)).all("a"):
        if link.attributes.get("target") == "_blank":
            assert "noopener" in link.attributes.get("rel", "").split(), link.attributes


def test_the_page_shows_the_blocks_that_are_tested(site: Path, explainer: Path) -> None:
    """In number, in order, in text, and each with its own output."""
    shown = python_blocks(built(site, address(explainer)))
    tested = list(blocks(explainer.read_text(encoding="utf-8")))
    assert len(shown) == len(tested)
    for on_page, block in zip(shown, tested, strict=True):
        assert on_page.source.strip("\n") == block.fence.source.strip("\n")
        assert (on_page.output is None) == (block.expected is None), on_page.source
        if on_page.output is not None and block.expected is not None:
            assert on_page.output.strip("\n") == block.expected.strip("\n")


def test_the_page_shows_no_formula_as_latex(site: Path, page_path: str) -> None:
    assert not article(built(site, page_path)).all(None, "arithmatex")


def test_the_page_offers_its_downloads(site: Path, explainer: Path) -> None:
    page = built(site, address(explainer))
    offered = [a.attributes["href"] for a in article(page).all("a") if "download" in a.attributes]
    assert [Path(name).suffix for name in offered[:2]] == [".ipynb", ".py"]
    assert offered[2:] == [] or explainer.name == "index.md"
    for name in offered:
        assert (page.parent / name).is_file(), name
