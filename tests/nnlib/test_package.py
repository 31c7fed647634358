"""What holds for the package as a whole: who imports whom, how long files are, what is explained.

These rules keep it readable; a test keeps the rules.
"""

import ast
import inspect
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import nnlib

PACKAGE = Path(nnlib.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "conftest.py")
# Imports run one way: a module may import those that stand before it.
LAYERS = [
    [
        "_printing",
        "_arguments",
        "_absent",
        "cuda",
        "grad_mode",
        "_allocator",
        "_files",
        "_progress",
    ],
    ["_kernels", "_values"],
    ["tensor"],
    ["creation", "joining", "gradcheck", "autograd"],
    ["_conv", "_recurrent", "_norm", "_attention", "_elementwise", "_selecting"],
    ["functional"],
    ["_methods"],
    ["nn"],
    [
        "optim",
        "data",
        "datasets",
        "augment",
        "_mnist",
    ],
    ["utils"],
    ["training", "monitor", "interop", "_divergence", "_watching"],
    ["plotting"],
    ["__init__"],  # the package itself
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def module_of(path):
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are written in full"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def family(dotted):
    return dotted.removeprefix("nnlib").strip(".").split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_run_one_way(path):
    own = family(module_of(path))
    assert own in RANK, f"{path.name} has no place in LAYERS yet"
    for name in imported(path):
        other = family(name) if name.startswith("nnlib") else None
        if other in RANK and other != own:
            assert RANK[other] <= RANK[own], f"{module_of(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_only_plotting_imports_matplotlib(path):
    if family(module_of(path)) != "plotting":
        assert not [name for name in imported(path) if name.startswith(("matplotlib", "torch"))]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_only_creation_makes_a_generator(path):
    tree = ast.parse(path.read_text("utf-8"))
    drawn = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "random"
        and getattr(node.value.value, "id", "") == "np"
    }
    assert drawn <= {"Generator", "default_rng", "PCG64"}, f"the global generator: {drawn}"


def lines_of_code(path):
    """Lines with something on them besides comments and docstrings."""
    source = path.read_text("utf-8")
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (
            *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT),
            *(tokenize.DEDENT, tokenize.ENDMARKER),
        ):
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_can_be_read_in_one_sitting(path):
    assert lines_of_code(path) <= 450


def test_code_lines_are_counted_as_meant(tmp_path):
    path = tmp_path / "sample.py"
    path.write_text(
        '"""Doc.\n\nMore."""\n\n# why\nx = 1\n\n\ndef f():\n    """Doc."""\n    return x\n'
    )
    assert lines_of_code(path) == 3


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_opens_with_why_it_exists(path):
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert doc
    assert doc.split("\n\n")[0].endswith((".", ":"))
    assert len(doc.split("\n\n")) > 1


def public_objects():
    for module in [nnlib, nnlib.nn, nnlib.nn.functional, nnlib.nn.init, nnlib.optim, nnlib.data]:
        yield from _public(module)
    for module in [nnlib.datasets, nnlib.training, sys.modules["nnlib.gradcheck"]]:
        yield from _public(module)


def _public(module):
    for name in getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]:
        thing = getattr(module, name)
        home = getattr(thing, "__module__", "") or ""
        own = home.startswith("nnlib") if hasattr(module, "__all__") else home == module.__name__
        if callable(thing) and own:
            yield pytest.param(thing, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("thing", list(public_objects()))
def test_every_public_name_is_explained_by_an_example(thing):
    if thing in (nnlib.pow, nnlib.matmul):
        return  # operators, explained by their names
    doc = inspect.getdoc(thing)
    assert doc, "no docstring"
    assert ">>> " in doc, "no example"


@pytest.mark.parametrize("thing", [p for p in public_objects() if inspect.isclass(p.values[0])])
def test_every_public_method_is_explained(thing):
    for name, member in vars(thing).items():
        if name[0] != "_" and (inspect.isfunction(member) or isinstance(member, property)):
            assert inspect.getdoc(getattr(thing, name)) or name == "forward", name


def test_all_lists_what_exists():
    for module in (nnlib, nnlib.nn):
        assert sorted(module.__all__) == sorted(set(module.__all__))
        assert all(hasattr(module, name) for name in module.__all__)


def run(code):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_importing_brings_nothing_heavy_and_changes_nothing():
    code = """
import atexit, ctypes, gc, locale, logging, os, random, signal, sys, threading, warnings
import numpy as np
def state():
    return (repr(np.random.get_state()), random.getstate(), np.get_printoptions(), np.geterr(),
            list(warnings.filters), sys.getrecursionlimit(), sys.getswitchinterval(), sys.path[:],
            dict(os.environ), os.getcwd(), locale.setlocale(locale.LC_ALL), gc.get_threshold(),
            signal.getsignal(signal.SIGINT), sys.excepthook, sys.displayhook, logging.root.level,
            logging.root.handlers[:], threading.active_count(), atexit._ncallbacks())
called = []
ctypes.CDLL = lambda *names: called.append(names)  # the way to the allocator
before = state()
import nnlib
assert state() == before, "importing nnlib changed the process"
assert called == [], "importing nnlib reached for the C library"
nnlib.tune_allocator()
assert called == [(None,)], "and this would have shown it"
print([name for name in ("matplotlib", "torch", "tqdm", "scipy") if name in sys.modules])
"""
    assert run(code) == "[]"
