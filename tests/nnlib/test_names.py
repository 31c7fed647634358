"""PyTorch's names: what stands under them, what is said of those that are missing.

The page of names in the reference is held against both libraries.
"""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnlib

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "pytorch-names.md"
MISSING = [
    (lambda: nnlib.conv3d, "'nnlib' has no conv3d; there are conv1d, conv2d"),
    (lambda: nnlib.nn.Conv3d, "'nnlib.nn' has no Conv3d; there are Conv1d, Conv2d"),
    (lambda: nnlib.nn.functional.max_pool3d, "max_pool1d, max_pool2d"),
    (lambda: nnlib.optim.Adamax, "'nnlib.optim' has no Adamax; there are Adagrad, Adam, AdamW"),
    (lambda: nnlib.zeros(2).cumsums, "'Tensor' has no cumsums; there are cumsum, sum"),
    (lambda: nnlib.zeros(2).cuda(), "'Tensor' has no cuda; write to(device)"),
    (lambda: nnlib.nn.Linear(1, 1).weights, "'Linear' has no weights; there is weight"),
    (lambda: nnlib.save, "'nnlib' has no save; write interop.save_safetensors"),
    (lambda: nnlib.xyzzy, "'nnlib' has no xyzzy; the reference lists"),
]


@pytest.mark.parametrize(("attempt", "said"), MISSING)
def test_a_missing_name_is_answered_with_the_nearest(attempt, said):
    with pytest.raises(AttributeError, match=re.escape(said)):
        attempt()


def test_hasattr_and_copies_are_not_disturbed():
    import copy
    import pickle

    assert not hasattr(nnlib.zeros(2), "__cuda_array_interface__")
    assert getattr(nnlib, "conv3d", None) is None
    model = nnlib.nn.Sequential(nnlib.nn.Linear(2, 1))
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin[0].weight.tolist() == model[0].weight.tolist()


def rows():
    """Each row of the page: the name, what it says of it, and the note."""
    for line in PAGE.read_text("utf-8").splitlines():
        if match := re.match(r"\| `([\w.]+)` \| (yes|no|differs) \| (.*?) ?\|$", line):
            yield pytest.param(*match.groups(), id=match[1])


NOTHING = object()  # a gradient that is not there yet is None


def find(library, name):
    found = library
    for part in name.split("."):
        found = getattr(found, part, NOTHING)
    return found


@pytest.mark.parametrize(("name", "there", "note"), list(rows()))
def test_the_page_of_names_tells_the_truth(torch, name, there, note):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about what is old
        assert find(torch, name) is not NOTHING, "PyTorch has no such name"
    assert (find(nnlib, name) is not NOTHING) == (there != "no")
    assert note.strip() or there == "yes", "say what differs, or what to write"


def test_the_page_lists_every_function_and_layer_of_pytorchs_name(torch):
    listed = {param.values[0] for param in rows()}
    assert len(listed) > 250
    for place in ("", "nn.", "nn.functional.", "optim.", "nn.init."):
        mine = find(nnlib, place.rstrip(".")) if place else nnlib
        names = getattr(mine, "__all__", None) or [n for n in vars(mine) if n[0] != "_"]
        for name in names:
            if name[0] != "_" and find(torch, place + name) is not NOTHING:
                assert place + name in listed, f"{place}{name} is missing on the page"
    methods = [n for n in dir(nnlib.Tensor) if n[0] != "_" and hasattr(torch.Tensor, n)]
    assert [n for n in methods if f"Tensor.{n}" not in listed] == []


# ---- what differs in kind from numbers alone -----------------------------------------------


def test_a_softmax_without_dim_warns_as_in_pytorch(torch):
    for shape in ((3,), (2, 3), (2, 3, 4), (2, 2, 2, 2)):
        array = np.random.default_rng(0).normal(size=shape)
        for name in ("softmax", "log_softmax"):
            with pytest.warns(UserWarning, match="dim"):
                mine = getattr(nnlib.nn.functional, name)(nnlib.tensor(array))
            with pytest.warns(UserWarning, match="dim"):
                theirs = getattr(torch.nn.functional, name)(torch.tensor(array))
            np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-12)


def test_dtypes_and_devices_have_pytorchs_names(torch):
    def kinds(lib):
        x = lib.tensor([1.7, -2.0, 0.0])
        changed = [x.long(), x.int(), x.bool(), x.double(), x.type(lib.float64), x.to("cpu")]
        changed += [x.to(lib.device("cpu"), lib.int), x.to(lib.zeros(1, dtype=lib.double))]
        changed += [x.type_as(lib.zeros(1, dtype=lib.long)), x.new_zeros(2), lib.randint(3, (2,))]
        assert changed[5] is x
        return [str(y.dtype).removeprefix("torch.") for y in changed], changed[0].tolist()

    assert kinds(nnlib) == kinds(torch)
    assert nnlib.zeros(2, device="cpu", requires_grad=True).device.type == "cpu"
    assert nnlib.ones(2).type(nnlib.int32).int().dtype == nnlib.int


def test_old_bytes_are_read_and_named(torch):
    array = np.array([1.5, 2.0], ">f4")
    assert repr(nnlib.Tensor(array)) == "tensor([1.5000, 2.0000], dtype=nnlib.float32)"
    assert nnlib.tensor(array).dtype == nnlib.float32
    with pytest.raises(ValueError, match="byte order"):
        torch.from_numpy(array)


def test_numpys_reductions_work_and_its_numbers_take_part(torch):
    array = np.random.default_rng(0).normal(size=(2, 3))
    x, y = nnlib.tensor(array), torch.tensor(array)
    for name in ("sum", "mean", "amax"):
        np.testing.assert_allclose(getattr(np, name)(x).item(), getattr(np, name)(array))
    assert np.sum(x, axis=1).shape == (2,)
    assert (np.float64(2) * x - np.float32(1)).tolist() == (np.float64(2) * y - 1).tolist()
    assert (np.float64(0) < x).tolist() == (array > 0).tolist()


def test_read_only_memory_is_not_written_to():
    array = np.zeros(2)
    array.flags.writeable = False
    x = nnlib.from_numpy(array)
    for change in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.__iadd__(1), lambda: x.fill_(2)):
        with pytest.raises(ValueError, match="read-only memory"):
            change()
    assert (x + 1).tolist() == [1, 1]


def test_draws_by_chances_have_these_chances():
    g = nnlib.Generator().manual_seed(1)
    p = nnlib.tensor([[1.0, 0.0, 3.0], [2.0, 2.0, 0.0]])
    drawn = nnlib.multinomial(p, 20_000, replacement=True, generator=g)
    shares = [(drawn == k).float().mean(1).tolist() for k in range(3)]
    np.testing.assert_allclose(np.transpose(shares), [[0.25, 0, 0.75], [0.5, 0.5, 0]], atol=0.015)
    first = nnlib.multinomial(nnlib.tensor([1.0, 2.0, 3.0]).expand(20_000, 3), 2, generator=g)
    assert (first[:, 0] != first[:, 1]).all()
    found = (first == 2).any(1).float().mean().item()
    assert found == pytest.approx(3 / 6 + 1 / 6 * 3 / 5 + 2 / 6 * 3 / 4, abs=0.015)
    assert nnlib.bernoulli(nnlib.full((20_000,), 0.3), generator=g).mean().item() == pytest.approx(
        0.3, abs=0.015
    )
    again = nnlib.Generator()
    assert (
        nnlib.rand(3, generator=again).tolist()
        == nnlib.rand(3, generator=nnlib.Generator()).tolist()
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["RNN", "RNN relu", "LSTM", "GRU"])
@pytest.mark.parametrize(
    "settings", [{}, {"num_layers": 2, "batch_first": True}, {"bidirectional": True}]
)
def test_recurrent_layers_take_one_sequence(torch, kind, settings, bias):
    name, _, nonlinearity = kind.partition(" ")
    more = {"nonlinearity": nonlinearity} if nonlinearity else {}
    x = np.random.default_rng(0).normal(size=(5, 3))
    theirs = getattr(torch.nn, name)(3, 4, bias=bias, **more, **settings).double()
    mine = getattr(nnlib.nn, name)(3, 4, bias=bias, **more, **settings).double()
    mine.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    got, want = mine(nnlib.tensor(x)), theirs(torch.tensor(x))
    for _ in range(2):  # from zeros, and then from the state that this ended in
        np.testing.assert_allclose(got[0].detach().numpy(), want[0].detach().numpy(), atol=1e-12)
        ends = [r[1] if isinstance(r[1], tuple) else (r[1],) for r in (got, want)]
        for one, two in zip(*ends, strict=True):
            np.testing.assert_allclose(one.detach().numpy(), two.detach().numpy(), atol=1e-12)
        got, want = mine(nnlib.tensor(x), got[1]), theirs(torch.tensor(x), want[1])
    got[0].square().sum().backward()
    want[0].square().sum().backward()
    for one, two in zip(mine.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(one.grad.numpy(), two.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_grad_gives_gradients_and_leaves_none_behind(torch):
    def work(lib):
        x = lib.tensor([1.0, 2.0], requires_grad=True)
        w = lib.tensor([3.0, 4.0], requires_grad=True)
        h = x * w
        found = lib.autograd.grad((h * h).sum(), (x, h), retain_graph=True)
        weighted = lib.autograd.grad(h, w, grad_outputs=lib.tensor([1.0, 10.0]))
        return [g.tolist() for g in (*found, *weighted)], x.grad, w.grad

    assert work(nnlib) == work(torch)
    with pytest.raises(RuntimeError, match="allow_unused"):
        nnlib.autograd.grad(
            nnlib.ones(1, requires_grad=True) * 2, nnlib.ones(1, requires_grad=True)
        )


def test_schedules_agree(torch):
    def rates(lib, make):
        optimizer = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=0.4)
        schedule = make(lib.optim.lr_scheduler, optimizer)
        found = []
        for _ in range(6):
            optimizer.step()
            schedule.step()
            found.append(schedule.get_last_lr()[0])
        return found

    for make in (
        lambda s, o: s.MultiStepLR(o, milestones=[2, 2, 4], gamma=0.5),
        lambda s, o: s.ExponentialLR(o, 0.9),
    ):
        np.testing.assert_allclose(rates(nnlib, make), rates(torch, make), rtol=1e-12)


def test_samples_may_be_dictionaries_and_batches_ones_own():
    samples = [{"x": float(i), "y": (i, i + 1)} for i in range(4)]
    batch = next(iter(nnlib.data.DataLoader(samples, batch_size=2)))
    assert batch["x"].tolist() == [0, 1]
    assert [part.tolist() for part in batch["y"]] == [[0, 1], [1, 2]]
    loader = nnlib.data.DataLoader(samples, batch_size=3, collate_fn=len, num_workers=2)
    assert list(loader) == [3, 1]


def test_dropout2d_drops_whole_channels():
    nnlib.manual_seed(0)
    y = nnlib.nn.Dropout2d(0.5)(nnlib.ones(50, 4, 3, 3)).flatten(2)
    assert set(y.flatten().tolist()) == {0.0, 2.0}
    assert (y.amin(2) == y.amax(2)).all()


def test_an_operation_of_ones_own_must_give_each_argument_its_gradient():
    class Wrong(nnlib.autograd.Function):
        answer = None

        @staticmethod
        def forward(ctx, x, y):
            return x * y if isinstance(y, nnlib.Tensor) else y

        @classmethod
        def backward(cls, ctx, g):
            return cls.answer

    x, y = nnlib.ones(2, requires_grad=True), nnlib.ones(2)
    for answer, said in (
        (nnlib.ones(2), "Wrong.backward: expected 2 gradients, got 1"),
        ((nnlib.ones(3), None), r"Wrong.backward: expected a gradient of shape \(2,\), got \(3,\)"),
    ):
        Wrong.answer = answer
        with pytest.raises(ValueError, match=said):
            Wrong.apply(x, y).sum().backward()
    Wrong.answer = (None, None)
    Wrong.apply(x, y).sum().backward()
    assert x.grad is None
    with pytest.raises(TypeError, match=r"Wrong.forward: expected a Tensor as its result, got str"):
        Wrong.apply(x, "y")
    with pytest.raises(NotImplementedError, match="forward"):
        nnlib.autograd.Function.apply(x)
    assert not Wrong.apply(nnlib.ones(2), y).requires_grad
