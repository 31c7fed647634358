"""Reads, executes and judges all pages of a build before one of them is rendered.
A site that was built has been proved: a page that prints something else than it says stops it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from . import execution
from .examples import Block, Result, blocks, wrong
from .fences import find_fences
from .pages import front_matter, is_explainer


@dataclass(frozen=True)
class Proved:
    """A page's text and what its blocks gave."""

    text: str
    blocks: Sequence[Block]
    results: Sequence[Result]


class ProofError(ValueError):
    """What is wrong with the pages; each page, line and block is named."""


def prove(sources: Mapping[str, bytes], *, piecewise: bool = False) -> dict[str, Proved]:
    """Every page that has Python blocks, executed; all that is wrong is said at once."""
    problems: list[str] = []
    texts: dict[str, str] = {}
    found: dict[str, list[Block]] = {}
    for name, content in sources.items():
        try:
            texts[name] = content.decode("utf-8-sig").replace("\r\n", "\n")
            _check_front(texts[name])
            found[name] = blocks(texts[name])
        except ValueError as error:
            problems.append(f"{name}: {_said(error)}")
    problems += twice(texts)
    work = {name: of for name, of in found.items() if of}
    proved = {
        name: Proved(texts[name], work[name], results)
        for name, results in execution.pages(work, piecewise=piecewise).items()
    }
    problems += [problem for name, page in proved.items() for problem in _judge(name, page)]
    if problems:
        raise ProofError("\n\n".join(problems))
    return proved


def _said(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f"line {line}: expected UTF-8, got the byte {error.object[error.start]:#x}"
    return str(error)


def _check_front(text: str) -> None:
    try:
        front = front_matter(text)
    except yaml.YAMLError as error:
        raise ValueError(f"front matter: {error}") from error
    if is_explainer(front):
        spec: Any = (
            front["jupyter"].get("kernelspec") if isinstance(front["jupyter"], dict) else None
        )
        language = spec.get("language") if isinstance(spec, dict) else None
        if language != "python":
            raise ValueError(
                f"front matter: jupyter.kernelspec.language: expected 'python', got {language!r}"
            )


def twice(texts: Mapping[str, str]) -> Iterator[str]:
    """The exercises that two pages call by one name: a reader's solution is kept under it."""
    owners: dict[str, str] = {}
    for name, text in texts.items():
        here = {str(f.options["exercise"]): f for f in find_fences(text) if "exercise" in f.options}
        for exercise, fence in here.items():
            other = owners.setdefault(exercise, name)
            if other != name:
                yield f'{name}: line {fence.line}: exercise="{exercise}" is one of {other}, too'


def _judge(name: str, page: Proved) -> Iterable[str]:
    notebook = is_explainer(front_matter(page.text))
    for block, result in zip(page.blocks, page.results, strict=True):
        if problem := wrong(block, result, name):
            yield problem
        elif result.pictures and not notebook:
            yield (
                f"{block.place(name)} draws a picture, which only a notebook shows: "
                "give the page the front matter of one"
            )
