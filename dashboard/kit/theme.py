"""One palette, one dash, one marker and one width for each method, for light and dark pages.

Colours are Okabe and Ito's, darkened on white where they would be too pale to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["light", "dark"]

FONT = "Source Sans, Source Sans Pro, sans-serif"
LABEL_SIZE = 17
AXIS_SIZE = 17
# Opacity of what says nothing where it is, and is drawn all the same.
FADED = 0.35


@dataclass(frozen=True)
class Style:
    """How a method is drawn, the same everywhere, and told from every other one without colour too.

    Attributes:
        light, dark: its colour on a light and on a dark page, each with a contrast of at least 4.5
            to the page, and no nearer to another method's than 0.15 in the cube of channels.
        dash: of its bounds, and of no other method; the measured line is solid.
        marker: Plotly symbol that dashboard/chart/glyphs.js knows, and no other method has.
        width: of the measured line. Methods that may coincide differ, so that both are seen.
    """

    light: str
    dark: str
    dash: str
    marker: str
    width: float

    def color(self, mode: Mode) -> str:
        """The colour for this page."""
        return self.dark if mode == "dark" else self.light


METHOD_STYLES: dict[str, Style] = {
    "itd": Style("#BD4F00", "#F07B1D", "12px,6px", "square", 7),
    "itd-truncated": Style("#8B5A2B", "#E69F00", "12px,4px,3px,4px", "diamond", 5.5),
    "one-step": Style("#A8457F", "#CC79A7", "7px,3px,2px,3px,2px,3px", "x", 3.5),
    "itd-forward": Style("#6B4E9B", "#B79CED", "5px,3px", "diamond-tall", 2.5),
    "aid-fp": Style("#0072B2", "#56B4E9", "9px,5px", "circle", 3.5),
    "aid-cg": Style("#00805C", "#1FC79A", "16px,5px,4px,5px", "triangle-up", 3.5),
    "aid-cgnr": Style("#5B6470", "#AEB6C2", "10px,3px,2px,3px", "triangle-down", 3.5),
    "aid-gmres": Style("#857400", "#F0E442", "14px,3px,6px,3px", "star", 3.5),
    "aid-chebyshev": Style("#123014", "#B4FF96", "18px,4px,2px,4px,2px,4px", "cross", 3.5),
    "aid-minres": Style("#8A00D4", "#8878FF", "6px,4px,6px,4px,2px,4px", "hourglass", 3.5),
}

# In a key, for the bounds of all methods.
BOUND_DASH = METHOD_STYLES["aid-fp"].dash

# The summands of a bound, in the formula and wherever they are drawn: next to the curves of the
# most common methods, so none has the colour of one of these.
TERM_COLORS: dict[str, tuple[str, str]] = {
    "inner problem": ("#5B4BA8", "#B79CED"),
    "drift": ("#A8457F", "#E58BBB"),
    "adjoint": ("#7A6A00", "#D9C63A"),
}


def term_color(name: str, mode: Mode) -> str:
    """The colour of a summand of a bound."""
    light, dark = TERM_COLORS[name]
    return dark if mode == "dark" else light


def faded(color: str, opacity: float) -> str:
    """A hex colour with an opacity, for fills."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def halo(mode: Mode) -> str:
    """A text shadow of about the page's own colour, for what stands before a curve."""
    return ", ".join([f"0 0 3px {'#0F1319' if mode == 'dark' else '#FFFFFF'}"] * 4)


def neutral(mode: Mode) -> str:
    """For lines that belong to no method: the target accuracy and the floor."""
    return "#C9CED6" if mode == "dark" else "#4A4F57"
