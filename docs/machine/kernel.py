"""Starts every page in the same kernel: this Python, no start-up files of the user's, pictures as
SVG that are the same each time.
A kernel named "python3" may be any Python of the machine, and its history and profile would be the
reader's, not the project's."""

import hashlib
import json
import os
import sys
from importlib import metadata
from pathlib import Path

NAME = "nnlib-docs"
_HERE = Path(__file__).resolve().parent
_CONFIGURATION = _HERE / "kernel_config.py"
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
}
# A kernel that is asked to end closes its sockets in one thread while another may still report
# through them, and then a healthy build logs an error now and then. It has nothing to put away.
_SETTINGS = {"NotebookClient": {"shutdown_kernel": "immediate"}}
_SHAPES_THE_OUTPUT = (
    "ipykernel",
    "matplotlib",
    "matplotlib-inline",
    "mkdocs-jupyter",
    "nbconvert",
    "numpy",
)


def install(cache: Path) -> None:
    """Writes the kernel's description and settings below `cache`; Jupyter looks there first."""
    jupyter = cache / "jupyter"
    folder = jupyter / "kernels" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "argv": [
            sys.executable,
            *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
            f"--config={_CONFIGURATION}",
        ],
        "display_name": "Python 3",
        "language": "python",
        "env": {
            "IPYTHONDIR": str(cache / "ipython"),
            **_SAME_EVERYWHERE,
            "TQDM_DISABLE": "1",
            "MATPLOTLIBRC": str(_HERE / "matplotlibrc"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        },
    }
    (folder / "kernel.json").write_text(json.dumps(description, indent=1), encoding="utf-8")
    settings = jupyter / "jupyter_nbconvert_config.json"
    settings.write_text(json.dumps(_SETTINGS, indent=1), encoding="utf-8")
    for variable in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        paths = os.environ.get(variable, "").split(os.pathsep)
        if str(jupyter) not in paths:
            os.environ[variable] = os.pathsep.join([str(jupyter), *filter(None, paths)])


def fingerprint(root: Path) -> str:
    """A hash of all that can change what a page's blocks give, the page itself aside."""
    digest = hashlib.sha256(sys.version.encode())
    for name in _SHAPES_THE_OUTPUT:
        digest.update(f"{name}=={metadata.version(name)}\n".encode())
    sources = sorted(
        path
        for path in (root / "nnlib").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    for path in [
        *sources,
        Path(__file__),
        _CONFIGURATION,
        _HERE / "matplotlibrc",
        *sorted(_HERE.glob("templates/**/*.j2")),
    ]:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
