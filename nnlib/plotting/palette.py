"""The colours of every picture, each with its light and its dark value.

They live apart from the drawing code so that the site can write its style sheet from them without
loading Matplotlib.
"""

from typing import Any

# Pictures are drawn in the light values; the site replaces each exact value by a CSS variable of
# the same name, which is how one SVG serves both schemes.
PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#1f2328", "#e6e8eb"),
    "muted": ("#59636e", "#a9b2bd"),
    "grid": ("#d5d9de", "#3b424c"),
    "paper": ("#ffffff", "#1e2129"),
    "blue": ("#0b5fa5", "#74b6f4"),
    "orange": ("#b84a00", "#ff9f5a"),
    "green": ("#00735c", "#45c9a6"),
    "purple": ("#8a3f8f", "#d79bdc"),
    "red": ("#c02434", "#ff8a8f"),
    "gold": ("#8a6100", "#e3b341"),
    "soft_blue": ("#d7e7f6", "#17334b"),
    "soft_orange": ("#fbe4d3", "#4a2b14"),
    "soft_green": ("#d3efe6", "#123c33"),
    "soft_grey": ("#eef0f3", "#2a2f38"),
}

LIGHT: dict[str, str] = {name: light for name, (light, _) in PALETTE.items()}

# The order in which classes and curves take their colour. Each has its own marker and dash too, so
# that nothing is told by colour alone.
SERIES: tuple[str, ...] = ("blue", "orange", "green", "purple", "red", "gold")
MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), ":", (0, (6, 2, 1.5, 2)), (0, (9, 3)), "-.")
