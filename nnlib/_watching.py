"""Looking at each layer while a model runs: what computes, and what comes out of it.

The monitor looks on at every step, the search for a divergence when a step is run again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor

# Gets the layer's name, its arguments, and the tensor it returned.
See: TypeAlias = Callable[[str, tuple[Any, ...], Tensor], None]


def own_parameters(module: Module) -> list[Parameter]:
    """Those of the module itself, without the modules inside it."""
    return [value for value in vars(module).values() if isinstance(value, Parameter)]


def watched_layers(model: Module) -> dict[str, Module]:
    """The modules that compute, by name: those with parameters of their own or nothing inside.

    >>> from nnlib import nn
    >>> list(watched_layers(nn.Sequential(nn.Linear(1, 1), nn.ReLU())))
    ['0', '1']
    """
    return {
        name or type(model).__name__: module
        for name, module in model.named_modules()
        if own_parameters(module) or not any(module.children())
    }


@contextmanager
def watching(model: Module, see: See) -> Iterator[None]:
    """Call ``see`` for each layer that runs, and keep the gradients at the outputs."""

    def hook(layer: str, module: Module, args: tuple[Any, ...], output: Any) -> None:
        # A recurrent layer returns its state too.
        first = output[0] if isinstance(output, tuple) and output else output
        if isinstance(first, Tensor):
            if first.requires_grad:
                first.retain_grad()
            see(layer, args, first)

    layers = watched_layers(model).items()
    handles = [module.register_forward_hook(partial(hook, name)) for name, module in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
