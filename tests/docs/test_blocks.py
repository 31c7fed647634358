"""Tries the finishing of code blocks on small pages: which get buttons, and what markup is left.
That the buttons copy is tried in a browser, in `tests/site/test_copy.py`."""

import re

from machine.blocks import COPY, COPY_WITH_NEEDS, PLAIN, finish


def _block(language: str, code: str, attributes: str = "") -> str:
    return (
        f'<div class="language-{language} highlight"{attributes}>'
        f"<pre><span></span><code>{code}</code></pre></div>"
    )


def _names(rendered: str) -> list[str]:
    return re.findall(r'aria-label="([^"]*)"', rendered)


def test_a_block_gets_the_buttons_that_fit_it_and_an_output_none() -> None:
    assert _names(finish(_block("bash", "ls"))) == [COPY]
    assert _names(finish(_block("python", "1", ' data-needs=""'))) == [COPY, COPY_WITH_NEEDS]
    output = _block("text", "1")
    assert finish(output) == output


def test_each_copy_button_points_at_its_own_block() -> None:
    rendered = finish(_block("python", "a") + _block("text", "b") + _block("python", "c"))
    targets = re.findall(r'data-clipboard-target="#([^"]*)"', rendered)
    assert len(set(targets)) == 2
    assert [re.search(rf'id="{t}">(.)', rendered)[1] for t in targets] == ["a", "c"]  # type: ignore[index]


def test_only_words_in_the_colour_of_the_text_lose_their_markup() -> None:
    plain = "".join(f'<span class="{kind}">x</span>' for kind in PLAIN)
    coloured = '<span class="k">if</span> <span class="nb">print</span>'
    assert f">{'x' * len(PLAIN)}{coloured}<" in finish(_block("python", plain + coloured))


def test_what_is_not_code_is_left_alone() -> None:
    prose = '<p><span class="note">n</span> <code>x</code></p><pre><code>y</code></pre>'
    assert finish(prose) == prose
