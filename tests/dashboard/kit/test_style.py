"""Every method can be told from every other, by colour, dash and marker, on both pages."""

from __future__ import annotations

import itertools
import re

import pytest
from colour_cases import SETTINGS, background, channels, contrast
from frames import ROOT

from dashboard.kit.theme import METHOD_STYLES, TERM_COLORS, Mode, Style, faded, neutral, term_color
from hypergrad_core import METHODS, Scenario, run

MODES: tuple[Mode, ...] = ("light", "dark")


def test_contrast_is_measured_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_method_has_a_style() -> None:
    assert METHOD_STYLES.keys() == METHODS.keys()


def test_every_summand_of_a_bound_has_a_colour() -> None:
    experiment = run(Scenario(methods=tuple(METHODS), size=4, horizon=2))
    names = {term.name for curve in experiment.curves for term in curve.paper.terms}
    assert names == TERM_COLORS.keys()


@pytest.mark.parametrize("mode", MODES)
def test_methods_differ_in_colour(mode: Mode) -> None:
    colors = {key: channels(style.color(mode)) for key, style in METHOD_STYLES.items()}
    for one, other in itertools.combinations(colors, 2):
        apart = zip(colors[one], colors[other], strict=True)
        distance = sum((a - b) ** 2 for a, b in apart) ** 0.5
        assert distance > 0.15, f"The colours of {one} and {other} are too near to each other."


@pytest.mark.parametrize("part", ["dash", "marker"])
def test_methods_differ_without_colour(part: str) -> None:
    parts = {key: getattr(style, part) for key, style in METHOD_STYLES.items()}
    for one, other in itertools.combinations(parts, 2):
        assert parts[one] != parts[other], f"{one} and {other} have the same {part}."
    assert "3px,3px" not in parts.values()  # of the sharp bounds


def test_every_marker_can_be_drawn_beside_a_name() -> None:
    """What is not among the polygons of the chart is drawn as a circle."""
    drawn = (ROOT / "dashboard" / "chart" / "glyphs.js").read_text(encoding="utf-8")
    known = {"circle", *re.findall(r'^  "?([\w-]+)"?: (?:\[\[|around)', drawn, re.MULTILINE)}
    for key, style in METHOD_STYLES.items():
        assert style.marker in known, (
            f"{key} needs a marker that is in glyphs.js, or a new one there."
        )


def test_curves_that_coincide_are_both_seen() -> None:
    assert METHOD_STYLES["itd"].width >= METHOD_STYLES["aid-fp"].width + 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("style", METHOD_STYLES.values(), ids=METHOD_STYLES)
def test_the_name_of_a_method_can_be_read_in_its_colour(style: Style, mode: Mode) -> None:
    assert contrast(style.color(mode), background(mode)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_text_stands_out_from_its_page(mode: Mode) -> None:
    theme = SETTINGS["theme"][mode]
    assert contrast(theme["textColor"], theme["backgroundColor"]) >= 7
    assert contrast(theme["textColor"], theme["secondaryBackgroundColor"]) >= 7
    assert contrast(neutral(mode), background(mode)) >= 4.5
    for name in TERM_COLORS:
        assert contrast(term_color(name, mode), background(mode)) >= 4.5


def test_a_fill_is_its_colour_made_transparent() -> None:
    assert faded("#0072B2", 0.13) == "rgba(0,114,178,0.13)"
