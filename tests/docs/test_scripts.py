"""Each of our scripts has a hash in its name, and whoever asks for it, in whatever way, knows it.
A name that stayed as it was would have a browser run the script that it kept from another visit."""

import re
from pathlib import Path

import pytest
from machine import scripts
from machine.pages import DOCS
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_WAYS = {
    "imported": 'import { x } from "{}";',
    "imported for what it does": "import '{}';",
    "passed on": 'export * from "{}";',
    "imported later": "const x = await import(`{}`);",
    "a worker": 'new Worker(new URL("{}", import.meta.url), { type: "module" });',
}
_HASHED = re.compile(r"\.[0-9a-f]{8}\.js\b")


def _tree() -> dict[str, str]:
    """A page's script asks for one that waits in a folder, and that for one beside the first."""
    return {
        "assets/page.js": 'import "./deep/er/part.js";',
        "assets/deep/er/part.js": 'import "../../kit.js";',
        "assets/kit.js": "export const x = 1;",
        "assets/alone.js": "1;",
    }


@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize("wanted", ["./b.js", "../b.js", "./deep/b.js"])
def test_a_script_asks_by_the_new_name(way: str, wanted: str) -> None:
    path = scripts.resolved(wanted, "assets/live/a.js")
    sources = {"assets/live/a.js": way.replace("{}", wanted), path: "1;"}
    names = scripts.named(sources)
    assert _HASHED.search(names[path])
    new = wanted.replace("b.js", Path(names[path]).name)
    written = scripts.asking(sources["assets/live/a.js"], "assets/live/a.js", names)
    assert written == way.replace("{}", new)


@pytest.mark.parametrize(
    ("changed", "renamed"),
    [
        ("assets/kit.js", {"assets/kit.js", "assets/deep/er/part.js", "assets/page.js"}),
        ("assets/deep/er/part.js", {"assets/deep/er/part.js", "assets/page.js"}),
        ("assets/alone.js", {"assets/alone.js"}),
    ],
)
def test_who_asks_for_a_changed_script_has_a_new_name_too(changed: str, renamed: set[str]) -> None:
    before, tree = scripts.named(_tree()), _tree()
    tree[changed] += " "
    after = scripts.named(tree)
    assert {path for path in tree if before[path] != after[path]} == renamed


def test_scripts_that_ask_for_one_another_are_named() -> None:
    tree = {"assets/a.js": 'import "./b.js";', "assets/b.js": 'import "./a.js";'}
    before = scripts.named(tree)
    after = scripts.named({**tree, "assets/b.js": 'import "./a.js"; 1;'})
    assert all(before[path] != after[path] for path in tree)
    assert len(set(before.values())) == 2


def test_a_script_that_is_not_there_stops_the_build() -> None:
    with pytest.raises(scripts.ScriptError, match=r"assets/a\.js: .*got assets/gone\.js"):
        scripts.named({"assets/a.js": 'import "./gone.js";'})
    # What only the reader's browser can complete cannot be renamed.
    with pytest.raises(scripts.ScriptError, match=r"assets/a\.js"):
        scripts.named({"assets/a.js": "import(`./${name}.js`);"})
    assert set(scripts.named({"assets/a.js": 'import "./made.js";'}, {"assets/made.js"})) == {
        "assets/a.js"
    }


@pytest.mark.parametrize("before", ["", "../", "../../", "/", "/docs/"])
@pytest.mark.parametrize("attribute", ["src", "href", "data-worker"])
def test_a_page_names_the_script_from_wherever_it_stands(before: str, attribute: str) -> None:
    names = {"assets/a.js": "assets/a.00000000.js", "assets/deep/a.js": "assets/deep/a.11111111.js"}
    page = f'<x {attribute}="{before}assets/a.js"><x {attribute}="{before}assets/deep/a.js">'
    assert scripts.link(page, names) == page.replace("/a.js", "/a.00000000.js", 1).replace(
        "/a.js", "/a.11111111.js"
    )


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://example.org/assets/a.js">',
        '<a href="assets/a.json">',
        '<a href="other-assets/a.js">',
        "<code>assets/a.js</code>",
    ],
)
def test_what_is_no_script_of_ours_stays(page: str) -> None:
    assert scripts.link(page, {"assets/a.js": "assets/a.00000000.js"}) == page


def test_every_script_of_the_site_is_served_under_its_new_name_alone() -> None:
    config = MkDocsConfig()
    config.load_dict({"site_name": "x", "docs_dir": str(DOCS), "site_dir": "site"})
    assert config.validate() == ([], [])
    # As MkDocs does while it runs a hook, which this is called from.
    config.plugins._current_plugin = "hooks.py"
    ours = sorted(path.relative_to(DOCS).as_posix() for path in (DOCS / "assets").rglob("*.js"))
    theirs = "assets/javascripts/bundle.js"
    files = Files(File(path, str(DOCS), "site", True) for path in ours)
    files.append(File.generated(config, theirs, content="1;"))
    scripts.add(files, config)
    names = config.extra["scripts"]
    assert list(names) == ours
    assert {file.src_uri for file in files} == {theirs, *names.values()}
    for path, name in names.items():
        assert _HASHED.search(name)
        served = files.get_file_from_path(name)
        assert served is not None
        asked = re.findall(r"""["'`](\.\.?/[^"'`]+\.js)["'`]""", served.content_string)
        assert all(scripts.resolved(one, path) in names.values() for one in asked)
