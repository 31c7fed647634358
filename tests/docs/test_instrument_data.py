"""How an instrument gets into a page, and the page's own numbers into the instrument.
A number that got there in another way could differ from what the page has shown."""

import json
import textwrap
from pathlib import Path

import pytest
from machine import execution, fences, instruments, notebook
from machine.examples import Result, blocks
from nbformat import NotebookNode

CODE = """
    import nnlib
    nnlib.manual_seed(0)
    X = nnlib.tensor([[0.1, 1e-300], [1 / 3, 2.0]], dtype=nnlib.float64, requires_grad=True)


    def drawn(seed):
        nnlib.manual_seed(seed)
        return nnlib.randn(2)
"""
DRAWN = "print(nnlib.randn(3).tolist())"
PICTURE = '<figure class="nn-picture"></figure>'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path))
    monkeypatch.setattr(execution, "_folder", execution._folder.__wrapped__)


def run(options: str) -> list[Result]:
    page = f"```python {options}\n{textwrap.dedent(CODE).strip()}\n```\n\n```python\n{DRAWN}\n```\n"
    return execution.page("page.md", blocks("# Page\n\n" + page))


def test_a_fence_gives_the_values_that_it_names_and_the_page_is_not_disturbed() -> None:
    given, after = run("data=\"points=X, drawn=drawn(3), word='a'\"")
    values = json.loads(given.data)
    assert values["points"] == [[0.1, 1e-300], [1 / 3, 2.0]]
    assert len(values["drawn"]) == 2
    assert values["word"] == "a"
    assert not given.printed
    assert run("data=\"points=X, drawn=drawn(3), word='a'\"") == [given, after], "from the cache"
    without, undisturbed = run("")
    assert not without.data
    assert after == undisturbed


@pytest.mark.parametrize(
    ("data", "problem"),
    [("x=missing", "NameError"), ("x=float('nan')", "ValueError"), ("x=object()", "Attribute")],
)
def test_what_cannot_be_given_stops_the_page(data: str, problem: str) -> None:
    given, _ = run(f'data="{data}"')
    assert given.problem is not None
    assert problem in given.problem


def test_the_picture_stands_in_the_element_with_the_values_beside_it() -> None:
    wrapped = instruments.around(PICTURE, "neuron", '{"a": "</script><b>"}', heavy := {})
    assert not heavy
    assert wrapped.startswith(f'<nn-neuron class="nn-instrument">{PICTURE}<script')
    assert wrapped.count("</script>") == 1
    (between,) = [part.split("</script>")[0] for part in wrapped.split(">", 3)[3:]]
    assert json.loads(between.split(">", 1)[1]) == {"a": "</script><b>"}
    assert instruments.scripts(wrapped * 2) == ["assets/instruments/neuron.js"]
    assert instruments.scripts(PICTURE) == []


def test_many_numbers_wait_in_a_file_that_is_named_after_them() -> None:
    """A page must not be heavier for what perhaps nobody handles."""
    data = json.dumps(list(range(30_000)))
    files: dict[str, str] = {}
    wrapped = instruments.around(PICTURE, "neuron", data, files)
    ((name, script),) = files.items()
    assert f'data-numbers="{name}">{PICTURE}</nn-neuron>' in wrapped
    assert script == f"document.currentScript.numbers = {data};\n"
    assert instruments.scripts(wrapped) == ["assets/instruments/neuron.js"]
    instruments.around(PICTURE, "neuron", data.replace("1", "2"), files)
    assert len(files) == 2


def test_an_instrument_that_no_script_makes_is_named_with_those_that_there_are() -> None:
    with pytest.raises(instruments.InstrumentError, match=r'instrument="nothing".*neuron'):
        instruments.around(PICTURE, "nothing", "", {})
    with pytest.raises(instruments.InstrumentError, match='instrument="kit"'):
        instruments.around(PICTURE, "kit", "", {})


def test_a_reader_sees_and_takes_away_neither_option() -> None:
    code = "import matplotlib"
    fence = f'```python instrument="neuron" data="x=1" title="a.py"\n{code}\n```\n'
    assert "neuron" not in fences.for_mkdocs(fence)
    assert "x=1" not in fences.for_mkdocs(fence)
    cell = NotebookNode(
        cell_type="code",
        execution_count=None,
        metadata={"instrument": "neuron", "data": "x=1"},
        outputs=[],
        source=code,
    )
    page = NotebookNode(cells=[cell], metadata={}, nbformat=4, nbformat_minor=5)
    for written in (
        notebook.to_ipynb(page, title="A page", link=str),
        notebook.to_script(page, title="A page", link=str),
    ):
        assert "x=1" not in written
