"""Teaches the search the names of `nnlib` as readers write them: whole, with the dots in them.
A heading of the reference says `Linear`, and the code that made somebody ask says `nn.Linear`."""

import json
import re
from pathlib import Path

INDEX = "search/search_index.json"
_NAME = re.compile(r"nnlib\.(?:\w+\.)*?(?:(?P<owner>\w+)\.)?(?P<last>\w+)")


def name_entries(site: Path) -> None:
    """Adds to each entry of the reference in the built index the names that it goes by."""
    path = site / INDEX
    index = json.loads(path.read_text(encoding="utf-8"))
    for entry in index["docs"]:
        name = _NAME.fullmatch(entry["location"].partition("#")[2])
        if name is None or entry["title"] != name["last"]:
            continue
        if name["owner"]:
            entry["title"] += f" ({name['owner']}.{name['last']})"
        entry["text"] = f"<p><code>{name.group()}</code></p> {entry['text']}"
    path.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
