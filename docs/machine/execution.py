"""Executes a page's Python blocks in order, in a kernel and a folder of its own, and keeps what
they gave until their code changes.
Tests and build both read a page's results here: what the one proved is what the other shows."""

import contextlib
import functools
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
from filelock import FileLock
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from . import dependencies, keeping, kernel, worlds
from .examples import Block, Result, missing

_JSON = "application/json"
_TRIED = "application/x-nnlib-tried"
_GIVE = "\n__import__('IPython').get_ipython().give(lambda: dict({}))\n"
_TRY = "__import__('IPython').get_ipython().try_({})"
_START_SECONDS = 120
_CACHES_KEPT = 3
_PLACE = re.compile(r"Cell In\[(?P<cell>\d+)\], line (?P<line>\d+)")
_log = logging.getLogger("mkdocs.nnlib")
# nbclient's own log would say again, and worse, what a result says.
_silence = logging.getLogger("nnlib.silence")
_silence.addHandler(logging.NullHandler())
_silence.propagate = False


def page(
    name: str,
    blocks: Sequence[Block],
    *,
    surroundings: Mapping[str, str] | None = None,
    piecewise: bool = False,
) -> list[Result]:
    """The result of each block of the page `name`, from the cache if no block has changed.

    A block that needs what is not here is not run. `piecewise` runs only blocks that changed or
    need one that did, each with the earlier statements that it needs: quick enough to write by,
    and no proof, so that the next call without it runs the whole page. In other `surroundings`
    the blocks alone are run: what instruments are given and what is false in another world is
    asked in the usual ones.
    """
    around = surroundings or {}
    source = (lambda block: block.fence.source) if around else _source
    sources = [source(block) if missing(block.fence) is None else None for block in blocks]
    if not any(sources):
        return [Result()] * len(blocks)
    of = _hash([sources, [block.fence.options.get("refuted") for block in blocks]])
    path = _folder(tuple(sorted(around.items()))) / f"{name}.json"
    # Whoever comes second, build or test, waits for what the first is making.
    with FileLock(keeping.folder(path.parent) / f"{path.name}.lock"):
        known, rows = _load(path)
        if known == of:
            return [result for _, result in rows]
        alone = _alone(sources)
        have = dict(rows) if piecewise else {}
        stale = {at for at, script in enumerate(alone) if not script or script not in have}
        if not stale:
            return [have[script] for script in alone]
        cells = dependencies.only(sources, stale) if len(stale) < len(blocks) else sources
        began = time.monotonic()
        given = _execute(name, blocks, cells, around)
        _log.info("Executed %s in %.1f s", name, time.monotonic() - began)
        results = [
            result if at in stale else have[script]
            for at, (script, result) in enumerate(zip(alone, given, strict=True))
        ]
        if all(result.problem is None for result in given):
            _save(path, of if len(stale) == len(blocks) else "", zip(alone, results, strict=True))
    return results


def pages(work: Mapping[str, Sequence[Block]], *, piecewise: bool) -> dict[str, list[Result]]:
    """Every page's results, as many pages at a time as there are processors."""
    # Threads do: the work is done by the kernels.
    with ThreadPoolExecutor(_processors()) as pool:
        results = pool.map(lambda one: page(one[0], one[1], piecewise=piecewise), work.items())
        return dict(zip(work, results, strict=True))


@functools.cache
def _folder(around: tuple[tuple[str, str], ...]) -> Path:
    """A folder for all that one state of the library gave; the oldest go."""
    folder = keeping.cache() / "pages" / kernel.fingerprint(dict(around))
    os.utime(keeping.folder(folder))
    every = sorted(folder.parent.glob("*/"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in every[_CACHES_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _source(block: Block) -> str:
    """The block's own source; and below it, if the fence names any, the values it is to give."""
    given = block.fence.options.get("data")
    return block.fence.source + (_GIVE.format(given) if given else "")


def _hash(what: object) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _alone(sources: Sequence[str | None]) -> list[str]:
    """What each block is by itself: a hash of it and of the statements it needs."""
    try:
        return [_hash(script) for script in dependencies.scripts([s or "" for s in sources])]
    except SyntaxError:
        return [""] * len(sources)


def _load(path: Path) -> tuple[str, list[tuple[str, Result]]]:
    content = keeping.load(path, path.stem)
    if content is None:
        return "", []
    kept = json.loads(content)
    return kept["of"], [
        (alone, Result(printed, tuple(pictures), data=data, tried=tuple(map(tuple, tried))))
        for alone, printed, pictures, data, tried in kept["rows"]
    ]


def _save(path: Path, of: str, rows: Iterable[tuple[str, Result]]) -> None:
    flat = [[alone, r.printed, r.pictures, r.data, r.tried] for alone, r in rows]
    keeping.save(path, path.stem, json.dumps({"of": of, "rows": flat}).encode())


def _execute(
    name: str, blocks: Sequence[Block], cells: Sequence[str | None], around: Mapping[str, str]
) -> list[Result]:
    """Runs the cells that are not empty, one after the other, up to one that never ends."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c or "") for c in cells])
    results: list[Result] = []
    ran: list[Block] = []  # the kernel counts them from 1
    trials = {} if around else worlds.trials([block.fence for block in blocks])
    tried: dict[int, dict[int, tuple[str, ...]]] = {}
    with _kernel(notebook, around) as client:
        for at, (block, cell) in enumerate(zip(blocks, notebook.cells, strict=True)):
            ended = None
            try:
                for trial in trials.get(at, ()):
                    if cells[trial.block]:
                        of = tried.setdefault(trial.block, {})
                        of[trial.assertion] = _try(client, trial, at)
                # IPython understands more than a copier's interpreter does.
                compile(cell.source, name, "exec", dont_inherit=True)
                if cell.source.strip():
                    ran.append(block)
                client.execute_cell(cell, at)
                results.append(_result(name, ran, cell.outputs))
            except SyntaxError as error:
                place = f"{name}:{block.fence.line + (error.lineno or 0)}"
                shown = (error.text or "").rstrip()
                results.append(Result(problem=f"{place}: SyntaxError: {error.msg}\n{shown}"))
            except CellTimeoutError:
                ended = f"still running after {_seconds()} s (NNLIB_BLOCK_SECONDS)"
            except DeadKernelError:
                ended = "its interpreter died"
            if ended:
                results.append(Result(problem=f"{block.place(name)}: {ended}"))
                break
    unheard = Result(problem="not run, because of the block above")
    results += [unheard if cell else Result() for cell in cells[len(results) :]]
    return [
        replace(result, tried=tuple(of[number] for number in sorted(of)))
        for result, of in ((result, tried.get(at, {})) for at, result in enumerate(results))
    ]


def _try(client: NotebookClient, trial: worlds.Trial, at: int) -> tuple[str, ...]:
    cell = nbformat.v4.new_code_cell(_TRY.format((trial.test, trial.page, trial.world)))
    client.execute_cell(cell, at, store_history=False)
    said = [output.data[_TRIED] for output in cell.outputs if _TRIED in output.get("data", {})]
    return tuple(json.loads(said[0])) if said else (f"nothing: {cell.outputs}",) * 2


@contextlib.contextmanager
def _kernel(notebook: nbformat.NotebookNode, around: Mapping[str, str]) -> Iterator[NotebookClient]:
    with tempfile.TemporaryDirectory(prefix="nnlib-", ignore_cleanup_errors=True) as folder:
        page = Path(folder, "page")
        page.mkdir()
        manager = AsyncKernelManager(
            kernel_name=kernel.NAME,
            kernel_spec_manager=kernel.Kernels(Path(folder), around),
            connection_file=f"{folder}/connection.json",
        )
        if os.name == "posix":
            # No ports: of several kernels that start at once, two may be given the same one.
            manager.transport, manager.ip = "ipc", f"{folder}/socket"
        client = NotebookClient(
            notebook,
            manager,
            allow_errors=True,
            log=_silence,
            # Asked to end, a kernel can log an error on its way out; it has nothing to put away.
            shutdown_kernel="immediate",
            startup_timeout=_START_SECONDS,
            timeout=_seconds(),
        )
        with client.setup_kernel(cwd=str(page), cleanup_kc=True):
            yield client


def _result(name: str, ran: Sequence[Block], outputs: Sequence[nbformat.NotebookNode]) -> Result:
    printed, pictures, problem, data = "", [], None, ""
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout":
            printed += output.text
        elif output.output_type == "error" and problem is None:
            told = _PLACE.sub(lambda at: _in_page(name, ran, at), "\n".join(output.traceback))
            place = _line(told, name) or ran[-1].place(name)
            problem = f"{place}: {output.ename}: {output.evalue}\n{told}"
        elif "image/svg+xml" in output.get("data", {}):
            pictures.append("".join(output.data["image/svg+xml"]))
        elif _JSON in output.get("data", {}):
            data = output.data[_JSON]
    return Result(printed, tuple(pictures), problem, data)


def _in_page(name: str, ran: Sequence[Block], at: re.Match[str]) -> str:
    """A place in a cell as a place in the page."""
    return f"{name}:{ran[int(at['cell']) - 1].fence.line + int(at['line'])}"


def _line(told: str, name: str) -> str | None:
    """Where in the page the traceback starts."""
    found = re.search(rf"{re.escape(name)}:\d+", told)
    return found and found.group()


def _seconds() -> int:
    return int(os.environ.get("NNLIB_BLOCK_SECONDS") or 300)


def _processors() -> int:
    """How many this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
