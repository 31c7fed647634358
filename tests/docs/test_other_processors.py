"""Readers paste the pages' code on other machines, whose processors add numbers up in another
order.
What a page prints must not depend on that: every page is run once more with different arithmetic
underneath."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
# OpenBLAS's oldest kernels for this family of processors; NumPy without its newer instructions.
OTHER_BLAS = "Prescott"
NEWER_INSTRUCTIONS = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX2", "FMA3", "AVX512F", "AVX512_SKX")


def without_newer_instructions() -> str:
    """Those of the newer instructions that this NumPy knows, and so can leave alone."""
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    found = config["SIMD Extensions"].get("found", [])
    return " ".join(name for name in found if name in NEWER_INSTRUCTIONS)


@pytest.mark.skipif(
    platform.machine().lower() not in {"x86_64", "amd64"},
    reason="the other kernels are chosen by name, and the names known here are those of x86-64",
)
def test_every_page_prints_the_same_with_other_arithmetic() -> None:
    environment = {
        **os.environ,
        "OPENBLAS_CORETYPE": OTHER_BLAS,
        "NPY_DISABLE_CPU_FEATURES": without_newer_instructions(),
        "NNLIB_REQUIRE": "",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "docs"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
