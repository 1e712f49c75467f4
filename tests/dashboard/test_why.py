"""The Why page: its three views, its presets, its controls and its link."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import check, choose, link_in, open_page, unpacked
from streamlit.testing.v1 import AppTest
from test_style import background, contrast

from dashboard import app
from dashboard.kit.export import dissection_to_csv, terms_to_csv
from dashboard.kit.notation import TERM_NAMES
from dashboard.lessons.why import PRESETS, Preset
from dashboard.screens.why.figure.plane import CONTOURS
from dashboard.screens.why.figure.spectrum import BANDS, CURVE_POINTS, NORMS
from dashboard.screens.why.frame import render_frame, why_frame
from dashboard.screens.why.settings import (
    PARTS,
    SETTINGS,
    WHAT_IF,
    WhyView,
    preset_named,
    settings_of,
)
from dashboard.screens.why.words import constants_table
from hypergrad_core import FAMILIES, Scenario, ScenarioError
from hypergrad_core.dissection import Dissection, dissect
from hypergrad_core.modes import (
    chebyshev_polynomials,
    conjugate_gradient_polynomials,
    fixed_point_polynomials,
)

SMALL = {"d": "6", "T": "12"}
SCENARIO = replace(SETTINGS.scenario, size=6, horizon=12)
VIEW = SETTINGS.view
OTHERS = [
    replace(SCENARIO, family=family, **sizes)
    for family, sizes in {
        "logistic": {"samples": 12},
        "kernel-ridge": {"hyper_size": 3},
        "biased": {"samples": 12},
        "hyper-representation": {"size": 3, "hyper_size": 9, "samples": 12},
        "equilibrium": {"size": 12, "samples": 4},
        "nonsymmetric": {"size": 2},
    }.items()
]


@cache
def dissected(scenario: Scenario) -> Dissection:
    return dissect(scenario)


def frame_of(part: str, scenario: Scenario = SCENARIO, view: WhyView = VIEW) -> dict[str, Any]:
    return dict(why_frame(part, dissected(scenario), scenario, view, "light"))


def open_why(link: dict[str, str]) -> AppTest:
    """A session of the page, as its address opens it."""
    return open_page(link, "why")


def payloads(session: AppTest) -> list[dict[str, Any]]:
    """All that each chart received."""
    return [json.loads(item.proto.bytes) for item in session.get("bidi_component")]


def rows_of(values: dict[str, Any]) -> np.ndarray[Any, Any]:
    rows, columns = (int(part) for part in values["shape"].split(","))
    return unpacked(values).reshape(rows, columns)


def read(frame: dict[str, Any], name: str) -> np.ndarray[Any, Any]:
    """The values that a card reads, one for each step."""
    (reading,) = [reading for reading in frame["readout"] if reading["name"] == name]
    return unpacked(frame["figure"]["data"][reading["trace"]]["y"])


def lesson(key: str) -> tuple[Dissection, WhyView]:
    scenario, view = settings_of(preset_named(key))
    return dissected(scenario), view


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("scenario", [SCENARIO, *OTHERS], ids=lambda scenario: scenario.family)
def test_every_view_of_every_kind_of_problem_makes_a_frame(part: str, scenario: Scenario) -> None:
    frame = frame_of(part, scenario)
    json.dumps(frame, allow_nan=False)
    assert frame["readout"]
    assert len(frame["steps"]) == scenario.horizon + 1
    assert frame["message"] in frame["alt"]
    for reading in frame["readout"]:
        assert len(unpacked(frame["figure"]["data"][reading["trace"]]["y"])) == 13
    for move in frame["moving"]:
        for name in ("x", "y"):
            if name in move:
                assert len(rows_of(move[name])) == 13


def test_all_kinds_of_problems_are_covered() -> None:
    covered = {scenario.family for scenario in (SCENARIO, *OTHERS)}
    assert FAMILIES.keys() - covered == {
        "logistic-log",
        "equilibrium-symmetric",
        "graph-network",
    }


@pytest.mark.parametrize("scenario", [SCENARIO, OTHERS[0], OTHERS[-1]], ids=lambda s: s.family)
def test_the_plane_shows_the_iterates(scenario: Scenario) -> None:
    frame, found = frame_of("plane", scenario), dissected(scenario)
    distances = np.linalg.norm(found.gaps, axis=1)
    np.testing.assert_allclose(read(frame, "Inner problem"), distances / distances[0], rtol=1e-12)
    paths = [frame["figure"]["data"][dot["trace"]] for dot in frame["dots"]]
    wanted = [found.plane.coordinates(found.gaps)]
    wanted += [found.adjoint_plane.coordinates(run.errors) for run in found.runs]
    assert len(paths) == len(wanted)
    for path, points in zip(paths, wanted, strict=True):
        np.testing.assert_array_equal(unpacked(path["x"]), points[:, 0])
        np.testing.assert_array_equal(unpacked(path["y"]), points[:, 1])
    walks = [move for move in frame["moving"] if move.get("walk")]
    assert len(walks) == len(paths)


def test_contours_are_evenly_spaced_in_the_root_of_the_height() -> None:
    """In the plane of two eigenvectors the height is ½ Σ z_i x_i²."""
    found = dissected(SCENARIO)
    assert found.modes is not None
    frame = frame_of("plane")
    contour = frame["figure"]["data"][0]
    x, y = unpacked(contour["x"]), unpacked(contour["y"])
    low, high = found.modes.values[[0, -1]]
    depths = np.sqrt(0.5 * (low * x**2 + high * y**2))
    rows = depths.reshape(CONTOURS, -1)
    assert np.isnan(rows[:, -1]).all()  # a gap after each
    assert (np.ptp(rows[:, :-1], axis=1) < 1e-5 * rows[:, 0]).all()
    np.testing.assert_allclose(np.diff(rows[:, 0]), 2 * rows[0, 0], rtol=1e-4)
    # They fill the window: the last one is not far from its corners.
    layout = frame["figure"]["layout"]
    corner = [max(map(abs, layout[axis]["range"])) for axis in ("xaxis", "yaxis")]
    farthest = np.sqrt(0.5 * (low * corner[0] ** 2 + high * corner[1] ** 2))
    assert 0.85 * farthest < rows[-1, 0] < farthest


def test_a_way_that_diverges_does_not_squeeze_the_others() -> None:
    """AID-CG where it does not apply leaves the window, and is named in it."""
    scenario = replace(OTHERS[-1], methods=("aid-fp", "aid-cg", "aid-gmres"), horizon=40)
    frame, found = frame_of("plane", scenario), dissected(scenario)
    forced = found.run_of("aid-cg")
    assert forced is not None
    sizes = {
        run.method: np.abs(found.adjoint_plane.coordinates(run.errors)).max() for run in found.runs
    }
    assert sizes["aid-cg"] > 5 * sizes["aid-fp"]
    low, high = frame["figure"]["layout"]["xaxis2"]["range"]
    assert high - low < 3 * max(sizes["aid-fp"], sizes["aid-gmres"])
    (names,) = [
        trace
        for trace in frame["figure"]["data"]
        if trace["mode"] == "text" and trace["xaxis"] == "x2"
    ]
    place = [text.strip("</b>") for text in names["text"]].index("AID-CG (does not apply)")
    assert low < names["x"][place] < high


def test_polynomials_are_those_of_the_core_at_every_step() -> None:
    frame, found = frame_of("spectrum"), dissected(SCENARIO)
    assert found.modes is not None
    values = found.modes.values
    run = found.run_of("aid-cg")
    assert run is not None
    data = frame["figure"]["data"]
    curves = {
        trace["name"]: (unpacked(trace["x"]), rows_of(move["y"]))
        for move in frame["moving"]
        if (trace := data[move["trace"]]).get("name")
    }
    z = curves["CG"][0]
    assert len(z) == CURVE_POINTS
    wanted = {
        "Fixed point, (1 − z)ᵏ": lambda at: fixed_point_polynomials(at, 12),
        "Chebyshev": lambda at: chebyshev_polynomials(at, 12, values[0], values[-1]),
        "CG": lambda at: conjugate_gradient_polynomials(run, at),
    }
    assert curves.keys() == wanted.keys()
    for name, polynomial in wanted.items():
        inside = np.abs(polynomial(z)) < 10
        np.testing.assert_allclose(
            curves[name][1][inside], polynomial(z)[inside], rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(
            read(frame, name),
            np.maximum(np.abs(polynomial(values)).max(axis=1), 1e-300),
            rtol=1e-9,
        )


@pytest.mark.parametrize("norm", NORMS)
def test_the_stack_adds_up(norm: str) -> None:
    frame = frame_of("spectrum", view=replace(VIEW, stack=norm))
    found = dissected(SCENARIO)
    for suffix, run in zip(("2", "3"), found.runs, strict=True):
        layers = [
            unpacked(trace["y"])
            for trace in frame["figure"]["data"]
            if trace.get("yaxis") == f"y{suffix}"
        ]
        top = layers[-1]
        assert all((upper >= lower - 1e-12).all() for lower, upper in pairwise(layers))
        squares = {
            "error": (run.errors**2).sum(axis=1),
            "energy": np.einsum("ki,ij,kj->k", run.errors, found.matrix, run.errors),
            "residual": run.residual_norms**2,
        }[norm]
        np.testing.assert_allclose(top, squares / squares[0], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("horizon", [40, 200, 250, 400])
def test_all_views_read_the_step_that_they_name(horizon: int) -> None:
    """A place is a step: what is read at it is what the core computes for that step alone."""
    scenario = replace(SCENARIO, horizon=horizon)
    frames = {part: frame_of(part, scenario) for part in PARTS}
    places = [0, 17, horizon // 2, horizon - 1, horizon]
    for frame in frames.values():
        assert frame["at"] == list(range(horizon + 1))
        assert [frame["steps"][place] for place in places] == [f"t = k = {at}" for at in places]
        for reading in frame["readout"]:
            traces = [reading["trace"], *(bound["trace"] for bound in reading["bounds"])]
            for trace in traces:
                assert len(unpacked(frame["figure"]["data"][trace]["y"])) == horizon + 1
    for step in places[1:]:
        alone = dissect(replace(scenario, horizon=step))
        norm = alone.experiment.constants.hypergradient_norm
        curve = alone.experiment.curve("itd")
        assert curve is not None
        assert read(frames["bound"], "ITD")[step] == pytest.approx(
            curve.errors[-1] / norm, rel=1e-6, abs=1e-15
        )
        bounds = frames["bound"]["readout"][0]["bounds"]
        for bound, values in zip(bounds, (curve.paper.values, curve.sharp.values), strict=True):
            found = unpacked(frames["bound"]["figure"]["data"][bound["trace"]]["y"])
            assert found[step] == pytest.approx(values[-1] / norm, rel=1e-9)
        distances = np.linalg.norm(alone.gaps, axis=1)
        assert read(frames["plane"], "Inner problem")[step] == pytest.approx(
            distances[-1] / distances[0], rel=1e-9, abs=1e-300
        )
        assert alone.modes is not None
        worst = abs(fixed_point_polynomials(alone.modes.values, step)[-1]).max()
        assert read(frames["spectrum"], "Fixed point, (1 − z)ᵏ")[step] == pytest.approx(worst)
    for frame in frames.values():
        for line in frame["lines"]:
            shift = 1 if frame is frames["spectrum"] else 0  # its axis is one of k + 1
            assert list(unpacked(line["at"])) == [at + shift for at in frame["at"]]


def test_each_term_of_the_bound_is_a_line_and_they_add_up_to_it() -> None:
    scenario = OTHERS[0]
    frame, found = frame_of("bound", scenario), dissected(scenario)
    curve = found.experiment.curve("itd")
    assert curve is not None
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
    assert curve is not None
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
    assert curve is not None
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
        frame = dict(why_frame("spectrum", found, SCENARIO, VIEW, mode))
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


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_a_preset_says_its_text_and_is_shown_as_chosen(preset: Preset) -> None:
    session = open_why({"preset": preset.key})
    assert not session.warning
    assert any(preset.text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value == preset.key


def test_a_text_stays_when_its_problem_is_looked_at_in_another_way() -> None:
    session = open_why({"preset": "curse"})
    choose(session, "method", "aid-cg")
    assert any(preset_named("curse").text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value == "curse"
    choose(session, "contraction", 0.9)
    assert not any(preset_named("curse").text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value is None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_settings_that_nobody_chose_as_a_lesson_stay_as_they_are(preset: Preset) -> None:
    session = open_why(dict(parse_qsl(preset.link)))
    assert not any(preset.text in item.value for item in session.markdown)
    assert session.selectbox(key="preset").value is None
    assert "preset" not in session.query_params


def test_reset_ends_a_lesson() -> None:
    session = open_why({"preset": "curse"})
    check(session.button(key="reset").click().run())
    assert session.selectbox(key="preset").value is None
    assert session.query_params == {}


def test_two_clusters_take_two_steps() -> None:
    found, _ = lesson("clusters")
    run = found.run_of("aid-cg")
    assert run is not None
    assert run.settled == 2
    assert "AID-CG 2" in frame_of("spectrum", found.scenario)["message"]


def test_a_run_that_has_left_its_polynomial_is_said_to() -> None:
    """Eigenvalues of very different size cost conjugate gradient its orthogonality."""
    hard = replace(SCENARIO, spectrum="log-uniform", size=40, contraction=0.99, horizon=40)
    assert "no longer follows its polynomial" in frame_of("spectrum", hard)["message"]
    assert "no longer" not in frame_of("spectrum")["message"]


def test_the_same_q_gives_three_different_curves() -> None:
    smooth, zigzag, far = (lesson(key)[0] for key in ("near-plus", "near-minus", "far-start"))
    contractions = {found.scenario.contraction for found in (smooth, zigzag, far)}
    assert len(contractions) == 1

    def errors(found: Dissection) -> np.ndarray[Any, Any]:
        curve = found.experiment.curve("itd")
        assert curve is not None
        return curve.errors / curve.errors[0]

    assert (np.diff(errors(smooth)) < 0).all()
    assert (np.diff(errors(zigzag)[:12]) > 0).sum() >= 3
    assert errors(far).max() > 20


def test_the_curse_of_unrolling_peaks_where_it_is_predicted() -> None:
    found, view = lesson("curse")
    curve = found.experiment.curve("itd")
    assert curve is not None
    assert curve.errors.max() > 10 * curve.errors[0]
    frame = frame_of("bound", found.scenario, view)
    texts = [
        text
        for trace in frame["figure"]["data"]
        if trace["mode"] == "text"
        for text in trace["text"]
    ]
    (predicted,) = [text for text in texts if "bound on ‖wₜ′(λ) − w′(λ)‖ peaks" in text]
    (measured,) = [text for text in texts if "measured error peaks" in text]
    steps = [float(text.split("t = ")[1].split(" ")[0]) for text in (predicted, measured)]
    assert steps[1] == int(np.argmax(curve.errors))
    assert abs(steps[0] - steps[1]) <= 2
    # A factor of another quantity beside that of the error would look like a bound that is false.
    assert "×" not in predicted
    assert "19× its first value" in measured


def test_conjugate_gradient_goes_wrong_where_it_does_not_apply() -> None:
    found, _ = lesson("no-cg")
    forced, cure = found.run_of("aid-cg"), found.run_of("aid-cgnr")
    assert forced is not None
    assert forced.forced
    assert forced.residual_norms[-1] > 10 * forced.residual_norms[0]
    assert cure is not None
    assert cure.residual_norms[1] < 1e-12 * cure.residual_norms[0]
    names = [reading["name"] for reading in frame_of("plane", found.scenario)["readout"]]
    assert "AID-CG (does not apply)" in names
    link = {"problem": "nonsymmetric", "d": "2", "m": "2", "T": "10", "show": "plane"}
    assert any("does not apply here" in item.value for item in open_why(link).info)
    # The picture of the bound has a place for the reason.
    assert not open_why({**link, "show": "bound"}).info


def test_a_misjudged_q_makes_the_bound_false_and_the_page_says_so() -> None:
    found, view = lesson("misjudged")
    assert "the bound is false from t = " in frame_of("bound", found.scenario, view)["message"]
    honest = replace(view, assumed=0.95)
    assert "false" not in frame_of("bound", found.scenario, honest)["message"]


@pytest.mark.parametrize("key", WHAT_IF)
def test_what_if_draws_the_bound_of_other_constants(key: str) -> None:
    scenario = OTHERS[0]
    view = replace(VIEW, what_if=(key,))
    plain, other = (frame_of("bound", scenario, item) for item in (VIEW, view))
    extra = len(other["readout"][0]["bounds"]) - len(plain["readout"][0]["bounds"])
    assert extra == 1
    assert "With " in other["message"]


CHANGES: list[tuple[dict[str, str], str, Any, dict[str, str]]] = [
    ({}, "show", "spectrum", {"show": "spectrum"}),
    ({}, "contraction", 0.8, {"q": "0.8"}),
    ({}, "size", 10, {"d": "10"}),
    ({}, "spectrum", "clusters", {"spectrum": "clusters"}),
    ({}, "start", 2.0, {"start": "2.0"}),
    ({}, "precision", "single", {"precision": "single"}),
    ({}, "methods", ["itd", "aid-cg"], {"methods": "itd.aid-cg"}),
    ({}, "inner", "heavy-ball", {"inner": "heavy-ball"}),
    ({}, "horizon", 20, {"T": "20"}),
    ({}, "what_if", ["misjudged"], {"if": "misjudged"}),
    ({"if": "misjudged"}, "assumed", 0.7, {"assumed": "0.7"}),
    ({}, "method", "aid-cg", {"method": "aid-cg"}),
    ({}, "stack", "residual", {"stack": "residual"}),
]


@pytest.mark.parametrize(
    ("start", "key", "value", "link"), CHANGES, ids=[change[1] for change in CHANGES]
)
def test_a_control_changes_a_view_and_the_link_and_the_link_restores_both(
    start: dict[str, str], key: str, value: Any, link: dict[str, str]
) -> None:
    begin = {**SMALL, **start}
    session = open_why(begin)
    before = payloads(session)
    choose(session, key, value)
    after = payloads(session)
    assert [item["frame"]["figure"] for item in after] != [
        item["frame"]["figure"] for item in before
    ]
    assert session.query_params == {**begin, **link}
    assert payloads(open_why(dict(session.query_params))) == after


def test_a_preset_that_is_chosen_sets_everything() -> None:
    session = open_why(SMALL)
    choose(session, "preset", PRESETS[0].key)
    scenario, view, messages = SETTINGS.of_link(dict(session.query_params))
    assert messages == ()
    assert (scenario, view) == settings_of(PRESETS[0])
    assert session.query_params == {"preset": PRESETS[0].key}


def test_a_link_names_a_preset_and_what_is_different() -> None:
    session = open_why({"preset": "curse", "method": "aid-cg", "at": "30"})
    assert not session.warning
    sent = payloads(session)[0]
    assert sent["cursor"] == 30
    scenario, view = settings_of(preset_named("curse"))
    assert session.query_params == {"preset": "curse", "method": "aid-cg", "at": "30"}
    shown = SETTINGS.of_link(link_in(sent["frame"]))[:2]
    assert shown == (scenario, replace(view, method="aid-cg", cursor=30))
    # Another problem is written out, and is no longer the preset's.
    choose(session, "contraction", 0.9)
    assert "preset" not in session.query_params
    assert SETTINGS.of_link(dict(session.query_params))[0] == replace(scenario, contraction=0.9)


def test_an_unknown_preset_is_named_and_the_page_goes_on() -> None:
    session = open_why({"preset": "x", **SMALL})
    (warning,) = session.warning
    assert "curse" in warning.value
    assert len(payloads(session)) == 3


def test_views_step_together_and_only_one_reports() -> None:
    sent = payloads(open_why({**SMALL, "at": "7"}))
    assert len(sent) == len(PARTS)
    assert {item["group"] for item in sent} == {"why"}
    assert [item["cursor"] for item in sent] == [7] * 3
    assert [item["commit"] for item in sent] == [True, False, False]


def test_the_live_route_answers_with_each_view() -> None:
    for item in payloads(open_why(SMALL)):
        assert app.render_frame(item["live"]["params"]) == item["frame"]
    with pytest.raises(ValueError, match="part"):
        render_frame({"part": "x"})


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"show": "x"}, "show"),
        ({"method": "x"}, "method"),
        ({"if": "x"}, "if"),
        ({"assumed": "1"}, "assumed"),
        ({"stack": "x"}, "stack"),
        ({"at": "-1"}, "at"),
        ({"d": "500"}, "d"),
        ({"T": "2000"}, "T"),
        ({"vary": "inner"}, "vary"),
    ],
)
def test_a_bad_value_is_named_and_the_page_goes_on(link: dict[str, str], said: str) -> None:
    session = open_why({**SMALL, **link})
    (warning,) = session.warning
    assert f"{said} = " in warning.value.replace("\\", "")
    assert len(payloads(session)) == 3


def test_beyond_the_theory_there_is_no_bound_to_take_apart() -> None:
    """The frames say so, so that it is said while q still moves; once, above the first of them."""
    session = open_why({"problem": "equilibrium", "d": "12", "n": "4", "q": "1.2", "T": "10"})
    frames = [item["frame"] for item in payloads(session)]
    assert not [trace for trace in frames[2]["figure"]["data"] if trace.get("fill")]
    assert [bool(frame.get("warning")) for frame in frames] == [True, False, False]
    (alone,) = payloads(open_why({**dict(session.query_params), "show": "bound"}))
    assert alone["frame"]["warning"]
    assert not any(item["frame"].get("warning") for item in payloads(open_why(SMALL)))


def test_a_method_that_does_not_apply_is_named_in_the_picture_with_its_reason() -> None:
    frame = frame_of("bound", replace(OTHERS[-1], methods=("itd", "aid-cg")))
    (absent,) = frame["absent"]
    assert absent["name"] == "AID-CG"
    assert absent["reason"]


def test_two_condition_numbers_have_two_names() -> None:
    """κ = (1 + q)/(1 − q) is not the condition number of M where the step is not the best one."""
    found, view = lesson("far-start")
    assert found.modes is not None
    assert found.scenario.condition_number == pytest.approx(19)
    assert found.modes.condition_number == pytest.approx(1.93, abs=0.01)
    frame = frame_of("spectrum", found.scenario, view)
    assert "κ = 19" in frame["title"]
    assert frame["message"].startswith("√cond(M) = 1.39,")
    rows = {row.split("|")[1].strip(): row for row in constants_table(found).splitlines()}
    assert "$19$" in rows[r"$\kappa$"]
    assert "$1.93$" in rows[r"$\kappa_M$"]
    assert "cond(M)" in rows[r"$\kappa_M$"]


def test_every_column_of_the_constants_has_a_heading() -> None:
    head = constants_table(dissected(SCENARIO)).splitlines()[0]
    assert all(cell.strip() for cell in head.strip("|").split("|"))


def test_what_changes_nothing_is_said_to() -> None:
    """Φ is affine: ν₁ is 0 already."""
    message = frame_of("bound", SCENARIO, replace(VIEW, what_if=("flat",)))["message"]
    assert message.endswith("With ν₁ = 0 it would be the same.")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("scenario", [SCENARIO, OTHERS[-1]], ids=lambda scenario: scenario.family)
def test_panels_are_in_one_column_where_there_is_little_room(part: str, scenario: Scenario) -> None:
    frame = frame_of(part, scenario)
    layout, narrow = frame["figure"]["layout"], frame["narrow"]["layout"]
    names = [name for name in layout if re.fullmatch(r"xaxis\d*", name)]
    for name in names:
        assert narrow.get(name, layout[name]).get("domain", [0, 1]) == [0, 1]
    rows = [
        narrow.get(name, layout[name])["domain"]
        for name in layout
        if re.fullmatch(r"yaxis\d*", name)
    ]
    rows.sort()
    assert all(lower[1] < upper[0] for lower, upper in pairwise(rows))


@pytest.mark.parametrize("part", PARTS)
def test_a_moving_hand_finds_the_same_traces_for_every_q(part: str) -> None:
    """Then new numbers are written into what is drawn, many times a second."""
    shapes = []
    for q in (0.5, 0.8, 0.9, 0.97):
        frame = frame_of(part, replace(SETTINGS.scenario, contraction=q))
        shapes.append(
            [
                (trace.get("name"), trace["type"], trace["mode"], len(unpacked(trace["x"])))
                for trace in frame["figure"]["data"]
            ]
        )
        assert all(trace["type"] == "scatter" for trace in frame["figure"]["data"])
    assert all(shape == shapes[0] for shape in shapes)


def test_titles_and_keys_are_text_and_not_part_of_the_figure() -> None:
    for part in PARTS:
        frame = frame_of(part)
        assert "title" not in frame["figure"]["layout"]
        assert frame["title"].startswith("Quadratic")
        assert all(entry["text"] and entry["mark"] for entry in frame["key"])
        assert "hovertemplate" not in json.dumps(frame["figure"])


def test_every_step_is_taken_home() -> None:
    found = dissected(SCENARIO)
    assert found.modes is not None
    text = dissection_to_csv(found)
    (told,) = [line for line in text.splitlines() if line.startswith("# eigenvalues: ")]
    assert [float(z) for z in told.split(":")[1].split()] == list(found.modes.values)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 13 * (1 + len(found.runs))
    for row in rows:
        parts = [float(row[f"mode_{place}"]) for place in range(6)]
        assert sum(parts) == pytest.approx(
            float(row["absolute_distance"]) ** 2, rel=1e-9, abs=1e-25
        )


def test_the_terms_of_the_bound_are_taken_home() -> None:
    found = dissected(OTHERS[0])
    text = terms_to_csv(found.experiment)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) == 13 * len(found.experiment.curves)
    for row in rows:
        names = ("inner_problem_term", "drift_term", "adjoint_term")
        parts = [float(row[f"relative_{name}"]) for name in names]
        bound = float(row["relative_paper_bound"])
        assert sum(parts) == pytest.approx(bound, rel=1e-12)
        assert float(row["relative_error"]) <= bound


def test_links_of_frames_name_their_view() -> None:
    link = link_in(frame_of("spectrum"))
    assert link.pop("part") == "spectrum"
    assert SETTINGS.of_link(link) == (SCENARIO, VIEW, ())


def test_every_field_of_the_view_is_checked() -> None:
    bad: dict[str, Any] = {
        "show": "x",
        "method": "x",
        "what_if": ("x",),
        "assumed": 1.0,
        "stack": "x",
        "cursor": 401,
    }
    assert bad.keys() == WhyView.link_names.keys()
    for field, value in bad.items():
        with pytest.raises(ScenarioError) as caught:
            replace(VIEW, **{field: value})
        assert caught.value.field == field
