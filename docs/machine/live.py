"""Makes a page's Python blocks runnable: a frame around each, with its output and a button.
The frame is the contract with scripts and tests: `data-block` counts the blocks, `data-state` says
how far one is.
"""

import hashlib
import html
import json
import logging
import os
import posixpath
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from . import dependencies, effects, keeping, pages, runtime
from .fences import Fence, find_fences
from .inside import planning, serving

META = "nn-python"
_WORKBENCH = "workbench/"
_BENCH = '<div id="nn-bench" class="nn-workbench"></div>'
_BUTTONS = re.compile(r'<button [^>]*\bnn-(?:run|check|edit|open)"[^>]*>[^<]*</button>')
_SLIDERS = re.compile(r'<div class="nn-live".*?</div>', re.DOTALL)
_OWN_META = re.compile(rf'<meta name="{META}"[^>]*>')
_OWN_SCRIPT = re.compile(r'\s*<script [^>]*\bassets/live\b[^"/]*\.js"[^>]*></script>')
# What a page has on which code can be run.
_RUNNABLE = ('data-block="', 'id="nn-bench"')
_log = logging.getLogger("mkdocs.plugins.live")
_BLOCK = re.compile(
    r'(?P<code><div class="(?=[^"]*\blanguage-python\b)[^"]*\bhighlight\b[^>]*>.*?</pre></div>)'
    r'(?P<output>\s*<div class="language-text highlight">.*?</pre></div>)?',
    re.DOTALL,
)
_PICTURE = '<figure class="nn-picture">'
_END = "</span><code"
_OPEN = (
    '<button type="button" class="md-code__button nn-open" title="Open in the Workbench" '
    'aria-label="Open in the Workbench"></button>'
)
_SLIDER = re.compile(r"(?P<name>\w+)=(?P<low>-?[\d.]+?)\.\.(?P<high>-?[\d.]+)/(?P<step>[\d.]+)")
_NAV = '<span class="md-code__nav">'
# Characters of a first line that have room to the left of the buttons.
_BESIDE_BUTTONS = 51
# What runs beside a page's code.
_INSIDE = (
    "__init__.py",
    "dependencies.py",
    "effects.py",
    "fences.py",
    "keeping.py",
    "library.py",
    "matplotlibrc",
    "svg.py",
    "inside/*.py",
)


class LiveError(ValueError):
    """A page whose blocks are not those of its source."""


def wrap(rendered: str, markdown: str) -> str:
    """The page with each Python block in its frame; those that can run have a button for it."""
    fences = [fence for fence in find_fences(markdown) if fence.is_python]
    waiting = iter(enumerate(fences))
    rendered = _with_sliders(_with_owners(rendered, fences), fences)

    def framed(match: re.Match[str]) -> str:
        number, fence = next(waiting)
        code = match["code"]
        if runs_here(fence):
            kinds = ["Check", "Run"] if fence.options.get("role") == "stub" else ["Run"]
            buttons = "".join(_button(kind, number) for kind in [*kinds, "Edit"])
            code = code.replace(_NAV, f"{_NAV}{buttons}", 1).replace(_END, f"{_OPEN}{_END}", 1)
        long = " nn-long" if len(fence.source.partition("\n")[0]) > _BESIDE_BUTTONS else ""
        return (
            f'<div class="nn-block{long}" data-block="{number}" data-state="idle">'
            f"{code}{match['output'] or ''}</div>"
        )

    found = len(_BLOCK.findall(rendered))
    if found != len(fences):
        raise LiveError(f"{len(fences)} Python blocks in the source, {found} on the page")
    return _BLOCK.sub(framed, rendered)


def _with_owners(rendered: str, fences: list[Fence]) -> str:
    """Each picture says which block draws it."""
    owners = [number for number, fence in enumerate(fences) for _ in range(_pictures(fence))]
    if (found := rendered.count(_PICTURE)) != len(owners):
        raise LiveError(f"{len(owners)} pictures are described in the source, {found} on the page")
    waiting = iter(owners)
    return re.sub(
        re.escape(_PICTURE), lambda _: f'{_PICTURE[:-1]} data-of="{next(waiting)}">', rendered
    )


def _with_sliders(rendered: str, fences: list[Fence]) -> str:
    """A slider below the last picture of each block that asks for some."""
    for number, fence in enumerate(fences):
        if (asked := fence.options.get("live")) is None:
            continue
        made = "".join(slider(part, fence.source) for part in str(asked).split())
        start = rendered.rfind(f'{_PICTURE[:-1]} data-of="{number}">')
        if start < 0:
            raise LiveError(f"live={asked!r}: the block draws no picture")
        end = rendered.index("</figure>", start) + len("</figure>")
        status = '<span class="nn-status" role="status"></span>'
        made = f'<div class="nn-live" data-of="{number}">{made}{status}</div>'
        rendered = rendered[:end] + made + rendered[end:]
    return rendered


def slider(asked: str, source: str) -> str:
    """A slider for `name=from..to/step`; it begins at the value that the code gives the name.

    >>> slider("eta=0.1..0.5/0.1", "eta = 0.3")[:36]
    '<label>eta <input type="range" name='
    """
    match = _SLIDER.fullmatch(asked)
    if match is None:
        raise LiveError(f"live: expected name=from..to/step, got {asked!r}")
    name = match["name"]
    given = re.search(rf"^{name} *= *([-+\d._eE]+)$", source, re.MULTILINE)
    if given is None:
        raise LiveError(f"live={asked!r}: expected a line '{name} = <number>' in the block")
    low, high, step, value = map(Decimal, (match["low"], match["high"], match["step"], given[1]))
    if not low <= value <= high or (value - low) % step or (high - low) % step:
        raise LiveError(f"live={asked!r}: {value} is not one of the slider's places")
    return (
        f'<label>{name} <input type="range" name="{name}" min="{low}" max="{high}" step="{step}" '
        f'value="{value}"> <output>{value}</output></label> '
    )


def _pictures(fence: Fence) -> int:
    """How many the build shows of it: none in an exercise, none of what not every machine has."""
    if fence.prefix or not runs_here(fence):
        return 0
    alt = fence.options.get("alt", [])
    return 1 if isinstance(alt, str) else len(list(alt))  # type: ignore[call-overload]


def runs_here(fence: Fence) -> bool:
    """PyTorch does not run in a browser, and MNIST is too large to come along."""
    return "needs" not in fence.options


def _button(kind: str, number: int) -> str:
    """Its words stand in the stylesheet: in the page the search would find them in every block."""
    return (
        f'<button type="button" class="md-code__button nn-button nn-{kind.lower()}" '
        f'aria-label="{kind} block {number + 1}"></button>'
    )


def facts(files: Files, cache: Path) -> dict[str, bytes]:
    """What a worker needs to know of each page's blocks, so that it need not find it out itself."""
    ours = [Path(module.__file__ or "") for module in (effects, dependencies, planning)]
    how = hashlib.sha256(b"".join(path.read_bytes() for path in ours)).hexdigest()
    found = {}
    for file in files.documentation_pages():
        text = file.content_string
        if pages.is_explainer(pages.front_matter(text)):
            sources = dependencies.sources(text)
            name = f"{serving.key(sources)}.json"

            def read(sources: list[str] = sources) -> bytes:
                return json.dumps(planning.facts(sources), separators=(",", ":")).encode()

            found[f"machine/inside/{serving.FACTS}/{name}"] = keeping.kept(cache / name, how, read)
    return found


def code_archive(root: Path, known: Mapping[str, bytes]) -> bytes:
    """`nnlib` and what runs beside the reader's code, for the worker."""
    machine = root / "docs" / "machine"
    chosen = {
        path.relative_to(root / "docs"): path
        for pattern in _INSIDE
        for path in machine.glob(pattern)
    }
    package = root / "nnlib"
    chosen |= {
        path.relative_to(root): path
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "conftest.py"
    }
    content = {name.as_posix(): path.read_bytes() for name, path in chosen.items()}
    return runtime.archive_of(sorted((content | dict(known)).items()))


def find(files: Files, config: MkDocsConfig, cache: Path, root: Path) -> None:
    """Adds Python to the site's files, if it can be had; `config.extra` says where it is."""
    config.extra["python"] = None
    try:
        found = runtime.find(cache / "runtime")
    except runtime.RuntimeMissingError as error:
        if "pyodide" in os.environ.get("NNLIB_REQUIRE", "").split():
            raise PluginError(f"NNLIB_REQUIRE asks for pyodide: {error}") from error
        _log.info(f"Python in the page is left out: {error}")
        return
    code = code_archive(root, facts(files, cache / "facts"))
    name = f"code.{hashlib.sha256(code).hexdigest()[:12]}.zip"
    made = {f"{found.folder}/{name}": content for name, content in found.files.items()}
    made[f"{found.folder}/{name}"] = code
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    sizes = {posixpath.basename(path): len(content) for path, content in made.items()}
    config.extra["python"] = {"base": f"{found.folder}/", "code": name, "sizes": sizes}


def without_python(output: str, online: str) -> str:
    """The page for a place where no Python runs; where its buttons were, it says where it does."""
    there = f'<a class="nn-elsewhere" href="{html.escape(online)}">Runs on the site</a>'
    output = _OWN_SCRIPT.sub("", _SLIDERS.sub("", _OWN_META.sub("", output)))
    output = _BUTTONS.sub(lambda match: there if "nn-run" in match.group() else "", output)
    return output.replace(_BENCH, f"<p>{there}</p>")


def with_python(output: str, page: Page, config: MkDocsConfig) -> str:
    """The page with the address of its Python in its head."""
    python = config.extra["python"]
    if not python or not any(mark in output for mark in _RUNNABLE):
        return output
    content = python | {
        "base": get_relative_url(python["base"], page.url),
        "workbench": get_relative_url(_WORKBENCH, page.url),
    }
    text = html.escape(json.dumps(content, separators=(",", ":"), sort_keys=True))
    return output.replace("</head>", f'<meta name="{META}" content="{text}"></head>', 1)
