"""Makes Matplotlib's SVG part of the page: text that is text, colours that follow the page's light
or dark scheme.
What Matplotlib writes for a file of its own (fonts, global styles, ids, six decimals) would leak
into the page or weigh it down."""

import itertools
import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DECIMALS = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_FONT = re.compile(r"font:\s*(?P<style>[^;]*?)(?P<size>[\d.]+)px[^;]*")
_POINTS_TO_PIXELS = 4 / 3
# Written with two decimals, a point of a circle lies this near to it.
_ROUNDED = 0.02


class PictureError(ValueError):
    """A picture that cannot be shown truthfully in both schemes."""


def _short(number: re.Match[str]) -> str:
    return (
        f"{float(number.group()):.2f}".rstrip("0")
        .rstrip(".")
        .replace("-0.", "-.")
        .removeprefix("0")
        or "0"
    )


def _style(style: str, variables: Mapping[str, str], strict: bool) -> str:
    style = _FONT.sub(
        lambda m: (
            f"{'font-weight: bold; ' if 'bold' in m['style'] or '700' in m['style'] else ''}"
            f"{'font-style: italic; ' if 'italic' in m['style'] else ''}font-size: {m['size']}px"
        ),
        style,
    )
    kept = []
    for declaration in filter(None, (part.strip() for part in style.split(";"))):
        key, _, value = declaration.partition(":")
        value = value.strip()
        if key == "font-family":
            continue
        if key in {"fill", "stroke", "stop-color"} and value.startswith("#"):
            if value.lower() in variables:
                value = f"var(--nn-{variables[value.lower()]})"
            elif strict:
                raise PictureError(f"colour {value} has no counterpart in the dark scheme")
        kept.append(f"{key}:{_DECIMALS.sub(_short, value)}")
    return ";".join(kept)


def _shape(path: ET.Element) -> tuple[str, float] | None:
    """SVG's word for a mark that is a circle or a square, and half its width."""
    words = path.get("d", "").split()
    numbers = [float(word) for word in words if not word.isalpha()]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    half = max(map(abs, numbers), default=0)
    match "".join(word for word in words if word.isalpha()):
        # Eight curves; every third point is one that they pass through.
        case "MCCCCCCCCz" if all(abs(math.hypot(*at) - half) < _ROUNDED for at in points[::3]):
            return "circle", half
        case "MLLLz" if all(abs(x) == abs(y) == half for x, y in points) and _turns(points):
            return "rect", half
    return None


def _turns(points: list[tuple[float, float]]) -> bool:
    return len(set(points)) == 4 and all(
        (x == other_x) != (y == other_y)
        for (x, y), (other_x, other_y) in itertools.pairwise(points)
    )


def _declared(element: ET.Element) -> dict[str, str]:
    parts = filter(None, element.get("style", "").split(";"))
    return dict(part.split(":", 1) for part in parts)


def _name_marks(root: ET.Element) -> None:
    """Writes circles and squares as such: a browser builds a tree of its own for each `<use>`."""
    defined = {path.get("id"): path for path in root.iter(f"{_SVG}path") if "id" in path.attrib}
    shapes = {f"#{name}": (path, _shape(path)) for name, path in defined.items()}
    for use in root.iter(f"{_SVG}use"):
        path, shape = shapes.get(use.get("href", ""), (None, None))
        if path is None or shape is None:
            continue
        use.tag, half = f"{_SVG}{shape[0]}", shape[1]
        style = ";".join(f"{key}:{is_}" for key, is_ in (_declared(use) | _declared(path)).items())
        x, y = float(use.get("x", 0)), float(use.get("y", 0))
        place = (
            {"cx": x, "cy": y, "r": half}
            if shape[0] == "circle"
            else {"x": x - half, "y": y - half, "width": 2 * half, "height": 2 * half}
        )
        use.attrib = {key: _DECIMALS.sub(_short, f"{at:f}") for key, at in place.items()}
        use.set("style", style)
    used = {use.get("href") for use in root.iter(f"{_SVG}use")}
    for parent in list(root.iter()):
        for defs in parent.findall(f"{_SVG}defs"):
            for path in defs.findall(f"{_SVG}path"):
                if f"#{path.get('id')}" not in used:
                    defs.remove(path)
            if not len(defs):
                parent.remove(defs)


def _unwrap(root: ET.Element) -> None:
    """Takes away the groups that say nothing; Matplotlib wraps each mark in two of them."""
    for parent in list(root.iter()):
        waiting, kept = list(parent)[::-1], []
        while waiting:
            child = waiting.pop()
            if child.tag == f"{_SVG}g" and not child.attrib:
                waiting += list(child)[::-1]
            else:
                kept.append(child)
        parent[:] = kept


def themed(
    svg: str, *, alt: str, prefix: str, variables: Mapping[str, str], strict: bool = True
) -> str:
    """One `<svg>` element to stand inside a page.

    `alt` is what a screen reader says, `prefix` keeps the ids of two pictures apart,
    and `variables` maps each colour of the house palette to the name of its CSS variable.
    With `strict=False` other colours stay as they are: a reader may choose any.
    """
    root = ET.fromstring(svg)
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in list(root.iter()):
        if element.tag in {f"{_SVG}metadata", f"{_SVG}style"}:
            parents[element].remove(element)

    referenced: set[str] = set()
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == _HREF:
                del element.attrib[key]
                element.set("href", value)
            if key in {_HREF, "href"} and value.startswith("#"):
                referenced.add(value[1:])
            referenced.update(_REFERENCE.findall(value))

    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in referenced:
            element.set("id", f"{prefix}-{name}")
        for key, value in list(element.attrib.items()):
            if key == "style":
                value = _style(value, variables, strict)
            elif key in {"d", "transform", "x", "y", "width", "height", "points"}:
                value = _DECIMALS.sub(_short, value)
            elif key == "href" and value.startswith("#"):
                value = f"#{prefix}-{value[1:]}"
            value = _REFERENCE.sub(rf"url(#{prefix}-\1)", value)
            if value:
                element.set(key, value)
            else:
                del element.attrib[key]

    width, height = (
        float(root.get(side, "0").removesuffix("pt")) * _POINTS_TO_PIXELS
        for side in ("width", "height")
    )
    for unwanted in ("width", "height", "version"):
        root.attrib.pop(unwanted, None)
    root.set("width", f"{width:.0f}")
    root.set("height", f"{height:.0f}")
    # A picture out of sight is not laid out, and must take up its place all the same.
    root.set("style", f"aspect-ratio:{width:.0f}/{height:.0f}")
    root.set("role", "img")
    root.set("aria-label", alt)
    for element in root.iter():
        # Blank text between elements lays out the file, not the picture; in <text> it may be meant.
        if element.tag not in {f"{_SVG}text", f"{_SVG}tspan"}:
            element.text = (element.text or "").strip() or None
        element.tail = (element.tail or "").strip() or None
    _name_marks(root)
    _unwrap(root)
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    text = ET.tostring(root, encoding="unicode")
    return (
        re.sub(r' xmlns(:\w+)?="[^"]*"', "", text, count=0).replace(" />", "/>").replace("\n", " ")
    )
