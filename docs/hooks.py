"""Connects the machine of `docs/machine` to MkDocs: what is executed, how it is rendered, what is
written beside each page.
mkdocs-jupyter says which pages are notebooks; MkDocs itself renders them, so that a page is a page
like any other."""

import functools
import logging
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from machine import (
    blocks,
    cards,
    claims,
    counting,
    dependencies,
    finding,
    glossary,
    instruments,
    keeping,
    links,
    live,
    mathematics,
    notebook,
    offline,
    pages,
    policy,
    proving,
    reading,
    scripts,
    stylesheets,
    wheel,
    worlds,
)
from markupsafe import escape
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler, get_relative_url
from mkdocs_jupyter.plugin import NotebookFile

from nnlib.plotting import PALETTE

_ROOT = Path(__file__).resolve().parent.parent
_VARIABLES = {light.lower(): name for name, (light, _) in PALETTE.items()}
_STYLESHEET = "assets/palette.css"
# What the reference needs of mkdocstrings' own stylesheet stands in ours: one file less to fetch.
_THEIR_STYLESHEET = "assets/_mkdocstrings.css"
_NO_DATE = "1980-01-01"
_CONTENTS = '<div id="contents"></div>'
_serving = _dirty = False
_proved: dict[str, proving.Proved] = {}
_terms: tuple[glossary.Term, ...] = ()


def on_startup(*, command: str, dirty: bool) -> None:
    global _serving, _dirty
    _serving, _dirty = command == "serve", dirty


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    if _dirty:
        # MkDocs' own advice against a dirty build is a warning, and would end it.
        log = logging.getLogger("mkdocs")
        log.handlers = [one for one in log.handlers if not isinstance(one, CountHandler)]
    if not config.repo_url:
        config.edit_uri = None
    config.extra_css = [sheet for sheet in config.extra_css if sheet != _THEIR_STYLESHEET]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    pages.leave_out_the_others(files)
    files.append(File.generated(config, _STYLESHEET, content=_palette_css()))
    robots = f"User-agent: *\nSitemap: {urljoin(config.site_url or '', 'sitemap.xml')}\n"
    files.append(File.generated(config, "robots.txt", content=robots))
    config.extra["wheel"], package = wheel.build(_ROOT)
    files.append(File.generated(config, config.extra["wheel"], content=package))
    _prove(files)
    live.find(files, config, keeping.cache() / "python", _ROOT)
    # mkdocs-jupyter has said which pages are notebooks; MkDocs renders them, like any other page.
    config.plugins["mkdocs-jupyter"].config["ignore"] = ["*"]
    return files


def _prove(files: Files) -> None:
    global _proved, _terms
    every = {file.src_uri: file for file in files if file.is_documentation_page()}
    notebooks = {name for name, file in every.items() if isinstance(file, NotebookFile)}
    built = {file.src_uri for file in files.documentation_pages()}
    try:
        _proved = proving.prove(
            {name: file.content_bytes for name, file in every.items()},
            notebooks,
            unbuilt=every.keys() - built,
            piecewise=_serving,
        )
        if glossary.SOURCE in every:
            _terms = glossary.read(_proved[glossary.SOURCE].text)
    except (proving.ProofError, OSError) as error:
        raise PluginError(str(error)) from error
    except glossary.GlossaryError as error:
        raise PluginError(f"{glossary.SOURCE}: {error}") from error


def on_env(env: Any, config: MkDocsConfig, files: Files) -> None:
    env.filters["replaced"] = _replaced
    stylesheets.join(files, config)
    scripts.add(files, config)
    cards.add(files, config, keeping.cache() / "cards")
    for file in files.documentation_pages():
        if file.page is not None:
            # MkDocs would say when the site was built, and write that into the sitemap.
            file.page.update_date = _NO_DATE
            # The theme writes it into an attribute as it is; a quotation mark would end that.
            if "description" in file.page.meta:
                file.page.meta["description"] = escape(file.page.meta["description"])


def _replaced(theirs: str, old: str, new: str) -> str:
    """The theme's text, changed in passing; a theme that no longer says it stops the build."""
    if old not in theirs:
        raise PluginError(f"overrides/main.html: the theme no longer says {old!r}")
    return theirs.replace(old, new)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    if not _is_notebook(page):
        return markdown
    proved = _proved[page.file.src_uri]
    # Read again when the downloads are written.
    page.executed = notebook.executed(proved.text, proved.blocks, proved.results)  # type: ignore[attr-defined]
    page.link = _links_from(page, config, files)  # type: ignore[attr-defined]
    try:
        page.written = notebook.to_page(page.executed, _VARIABLES)  # type: ignore[attr-defined]
        return claims.mark(page.written.markdown, proved.text)  # type: ignore[attr-defined]
    except (notebook.BlockError, instruments.InstrumentError, worlds.ClaimError) as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    try:
        if _is_notebook(page):
            content = page.written.with_pictures(content)  # type: ignore[attr-defined]
            kept = (keeping.cache() / "needs" / page.file.src_uri).with_suffix(".json")
            content = reading.with_sources(dependencies.mark(content, _source(page), kept))
        content = blocks.finish(content)
        if _is_notebook(page) and config.extra["python"]:
            content = live.wrap(content, _source(page))
        content = mathematics.convert(content)
    except (notebook.BlockError, live.LiveError, mathematics.MathematicsError) as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from error
    return _with_meanings(content, page, files) if _is_notebook(page) else content


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any
) -> dict[str, Any]:
    if _is_notebook(page):
        context["downloads"] = _download_name(page)
        context["instruments"] = instruments.scripts(page.content or "")
        _say_what_comes_before(page, nav)
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
        for name, content in page.written.files.items():  # type: ignore[attr-defined]
            (target.parent / name).write_text(content, encoding="utf-8")
    return _finished(live.with_python(output, page, config), config)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    return _finished(output, config) if template_name.endswith(".html") else output


def on_post_build(config: MkDocsConfig) -> None:
    finding.name_entries(Path(config.site_dir))
    if not _dirty:
        offline.pack(Path(config.site_dir), config.site_url or "")


def _finished(output: str, config: MkDocsConfig) -> str:
    output = scripts.link(output, config.extra["scripts"])
    output = links.mark(links.unfetched(links.unasked(output)), config.site_url or "")
    return policy.with_policy(output, served=_serving)


def _source(page: Page) -> str:
    return _proved[page.file.src_uri].text


def _is_notebook(page: Page) -> bool:
    return _proved[page.file.src_uri].is_notebook


def _parts(nav: Any) -> list[tuple[str, list[Page]]]:
    """The sections of the site that hold lessons, with these."""
    found = []
    for section in nav.items:
        inside = [
            child
            for child in section.children or []
            # Not by `child.meta`: a page that this build leaves out has none.
            if child.is_page
            and pages.is_lesson(child.file.src_uri, _proved[child.file.src_uri].front)
        ]
        if inside:
            found.append((section.title, inside))
    return found


def _say_what_comes_before(page: Page, nav: Any) -> None:
    """The line below a lesson's title, and on the home page the parts with their pages."""
    parts, content = _parts(nav), page.content or ""
    known = {other.file.src_uri: other for _, inside in parts for other in inside}

    def to(other: Page) -> str:
        return other.file.url_relative_to(page.file)

    if page.is_homepage:
        try:
            content = counting.fill(content, counting.counts(p.text for p in _proved.values()))
        except counting.CountError as error:
            raise PluginError(f"{page.file.src_uri}: {error}") from error
        page.content = content.replace(
            _CONTENTS,
            reading.contents(
                [
                    (part, [(to(p), str(p.title), reading.minutes(_source(p))) for p in inside])
                    for part, inside in parts
                ]
            ),
        )
    elif page.file.src_uri in known:
        source = _source(page)
        try:
            first = [known[name] for name in reading.before(source)]
        except KeyError as error:
            raise PluginError(
                f"{page.file.src_uri}: before: expected lessons of `nav`, got {error}"
            ) from error
        except ValueError as error:
            raise PluginError(f"{page.file.src_uri}: {error}") from error
        place = next(
            reading.Place(number, part, inside.index(page) + 1, [to(other) for other in inside])
            for number, (part, inside) in enumerate(parts, start=1)
            if page in inside
        )
        said = reading.line(
            takes=reading.minutes(source),
            links=[(to(other), str(other.title)) for other in first],
            changed=_last_changes().get(page.file.src_uri),
            place=place,
        )
        page.content = content.replace("</h1>", f"</h1>\n{said}", 1)


@functools.cache
def _last_changes() -> dict[str, str]:
    return reading.last_changes(_ROOT / "docs")


def _with_meanings(content: str, page: Page, files: Files) -> str:
    source = files.get_file_from_path(glossary.SOURCE)
    if source is None:
        return content
    address = get_relative_url(source.url, page.url)
    return glossary.explain(content, _terms, page.file.src_uri, address)


def _links_from(page: Page, config: MkDocsConfig, files: Files) -> notebook.Link:
    """How a link of this page to another page's Markdown reads outside the site."""

    def link(target: str) -> str:
        path, _, anchor = target.partition("#")
        path, mark, query = path.partition("?")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), path))
        found = files.get_file_from_path(source)
        if found is None:
            raise PluginError(f"{page.file.src_uri}: a link to {target!r} leads nowhere")
        address = urljoin(config.site_url or "", found.url) + mark + query
        return address + (f"#{anchor}" if anchor else "")

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
