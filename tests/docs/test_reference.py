"""The reference shows docstrings; their examples must run as a reader copies them.
As doctests they already pass, but those may lean on their module's names."""

import ast
import contextlib
import importlib
import inspect
import io
import re
import types
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path

import griffe
import matplotlib.pyplot as plt
import pytest
from machine.fences import find_fences
from machine.reference import Examples, to_markdown

import nnlib

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
_LAST = "(most recent call last):"


def objects(package: griffe.Module) -> dict[str, griffe.Object]:
    """Everything in the package that has a docstring, by its path."""
    found: dict[str, griffe.Object] = {}
    waiting: list[griffe.Object] = [package]
    while waiting:
        parent = waiting.pop()
        for child in parent.members.values():
            # An alias is shown where it leads to, if that is here at all.
            if not isinstance(child, griffe.Object):
                continue
            if not child.name.startswith("_") or child.is_module:
                waiting.append(child)
                if child.docstring is not None and not child.is_module:
                    found[child.path] = child
    return found


LOADED = griffe.load("nnlib", search_paths=[ROOT], extensions=griffe.load_extensions(Examples))
assert isinstance(LOADED, griffe.Module)
SHOWN = {
    path: item.docstring.value for path, item in sorted(objects(LOADED).items()) if item.docstring
}
EXAMPLES = {path: text for path, text in SHOWN.items() if "```python" in text}


def said(source: str, namespace: dict[str, object]) -> str:
    """What an interpreter shows for a block: what is printed, and the values of expressions."""
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        try:
            for statement in ast.parse(source).body:
                exec(compile(ast.Interactive([statement]), "<example>", "single"), namespace)
        except (TypeError, ValueError) as error:
            print(f"Traceback {_LAST}\n{type(error).__name__}: {error}")
    return shown.getvalue()


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_runs_by_itself_and_gives_what_is_shown(path: str) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    given = ""
    try:
        for fence in find_fences(EXAMPLES[path]):
            if fence.is_python:
                assert given == "", f"shows an output that the reference leaves out: {given}"
                given = said(fence.source, namespace)
            else:
                shown = fence.source.replace(f"{_LAST}\n    ...\n", f"{_LAST}\n")
                assert OutputChecker().check_output(shown, given, ELLIPSIS), given
                given = ""
        assert given == ""
    finally:
        plt.close("all")


def test_no_prompt_and_no_role_is_left() -> None:
    assert len(EXAMPLES) > 150
    for path, text in SHOWN.items():
        assert ">>>" not in text, path
        assert not re.search(r":\w+:`", text), path
        assert "# doctest" not in text, path


def test_a_doctest_becomes_blocks_that_can_be_copied() -> None:
    docstring = """Draw it; see :func:`nnlib.nn.Linear` and :class:`RNN`.

    >>> a = np.zeros(1)
    >>> for i in range(2):
    ...     print(curves(i))  # doctest: +ELLIPSIS
    0
    1
    >>> a
    array([0.])
    >>> b = 1
    """
    assert to_markdown(inspect.cleandoc(docstring), "nnlib.plotting") == inspect.cleandoc(
        """Draw it; see [`nn.Linear`][nnlib.nn.Linear] and [`RNN`][nnlib.plotting.RNN].

        ```python
        import numpy as np
        from nnlib.plotting import curves

        a = np.zeros(1)
        for i in range(2):
            print(curves(i))
        ```

        ```text
        0
        1
        ```

        ```python
        a
        ```

        ```text
        array([0.])
        ```

        ```python
        b = 1
        ```"""
    )


def test_every_public_module_has_its_heading() -> None:
    """What holds names must say so on a page: an anchor of a module stands in the Markdown."""
    written = "\n".join(path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md"))
    modules = [
        f"{module.__name__}.{name}"
        for module in (nnlib, importlib.import_module("nnlib.nn"), nnlib.optim)
        for name in module.__all__
        if isinstance(getattr(module, name), types.ModuleType)
    ]
    assert "nnlib.optim.lr_scheduler" in modules
    assert [name for name in modules if f"{{ #{name} }}" not in written] == []
