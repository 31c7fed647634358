"""Says what ``import nnlib`` costs beside ``import numpy`` alone: the goal is at most 1.5 times.
A package for short snippets is imported again and again, so a slow import is felt on every page.

    .venv/bin/python tests/benchmarks/import_time.py
    .venv/bin/python tests/benchmarks/import_time.py --rounds 41

Each import runs in a fresh interpreter, whose own start is not counted; the two take turns.
"""

import argparse
import os
import statistics
import subprocess
import sys

GOAL = 1.5
TIMED = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def seconds(module: str) -> float:
    command = [sys.executable, "-c", TIMED.format(module)]
    # Where a shell forbids compiled files, each import would compile, and that is no one's import.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return float(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds: expected 1 or more")
    pairs = [(seconds("numpy"), seconds("nnlib")) for _ in range(rounds + 1)]
    numpy, ours = zip(*pairs[1:], strict=True)  # the first round may still compile and read disks
    ratio = statistics.median(b / a for a, b in pairs[1:])
    print(f"import numpy {1e3 * statistics.median(numpy):.1f} ms")
    print(f"import nnlib {1e3 * statistics.median(ours):.1f} ms")
    print(f"ratio {ratio:.2f}, goal at most {GOAL}: {'met' if ratio <= GOAL else 'MISSED'}")


if __name__ == "__main__":
    main()
