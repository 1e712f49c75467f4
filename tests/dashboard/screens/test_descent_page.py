"""The Descent page: the numbers of ``minimize``, its pictures, words and exports."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from frames import ROOT, open_page, unpacked

from dashboard.kit.notation import percent
from dashboard.kit.page import Shown
from dashboard.screens.descent.export import descent_snippet, descents_to_csv
from dashboard.screens.descent.figure import READ, bound_of, series
from dashboard.screens.descent.final import explained, final_rows
from dashboard.screens.descent.frame import descent_frame
from dashboard.screens.descent.images import chosen_steps
from dashboard.screens.descent.race import RACES, Race, Run, arrived, run_of
from dashboard.screens.descent.settings import AGAINST, HEIGHTS, RULES, SETTINGS, DescentView
from dashboard.screens.descent.words import headline, notes
from hypergrad_core import METHODS, Scenario, ScenarioError
from hypergrad_core.studies.descent import minimize

SCENARIO = replace(SETTINGS.scenario, data="synthetic", size=6, samples=9)
VIEW = DescentView(steps=5)


@cache
def runs_of(race: Race) -> tuple[Run | None, ...]:
    return RACES.compute(race)


def frame_of(view: DescentView = VIEW, scenario: Scenario = SCENARIO, done: int = 9) -> Any:
    race = Race.of(scenario, view)
    runs = tuple(run if place < done else None for place, run in enumerate(runs_of(race)))
    return descent_frame(Shown(SETTINGS, race, runs, scenario, view, "light"))


def found(view: DescentView = VIEW, scenario: Scenario = SCENARIO) -> list[Run]:
    return arrived(runs_of(Race.of(scenario, view)))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("height", [key for key in HEIGHTS if key != "accuracy"])
def test_what_is_drawn_is_what_python_computes(rule: str, height: str) -> None:
    view = replace(VIEW, rule=rule, height=height, against="steps")
    frame = frame_of(view)
    json.dumps(frame, allow_nan=False)
    problem = SCENARIO.build()
    for reading, way in zip(frame["readout"], Race.of(SCENARIO, view).ways, strict=True):
        own = minimize(problem, way.method, way.budget, way.outer)
        trace = frame["figure"]["data"][reading["trace"]]
        heights = np.asarray(unpacked(trace["y"]), dtype=np.float64)[: len(own.steps)]
        np.testing.assert_allclose(heights, series(own, height), rtol=1e-12)
        assert unpacked(trace["x"])[: len(own.steps)] == pytest.approx(range(len(own.steps)))
        assert reading["name"] == METHODS[way.method].label
        told = bound_of(own, height)
        assert [bound["name"] for bound in reading["bounds"]] == (
            [] if told is None else ["certified"]
        )
        if told is not None:
            assert (told >= heights * (1 - 1e-12)).all()


@pytest.mark.parametrize("against", AGAINST)
def test_a_descent_goes_from_left_to_right(against: str) -> None:
    frame = frame_of(replace(VIEW, against=against))
    low, high = frame["figure"]["layout"]["xaxis"]["range"]
    for reading in frame["readout"]:
        x = list(unpacked(frame["figure"]["data"][reading["trace"]]["x"]))
        known = [value for value in x if np.isfinite(value)]
        assert known == sorted(known)
        assert low < known[0] <= known[-1] < high
    assert frame["figure"]["layout"]["xaxis"]["title"]["text"] == AGAINST[against]


def test_proved_steps_are_green_and_stand_beside_fixed_ones() -> None:
    certified, fixed = frame_of(), frame_of(replace(VIEW, rule="fixed"))
    for reading, run in zip(certified["readout"], found(), strict=True):
        colors = certified["figure"]["data"][reading["trace"]]["marker"]["color"]
        assert run.descent is not None
        assert run.blind is not None
        assert [color == colors[1] for color in colors[: len(run.descent.steps)]] == [
            step.proved for step in run.descent.steps
        ]
        assert run.blind.steps[-2].products < run.descent.last.products
    said = {entry["text"] for entry in certified["key"]}
    assert "step with proof (green)" in said
    assert said - {entry["text"] for entry in fixed["key"]} == {
        "step with proof (green)", "fixed steps, no more products",
    }  # fmt: skip


def part_of(part: str, view: DescentView = VIEW, scenario: Scenario = SCENARIO) -> dict[str, Any]:
    race = Race.of(scenario, view)
    frame = descent_frame(Shown(SETTINGS, race, runs_of(race), scenario, view, "dark"), part)
    json.dumps(frame, allow_nan=False)
    return dict(frame)


@pytest.mark.parametrize("chosen", ["best", "itd"])
def test_a_light_is_on_where_a_sign_is_proved(chosen: str) -> None:
    frame = part_of("signs", replace(VIEW, lights=chosen))
    data = frame["figure"]["data"]
    (drawn,) = [trace for trace in data if trace["type"] == "heatmap"]
    (reading,) = frame["readout"]
    run = run_of(found(), chosen)
    assert run is not None
    assert run.descent is not None
    if chosen == "best":
        ends = [other.descent.last.objective for other in found() if other.descent]
        assert run.descent.last.objective == min(ends)
    assert reading["name"] == METHODS[run.method].label
    signs = np.array([step.certificate.proved_signs for step in run.descent.steps]).T
    np.testing.assert_array_equal(unpacked(drawn["z"]).reshape(signs.shape), signs)
    proved = np.count_nonzero(signs, axis=0)
    np.testing.assert_array_equal(unpacked(data[reading["trace"]]["x"]), proved)
    for row, other in zip(frame["table"]["rows"], found(), strict=True):
        assert other.descent is not None
        assert sum(map(int, row["cells"][1:])) == len(signs)
        ends = np.count_nonzero(other.descent.last.certificate.proved_signs)
        assert sum(map(int, row["cells"][1:3])) == ends


def test_images_are_drawn_as_they_form() -> None:
    scenario = replace(SETTINGS.scenario, family="learned-digits", methods=("aid-cg",))
    view = replace(VIEW, rule="backtracking", steps=6)
    frame = part_of("images", view, scenario)
    (trace,) = frame["figure"]["data"]
    (run,) = found(view, scenario)
    assert run.images is not None
    assert run.descent is not None
    last = scenario.build().at(run.descent.last.hyper).images
    np.testing.assert_array_equal(run.images[-1], last)
    steps = chosen_steps(len(run.images))
    assert steps[0] == 0
    assert steps[-1] == len(run.images) - 1
    assert frame["figure"]["layout"]["yaxis"]["ticktext"] == [str(step) for step in steps]
    _, classes, rows, columns = run.images.shape
    values = unpacked(trace["z"]).reshape(len(steps) * (rows + 1), classes * (columns + 1))
    # The last step stands at the bottom, each image upside down.
    np.testing.assert_allclose(values[1 : rows + 1, :columns][::-1], run.images[-1, 0], rtol=1e-6)
    assert run.descent.last.accuracy >= run.descent.steps[0].accuracy
    assert part_of("images")["figure"]["data"] == []


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("softmax", "Held-out accuracy"),
        ("biased-tasks", "Accuracy on new tasks"),
        ("representation-tasks", "Accuracy on new tasks"),
    ],
)
def test_an_accuracy_is_called_what_it_is(family: str, name: str) -> None:
    scenario = replace(SCENARIO, family=family, size=24, samples=24, methods=("aid-cg",))
    view = replace(VIEW, height="accuracy", rule="backtracking")
    frame = frame_of(view, scenario)
    assert frame["figure"]["layout"]["yaxis"]["title"]["text"] == name
    assert frame["alt"].startswith(name)
    (run,) = found(view, scenario)
    assert run.descent is not None
    first, last = (percent(run.descent.steps[place].accuracy) for place in (0, -1))
    assert f"{name} with AID-CG: from {first} to {last}." in frame["message"]
    told = explained(final_rows([run]), on_tasks=scenario.problem_family.task_rows)
    assert ("new tasks" in told) == ("tasks" in name)
    assert ("held-out rows" in told) == (family == "softmax")


def test_long_numbers_have_room_beside_the_name_of_their_axis() -> None:
    """f of the quadratic is about 26,000, and falls by a hundredth."""
    scenario = replace(SCENARIO, family="quadratic", size=20, hyper_size=2)
    far, near = frame_of(replace(VIEW, rule="fixed"), scenario), frame_of()
    for frame, least in ((far, 120), (near, 92)):
        layout = frame["figure"]["layout"]
        assert layout["yaxis"]["type"] == "linear"
        assert layout["margin"]["l"] >= least
        assert frame["narrow"]["layout"]["margin"]["l"] == layout["margin"]["l"] - 18
    assert near["figure"]["layout"]["margin"]["l"] == 92


def test_an_accuracy_that_is_not_there_is_said() -> None:
    assert "warning" not in frame_of()
    frame = frame_of(replace(VIEW, height="accuracy"))
    json.dumps(frame, allow_nan=False)
    assert frame["warning"].startswith("This problem holds no rows out")
    scenario = replace(SCENARIO, family="softmax", size=9, samples=12)
    frame = frame_of(replace(VIEW, height="accuracy", rule="backtracking"), scenario)
    assert "warning" not in frame
    for reading in frame["readout"]:
        shares = unpacked(frame["figure"]["data"][reading["trace"]]["y"])
        assert ((shares >= 0) & (shares <= 1))[np.isfinite(shares)].all()


def test_it_fills_as_descents_arrive() -> None:
    one, all_of_them = frame_of(done=1), frame_of()
    assert [reading["name"] for reading in one["readout"]] == ["ITD"]
    assert one["message"].startswith("So far, with 1 of 3 methods done: ITD lowers f from ")
    assert one["title"].endswith("1 of 3 methods")
    assert one["link"] != all_of_them["link"]
    assert len(all_of_them["table"]["rows"]) == 3
    nothing = frame_of(done=0)
    assert nothing["readout"] == []
    assert nothing["message"] == "The descents appear here, step by step."


def test_the_headline_compares_with_fixed_steps() -> None:
    runs = found()
    told = headline(runs, 3)
    best = min(runs, key=lambda run: run.descent.last.objective if run.descent else np.inf)
    assert best.descent is not None
    assert told.startswith(f"{METHODS[best.method].label} lowers f from ")
    assert " in 5 proved steps, for " in told
    assert " fixed steps, for " in told
    exploding = found(replace(VIEW, length=50.0))
    assert headline(exploding, 3).endswith(" end above where they began.")
    rising = found(replace(VIEW, rule="fixed", length=50.0))
    assert headline(rising, 3).startswith("No method lowers f: ")
    assert "proved" not in headline(found(replace(VIEW, rule="fixed")), 3)


def test_why_a_descent_ends_is_said() -> None:
    assert notes(found()) == []
    far = notes(found(replace(VIEW, rule="fixed", length=100.0, steps=200)))
    assert len(far) >= 2
    assert all("are not finite any more" in sentence for sentence in far)


def test_a_method_that_does_not_apply_is_named() -> None:
    scenario = replace(SCENARIO, family="nonsymmetric", data="synthetic", hyper_size=3)
    frame = frame_of(scenario=scenario)
    assert [item["name"] for item in frame["absent"]] == ["AID-CG"]
    assert len(frame["readout"]) == 2
    assert "So far" not in frame["message"]


def test_csv_and_code_hold_the_numbers_of_the_picture() -> None:
    race = Race.of(SCENARIO, VIEW)
    text = descents_to_csv(race, found())
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    for run in found():
        for rule, descent in (("certified", run.descent), ("fixed", run.blind)):
            assert descent is not None
            own = [row for row in rows if (row["method"], row["rule"]) == (run.method, rule)]
            told = [float(row["objective"]) for row in own]
            assert told == [READ["objective"](step) for step in descent.steps]
            assert [int(row["proved"]) for row in own] == [step.proved for step in descent.steps]
    printed = subprocess.run(
        [sys.executable, "-c", descent_snippet(race)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    steps, _ = printed.split("\n\n")
    for row in csv.DictReader(io.StringIO(steps)):
        (same,) = [
            other
            for other in rows
            if (other["method"], other["outer_step"], other["rule"])
            == (row["method"], row["outer_step"], "certified")
        ]
        for name in ("objective", "error", "certificate", "products"):
            assert float(row[name]) == float(same[name])


def test_what_makes_no_difference_is_not_run_again() -> None:
    other = replace(VIEW, height="error", against="seconds", at=3)
    scenario = replace(SCENARIO, horizon=7, vary="adjoint", inner="heavy-ball")
    assert Race.of(scenario, other) == Race.of(SCENARIO, VIEW)
    fewer = replace(SCENARIO, methods=("aid-cg",))
    assert Race.of(fewer, VIEW).ways[0] in Race.of(SCENARIO, VIEW).ways


def test_single_precision_and_large_problems_are_refused() -> None:
    for values in ({"precision": "single"}, {"size": 301}):
        with pytest.raises(ScenarioError):
            SETTINGS.check(replace(SCENARIO, **values))


def test_the_page_opens_with_a_tolerance_and_without() -> None:
    for link in ({}, {"tol": "0.01", "sched": "cubic"}):
        session = open_page(
            {"data": "synthetic", "d": "6", "n": "9", "outer": "3", **link}, "descent"
        )
        assert not session.exception
        labels = {item.label for item in session.selectbox}
        assert ("Tolerance falls" in labels) is bool(link)
