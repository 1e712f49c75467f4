"""The frame of a setting: one picture, its table and its words, from one experiment."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qsl

import numpy as np
import pytest
from frames import ALL, experiment_of, frame_of, link_in, traces, unpacked

from dashboard.chart import WHOLE_PARAM
from dashboard.kit import compute
from dashboard.kit.figure.axes import NEARLY_ZERO, NEGLIGIBLE, ROUNDING_NAME
from dashboard.kit.figure.describe import BEYOND_THEORY, describe
from dashboard.kit.notation import count, ratio, scientific
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.explore.figure.lines import CROWD, extract_lines, focus, unit
from dashboard.screens.explore.figure.marks import MARK_HEIGHT, MARK_WIDTH
from dashboard.screens.explore.frame import ROUNDING, explore_frame, render_frame
from dashboard.screens.explore.settings import BOUNDS, ERRORS, SETTINGS, X_AXES, View
from hypergrad_core import FAMILIES, METHODS, Experiment, Scenario, run
from hypergrad_core.complexity import Crossing, crossing, first_to_stay
from hypergrad_core.experiment import DRAFT_STRIDE
from hypergrad_core.scenario import SLICES, SPECTRA

SMALL: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 12, "hyper_size": 3, "horizon": 40},
    "logistic": {"size": 6, "samples": 15, "horizon": 40},
    "logistic-log": {"size": 6, "samples": 15, "horizon": 40},
    "kernel-ridge": {"size": 10, "hyper_size": 3, "horizon": 40},
    "biased": {"size": 6, "samples": 15, "horizon": 40},
    "hyper-representation": {"size": 4, "hyper_size": 12, "samples": 15, "horizon": 40},
    "equilibrium": {"size": 12, "samples": 4, "horizon": 40},
    "equilibrium-symmetric": {"size": 12, "samples": 4, "horizon": 40},
    "graph-network": {"size": 16, "samples": 8, "horizon": 40},
    "nonsymmetric": {"size": 8, "hyper_size": 3, "horizon": 40},
}
SCENARIOS = [
    Scenario(family=family, methods=ALL, vary=vary, inner_steps=20, **SMALL[family])
    for family in FAMILIES
    for vary in SLICES
]
SCENARIOS += [
    Scenario(methods=ALL, vary="adjoint", inner="exact", **SMALL["quadratic"]),
    Scenario(contraction=0.5),
    Scenario(size=20, horizon=1000, contraction=0.98),
]
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
VIEWS = [
    View(x_axis=x_axis, error=error, bound=bound)
    for x_axis, error, bound in itertools.product(X_AXES, ERRORS, BOUNDS)
]


def name_of(scenario: Scenario) -> str:
    return " ".join(f"{key}={value}" for key, value in scenario.to_link().items())


every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)


def markers(frame: dict[str, Any], word: str) -> dict[str, Any]:
    """The trace of the marks at the target: "measured", "predicted" or "beyond"."""
    found = [trace for trace in traces(frame) if trace.get("name") == f"{word} at ε"]
    assert len(found) == 1
    return found[0]


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


@every_scenario
def test_the_cursor_reads_what_was_measured_and_what_was_bounded(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View(bound="both")
    frame = frame_of(scenario, view)
    scale = experiment.constants.hypergradient_norm
    in_focus = focus(experiment, view)
    for reading, curve in zip(frame["readout"], experiment.curves, strict=True):
        measured = traces(frame)[reading["trace"]]
        assert reading["name"] == METHODS[curve.method].label
        assert reading["focus"] == ("" if curve.method == in_focus else curve.method)
        assert reading["marker"] == METHOD_STYLES[curve.method].marker
        assert reading["rounding"] == curve.floor / scale
        assert measured["line"]["color"] == reading["color"]
        assert "dash" not in measured["line"]
        np.testing.assert_array_equal(unpacked(measured["x"]), curve.steps)
        np.testing.assert_array_equal(
            unpacked(measured["y"]), np.maximum(curve.errors / scale, NEARLY_ZERO)
        )
        # From four methods on, only the one in focus has bounds.
        has_bounds = len(experiment.curves) < CROWD or curve.method == in_focus
        assert sorted(bound["name"] for bound in reading["bounds"]) == (
            ["paper", "sharp"] if has_bounds else []
        )
        raw = {"sharp": curve.sharp.values, "paper": curve.paper.values}
        for bound in reading["bounds"]:
            trace = traces(frame)[bound["trace"]]
            assert trace["line"]["dash"]
            assert trace["line"]["color"] == reading["color"]
            # Drawn as it is: never clamped.
            np.testing.assert_array_equal(
                unpacked(trace["y"]), np.maximum(raw[bound["name"]] / scale, NEARLY_ZERO)
            )
            # All of it is pale; over it, what is not below rounding.
            assert trace["opacity"] < 0.5
            clear = traces(frame)[bound["trace"] + 1]
            assert "opacity" not in clear
            np.testing.assert_array_equal(
                np.isfinite(unpacked(clear["y"])), raw[bound["name"]] >= curve.floor
            )


def gaps(frame: dict[str, Any], reading: dict[str, Any]) -> list[dict[str, Any]]:
    """The areas between a curve and its bounds."""
    first = reading["trace"] + 1
    found = traces(frame)[first : first + len(reading["bounds"])]
    assert all(trace["fill"] == "tonexty" for trace in found)
    return found


@every_scenario
def test_no_area_is_filled_where_a_bound_is_below_rounding(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View()
    frame = frame_of(scenario, view)
    for reading, line in zip(frame["readout"], extract_lines(experiment, view), strict=True):
        lower = np.maximum(line.error, 1e-37)
        for gap, values in zip(gaps(frame, reading), line.bounds.values(), strict=True):
            edge = unpacked(gap["y"])
            says = values >= line.rounding
            np.testing.assert_allclose(edge[says], values[says], rtol=1e-6)
            np.testing.assert_allclose(edge[~says], lower[~says], rtol=1e-6)
            lower = edge


@every_scenario
def test_bounds_are_above_the_error_but_for_rounding(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    for view in VIEWS:
        for line in extract_lines(experiment, view):
            for values in line.bounds.values():
                assert (line.error <= values * (1 + 1e-9) + line.rounding).all()


@every_scenario
def test_a_relative_error_times_the_norm_is_the_absolute_one(scenario: Scenario) -> None:
    experiment = experiment_of(scenario)
    norm = float(np.linalg.norm(experiment.hypergradient))
    relative = frame_of(scenario, View(error="relative"))
    absolute = frame_of(scenario, View(error="absolute"))
    for reading in relative["readout"]:
        for index in (reading["trace"], *(bound["trace"] for bound in reading["bounds"])):
            ours = unpacked(traces(relative)[index]["y"]) * norm
            theirs = unpacked(traces(absolute)[index]["y"])
            clear = theirs > NEARLY_ZERO
            np.testing.assert_allclose(ours[clear], theirs[clear], rtol=1e-12)


@pytest.mark.parametrize("axis", ["products", "floats"])
@every_scenario
def test_costs_on_the_horizontal_axis_are_those_of_the_estimate(
    scenario: Scenario, axis: str
) -> None:
    frame = frame_of(scenario, View(x_axis=axis))
    for reading, curve in zip(frame["readout"], experiment_of(scenario).curves, strict=True):
        wanted = {"products": curve.estimate.products, "floats": curve.estimate.stored_floats}
        np.testing.assert_array_equal(unpacked(traces(frame)[reading["trace"]]["x"]), wanted[axis])


def cells_of(found: Crossing, scenario: Scenario) -> list[str]:
    """The three numbers of steps in a row of the table."""
    sampled = scenario.horizon > 200

    def within(step: int | None) -> str:
        if step is None:
            return f"> {count(scenario.horizon)}"
        return f"≤ {count(step)}" if sampled and step > 0 else count(step)

    paper = "never" if found.paper is None else count(found.paper)
    return [within(found.measured), paper, within(found.sharp)]


@pytest.mark.parametrize("target", [1e-1, 1e-4, 1e-9])
@every_scenario
def test_the_table_has_the_crossings_of_the_core(scenario: Scenario, target: float) -> None:
    experiment = experiment_of(scenario)
    for error in ERRORS:
        view = View(target=target, error=error)
        rows = frame_of(scenario, view)["table"]["rows"]
        for row, curve in zip(rows, experiment.curves, strict=True):
            found = crossing(experiment, curve, target * unit(experiment, view))
            assert row["cells"][1:4] == cells_of(found, scenario)
            at = -1 if found.index is None else found.index
            assert row["cells"][6] == count(curve.estimate.products[at])
            assert row["cells"][7] == count(curve.estimate.stored_floats[at])
            clear = curve.errors[at] > curve.floor
            for cell, bound in zip(row["cells"][4:6], (curve.paper, curve.sharp), strict=True):
                wanted = ratio(bound.values[at] / curve.errors[at]) if clear else "rounding"
                assert cell == wanted


@every_scenario
def test_the_table_has_a_cell_for_each_heading(scenario: Scenario) -> None:
    table = frame_of(scenario)["table"]
    for row in table["rows"]:
        assert len(row["cells"]) == len(table["columns"])
        assert all(row["cells"])
    assert scientific(View().target) in table["caption"]
    # What the numbers are of is said in the table and on the axis.
    for error in ERRORS:
        frame = frame_of(scenario, View(error=error))
        assert f"the {error} error" in frame["table"]["caption"]
        assert f"{error} error" in frame["table"]["columns"][1]["help"]
        title = frame["figure"]["layout"]["yaxis"]["title"]["text"]
        assert title == f"{error.capitalize()} error of the hypergradient"


@pytest.mark.parametrize("bound", ["sharp", "paper", "both"])
@every_scenario
def test_marks_sit_where_the_target_is_reached(scenario: Scenario, bound: str) -> None:
    experiment = experiment_of(scenario)
    view = View(bound=bound, target=1e-5)
    frame = frame_of(scenario, view)
    scale = unit(experiment, view)
    # With both bounds the paper's is the prediction.
    predictor = "sharp" if bound == "sharp" else "paper"
    lines = extract_lines(experiment, view)
    for word in ("measured", "predicted"):
        trace = markers(frame, word)
        for x, curve, line in zip(unpacked(trace["x"]), experiment.curves, lines, strict=True):
            values = curve.errors if word == "measured" else getattr(curve, predictor).values
            index = first_to_stay(np.maximum(values, 1e-300), view.target * scale)
            if index is None or (word == "predicted" and not line.bounds):
                assert np.isnan(x)
            else:
                assert x == curve.steps[index]
                assert (values[index:] <= view.target * scale).all()
                assert index == 0 or values[index - 1] > view.target * scale
    symbols = markers(frame, "predicted")["marker"]["symbol"]
    assert all(symbol.endswith("-open") for symbol in symbols)


def all_marks(frame: dict[str, Any]) -> list[tuple[float, float]]:
    """Places of the marks at the target, from 0 to 1 along both axes."""
    layout = frame["figure"]["layout"]
    (left, right), (low, high) = layout["xaxis"]["range"], layout["yaxis"]["range"]
    places = []
    for word in ("measured", "predicted", "beyond"):
        trace = markers(frame, word)
        x, y = unpacked(trace["x"]), np.log10(unpacked(trace["y"]))
        if layout["xaxis"]["type"] == "log":
            x = np.log10(x)
        seen = np.isfinite(x)
        along = (x[seen] - left) / (right - left)
        places += zip(along.tolist(), ((y[seen] - low) / (high - low)).tolist(), strict=True)
    return places


@pytest.mark.parametrize("axis", [*X_AXES])
@pytest.mark.parametrize("target", [1e-1, 1e-4, 1e-9])
@every_scenario
def test_no_mark_at_the_target_lies_on_another(
    scenario: Scenario, target: float, axis: str
) -> None:
    view = View(target=target, x_axis=axis)
    marks = all_marks(frame_of(scenario, view))
    for (x, y), (other_x, other_y) in itertools.combinations(marks, 2):
        apart_x, apart_y = abs(x - other_x) / MARK_WIDTH, abs(y - other_y) / MARK_HEIGHT
        assert max(apart_x, apart_y) > 1 - 1e-6
    low, high = frame_of(scenario, view)["figure"]["layout"]["yaxis"]["range"]
    level = (np.log10(target) - low) / (high - low)
    # A stack stands around the target.
    if marks:
        assert min(abs(y - level) for _, y in marks) <= MARK_HEIGHT / 2 + 1e-9


def test_without_bounds_nothing_is_predicted() -> None:
    frame = frame_of(SCENARIOS[0], View(bound="none"))
    for word in ("predicted", "beyond"):
        assert np.isnan(unpacked(markers(frame, word)["x"])).all()
    assert all(reading["bounds"] == [] for reading in frame["readout"])
    assert not any("predict" in entry["text"] or "bound" in entry["text"] for entry in frame["key"])


def test_a_sampled_horizon_says_at_most() -> None:
    scenario = Scenario(size=20, horizon=1000, contraction=0.98)
    assert len(scenario.steps()) < 1001
    rows = frame_of(scenario, View(target=1e-3))["table"]["rows"]
    assert all(row["cells"][1].startswith("≤ ") for row in rows)
    assert all(row["cells"][3].startswith("≤ ") for row in rows)
    complete = frame_of(replace(scenario, horizon=200), View(target=1.0))["table"]["rows"]
    assert not any("≤" in cell for row in complete for cell in row["cells"])
    thinned = experiment_of(scenario)
    full = experiment_of(replace(scenario, horizon=200, contraction=0.9))
    for experiment, sign in ((thinned, "at most "), (full, "")):
        message = explore_frame(experiment, View(target=1e-3), "light")["message"]
        for line in extract_lines(experiment, View(target=1e-3)):
            assert re.search(
                rf"{line.label}( and .*?)? needs? {sign}{line.crossing.measured}\b", message
            )
        assert ("at most" in message) == bool(sign)


@every_scenario
def test_the_headline_and_the_alternative_text_have_the_numbers(scenario: Scenario) -> None:
    experiment, view = experiment_of(scenario), View(target=1e-3)
    frame = frame_of(scenario, view)
    assert describe(experiment) in frame["alt"]
    assert f"q = {scenario.contraction:g}" in frame["alt"]
    assert f"the relative error at or below ε = {scientific(view.target)}" in frame["message"]
    assert frame["message"] in frame["alt"]
    scale = unit(experiment, view)
    assert scientific(experiment.curves[0].floor / scale) in frame["alt"]
    lines = extract_lines(experiment, view)
    for line in lines:
        assert f"{line.label} ends at {scientific(float(line.error[-1]))}" in frame["alt"]
        # Every method is named with its step, or among those that do not get there.
        assert re.search(rf"\b{line.label}\b", frame["message"]) or "No method" in frame["message"]
        if line.crossing.measured is not None:
            assert re.search(rf"\b{line.crossing.measured}\b", frame["message"])
    for refusal in experiment.refusals:
        assert f"{METHODS[refusal.method].label} does not apply here" in frame["alt"]
        assert "apply" not in frame["message"]


def test_the_headline_ranks_by_steps_and_names_ties_together() -> None:
    message = frame_of(Scenario(), View(target=1e-2))["message"]
    found = re.fullmatch(
        r"To get the relative error at or below ε = 0\.01, AID-CG needs (\d+) steps, "
        r"ITD and AID-FP need (\d+)\.",
        message,
    )
    assert found
    assert int(found[1]) < int(found[2])


NO_METHOD = "No method gets the relative error at or below ε = 10⁻⁴"


@pytest.mark.parametrize(
    ("fields", "view", "said"),
    [
        ({"horizon": 5}, {}, f"{NO_METHOD} within 5 steps."),
        ({"horizon": 1}, {}, f"{NO_METHOD} within 1 step."),
        (
            {"horizon": 40},
            {},
            "To get the relative error at or below ε = 10⁻⁴, AID-CG needs 27 steps; "
            "ITD and AID-FP do not get there within 40 steps.",
        ),
        ({"methods": ("itd",), "vary": "inner"}, {}, "No method applies here."),
        (
            {"horizon": 1, "methods": ("itd",)},
            {"target": 1e5, "error": "absolute"},
            "To get the absolute error at or below ε = 10⁵, ITD needs 0 steps.",
        ),
    ],
    ids=str,
)
def test_the_headline_is_grammar(fields: dict[str, Any], view: dict[str, Any], said: str) -> None:
    assert frame_of(Scenario(size=50, **fields), View(**view))["message"] == said


@pytest.mark.parametrize("target", [3e-14, 1e-9, 3e-6, 1e-4, 3e-2, 0.3])
@pytest.mark.parametrize("contraction", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("horizon", [60, 1500])
def test_the_headline_of_all_methods_names_every_one(
    contraction: float, target: float, horizon: int
) -> None:
    scenario = Scenario(methods=ALL, size=20, contraction=contraction, horizon=horizon)
    experiment, view = experiment_of(scenario), View(target=target)
    message = frame_of(scenario, view)["message"]
    lines = extract_lines(experiment, view)
    groups: dict[int | None, list[str]] = {}
    for line in lines:
        groups.setdefault(line.crossing.measured, []).append(line.label)
    steps = sorted(step for step in groups if step is not None)
    if not steps:
        assert message.startswith("No method ")
        return
    for step, labels in groups.items():
        assert all(re.search(rf"\b{label}\b", message) for label in labels)
        if len(groups) >= 4:
            told = f"not within {horizon}: " if step is None else rf"\b{step} \("
            assert re.search(told + ", ".join(labels), message)
    if len(groups) >= 4:
        sign = "at most " if horizon > 200 else ""
        assert f"fastest: {sign}{steps[0]} (" in message
        assert f"slowest: {sign}{steps[-1]} (" in message


def row_of(experiment: Experiment, method: str, view: View) -> list[str]:
    """The cells of a method in the table."""
    found = explore_frame(experiment, view, "light")["table"]["rows"]
    (row,) = [row for row in found if row["cells"][0] == METHODS[method].label]
    return row["cells"]


def test_beyond_the_theory_nothing_is_said_of_bounds() -> None:
    scenario = Scenario(family="equilibrium", contraction=1.2, **SMALL["equilibrium"])
    for bound in BOUNDS:
        for target in (1e-4, 1e-15, 1e3):
            view = View(bound=bound, target=target)
            frame = frame_of(scenario, view)
            assert frame["warning"] == BEYOND_THEORY
            reached = any(
                line.crossing.index is not None
                for line in extract_lines(experiment_of(scenario), view)
            )
            said = [entry["text"].partition(" (")[0] for entry in frame["key"]]
            assert said == ["measured", *(["error reaches ε"] if reached else [])]
            for method in ("itd", "aid-fp"):
                assert row_of(experiment_of(scenario), method, view)[2:6] == ["–"] * 4
            for word in ("predicted", "beyond"):
                assert np.isnan(unpacked(markers(frame, word)["x"])).all()
    assert "warning" not in frame_of(replace(scenario, contraction=0.9999))


@pytest.mark.parametrize("bound", [*BOUNDS])
def test_the_key_names_the_bound_that_predicts(bound: str) -> None:
    texts = [entry["text"] for entry in frame_of(Scenario(), View(bound=bound))["key"]]
    predictor = {"none": "", "sharp": "sharp"}.get(bound, "paper’s")
    predicts = [f"{predictor} bound reaches ε"] if predictor else []
    assert [text for text in texts if "bound reaches" in text] == predicts
    early = frame_of(Scenario(horizon=40), View(bound=bound))["key"]
    late = [entry["text"] for entry in early if "→" in entry["text"]]
    assert late == ["paper’s bound reaches ε (→ after T = 40)"] * (predictor == "paper’s")


def test_the_key_says_what_pale_means_where_there_is_something_pale() -> None:
    def texts(**fields: Any) -> str:
        return str(frame_of(Scenario(**fields))["key"])

    assert "less than rounding" in texts(contraction=0.05)
    assert "less than rounding" not in texts(contraction=0.9)


@pytest.mark.parametrize("bound", ["paper", "sharp", "both"])
def test_the_key_says_whose_bounds_are_drawn_and_how_to_see_others(bound: str) -> None:
    frame = frame_of(Scenario(methods=ALL), View(bound=bound, card="aid-cg"))
    said = [entry for entry in frame["key"] if "(of AID-CG only)" in entry["text"]]
    assert len(said) == (2 if bound == "both" else 1)
    # Once, after the last of them: the cards do what it says.
    hints = [entry for entry in frame["key"] if "hint" in entry]
    assert hints == said[-1:]
    assert "press the card of another method" in hints[0]["hint"]
    assert [card["name"] for card in frame["readout"] if card["focus"] == ""] == ["AID-CG"]
    assert not any("hint" in entry for entry in frame_of(Scenario(), View(bound=bound))["key"])


def beyond(frame: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The marks of predictions beyond the horizon, and their numbers."""
    numbers = traces(frame)[frame["names"][0]["trace"]]
    return markers(frame, "beyond"), numbers


def test_the_first_picture_has_a_mark_for_every_prediction() -> None:
    frame = frame_of(Scenario())
    assert np.isfinite(unpacked(markers(frame, "predicted")["x"])).all()
    assert np.isnan(unpacked(beyond(frame)[0]["x"])).all()


@pytest.mark.parametrize("axis", [*X_AXES])
@pytest.mark.parametrize("bound", ["paper", "both"])
@pytest.mark.parametrize("horizon", [40, 60, 1000])
@pytest.mark.parametrize("methods", [ALL, ("itd", "aid-fp", "aid-cg")], ids=len)
def test_predictions_beyond_the_horizon_stand_at_the_right_edge(
    horizon: int, bound: str, axis: str, methods: tuple[str, ...]
) -> None:
    scenario = Scenario(
        methods=methods, size=20, horizon=horizon, contraction=0.93, adjoint_steps=300
    )
    experiment, view = (
        experiment_of(scenario),
        View(bound=bound, x_axis=axis, target=1e-3, card="itd"),
    )
    frame = frame_of(scenario, view)
    marks, numbers = beyond(frame)
    high = frame["figure"]["layout"]["xaxis"]["range"][1]
    if frame["figure"]["layout"]["xaxis"]["type"] == "log":
        high = 10**high
    found = 0
    for place, (curve, line) in enumerate(
        zip(experiment.curves, extract_lines(experiment, view), strict=True)
    ):
        step = crossing(experiment, curve, view.target * unit(experiment, view)).paper
        x, text_x = unpacked(marks["x"])[place], unpacked(numbers["x"])[place]
        if step is None or step <= horizon or not line.bounds:
            assert np.isnan(x)
            assert np.isnan(text_x)
            continue
        # The number stands in the margin, beside its own hollow mark.
        assert x == text_x == pytest.approx(high)
        assert unpacked(marks["y"])[place] == unpacked(numbers["y"])[place]
        assert marks["marker"]["symbol"][place].endswith("-open")
        wanted = f"{count(step)} {'' if axis == 'steps' else 'steps '}→"
        assert numbers["text"][place].strip() == wanted
        assert numbers["textposition"] == "middle right"
        found += 1
    assert (found > 0) == (horizon < 1000)


def test_a_prediction_that_never_comes_or_lies_in_rounding_has_no_mark() -> None:
    scenario = Scenario(methods=("one-step", "aid-fp"), size=20, horizon=30)
    marks, _ = beyond(frame_of(scenario))
    assert np.isnan(unpacked(marks["x"])[0])
    assert np.isfinite(unpacked(marks["x"])[1])
    marks, _ = beyond(frame_of(scenario, View(target=1e-15)))
    assert np.isnan(unpacked(marks["x"])).all()


def test_names_on_the_figure_have_a_halo_of_the_page() -> None:
    for mode, color in (("light", "#FFFFFF"), ("dark", "#0F1319")):
        frame = dict(explore_frame(experiment_of(Scenario()), View(), cast(Mode, mode)))
        (names,) = [trace for trace in traces(frame) if ROUNDING_NAME in str(trace.get("text"))]
        assert color in names["textfont"]["shadow"]


def test_ticks_of_powers_are_as_large_as_those_of_numbers() -> None:
    # Plotly writes powers on a logarithmic axis 1.25 times as large as it is told to.
    for axis in X_AXES:
        layout = frame_of(Scenario(), View(x_axis=axis))["figure"]["layout"]
        assert 1.25 * layout["yaxis"]["tickfont"]["size"] == layout["font"]["size"]
        assert ("tickfont" in layout["xaxis"]) == (layout["xaxis"]["type"] == "log")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"inner": "heavy-ball"}),
        ({}, {"start": 2.0}),
        ({}, {"precision": "single"}),
        ({"methods": ("itd-truncated",)}, {"methods": ("itd-truncated",), "adjoint_steps": 7}),
        ({"family": "logistic"}, {"family": "logistic", "samples": 99}),
        ({"family": "equilibrium"}, {"family": "equilibrium", "data": "digits"}),
    ],
    ids=str,
)
def test_titles_tell_runs_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    small: dict[str, Any] = {"size": 10, "horizon": 5}
    titles = [describe(experiment_of(Scenario(**{**small, **fields}))) for fields in (one, other)]
    assert titles[0] != titles[1]


def test_a_title_names_what_was_run() -> None:
    scenario = Scenario(
        family="biased",
        data="digits",
        methods=("itd", "itd-truncated"),
        inner="heavy-ball",
        horizon=5,
        seed=3,
    )
    assert describe(experiment_of(scenario)) == (
        "Biased regularisation · Two handwritten digits · q = 0.9 · κ = 19 · d = 64 · m = 64"
        " · n = 20 · heavy ball (optimal constants) · truncation k = 10 · seed 3"
    )
    longer = describe(experiment_of(replace(scenario, start=2.0, precision="single")))
    assert longer.endswith(" · start ‖w₀‖ = 2 ‖w(λ)‖ · single precision · seed 3")


@pytest.mark.parametrize("spectrum", [*SPECTRA])
def test_a_title_has_the_words_of_the_menu(spectrum: str) -> None:
    said = describe(
        experiment_of(Scenario(spectrum=spectrum, size=4, horizon=2, contraction=0.9999))
    )
    label = SPECTRA[spectrum]
    assert f"eigenvalues: {label[0].lower()}{label[1:]} · " in said
    assert "κ = 2·10⁴ · " in said


@pytest.mark.parametrize("mode", ["light", "dark"])
@every_scenario
def test_the_link_of_a_frame_restores_its_setting_and_the_frame(
    scenario: Scenario, mode: str
) -> None:
    view = View(x_axis="products", error="absolute", bound="sharp", target=2.5e-5, card="itd")
    params = {**SETTINGS.link_of(scenario, view), "theme": mode}
    frame = render_frame({**params, WHOLE_PARAM: "1"})
    assert dict(parse_qsl(frame["link"])) == params
    settings = link_in(dict(frame))
    assert SETTINGS.of_link(settings) == (scenario, view, ())
    # Computed anew, not taken from the cache, it is the same to the last digit.
    compute.EXPERIMENTS.store(run(scenario))
    assert json.dumps(render_frame(dict(parse_qsl(frame["link"])))) == json.dumps(frame)


def test_a_frame_that_stands_in_has_the_link_that_was_asked_for() -> None:
    asked = Scenario(seed=5)
    frame = explore_frame(experiment_of(SCENARIOS[0]), View(), "dark", asked=asked)
    assert dict(parse_qsl(frame["link"])) == {**SETTINGS.link_of(asked, View()), "theme": "dark"}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "1"}, "q"),
        ({"q": "inf"}, "q"),
        ({"d": "1e3"}, "d"),
        ({"problem": ""}, "problem"),
        ({"methods": "."}, "methods"),
        ({"problem": "quadratic", "m": "1000", "d": "1000000"}, "m"),
        ({"problem": "quadratic", "d": "1000000", "T": "2000"}, "T"),
        ({"eps": "-1"}, "eps"),
        ({"bound": "all"}, "bound"),
        ({"at": "x"}, "at"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(params: dict[str, str], field: str) -> None:
    allowed = rf"^[A-Z].*: {re.escape(field)} = .* is not allowed: choose "
    with pytest.raises(ValueError, match=allowed):
        render_frame(params)


def test_all_bad_parameters_are_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"q = .*eps = "):
        render_frame({"q": "7", "eps": "7e7"})


def test_a_hand_that_moves_gets_fewer_points_and_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    params = {"problem": "equilibrium", "d": "20", "n": "5", "T": "42", "eps": "0.1"}
    monkeypatch.setattr(compute, "DRAFT_SECONDS", 0.0)
    draft = render_frame(params)
    whole = render_frame({**params, WHOLE_PARAM: "1"})
    assert draft["draft"]
    assert "draft" not in whole
    assert draft["at"] == [*range(8), *range(8, 42, DRAFT_STRIDE), 42]
    assert whole["at"] == [*range(43)]
    # Another picture, of the same settings.
    assert draft["link"] != whole["link"]
    assert parse_qsl(draft["link"]) == parse_qsl(whole["link"])
    assert draft["title"] == f"{whole['title']} · drawn at fewer steps"
    assert "at most" in draft["message"]
    assert "at most" not in whole["message"]
    for row, all_of_it in zip(draft["table"]["rows"], whole["table"]["rows"], strict=True):
        reached = re.fullmatch(r"≤ (\d+)", row["cells"][1])
        assert reached
        assert 0 <= int(reached[1]) - int(all_of_it["cells"][1]) < DRAFT_STRIDE
    # What is known already is shown with all its points.
    assert render_frame(params) == whole


def test_a_slow_setting_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "LIVE_SECONDS", 0.0)
    params = {"d": "21", "seed": "77"}
    with pytest.raises(ValueError, match="takes longer: it is computed when you let go"):
        render_frame(params)
    scenario, _, _ = SETTINGS.of_link(params)
    # What is known already is shown, however long it took.
    compute.EXPERIMENTS.store(run(scenario))
    assert link_in(dict(render_frame(params))) == params


@pytest.mark.parametrize("field", ["contraction", "seed", "target"])
@pytest.mark.parametrize(
    "view", VIEWS, ids=lambda view: "-".join(view.to_link().values()) or "default"
)
def test_a_slider_moves_points_but_never_the_structure(view: View, field: str) -> None:
    base = Scenario(methods=ALL, **SMALL["quadratic"])
    settings: list[tuple[Scenario, View]] = {
        "contraction": [(replace(base, contraction=q), view) for q in (0.3, 0.9, 0.999)],
        "seed": [(replace(base, seed=seed), view) for seed in (0, 1)],
        "target": [(base, replace(view, target=target)) for target in (1e-14, 1e-3, 30.0)],
    }[field]

    def structure(frame: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            (
                trace["type"],
                trace["mode"],
                trace.get("name"),
                trace.get("fill"),
                trace.get("line"),
                len(unpacked(trace["x"])),
            )
            for trace in traces(frame)
        ]

    first, *others = [frame_of(scenario, seen) for scenario, seen in settings]
    for other in others:
        assert structure(other) == structure(first)
        assert other["steps"] == first["steps"]
        layouts = [frame["figure"]["layout"] for frame in (first, other)]
        assert layouts[0]["uirevision"] == layouts[1]["uirevision"]
        assert layouts[0]["margin"] == layouts[1]["margin"]


@every_scenario
def test_an_experiment_has_one_colour_a_method_in_chart_and_table(scenario: Scenario) -> None:
    frame = frame_of(scenario)
    colors = [reading["color"] for reading in frame["readout"]]
    assert len(set(colors)) == len(colors)
    assert [row["color"] for row in frame["table"]["rows"]] == colors
    markers_of = [reading["marker"] for reading in frame["readout"]]
    assert [row["marker"] for row in frame["table"]["rows"]] == markers_of
    assert len(set(markers_of)) == len(markers_of)
