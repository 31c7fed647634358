"""The house style keeps its promises: readable colours, and Matplotlib only when asked.

A reader without Matplotlib must still be able to import nnlib, and one with it must find its
settings unchanged.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnlib import plotting
from nnlib.plotting.palette import DASHES, MARKERS, PALETTE, SERIES

TEXT_COLOURS = ("ink", "muted", "blue", "orange", "green", "purple", "red", "gold")
FILLS = ("soft_blue", "soft_orange", "soft_green", "soft_grey")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", TEXT_COLOURS)
def test_text_reads_on_paper(name: str, scheme: int) -> None:
    assert contrast(PALETTE[name][scheme], PALETTE["paper"][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("fill", FILLS)
def test_ink_reads_on_soft_fills(fill: str, scheme: int) -> None:
    assert contrast(PALETTE["ink"][scheme], PALETTE[fill][scheme]) >= 4.5


def test_palette_values_can_be_told_apart_by_a_build() -> None:
    light = [pair[0] for pair in PALETTE.values()]
    assert len(set(light)) == len(light)
    assert all(len(c) == 7 and c == c.lower() for pair in PALETTE.values() for c in pair)


def test_series_differ_by_more_than_colour() -> None:
    assert len(SERIES) == len(set(MARKERS)) == len(set(DASHES))


@pytest.mark.parametrize("module", ["nnlib", "nnlib.plotting", "nnlib.plotting.palette"])
def test_import_leaves_matplotlib_alone(module: str) -> None:
    code = f"import sys, {module}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        plotting.loop()


def test_a_picture_leaves_the_settings_alone() -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="pictures need the plot extra")
    matplotlib.use("Agg")
    before = dict(matplotlib.rcParams)
    plotting.loop()
    matplotlib.pyplot.close("all")
    assert dict(matplotlib.rcParams) == before
