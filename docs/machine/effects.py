"""Says of each statement of a page which earlier ones it needs, by running the page in thought.
Nothing is executed: a value is known only by the objects it shares, which is enough to follow who
changes what. What is not known by name is taken to change all that it is given.
"""

import ast
import symtable
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from nnlib.nn.module import Module

from . import library

Objects = frozenset[int]
_NOTHING: Objects = frozenset()


@dataclass(frozen=True)
class Value:
    """What a name may stand for: the objects it shares with others and the code it may run.

    `learns` are the objects whose gradients `backward()` changes; `path` is set for what was
    imported, such as `numpy.random`; `items` are those of a tuple, as long as they are known.
    """

    objects: Objects = _NOTHING
    learns: Objects = _NOTHING
    code: frozenset["Code"] = frozenset()
    path: str = ""
    items: tuple["Value", ...] = ()


@dataclass(eq=False)
class Scope:
    """The names of a function's call, or of the page, and the names around them."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: "Scope | None" = None
    outside: dict[str, "Scope"] = field(default_factory=dict)


@dataclass(eq=False)
class Code:
    """A function, or a class with its methods, and where it was written."""

    node: ast.FunctionDef | ast.Lambda | ast.ClassDef
    scope: Scope
    defaults: dict[str, Value] = field(default_factory=dict)
    methods: dict[str, "Code"] = field(default_factory=dict)
    receiver: Value | None = None

    @cached_property
    def free(self) -> list[str]:
        """The names it looks up outside itself."""
        waiting = [symtable.symtable(ast.unparse(self.node), "page", "exec")]
        found: set[str] = set()
        while waiting:
            table = waiting.pop()
            waiting += table.get_children()
            for symbol in table.get_symbols():
                if symbol.is_global() or (table.get_type() == "module" and symbol.is_referenced()):
                    found.add(symbol.get_name())
        return sorted(found)


def join(values: Iterable[Value]) -> Value:
    """What may be any of these."""
    joined = None
    for value in values:
        if joined is None:
            joined = value
            continue
        same = len(joined.items) == len(value.items)
        pairs = zip(joined.items, value.items, strict=True) if same else ()
        joined = Value(
            joined.objects | value.objects,
            joined.learns | value.learns,
            joined.code | value.code,
            joined.path or value.path,
            tuple(join(pair) for pair in pairs),
        )
    return joined or Value()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What is known by name. All else counts as changing what it is given.
_PLAIN = _words(
    "print len round str int float bool repr format hash isinstance issubclass callable type id ord"
    " chr hex bin any all divmod range hasattr complex bytes slice object dir"
)
_CHOOSES = _words("max min sum abs pow getattr")
_GATHERS = _words("list tuple set dict sorted frozenset")
_GOES_OVER = _words("zip enumerate map filter reversed iter")
_WITHOUT_EFFECT = _words(
    "math statistics string textwrap operator fractions decimal re json functools itertools"
    " collections dataclasses typing contextlib time copy sys platform importlib inspect"
    " pathlib pickle tempfile"
)

_NUMPY_CHANGES = _words("copyto put place putmask put_along_axis fill_diagonal at")
_NUMPY_SETS = _words("seterr seterrcall set_printoptions setbufsize")
_NUMPY_GENERATORS = _words("default_rng Generator SeedSequence PCG64 RandomState")
_NUMPY_SHARES = _words(
    "asarray asanyarray ascontiguousarray asfortranarray require reshape ravel squeeze transpose"
    " permute_dims matrix_transpose swapaxes moveaxis rollaxis expand_dims atleast_1d atleast_2d"
    " atleast_3d broadcast_to broadcast_arrays split array_split hsplit vsplit dsplit unstack flip"
    " fliplr flipud rot90 diag diagonal real imag nan_to_num trim_zeros meshgrid nditer ndenumerate"
    " frombuffer vectorize frompyfunc sliding_window_view as_strided"
)

# What nnlib does, its own code says; these are functions of PyTorch that it does not have.
_TORCH_LOOKS = _words("equal is_available")

_LOOKS = _words(
    "reshape view ravel squeeze unsqueeze transpose permute expand flatten detach numpy items keys"
    " values get parameters named_parameters modules named_modules children named_children buffers"
    " named_buffers state_dict split swapaxes"
)
_MAKES = _words(
    "round sum mean std var max min argmax argmin all any copy clone tolist item numel dot cumsum"
    " cumprod prod trace astype norm clip clamp exp log sqrt abs square maximum minimum argsort"
    " nonzero repeat diagnose format join replace strip rstrip lstrip startswith endswith lower"
    " upper title capitalize encode decode count index size dim tobytes ljust rjust center zfill"
    " splitlines partition isdigit isalpha union intersection difference most_common searchsorted"
    " amax"
)
_NUMBERS = _words("item tolist numel size dim count index")
_FILLS = _words(
    "append extend insert add update setdefault pop popitem remove discard clear sort reverse"
)
_CASTS = _words("double float half long int to train eval requires_grad_ retain_grad")
_KEEPS_TO_ITSELF = _words("load_state_dict step zero_grad")

_DEEPEST = 12


@dataclass
class Places:
    """What a statement reads, changes, makes anew: names, objects by number, chance, settings."""

    reads: set[str | int] = field(default_factory=set)
    writes: set[str | int] = field(default_factory=set)
    makes: set[str | int] = field(default_factory=set)


CHANCE, SETTINGS = "?", "!"


class Reader:
    """Reads a page's statements in order; `needs[u]` are the statements that statement u needs,
    `places[u]` is how it comes to need them."""

    def __init__(self) -> None:
        self.page = Scope()
        self.needs: list[set[int]] = []
        self.places: list[Places] = []
        self._bound: dict[str, set[int]] = defaultdict(set)
        self._changed: dict[int, set[int]] = defaultdict(set)
        self._parts: dict[int, Value] = defaultdict(Value)
        self._fields: dict[tuple[int, str], Value] = {}
        self._classes: dict[int, frozenset[Code]] = defaultdict(frozenset)
        self._marks: dict[str, set[int]] = defaultdict(set)
        self._chance: dict[str, set[int]] = defaultdict(set)
        self._settings: set[int] = set()
        self._entered: list[ast.AST] = []
        self._loading: set[Code] = set()
        self._returned: list[list[Value]] = []
        self._made = 0

    @property
    def _unit(self) -> int:
        return len(self.needs) - 1

    def read(self, statements: list[ast.stmt]) -> set[int]:
        """Takes the next statement (or several that stand on one line); what it depends on."""
        self.needs.append(set(self._settings))
        self.places.append(Places(reads={SETTINGS}))
        self._run(statements, self.page)
        here = self.places[-1]
        here.makes |= {n for n in here.writes if self._bound.get(str(n)) == {self._unit}}
        return self.needs[-1]

    def needed_by(self, name: str) -> set[int]:
        """What a use of this name would depend on, here and now."""
        self.needs.append(set())
        self.places.append(Places())
        self._load(name, self.page)
        self.places.pop()
        return self.needs.pop()

    @property
    def learners(self) -> frozenset[int]:
        """The objects whose gradients are followed; what is computed from one hangs on to it."""
        return frozenset(self._marks["learns"])

    # What is known of values.

    def _new(self, parts: Value = Value(), *marks: str, learns: Objects = _NOTHING) -> Value:
        self._made += 1
        self.places[-1].makes.add(self._made)
        if parts.objects or parts.code:
            self._parts[self._made] = replace(parts, path="")
        for mark in marks:
            self._marks[mark].add(self._made)
        return Value(frozenset({self._made}), learns)

    def _reach(self, objects: Iterable[int]) -> set[int]:
        waiting, found = list(objects), set()
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._parts[one].objects
        return found

    def _is(self, mark: str, value: Value) -> bool:
        return not self._marks[mark].isdisjoint(self._reach(value.objects))

    def _learners(self, value: Value) -> set[int]:
        reached = self._reach(value.objects)
        found = set(value.learns) | (reached & self._marks["learns"])
        for one in reached:
            found |= self._parts[one].learns
        return found

    def _element(self, value: Value) -> Value:
        """A part of it, or a view: a change to either shows in the other."""
        parts = join(self._parts[one] for one in value.objects)
        # What a generator gave does not lead back to it.
        itself = value.objects - self._marks["spent"]
        return Value(itself | parts.objects, value.learns | parts.learns, parts.code)

    def _see(self, objects: Iterable[int]) -> None:
        for one in self._reach(objects):
            self.needs[-1] |= self._changed[one]
            self.places[-1].reads.add(one)

    def _touch(self, objects: Iterable[int]) -> None:
        objects = list(objects)
        self._see(objects)
        for one in objects:
            self._changed[one].add(self._unit)
            self.places[-1].writes.add(one)

    def _touch_all(self, value: Value) -> None:
        self._touch(self._reach(value.objects))

    def _store(self, owner: Value, value: Value) -> None:
        self._touch(owner.objects)
        if value.objects or value.code:
            for one in owner.objects:
                self._parts[one] = join([self._parts[one], replace(value, path="")])

    def _draw(self, source: str) -> None:
        self.needs[-1] |= self._chance[source]
        self._chance[source] = self._chance[source] | {self._unit}
        place = CHANCE + source
        self.places[-1].writes.add(place)
        if place not in self.places[-1].makes:
            self.places[-1].reads.add(place)

    def _seed(self, source: str) -> None:
        self._chance[source] = {self._unit}
        self.places[-1].writes.add(CHANCE + source)
        self.places[-1].makes.add(CHANCE + source)

    def _set(self) -> None:
        """From now on everything may run differently."""
        self._settings = self._settings | {self._unit}
        self.places[-1].writes.add(SETTINGS)

    @contextmanager
    def _perhaps(self, scope: Scope) -> Iterator[None]:
        """What stands here may run once, many times or never: afterwards both may be the case."""
        scopes = [self.page]
        while scope is not self.page and scope is not None:
            scopes.append(scope)
            scope = scope.outer or self.page
        names = [(each, {**each.names}) for each in scopes]
        bound, chance = {**self._bound}, {**self._chance}
        yield
        for each, before in names:
            for name, value in before.items():
                if each.names.get(name) is not value:
                    each.names[name] = join([value, each.names.get(name, Value())])
        for now, before_ in ((self._bound, bound), (self._chance, chance)):
            for name in now:
                now[name] = now[name] | before_.get(name, set())

    # Names.

    def _load(self, name: str, scope: Scope) -> Value:
        at: Scope | None = scope.outside.get(name, scope)
        while at is not None and name not in at.names:
            at = at.outer
        if at is None:
            return Value(path=f"builtins.{name}")
        value = at.names[name]
        if at is self.page:
            self.needs[-1] |= self._bound[name]
            if self._bound[name] - {self._unit}:
                self.places[-1].reads.add(name)
        self._see(value.objects)
        # Whoever has a function at hand may call it, later and elsewhere.
        outermost = not self._loading
        for code in self._code_in(value):
            if code not in self._loading:
                self._loading.add(code)
                for free in code.free:
                    self._load(free, code.scope)
        if outermost:
            self._loading.clear()
        return value

    def _code_in(self, value: Value) -> list[Code]:
        found = list(value.code)
        for one in sorted(self._reach(value.objects)):
            found += [*self._parts[one].code, *self._classes[one]]
        return list(dict.fromkeys(found))

    def _bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        match target:
            case ast.Name(id=name):
                self._name(name, value, scope)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                known = len(value.items) == len(elements) and not any(
                    isinstance(element, ast.Starred) for element in elements
                )
                items = value.items if known else [self._element(value)] * len(elements)
                for element, item in zip(elements, items, strict=True):
                    self._bind(element, item, scope)
            case ast.Starred(value=inner):
                self._bind(inner, self._new(value), scope)
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                if isinstance(target, ast.Subscript):
                    self._value(target.slice, scope)
                kept = self._value(owner, scope)
                if kept.path:
                    self._set()
                self._store(kept, value)
                if isinstance(target, ast.Attribute):
                    for one in kept.objects:
                        before = self._fields.get((one, target.attr), Value())
                        self._fields[one, target.attr] = join([before, value])

    def _name(self, name: str, value: Value, scope: Scope) -> None:
        at = scope.outside.get(name, scope)
        at.names[name] = value
        if at is self.page:
            self._bound[name] = {self._unit}
            self.places[-1].writes.add(name)

    # Statements.

    def _run(self, statements: list[ast.stmt], scope: Scope) -> None:
        for at, statement in enumerate(statements, start=1):
            self._statement(statement, scope)
            if isinstance(statement, ast.If | ast.For | ast.While | ast.Try | ast.With) and any(
                isinstance(inner, ast.Return | ast.Break | ast.Continue)
                for inner in ast.walk(statement)
            ):
                # After a way out nothing is certain to run.
                with self._perhaps(scope):
                    self._run(statements[at:], scope)
                return

    def _statement(self, statement: ast.stmt, scope: Scope) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    path = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._name(alias.asname or path, Value(path=path), scope)
            case ast.ImportFrom(names=names):
                for alias in names:
                    path = f"{statement.module}.{alias.name}"
                    self._name(alias.asname or alias.name, Value(path=path), scope)
            case ast.FunctionDef():
                self._name(statement.name, self._function(statement, scope), scope)
            case ast.ClassDef():
                self._name(statement.name, self._class(statement, scope), scope)
            case ast.Assign(targets=targets, value=given):
                value = self._value(given, scope)
                for target in targets:
                    self._bind(target, value, scope)
            case ast.AnnAssign(target=target, value=given):
                if given is not None:
                    self._bind(target, self._value(given, scope), scope)
            case ast.AugAssign(target=target, value=given):
                value = self._value(given, scope)
                if isinstance(target, ast.Name):
                    old = self._load(target.id, scope)
                    self._store(old, value)
                    with self._perhaps(scope):
                        made = self._new(learns=old.learns | value.learns)
                        self._name(target.id, made, scope)
                else:
                    self._bind(target, value, scope)
            case ast.For(target=target, iter=over):
                passed = self._over(self._value(over, scope))
                with self._perhaps(scope):
                    # Twice, so that what one round leaves behind meets the next.
                    for _ in range(2):
                        self._bind(target, passed, scope)
                        self._run(statement.body, scope)
                    self._run(statement.orelse, scope)
            case ast.While(test=test):
                with self._perhaps(scope):
                    for _ in range(2):
                        self._value(test, scope)
                        self._run(statement.body, scope)
                    self._run(statement.orelse, scope)
            case ast.If(test=test):
                self._value(test, scope)
                with self._perhaps(scope):
                    self._run(statement.body, scope)
                    self._run(statement.orelse, scope)
            case ast.With(items=items):
                for item in items:
                    value = self._value(item.context_expr, scope)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, value, scope)
                self._run(statement.body, scope)
            case ast.Try():
                with self._perhaps(scope):
                    self._run(statement.body, scope)
                    for handler in statement.handlers:
                        if handler.type is not None:
                            self._value(handler.type, scope)
                        if handler.name is not None:
                            self._name(handler.name, self._new(), scope)
                        self._run(handler.body, scope)
                    self._run(statement.orelse, scope)
                self._run(statement.finalbody, scope)
            case ast.Return(value=given):
                if given is not None and self._returned:
                    self._returned[-1].append(self._value(given, scope))
            case ast.Global(names=names):
                scope.outside |= dict.fromkeys(names, self.page)
            case ast.Nonlocal(names=names):
                for name in names:
                    at = scope.outer
                    while at is not None and name not in at.names:
                        at = at.outer
                    scope.outside[name] = at or self.page
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        self._name(target.id, Value(), scope)
                    else:
                        self._bind(target, Value(), scope)
            case ast.Expr(value=given):
                self._value(given, scope)
            case _:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self._value(child, scope)

    def _function(self, node: ast.FunctionDef | ast.Lambda, scope: Scope) -> Value:
        code = Code(node, scope)
        arguments = node.args
        places = [*arguments.posonlyargs, *arguments.args]
        late = places[len(places) - len(arguments.defaults) :]
        for argument, default in zip(late, arguments.defaults, strict=True):
            code.defaults[argument.arg] = self._value(default, scope)
        for argument, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if given is not None:
                code.defaults[argument.arg] = self._value(given, scope)
        for decorator in getattr(node, "decorator_list", []):
            self._value(decorator, scope)
        return Value(code=frozenset({code}))

    def _class(self, node: ast.ClassDef, scope: Scope) -> Value:
        code = Code(node, scope)
        for base in node.bases:
            for inherited in self._value(base, scope).code:
                code.methods |= inherited.methods
        inside = Scope(outer=scope)
        self._run(node.body, inside)
        for name, value in inside.names.items():
            for method in value.code:
                # A method does not see the names of its class, only those around it.
                method.scope = scope
                code.methods[name] = method
        for decorator in node.decorator_list:
            self._value(decorator, scope)
        return Value(code=frozenset({code}))

    # Expressions.

    def _value(self, node: ast.expr, scope: Scope) -> Value:
        match node:
            case ast.Constant():
                return Value()
            case ast.Name(id=name):
                return self._load(name, scope)
            case ast.Attribute(value=owner, attr=attribute):
                return self._attribute(self._value(owner, scope), attribute)
            case ast.Subscript(value=owner, slice=index):
                self._value(index, scope)
                return self._element(self._value(owner, scope))
            case ast.Call():
                return self._call(node, scope)
            case ast.Lambda():
                return self._function(node, scope)
            case ast.NamedExpr(target=target, value=given):
                value = self._value(given, scope)
                self._bind(target, value, scope)
                return value
            case ast.BoolOp(values=operands):
                first = self._value(operands[0], scope)
                with self._perhaps(scope):
                    return join([first, *(self._value(each, scope) for each in operands[1:])])
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                self._value(test, scope)
                with self._perhaps(scope):
                    return join([self._value(body, scope), self._value(otherwise, scope)])
            case ast.BinOp(left=left, right=right):
                both = join([self._value(left, scope), self._value(right, scope)])
                # The sum of two lists holds what they hold; that of two arrays holds nothing.
                held = both.objects & self._marks["holds"]
                parts = join(self._parts[one] for one in held)
                return self._new(
                    parts,
                    *(["holds"] if held else []),
                    learns=both.learns | (both.objects & self._marks["learns"]),
                )
            case ast.UnaryOp(operand=operand):
                value = self._value(operand, scope)
                return self._new(learns=value.learns | (value.objects & self._marks["learns"]))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inside = Scope(outer=scope)
                with self._perhaps(scope):
                    for generator in node.generators:
                        passed = self._over(self._value(generator.iter, inside))
                        self._bind(generator.target, passed, inside)
                        for test in generator.ifs:
                            self._value(test, inside)
                    made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                    parts = join([self._value(each, inside) for each in made])
                lazy = ["spent"] if isinstance(node, ast.GeneratorExp) else []
                return self._new(parts, "holds", *lazy)
            case ast.Tuple(elts=elements):
                items = tuple(self._value(element, scope) for element in elements)
                return replace(self._new(join(items), "holds"), items=items)
            case ast.List() | ast.Set() | ast.Dict():
                return self._new(self._children(node, scope), "holds")
            case ast.Starred(value=inner):
                return self._element(self._value(inner, scope))
            case ast.Compare() | ast.JoinedStr():
                self._children(node, scope)
                return self._new()
            case _:
                return self._children(node, scope)

    def _children(self, node: ast.AST, scope: Scope) -> Value:
        nodes = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        return join([self._value(child, scope) for child in nodes])

    def _over(self, value: Value) -> Value:
        """What `for` finds in it: a loader deals its examples out by chance, a `zip` runs dry."""
        if not self._marks["shuffles"].isdisjoint(value.objects):
            self._draw("nnlib")
        self._touch(set(value.objects) & self._marks["spent"])
        return self._element(value)

    def _attribute(self, owner: Value, name: str) -> Value:
        if owner.path:
            return Value(path=f"{owner.path}.{name}")
        methods = self._methods(owner, name)
        if not methods:
            return self._field(owner, name) or self._element(owner)
        if any(
            isinstance(each, ast.Name) and each.id == "property"
            for method in methods
            for each in getattr(method.node, "decorator_list", [])
        ):
            return join([self._enter(method, [owner], {}) for method in methods])
        bound = frozenset(
            Code(method.node, method.scope, method.defaults, receiver=owner) for method in methods
        )
        return Value(owner.objects, owner.learns, bound)

    def _field(self, owner: Value, name: str) -> Value | None:
        known = [self._fields[one, name] for one in owner.objects if (one, name) in self._fields]
        if not known:
            return None
        # What holds it changes with it.
        found = join(known)
        return replace(found, learns=found.learns | owner.learns)

    def _methods(self, owner: Value, *names: str) -> list[Code]:
        classes = {code for one in owner.objects for code in self._classes[one]}
        classes |= {code for code in owner.code if code.methods}
        return [code.methods[name] for code in classes for name in names if name in code.methods]

    # Calls.

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        receiver = None
        if isinstance(node.func, ast.Attribute):
            receiver = self._value(node.func.value, scope)
            callee = self._attribute(receiver, node.func.attr)
        else:
            callee = self._value(node.func, scope)
        given = [self._value(argument, scope) for argument in node.args]
        named = {
            keyword.arg or "**": self._value(keyword.value, scope) for keyword in node.keywords
        }
        constants: dict[str | None, object] = {
            keyword.arg: keyword.value.value
            for keyword in node.keywords
            if isinstance(keyword.value, ast.Constant)
        }
        if callee.path:
            return self._library(callee.path, given, named, constants)
        if isinstance(node.func, ast.Attribute) and receiver is not None:
            if self._field(receiver, node.func.attr) is not None:
                return self._apply(callee, given, named)
            if callee.code:
                return self._apply(replace(callee, objects=_NOTHING), given, named)
            return self._method(receiver, node.func.attr, given, named)
        return self._apply(callee, given, named)

    def _apply(self, callee: Value, given: list[Value], named: dict[str, Value]) -> Value:
        results = [self._enter(code, given, named) for code in sorted_codes(callee.code)]
        for method in self._methods(Value(callee.objects), "__call__", "forward"):
            results.append(self._enter(method, [callee, *given], named))
        if self._is("stirs", callee):
            self._touch_all(callee)
        if self._is("draws", callee):
            self._draw("nnlib")
        together = join([*given, *named.values()])
        if not callee.code:
            # What a layer gives is new; of what nothing is known may be the argument itself.
            learns = self._learners(callee) | self._learners(together)
            made = self._new(learns=frozenset(learns))
            same = _NOTHING if callee.objects else together.objects
            results.append(replace(made, objects=made.objects | same))
        return join(results)

    def _enter(self, code: Code, given: list[Value], named: dict[str, Value]) -> Value:
        """Runs a function of the page, in thought, with these arguments."""
        if isinstance(code.node, ast.ClassDef):
            return self._instance(code, given, named)
        if code.node in self._entered or len(self._entered) >= _DEEPEST:
            return join([*given, *named.values()])
        if code.receiver is not None:
            given = [code.receiver, *given]
        arguments = code.node.args
        inside = Scope({**code.defaults}, code.scope)
        places = [each.arg for each in [*arguments.posonlyargs, *arguments.args]]
        inside.names |= dict(zip(places, given, strict=False))
        rest = self._new(join([*given[len(places) :], named.get("**", Value())]), "holds")
        keywords = {*places, *(each.arg for each in arguments.kwonlyargs)}
        inside.names |= {name: value for name, value in named.items() if name in keywords}
        for place in keywords - set(inside.names):
            inside.names[place] = rest
        if arguments.vararg:
            inside.names[arguments.vararg.arg] = rest
        if arguments.kwarg:
            others = join(value for name, value in named.items() if name not in keywords)
            inside.names[arguments.kwarg.arg] = self._new(others, "holds")
        self._entered.append(code.node)
        try:
            if isinstance(code.node, ast.Lambda):
                return self._value(code.node.body, inside)
            self._returned.append([])
            self._run(code.node.body, inside)
            result = join(self._returned.pop())
        finally:
            self._entered.pop()
        if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(code.node)):
            return self._new(join([result, *inside.names.values()]), "spent")
        return result

    def _instance(self, code: Code, given: list[Value], named: dict[str, Value]) -> Value:
        made = self._new(join([*given, *named.values()]))
        (one,) = made.objects
        self._classes[one] = frozenset({code})
        if isinstance(code.node, ast.ClassDef) and code.node.bases:
            self._marks["learns"].add(one)
        if "__init__" in code.methods:
            self._enter(code.methods["__init__"], [made, *given], named)
        return made

    def _call_back(self, together: Value, *, whole: bool = False) -> Value:
        """What is handed to a library may be called by it, of a callback every method."""
        functions = Value(
            code=frozenset(
                code for code in self._code_in(together) if not isinstance(code.node, ast.ClassDef)
            )
        )
        results = [self._apply(functions, [self._new(together)], {})] if functions.code else []
        for one in sorted(self._reach(together.objects)):
            for code in self._classes[one]:
                for name, method in code.methods.items():
                    if whole or name in {"__call__", "forward"}:
                        itself = Value(frozenset({one}))
                        results.append(self._enter(method, [itself, self._new(together)], {}))
        return join(results)

    def _unknown(self, together: Value) -> Value:
        """It may change all that it is given, keep it, draw from it, and hand it back."""
        self._touch_all(together)
        self._draw("nnlib")
        kept = self._new(together)
        for one in together.objects:
            self._parts[one] = join([self._parts[one], kept])
        return replace(together, objects=together.objects | kept.objects)

    def _library(
        self,
        path: str,
        given: list[Value],
        named: dict[str, Value],
        constants: Mapping[str | None, object],
    ) -> Value:
        together = join([*given, *named.values()])
        back = self._call_back(together, whole=path.endswith(".fit"))
        self._touch(set(together.objects) & self._marks["spent"])
        root, _, inside = path.partition(".")
        name = path.rpartition(".")[2]
        if name.endswith("_") and not name.endswith("__"):
            self._touch_all(together)
        rules: dict[str, Callable[[], Value]] = {
            "builtins": lambda: self._builtin(inside, together, back),
            "numpy": lambda: self._numpy(inside, name, together, named),
            # A picture is over when its block is.
            "matplotlib": lambda: self._new(Value(), "picture"),
            "nnlib": lambda: self._nnlib(inside, name, given, named, constants),
            # The same names with the same effects; its chance is counted as nnlib's.
            "torch": lambda: self._nnlib(inside, name, given, named, constants),
        }
        if root in rules:
            return rules[root]()
        if root in _WITHOUT_EFFECT:
            return self._new(self._element(together))
        if root in {"warnings", "os", "logging"}:
            self._set()
        # Files and processes outlive the statement; who reads one must come after who wrote it.
        self._draw("random" if root == "random" else "world")
        return self._unknown(together)

    def _builtin(self, name: str, together: Value, back: Value) -> Value:
        if name in _PLAIN or "." in name or name.endswith(("Error", "Exception", "Warning")):
            return Value()
        if name in _CHOOSES:
            learns = frozenset(self._learners(together))
            return replace(self._element(together), learns=learns)
        if name in _GATHERS:
            return self._new(self._element(together), "holds")
        if name in _GOES_OVER:
            return self._new(join([self._element(together), back]), "spent")
        if name == "super":
            return Value()
        return self._unknown(together)

    def _numpy(self, inside: str, name: str, together: Value, named: dict[str, Value]) -> Value:
        if inside.startswith("random"):
            if name in _NUMPY_GENERATORS:
                return self._new(Value(), "deals")
            self._draw("numpy")
            self._touch_all(together)
            return self._new()
        if name in _NUMPY_SETS:
            self._set()
        if name in _NUMPY_CHANGES:
            self._touch_all(together)
        if "out" in named:
            self._touch_all(named["out"])
            return named["out"]
        if name in _NUMPY_SHARES:
            return Value(self._element(together).objects, code=together.code)
        return self._new()

    def _nnlib(
        self,
        inside: str,
        name: str,
        given: list[Value],
        named: dict[str, Value],
        constants: Mapping[str | None, object],
    ) -> Value:
        together = join([*given, *named.values()])
        learns = frozenset(self._learners(together))
        if name == "manual_seed":
            self._seed("nnlib")
            return Value()
        if inside.startswith("plotting"):
            return self._new(Value(), "picture")
        if inside.startswith("interop"):
            self._draw("world")
            return self._unknown(together)
        if "generator" in named:
            self._touch_all(named["generator"])
        thing = library.find(inside)
        if not library.known(thing):
            return self._new() if name in _TORCH_LOOKS else self._unknown(together)
        at_hand: dict[str | None, object] = {**dict.fromkeys(named), **constants}
        if isinstance(thing, type) and (inside.startswith("nn.") or issubclass(thing, Module)):
            return self._layer(thing, given, at_hand, together)
        if name == "fit":
            if any(self._is(mark, together) for mark in ("draws", "shuffles", "rests")):
                self._draw("nnlib")
            for key, value in [*enumerate(given), *named.items()]:
                if self._learners(value) or key in {"callbacks", "scheduler"}:
                    self._touch_all(value)
            return self._new()
        if library.changes(thing):
            self._touch_all(together)
        if isinstance(thing, type):
            return self._object(thing, given, at_hand, together)
        brought = "generator" in named and constants.get("generator", ...) is not None
        if not brought and library.draws(thing) and not library.rests(thing, len(given), at_hand):
            self._draw("nnlib")
        if inside.startswith("nn.init"):
            return together
        if name == "random_split":
            return self._new(together, learns=learns)
        if name == "from_numpy":
            return together
        made = self._new(learns=learns)
        if "requires_grad" in named and constants.get("requires_grad") is not False:
            self._marks["learns"] |= made.objects
        return made

    def _layer(
        self,
        kind: type,
        given: list[Value],
        named: Mapping[str | None, object],
        together: Value,
    ) -> Value:
        marks = []
        if library.draws_in(kind, "__call__", "forward") and not library.rests(
            kind, len(given), named
        ):
            marks.append("draws")
        if library.keeps_count(kind):
            marks.append("stirs")
        if library.draws(kind):
            self._draw("nnlib")
        if library.learns(kind):
            marks.append("learns")
        return self._new(together, *marks)

    def _object(
        self,
        kind: type,
        given: list[Value],
        named: Mapping[str | None, object],
        together: Value,
    ) -> Value:
        if kind.__name__ == "Monitor":
            # From now on, calling the model writes into what watches it.
            self._touch(together.objects)
            self._marks["stirs"] |= self._reach(together.objects)
        marks = []
        if library.draws_in(kind, "__iter__"):
            if library.asked_to(kind, "shuffle", len(given), named):
                marks.append("shuffles")
        elif library.draws(kind):
            self._draw("nnlib")
        if library.draws_in(kind, "__call__", "forward"):
            marks.append("draws")
        return self._new(together, *marks, learns=frozenset(self._learners(together)))

    def _method(
        self, owner: Value, name: str, given: list[Value], named: dict[str, Value]
    ) -> Value:
        together = join([*given, *named.values()])
        self._call_back(together)
        learns = frozenset(self._learners(owner) | set(together.learns))
        if name == "backward":
            self._touch(learns)
            # Its graph is gone; who only reads the number need not care.
            self.places[-1].writes |= owner.objects
            return Value()
        if not self._marks["picture"].isdisjoint(owner.objects):
            return self._new(Value(), "picture")
        if self._is("deals", owner):
            self._touch_all(owner)
            if name in {"shuffle", "permuted"}:
                self._touch_all(together)
            return self._new()
        if name in _LOOKS:
            kept = frozenset() if name in {"numpy", "detach"} else learns
            return replace(self._element(owner), learns=kept)
        if name in _MAKES:
            parts = join(self._parts[one] for one in owner.objects & self._marks["holds"])
            return self._new(
                parts if name == "copy" else Value(),
                learns=_NOTHING if name in _NUMBERS else learns,
            )
        if name in _FILLS:
            self._store(owner, together)
            return self._element(owner)
        if name in _CASTS:
            if learns:
                self._touch_all(owner)
            if name in {"eval", "train"}:
                # In a model that is only asked, dropout drops nothing.
                quiet, loud = ("draws", "rests") if name == "eval" else ("rests", "draws")
                moved = self._marks[quiet] & self._reach(owner.objects)
                self._marks[quiet] -= moved
                self._marks[loud] |= moved
            if name == "requires_grad_":
                self._touch(owner.objects)
                self._marks["learns"] |= owner.objects
            return owner
        if name in _KEEPS_TO_ITSELF:
            self._touch_all(owner)
            return Value()
        if not owner.objects:
            return together
        return self._unknown(join([owner, together]))


def sorted_codes(codes: Iterable[Code]) -> list[Code]:
    """In the order of the page, so that two builds think alike."""
    return sorted(codes, key=lambda code: (code.node.lineno, code.node.col_offset))
