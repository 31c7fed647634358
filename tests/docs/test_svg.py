"""Tries what is made of Matplotlib's SVG on small drawings: nothing that is seen may change.
How pictures look on the page is tried in a browser, in `tests/site`."""

from xml.etree import ElementTree as ET

import matplotlib.pyplot as plt
import pytest
from machine.svg import PictureError, themed

_VARIABLES = {"#1f5fa8": "blue", "#ffffff": "paper"}


def _drawing(inside: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="72pt" height="36pt">{inside}</svg>'
    )


def _themed(inside: str) -> ET.Element:
    picture = themed(_drawing(inside), alt="It.", prefix="p1", variables=_VARIABLES)
    return ET.fromstring(picture)


def _tags(picture: ET.Element) -> list[str]:
    return [element.tag for element in picture.iter()][1:]


def _marks(path: str) -> ET.Element:
    return _themed(
        f'<defs><path id="m" d="{path}" style="stroke: #ffffff"/></defs><g clip-path="url(#c)">'
        '<use xlink:href="#m" x="10" y="20.5" style="fill: #1f5fa8; stroke: #1f5fa8"/></g>'
    )


def _path_of(marker: str) -> str:
    """The outline that Matplotlib gives a mark, as it writes it."""
    figure, ax = plt.subplots()
    (line,) = ax.plot([0], [0], marker=marker)
    style = line._marker  # type: ignore[attr-defined]  # there is no public way to its outline
    outline = style.get_path().transformed(style.get_transform().scale(3))
    letters = {1: "M", 2: "L", 4: "C", 79: "z"}
    words = []
    for points, code in outline.iter_segments(curves=True):
        numbers = [] if code == 79 else [f"{number:.6f}" for number in points]
        words += [letters[int(code)], *numbers]
    plt.close(figure)
    return " ".join(words)


def test_a_circle_is_a_circle_where_the_mark_was() -> None:
    picture = _marks(_path_of("o"))
    assert _tags(picture) == ["g", "circle"]
    circle = picture[0][0]
    assert (circle.get("cx"), circle.get("cy"), circle.get("r")) == ("10", "20.5", "1.5")
    # What the mark says of itself goes before what is said where it is used.
    assert circle.get("style") == "fill:var(--nn-blue);stroke:var(--nn-paper)"


def test_a_square_is_a_rectangle_around_the_mark() -> None:
    picture = _marks(_path_of("s"))
    assert _tags(picture) == ["g", "rect"]
    names = ("x", "y", "width", "height")
    assert [picture[0][0].get(name) for name in names] == ["8.5", "19", "3", "3"]


@pytest.mark.parametrize("marker", ["^", "D", "x", "|", "p"])
def test_any_other_mark_stays_as_it_is(marker: str) -> None:
    assert _tags(_marks(_path_of(marker))) == ["defs", "path", "g", "use"]


def test_a_square_on_its_point_and_a_bow_are_not_squares() -> None:
    assert "use" in _tags(_marks("M 0 2 L 2 0 L 0 -2 L -2 0 z"))
    assert "use" in _tags(_marks("M -2 -2 L 2 2 L 2 -2 L -2 2 z"))


def test_groups_that_say_nothing_go_and_the_others_stay_in_order() -> None:
    path = '<path d="M 0 0 L 1 1"/>'
    picture = _themed(
        f'<g><g>{path}<g transform="scale(2)"><g>{path}</g></g></g></g><text x="1" y="2">A</text>'
    )
    assert _tags(picture) == ["path", "g", "path", "text"]


def test_a_colour_that_dark_mode_does_not_know_is_an_error() -> None:
    with pytest.raises(PictureError, match="#123456"):
        _themed('<path d="M 0 0" style="fill: #123456"/>')
