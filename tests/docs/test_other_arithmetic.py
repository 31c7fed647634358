"""Shows that the other arithmetic, in which `.ci/run` has the pages tested, is another here.
If it were the one that the build uses, what the pages say would be tried in one only."""

import platform
from pathlib import Path

import pytest
from machine.kernel import other_arithmetic
from running import python

_SUM = """if True:
    import numpy as np
    numbers = np.random.default_rng(0).normal(size=(300, 300))
    print(repr(float((numbers @ numbers).sum())))
"""


@pytest.mark.skipif(
    platform.machine().lower() not in {"x86_64", "amd64"},
    reason="the names known here are those of x86-64",
)
def test_the_other_arithmetic_is_another(tmp_path: Path) -> None:
    here = python("-c", _SUM, folder=tmp_path)
    assert python("-c", _SUM, folder=tmp_path, **other_arithmetic()) != here
