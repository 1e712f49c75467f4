"""The picture of Explore: its frame, axes and marks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from frame_cases import SCENARIOS, SMALL, VIEWS, every_scenario, name_of
from frames import ALL, experiment_of, frame_of, traces, unpacked

from dashboard.kit.figure.axes import NEARLY_ZERO, NEGLIGIBLE
from dashboard.kit.notation import ratio
from dashboard.kit.theme import METHOD_STYLES
from dashboard.screens.explore.figure.lines import unit
from dashboard.screens.explore.figure.marks import shift
from dashboard.screens.explore.frame import ROUNDING
from dashboard.screens.explore.settings import ERRORS, View
from hypergrad_core import FAMILIES, Scenario
from hypergrad_core.scenario import SLICES

# The extremes of what may be asked for.
CORNERS = [
    Scenario(size=2, hyper_size=1, horizon=1, methods=ALL),
    Scenario(size=2, hyper_size=1, horizon=1, contraction=0.01, methods=ALL),
    Scenario(size=3, horizon=2, contraction=0.9999, methods=ALL, adjoint_steps=0),
    Scenario(size=5, horizon=8, vary="inner", adjoint_steps=0, methods=ALL),
    Scenario(size=5, horizon=8, vary="adjoint", inner_steps=0, methods=ALL),
    Scenario(size=5, horizon=8, vary="adjoint", methods=("itd",)),
    Scenario(family="logistic", size=2, samples=2, horizon=1, methods=ALL),
    Scenario(family="logistic", size=4, samples=5, horizon=30, contraction=0.01, methods=ALL),
]


@pytest.mark.parametrize("scenario", SCENARIOS + CORNERS, ids=name_of)
def test_every_view_of_every_slice_of_every_family_makes_a_frame(scenario: Scenario) -> None:
    for view in VIEWS:
        frame = frame_of(scenario, view)
        json.dumps(frame, allow_nan=False)
        assert len(frame["steps"]) == len(scenario.steps())
        assert len(frame["table"]["rows"]) == len(frame["readout"])
        for trace in traces(frame):
            x, y = unpacked(trace["x"]), unpacked(trace["y"])
            assert x.shape == y.shape
            if trace["mode"] == "lines":
                assert np.isfinite(x).all()
                # A gap is where a bound says nothing.
                assert (y[np.isfinite(y)] > 0).all()
        for axis in ("xaxis", "yaxis"):
            low, high = frame["figure"]["layout"][axis]["range"]
            assert low < high


@pytest.mark.parametrize("target", [1e-15, 1e6])
def test_a_target_far_off_makes_a_frame(target: float) -> None:
    for error in ERRORS:
        frame = frame_of(SCENARIOS[0], View(target=target, error=error))
        json.dumps(frame, allow_nan=False)
        low, high = frame["figure"]["layout"]["yaxis"]["range"]
        assert low < np.log10(target) < high


GRID = [
    Scenario(
        family=family,
        contraction=contraction,
        vary=vary,
        methods=ALL if vary == "both" else ("itd-truncated", "aid-fp", "aid-cg"),
        precision=precision,
        inner_steps=40,
        **SMALL[family],
    )
    for family in FAMILIES
    for vary in SLICES
    for contraction, precision in ((0.05, "double"), (0.7, "single"), (0.97, "double"))
]
GRID += [
    Scenario(precision="single"),
    Scenario(family="equilibrium", contraction=1.3, **SMALL["equilibrium"]),
    Scenario(inner="heavy-ball"),
    Scenario(vary="adjoint", inner="exact"),
    Scenario(family="equilibrium", data="digits", size=50, horizon=150),
    Scenario(size=2, hyper_size=1, contraction=0.01),
    Scenario(start=100.0, size=10, contraction=0.3),
]


@pytest.mark.parametrize("error", [*ERRORS])
@pytest.mark.parametrize("scenario", GRID, ids=name_of)
def test_no_curve_leaves_the_frame_and_the_axis_ends_where_the_data_do(
    scenario: Scenario, error: str
) -> None:
    experiment, view = experiment_of(scenario), View(error=error)
    frame = frame_of(scenario, view)
    norm = experiment.constants.hypergradient_norm
    scale = unit(experiment, view)
    low, high = frame["figure"]["layout"]["yaxis"]["range"]
    measured = np.concatenate([curve.errors for curve in experiment.curves])
    # What is not a zero but for chance.
    measured = measured[measured > NEGLIGIBLE * norm] / scale
    assert 10**low < measured.min()
    assert measured.max() < 10**high
    # No bound is clamped, and none that says something leaves the frame.
    bounds = []
    for reading, curve in zip(frame["readout"], experiment.curves, strict=True):
        for bound in reading["bounds"]:
            raw = {"sharp": curve.sharp.values, "paper": curve.paper.values}[bound["name"]]
            drawn = unpacked(traces(frame)[bound["trace"]]["y"])
            np.testing.assert_array_equal(drawn, np.maximum(raw / scale, NEARLY_ZERO))
            says = drawn[raw >= curve.floor]
            assert ((says > 10**low) & (says < 10**high)).all()
            bounds.append(says)
    # Two decades are the step of the axis: nothing is farther from its ends.
    shown = np.concatenate([measured, [view.target], *bounds])
    assert np.log10(shown.min()) < low + 2.2
    assert np.log10(shown.max()) > high - 2.2


def test_grids_are_large_enough() -> None:
    assert len(GRID) >= 60


@pytest.mark.parametrize("contraction", [0.05, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_table_and_readout_agree_on_rounding(contraction: float) -> None:
    """The chart reads "rounding" as ``Reading["rounding"]`` says; the table says the same."""
    scenario = Scenario(size=20, contraction=contraction)
    view = View(target=1e-8)
    frame = frame_of(scenario, view)
    for reading, row in zip(frame["readout"], frame["table"]["rows"], strict=True):
        reached = row["cells"][1]
        at = -1 if reached.startswith(">") else int(reached)
        error = unpacked(traces(frame)[reading["trace"]]["y"])[at]
        for bound, cell in zip(reversed(reading["bounds"]), row["cells"][4:6], strict=True):
            value = unpacked(traces(frame)[bound["trace"]]["y"])[at]
            within = error <= reading["rounding"] or value < reading["rounding"]
            assert cell == (ROUNDING if within else ratio(value / error))


@pytest.mark.parametrize("fields", [{}, {"contraction": 0.05}, {"contraction": 0.99}], ids=str)
def test_the_name_of_the_target_does_not_lie_on_the_curves(fields: dict[str, Any]) -> None:
    frame = frame_of(Scenario(**fields))
    (names,) = [trace for trace in traces(frame) if "ε = 10⁻⁴" in str(trace.get("text"))]
    seen = np.isfinite(unpacked(names["y"]))
    (place,) = [n for n in np.flatnonzero(seen) if "ε" in names["text"][n]]
    height = unpacked(names["y"])[place]
    right = names["textposition"][place] == "middle left"
    width = 9 if right else -9
    for reading in frame["readout"]:
        trace = traces(frame)[reading["trace"]]
        x, y = unpacked(trace["x"]), np.log10(unpacked(trace["y"]))
        under = (x >= 120 - width) if right else (x <= -width)
        low, high = frame["figure"]["layout"]["yaxis"]["range"]
        gap = np.abs(y[under] - np.log10(height)) / (high - low)
        assert (gap > 0.03).all()


def test_products_that_spread_are_on_a_logarithmic_axis() -> None:
    few = frame_of(Scenario(size=20, horizon=30), View(x_axis="products"))
    many = frame_of(Scenario(size=20, horizon=30, methods=ALL), View(x_axis="products"))
    assert few["figure"]["layout"]["xaxis"]["type"] == "linear"
    assert many["figure"]["layout"]["xaxis"]["type"] == "log"
    left, right = many["figure"]["layout"]["xaxis"]["range"]
    for reading in many["readout"]:
        x = unpacked(traces(many)[reading["trace"]]["x"])
        assert (x[x > 0] > 10**left).all()
        assert (x < 10**right).all()


@pytest.mark.parametrize("horizon", [1, 2, 5, 10])
def test_a_short_axis_of_steps_has_whole_numbers(horizon: int) -> None:
    assert frame_of(Scenario(horizon=horizon))["figure"]["layout"]["xaxis"]["dtick"] == 1


REASONS = [
    (
        {"family": "nonsymmetric", "size": 8, "hyper_size": 3},
        "AID-CG",
        "needs a symmetric positive definite system; here ∂₁Φ is not symmetric",
    ),
    (
        {"vary": "inner", "size": 8},
        "ITD",
        "always goes back through all t steps (k = t), so k cannot stay fixed while t varies",
    ),
    (
        {"vary": "adjoint", "size": 8},
        "ITD",
        "always goes back through all t steps (k = t), so k cannot vary while t is fixed",
    ),
    (
        {"vary": "adjoint", "size": 8, "methods": ("aid-fp", "one-step")},
        "One-step",
        "takes k = 1 by definition, so k cannot vary",
    ),
    (
        {"size": 10**5, "hyper_size": 50, "horizon": 2, "methods": ("itd", "itd-forward")},
        "Forward ITD",
        "keeps a 100000 × 50 Jacobian in memory, which is too large here",
    ),
]


@pytest.mark.parametrize(("fields", "name", "reason"), REASONS, ids=str)
def test_a_method_that_does_not_apply_says_why_in_the_picture(
    fields: dict[str, Any], name: str, reason: str
) -> None:
    (absent,) = frame_of(Scenario(**fields))["absent"]
    assert (absent["name"], absent["reason"]) == (name, reason)
    assert absent["marker"]
    assert absent["color"].startswith("#")


@pytest.mark.parametrize("family", ["equilibrium", "graph-network"])
def test_no_advice_leans_on_a_contraction_where_there_is_none(family: str) -> None:
    scenario = Scenario(family=family, contraction=1.2, **SMALL[family])
    for refusal in experiment_of(scenario).refusals:
        assert "contraction" not in refusal.reason
        assert "AID-FP" not in refusal.reason


@every_scenario
def test_curves_are_packed(scenario: Scenario) -> None:
    frame = frame_of(scenario)
    drawn = {reading["trace"] for reading in frame["readout"]}
    drawn |= {bound["trace"] for reading in frame["readout"] for bound in reading["bounds"]}
    for index in drawn:
        trace = traces(frame)[index]
        assert trace["x"]["dtype"] == trace["y"]["dtype"] == "f8"
        assert len(unpacked(trace["x"])) == len(frame["steps"])


def test_markers_keep_their_places_when_a_method_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {method: shift(method) for method in METHOD_STYLES}
    assert [before[method] for method in ("itd", "itd-truncated", "aid-fp")] == [0, 1 / 8, 1 / 2]
    for number in range(20):
        monkeypatch.setitem(METHOD_STYLES, f"new-{number}", METHOD_STYLES["itd"])
    after = {method: shift(method) for method in METHOD_STYLES}
    assert before.items() <= after.items()
    assert len({*after.values()}) == len(after)
    assert all(0 <= place < 1 for place in after.values())
