"""Gives an executed notebook its three written forms: Markdown for MkDocs, and the `.ipynb` and
`.py` that readers take away.
The text a reader sees as output is the page's own, which the tests proved; the build adds the
pictures and nothing else."""

import html
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from . import fences, instruments, pages, svg
from .examples import Block, Result

# Links to other pages of the site, which only MkDocs can resolve.
_MARKDOWN_LINK = re.compile(r"\]\((?P<to>(?!https?:)[^()\s]*\.md(?:#[^()\s]*)?)\)")
_CHECK_TITLE = re.compile(r'\?\?\? note "[^"]*"\s*\Z')
_ADMONITION = re.compile(r'(?P<kind>!!!|\?\?\?\+?) (?P<type>[\w -]+?)(?: "(?P<title>[^"]*)")?')


class BlockError(ValueError):
    """A block that cannot be published; the message says which and why."""


@dataclass
class Page:
    """A page as MkDocs is to render it, with the pictures held back until it has."""

    markdown: str
    pictures: dict[str, str] = field(default_factory=dict)
    # Files to lie beside the page, by name: what its instruments fetch when they are wanted.
    files: dict[str, str] = field(default_factory=dict)

    def with_pictures(self, rendered: str) -> str:
        for mark, figure in self.pictures.items():
            if rendered.count(mark) != 1:
                raise BlockError(
                    f"a picture's place {mark} occurs {rendered.count(mark)} times in the page"
                )
            rendered = rendered.replace(mark, figure)
        return rendered


def executed(text: str, blocks: Sequence[Block], results: Sequence[Result]) -> NotebookNode:
    """The page as a notebook: its top-level Python fences are cells, with what they gave."""
    cells: list[NotebookNode] = []
    done = len(text) - len(pages.body(text))
    for block, result in zip(blocks, results, strict=True):
        fence = block.fence
        if not fence.prefix:
            cells.append(_prose(text[done : fence.start]))
            # The same notebook wherever the site is built, with PyTorch and MNIST or without.
            given = [] if "needs" in fence.options else _outputs(result, _alts(fence.options))
            about = {**fence.options, "data": result.data}
            cells.append(_code(fence.source, metadata=about, outputs=given))
            done = fence.end
    cells.append(_prose(text[done:]))
    return _notebook([cell for cell in cells if cell.source])


def _notebook(cells: Sequence[NotebookNode], **metadata: Any) -> NotebookNode:
    """Not nbformat's own constructors, here and below: these validate each part, and all is
    validated when it is written."""
    return NotebookNode(cells=list(cells), metadata=metadata, nbformat=4, nbformat_minor=5)


def _prose(markdown: str) -> NotebookNode:
    return NotebookNode(cell_type="markdown", metadata={}, source=markdown.strip("\n"))


def _code(
    source: str, outputs: Sequence[NotebookNode] = (), metadata: Mapping[str, Any] | None = None
) -> NotebookNode:
    return NotebookNode(
        cell_type="code",
        execution_count=None,
        metadata=dict(metadata or {}),
        outputs=list(outputs),
        source=source.strip("\n"),
    )


def _alts(options: Mapping[str, Any]) -> list[str]:
    alts = options.get("alt", [])
    return [alts] if isinstance(alts, str) else list(alts)


def _outputs(result: Result, alts: Sequence[str]) -> list[NotebookNode]:
    said = NotebookNode(output_type="stream", name="stdout", text=result.printed)
    drawn = [
        {"image/svg+xml": picture, "text/plain": alt}
        for picture, alt in zip(result.pictures, alts, strict=True)
    ]
    return [
        *([said] if result.printed else []),
        *(NotebookNode(output_type="display_data", data=data, metadata={}) for data in drawn),
    ]


def _svgs(cell: NotebookNode) -> list[str]:
    return [
        "".join(o.data["image/svg+xml"])
        for o in cell.outputs
        if "image/svg+xml" in o.get("data", {})
    ]


def _block_name(number: int, cell: NotebookNode) -> str:
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"block {number} ({first.strip()!r})"


def to_page(notebook: NotebookNode, variables: Mapping[str, str]) -> Page:
    """The notebook's prose as it is, its code as fences, its pictures as figures."""
    pieces: list[str] = []
    page = Page("")
    code_cells = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            pieces.append(fences.for_mkdocs(cell.source))
        elif cell.cell_type == "code":
            code_cells += 1
            code = len(pieces)
            pieces.append(_code_fence(cell))
            drawn = _svgs(cell)
            for alt, drawing in zip(_alts(cell.metadata), drawn, strict=True):
                number = len(page.pictures) + 1
                mark = f'<div data-picture="{number}"></div>'
                try:
                    picture = svg.themed(drawing, alt=alt, prefix=f"p{number}", variables=variables)
                except svg.PictureError as error:
                    raise BlockError(f"{_block_name(code_cells, cell)}: {error}") from error
                caption = cell.metadata.get("caption")
                below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
                figure = f'<figure class="nn-picture">{picture}{below}</figure>'
                if "instrument" in cell.metadata:
                    name, data = cell.metadata["instrument"], cell.metadata.get("data", "")
                    figure = instruments.around(figure, str(name), str(data), page.files)
                page.pictures[mark] = figure
                pieces.append(mark)
            if "fold" in cell.metadata:
                # The picture speaks first; the code that draws it waits until it is asked for.
                pieces.append(_folded(pieces.pop(code), str(cell.metadata["fold"])))
    page.markdown = "\n\n".join(pieces) + "\n"
    return page


def _code_fence(cell: NotebookNode) -> str:
    options = {
        key: value
        for key, value in cell.metadata.items()
        if key not in fences.OURS and isinstance(value, str)
    }
    info = (
        "python"
        if not options
        else "{ .python " + " ".join(f'{k}="{v}"' for k, v in options.items()) + " }"
    )
    ticks = "`" * (3 if "```" not in cell.source else 4)
    return f"{ticks}{info}\n{cell.source}\n{ticks}"


def _folded(code: str, title: str) -> str:
    return f'??? code "{title}"\n\n{textwrap.indent(code, "    ")}'


def _unfold(markdown: str) -> str:
    """Admonitions as a notebook can show them: folded ones as <details>, others as quotations."""
    out: list[str] = []
    for head, body in _blocks(markdown):
        if head is None:
            out += body
            continue
        title = head["title"] or head["type"].split()[0].capitalize()
        inner = _unfold("\n".join(body).strip("\n"))
        if head["kind"].startswith("?"):
            out += ["<details>", f"<summary>{title}</summary>", "", inner, "", "</details>", ""]
        else:
            out += [
                f"> **{title}**",
                ">",
                *(f"> {line}".rstrip() for line in inner.split("\n")),
                "",
            ]
    return "\n".join(out)


Link = Callable[[str], str]


def _taken_away(notebook: NotebookNode, link: Link) -> list[NotebookNode]:
    """The cells of a copy that stands alone: links lead back to the site, exercises can be done."""
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells.append(cell)
        elif cell.cell_type == "markdown":
            after_code = bool(cells) and cells[-1].cell_type == "code"
            prose = _without_first_output(cell.source) if after_code else cell.source
            cells += _with_exercises(_MARKDOWN_LINK.sub(lambda m: f"]({link(m['to'])})", prose))
    return cells


def _without_first_output(markdown: str) -> str:
    """The cell above carries its own output; the page's copy of it would say it twice."""
    first = next(fences.find_fences(markdown), None)
    if first is None or first.language != "text" or markdown[: first.start].strip():
        return markdown
    return markdown[first.end :].lstrip("\n")


def _with_exercises(markdown: str) -> list[NotebookNode]:
    """The cells of a piece of prose, in which an exercise's check and stub are code to run."""
    cells: list[NotebookNode] = []
    text: list[str] = []

    def flush() -> None:
        prose = _plain_fences(_unfold("\n".join(text).strip("\n")))
        if prose:
            cells.append(_prose(prose))
        text.clear()

    for head, body in _blocks(markdown):
        if head is None or head["type"] != "question":
            text += body if head is None else [head.string, *(f"    {line}" for line in body)]
            continue
        text += [f"### {head['title']}", ""]
        inner, done = "\n".join(body), 0
        for fence in fences.find_fences(inner):
            if fence.options.get("role") not in {"check", "stub"}:
                continue
            text += _CHECK_TITLE.sub("", inner[done : fence.start]).split("\n")
            flush()
            cells.append(_code(fence.source))
            done = fence.end
        rest = inner[done:].lstrip("\n")
        text += _without_first_output(rest).split("\n")
    flush()
    return cells


def _blocks(markdown: str) -> Iterator[tuple[re.Match[str] | None, list[str]]]:
    """The lines outside admonitions, and each admonition's first line with its dedented body."""
    lines = markdown.split("\n")
    at = 0
    while at < len(lines):
        head = _ADMONITION.fullmatch(lines[at].rstrip())
        at += 1
        if head is None:
            yield None, [lines[at - 1]]
            continue
        body = []
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
            body.append(lines[at][4:])
            at += 1
        yield head, body


def to_ipynb(notebook: NotebookNode, *, title: str, link: Link) -> str:
    """The notebook a reader downloads: same cells and pictures, the same at every build."""
    clean = _notebook(
        [
            NotebookNode(cell, id=f"cell-{number}", metadata={})
            for number, cell in enumerate(_taken_away(notebook, link), start=1)
        ],
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
        title=title,
    )
    nbformat.validate(clean)
    return str(nbformat.writes(clean)) + "\n"


def _plain_fences(markdown: str) -> str:
    pieces, done = [], 0
    for fence in fences.find_fences(markdown):
        pieces += [markdown[done : fence.start], f"{fence.prefix}{fence.ticks}{fence.language}\n"]
        done = fence.source_start
    return "".join([*pieces, markdown[done:]])


def to_script(notebook: NotebookNode, *, title: str, link: Link) -> str:
    """The page as a plain Python script: prose as comments, every cell of code in order."""
    clean = _notebook(
        [
            (_code if cell.cell_type == "code" else _prose)(cell.source)
            for cell in _taken_away(notebook, link)
        ]
    )
    script = jupytext.writes(clean, fmt="py:percent")
    header, _, body = script.partition("# %%")
    del header  # Jupytext's own front matter: of no use to a reader, and it names versions.
    return f'"""{title}"""\n\n# %%{body}'
