"""Builds the wheel of `nnlib` that the site serves, so that readers install what they read about.
It is built in this process from the same `pyproject.toml`, and fetches nothing."""

import tempfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder


def build(root: Path) -> tuple[str, bytes]:
    """The wheel's file name and its bytes, which depend on the sources alone."""
    with tempfile.TemporaryDirectory() as folder:
        (made,) = WheelBuilder(str(root)).build(directory=folder, versions=["standard"])
        wheel = Path(made)
        return wheel.name, wheel.read_bytes()
