"""Looks for every heading of the site by its own words, as the search's own worker answers.
What the search cannot find by its name, a reader who half remembers it will not find at all."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from site_building import built
from site_html import Element, read

_GROUPS_SEEN = 10
# Of the words that the search takes for too common, those of which whole headings are made.
_NOT_SEARCHED = frozenset(
    ["all", "any", "do", "does", "one", "to", "what", "when", "where", "which", "who"]
)
_ASK = """async questions => {
  const config = JSON.parse(document.getElementById("__config").textContent);
  const base = new URL(config.base, location);
  const index = await (await fetch(new URL("search/search_index.json", base))).json();
  const worker = new Worker(new URL(config.search, base));
  const ask = (type, data) => new Promise(done => {
    worker.onmessage = ({data}) => done(data);
    worker.postMessage({type, data});
  });
  await ask(0, {...index, options: {suggest: false}});
  const answers = [];
  for (const question of questions) {
    const {data} = await ask(2, question);
    answers.push(data.items.map(group => group.map(({location}) => location)));
  }
  return answers;
}"""


@pytest.fixture(scope="module")
def entries(site: Path) -> list[dict[str, str]]:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    return list(index["docs"])


def _question(title: str) -> str:
    """The words of a heading; a colon or a star in a question is an instruction to the search."""
    return " ".join(re.findall(r"[\w.]+", re.sub(r" \(.*\)$|<[^>]*>|&\w+;", "", title)))


def test_every_entry_leads_to_its_heading(site: Path, entries: list[dict[str, str]]) -> None:
    pages: dict[str, dict[str, Element]] = {}
    for entry in entries:
        path, _, anchor = entry["location"].partition("#")
        if path not in pages:
            elements = read(built(site, path)).walk()
            pages[path] = {e.attributes["id"]: e for e in elements if "id" in e.attributes}
        if anchor:
            heading = pages[path][anchor]
            assert re.fullmatch("h[1-6]", heading.tag), entry["location"]
            words = re.findall(r"\w+", heading.text)
            for word in re.findall(r"\w+", _question(entry["title"])):
                assert word in words, entry["location"]


def test_every_heading_is_found_by_its_words(open_page: Any, entries: list[dict[str, str]]) -> None:
    counted = Counter(_question(entry["title"]) for entry in entries)
    asked = {}
    for entry in entries:
        question = _question(entry["title"])
        name = ".".join(entry["location"].rpartition("#")[2].split(".")[-2:])
        if "." in name and question in _NOT_SEARCHED:
            question = name
        # A heading that every page has is found with its page; a letter of the glossary by nobody.
        words = set(question.lower().split())
        if counted[question] < 2 and len(question) > 1 and not words <= _NOT_SEARCHED:
            asked[question] = entry["location"]
    answers = open_page("404.html").evaluate(_ASK, list(asked))
    lost = [
        question
        for (question, location), groups in zip(asked.items(), answers, strict=True)
        if not any(location in group for group in groups[:_GROUPS_SEEN])
    ]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize(
    ("question", "location"),
    [
        ("cross_entropy", "reference/functional/#nnlib.functional.cross_entropy"),
        ("nn.Linear", "reference/nn/#nnlib.nn.Linear"),
        ("nnlib.nn.LSTM", "reference/nn/#nnlib.nn.LSTM"),
        ("manual_seed", "reference/nnlib/#nnlib.manual_seed"),
        ("zero_grad", "reference/optim/#nnlib.optim.Optimizer.zero_grad"),
        ("receptive field", "reference/glossary/#receptive-field"),
        ("cross entropy", "reference/glossary/#cross-entropy"),
        ("mini-batches", "learning/gradient-descent/#mini-batches-a-noisy-slope"),
    ],
)
def test_a_result_opens_at_its_heading(
    open_page: Any, server: str, question: str, location: str
) -> None:
    page: Page = open_page("")
    page.keyboard.press("f")
    page.keyboard.type(question)
    path, _, anchor = location.partition("#")
    result = page.locator(f'.md-search-result__item a[href^="{server}{path}?"][href$="#{anchor}"]')
    expect(result).to_be_visible()
    result.click()
    page.wait_for_url(re.compile(f"{re.escape(server + path)}.*#{re.escape(anchor)}$"))
    heading = page.locator(":target")
    expect(heading).to_be_in_viewport()
    assert heading.evaluate("element => element.matches('h1, h2, h3, h4, h5, h6')")
