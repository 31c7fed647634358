"""Turns the LaTeX of a page into MathML when the site is built, so that no reader's browser has to.
LaTeX that does not convert stops the build: a formula that is shown wrong is worse than none."""

import html
import re
from html.parser import HTMLParser

from math_core import LatexError, LatexToMathML

_converter = LatexToMathML(fancy_error=False)
_SPANS = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<open>[(\[])(?P<latex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)


# What ends as it was written: a formula's marks that no formula came of.
_STRAY = re.compile(r"\$\$|\\[()\[\]]|\$(?=\0)|(?<=\0)\$")
_AS_WRITTEN = {"code", "kbd", "pre", "samp", "script", "style", "template", "textarea"}
_SAID_ALOUD = {"alt", "aria-label", "placeholder", "title"}
_AROUND = 40


class MathematicsError(ValueError):
    """LaTeX that could not be converted, or was not seen as such, with the LaTeX in question."""


def to_mathml(latex: str, *, block: bool) -> str:
    try:
        mathml = _converter.convert_with_local_state(latex, displaystyle=block)
    except LatexError as error:
        raise MathematicsError(f"{latex!r}: {error}") from error
    # A wide formula scrolls inside its own box; the box must then be reachable by keyboard.
    return (
        f'<div class="nn-formula" tabindex="0" role="group" aria-label="Formula">{mathml}</div>'
        if block
        else mathml
    )


def convert(page: str) -> str:
    """`page` with each formula that Arithmatex marked replaced by MathML; none may be left over."""
    converted = _SPANS.sub(
        lambda m: to_mathml(html.unescape(m["latex"]).strip(), block=m["open"] == "["), page
    )
    refuse_strays(converted)
    return converted


class _Shown(HTMLParser):
    """The words that a reader sees or hears, formulas as \\0, each attribute by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.texts, self._inside = [""], list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts[1:1] = [value for name, value in attrs if value and name in _SAID_ALOUD]
        if tag == "math" and not self._inside:
            self.texts[0] += "\0"
        if tag in _AS_WRITTEN or tag == "math":
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.texts[0] += data


def refuse_strays(page: str) -> None:
    """Raises where LaTeX's own marks stand on a finished page, such as the `$$` of a formula with
    an empty line in it. In code they may stand, and so may the dollars of a price."""
    shown = _Shown()
    shown.feed(page)
    shown.close()
    for text in shown.texts:
        if found := _STRAY.search(text):
            around = text[max(found.start() - _AROUND, 0) : found.end() + _AROUND]
            raise MathematicsError(
                f"{found.group()!r} is not part of a formula here, and would be shown as it stands:"
                f" {around.replace(chr(0), '(a formula)')!r}"
            )
