"""Sentences are held as numbers are: whoever marks one as proved names a world in which it is
false, and there the proof has to fail.
A proof that holds in every world proves nothing."""

from pathlib import Path

import pytest
from machine import claims
from machine.claims import ClaimError
from machine.pages import DOCS, all_pages, lessons

PAGES = [path for path in all_pages() if "proves=" in path.read_text(encoding="utf-8")]
# How many sentences of its promise, verdicts and recap a page holds, by a proof, a source or a
# reason, and how many of its displayed formulas are held to numbers. Neither may fall.
HELD = {
    "pieces/what-a-network-does.md": (0, 0),
}
# Of these pages every sentence of promise, verdicts and recap is held.
WHOLE = {name for name in HELD if name.startswith(("pieces/", "learning/"))}


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(DOCS).as_posix() for path in paths]


@pytest.mark.parametrize(
    "name", [name for name in names(PAGES) if name != "reference/contributing.md"]
)
def test_a_proof_fails_where_its_words_are_false(name: str) -> None:
    assert [*claims.unproved(name, text(name))] == []


@pytest.mark.parametrize("name", names(lessons()))
def test_a_page_holds_no_fewer_sentences_and_formulas_than_it_did(name: str) -> None:
    page = text(name)
    held, open_ = claims.carried(page)
    evaluated = sum(claim.is_formula(page) for claim in claims.read(page))
    print(f"{name}: {len(held)} sentences held, {len(open_)} not,", end=" ")
    print(f"{evaluated} of {claims.formulas(page)} formulas; nothing holds:")
    print(*(f"  {one.part}: {one.words}" for one in open_), sep="\n")
    least = HELD.get(name, (0, 0))
    assert (len(held) >= least[0], evaluated >= least[1]) == (True, True)
    assert name not in WHOLE or open_ == []
