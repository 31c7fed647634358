"""Makes every Python block of every page a test.
pytest looks for this file beside the pages; how blocks are found and judged is in `machine/`."""

from machine import testing
from sybil import Sybil

# These belong to MkDocs and IPython, which give them what they need; pytest cannot import them.
collect_ignore = ["hooks.py", "machine/kernel_config.py", "machine/kernel_start.py"]

pytest_collect_file = Sybil(parsers=[testing.parse], patterns=["*.md"]).pytest()
