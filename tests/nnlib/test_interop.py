"""Weights travel to the safetensors package and to PyTorch, and back, bit for bit.

A file that is damaged or hostile is refused with a reason, and none is ever left half written.
"""

import inspect
import json
import os
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlib
from nnlib import nn
from nnlib.interop import load_safetensors, save_safetensors, to_torch

DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
SHAPES = [(), (0,), (1,), (3,), (0, 4), (3, 0), (1, 1), (2, 3), (5, 1, 2), (2, 3, 1, 2)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def some(dtype, shape, seed=0):
    values = np.random.default_rng(seed).integers(0, 100, shape)
    return np.asarray(values, np.dtype(dtype))


def same(first, second):
    assert (first.shape, first.dtype) == (second.shape, second.dtype)
    assert first.tobytes() == second.tobytes()


def packed(header, data=b"", length=None):
    """A safetensors file from a header (an object or the text itself) and the bytes after it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


# ---- there and back ------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_saved_and_loaded_bit_for_bit(path, dtype, shape):
    array = some(dtype, shape)
    save_safetensors({"a": array, "b": nnlib.from_numpy(np.asarray(array))}, path)
    loaded = load_safetensors(path)
    assert list(loaded) == ["a", "b"]
    for each in loaded.values():
        same(each.array, array)
        assert each.array.flags.writeable
        assert not each.requires_grad


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 4), max_size=3), st.binary()),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_names_shapes_and_bits(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "x.safetensors"
    arrays = {}
    for name, (dtype, shape, filler) in content.items():
        if name != "__metadata__":
            count = int(np.prod(shape)) * np.dtype(dtype).itemsize
            data = (filler * (count + 1) or bytes(count))[:count] if dtype != "?" else bytes(count)
            arrays[name] = np.frombuffer(data, dtype).reshape(shape)
    save_safetensors(arrays, path)
    loaded = load_safetensors(path)
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        same(loaded[name].array, array)


def test_special_values_and_memory_order(path):
    plain = np.array([[np.nan, np.inf, -0.0], [5e-324, -np.inf, 1e308]])
    arrays = {
        "plain": plain,
        "fortran": np.asfortranarray(plain),
        "strided": np.repeat(plain, 2, axis=1)[:, ::2],
        "big-endian": plain.astype(">f8"),
    }
    save_safetensors(arrays, path)
    for loaded in load_safetensors(path).values():
        same(loaded.array, plain)


def test_what_is_written_follows_the_format(path):
    save_safetensors({"b": some("i1", (3,)), "a": some("i1", (1,)), "w": some("f8", (2,))}, path)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert length % 8 == 0  # so the numbers start at a multiple of 8, and the widest come first
    assert list(json.loads(data[8 : 8 + length])) == ["__metadata__", "w", "a", "b"]
    assert len(data) == 8 + length + 16 + 4


def test_the_safetensors_package_reads_and_writes_the_same(path):
    theirs = pytest.importorskip("safetensors.numpy", reason="needs the safetensors package")
    arrays = {f"{d}{s}": some(d, s) for d in DTYPES for s in SHAPES}
    save_safetensors(arrays, path)
    loaded = theirs.load_file(path)
    assert loaded.keys() == arrays.keys()
    theirs.save_file(arrays, path, metadata={"made": "elsewhere"})
    ours = load_safetensors(path)
    assert ours.keys() == arrays.keys()
    for name, array in arrays.items():
        same(loaded[name], array)
        same(ours[name].array, array)


def test_pytorch_reads_a_model_as_it_is_and_back(torch, path):
    theirs = pytest.importorskip("safetensors.torch", reason="needs the safetensors package")
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).double()
    twin = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    twin = twin.double()
    save_safetensors(model, path)
    twin.load_state_dict(theirs.load_file(path))
    x = some("f8", (5, 4))
    with torch.no_grad():
        np.testing.assert_allclose(
            model(nnlib.from_numpy(x)).detach().array, twin(torch.from_numpy(x)), rtol=1e-12
        )
    torch.nn.init.normal_(twin[0].weight)
    theirs.save_file(twin.state_dict(), path)
    model.load_state_dict(load_safetensors(path))
    for name, value in twin.state_dict().items():
        same(model.state_dict()[name].array, value.numpy())


# ---- what is refused -----------------------------------------------------------------------

F8 = bytes(8)
MALFORMED = {
    "empty": (b"", "the file has 0 bytes"),
    "length cut": (b"\x10\0\0", "the file has 3 bytes"),
    "header cut": (packed({"a": entry()}, F8)[:30], "the file has 30 bytes, its header claims"),
    "header longer than the file": (packed({}, length=10**6), "its header claims 1000000"),
    "header of 2^64 bytes": (packed({}, length=2**64 - 1), "its header claims 1844"),
    "not JSON": (packed(b"{'a': 1}"), "Expecting property name"),
    "no header": (packed(b""), "Expecting value"),
    "not UTF-8": (packed(b'{"\xff": 1}'), "utf-8"),
    "a list": (packed([]), "its header is a list, not an object"),
    "nested without end": (packed(b'{"a":' * 10**5), "recursion|nested"),
    "a number without end": (packed(b'{"a":' + b"9" * 10**4 + b"}"), "integer"),
    "two of a name": (packed(b'{"a": {}, "a": {}}'), "'a': expected"),
    "no entry": (packed({"a": None}, F8), "'a': expected a dtype among .* got None"),
    "no shape": (packed({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, F8), "'a': expected"),
    "unknown dtype": (packed({"a": entry("F128")}, F8), "'a': expected .* got .*F128"),
    "dtype a list": (packed({"a": entry(["F32"])}, F8), "'a': expected"),
    "BF16": (packed({"a": entry("BF16", (4,))}, F8), "'a': expected a dtype among BOOL, F64"),
    "wrong dtype": (packed({"a": entry("F64")}, F8), r"'a': F64 \[2\] takes 16 bytes, not 8"),
    "wrong shape": (packed({"a": entry(shape=(3,))}, F8), r"'a': F32 \[3\] takes 12 bytes, not 8"),
    "negative shape": (packed({"a": entry(shape=(-1, -2))}, F8), "'a': expected"),
    "shape of floats": (packed({"a": entry(shape=(2.0,))}, F8), "'a': expected"),
    "shape of bools": (packed({"a": entry(shape=(True, 2))}, F8), "'a': expected"),
    "shape a number": (packed({"a": {**entry(), "shape": 2}}, F8), "'a': expected"),
    "65 dimensions": (packed({"a": entry(shape=(1,) * 64 + (2,))}, F8), "dimension"),
    "a huge length": (packed({"a": entry(shape=(0, 2**63), offsets=(0, 0))}), "dimension"),
    "huge lengths": (
        packed({"a": entry(shape=(0, 2**40, 2**40), offsets=(0, 0))}),
        "big|dimension",
    ),
    "a huge product": (packed({"a": entry(shape=(2**40, 2**40))}, F8), "'a': F32 .* bytes, not 8"),
    "three offsets": (packed({"a": entry(offsets=(0, 4, 8))}, F8), "'a': expected"),
    "offsets of floats": (packed({"a": entry(offsets=(0.0, 8.0))}, F8), "'a': expected"),
    "offsets backwards": (packed({"a": entry(offsets=(8, 0))}, F8), "takes 8 bytes, not -8"),
    "negative offset": (packed({"a": entry(offsets=(-8, 0))}, F8), "starts at byte -8, expected 0"),
    "overlap": (
        packed({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)),
        "'b': starts at byte 4, expected 8",
    ),
    "the same bytes twice": (packed({"a": entry(), "b": entry()}, F8), "'b': starts at byte 0"),
    "a hole": (
        packed({"a": entry(), "b": entry(offsets=(12, 20))}, bytes(20)),
        "'b': starts at byte 12, expected 8",
    ),
    "beyond the end": (packed({"a": entry()}, bytes(7)), "take 8 bytes, 7 follow"),
    "bytes left over": (packed({"a": entry()}, bytes(9)), "take 8 bytes, 9 follow"),
    "BOOL of 2": (packed({"a": entry("BOOL", (2,), (0, 2))}, b"\x01\x02"), "'a': a BOOL is 0 or 1"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_file_is_refused_with_a_reason(path, case):
    content, message = MALFORMED[case]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as raised:
        load_safetensors(path)
    assert str(raised.value).startswith(f"path: {path} is no safetensors file: ")


def test_every_shortened_file_and_many_damaged_ones_are_refused_or_read(path):
    """No damage makes anything but a ValueError, and none that is refused costs memory."""
    save_safetensors({"a": some("f4", (3,)), "b": some("?", (2, 2)) > 50}, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is no safetensors file"):
            load_safetensors(path)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            load_safetensors(path)
        except ValueError:
            refused += 1
    assert refused > 100


def test_header_above_the_limit_is_refused_unread(path, monkeypatch):
    monkeypatch.setattr("nnlib.interop._LONGEST_HEADER", 50)
    path.write_bytes(packed(b"{}" + b" " * 49))
    with pytest.raises(ValueError, match="its header claims 51"):
        load_safetensors(path)
    path.write_bytes(packed(b"{}" + b" " * 48))
    assert load_safetensors(path) == {}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, TypeError, "model: expected a Module or a mapping, got NoneType"),
        ([np.zeros(1)], TypeError, "model: expected a Module or a mapping, got list"),
        ({"a": [1.0]}, TypeError, "model: 'a': expected a tensor of BOOL, F64.* got list"),
        ({"a": np.zeros(1, complex)}, TypeError, "model: 'a': .* got complex128"),
        ({"a": np.array([None])}, TypeError, "model: 'a': .* got object"),
        ({"a": np.array(["x"])}, TypeError, "model: 'a': .* got <U1"),
        ({1: np.zeros(1)}, ValueError, "model: expected names .* got 1"),
        ({"__metadata__": np.zeros(1)}, ValueError, "model: expected names other than"),
        ({"\ud800": np.zeros(1)}, ValueError, "surrogates"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(path, content, error, message):
    path.write_bytes(b"old")
    with pytest.raises(error, match=message):
        save_safetensors(content, path)
    assert os.listdir(path.parent) == [path.name]
    assert path.read_bytes() == b"old"


def test_paths_that_are_no_files(tmp_path):
    for call in (load_safetensors, lambda path: save_safetensors({}, path)):
        with pytest.raises((IsADirectoryError, PermissionError)):
            call(tmp_path)
        with pytest.raises(FileNotFoundError):
            call(tmp_path / "nowhere" / "x.safetensors")
        with pytest.raises(TypeError):
            call(0)  # a number would be a file descriptor
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_interrupted_write_leaves_the_old_file(path, monkeypatch, step, error):
    def fail(*args):
        raise error

    save_safetensors({"a": some("f4", (2,))}, path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(type(error)):
            save_safetensors({"a": some("f4", (200,))}, path)
    assert os.listdir(path.parent) == [path.name]
    assert path.read_bytes() == before


# ---- to PyTorch ----------------------------------------------------------------------------

LAYERS = [
    ("Linear", (4, 3), {}, (5, 4)),
    ("Linear", (4, 3), {"bias": False}, (5, 4)),
    ("Identity", (), {}, (3, 2)),
    ("Flatten", (), {"start_dim": 0}, (3, 2)),
    ("ReLU", (), {}, (3, 2)),
    ("Sigmoid", (), {}, (3, 2)),
    ("Tanh", (), {}, (3, 2)),
    ("LeakyReLU", (0.2,), {}, (3, 2)),
    ("GELU", ("tanh",), {}, (3, 2)),
    ("Softmax", (1,), {}, (3, 2)),
    ("LogSoftmax", (0,), {}, (3, 2)),
    ("Dropout", (0.3,), {}, (3, 2)),
    ("Dropout2d", (0.3,), {}, (2, 3, 4, 4)),
    ("SiLU", (), {}, (3, 2)),
    ("ELU", (0.5,), {}, (3, 2)),
    ("Softplus", (), {}, (3, 2)),
    ("Conv1d", (3, 4, 3), {"padding": 1, "stride": 2}, (2, 3, 8)),
    ("Conv2d", (3, 4, (3, 2)), {"dilation": 2, "bias": False}, (2, 3, 8, 8)),
    ("MaxPool1d", (2,), {}, (2, 3, 8)),
    ("MaxPool2d", (2,), {"stride": 1}, (2, 3, 8, 8)),
    ("AvgPool1d", (2,), {}, (2, 3, 8)),
    ("AvgPool2d", (3,), {"padding": 1}, (2, 3, 9, 9)),
    ("AdaptiveAvgPool2d", ((2, 3),), {}, (2, 3, 9, 9)),
    ("BatchNorm1d", (3,), {}, (4, 3)),
    ("BatchNorm1d", (3,), {"affine": False}, (4, 3)),
    ("BatchNorm2d", (3,), {"momentum": 0.3, "eps": 1e-3}, (2, 3, 4, 4)),
    ("LayerNorm", (5,), {}, (4, 5)),
    ("LayerNorm", ((4, 5),), {"elementwise_affine": False}, (3, 4, 5)),
    ("LayerNorm", (5,), {"bias": False}, (4, 5)),
    ("Embedding", (7, 3), {}, "indices"),
    ("RNN", (3, 4), {"bias": False}, (6, 2, 3)),
    ("LSTM", (3, 4), {"num_layers": 2, "bidirectional": True}, (6, 2, 3)),
    ("GRU", (3, 4), {"batch_first": True}, (2, 6, 3)),
    ("MultiheadAttention", (6, 2), {"batch_first": True}, "attention"),
    ("MultiheadAttention", (6, 2), {"bias": False}, "attention"),
    ("TransformerEncoderLayer", (6, 2, 8), {"norm_first": True, "dropout": 0.0}, (5, 3, 6)),
    ("TransformerEncoderLayer", (6, 2, 8, 0.0, "gelu"), {"batch_first": True}, (5, 3, 6)),
    (
        "TransformerEncoder",
        (nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True), 2, nn.LayerNorm(6)),
        {},
        (5, 3, 6),
    ),
    ("KLDivLoss", (), {"reduction": "batchmean"}, "pair"),
    ("MSELoss", ("sum",), {}, "pair"),
    ("L1Loss", ("none",), {}, "pair"),
    ("HuberLoss", (), {"delta": 0.5}, "pair"),
    ("SmoothL1Loss", (), {"beta": 0.5}, "pair"),
    ("BCELoss", (), {}, "pair"),
    ("BCEWithLogitsLoss", (), {}, "pair"),
    ("CrossEntropyLoss", ("sum",), {}, "classes"),
    ("NLLLoss", ("none",), {}, "classes"),
]
# Layers whose arguments PyTorch takes by another name or order are given by name here.
BY_NAME = {"MSELoss", "L1Loss", "CrossEntropyLoss", "NLLLoss"}


def made(name, arguments, options):
    if name in BY_NAME:
        arguments, options = (), {"reduction": arguments[0], **options}
    return getattr(nn, name)(*arguments, **options)


def inputs_for(shape):
    rng = np.random.default_rng(1)
    if shape == "indices":
        return [rng.integers(0, 7, (2, 4))]
    if shape == "attention":
        return [rng.normal(size=(5, 3, 6))] * 3
    if shape == "pair":
        return [rng.uniform(0.1, 0.9, (4, 3)), rng.uniform(size=(4, 3))]
    if shape == "classes":
        return [rng.normal(size=(4, 3)), rng.integers(0, 3, 4)]
    return [rng.normal(size=shape)]


def arrays_in(result):
    if isinstance(result, tuple):
        return [array for each in result for array in arrays_in(each)]
    return [] if result is None else [result.detach().numpy()]


def agree(model, twin, torch, inputs):
    ours = arrays_in(model(*(nnlib.from_numpy(x) for x in inputs)))
    theirs = arrays_in(twin(*(torch.from_numpy(x) for x in inputs)))
    assert len(ours) == len(theirs) > 0
    for first, second in zip(ours, theirs, strict=True):
        assert first.shape == second.shape
        assert np.linalg.norm(first - second) <= 1e-10 * np.linalg.norm(second) + 1e-300


@pytest.mark.parametrize(("name", "arguments", "options", "shape"), LAYERS)
def test_each_layer_has_its_twin(torch, name, arguments, options, shape):
    model = made(name, arguments, options).double().eval()
    for i, parameter in enumerate(model.parameters()):
        parameter.array[...] += np.random.default_rng(i).normal(size=parameter.shape) / 10
    twin = to_torch(model)
    assert type(twin) is getattr(torch.nn, name)
    assert twin.training is False
    assert list(twin.state_dict()) == list(model.state_dict())
    for key, value in twin.state_dict().items():
        same(model.state_dict()[key].array, value.numpy())
        assert not np.shares_memory(model.state_dict()[key].array, value.numpy())
    agree(model, twin, torch, inputs_for(shape))


def test_no_layer_is_left_out():
    kinds = {name for name in nn.__all__ if inspect.isclass(getattr(nn, name))}
    alone = {"Module", "ModuleDict", "ModuleList", "Parameter", "ParameterList", "Sequential"}
    assert kinds - {row[0] for row in LAYERS} == alone


def network():
    inner = nn.Sequential(nn.Linear(6, 6), nn.Tanh())
    return nn.Sequential(inner, nn.Dropout(0.5), nn.Linear(6, 2, bias=False)).double()


def test_a_network_with_frozen_layers_and_mixed_modes(torch):
    model = network()
    model[0].requires_grad_(False)
    model[1].eval()
    twin = to_torch(model)
    assert [p.requires_grad for p in twin.parameters()] == [False, False, True]
    assert [m.training for m in twin.modules()] == [m.training for m in model.modules()]
    agree(model, twin, torch, inputs_for((3, 6)))
    kinds = [type(module).__name__ for module in twin.modules()]
    assert kinds == [type(module).__name__ for module in model.modules()]
    assert {p.dtype for p in twin.parameters()} == {torch.float64}
    assert {p.dtype for p in to_torch(model.float()).parameters()} == {torch.float32}


def test_tied_weights_and_modules_stay_tied(torch):
    layer = nn.Linear(3, 3)
    other = nn.Linear(3, 3)
    other.weight = layer.weight
    model = nn.Sequential(layer, nn.ReLU(), layer, other).double()
    twin = to_torch(model)
    assert twin[0] is twin[2]
    assert twin[3].weight is twin[0].weight
    assert twin[3].bias is not twin[0].bias
    assert len(list(twin.parameters())) == len(list(model.parameters())) == 3
    agree(model, twin, torch, inputs_for((2, 3)))


def test_module_list_has_its_twin(torch):
    twin = to_torch(nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 2)]))
    assert isinstance(twin, torch.nn.ModuleList)
    assert [layer.out_features for layer in twin] == [3, 2]


class Own(nn.Linear):
    def forward(self, input):  # noqa: A002 - PyTorch's name
        return -super().forward(input)


@pytest.mark.parametrize("model", [Own(2, 2), nn.Sequential(Own(2, 2)), nn.Module()])
def test_classes_of_one_s_own_are_refused(torch, model):
    with pytest.raises(TypeError, match=r"model: (Own|Module) is no layer of nnlib\.nn"):
        to_torch(model)


@pytest.mark.parametrize("model", [None, nnlib.zeros(1), {}, "Linear", nn.Linear])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(TypeError, match="model: expected a Module, got "):
        to_torch(model)


def test_without_pytorch_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="to_torch needs PyTorch: pip install torch"):
        to_torch(nn.Linear(1, 1))
