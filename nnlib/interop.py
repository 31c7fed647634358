"""The way to other libraries: weights as safetensors files, models as PyTorch modules.

Weights are never pickled: a pickle runs whatever it likes in whoever opens it.
"""

import importlib
import math
import os
from collections.abc import Mapping
from inspect import signature
from itertools import chain
from operator import attrgetter
from typing import Any, BinaryIO

import numpy as np

from nnlib._arguments import expect, expect_type
from nnlib._files import write_atomically
from nnlib.nn.attention import TransformerEncoder, TransformerEncoderLayer
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
    "d_model": "linear1.in_features", "nhead": "self_attn.num_heads",
    "dim_feedforward": "linear1.out_features", "dropout": "dropout.p",
    "layer_norm_eps": "norm1.eps", "batch_first": "self_attn.batch_first",
}  # fmt: skip


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
    import json  # here and in _read: who imports nnlib does not wait for it

    values = model.state_dict() if isinstance(model, Module) else model
    expect_type(values, "model", "a Module or a mapping", Mapping)
    arrays = [(name, _storable(name, value)) for name, value in values.items()]
    # Widest numbers first, so that each tensor starts at a multiple of its own width.
    arrays.sort(key=lambda item: (-item[1].itemsize, item[0]))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, array in arrays:
        start, end, kind = end, end + array.nbytes, _NAMES[array.dtype]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": (start, end)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    head = len(text).to_bytes(8, "little") + text
    write_atomically(os.fspath(path), chain([head], (array.tobytes() for _, array in arrays)))


def _storable(name: Any, value: Any) -> Array:
    """The value as a little-endian array of a dtype that the format knows."""
    named = isinstance(name, str) and name != "__metadata__"
    expect(named, "model", "names other than '__metadata__'", repr(name))
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
        try:
            return _read(file, os.fstat(file.fileno()).st_size)
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueError(f"path: {path} is no safetensors file: {error}") from None


def _read(file: BinaryIO, size: int) -> dict[str, Tensor]:
    import json

    length = int.from_bytes(file.read(8), "little")
    left = size - 8 - length
    fits = left >= 0 and length <= _LONGEST_HEADER
    _require(fits, f"the file has {size} bytes, its header claims {length}")
    header = json.loads(file.read(length).decode())
    _require(isinstance(header, dict), f"its header is a {type(header).__name__}, not an object")
    header.pop("__metadata__", None)
    for name, entry in header.items():
        _check_entry(name, entry)
    entries = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    position = 0
    for name, entry in entries:
        start, end = entry["data_offsets"]
        _require(start == position, f"{name!r}: starts at byte {start}, expected {position}")
        position = end
    _require(position == left, f"its tensors take {position} bytes, {left} follow the header")
    return {name: _tensor(name, file, **entry) for name, entry in entries}


def _check_entry(name: str, entry: Any) -> None:
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(end)]} if (
            kind in _DTYPES and all(type(length) is int and length >= 0 for length in shape)
        ):
            size = math.prod(shape) * _DTYPES[kind].itemsize
            fault = f"{name!r}: {kind} {shape} takes {size} bytes, not {end - start}"
            _require(size == end - start and len(entry) == 3, fault)
        case _:
            known = f"a dtype among {', '.join(_DTYPES)}, a shape and two data_offsets"
            raise ValueError(f"{name!r}: expected {known}, got {str(entry)[:200]}")


def _tensor(name: str, file: BinaryIO, dtype: str, shape: Any, data_offsets: Any) -> Tensor:
    kind, data = _DTYPES[dtype], file.read(data_offsets[1] - data_offsets[0])
    sound = dtype != "BOOL" or max(data, default=0) <= 1
    _require(sound, f"{name!r}: a BOOL is 0 or 1")
    return Tensor(np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("=")))


def _require(holds: bool, fault: str) -> None:
    if not holds:
        raise ValueError(fault)


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
    expect_type(model, "model", "a Module", Module)
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise ImportError("to_torch needs PyTorch: pip install torch") from None
    twin, made = _twin(model, torch, {}), dict[int, Any]()
    for path, tensor in model._named_state():
        owner, _, name = path.rpartition(".")
        if id(tensor) not in made:
            values = torch.from_numpy(tensor.array.copy())
            learnt = isinstance(tensor, Parameter)
            made[id(tensor)] = (
                torch.nn.Parameter(values, tensor.requires_grad) if learnt else values
            )
        setattr(twin.get_submodule(owner), name, made[id(tensor)])
    return twin


def _twin(module: Module, torch: Any, made: dict[int, Any]) -> Any:
    """The PyTorch module of the same class and settings; one module used twice stays one."""
    if id(module) in made:
        return made[id(module)]
    kind = type(module)
    if kind is TransformerEncoder:
        layers, norm = (_twin(each, torch, made) for each in (module.layers, module.norm))
        twin = torch.nn.TransformerEncoder(layers[0], 1, norm).train(module.training)
        twin.layers, twin.num_layers = layers, len(layers)
    elif kind in (Sequential, ModuleList):
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
