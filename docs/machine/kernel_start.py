"""Runs in a page's kernel before its first block: holds the blocks to what a plain interpreter asks
of them, and to a bound on what they print.
IPython reads this file by itself, so that it leaves no name behind for a page to lean on."""

import builtins
import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from typing import Any

# Pictures come with it. Here, where what it does in passing is not yet held against a page.
import matplotlib_inline.backend_inline  # noqa: F401

import nnlib
from nnlib.creation import pick_generator

_PRINTED_BYTES = 100_000
_TRIAL_SECONDS = 60
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


def _try(trial: tuple[str, str, str]) -> None:
    """What a test says behind either of two scripts, each run in a copy of this process."""
    test, *scripts = trial
    said = [_apart(script, test) for script in scripts]
    _shell.display_pub.publish({"application/x-nnlib-tried": json.dumps(said)})


def _apart(script: str, test: str) -> str:
    if not hasattr(os, "fork"):
        return "this system cannot copy a process"
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of forking beside threads: the copy has none, and ends
        copy = os.fork()
    if copy == 0:
        signal.alarm(_TRIAL_SECONDS)
        try:
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - it ends with the copy
            exec(script, _shell.user_ns)
            said = str(bool(eval(test, _shell.user_ns)))
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    os.waitpid(copy, 0)
    return said or "nothing: it was stopped"


_shell.give, _shell.try_ = _give, _try
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
