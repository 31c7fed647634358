"""Tries the formulas of a page as the build makes them: from Markdown, with the site's extensions.
LaTeX that no formula came of must stop the build; what only looks like it must not."""

import markdown
import pytest
from machine.mathematics import MathematicsError, convert
from machine.pages import DOCS
from mkdocs.config import load_config


@pytest.fixture(scope="module")
def render() -> markdown.Markdown:
    config = load_config(str(DOCS.parent / "mkdocs.yml"))
    return markdown.Markdown(
        extensions=config.markdown_extensions, extension_configs=config.mdx_configs
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Half of $x^2$ is $\\frac{x^2}{2}$.", id="formulas in a sentence"),
        pytest.param("$$\nx^2\n$$", id="a formula by itself"),
        pytest.param("\\(x\\)\n\n\\[x\\]", id="LaTeX's own marks, closed"),
        pytest.param("$a \\left( b \\right)$ and $\\text{\\$5}$", id="marks inside a formula"),
        pytest.param("It costs $5, or $6 with milk.", id="prices"),
        pytest.param("It costs \\$5.", id="an escaped dollar"),
        pytest.param("US$5, 5$ and $ 5", id="dollars at either side"),
        pytest.param("Write `$$` or `\\(x\\)`.", id="inline code"),
        pytest.param("```text\n$$ x\n\\[ y\n```", id="a block of code"),
        pytest.param('```python\nprint("$$", r"\\(")\n```', id="a block of Python"),
        pytest.param("    $$ x\n", id="an indented block"),
        pytest.param("!!! note\n\n    ```text\n    $$\n    ```", id="code in an admonition"),
        pytest.param("| a |\n|---|\n| `$$` |", id="code in a table"),
        pytest.param("<details><summary>`$`</summary>\n\n$5\n</details>", id="details"),
        pytest.param("<kbd>$$</kbd> <samp>\\(</samp>", id="keys and samples"),
        pytest.param("<pre>$$ \\(</pre>", id="preformatted"),
        pytest.param("<!-- $$ \\( -->", id="a comment"),
        pytest.param("<script>a = '$$'</script>", id="a script"),
        pytest.param("[a](https://example.org/$$)", id="an address"),
        pytest.param('<p data-kept="$$">x</p>', id="an attribute that nobody sees"),
        pytest.param("a\\[0\\] and \\(b\\", id="escaped brackets"),
        pytest.param("Paths such as C:\\new, and 1 \\\\ 2", id="backslashes"),
    ],
)
def test_a_page_without_strays_builds(render: markdown.Markdown, text: str) -> None:
    assert "arithmatex" not in convert(render.reset().convert(text))


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        pytest.param("$$ x^2\n\n$$", "$$ x^2", id="an empty line"),
        pytest.param("Before\n\n$$\nx\n", "$$", id="never closed"),
        pytest.param("$$x$$ in a sentence", "(a formula)", id="a block inside a sentence"),
        pytest.param("in a sentence $$x$$", "(a formula)", id="a block at its end"),
        pytest.param("\\\\(x\\\\)", "\\(x\\)", id="escaped twice"),
        pytest.param("\\\\[x\\\\]", "\\[x\\]", id="escaped twice, by itself"),
        pytest.param("x\\\\)", "x\\)", id="only closed"),
        pytest.param("!!! note\n    $$ x\n\n    $$", "$$ x", id="an admonition"),
        pytest.param("??? note\n    $$ x\n\n    $$", "$$ x", id="a collapsed one"),
        pytest.param('=== "Tab $$"\n    x', "Tab $$", id="a tab"),
        pytest.param("| a |\n|---|\n| $$ x |", "$$ x", id="a table"),
        pytest.param("- one\n- $$ x", "$$ x", id="a list"),
        pytest.param("> $$ x\n>\n> $$", "$$ x", id="a quotation"),
        pytest.param("# Squares $$", "Squares $$", id="a heading"),
        pytest.param("Word[^1]\n\n[^1]: $$ x", "$$ x", id="a footnote"),
        pytest.param("**$$ x**", "$$ x", id="bold"),
        pytest.param("<details><summary>$$</summary>x</details>", "$$", id="a summary"),
        pytest.param("<div>$$\nx\n$$</div>", "$$\\nx", id="HTML, in which nothing is converted"),
        pytest.param("&#36;&#36; x", "$$ x", id="entities"),
        pytest.param("![$$ x](a.png)", "$$ x", id="a picture's text"),
        pytest.param('[a](b.md "$$ x")', "$$ x", id="a link's title"),
        pytest.param("`a` $$ `b`", "$$", id="between two pieces of code"),
        pytest.param("$x$ and $$ x", "$$ x", id="after a formula"),
    ],
)
def test_latex_that_no_formula_came_of_is_refused(
    render: markdown.Markdown, text: str, stands: str
) -> None:
    with pytest.raises(MathematicsError, match="would be shown as it stands") as error:
        convert(render.reset().convert(text))
    assert stands in str(error.value).replace("\\\\", "\\")


def test_what_does_not_convert_is_refused() -> None:
    with pytest.raises(MathematicsError, match="frac"):
        convert('<span class="arithmatex">\\(\\frac{1\\)</span>')
