"""Holds what stands around each lesson to rule: what to read first, how long it takes, sources.
A reader who follows it must never be sent forward to something that the page was said to need."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from machine import links, pages, reading

ROOT = Path(__file__).resolve().parents[2]
LESSONS = pages.lessons()
NAMES = [path.relative_to(pages.DOCS).as_posix() for path in LESSONS]
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=NAMES)
# A remark may go before ("For example: ...") and sentences may follow; the source has one form.
_SOURCE = re.compile(r'[A-Z][^"]+, "[^"]+[^",.]?", (?:[^"]*?[ ,] ?)?(?:1[89]|20)\d\d\b')


def _order() -> list[str]:
    """The pages as "Next" leads through them."""
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    nav = re.search(r"^nav:\n(?: .*\n|\n)*", listed, re.MULTILINE)
    assert nav is not None
    waiting, found = yaml.safe_load(nav.group())["nav"], []
    while waiting:
        first = waiting.pop(0)
        if isinstance(first, dict):
            (first,) = first.values()
        if isinstance(first, list):
            waiting[:0] = first
        else:
            found.append(first)
    return found


@every_lesson
def test_what_to_read_first_comes_first(path: Path) -> None:
    order, name = _order(), path.relative_to(pages.DOCS).as_posix()
    text = path.read_text(encoding="utf-8")
    assert "before" in pages.front_matter(text), "front matter: before: [...] is missing"
    for first in reading.before(text):
        assert first in NAMES
        assert order.index(first) < order.index(name), f"{first} comes after this page"
    assert len(reading.before(text)) <= 4


def sources(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\[\^([^\]]+)\]: (.*)$", text, re.MULTILINE))


@every_lesson
def test_sources_have_one_form(path: Path) -> None:
    """[^key]: Author and Author, "Title", venue year."""
    text = path.read_text(encoding="utf-8")
    for key, source in sources(text).items():
        assert text.count(f"[^{key}]") > 1, f"[^{key}] is never referred to"
        assert source.endswith("."), f"[^{key}] does not end in a full stop"
        assert _SOURCE.search(source), f'[^{key}]: expected Author, "Title", venue year: {source}'
    for key in re.findall(r"(?<!^)\[\^([^\]]+)\]", text, re.MULTILINE):
        assert key in sources(text), f"[^{key}] has no source"


@pytest.mark.parametrize(
    ("source", "right"),
    [
        ('K. He et al., "Deep Residual Learning", CVPR 2016.', True),
        ('L. Prechelt, "Early Stopping – But When?", 1998.', True),
        ('B. T. Polyak, "Some methods", USSR Computational Mathematics 4, 1964. More.', True),
        ("K. He et al., Deep Residual Learning, 2016.", False),
        ('"Deep Residual Learning", 2016.', False),
        ('K. He et al., "Deep Residual Learning".', False),
    ],
)
def test_a_source_in_another_form_is_found(source: str, right: bool) -> None:
    assert bool(_SOURCE.search(source)) is right


def test_minutes_count_words_and_blocks_and_nothing_folded() -> None:
    words = "word " * 2000
    assert reading.minutes(words) == 10
    assert reading.minutes(words + '\n\n??? note "More"\n\n    ' + words) == 10
    block = "\n\n```python\nprint(1)\n```\n\n```text\n1\n```\n"
    assert reading.minutes(words + 4 * block) == 12
    assert reading.minutes(words + block.replace("python", 'python fold="The code"') * 4) == 10
    assert reading.minutes("# A title\n") == 1


def test_wrong_front_matter_is_named() -> None:
    with pytest.raises(ValueError, match="before: expected a list"):
        reading.before("---\nbefore: pieces/neuron.md\n---\n")


def _git(folder: Path, *arguments: str, **environment: str) -> None:
    names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env={**os.environ, **names, **environment},
    )


def test_the_last_change_is_the_same_in_every_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = tmp_path / "first" / "docs"
    docs.mkdir(parents=True)
    _git(docs.parent, "init", "-q")
    for number, when in enumerate(["2026-03-01T23:30:00 -0500", "2026-04-05T12:00:00 +0000"]):
        (docs / f"page{number}.md").write_text("A page.\n", encoding="utf-8")
        _git(docs.parent, "add", ".")
        _git(docs.parent, "commit", "-qm", "A page", GIT_AUTHOR_DATE=when)
    # In the author's town it was still the day before.
    expected = {"page0.md": "2 March 2026", "page1.md": "5 April 2026"}
    _git(tmp_path, "clone", "-q", "first", "second")
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        for clone in ("first", "second"):
            assert reading.last_changes(tmp_path / clone / "docs") == expected
    _git(tmp_path, "clone", "-q", "--depth", "1", (tmp_path / "first").as_uri(), "shallow")
    assert reading.last_changes(tmp_path / "shallow" / "docs") == {}
    (tmp_path / "plain").mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert reading.last_changes(tmp_path / "plain") == {}


def test_the_line_says_all_of_it() -> None:
    said = reading.line(
        takes=8,
        links=[("../a/", "A"), ("../b/", "B &amp; C")],
        changed="2 March 2026",
        place=reading.Place(2, "Learning", 2, ["../a/", "./", "../b/"]),
    )
    assert re.sub("<[^>]*>", "", said) == (
        "Part 2 · Learning · page 2 of 3 · About 8 minutes · "
        "Before this page: A, B &amp; C · Last changed 2 March 2026"
    )
    dots = re.findall('<circle( class="nn-here")? data-to="([^"]*)"', said)
    assert [to for _, to in dots] == ["../a/", "./", "../b/"]
    assert [bool(here) for here, _ in dots] == [False, True, False]
    bare = reading.line(takes=1, links=[], changed=None, place=None)
    assert bare == '<p class="nn-before"><span>About 1 minute</span></p>'


def test_only_links_that_leave_are_marked_and_what_they_say_is_kept() -> None:
    own = '<a href="https://here.net/x/">here</a><a href="../y/">y</a>'
    assert links.mark(own, "https://here.net/") == own
    there = '<a class="b" rel="external" href="https://example.org/">there</a>'
    marked = links.mark(there, "https://here.net/")
    assert 'rel="external noopener noreferrer"' in marked
    assert marked.count("rel=") == 1
    assert links.mark(marked, "https://here.net/") == marked
