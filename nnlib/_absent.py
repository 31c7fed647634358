"""What is not here says what is: an unknown name is answered with the nearest ones there are.

Lessons written for PyTorch use more names than a small library has.
"""

from collections.abc import Callable, Iterable
from typing import Any

# Where the nearest spelling would mislead.
_INSTEAD = {
    "cuda": "to(device), where the one device is 'cpu'",
    "save": "interop.save_safetensors",
    "load": "interop.load_safetensors",
    "compile": "nothing: call the function itself",
    "vmap": "a dimension more, over which operations broadcast",
    "jit": "nothing: call the function itself",
    "LongTensor": "tensor(data, dtype=long)",
    "FloatTensor": "tensor(data, dtype=float)",
    "Variable": "tensor(data, requires_grad=True)",
    "inference_mode": "no_grad",
}


def explain(owner: str, name: str, there: Iterable[str]) -> AttributeError:
    """An error that names what comes nearest to a name that is missing.

    >>> explain("nnlib", "conv3d", ["conv1d", "conv2d", "relu"]).args[0]
    "'nnlib' has no conv3d; there are conv1d, conv2d"
    """
    from difflib import get_close_matches  # only for one who erred

    plain = {known.lower(): known for known in there if not known.startswith("_")}
    near = [plain[word] for word in get_close_matches(name.lower(), plain, n=3, cutoff=0.6)]
    text = f"'{owner}' has no {name}"
    if name in _INSTEAD:
        text += f"; write {_INSTEAD[name]}"
    elif near:
        text += f"; there {'is' if len(near) == 1 else 'are'} {', '.join(sorted(near))}"
    else:
        text += "; the reference lists PyTorch's names that are here"
    return AttributeError(text, name=name)


def attribute(self: Any, name: str) -> Any:
    """The ``__getattr__`` of a class: called for what it does not have."""
    if name.startswith("__"):  # Python asks whether it is there, and no reader does
        raise AttributeError(name)
    raise explain(type(self).__name__, name, dir(self))


def of_module(module: str, *names: Iterable[str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that has these names."""

    def attribute(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise explain(module, name, [each for several in names for each in several])

    return attribute
