"""MNIST's way into the machine: every way a download can go wrong ends in a clear error.

A small stand-in for the four files is served from this machine; the real ones are read where
NNLIB_DATA has them.
"""

import contextlib
import gzip
import hashlib
import http.server
import io
import os
import random
import re
import socketserver
import subprocess
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest

import nnlib
from nnlib import _mnist
from nnlib.datasets import mnist

COUNT = 200
SIZE = 16 + 784 * COUNT


def stand_in():
    """Four small files in MNIST's form, as bytes by name."""
    rng = np.random.default_rng(0)
    files = {}
    for part in ("train", "t10k"):
        pixels = rng.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
        pixels[:, :, 8:] = 0  # so that it compresses, as digits do
        labels = rng.integers(0, 10, COUNT, dtype=np.uint8)
        lengths = b"".join(n.to_bytes(4, "big") for n in (COUNT, 28, 28))
        files[f"{part}-images-idx3-ubyte"] = b"\0\0\x08\x03" + lengths + pixels.tobytes()
        files[f"{part}-labels-idx1-ubyte"] = b"\0\0\x08\x01" + lengths[:4] + labels.tobytes()
    return files


FILES = stand_in()
PACKED = {name: gzip.compress(data, mtime=0) for name, data in FILES.items()}
BOMB = gzip.compress(bytes(50_000_000))
PARTS = {True: ("train", COUNT), False: ("t10k", COUNT)}
DIGESTS = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
IMAGES = "t10k-images-idx3-ubyte"


def pixels_of(part):
    data = np.frombuffer(FILES[f"{part}-images-idx3-ubyte"], np.uint8, offset=16)
    return data.reshape(COUNT, 1, 28, 28)


class Mirror(socketserver.ThreadingTCPServer):
    """A mirror on this machine. ``misbehave`` answers in place of the file when it returns True."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.misbehave = lambda request, name, body: False
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/mnist/"

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what some tests are about


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.rpartition("/")[2].removesuffix(".gz")
        self.server.asked.append(name)
        body = PACKED[name]
        if not self.server.misbehave(self, name, body):
            self.reply(body)

    def reply(self, body, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def mirror():
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache directory and the stand-in's digests; no way to any other host."""
    monkeypatch.setattr(_mnist, "_PARTS", PARTS)
    monkeypatch.setattr(_mnist, "_SHA256", DIGESTS)
    monkeypatch.setattr(_mnist, "MIRRORS", ())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("NNLIB_DATA", raising=False)
    return tmp_path / "cache" / "nnlib" / "mnist"


def listing(folder):
    return sorted(os.listdir(folder)) if folder.exists() else []


def load(*mirrors, train=False, timeout=5.0, flat=False):
    return mnist(train, mirrors=[each.url for each in mirrors], timeout=timeout, flat=flat)


@pytest.mark.parametrize("train", [True, False])
def test_download_gives_the_digits_and_is_done_once(cache, mirror, train):
    part = PARTS[train][0]
    X, y = load(mirror, train=train)
    assert X.shape == (COUNT, 1, 28, 28)
    assert X.dtype == nnlib.float32
    assert y.dtype == nnlib.int64
    assert (X.array == pixels_of(part) / np.float32(255)).all()
    assert y.tolist() == list(FILES[f"{part}-labels-idx1-ubyte"][8:])
    assert listing(cache) == [f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"]
    assert len(mirror.asked) == 2
    again, _ = load(train=train, flat=True)  # there is no mirror to ask
    assert again.shape == (COUNT, 784)
    assert (again.array == X.array.reshape(COUNT, 784)).all()


def cut(request, name, body):
    request.reply(body[: len(body) // 2], length=len(body))
    request.close_connection = True
    return True


def cut_without_length(request, name, body):
    request.send_response(200)
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    return True


def wrong_bytes(request, name, body):
    data = bytearray(FILES[name])
    data[-1] ^= 1
    request.reply(gzip.compress(bytes(data)))
    return True


def damaged(request, name, body):
    request.reply(body[:100] + bytes(100) + body[200:])
    return True


def too_short(request, name, body):
    request.reply(gzip.compress(FILES[name][:-1]))
    return True


def bomb(request, name, body):
    request.reply(BOMB)
    return True


def endless(request, name, body):
    request.send_response(200)
    request.end_headers()
    with contextlib.suppress(OSError):
        while True:
            request.wfile.write(random.Random(0).randbytes(1 << 16))
    return True


def web_page(request, name, body):
    request.reply(b"<html>Please log in to this network</html>")
    return True


def missing(request, name, body):
    request.send_error(404)
    return True


def nonsense(request, name, body):
    request.wfile.write(b"this is no HTTP\r\n\r\n")
    return True


def silent(request, name, body):
    time.sleep(1)
    return True


def stalls(request, name, body):
    request.reply(body[:500], length=len(body))
    time.sleep(1)
    return True


FAULTS = [
    (cut, r"cut short: \d+ of \d+ bytes"),
    (cut_without_length, rf"cut short: \d+ of {SIZE} bytes"),
    (wrong_bytes, "expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}"),
    (damaged, "damaged: "),
    (too_short, f"expected {SIZE} bytes, got {SIZE - 1} bytes"),
    (bomb, f"expected {SIZE} bytes, got more"),
    (endless, f"expected at most {SIZE} bytes, got more"),
    (web_page, f"expected {SIZE} bytes, got 42 bytes"),
    (missing, "HTTP Error 404"),
    (nonsense, "this is no HTTP"),
    (silent, "timed out"),
    (stalls, "timed out"),
]


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
def test_bad_mirror_is_named_and_leaves_nothing(cache, mirror, fault, message):
    mirror.misbehave = fault
    with pytest.raises(ConnectionError, match=message) as raised:
        load(mirror, timeout=0.3 if fault in (silent, stalls) else 20)
    assert f"{mirror.url}{IMAGES}.gz: " in str(raised.value)
    assert "NNLIB_DATA" in str(raised.value)
    assert listing(cache) == []


def test_endless_mirror_is_not_listened_to(cache, mirror):
    sent = []

    def pours(request, name, body):
        request.send_response(200)
        request.end_headers()
        with contextlib.suppress(OSError):
            while len(sent) < 2000:
                sent.append(request.wfile.write(bytes(1 << 16)))
        return True

    mirror.misbehave = pours
    with pytest.raises(ConnectionError, match="got more"):
        load(mirror, timeout=20)
    assert sum(sent) < 64e6  # of 131 MB; what is beyond the limit waits in the sockets' buffers


@pytest.mark.parametrize("fault", [wrong_bytes, missing], ids=["wrong bytes", "missing"])
def test_next_mirror_is_asked(cache, mirror, fault):
    mirror.misbehave = fault
    with Mirror() as second:
        threading.Thread(target=second.serve_forever, daemon=True).start()
        X, _ = load(mirror, second)
        second.shutdown()
    assert (X.array == pixels_of("t10k") / np.float32(255)).all()


def test_offline_names_every_mirror(cache):
    with Mirror() as closed:
        first = closed.url
    with pytest.raises(ConnectionError, match="refused") as raised:
        mnist(False, mirrors=[first, first + "second"], timeout=1)
    assert str(raised.value).count("refused") == 2
    assert f"{first}second/{IMAGES}.gz: " in str(raised.value)
    assert listing(cache) == []


def test_dripping_mirror_is_given_up(cache, mirror, monkeypatch):
    def drips(request, name, body):
        request.reply(b"", length=len(body))
        with contextlib.suppress(OSError):
            for i in range(200):
                request.wfile.write(body[i : i + 1])
                dripped.append(i)
                time.sleep(0.02)
        return True

    dripped = []
    mirror.misbehave = drips
    monkeypatch.setattr(_mnist, "_LONGEST", 0.3)
    with pytest.raises(ConnectionError, match="not done after"):
        load(mirror, timeout=1)
    assert len(dripped) < 100  # given up long before the end of what it would have dripped
    assert len(mirror.asked) == 1


@pytest.mark.parametrize("damage", [b"", b"half", FILES[IMAGES][:-1] + b"\xff"], ids=len)
def test_damaged_copy_in_the_cache_is_replaced(cache, mirror, damage):
    load(mirror)
    (cache / f"{IMAGES}.gz").write_bytes(damage)
    mirror.asked.clear()
    X, _ = load(mirror)
    assert mirror.asked == [IMAGES]
    assert (X.array == pixels_of("t10k") / np.float32(255)).all()
    assert gzip.decompress((cache / f"{IMAGES}.gz").read_bytes()) == FILES[IMAGES]


SCRIPT = f"""
import sys
import nnlib
from nnlib import _mnist
_mnist._PARTS, _mnist._SHA256 = {PARTS!r}, {DIGESTS!r}
X, y = nnlib.datasets.mnist(False, mirrors=[sys.argv[1]], timeout=20)
print(len(X), int(y.sum()))
"""


def start(mirror):
    command = [sys.executable, "-c", SCRIPT, mirror.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_killed_half_way_leaves_nothing_behind(cache, mirror):
    half_sent, go_on = threading.Event(), threading.Event()

    def half(request, name, body):
        request.reply(body[: len(body) // 2], length=len(body))
        half_sent.set()
        go_on.wait(20)
        return True

    mirror.misbehave = half
    process = start(mirror)
    try:
        assert half_sent.wait(20)
    finally:
        process.kill()
        process.communicate()
        go_on.set()
    assert listing(cache) == []
    mirror.misbehave = lambda *request: False
    assert len(load(mirror)[0]) == COUNT


def test_two_processes_at_once(cache, mirror):
    together = threading.Barrier(2)

    def both(request, name, body):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(10)
        return False

    mirror.misbehave = both
    processes = [start(mirror), start(mirror)]
    answers = [process.communicate(timeout=60) for process in processes]
    expected = f"{COUNT} {sum(FILES['t10k-labels-idx1-ubyte'][8:])}\n"
    assert answers == [(expected, "")] * 2
    assert sorted(mirror.asked) == sorted([IMAGES, "t10k-labels-idx1-ubyte"] * 2)
    assert listing(cache) == [f"{IMAGES}.gz", "t10k-labels-idx1-ubyte.gz"]


def test_failed_write_leaves_nothing(cache, mirror, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        load(mirror)
    assert listing(cache) == []


@pytest.mark.parametrize("inside", ["", "mnist"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gz", "raw"])
def test_files_that_are_already_there(cache, tmp_path, monkeypatch, inside, pack):
    folder = tmp_path / "given"
    (folder / inside).mkdir(parents=True)
    for name, data in FILES.items():
        (folder / inside / (name + (".gz" if pack is gzip.compress else ""))).write_bytes(
            pack(data)
        )
    monkeypatch.setenv("NNLIB_DATA", str(folder))
    X, y = load(train=True)
    assert (X.array == pixels_of("train") / np.float32(255)).all()
    assert len(y) == COUNT
    assert listing(cache) == []


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, FileNotFoundError, r"NNLIB_DATA: expected t10k-images-idx3-ubyte or .*\.gz in "),
        (b"", ValueError, f"idx3-ubyte: expected {SIZE} bytes, got 0 bytes"),
        (FILES[IMAGES] + b"\0", ValueError, "got more"),
        (FILES[IMAGES][:-1] + b"\xff", ValueError, "expected SHA-256"),
        (PACKED[IMAGES][:999], ValueError, "cut short"),
        (BOMB, ValueError, "got more"),
        (b"\x1f\x8b" + bytes(50), ValueError, "damaged"),
    ],
    ids=["absent", "empty", "longer", "wrong", "truncated", "bomb", "no gzip"],
)
def test_wrong_files_that_are_already_there(
    cache, mirror, tmp_path, monkeypatch, content, error, message
):
    if content is not None:
        (tmp_path / IMAGES).write_bytes(content)
    monkeypatch.setenv("NNLIB_DATA", str(tmp_path))
    with pytest.raises(error, match=message) as raised:
        load(mirror)
    assert str(tmp_path) in str(raised.value)
    assert mirror.asked == []


def test_bomb_is_not_unpacked(cache, tmp_path, monkeypatch):
    (tmp_path / IMAGES).write_bytes(BOMB)
    monkeypatch.setenv("NNLIB_DATA", str(tmp_path))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="got more"):
            load()
        assert tracemalloc.get_traced_memory()[1] < 10 * SIZE < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"train": 1}, TypeError, "train: expected True or False, got int"),
        ({"train": "test"}, TypeError, "train: expected True or False, got str"),
        ({"mirrors": "http://127.0.0.1/"}, TypeError, "mirrors: expected a list of addresses"),
        ({"mirrors": [None]}, TypeError, "mirrors: expected a list of addresses"),
        ({"timeout": 0}, ValueError, "timeout: expected more than 0 seconds, got 0"),
        ({"timeout": float("nan")}, ValueError, "timeout: expected more than 0 seconds, got nan"),
        ({"mirrors": ["no address"]}, ConnectionError, "no address/train-images.*unknown url"),
        ({"mirrors": []}, ConnectionError, "no mirror delivered train-images-idx3-ubyte.gz"),
    ],
)
def test_bad_arguments(cache, arguments, error, message):
    with pytest.raises(error, match=message):
        mnist(**{"mirrors": [], **arguments})


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/nnlib"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/nnlib"),
        ("linux", {}, "/home/me/.cache/nnlib"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/home/me/Library/Caches/nnlib"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/nnlib"),
        ("win32", {}, "/home/me/AppData/Local/nnlib"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="the expected paths are written the POSIX way")
def test_cache_directory(monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", "/home/me")
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _mnist._cache_directory() == expected


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_bar_in_a_terminal_only(cache, mirror, monkeypatch):
    pytest.importorskip("tqdm", reason="the bar needs the progress extra")
    monkeypatch.setattr(sys, "stderr", Terminal())
    load(mirror)
    assert re.search(rf"{IMAGES}\.gz: 100%", sys.stderr.getvalue())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    for name in listing(cache):
        (cache / name).unlink()
    load(mirror)
    assert sys.stderr.getvalue() == ""


def test_no_progress_bar_without_tqdm(cache, mirror, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert len(load(mirror)[0]) == COUNT
    assert sys.stderr.getvalue() == ""


def test_importing_nnlib_loads_no_network_code():
    code = (
        "import sys, nnlib; print([m for m in ('http.client', 'ssl', 'tqdm') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(("train", "n", "ones"), [(True, 60_000, 6742), (False, 10_000, 1135)])
def test_the_real_files(mnist_files, train, n, ones):
    X, y = mnist(train)
    assert X.shape == (n, 1, 28, 28)
    assert (X.array.min(), X.array.max()) == (0, 1)
    assert int((y == 1).array.sum()) == ones
    assert y[:5].tolist() == ([5, 0, 4, 1, 9] if train else [7, 2, 1, 0, 4])
