"""What a layer and a whole network have in common: parameters, and modules inside.

They are plain attributes, found by their type when asked for. So a network can list its
parameters, save them under their names and switch all its parts between training and evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from nnlib import _absent
from nnlib._arguments import as_target, expect, expect_function, expect_type
from nnlib.tensor import Tensor, float32, float64

ForwardHook: TypeAlias = Callable[["Module", tuple[Any, ...], Any], Any]


class Parameter(Tensor):
    """A tensor that a module learns: it requires gradients, and the module finds it by itself.

    >>> import nnlib
    >>> nnlib.nn.Parameter(nnlib.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        expect_type(data, "data", "a Tensor", Tensor)
        super().__init__(data.array, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class LoadResult(NamedTuple):
    """What ``load_state_dict(strict=False)`` could not match.

    >>> import nnlib
    >>> layer = nnlib.nn.Linear(1, 1)
    >>> layer.load_state_dict({}, strict=False).missing_keys
    ['weight', 'bias']
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


class HookHandle:
    """What takes a hook off again.

    >>> import nnlib
    >>> layer = nnlib.nn.ReLU()
    >>> handle = layer.register_forward_hook(lambda module, args, output: print("seen"))
    >>> _ = layer(nnlib.zeros(1))
    seen
    >>> handle.remove()
    >>> _ = layer(nnlib.zeros(1))
    """

    def __init__(self, hooks: dict[HookHandle, ForwardHook]) -> None:
        self._hooks = hooks

    def remove(self) -> None:
        """Take the hook off; a second time changes nothing."""
        self._hooks.pop(self, None)


class Module:
    """The base of every layer and network.

    A subclass calls ``super().__init__()``, sets its parameters and layers as attributes, and
    defines ``forward``; calling the module runs it. The settings that ``__init__`` is given become
    attributes, and ``repr`` tells them.

    >>> import nnlib
    >>> from nnlib import nn
    >>> class Double(nn.Module):
    ...     def forward(self, x):
    ...         return 2 * x
    >>> Double()(nnlib.tensor([1.0]))
    tensor([2.])
    """

    training: bool
    _buffer_names: set[str]
    _forward_hooks: dict[HookHandle, ForwardHook]
    _shown: tuple[str, ...] = ()  # the attributes that repr tells

    if TYPE_CHECKING:  # what kind of attribute a name is, only its module knows

        def __getattr__(self, name: str) -> Any: ...

    else:
        __getattr__ = _absent.attribute

    def __init__(self, **settings: Any) -> None:
        # Past __setattr__, which takes their presence as the sign that this has run.
        shown = (*self._shown, *settings)
        vars(self).update(_buffer_names=set(), _forward_hooks={}, _shown=shown)
        vars(self).update(training=True, **settings)

    # ---- calling ---------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; each subclass says what."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        output = self.forward(*args, **kwargs)
        if self._forward_hooks:
            for hook in tuple(self._forward_hooks.values()):
                replaced = hook(self, args, output)
                output = output if replaced is None else replaced
        return output

    def register_forward_hook(self, hook: ForwardHook) -> HookHandle:
        """Call ``hook(module, args, output)`` after each forward pass.

        What it returns, unless ``None``, takes the place of the output.
        """
        expect_function(hook, "hook")
        handle = HookHandle(self._forward_hooks)
        self._forward_hooks[handle] = hook
        return handle

    # ---- registration ----------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        own, kind = vars(self), type(self).__name__
        if "_buffer_names" not in own:
            raise AttributeError(f"cannot set {name!r} before super().__init__() in {kind}")
        for part in (Parameter, Module):
            if isinstance(own.get(name), part) and value is not None:
                expect_type(value, name, f"a {part.__name__} or None", part)
        object.__setattr__(self, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name that may be computed; ``None`` keeps the name free.

        >>> import nnlib
        >>> module = nnlib.nn.Module()
        >>> module.register_parameter("scale", nnlib.nn.Parameter(nnlib.ones(1)))
        >>> list(module.state_dict())
        ['scale']
        """
        expect_type(param, "param", "a Parameter or None", Parameter, type(None))
        self._register(name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is saved with the module but not learnt; unless ``persistent``, an
        attribute as any other.

        >>> import nnlib
        >>> module = nnlib.nn.Module()
        >>> module.register_buffer("seen", nnlib.zeros(1))
        >>> list(module.state_dict())
        ['seen']
        """
        expect_type(tensor, "tensor", "a Tensor or None", Tensor, type(None))
        self._register(name, tensor)
        if persistent:
            self._buffer_names.add(name)

    def add_module(self, name: str, module: Module) -> None:
        """Add a module under a name that may be computed.

        >>> import nnlib
        >>> model = nnlib.nn.Module()
        >>> model.add_module("first", nnlib.nn.ReLU())
        >>> model.first
        ReLU()
        """
        expect_type(module, "module", "a Module", Module)
        self._register(name, module)

    def _register(self, name: str, value: Any) -> None:
        expect(isinstance(name, str) and name and "." not in name, "name", "one without dots", name)
        expect(not hasattr(self, name), "name", "one that is not already an attribute", name)
        setattr(self, name, value)

    # ---- what is inside --------------------------------------------------------------------

    def _members(self, kind: type[Any]) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, kind)}

    def _walk(self, path: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all inside it as ``"0.inner."``; a shared one under each of its names."""
        yield path, self
        for name, module in self.named_children():
            yield from module._walk(f"{path}{name}.")

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """Each module's parameters, then its buffers; a shared one under each of its names."""
        for path, module in self._walk():
            tensors = module._members(Tensor)
            learnt = [name for name, tensor in tensors.items() if isinstance(tensor, Parameter)]
            for name in learnt + [name for name in tensors if name in module._buffer_names]:
                yield path + name, tensors[name]

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names."""
        return iter(self._members(Module).items())

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return iter([part for part in vars(self).values() if isinstance(part, Module)])

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """The module itself and all inside it, once each, with dotted names.

        >>> from nnlib import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(1, 1), nn.ReLU()).named_modules()]
        ['', '0', '1']
        """
        return _once((path[:-1], module) for path, module in self._walk())

    def modules(self) -> Iterator[Module]:
        """The module itself and all inside it, once each."""
        return (module for _, module in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters, once each, with dotted names: a tied weight comes under its first.

        >>> from nnlib import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(1, 1), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return _once((name, t) for name, t in self._named_state() if isinstance(t, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, once each: what an optimiser is given."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """All buffers, once each, with dotted names."""
        return _once((name, t) for name, t in self._named_state() if not isinstance(t, Parameter))

    def buffers(self) -> Iterator[Tensor]:
        """All buffers, once each."""
        return (buffer for _, buffer in self.named_buffers())

    # ---- changing all of it ----------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module inside, and on this one last."""
        expect_function(fn, "fn")
        for module in reversed(list(self.modules())):
            fn(module)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode, in which dropout drops."""
        expect_type(mode, "mode", "a bool", bool)
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation mode: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say whether the parameters are learnt; ``False`` freezes them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients: ``None``, as in PyTorch."""
        for parameter in self.parameters():
            parameter.grad = None

    def to(self, dtype: DTypeLike, *more: DTypeLike, **named: Any) -> Self:
        """Convert the parameters and buffers of floats, in place; a device can only be ``"cpu"``.

        Raises ``TypeError`` for a dtype that is not of floats.
        """
        if (kind := as_target(dtype, *more, **named)) is None:
            return self
        if kind.kind != "f":
            raise TypeError(f"dtype: expected a dtype of floats, got {kind}")
        for _, tensor in _once(self._named_state()):
            if tensor.dtype.kind == "f":
                tensor.array = tensor.array.astype(kind, copy=False)
                tensor.grad = None if tensor.grad is None else tensor.grad.to(kind)
        return self

    def float(self) -> Self:
        """``to(float32)``."""
        return self.to(float32)

    def double(self) -> Self:
        """``to(float64)``."""
        return self.to(float64)

    # ---- saving and loading ----------------------------------------------------------------

    def state_dict(self) -> dict[str, Tensor]:
        """All parameters and buffers by name, under PyTorch's keys; they share memory.

        >>> from nnlib import nn
        >>> {name: value.shape for name, value in nn.Linear(3, 2).state_dict().items()}
        {'weight': (2, 3), 'bias': (2,)}
        """
        return {name: tensor.detach() for name, tensor in self._named_state()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy values in by name: tensors, arrays, or what NumPy can read as arrays.

        Nothing is copied unless all fits. Raises ``ValueError`` that lists every missing key,
        unexpected key and wrong shape; ``strict=False`` allows missing and unexpected keys.

        >>> from nnlib import nn
        >>> layer, copy = nn.Linear(3, 2), nn.Linear(3, 2)
        >>> copy.load_state_dict(layer.state_dict())
        LoadResult(missing_keys=[], unexpected_keys=[])
        """
        expect_type(state_dict, "state_dict", "a mapping", Mapping)
        own = dict(self._named_state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        given = {k: np.asarray(getattr(v, "array", v)) for k, v in state_dict.items() if k in own}
        misfits = [name for name, value in given.items() if value.shape != own[name].shape]
        faults = [f"{k}: expected shape {own[k].shape}, got {given[k].shape}" for k in misfits]
        faults += [f"missing keys: {', '.join(missing)}"] * bool(strict and missing)
        faults += [f"unexpected keys: {', '.join(unexpected)}"] * bool(strict and unexpected)
        fit = f"one that fits {type(self).__name__}"
        expect(not faults, "state_dict", fit, "\n  ".join(["", *faults]))
        for name, value in given.items():
            own[name].array[...] = value  # in place, so that an optimiser's views stay views
        return LoadResult(missing, unexpected)

    # ---- printing --------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What a layer says about itself between its brackets."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)

    def __repr__(self) -> str:
        kind, extra = type(self).__name__, self.extra_repr()
        inner = [f"({name}): {module!r}" for name, module in self.named_children()]
        if not inner:
            return f"{kind}({extra})"
        lines = "\n".join([extra, *inner] if extra else inner)
        return f"{kind}(\n  " + lines.replace("\n", "\n  ") + "\n)"


def _once(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each object under the first of its names."""
    first: dict[int, tuple[str, Any]] = {}
    for name, part in named:
        first.setdefault(id(part), (name, part))
    return iter(first.values())


class _Row(Module):
    """What both containers share: modules that are numbered, unless they have names."""

    def __len__(self) -> int:
        return len(self._members(Module))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self


class Sequential(_Row):
    """Modules run one after the other, each on what the one before gave.

    >>> import nnlib
    >>> from nnlib import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> model(nnlib.zeros(5, 2)).shape
    (5, 1)
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
      (2): Linear(in_features=3, out_features=1, bias=True)
    )
    """

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        named: Iterable[tuple[str, Any]] = ((str(i), module) for i, module in enumerate(args))
        if len(args) == 1 and isinstance(args[0], Mapping):
            named = args[0].items()
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        for module in self.children():
            input = module(input)  # noqa: A001
        return input

    def __getitem__(self, index: int | slice) -> Any:
        chosen = list(self.named_children())[index]
        return type(self)(dict(chosen)) if isinstance(chosen, list) else chosen[1]


class ModuleList(_Row):
    """A list whose modules are found: for layers that ``forward`` runs in its own way.

    >>> from nnlib import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        expect_type(modules, "modules", "Modules", Iterable)
        for module in modules:
            self.append(module)

    def __getitem__(self, index: int | slice) -> Any:
        chosen = list(self.children())[index]
        return type(self)(chosen) if isinstance(chosen, list) else chosen


class ModuleDict(Module):
    """Modules under names, which are found as those of a ``ModuleList`` are.

    >>> from nnlib import nn
    >>> parts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> parts["relu"], "tanh" in parts, list(parts)
    (ReLU(), True, ['relu', 'tanh'])
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        expect_type(modules, "modules", "a mapping of Modules", Mapping, type(None))
        for name, module in (modules or {}).items():
            self[name] = module

    def __getitem__(self, name: str) -> Any:
        return self._members(Module)[name]

    def __setitem__(self, name: str, module: Module) -> None:
        expect_type(module, "module", "a Module", Module)
        if name in self:
            setattr(self, name, module)
        else:
            self.add_module(name, module)

    def __contains__(self, name: str) -> bool:
        return name in self._members(Module)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members(Module))

    def __len__(self) -> int:
        return len(self._members(Module))

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._members(Module).keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._members(Module).values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """The names and modules."""
        return self._members(Module).items()


class ParameterList(Module):
    """A list whose parameters are found; tensors in it become parameters.

    >>> import nnlib
    >>> weights = nnlib.nn.ParameterList([nnlib.zeros(2), nnlib.ones(2)])
    >>> len(weights), weights[1].requires_grad, len(list(weights.parameters()))
    (2, True, 2)
    """

    def __init__(self, values: Iterable[Tensor] = ()) -> None:
        super().__init__()
        expect_type(values, "values", "Tensors", Iterable)
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        return len(self._members(Parameter))

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._members(Parameter).values())

    def __getitem__(self, index: int) -> Any:
        return list(self)[index]

    def append(self, value: Tensor) -> Self:
        """Add a parameter at the end."""
        expect_type(value, "value", "a Tensor", Tensor)
        parameter = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(str(len(self)), parameter)
        return self
