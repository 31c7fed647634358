"""Gives an executed notebook its three written forms: Markdown for MkDocs, and the `.ipynb` and
`.py` that readers take away.
The text a reader sees as output is the page's own, which the tests proved; the build adds the
pictures and nothing else."""

import html
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from . import fences, svg

_ADMONITION = re.compile(r'(?P<kind>!!!|\?\?\?\+?) (?P<type>[\w -]+?)(?: "(?P<title>[^"]*)")?')


class BlockError(ValueError):
    """A block that cannot be published; the message says which and why."""


@dataclass
class Page:
    """A page as MkDocs is to render it, with the pictures held back until it has."""

    markdown: str
    pictures: dict[str, str] = field(default_factory=dict)

    def with_pictures(self, rendered: str) -> str:
        for mark, figure in self.pictures.items():
            if rendered.count(mark) != 1:
                raise BlockError(
                    f"a picture's place {mark} occurs {rendered.count(mark)} times in the page"
                )
            rendered = rendered.replace(mark, figure)
        return rendered


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
            alts = cell.metadata.get("alt", [])
            alts = [alts] if isinstance(alts, str) else list(alts)
            if len(alts) != len(drawn):
                raise BlockError(
                    f"{_block_name(code_cells, cell)} draws {len(drawn)} pictures, "
                    f"describes {len(alts)}: "
                    'every picture needs its alt="..." on the fence'
                )
            for alt, drawing in zip(alts, drawn, strict=True):
                number = len(page.pictures) + 1
                mark = f'<div data-picture="{number}"></div>'
                try:
                    picture = svg.themed(drawing, alt=alt, prefix=f"p{number}", variables=variables)
                except svg.PictureError as error:
                    raise BlockError(f"{_block_name(code_cells, cell)}: {error}") from error
                caption = cell.metadata.get("caption")
                below = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
                page.pictures[mark] = f'<figure class="nn-picture">{picture}{below}</figure>'
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
    lines = markdown.split("\n")
    at = 0
    while at < len(lines):
        match = _ADMONITION.fullmatch(lines[at].rstrip())
        if not match:
            out.append(lines[at])
            at += 1
            continue
        body: list[str] = []
        at += 1
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
            body.append(lines[at][4:])
            at += 1
        title = match["title"] or match["type"].split()[0].capitalize()
        inner = _unfold("\n".join(body).strip("\n"))
        if match["kind"].startswith("?"):
            out += ["<details>", f"<summary>{title}</summary>", "", inner, "", "</details>", ""]
        else:
            out += [
                f"> **{title}**",
                ">",
                *(f"> {line}".rstrip() for line in inner.split("\n")),
                "",
            ]
    return "\n".join(out)


def to_ipynb(notebook: NotebookNode, *, title: str) -> str:
    """The notebook a reader downloads: same cells and pictures, the same at every build."""
    clean = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "title": title,
        }
    )
    outputs: Any
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            new = nbformat.v4.new_markdown_cell(_plain_fences(_unfold(cell.source)))
        elif cell.cell_type == "code":
            outputs = [_clean_output(output) for output in cell.outputs if not _is_noise(output)]
            tags = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
            new = nbformat.v4.new_code_cell(cell.source, metadata=tags, outputs=outputs)
        else:
            continue
        new["id"] = f"cell-{len(clean.cells) + 1}"
        clean.cells.append(new)
    nbformat.validate(clean)
    return nbformat.writes(clean) + "\n"


def _plain_fences(markdown: str) -> str:
    pieces, done = [], 0
    for fence in fences.find_fences(markdown):
        pieces += [markdown[done : fence.start], f"{fence.prefix}{fence.ticks}{fence.language}\n"]
        done = fence.source_start
    return "".join([*pieces, markdown[done:]])


def _is_noise(output: NotebookNode) -> bool:
    return output.output_type == "stream" and output.name == "stderr"


def _clean_output(output: NotebookNode) -> NotebookNode:
    output = NotebookNode(output)
    if output.output_type == "execute_result":
        output["execution_count"] = None
    return output


def to_script(notebook: NotebookNode, *, title: str) -> str:
    """The page as a plain Python script: prose as comments, every cell of code in order."""
    clean = nbformat.v4.new_notebook(cells=[])
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            clean.cells.append(nbformat.v4.new_markdown_cell(_plain_fences(_unfold(cell.source))))
        elif cell.cell_type == "code":
            clean.cells.append(nbformat.v4.new_code_cell(cell.source))
    script = jupytext.writes(clean, fmt="py:percent")
    header, _, body = script.partition("# %%")
    del header  # Jupytext's own front matter: of no use to a reader, and it names versions.
    return f'"""{title}"""\n\n# %%{body}'
