"""The comparison lets a page round what was printed and lets nothing else pass.
Most of these are things that must fail: a judge that never says no would prove every page right."""

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from machine.comparing import same_output, same_token, tokens

MATRIX = "[[ 0.4  0.3]\n [-0.4  0.8]]\n"

PASSES = [
    ("loss 0.548", "loss 0.548"),
    ("loss 0.548", "loss 0.5480"),
    ("loss 0.548", "loss 0.54813229"),
    ("loss 0.55", "loss 0.54813229"),
    ("loss 0.5", "loss 0.54813229"),
    ("-0.42", "-0.42165"),
    ("-0.0", "-0.04"),
    ("0.0", "-0.04"),
    ("1.00", "0.99996"),
    ("9.5e-7", "9.5367431640625e-07"),
    ("9.54e-07", "9.5367431640625e-07"),
    ("0.001", "1e-3"),
    ("[1. 2. 3.]", "[1. 2. 3.]"),
    ("[0.12 0.27 0.5 0.73 0.88]", "[0.11920292 0.26894142 0.5        0.73105858 0.88079708]"),
    (MATRIX, MATRIX),
    (MATRIX, "[[ 0.41  0.3 ]\n [-0.44  0.8 ]]\n"),
    ("nan inf -inf", "nan inf -inf"),
    ("tensor([0.5784], grad_fn=<sigmoid>)", "tensor([0.5784], grad_fn=<sigmoid>)"),
    ("784-128-64-10", "784-128-64-10"),
    ("ŷ = 0.58, ∂L/∂w = −0.42", "ŷ = 0.58, ∂L/∂w = −0.42"),
    ("1,797 images", "1,797 images"),
    ("", ""),
    ("a\nb", "a\nb\n"),
    # Blanks line columns up; how many there are says nothing.
    ("a   b", "a b"),
    ("epoch ...", "epoch 1 loss 0.3"),
    ("epoch ... loss 0.30", "epoch 17 of 20: loss 0.3001"),
    ("epoch 1 ... done", "epoch 1 done"),
    ("[0.1 ... 0.9]", "[0.1 0.2 0.3 0.9]"),
    ("... ... b", "a b"),
    ("first\n...\nlast", "first\nlast"),
    ("first\n...\nlast", "first\n2\n3\nlast"),
    ("...\nlast", "first\nlast"),
    ("first\n...", "first\nmore"),
]

FAILS = [
    # a changed digit
    ("loss 0.549", "loss 0.548"),
    ("loss 0.648", "loss 0.548"),
    ("loss 1.548", "loss 0.548"),
    ("[1. 2. 4.]", "[1. 2. 3.]"),
    ("[[1 2]\n [3 5]]", "[[1 2]\n [3 4]]"),
    ("9.5e-6", "9.5e-7"),
    ("9.6e-7", "9.5e-7"),
    # one in the last place, either side
    ("loss 0.547", "loss 0.54813229"),
    ("loss 0.549", "loss 0.54813229"),
    ("0.54812", "0.54813229"),
    ("0.54814", "0.54813229"),
    # integers are exact
    ("1797", "1798"),
    ("1797 images", "1796 images"),
    ("3", "3.0"),
    ("3", "3.2"),
    ("3.", "3.2"),
    ("3.0", "3"),
    ("2", "2.0000001"),
    ("784-128-64-10", "784-128-65-10"),
    # the sign
    ("0.42", "-0.42"),
    ("-0.42", "0.42"),
    ("[ 0.4 0.3]", "[-0.4 0.3]"),
    ("1", "-1"),
    ("1e7", "1e-7"),
    # a changed, missing or added word, mark, line
    ("loss 0.548", "Loss 0.548"),
    ("loss 0.548", "cost 0.548"),
    ("Right", "Not yet"),
    ("shape (2, 3)", "shape (3, 2)"),
    ("shape (2, 3)", "shape [2, 3]"),
    ("a b", "a"),
    ("a", "a b"),
    ("a b", "ab"),
    ("ab", "a b"),
    ("a\nb", "a"),
    ("a", "a\nb"),
    ("a\nb", "b\na"),
    ("a\n\nb", "a\nb"),
    ("a b", "a\nb"),
    ("", "a"),
    ("a", ""),
    # more digits than were printed
    ("0.5480", "0.548"),
    ("0.50", "0.5"),
    ("1.50e-3", "1.5e-3"),
    # what is not a number
    ("nan", "0.5"),
    ("0.5", "nan"),
    ("inf", "1e308"),
    ("-inf", "inf"),
    ("True", "1"),
    ("float32", "float64"),
    ("v1.2", "v1.3"),
    # the wildcard does not swallow what stands around it
    ("epoch ... loss 0.31", "epoch 17 loss 0.3001"),
    ("epoch ... done", "epoch 1 stopped"),
    ("epoch 1 ... done", "epoch 2 ... done"),
    ("a ...", "b c"),
    ("first\n...\nlast", "first\n2\nlost"),
    ("first\n...\nlast", "2\nlast"),
    ("first ...\nlast", "first\n2\nlast"),
    ("...\n5", "4"),
]


@pytest.mark.parametrize(("expected", "printed"), PASSES)
def test_true_output_passes(expected: str, printed: str) -> None:
    assert same_output(expected, printed)


@pytest.mark.parametrize(("expected", "printed"), FAILS)
def test_false_output_fails(expected: str, printed: str) -> None:
    assert not same_output(expected, printed)


FLOATS = st.floats(-1e6, 1e6, allow_nan=False)


def rounded(value: float, digits: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal((0, (1,), -digits)), ROUND_HALF_EVEN)


@given(FLOATS, st.integers(1, 6))
def test_the_rounded_value_passes_and_its_neighbours_fail(value: float, digits: int) -> None:
    printed = repr(value)
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    assume(digits <= -exponent)
    shown, unit = rounded(value, digits), Decimal((0, (1,), -digits))
    assert same_token(f"{shown:f}", printed)
    assert not same_token(f"{shown + unit:f}", printed)
    assert not same_token(f"{shown - unit:f}", printed)


@given(FLOATS, st.integers(1, 6))
def test_exactly_one_number_of_so_many_digits_passes(value: float, digits: int) -> None:
    printed = f"{value:.9f}"
    shown, unit = rounded(value, digits), Decimal((0, (1,), -digits))
    near = [shown + step * unit for step in range(-3, 4)]
    assert sum(same_token(f"{candidate:f}", printed) for candidate in near) == 1


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_whole_numbers_pass_only_for_themselves(expected: int, printed: int) -> None:
    assert same_token(str(expected), str(printed)) == (expected == printed)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=12), st.data())
def test_every_changed_digit_of_a_printed_array_is_seen(
    values: list[float], data: st.DataObject
) -> None:
    with np.printoptions(precision=4, suppress=True, floatmode="fixed"):
        page = str(np.array(values))
    places = [at for at, character in enumerate(page) if character.isdigit()]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != page[at])
    mutant = page[:at] + digit + page[at + 1 :]
    assert same_output(page, page)
    assert not same_output(mutant, page)


WORDS = st.text("abcxyz ", min_size=0, max_size=20)


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=5))
def test_words_pass_only_for_themselves(expected: list[str], printed: list[str]) -> None:
    def lines(text: list[str]) -> list[list[str]]:
        return [tokens(line) for line in "\n".join(text).strip("\n").splitlines()]

    same = lines(expected) == lines(printed)
    assert same_output("\n".join(expected), "\n".join(printed)) == same


@given(st.lists(WORDS, max_size=6), st.integers(0, 6), st.integers(0, 6))
def test_a_line_of_dots_stands_for_any_lines(printed: list[str], one: int, other: int) -> None:
    printed = ["start", *printed, "end"]
    low, high = sorted((min(one, len(printed)), min(other, len(printed))))
    page = [*printed[:low], "...", *printed[high:]]
    assert same_output("\n".join(page), "\n".join(printed))
