"""Runs in a page's kernel before its first block: holds the blocks to what a plain interpreter asks
of them, and to a bound on what they print.
IPython reads this file by itself, so that it leaves no name behind for a page to lean on."""

import builtins
import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

# Pictures come with it. Here, where what it does in passing is not yet held against a page.
import matplotlib_inline.backend_inline  # noqa: F401

import nnlib
from nnlib.creation import pick_generator

_PRINTED_BYTES = 100_000
_kept: dict[str, Any] = {}
_shell = get_ipython()  # type: ignore[name-defined]  # noqa: F821 - IPython provides it


def _limited(text: str) -> Any:
    _kept["printed"] += len(text.encode())
    if _kept["printed"] > _PRINTED_BYTES:
        raise RuntimeError(f"a block may print {_PRINTED_BYTES // 1000} kB, and this one goes on")
    return _kept["write"](text)


def _before_a_block() -> None:
    _kept.update(filters=list(warnings.filters), printed=0, write=sys.stdout.write)
    warnings.simplefilter("error")
    # IPython puts its own `write` back when the block is over.
    sys.stdout.write = _limited  # type: ignore[method-assign]


def _after_a_block() -> None:
    warnings.filters[:] = _kept["filters"]  # type: ignore[index]


def _give(values: Callable[[], dict[str, Any]]) -> None:
    """What an instrument starts from, in the page's own names; the page's chance is left alone."""
    kept = pick_generator(None).bit_generator.state
    text = json.dumps(values(), default=lambda array: array.tolist(), allow_nan=False)
    pick_generator(None).bit_generator.state = kept
    _shell.display_pub.publish({"application/json": text})


_shell.give = _give
# What IPython gives besides, no copier has: a page that uses it must fail here, too.
_shell.builtin_trap.auto_builtins.clear()
for _name in ("In", "Out", "_", "__", "___", "exit", "get_ipython", "open", "quit"):
    _shell.user_ns.pop(_name, None)
del builtins.display  # type: ignore[attr-defined]
_shell.events.register("pre_run_cell", lambda info: _before_a_block())
_shell.events.register("post_run_cell", lambda result: _after_a_block())
# A page whose numbers depend on a seed sets one; a picture of random weights may do without, and is
# still to be the same at every build.
nnlib.manual_seed(int(os.environ["NNLIB_PAGE_SEED"]))
