"""Connects the machine of `docs/machine` to MkDocs: what is executed, how it is rendered, what is
written beside each page.
mkdocs-jupyter finds and executes the notebooks; MkDocs itself renders them, so that a page is a
page like any other."""

import html
import logging
import posixpath
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import mkdocs_jupyter.config
import nbformat
from machine import kernel, mathematics, notebook
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbclient.exceptions import CellExecutionError

from nnlib.plotting import PALETTE

_log = logging.getLogger("mkdocs.plugins.nnlib")
_ROOT = Path(__file__).resolve().parent.parent
_CACHE = _ROOT / ".cache"
_VARIABLES = {light.lower(): name for name, (light, _) in PALETTE.items()}
_STYLESHEET = "assets/palette.css"
_CACHES_KEPT = 3
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    kernel.install(_CACHE)
    mkdocs_jupyter.config.settings.templates_dir = str(_ROOT / "docs" / "machine" / "templates")
    plugin = config.plugins["mkdocs-jupyter"]
    plugin.config["kernel_name"] = kernel.NAME
    plugin.config["cache_dir"] = str(_CACHE / "pages" / kernel.fingerprint(_ROOT))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    files.append(File.generated(config, _STYLESHEET, content=_palette_css()))
    return files


def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> Page:
    """Wraps mkdocs-jupyter's renderer, so that a block that fails is named with its page."""
    execute = page.render
    if not _is_notebook(page):
        return page

    def render(config: MkDocsConfig, files: Files) -> None:
        try:
            execute(config, files)
        except CellExecutionError as error:
            message = _ANSI.sub("", str(error)).strip()
            raise PluginError(
                f"{page.file.src_uri}: a block raised {error.ename}: {error.evalue}\n{message}"
            ) from error

    page.render = render  # type: ignore[method-assign]  # mkdocs-jupyter does the same
    return page


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if _is_notebook(page):
        executed = nbformat.reads(html.unescape(content), as_version=4)
        try:
            written = notebook.to_page(executed, _VARIABLES)
            page.markdown = written.markdown
            Page.render(page, config, files)
            content = written.with_pictures(page.content or "")
        except notebook.BlockError as error:
            raise PluginError(f"{page.file.src_uri}: {error}") from error
        # Read again when the downloads are written.
        page.executed = executed  # type: ignore[attr-defined]
        page.link = _links_from(page, config, files)  # type: ignore[attr-defined]
    try:
        return mathematics.convert(content)
    except mathematics.MathematicsError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any
) -> dict[str, Any]:
    if _is_notebook(page):
        context["downloads"] = _download_name(page)
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    if _is_notebook(page):
        target = Path(config.site_dir, posixpath.dirname(page.file.dest_uri), _download_name(page))
        target.parent.mkdir(parents=True, exist_ok=True)
        title = str(page.title)
        target.with_suffix(".ipynb").write_text(
            notebook.to_ipynb(page.executed, title=title, link=page.link),  # type: ignore[attr-defined]
            encoding="utf-8",
        )
        target.with_suffix(".py").write_text(
            notebook.to_script(page.executed, title=title, link=page.link),  # type: ignore[attr-defined]
            encoding="utf-8",
        )
    return output


def on_post_build(config: MkDocsConfig) -> None:
    caches = sorted(
        (_CACHE / "pages").glob("*/"), key=lambda folder: folder.stat().st_mtime, reverse=True
    )
    for stale in caches[_CACHES_KEPT:]:
        shutil.rmtree(stale)


def _is_notebook(page: Page) -> bool:
    return "jupyter" in page.meta


def _links_from(page: Page, config: MkDocsConfig, files: Files) -> notebook.Link:
    """How a link of this page to another page's Markdown reads outside the site."""

    def link(target: str) -> str:
        path, _, anchor = target.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), path))
        found = files.get_file_from_path(source)
        if found is None:
            raise PluginError(f"{page.file.src_uri}: a link to {target!r} leads nowhere")
        return urljoin(config.site_url or "", found.url) + (f"#{anchor}" if anchor else "")

    return link


def _download_name(page: Page) -> str:
    """Named after the page: `neuron` for `pieces/neuron.md`; the home page has a longer name."""
    stem = Path(page.file.src_uri).stem
    return "neural-networks" if stem == "index" else stem


def _palette_css() -> str:
    def rules(selector: str, scheme: int) -> str:
        values = "".join(f"--nn-{name}:{colours[scheme]};" for name, colours in PALETTE.items())
        return f"{selector}{{{values}}}\n"

    # Paper is light, whatever the screen: dark colours are for screens only.
    dark = rules('[data-md-color-scheme="slate"]', 1)
    return f"{rules(':root', 0)}@media screen{{{dark}}}\n"
