"""What some tests need beyond nnlib: PyTorch as the reference, and MNIST's files.

Both are optional where a contributor works, and required where NNLIB_REQUIRE names them.
"""

import os

import pytest


def required(name):
    return name in os.environ.get("NNLIB_REQUIRE", "").replace(",", " ").split()


@pytest.fixture
def mnist_files():
    """The directory that NNLIB_DATA names: no test downloads."""
    if folder := os.environ.get("NNLIB_DATA"):
        return folder
    if required("mnist"):
        pytest.fail("NNLIB_REQUIRE asks for MNIST, and NNLIB_DATA names no directory")
    pytest.skip("NNLIB_DATA names no directory with MNIST's files")


@pytest.fixture(scope="session")
def torch():
    try:
        import torch
    except ImportError:
        if required("torch"):
            pytest.fail("NNLIB_REQUIRE asks for PyTorch, and it is not installed")
        pytest.skip("PyTorch is not installed: pip install torch")
    torch.set_num_threads(1)
    return torch


collect_ignore = ["lessons"]  # programs for PyTorch, which test_lessons.py runs
