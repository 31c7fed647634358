"""Holds "copy with what it needs" to its word: what is copied runs and prints what the page says.
Each page's scripts are run, those that begin alike together; nothing in them may be idle.
"""

import importlib.util
import json
import os
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from machine import dependencies, effects, library
from machine.comparing import same_output
from machine.dependencies import Page, mark, read, runs, scripts, sources
from machine.examples import Block, blocks, missing
from machine.pages import DOCS, explainers
from running import EVERYTHING, THOROUGH, python

import nnlib

PAGES = explainers()
# On these each block can be left out in turn. Elsewhere some come along whose effect never shows:
# a draw moves the generator on, an entry joins a dictionary of which another is read.
SMALL = ["pieces/activations.md", "pieces/neuron.md", "learning/losses.md"]
# Pages that train run once for the tests; where all is tried, once more with their scripts.
TRIED = PAGES if THOROUGH else [DOCS / name for name in SMALL]
_PATIENCE_SECONDS = 1e9 if EVERYTHING else 0.3


# What depends on what, by rule.


def needs(*page: str) -> list[str]:
    """The lines that the last block of a page needs, as written."""
    found = read(page)
    return [
        page[found.order[at].block].splitlines()[found.order[at].first - 1]
        for at in found.blocks[-1]
    ]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(["a = 1\nb = 2", "print(b)"], ["b = 2"], id="names"),
        pytest.param(["a = 1\na = 2", "print(a)"], ["a = 2"], id="the last binding"),
        pytest.param(
            ["a = 1", "if a:\n    a = 2", "print(a)"], ["a = 1", "if a:"], id="perhaps bound"
        ),
        pytest.param(["a = 1\nb = a", "a = 3\nprint(b)"], ["a = 1", "b = a"], id="as it was then"),
        pytest.param(["import os, sys\nimport re", "re.match"], ["import re"], id="imports"),
        pytest.param(
            ["c = 1\ndef f():\n    return c", "c = 2", "print(f())"],
            ["def f():", "c = 2"],
            id="what a function looks up when it is called",
        ),
        pytest.param(
            ["c = 1", "def f():\n    return c"], ["c = 1"], id="a definition, for its later call"
        ),
        pytest.param(
            ["d = 1\nclass A:\n    def go(self, n=d):\n        return n", "a = A()", "a.go()"],
            ["d = 1", "class A:", "a = A()"],
            id="classes",
        ),
        pytest.param(
            ["x = []\ny = []", "x.append(1)\ny.append(2)", "print(x)"],
            ["x = []", "x.append(1)"],
            id="a list that grows",
        ),
        pytest.param(
            ["import numpy as np\nx = np.zeros(3)\nv = x[:2]", "v[0] = 1", "print(x)"],
            ["import numpy as np", "x = np.zeros(3)", "v = x[:2]", "v[0] = 1"],
            id="a view",
        ),
        pytest.param(
            ["import numpy as np\nx = np.zeros(3)\nv = x.copy()", "v[0] = 1", "print(x)"],
            ["import numpy as np", "x = np.zeros(3)"],
            id="a copy",
        ),
        pytest.param(
            ["from helpers import change, look\nx = [1]", "change(x)", "print(x)"],
            ["from helpers import change, look", "x = [1]", "change(x)"],
            id="a call of what is not known",
        ),
        pytest.param(
            ["def change(a):\n    a[0] = 2\nx = [1]\ny = [1]", "change(x)\nchange(y)", "print(y)"],
            ["def change(a):", "y = [1]", "change(y)"],
            id="a function that changes what it is given",
        ),
        pytest.param(
            ["def look(a):\n    return a[0]\nx = [1]", "look(x)", "print(x)"],
            ["x = [1]"],
            id="a function that only looks",
        ),
        pytest.param(
            ["n = 0\ndef count():\n    global n\n    n += 1", "count()", "print(n)"],
            ["n = 0", "def count():", "count()"],
            id="a global",
        ),
        pytest.param(
            ["x = 1", "for x in range(3):\n    y = x", "print(y)"],
            ["for x in range(3):"],
            id="a loop's own names",
        ),
        pytest.param(
            [
                "from nnlib import fit\nkept = []\nclass Watch:\n    def on_end(self):\n"
                "        kept.append(1)",
                "fit(1, callbacks=[Watch()])",
                "print(kept)",
            ],
            ["from nnlib import fit", "kept = []", "class Watch:", "fit(1, callbacks=[Watch()])"],
            id="what a library calls back",
        ),
        pytest.param(["a = (i for i in 'ab')\nnext(a)", "print(list(a))"],
                     ["a = (i for i in 'ab')", "next(a)"], id="what runs dry"),
        pytest.param(["import numpy as np\nnp.set_printoptions(precision=2)", "print(1)"],
                     ["import numpy as np", "np.set_printoptions(precision=2)"], id="settings"),
    ],
)  # fmt: skip
def test_a_block_needs_these_lines_and_no_others(page: list[str], expected: list[str]) -> None:
    assert needs(*page) == expected


_MODEL = """import nnlib
from nnlib import nn, optim
X = nnlib.zeros(4, 2)
model = nn.Linear(2, 1)
optimizer = optim.SGD(model.parameters(), lr=0.1)"""


def test_a_step_of_the_optimizer_changes_the_model_but_not_the_data() -> None:
    step = "model(X).sum().backward()\noptimizer.step()"
    assert needs(_MODEL, step, "print(model.weight)")[-2:] == step.splitlines()
    assert needs(_MODEL, step, "print(X)") == ["import nnlib", "X = nnlib.zeros(4, 2)"]


def test_asking_a_model_changes_nothing_unless_it_keeps_count() -> None:
    assert "model(X)" not in needs(_MODEL, "model(X)", "print(model.weight)")
    counting = _MODEL.replace(
        "nn.Linear(2, 1)", "nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))"
    )
    assert "model(X)" in needs(counting, "model(X)", "print(model(X))")
    watched = "from nnlib.monitor import Monitor\nmonitor = Monitor(model)"
    assert "model(X)" in needs(_MODEL, watched, "model(X)", "print(monitor.history)")


def test_chance_hangs_on_the_last_seed_and_on_all_that_was_drawn_since() -> None:
    page = [
        "import nnlib\nnnlib.manual_seed(0)\nnnlib.rand(2)",
        "nnlib.manual_seed(1)",
        "nnlib.rand(3)",
    ]
    assert needs(*page, "print(nnlib.rand(1))") == [
        "import nnlib", "nnlib.manual_seed(1)", "nnlib.rand(3)"
    ]  # fmt: skip
    assert needs(*page, "nnlib.manual_seed(2)\nprint(nnlib.rand(1))") == ["import nnlib"]
    inside = "def seeded():\n    nnlib.manual_seed(3)\n    return nnlib.rand(1)"
    assert needs(*page, inside, "seeded()") == ["import nnlib", "def seeded():"]


# What nnlib does, read from its code.

_ADDED = """
from collections.abc import Iterator

import numpy as np

from nnlib import functional as F
from nnlib.creation import pick_generator
from nnlib.nn.module import Module, Parameter
from nnlib.tensor import Tensor


def draw(n, *, generator=None): return Tensor(pick_generator(generator).random(n))
def draw_unasked(x): return Tensor(pick_generator(None).random(x.shape))
def hand_over(x): return [F.dropout(x) for _ in range(2)][0]
def through_a_class(n): return Drawn(n).start
def look(x, dropout_p=0.0): return F.dropout(x, dropout_p) if dropout_p else x * 2
def hidden(x): return _hidden(x)
def _hidden(x): return _draw(x)
_draw = lambda x: draw(x.shape)


def write(x): x.array[...] = 1
def write_all(*tensors):
    for i, each in enumerate(tensors): each.array += i
def write_beneath(x):
    array = x.array
    np.exp(array, out=array)
def copy_to(x): np.copyto(x.array, 1)
def pass_on(x): return write(x)
def make(x):
    made = x.array.copy()
    made[...] = 1
    return Tensor(made)


class Drawn:
    def __init__(self, n): self.start = draw(n)
class Noise(Module):
    def forward(self, x): return draw_unasked(x)
class Heavy(Module):
    def __init__(self):
        super().__init__()
        self.reset()
    def reset(self): self.weight = Parameter(draw(2))
class Heavier(Heavy):
    def __init__(self): super().__init__()
class Cards:
    def __iter__(self) -> Iterator[float]: yield draw(1).item()
class Noisy(Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.dropout = dropout
    def forward(self, x): return look(x, self.dropout)
class Plain(Module):
    def forward(self, x): return x
"""


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`nnlib.added`, with functions and classes as they might be added tomorrow."""
    file = tmp_path / "added.py"
    file.write_text(_ADDED, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("nnlib.added", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(nnlib, "added", module, raising=False)


_SEEDED = (
    "import nnlib\nmine = numpy.random.default_rng(0)\nx = nnlib.zeros(2)\nnnlib.manual_seed(0)"
)


@pytest.mark.parametrize(
    "use",
    [
        "draw(2)",
        "draw(2, generator=None)",
        "draw_unasked(x)",
        "hand_over(x)",
        "through_a_class(2)",
        "look(x, dropout_p=0.5)",
        "look(x, 0.5)",
        "hidden(x)",
        "Drawn(2)",
        "Noise()(x)",
        "Heavy()",
        "Heavier()",
        "Noisy(dropout=0.5)(x)",
        "Noisy(dropout=rate)(x)",
        "Noisy(0.5)(x)",
        "nowhere(x)",
    ],
)
@pytest.mark.usefixtures("added")
def test_what_is_added_to_nnlib_and_draws_keeps_its_seed(use: str) -> None:
    seed = "nnlib.manual_seed(0)"
    call = f"y = nnlib.added.{use}"
    assert seed in needs(_SEEDED, call)
    assert call in needs(_SEEDED, call, "print(nnlib.rand(1))"), "the next draw is another"


@pytest.mark.usefixtures("added")
def test_what_deals_by_chance_keeps_its_seed() -> None:
    page = [_SEEDED, "cards = nnlib.added.Cards()"]
    assert "nnlib.manual_seed(0)" not in needs(*page)
    assert "nnlib.manual_seed(0)" in needs(*page, "for card in cards:\n    print(card)")


@pytest.mark.parametrize(
    "use",
    ["write(x)", "write_all(x)", "write_beneath(x)", "copy_to(x)", "pass_on(x)", "nowhere(x)"],
)
@pytest.mark.usefixtures("added")
def test_what_is_added_to_nnlib_and_writes_is_not_left_out(use: str) -> None:
    assert f"nnlib.added.{use}" in needs(_SEEDED, f"nnlib.added.{use}", "print(x)")


@pytest.mark.parametrize(
    "use",
    [
        "look(x)",
        "make(x)",
        "draw(2, generator=mine)",
        "Plain()(x)",
        "Noisy()(x)",
        "look(x, dropout_p=0)",
    ],
)
@pytest.mark.usefixtures("added")
def test_what_is_added_to_nnlib_and_only_looks_brings_nothing_along(use: str) -> None:
    call = f"y = nnlib.added.{use}"
    assert "nnlib.manual_seed(0)" not in needs(_SEEDED, call)
    assert call not in needs(_SEEDED, call, "print(x, nnlib.rand(1))")


def _methods() -> Iterator[tuple[type, str]]:
    """Those of nnlib's classes; methods are followed by their names alone."""
    for found in pkgutil.walk_packages(nnlib.__path__, "nnlib."):
        if not found.name.endswith("conftest"):
            for each in vars(importlib.import_module(found.name)).values():
                if isinstance(each, type) and each.__module__ == found.name:
                    yield from ((each, name) for name in vars(each))


def test_no_method_draws_or_writes_under_a_name_that_is_held_to_do_neither() -> None:
    wrong = [
        f"{kind.__name__}.{name}"
        for kind, name in _methods()
        if name in effects._LOOKS | effects._MAKES | effects._NUMBERS
        and (library.draws_in(kind, name) or library.changes(vars(kind)[name]))
    ]
    assert not wrong


def test_lines_are_joined_and_a_whole_block_keeps_its_comments() -> None:
    page = [
        "# Two numbers.\na = 1\n# The other.\nb = 2\nc = 3; d = 4",
        "print(a + b)",
        "print(a, c)",
    ]
    found = read(page)
    assert [(run.first, run.last) for run in runs(found, page, 1)] == [(2, 4)]
    assert scripts(page)[1] == "a = 1\n# The other.\nb = 2\n\nprint(a + b)"
    assert scripts(page)[2] == "a = 1\n\nc = 3; d = 4\n\nprint(a, c)"
    assert scripts([page[0], "print(a, b, c)"])[1] == page[0] + "\n\nprint(a, b, c)"


def test_the_page_says_which_lines_each_block_needs() -> None:
    markdown = "```python\na = 1\nb = 2\n```\n\n```python\nprint(b)\n```\n"
    shown = '<div class="language-python highlight"><pre></pre></div>'
    assert mark(shown * 2, markdown) == (
        '<div class="language-python highlight" data-needs=""><pre></pre></div>'
        '<div class="language-python highlight" data-needs="0:2-2"><pre></pre></div>'
    )
    with pytest.raises(ValueError, match="2 Python blocks in the source, 1 on the page"):
        mark(shown, markdown)


def test_what_was_found_is_kept_until_a_block_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = '<div class="language-python highlight"><pre></pre></div>' * 2
    kept = tmp_path / "part" / "page.json"
    page = "```python\na = 1\nb = 2\n```\n\n```python\nprint(b)\n```\n"
    marked = mark(shown, page)
    assert mark(shown, page, kept) == marked
    read_again: list[object] = []
    really = dependencies._needs
    monkeypatch.setattr(
        dependencies, "_needs", lambda blocks: [read_again.append(blocks), really(blocks)][1]
    )
    assert mark(shown, page, kept) == marked
    assert not read_again
    changed = page.replace("print(b)", "print(a)")
    assert mark(shown, changed, kept) == mark(shown, changed) != marked


# What runs, by trial.


@dataclass
class Trial:
    """A page's blocks, what each needs, and the scripts as steps that can be run."""

    blocks: list[Block]
    page: Page
    steps: list[dict[str, Any]]

    @classmethod
    def of(cls, path: Path) -> "Trial":
        markdown = path.read_text(encoding="utf-8")
        page, written = read(sources(markdown)), sources(markdown)
        steps = []
        for at, piece in enumerate(page.order):
            steps.append(
                {
                    "source": "\n".join(
                        written[piece.block].splitlines()[piece.first - 1 : piece.last]
                    ),
                    "opens": at == 0 or page.order[at - 1].block != piece.block,
                    "closes": at + 1 == len(page.order) or page.order[at + 1].block != piece.block,
                }
            )
        return cls(list(blocks(markdown)), page, steps)

    def here(self, script: Sequence[int]) -> bool:
        """Whether this machine has what the script's blocks ask for."""
        return not any(missing(self.blocks[self.page.order[at].block].fence) for at in script)

    def run(self, wanted: Sequence[Sequence[int]], folder: Path) -> list[dict[str, Any]]:
        asked = {"steps": self.steps, "scripts": wanted, "patience": _PATIENCE_SECONDS}
        alone = str(Path(__file__).with_name("alone.py"))
        printed = python(alone, folder=folder, stdin=json.dumps(asked))
        said = {answer["script"]: answer for answer in map(json.loads, printed.splitlines())}
        assert len(said) == len(wanted)
        return [said[number] for number in range(len(wanted))]

    def wrong(self, block: int, said: dict[str, Any]) -> str | None:
        """What is wrong with what the block did at the end of its script, the pictures aside."""
        if "error" in said:
            return str(said["error"])
        printed = "".join(said["printed"][-len(self.page.own(block)) :])
        expected = self.blocks[block].expected or ""
        if not same_output(expected, printed):
            return f"printed\n{printed}\nthe page says\n{expected}"
        return None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="scripts share their beginnings by forking")
@pytest.mark.parametrize("path", TRIED, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_each_script_prints_what_the_page_says(path: Path, tmp_path: Path) -> None:
    """All but those that repeat what takes long; once a week these too, and pictures."""
    trial = Trial.of(path)
    numbers = [
        block
        for block, needed in enumerate(trial.page.blocks)
        if trial.here([*needed, *trial.page.own(block)])
    ]
    wanted = [[*trial.page.blocks[block], *trial.page.own(block)] for block in numbers]
    whole = [at for at in range(len(trial.steps)) if trial.here([at])]
    said = trial.run([*wanted, whole] if EVERYTHING else wanted, tmp_path)
    tried = [
        (block, each) for block, each in zip(numbers, said, strict=False) if "repeats" not in each
    ]
    assert 3 * len(tried) > len(numbers)
    for block, each in tried:
        problem = trial.wrong(block, each)
        assert problem is None, f"{scripts(sources(path.read_text('utf-8')))[block]}\n\n{problem}"
    if EVERYTHING:
        for block, each in tried:
            drawn = [said[-1]["drawn"][whole.index(at)] for at in trial.page.own(block)]
            assert each["drawn"][-len(drawn) :] == drawn, f"block {block} draws another picture"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="scripts share their beginnings by forking")
@pytest.mark.parametrize("name", SMALL)
def test_no_block_of_a_script_could_be_left_out(name: str, tmp_path: Path) -> None:
    """Without it the script fails, or prints or draws something else.

    Solutions are not tried: a stub gives up before it has used all that its check may need.
    """
    trial = Trial.of(DOCS / name)
    whole = [at for at in range(len(trial.steps)) if trial.here([at])]
    (page,) = trial.run([whole], tmp_path)
    tried: list[tuple[int, int]] = []
    wanted = []
    for number, block in enumerate(trial.blocks):
        own = trial.page.own(number)
        shows = block.expected or any(page["drawn"][whole.index(at)] for at in own if at in whole)
        if block.fence.prefix or not shows:
            continue
        for left_out in sorted({trial.page.order[at].block for at in trial.page.blocks[number]}):
            kept = [
                at for at in trial.page.blocks[number] if trial.page.order[at].block != left_out
            ]
            if trial.here([*trial.page.blocks[number], *own]):
                tried.append((number, left_out))
                wanted.append([*kept, *own])
    assert tried
    idle = []
    for (block, left_out), each in zip(tried, trial.run(wanted, tmp_path), strict=True):
        if "repeats" in each:
            continue
        own = trial.page.own(block)
        drawn = [page["drawn"][whole.index(at)] for at in own]
        if trial.wrong(block, each) is None and each["drawn"][-len(own) :] == drawn:
            idle.append(f"block {block} does the same without block {left_out}")
    assert not idle
