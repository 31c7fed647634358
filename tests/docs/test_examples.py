"""A page that is wrong goes red: by what it prints, by its pictures, by an output nobody proves.
What a block gave is made up here; what a kernel gives is `test_execution.py`'s to say."""

import textwrap

import pytest
from machine import examples, testing
from machine.examples import Result, blocks, wrong


def block(source: str, output: str | None = None, options: str = "") -> str:
    fence = f"```python{options}\n{textwrap.dedent(source).strip()}\n```\n\n"
    return fence if output is None else f"{fence}```text\n{output}\n```\n\n"


def judged(page: str, result: Result) -> str:
    (one,) = blocks(page)
    return wrong(one, result, "page.md") or ""


def test_what_is_true_passes() -> None:
    assert judged(block("x = 1"), Result()) == ""
    assert judged(block("print(x)", "[0.33 0.67]"), Result("[0.33333333 0.66666667]\n")) == ""
    assert judged(block("draw()", options=' alt="A line"'), Result(pictures=["<svg/>"])) == ""
    two = Result(pictures=["<svg/>"] * 2)
    assert judged(block("draw()", options=' alt=["One", "Two"]'), two) == ""


def test_a_block_that_prints_says_what() -> None:
    said = judged("Words.\n\n" + block("print(1)"), Result("1\n"))
    assert said.startswith("page.md:3: block 1 (print(1)) prints, and no ```text block after it")


@pytest.mark.parametrize("output", ["2", "1\n2", "one", "1.0", "- 1"])
def test_a_wrong_output_is_wrong(output: str) -> None:
    said = judged(block("print(1)", output), Result("1\n"))
    assert (
        said == f"page.md:1: block 1 (print(1)): the page says\n{output}\n\nthe block prints\n1\n"
    )


def test_an_output_that_was_never_printed_is_wrong() -> None:
    assert "the page says" in judged(block("x = 1", "1"), Result())


def test_what_stopped_a_block_is_what_is_wrong() -> None:
    assert judged(block("print(1)", "2"), Result("1", problem="page.md:2: so")) == "page.md:2: so"


@pytest.mark.parametrize(
    ("drawn", "options", "counts"),
    [
        (1, "", "draws 1 pictures and describes 0"),
        (0, ' alt="A line"', "draws 0 pictures and describes 1"),
        (1, ' alt=["One", "Two"]', "draws 1 pictures and describes 2"),
        (2, ' alt="One"', "draws 2 pictures and describes 1"),
    ],
)
def test_every_picture_is_described_and_every_description_has_its_picture(
    drawn: int, options: str, counts: str
) -> None:
    assert counts in judged(block("draw()", options=options), Result(pictures=["<svg/>"] * drawn))


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("Words.\n\n```text\n1\n```\n", "line 3: this output follows no Python block"),
        (block("print(1)") + "It prints\n\n```text\n1\n```\n", "line 7: this output follows no"),
        (block("print(1)", "1") + "```text\n1\n```\n", "line 9: .*nothing proves it"),
        ("Words.\n\n```python\nprint(1)\n", "line 3: this fence is never closed"),
        ("~~~~\n```python\n1\n```\n", "line 1: this fence is never closed"),
    ],
)
def test_an_output_nobody_proves_and_an_open_fence_are_errors(page: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        blocks(page)


def test_nested_fences_are_blocks_too() -> None:
    page = "!!! note\n\n    ```python\n    print(2)\n    ```\n\n    ```text\n    3\n    ```\n"
    assert "the page says" in judged(page, Result("2\n"))


def test_a_comparison_that_lets_a_changed_digit_pass_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (one,) = blocks(block("print(1 + 1)", "2"))
    assert testing._toothless(one, Result("2\n")) is None
    monkeypatch.setattr(testing, "same_output", lambda expected, printed: True)
    assert "this would pass, too:\n3" in (testing._toothless(one, Result("2\n")) or "")


NEEDY = block("1 / 0", options=' needs="torch"')


def test_a_need_that_is_not_met_leaves_a_block_unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(examples._AVAILABLE, "torch", lambda: False)
    monkeypatch.delenv("NNLIB_REQUIRE", raising=False)
    assert judged(NEEDY, Result()) == ""
    monkeypatch.setenv("NNLIB_REQUIRE", "browser torch")
    assert "needs torch, which is required here" in judged(NEEDY, Result())
    monkeypatch.setitem(examples._AVAILABLE, "torch", lambda: True)
    assert judged(NEEDY, Result(problem="so")) == "so"


def test_a_need_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"line 1: needs=\"gpu\": expected one of \['mnist', 'torch'\]"
    ):
        blocks(block("x = 1", options=' needs="gpu"'))


def test_what_not_every_machine_can_run_draws_nothing() -> None:
    with pytest.raises(ValueError, match=r"line 1: needs=\"torch\" and alt=.*expected no picture"):
        blocks(block("draw()", options=' needs="torch" alt="A curve."'))
