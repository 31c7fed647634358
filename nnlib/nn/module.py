"""What a layer and a whole network have in common: parameters, and modules inside.

An attribute that is a parameter or a module is noticed when it is set. So a network can list its
parameters, save them under their names and switch all its parts between training and evaluation.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

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
        if not isinstance(data, Tensor):
            raise TypeError(f"data: expected a Tensor, got {type(data).__name__}")
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

    def __init__(self, hooks: dict[int, ForwardHook], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Take the hook off; a second time changes nothing."""
        self._hooks.pop(self._key, None)


class Module:
    """The base of every layer and network.

    A subclass calls ``super().__init__()``, sets its parameters and layers as attributes, and
    defines ``forward``; calling the module runs it.

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
    _forward_hooks: dict[int, ForwardHook]

    _hook_keys = itertools.count()

    def __init__(self) -> None:
        # Past __setattr__, which takes their presence as the sign that this has run.
        object.__setattr__(self, "_buffer_names", set())
        self._forward_hooks = {}
        self.training = True

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
        if not callable(hook):
            raise TypeError(f"hook: expected a function, got {type(hook).__name__}")
        key = next(self._hook_keys)
        self._forward_hooks[key] = hook
        return HookHandle(self._forward_hooks, key)

    # ---- registration ----------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        """Parameters and modules are plain attributes, found by their type when asked for."""
        self._require_init(name)
        old = self.__dict__.get(name)
        for kind in (Parameter, Module):
            if isinstance(old, kind) and not (value is None or isinstance(value, kind)):
                raise TypeError(
                    f"{name}: expected a {kind.__name__} or None, got {type(value).__name__}"
                )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._buffer_names.discard(name)

    def _require_init(self, name: str) -> None:
        if "_buffer_names" not in self.__dict__:
            raise AttributeError(
                f"cannot set {name!r} before super().__init__() has been called in "
                f"{type(self).__name__}.__init__"
            )

    def _members(self, kind: type[Any]) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, kind)}

    def _own_buffers(self) -> dict[str, Tensor]:
        return {name: t for name, t in self._members(Tensor).items() if name in self._buffer_names}

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name that may be computed; ``None`` keeps the name free.

        >>> import nnlib
        >>> module = nnlib.nn.Module()
        >>> module.register_parameter("scale", nnlib.nn.Parameter(nnlib.ones(1)))
        >>> list(module.state_dict())
        ['scale']
        """
        self._check_name(name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"param: expected a Parameter or None, got {type(param).__name__}")
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Add a tensor that is saved with the module but not learnt.

        >>> import nnlib
        >>> module = nnlib.nn.Module()
        >>> module.register_buffer("seen", nnlib.zeros(1))
        >>> list(module.state_dict())
        ['seen']
        """
        self._check_name(name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"tensor: expected a Tensor or None, got {type(tensor).__name__}")
        self._buffer_names.add(name)
        setattr(self, name, tensor)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name that may be computed.

        >>> import nnlib
        >>> model = nnlib.nn.Module()
        >>> model.add_module("first", nnlib.nn.ReLU())
        >>> model.first
        ReLU()
        """
        self._check_name(name)
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"module: expected a Module or None, got {type(module).__name__}")
        setattr(self, name, module)

    def _check_name(self, name: str) -> None:
        self._require_init(name)
        if not isinstance(name, str) or name == "" or "." in name:
            raise ValueError(f"name: expected a name without dots, got {name!r}")
        if hasattr(self, name):
            raise ValueError(f"name: {name!r} is already an attribute of {type(self).__name__}")

    # ---- what is inside --------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names."""
        return iter(self._members(Module).items())

    def children(self) -> Iterator[Module]:
        """The modules directly inside."""
        return iter(self._members(Module).values())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """The module itself and all inside it, once each, with dotted names.

        >>> from nnlib import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(1, 1), nn.ReLU()).named_modules()]
        ['', '0', '1']
        """
        found: set[int] = set()
        waiting = [(prefix, self)]
        while waiting:
            name, module = waiting.pop()
            if id(module) in found:
                continue
            found.add(id(module))
            yield name, module
            inner = [(f"{name}.{key}" if name else key, m) for key, m in module.named_children()]
            waiting.extend(reversed(inner))

    def modules(self) -> Iterator[Module]:
        """The module itself and all inside it, once each."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """All parameters, once each, with dotted names.

        >>> from nnlib import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(1, 1), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return _once(self.named_modules(prefix), lambda module: module._members(Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, once each: what an optimiser is given."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All buffers, once each, with dotted names."""
        return _once(self.named_modules(prefix), Module._own_buffers)

    def buffers(self) -> Iterator[Tensor]:
        """All buffers, once each."""
        return (buffer for _, buffer in self.named_buffers())

    # ---- changing all of it ----------------------------------------------------------------

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call ``fn`` on every module inside, and on this one last."""
        for module in reversed(list(self.modules())):
            fn(module)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode, in which dropout drops."""
        if not isinstance(mode, bool):
            raise TypeError(f"mode: expected a bool, got {type(mode).__name__}")
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

    def zero_grad(self) -> None:
        """Forget the gradients: ``None``, as in PyTorch."""
        for parameter in self.parameters():
            parameter.grad = None

    def to(self, dtype: DTypeLike) -> Self:
        """Convert the parameters and buffers of floats, in place."""
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"dtype: expected a dtype of floats, got {np.dtype(dtype)}")
        for tensor in itertools.chain(self.parameters(), self.buffers()):
            if tensor.dtype.kind == "f":
                tensor.array = tensor.array.astype(dtype, copy=False)
                tensor.grad = None if tensor.grad is None else tensor.grad.to(dtype)
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

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        """Each module's parameters, then its buffers; a shared one under each of its names."""
        waiting: list[tuple[str, Module]] = [("", self)]
        while waiting:
            prefix, module = waiting.pop()
            for name, tensor in (module._members(Parameter) | module._own_buffers()).items():
                yield prefix + name, tensor
            inner = [(f"{prefix}{name}.", child) for name, child in module.named_children()]
            waiting.extend(reversed(inner))

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy values in by name: tensors, arrays, or what NumPy can read as arrays.

        Nothing is copied unless all fits. Raises ``ValueError`` that lists every missing key,
        unexpected key and wrong shape; ``strict=False`` allows missing and unexpected keys.

        >>> from nnlib import nn
        >>> layer, copy = nn.Linear(3, 2), nn.Linear(3, 2)
        >>> copy.load_state_dict(layer.state_dict())
        LoadResult(missing_keys=[], unexpected_keys=[])
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"state_dict: expected a mapping, got {type(state_dict).__name__}")
        own = dict(self._named_state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        new = {
            name: np.asarray(getattr(value, "array", value))
            for name, value in state_dict.items()
            if name in own
        }
        faults = [
            f"{name}: expected shape {own[name].shape}, got {value.shape}"
            for name, value in new.items()
            if value.shape != own[name].shape
        ]
        if strict and missing:
            faults.append(f"missing keys: {', '.join(missing)}")
        if strict and unexpected:
            faults.append(f"unexpected keys: {', '.join(unexpected)}")
        if faults:
            raise ValueError(
                f"state_dict does not fit {type(self).__name__}:\n  " + "\n  ".join(faults)
            )
        for name, value in new.items():
            own[name].array[...] = value  # in place, so that an optimiser's views stay views
        return LoadResult(missing, unexpected)

    # ---- printing --------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What a layer says about itself between its brackets."""
        return ""

    def __repr__(self) -> str:
        inner = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self.named_children()
        ]
        if not inner:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = [self.extra_repr(), *inner] if self.extra_repr() else inner
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)"


def _once(
    modules: Iterable[tuple[str, Module]], members: Callable[[Module], Mapping[str, Any]]
) -> Iterator[tuple[str, Any]]:
    """The members of each module with dotted names; a tied weight comes once, under the first."""
    found: set[int] = set()
    for path, module in modules:
        for name, member in members(module).items():
            if id(member) not in found:
                found.add(id(member))
                yield f"{path}.{name}" if path else name, member


class Sequential(Module):
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
        if len(args) == 1 and isinstance(args[0], Mapping):
            named: Iterable[tuple[str, Any]] = args[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            _check_module(module)
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        for module in self.children():
            input = module(input)  # noqa: A001
        return input

    def __len__(self) -> int:
        return len(self._members(Module))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(list(self.named_children())[index]))
        return list(self.children())[index]

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        _check_module(module)
        self.add_module(str(len(self)), module)
        return self


class ModuleList(Module):
    """A list whose modules are found: for layers that ``forward`` runs in its own way.

    >>> from nnlib import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        for module in modules:
            self.append(module)

    def __len__(self) -> int:
        return len(self._members(Module))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int | slice) -> Any:
        chosen = list(self.children())[index]
        return type(self)(chosen) if isinstance(chosen, list) else chosen

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        _check_module(module)
        self.add_module(str(len(self)), module)
        return self


def _check_module(module: Any) -> None:
    if not isinstance(module, Module):
        raise TypeError(f"module: expected a Module, got {type(module).__name__}")
