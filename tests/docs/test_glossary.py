"""The glossary's Markdown is read by the build: its entries must keep their form, its words their
one meaning.
And the first mention of a word on a page becomes a link, wherever that is running prose."""

import re

import pytest
from machine import claims, glossary
from machine.glossary import GlossaryError, Term, explain, read
from machine.pages import DOCS, lessons

SOURCE = DOCS / glossary.SOURCE
TERMS = read(SOURCE.read_text(encoding="utf-8"))
ADDRESS = "../glossary/"


def entry(title: str, anchor: str, forms: str = "", meaning: str = "It is so.") -> str:
    listed = f' data-forms="{forms}"' if forms else ""
    more = "More: [A page](../pieces/neuron.md#part)"
    return f"### {title} {{ #{anchor}{listed} }}\n\n{meaning}\n\n{more}\n\n"


SMALL = read(
    entry("layer", "layer", "layers")
    + entry("hidden layer", "hidden-layer", "hidden layers", 'In the *middle* of "it".')
    + entry("ReLU", "relu", "ReLUs")
    + entry("key (of attention)", "key", "attention key")
)


def linked(content: str, page: str = "learning/losses.md") -> str:
    """`content` with each link to the glossary written as [word|anchor]."""
    return re.sub(
        rf'<a class="nn-term" href="{ADDRESS}#([^"]*)" data-meaning="[^"]*">(.*?)</a>',
        r"[\2|\1]",
        explain(content, SMALL, page, ADDRESS),
        flags=re.DOTALL,
    )


# What is written in the glossary.


@pytest.mark.all_pages
def test_there_are_many_terms_in_alphabetical_order() -> None:
    titles = [re.sub(r"\W", " ", term.title.lower()) for term in TERMS]
    assert len(titles) >= 100
    assert titles == sorted(titles)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_a_meaning_is_one_or_two_plain_sentences(term: Term) -> None:
    assert 1 <= len(re.findall(r"[.?!](?= |$)", term.meaning)) <= 2, term.meaning
    assert 20 <= len(term.meaning) <= 220, len(term.meaning)
    assert not re.search(r"[$*`<>\[\]{}|]", term.meaning), term.meaning
    assert (DOCS / term.page).is_file()


# A word that is set off, in bold or italics, or stands in a heading, is being explained.
EXPLAINED = re.compile(r"\*\*[^*]+\*\*|(?<![*\w])\*[^*\s][^*]*\*(?![*\w])|(?m:^#+ .*$)")


@pytest.mark.all_pages
def test_a_term_is_explained_where_the_glossary_says() -> None:
    """The page that "More" leads to sets it off; else the link leads nowhere that helps."""
    unexplained = []
    for term in TERMS:
        prose = claims.prose_of((DOCS / term.page).read_text(encoding="utf-8"))
        explained = " | ".join(re.sub(r"\s+", " ", e) for e in EXPLAINED.findall(prose))
        explained = explained.lower().replace("-", " ")
        said = [form.replace("-", " ") for form in (*term.forms, term.title.partition(" (")[0])]
        if not any(re.search(rf"\b{re.escape(form.lower())}s?\b", explained) for form in said):
            unexplained.append(f"{term.title} on {term.page}")
    assert unexplained == []


@pytest.mark.all_pages
def test_words_that_a_lesson_introduces_are_in_the_glossary() -> None:
    """A lesson prints a word in bold where it introduces it: "called the **forward pass**"."""
    titles = {term.title.partition(" (")[0].lower() for term in TERMS}
    known = titles | {form.lower() for term in TERMS for form in term.forms}
    introduced = re.compile(r"\b(?:called(?: an?| the)?|is (?:an?|the)) \*\*([^*]+)\*\*")
    missing = {
        (path.relative_to(DOCS).as_posix(), word)
        for path in lessons()
        for word in introduced.findall(path.read_text(encoding="utf-8"))
        if word.lower() not in known and word[0].isalpha() and len(word) > 1
    }
    assert missing == set()


# How it is read.


def test_an_entry_is_read() -> None:
    layer, hidden, _, key = SMALL
    assert layer == Term("layer", "layer", ("layer", "layers"), "It is so.", "pieces/neuron.md")
    assert hidden.meaning == 'In the middle of "it".'
    assert key.forms == ("attention key",)


@pytest.mark.parametrize(
    ("markdown", "named"),
    [
        ("### layer { #layer }\n\nIt is so.\n", "layer"),
        ("### layer { #layer }\n\nMore: [A page](a.md)\n", "layer"),
        (entry("layer", "layer") + entry("Layers", "layers", "layer"), "layer"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(markdown: str, named: str) -> None:
    with pytest.raises(GlossaryError, match=named):
        read(markdown)


# How it is shown.


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>A layer, a layer.</p>", "<p>A [layer|layer], a layer.</p>"),
        ("<p>Layers. A layer.</p>", "<p>[Layers|layer]. A layer.</p>"),
        ("<p>hidden layers</p>", "<p>[hidden layers|hidden-layer]</p>"),
        (
            "<p>hidden\nlayer, hidden layer, layer</p>",
            "<p>[hidden\nlayer|hidden-layer], hidden layer, [layer|layer]</p>",
        ),
        ("<p>players, layered, multi-layer</p>", "<p>players, layered, multi-layer</p>"),
        ("<p>relu, RELU, ReLUs</p>", "<p>relu, RELU, [ReLUs|relu]</p>"),
        ("<p>a key, an attention key</p>", "<p>a key, an [attention key|key]</p>"),
        ("<p><em>layer</em>’s</p>", "<p><em>[layer|layer]</em>’s</p>"),
        (
            "<p>A <strong>layer</strong> is a layer</p>",
            "<p>A <strong>layer</strong> is a [layer|layer]</p>",
        ),
        ("<p>&lt;layer&gt;<br>layer</p>", "<p>&lt;[layer|layer]&gt;<br>layer</p>"),
        ("<!-- layer --><p>layer</p>", "<!-- layer --><p>[layer|layer]</p>"),
        ('<p title="layer">x</p>', '<p title="layer">x</p>'),
    ],
)
def test_the_first_mention_is_linked(content: str, expected: str) -> None:
    assert linked(content) == expected


@pytest.mark.parametrize(
    "apart",
    [
        "<h2 id='a'>A layer</h2>",
        "<pre><code>layer</code></pre>",
        "<code>layer</code>",
        '<a href="x">the <em>layer</em></a>',
        "<math><mtext>layer</mtext></math>",
        "<figure><svg><text>layer</text></svg><figcaption>layer</figcaption></figure>",
        "<table><thead><tr><th>layer</th></tr></thead></table>",
        "<summary>layer</summary>",
        '<p class="admonition-title">A <b>layer</b></p>',
        '<div class="footnote"><ol><li><p>layer</p></li></ol></div>',
        '<div class="nn-formula" tabindex="0"><span>layer</span></div>',
        '<div class="tabbed-labels"><label for="x">layer</label></div>',
    ],
)
def test_only_running_prose_has_links(apart: str) -> None:
    assert linked(f"{apart}<p>a layer</p>") == f"{apart}<p>a [layer|layer]</p>"


def test_the_page_that_introduces_a_term_explains_it_itself() -> None:
    assert linked("<p>layer</p>", page="pieces/neuron.md") == "<p>layer</p>"


@pytest.mark.parametrize("set_off", ["<strong>{}</strong>", "<em>{}</em>", "<h2>The {}</h2>"])
def test_what_stands_before_it_is_explained_has_its_meaning(set_off: str) -> None:
    before = f"<p>A layer.</p>{set_off.format('layer')}<p>layers</p>"
    assert linked(before, page="pieces/neuron.md").startswith("<p>A [layer|layer].</p>")
    assert linked(before, page="pieces/neuron.md").endswith("<p>layers</p>")
    after = f"{set_off.format('hidden layer')}<p>hidden layers</p>"
    assert linked(after, page="pieces/neuron.md") == after


def test_a_meaning_is_carried_once_and_escaped() -> None:
    shown = explain("<p>hidden layer</p><p>hidden layers</p>", SMALL, "a.md", ADDRESS)
    assert shown.count("data-meaning") == 1
    assert 'data-meaning="hidden layer: In the middle of &quot;it&quot;."' in shown


def test_without_terms_a_page_stays_as_it_is() -> None:
    assert explain("<p>layer</p>", (), "a.md", ADDRESS) == "<p>layer</p>"
