"""Finds the numbers in a page's prose that nothing on the page computes, and sums that do not hold.
A number that only prose knows is a number that no test can hold true."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .comparing import mutants, same_token
from .fences import OPTION, Fence, find_fences

# What a fence's first line says to the reader.
_SAID = frozenset({"alt", "caption", "fold"})

_SEPARATOR = r"(?:,|\{,\}|\\,|[\u00a0\u2009\u202f])"
_SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_RAISED = str.maketrans(_SUPERSCRIPT, "0123456789-")
_NUMBER = re.compile(
    # A digit behind a letter belongs to a name: x1, float32, GPT-2.
    r"(?<![^\W\d])(?<![A-Za-z]-)(?<!\d)(?<!\d\.)"
    rf"(?P<digits>\d{{1,3}}(?:{_SEPARATOR}\d{{3}})+(?!\d)(?:\.\d+)?|\d+\.\d+|\d+|\.\d+)"
    rf"(?P<power>[eE][-+]?\d+|\s*(?:×|·|\\times|\\cdot)\s*10(?:\^\{{?[-−]?\d+\}}?|[{_SUPERSCRIPT}]+))?"
    r"(?P<percent>(?:[\s\u00a0\u2009\u202f]|\\[,; ])*(?:\\?%|per ?cent\b))?"
    rf"|(?<=[\w)])(?P<exponent>[{_SUPERSCRIPT}]{{2,}})"
)
_PLAIN = rf"(?:\d{{1,3}}(?:{_SEPARATOR}\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
_OPERATOR = r"(?:[-+−×·*/]|\\times(?![A-Za-z])|\\cdot(?![A-Za-z]))"
_SUM = re.compile(
    rf"(?P<terms>(?<![\w.,])[-−]?{_PLAIN}(?:\s*{_OPERATOR}\s*[-−]?{_PLAIN})+)"
    # In a table the sum may fill one cell and its result the next.
    rf"\s*(?P<sign>=|≈|\\approx|\|(?=[ *]*[-−]?{_PLAIN}[ *]*\|))"
    rf"\s*(?:\*\*)?(?P<result>[-−]?{_PLAIN})"
    # What goes on after the last digit would make it another number.
    rf"(?![{_SUPERSCRIPT}\w^%°]|[.,]\d|\s*(?:\\?%|{_OPERATOR}\s*\d))"
)
_PARAGRAPH = re.compile(r"(?:[^\n]*\S[^\n]*\n?)+")
# A sum that starts in the middle of a longer expression says nothing by itself.
_CUT_OFF = re.compile(rf"(?:{_OPERATOR}|[()^_{{}}])\s*\Z")
_NOT_PROSE = re.compile(
    r"""
      \A---\n.*?\n---\n                              # front matter
    | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`)  # inline code
    | <!--.*?-->
    | </?[A-Za-z][^<>]*>                            # tags, and what their attributes say
    | (?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"]*")?\)  # link targets
    | \[\^[^\]]+\]:[^\n]*(?:\n(?:[ ]{4}|\t)[^\n]*|\n(?=\n[ ]{4}))*  # footnotes: sources
    | \[\^[^\]]+\]
    | ^[ ]{0,3}\[[^\]]+\]:\s[^\n]*                   # link definitions
    | \bhttps?://\S+
    | \{[ ]*[:.\#][ ]*[A-Za-z][^{}\n]*\}            # attribute lists
    | \{[ ]*[\w-]+="[^{}\n]*\}
    | ^[ \t>]*\#{1,6}[ ]+\d+(?:[.)]|[ ]·)            # the number of a heading
    | ^[ \t>]*\d+[.)](?=[ ])                         # the number of a list's item
    | _\{[\d,\s]*\} | _\d+                          # indices
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class Number:
    """A number of a text: where its digits stand, how it is written, and what it is worth."""

    line: int
    start: int
    end: int
    written: str
    value: str
    percent: bool

    @property
    def exempt(self) -> bool:
        """One digit is as much a word as a number: "2 inputs", "step 3"."""
        return re.fullmatch(r"\d", self.value) is not None


def _numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        if match["exponent"]:
            value = match["exponent"].translate(_RAISED).lstrip("-")
        else:
            value = re.sub(_SEPARATOR, "", match["digits"])
            power = match["power"] or ""
            if power[:1] in {"e", "E"}:
                value += power
            elif power:
                raised = re.split(r"10", power, maxsplit=1)[1].translate(_RAISED).replace("−", "-")
                value += "e" + raised.strip("^{}")
        start, end = match.span("exponent" if match["exponent"] else "digits")
        line = text.count("\n", 0, start) + 1
        yield Number(line, start, end, match.group().strip(), value, bool(match["percent"]))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _prose(text: str, fences: Iterable[Fence]) -> str:
    """`text` with all that is not prose blanked out, every other character where it was."""
    pieces, done = [], 0
    for fence in fences:
        opening = text[fence.start : fence.source_start]
        said = list(_blank(opening))
        for option in OPTION.finditer(opening):
            if option["key"] in _SAID:
                said[slice(*option.span("value"))] = option["value"]
        pieces += [
            text[done : fence.start],
            "".join(said),
            _blank(text[fence.source_start : fence.end]),
        ]
        done = fence.end
    return _NOT_PROSE.sub(lambda match: _blank(match.group()), "".join([*pieces, text[done:]]))


def numbers(text: str) -> list[Number]:
    """The numbers in prose, tables, formulas, captions and descriptions, but one-digit ones."""
    return [number for number in _numbers(_prose(text, find_fences(text))) if not number.exempt]


@dataclass(frozen=True)
class Sum:
    """An equation between numbers, such as "0.4 × 0.9 = 0.36", and whether it is right."""

    line: int
    start: int
    end: int
    written: str
    result: str
    right: bool


def _plain(number: str) -> str:
    return re.sub(_SEPARATOR, "", number).replace("−", "-")


def _evaluate(terms: str) -> Fraction:
    """Products and quotients before sums and differences, exactly."""
    first = re.match(rf"[-−]?{_PLAIN}", terms)
    assert first is not None
    total, product = Fraction(0), Fraction(_plain(first.group()))
    for found in re.finditer(
        rf"(?P<operator>{_OPERATOR})\s*(?P<number>[-−]?{_PLAIN})", terms[first.end() :]
    ):
        operator, number = found["operator"], Fraction(_plain(found["number"]))
        if operator in "+-−":
            total, product = total + product, number if operator == "+" else -number
        elif operator == "/":
            product /= number
        else:
            product *= number
    return total + product


def sums(text: str) -> list[Sum]:
    """The equations of a page's prose that hold nothing but numbers."""
    return _sums(_prose(text, find_fences(text)))


def _sums(prose: str) -> list[Sum]:
    found = []
    for match in _SUM.finditer(prose):
        if _CUT_OFF.search(prose[: match.start()].rstrip(" ")[-8:]):
            continue
        if match["sign"] == "|" and "." not in match["terms"]:
            continue  # "3 × 3 | 16" may be a size and a count.
        shown = _plain(match["result"])
        places = len(shown.partition(".")[2])
        try:
            exact = _evaluate(match["terms"])
        except ZeroDivisionError:
            right = False
        else:
            # "=" claims to be exact; "≈" and a table may round.
            right = (exact if match["sign"] == "=" else round(exact, places)) == Fraction(shown)
        line = prose.count("\n", 0, match.start()) + 1
        found.append(Sum(line, *match.span(), match.group(), shown.removeprefix("-"), right))
    return found


def wrong_sums(text: str) -> list[tuple[int, str]]:
    """Line and spelling of each equation in the prose that does not hold.

    >>> wrong_sums("So 0.4 × 0.9 = 0.36.\\nThen 0.5 × 0.6 − 0.3 × 0.28 + 0.1 = 0.317.")
    [(2, '0.5 × 0.6 − 0.3 × 0.28 + 0.1 = 0.317')]
    """
    return [(equation.line, equation.written) for equation in sums(text) if not equation.right]


def _computed(fences: Iterable[Fence]) -> set[str]:
    """The numbers that the Python blocks state and the output blocks show, without their signs."""
    known: set[str] = set()
    for fence in fences:
        if fence.is_python:
            for node in ast.walk(ast.parse(fence.source)):
                if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
                    known.add(repr(node.value))
        elif fence.language == "text":
            for number in _numbers(fence.source):
                known.add(number.value)
                # In "[100,200]" the comma parts two numbers.
                known.update(re.split(_SEPARATOR, fence.source[number.start : number.end]))
                if number.percent:
                    known.add(f"{Decimal(number.value).scaleb(-2):f}")
    return known


def _backs(number: Number, known: str) -> bool:
    have, want = Decimal(known), Decimal(number.value)
    if have == want or same_token(number.value, known):
        return True
    if not number.percent:
        return False
    share = want.scaleb(-2)
    return have == share or same_token(f"{share:f}", known)


def unbacked(text: str) -> list[tuple[int, str]]:
    """Line and spelling of each number in the prose that nothing on the page backs.

    What backs a number: the same number, or a longer one that rounds to it, in a Python block or
    an output; or an equation that holds, since its numbers have been worked out here.

    >>> block = "```python\\nprint(loss)\\n```\\n\\n```text\\n0.5481\\n```\\n"
    >>> unbacked("The loss is 0.55, not 0.56.\\n\\n" + block)
    [(1, '0.56')]

    Signs do not count (prose also says "falls by 0.42"), nor do whole numbers of one digit.
    """
    fences = list(find_fences(text))
    prose = _prose(text, fences)
    return _unbacked(prose, _computed(fences) | _results(prose))


def _results(prose: str) -> set[str]:
    return {equation.result for equation in _sums(prose) if equation.right}


def _unbacked(prose: str, known: set[str]) -> list[tuple[int, str]]:
    right = [equation for equation in _sums(prose) if equation.right]
    return [
        (number.line, number.written)
        for number in _numbers(prose)
        if not number.exempt
        and not any(equation.start <= number.start < equation.end for equation in right)
        and not any(_backs(number, have) for have in known)
    ]


def _wrong(prose: str, known: set[str]) -> int:
    """How much is wrong with a piece of prose, if that much is known."""
    return len(_unbacked(prose, known)) + sum(not equation.right for equation in _sums(prose))


def changed_digits(text: str) -> Iterator[tuple[str, bool]]:
    """Each change of one digit of the prose, and whether more is then found wrong with the page.

    >>> block = "```text\\n.5 .6\\n```\\n"
    >>> [*changed_digits("The loss is .5.\\n\\n" + block)]
    [('line 1: .5 -> .6', False)]

    A paragraph is judged by itself: what the rest of the page claims is as right as it was, unless
    the change makes or unmakes an equation, whose result may back what stands elsewhere.
    """
    fences = list(find_fences(text))
    prose, computed = _prose(text, fences), _computed(fences)
    known = computed | _results(prose)
    whole = _wrong(prose, known)
    for paragraph in _PARAGRAPH.finditer(prose):
        start, piece = paragraph.start(), paragraph.group()
        before, results = _wrong(piece, known), _results(piece)
        for number in _numbers(piece):
            if number.exempt:
                continue
            line = prose.count("\n", 0, start) + number.line
            for mutant in mutants(piece, number.start, number.end):
                if _results(mutant) == results:
                    noticed = _wrong(mutant, known) > before
                else:
                    other = prose[:start] + mutant + prose[paragraph.end() :]
                    noticed = _wrong(other, computed | _results(other)) > whole
                changed = mutant[number.start : number.end]
                yield f"line {line}: {piece[number.start : number.end]} -> {changed}", noticed
