"""The tape: what is recorded, what backward leaves behind, and what it refuses.

These are the promises on which every gradient in nnlib rests.
"""

import gc
import threading
import weakref

import pytest

import nnlib
from nnlib.tensor import record


def leaf(*values):
    return nnlib.tensor(list(values), requires_grad=True)


def test_gradients_of_several_backwards_add_up():
    w = leaf(1.0, 2.0)
    (w * 3).sum().backward()
    first = w.grad
    (w * 3).sum().backward()
    assert w.grad.tolist() == [6, 6]
    assert first.tolist() == [3, 3]


def test_second_backward_raises_unless_retained():
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 8
    with pytest.raises(RuntimeError, match=r"second time through mul.*retain_graph"):
        y.backward()
    assert not y.is_leaf
    assert y.grad_fn == "mul"


def test_backward_frees_the_graph():
    x = leaf(2.0)
    middle = x.exp()
    y = middle * 2
    assert y._parents[0] is middle
    assert y._op == "mul"
    y.backward()
    assert y._parents == ()
    assert y._backward is None


def test_no_tensor_is_part_of_a_cycle():
    gc.collect()
    gc.disable()
    try:
        model = nnlib.nn.Sequential(nnlib.nn.Linear(3, 4), nnlib.nn.GELU(), nnlib.nn.Linear(4, 5))
        outputs = model(nnlib.ones(2, 3))
        normed = nnlib.softmax(nnlib.sigmoid(nnlib.tanh(outputs)).exp().sqrt(), 1)
        loss = nnlib.logsumexp(normed.max(1).values ** 2, 0)
        watched = [weakref.ref(outputs), weakref.ref(normed)]
        del model, outputs, normed, loss
        assert [ref() for ref in watched] == [None, None]
    finally:
        gc.enable()


def test_a_deep_graph_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(10_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    for _ in range(100_000):
        y = y * x
    del y  # the tape is dropped without a backward


def test_a_node_used_twice_is_visited_once():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y  # 2**60 paths
    y.backward()
    assert x.grad.item() == 2.0**60


def test_no_gradient_for_inputs_that_want_none():
    seen = []
    x, y = nnlib.ones(2), leaf(1.0, 2.0)

    def backward(g):
        seen.append((x.requires_grad, y.requires_grad))
        return None, g

    record("pick", y.array, (x, y), backward).sum().backward()
    assert x.grad is None
    assert y.grad.tolist() == [1, 1]
    assert seen == [(False, True)]


def test_gradients_never_share_memory():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).sum().backward()
    x.grad *= 100
    assert y.grad.tolist() == [1, 1]
    seed = nnlib.ones(2)
    x.grad = None
    x.backward(seed)
    seed *= 7
    assert x.grad.tolist() == [1, 1]


def test_retain_grad_keeps_what_passes_through():
    x = leaf(3.0)
    y = x * 2
    y.retain_grad()
    (y + 1).backward()
    assert y.grad.item() == 1
    assert x.grad.item() == 2
    y.grad *= 5
    assert x.grad.item() == 2


def test_backward_refuses_what_has_no_meaning():
    with pytest.raises(RuntimeError, match="does not require grad"):
        nnlib.ones(1).backward()
    with pytest.raises(ValueError, match=r"gradient: expected one .* \(2,\)"):
        leaf(1.0, 2.0).backward()
    with pytest.raises(ValueError, match=r"gradient: expected shape \(2,\), got \(3,\)"):
        leaf(1.0, 2.0).backward(nnlib.ones(3))
    with pytest.raises(TypeError, match="floats"):
        nnlib.tensor([1], requires_grad=True)
    with pytest.raises(RuntimeError, match="only a leaf"):
        (leaf(1.0) * 2).requires_grad_(False)


def test_no_grad_as_context_and_decorator():
    x = leaf(1.0)

    @nnlib.no_grad()
    def double(value):
        assert not nnlib.is_grad_enabled()
        return value * 2

    assert not double(x).requires_grad
    assert nnlib.is_grad_enabled()
    with pytest.raises(KeyError), nnlib.no_grad():
        raise KeyError
    assert nnlib.is_grad_enabled()


def test_no_grad_holds_in_its_own_thread_only():
    seen = []
    with nnlib.no_grad():
        thread = threading.Thread(target=lambda: seen.append(nnlib.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_in_place_changes_belong_off_the_tape():
    w = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="no_grad"):
        w -= 1
    with pytest.raises(RuntimeError, match="no_grad"):
        w[0] = 1
    data = nnlib.zeros(2)
    with pytest.raises(RuntimeError, match="no_grad"):
        data.add_(w)
    memory = w.array
    with nnlib.no_grad():
        w -= 0.5
        w *= 2
        w /= nnlib.tensor([1.0, 3.0])
        w[0] = 7
    assert w.array is memory
    assert w.tolist() == [7, 1]
    data += 1
    assert data.zero_().tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"in-place: \(2,\) float32 and \(3, 2\) float32"):
        data += nnlib.ones(3, 2)
    with pytest.raises(TypeError, match=r"in-place: \(2,\) int64 and 0\.5"):
        nnlib.tensor([1, 2]).__iadd__(0.5)


def test_a_sum_is_gathered_on_the_tape_as_in_pytorch(torch):
    def gather(lib):
        w = lib.tensor([1.0, 2.0], requires_grad=True)
        total = lib.zeros(2)
        for i in range(3):
            total += w * i
        total -= w
        total *= w
        total /= 2
        total.sum().backward()
        return total.tolist(), w.grad.tolist()

    assert gather(nnlib) == gather(torch)


def test_a_gradient_descent_written_by_hand():
    w = leaf(5.0)
    for _ in range(50):
        (w - 3).square().sum().backward()
        with nnlib.no_grad():
            w -= 0.2 * w.grad
        w.grad.zero_()
    assert w.item() == pytest.approx(3, abs=1e-6)


def test_detach_and_clone():
    x = leaf(1.0)
    assert x.detach().array is x.array
    assert not x.detach().requires_grad
    assert x.clone().requires_grad
    assert x.clone().array is not x.array


def test_casts_stay_on_the_tape():
    x = leaf(1.0, 2.0)
    (x.double() * 2).sum().backward()
    assert x.grad.dtype == nnlib.float32
    assert x.grad.tolist() == [2, 2]
