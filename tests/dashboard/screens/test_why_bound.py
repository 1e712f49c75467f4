"""The bound taken apart, and the room that names have."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from colour_cases import background, contrast
from frames import unpacked
from why_cases import OTHERS, SCENARIO, VIEW, dissected, frame_of, lesson, read, why_picture

from dashboard.kit.notation import TERM_NAMES
from dashboard.lessons.why import PRESETS
from dashboard.screens.why.figure.spectrum import BANDS
from dashboard.screens.why.settings import (
    PARTS,
    SETTINGS,
)


def test_each_term_of_the_bound_is_a_line_and_they_add_up_to_it() -> None:
    scenario = OTHERS[0]
    frame, found = frame_of("bound", scenario), dissected(scenario)
    curve = found.experiment.curve("itd")
    norm = found.experiment.constants.hypergradient_norm
    drawn = {trace.get("name"): trace for trace in frame["figure"]["data"]}
    total = 0.0
    for term in curve.paper.terms:
        values = unpacked(drawn[term.name]["y"])
        np.testing.assert_allclose(read(frame, TERM_NAMES[term.name].capitalize()), values)
        np.testing.assert_allclose(values, np.maximum(term.values / norm, 1e-300), rtol=1e-12)
        total = total + values
    paper = frame["readout"][0]["bounds"][0]["trace"]
    np.testing.assert_allclose(unpacked(frame["figure"]["data"][paper]["y"]), total, rtol=1e-12)
    np.testing.assert_allclose(read(frame, "ITD"), curve.errors / norm, rtol=1e-12)


def test_nothing_is_stacked_on_a_logarithmic_axis_and_areas_are_shares() -> None:
    """Of an area everybody reads the size: the largest term has the largest."""
    scenario = OTHERS[0]
    frame, found = frame_of("bound", scenario), dissected(scenario)
    curve = found.experiment.curve("itd")
    layout = frame["figure"]["layout"]
    filled = [trace for trace in frame["figure"]["data"] if trace.get("fill")]
    assert {trace["yaxis"] for trace in filled} == {"y2"}
    assert layout["yaxis"]["type"] == "log"
    assert layout["yaxis2"].get("type", "linear") == "linear"
    assert layout["yaxis2"]["range"] == [0, 1]
    heights = [np.zeros(scenario.horizon + 1), *(unpacked(trace["y"]) for trace in filled)]
    np.testing.assert_allclose(heights[-1], 1.0)
    shares = {
        trace["name"].removeprefix("share of "): above - below
        for trace, below, above in zip(filled, heights[:-1], heights[1:], strict=True)
    }
    for term in curve.paper.terms:
        np.testing.assert_allclose(shares[term.name], term.values / curve.paper.values, atol=1e-12)


def test_each_term_is_told_without_its_colour() -> None:
    """By its name, where it stands in both panels, by its dashes and by its marker."""
    frame = frame_of("bound", OTHERS[0])
    data = frame["figure"]["data"]
    names = ["inner problem", "drift", "adjoint"]
    lines = [next(trace for trace in data if trace.get("name") == name) for name in names]
    assert len({trace["line"]["dash"] for trace in lines}) == 3
    cards = [reading for reading in frame["readout"] if reading["name"].endswith(" term")]
    assert len({card["marker"] for card in cards}) == 3
    kept_apart = [data[item["trace"]] for item in frame["names"]]
    ends = kept_apart[-1]
    for name, line in zip(names, lines, strict=True):
        place = [text.strip() for text in ends["text"]].index(f"<b>{TERM_NAMES[name]}</b>")
        assert ends["x"][place] == unpacked(line["x"])[-1]
        assert ends["y"][place] == pytest.approx(unpacked(line["y"])[-1])


@pytest.mark.parametrize("key", ["", *(preset.key for preset in PRESETS)])
def test_each_name_of_a_share_stands_in_its_own_band_or_in_the_key(key: str) -> None:
    found, view = lesson(key) if key else (dissected(SETTINGS.scenario), VIEW)
    frame = frame_of("bound", found.scenario, view)
    data = frame["figure"]["data"]
    bands = [trace for trace in data if trace.get("fill")]
    (place,) = [at for at, t in enumerate(data) if t["mode"] == "text" and t.get("yaxis") == "y2"]
    assert place not in [item["trace"] for item in frame["names"]]
    named = data[place]
    steps, below = unpacked(bands[0]["x"]), np.zeros(found.steps + 1)
    for band in bands:
        name, above = TERM_NAMES[band["name"].removeprefix("share of ")], unpacked(band["y"])
        text = f"<b>{name}</b>"
        outside = [entry for entry in frame["key"] if entry["text"] == f"{name} (share)"]
        assert (text in named["text"]) == (not outside)
        if outside:
            assert (outside[0]["mark"], outside[0]["color"]) == ("area", band["line"]["color"])
        else:
            at = named["text"].index(text)
            # All of the text: it takes about a fifth of the width and of the height.
            x = named["x"][at] + found.steps * np.linspace(-0.09, 0.09, 19)
            assert steps[0] <= x[0] <= x[-1] <= steps[-1]
            assert (np.interp(x, steps, below) <= named["y"][at] - 0.11).all()
            assert (np.interp(x, steps, above) >= named["y"][at] + 0.11).all()
        below = above


def test_a_bound_within_rounding_is_faded_and_goes_on() -> None:
    found, view = lesson("rounding")
    frame = frame_of("bound", found.scenario, view)
    curve = found.experiment.curve("itd")
    norm = found.experiment.constants.hypergradient_norm
    rounding = curve.floor / norm
    data = frame["figure"]["data"]
    whole = data[frame["readout"][0]["bounds"][0]["trace"]]
    clear = next(trace for trace in data if trace.get("name") == "ITD, bound")
    np.testing.assert_allclose(unpacked(whole["y"]), curve.paper.values / norm, rtol=1e-12)
    assert whole["opacity"] < 1
    assert np.nanmin(unpacked(clear["y"])) >= rounding
    assert "rounding (upper estimate)" in str([trace.get("text") for trace in data])
    assert "floor" not in json.dumps(frame["figure"])
    # The axis goes down to the data, and the line is in it.
    low, high = frame["figure"]["layout"]["yaxis"]["range"]
    # And a little farther: the level at which the error stays is not the edge of the picture.
    assert low + 0.04 * (high - low) < np.log10(curve.errors.min() / norm)
    assert 10**low < rounding < 10**high


@pytest.mark.parametrize("part", PARTS)
def test_terms_read_rounding_where_the_bound_does_and_nothing_measured_does(part: str) -> None:
    frame = frame_of(part, OTHERS[0])
    cards = {reading["name"]: reading for reading in frame["readout"]}
    names = {name for name, card in cards.items() if card.get("bounding")}
    terms = {name.capitalize() for name in TERM_NAMES.values()}
    assert names == (terms if part == "bound" else set())
    assert all(cards[name]["rounding"] == cards["ITD"]["rounding"] for name in names)


def test_colours_of_modes_stand_out_and_are_told() -> None:
    for mode in ("light", "dark"):
        page = background(mode)
        assert len(set(BANDS[mode])) == len(BANDS[mode])
        for color in BANDS[mode]:
            assert contrast(color, page) >= 3
        found = dissected(SCENARIO)
        assert found.modes is not None
        frame = dict(why_picture("spectrum", found, VIEW, mode))
        key = {entry["text"]: entry["color"] for entry in frame["key"] if entry["mark"] == "square"}
        assert list(key) == [f"z = {value:.3g}" for value in found.modes.values]
        filled = [
            trace["fillcolor"]
            for trace in frame["figure"]["data"]
            if trace.get("fill") and trace["xaxis"] == "x2"
        ]
        assert filled == list(key.values())


def test_equal_eigenvalues_are_one_band_of_the_stack() -> None:
    found, view = lesson("clusters")
    frame = frame_of("spectrum", found.scenario, view)
    key = [entry for entry in frame["key"] if entry["mark"] == "square"]
    assert [entry["text"] for entry in key] == ["z = 0.1 (6 modes)", "z = 1.9 (6 modes)"]
    for suffix in ("2", "3"):
        stack = [t for t in frame["figure"]["data"] if t.get("yaxis") == f"y{suffix}"]
        assert [trace["fillcolor"] for trace in stack] == [entry["color"] for entry in key]
        assert unpacked(stack[-1]["y"])[0] == pytest.approx(1)


@pytest.mark.parametrize("horizon", [1, 12, 40, 60, 400])
def test_numbers_of_steps_have_room(horizon: int) -> None:
    frame = frame_of("spectrum", replace(SCENARIO, horizon=horizon))
    axis = frame["figure"]["layout"]["xaxis2"]
    places = np.log10(axis["tickvals"]) / axis["range"][1]
    assert len(places) >= 2
    assert np.diff(places).min() > 0.13
    assert axis["tickangle"] == 0


def test_the_fall_of_the_modes_takes_a_fair_part_of_the_width() -> None:
    """However long the run is: half of what is left at first has gone within a half of it."""
    scenario = replace(SCENARIO, horizon=400)
    frame = frame_of("spectrum", scenario)
    layout = frame["figure"]["layout"]
    for suffix in ("2", "3"):
        axis = layout[f"xaxis{suffix}"]
        top = [t for t in frame["figure"]["data"] if t.get("xaxis") == f"x{suffix}"][-1]
        x, left = unpacked(top["x"]), unpacked(top["y"])
        assert axis["type"] == "log"
        low, high = axis["range"]
        fallen = (np.log10(x[np.flatnonzero(left < 0.02)[0]]) - low) / (high - low)
        assert 0.15 < fallen < 0.85
