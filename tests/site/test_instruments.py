"""Handles the instruments as readers do, and asks `nnlib` about every number that they compute.
What each one is asked is the same; `site_instruments.py` says what they are."""

import gzip
import importlib.util
import itertools
import math
import re
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect
from running import EVERYTHING, THOROUGH
from site_building import DOCS, EXPLAINERS, WIDTHS, built
from site_html import article, python_blocks, read
from site_instruments import (
    INSTRUMENTS,
    SETTINGS,
    Instrument,
    Model,
    Writer,
    can_be_hit,
    float64,
    floats,
    keeps_its_room,
    reader,
)
from site_judging import ABOUT_COLOUR, switch, violations
from site_reading import settled, wait_until

import nnlib
from nnlib import datasets, nn, optim
from nnlib.data import TensorDataset, random_split
from nnlib.monitor import Monitor

_SCRIPTS = DOCS / "assets" / "instruments"
_RELATIVE = 1e-9
_INSTRUMENT_BYTES = 8_000
_KIT_BYTES = 10_000
_HANDLINGS = 500
_NUMBER = re.compile(r"−?\d+(?:\.\d+)?")
_SCRIPT = "n => [...document.scripts].find(s => s.src.includes(`/instruments/${n}.`)).src"
_ASK = """async ([script, questions]) => {
  const module = await import(script);
  return questions.map(([ask, settings]) => settings.map(given => module[ask](...given)));
}"""
_COUNT_THE_TAKEN = """() => {
  window.taken = 0;
  document.addEventListener("pointercancel", () => { window.taken += 1; }, true);
}"""
_COME = "e => { if (e.dataset.numbers && !('live' in e.dataset)) e.scrollIntoView(); }"
_EVERY_CONTROL = "[role=slider], input[type=range]"
# Everything that a key can do, by chance, and what may never come of it.
_HANDLE = """([name, count]) => {
  const stage = document.querySelector(`nn-${name} .nn-stage`);
  const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp"];
  let seed = 1;
  const chance = (below) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let done = 0; done < count; done += 1) {
    const all = [...stage.querySelectorAll("[role=slider], input, button:not(.nn-reset)")];
    const one = all[chance(all.length)];
    if (one.type === "range") {
      one.value = Number(one.min) + (chance(1001) / 1000) * (one.max - one.min);
      one.dispatchEvent(new Event("input", {bubbles: true}));
    } else if (one.matches("button, input")) {
      one.click();
    } else {
      const [key, shiftKey] = [keys[chance(keys.length)], chance(2) === 0];
      one.dispatchEvent(new KeyboardEvent("keydown", {key, shiftKey, bubbles: true}));
    }
    const drawn = stage.innerHTML, at = drawn.search(/\\b(?:NaN|undefined|Infinity)\\b/);
    if (at >= 0) return `after ${done + 1} handlings: ${drawn.slice(at - 60, at + 30)}`;
  }
  return "";
}"""

# One that computes at once and one that starts from a page's own numbers stand for all each day.
_STAND_FOR_ALL = {"neuron", "gradients"}
# And one whose numbers wait in a file of their own.
_ON_DISK = {*_STAND_FOR_ALL, "writer"}
_TRIED = [one for one in INSTRUMENTS if THOROUGH or one.name in _STAND_FOR_ALL]
instruments = pytest.mark.parametrize("instrument", _TRIED, ids=lambda one: one.name)
# What the kit does for all alike is asked of these two, and once a week of all.
of_the_kit = pytest.mark.parametrize(
    "instrument",
    [one for one in INSTRUMENTS if EVERYTHING or one.name in _STAND_FOR_ALL],
    ids=lambda one: one.name,
)


def _stage(page: Page, instrument: Instrument) -> Any:
    """What is heavy comes only when it is about to be seen."""
    page.locator(f"nn-{instrument.name}").evaluate(_COME)
    return page.locator(f"nn-{instrument.name} .nn-stage")


def _says(page: Page, instrument: Instrument) -> str:
    return _stage(page, instrument).locator(".nn-says").text_content() or ""


def _reset(page: Page, instrument: Instrument) -> None:
    _stage(page, instrument).get_by_role("button", name="Reset", exact=True).click()


def _differences(ours: Any, truth: Any, rounded: float, place: str = "") -> list[str]:
    """Where two answers differ by more than rounding, whatever lists and names they are made of."""
    if isinstance(truth, dict):
        assert set(ours) == set(truth)
        return [
            d
            for key in truth
            for d in _differences(ours[key], truth[key], rounded, f"{place}.{key}")
        ]
    if isinstance(truth, list):
        assert len(ours) == len(truth), place
        pairs = enumerate(zip(ours, truth, strict=True))
        return [d for i, (a, b) in pairs for d in _differences(a, b, rounded, f"{place}[{i}]")]
    if isinstance(truth, bool | str | None):
        return [] if ours == truth else [f"{place}: {ours!r}, nnlib says {truth!r}"]
    same = (math.isnan(ours) and math.isnan(truth)) or ours == truth
    if same or abs(ours - truth) <= _RELATIVE * abs(truth) + rounded:
        return []
    return [f"{place}: {ours!r}, nnlib says {truth!r}"]


def _disagreements(page: Page, script: str, models: tuple[Model, ...]) -> list[str]:
    asked = [[model.function, model.settings()] for model in models]
    answers = page.evaluate(_ASK, [script, asked])
    return [
        f"{model.function}{tuple(given)}{difference}"
        for model, (_, settings), answer in zip(models, asked, answers, strict=True)
        for given, ours in zip(settings, answer, strict=True)
        for difference in _differences(ours, model.truth(*given), model.rounded)
    ]


def _serving(script: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=script, content_type="text/javascript")


@pytest.mark.everyday
@instruments
def test_each_function_says_what_nnlib_says_and_a_wrong_one_is_found_out(
    open_page: Any, instrument: Instrument
) -> None:
    page: Page = open_page(instrument.page)
    script = page.evaluate(_SCRIPT, instrument.name)
    expect(_stage(page, instrument)).to_be_visible()
    assert all(len(model.settings()) >= SETTINGS for model in instrument.models)
    assert _disagreements(page, script, instrument.models) == []

    source = page.request.get(script).text()
    for number, model in enumerate(instrument.models):
        right, wrong = model.breaks
        assert right in source, f"{model.function}: what is to be broken is not there"
        # The functions alone: an element can be made once only.
        broken = source.replace(right, wrong).replace(f'instrument("{instrument.name}"', "Object(0")
        wrong_script = script.replace(instrument.name, f"wrong-{number}")
        page.route(wrong_script, _serving(broken))
        assert _disagreements(page, wrong_script, (model,)), f"{model.function}: no one noticed"


@instruments
def test_it_starts_with_the_numbers_of_its_page(
    open_page: Any, site: Path, instrument: Instrument
) -> None:
    says = _says(open_page(instrument.page), instrument)
    text = article(built(site, instrument.page)).text.replace("-", "−")
    for shown in instrument.shows:
        assert shown in _NUMBER.findall(says)
        assert shown in _NUMBER.findall(text)


@instruments
def test_keys_move_everything_and_reset_brings_it_back(
    open_page: Any, instrument: Instrument
) -> None:
    page: Page = open_page(instrument.page)
    stage = _stage(page, instrument)
    start = stage.inner_html()
    controls = stage.locator(_EVERY_CONTROL)
    for index in range(controls.count()):
        control = controls.nth(index)
        if not control.is_visible():
            continue
        name = control.get_attribute("aria-label")
        assert name
        before = control.get_attribute("aria-valuetext")
        control.focus()
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
            if control.get_attribute("aria-valuetext") != before:
                break
        assert control.get_attribute("aria-valuetext") != before, f"{name}: no arrow moves it"
        page.keyboard.press("Home")
        low = control.get_attribute("aria-valuetext")
        page.keyboard.press("End")
        assert control.get_attribute("aria-valuetext") != low, f"{name}: End is where Home is"
        page.keyboard.press("Shift+ArrowLeft")
        assert control.evaluate("e => e === document.activeElement")
        _reset(page, instrument)
        assert control.get_attribute("aria-valuetext") == before
    for kept in (".nn-drawings", ".nn-says"):
        assert stage.locator(kept).inner_html() in start


@of_the_kit
def test_what_happened_is_said_once_the_hand_rests(open_page: Any, instrument: Instrument) -> None:
    page: Page = open_page(instrument.page)
    stage = _stage(page, instrument)
    assert stage.get_by_role("status").text_content() == ""
    stage.locator(_EVERY_CONTROL).first.focus()
    page.keyboard.press("Home")
    expect(stage.get_by_role("status")).to_have_text(_says(page, instrument))


def _middle(box: dict[str, float] | None) -> tuple[float, float]:
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _handles(page: Page, instrument: Instrument) -> list[Any]:
    found = _stage(page, instrument).locator(".nn-handle:visible")
    return [found.nth(index) for index in range(found.count())]


def _touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touches = [{"x": x, "y": y} for x, y in points]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


@instruments
def test_a_mouse_drags_each_handle(open_page: Any, instrument: Instrument) -> None:
    page: Page = open_page(instrument.page)
    for handle in _handles(page, instrument):
        handle.scroll_into_view_if_needed()
        before = handle.get_attribute("aria-valuetext")
        x, y = _middle(handle.locator(".nn-mark").bounding_box())
        for dx, dy in ((-30, -20), (30, 20)):
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + dx, y + dy, steps=3)
            page.mouse.up()
            if handle.get_attribute("aria-valuetext") != before:
                break
        assert handle.get_attribute("aria-valuetext") != before
        _reset(page, instrument)


@instruments
def test_a_finger_drags_each_handle_and_the_page_stays(
    open_page: Any, instrument: Instrument
) -> None:
    page: Page = open_page(instrument.page, width=WIDTHS[1], has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    page.evaluate(_COUNT_THE_TAKEN)
    for handle in _handles(page, instrument):
        handle.evaluate("e => e.scrollIntoView({block: 'center'})")
        settled(page)
        before, scrolled = handle.get_attribute("aria-valuetext"), page.evaluate("scrollY")
        x, y = _middle(handle.locator(".nn-mark").bounding_box())
        for way in (-1, 1):
            _touch(session, "touchStart", (x, y))
            for step in range(1, 13):
                _touch(session, "touchMove", (x + way * 6 * step, y + way * 3 * step))
            _touch(session, "touchEnd")
            if handle.get_attribute("aria-valuetext") != before:
                break
        assert handle.get_attribute("aria-valuetext") != before
        assert page.evaluate("scrollY") == scrolled
        assert page.evaluate("taken") == 0, "the browser took the finger's movement for its own"
        _reset(page, instrument)


@of_the_kit
def test_its_state_stands_in_the_address(open_page: Any, instrument: Instrument) -> None:
    page: Page = open_page(f"{instrument.page}?other=1")
    control = _stage(page, instrument).locator(_EVERY_CONTROL).first
    before = control.get_attribute("aria-valuetext")
    control.focus()
    for key in ("End", "Home"):
        if control.get_attribute("aria-valuetext") == before:
            page.keyboard.press(key)
    wait_until(page, "name => location.search.includes(`${name}=`)", instrument.name)
    assert "other=1" in page.url
    says, value = _says(page, instrument), control.get_attribute("aria-valuetext")
    page.reload()
    assert _says(page, instrument) == says
    assert control.get_attribute("aria-valuetext") == value
    _reset(page, instrument)
    wait_until(page, "name => !location.search.includes(`${name}=`)", instrument.name)


@of_the_kit
def test_an_address_that_makes_no_sense_does_no_harm(
    open_page: Any, instrument: Instrument
) -> None:
    page: Page = open_page(f"{instrument.page}?{instrument.name}=nonsense:1,__proto__:2,,:,x:")
    start = _says(page, instrument)
    _reset(page, instrument)
    assert _says(page, instrument) == start
    expect(_stage(page, instrument)).to_be_visible()
    specs = f"document.querySelector('nn-{instrument.name}').instrument.specs"
    keys = page.evaluate(f"Object.keys({specs})")
    for given in ("NaN", "1e999", "-1e999"):
        state = ",".join(f"{key}:{given}" for key in keys)
        page.goto(page.url.split("?")[0] + f"?{instrument.name}={state}")
        assert not re.search(r"NaN|undefined|Infinity", _stage(page, instrument).inner_html())


@instruments
def test_it_bears_any_handling(open_page: Any, instrument: Instrument) -> None:
    page: Page = open_page(instrument.page, width=WIDTHS[1])
    stage = _stage(page, instrument)
    height = stage.evaluate("e => e.offsetHeight")
    # In a few goes, so that a browser which counts how often the address is changed stays calm.
    for _ in range(2):
        assert page.evaluate(_HANDLE, [instrument.name, _HANDLINGS // 2]) == ""
        settled(page)
    assert stage.evaluate("e => e.offsetHeight") == height
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[1]


@instruments
def test_axe_finds_nothing_after_handling(open_page: Any, instrument: Instrument) -> None:
    page: Page = open_page(instrument.page)
    expect(_stage(page, instrument)).to_be_visible()
    assert page.evaluate(_HANDLE, [instrument.name, 25]) == ""
    for width, scheme in itertools.product(WIDTHS, ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        switch(page, scheme)
        # Nothing but colours follows the scheme.
        rules = {"rules": ABOUT_COLOUR} if scheme == "dark" else {}
        assert violations(page, include=f"nn-{instrument.name}", **rules) == []


@instruments
def test_nothing_moves_when_it_comes_to_life_and_nothing_is_cut_off(
    open_page: Any, instrument: Instrument
) -> None:
    before = open_page(instrument.page, blocked="**/instruments/*.js")
    page: Page = open_page(instrument.page)
    expect(_stage(page, instrument)).to_be_visible()
    keeps_its_room(before, page, instrument.name)
    targets = _stage(page, instrument).locator("button, .nn-choice > label, input[type=range]")
    can_be_hit(targets)


@of_the_kit
def test_without_scripts_and_on_paper_the_picture_stands(
    open_page: Any, instrument: Instrument
) -> None:
    element = f"nn-{instrument.name}"
    page: Page = open_page(instrument.page, java_script_enabled=False)
    expect(page.locator(f"{element} .nn-picture svg")).to_be_visible()
    page = open_page(instrument.page)
    expect(_stage(page, instrument)).to_be_visible()
    expect(page.locator(f"{element} .nn-picture")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(f"{element} .nn-picture svg")).to_be_visible()
    expect(_stage(page, instrument)).to_be_hidden()


_PROGRAM = """async script => {
  const {program} = await import(script);
  const {ours, theirs} = document.querySelector("nn-pytorch").instrument.data;
  return [program("nnlib"), program("torch"), ours, theirs];
}"""


def _losses(program: str) -> np.ndarray[Any, Any]:
    """What the program's losses are on the digits and from the first weights of its page."""
    digits, labels = datasets.digits()
    large = np.kron(digits.numpy()[:200, 0], np.ones((3, 3)))
    pixels = np.pad(large, ((0, 0), (2, 2), (2, 2))).astype(np.float64).reshape(200, 784)
    nnlib.manual_seed(0)
    sizes = [(784, 128), (128, 64), (64, 10)]
    layers = [layer for size in sizes for layer in (nn.Linear(*size), nn.ReLU())][:-1]
    start = {n: t.numpy() for n, t in nn.Sequential(*layers).double().state_dict().items()}
    names: dict[str, Any] = {"pixels": pixels, "labels": labels.numpy()[:200], "start": start}
    exec(program, names)
    return np.array(names["losses"])


def test_the_program_for_two_libraries_runs_in_both(open_page: Any) -> None:
    page: Page = open_page("further/pytorch/")
    ours, theirs, shown, shown_theirs = page.evaluate(_PROGRAM, page.evaluate(_SCRIPT, "pytorch"))
    assert np.abs(_losses(ours) - shown).max() < 1e-9
    assert np.abs(_losses(ours.replace("lr=0.1", "lr=0.11")) - shown).max() > 1e-3
    pairs = zip(ours.splitlines(), theirs.splitlines(), strict=True)
    assert sum(one != other for one, other in pairs) == 2
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not on this machine; its losses are those that the page tests")
    assert np.abs(_losses(theirs) - shown).max() < 1e-9
    assert np.abs(_losses(theirs) - shown_theirs).max() < 1e-4


def test_the_copy_on_a_readers_disk_has_them_too(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    """There no module runs: each script has been joined with the kit, and keeps its state."""
    with zipfile.ZipFile(site / "offline.zip") as archive:
        archive.extractall(tmp_path)
    (inside,) = tmp_path.iterdir()
    # One that plays by itself does not stand still to be compared.
    context = browser.new_context(reduced_motion="reduce")
    for instrument in INSTRUMENTS:
        if not EVERYTHING and instrument.name not in _ON_DISK:
            continue
        complaints: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error, found=complaints: found.append(str(error)))
        page.goto((inside / instrument.page / "index.html").as_uri())
        stage = _stage(page, instrument)
        expect(stage).to_be_visible()
        start = _says(page, instrument)
        stage.locator(_EVERY_CONTROL).first.focus()
        for key in ("Home", "End"):
            page.keyboard.press(key)
        expect(stage.get_by_role("status")).to_have_text(_says(page, instrument))
        _reset(page, instrument)
        assert _says(page, instrument) == start
        assert complaints == []
        page.close()
    context.close()


_READ_ALL = """async ([script, images]) => {
  const {read} = await import(script);
  const {weights} = document.querySelector("nn-digits").instrument.data;
  return [weights, images.map(image => read(weights, image).shares)];
}"""


def test_a_drawn_digit_is_read_as_nnlib_reads_the_whole_test_set(open_page: Any) -> None:
    """The images that the page puts away, and the weights that it has trained."""
    images, labels = datasets.digits(flat=True)
    nnlib.manual_seed(0)
    _, held = random_split(TensorDataset(images.double(), labels), [1437, 360])
    images, labels = nnlib.stack([image for image, _ in held]), [y.item() for _, y in held]
    page: Page = open_page("architectures/digits/")
    script = page.evaluate(_SCRIPT, "digits")
    weights, shares = page.evaluate(_READ_ALL, [script, images.tolist()])
    truth = nn.functional.softmax(reader(weights)(images), 1).detach().numpy()
    assert np.abs(np.array(shares) - truth).max() < 1e-9
    assert (np.array(shares).argmax(1) == labels).sum() == 355  # as the page prints


_READ_FILM = """async script => {
  const {leads} = await import(script);
  const {data} = document.querySelector("nn-loop").instrument;
  return [data, data.lead.map(written => leads(written, data.columns))];
}"""


def test_the_home_page_shows_a_training_as_nnlib_does_it(open_page: Any) -> None:
    page: Page = open_page("")
    film, leads = page.evaluate(_READ_FILM, page.evaluate(_SCRIPT, "loop"))
    nnlib.manual_seed(0)
    X, y = datasets.two_moons(200, noise=0.15)
    sizes = [(2, 16), (16, 16), (16, 2)]
    layers = [layer for size in sizes for layer in (nn.Linear(*size), nn.ReLU())][:-1]
    model, measure = nn.Sequential(*layers), nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    grid = np.stack(np.meshgrid(np.linspace(-1.6, 2.6, 25), np.linspace(-1.2, 1.7, 19)), axis=-1)
    places = nnlib.tensor(grid.reshape(-1, 2)).float()
    assert np.abs(np.array(film["points"]) - X.numpy()).max() < 0.006
    assert film["labels"] == y.tolist()
    assert film["weights"] == sum(p.numel() for p in model.parameters())
    assert film["rounds"][0] == 0
    for step, said in enumerate(film["loss"]):
        out, before = model(X), [p.detach().numpy().copy() for p in model.parameters()]
        lead = np.clip(np.diff(model(places).detach().numpy())[:, 0], -4, 4).reshape(grid.shape[:2])
        loss = measure(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert abs(said - loss.item()) < 1e-4
        if step not in film["rounds"]:
            continue
        at = film["rounds"].index(step)
        assert film["wrong"][at] == np.flatnonzero((out.argmax(1) != y).numpy()).tolist()
        # Half a step of the roots of which the leads are written down.
        off = np.abs(
            np.sign(lead) * np.sqrt(np.abs(lead)) - np.sign(leads[at]) * np.sqrt(np.abs(leads[at]))
        )
        assert off.max() < 2 / 63 + 1e-6
        moved = [
            p.detach().numpy() - old for p, old in zip(model.parameters(), before, strict=True)
        ]
        for name, arrays in (
            ("blame", [p.grad.numpy() for p in model.parameters()]),
            ("nudge", moved),
        ):
            length = np.linalg.norm(np.concatenate([np.ravel(array) for array in arrays]))
            assert abs(film[name][at] - length) < 1e-4
    assert step == film["rounds"][-1]


def _named(name: str) -> Instrument:
    return next(one for one in INSTRUMENTS if one.name == name)


_TRAINED = """async script => {
  const {unpack, think} = await import(script);
  const {weights, alphabet, heads} = document.querySelector("nn-writer").instrument.data;
  const tables = Object.fromEntries(
    Object.entries(weights).map(([name, [unit, packed]]) => [name, unpack(packed, unit)]),
  );
  const codes = [..."the rabbit was late "].map(letter => alphabet.indexOf(letter));
  return [tables, codes, heads, think(tables, codes, heads)];
}"""


def test_it_writes_what_its_page_prints(open_page: Any, site: Path) -> None:
    """Pressed a hundred and fifty times; the page has trained the weights and drawn the chances."""
    page: Page = open_page("architectures/attention/")
    stage = _stage(page, _named("writer"))
    stage.get_by_role("button", name="“Alice ”").click()
    for _ in range(15):
        stage.get_by_role("button", name="Ten steps").click()
    shown = [block.output for block in python_blocks(built(site, "architectures/attention/"))]
    written = stage.get_by_role("textbox").input_value()
    assert textwrap.fill(written, 38) in [(output or "").strip() for output in shown]
    tables, codes, heads, answer = page.evaluate(_TRAINED, page.evaluate(_SCRIPT, "writer"))
    with nnlib.no_grad():
        truth = Writer(tables, heads)(codes)
    assert sum(map(len, tables.values())) == 63_224  # as the page prints
    assert _differences(answer, truth, 1e-12) == []


def test_what_is_typed_is_read_pointed_at_and_kept(open_page: Any) -> None:
    page: Page = open_page("architectures/attention/")
    stage, writer = _stage(page, _named("writer")), _named("writer")
    field, letter = stage.get_by_role("textbox"), stage.get_by_role("slider", name="Letter")
    field.fill("")
    assert "nothing to look at" in _says(page, writer)
    field.fill("☃")
    assert "has never read ☃" in _says(page, writer)
    stage.get_by_role("button", name="Write a letter").click()
    assert len(field.input_value()) == 1
    typed = "Oh, dear: a% b,c:d"
    field.fill(typed)
    assert letter.get_attribute("aria-valuetext") == "letter 17, d"
    assert "has never read %" in _says(page, writer)
    place = stage.locator("svg").first.bounding_box()
    assert place
    page.mouse.move(place["x"] + place["width"] * 0.22, place["y"] + place["height"] / 2)
    expect(letter).to_have_attribute("aria-valuetext", "letter 2, h")
    wait_until(page, "location.search.includes('writer=')")
    page.reload()
    expect(stage.get_by_role("textbox")).to_have_value(typed)


def _patient(illness: str, dose: float) -> tuple[Monitor, nn.Module]:
    nnlib.manual_seed(0)
    points, labels = datasets.two_moons(200, noise=0.1)
    points, labels = points.double(), labels.double().reshape(-1, 1)
    nnlib.manual_seed(4)
    activation = nn.Sigmoid if illness == "weights" else nn.ReLU
    model = nn.Sequential(nn.Linear(2, 16), activation(), nn.Linear(16, 1)).double()
    if illness == "bias":
        model[0].bias.array[:] = dose
    if illness == "weights":
        model[0].weight.array[:] *= dose
    inputs = dose * points + 3 * dose if illness == "inputs" else points
    size = {"step": dose, "bias": 0.5, "weights": 0.1, "inputs": 0.01}[illness]
    optimizer = optim.SGD(model.parameters(), lr=size)
    with Monitor(model) as monitor:
        for _ in range(200):
            loss = nn.BCEWithLogitsLoss()(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            monitor.step(loss)
    return monitor, model


_RUNS = """async name => {
  const script = [...document.scripts].find(s => s.src.includes(`/instruments/${name}.`)).src;
  const source = await (await fetch(script)).text();
  return [document.querySelector(`nn-${name}`).instrument.data, source];
}"""


def _near(recorded: list[Any], row: list[float], share: float, rounded: float = 0) -> bool:
    """What has no finite value is recorded as nothing."""
    return len(recorded) == len(row) and all(
        not math.isfinite(b) if a is None else abs(a - b) <= share * abs(b) + rounded
        for a, b in zip(recorded, row, strict=True)
    )


def test_the_sick_runs_are_those_of_nnlib(open_page: Any) -> None:
    data, source = open_page("learning/watching/").evaluate(_RUNS, "watching")
    doses = re.findall(r"^  (\w+): \[([-\d., ]+)\],$", source, re.MULTILINE)
    assert [illness for illness, _ in doses] == list(data["runs"])
    kinds = set()
    for illness, listed in doses:
        given = [float(dose) for dose in listed.split(",")]
        for dose, run in zip(given, data["runs"][illness], strict=True):
            monitor, _ = _patient(illness, dose)
            of, seen = monitor.history, data["steps"]

            def noted(row: list[float], seen: list[int] = seen) -> list[float]:
                return [row[step] for step in seen]

            assert _near(run["loss"], noted(of["loss"]["loss"]), 6e-3), (illness, dose)
            stuck = (of["dead"] or of["saturated"])["1"]
            assert _near(run["stuck"], noted(stuck), 6e-3)
            for name, series in (("spread", "activation_std"), ("updates", "update_ratio")):
                for recorded, row in zip(run[name], of[series].values(), strict=True):
                    assert _near(recorded, noted(row), 6e-3), (illness, dose, name)
            assert run["found"] == [[each.kind, each.text] for each in monitor.diagnose()]
            kinds |= {kind for kind, _ in run["found"]}
    assert len(kinds) == 5


def test_the_curves_of_each_width_are_those_of_nnlib(open_page: Any) -> None:
    """A few of the runs; all are made by the page's own function."""
    data, _ = open_page("pitfalls/underfitting/").evaluate(_RUNS, "underfitting")
    nnlib.manual_seed(0)
    points, answers = (each.double() for each in datasets.noisy_curve(100, noise=0.2))
    unseen = tuple(each.double() for each in datasets.noisy_curve(500, noise=0.2))
    xs = float64(np.linspace(-3, 3, 121)[::3].reshape(-1, 1))
    assert np.abs(np.array(data["points"]) - np.hstack([points, answers])).max() < 6e-4
    assert np.abs(np.array(data["truth"]) - datasets.curve(xs).numpy()[:, 0]).max() < 6e-4
    for width, decay, epochs in ((1, 0, 800), (2, 0, 400), (8, 1, 50), (32, 0, 12), (64, 5, 200)):
        run = data["runs"][f"{width} {decay} {epochs}"]
        nnlib.manual_seed(0)
        model = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1)).double()
        optimizer = optim.AdamW(model.parameters(), lr=0.05, weight_decay=decay)
        calmer = optim.CosineAnnealingLR(optimizer, T_max=max(epochs, 400))
        losses = {"loss": [], "val_loss": []}
        for _ in range(epochs):
            loss = nn.MSELoss()(model(points), answers)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            calmer.step()
            losses["loss"].append(loss.item())
            losses["val_loss"].append(nn.MSELoss()(model(unseen[0]), unseen[1]).item())
        noted = [at for at in data["epochs"] if at <= epochs] if epochs >= 400 else [epochs]
        for name, row in losses.items():
            assert _near(run[name], [row[at - 1] for at in noted], 0, 6e-5), (width, decay, epochs)
        assert _near(run["curve"], floats(model(xs).detach().numpy()[:, 0]), 0, 6e-4)


def test_it_plays_by_itself_once_it_is_seen_and_a_hand_takes_over(open_page: Any) -> None:
    """Nothing is said of it, and nothing kept; whoever asks for less motion sees it stand still."""
    loop = _named("loop")
    still: Page = open_page("")
    assert _says(still, loop).startswith("Round 300")
    page: Page = open_page("", reduced_motion="no-preference")
    stage = _stage(page, loop)
    wait_until(page, "document.querySelector('nn-loop').instrument.state.frame >= 3")
    assert stage.get_by_role("status").text_content() == ""
    assert "loop=" not in page.url
    stage.get_by_role("slider", name="round").press("ArrowRight")
    expect(stage.get_by_role("button", name="Play")).to_be_visible()
    reached = _says(page, loop)
    expect(stage.get_by_role("status")).to_have_text(reached)
    assert "loop=" in page.url
    assert _says(page, loop) == reached
    assert _says(still, loop).startswith("Round 300")
    page.reload()
    assert _says(page, loop) == reached


def test_each_script_is_light() -> None:
    sizes = {p.stem: len(gzip.compress(p.read_bytes())) for p in _SCRIPTS.glob("*.js")}
    assert sizes.pop("kit") <= _KIT_BYTES
    del sizes["playground"]  # it has a page of its own, and tests of its own
    assert {name for name, size in sizes.items() if size > _INSTRUMENT_BYTES} == set()
    assert set(sizes) == {instrument.name for instrument in INSTRUMENTS}


def test_a_page_loads_its_own_instruments_only(site: Path) -> None:
    for path in EXPLAINERS:
        scripts = [e.attributes.get("src", "") for e in read(built(site, path)).all("script")]
        loaded = {Path(src).name.split(".")[0] for src in scripts if "/instruments/" in src}
        here = {i.name for i in INSTRUMENTS if i.page == path}
        assert loaded == (here or {"playground"} & {path.rstrip("/")}), path
