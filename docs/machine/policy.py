"""Says on each page what the browser may run and fetch: what this site serves, and nothing else.
The theme writes a few small scripts into its pages; each is allowed by its hash, so that a script
which gets into a page in any other way does not run."""

import base64
import hashlib
import re

_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
_SOURCE = re.compile(r"""(?:^|\s)src=""")
_TYPE = re.compile(r"""(?:^|\s)type=["']?(?P<type>[^"'\s>]+)""")
_META = re.compile(r'\s*<meta http-equiv="Content-Security-Policy"[^>]*>')
_PYTHON = '<meta name="nn-python"'
_CHARSET = '<meta charset="utf-8">'
_RUN = frozenset({"module", "text/javascript", "application/javascript"})


class PolicyError(ValueError):
    """A page that cannot be given a policy."""


def hashes(page: str) -> list[str]:
    """The hash of each script that stands in the page itself, as a policy names it."""
    found = set()
    for script in _SCRIPT.finditer(page):
        kind = _TYPE.search(script["attributes"])
        if _SOURCE.search(script["attributes"]) or (kind and kind["type"] not in _RUN):
            continue
        digest = hashlib.sha256(script["code"].encode()).digest()
        found.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return sorted(found)


def _python(page: str) -> list[str]:
    """WebAssembly may be compiled where Python is to run, and nothing else that is not a file."""
    return ["'wasm-unsafe-eval'"] if _PYTHON in page else []


def policy(page: str, *, here: str = "'self'", served: bool = False) -> str:
    """The page's content security policy; `here` is where its files come from.

    While it is `served` to its author, MkDocs adds a script that no hash can be made for.
    """
    inline = ["'unsafe-inline'"] if served else hashes(page)
    directives = {
        "default-src": "'none'",
        "script-src": " ".join([here, *_python(page), *inline]),
        # The pictures' shapes carry their styles; a style cannot run anything.
        "style-src": here,
        "style-src-attr": "'unsafe-inline'",
        # Icons are drawn from addresses that hold the drawing itself.
        "img-src": f"{here} data:",
        "font-src": f"{here} data:",
        "connect-src": here,
        "worker-src": f"{here} blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def with_policy(page: str, *, here: str = "'self'", served: bool = False) -> str:
    """`page` with its policy, which binds only what stands below it: so it stands first."""
    head, charset, rest = page.partition(_CHARSET)
    if not charset or "<script" in head or "<link" in head:
        raise PolicyError(f"expected {_CHARSET} before anything that a browser fetches or runs")
    content = policy(page, here=here, served=served)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    return f"{head}{charset}\n      {meta}{rest}"


def without_policy(page: str) -> str:
    """The page as it was, for a copy that will need a policy of its own."""
    return _META.sub("", page, count=1)
