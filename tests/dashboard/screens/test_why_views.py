"""The Why views: every kind of problem, and what each view shows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from frames import unpacked
from why_cases import OTHERS, SCENARIO, VIEW, dissected, frame_of, read

from dashboard.screens.why.figure.plane import CONTOURS
from dashboard.screens.why.figure.spectrum import CURVE_POINTS, NORMS
from dashboard.screens.why.settings import PARTS
from dashboard.screens.why.words import caption
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.studies.dissection import dissect
from hypergrad_core.studies.modes import (
    chebyshev_polynomials,
    conjugate_gradient_polynomials,
    fixed_point_polynomials,
)


def rows_of(values: dict[str, Any]) -> np.ndarray[Any, Any]:
    rows, columns = (int(part) for part in values["shape"].split(","))
    return unpacked(values).reshape(rows, columns)


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


@pytest.mark.parametrize("part", ["plane", "spectrum"])
@pytest.mark.parametrize("scenario", [SCENARIO, *OTHERS], ids=lambda scenario: scenario.family)
def test_the_caption_explains_what_the_cards_say(part: str, scenario: Scenario) -> None:
    explained = re.findall(r"\*\*(.*?)\*\*", caption(dissected(scenario), part))
    labels = {reading["label"] for reading in frame_of(part, scenario)["readout"]}
    assert {name.lower() for name in explained} <= labels


def test_all_kinds_of_problems_are_covered() -> None:
    covered = {scenario.family for scenario in (SCENARIO, *OTHERS)}
    assert FAMILIES.keys() - covered == {
        "logistic-log",
        "kernel-ridge-log",
        "equilibrium-symmetric",
        "graph-network",
    }


@pytest.mark.parametrize("scenario", [SCENARIO, OTHERS[0], OTHERS[-1]], ids=lambda s: s.family)
def test_the_plane_shows_the_iterates(scenario: Scenario) -> None:
    frame, found = frame_of("plane", scenario), dissected(scenario)
    distances = np.linalg.norm(found.gaps, axis=1)
    np.testing.assert_allclose(read(frame, "Inner problem"), distances / distances[0], rtol=1e-12)
    paths = [frame["figure"]["data"][dot["trace"]] for dot in frame["dots"]]
    wanted = [found.projection.coordinates(found.gaps)]
    wanted += [found.adjoint_projection.coordinates(run.errors) for run in found.runs]
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
    assert found.run_of("aid-cg").forced
    sizes = {
        run.method: np.abs(found.adjoint_projection.coordinates(run.errors)).max()
        for run in found.runs
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
