"""Executes the pages before MkDocs renders them, as many at a time as there are processors.
MkDocs renders one page after the other, and a page is executed in a process of its own, which can
as well run beside the next one's."""

import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from nbclient.exceptions import CellExecutionError

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def warm(files: Files, config: MkDocsConfig) -> None:
    """Has mkdocs-jupyter fill its cache for every notebook; all pages that fail are named."""
    plugin: Any = config.plugins["mkdocs-jupyter"]
    plugin.should_include = _remembered(plugin)
    notebooks = [file for file in files.documentation_pages() if plugin.should_include(file)]

    def execute(file: File) -> str | None:
        # What mkdocs-jupyter makes of a page's `render` is all that is wanted; MkDocs' own page
        # is not there yet, because its navigation is not.
        page = SimpleNamespace(file=file, abs_url="")
        plugin.on_pre_page(page, config, files)
        try:
            page.render(config, files)
        except CellExecutionError as error:
            message = _ANSI.sub("", str(error)).strip()
            return f"{file.src_uri}: a block raised {error.ename}: {error.evalue}\n{message}"
        return None

    # Threads do: the work is done by the kernels, and kernels of one process share out its ports.
    with ThreadPoolExecutor(_processors()) as pool:
        _raise(pool.map(execute, notebooks))


def _remembered(plugin: Any) -> Callable[[File], bool]:
    """The plugin's own answer, which it finds by reading the whole page, six times in a build."""
    answers: dict[str | None, bool] = {}

    def should_include(file: File) -> bool:
        if file.abs_src_path not in answers:
            answers[file.abs_src_path] = type(plugin).should_include(plugin, file)
        return answers[file.abs_src_path]

    return should_include


def _raise(problems: Iterable[str | None]) -> None:
    if found := [problem for problem in problems if problem]:
        raise PluginError("\n\n".join(found))


def _processors() -> int:
    """How many this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
