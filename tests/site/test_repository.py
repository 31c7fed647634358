"""A reader who finds a mistake is led to where it is reported or mended, if that place is known.
Whoever builds the site gives the address; without it no link may lead into the void."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from site_building import FRONT_MATTER, ROOT, empty_project, mkdocs_build
from site_html import Element, read

_REPOSITORY = "https://example.org/somebody/something"
_FORM = ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong-page.yml"
_PAGES = {
    "index.md": FRONT_MATTER + "# A notebook\n\n```python\nx = 1\n```\n",
    "part/plain.md": "---\ndescription: Nothing but words.\n---\n\n# Plain\n\nWords.\n",
}
_BUILT = {"index.md": "index.html", "part/plain.md": "part/plain/index.html"}


def _build(folder: Path, repository: str) -> Path:
    project = empty_project(folder / "project")
    for name, text in _PAGES.items():
        (project / "docs" / name).parent.mkdir(exist_ok=True)
        (project / "docs" / name).write_text(text, encoding="utf-8")
    nav = f"INHERIT: mkdocs.yml\nnav: {list(_PAGES)}\n"
    (project / "small.yml").write_text(nav, encoding="utf-8")
    done = mkdocs_build(project / "small.yml", folder / "site", REPO_URL=repository)
    assert done.returncode == 0, done.stdout
    return folder / "site"


def _away(page: Path) -> list[Element]:
    return [a for a in read(page).all("a") if a.attributes.get("href", "").startswith("http")]


@pytest.mark.thorough
@pytest.mark.parametrize("slash", ["", "/"])
def test_each_page_says_where_it_is_reported_and_mended(tmp_path: Path, slash: str) -> None:
    site = _build(tmp_path, _REPOSITORY + slash)
    for source, page in _BUILT.items():
        # The theme's own link is one by which its script would ask the host for numbers.
        assert 'data-md-component="source"' not in (site / page).read_text(encoding="utf-8")
        links = {a.text.split(" (")[0]: a.attributes["href"] for a in _away(site / page)}
        asked = urlsplit(links["Say so"])
        assert links["Say so"].startswith(f"{_REPOSITORY}/issues/new?")
        assert parse_qs(asked.query) == {"template": [_FORM.name], "page": [source]}
        assert links["mend it"] == f"{_REPOSITORY}/edit/main/docs/{source}"
    assert all(a.attributes["href"].startswith(_REPOSITORY) for a in _away(site / "404.html"))


@pytest.mark.thorough
def test_where_no_repository_is_known_no_page_links_to_one(tmp_path: Path) -> None:
    site = _build(tmp_path, "")
    for page in (*_BUILT.values(), "404.html"):
        assert _away(site / page) == []
        assert "Something wrong" not in (site / page).read_text(encoding="utf-8")


def test_the_form_has_the_field_that_the_link_fills_in() -> None:
    fields = {field["id"] for field in yaml.safe_load(_FORM.read_text(encoding="utf-8"))["body"]}
    assert {"page", "wrong"} <= fields
