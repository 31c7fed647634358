"""How weights move once their gradients are known: each optimiser is one short formula.

What they share is the layout: all parameters of a group lie end to end in one long array.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, count, pairwise
from typing import Any, TypeAlias

import numpy as np

from nnlib._arguments import expect, expect_number, expect_type
from nnlib.tensor import Array, Tensor

Group: TypeAlias = dict[str, Any]
Params: TypeAlias = Iterable[Tensor] | Iterable[Mapping[str, Any]]
Memory: TypeAlias = Callable[[str], Array]


class _Block:
    """The parameters of one group laid end to end, and what is remembered of them.

    One pass over one long array is up to 1.6 times faster than many short ones: each parameter's
    array becomes a view of ``values``. The plain form is in the tests, as this one's twin.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        self.parameters, self.steps = parameters, [0] * len(parameters)
        ends = accumulate((parameter.array.size for parameter in parameters), initial=0)
        self.places = [slice(*between) for between in pairwise(ends)]
        self.values = np.concatenate([parameter.array.ravel() for parameter in parameters])
        self.memory: dict[str, Array] = defaultdict(partial(np.zeros_like, self.values))

    def adopt(self) -> None:
        """Make every parameter a view of ``values``, also one whose array was replaced since."""
        for parameter, place in zip(self.parameters, self.places, strict=True):
            array, flat = parameter.array, self.values
            if array.base is not flat:
                if array.dtype != flat.dtype:
                    raise TypeError(f"params: one became {array.dtype} after steps in {flat.dtype}")
                flat[place] = array.ravel()
                parameter.array = flat[place].reshape(array.shape)

    def gradients(self) -> Iterator[tuple[slice, int, Array]]:
        """A place, its step number and a copy of its gradients: all in one where possible."""
        given = [p.grad.array.ravel() for p in self.parameters if p.grad is not None]
        if len(given) == len(self.steps) == self.steps.count(self.steps[0]):
            self.steps = [self.steps[0] + 1] * len(given)
            yield slice(None), self.steps[0], np.concatenate(given)
            return
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                self.steps[i] += 1
                yield self.places[i], self.steps[i], parameter.grad.array.flatten()

    def recall(self, place: slice, name: str) -> Array:
        """A view of what is remembered under a name: zeros at first."""
        return self.memory[name][place]

    def get_state(self, i: int) -> dict[str, Any]:
        """What is remembered of one parameter, in its shape."""
        place, shape = self.places[i], self.parameters[i].shape
        arrays = {name: flat[place].reshape(shape) for name, flat in self.memory.items()}
        return {"step": self.steps[i]} | {name: Tensor(a.copy()) for name, a in arrays.items()}

    def set_state(self, i: int, state: Mapping[str, Any]) -> None:
        """Remember of one parameter what ``get_state`` gave; PyTorch's SGD counts no steps."""
        self.steps[i] = int(state.get("step", bool(state)))
        for name in {*self.memory, *state} - {"step"}:
            self.memory[name][self.places[i]] = np.ravel(state.get(name, 0))


class Optimizer:
    """What all optimisers share: parameters in groups, each with its own settings.

    From the first step on, the parameters' arrays are views of one long array.

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.SGD([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.], requires_grad=True)
    """

    def __init__(self, params: Params, defaults: Mapping[str, Any]) -> None:
        if isinstance(params, (Tensor, Mapping, str)) or not isinstance(params, Iterable):
            raise TypeError(f"params: expected an iterable of Tensors, got {type(params).__name__}")
        given: list[Any] = list(params)
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self._blocks: list[_Block] = []
        in_groups = given and isinstance(given[0], Mapping)
        for group in given if in_groups else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with settings of their own, such as another ``lr``."""
        expect_type(param_group, "param_group", "a mapping", Mapping)
        expect("params" in param_group, "param_group", "one with 'params'", list(param_group))
        group = {**self.defaults, **param_group, "params": list(param_group["params"])}
        expect(group["params"], "params", "at least one parameter", "none")
        for name in {"lr", "momentum", "weight_decay", "eps"} & {*group}:
            expect_number(group[name], name, 0)
        for parameter in group["params"]:
            expect_type(parameter, "params", "Tensors", Tensor)
            expect(parameter.is_leaf, "params", "leaves", "the result of an operation")
        self.param_groups.append(group)
        every = [id(parameter) for each in self.param_groups for parameter in each["params"]]
        expect(len(every) == len({*every}), "params", "each parameter once", "the same one twice")

    def _lay_out(self) -> list[_Block]:
        """Each group's block; those of new groups are made now."""
        while len(self._blocks) < len(self.param_groups):
            self._blocks.append(_Block(self.param_groups[len(self._blocks)]["params"]))
        return self._blocks

    def _places(self) -> list[tuple[_Block, int]]:
        """Where each parameter is, in PyTorch's order, by which they are numbered."""
        return [(block, i) for block in self._lay_out() for i in range(len(block.steps))]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, so that those of the next batch do not add to them."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for group, block in zip(self.param_groups, self._lay_out(), strict=True):
            block.adopt()
            for place, step, g in block.gradients():
                w = block.values[place]
                if group["weight_decay"]:
                    self._decay(w, g, group)
                self._update(w, g, partial(block.recall, place), step, group)

    def _decay(self, w: Array, g: Array, group: Group) -> None:
        """Weight decay: the slope of ½ · weight_decay · w² beside the loss."""
        g += group["weight_decay"] * w

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        """Change ``w`` in place by the formula of the class; ``g`` may be written over."""
        raise NotImplementedError(f"{type(self).__name__} does not define step()")

    def state_dict(self) -> dict[str, Any]:
        """Settings and memory, in PyTorch's layout: parameters are numbered in order."""
        state = {n: b.get_state(i) for n, (b, i) in enumerate(self._places()) if b.steps[i]}
        number = count()
        groups = [{**g, "params": [next(number) for _ in g["params"]]} for g in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over settings and memory; the parameters stay this optimiser's own."""
        expect_type(state_dict, "state_dict", "a mapping", Mapping)
        complete = {"state", "param_groups"} <= {*state_dict}
        expect(complete, "state_dict", "'state' and 'param_groups'", list(state_dict))
        saved = state_dict["param_groups"]
        sizes, given = ([len(g["params"]) for g in gs] for gs in (self.param_groups, saved))
        expect(sizes == given, "state_dict", f"groups of {sizes} parameters", given)
        for group, settings in zip(self.param_groups, saved, strict=True):
            group.update({**settings, "params": group["params"]})
        for number, (block, i) in enumerate(self._places()):
            block.set_state(i, state_dict["state"].get(number, {}))


class SGD(Optimizer):
    """Gradient descent: ``w ← w − lr · g``, with momentum ``v ← μ v + g``, ``w ← w − lr · v``.

    ``nesterov`` looks ahead, ``w ← w − lr · (g + μ v)``; ``weight_decay`` adds its share of w to g.
    Robbins and Monro 1951; momentum Polyak 1964; Nesterov 1983 as in Sutskever et al. 2013.
    Raises ``ValueError`` for settings out of range.

    >>> import nnlib
    >>> model = nnlib.nn.Linear(2, 1)
    >>> optimizer = nnlib.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> model(nnlib.ones(1, 2)).sum().backward()
    >>> optimizer.step()
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        *,
        weight_decay: float = 0,
        nesterov: bool = False,
    ) -> None:
        expect(momentum or not nesterov, "nesterov", "a momentum above 0 with it", momentum)
        settings = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "nesterov": nesterov})

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        if momentum := group["momentum"]:
            v = memory("momentum_buffer")
            v *= momentum
            v += g
            g = g + momentum * v if group["nesterov"] else v
        w -= group["lr"] * g


def _running_square(s: Array, g: Array, rate: float) -> Array:
    """``s ← rate · s + (1 − rate) g²``, in place: what squares have lately been."""
    s *= rate
    s += (1 - rate) * g * g
    return s


class RMSprop(Optimizer):
    """A step for each weight, divided by the size its gradients have lately had (Hinton 2012).

    ``s ← αs + (1 − α)g²`` and ``w ← w − lr · g / (√s + eps)``.
    Raises ``ValueError`` for settings out of range.

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.RMSprop([w], lr=0.05)
    >>> (w * 5).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
    ) -> None:
        expect_number(alpha, "alpha", 0, 1)
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, settings)

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        s = _running_square(memory("square_avg"), g, group["alpha"])
        w -= group["lr"] * g / (np.sqrt(s) + group["eps"])


class Adagrad(Optimizer):
    """A step for each weight, divided by the size of all its gradients so far.

    ``s ← s + g²`` and ``w ← w − lr · g / (√s + eps)``, where lr is divided by
    1 + (t − 1) · ``lr_decay``. (Duchi, Hazan and Singer 2011.)
    Raises ``ValueError`` for settings out of range.

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.Adagrad([w], lr=0.5)
    >>> (w * 5).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.5000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        *,
        eps: float = 1e-10,
    ) -> None:
        expect_number(lr_decay, "lr_decay", 0)
        settings = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        super().__init__(params, settings)

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        s = memory("sum")
        s += g * g
        lr = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        w -= lr * g / (np.sqrt(s) + group["eps"])


class Adadelta(Optimizer):
    """A step for each weight as long as its steps have lately been, over its gradients.

    ``s ← ρs + (1 − ρ)g²``, ``d = g · √(u + eps) / √(s + eps)``, ``u ← ρu + (1 − ρ)d²`` and
    ``w ← w − lr · d``. (Zeiler 2012.) Raises ``ValueError`` for settings out of range.

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.Adadelta([w])
    >>> (w * 5).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9968], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
    ) -> None:
        expect_number(rho, "rho", 0, 1)
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay})

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        u, rho, eps = memory("acc_delta"), group["rho"], group["eps"]
        s = _running_square(memory("square_avg"), g, rho)
        d = g * np.sqrt((u + eps) / (s + eps))
        _running_square(u, d, rho)
        w -= group["lr"] * d


class Adam(Optimizer):
    """A step for each weight, scaled by how large its gradients have been (Kingma and Ba 2015).

    ``m ← β₁m + (1 − β₁)g``, ``v ← β₂v + (1 − β₂)g²``, and with m̂ = m / (1 − β₁ᵗ) and
    v̂ = v / (1 − β₂ᵗ): ``w ← w − lr · m̂ / (√v̂ + eps)``. ``weight_decay`` adds to the gradient.
    With ``amsgrad`` the largest v so far stands in its place (Reddi, Kale and Kumar 2018).
    Raises ``ValueError`` for settings out of range.

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.Adam([w], lr=0.1)
    >>> (w * 5).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
    ) -> None:
        expect_type(betas, "betas", "two numbers", tuple, list)
        for beta in betas:
            expect_type(beta, "betas", "numbers", int, float, np.number)
        two = len(betas) == 2 and all(0 <= beta < 1 for beta in betas)
        expect(two, "betas", "two numbers in [0, 1)", betas)
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "amsgrad": amsgrad})

    def _update(self, w: Array, g: Array, memory: Memory, step: int, group: Group) -> None:
        # In place throughout, m in a way that needs no second array: (m β₁/(1 − β₁) + g)(1 − β₁).
        m, v, (beta1, beta2) = memory("exp_avg"), memory("exp_avg_sq"), group["betas"]
        m *= beta1 / (1 - beta1)
        m += g
        m *= 1 - beta1
        g *= g
        g *= 1 - beta2
        v *= beta2
        v += g
        if group["amsgrad"]:
            largest = memory("max_exp_avg_sq")
            v = np.maximum(largest, v, out=largest)
        spread = math.sqrt(1 - beta2**step)  # √v̂ = √v / spread: multiplied out, as in the paper
        root = np.sqrt(v, out=g)
        root += group["eps"] * spread
        move = np.divide(m, root, out=root)
        move *= group["lr"] * spread / (1 - beta1**step)
        w -= move


class AdamW(Adam):
    """Adam with the weights shrunk by ``lr · weight_decay`` apart from the gradient.

    The settings are Adam's, with a ``weight_decay`` of 0.01. (Loshchilov and Hutter 2019.)

    >>> import nnlib
    >>> w = nnlib.ones(1, requires_grad=True)
    >>> optimizer = nnlib.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * 0).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9500], requires_grad=True)
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def _decay(self, w: Array, g: Array, group: Group) -> None:
        w *= 1 - group["lr"] * group["weight_decay"]
