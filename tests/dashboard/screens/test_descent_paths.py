"""The paths of Descent over f, where λ has two entries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from descent_cases import SCENARIO, VIEW, pieces_of, runs_of
from frames import forget, unpacked

from dashboard.kit.page import Shown
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.descent.frame import descent_frame
from dashboard.screens.descent.ground import GROUNDS
from dashboard.screens.descent.page import pictures
from dashboard.screens.descent.race import (
    RACES,
    RUNS,
    Race,
    Run,
    arrived,
    ground_of,
    has_ground,
    window_around,
)
from dashboard.screens.descent.settings import SETTINGS, DescentView
from hypergrad_core.arrays import FloatArray

TWO = replace(SCENARIO, family="kernel-ridge", size=9, hyper_size=2, contraction=0.7)
AGAIN = replace(VIEW, rule="backtracking", steps=4)


def paths(runs: tuple[Run | None, ...], view: DescentView = AGAIN, mode: Mode = "light") -> Any:
    race = Race.of(TWO, view)
    frame = descent_frame(Shown(SETTINGS, race, runs, TWO, view, mode), "paths")
    json.dumps(frame, allow_nan=False)
    return frame


def test_with_two_hyperparameters_the_paths_lie_over_f() -> None:
    race = Race.of(TWO, AGAIN)
    runs = runs_of(race)
    frame = paths(runs)
    contour, *others = frame["figure"]["data"]
    assert contour["type"] == "contour"
    first, second = unpacked(contour["x"]), unpacked(contour["y"])
    ground = ground_of(race, runs)
    assert ground is not None
    assert ground.values is not None
    # As Python computes it, blank where β > 0 and γ ≥ 0 do not hold.
    blank = np.isnan(ground.values)
    meant = (first[None] > 0) & (second[:, None] >= 0)
    np.testing.assert_array_equal(blank, ~meant)
    problem = TWO.build()
    for row, column in ((-1, -1), (-1, -4), (-6, -2)):
        there = problem.at(np.array([first[column], second[row]])).objective()
        assert ground.values[row, column] == pytest.approx(there, rel=1e-9)
    # The same order, so that a line of one is a line of the other.
    drawn = unpacked(contour["z"]).reshape(blank.shape)[~blank]
    above_least = ground.values[~blank] - min(
        ground.values[~blank].min(), *[objectives(run).min() for run in arrived(runs)]
    )
    own = np.log2(np.maximum(above_least, 1e-300))
    above = own > contour["contours"]["start"]
    np.testing.assert_allclose(drawn[above], own[above], atol=1e-4)
    assert contour["contours"]["end"] >= drawn.max() > contour["contours"]["start"] + 3
    for reading, dot, run in zip(frame["readout"], dots_of(frame), arrived(runs), strict=True):
        assert run.descent is not None
        steps = len(run.descent.steps)
        path = frame["figure"]["data"][dot["trace"]]
        assert path["marker"]["symbol"] == reading["marker"] == METHOD_STYLES[run.method].marker
        assert path["line"]["color"] == reading["color"] == dot["color"]
        points = np.stack([unpacked(path["x"]), unpacked(path["y"])], axis=1)
        np.testing.assert_array_equal(points[:steps], run.descent.hypers)
        heights = unpacked(frame["figure"]["data"][reading["trace"]]["y"])
        np.testing.assert_array_equal(heights[:steps], run.descent.objectives)
        for axis, ends in zip(("xaxis", "yaxis"), points[:steps].T, strict=True):
            low, high = frame["figure"]["layout"][axis]["range"]
            assert low <= ends.min() <= ends.max() <= high
    assert len(others) >= 2 * len(arrived(runs))
    assert len(frame["steps"]) == max(len(run.descent.steps) for run in arrived(runs))  # type: ignore[union-attr]
    assert "λ₁" in frame["alt"]
    assert frame["message"].startswith("AID-") or frame["message"].startswith("ITD goes from λ = (")


def objectives(run: Run) -> FloatArray:
    assert run.descent is not None
    return run.descent.objectives


def dots_of(frame: Any) -> list[Any]:
    """In the order of the methods: wide paths are drawn first."""
    names = [reading["name"] for reading in frame["readout"]]
    data = frame["figure"]["data"]
    return sorted(frame["dots"], key=lambda dot: names.index(data[dot["trace"]]["name"]))


def test_f_is_there_before_the_paths_and_around_all_of_them_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget(monkeypatch, GROUNDS)
    race, kept = pieces_of(monkeypatch, TWO, AGAIN)
    links = {paths(runs)["link"] for runs in kept}
    assert len(links) == len(kept)
    last = window_around(race, kept[-1])
    assert GROUNDS.find(last) is not None
    # It is a window of its own that is known from the start.
    assert GROUNDS.find(window_around(race, ())) is not None
    assert ground_of(race, kept[0]) is GROUNDS.find(window_around(race, ()))
    for run in arrived(kept[-1]):
        assert run.descent is not None
        assert (run.descent.hypers >= last.low).all()
        assert (run.descent.hypers <= last.high).all()
    # Without it the race is not whole: a new job finds it, and runs nothing again.
    GROUNDS._stored.clear()
    assert RACES.find(race) is None
    assert ground_of(race, kept[-1]) is None
    json.dumps(paths(kept[-1]), allow_nan=False)
    monkeypatch.setattr(RUNS, "_go_on", None)
    assert RACES.compute(race) == kept[-1]


def test_what_shoots_up_does_not_make_the_window_larger() -> None:
    view = replace(AGAIN, rule="fixed", length=100.0, steps=30)
    scenario = replace(TWO, family="biased", size=2, samples=9)
    race = Race.of(scenario, view)
    heights = [value for run in arrived(runs_of(race)) for value in objectives(run)]
    assert max(heights) > 1e6 * heights[0], "It shoots up."
    window = window_around(race, runs_of(race))
    assert window.low is not None
    assert window.high is not None
    sides = np.subtract(window.high, window.low)
    assert (sides < 100 * 30).all()
    assert all(np.isfinite(sides))
    frame = descent_frame(Shown(SETTINGS, race, runs_of(race), scenario, view, "light"), "paths")
    json.dumps(frame, allow_nan=False)
    contour = frame["figure"]["data"][0]
    assert contour["type"] == "contour"
    drawn = unpacked(contour["z"])
    lines = contour["contours"]
    seen = np.ceil(np.nanmax(drawn)) - np.floor(np.nanmin(drawn))
    assert lines["start"] < lines["start"] + 3 < lines["end"] <= np.nanmax(drawn) + 1
    assert seen > 3


def test_other_problems_have_no_paths_to_draw() -> None:
    race = Race.of(SCENARIO, VIEW)
    assert not has_ground(arrived(runs_of(race)))
    shown = Shown(SETTINGS, race, runs_of(race), SCENARIO, VIEW, "dark")
    frame = descent_frame(shown, "paths")
    assert frame["readout"] == frame["dots"] == []
    assert all(trace["type"] != "contour" for trace in frame["figure"]["data"])
    assert [picture.part for picture in pictures(shown)] == ["curves", "signs"]
    two = Shown(SETTINGS, Race.of(TWO, AGAIN), runs_of(Race.of(TWO, AGAIN)), TWO, AGAIN, "dark")
    assert [picture.part for picture in pictures(two)] == ["curves", "paths", "signs"]
