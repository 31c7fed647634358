"""Says how long a reader waits for Python in the page: for the first output, and for a slider.
By hand, on a machine that does nothing else, with a site that holds Python:

    .venv/bin/mkdocs build
    .venv/bin/python tests/benchmarks/first_press.py site
    .venv/bin/python tests/benchmarks/first_press.py site --rounds 9

Cold is a browser that never was here, warm is one that was and kept the files. What the wait is
made of is read off the words that the page says meanwhile. The host is this machine, so that a
download takes no time to speak of; the bytes of it are what ``tests/site/test_weight.py`` holds.
"""

import argparse
import functools
import http.server
import itertools
import statistics
import threading
from collections import defaultdict
from pathlib import Path

from lighthouse import _BROWSERS, _Handler, _program
from playwright.sync_api import Browser, Page, sync_playwright

PAGE = "pieces/neuron/"
# The first needs NumPy and nnlib, the second draws.
PRESSED = {"text": 3, "a picture": 7}
SLIDERS = (
    "pieces/neuron/",
    "pieces/layers/",
    "learning/losses/",
    "learning/backpropagation/",
    "learning/gradient-descent/",
    "architectures/attention/",
    "pitfalls/overfitting/",
    "pitfalls/dead-units/",
)
GOAL_SECONDS = 0.5
_LIMIT = 300_000
# Every word said while it loads, with the time since the press; the last one ends the wait.
_WATCH = """([number]) => {
    const frame = document.querySelector(`[data-block="${number}"]`);
    const said = [], start = performance.now();
    const note = () => {
        const status = frame.querySelector("[role=status], .nn-status")?.textContent ?? "";
        const word = status.replace(/, \\d+ %/, "");
        if (said.at(-1)?.[0] !== word) said.push([word, performance.now() - start]);
    };
    new MutationObserver(note).observe(
        frame, {subtree: true, childList: true, characterData: true, attributes: true});
    return new Promise((resolve) => {
        const wait = () => {
            const state = frame.dataset.state;
            if (state === "done") resolve([...said, ["", performance.now() - start]]);
            else if (state === "failed") resolve([["failed", 0]]);
            else requestAnimationFrame(wait);
        };
        frame.querySelector("[aria-label^='Run ']").click();
        requestAnimationFrame(wait);
    });
}"""
_SLIDE = """async (by) => {
    const slider = document.querySelector(".nn-live[data-of]");
    const input = slider.querySelector("input");
    const drawn = () => document.querySelector(`.nn-drawn[data-by="${slider.dataset.of}"] svg`);
    const before = drawn(), start = performance.now();
    input.value = String(Number(input.value) + by * Number(input.step));
    input.dispatchEvent(new Event("input", {bubbles: true}));
    input.dispatchEvent(new Event("change", {bubbles: true}));
    while (performance.now() - start < 60000) {
        await new Promise(requestAnimationFrame);
        if (drawn() !== null && drawn() !== before) return performance.now() - start;
    }
    throw new Error("no new picture came");
}"""


def waits(page: Page, number: int) -> dict[str, float]:
    """Seconds under each word that the page says, and in all."""
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    said = page.evaluate(_WATCH, [number])
    if said[0][0] == "failed":
        raise RuntimeError(f"block {number} failed")
    found: dict[str, float] = defaultdict(float)
    for (word, start), (_, end) in itertools.pairwise([["", 0.0], *said]):
        found[word or "the block"] += (end - start) / 1000
    return {**found, "in all": said[-1][1] / 1000}


def first_outputs(browser: Browser, server: str, number: int) -> tuple[dict[str, float], ...]:
    """Cold, then warm in the same browser."""
    context = browser.new_context()
    found = []
    for _ in range(2):
        page = context.new_page()
        page.set_default_timeout(_LIMIT)
        page.goto(server + PAGE, wait_until="networkidle")
        found.append(waits(page, number))
        page.close()
    context.close()
    return tuple(found)


def _report(title: str, rounds: list[dict[str, float]]) -> None:
    words = list(rounds[0])
    middle = {word: statistics.median(r.get(word, 0.0) for r in rounds) for word in words}
    print(f"{title}: {', '.join(f'{word} {s:.2f}' for word, s in middle.items())} s", flush=True)


def slides(browser: Browser, server: str, address: str, rounds: int) -> list[float]:
    """Seconds from moving a page's slider to its new picture, once Python is there."""
    page = browser.new_page()
    page.set_default_timeout(_LIMIT)
    page.goto(server + address, wait_until="networkidle")
    page.evaluate(_SLIDE, -1)
    found = [page.evaluate(_SLIDE, -((-1) ** at)) / 1000 for at in range(rounds)]
    page.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    handler = functools.partial(_Handler, directory=str(asked.site))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as host,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=host.serve_forever, daemon=True).start()
        server = f"http://127.0.0.1:{host.server_port}/"
        browser = playwright.chromium.launch(
            executable_path=_program("CHROMIUM", *_BROWSERS), args=["--no-sandbox"]
        )
        for what, number in PRESSED.items():
            rounds = [first_outputs(browser, server, number) for _ in range(asked.rounds)]
            for title, found in zip(("cold", "warm"), zip(*rounds, strict=True), strict=True):
                _report(f"{what}, {title}", list(found))
        for address in SLIDERS:
            found = slides(browser, server, address, asked.rounds)
            middle = statistics.median(found)
            verdict = "met" if middle <= GOAL_SECONDS else "MISSED"
            span = f"of {min(found):.2f} to {max(found):.2f}"
            print(f"slider of {address} {middle:.2f} s ({span}), {verdict}", flush=True)
        host.shutdown()


if __name__ == "__main__":
    main()
