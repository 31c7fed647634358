"""Holds the playground to its word: what it trains is what the script that it shows trains.
The script is run as a reader runs it, and must print the playground's losses to the last digit."""

import contextlib
import io
import json
import random
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from machine.fences import find_fences
from machine.inside import playground
from machine.inside.playground import CHOICES, FEATURES, GRID, SMALL, Run, Settings, script
from machine.pages import DOCS, all_pages

import nnlib
from nnlib import nn
from nnlib.training import DivergenceError

_RUNS = 40
_LINKED = re.compile(r"playground\.md\?playground=([^)\s\"]+)")


def _anything(seed: int) -> Settings:
    chance = random.Random(seed)
    chosen = {name: chance.choice(choices) for name, choices in CHOICES.items()}
    features = [name for name in FEATURES if chance.random() < 0.4] or ["y"]
    return Settings(**chosen, features="-".join(features))


def _printed(text: str) -> list[str]:
    """What a script prints after each of its names."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), np.errstate(all="ignore"):
        exec(compile(text, "<script>", "exec"), {})
    return [line.split(":")[1].strip() for line in said.getvalue().splitlines()]


def _shown(run: Run) -> list[str]:
    state = run.state()
    return [str(float(state[name])) for name in ("batch", "seen", "unseen")]


@pytest.mark.parametrize("seed", range(_RUNS))
def test_the_script_prints_what_the_playground_shows(seed: int) -> None:
    settings, chance = _anything(seed), random.Random(seed)
    run, steps = Run(settings), chance.randint(1, 60)
    while run.step < steps and not run.diverged:
        run.advance(chance.randint(1, steps - run.step))
        # To look at it is not to change it.
        run.state(), run.maps(), run.points()
    assert _printed(script(settings, run.step)) == _shown(run)


def test_a_reader_runs_the_script_by_itself() -> None:
    settings = Settings(features="x-xy-sy", schedule="cosine", dropout=0.2)
    run = Run(settings)
    run.advance(25)
    program = [sys.executable, "-W", "error", "-c", script(settings, 25)]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    assert [line.split(":")[1].strip() for line in said.splitlines()] == _shown(run)


def test_before_the_first_step_the_script_prints_what_is_there() -> None:
    assert _printed(script(Settings(), 0)) == _shown(Run(Settings()))[1:]


def test_another_setting_is_another_run() -> None:
    """Or the equality above would be that of two constants."""
    shown = set()
    for text in ("seed:1", "seed:2", "dropout:0.1", "decay:0.1", "schedule:warmup", "batch:5"):
        run = Run(Settings.of_address(text))
        run.advance(10)
        shown.add(tuple(_shown(run)))
    assert len(shown) == 6


DIVERGING = "activation:none,optimizer:sgd,rate:10,first:8,second:8,third:8"


def test_a_run_that_diverges_says_what_fit_says() -> None:
    settings = Settings.of_address(DIVERGING)
    run = Run(settings)
    run.advance(200)
    names = Run(settings).names
    with pytest.raises(DivergenceError) as caught:
        nnlib.fit(names["model"], names["loader"], names["measure"], names["optimizer"], epochs=50)
    assert run.diverged == str(caught.value)
    assert "layer" in run.diverged
    # It is over, and says so; the script ends at the same step, with the same losses.
    last = run.step
    run.advance(5)
    assert run.step == last < 200
    assert _printed(script(settings, last)) == _shown(run)
    assert "nan" in _shown(run)


def test_an_answer_is_json_whatever_the_numbers_are() -> None:
    def strict(text: str) -> Any:
        def wrong(name: str) -> None:
            raise AssertionError(f"{name} is not JSON")

        return json.loads(text, parse_constant=wrong)

    maps: list[bytes] = []
    started = {"do": "start", "settings": vars(Settings.of_address(DIVERGING)), "steps": 3}
    strict(playground.answer(json.dumps(started), maps.append))
    ended = strict(playground.answer(json.dumps({"do": "go", "steps": 90}), maps.append))
    assert ended["seen"] == "NaN"
    features = slice(GRID**2, GRID**2 + 2 * SMALL**2)
    assert set(maps[-1][: features.start] + maps[-1][features.stop :]) == {128}
    assert {len(each) for each in maps} == {GRID**2 + (2 + 24) * SMALL**2}


def test_the_maps_show_what_the_network_says() -> None:
    run = Run(Settings(data="circles", features="x-yy"))
    run.advance(40)
    whole = np.frombuffer(run.maps(), np.uint8)
    across = np.linspace(-1.25, 1.25, GRID)
    model: nn.Sequential = run.names["model"]
    for row, column in ((0, 0), (3, 40), (30, 12), (47, 47), (24, 24)):
        x, y = across[column], -across[row]
        inputs = nnlib.tensor([[x, y * y]], dtype=nnlib.float64)
        share = nnlib.sigmoid(model(inputs)).item()
        assert abs(int(whole[row * GRID + column]) - (128 + 127 * (2 * share - 1))) <= 0.5
    first = whole[GRID**2 + 2 * SMALL**2 :][: SMALL**2].reshape(SMALL, SMALL)
    every = GRID // SMALL
    inputs = nnlib.tensor([[across[every * 5], across[every * 2] ** 2]], dtype=nnlib.float64)
    unit = nnlib.tanh(model[0](inputs))[0, 0].item()
    assert np.sign(int(first[2, 5]) - 128) == np.sign(unit)


def test_what_units_the_monitor_finds_dead_it_says() -> None:
    run = Run(Settings.of_address("activation:relu,optimizer:sgd,rate:10,first:8,second:0"))
    run.advance(100)
    assert any(text.startswith("Dead units") for text in run.state()["findings"])
    # And it still does when it has long been forgetting every other step.
    run.advance(2 * playground._MANY)
    assert len(run.monitor.steps) < playground._MANY
    assert any(text.startswith("Dead units") for text in run.state()["findings"])


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"rate": 0.2}, "rate"),
        ({"seed": "0); import os; print("}, "seed"),
        ({"data": "moons}"}, "data"),
        ({"noise": [0.1]}, "noise"),
        ({"batch": True}, "batch"),
        ({"features": ""}, "features"),
        ({"features": "y-x"}, "features"),
        ({"features": "x-__import__('os')"}, "features"),
        ({"model": "x"}, "model"),
    ],
)
def test_what_is_no_setting_never_gets_as_far_as_a_script(given: Any, named: str) -> None:
    asked = json.dumps({"do": "script", "step": 1, "settings": given})
    with pytest.raises(ValueError, match=named):
        playground.answer(asked, lambda maps: None)


def test_a_number_is_written_as_its_choice_is() -> None:
    assert Settings(first=4.0, second=2).first == 4  # type: ignore[arg-type]
    assert "nn.Linear(2, 4)," in script(Settings.of_address("first:4"), 1)


def _linked() -> set[str]:
    return {found for page in all_pages() for found in _LINKED.findall(page.read_text("utf-8"))}


def _after(steps: int, text: str) -> dict[str, Any]:
    run = Run(Settings.of_address(text))
    run.advance(steps)
    return run.state()


def test_every_link_to_it_holds_settings() -> None:
    linked = _linked()
    assert len(linked) >= 5
    for text in linked:
        assert Settings.of_address(text) != Settings()


def _named(name: str) -> str:
    """The settings of the playground's own page behind this link."""
    page = (DOCS / "playground.md").read_text(encoding="utf-8")
    found = re.search(rf"\[{re.escape(name)}\]\(playground\.md\?playground=([^)]+)\)", page)
    assert found
    return found[1]


@pytest.mark.parametrize("seed", range(3))
def test_xor_needs_a_hidden_layer_or_the_product(seed: int) -> None:
    bare = f"{_named('XOR needs a hidden layer')},seed:{seed}"
    assert max(_after(500, bare)["right"]) < 0.7
    assert min(_after(500, bare.replace("first:0", "first:8"))["right"]) > 0.8
    assert min(_after(500, f"{bare},features:xy")["right"]) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_two_units_are_too_few_for_a_ring(seed: int) -> None:
    small = f"{_named('Too small a network')},seed:{seed}"
    few, many = _after(1000, small), _after(1000, small.replace("first:2", "first:8"))
    assert min(few["seen"], few["unseen"]) > 0.3
    assert max(many["seen"], many["unseen"]) < 0.15


@pytest.mark.parametrize("seed", range(3))
def test_a_large_network_memorises_a_few_points(seed: int) -> None:
    memorising = f"{_named('Memorising')},seed:{seed}"
    early, late = _after(100, memorising), _after(1000, memorising)
    assert late["right"][0] == 1
    assert late["seen"] < 0.01 < early["unseen"] < late["unseen"]
    assert late["unseen"] > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_large_step_kills_units(seed: int) -> None:
    found = _after(100, f"{_named('Dead units')},seed:{seed}")["findings"]
    assert any(text.startswith("Dead units") for text in found)


def test_the_run_that_is_said_to_diverge_diverges() -> None:
    assert "layer" in _after(100, _named("A run that diverges"))["diverged"]


def test_the_page_shows_the_script_of_the_first_settings_and_what_it_prints() -> None:
    fence = next(find_fences((DOCS / "playground.md").read_text(encoding="utf-8")))
    assert fence.source.startswith(script(Settings(), playground.RECORDED).rstrip())
    recorded = playground.recorded()
    assert recorded["step"] == playground.RECORDED
    assert recorded["curves"][0][0] == 0
    assert len(recorded["curves"]) == playground.RECORDED // 10
    assert json.dumps(recorded) == json.dumps(playground.recorded())
