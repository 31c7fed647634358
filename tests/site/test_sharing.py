"""Reads each page as search engines and chats do: what it is about, where it stands, its card.
They see the built site under its public address, which no test can open; so files are looked for
where the address points."""

import gzip
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from machine.cards import HEIGHT, WIDTH, Card, draw
from machine.pages import DESCRIPTION
from PIL import Image
from site_building import SOURCES, address, built
from site_html import article, read

_CARD_LIMIT_BYTES = 40_000
_LOCATIONS = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture(scope="session")
def site_url(site: Path) -> str:
    """The address that the site was built for."""
    robots = (site / "robots.txt").read_text(encoding="utf-8")
    (sitemap,) = re.findall(r"^Sitemap: (.*)$", robots, re.MULTILINE)
    assert sitemap.endswith("/sitemap.xml")
    return str(sitemap.removesuffix("sitemap.xml"))


def _meta(page: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in read(page).all("meta"):
        name = meta.attributes.get("property") or meta.attributes.get("name")
        if name:
            assert name not in found, f"{name} is said twice"
            found[name] = meta.attributes["content"]
    return found


def test_a_page_says_what_it_is_and_where_it_stands(
    site: Path, site_url: str, source: Path
) -> None:
    page = built(site, address(source))
    meta, here = _meta(page), site_url + address(source)
    (canonical,) = [
        e.attributes["href"] for e in read(page).all("link") if e.attributes["rel"] == "canonical"
    ]
    assert canonical == meta["og:url"] == here
    assert len(meta["description"]) in DESCRIPTION
    assert meta["og:description"] == meta["twitter:description"] == meta["description"]
    (title,) = [e.text for e in read(page).all("title")]
    assert title.startswith(meta["og:title"])
    assert meta["twitter:title"] == meta["og:title"]
    assert meta["twitter:card"] == "summary_large_image"
    (heading,) = article(page).all("h1")
    words = set(re.findall(r"\w+", heading.text))
    assert words & set(re.findall(r"\w+", title)), (heading.text, title)


def test_a_page_has_a_card(site: Path, site_url: str, source: Path) -> None:
    meta = _meta(built(site, address(source)))
    assert meta["og:image"] == meta["twitter:image"]
    assert meta["og:image"].startswith(site_url)
    card = site / meta["og:image"].removeprefix(site_url)
    assert card.stat().st_size <= _CARD_LIMIT_BYTES
    with Image.open(card) as image:
        assert image.format == "PNG"
        assert image.size == (WIDTH, HEIGHT)
    assert (meta["og:image:width"], meta["og:image:height"]) == (str(WIDTH), str(HEIGHT))


def test_descriptions_and_cards_tell_the_pages_apart(site: Path) -> None:
    pages = [_meta(built(site, path)) for path in SOURCES]
    for name in ("description", "og:title", "og:image"):
        assert len({meta[name] for meta in pages}) == len(pages), name
    cards = {path.read_bytes() for path in (site / "assets" / "cards").iterdir()}
    assert len(cards) == len(pages)


def test_the_sitemap_lists_every_page_and_says_nothing_of_today(site: Path, site_url: str) -> None:
    text = (site / "sitemap.xml").read_bytes()
    root = ET.fromstring(text)
    assert sorted(e.text or "" for e in root.iter(_LOCATIONS)) == sorted(
        site_url + path for path in SOURCES
    )
    assert b"lastmod" not in text
    assert gzip.decompress((site / "sitemap.xml.gz").read_bytes()) == text


def _card(title: str, lit: int) -> Image.Image:
    return Image.open(io.BytesIO(draw(Card(title, "A part", "The site", (2, 3, 2), lit))))


def test_a_card_shows_how_far_the_reader_has_come() -> None:
    blue = [
        sum(
            count
            for count, colour in _card("A page", lit).convert("RGB").getcolors(WIDTH * HEIGHT) or []
            if colour == (11, 95, 165)
        )
        for lit in (1, 4, 8)
    ]
    assert blue[0] < blue[1] < blue[2]


def test_a_title_that_fits_no_card_is_an_error() -> None:
    draw(Card("Long words and many of them, " * 3, "A part", "The site", (2, 2), 1))
    with pytest.raises(ValueError, match="title: expected one that fits on a card"):
        draw(Card("incomprehensibilities " * 20, "A part", "The site", (2, 2), 1))
