"""Where the pages' Python comes from: looked for, checked, trimmed and packed the same each time.
Nothing here needs the real files, and nothing is fetched from a network."""

import gzip
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from machine import runtime


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "user"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def archive(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packing:
        for name in names:
            packing.writestr(name, name)
    return written.getvalue()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files in the place of the real ones, whose hashes the list gives."""
    folder = tmp_path / "published"
    folder.mkdir()
    digests = {}
    for name in runtime.FILES:
        content = name.encode()
        if name.endswith((".whl", ".zip")):
            package = name.partition("-")[0]
            content = archive(f"{package}/tests/test_a.py", f"{package}/__init__.py", "six.pyi")
        (folder / name).write_bytes(content)
        digests[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(runtime, "FILES", digests)
    return folder


def test_the_list_is_one_that_sha256sum_reads() -> None:
    lines = Path(runtime.__file__).with_suffix(".sha256").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(runtime.FILES) > 10
    for line in lines:
        digest, name = line.split("  ")
        assert len(bytes.fromhex(digest)) == 32
        assert "/" not in name


def test_what_is_made_depends_on_the_files_alone(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLIB_PYODIDE", str(published))
    one, other = (runtime.find(tmp_path / name) for name in ("one", "other"))
    assert one == other
    assert one.folder.startswith("assets/python/")
    # Made once, it needs the published files no more.
    monkeypatch.setenv("NNLIB_PYODIDE", "")
    assert runtime.find(tmp_path / "one") == one


def test_what_no_page_needs_is_left_out(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLIB_PYODIDE", str(published))
    files = runtime.find(tmp_path / "made").files
    with zipfile.ZipFile(io.BytesIO(files["pictures.zip"])) as pictures:
        names = pictures.namelist()
    assert "matplotlib/__init__.py" in names
    assert names == sorted(names)
    assert not [name for name in names if "tests" in name or name.endswith(".pyi")]
    assert gzip.decompress(files["pyodide.asm.wasm.pack"]) == b"pyodide.asm.wasm"


@pytest.mark.parametrize("given", ["", "no such folder"])
def test_without_the_files_it_says_so_and_fetches_nothing(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLIB_PYODIDE", given)
    monkeypatch.setattr(runtime.urllib.request, "urlopen", None)
    with pytest.raises(runtime.RuntimeMissingError, match="NNLIB_PYODIDE: expected"):
        runtime.find(tmp_path / "made")


def test_a_file_that_was_changed_is_not_used(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (published / "pyodide.mjs").write_bytes(b"changed")
    monkeypatch.setenv("NNLIB_PYODIDE", str(published))
    with pytest.raises(runtime.RuntimeMissingError, match=r"pyodide\.mjs"):
        runtime.find(tmp_path / "made")


def test_what_comes_is_checked_and_kept(published: Path) -> None:
    name = "pyodide.mjs"
    expected = runtime.FILES[name]
    source = f"{published.as_uri()}/"
    assert runtime._download(name, expected, source) == name.encode()
    kept = list(runtime._user_cache().iterdir())
    assert [path.name for path in kept] == [name]
    with pytest.raises(runtime.RuntimeMissingError, match="expected SHA-256 0000"):
        runtime._download(name, "0" * 64, source)
    with pytest.raises(runtime.RuntimeMissingError, match="missing"):
        runtime._download("missing", expected, source)


def test_a_folder_that_was_left_half_written_is_made_again(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLIB_PYODIDE", str(published))
    whole = runtime.find(tmp_path / "made")
    (folder,) = (tmp_path / "made").iterdir()
    (folder / "complete").unlink()
    (folder / "stdlib.zip").write_bytes(b"half")
    assert runtime.find(tmp_path / "made") == whole
