"""Reads, runs and handles the site in Firefox and in WebKit, as other tests do in Chromium.
One page of each kind and every instrument: what one engine allows, another may refuse."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from machine.comparing import same_output
from site_building import DOCS, KINDS
from site_engines import Engine, drag, firefox, press, until, webkit
from site_instruments import INSTRUMENTS, Instrument
from site_live import need_python, runnable

_ENGINES: dict[str, Callable[[Path], AbstractContextManager[Engine]]] = {
    "firefox": firefox,
    "webkit": webkit,
}
_NEURON = "pieces/neuron/"
# A block of that page which needs nothing.
_SMALL = 2
_SPELT = "document.querySelector('[data-block=\"{}\"] code[contenteditable]')"
_UNFOLD = "[...document.querySelectorAll('details')].map(fold => { fold.open = true; }).length"
# WebKit's driver is lost when a hand types this fast.
_TYPE = "document.execCommand('insertText', false, 'while True:\\n    print(7)')"
# The middle of what is asked for, brought into view, in the window's own pixels.
_PLACE = """(() => {{
  const found = {};
  found.scrollIntoView({{block: "center", behavior: "instant"}});
  const box = found.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}})()"""


@pytest.fixture(scope="module", params=_ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Engine]:
    with _ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path or "home")
def test_a_page_of_each_kind_opens_without_a_complaint(
    engine: Engine, server: str, path: str
) -> None:
    engine.open(server + path)
    until(engine, "document.querySelector('h1').textContent.length > 0")
    assert engine.complaints() == []


def _element(number: int, kind: str) -> str:
    return f'document.querySelector(\'[data-block="{number}"] [aria-label^="{kind} "]\')'


def _click(engine: Engine, element: str) -> None:
    until(engine, f"{element} !== null")
    x, y = engine.evaluate(_PLACE.format(element))
    drag(engine, (x, y), (0, 0))


def _inside(number: int, part: str) -> str:
    return f"document.querySelector('[data-block=\"{number}\"] {part}')?.textContent ?? ''"


def _ended(engine: Engine, number: int) -> str:
    state = f"document.querySelector('[data-block=\"{number}\"]').dataset.state"
    until(engine, f"['done', 'failed', 'stopped'].includes({state})")
    return str(engine.evaluate(state))


def test_a_block_is_run_changed_checked_and_stopped(
    engine: Engine, server: str, site: Path
) -> None:
    need_python(site)
    engine.open(server + _NEURON)
    until(engine, f"{_element(_SMALL, 'Run')} !== null")
    engine.evaluate(_UNFOLD)
    _click(engine, _element(_SMALL, "Run"))
    assert _ended(engine, _SMALL) == "done"
    assert engine.evaluate(_inside(_SMALL, ".nn-output")) == "z1 = 0.60\n"

    # This button is for keys: a hand clicks into the code.
    engine.evaluate(f"{_element(_SMALL, 'Edit')}.focus()")
    press(engine, "Enter")
    until(engine, f"document.activeElement === {_SPELT.format(_SMALL)}")
    engine.evaluate(f"document.execCommand('selectAll') && {_TYPE}")
    _click(engine, _element(_SMALL, "Run"))
    until(engine, f"({_inside(_SMALL, '.nn-output')}).includes('7')")
    _click(engine, _element(_SMALL, "Stop"))
    assert _ended(engine, _SMALL) == "stopped"
    _click(engine, _element(_SMALL, "Reset"))
    until(engine, f"({_inside(_SMALL, '.language-python code')}).includes('z1 = ')")

    blocks = runnable(DOCS / "pieces" / "neuron.md")
    stub = next(n for n, block in blocks.items() if block.fence.options.get("role") == "stub")
    _click(engine, _element(stub, "Check"))
    assert _ended(engine, stub) == "done"
    said = engine.evaluate(_inside(stub, ".nn-verdict"))
    assert same_output((blocks[stub].expected or "").strip("\n").splitlines()[-1], said)
    assert engine.complaints() == []


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_an_instrument_answers_a_key_and_a_drag(
    engine: Engine, server: str, instrument: Instrument
) -> None:
    engine.open(server + instrument.page)
    stage = f"document.querySelector('nn-{instrument.name} .nn-stage')"
    # One with many numbers waits until it is about to be seen.
    engine.evaluate(f"document.querySelector('nn-{instrument.name}').scrollIntoView()")
    until(engine, f"{stage} !== null")
    controls = f"[...{stage}.querySelectorAll('[role=slider], input[type=range]')]"
    shown = f"{controls}.filter(one => one.checkVisibility())"
    value = f"{shown}[0].getAttribute('aria-valuetext')"
    before = engine.evaluate(value)
    engine.evaluate(f"{shown}[0].focus()")
    press(engine, "ArrowRight")
    if engine.evaluate(value) == before:
        press(engine, "ArrowLeft")
    assert engine.evaluate(value) != before, "no key moves it"

    handle = f"{stage}.querySelector('.nn-handle .nn-mark')"
    if engine.evaluate(f"{handle} !== null && {handle}.checkVisibility()"):
        value = f"{handle}.closest('.nn-handle').getAttribute('aria-valuetext')"
        before = engine.evaluate(value)
        for by in ((-30, -20), (30, 20)):
            drag(engine, engine.evaluate(_PLACE.format(handle)), by)
            if engine.evaluate(value) != before:
                break
        assert engine.evaluate(value) != before, "no drag moves it"
    assert engine.complaints() == []
