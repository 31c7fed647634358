"""Describes the one kernel that every page is executed in: this Python, no start-up files of the
user's, pictures as SVG that are the same each time.
A kernel named "python3" may be any Python of the machine, and its history and profile would be the
reader's, not the project's."""

import hashlib
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

NAME = "nnlib-docs"
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
_CONFIGURATION = (_HERE / "kernel_config.py", _HERE / "kernel_start.py", _HERE / "matplotlibrc")
# Whatever the machine at hand is set to. A sum that several threads share out is rounded by how
# many they are; and one page's kernel runs beside the next one's, so that no processor is idle.
_SAME_EVERYWHERE = {
    "LC_ALL": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NNLIB_PAGE_SEED": "0",
}
_SHAPES_THE_OUTPUT = (
    "ipykernel",
    "ipython",
    "matplotlib",
    "matplotlib-inline",
    "numpy",
)
_NEWER_INSTRUCTIONS = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX2", "FMA3", "AVX512F", "AVX512_SKX")


def other_arithmetic() -> dict[str, str]:
    """Surroundings in which sums are rounded otherwise: OpenBLAS's oldest kernels, NumPy without
    those of its newer instructions that are known here, and another first seed.

    The names are those of x86-64; elsewhere only the seed is another.
    """
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return {"NNLIB_PAGE_SEED": "1"}
    config: Any = np.show_config(mode="dicts")
    found = config["SIMD Extensions"].get("found", [])
    newer = " ".join(name for name in found if name in _NEWER_INSTRUCTIONS)
    return {
        "NNLIB_PAGE_SEED": "1",
        "NPY_DISABLE_CPU_FEATURES": newer,
        "OPENBLAS_CORETYPE": "Prescott",
    }


class Kernels(KernelSpecManager):
    """Knows the one kernel, which no file describes."""

    def __init__(self, folder: Path, surroundings: Mapping[str, str]) -> None:
        super().__init__()
        self._folder, self._surroundings = folder, surroundings

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        return KernelSpec(
            argv=[
                sys.executable,
                *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
                f"--config={_CONFIGURATION[0]}",
            ],
            display_name="Python 3",
            language="python",
            env={
                **_SAME_EVERYWHERE,
                **self._surroundings,
                "IPYTHONDIR": str(self._folder / "ipython"),
                "MATPLOTLIBRC": str(_HERE / "matplotlibrc"),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                "PYTHONPATH": os.pathsep.join(paths),
                "TQDM_DISABLE": "1",
            },
        )


def fingerprint(surroundings: Mapping[str, str]) -> str:
    """A hash of all that can change what a page's blocks give, the page itself aside."""
    digest = hashlib.sha256(f"{sys.version}{sorted(surroundings.items())}".encode())
    for name in _SHAPES_THE_OUTPUT:
        digest.update(f"{name}=={metadata.version(name)}\n".encode())
    sources = sorted(
        path
        for path in (_ROOT / "nnlib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    ours = (Path(__file__), _HERE / "execution.py", _HERE / "worlds.py", *_CONFIGURATION)
    for path in [*sources, *ours]:
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
