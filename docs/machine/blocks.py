"""Finishes the code blocks of a page: the buttons that copy them, and no markup that shows nothing.
The theme would add the buttons in the browser, one layout of the page for each; here it is free."""

import re
from itertools import count

COPY = "Copy to clipboard"
COPY_WITH_NEEDS = "Copy with what it needs"
# Kinds of words, as Pygments calls them, in the colour of any text: three spans in four.
PLAIN = ("n", "p", "o", "ow", "w", "kc", "na", "nv", "fm", "vm", "sa")

_PLAIN_WORD = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')
_BLOCK = re.compile(
    r'(?P<block><div class="language-(?!text )[^>]*\bhighlight\b[^>]*>)<pre><span></span><code>'
)


def finish(rendered: str) -> str:
    """The page with a button or two on each block that is not an output."""
    numbers = count()

    def with_buttons(match: re.Match[str]) -> str:
        number = next(numbers)
        buttons = _button(COPY, f'data-clipboard-target="#block-{number}" data-md-type="copy"')
        if " data-needs=" in match["block"]:
            # The theme copies what the attribute holds; `assets/copy.js` fills it in time.
            buttons += _button(COPY_WITH_NEEDS, 'data-clipboard-text=""', " nn-copy")
        nav = f'<span class="md-code__nav">{buttons}</span>'
        return f'{match["block"]}<pre>{nav}<code id="block-{number}">'

    return _BLOCK.sub(with_buttons, _PLAIN_WORD.sub(r"\1", rendered))


def _button(name: str, attributes: str, kind: str = "") -> str:
    return (
        f'<button type="button" class="md-code__button{kind}" title="{name}" '
        f'aria-label="{name}" {attributes}></button>'
    )
