"""Plays with the playground as readers do, and holds what it shows to `nnlib` in this Python.
Python comes when something is pressed; before that, and where it cannot come, the page speaks."""

import gzip
import itertools
import re
import time
from pathlib import Path
from typing import Any

import pytest
from machine.inside import playground
from machine.inside.playground import CHOICES, FEATURES, Run, Settings, script
from machine.pages import DOCS
from playwright.sync_api import Page, expect
from site_building import WIDTHS
from site_instruments import can_be_hit, keeps_its_room
from site_judging import switch, violations
from site_live import need_python
from site_reading import settled, wait_until

PLAYGROUND = "playground/"
DIVERGING = "activation:none,optimizer:sgd,rate:10,third:8"
_BYTES = 12_000
_LONGEST_SECONDS = 600
_MOVING = {"reduced_motion": "no-preference"}
_CHOICES = """async () => {
  const entries = performance.getEntriesByType("resource").map(entry => entry.name);
  const script = entries.find(name => name.includes("/settings."));
  const {CHOICES, START, FEATURES} = await import(script);
  return [CHOICES, START, Object.keys(FEATURES)];
}"""


@pytest.fixture(autouse=True)
def _with_python(site: Path) -> None:
    need_python(site)


def _stage(page: Page) -> Any:
    return page.locator("nn-playground .nn-stage")


def _says(page: Page) -> str:
    return str(_stage(page).locator(".nn-says").text_content())


def _press(page: Page, name: str) -> None:
    _stage(page).get_by_role("button", name=name, exact=True).click()


def _until(page: Page, said: str) -> str:
    """Waits for words; a busy machine takes its time, and nothing fails for that."""
    given_up = time.monotonic() + _LONGEST_SECONDS
    while not re.search(said, _says(page)):
        assert time.monotonic() < given_up, f"expected {said!r}, got {_says(page)!r}"
        page.wait_for_timeout(50)
    return _says(page)


def _words(text: str, steps: int) -> list[str]:
    """The losses that the sentence must give after so many steps with these settings."""
    run = Run(Settings.of_address(text) if text else Settings())
    run.advance(steps)
    state = run.state()
    return [f"{state['seen']:.3f} on what it has seen", f"{state['unseen']:.3f} on what it has not"]


def test_page_and_python_know_the_same_settings(open_page: Any) -> None:
    choices, start, features = open_page(PLAYGROUND).evaluate(_CHOICES)
    assert choices == {name: list(values) for name, values in CHOICES.items()}
    assert start == vars(Settings())
    assert features == list(FEATURES)


def test_nothing_of_python_comes_before_the_first_press(open_page: Any) -> None:
    page: Page = open_page(f"{PLAYGROUND}?playground=data:xor")
    settled(page)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert not [name for name in fetched if "/assets/python/" in name or "/assets/live/" in name]
    assert "press Step" in _says(page)
    page = open_page(PLAYGROUND)
    for words in _words("", playground.RECORDED):
        assert words in _says(page)


def test_what_it_trains_is_what_its_script_trains(open_page: Any) -> None:
    """Step by step and many at once; then the settings are changed by key, and it begins anew."""
    page: Page = open_page(f"{PLAYGROUND}?playground=data:circles,dropout:0.1,features:x-y-xx")
    _press(page, "Step")
    assert _words("data:circles,dropout:0.1,features:x-y-xx", 1)[0] in _until(page, "^Step 1,")
    _press(page, "100 steps")
    said = _until(page, "^Step 101,")
    for words in _words("data:circles,dropout:0.1,features:x-y-xx", 101):
        assert words in said
    _press(page, "Show the code")
    code = _stage(page).locator(".nn-script code")
    settings = Settings.of_address("data:circles,dropout:0.1,features:x-y-xx")
    expect(code).to_have_text(script(settings, 101), timeout=_LONGEST_SECONDS * 1000)
    page.get_by_label("Seed", exact=True).focus()
    page.keyboard.press("End")
    _until(page, "^Step 0,")
    expect(code).to_contain_text("manual_seed(99)", timeout=_LONGEST_SECONDS * 1000)
    wait_until(page, "() => location.search.includes('seed:99')")


def test_its_script_opens_in_the_workbench(open_page: Any) -> None:
    page: Page = open_page(f"{PLAYGROUND}?playground=seed:99")
    _press(page, "Show the code")
    code = _stage(page).locator(".nn-script code")
    expect(code).to_have_text(script(Settings(seed=99), 0), timeout=_LONGEST_SECONDS * 1000)
    assert "Nothing has been trained" in _says(page)
    _press(page, "Open in the Workbench")
    page.wait_for_url("**/workbench/#code=*")
    expect(page.locator("#nn-bench code")).to_contain_text("manual_seed(99)")


def test_it_plays_until_it_is_paused_and_can_begin_again(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND, **_MOVING)
    _press(page, "Play")
    _until(page, "^Step [1-9][0-9],")
    _press(page, "Pause")
    page.wait_for_timeout(500)
    said = _says(page)
    page.wait_for_timeout(300)
    assert _says(page) == said
    reached = int(re.findall(r"^Step (\d+)", said)[0])
    for words in _words("", reached):
        assert words in said
    _press(page, "Start again")
    _until(page, "^Step 0,")
    expect(_stage(page).get_by_role("status").first).to_have_text(_says(page))


def test_a_run_that_diverges_says_where_and_its_picture_is_whole(open_page: Any) -> None:
    page: Page = open_page(f"{PLAYGROUND}?playground={DIVERGING}")
    _press(page, "100 steps")
    run = Run(Settings.of_address(DIVERGING))
    run.advance(100)
    assert _until(page, "diverged") == f"Step {run.step}: {run.diverged}"
    # All but the sentence, which may say in words what there is no number for.
    parts = _stage(page).locator(".nn-drawings > :not(.nn-says)")
    drawn = parts.evaluate_all("all => all.map(one => one.outerHTML).join()")
    assert "<canvas" in drawn
    assert not re.search(r"NaN|undefined|Infinity", drawn)
    _press(page, "Step")
    assert "diverged" in _says(page)


def test_units_are_chosen_by_arrow_keys(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND)
    output = page.get_by_role("radio", name="Output")
    expect(output).to_be_checked()
    output.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Layer 2, unit 4")).to_be_checked()
    expect(_stage(page).locator(".nn-formula")).to_contain_text("Layer 2, unit 4: tanh(")
    page.get_by_role("radio", name="Feature x₁").check()
    expect(_stage(page).locator(".nn-formula")).to_contain_text("what the network is given")


def test_no_feature_can_be_left_out_with_all_others(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND)
    for name in ("x₁", "x₂"):
        page.get_by_role("checkbox", name=name, exact=True).focus()
        page.keyboard.press("Space")
    assert page.get_by_role("checkbox").and_(page.locator(":checked")).count() > 0


def test_an_address_that_makes_no_sense_does_no_harm(open_page: Any) -> None:
    nonsense = "data:__import__,first:1e9,rate:NaN,features:;,seed:-1,__proto__:2,,:"
    page: Page = open_page(f"{PLAYGROUND}?playground={nonsense}")
    for words in _words("", playground.RECORDED):
        assert words in _says(page)


def test_where_python_does_not_come_it_says_so_and_can_be_tried_again(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND, blocked="**/*.pack")
    _press(page, "Step")
    _until(page, "Nothing can be trained here")
    page.unroute("**/*.pack")
    _press(page, "Step")
    assert _words("", 1)[0] in _until(page, "^Step 1,")


_HANDLE = """count => {
  const stage = document.querySelector("nn-playground .nn-stage");
  let seed = 1;
  const chance = below => (seed = (seed * 48271) % 2147483647) % below;
  for (let done = 0; done < count; done += 1) {
    const all = [...stage.querySelectorAll("input, button")]
      .filter(e => !/Workbench|Copy/.test(e.textContent));
    const one = all[chance(all.length)];
    if (one.type === "range") {
      one.value = Number(one.min) + (chance(1001) / 1000) * (one.max - one.min);
      one.dispatchEvent(new Event("input", {bubbles: true}));
    } else one.click();
    const drawn = stage.innerHTML.match(/.{60}\\b(NaN|undefined|Infinity)\\b.{20}/);
    if (drawn) return `after ${done + 1} handlings: ${drawn[0]}`;
  }
  return "";
}"""


def test_it_bears_any_handling_and_axe_finds_nothing(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND, width=WIDTHS[1], **_MOVING)
    for _ in range(10):
        assert page.evaluate(_HANDLE, 50) == ""
        page.wait_for_timeout(300)
    page.goto(page.url.split("?")[0])
    _press(page, "100 steps")
    _until(page, "^Step 100,")
    _press(page, "Show the code")
    expect(_stage(page).locator(".nn-script code")).to_contain_text("islice")
    for width, scheme in itertools.product(WIDTHS, ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        switch(page, scheme)
        assert violations(page, include="nn-playground") == []


def test_nothing_moves_and_a_finger_hits_everything(open_page: Any) -> None:
    height = "document.querySelector('nn-playground').offsetHeight"
    before = open_page(PLAYGROUND, blocked="**/instruments/*.js")
    page: Page = open_page(PLAYGROUND, has_touch=True)
    keeps_its_room(before, page, "playground")
    targets = _stage(page).locator("button:visible, label:visible, input[type=range]")
    can_be_hit(targets)
    kept = page.evaluate(height)
    _stage(page).get_by_role("button", name="Step", exact=True).tap()
    _until(page, "^Step 1,")
    assert page.evaluate(height) == kept


def test_without_scripts_and_on_paper_the_picture_stands(open_page: Any) -> None:
    page: Page = open_page(PLAYGROUND, java_script_enabled=False)
    expect(page.locator("nn-playground .nn-picture svg")).to_be_visible()
    page = open_page(PLAYGROUND)
    expect(page.locator("nn-playground .nn-picture")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator("nn-playground .nn-picture svg")).to_be_visible()
    expect(_stage(page)).to_be_hidden()


def test_its_scripts_are_light() -> None:
    assets = DOCS / "assets"
    parts = [assets / "instruments" / "playground.js", *(assets / "playground").glob("*.js")]
    assert sum(len(gzip.compress(part.read_bytes())) for part in parts) <= _BYTES
