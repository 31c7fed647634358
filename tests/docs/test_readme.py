"""The README is a page too: its block runs, prints what it says, and draws the picture shown.
`NNLIB_REDRAW=1` writes the picture anew when it is meant to change."""

import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from machine import examples, execution
from machine.fences import find_fences

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "assets" / "readme.svg"
TEXT = README.read_text(encoding="utf-8")
COMMANDS = [fence.source.strip() for fence in find_fences(TEXT) if fence.language == "bash"]


@pytest.fixture(scope="module")
def drawn() -> str:
    """The picture that the block draws when it is run as a page's block is."""
    (block,) = examples.blocks(TEXT)
    (result,) = execution.page(README.name, [block])
    assert examples.wrong(block, result, README.name) is None
    (picture,) = result.pictures
    # Two decimals are finer than any screen, and half the file.
    short = re.sub(r"\d+\.\d{3,}", lambda m: f"{float(m.group()):.2f}", picture)
    short = re.sub(r" *<metadata>.*?</metadata>\n", "", short, flags=re.DOTALL)
    return re.sub(r" +\n", "\n", short)


def test_it_opens_with_two_complete_commands() -> None:
    serve, test = COMMANDS
    opening = TEXT[: TEXT.index("\n## ")]
    assert serve in opening
    assert test in opening
    assert serve.endswith(" && .venv/bin/mkdocs serve")
    for command, extra in ((serve, "site"), (test, "test")):
        assert command.startswith(
            f'python3 -m venv .venv && .venv/bin/pip install -e ".[{extra}]" && '
        )


def test_ci_runs_the_command_that_readers_are_told() -> None:
    _, command = COMMANDS
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (asks,) = re.findall(r'^tests="\$\((.*)\)"$', script, re.MULTILINE)
    found = subprocess.run(
        ["bash", "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == command
    assert 'bash -euo pipefail -c "$tests"' in script


def test_it_names_the_command_that_judges_one_page() -> None:
    (page,) = re.findall(r"`\.venv/bin/pytest --page=(\S+)`", TEXT)
    assert (ROOT / "docs" / page).is_file()


def test_it_says_what_is_other_on_windows() -> None:
    (said,) = [part for part in TEXT.split("\n\n") if "Windows" in part]
    for part in ("python3 -m venv", ".venv/bin/"):
        assert all(part in command for command in COMMANDS)
        assert f"for `{part}`" in said.replace("\n", " ")
    assert "`.venv\\Scripts\\`" in said


def test_it_fits_one_screen() -> None:
    assert len(TEXT.splitlines()) <= 80


def test_the_training_run_is_short() -> None:
    (block,) = examples.blocks(TEXT)
    assert sum(bool(line.strip()) for line in block.fence.source.splitlines()) <= 20


def test_the_training_run_prints_what_it_says(drawn: str) -> None:
    assert drawn.startswith("<?xml")


def test_what_it_names_exists() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", TEXT, re.MULTILINE)
    named += [target for target in re.findall(r"\]\(([^)#\s]+)\)", TEXT) if "://" not in target]
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []


_FLOAT = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def differences(one: str, other: str, tolerance: float = 1.5) -> list[str]:
    """Where two pictures differ: in elements, words, colours, or in place by more than `tolerance`.

    A contour may have more points on another processor, so a path is known by the box it fills.
    """
    pairs = [list(ET.fromstring(text).iter()) for text in (one, other)]
    if len(pairs[0]) != len(pairs[1]):
        return [f"{len(pairs[0])} elements and {len(pairs[1])}"]
    found = []
    for left, right in zip(*pairs, strict=True):
        same = _look(left) == _look(right)
        places = [
            [
                _box(element.get("d", "")),
                *(_floats(element.get(key, "")) for key in ("x", "y", "transform")),
            ]
            for element in (left, right)
        ]
        for have, want in zip(*places, strict=True):
            same &= len(have) == len(want)
            same &= all(abs(a - b) <= tolerance for a, b in zip(have, want, strict=False))
        if not same:
            found.append(
                f"{left.tag}: {left.attrib} {left.text} is not {right.attrib} {right.text}"
            )
    return found


def _look(element: ET.Element) -> tuple[str, str, list[str]]:
    # How a font is written down is Matplotlib's affair and differs by version; its size is not.
    style = re.sub(r"font[\w-]*:[^;]*?(?:([\d.]+px)[^;]*)?(?=;|$)", r"\1", element.get("style", ""))
    return element.tag, (element.text or "").strip(), sorted(filter(None, style.split("; ")))


def _floats(text: str) -> list[float]:
    return [float(number) for number in _FLOAT.findall(text)]


def _box(path: str) -> list[float]:
    points = _floats(path)
    return (
        [edge(axis) for axis in (points[::2], points[1::2]) for edge in (min, max)]
        if points
        else []
    )


def test_the_picture_is_the_one_that_the_block_draws(drawn: str) -> None:
    if os.environ.get("NNLIB_REDRAW"):
        PICTURE.write_text(drawn, encoding="utf-8")
    committed = PICTURE.read_text(encoding="utf-8")
    assert differences(committed, drawn) == [], "stale; NNLIB_REDRAW=1 writes it anew"


def test_another_picture_is_told_apart(drawn: str) -> None:
    assert differences(drawn, drawn) == []
    assert differences(drawn, drawn.replace(">class 0<", ">class 2<"))
    assert differences(drawn, re.sub(r'(<use [^>]*x=")(\d)', r"\g<1>1\2", drawn, count=1))
    assert differences(drawn, re.sub(r"M (\d)", r"M 9\1", drawn))
    assert differences(drawn, re.sub(r"fill: #\w{6}", "fill: #000000", drawn, count=1))
    assert differences(drawn, re.sub(r"<use [^>]*/>", "", drawn, count=1))


def test_the_picture_is_small_and_its_text_is_text() -> None:
    committed = PICTURE.read_text(encoding="utf-8")
    assert len(committed.encode()) <= 100_000
    assert committed.count("<text") >= 6
