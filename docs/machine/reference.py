"""Makes of a docstring what a page shows: its example as a block to copy with what it prints below.
A doctest is written for the interpreter, with prompts; a reader's copy of it must run as it is."""

import ast
import builtins
import doctest
import re
from collections.abc import Iterator
from typing import Any

import griffe

_ROLE = re.compile(r":\w+:`(?P<target>[\w.]+)`")
_DIRECTIVE = re.compile(r"\s*# doctest:.*")
# Modules that examples name as everyone does.
_CUSTOMARY = {"np": "import numpy as np", "plt": "import matplotlib.pyplot as plt"}


class Examples(griffe.Extension):
    """Rewrites every docstring of the package when mkdocstrings reads it."""

    def on_object(self, *, obj: griffe.Object, loader: griffe.GriffeLoader, **kwargs: Any) -> None:
        if obj.docstring is not None and isinstance(obj, griffe.Class | griffe.Function):
            obj.docstring.value = to_markdown(obj.docstring.value, _public_module(obj))


def _public_module(obj: griffe.Object) -> str:
    """The module under whose name readers import the object: no part of it is private.

    A package shows its modules' names as its own: `nnlib.nn`, `nnlib.plotting`.
    """
    module = obj.module
    if module.parent is not None:
        namesake = module.parent.members.get(obj.name)
        if isinstance(namesake, griffe.Alias) and namesake.target_path == obj.path:
            return module.parent.path
    return module.path


def to_markdown(docstring: str, module: str) -> str:
    """`docstring`, which stands in `module`, as Markdown: blocks for examples, links for roles."""
    pieces: list[str] = []
    examples: list[doctest.Example] = []
    for part in doctest.DocTestParser().parse(docstring):
        if isinstance(part, doctest.Example):
            examples.append(part)
        elif part.strip():
            pieces += [_blocks(examples, module)] if examples else []
            examples = []
            pieces.append(_ROLE.sub(lambda role: _link(role["target"], module), part).strip("\n"))
    pieces += [_blocks(examples, module)] if examples else []
    return "\n\n".join(pieces)


def _link(target: str, module: str) -> str:
    path = target if target.startswith("nnlib.") else f"{module}.{target}"
    # One module under two names, as in PyTorch; the reference shows it under the shorter.
    path = path.replace("nnlib.nn.functional.", "nnlib.functional.")
    return f"[`{target.removeprefix('nnlib.')}`][{path}]"


def _blocks(examples: list[doctest.Example], module: str) -> str:
    """Code up to the next output as one block, the output as the next: as on the pages."""
    lines = [*_imports("".join(example.source for example in examples), module)]
    lines += [""] * (len(lines) > 0)
    pieces: list[str] = []
    for example in examples:
        lines.append(_DIRECTIVE.sub("", example.source).rstrip("\n"))
        if example.want:
            pieces += [_fence("python", lines), _fence("text", [example.want.rstrip("\n")])]
            lines = []
    if lines:
        pieces.append(_fence("python", lines))
    return "\n\n".join(pieces)


def _fence(language: str, lines: list[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _imports(source: str, module: str) -> Iterator[str]:
    """What a doctest takes from its module without saying so, and a reader has to import."""
    tree = ast.parse(source)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            made |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    wanted = sorted({node.id for node in names} - made)
    yield from (_CUSTOMARY[name] for name in wanted if name in _CUSTOMARY)
    if "nnlib" in wanted:
        yield "import nnlib"
    if own := [name for name in wanted if name not in {*_CUSTOMARY, "nnlib"}]:
        yield f"from {module} import {', '.join(own)}"
