"""Sentences are held as numbers are: whoever marks one as proved names a world in which it is
false, and there the proof has to fail.
A proof that holds in every world proves nothing."""

import os
from pathlib import Path

import pytest
from machine import claims
from machine.pages import DOCS, all_pages, lessons
from machine.worlds import ClaimError

PAGES = [path for path in all_pages() if claims.read(path.read_text(encoding="utf-8"))]
# How many sentences of its promise, verdicts and recap a page holds, by a proof, a source or a
# reason, and how many of its displayed formulas are held to numbers. Neither may fall.
HELD = {
    "learning/backpropagation.md": (8, 2),
    "learning/gradient-descent.md": (8, 2),
    "learning/losses.md": (9, 2),
    "learning/training-loop.md": (7, 2),
    "learning/watching.md": (8, 0),
    "pieces/activations.md": (9, 1),
    "pieces/layers.md": (8, 1),
    "pieces/neuron.md": (6, 1),
    "pieces/what-a-network-does.md": (7, 2),
}
# Of these pages every sentence of promise, verdicts and recap is held.
WHOLE = {name for name in HELD if name.startswith(("pieces/", "learning/"))}


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def names(paths: list[Path]) -> list[str]:
    return [path.relative_to(DOCS).as_posix() for path in paths]


# A kernel tries each world in a copy of itself.
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no process")


@needs_fork
@pytest.mark.parametrize("name", names(PAGES))
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


def page(words: str, world: str, code: str) -> str:
    return f"Two is even. One is odd.\n\n```python proves={words} refuted={world}\n{code}\n```\n"


@needs_fork
def test_a_proof_that_holds_in_every_world_proves_nothing() -> None:
    toothless = page('"Two is even"', '"2 -> 3"', "n = 2\nassert n * 2 % 2 == 0")
    (problem,) = claims.unproved("toothless", toothless)
    assert "expected False" in problem
    assert "got True" in problem


@needs_fork
@pytest.mark.parametrize(
    ("world", "code"),
    [
        ("n = 2 -> m = 2", "n = 2\nassert n % 2 == 0"),
        ("2 -> int('x')", "n = 2\nassert n % 2 == 0"),
        ("n % 2 -> 1", "n = 2\nassert n % 2 == 0"),
        ("2 -> 3", "n = 2\nassert n % 2 == 1"),
    ],
    ids=["a name is missing", "the world breaks", "the assertion is changed", "it never held"],
)
def test_a_world_that_refutes_nothing_is_named(world: str, code: str) -> None:
    assert [*claims.unproved("no-world", page('"Two is even"', f'"{world}"', code))] != []


@needs_fork
def test_each_claim_has_its_own_world() -> None:
    code = "two, one = 2, 1\nassert two % 2 == 0\nassert one % 2 == 1"
    good = page('["Two is even", "One is odd"]', '["= 2, -> = 3,", ", 1 -> , 4"]', code)
    assert [*claims.unproved("good", good)] == []
    swapped = page('["Two is even", "One is odd"]', '[", 1 -> , 4", "= 2, -> = 3,"]', code)
    assert len([*claims.unproved("swapped", swapped)]) == 2


@pytest.mark.parametrize(
    ("words", "world", "named"),
    [
        ('"Three is odd"', '"2 -> 3"', "0 times"),
        ('"is"', '"2 -> 3"', "2 times"),
        ('"n = 2"', '"2 -> 3"', "0 times"),
        ('"Two is even"', '"3"', "old -> new"),
        ('["Two is even", "One is odd"]', '"2 -> 3"', "1, 2 and 1"),
    ],
)
def test_what_cannot_be_a_proof_is_named(words: str, world: str, named: str) -> None:
    with pytest.raises(ClaimError, match=named):
        claims.read(page(words, world, "n = 2\nassert n % 2 == 0"))


def test_the_tick_stands_behind_the_words_and_their_stop() -> None:
    source = page('"Two is\neven"', '"2 -> 3"', "n = 2\nassert n % 2 == 0").replace(
        "\neven", " even"
    )
    marked = claims.mark("Two is\neven. One.\n\n```python\nn = 2\nassert n % 2 == 0\n```\n", source)
    before, _, after = marked.partition("&#8288;")
    assert before == "Two is\neven."
    assert after.startswith('<a class="nn-proof" href="#block-0" aria-label="Proof" ')
    assert after.endswith("</a> One.\n\n```python\nn = 2\nassert n % 2 == 0\n```\n")


def test_the_tick_of_a_formula_stands_behind_the_words_above_it() -> None:
    formula = "It says\n\n$$\na = b + c\n$$\n\n"
    block = '```python proves="b + c" refuted="+ -> -"\na = 1 + 2\nassert a == 3\n```\n'
    (claim,) = claims.read(formula + block)
    assert claim.is_formula(formula + block)
    assert claims.mark(formula + block, formula + block).startswith("It says&#8288;<a ")


def test_sentences_of_promise_verdicts_and_recap_are_held_or_not() -> None:
    text = (
        "---\nunproved:\n  definition: [A sum is a number.]\n---\n\n"
        "# Sums\n\nA sum is a number. It grows!\n\n"
        '```python fold="x"\npass\n```\n\nOther prose.\n\n## What people get wrong\n\n'
        '**"It shrinks."** Never, says Euler.[^euler]\n\nMore.\n\n'
        "## In one breath\n\n- One.\n- Two. Three.\n\n"
        '```python proves="Two" refuted="2 -> 3"\nn = 2\nassert n == 2\n```\n\nNext: that.\n'
    )
    held, open_ = claims.carried(text)
    assert [one.words.strip() for one in held] == [
        "A sum is a number.",
        "Never, says Euler.[^euler]",
        "Two.",
    ]
    assert [one.words for one in open_] == ["It grows!", "One.", "Three."]
