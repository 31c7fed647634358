"""What CI installs is pinned by hash and names no host; what the workflows run is pinned by commit.
A release elsewhere can then neither break a build overnight nor slip into it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
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
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_one_action_has_one_version() -> None:
    used = {
        action
        for path in WORKFLOWS
        for action in re.findall(r"uses: (\S+)@(\S+)", path.read_text(encoding="utf-8"))
    }
    assert len({name for name, _ in used}) == len(used)


def test_the_script_is_one_that_bash_can_read() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
