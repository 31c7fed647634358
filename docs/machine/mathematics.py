"""Turns the LaTeX of a page into MathML when the site is built, so that no reader's browser has to.
LaTeX that does not convert stops the build: a formula that is shown wrong is worse than none."""

import html
import re

from math_core import LatexError, LatexToMathML

_converter = LatexToMathML(fancy_error=False)
_SPANS = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\(?P<open>[(\[])(?P<latex>.*?)\\[)\]]</(?P=tag)>',
    re.DOTALL,
)


class MathematicsError(ValueError):
    """LaTeX that could not be converted, with the LaTeX in question."""


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
    """`page` with each formula that Arithmatex marked replaced by MathML."""
    return _SPANS.sub(
        lambda m: to_mathml(html.unescape(m["latex"]).strip(), block=m["open"] == "["), page
    )
