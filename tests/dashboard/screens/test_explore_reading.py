"""What the cursor and the table of Explore read."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from frame_cases import SCENARIOS, VIEWS, every_scenario, markers
from frames import experiment_of, frame_of, traces, unpacked

from dashboard.kit.figure.axes import NEARLY_ZERO
from dashboard.kit.notation import count, ratio, scientific
from dashboard.kit.theme import METHOD_STYLES
from dashboard.screens.explore.figure.lines import CROWD, extract_lines, focus, unit
from dashboard.screens.explore.figure.marks import MARK_HEIGHT, MARK_WIDTH
from dashboard.screens.explore.settings import ERRORS, X_AXES, View
from hypergrad_core import METHODS, Scenario
from hypergrad_core.studies.crossing import Crossing, crossing
from hypergrad_core.studies.step_search import first_to_stay


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
        wanted = {
            "products": curve.estimate.costs.products,
            "floats": curve.estimate.costs.stored_floats,
        }
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
            assert row["cells"][6] == count(curve.estimate.costs.products[at])
            assert row["cells"][7] == count(curve.estimate.costs.stored_floats[at])
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
