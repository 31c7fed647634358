"""Runs many scripts that begin alike, each as if in an interpreter of its own, from one start.
Where two scripts part, the process forks: what was run before is shared, what comes after is not.
"""

import ast
import contextlib
import importlib
import io
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

Step = dict[str, Any]


class _Node:
    def __init__(self) -> None:
        self.after: dict[int, _Node] = {}
        self.ends: list[int] = []

    def all_ends(self) -> list[int]:
        return [*self.ends, *(end for child in self.after.values() for end in child.all_ends())]


def _tree(scripts: list[list[int]]) -> _Node:
    root = _Node()
    for number, script in enumerate(scripts):
        node = root
        for step in script:
            node = node.after.setdefault(step, _Node())
        node.ends.append(number)
    return root


def _drawn() -> list[str]:
    """What there is in the open figures, which is quicker than to draw them."""
    seen = []
    for number in plt.get_fignums():
        for artist in plt.figure(number).findobj():
            for ask in ("get_text", "get_xydata", "get_array", "get_offsets", "get_path"):
                with contextlib.suppress(AttributeError, TypeError, ValueError):
                    got: Any = getattr(artist, ask)()
                    got = getattr(got, "vertices", got)
                    shown = got if isinstance(got, str) else np.asarray(got, float).tolist()
                    seen.append(f"{type(artist).__name__} {ask} {shown}")
    return seen


class _Runner:
    def __init__(self, steps: list[Step], patience: float, notes: Path) -> None:
        self.steps, self.patience, self.notes = steps, patience, notes

    def say(self, number: int, **said: Any) -> None:
        os.write(1, (json.dumps({"script": number, **said}) + "\n").encode())

    def run(self, step: int, namespace: dict[str, Any]) -> tuple[str, list[str]]:
        if self.steps[step]["opens"]:
            plt.close("all")
        printed = io.StringIO()
        code = compile(self.steps[step]["source"], f"<step {step}>", "exec", dont_inherit=True)
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message=".*non-interactive, and thus cannot be shown")
            started = time.process_time()
            exec(code, namespace)
        if time.process_time() - started > self.patience:
            # Forks share no memory, but they share a folder.
            (self.notes / str(step)).touch()
        return printed.getvalue(), _drawn() if self.steps[step]["closes"] else []

    def walk(
        self, node: _Node, namespace: dict[str, Any], done: list[tuple[str, list[str]]]
    ) -> None:
        for number in node.ends:
            self.say(number, printed=[text for text, _ in done], drawn=[seen for _, seen in done])
        for at, (step, child) in enumerate(node.after.items(), start=1):
            forked = at < len(node.after)
            if forked:
                process = os.fork()
                if process:
                    os.waitpid(process, 0)
                    continue
            if (self.notes / str(step)).exists():
                for number in child.all_ends():
                    self.say(number, repeats=step)
            else:
                try:
                    result = self.run(step, namespace)
                except Exception as error:
                    for number in child.all_ends():
                        self.say(number, error=f"{type(error).__name__}: {error} (step {step})")
                else:
                    self.walk(child, namespace, [*done, result])
            if forked:
                os._exit(0)


def _load(sources: list[str]) -> None:
    """Imports what any script imports, once for all; a script still has to name it for itself."""
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                named = [node.module]
            for name in named:
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    _load([step["source"] for step in asked["steps"]])
    runner = _Runner(asked["steps"], asked["patience"], Path.cwd())
    runner.walk(_tree(asked["scripts"]), {"__name__": "__main__"}, [])
