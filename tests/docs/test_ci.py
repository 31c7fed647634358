"""What CI installs is pinned by hash, what it runs by commit; only what is proved is deployed.
A release elsewhere can then neither break a build overnight nor slip into it."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / ".ci" / "lock.txt").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def locked() -> list[Requirement]:
    lines = LOCK.replace("\\\n", " ").splitlines()
    return [Requirement(line.split("--hash")[0].strip()) for line in lines if line.strip()]


def needed() -> list[Requirement]:
    """What the project says it needs to be built, used, served and tested."""
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in ("plot", "progress", "site", "test"):
        named += extras[extra]
    return [
        requirement
        for requirement in map(Requirement, named)
        if requirement.name != project["name"]
    ]


def test_every_locked_package_has_one_version_and_its_hashes() -> None:
    for line in LOCK.replace("\\\n", " ").splitlines():
        assert re.match(r"[a-z0-9.-]+==[^\s;]+( ; [^-]+?)? +--hash=sha256:[0-9a-f]{64}", line), line


def test_the_lock_names_no_host_and_no_path() -> None:
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted|@|file:|\.whl", LOCK)


@pytest.mark.parametrize("requirement", needed(), ids=str)
def test_the_lock_holds_what_the_project_needs(requirement: Requirement) -> None:
    versions = [
        pin
        for pin in locked()
        if canonicalize_name(pin.name) == canonicalize_name(requirement.name)
    ]
    assert versions, f"{requirement.name} is not in .ci/lock.txt"
    for pin in versions:
        (version,) = pin.specifier
        assert requirement.specifier.contains(version.version), f"{pin} does not meet {requirement}"


def test_pytorch_is_not_locked_but_what_it_needs_is() -> None:
    names = {pin.name for pin in locked()}
    assert "torch" not in names
    assert names >= {
        "filelock",
        "fsspec",
        "jinja2",
        "mpmath",
        "networkx",
        "setuptools",
        "sympy",
        "typing-extensions",
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    # A workflow of this repository is of the same commit.
    for action in (one for one in used if not one.startswith("./")):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_one_action_has_one_version() -> None:
    used = {
        action
        for path in WORKFLOWS
        for action in re.findall(r"uses: (\S+)@(\S+)", path.read_text(encoding="utf-8"))
    }
    assert len({name for name, _ in used}) == len(used)


def workflow(name: str) -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    # YAML of old reads the key `on` as a truth.
    found: dict[str, Any] = yaml.safe_load(text.replace("\non:", '\n"on":'))
    return found


def steps(job: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """What each use of an action is given."""
    used = [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]
    return [step.get("with", {}) for step in used]


def runs(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_nothing_is_deployed_that_the_tests_have_not_passed() -> None:
    jobs = {path.name: workflow(path.name)["jobs"] for path in WORKFLOWS}
    deploying = [
        (name, job)
        for name, inside in jobs.items()
        for job in inside.values()
        if "steps" in job and steps(job, "actions/deploy-pages")
    ]
    assert len(deploying) == 1
    for name, job in deploying:
        waits, job = [], dict(job)
        while "needs" in job:
            waits.append(job["needs"])
            job = jobs[name][waits[-1]]
            # Either would have it go on where what it waits for went wrong.
            assert not {"if", "continue-on-error"} & job.keys()
        assert jobs[name][waits[-1]]["uses"] == "./.github/workflows/tests.yml"


def test_a_commit_is_tested_once() -> None:
    on = {path.name: workflow(path.name)["on"] for path in WORKFLOWS}
    assert [name for name, events in on.items() if "pull_request" in events] == ["tests.yml"]
    assert [name for name, events in on.items() if "push" in events] == ["pages.yml"]
    # A push to a branch with a pull request would be the second run.
    assert on["pages.yml"]["push"] == {"branches": ["main"]}
    assert "workflow_call" in on["tests.yml"]


def test_the_tests_on_github_have_mnist_and_python_for_the_pages() -> None:
    job = workflow("tests.yml")["jobs"]["everything"]
    (step,) = [step for step in job["steps"] if step.get("run") == ".ci/run"]
    assert step["env"]["NNLIB_REQUIRE"].split() == ["mnist", "pyodide"]
    assert "~/.cache/nnlib" in [given["path"] for given in steps(job, "actions/cache")]


@pytest.mark.parametrize("required", ["mnist", ""])
def test_the_script_fetches_the_data_that_is_required(required: str, tmp_path: Path) -> None:
    """Everything but the fetching: what fetches and checks has tests of its own."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    part = lines[lines.index("# Whoever calls this") : lines.index("# The command is")]
    python = tmp_path / "sub" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$2" >&2\n', encoding="utf-8")
    python.chmod(0o755)
    shown = "step() { :; }\n" + part + '\necho "$NNLIB_REQUIRE|${NNLIB_DATA:-}"'
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shown],
        cwd=tmp_path / "sub",
        env={"PATH": os.environ["PATH"], "HOME": "/home", "NNLIB_REQUIRE": required},
        capture_output=True,
        text=True,
        check=True,
    )
    names, _, data = ran.stdout.strip().partition("|")
    assert ("mnist" in names.split()) == bool(required)
    assert data == ("/home/.cache/nnlib" if required else "")
    assert ("from nnlib.datasets import mnist" in ran.stderr) == bool(required)


def test_what_is_fetched_and_executed_is_kept_for_the_next_run() -> None:
    jobs = workflow("tests.yml")["jobs"] | {"build": workflow("pages.yml")["jobs"]["build"]}
    for job in jobs.values():
        (python,) = steps(job, "actions/setup-python")
        assert python["cache"] == "pip"
        assert python["cache-dependency-path"] == ".ci/lock.txt"
    for name in ("everything", "build"):
        (kept,) = [one for one in steps(jobs[name], "actions/cache") if one["path"] == ".cache"]
        assert {"nnlib/**", "docs/**", ".ci/lock.txt"} == set(re.findall(r"'(.*?)'", kept["key"]))


def test_the_readmes_command_runs_on_another_kind_of_processor() -> None:
    commands = [
        command
        for job in workflow("tests.yml")["jobs"].values()
        if re.search(r"-arm$|macos", job["runs-on"])
        for command in runs(job)
    ]
    assert any("README.md" in command and ".venv/bin/pytest" in command for command in commands)


# The name that pip knows.


def test_the_extras_name_one_another_by_the_name_that_pip_knows() -> None:
    own = PROJECT["project"]["name"]
    # On PyPI this is somebody else's package.
    assert own != "nnlib"
    extras = PROJECT["project"]["optional-dependencies"]
    named = [Requirement(one) for several in extras.values() for one in several]
    ours = [requirement for requirement in named if requirement.name == own]
    assert {extra for one in ours for extra in one.extras} == {"plot", "progress", "site"}
    assert not [one for one in named if one.name == "nnlib"]


def test_a_hint_names_what_pip_can_install() -> None:
    """What it names is on PyPI, because the project itself needs it from there."""
    asked = re.compile(r"""pip install ["']?([a-z][\w-]*)""")
    hints = {
        name
        for folder in ("nnlib", "docs", "tests/nnlib", "tests/plotting", "tests/benchmarks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".html"}
        for name in asked.findall(path.read_text(encoding="utf-8"))
    }
    assert {"matplotlib", "tqdm", "torch"} <= hints
    extras = PROJECT["project"]["optional-dependencies"]
    assert hints <= {Requirement(one).name for several in extras.values() for one in several}


def test_what_npm_gives_has_one_version_too() -> None:
    asked = re.findall(r"\bnpx .*", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    named = [word for line in asked for word in line.split() if word.startswith("@")]
    assert named
    assert all(re.fullmatch(r"@[\w-]+/[\w-]+@\d+\.\d+\.\d+", word) for word in named)


# What code hosts look for.


def test_who_cites_the_project_cites_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = PROJECT["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert [author["name"] for author in cited["authors"]] == [
        author["name"] for author in project["authors"]
    ]


def test_who_is_about_to_contribute_is_led_to_the_page_that_says_how() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 12
    (page,) = re.findall(r"\]\((\S+)\)", text)
    told = (ROOT / page).read_text(encoding="utf-8")
    for command in re.findall(r"`(\.venv[^`]*|\.ci/run|python3 [^`]*)`", text):
        assert re.sub(r"=\S+", "=", command) in re.sub(r"=\S+", "=", told), command


def test_the_script_is_one_that_bash_can_read() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
