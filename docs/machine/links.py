"""Marks the links that leave the site: for the eye by the stylesheet, for the ear by a word, and so
that the site they lead to learns nothing of where the reader came from."""

import re
from urllib.parse import urljoin, urlsplit

_LINK = re.compile(r"<a\b(?P<attributes>[^>]*)>(?P<text>.*?)</a>", re.DOTALL)
_HREF = re.compile(r"""\bhref=["'](?P<to>https?:[^"']*)["']""")
_REL = re.compile(r"""\s*\brel=["'](?P<rel>[^"']*)["']""")
_NEIGHBOUR = re.compile(r'\s*<link rel="(?:prev|next)"[^>]*>')
SAFE = ("noopener", "noreferrer")
HEARD = '<span class="nn-heard"> (another site)</span>'


def leaves(address: str, site: str) -> bool:
    """Whether an address is that of another site.

    >>> leaves("https://example.org/", "https://here.net/docs/")
    True
    >>> leaves("https://here.net/docs/page/", "https://here.net/docs/")
    False
    """
    home = urlsplit(urljoin(site, "."))
    there = urlsplit(address)
    return there.netloc != home.netloc or not there.path.startswith(home.path)


def unasked(page: str) -> str:
    """`page` without the mark by which the theme's script asks the repository's host for its stars.

    >>> unasked('<a href="https://example.org/us/it" class="md-source" data-md-component="source">')
    '<a href="https://example.org/us/it" class="md-source">'
    """
    return page.replace(' data-md-component="source"', "")


def unfetched(page: str) -> str:
    """`page` without the links in its head to the pages before and after it.

    Firefox fetches the next page because of them, and says on every page that the policy forbids
    it. The theme's keys for the two pages ask for them; `assets/site.js` has these keys instead.

    >>> unfetched('<link rel="next" href="../b/">')
    ''
    """
    return _NEIGHBOUR.sub("", page)


def mark(page: str, site: str) -> str:
    """`page` with each link to another site said to be one.

    >>> mark('<a href="https://example.org/">there</a>', "https://here.net/").partition("<span")[0]
    '<a href="https://example.org/" rel="noopener noreferrer">there'
    """

    def marked(link: re.Match[str]) -> str:
        to = _HREF.search(link["attributes"])
        if to is None or not leaves(to["to"], site) or HEARD in link["text"]:
            return link.group()
        given = _REL.search(link["attributes"])
        words = dict.fromkeys([*(given["rel"].split() if given else []), *SAFE])
        attributes = _REL.sub("", link["attributes"]).rstrip()
        return f'<a{attributes} rel="{" ".join(words)}">{link["text"]}{HEARD}</a>'

    return _LINK.sub(marked, page)
