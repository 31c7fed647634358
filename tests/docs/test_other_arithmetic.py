"""The surroundings in which `.ci/run` runs the pages again do what they are there for."""

from pathlib import Path

import pytest
from other_arithmetic import surroundings
from running import python

_ASK = """if True:
    import numpy as np
    numbers = np.random.default_rng(0).normal(size=(300, 300))
    print(repr(float((numbers @ numbers).sum())))
"""


@pytest.mark.skipif(not surroundings(), reason="the names known here are those of x86-64")
def test_the_other_arithmetic_is_another(tmp_path: Path) -> None:
    """The sum of a long product differs in its last digits, or this machine tries nothing new."""
    here = python("-c", _ASK, folder=tmp_path)
    assert python("-c", _ASK, folder=tmp_path, **surroundings()) != here
