"""Trains a small CNN to read at least 99 % of MNIST's test digits, and says how long that takes.
It needs two minutes and the data, so it is a benchmark and not a test.

    NNLIB_DATA=<folder with the four MNIST files> .venv/bin/python tests/benchmarks/mnist_cnn.py

``OMP_NUM_THREADS=1`` before it measures one thread. The test images are looked at once, at the end.
"""

import argparse
import os
import sys
import time

import nnlib
from nnlib import data, datasets, nn, optim

GOAL = 0.99


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(32 * 7 * 7, 10),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not os.environ.get("NNLIB_DATA"):
        parser.error("NNLIB_DATA: expected a folder with MNIST's four files, got none")
    nnlib.tune_allocator()
    nnlib.manual_seed(options.seed)
    train = data.TensorDataset(*datasets.mnist(train=True))
    test = data.TensorDataset(*datasets.mnist(train=False))
    model, criterion = network(), nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    # A step that shrinks to nothing lets the last epochs settle what the first ones found.
    decay = optim.LambdaLR(optimizer, lambda epoch: 1 - epoch / options.epochs)
    loader = data.DataLoader(train, batch_size=64, shuffle=True)

    begin = time.perf_counter()
    history = nnlib.fit(model, loader, criterion, optimizer, epochs=options.epochs, scheduler=decay)
    seconds = time.perf_counter() - begin
    result = nnlib.evaluate(
        model, data.DataLoader(test, batch_size=500), criterion, {"accuracy": nnlib.accuracy}
    )
    reached = result["accuracy"] >= GOAL
    print(f"training loss by epoch: {', '.join(f'{loss:.4f}' for loss in history['loss'])}")
    print(f"{seconds:.0f} s for {options.epochs} epochs, seed {options.seed}")
    print(
        f"test accuracy {result['accuracy']:.2%}, goal {GOAL:.0%}: {'met' if reached else 'MISSED'}"
    )
    sys.exit(not reached)


if __name__ == "__main__":
    main()
