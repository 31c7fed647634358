"""Every number in a page's prose is one that the page's blocks compute or print, perhaps rounded.
Each case that must pass stands beside changed digits that must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine.prose import numbers, sums, unbacked, wrong_sums


def page(prose: str, source: str = "", output: str | None = None) -> str:
    shown = "" if output is None else f"```text\n{output}\n```\n"
    return f"{prose}\n\n```python\n{source}\n```\n\n{shown}"


def written(prose: str, source: str = "", output: str | None = None) -> list[str]:
    return [number for _, number in unbacked(page(prose, source, output))]


# prose, what the page's blocks state, what they print, and a changed prose that must fail
BACKED = [
    ("The loss is 0.548.", "", "loss 0.548", "The loss is 0.549."),
    ("The loss is 0.55.", "", "loss 0.5481", "The loss is 0.54."),
    ("From 0.548 to 0.541, at last.", "", "0.548 0.541", "From 0.548 to 0.542, at last."),
    ("The weight is −0.4.", "w = -0.4", None, "The weight is −0.5."),
    ("It falls by 0.42.", "", "dz = -0.42165", "It falls by 0.43."),
    ("| 0.4 | 0.9 | 0.36 |", "a = 0.4 * 0.9", "0.36", "| 0.4 | 0.9 | 0.37 |"),
    ("0.4 × 0.9 = 0.36, so 0.36.", "", None, "0.4 × 0.9 = 0.36, so 0.37."),
    ("All 1797 images.", "n = 1797", None, "All 1796 images."),
    ("All 1,797 images.", "", "1797 images", "All 1,798 images."),
    ("All 1797 images.", "", "1,797 images", "All 2797 images."),
    ("In all 109,386.", "", "= 109,386", "In all 109,387."),
    ("In all 109\u202f386.", "", "109386", "In all 109\u202f286."),
    ("In all 109\u2009386.5.", "", "109386.5", "In all 109\u2009386.6."),
    ("Right: 97.2 %.", "", "0.972", "Right: 97.3 %."),
    ("Right: 97.2 %.", "", "0.97222", "Right: 97.1 %."),
    ("Right: 97.2%.", "", "97.2", "Right: 97.3%."),
    ("Right: 97\u202f% of them.", "", "0.9722", "Right: 98\u202f% of them."),
    ("Right: 97 percent.", "", "accuracy 97.2 %", "Right: 96 percent."),
    ("Half, 50 %.", "share = 0.5", None, "Half, 51 %."),
    ("At 20 °C.", "t = 20", None, "At 30 °C."),
    ("It has 28×28 or 784.", "", "28 784", "It has 28×28 or 785."),
    ("Sizes 784-128-64-10.", "sizes = [784, 128, 64, 10]", None, "Sizes 784-128-65-10."),
    ("Ten or 10 to 12.", "range(10, 12)", None, "Ten or 10 to 13."),
    ("So $z = 0.316$.", "", "z 0.316", "So $z = 0.317$."),
    (
        "$$\n\\frac{1}{12} \\cdot 0.25\n$$",
        "1 / 12 + 0.25",
        None,
        "$$\n\\frac{1}{13} \\cdot 0.25\n$$",
    ),
    ("About $9.5 \\times 10^{-7}$.", "", "9.5367431640625e-07", "About $9.5 \\times 10^{-6}$."),
    ("About $9.5 \\cdot 10^{-7}$.", "", "9.5367e-07", "About $9.6 \\cdot 10^{-7}$."),
    ("About 9.5 × 10⁻⁷.", "", "9.5367431640625e-07", "About 9.5 × 10⁻⁸."),
    ("About 9.5e-7.", "x = 9.5e-7", None, "About 9.4e-7."),
    ("Then 0.25¹⁰ is left.", "0.25**10", None, "Then 0.25¹¹ is left."),
    ("$1{,}797$ and $109\\,386$", "", "1797 109386", "$1{,}797$ and $109\\,387$"),
    ("A step of .25.", "", "0.25", "A step of .35."),
    ("> Quoted: 0.25.", "", "0.25", "> Quoted: 0.24."),
    (
        '!!! note "0.25 of it"\n    And 0.75.',
        "",
        "0.25 0.75",
        '!!! note "0.35 of it"\n    And 0.75.',
    ),
    ("![A line to 0.25](a.svg)", "", "0.25", "![A line to 0.26](a.svg)"),
    ("<b>0.25</b>", "", "0.25", "<b>0.26</b>"),
    ("The 100th epoch.", "range(100)", None, "The 101th epoch."),
    ("[0.25](other.md)", "", "0.25", "[0.35](other.md)"),
    ("Text[^1] 0.25", "", "0.25", "Text[^1] 0.26"),
    ("10. The first is 0.25.", "", "0.25", "10. The first is 0.35."),
]


@pytest.mark.parametrize(("prose", "source", "output", "changed"), BACKED)
def test_a_backed_number_passes_and_a_changed_one_does_not(
    prose: str, source: str, output: str | None, changed: str
) -> None:
    assert written(prose, source, output) == []
    assert len(written(changed, source, output)) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "Two inputs, 3 neurons, 1 output, −2 to 2.",
        "In x1, w11, float32, W₁₂, `a = 12.5` and GPT-22.",
        "`0.55`, ``0.55 ` 0.56``",
        '[here](part-12.md#num-0.55), [there][a]\n\n[a]: https://example.org/12 "0.55"',
        "<https://example.org/2017/0.55> and https://example.org/12345",
        '<img width="640" alt="12"> <!-- 0.55 -->',
        "## 12. Heading",
        "10. item\n11. item",
        "Text.[^12]\n\n[^12]: A. Author (1986), *A paper*, 323, 533–536.\n    More of it, 1987.\n",
        "$w_{11} + x_{12} + h_{1,12}$",
        'Words{ .class-12 } {: #id-0.55 } { width="640" }',
        "---\ntitle: A page of 1986\n---\n",
    ],
)
def test_what_is_no_claim_needs_no_backing(prose: str) -> None:
    assert written(prose) == []


def test_nothing_but_blocks_backs_a_number() -> None:
    assert written("0.55 and again 0.55") == ["0.55", "0.55"]
    assert written("0.55, see `0.55`") == ["0.55"]
    assert written("0.55", source="# 0.55\nx = 'about 0.55'") == ["0.55"]
    assert unbacked("0.55\n\n```console\n0.55\n```\n") == [(1, "0.55")]


def test_whole_numbers_are_not_rounded_and_digits_are_not_invented() -> None:
    assert written("13 in all", output="13.1") == ["13"]
    assert written("0.5481", output="0.548") == ["0.5481"]
    assert written("0.550", output="0.55") == []
    assert written("13.0", source="13") == []


def test_lines_are_named() -> None:
    text = page("One.\n\nTwo 0.55,\nthree 0.56.", output="0.55")
    assert unbacked(text) == [(4, "0.56")]


def test_what_a_fence_says_to_the_reader_is_prose() -> None:
    fence = '```python alt="Up to {}" caption="or {}" fold="{} lines" needs="12.5"\nx = 0.25\n```\n'
    assert unbacked(fence.format("0.25", "0.25", "0.25")) == []
    assert unbacked(fence.format("0.35", "0.45", "0.55")) == [(1, "0.35"), (1, "0.45"), (1, "0.55")]
    assert unbacked('??? note\n    ```python alt=["0.25", "0.35"]\n    x = 0.25\n    ```\n') == [
        (2, "0.35")
    ]


@given(st.decimals("0.01", "9999", places=2), st.data())
def test_every_changed_digit_is_seen(value: object, data: st.DataObject) -> None:
    prose, output = f"It is {value}.", str(value)
    (number,) = numbers(page(prose, output=output))
    assert unbacked(page(prose, output=output)) == []
    at = data.draw(
        st.sampled_from([i for i in range(number.start, number.end) if prose[i].isdigit()])
    )
    mutant = prose[:at] + str((int(prose[at]) + 1) % 10) + prose[at + 1 :]
    assert len(unbacked(page(mutant, output=output))) == 1


RIGHT = [
    "0.4 × 0.9 = 0.36",
    "−0.4 × 0.9 = −0.36",
    "-0.4 · 0.9 = -0.36",
    "0.5 × 0.60 − 0.3 × 0.28 + 0.1 = 0.316",
    "0.4 × 0.9 + 0.3 × 0.8 = **0.60**",
    "0.7/30 ≈ 0.023",
    "0.5 × 0.5 ≈ 0.2",
    "2/3 ≈ 1",
    "| 0.4 × 0.9 + 0.3 × 0.8 + 0 | 0.60 |",
    "| 0.5 × 0.578 | **0.29** |",
    "28 × 28 = 784",
    "$28 \\times 28 = 784$",
    "$2 \\cdot 3 - 10 / 4 = 3.5$",
    "100,480 + 8,256 + 650 = 109,386",
    "100\u202f480 + 8\u202f256 + 650 = 109\u202f386",
    "1 − −1 = 2",
    "8 / 2 / 2 = 2",
]


@pytest.mark.parametrize("written", RIGHT)
def test_a_sum_that_holds_backs_its_numbers(written: str) -> None:
    (equation,) = sums(f"So {written}, as said.")
    assert equation.right
    assert unbacked(f"So {written}, as said.") == []


@pytest.mark.parametrize("written", RIGHT)
def test_a_sum_with_a_changed_digit_does_not_hold(written: str) -> None:
    last = max(at for at, character in enumerate(written) if character.isdigit())
    changed = f"{written[:last]}{(int(written[last]) + 1) % 10}{written[last + 1 :]}"
    assert len(wrong_sums(f"One.\nSo {changed}.")) == 1
    assert wrong_sums(f"One.\nSo {changed}.")[0][0] == 2


@pytest.mark.parametrize(
    "written",
    [
        "2/3 = 1",
        "0.7/30 = 0.023",
        "1 / 0 = 1",
        "0.4 × 0.9 = −0.36",
        "2 × 2 + 1 = 6",
        "0.5 × 0.5 ≈ 0.3",
    ],
)
def test_a_sum_that_does_not_hold_is_found(written: str) -> None:
    assert [found for _, found in wrong_sums(f"So {written}.")] == [written]


@pytest.mark.parametrize(
    "written",
    [
        "(20 − 32) · 5/9 = 12",
        "w · 0.4 × 0.9 = 12",
        "$x^2 + 1 = 12$",
        "$2^3 + 1 = 12$",
        "0.25 × 0.25¹⁰ = 12",
        "3 × 3 = 9 × 1",
        "1 + 1 = 2x",
        "`1 + 1 = 3`",
        "x = 12",
        "90 + 1 = 95 %",
        "| 3 × 3 | 16 |",
        "| 0.5 × 3 | 16 of them |",
        "| 0.5 × 3 and | 16 |",
    ],
)
def test_what_is_more_than_a_plain_sum_is_left_alone(written: str) -> None:
    assert wrong_sums(f"So {written}.") == []
