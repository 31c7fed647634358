"""Prints the surroundings in which this processor adds numbers up in another order, for `env`.
A page whose numbers hold in both arithmetics holds on readers' machines too: `.ci/run` runs the
pages once more in this one."""

import platform

import numpy as np

# The names are those of x86-64.
NEEDED = ("x86_64", "amd64")
_NEWER_INSTRUCTIONS = ("X86_V3", "X86_V4", "AVX512_ICL", "AVX2", "FMA3", "AVX512F", "AVX512_SKX")


def surroundings() -> dict[str, str]:
    """OpenBLAS's oldest kernels; NumPy without those of its newer instructions that it knows."""
    if platform.machine().lower() not in NEEDED:
        return {}
    config = np.show_config(mode="dicts")
    assert isinstance(config, dict)
    found = config["SIMD Extensions"].get("found", [])
    newer = ",".join(name for name in found if name in _NEWER_INSTRUCTIONS)
    return {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": newer}


if __name__ == "__main__":
    print(*(f"{name}={value}" for name, value in surroundings().items()))
