"""Attention, layer normalisation, embeddings and the Transformer block against PyTorch.

A line of the table is run with both libraries, word for word, since the names are the same.
"""

import math

import numpy as np
import pytest

import nnlib
from nnlib import nn
from nnlib.gradcheck import GradcheckError, gradcheck
from nnlib.tensor import record

F = nnlib.nn.functional
INF = float("inf")


def functional(lib):
    return lib.nn.functional


def attend(**options):
    """With the first three tensors; a fourth is a mask of floats."""

    def run(lib, q, k, v, mask=None):
        given = options | ({} if mask is None else {"attn_mask": mask})
        if "hidden" in given:
            given["attn_mask"] = lib.tensor(given.pop("hidden"))
        return functional(lib).scaled_dot_product_attention(q, k, v, **given)

    return run


def norm(shape, **options):
    def run(lib, x, *affine):
        return functional(lib).layer_norm(x, shape, *affine, **options)

    return run


def embed(tokens, **options):
    def run(lib, table):
        return functional(lib).embedding(lib.tensor(np.asarray(tokens)), table, **options)

    return run


SOME = np.random.default_rng(3).random((4, 6)) < 0.6
SOME[:, 0] = True
NOWHERE = SOME.copy()
NOWHERE[2] = False

TABLE = [
    ("attention", attend(), (4, 3), (6, 3), (6, 5)),
    ("attention batch", attend(), (2, 4, 3), (2, 6, 3), (2, 6, 5)),
    ("attention heads", attend(), (2, 3, 4, 8), (2, 3, 4, 8), (2, 3, 4, 8)),
    ("attention broadcast", attend(), (5, 1, 4, 3), (2, 6, 3), (1, 6, 5)),
    ("attention one", attend(), (1, 1), (1, 1), (1, 1)),
    ("attention one key", attend(), (2, 4, 3), (2, 1, 3), (2, 1, 3)),
    ("attention no query", attend(), (2, 0, 3), (2, 6, 3), (2, 6, 5)),
    ("attention no batch", attend(), (0, 4, 3), (0, 6, 3), (0, 6, 5)),
    ("attention scale", attend(scale=0.3), (2, 4, 3), (2, 6, 3), (2, 6, 5)),
    ("attention causal", attend(is_causal=True), (2, 5, 3), (2, 5, 3), (2, 5, 3)),
    ("attention causal long", attend(is_causal=True), (2, 33, 4), (2, 33, 4), (2, 33, 4)),
    ("attention causal wide", attend(is_causal=True), (3, 2), (7, 2), (7, 2)),
    ("attention causal tall", attend(is_causal=True), (7, 2), (3, 2), (3, 2)),
    ("attention bools", attend(hidden=SOME), (2, 4, 3), (2, 6, 3), (2, 6, 5)),
    ("attention bool row", attend(hidden=SOME[:1]), (2, 4, 3), (2, 6, 3), (2, 6, 5)),
    ("attention nowhere", attend(hidden=NOWHERE), (2, 4, 3), (2, 6, 3), (2, 6, 5)),
    ("attention floats", attend(), (2, 4, 3), (2, 6, 3), (2, 6, 5), (4, 6)),
    ("attention float heads", attend(), (2, 3, 4, 3), (2, 3, 6, 3), (2, 3, 6, 5), (3, 4, 6)),
    ("attention float column", attend(), (2, 4, 3), (2, 6, 3), (2, 6, 5), (2, 4, 1)),
    ("attention strided", lambda lib, q, k: attend()(lib, q.mT[::2], k, k.mT), (3, 4), (2, 3, 3)),
    ("layer_norm", norm((5,)), (3, 5), (5,), (5,)),
    ("layer_norm plain", norm((5,)), (3, 5)),
    ("layer_norm weight", norm((5,)), (3, 5), (5,)),
    ("layer_norm sequence", norm((8,)), (2, 3, 8), (8,), (8,)),
    ("layer_norm vector", norm((8,)), (8,), (8,), (8,)),
    ("layer_norm two", norm((3, 4)), (2, 3, 4), (3, 4), (3, 4)),
    ("layer_norm all", norm((2, 3, 4)), (2, 3, 4), (2, 3, 4), (2, 3, 4)),
    ("layer_norm eps", norm((5,), eps=0.1), (3, 5), (5,), (5,)),
    ("layer_norm one", norm((1,)), (3, 1), (1,), (1,)),
    ("layer_norm nothing", norm((5,)), (0, 5), (5,), (5,)),
    ("layer_norm strided", lambda lib, x: norm((4,))(lib, x.mT[::2]), (5, 4, 3)),
    ("embedding", embed([1, 0, 1, 3]), (4, 3)),
    ("embedding matrix", embed([[2, 2], [0, 4]]), (5, 2)),
    ("embedding one", embed(2), (3, 4)),
    ("embedding none", embed(np.zeros((2, 0), int)), (3, 4)),
    ("embedding padding", embed([1, 0, 1, 3], padding_idx=1), (4, 3)),
    ("embedding padding from the end", embed([1, 0, 3], padding_idx=-1), (4, 3)),
]
CASES = [pytest.param(run, shapes, id=name) for name, run, *shapes in TABLE]


def distance(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return np.linalg.norm(ours - theirs) / (np.linalg.norm(theirs) or 1)


def arrays(shapes, scale=1, dtype="float64"):
    rng = np.random.default_rng(sum(map(math.prod, shapes)))
    return [(scale * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def run_with(lib, run, given):
    tensors = [lib.tensor(a, requires_grad=True) for a in given]
    y = run(lib, *tensors)
    g = np.random.default_rng(0).standard_normal(tuple(y.shape)).astype(given[0].dtype)
    (y * lib.tensor(g)).sum().backward()
    return [y.detach().numpy(), *(t.grad.numpy() for t in tensors)]


@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize(("run", "shapes"), CASES)
def test_agrees_with_pytorch(torch, run, shapes, scale):
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5)):
        given = arrays(shapes, scale, dtype)
        before = [a.copy() for a in given]
        ours, theirs = run_with(nnlib, run, given), run_with(torch, run, given)
        for mine, reference in zip(ours, theirs, strict=True):
            assert mine.dtype == dtype
            # A sharp softmax or a norm of one number has no gradient but rounding.
            floor = tolerance * scale * scale
            assert distance(mine, reference) < tolerance or np.abs(mine - reference).max() < floor
        assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


@pytest.mark.parametrize(("run", "shapes"), [c for c in CASES if "padding" not in c.id])
def test_gradients_agree_with_central_differences(run, shapes):
    tensors = [nnlib.tensor(a, requires_grad=True) for a in arrays(shapes)]
    assert gradcheck(lambda *given: run(nnlib, *given), tensors)


def test_the_padding_row_gets_no_gradient():
    table = nnlib.ones(3, 2, requires_grad=True)
    F.embedding(nnlib.tensor([0, 1, 1, 2]), table, padding_idx=1).sum().backward()
    assert table.grad.tolist() == [[1, 1], [0, 0], [1, 1]]


# ---- the composed twins ----------------------------------------------------------------------


def plain_attention(q, k, v, bias=0.0):
    scores = q @ k.mT * (1 / math.sqrt(q.shape[-1])) + bias
    weights = scores.exp()
    return weights / weights.sum(-1, keepdim=True) @ v


def plain_norm(x, weight, bias):
    centred = x - x.mean(-1, keepdim=True)
    spread = (centred * centred).mean(-1, keepdim=True) + 1e-5
    return centred / spread.sqrt() * weight + bias


def plain_embedding(table):
    return F.one_hot(nnlib.tensor([1, 0, 1, 3]), 4).double() @ table


TWINS = [
    (F.scaled_dot_product_attention, plain_attention, [(2, 4, 3), (2, 6, 3), (2, 6, 5)]),
    (
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        plain_attention,
        [(2, 4, 3), (2, 6, 3), (2, 6, 5), (4, 6)],
    ),
    (lambda x, w, b: F.layer_norm(x, (5,), w, b), plain_norm, [(2, 3, 5), (5,), (5,)]),
    (embed([1, 0, 1, 3]).__get__(nnlib), plain_embedding, [(4, 3)]),
]


@pytest.mark.parametrize(("fused", "twin", "shapes"), TWINS)
def test_equals_its_composed_twin(fused, twin, shapes):
    given = arrays(shapes)
    ours = run_with(nnlib, lambda _, *tensors: fused(*tensors), given)
    for mine, reference in zip(
        ours, run_with(nnlib, lambda _, *tensors: twin(*tensors), given), strict=True
    ):
        assert distance(mine, reference) < 1e-12


def test_the_checks_notice_a_wrong_gradient(monkeypatch, torch):
    right = F.scaled_dot_product_attention

    def wrong(q, k, v):
        """The keys get a thousandth too much."""
        y = right(q, k, v)
        return record("wrong", y.array, (y, k), lambda g: (g, k_gradient(q, k, v, g) * 0.001))

    def k_gradient(*given):
        *tensors, g = (nnlib.tensor(getattr(a, "array", a)) for a in given)
        tensors[1].requires_grad_()
        right(*tensors).backward(g)
        return tensors[1].grad.array

    shapes = [(2, 4, 3), (2, 6, 3), (2, 6, 5)]
    tensors = [nnlib.tensor(a, requires_grad=True) for a in arrays(shapes)]
    monkeypatch.setattr(F, "scaled_dot_product_attention", wrong)
    with pytest.raises(GradcheckError):
        gradcheck(wrong, tensors, atol=1e-7, rtol=1e-4)
    with pytest.raises(AssertionError):
        test_agrees_with_pytorch(torch, attend(), shapes, 1)
    with pytest.raises(AssertionError):
        test_equals_its_composed_twin(wrong, *TWINS[0][1:])


# ---- what attention promises -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_causal_mask_hides_the_future_bit_for_bit(dtype):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dtype=dtype).eval()
    x = np.random.default_rng(0).standard_normal((2, 9, 8)).astype(dtype)
    before = layer(nnlib.tensor(x), is_causal=True).detach().numpy()
    q = nnlib.tensor(x)
    plain = F.scaled_dot_product_attention(q, q, q, is_causal=True).numpy()
    for later in range(1, 9):
        changed = x.copy()
        changed[:, later:] += 100
        after = layer(nnlib.tensor(changed), is_causal=True).detach().numpy()
        assert np.array_equal(before[:, :later], after[:, :later])
        assert not np.array_equal(before[:, later:], after[:, later:])
        q = nnlib.tensor(changed)
        attended = F.scaled_dot_product_attention(q, q, q, is_causal=True).numpy()
        assert np.array_equal(plain[:, :later], attended[:, :later])


def test_the_order_of_keys_does_not_matter_and_a_shift_changes_nothing():
    q, k, v = (nnlib.tensor(a) for a in arrays([(4, 3), (6, 3), (6, 5)]))
    y = F.scaled_dot_product_attention(q, k, v).numpy()
    order = np.random.default_rng(0).permutation(6)
    assert distance(F.scaled_dot_product_attention(q, k[order], v[order]).numpy(), y) < 1e-14
    shift = nnlib.full((4, 1), 7.0, dtype=nnlib.float64)
    assert distance(F.scaled_dot_product_attention(q, k, v, shift).numpy(), y) < 1e-14


def test_large_scores_stay_finite_and_nan_propagates():
    q, k = nnlib.tensor([[1e3], [-1e3]]), nnlib.tensor([[1e3], [0.0]])
    assert F.scaled_dot_product_attention(q, k, k).tolist() == [[1000.0], [0.0]]
    q = nnlib.tensor([[math.nan], [0.0]])
    assert np.isnan(F.scaled_dot_product_attention(q, k, k).numpy()).tolist() == [[True], [False]]


def test_attention_dropout_keeps_the_mean_and_its_gradient_fits():
    q = nnlib.tensor(np.zeros((1, 200, 4)))
    v = nnlib.tensor(np.ones((1, 200, 2)), requires_grad=True)

    def dropped(v):
        nnlib.manual_seed(5)
        return F.scaled_dot_product_attention(q, q, v, dropout_p=0.3)

    y = dropped(v).detach().numpy()
    assert 0.95 < y.mean() < 1.05
    assert y.std() > 0.01
    tensors = [nnlib.tensor(a, requires_grad=True) for a in arrays([(4, 3), (6, 3), (6, 5)])]

    def the_same_dropped(q, k, v):
        nnlib.manual_seed(5)
        return F.scaled_dot_product_attention(q, k, v, dropout_p=0.3)

    assert gradcheck(the_same_dropped, tensors)
    assert not F.scaled_dot_product_attention(q, q, v, dropout_p=1.0).detach().numpy().any()


# ---- layers ----------------------------------------------------------------------------------


def pair(torch, name, *args, dtype="float64", **options):
    theirs = getattr(torch.nn, name)(*args, **options).to(getattr(torch, dtype))
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    ours = getattr(nn, name)(*args, **options, dtype=dtype)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    return ours, theirs


def agree(torch, ours, theirs, given, call, tolerance=1e-10):
    """Outputs and the gradients of inputs and weights."""
    results = []
    for lib, layer in ((nnlib, ours), (torch, theirs)):
        tensors = [lib.tensor(a, requires_grad=True) for a in given]
        outputs = call(lib, layer, *tensors)
        outputs = [y for y in outputs if y is not None] if isinstance(outputs, tuple) else [outputs]
        loss = sum((y * y * y).sum() for y in outputs)
        loss.backward()
        leaves = [*tensors, *layer.parameters()]
        results.append([*(y.detach().numpy() for y in outputs), *(t.grad.numpy() for t in leaves)])
    for mine, reference in zip(*results, strict=True):
        assert mine.dtype == given[0].dtype
        assert distance(mine, reference) < tolerance or np.abs(mine - reference).max() < tolerance


FUTURE = np.triu(np.ones((5, 5), bool), 1)
PAD = np.zeros((2, 5), bool)
PAD[0, 3:] = True
BIAS = np.random.default_rng(1).standard_normal((5, 5))
HEADS = np.random.default_rng(2).standard_normal((4, 5, 5))


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("need", [{"need_weights": False}, {}, {"average_attn_weights": False}])
@pytest.mark.parametrize(
    "masks",
    [
        {},
        {"attn_mask": FUTURE},
        {"attn_mask": FUTURE, "is_causal": True},
        {"attn_mask": BIAS},
        {"attn_mask": HEADS},
        {"key_padding_mask": PAD},
        {"key_padding_mask": PAD, "attn_mask": FUTURE},
    ],
    ids=lambda masks: "-".join(masks) + str(masks.get("attn_mask", PAD).dtype),
)
def test_multihead_attention_agrees_with_pytorch(torch, masks, need, batch_first):
    torch.manual_seed(0)
    ours, theirs = pair(torch, "MultiheadAttention", 6, 2, batch_first=batch_first)
    (x,) = arrays([(2, 5, 6) if batch_first else (5, 2, 6)])

    def call(lib, layer, x):
        given = {k: lib.tensor(v) if isinstance(v, np.ndarray) else v for k, v in masks.items()}
        return layer(x, x, x, **given, **need)

    agree(torch, ours, theirs, [x], call)


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "shapes", [[(2, 3, 6), (2, 5, 6)], [(1, 3, 6), (1, 5, 6)], [(1, 1, 6), (1, 1, 6)]]
)
def test_attention_to_another_sequence_agrees_with_pytorch(torch, shapes, bias, need_weights):
    ours, theirs = pair(torch, "MultiheadAttention", 6, 3, bias=bias, batch_first=True)
    agree(
        torch,
        ours,
        theirs,
        arrays([shapes[0], shapes[1], shapes[1]]),
        lambda lib, layer, q, k, v: layer(q, k, v, need_weights=need_weights),
    )


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(2, 5, 6), (1, 5, 6), (1, 1, 6)])
def test_transformer_block_agrees_with_pytorch(torch, shape, bias, norm_first, activation):
    options = {"norm_first": norm_first, "bias": bias, "batch_first": True, "dropout": 0.0}
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        ours, theirs = pair(
            torch,
            "TransformerEncoderLayer",
            6,
            2,
            12,
            activation=activation,
            dtype=dtype,
            **options,
        )
        causal = np.triu(np.full((shape[-2],) * 2, -INF), 1).astype(dtype)
        agree(
            torch,
            ours,
            theirs,
            arrays([shape], dtype=dtype),
            lambda lib, layer, x, mask=causal: layer(x, lib.tensor(mask)),
            tolerance,
        )


@pytest.mark.parametrize(
    ("name", "args", "shape"),
    [("LayerNorm", (6,), (2, 6)), ("LayerNorm", ((3, 4),), (2, 3, 4)), ("LayerNorm", ([6],), (6,))],
)
def test_layer_norm_layer_agrees_with_pytorch(torch, name, args, shape):
    for options in ({}, {"bias": False}, {"elementwise_affine": False}, {"eps": 0.1}):
        ours, theirs = pair(torch, name, *args, **options)
        agree(torch, ours, theirs, arrays([shape]), lambda _, layer, x: layer(x))


def test_embedding_layer_agrees_with_pytorch(torch):
    for padding in (None, 2, -1):
        ours, theirs = pair(torch, "Embedding", 7, 3, padding_idx=padding)
        assert ours.padding_idx == theirs.padding_idx
        tokens = np.array([[2, 6, 2], [0, 1, 6]])
        agree(torch, ours, theirs, [np.ones(1)], lambda lib, m, x, t=tokens: m(lib.tensor(t)) * x)
    nnlib.manual_seed(0)
    table = nn.Embedding(1000, 20, padding_idx=3).weight.array
    assert not table[3].any()
    assert 0.97 < table.std() < 1.03


def test_dropout_in_the_block_acts_only_while_training():
    nnlib.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5)
    attention = nn.MultiheadAttention(8, 2, dropout=0.5)
    x = nnlib.randn(5, 3, 8)
    for run in (lambda: layer(x), lambda: attention(x, x, x)[0]):
        assert not np.array_equal(*(run().detach().numpy() for _ in range(2)))
    layer.eval(), attention.eval()
    for run in (lambda: layer(x), lambda: attention(x, x, x)[0]):
        assert np.array_equal(*(run().detach().numpy() for _ in range(2)))


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_transformer_trains_as_in_pytorch(torch, activation):
    seed = int(np.random.default_rng().integers(1000))
    torch.manual_seed(seed)
    tokens = np.random.default_rng(seed).integers(0, 11, (4, 9))
    options = {"batch_first": True, "norm_first": True, "dropout": 0.0, "activation": activation}

    def network(lib, **dtype):
        return lib.nn.ModuleList(
            [
                lib.nn.Embedding(11, 8, **dtype),
                lib.nn.TransformerEncoderLayer(8, 2, 32, **options, **dtype),
                lib.nn.LayerNorm(8, **dtype),
                lib.nn.Linear(8, 11, **dtype),
            ]
        )

    theirs, ours = network(torch).double(), network(nnlib, dtype="float64")
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    losses = []
    for lib, model in ((nnlib, ours), (torch, theirs)):
        optimizer, steps = lib.optim.Adam(model.parameters(), lr=0.01), []
        mask = lib.tensor(np.triu(np.ones((8, 8), bool), 1))
        for _ in range(20):
            optimizer.zero_grad()
            embedding, block, norm, head = model
            x = block(embedding(lib.tensor(tokens[:, :-1])), mask)
            logits = head(norm(x)).reshape(-1, 11)
            target = lib.tensor(tokens[:, 1:].reshape(-1))
            loss = lib.nn.functional.cross_entropy(logits, target)
            loss.backward()
            optimizer.step()
            steps.append(loss.item())
        losses.append(steps)
    assert np.abs(np.subtract(*losses)).max() < 1e-9, f"seed {seed}"
    assert losses[0][-1] < losses[0][0], f"seed {seed}"


# ---- malformed input -------------------------------------------------------------------------

T = nnlib.zeros
SDPA = F.scaled_dot_product_attention
MHA = nn.MultiheadAttention
BLOCK = nn.TransformerEncoderLayer
BOOLS = nnlib.tensor(np.zeros((2, 3), bool))


def mha(*inputs, **masks):
    return MHA(4, 2, batch_first=True)(*inputs, **masks)


MALFORMED = [
    (lambda: SDPA(np.zeros((2, 3)), T(2, 3), T(2, 3)), TypeError, "query.*ndarray"),
    (lambda: SDPA(T(2, 3), T(2, 3).double(), T(2, 3)), TypeError, "key.*float32.*float64"),
    (lambda: SDPA(T(2, 3), T(2, 4), T(2, 3)), ValueError, r"key.*\(2, 3\).*\(2, 4\)"),
    (lambda: SDPA(T(2, 3), T(2, 3), T(5, 3)), ValueError, r"value.*\(2, 3\).*\(5, 3\)"),
    (lambda: SDPA(T(3), T(2, 3), T(2, 3)), ValueError, r"query.*\(3,\)"),
    (lambda: SDPA(T(2, 2, 3), T(3, 2, 3), T(3, 2, 3)), ValueError, r"\(2, 2, 3\).*\(3, 2, 3\)"),
    (lambda: SDPA(T(2, 3), T(2, 3), T(2, 3), T(3, 2)), ValueError, r"mask.*\(2, 2\).*\(3, 2\)"),
    (lambda: SDPA(T(2, 3), T(2, 3), T(2, 3), T(2, 2).long()), TypeError, "mask.*float32.*int64"),
    (lambda: SDPA(*[T(2, 3)] * 3, T(2, 2), is_causal=True), ValueError, "attn_mask.*is_causal"),
    (lambda: SDPA(*[T(2, 3)] * 3, dropout_p=2), ValueError, "dropout_p.*2"),
    (lambda: F.layer_norm(T(2, 3), (4,)), ValueError, r"normalized_shape.*\(2, 3\).*\(4,\)"),
    (lambda: F.layer_norm(T(2, 3), ()), ValueError, r"normalized_shape.*\(\)"),
    (lambda: F.layer_norm(T(2, 3), 3), ValueError, "normalized_shape.*3"),
    (lambda: F.layer_norm(T(2, 3), (3,), T(2)), ValueError, r"weight.*\(3,\).*\(2,\)"),
    (lambda: F.layer_norm(T(2, 3), (3,), None, T(2)), ValueError, r"bias.*\(3,\).*\(2,\)"),
    (lambda: F.layer_norm(T(2, 3).long(), (3,)), TypeError, "input.*int64"),
    (lambda: F.layer_norm(T(2, 3), (3,), T(3).double()), TypeError, "weight.*float32.*float64"),
    (lambda: F.embedding(T(2), T(4, 3)), TypeError, "input.*float32"),
    (lambda: F.embedding([1], T(4, 3)), TypeError, "input.*list"),
    (lambda: F.embedding(T(2).long() + 4, T(4, 3)), ValueError, r"input.*3.*\(4, 3\).*4"),
    (lambda: F.embedding(T(2).long() - 1, T(4, 3)), ValueError, r"input.*\(4, 3\).*-1"),
    (lambda: F.embedding(T(2).long(), T(4)), ValueError, r"weight.*\(4,\)"),
    (lambda: F.embedding(T(2).long(), T(4, 3), 4), ValueError, r"padding_idx.*\(4, 3\).*4"),
    (lambda: nn.Embedding(0, 3), ValueError, "num_embeddings.*0"),
    (lambda: nn.Embedding(3, 1.5), TypeError, "embedding_dim.*float"),
    (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx.*3"),
    (lambda: nn.Embedding(3, 2)(T(1)), TypeError, "input.*float32"),
    (lambda: nn.Embedding(3, 2)(T(1).long() + 3), ValueError, "input.*3"),
    (lambda: nn.LayerNorm(0), ValueError, "normalized_shape.*0"),
    (lambda: nn.LayerNorm("4"), TypeError, "normalized_shape.*got str"),
    (lambda: nn.LayerNorm(()), ValueError, "normalized_shape"),
    (lambda: nn.LayerNorm(4, eps=-1), ValueError, "eps.*-1"),
    (lambda: nn.LayerNorm(4)(T(2, 3)), ValueError, r"\(2, 3\).*\(4,\)"),
    (lambda: MHA(5, 2), ValueError, "num_heads.*5.*2"),
    (lambda: MHA(0, 2), ValueError, "embed_dim.*0"),
    (lambda: MHA(4, 2, dropout=-1), ValueError, "dropout.*-1"),
    (lambda: mha(T(2, 3, 5), T(2, 3, 4), T(2, 3, 4)), ValueError, r"query.*E=4.*\(2, 3, 5\)"),
    (lambda: mha(T(2, 3, 4), T(3, 3, 4), T(3, 3, 4)), ValueError, r"\(2, 3, 4\).*\(3, 3, 4\)"),
    (lambda: mha(T(2, 3, 4), T(2, 3, 4), T(2, 5, 4)), ValueError, r"key.*\(2, 5, 4\).*\(2, 3, 4\)"),
    (lambda: mha(*[np.zeros((2, 3, 4))] * 3), TypeError, "query.*ndarray"),
    (
        lambda: mha(*[T(2, 3, 4)] * 3, attn_mask=T(2, 2)),
        ValueError,
        r"attn_mask.*\(3, 3\).*\(2, 2\)",
    ),
    (lambda: mha(*[T(2, 3, 4)] * 3, attn_mask=T(3, 3).long()), TypeError, "attn_mask.*int64"),
    (lambda: mha(*[T(2, 5, 4)] * 3, key_padding_mask=BOOLS), ValueError, r"\(2, 5\).*\(2, 3\)"),
    (lambda: BLOCK(4, 2, activation="selu"), ValueError, "activation.*'selu'"),
    (lambda: BLOCK(5, 2), ValueError, "num_heads.*5.*2"),
    (lambda: BLOCK(4, 2, 0), ValueError, "out_features.*0"),
    (lambda: BLOCK(4, 2, dropout=2), ValueError, "dropout.*2"),
    (lambda: BLOCK(4, 2)(T(2, 3, 5)), ValueError, r"E=4.*\(2, 3, 5\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), MALFORMED)
def test_malformed_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
