"""Builds the site again elsewhere, at another time, in another language and order: not a byte may
differ.
What differs between two builds of one commit cannot be reviewed, and nobody could say why it
changed."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import EVERYTHING
from site_building import DOCS, FRONT_MATTER, ROOT, contents, empty_project, mkdocs_build

_HERE = {"TZ": "UTC", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
_THERE = {
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "2",
    "LC_ALL": "POSIX",
    "OMP_NUM_THREADS": "2",
}
# Python reads a module of this name before any other.
_ANOTHER_DAY = """
import datetime, time

DAYS = 400
SECONDS = DAYS * 86400
clock, clock_ns, gmtime, localtime = time.time, time.time_ns, time.gmtime, time.localtime

class datetime_(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)

class date_(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(time.time())

time.time = lambda: clock() + SECONDS
time.time_ns = lambda: clock_ns() + SECONDS * 10**9
time.gmtime = lambda at=None: gmtime(time.time() if at is None else at)
time.localtime = lambda at=None: localtime(time.time() if at is None else at)
datetime.datetime, datetime.date = datetime_, date_
"""
_PAGES = {
    "index.md": "# Home\n\n```python\nprint({'a', 'b', 'c', 'd', 'e'} - {'e'})\nprint(1)\n```\n"
    "\n```text\n{'d', 'c', 'a', 'b'}\n1\n```\n",
    "part/drawn.md": """# Drawn

$$\n\\sqrt{x}\n$$

```python alt="Curves." caption="What it is."
import matplotlib.pyplot as plt
from nnlib import nn, plotting
plotting.network(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)))
plt.show()
```
""",
    "part/learnt.md": """# Learnt

```python alt="A boundary."
import matplotlib.pyplot as plt
import nnlib
from nnlib import datasets, nn, optim, plotting
nnlib.manual_seed(0)
X, y = datasets.two_moons(100)
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = optim.Adam(model.parameters(), lr=0.05)
for _ in range(100):
    optimizer.zero_grad()
    nn.CrossEntropyLoss()(model(X), y).backward()
    optimizer.step()
plotting.decision_boundary(model, X, y)
plt.show()
```
""",
}


@pytest.fixture
def another_day(tmp_path: Path) -> dict[str, str]:
    """The surroundings in which the clock is more than a year ahead."""
    folder = tmp_path / "ahead"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_ANOTHER_DAY, encoding="utf-8")
    return {**_THERE, "PYTHONPATH": str(folder)}


def _build(config: Path, target: Path, surroundings: dict[str, str]) -> dict[str, str]:
    done = mkdocs_build(config, target, **surroundings)
    assert done.returncode == 0, done.stdout
    return contents(target)


def _differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def _small(folder: Path) -> Path:
    empty_project(folder)
    for name, page in _PAGES.items():
        (folder / "docs" / name).parent.mkdir(exist_ok=True)
        (folder / "docs" / name).write_text(FRONT_MATTER + page, encoding="utf-8")
    config = folder / "small.yml"
    nav = "nav: [index.md, {Part: [part/drawn.md, part/learnt.md]}]"
    config.write_text(f"INHERIT: mkdocs.yml\n{nav}\n", encoding="utf-8")
    return config


@pytest.mark.thorough
def test_pages_executed_twice_are_the_same(tmp_path: Path, another_day: dict[str, str]) -> None:
    """Kernels included: neither build finds anything that the other has executed."""
    one, other = _small(tmp_path / "one"), _small(tmp_path / "another folder" / "site's")
    with ThreadPoolExecutor() as both:
        first = both.submit(_build, one, tmp_path / "a", _HERE)
        second = both.submit(_build, other, tmp_path / "b b", another_day)
    assert _differing(first.result(), second.result()) == []
    made = {Path(path).suffix for path in first.result()}
    assert {".html", ".ipynb", ".py", ".json", ".xml", ".gz", ".zip", ".whl", ".png"} <= made


@pytest.mark.skipif(
    not EVERYTHING, reason="another whole build: only with NNLIB_THOROUGH=everything"
)
def test_the_whole_site_rendered_twice_is_the_same(
    site: Path, tmp_path: Path, another_day: dict[str, str]
) -> None:
    """What was executed is taken from the first build; all that is made of it is made again."""
    folder = empty_project(tmp_path / "elsewhere" / "copy")
    shutil.copytree(DOCS, folder / "docs", dirs_exist_ok=True)
    shutil.copytree(ROOT / ".cache" / "pages", folder / ".cache" / "pages")
    # The day of a page's last change comes from the history, which the copy is told where to find.
    history = {"GIT_DIR": str(ROOT / ".git"), "GIT_WORK_TREE": str(folder)}
    again = _build(folder / "mkdocs.yml", tmp_path / "again", another_day | history)
    assert _differing(contents(site), again) == []


def test_the_clock_of_the_other_build_is_another(another_day: dict[str, str]) -> None:
    """The tests above could not fail for a date if their clocks agreed."""
    days = [
        subprocess.run(
            [sys.executable, "-c", "import datetime as d; print(d.datetime.now().toordinal())"],
            env={**os.environ, **surroundings},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for surroundings in (_HERE, another_day)
    ]
    assert int(days[1]) - int(days[0]) >= 400
