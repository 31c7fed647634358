"""Proof that the tests bite: the prose of pages is changed, one digit at a time, and it has to be
noticed.
Outputs are put to the same test where the blocks run, so that no page has to run twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import examples, prose
from machine.comparing import mutants
from machine.pages import DOCS, explainers

PAGES = explainers()
every_page = pytest.mark.parametrize(
    "path", PAGES, ids=[path.relative_to(DOCS).as_posix() for path in PAGES]
)
_BLOCK = "```python\nx = 0.25\n```\n\n```text\n0.548 0.97 0.36\n```\n\n"
# Paragraphs that back one another, in all the ways there are: a sum's result is known elsewhere.
_INTERWOVEN = [
    f"The loss is 0.55, then 0.54.\n\n{_BLOCK}It is right in 97 %, or 96 %, of 25 cases.\n",
    f"So 0.4 × 0.9 = 0.36.\n\nThe 0.36 and the 0.9 stand here.\n\n{_BLOCK}| 0.5 × 0.58 | 0.29 |\n",
    "So 12 + 13 = 25.\n\nOf 25 and 26.\n\nThen 13 + 12 = 25.\n\n2/3 ≈ 0.67\n\nAnd 0.67.\n",
    f"2.5 × 10^-1, 9.5 × 10⁻⁷\nand 1,797.\n\n- 10 × 10 = 100\n- 20 of 100\n\n{_BLOCK}101\n",
]


@every_page
def test_every_page_claims_digits_that_a_change_can_be_made_to(path: Path) -> None:
    """Each changed digit of an output is tried where the block runs, in `machine/examples.py`."""
    claimed = [block.expected for block in examples.blocks(path.read_text(encoding="utf-8"))]
    assert any([*mutants(expected)] for expected in claimed if expected is not None)


def judged_whole(text: str) -> Iterator[tuple[str, bool]]:
    """What `changed_digits` gives, found by judging the whole page anew for each change."""

    def wrong(page: str) -> int:
        return len(prose.unbacked(page)) + len(prose.wrong_sums(page))

    for number in prose.numbers(text):
        for mutant in mutants(text, number.start, number.end):
            changed = f"{text[number.start : number.end]} -> {mutant[number.start : number.end]}"
            yield f"line {number.line}: {changed}", wrong(mutant) > wrong(text)


@pytest.mark.parametrize("text", _INTERWOVEN)
def test_a_paragraph_at_a_time_finds_what_the_whole_page_does(text: str) -> None:
    found = [*judged_whole(text)]
    assert [*prose.changed_digits(text)] == found
    assert {noticed for _, noticed in found} == {True, False}


@pytest.mark.parametrize(
    "name", ["index.md", "architectures/convolution.md", "reference/cheat-sheet.md"]
)
def test_so_it_does_on_pages(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert [*prose.changed_digits(text)] == [*judged_whole(text)]


@every_page
def test_changed_digits_in_prose_are_noticed(path: Path) -> None:
    """A change goes unnoticed only if the page computes the new number too; that must stay rare."""
    tried = [*prose.changed_digits(path.read_text(encoding="utf-8"))]
    survivors = [change for change, noticed in tried if not noticed]
    print(f"{len(survivors)} of {len(tried)} changed digits go unnoticed:", *survivors, sep="\n")
    assert len(survivors) <= max(3, len(tried) // 4)
