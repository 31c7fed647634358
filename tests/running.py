"""Runs Python as whoever copied a block would: by itself, in a folder that holds nothing of the
project's, with only what is installed. And says how thorough the tests are to be."""

import os
import subprocess
import sys
from pathlib import Path

# The README's command runs every block of every page, the library's tests, the rules and the
# build, and looks at one page of each kind in a browser. With NNLIB_THOROUGH set, as `.ci/run`
# sets it, the tests try all that a quarter of an hour has room for; with "everything", once a
# week, what repeats what takes long, too.
THOROUGH = bool(os.environ.get("NNLIB_THOROUGH"))
EVERYTHING = os.environ.get("NNLIB_THOROUGH") == "everything"
_LIMIT_SECONDS = 1800


def python(*arguments: str, folder: Path, stdin: str = "", **surroundings: str) -> str:
    """What it prints; what it says besides is shown when it fails.

    >>> python("-c", "print(input())", folder=Path("."), stdin="hello")
    'hello\\n'
    """
    ran = subprocess.run(
        [sys.executable, "-I", *arguments],
        cwd=folder,
        # Nobody is there to look at a picture or a progress bar.
        env={**os.environ, "MPLBACKEND": "Agg", "TQDM_DISABLE": "1", **surroundings},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=_LIMIT_SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
