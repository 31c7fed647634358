"""Follows the ticks behind proved words, as readers do who do not believe them.
Each has to lead to the block that proves the words, and to say before what is asserted there."""

import ast
from pathlib import Path
from typing import Any

from machine import claims
from playwright.sync_api import Page, expect
from site_building import address, built
from site_html import article

_PAGE = "architectures/digits/"


def one_line(code: str) -> str:
    return ast.unparse(ast.parse(code))


def test_every_tick_leads_to_the_block_that_asserts_what_it_says(
    site: Path, explainer: Path
) -> None:
    page = article(built(site, address(explainer)))
    ticks = page.all("a", "nn-proof")
    proofs = claims.read(explainer.read_text(encoding="utf-8"))
    assert [tick.attributes["aria-label"] for tick in ticks] == ["Proof"] * len(proofs)
    blocks = {e.attributes["id"]: e for e in page.all() if e.attributes.get("id")}
    for tick, proof in zip(ticks, proofs, strict=True):
        said = tick.attributes["data-meaning"].removeprefix("Proved: ")
        assert said == proof.asserted
        code = blocks[tick.attributes["href"].removeprefix("#")].all("code")[-1].text
        found = [ast.unparse(one) for one in ast.parse(code).body if isinstance(one, ast.Assert)]
        assert one_line(said) in found


def test_a_tick_is_named_says_what_is_asserted_and_opens_its_block(open_page: Any) -> None:
    page: Page = open_page(_PAGE)
    tick = page.get_by_role("link", name="Proof", exact=True).first
    told = page.locator("#nn-meaning[role=tooltip]")
    tick.hover()
    expect(told).to_have_text(str(tick.get_attribute("data-meaning")))
    page.locator("article h1").hover()
    expect(told).to_be_hidden()
    tick.focus()
    expect(told).to_be_visible()
    expect(tick).to_have_attribute("aria-describedby", "nn-meaning")
    page.keyboard.press("Enter")
    block = page.locator(str(tick.get_attribute("href")))
    expect(block).to_be_visible()  # though it was folded
    expect(block).to_be_in_viewport()
    expect(block).to_contain_text("assert")
