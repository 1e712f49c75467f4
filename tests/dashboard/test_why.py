"""The Why page: its three views, its presets, its controls and its link."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import ROOT, check, choose, link_in, unpacked
from streamlit.testing.v1 import AppTest

from dashboard import app
from dashboard.export import dissection_to_csv, terms_to_csv
from dashboard.figures.why_spectrum import CURVE_POINTS, NORMS
from dashboard.lessons.why import PRESETS, Preset
from dashboard.why import (
    PARTS,
    SETTINGS,
    WHAT_IF,
    WhyView,
    is_preset,
    render_frame,
    settings_of,
    why_frame,
)
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
    session = AppTest.from_file(ROOT / "dashboard" / "main.py", default_timeout=60)
    session.switch_page(str(ROOT / "dashboard" / "screens" / "why.py"))
    session.query_params.update(link)
    return check(session.run())


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
    np.testing.assert_allclose(
        read(frame, "Lower level"), np.linalg.norm(found.gaps, axis=1), rtol=1e-12
    )
    paths = [frame["figure"]["data"][dot["trace"]] for dot in frame["dots"]]
    wanted = [found.plane.coordinates(found.gaps)]
    wanted += [found.adjoint_plane.coordinates(run.errors) for run in found.runs]
    assert len(paths) == len(wanted)
    for path, points in zip(paths, wanted, strict=True):
        np.testing.assert_array_equal(unpacked(path["x"]), points[:, 0])
        np.testing.assert_array_equal(unpacked(path["y"]), points[:, 1])
    walks = [move for move in frame["moving"] if move.get("walk")]
    assert len(walks) == len(paths)


def test_contours_are_heights_of_the_lower_level_objective() -> None:
    """In the plane of two eigenvectors: ½ Σ z_i x_i², and its square root is drawn."""
    found = dissected(SCENARIO)
    assert found.modes is not None
    contour = frame_of("plane")["figure"]["data"][0]
    x, y = unpacked(contour["x"]), unpacked(contour["y"])
    low, high = found.modes.values[[0, -1]]
    np.testing.assert_allclose(
        rows_of(contour["z"]) ** 2,
        0.5 * (low * x[None, :] ** 2 + high * y[:, None] ** 2),
        rtol=1e-9,
        atol=1e-12,
    )


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


def test_the_terms_of_the_bound_are_stacked_and_add_up() -> None:
    scenario = OTHERS[0]
    frame, found = frame_of("bound", scenario), dissected(scenario)
    curve = found.experiment.curve("itd")
    assert curve is not None
    norm = found.experiment.constants.hypergradient_norm
    filled = [trace for trace in frame["figure"]["data"] if trace.get("fill")]
    assert len(filled) == len(curve.paper.terms) == 3
    np.testing.assert_allclose(unpacked(filled[-1]["y"]), curve.paper.values / norm, rtol=1e-12)
    for term in curve.paper.terms:
        np.testing.assert_allclose(
            read(frame, term.name), np.maximum(term.values / norm, 1e-300), rtol=1e-12
        )
    np.testing.assert_allclose(read(frame, "ITD"), curve.errors / norm, rtol=1e-12)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.title)
def test_a_preset_is_a_link_that_is_allowed_and_shows_what_it_says(preset: Preset) -> None:
    link = dict(parse_qsl(preset.link, strict_parsing=True))
    scenario, view, messages = SETTINGS.of_link(link)
    assert messages == ()
    assert SETTINGS.of_link(SETTINGS.link_of(scenario, view)) == (scenario, view, ())
    session = open_why(link)
    assert not session.warning
    assert any(preset.text in item.value for item in session.markdown)
    assert is_preset(preset, scenario, replace(view, cursor=0))


def preset(title: str) -> tuple[Dissection, WhyView]:
    (found,) = [item for item in PRESETS if title in item.title]
    scenario, view = settings_of(found)
    return dissected(scenario), view


def test_two_clusters_take_two_steps() -> None:
    found, _ = preset("Two clusters")
    run = found.run_of("aid-cg")
    assert run is not None
    assert run.settled == 2
    assert "AID-CG 2" in frame_of("spectrum", found.scenario)["message"]


def test_a_run_that_has_left_its_polynomial_is_said_to() -> None:
    """Eigenvalues of very different size cost conjugate gradient its orthogonality."""
    hard = replace(SCENARIO, spectrum="log-uniform", size=40, contraction=0.99, horizon=40)
    assert "no longer what its polynomial says" in frame_of("spectrum", hard)["message"]
    assert "no longer" not in frame_of("spectrum")["message"]


def test_the_same_q_gives_three_different_curves() -> None:
    smooth, zigzag, far = (preset(name)[0] for name in ("near +q", "near −q", "a far start"))
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
    found, view = preset("curse")
    curve = found.experiment.curve("itd")
    assert curve is not None
    assert curve.errors.max() > 10 * curve.errors[0]
    frame = frame_of("bound", found.scenario, view)
    texts = [str(trace.get("text")) for trace in frame["figure"]["data"]]
    (predicted,) = [text for text in texts if "predicted peak of the Jacobian" in text]
    (measured,) = [text for text in texts if "measured peak" in text]
    steps = [float(text.split("t = ")[1].split(",")[0]) for text in (predicted, measured)]
    assert steps[1] == int(np.argmax(curve.errors))
    assert abs(steps[0] - steps[1]) <= 2


def test_conjugate_gradient_goes_wrong_where_it_does_not_apply() -> None:
    found, _ = preset("does not apply")
    forced, cure = found.run_of("aid-cg"), found.run_of("aid-cgnr")
    assert forced is not None
    assert forced.forced
    assert forced.residual_norms[-1] > 10 * forced.residual_norms[0]
    assert cure is not None
    assert cure.residual_norms[1] < 1e-12 * cure.residual_norms[0]
    names = [reading["name"] for reading in frame_of("plane", found.scenario)["readout"]]
    assert "AID-CG (does not apply)" in names
    session = open_why({"problem": "nonsymmetric", "d": "2", "m": "2", "T": "10"})
    assert any("does not apply here" in item.value for item in session.info)


def test_a_misjudged_q_makes_the_bound_false_and_the_page_says_so() -> None:
    found, view = preset("misjudged")
    assert "the bound is false from t = " in frame_of("bound", found.scenario, view)["message"]
    honest = replace(view, assumed=0.95)
    assert "false" not in frame_of("bound", found.scenario, honest)["message"]


def test_the_floor_is_higher_in_single_precision() -> None:
    floors = []
    for title in ("double", "single"):
        found, _ = preset(f"{title} precision")
        curve = found.experiment.curve("itd")
        assert curve is not None
        assert curve.errors[-1] <= curve.floor
        floors.append(curve.errors[-1])
    assert floors[1] > 1e5 * floors[0]


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
    choose(session, "preset", 0)
    assert session.query_params == dict(parse_qsl(PRESETS[0].link))


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
        ({"if": "x"}, "what_if"),
        ({"assumed": "1"}, "assumed"),
        ({"stack": "x"}, "stack"),
        ({"at": "-1"}, "cursor"),
        ({"d": "500"}, "size"),
        ({"T": "2000"}, "horizon"),
        ({"vary": "inner"}, "vary"),
    ],
)
def test_a_bad_value_is_named_and_the_page_goes_on(link: dict[str, str], said: str) -> None:
    session = open_why({**SMALL, **link})
    (warning,) = session.warning
    assert said in warning.value
    assert len(payloads(session)) == 3


def test_beyond_the_theory_there_is_no_bound_to_take_apart() -> None:
    session = open_why({"problem": "equilibrium", "d": "12", "n": "4", "q": "1.2", "T": "10"})
    assert session.warning
    assert not [
        trace for trace in payloads(session)[2]["frame"]["figure"]["data"] if trace.get("fill")
    ]


def test_every_step_is_taken_home() -> None:
    found = dissected(SCENARIO)
    assert found.modes is not None
    text = dissection_to_csv(found)
    lines = text.splitlines(keepends=True)
    assert lines[0].startswith("# Scenario(")
    assert [float(z) for z in lines[1].split(":")[1].split()] == list(found.modes.values)
    rows = list(csv.DictReader(io.StringIO("".join(lines[2:]))))
    assert len(rows) == 13 * (1 + len(found.runs))
    for row in rows:
        parts = [float(row[f"mode_{place}"]) for place in range(6)]
        assert sum(parts) == pytest.approx(float(row["distance"]) ** 2, rel=1e-9, abs=1e-25)


def test_the_terms_of_the_bound_are_taken_home() -> None:
    found = dissected(OTHERS[0])
    text = terms_to_csv(found.experiment)
    rows = list(csv.DictReader(io.StringIO("".join(text.splitlines(keepends=True)[2:]))))
    assert len(rows) == 13 * len(found.experiment.curves)
    for row in rows:
        parts = [float(row[name]) for name in ("lower_level", "drift", "adjoint")]
        assert sum(parts) == pytest.approx(float(row["paper_bound"]), rel=1e-12)
        assert float(row["error"]) <= float(row["paper_bound"])


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
