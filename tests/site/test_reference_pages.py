"""What is looked up must be found: every public name, two sheets of paper, a page after a typo.
The reference is made from docstrings, so a new name is missing here until a page asks for it."""

import inspect
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin
from urllib.parse import urljoin

import pytest
from machine.pages import REFERENCE
from playwright.sync_api import Page, expect
from site_building import SOURCES, built
from site_html import article, python_blocks, read

import nnlib
import nnlib.plotting  # not loaded by nnlib itself

_PAGES = [path for path in SOURCES if path.startswith(f"{REFERENCE}/")]
_SHEET = f"{REFERENCE}/cheat-sheet/"
_SITE = "http://site/"


def public_modules() -> Iterator[types.ModuleType]:
    """`nnlib` and every module that it or one of its packages exports."""
    waiting, seen = [nnlib], set()
    while waiting:
        module = waiting.pop()
        if module.__name__ in seen:
            continue
        seen.add(module.__name__)
        yield module
        waiting += [m for name in public_names(module) if inspect.ismodule(m := vars(module)[name])]
        if hasattr(module, "__path__"):
            own = [m for m in vars(module).values() if inspect.ismodule(m)]
            waiting += [m for m in own if re.fullmatch(rf"{module.__name__}\.[a-z]\w*", m.__name__)]


def public_names(module: types.ModuleType) -> list[str]:
    """What the module exports; where it does not say so, the functions and classes it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and get_origin(value) is None
        and value.__module__ == module.__name__
    ]


# Parts that are public under another name: nnlib itself, and the packages.
_INSIDE = (
    "nnlib.tensor",
    "nnlib.creation",
    "nnlib.joining",
    "nnlib.grad_mode",
    "nnlib.nn.",
    "nnlib.plotting.",
)
_EXPORTED = ("nnlib.nn.init", "nnlib.nn.utils")


def public() -> Iterator[tuple[str, object]]:
    for module in public_modules():
        if module.__name__.startswith(_INSIDE) and module.__name__ not in _EXPORTED:
            continue
        for name in public_names(module):
            yield f"{module.__name__}.{name}", vars(module)[name]


@pytest.fixture(scope="module")
def anchors(site: Path) -> dict[str, str]:
    """Every anchor of the reference, and the page it is on."""
    return {
        element.attributes["id"]: path
        for path in _PAGES
        for element in article(built(site, path)).walk()
        if element.attributes.get("id", "").startswith("nnlib.")
    }


def test_every_public_name_has_its_place(anchors: dict[str, str]) -> None:
    """Under one of its names: `nnlib.optim.StepLR` is `nnlib.optim.lr_scheduler.StepLR`, too."""
    known = dict(public())
    assert len(known) > 200
    shown = {id(value) for name, value in known.items() if name in anchors}
    missing = [n for n, value in known.items() if n not in anchors and id(value) not in shown]
    assert missing == []


def test_no_name_of_the_reference_is_made_up(anchors: dict[str, str]) -> None:
    operators = {"pow": "__pow__", "matmul": "__matmul__"}
    for anchor in anchors:
        owner, _, name = anchor.rpartition(".")
        if owner == "nnlib.Tensor":
            assert hasattr(nnlib.Tensor, operators.get(name, name)), anchor
        elif owner in sys.modules:
            assert hasattr(sys.modules[owner], name), anchor
        else:
            module, _, inside = owner.rpartition(".")
            assert hasattr(getattr(sys.modules[module], inside), name), anchor


def test_every_object_has_an_example_that_is_shown_with_its_output(site: Path) -> None:
    outputs = 0
    for path in _PAGES:
        for block in python_blocks(built(site, path)):
            assert ">>>" not in block.source
            outputs += block.output is not None
    assert outputs > 150


def test_a_signature_stands_below_its_name(site: Path) -> None:
    page = article(built(site, f"{REFERENCE}/nn/"))
    said = [p.text.strip() for p in page.all("p", "nn-signature")]
    assert "Linear(in_features, out_features, bias=True, dtype=float32)" in said


def test_the_search_finds_a_name_of_nnlib(open_page: Any) -> None:
    page: Page = open_page("")
    page.keyboard.press("f")
    page.keyboard.type("TransformerEncoderLayer")
    link = page.locator(".md-search-result a[href*='#nnlib.nn.TransformerEncoderLayer']")
    expect(link.first).to_be_attached()


def test_the_cheat_sheet_fills_two_sheets_of_a4(open_page: Any) -> None:
    page: Page = open_page(_SHEET)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed)
    assert {tuple(sorted(round(float(side)) for side in size)) for size in sizes} == {(595, 842)}


def test_from_every_page_every_other_is_two_clicks_away(site: Path, page_path: str) -> None:
    """Or fewer: the contents stand beside every page. On a phone the first click opens them."""
    (contents,) = read(built(site, page_path)).all("div", "md-sidebar--primary")
    links = [urljoin(f"{_SITE}{page_path}", a.attributes["href"]) for a in contents.all("a")]
    reached = {link.partition("#")[0].removeprefix(_SITE) for link in links}
    assert set(SOURCES) - reached <= {page_path}


@pytest.mark.parametrize("path", ["pieces/neuron/", "learning/watching/", f"{REFERENCE}/glossary/"])
def test_on_a_phone_two_taps_lead_to_any_page(open_page: Any, path: str) -> None:
    page: Page = open_page("architectures/digits/", width=360)
    page.get_by_role("button", name="Contents").click()
    link = page.locator(f".md-sidebar--primary a[href$='{path}']")
    expect(link).to_be_visible()
    link.click()
    page.wait_for_url(f"**/{path}")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("pieces/neurons/", "pieces/neuron/"),
        ("pieces/nueron.html", "pieces/neuron/"),
        ("lerning/gradient_decent/", "learning/gradient-descent/"),
        ("backprop", "learning/backpropagation/"),
        ("transformer/index.html", "architectures/attention/"),
        ("docs/convolutions.md", "architectures/convolution/"),
        ("reference/nnlib.nn/", f"{REFERENCE}/nn/"),
    ],
)
def test_a_mistyped_address_is_understood(
    open_page: Any, server: str, asked: str, meant: str
) -> None:
    page: Page = open_page(asked, blocked="**/no-such-address")
    guess = page.get_by_role("heading", name="Did you mean").locator("xpath=..").get_by_role("link")
    expect(guess.first).to_be_visible()
    assert guess.first.evaluate("link => link.href") == server + meant
    assert guess.count() <= 3


def test_an_address_like_no_other_gets_no_guess_but_all_pages(open_page: Any, site: Path) -> None:
    page: Page = open_page("xyzzy/", blocked="**/no-such-address")
    expect(page.locator(".nn-guess")).to_be_hidden()
    offered = {
        re.sub(r"^https?://[^/]+/", "", link.evaluate("link => link.href"))
        for link in page.locator("article a").all()
    }
    assert offered == set(SOURCES)
    assert not read(site / "404.html").all("a", "nn-term")
