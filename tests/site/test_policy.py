"""Holds each page to its content security policy, and the policy to what it is for.
`open_page` fails a test whose page breaks the policy, because the browser complains of it."""

import re
from typing import Any

import pytest
from machine.live import META
from machine.policy import hashes, with_policy
from playwright.sync_api import Page
from site_building import built
from site_html import read
from site_reading import unfold

_TRIED_ON = ["", "learning/backpropagation/", "404.html"]
_RECORD = """window.violations = [];
addEventListener("securitypolicyviolation", event =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));"""
_INJECT = """() => {
  const script = document.createElement("script");
  script.textContent = "window.injected = true";
  document.body.append(script);
  return new Promise(done => setTimeout(() => done(window.injected === true), 100));
}"""


def _directives(site: Any, page_path: str) -> dict[str, list[str]]:
    (policy,) = [
        meta.attributes["content"]
        for meta in read(built(site, page_path)).all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return {name: values for name, *values in map(str.split, policy.split(";"))}


def test_the_policy_lets_nothing_in_that_it_does_not_name(site: Any, page_path: str) -> None:
    directives = _directives(site, page_path)
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"][0] == "'self'"
    others = [v for v in directives["script-src"][1:] if not re.fullmatch("'sha256-.{43}='", v)]
    page = built(site, page_path).read_text(encoding="utf-8")
    runs = 'data-block="' in page or 'id="nn-bench"' in page
    assert others == (["'wasm-unsafe-eval'"] if runs and META in page else [])
    for name, values in directives.items():
        assert not {"*", "http:", "https:", "'unsafe-eval'"} & set(values), name
        # A shape's own style can colour it and no more.
        assert ("'unsafe-inline'" in values) == (name == "style-src-attr"), name


def test_the_policy_stands_before_all_that_it_binds(site: Any, page_path: str) -> None:
    (head,) = read(built(site, page_path)).all("head")
    first, second = [element for element in head.children if not isinstance(element, str)][:2]
    assert first.attributes == {"charset": "utf-8"}
    assert second.attributes["http-equiv"] == "Content-Security-Policy"


def test_no_element_carries_a_script(site: Any, page_path: str) -> None:
    for element in read(built(site, page_path)).walk():
        assert not [name for name in element.attributes if name.startswith("on")], element
        assert not element.attributes.get("href", "").startswith("javascript:"), element


@pytest.mark.parametrize("path", _TRIED_ON)
def test_nothing_that_a_reader_does_breaks_the_policy(open_page: Any, path: str) -> None:
    page: Page = open_page(path)
    page.add_init_script(_RECORD)
    page.reload()
    page.keyboard.press("f")
    page.keyboard.type("softmax")
    page.wait_for_selector(".md-search-result__item")
    page.locator("[data-md-component=search-share]").click()
    page.keyboard.press("Escape")
    unfold(page)
    for button in page.get_by_role("button", name="Copy to clipboard").all()[:1]:
        button.press("Enter")
        page.wait_for_selector(".md-dialog--active")
    for _ in range(3):
        page.locator(".md-header form label:visible").first.click()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("violations") == []


@pytest.mark.everyday
def test_a_script_that_gets_into_the_page_does_not_run(open_page: Any) -> None:
    """What the tests above could not show if the browser did not heed the policy at all."""
    page: Page = open_page("", blocked="**/no-such-address")
    page.add_init_script(_RECORD)
    page.reload()
    assert page.evaluate(_INJECT) is False
    assert page.evaluate("violations.map(text => text.split(' ')[0])") == ["script-src-elem"]
    assert open_page("", bypass_csp=True).evaluate(_INJECT) is True


def test_each_script_in_a_page_is_allowed_and_no_data_is() -> None:
    """The hash is the one that the specification gives for its own example (CSP Level 3)."""
    page = (
        '<head><meta charset="utf-8"></head><script src="b.js"></script>'
        """<script>alert('Hello, world.');</script><script type="application/json">{}</script>"""
    )
    assert hashes(page) == ["'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"]
    safe = with_policy(page)
    assert safe.index("Content-Security-Policy") < safe.index("<script")
