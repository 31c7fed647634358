"""Says which of nnlib's functions and classes draw random numbers, hold weights or change what they
are given, as their own code has it.
A list kept by hand would not know what is added tomorrow, and a copied script would lose its seed.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import nnlib
from nnlib.creation import pick_generator
from nnlib.nn.module import Module, Parameter

# All chance comes out of this one, unless another is handed over.
_GENERATOR = pick_generator(None)


def find(path: str) -> Any:
    """What stands in nnlib under a path such as `nn.Linear`, or None."""
    found: Any = nnlib
    for name in path.split("."):
        found = inspect.getattr_static(found, name, None)
    return found


def known(thing: Any) -> bool:
    """Whether it has code that can be read; of what has none, all has to be feared."""
    function = _plain(thing)
    if function is None:
        return isinstance(thing, type)
    try:
        return bool(inspect.getsource(function))
    except OSError:
        return False


@cache
def draws(thing: Any) -> bool:
    """Whether to call this function, or to make one of this class, may move the generator on."""
    if not isinstance(thing, type) and "generator" in _parameters(thing):
        return True
    return _reaches(thing, _GENERATOR)


@cache
def draws_in(kind: type, *names: str) -> bool:
    """Whether one of these methods may move the generator on."""
    return any(_reaches(method, _GENERATOR, kind) for method in _methods(kind, *names))


@cache
def learns(kind: type) -> bool:
    """Whether it makes weights of its own."""
    return _reaches(kind, Parameter)


@cache
def keeps_count(kind: type) -> bool:
    """Whether it holds numbers that are no weights, which a call may change."""
    return _reaches(kind, Module.register_buffer)


def rests(thing: Any, given: int, named: Mapping[str | None, object]) -> bool:
    """Whether all its chance is a dropout, and that is 0 in a call with these arguments."""
    parameters = list(_parameters(thing).values())
    rates = [
        named.get(each.name, each.default if at >= given else None)
        for at, each in enumerate(parameters)
        if each.name.startswith("dropout")
    ]
    return bool(rates) and all(rate == 0 for rate in rates)


def asked_to(thing: Any, what: str, given: int, named: Mapping[str | None, object]) -> bool:
    """Whether a call switches `what` on; always, if there is no such switch."""
    names = list(_parameters(thing))
    if what not in names:
        return True
    return names.index(what) < given or (what in named and named[what] is not False)


@cache
def changes(thing: Any) -> bool:
    """Whether a function writes into what it is given."""
    function = _plain(thing)
    if function is None:
        return False
    if function.__name__.endswith("_") and not function.__name__.endswith("__"):
        return True
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    handed = set(_parameters(function))
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value) | ast.For(target=target, iter=value):
                if _roots(value) & handed:
                    handed |= {
                        each.id
                        for each in ast.walk(target)
                        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
                    }
    return any(_writes(node, handed, function) for node in ast.walk(tree))


def _writes(node: ast.AST, handed: set[str], function: FunctionType) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = (each for target in targets for each in ast.walk(target))
        return any(
            isinstance(each, ast.Attribute | ast.Subscript) and _root(each) in handed
            for each in parts
            if isinstance(getattr(each, "ctx", None), ast.Store)
        )
    if not isinstance(node, ast.Call):
        return False
    if any(each.arg == "out" and _root(each.value) in handed for each in node.keywords):
        return True
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name.endswith("_") and not name.endswith("__"):
        return True
    if not any(_root(each) in handed for each in [*node.args, *(k.value for k in node.keywords)]):
        return False
    if name == "copyto":
        return True
    called = _called(node.func, function)
    return _is_ours(called) and called is not function and changes(called)


def _called(node: ast.expr, function: FunctionType) -> Any:
    """What a name such as `f` or `module.f` stands for in the function's file."""
    if isinstance(node, ast.Name):
        return function.__globals__.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = function.__globals__.get(node.value.id)
        return module.__dict__.get(node.attr) if isinstance(module, ModuleType) else None
    return None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _roots(node: ast.expr) -> set[str | None]:
    """Of all that stands side by side in it: `(a, b.c)` shares with a and b, and so does `zip`."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return set().union(*map(_roots, parts))
        case ast.Call(func=ast.Name(id="zip" | "enumerate" | "reversed"), args=parts):
            return set().union(*map(_roots, parts))
    return {_root(node)}


def _parameters(thing: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(thing).parameters
    except (TypeError, ValueError):
        return {}


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).partition(".")[0] == "nnlib"


def _plain(thing: Any) -> FunctionType | None:
    if isinstance(thing, staticmethod | classmethod):
        thing = thing.__func__
    thing = inspect.unwrap(thing) if callable(thing) else thing
    return thing if isinstance(thing, FunctionType) else None


def _methods(kind: type, *names: str) -> Iterator[Any]:
    """All of that name, those that `super()` finds included."""
    for each in kind.__mro__:
        if _is_ours(each):
            yield from (each.__dict__[name] for name in names if name in each.__dict__)


def _reaches(thing: Any, target: object, kind: type | None = None) -> bool:
    """Whether the code of `thing` names `target`, or names what reaches it."""
    waiting: list[tuple[Any, type | None]] = [(thing, kind)]
    seen: set[tuple[int, type | None]] = set()
    while waiting:
        one, of = waiting.pop()
        if one is target:
            return True
        if (id(one), of) in seen:
            continue
        seen.add((id(one), of))
        if isinstance(one, type):
            if _is_ours(one):
                waiting += [(method, one) for method in _methods(one, "__init__")]
        elif (function := _plain(one)) is not None and _is_ours(function):
            waiting += _named_in(function, of)
    return False


def _named_in(function: FunctionType, kind: type | None) -> Iterator[tuple[Any, type | None]]:
    codes, names = [function.__code__], set[str]()
    while codes:
        code = codes.pop()
        names |= {*code.co_names}
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
    for name in sorted(names):
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            inside = [value.__dict__.get(each) for each in sorted(names)]
            yield from ((each, None) for each in inside if _is_ours(each))
        elif _is_ours(value) or value is _GENERATOR:
            yield value, None
        if kind is not None:
            yield from ((method, kind) for method in _methods(kind, name))
