"""The scanner finds every fence that a reader sees as Python, however its first line is written.
A fence that the page shows and the scanner misses would be code that nothing tests."""

import textwrap
from pathlib import Path

import jupytext
import markdown
import pytest
import yaml
from bs4 import BeautifulSoup
from machine.fences import find_fences, for_mkdocs

ROOT = Path(__file__).resolve().parents[2]
CODE = "print(1)\n"

INFOS = [
    "python",
    "python ",
    "python\t",
    " python",
    "   python",
    "Python",
    "PYTHON",
    "py",
    "python3",
    "py3",
    "ipython",
    'python title="x"',
    "python title='x'",
    'python title="two words" linenums="1"',
    'python alt="A line = that goes up, {twice}"',
    'python alt=["one", "two [2]"]',
    'python needs="torch" tags=["skip-execution"]',
    'python exercise="first" role="stub"',
    'python exercise="first" role="wrong" title="Nearly"',
    "{.python}",
    "{ .py }",
    '{.python .x title="y"}',
    '{ .python3 #name title="y" }',
]
TICKS = ["```", "````", "~~~", "~~~~~"]


def fenced(info: str = "python", ticks: str = "```", source: str = CODE) -> str:
    return f"{ticks}{info}\n{source}{ticks}\n"


def indented(text: str, by: str = "    ") -> str:
    return textwrap.indent(text, by)


PLACES = {
    "top level": "Before.\n\n{}\nAfter.\n",
    "bullet list": "- item\n\n    {}\n- item\n",
    "bullet list, second item": "- item\n- item\n\n    {}\n",
    "star list": "* item\n\n    {}\n",
    "numbered list": "1. item\n\n    {}\n2. item\n",
    "nested list": "- item\n\n    1. inner\n\n        {}\n",
    "admonition": '!!! note "Title"\n    Text.\n\n    {}\n',
    "admonition, fence first": "!!! note\n    {}\n",
    "folded": '??? question "Exercise"\n    {}\n',
    "unfolded": '???+ tip "Hint"\n\n    {}\n',
    "nested admonitions": "!!! note\n    Text.\n\n    ??? tip\n        {}\n",
    "list in an admonition": "!!! note\n    - item\n\n        {}\n",
    "tab": '=== "NumPy"\n\n    {}\n\n=== "nnlib"\n\n    Text.\n',
    "block quote": "> Quote.\n>\n> {}\n",
    "tab indentation": "- item\n\n\t{}\n",
    "definition": "Term\n\n:   Text.\n\n    {}\n",
    "after text": "Text.\n{}\n",
}


def put(place: str, fence: str) -> str:
    """The fence at `{}` of the place, every line of it behind what stands before the `{}`."""
    before, after = PLACES[place].split("{}")
    prefix = before.rsplit("\n", 1)[-1]
    return before + ("\n" + prefix).join(fence.rstrip("\n").split("\n")) + after


def settings() -> dict[str, object]:
    """The Markdown extensions of mkdocs.yml, as Python-Markdown takes them."""

    class Loader(yaml.SafeLoader):
        """Reads past MkDocs' own tags: only the extensions matter here."""

    Loader.add_multi_constructor("!", lambda *_: None)
    Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)
    config = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)
    names, options = [], {}
    for entry in config["markdown_extensions"]:
        if isinstance(entry, dict):
            ((name, given),) = entry.items()
            options[name] = {
                key: value for key, value in (given or {}).items() if value is not None
            }
        else:
            name = entry
        names.append(name)
    return {"extensions": names, "extension_configs": options}


def rendered(text: str) -> BeautifulSoup:
    return BeautifulSoup(markdown.markdown(for_mkdocs(text), **settings()), "html.parser")


def python_sources(text: str) -> list[str]:
    return [fence.source for fence in find_fences(text) if fence.is_python]


@pytest.mark.parametrize("ticks", TICKS)
@pytest.mark.parametrize("info", INFOS)
def test_every_first_line_is_found_and_shown(info: str, ticks: str) -> None:
    text = put("top level", fenced(info, ticks))
    assert python_sources(text) == [CODE]
    page = rendered(text)
    (shown,) = page.select("div.language-python")
    assert shown.code is not None
    assert shown.code.get_text() == CODE


@pytest.mark.parametrize(
    "info", ["python", 'python title="x"', "py", "{.python .x}", 'python alt="A"']
)
@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_found_and_shown(place: str, info: str) -> None:
    text = put(place, fenced(info, source="if True:\n    print(1)\n\n    print(2)\n"))
    (source,) = python_sources(text)
    assert source == "if True:\n    print(1)\n\n    print(2)\n"
    (shown,) = rendered(text).select("div.language-python")
    assert shown.code is not None
    assert shown.code.get_text() == source


@pytest.mark.parametrize("place", PLACES)
def test_a_page_of_many_fences_is_counted_alike(place: str) -> None:
    pieces = [put(place, fenced(info, ticks)) for info in INFOS for ticks in TICKS]
    text = "\n\nA paragraph in between.\n\n".join(pieces)
    assert len(python_sources(text)) == len(INFOS) * len(TICKS)
    assert len(rendered(text).select("div.language-python")) == len(INFOS) * len(TICKS)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "info",
    [
        'python alt="SECRET picture" caption="SECRET words"',
        'python alt=["SECRET one", "SECRET [2]"] needs="SECRET"',
        'python exercise="one" role="stub" tags=["SECRET"]',
        'python proves="SECRET words" refuted="SECRET -> SECRET"',
        'python alt="SECRET \\"quoted\\" SECRET" title="shown"',
        "python alt='SECRET'",
    ],
)
def test_our_options_do_not_reach_the_reader(place: str, info: str) -> None:
    page = rendered(put(place, fenced(info)))
    assert "SECRET" not in str(page)
    assert "exercise=" not in page.get_text()
    assert len(page.select("div.language-python")) == 1


def test_exercise_and_role_are_data_on_the_rendered_block() -> None:
    (block,) = rendered(fenced('python exercise="sum" role="stub"')).select("div.language-python")
    holder = block if block.has_attr("data-exercise") else block.find(attrs={"data-exercise": True})
    assert holder is not None
    assert (holder["data-exercise"], holder["data-role"]) == ("sum", "stub")


@pytest.mark.parametrize(
    "text",
    [
        "Say ```python print(1)``` in a line.\n",
        "```python print(1)```\n",
        "``` python `x` ```\n",
        fenced("markdown", "````", fenced()),
        fenced("text", "~~~", fenced()),
        fenced("", "````", fenced()),
        fenced("text"),
        fenced("pytb"),
        fenced(""),
        fenced('text title="python"'),
    ],
)
def test_what_is_not_a_python_fence_is_not_taken_for_one(text: str) -> None:
    assert python_sources(text) == []
    assert rendered(text).select("div.language-python") == []


def test_windows_line_ends() -> None:
    text = put("admonition", fenced('python title="x"')).replace("\n", "\r\n")
    (source,) = python_sources(text)
    assert source.replace("\r\n", "\n") == CODE
    assert len(rendered(text).select("div.language-python")) == 1


def test_a_fence_knows_where_it_stands() -> None:
    text = (
        "One.\n\n"
        + fenced("python", source="a = 1\n")
        + "\nTwo.\n\n"
        + fenced("text", source="b\n")
    )
    first, second = find_fences(text)
    assert (first.line, second.line) == (3, 9)
    assert text[first.start : first.end] == "```python\na = 1\n```"
    assert text[second.source_start :].startswith("b\n")
    assert (first.language, second.language) == ("python", "text")


def test_a_fence_on_the_line_of_its_list_marker() -> None:
    assert python_sources("- ```python\n  print(1)\n  ```\n") == [CODE]
    assert python_sources("1. ```python\n   print(1)\n   ```\n") == [CODE]


@pytest.mark.parametrize(
    "text", ["```python\nprint(1)\n", "Text.\n\n~~~~py\nprint(1)\n~~~\n", "```python\n"]
)
def test_a_fence_that_is_never_closed_says_so(text: str) -> None:
    (fence,) = find_fences(text)
    assert fence.is_python
    assert not fence.closed


def test_a_longer_fence_closes_and_a_shorter_does_not() -> None:
    assert python_sources("````python\n```\n````\n") == ["```\n"]
    assert python_sources("```python\nprint(1)\n`````\n\nText.\n") == [CODE]


@pytest.mark.parametrize(
    "info",
    [
        "python",
        'python alt="A line that goes up"',
        'python alt="Say \\"hello\\", = {x}"',
        "python alt='single'",
        'python alt=["one", "two [2]", "three, four"]',
        'python tags=["skip-execution"] needs="torch"',
        'python title="x" caption="The loss, −0.4"',
        'python exercise="one" role="check"',
        'python proves="It is so: always" refuted="lr=0.1 -> lr=10"',
        'python proves=["a (b) = c", "two, [2]"] refuted=["x[0] -> x[1]", "{a} -> b; c -> d"]',
    ],
)
def test_jupytext_reads_the_same_options(info: str) -> None:
    """The tests scan the page, the build asks Jupytext; a picture's description must be one."""
    header = (
        "---\njupyter:\n  kernelspec:\n    display_name: Python 3\n"
        "    language: python\n    name: python3\n---\n\n"
    )
    text = header + "Text.\n\n" + fenced(info) + "\nText.\n"
    (fence,) = find_fences(text)
    (cell,) = [cell for cell in jupytext.reads(text, fmt="md").cells if cell.cell_type == "code"]
    assert dict(cell.metadata) == fence.options
    assert cell.source + "\n" == fence.source
