"""Makes every Python block of every page a test.
pytest looks for this file beside the pages; how blocks are found and judged is in `machine/`."""

import pytest
from machine import examples
from sybil import Sybil

# These two belong to MkDocs and IPython, which give them what they need; pytest cannot import them.
collect_ignore = ["hooks.py", "machine/kernel_config.py"]

pytest_collect_file = Sybil(
    parsers=[examples.parse],
    patterns=["*.md"],
    setup=examples.fresh,
    teardown=examples.fresh,
).pytest()


def pytest_itemcollected(item: pytest.Item) -> None:
    """A page's blocks stand on one another: several workers share out pages, not blocks."""
    item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))
