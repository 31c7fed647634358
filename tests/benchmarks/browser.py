"""Says what the Python of the page costs: the steps of ``workloads.py``, as multiples of here.
NumPy in a browser has neither a fast BLAS nor vector instructions, so other habits pay there.

    NNLIB_PYODIDE=<folder> .venv/bin/python tests/benchmarks/browser.py
    NNLIB_PYODIDE=<folder> .venv/bin/python tests/benchmarks/browser.py W1 W6 --rounds 3

The folder holds what ``docs/machine/runtime.sha256`` lists. Both train from the same weights, first
to the same losses, and then take turns; here it is one thread, as there. It is the processor's time
that counts, so a machine may be busy. It needs Node and some minutes.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Before NumPy is there: afterwards it would not be heard.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
from compare import save
from workloads import WORKLOADS

PROJECT = Path(__file__).parents[2]
CHECKED_STEPS = 3
TOLERANCE = 1e-4

# Python for both, which peer.py is for the comparison with PyTorch.
MAKE = """
import sys
sys.path[:0] = [{project!r}, {project!r} + "/tests/benchmarks"]
import json
import numpy as np
import nnlib
from floor import multiplier
from workloads import trainer
if sys.platform == "emscripten":
    from processor import seconds as clock
else:
    from time import process_time as clock

def start(name, path, bare):
    with np.load(path) as file:
        arrays = dict(file)
    x, y = arrays.pop("x"), arrays.pop("y")
    return multiplier(name, arrays) if bare else trainer(nnlib, name, x, y, arrays)

def losses(name, path, count):
    step = start(name, path, False)
    return json.dumps([step() for _ in range(count)])

def seconds(name, path, patience, bare):
    step, count = start(name, path, bare), 0
    step()
    begin = clock()
    while clock() - begin < patience or not count:
        step()
        count += 1
    return (clock() - begin) / count
"""


class Here:
    """This Python."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        exec(MAKE.format(project=str(PROJECT)), self.names)
        self.names["nnlib"].tune_allocator()

    def ask(self, code: str) -> Any:
        return eval(code, self.names)


class There:
    """The browser's Python, in a process of Node."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.ask(MAKE.format(project="/project"))

    def ask(self, code: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"code": code}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"Node ended with status {self.process.wait()}")
        return json.loads(answer).get("value")


@contextmanager
def browser(folder: str) -> Iterator[There]:
    script = str(Path(__file__).with_suffix(".mjs"))
    process = subprocess.Popen(
        ["node", script, folder, str(PROJECT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield There(process)
    finally:
        process.kill()
        process.communicate()


def check(name: str, here: Sequence[float], there: Sequence[float]) -> None:
    if not np.allclose(here, there, rtol=TOLERANCE):
        raise SystemExit(f"{name}: expected equal losses, got\n  here {here}\n  there {there}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("workloads", nargs="*", help=f"some of {' '.join(WORKLOADS)}; all if none")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="how long each turn takes")
    options = parser.parse_args()
    chosen = options.workloads or list(WORKLOADS)
    if unknown := set(chosen) - set(WORKLOADS):
        parser.error(f"expected some of {' '.join(WORKLOADS)}, got {' '.join(sorted(unknown))}")
    folder = os.environ.get("NNLIB_PYODIDE", "")
    if not (Path(folder) / "pyodide.mjs").is_file():
        parser.error("NNLIB_PYODIDE: expected a folder with Pyodide's files")
    if shutil.which("node") is None:
        parser.error("node: expected on the path, found nothing")

    with tempfile.TemporaryDirectory(dir=PROJECT / ".cache") as made, browser(folder) as there:
        here = Here()
        print(f"here   Python {sys.version.split()[0]}, NumPy {np.__version__}")
        print(f"there  Python {there.ask('sys.version.split()[0]')}, ", end="")
        print(f"NumPy {there.ask('np.__version__')}; medians of {options.rounds} rounds\n")
        print("|      |  here ms | there ms | times | bare products: times | of there's step |")
        print("|-----:|---------:|---------:|------:|---------------------:|----------------:|")
        for name in chosen:
            path = Path(made) / f"{name}.npz"
            save(name, path)
            seen = f"/project/{path.relative_to(PROJECT)}"
            steps = 1 if WORKLOADS[name].batch_size else CHECKED_STEPS
            own, other = (
                json.loads(peer.ask(f"losses({name!r}, {at!r}, {steps})"))
                for peer, at in ((here, str(path)), (there, seen))
            )
            check(name, own, other)
            rounds = [
                [
                    1e3 * peer.ask(f"seconds({name!r}, {at!r}, {options.seconds}, {bare})")
                    for bare in (False, True)
                    for peer, at in ((here, str(path)), (there, seen))
                ]
                for _ in range(options.rounds)
            ]
            step, step_there, _, bare_there = map(statistics.median, zip(*rounds, strict=True))
            times, products = (
                statistics.median(row[i + 1] / row[i] for row in rounds) for i in (0, 2)
            )
            share = bare_there / step_there
            print(
                f"| {name:>4} | {step:8.3f} | {step_there:8.3f} | {times:5.1f} "
                f"| {products:20.1f} | {share:15.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
