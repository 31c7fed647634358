"""Drives the two engines that Playwright's Chromium is not: Firefox, and WebKit as GTK has it.
Both take the same standard actions, so that a test handles either as a reader's hand would."""

import json
import os
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

_PATIENCE_SECONDS = 600
_WEBKIT = ("/usr/lib/*/webkit2gtk-4.*", "/usr/libexec/webkit2gtk-4.*")
_KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Enter": "\ue006"}


class Engine(Protocol):
    """A browser with one page open."""

    def open(self, url: str) -> None: ...

    def evaluate(self, expression: str) -> Any:
        """What the expression gives in the page, as JSON has it."""

    def act(self, *sources: dict[str, Any]) -> None:
        """Performs the actions of WebDriver's sources (pointers, keys)."""

    def complaints(self) -> list[str]:
        """What its console said of errors and warnings since it was last asked."""


def until(engine: Engine, expression: str) -> Any:
    """Asks again and again until the page says yes; nothing fails for being slow."""
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while not (answer := engine.evaluate(expression)):
        assert time.monotonic() < given_up, f"never came true: {expression}"
        time.sleep(0.05)
    return answer


def press(engine: Engine, *keys: str) -> None:
    """Presses the keys together, the last of them last."""
    typed = [_KEYS.get(key, key) for key in keys]
    downs = [{"type": "keyDown", "value": key} for key in typed]
    ups = [{"type": "keyUp", "value": key} for key in reversed(typed)]
    engine.act({"type": "key", "id": "keys", "actions": [*downs, *ups]})


def drag(engine: Engine, start: tuple[float, float], by: tuple[float, float]) -> None:
    """Takes hold at a place of the window, moves and lets go; by nothing, it is a click."""
    x, y = start
    steps = [(x + by[0] * part / 4, y + by[1] * part / 4) for part in range(5)]
    moves = [
        {"type": "pointerMove", "x": round(a), "y": round(b), "duration": 20} for a, b in steps
    ]
    down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
    engine.act(
        {
            "type": "pointer",
            "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": [moves[0], down, *moves[1:], up],
        }
    )


class _Firefox:
    """Firefox speaks WebDriver BiDi itself, without a driver beside it."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._said = connection, 0
        self._ask("session.new", {"capabilities": {}})
        self._log: list[str] = []
        connection.callbacks["log.entryAdded"] = [self._hear]
        self._ask("session.subscribe", {"events": ["log.entryAdded"]})
        # In the window it started with, which it does not take for active, keys press no button.
        self._context = self._ask("browsingContext.create", {"type": "window"})["context"]
        self._ask("browsingContext.activate", {"context": self._context})
        size = {"viewport": {"width": 1280, "height": 900}}
        self._ask("browsingContext.setViewport", {"context": self._context, **size})

    def _ask(self, method: str, given: dict[str, Any]) -> Any:
        answer = self._connection.send_cmd(method, given)
        assert "error" not in answer, answer
        return answer["result"]

    def _hear(self, entry: dict[str, Any]) -> None:
        if entry["level"] in {"error", "warn"}:
            self._log.append(str(entry["text"]))

    def open(self, url: str) -> None:
        given = {"context": self._context, "url": url, "wait": "complete"}
        self._ask("browsingContext.navigate", given)

    def evaluate(self, expression: str) -> Any:
        given = {
            "expression": f"JSON.stringify({expression})",
            "target": {"context": self._context},
            "awaitPromise": False,
        }
        answer = self._ask("script.evaluate", given)
        assert answer["type"] == "success", answer
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    def act(self, *sources: dict[str, Any]) -> None:
        given = {"context": self._context, "actions": list(sources)}
        self._ask("input.performActions", given)

    def complaints(self) -> list[str]:
        said, self._log[:] = list(self._log), []
        return said


@contextmanager
def firefox(folder: Path) -> Iterator[Engine]:
    executable = _found("firefox-esr", "firefox")
    connecting = _selenium("selenium.webdriver.remote.websocket_connection")
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    # What it would ask of its maker's hosts is none of the site's doing.
    (profile / "user.js").write_text(
        'user_pref("network.captive-portal-service.enabled", false);\n'
        'user_pref("network.connectivity-service.enabled", false);\n'
        'user_pref("app.normandy.enabled", false);\n',
        encoding="utf-8",
    )
    command = [executable, "--headless", "--no-remote", "--profile", str(profile)]
    with log.open("w") as writing:
        process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"],
            env={**os.environ, "HOME": str(folder)},
            stdout=writing,
            stderr=subprocess.STDOUT,
        )
    try:
        address = _said(log, re.compile(r"WebDriver BiDi listening on (ws://\S+)"), process)
        connection = connecting.WebSocketConnection(f"{address}/session", _PATIENCE_SECONDS, 0.01)
        try:
            yield _Firefox(connection)
        finally:
            connection.close()
    finally:
        process.terminate()
        process.wait()


class _WebKit:
    """WebKit's driver has no console: MiniBrowser writes what the page says to a log."""

    def __init__(self, driver: Any, log: Path) -> None:
        self._driver, self._log, self._read = driver, log, 0

    def open(self, url: str) -> None:
        self._driver.get(url)

    def evaluate(self, expression: str) -> Any:
        value = self._driver.execute_script(f"return JSON.stringify({expression})")
        return None if value is None else json.loads(value)

    def act(self, *sources: dict[str, Any]) -> None:
        self._driver.execute("actions", {"actions": list(sources)})

    def complaints(self) -> list[str]:
        said = self._log.read_text(encoding="utf-8", errors="replace")[self._read :]
        self._read += len(said)
        return re.findall(r"^CONSOLE.*(?:ERROR|WARN).*$", said, flags=re.MULTILINE)


@contextmanager
def webkit(folder: Path) -> Iterator[Engine]:
    driver = _found("WebKitWebDriver")
    screen = _found("Xvfb")
    webdriver = _selenium("selenium.webdriver")
    service = _selenium("selenium.webdriver.webkitgtk.service")
    (browser, *_) = [
        path for pattern in _WEBKIT for path in Path("/").glob(f"{pattern.lstrip('/')}/MiniBrowser")
    ] or [pytest.skip("no WebKit: there is a driver and no MiniBrowser")]
    log = folder / "webkit.log"
    reading, writing = os.pipe()
    display = subprocess.Popen(
        [screen, "-displayfd", str(writing), "-screen", "0", "1280x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            surroundings = {"DISPLAY": f":{number.readline().strip()}", "HOME": str(folder)}
        # As root, which is what machines that test often are, its sandbox does not start.
        surroundings["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(browser)
        for argument in ("--automation", "--enable-write-console-messages-to-stdout=true"):
            options.add_argument(argument)
        serving = service.Service(driver, log_output=str(log), env={**os.environ, **surroundings})
        with warnings.catch_warnings():
            # Selenium calls its own old ways.
            warnings.simplefilter("ignore", DeprecationWarning)
            running = webdriver.WebKitGTK(options=options, service=serving)
        try:
            running.set_window_size(1280, 950)
            yield _WebKit(running, log)
        finally:
            running.quit()
    finally:
        display.terminate()
        display.wait()


def _selenium(module: str) -> Any:
    return pytest.importorskip(module, reason="no Selenium: pip install selenium")


def _found(*names: str) -> str:
    """The program, or a skip, which says which one is missing; required, that is a failure."""
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    reason = f"no engine: {names[0]} is not on the path"
    if "engines" in os.environ.get("NNLIB_REQUIRE", "").split():
        pytest.fail(f"{reason}, and NNLIB_REQUIRE asks for it")
    pytest.skip(reason)


def _said(log: Path, wanted: re.Pattern[str], process: subprocess.Popen[bytes]) -> str:
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while (match := wanted.search(log.read_text(encoding="utf-8", errors="replace"))) is None:
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        assert time.monotonic() < given_up, f"{log} never said it"
        time.sleep(0.05)
    return match[1]
