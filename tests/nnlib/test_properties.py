"""Laws that hold for every input, tried on inputs that nobody chose.
A table of examples shows that an operation is right where we looked; these look elsewhere."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

import nnlib
from nnlib import nn
from nnlib.nn import functional as F  # noqa: N812 - as everybody writes it

Array = NDArray[np.float64]
SIDES = npst.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=5)
NUMBERS = st.floats(-30, 30, width=32)
ARRAYS = npst.arrays(np.float64, SIDES, elements=NUMBERS)
MATRICES = npst.arrays(np.float64, st.tuples(*[st.integers(1, 5)] * 2), elements=NUMBERS)
SHIFTS = st.floats(-1e3, 1e3, width=32)


def values(result: nnlib.Tensor) -> Array:
    return result.detach().numpy()


@given(x=ARRAYS, shift=SHIFTS)
def test_softmax_does_not_see_a_shift_of_all_logits(x: Array, shift: float) -> None:
    for function in (F.softmax, F.log_softmax):
        moved, plain = (values(function(nnlib.tensor(a), dim=-1)) for a in (x + shift, x))
        np.testing.assert_allclose(moved, plain, rtol=1e-9, atol=1e-9)


@given(x=ARRAYS, shift=SHIFTS)
def test_logsumexp_and_the_cross_entropy_shift_as_they_should(x: Array, shift: float) -> None:
    moved, plain = (values(F.logsumexp(nnlib.tensor(a), -1)) for a in (x + shift, x))
    np.testing.assert_allclose(moved, plain + shift, rtol=1e-9, atol=1e-9)
    flat = x.reshape(-1, x.shape[-1])
    target = nnlib.tensor(np.zeros(len(flat), dtype=np.int64))
    losses = [F.cross_entropy(nnlib.tensor(a), target).item() for a in (flat + shift, flat)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-9, abs=1e-9)


@given(x=ARRAYS, order=st.randoms(use_true_random=False))
def test_attention_without_a_mask_follows_a_shuffling_of_its_tokens(
    x: Array, order: object
) -> None:
    x = x.reshape(1, -1, x.shape[-1]) / 30
    places = list(range(x.shape[1]))
    order.shuffle(places)  # type: ignore[attr-defined]  # Hypothesis gives a random.Random
    attend = F.scaled_dot_product_attention
    shuffled, plain = (values(attend(*[nnlib.tensor(a)] * 3)) for a in (x[:, places], x))
    np.testing.assert_allclose(shuffled, plain[:, places], rtol=1e-9, atol=1e-12)


@given(x=MATRICES, order=st.randoms(use_true_random=False))
def test_a_layer_treats_every_example_by_itself(x: Array, order: object) -> None:
    rows = list(range(len(x)))
    order.shuffle(rows)  # type: ignore[attr-defined]  # as above
    nnlib.manual_seed(0)
    model = nn.Sequential(nn.Linear(x.shape[1], 4), nn.GELU(), nn.LayerNorm(4)).double()
    shuffled, plain = (values(model(nnlib.tensor(a))) for a in (x[rows], x))
    np.testing.assert_allclose(shuffled, plain[rows], rtol=1e-9, atol=1e-9)


@given(x=MATRICES, a=NUMBERS, b=NUMBERS)
def test_linear_and_convolution_are_linear(x: Array, a: float, b: float) -> None:
    other = x[::-1] + 1
    weight = np.linspace(-1, 1, 3 * x.shape[1]).reshape(3, -1)
    kernel = np.linspace(-1, 1, 2).reshape(1, 1, 2)
    for function, shape in (
        (lambda t: F.linear(t, nnlib.tensor(weight)), x.shape),
        (lambda t: F.conv1d(t, nnlib.tensor(kernel), padding=1), (len(x), 1, x.shape[1])),
    ):
        mixed = values(function(nnlib.tensor((a * x + b * other).reshape(shape))))
        parts = (values(function(nnlib.tensor(part.reshape(shape)))) for part in (x, other))
        one, two = parts
        np.testing.assert_allclose(mixed, a * one + b * two, rtol=1e-9, atol=1e-8)


@given(x=ARRAYS, y=NUMBERS, axis=st.integers(0, 1))
def test_a_gradient_has_the_shape_and_dtype_of_its_tensor(x: Array, y: float, axis: int) -> None:
    for dtype in (np.float32, np.float64):
        t = nnlib.tensor(x.astype(dtype), requires_grad=True)
        row = nnlib.tensor(x.astype(dtype).mean(axis=axis, keepdims=True), requires_grad=True)
        (F.softmax(t * row, dim=-1) + F.relu(t - y) / 2).sum().backward()
        for leaf in (t, row):
            assert leaf.grad is not None
            assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype)


@given(arrays=st.dictionaries(st.text("abc.", min_size=1), ARRAYS, min_size=1, max_size=4))
def test_what_is_saved_is_loaded_bit_for_bit(
    arrays: dict[str, Array], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.mktemp("saved")) / "weights.safetensors"
    nnlib.interop.save_safetensors({k: nnlib.tensor(a) for k, a in arrays.items()}, path)
    loaded = nnlib.interop.load_safetensors(path)
    assert {k: values(t).tobytes() for k, t in loaded.items()} == {
        k: a.tobytes() for k, a in arrays.items()
    }
