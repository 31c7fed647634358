"""Proof that the tests bite: pages are changed, one digit at a time, and it has to be noticed.
A page runs once; its printed outputs are kept and every mutant of the page is held against them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import examples, prose
from machine.comparing import same_output

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "machine" not in path.relative_to(DOCS).parts)
every_page = pytest.mark.parametrize(
    "path", PAGES, ids=[path.relative_to(DOCS).as_posix() for path in PAGES]
)


def mutants(text: str, start: int = 0, end: int | None = None) -> Iterator[str]:
    """`text` with one digit from `start` to `end` replaced by the next, once for each digit."""
    for at in range(start, len(text) if end is None else end):
        if text[at] in "0123456789":
            yield f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"


def test_mutants_change_one_digit_each() -> None:
    assert list(mutants("a 49.0")) == ["a 59.0", "a 40.0", "a 49.1"]


@every_page
def test_every_changed_digit_of_an_output_is_noticed(path: Path) -> None:
    namespace: dict[str, object] = {}
    examples.fresh(namespace)
    survivors, tried = [], 0
    try:
        for block in examples.blocks(path.read_text(encoding="utf-8")):
            absent = examples.missing(block.fence)
            if absent is not None:
                assert absent not in os.environ.get("NNLIB_REQUIRE", "").split()
                continue
            printed, problem = examples.run(block, namespace, str(path))
            assert problem is None
            if block.expected is None:
                continue
            assert same_output(block.expected, printed), (
                "the page is wrong before anything is changed"
            )
            for mutant in mutants(block.expected):
                tried += 1
                if same_output(mutant, printed):
                    survivors.append(f"line {block.fence.line}: {mutant}")
    finally:
        examples.fresh(namespace)
    assert tried, "a page without a printed digit proves nothing"
    assert survivors == []


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
