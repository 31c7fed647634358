"""Proof that the tests bite: the prose of pages is changed, one digit at a time, and it has to be
noticed.
Outputs are put to the same test where the blocks run, so that no page has to run twice."""

from pathlib import Path

import pytest
from machine import examples, prose
from machine.comparing import mutants
from machine.pages import DOCS, explainers

PAGES = explainers()
every_page = pytest.mark.parametrize(
    "path", PAGES, ids=[path.relative_to(DOCS).as_posix() for path in PAGES]
)


@every_page
def test_every_page_claims_digits_that_a_change_can_be_made_to(path: Path) -> None:
    """Each changed digit of an output is tried where the block runs, in `machine/examples.py`."""
    claimed = [block.expected for block in examples.blocks(path.read_text(encoding="utf-8"))]
    assert any([*mutants(expected)] for expected in claimed if expected is not None)


def noticed(text: str) -> int:
    return len(prose.unbacked(text)) + len(prose.wrong_sums(text))


@every_page
def test_changed_digits_in_prose_are_noticed(path: Path) -> None:
    """A change goes unnoticed only if the page computes the new number too; that must stay rare."""
    text = path.read_text(encoding="utf-8")
    before = noticed(text)
    survivors, tried = [], 0
    for number in prose.numbers(text):
        for mutant in mutants(text, number.start, number.end):
            tried += 1
            if noticed(mutant) <= before:
                survivors.append(
                    f"line {number.line}: {number.written} -> {mutant[number.start : number.end]}"
                )
    print(f"{len(survivors)} of {tried} changed digits go unnoticed:", *survivors, sep="\n")
    assert len(survivors) <= max(3, tried // 4)
