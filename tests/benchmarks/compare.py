"""Says how fast nnlib is: beside PyTorch as a user writes it, and beside the bare matrix products.
A claim about speed is worth what can be run again, so this prints the table on any machine.

    .venv/bin/python tests/benchmarks/compare.py                    # all, one thread and two
    .venv/bin/python tests/benchmarks/compare.py W5 W6 --threads 1 --rounds 3

Each peer trains in its own process from the same weights on the same data. First their losses must
agree; then they take turns, round by round, and the table shows medians. Times are of a step as a
user writes it (``zero_grad``, forward, ``backward``, ``step``, the loss read), for W3 of an epoch.
It needs PyTorch (``pip install torch``), about three minutes, and an otherwise idle machine:
only ratios of one run compare, and the goals are for one thread.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from workloads import WORKLOADS, Array

import nnlib

PEERS = ("nnlib", "torch", "floor")
CHECKED_STEPS, CHECKED_EPOCHS = 20, 2
# What float32 leaves of equality after so few: sums are rounded in another order. After hundreds
# of steps a rounding may put one ReLU on the other side of 0, and then losses part for no fault.
TOLERANCE = 1e-5
# Steps without an end would let gradients vanish into denormal numbers, which are slow.
MOST_STEPS = 500


def data(name: str) -> tuple[Array, Array]:
    """Inputs and targets of a workload, as float32 and, for classes, int64."""
    rng = np.random.default_rng(0)
    if name == "W1":
        return np.array([[0.9, 0.8]], np.float32), np.array([[1]], np.float32)
    if name == "W2":
        X, y = nnlib.datasets.two_moons(200, generator=rng)
        return X.numpy(), y.numpy().astype(np.float32).reshape(-1, 1)
    if name == "W3":
        X, y = nnlib.datasets.digits(flat=True)
        return X.numpy(), y.numpy()
    if name in ("W4", "W4b", "W5"):
        n = 512 if name == "W4b" else 64
        shape = (n, 1, 28, 28) if name == "W5" else (n, 784)
        return rng.random(shape, np.float32), rng.integers(0, 10, n)
    x = rng.standard_normal((32, 32, 16) if name == "W6" else (16, 64, 64), np.float32)
    return x, rng.standard_normal((32, 1) if name == "W6" else x.shape, np.float32)


def save(name: str, path: Path) -> None:
    """Write down what all peers start from: the data, and weights under PyTorch's key names."""
    x, y = data(name)
    nnlib.manual_seed(1)
    weights = WORKLOADS[name].network(nnlib).state_dict()
    np.savez(path, x=x, y=y, **{key: value.numpy() for key, value in weights.items()})


class Peer:
    """A contestant's process, asked one thing at a time."""

    def __init__(self, peer: str, name: str, path: Path, threads: int) -> None:
        limits = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        self.title = f"{peer} on {name}"
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer.py")), peer, name, str(path)],
            env=os.environ | dict.fromkeys(limits, str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, task: str, steps: int) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({task: steps}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.title} ended with status {self.process.wait()}")
        return json.loads(answer)


@contextmanager
def running(peer: str, name: str, path: Path, threads: int) -> Iterator[Peer]:
    made = Peer(peer, name, path, threads)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def check_losses(name: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    """Stop unless both peers learn, and learn the same."""
    apart = max(abs(a - b) / abs(b) for a, b in zip(ours, theirs, strict=True))
    if not apart <= TOLERANCE or not ours[-1] < ours[0]:
        raise SystemExit(
            f"{name}: expected losses that fall and agree within {TOLERANCE}, got\n"
            f"  nnlib {ours}\n  torch {theirs}"
        )


def measure(
    name: str, path: Path, threads: int, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Milliseconds a step by peer and round; the peers take turns, so that all meet the weather."""
    with ExitStack() as stack:
        peers = {p: stack.enter_context(running(p, name, path, threads)) for p in PEERS}
        checked = CHECKED_EPOCHS if WORKLOADS[name].batch_size else CHECKED_STEPS
        check_losses(name, *(peers[p].ask("losses", checked) for p in ("nnlib", "torch")))
        steps = round(min(max(seconds / peers["torch"].ask("time", 3), 3), MOST_STEPS))
        times: dict[str, list[float]] = {peer: [] for peer in PEERS}
        for turn in range(rounds):
            for peer in PEERS if turn % 2 == 0 else PEERS[::-1]:
                times[peer].append(1e3 * peers[peer].ask("time", steps))
    return times


def ratio_to(other: str, times: dict[str, list[float]]) -> list[float]:
    """Round by round, because a busy moment then slows both."""
    return [ours / theirs for ours, theirs in zip(times["nnlib"], times[other], strict=True)]


HEADER = (
    "",
    "nnlib ms",
    "torch ms",
    "floor ms",
    "/ torch",
    "spread",
    "goal",
    "/ floor",
    "goal",
    "",
)
WIDTHS = (4, 9, 9, 9, 7, 11, 5, 7, 5, 6)


def row(cells: Sequence[str]) -> str:
    padded = (cell.rjust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    return f"| {' | '.join(padded)} |"


def result(name: str, times: dict[str, list[float]], threads: int) -> str:
    goals = WORKLOADS[name]
    rounds = ratio_to("torch", times)
    of_pytorch = statistics.median(rounds)
    of_floor = statistics.median(ratio_to("floor", times))
    met = of_pytorch <= goals.of_pytorch and of_floor <= goals.of_floor
    return row(
        [
            name,
            *(f"{statistics.median(times[peer]):.4f}" for peer in PEERS),
            f"{of_pytorch:.2f}",
            f"{min(rounds):.2f}-{max(rounds):.2f}",
            f"{goals.of_pytorch:.2f}",
            f"{of_floor:.2f}",
            f"{goals.of_floor:.2f}",
            "" if threads > 1 else "met" if met else "MISSED",
        ]
    )


def processor() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def describe_machine() -> None:
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    print(f"{os.cpu_count()} cores, {processor()}, {platform.system()}")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__} ({blas['name']} "
        f"{blas['version']}), PyTorch {importlib.metadata.version('torch')}, "
        f"nnlib {nnlib.__version__}"
    )
    if hasattr(os, "getloadavg"):  # Windows has none
        load = os.getloadavg()[0]
        print(f"load average {load:.2f} before the start")
        if load > 1:
            print("WARNING: the machine is busy; these numbers are no basis for a claim")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("workloads", nargs="*", help=f"some of {' '.join(WORKLOADS)}; all if none")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.3, help="how long PyTorch's turn takes")
    options = parser.parse_args()
    chosen = options.workloads or list(WORKLOADS)
    if unknown := set(chosen) - set(WORKLOADS):
        parser.error(f"expected some of {' '.join(WORKLOADS)}, got {' '.join(sorted(unknown))}")
    if min(options.rounds, *options.threads) < 1:
        parser.error("--rounds and --threads: expected 1 or more")
    if importlib.util.find_spec("torch") is None:
        parser.error("PyTorch is not installed: pip install torch")

    describe_machine()
    print(
        f"medians of {options.rounds} rounds; spread: the smallest and largest / torch of a round"
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.npz" for name in chosen}
        for name, path in paths.items():
            save(name, path)
        for threads in options.threads:
            note = "" if threads == 1 else " (the goals are for one)"
            print(f"\n{threads} thread{'s' * (threads > 1)}{note}\n")
            print(row(HEADER))
            print(f"|{'|'.join('-' * (width + 1) + ':' for width in WIDTHS)}|")
            for name, path in paths.items():
                times = measure(name, path, threads, options.rounds, options.seconds)
                print(result(name, times, threads), flush=True)
    print()
    for name in chosen:
        print(f"{name}: {WORKLOADS[name].title}")


if __name__ == "__main__":
    main()
