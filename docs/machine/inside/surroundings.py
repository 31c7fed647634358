"""Keeps and brings back what every block can change unseen: chance and settings.
With them a block that is run a second time prints what it printed the first time.
"""

import os
import sys
import warnings
from typing import Any

import numpy as np

from nnlib.creation import pick_generator


def save(place: str) -> Any:
    """What `restore` needs to bring this place back as it is now."""
    if place == "?nnlib":
        return pick_generator(None).bit_generator.state
    if place == "?numpy":
        return np.random.get_state()
    drawing = sys.modules.get("matplotlib")
    return (
        np.get_printoptions(),
        np.geterr(),
        list(warnings.filters),
        dict(os.environ),
        drawing and drawing.rcParams.copy(),
    )


def restore(place: str, kept: Any) -> None:
    """Brings it back."""
    if place == "?nnlib":
        pick_generator(None).bit_generator.state = kept
    elif place == "?numpy":
        np.random.set_state(kept)
    else:
        printing, errors, filters, environment, drawing = kept
        np.set_printoptions(**printing)
        np.seterr(**errors)
        warnings.filters[:] = filters  # type: ignore[index]
        os.environ.clear()
        os.environ.update(environment)
        if loaded := sys.modules.get("matplotlib"):
            loaded.rc_file_defaults()
            loaded.rcParams.update(drawing or {})
