"""Makes every Python block of every page a test.
pytest looks for this file beside the pages; how blocks are found and judged is in `machine/`."""

from typing import Any

import pytest
from machine import testing
from sybil import Sybil

# These belong to MkDocs and IPython, which give them what they need; pytest cannot import them.
collect_ignore = ["hooks.py", "machine/kernel_config.py", "machine/kernel_start.py"]

pytest_collect_file = Sybil(parsers=[testing.parse], patterns=["*.md"]).pytest()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A page is executed once for all its blocks: workers share out pages, all else test by test.

    `--dist loadgroup` would say so by marks, which pytest-xdist 3.8 does not see with pytest 9.2.
    """
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class PageByPage(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path, _, _ = nodeid.partition("::")
            return path if path.endswith(".md") else nodeid

    return PageByPage(config, log)
