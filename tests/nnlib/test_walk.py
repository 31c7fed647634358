"""The walk of a gradient that the contributor's page describes is the one that the code takes.
A step more in the code, or in the page, fails here.
"""

import re
import sys
from pathlib import Path

import nnlib
from nnlib import nn

ROOT = Path(nnlib.__file__).resolve().parents[1]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "contributing.md"


def described():
    """The steps of the page: the file and the function that holds the step."""
    walk = PAGE.read_text("utf-8").partition("## Follow a gradient")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. `(nnlib/\w+\.py)`, `([\w.]+)`", walk, re.MULTILINE)


def taken(run):
    """nnlib's functions that it enters, in order and once each; making a tensor is no step."""
    entered = {}

    def note(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT / "nnlib")):
            place = Path(code.co_filename).relative_to(ROOT).as_posix()
            entered[place, code.co_qualname.partition(".<locals>")[0]] = None

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return [step for step in entered if not step[1].endswith("__init__")]


def test_a_gradient_takes_the_steps_of_the_page():
    layer, target = nn.Linear(3, 2), nnlib.tensor([0, 1])
    for _ in range(2):  # the first time fills a cache
        loss = nn.functional.cross_entropy(nn.ReLU()(layer(nnlib.randn(2, 3))), target)
        steps = taken(loss.backward)
    assert steps[0] == ("nnlib/tensor.py", "Tensor.backward")
    assert steps[1:] == described()
    assert len(steps[1:]) <= 6
