"""Counts what is run, compared and proved on all pages, for the home page to say.
A number typed in there would be the one number on the site that nothing holds."""

import re
from collections.abc import Iterable

from . import claims
from .comparing import mutants
from .examples import blocks

_PLACE = re.compile(r'<span data-count="(?P<what>[\w-]*)">[^<]*</span>')


class CountError(ValueError):
    """A place that asks for something that is not counted."""


def counts(texts: Iterable[str]) -> dict[str, int]:
    """What the pages hold: their blocks, the outputs and their digits, claims and instruments.

    >>> page = '```python instrument="neuron"\\nprint(1.5)\\n```\\n\\n```text\\n1.5\\n```\\n'
    >>> counts([page, "# No code"])
    {'blocks': 1, 'outputs': 1, 'digits': 2, 'claims': 0, 'instruments': 1}
    """
    found = dict.fromkeys(("blocks", "outputs", "digits", "claims", "instruments"), 0)
    for text in texts:
        for block in blocks(text):
            found["blocks"] += 1
            found["outputs"] += block.expected is not None
            found["digits"] += sum(1 for _ in mutants(block.expected or ""))
            found["instruments"] += "instrument" in block.fence.options
        found["claims"] += len(claims.read(text))
    return found


def fill(content: str, counted: dict[str, int]) -> str:
    """The page with its counts in their places.

    >>> fill('<span data-count="claims">Some</span> claims', {"claims": 1200})
    '1,200 claims'
    """

    def said(place: re.Match[str]) -> str:
        if place["what"] not in counted:
            known = ", ".join(counted)
            raise CountError(f'data-count="{place["what"]}": expected one of {known}')
        return f"{counted[place['what']]:,}"

    return _PLACE.sub(said, content)
