"""Builds the site once, serves it on this machine, and gives the tests a browser to read it with.
The site under test is the one that readers get, built by the command that the README gives."""

import functools
import http.server
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from machine.pages import ALONE
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from running import THOROUGH
from site_building import BUILD_LIMIT_SECONDS, EXPLAINERS, KINDS, ROOT, SOURCES, mkdocs_build

_ENOUGH_OF_A_LOG = 5_000
_PATIENCE_MILLISECONDS = 10_000
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Chromium's own errands (updates, field trials) must not be mistaken for the site's.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test for each page: `source` is its file in `docs/`, `page_path` adds the 404 page;
    `explainer` is the file of a page whose blocks are executed; `visited` is every page if
    the tests are thorough, else one of each kind."""
    if "source" in metafunc.fixturenames:
        metafunc.parametrize("source", SOURCES.values(), ids=[path or "home" for path in SOURCES])
    if "explainer" in metafunc.fixturenames:
        names = [path or "home" for path in EXPLAINERS]
        metafunc.parametrize("explainer", EXPLAINERS.values(), ids=names)
    if "visited" in metafunc.fixturenames:
        every = THOROUGH or ALONE in os.environ
        paths = [*(SOURCES if every else KINDS), "404.html"]
        metafunc.parametrize("visited", paths, ids=[path or "home" for path in paths])
    if "page_path" in metafunc.fixturenames:
        paths = [*SOURCES, "404.html"]
        metafunc.parametrize("page_path", paths, ids=[path or "home" for path in paths])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; with several pytest workers, the first to ask builds it for all."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    log, target = shared / "site.log", shared / "site"
    try:
        (shared / "site.claimed").mkdir()
    except FileExistsError:
        waited_since = time.monotonic()
        while not log.exists():
            assert time.monotonic() - waited_since < BUILD_LIMIT_SECONDS, (
                "another worker never finished the site"
            )
            time.sleep(0.2)
    else:
        built = mkdocs_build(ROOT / "mkdocs.yml", target)
        draft = log.with_suffix(".draft")
        draft.write_text(f"exit {built.returncode}\n{built.stdout}", encoding="utf-8")
        draft.rename(log)
    said = log.read_text(encoding="utf-8")
    assert said.startswith("exit 0\n"), said
    complaint = re.search(r"^.*(?:WARNING|ERROR)", said, flags=re.MULTILINE)
    # From there on: what it is about stands on the lines below, where a traceback does.
    assert complaint is None, said[complaint.start() :][:_ENOUGH_OF_A_LOG]
    return target


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """The address of every page that was built, the 404 page included."""
    found = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    return sorted(path.removesuffix("index.html") for path in found)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves as a host of pages does: what is not there is answered with the site's 404 page."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Says nothing: pytest shows what a test has to say."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != HTTPStatus.NOT_FOUND:
            super().send_error(code, message, explain)
            return
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves drops what it was fetching; anything else deserves a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The address of the served site, with a slash at its end."""
    handler = functools.partial(_Handler, directory=str(site))
    with _Server(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, _CHROMIUM)]
    executable = next(filter(None, candidates), None)
    if executable is None:
        reason = (
            f"no browser: CHROMIUM is not set and none of {', '.join(_CHROMIUM)} is on the path"
        )
        if "browser" in os.environ.get("NNLIB_REQUIRE", "").split():
            pytest.fail(f"{reason}, and NNLIB_REQUIRE asks for one")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(_QUIET))
        yield running
        running.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[OpenPage]:
    """Opens a page of the site: `open_page("pieces/neuron/", width=360, scheme="dark")`.

    When the test is over, whatever it did, nothing may have been asked of another host
    and the browser may not have complained.
    """
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    complaints: list[str] = []

    def open_(
        path: str,
        *,
        width: int = 1280,
        scheme: str = "light",
        blocked: str | None = None,
        **options: Any,
    ) -> Page:
        settings: dict[str, Any] = {
            "viewport": {"width": width, "height": 900},
            "color_scheme": scheme,
            "reduced_motion": "reduce",
            "permissions": ["clipboard-read", "clipboard-write"],
        }
        context = browser.new_context(**{**settings, **options})
        contexts.append(context)
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        page = context.new_page()
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith((server, "data:", "blob:")) else strangers.append(r.url)
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if blocked is None:
            page.on(
                "console",
                lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None,
            )
        else:
            page.route(blocked, lambda route: route.abort())
        page.goto(server + path)
        page.evaluate("document.fonts.ready")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not strangers, f"asked of another host: {strangers}"
    assert not complaints, f"the browser complained: {complaints}"
