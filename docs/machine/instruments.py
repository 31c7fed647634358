"""Puts an instrument around the picture that it grows out of, and says which scripts a page needs.
A fence says `instrument="neuron"`; without scripts, and on paper, its picture stays what it is.
With `data="points=X"` beside it the instrument finds the page's own numbers in its element."""

import hashlib
import json
import re
from collections.abc import MutableMapping
from pathlib import Path

from .inside import playground

FOLDER = "assets/instruments"
_SCRIPTS = Path(__file__).resolve().parent.parent / FOLDER
_ELEMENT = re.compile(r'<nn-(?P<name>[a-z-]+) class="nn-instrument"')
# Numbers of more characters than these wait in a file of their own until they are wanted.
_HEAVY = 100_000


class InstrumentError(ValueError):
    """An instrument that no script makes."""


def around(figure: str, name: str, data: str, heavy: MutableMapping[str, str]) -> str:
    """The figure inside the element that `assets/instruments/<name>.js` brings to life.

    Where `data` is heavy, the element names a file to fetch, which is added to `heavy`.
    """
    known = sorted({path.stem for path in _SCRIPTS.glob("*.js")} - {"kit"})
    if name not in known:
        raise InstrumentError(f'instrument="{name}": expected one of {", ".join(known)}')
    if name == "playground":
        data = json.dumps(playground.recorded(), separators=(",", ":"))
    file, numbers = "", ""
    if len(data) > _HEAVY:
        script = f"document.currentScript.numbers = {data};\n"
        address = f"{name}.{hashlib.sha256(script.encode()).hexdigest()[:8]}.js"
        heavy[address] = script
        file = f' data-numbers="{address}"'
    elif data:
        # Nothing runs a script of this type, so the page's policy has nothing to allow.
        safe = data.replace("<", "\\u003c")
        numbers = f'<script type="application/json">{safe}</script>'
    return f'<nn-{name} class="nn-instrument"{file}>{figure}{numbers}</nn-{name}>'


def scripts(content: str) -> list[str]:
    """The script of each instrument in a rendered page, in the order of the page."""
    names = dict.fromkeys(found["name"] for found in _ELEMENT.finditer(content))
    return [f"{FOLDER}/{name}.js" for name in names]
