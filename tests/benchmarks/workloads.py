"""What the benchmark trains, written once for both libraries, because nnlib has PyTorch's names.
One text for two peers is the fair comparison: neither gets a trick that the other lacks.

Used by ``peer.py`` and ``compare.py``; there is nothing to run here.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Step: TypeAlias = Callable[[], float]


class Workload(NamedTuple):
    """A network, how it is trained, and the goals: nnlib's time as a multiple of two others'."""

    title: str
    network: Callable[[Any], Any]
    criterion: str
    optimizer: str
    lr: float
    batch_size: int | None  # None: a step sees all of the data; else a step is a shuffled epoch
    of_pytorch: float
    of_floor: float


def layers(torch: Any, *widths: int) -> Any:
    """Linear layers with ReLU between them."""
    nn = torch.nn
    made: list[Any] = []
    for inputs, outputs in itertools.pairwise(widths):
        made += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*made[:-1])


def fruit(torch: Any) -> Any:
    return layers(torch, 2, 2, 1)


def moons(torch: Any) -> Any:
    return layers(torch, 2, 32, 32, 1)


def digits(torch: Any) -> Any:
    return layers(torch, 64, 64, 32, 10)


def handwriting(torch: Any) -> Any:
    return layers(torch, 784, 128, 64, 10)


def convolutional(torch: Any) -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, 10),
    )


def recurrent(torch: Any) -> Any:
    class Recurrent(torch.nn.Module):  # type: ignore[misc]  # its base is only known at run time
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(16, 64, batch_first=True)
            self.head = torch.nn.Linear(64, 1)

        def forward(self, x: Any) -> Any:
            y, _ = self.lstm(x)
            return self.head(y[:, -1])

    return Recurrent()


def transformer(torch: Any, activation: str = "relu") -> Any:
    nn = torch.nn
    # PyTorch wants the mask beside the hint that it is causal, and then computes with the hint.
    beside = {}
    if hasattr(nn, "Transformer"):
        beside["src_mask"] = nn.Transformer.generate_square_subsequent_mask(64)

    class Block(torch.nn.Module):  # type: ignore[misc]  # its base is only known at run time
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(
                64, 4, 256, dropout=0.0, activation=activation, batch_first=True, norm_first=True
            )

        def forward(self, x: Any) -> Any:
            return self.layer(x, is_causal=True, **beside)

    return Block()


def transformer_gelu(torch: Any) -> Any:
    return transformer(torch, "gelu")


BINARY, CLASSES, SQUARES = "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss"
MLP, BLOCK = "784-128-64-10", "Transformer block d 64, 4 heads, 64 tokens, batch 16"
# fmt: off
WORKLOADS = {
    "W1": Workload("fruit 2-2-1, one sample, SGD", fruit, BINARY, "SGD", 0.1, None, 0.20, 7),
    "W2": Workload("two moons 2-32-32-1, 200 points", moons, BINARY, "Adam", 1e-2, None, 0.20, 3.6),
    "W3": Workload("digits 64-64-32-10, an epoch", digits, CLASSES, "Adam", 1e-3, 32, 0.22, 5),
    "W4": Workload(f"{MLP}, batch 64", handwriting, CLASSES, "Adam", 1e-3, None, 0.45, 1.9),
    "W4b": Workload(f"{MLP}, batch 512", handwriting, CLASSES, "Adam", 1e-3, None, 0.70, 1.25),
    "W5": Workload("CNN 28x28, batch 64", convolutional, CLASSES, "Adam", 1e-3, None, 0.45, 2.0),
    "W6": Workload("LSTM 16-64, T 32, batch 32", recurrent, SQUARES, "Adam", 1e-3, None, 1.00, 1.7),
    "W7": Workload(f"{BLOCK}, ReLU", transformer, SQUARES, "Adam", 1e-3, None, 0.80, 1.3),
    "W7g": Workload(f"{BLOCK}, GELU", transformer_gelu, SQUARES, "Adam", 1e-3, None, 0.78, 1.45),
}
# fmt: on


def trainer(torch: Any, name: str, x: Array, y: Array, weights: Mapping[str, Array]) -> Step:
    """A step of training that starts from ``weights``, on data which both peers are given."""
    workload = WORKLOADS[name]
    model = workload.network(torch)
    model.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in weights.items()})
    criterion = getattr(torch.nn, workload.criterion)()
    optimizer = getattr(torch.optim, workload.optimizer)(model.parameters(), lr=workload.lr)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)

    def step(inputs: Any = inputs, targets: Any = targets) -> float:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    batch_size = workload.batch_size
    if batch_size is None:
        return step
    rng = np.random.default_rng(0)

    # Whole batches by their indices, because PyTorch's own loader gathers sample by sample: slower.
    def epoch() -> float:
        order = torch.from_numpy(rng.permutation(len(x)))
        batches = [order[start : start + batch_size] for start in range(0, len(x), batch_size)]
        return sum(step(inputs[batch], targets[batch]) for batch in batches) / len(batches)

    return epoch
