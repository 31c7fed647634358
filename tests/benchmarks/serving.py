"""Says how long an author waits from saving a page to the page coming up again.
The goals: 3 seconds for a word and 10 for a quick block, on the longest page there is.

    .venv/bin/python tests/benchmarks/serving.py
    .venv/bin/python tests/benchmarks/serving.py --dirty --rounds 7 --page pieces/neuron.md

A copy of the checkout is served, with its caches, so that nobody's page is touched. Both changes
take turns; what is waited for is the answer that makes the browser load the page again.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1:8799"
GOALS = {"a word": 3, "a block": 10}
_FIRST_BUILD_SECONDS = 600
# MkDocs writes it into each page that it serves, for its own script to ask with.
_TOLD = re.compile(r"livereload\((\d+), (\d+)\)")


def _read(address: str) -> str:
    with urlopen(f"http://{HOST}/{address}", timeout=_FIRST_BUILD_SECONDS) as answer:
        return str(answer.read().decode())


@contextmanager
def served(root: Path, *options: str) -> Iterator[None]:
    command = [sys.executable, "-m", "mkdocs", "serve", "-a", HOST, *options]
    with (root / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)
    try:
        end = time.monotonic() + _FIRST_BUILD_SECONDS
        while True:
            try:
                _read("")
                break
            except URLError:
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((root / "log").read_text()) from None
                time.sleep(0.5)
        yield
    finally:
        server.terminate()
        server.wait()


def seconds(page: Path, text: str, address: str) -> float:
    """From writing the page to the answer of MkDocs that makes a browser load it again."""
    told = _TOLD.search(_read(address))
    if told is None:
        raise RuntimeError(f"{address}: expected MkDocs' script for reloading, found none")
    start = time.perf_counter()
    page.write_text(text, encoding="utf-8")
    while _read(f"livereload/{told[1]}/{told[2]}") == told[1]:
        pass  # it answers after a minute without a change, too
    return time.perf_counter() - start


def changed(source: str, what: str, round_: int) -> str:
    """The page with one more word in its first line of prose, or comment in its first block."""
    if what == "a word":
        return re.sub(r"(?m)^(# .+\n\n)", rf"\1Word{round_}. ", source, count=1)
    return re.sub(r"(?m)^(```python.*\n)", rf"\1pass  # {round_}\n", source, count=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", default="architectures/attention.md")
    parser.add_argument("--dirty", action="store_true", help="as `mkdocs serve --dirty`")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "copy"
        left = shutil.ignore_patterns(".git", ".venv", "site", "*_cache", "__pycache__")
        shutil.copytree(ROOT, root, ignore=left)
        page = root / "docs" / asked.page
        source, address = page.read_text(encoding="utf-8"), asked.page.removesuffix(".md") + "/"
        took: dict[str, list[float]] = {what: [] for what in GOALS}
        with served(root, *(["--dirty"] if asked.dirty else [])):
            for round_ in range(asked.rounds):
                for what, found in took.items():
                    found.append(seconds(page, changed(source, what, round_), address))
    for what, found in took.items():
        middle = statistics.median(found)
        verdict = "met" if middle <= GOALS[what] else "MISSED"
        print(f"{what}: {middle:.2f} s (of {min(found):.2f} to {max(found):.2f}), {verdict}")


if __name__ == "__main__":
    main()
