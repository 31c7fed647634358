"""The bar that says how far a long task is, where somebody is there to see it.

It is tqdm's, in a terminal and in a notebook; without tqdm there is none.
"""

import os
import sys
from contextlib import nullcontext
from importlib import import_module
from typing import Any


def progress_bar(shown: bool | None, **settings: Any) -> Any:
    """A context that gives tqdm's bar or ``None``: always, never, or (``None``) when it is seen.

    Raises ``ImportError`` when a bar must be shown and tqdm is not installed.

    >>> with progress_bar(False, total=3) as bar:
    ...     print(bar)
    None
    """
    terminal = sys.stderr is not None and sys.stderr.isatty()
    seen = (terminal or "ipykernel" in sys.modules) and "TQDM_DISABLE" not in os.environ
    if shown or (shown is None and seen):
        try:
            return import_module("tqdm.auto").tqdm(**settings)
        except ImportError:
            if shown:
                raise ImportError("progress=True needs tqdm: pip install tqdm") from None
    return nullcontext()
