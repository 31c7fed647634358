"""Reads, executes and judges all pages of a build before one of them is rendered.
A site that was built has been proved: a page that prints something else than it says stops it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from . import execution
from .examples import Block, Result, blocks, wrong
from .fences import find_fences
from .pages import front_matter, is_explainer


@dataclass(frozen=True)
class Proved:
    """A page's text, what it says about itself, and what its blocks gave."""

    text: str
    front: Mapping[str, Any]
    blocks: Sequence[Block]
    results: Sequence[Result]

    @property
    def is_notebook(self) -> bool:
        return is_explainer(self.front)


class ProofError(ValueError):
    """What is wrong with the pages; each page, line and block is named."""


def prove(
    sources: Mapping[str, bytes],
    notebooks: Collection[str],
    unbuilt: Collection[str] = (),
    *,
    piecewise: bool = False,
) -> dict[str, Proved]:
    """Every page, its blocks executed unless it is `unbuilt`; all that is wrong is said at once.

    `notebooks` are the pages that Jupyter would open as one, because of their front matter.
    """
    problems: list[str] = []
    read: dict[str, Proved] = {}
    for name, content in sources.items():
        try:
            read[name] = _read(content, name in notebooks)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    problems += twice({name: page.text for name, page in read.items()})
    results = execution.pages(
        {name: page.blocks for name, page in read.items() if name not in unbuilt},
        piecewise=piecewise,
    )
    for name, given in results.items():
        read[name] = replace(read[name], results=given)
        problems += _judge(name, read[name])
    if problems:
        raise ProofError("\n\n".join(problems))
    return read


def _read(content: bytes, is_notebook: bool) -> Proved:
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        front = front_matter(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"line {line}: expected UTF-8, got the byte {content[error.start]:#x}"
        ) from error
    except yaml.YAMLError as error:
        raise ValueError(f"front matter: {error}") from error
    if is_explainer(front) and not is_notebook:
        raise ValueError(
            "front matter: jupyter: expected a kernelspec with display_name, language: python "
            f"and name, got {front['jupyter']!r}"
        )
    return Proved(text, front, blocks(text), [])


def twice(texts: Mapping[str, str]) -> Iterator[str]:
    """The exercises that two pages call by one name: a reader's solution is kept under it."""
    owners: dict[str, str] = {}
    for name, text in texts.items():
        here = {str(f.options["exercise"]): f for f in find_fences(text) if "exercise" in f.options}
        for exercise, fence in here.items():
            other = owners.setdefault(exercise, name)
            if other != name:
                yield f'{name}: line {fence.line}: exercise="{exercise}" is one of {other}, too'


def _judge(name: str, page: Proved) -> Iterator[str]:
    for block, result in zip(page.blocks, page.results, strict=True):
        if problem := wrong(block, result, name):
            yield problem
        elif result.pictures and not page.is_notebook:
            yield (
                f"{block.place(name)} draws a picture, which only a notebook shows: "
                "give the page the front matter of one"
            )
