"""Programs as lessons for PyTorch write them run on nnlib once their import lines are changed.
Where no random number differs, the losses are the same."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

LESSONS = sorted((Path(__file__).parent / "lessons").glob("*.py"))


def carried_over(source):
    """The lesson with its import lines changed, and nothing else."""
    lines = [
        re.sub(r"\btorch\b", "nnlib", line) + ("  # as torch" if line == "import torch" else "")
        if re.match(r"(import|from) torch", line)
        else line
        for line in source.splitlines()
    ]
    return "\n".join("import nnlib as torch" if "# as torch" in line else line for line in lines)


def run(source, name):
    namespace = {"__name__": "lesson"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own
        exec(compile(source, name, "exec"), namespace)
    return np.array(namespace["losses"])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_gives_the_same_losses_on_both(torch, path):
    source = path.read_text("utf-8")
    theirs, mine = run(source, path.name), run(carried_over(source), path.name)
    assert len(mine) >= 12
    np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-5)
    assert len(set(mine.tolist())) > len(mine) / 4, "a loss that never changes proves nothing"


def test_there_are_eight_lessons_and_only_their_imports_change():
    assert len(LESSONS) >= 8
    for path in LESSONS:
        source = path.read_text("utf-8")
        pairs = list(zip(source.splitlines(), carried_over(source).splitlines(), strict=True))
        changed = [before for before, after in pairs if before != after]
        assert changed
        assert all(re.match(r"(import|from) torch\b", line) for line in changed)
