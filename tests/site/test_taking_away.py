"""Takes the site away as readers can: unpacks it and reads it without a server, installs its wheel.
A browser gives files fewer rights than a server's answers, so what works online proves nothing
here."""

import posixpath
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from machine.offline import OfflineError, pack
from playwright.sync_api import Browser, Page, expect
from running import python
from site_building import EXPLAINERS, ROOT, SOURCES
from site_html import Element, article, read
from site_reading import read_to_the_end, wait_until

_ANOTHER_PLACE = re.compile(r"[a-z][a-z0-9+.-]*:|#|$")
# What a page was still fetching when it was left; a file that is not there fails otherwise.
_DROPPED = "net::ERR_ABORTED"
_MODULE = '<head><meta charset="utf-8"></head><script src="a.js" type="module"></script>'


@pytest.fixture(scope="session")
def unpacked(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a reader gets, under a name that an address has to spell otherwise."""
    folder = tmp_path_factory.mktemp("a reader's disk")
    with zipfile.ZipFile(site / "offline.zip") as archive:
        archive.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


@pytest.fixture
def open_file(browser: Browser, unpacked: Path) -> Iterator[Callable[..., Page]]:
    """Opens a file of the copy; no request may fail and the browser may not complain."""
    complaints: list[str] = []
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)

    def open_(path: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "requestfailed",
            lambda r: None if r.failure == _DROPPED else complaints.append(f"{r.url}: {r.failure}"),
        )
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None,
        )
        page.on(
            "request",
            lambda r: (
                None if r.url.startswith(("file:", "data:", "blob:")) else complaints.append(r.url)
            ),
        )
        page.goto((unpacked / path).as_uri())
        page.evaluate("document.fonts.ready")
        return page

    yield open_
    context.close()
    assert not complaints


def _links(root: Element) -> list[str]:
    return [
        value
        for element in root.walk()
        for key, value in element.attributes.items()
        if key in {"href", "src"} and not _ANOTHER_PLACE.match(value)
    ]


def test_each_link_of_the_copy_leads_to_a_file(unpacked: Path) -> None:
    pages = sorted(unpacked.rglob("*.html"))
    assert len(pages) == len(SOURCES)
    for page in pages:
        links = _links(read(page))
        assert links
        lost = [link for link in links if not (page.parent / re.split("[?#]", link)[0]).is_file()]
        assert lost == [], page


def test_the_archive_does_not_hold_itself(unpacked: Path, site: Path) -> None:
    assert not list(unpacked.rglob("*.zip"))
    (link,) = [
        a.attributes["href"]
        for a in article(unpacked / "index.html").all("a")
        if a.attributes.get("href", "").endswith(".zip")
    ]
    assert link.startswith("http")
    assert (site / posixpath.basename(link)).is_file()


def test_each_part_opens_from_disk(open_file: Any) -> None:
    # One of each part: what differs from page to page, its links, is looked at above.
    for path in {path.partition("/")[0]: path for path in SOURCES}.values():
        page: Page = open_file(f"{path}index.html")
        header = "getComputedStyle(document.querySelector('.md-header')).position"
        assert page.evaluate(header) == "sticky"
        page.close()


def test_the_copy_reads_as_the_site_does(open_file: Any, unpacked: Path) -> None:
    page: Page = open_file("index.html")
    picture = page.locator(".nn-picture svg >> visible=true").first
    assert picture.evaluate("svg => svg.getBoundingClientRect().height") > 100
    page.locator(".md-footer__link--next").click()
    first = [path for path in EXPLAINERS if path]
    assert page.url in {(unpacked / path / "index.html").as_uri() for path in first}
    page.locator(".md-logo").first.click()
    assert page.url == (unpacked / "index.html").as_uri()
    block = page.locator("article .language-python.highlight:visible").first
    block.get_by_role("button", name="Copy to clipboard").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (block.locator("code").text_content() or "").rstrip("\n")
    scheme = "document.body.dataset.mdColorScheme"
    assert page.evaluate(scheme) == "default"
    page.locator(".md-header form label:visible").first.click()
    page.locator(".md-header form label:visible").first.click()
    assert page.evaluate(scheme) == "slate"
    page.reload()
    assert page.evaluate(scheme) == "slate"


def test_the_copy_remembers_what_was_read(open_file: Any, unpacked: Path) -> None:
    page: Page = open_file("pieces/neuron/index.html")
    read_to_the_end(page)
    page.goto((unpacked / "index.html").as_uri())
    expect(page.locator(".nn-contents a.nn-read")).to_have_text("A neuron")


def test_the_search_of_the_copy_finds_and_opens(open_file: Any, unpacked: Path) -> None:
    page: Page = open_file("learning/losses/index.html")
    page.keyboard.press("f")
    page.keyboard.type("momentum")
    result = page.locator(".md-search-result__item > a", has_text="momentum").first
    expect(result).to_be_visible()
    result.click()
    wait_until(page, "location.search.includes('momentum')")
    assert re.split("[?#]", page.url)[0] in {path.as_uri() for path in unpacked.rglob("*.html")}
    expect(page.locator("article mark[data-md-highlight]").first).to_be_visible()


def test_the_font_for_formulas_is_in_the_copy(open_file: Any) -> None:
    page: Page = open_file("learning/losses/index.html")
    assert page.evaluate("document.fonts.load('16px \"NN Math\"').then(loaded => loaded.length)")


def test_a_script_that_no_disk_can_serve_stops_the_packing(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "search_index.json").write_text('{"docs": []}', encoding="utf-8")
    (tmp_path / "index.html").write_text(_MODULE, encoding="utf-8")
    (tmp_path / "a.js").write_text("const a = 1;\n", encoding="utf-8")
    pack(tmp_path, "https://example.org/")
    assert (tmp_path / "offline.zip").is_file()
    (tmp_path / "a.js").write_text('import "./b.js";\n', encoding="utf-8")
    with pytest.raises(OfflineError, match=r"a\.js: expected imports of one level"):
        pack(tmp_path, "https://example.org/")


def test_the_wheel_installs_from_the_site(site: Path, server: str, tmp_path: Path) -> None:
    (shown,) = [
        code.text
        for code in article(site / "index.html").all("code")
        if code.text.startswith("pip install http")
    ]
    wheel = shown.rpartition("/")[2]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-index", "--target", str(tmp_path), server + wheel),
        ],
        check=True,
    )
    sources = [path.relative_to(ROOT) for path in sorted((ROOT / "nnlib").rglob("*.py"))]
    installed = [path for path in sources if path.name != "conftest.py"]
    for path in installed:
        assert (tmp_path / path).read_bytes() == (ROOT / path).read_bytes(), path
    example = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import nnlib; print(nnlib.__file__)"
    )
    assert python("-c", example, folder=tmp_path).startswith(str(tmp_path))
