"""Draws the picture that stands for a page where a link to it is shared: its title and its place.
The site is drawn as what it explains: a part is a layer, a page a neuron, lit up to this page."""

import hashlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from PIL import Image, ImageDraw, ImageFont
from PIL import __version__ as pillow

from nnlib.plotting import PALETTE

from . import keeping
from .pages import REFERENCE

FOLDER = "assets/cards"
WIDTH, HEIGHT = 1200, 630
_MARGIN = 84
_TEXT_WIDTH = 620
_TITLE_SIZES = (76, 66, 56, 48, 40)
_TITLE_LINES = 4
_NETWORK = (740, 115, 1130, 515)
_FINE = 3
_COLOURS = 24


@dataclass(frozen=True)
class Card:
    """What a card says, and which pages of which parts lie behind the reader who is on it."""

    title: str
    part: str
    site: str
    parts: tuple[int, ...]
    lit: int


def add(files: Files, config: MkDocsConfig, drawn: Path) -> None:
    """Adds a card for each page, which finds its path in `page.card`.

    Cards are kept in the folder `drawn`, because most are the same at the next build.
    """
    pages = [file.page for file in files.documentation_pages() if file.page is not None]
    lessons = [
        page
        for first in pages
        if first.previous_page is None and first.next_page is not None
        for page in _onwards(first)
        if page.parent is not None and not page.file.src_uri.startswith(f"{REFERENCE}/")
    ]
    parts = tuple(len(list(part)) for _, part in itertools.groupby(lessons, lambda p: p.parent))
    for page in pages:
        card = Card(
            title=config.site_name if page.is_homepage else str(page.title),
            part=page.parent.title if page.parent is not None else "",
            site=config.site_name,
            parts=parts,
            lit=lessons.index(page) + 1 if page in lessons else sum(parts) + 1,
        )
        name = page.url.strip("/").replace("/", "-") or "home"
        page.card = f"{FOLDER}/{name}.png"  # type: ignore[attr-defined]  # templates read it
        files.append(File.generated(config, page.card, content=_kept(card, drawn)))  # type: ignore[attr-defined]


def _kept(card: Card, folder: Path) -> bytes:
    makers = f"{card}{PALETTE}{pillow}{mpl.__version__}{Path(__file__).read_text(encoding='utf-8')}"
    name = hashlib.sha256(makers.encode()).hexdigest()[:16]
    return keeping.kept(folder / f"{name}.card", makers, lambda: draw(card))


def _onwards(page: Page | None) -> Iterator[Page]:
    while page is not None:
        yield page
        page = page.next_page


def draw(card: Card) -> bytes:
    """The card as a PNG, the same bytes each time."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _colour("paper"))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 18, HEIGHT), fill=_colour("blue"))
    _network(picture, card)
    lines, font = _title(card.title)
    height = round(font.size * 1.2)
    top = (HEIGHT - height * len(lines)) // 2
    if card.part:
        pen.text((_MARGIN, top - 66), card.part, font=_font(30, bold=True), fill=_colour("orange"))
    for number, line in enumerate(lines):
        pen.text((_MARGIN, top + number * height), line, font=font, fill=_colour("ink"))
    if card.site != card.title:
        pen.text((_MARGIN, HEIGHT - 92), card.site, font=_font(28), fill=_colour("muted"))
    file = io.BytesIO()
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _title(text: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The title in the largest type in which it fits."""
    for size in _TITLE_SIZES:
        font = _font(size, bold=True)
        lines = _wrapped(text, font)
        if len(lines) <= _TITLE_LINES and all(
            font.getlength(line) <= _TEXT_WIDTH for line in lines
        ):
            return lines, font
    raise ValueError(f"title: expected one that fits on a card, got {text!r}")


def _wrapped(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= _TEXT_WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _network(picture: Image.Image, card: Card) -> None:
    # Pillow draws lines and discs with hard edges; drawn larger and made small, they are soft.
    left, top, right, bottom = _NETWORK
    size = (right - left, bottom - top)
    large = Image.new("RGB", (size[0] * _FINE, size[1] * _FINE), _colour("paper"))
    pen = ImageDraw.Draw(large)
    radius = 15 * _FINE
    layers = _places(card.parts, (large.width - 2 * radius, large.height - 2 * radius), radius)
    for layer, following in itertools.pairwise(layers):
        for start in layer:
            for end in following:
                pen.line((*start, *end), fill=_colour("grid"), width=2 * _FINE)
    neurons = [place for layer in layers for place in layer]
    for number, (x, y) in enumerate(neurons, start=1):
        here = number == card.lit
        reach = radius if here else round(radius * 0.8)
        pen.ellipse(
            (x - reach, y - reach, x + reach, y + reach),
            fill=_colour("orange" if here else "blue" if number < card.lit else "paper"),
            outline=_colour("orange" if here else "blue"),
            width=2 * _FINE,
        )
    picture.paste(large.resize(size, Image.Resampling.LANCZOS), (left, top))


def _places(
    parts: tuple[int, ...], area: tuple[int, int], start: int
) -> list[list[tuple[float, float]]]:
    """Where each neuron stands: layers side by side, the neurons of each centred in its column."""
    step = min(area[1] / max(1, max(parts, default=1) - 1), 66 * _FINE)
    return [
        [
            (
                start + area[0] * column / max(1, len(parts) - 1),
                start + area[1] / 2 + (row - (count - 1) / 2) * step,
            )
            for row in range(count)
        ]
        for column, count in enumerate(parts)
    ]


def _colour(name: str) -> str:
    return PALETTE[name][0]


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    # Laid out by Pillow itself: whether a better engine is installed must not be seen.
    return ImageFont.truetype(
        Path(mpl.get_data_path(), "fonts", "ttf", name),
        size,
        layout_engine=ImageFont.Layout.BASIC,
    )
