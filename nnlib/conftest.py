"""Closes the figures that a docstring's example has drawn.
pytest finds this file beside the modules whose docstrings it runs; the wheel leaves it out."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
