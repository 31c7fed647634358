"""The bundled digits and text, and the generated sequences, are what their docstrings say.

What ships is pinned by its digest: a file that is changed by accident is noticed.
"""

import hashlib
import os

import numpy as np
import pytest

import nnlib
from nnlib import datasets

DATA = os.path.join(os.path.dirname(nnlib.__file__), "_data")


def test_digits_are_the_source_s_numbers():
    X, y = datasets.digits()
    assert X.shape == (1797, 1, 8, 8)
    assert (X.dtype, y.dtype) == (nnlib.float32, nnlib.int64)
    assert (X.array.min(), X.array.max()) == (0, 1)
    sixteenths = (X.array * 16).astype(np.uint8)
    assert (sixteenths == X.array * 16).all()
    # Of the pixels and labels as whole numbers, computed from the repository's own file.
    assert hashlib.sha256(sixteenths.tobytes()).hexdigest() == PIXELS
    assert hashlib.sha256(y.array.astype(np.uint8).tobytes()).hexdigest() == LABELS
    assert np.bincount(y.array).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


PIXELS = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
LABELS = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def test_digits_split_is_fixed_and_complete():
    whole, train, test = (datasets.digits(part) for part in (None, True, False))
    assert (len(train.X), len(test.X)) == (1437, 360)
    assert (np.concatenate([train.X.array, test.X.array]) == whole.X.array).all()
    assert (np.concatenate([train.y.array, test.y.array]) == whole.y.array).all()
    assert np.bincount(test.y.array).min() >= 33


@pytest.mark.parametrize(("train", "n"), [(None, 1797), (True, 1437), (False, 360)])
def test_flat_digits_are_the_same_pixels(train, n):
    flat, image = datasets.digits(train, flat=True), datasets.digits(train)
    assert flat.X.shape == (n, 64)
    assert (flat.X.array == image.X.array.reshape(n, 64)).all()
    flat.X.array[:] = 0  # each call gives fresh arrays
    assert datasets.digits(train).X.array.any()


@pytest.mark.parametrize("train", [0, 1, "train", 1.0, ()])
def test_digits_bad_argument(train):
    with pytest.raises(TypeError, match="train: expected True, False or None, got"):
        datasets.digits(train)


def test_digits_can_be_learnt():
    """A line through 64 pixels reads most of them: the labels belong to the pictures."""
    X, y = datasets.digits(train=True, flat=True)
    test = datasets.digits(train=False, flat=True)
    wanted = np.eye(10)[y.array]
    weights = np.linalg.lstsq(X.array.astype(float), wanted, rcond=1e-6)[0]
    assert ((test.X.array @ weights).argmax(1) == test.y.array).mean() > 0.85


def test_sources_name_the_authors_and_the_licence():
    with open(os.path.join(DATA, "SOURCES.md"), encoding="utf-8") as file:
        sources = file.read()
    for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "UCI", "Lewis Carroll (1865)"):
        assert words in sources
    for name in os.listdir(DATA):
        assert name == "SOURCES.md" or f"## {name}" in sources


def test_tiny_text():
    text = datasets.tiny_text()
    assert text.startswith("Alice was beginning to get very tired of sitting by her sister")
    assert text.endswith("and the fall was over.\n")
    assert (len(text), len(set(text)), text.isascii()) == (5000, 56, True)
    assert hashlib.sha256(text.encode()).hexdigest() == TEXT


TEXT = "1bcb89087728377162b2992acab9ef898ac9e1f6c56c709cb9dd4e5399665672"


def test_alphabet_there_and_back():
    text = datasets.tiny_text()
    alphabet = datasets.Alphabet(text)
    codes = alphabet.encode(text)
    assert (codes.shape, codes.dtype) == ((len(text),), nnlib.int64)
    assert (codes.array.min(), codes.array.max()) == (0, len(alphabet) - 1)
    assert alphabet.decode(codes) == text
    assert alphabet.decode(codes.tolist()) == text
    assert alphabet.encode("").shape == (0,)
    assert alphabet.decode([]) == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: datasets.Alphabet(""), "text: expected a string of 1 character or more, got ''"),
        (lambda: datasets.Alphabet(b"ab"), "text: expected a string"),
        (lambda: datasets.Alphabet("ab").encode("abc"), r"text: .*'ab', got \['c'\]"),
        (lambda: datasets.Alphabet("ab").decode([0, 2]), "codes: .* from 0 to 1, got 2"),
        (lambda: datasets.Alphabet("ab").decode([-1]), "codes: .* from 0 to 1, got -1"),
        (lambda: datasets.Alphabet("ab").decode([0.0]), "codes: .* from 0 to 1, got 0.0"),
        (lambda: datasets.Alphabet("ab").decode(nnlib.tensor([0.5])), "codes: .*, got 0.5"),
        (lambda: datasets.Alphabet("ab").decode(nnlib.tensor([[0]])), r"codes: .*, got \[0\]"),
    ],
)
def test_alphabet_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("n", "length"), [(1, 1), (100, 50), (7, 200)])
def test_sine_wave_is_a_sine_wave(n, length):
    X, y = datasets.sine_wave(n, length)
    assert X.shape == y.shape == (n, length, 1)
    assert X.dtype == y.dtype == nnlib.float32
    assert (X.array[:, 1:] == y.array[:, :-1]).all()
    assert not np.shares_memory(X.array, y.array)
    wave = np.concatenate([X.array[:, :1], y.array], axis=1)[:, :, 0].astype(float)
    assert abs(wave).max() <= 1
    # A wave of one frequency obeys s[t + 1] + s[t − 1] = 2 cos(ω) s[t], and only such a one does.
    for row in wave[:, : 3 * (length > 2) + 50]:
        if length > 1:
            middle, around = row[1:-1], row[2:] + row[:-2]
            cosine = (middle @ around) / (middle @ middle) / 2
            assert np.cos(2 * np.pi / 10) - 1e-3 <= cosine <= np.cos(2 * np.pi / 30) + 1e-3
            np.testing.assert_allclose(around, 2 * cosine * middle, atol=1e-5)


def test_sine_wave_noise():
    clean, noisy = (
        datasets.sine_wave(200, noise=noise, generator=np.random.default_rng(0)).X.array
        for noise in (0.0, 0.2)
    )
    assert abs((noisy - clean).std() - 0.2) < 0.01
    assert abs((noisy - clean).mean()) < 0.01


@pytest.mark.parametrize(
    "draw",
    [
        lambda g: datasets.sine_wave(3, 5, 0.1, generator=g),
    ],
    ids=["sine_wave"],
)
def test_the_generator_settles_what_is_drawn(draw):
    first, second, other = (draw(np.random.default_rng(s)).X.array for s in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()
    nnlib.manual_seed(5)
    first = draw(None).X.array
    nnlib.manual_seed(5)
    assert (draw(None).X.array == first).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: datasets.sine_wave(0), ValueError, "n: expected 1 or more, got 0"),
        (lambda: datasets.sine_wave(2.0), TypeError, "n: expected an integer, got float"),
        (lambda: datasets.sine_wave(5, 0), ValueError, "length: expected 1 or more, got 0"),
        (lambda: datasets.sine_wave(5, noise=-1), ValueError, "noise: expected 0 or more, got -1"),
        (lambda: datasets.sine_wave(5, noise=np.nan), ValueError, "noise: .*got nan"),
        (lambda: datasets.sine_wave(5, generator=1), TypeError, "generator: .*got int"),
    ],
)
def test_sequences_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
