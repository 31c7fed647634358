"""Decides whether what a block printed is what the page says it prints.
Words and whole numbers must be the same; a decimal must be the printed one, rounded as shown."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

# A sign belongs to a number unless what stands before makes it a dash: "784-128" is two.
NUMBER = r"(?:(?<![\w.)\]])[-+])?(?<![\w.])(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])"
_TOKEN = re.compile(rf"(?P<wild>\.\.\.)|(?P<number>{NUMBER})|(?P<word>\w+)|(?P<mark>\S)")
_IS_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_WILD = "..."


def tokens(line: str) -> list[str]:
    """The words, numbers and marks of a line; how many blanks stand between them does not matter.

    >>> tokens("loss = 0.548, w = [-0.4  1e-3]")
    ['loss', '=', '0.548', ',', 'w', '=', '[', '-0.4', '1e-3', ']']
    """
    return [match.group() for match in _TOKEN.finditer(line)]


def same_token(expected: str, printed: str) -> bool:
    """Whether `printed`, rounded to the digits of `expected`, is `expected`.

    >>> same_token("0.58", "0.5784"), same_token("0.57", "0.5784"), same_token("0.59", "0.5784")
    (True, False, False)

    Half a unit goes to the even digit, so that never two neighbours both pass:

    >>> same_token("0.12", "0.125"), same_token("0.13", "0.125")
    (True, False)

    The page may not show more digits than were printed, and a whole number is never rounded:

    >>> same_token("0.50", "0.5"), same_token("3", "3.2"), same_token("3.", "3.2")
    (False, False, False)
    """
    if expected == printed:
        return True
    if not (_IS_NUMBER.fullmatch(expected) and _IS_NUMBER.fullmatch(printed)):
        return False
    if not ({".", "e", "E"} & set(expected) and {".", "e", "E"} & set(printed)):
        return False
    want, have = Decimal(expected), Decimal(printed)
    digits_shown, digits_printed = want.as_tuple().exponent, have.as_tuple().exponent
    assert isinstance(digits_shown, int)
    assert isinstance(digits_printed, int)
    if expected.lower().partition("e")[0].endswith("."):
        return want == have
    if digits_printed > digits_shown:
        return False
    return have.quantize(Decimal((0, (1,), digits_shown)), ROUND_HALF_EVEN) == want


def _same_line(expected: list[str], printed: list[str]) -> bool:
    """Token by token, where `...` stands for any tokens, none included."""
    if _WILD not in expected:
        return len(expected) == len(printed) and all(map(same_token, expected, printed))
    cut = expected.index(_WILD)
    head, rest = expected[:cut], expected[cut + 1 :]
    if len(printed) < cut or not all(map(same_token, head, printed)):
        return False
    return any(_same_line(rest, printed[skip:]) for skip in range(cut, len(printed) + 1))


def _same_lines(expected: list[list[str]], printed: list[list[str]]) -> bool:
    """Line by line, where a line that is only `...` stands for any lines, none included."""
    if [_WILD] not in expected:
        return len(expected) == len(printed) and all(map(_same_line, expected, printed))
    cut = expected.index([_WILD])
    head, rest = expected[:cut], expected[cut + 1 :]
    if len(printed) < cut or not all(map(_same_line, head, printed)):
        return False
    return any(_same_lines(rest, printed[skip:]) for skip in range(cut, len(printed) + 1))


def same_output(expected: str, printed: str) -> bool:
    """Whether the page's output block is true of what was printed."""
    return _same_lines(
        [tokens(line) for line in expected.strip("\n").splitlines()],
        [tokens(line) for line in printed.strip("\n").splitlines()],
    )


def mutants(text: str, start: int = 0, end: int | None = None) -> Iterator[str]:
    """`text` with one digit from `start` to `end` replaced by the next, once for each digit.

    >>> list(mutants("a 49.0"))
    ['a 59.0', 'a 40.0', 'a 49.1']
    """
    for at in range(start, len(text) if end is None else end):
        if text[at] in "0123456789":
            yield f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
