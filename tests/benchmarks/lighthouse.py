"""Measures every page of a built site with Lighthouse, as a mid-range phone on a slow network.
By hand, because it takes a minute a page and needs Node: `python tests/benchmarks/lighthouse.py
site`, or with some pages after it, such as `pieces/neuron/`.

Lighthouse itself is installed by `npm install lighthouse`; LIGHTHOUSE and CHROMIUM name the two
programs where they are not on the path."""

import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_RUNS = 3
_WANTED = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
_SHIFT_LIMIT = 0.01
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_COMPRESSED = (".html", ".css", ".js", ".json", ".svg", ".xml")


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves as hosts of pages do: compressed, and to be kept for ten minutes."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Says nothing: what counts is the table at the end."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix in _COMPRESSED:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _program(variable: str, *names: str) -> str:
    found = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise SystemExit(f"{' or '.join(names)}: not on the path, and {variable} is not set")
    return found


def measure(address: str) -> dict[str, Any]:
    """Lighthouse's report of one visit."""
    done = subprocess.run(
        [
            *(_program("LIGHTHOUSE", "lighthouse"), address, "--quiet", "--output=json"),
            f"--only-categories={','.join(_WANTED)}",
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        env={**os.environ, "CHROME_PATH": _program("CHROMIUM", *_BROWSERS)},
        capture_output=True,
        text=True,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def main(site: Path, pages: list[str]) -> int:
    """Prints the medians of three visits to each page, and what keeps a page from its goal."""
    if not pages:
        found = sorted(path.parent.relative_to(site) for path in site.rglob("index.html"))
        pages = ["" if path == Path() else f"{path.as_posix()}/" for path in found]
    handler = functools.partial(_Handler, directory=str(site))
    short = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"{'page':40} {' '.join(f'{name:>14}' for name in _WANTED)} {'shift':>6}")
        for page in pages:
            reports = [
                measure(f"http://127.0.0.1:{server.server_port}/{page}") for _ in range(_RUNS)
            ]
            scores = {
                name: statistics.median(report["categories"][name]["score"] for report in reports)
                for name in _WANTED
            }
            shift = statistics.median(
                report["audits"]["cumulative-layout-shift"]["numericValue"] for report in reports
            )
            columns = " ".join(f"{score * 100:14.0f}" for score in scores.values())
            print(f"{page or 'home':40} {columns} {shift:6.3f}", flush=True)
            missed = [name for name, goal in _WANTED.items() if scores[name] * 100 < goal]
            if missed or shift > _SHIFT_LIMIT:
                short += 1
                _explain(reports[-1], missed)
        server.shutdown()
    return 1 if short else 0


def _explain(report: dict[str, Any], categories: list[str]) -> None:
    for category in categories:
        for reference in report["categories"][category]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"    {category}: {audit['title']} {audit.get('displayValue', '')}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
