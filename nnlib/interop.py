"""The way to other libraries: weights as safetensors files, models as PyTorch modules.

Weights are never pickled: a pickle runs whatever it likes in whoever opens it.
"""

import importlib
import json
import math
import os
from collections.abc import Mapping
from inspect import signature
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from nnlib._files import write_atomically
from nnlib.nn.attention import TransformerEncoderLayer
from nnlib.nn.module import Module, ModuleList, Parameter, Sequential
from nnlib.tensor import Array, Tensor

# F64 is "<f8", and so on: the format stores numbers little-endian.
_DTYPES = {"BOOL": np.dtype("?")} | {
    name: np.dtype(f"<{name[0].lower()}{int(name[1:]) // 8}")
    for name in ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8")
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LONGEST_HEADER = 100_000_000  # the limit of the reference implementation

# Where the parts of a TransformerEncoderLayer keep its settings.
_ENCODER_SETTINGS = {
    "d_model": "linear1.in_features",
    "nhead": "self_attn.num_heads",
    "dim_feedforward": "linear1.out_features",
    "dropout": "dropout.p",
    "layer_norm_eps": "norm1.eps",
    "batch_first": "self_attn.batch_first",
}


def save_safetensors(model: Module | Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a model's ``state_dict``, or any tensors and arrays by name, as a safetensors file.

    8 bytes that say how long the header is, the header (JSON: for each name the dtype, the shape
    and where its bytes lie), then the numbers, little-endian. PyTorch reads it with
    ``safetensors.torch.load_file``. The file appears whole or not at all.

    Raises ``TypeError`` for values that are not numbers in an array.

    >>> import nnlib, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "layer.safetensors")
    >>> nnlib.interop.save_safetensors(nnlib.nn.Linear(2, 1), path)
    >>> sorted(nnlib.interop.load_safetensors(path))
    ['bias', 'weight']
    """
    values = model.state_dict() if isinstance(model, Module) else model
    if not isinstance(values, Mapping):
        raise TypeError(f"model: expected a Module or a mapping, got {type(model).__name__}")
    arrays = [(name, _storable(name, value)) for name, value in values.items()]
    # Widest numbers first, so that each tensor starts at a multiple of its own width.
    arrays.sort(key=lambda item: (-item[1].itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, array in arrays:
        start, end = end, end + array.nbytes
        kind = _NAMES[array.dtype]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    head = len(text).to_bytes(8, "little") + text
    write_atomically(os.fspath(path), chain([head], (array.tobytes() for _, array in arrays)))


def _storable(name: Any, value: Any) -> Array:
    """The value as a little-endian array of a dtype that the format knows."""
    if not isinstance(name, str) or name == "__metadata__":
        raise ValueError(f"model: expected names other than '__metadata__', got {name!r}")
    array = value.array if isinstance(value, Tensor) else value
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in _NAMES:
        got = array.dtype if isinstance(array, np.ndarray) else type(value).__name__
        raise TypeError(f"model: {name!r}: expected a tensor of {', '.join(_DTYPES)}, got {got}")
    return np.asarray(array, array.dtype.newbyteorder("<"))


def load_safetensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, by name: ``model.load_state_dict`` takes them.

    Every length and place in the header is checked before a number is read, so a damaged or
    hostile file costs no more memory than its own size and runs nothing.

    Raises ``ValueError`` that says what is wrong with the file.

    >>> import nnlib, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "one.safetensors")
    >>> nnlib.interop.save_safetensors({"w": nnlib.tensor([1.5, -2.0])}, path)
    >>> nnlib.interop.load_safetensors(path)
    {'w': tensor([ 1.5000, -2.0000])}
    """
    path = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        try:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise ValueError(f"the file has {size} bytes, its header claims {length}")
            tensors = _checked_header(file.read(length), size - 8 - length)
            return {
                name: Tensor(_to_array(name, file.read(count), dtype, shape))
                for name, (count, dtype, shape) in tensors.items()
            }
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueError(f"path: {path} is no safetensors file: {error}") from None


def _checked_header(text: bytes, size: int) -> dict[str, tuple[int, np.dtype[Any], list[int]]]:
    """For each tensor, in the order of the bytes: how many they are, their dtype and shape."""
    header = json.loads(text.decode(), object_pairs_hook=_without_duplicates)
    if not isinstance(header, dict):
        raise ValueError(f"its header is a {type(header).__name__}, not an object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its __metadata__ is not a map from text to text")
    found = [_checked_entry(name, entry) for name, entry in header.items()]
    found.sort(key=lambda each: each[:2])
    position = 0
    for start, end, name, _, _ in found:
        if start != position:
            raise ValueError(f"{name!r}: starts at byte {start}, expected {position}")
        position = end
    if position != size:
        raise ValueError(f"its tensors take {position} bytes, {size} follow the header")
    return {name: (end - start, dtype, shape) for start, end, name, dtype, shape in found}


def _checked_entry(name: str, entry: Any) -> tuple[int, int, str, np.dtype[Any], list[int]]:
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(end)]} if (
            kind in _DTYPES
            and len(shape) <= 64  # NumPy's limit, as is the next
            and all(type(length) is int and 0 <= length < 2**63 for length in shape)
        ):
            count = math.prod(shape) * _DTYPES[kind].itemsize
            if end - start != count:
                raise ValueError(f"{name!r}: {kind} {shape} takes {count} bytes, not {end - start}")
            return start, end, name, _DTYPES[kind], shape
    known = f"a dtype among {', '.join(_DTYPES)}, a shape and two data_offsets"
    raise ValueError(f"{name!r}: expected {known}, got {str(entry)[:200]}")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("its header has a name twice")
    return unique


def _to_array(name: str, data: bytes, dtype: np.dtype[Any], shape: list[int]) -> Array:
    if dtype == np.bool_ and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise ValueError(f"{name!r}: a BOOL is 0 or 1")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def to_torch(model: Module) -> Any:
    """The same model in PyTorch: its layers from ``torch.nn``, with copies of the weights.

    Takes every layer of ``nnlib.nn``, and ``Sequential`` and ``ModuleList`` of them. Tied weights
    stay tied; dtypes, frozen parameters and training mode are kept.

    Raises ``ImportError`` without PyTorch, and ``TypeError`` for a class of your own: what its
    ``forward`` does, only you can say in PyTorch.

    >>> import nnlib
    >>> nnlib.interop.to_torch(nnlib.zeros(1))
    Traceback (most recent call last):
    TypeError: model: expected a Module, got Tensor
    """
    if not isinstance(model, Module):
        raise TypeError(f"model: expected a Module, got {type(model).__name__}")
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise ImportError("to_torch needs PyTorch: pip install torch") from None
    twin = _twin(model, torch, {})
    state = dict(model._named_state())
    arrays = {name: torch.from_numpy(tensor.array.copy()) for name, tensor in state.items()}
    twin.load_state_dict(arrays, assign=True)
    first: dict[int, Any] = {}
    for path, tensor in state.items():
        owner, _, name = path.rpartition(".")
        if isinstance(tensor, Parameter):
            parameter = first.setdefault(id(tensor), twin.get_parameter(path))
            setattr(twin.get_submodule(owner), name, parameter.requires_grad_(tensor.requires_grad))
    return twin


def _twin(module: Module, torch: Any, made: dict[int, Any]) -> Any:
    """The PyTorch module of the same class and settings; one module used twice stays one."""
    if id(module) in made:
        return made[id(module)]
    kind = type(module)
    if kind in (Sequential, ModuleList):
        twin = getattr(torch.nn, kind.__name__)()
        for name, child in module.named_children():
            twin.add_module(name, _twin(child, torch, made))
        twin.training = module.training
    elif kind.__module__.startswith("nnlib.nn.") and kind is not Module:
        # The settings have PyTorch's names, and a layer keeps each under its name, or in a part.
        parts = _ENCODER_SETTINGS if kind is TransformerEncoderLayer else {}
        taken = [p for base in kind.__mro__[:-1] for p in signature(base).parameters.values()]
        names = {p.name for p in taken if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
        settings = {n: attrgetter(parts.get(n, n))(module) for n in names - {"bias", "dtype"}}
        if "bias" in names:
            settings["bias"] = any("bias" in name for name in module.state_dict())
        twin = getattr(torch.nn, kind.__name__)(**settings).train(module.training)
    else:
        hint = "write it with torch.nn, and load the weights that save_safetensors stores"
        raise TypeError(f"model: {kind.__name__} is no layer of nnlib.nn; {hint}")
    made[id(module)] = twin
    return twin
