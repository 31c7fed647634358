"""One contestant of the benchmark in a process of its own, so that none disturbs another's memory.
It says nothing by itself: ``compare.py`` starts it, asks for losses or for a timing, and waits.

A line of JSON in, a line of JSON out: ``{"losses": 20}`` gives the losses of so many steps,
``{"time": 50}`` the seconds a step takes, over so many; each starts from the same weights.
"""

import importlib
import json
import sys
import time
from typing import Any

import numpy as np
from floor import multiplier
from workloads import Step, trainer

WARM_UP = 3


def main() -> None:
    peer, name, path = sys.argv[1:]
    with np.load(path) as file:
        arrays = dict(file)
    x, y = arrays.pop("x"), arrays.pop("y")
    library: Any = None if peer == "floor" else importlib.import_module(peer)
    if peer == "nnlib":
        library.tune_allocator()  # documented, and what fit() does: PyTorch has its own ways

    def start() -> Step:
        if library is None:
            return multiplier(name, arrays)
        return trainer(library, name, x, y, arrays)

    for line in sys.stdin:
        ((task, steps),) = json.loads(line).items()
        step = start()
        if task == "losses":
            answer: object = [step() for _ in range(steps)]
        else:
            for _ in range(WARM_UP):
                step()
            begin = time.perf_counter()
            for _ in range(steps):
                step()
            answer = (time.perf_counter() - begin) / steps
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
