"""Runs the pages' blocks in a browser, by their buttons, and holds them to what the pages say.
Then everything is done that a reader's code can do wrong: each has an ending, and nothing leaves
this host."""

import http.server
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest
from machine.comparing import same_output
from machine.examples import Block
from machine.fences import Fence
from playwright.sync_api import Page, expect
from running import EVERYTHING, THOROUGH
from site_building import EXPLAINERS, address, built
from site_live import Live, need_python, runnable
from site_reading import wait_until

NEURON = "pieces/neuron/"
# Training is some four times as slow in a browser: all pages are run there once a week.
_QUICK = ("", NEURON)
_TRIED = list(EXPLAINERS) if EVERYTHING else _QUICK if THOROUGH else (NEURON,)
_PAGES = [page for page in _TRIED if page in EXPLAINERS]
# A block of that page which needs nothing.
SMALL = 2


@pytest.fixture(autouse=True)
def _with_python(site: Path) -> None:
    need_python(site)


@pytest.fixture
def neuron(open_page: Any) -> Live:
    return Live(open_page(NEURON))


@pytest.mark.everyday
@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path or "home")
def test_every_block_and_every_answer_gives_what_the_page_says(open_page: Any, path: str) -> None:
    live, found = Live(open_page(path)), runnable(EXPLAINERS[path])
    wrong = []
    for number, block in found.items():
        state, said = live.run(number), live.output(number)
        if state != "done" or not same_output(block.expected or "", said):
            wrong.append(f"block {number} is {state}: expected\n{block.expected}\nprinted\n{said}")
        drawn = live.page.locator(f'.nn-drawn[data-by="{number}"] svg')
        named = [picture.get_attribute("aria-label") for picture in drawn.all()]
        if named != _alts(block.fence):
            wrong.append(f"block {number} draws {named}")
    assert not wrong, "\n".join(wrong)
    _check_answers(live, found)


def _alts(fence: Fence) -> list[str]:
    alt: Any = fence.options.get("alt", [])
    return [alt] if isinstance(alt, str) else list(alt)


def _check_answers(live: Live, found: dict[int, Block]) -> None:
    """Each stub, wrong answer and solution gets its own verdict, and only the last its tick."""
    stubs = {b.fence.options["exercise"]: n for n, b in found.items() if _role(b) == "stub"}
    for number, block in found.items():
        if _role(block) in {"stub", "wrong", "solution"}:
            stub = stubs[block.fence.options["exercise"]]
            if _role(block) != "stub":
                live.type(stub, block.fence.source.strip("\n"))
            assert live.run(stub, "Check") == "done", live.output(stub)
            expected = (block.expected or "").strip("\n").splitlines()[-1]
            assert same_output(expected, live.verdict(stub)), f"block {number}"
            right = _role(block) == "solution"
            solved = live.frame(stub).locator(
                "xpath=ancestor::details[contains(@class,'question')]"
            )
            assert ("nn-solved" in str(solved.get_attribute("class"))) == right


def _role(block: Block) -> str:
    return str(block.fence.options.get("role", ""))


def test_nothing_of_it_comes_before_the_first_press(open_page: Any) -> None:
    page: Page = open_page(NEURON)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert not [name for name in fetched if "/assets/python/" in name or "/assets/live/" in name]


def test_an_endless_loop_is_stopped_and_the_page_goes_on(neuron: Live) -> None:
    neuron.type(SMALL, "while True:\n    print('again')")
    neuron.press(SMALL)
    neuron.until(SMALL, "running")
    expect(neuron.frame(SMALL).locator(".nn-output")).to_contain_text("again")
    assert neuron.run(SMALL, "Stop") == "stopped"
    expect(neuron.frame(SMALL).locator(".nn-note")).to_contain_text("are gone")
    # What the next block needs is made again.
    assert neuron.run(4) == "done"
    assert "[0.6  0.28]" in neuron.output(4)


def test_errors_name_the_line_and_what_helps(neuron: Live) -> None:
    for code, line, said in [
        ("print(1)\nprint(radius)", "line 2", "name 'radius' is not defined"),
        ("x = 1\nprint((x)", "line 2", "never closed"),
        ("import torch", "line 1", "No module named 'torch'"),
        ("input('Who?')", "line 1", "nobody"),
    ]:
        neuron.type(SMALL, code)
        assert neuron.run(SMALL) == "failed"
        output = neuron.output(SMALL)
        assert line in output
        assert said in output
        assert neuron.frame(SMALL).locator(".nn-hint").text_content()


def test_a_hundred_megabytes_of_print_end_well(neuron: Live) -> None:
    neuron.type(SMALL, "for _ in range(100):\n    print('x' * 1_000_000)\nprint('end')")
    assert neuron.run(SMALL) == "done"
    output = neuron.output(SMALL)
    assert len(output) < 200_000
    assert "characters more" in output


_HARM = """import js


def ask(address):
    request = js.XMLHttpRequest.new()
    request.open("GET", address, False)
    request.send()


for harm in (
    lambda: ask("HTTP/asked"),
    lambda: js.fetch("HTTP/fetched"),
    lambda: js.WebSocket.new("WS/socket"),
    lambda: js.eval("1 + 1"),
):
    try:
        harm()
        print("begun")
    except Exception:
        print("refused")
"""


class _Stranger(http.server.BaseHTTPRequestHandler):
    """Another host, which would answer whoever asks."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
        """Says nothing."""


@pytest.mark.parametrize("bound", [True, False], ids=["as it is", "without its policy"])
def test_code_reaches_no_other_host(browser: Any, server: str, bound: bool) -> None:
    """Without the policy it does: or the test could not tell."""
    _Stranger.asked.clear()
    context = browser.new_context(bypass_csp=not bound)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        page = context.new_page()
        page.goto(server + NEURON)
        live, host = Live(page), f"://127.0.0.1:{stranger.server_port}"
        live.type(SMALL, _HARM.replace("HTTP", f"http{host}").replace("WS", f"ws{host}"))
        assert live.run(SMALL) == "done", live.output(SMALL)
        # What was begun has had its chance once the next block has been run.
        assert live.run(4) == "done"
        said = live.output(SMALL).split()
        stranger.shutdown()
    context.close()
    if bound:
        assert _Stranger.asked == []
        assert (said[0], said[3]) == ("refused", "refused")
    else:
        assert "/asked" in _Stranger.asked
        assert said[3] == "begun"


def test_where_python_does_not_come_it_says_so_and_can_be_tried_again(open_page: Any) -> None:
    page: Page = open_page(NEURON, blocked="**/*.pack")
    live = Live(page)
    assert live.run(SMALL) == "failed"
    assert "could not be loaded" in live.output(SMALL)
    page.unroute("**/*.pack")
    live.press(SMALL)
    assert live.ended(SMALL) == "done"
    assert live.output(SMALL) == "z1 = 0.60\n"


def test_what_was_typed_stays_until_it_is_reset(neuron: Live) -> None:
    page = neuron.page
    neuron.type(SMALL, "print('mine')")
    page.reload()
    again = Live(page)
    expect(again.code(SMALL)).to_have_text("print('mine')\n")
    # It is shown, and not run.
    assert again.state(SMALL) == "idle"
    assert again.output(SMALL) == ""
    again.press(SMALL, "Reset")
    expect(again.code(SMALL)).to_contain_text("z1 = ")
    again.press(SMALL, "Undo reset of")
    expect(again.code(SMALL)).to_have_text("print('mine')\n")
    again.press(SMALL, "Reset")
    page.reload()
    expect(Live(page).code(SMALL)).to_contain_text("z1 = ")


def test_a_browser_that_keeps_nothing_says_so(open_page: Any) -> None:
    page: Page = open_page(NEURON)
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); };")
    page.reload()
    live = Live(page)
    live.type(SMALL, "print('lost')")
    expect(live.frame(SMALL).locator(".nn-note")).to_contain_text("keeps nothing")
    assert live.run(SMALL) == "done"


def test_keys_edit_run_and_leave(neuron: Live) -> None:
    page = neuron.page
    edit = neuron.frame(SMALL).get_by_role("button", name="Edit ")
    edit.focus()
    page.keyboard.press("Enter")
    expect(neuron.code(SMALL)).to_be_focused()
    expect(neuron.code(SMALL)).to_have_role("textbox")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("for i in range(2):\nprint(i)")
    expect(neuron.code(SMALL)).to_have_text("for i in range(2):\n    print(i)\n")
    page.keyboard.press("Backspace")
    page.keyboard.press("ControlOrMeta+z")
    expect(neuron.code(SMALL)).to_have_text("for i in range(2):\n    print(i)\n")
    page.keyboard.press("Control+Enter")
    wait_until(page, "document.querySelector('[data-state=loading], [data-state=running]')")
    assert neuron.ended(SMALL) == "done"
    assert neuron.output(SMALL) == "0\n1\n"
    page.keyboard.press("Tab")
    expect(neuron.code(SMALL)).not_to_be_focused()


def test_what_depends_on_a_change_is_out_of_date(neuron: Live) -> None:
    neuron.type(
        3, "import numpy as np\n\nx = np.array([1.0, 1.0])\nw1, b1 = x, 0.0\nw2, b2 = x, 0.0"
    )
    assert neuron.run(3) == "done"
    expect(neuron.frame(4)).to_have_class("nn-block nn-outdated")
    assert neuron.run(4) == "done"
    assert neuron.output(4) == "[2. 2.]\n"
    expect(neuron.frame(4)).not_to_have_class("nn-outdated")


def test_a_slider_draws_again_from_where_the_page_stands(neuron: Live) -> None:
    slider = neuron.page.locator(".nn-live input[name=bias]")
    assert slider.input_value() == "-0.35"
    slider.focus()
    neuron.page.keyboard.press("ArrowRight")
    assert neuron.ended(7) == "done", neuron.output(7)
    expect(neuron.code(7)).to_contain_text("bias = -0.3\n")
    assert neuron.page.locator('.nn-drawn[data-by="7"] svg').count() == 1


def test_two_windows_and_a_page_that_is_left(neuron: Live, server: str) -> None:
    neuron.type(SMALL, "while True:\n    pass")
    neuron.press(SMALL)
    neuron.until(SMALL, "running")
    other = neuron.page.context.new_page()
    other.goto(server + NEURON)
    second = Live(other)
    assert second.run(3) == "done"
    neuron.page.goto(server)
    neuron.page.go_back()
    assert Live(neuron.page).state(SMALL) in {"idle", "running"}


def test_the_workbench_runs_nothing_that_came_in_an_address(open_page: Any, server: str) -> None:
    page: Page = open_page(NEURON)
    live = Live(page)
    live.frame(4).get_by_role("button", name="Open in the Workbench").click()
    page.wait_for_url("**/workbench/#code=*")
    page.wait_for_selector('[data-block="1"]')
    expect(page.locator(".nn-workbench > .nn-note")).to_contain_text("came with the address")
    bench = Live(page)
    assert [bench.state(n) for n in (0, 1)] == ["idle", "idle"]
    fetched = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert not [name for name in fetched if "/assets/python/" in name]
    assert bench.run(1) == "done"
    assert bench.output(1) == "[0.6  0.28]\n"


def test_the_workbench_keeps_and_gives_out_its_cells(open_page: Any) -> None:
    page: Page = open_page("workbench/")
    page.wait_for_selector('[data-block="0"]')
    bench = Live(page)
    bench.type(0, "x = 2")
    page.get_by_role("button", name="Add a cell").click()
    page.keyboard.insert_text("print(x + 1)")
    assert bench.run(1) == "done"
    assert bench.output(1) == "3\n"
    for name, start in [("Download .py", "# %%\nx = 2"), ("Download .ipynb", '{\n "cells": [')]:
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert Path(download.value.path()).read_text(encoding="utf-8").startswith(start)
    page.reload()
    page.wait_for_selector('[data-block="1"]')
    expect(bench.code(1)).to_have_text("print(x + 1)\n")


def test_a_worker_that_is_started_by_its_address_does_nothing(neuron: Live, site: Path) -> None:
    (worker,) = (site / "assets" / "live").glob("worker.*js")
    path = worker.relative_to(site).as_posix()
    outcome = neuron.page.evaluate(
        """path => new Promise(done => {
          const worker = new Worker(new URL(`../../${path}`, location.href), {type: "module"});
          worker.onerror = event => { event.preventDefault(); done("refused"); };
          worker.onmessage = () => done("answered");
          worker.postMessage({do: "boot"});
        })""",
        path,
    )
    assert outcome == "refused"


def test_the_frames_count_the_blocks_of_the_page(site: Path) -> None:
    for source in EXPLAINERS.values():
        page = built(site, address(source)).read_text(encoding="utf-8")
        count = page.count('data-state="idle"')
        numbers = [f'data-block="{n}"' in page for n in range(count + 1)]
        assert numbers == [True] * count + [False]
        assert page.count('aria-label="Run block ') == len(runnable(source))
