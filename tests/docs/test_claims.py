"""Sentences are held as numbers are: whoever marks one as proved names a world in which it is
false, and there the proof has to fail.
A proof that holds in every world proves nothing."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import claims, examples
from machine.pages import DOCS, all_pages, lessons
from machine.worlds import ClaimError
from markdown.extensions import toc

PAGES = [path for path in all_pages() if claims.read(path.read_text(encoding="utf-8"))]
# How many sentences of its promise, verdicts and recap a page holds, by a proof, a source or a
# reason; how many of its displayed formulas are held to numbers; and how many proofs it has in all.
# None may fall.
HELD = {
    "architectures/attention.md": (7, 1, 10),
    "architectures/convolution.md": (7, 1, 8),
    "architectures/digits.md": (7, 1, 6),
    "architectures/recurrence.md": (8, 3, 13),
    "further/pytorch.md": (9, 1, 7),
    "further/uses.md": (8, 0, 4),
    "further/why-it-works.md": (9, 1, 9),
    "learning/backpropagation.md": (8, 2, 10),
    "learning/gradient-descent.md": (8, 2, 12),
    "learning/losses.md": (9, 2, 10),
    "learning/training-loop.md": (7, 2, 8),
    "learning/watching.md": (8, 0, 7),
    "pieces/activations.md": (9, 1, 8),
    "pieces/layers.md": (8, 1, 6),
    "pieces/neuron.md": (6, 1, 5),
    "pieces/what-a-network-does.md": (7, 2, 9),
    "pitfalls/dead-units.md": (10, 2, 14),
    "pitfalls/gradients.md": (10, 2, 17),
    "pitfalls/misconceptions.md": (15, 0, 19),
    "pitfalls/overfitting.md": (8, 1, 11),
    "pitfalls/underfitting.md": (7, 2, 11),
    "reference/cheat-sheet.md": (0, 0, 39),
}
CHEAT_SHEET = "reference/cheat-sheet.md"
# The cheat sheet's tables of formulas; what is no formula there has a reason in its front matter.
TABLES = ("Activations", "Question, output, loss", "Backpropagation", "Optimisers", "Layers")


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


@needs_fork
@pytest.mark.parametrize("name", [name for name in names(PAGES) if 'needs="' in text(name)])
def test_a_proof_that_names_no_need_holds_where_nothing_is_to_be_had(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for need in examples._AVAILABLE:
        monkeypatch.setitem(examples._AVAILABLE, need, lambda: False)
    bare = name.replace(".md", "-bare.md")  # the page as it is keeps its own results
    assert [*claims.unproved(bare, text(name))] == []


@pytest.mark.parametrize("name", names(lessons()))
def test_every_sentence_of_promise_verdicts_and_recap_and_every_formula_is_held(name: str) -> None:
    page = text(name)
    held, open_ = claims.carried(page)
    evaluated = sum(claim.is_formula(page) for claim in claims.read(page))
    print(
        f"{name}: {len(held)} sentences held, {evaluated} formulas, {len(claims.read(page))} proofs"
    )
    assert open_ == []
    assert evaluated == claims.formulas(page)


def test_no_page_holds_less_than_it_did() -> None:
    now = {}
    for name in HELD:
        page, proofs = text(name), claims.read(text(name))
        formulas = sum(claim.is_formula(page) for claim in proofs)
        now[name] = len(claims.carried(page)[0]), formulas, len(proofs)
        assert all(n >= least for n, least in zip(now[name], HELD[name], strict=True)), now[name]
    assert {*names(lessons()), CHEAT_SHEET} == set(HELD)


def held_from(page: str) -> list[int]:
    return [claim.start for claim in claims.read(page)] + [at for at, _ in claims.excused(page)]


def rows(page: str, section: str) -> Iterator[tuple[int, str]]:
    """Where each row of a section's tables begins, and the row; heads are left out."""
    prose = claims.prose_of(page)
    start = prose.index(f"\n## {section}\n")
    end = prose.find("\n## ", start + 1)
    for row in re.compile(r"^\|.*\|$", re.MULTILINE).finditer(prose, start, end):
        following = prose[row.end() + 1 :]
        if not re.match(r"[|-]+$", row.group()) and not re.match(r"\|-", following):
            yield row.start(), row.group()


@pytest.mark.parametrize("section", TABLES)
def test_every_formula_of_the_cheat_sheet_is_held(section: str) -> None:
    page = text(CHEAT_SHEET)
    marked = held_from(page)
    found = [*rows(page, section)]
    assert len(found) >= 3
    for start, row in found:
        assert any(start <= place < start + len(row) for place in marked), row


@pytest.mark.parametrize(("start", "row"), [*rows(text(CHEAT_SHEET), "What to do when")])
def test_every_cure_of_the_cheat_sheet_was_tried(start: int, row: str) -> None:
    """Here, or in a section of another page that proves something and is linked as "tried"."""
    page = text(CHEAT_SHEET)
    marked = held_from(page)
    tried = re.search(r"\[tried\]\(\.\./(?P<page>[^#)]+)#(?P<section>[^)]+)\)", row)
    if tried is None:
        assert any(start <= place < start + len(row) for place in marked), row
        return
    other = text(tried["page"])
    parts = re.split(r"^(?=#+ )", claims.prose_of(other), flags=re.MULTILINE)
    at = 0
    proved: dict[str, bool] = {}
    for part in parts:
        title = part.partition("\n")[0].lstrip("# ")
        anchor = toc.slugify(re.sub(r"[*`]", "", title), "-")
        proved[anchor] = any(at <= claim.start < at + len(part) for claim in claims.read(other))
        at += len(part)
    assert proved[tried["section"]], row


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
