"""What turns one Markdown file into a page, a test, a notebook and a script.
Both the site's build (`hooks.py`) and the tests (`conftest.py`) import from here, so that they
cannot disagree."""
