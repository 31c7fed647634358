"""What readers take away must stand alone: exercises that can be done, links that lead somewhere.
A page's own Markdown knows neither a site's address nor a notebook's cells."""

import nbformat
import pytest
from machine import notebook

PAGE = """Text with a [link](other.md#part).

??? question "Exercise 1 · Add"

    Add two numbers.

    ??? note "The check"

        ```python exercise="add" role="check"
        def check(add):
            return "Right" if add(1, 2) == 3 else "Not yet"
        ```

    ```python exercise="add" role="stub"
    def add(a, b):
        return None


    print(check(add))
    ```

    ```text
    Not yet
    ```

    ??? success "Solution"

        ```python exercise="add" role="solution"
        def add(a, b):
            return a + b
        ```

!!! note

    Remember this.

Last words.
"""


def executed(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


def taken_away(page: nbformat.NotebookNode) -> nbformat.NotebookNode:
    def link(target: str) -> str:
        return f"https://example.org/{target.replace('.md', '/')}"

    written = notebook.to_ipynb(page, title="A page", link=link)
    return nbformat.reads(written, as_version=4)


def test_an_exercise_can_be_done_in_the_notebook() -> None:
    cells = taken_away(executed(nbformat.v4.new_markdown_cell(PAGE))).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert [source.splitlines()[0] for source in code] == ["def check(add):", "def add(a, b):"]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert "### Exercise 1 · Add" in prose
    assert "<summary>Solution</summary>" in prose
    assert "return a + b" in prose
    assert "> **Note**" in prose
    assert "Last words." in prose
    for leftover in ("???", "!!!", "role=", "The check", "Not yet\n```"):
        assert leftover not in prose


def test_links_lead_back_to_the_site() -> None:
    cells = taken_away(executed(nbformat.v4.new_markdown_cell(PAGE))).cells
    assert "[link](https://example.org/other/#part)" in cells[0].source


@pytest.mark.parametrize(
    ("prose", "left"),
    [
        ("```text\n3\n```\n\nSo it is 3.", "So it is 3."),
        ("It prints:\n\n```text\n3\n```", "It prints:\n\n```text\n3\n```"),
    ],
)
def test_what_a_cell_prints_is_not_said_twice(prose: str, left: str) -> None:
    page = executed(nbformat.v4.new_code_cell("print(3)"), nbformat.v4.new_markdown_cell(prose))
    assert taken_away(page).cells[1].source == left


def test_the_script_runs_an_exercises_check_and_stub(capsys: pytest.CaptureFixture[str]) -> None:
    page = executed(nbformat.v4.new_markdown_cell(PAGE))
    script = notebook.to_script(page, title="A page", link=str)
    exec(compile(script, "a_page.py", "exec"), {})
    assert capsys.readouterr().out == "Not yet\n"
