"""The Descent page while a run goes: step by step, paused and gone on with, over contours of f."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import psutil
import pytest
from frames import check, control, forget, open_page, unpacked
from streamlit.testing.v1 import AppTest

from dashboard.kit import limits, processes
from dashboard.kit.jobs import Job
from dashboard.kit.page import Shown
from dashboard.kit.processes import LostError
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.descent import race as race_module
from dashboard.screens.descent.frame import descent_frame
from dashboard.screens.descent.ground import GROUNDS
from dashboard.screens.descent.page import pictures
from dashboard.screens.descent.race import (
    MOST_BLIND,
    RACES,
    RUNS,
    Race,
    Rest,
    Run,
    Way,
    _go_on,
    arrived,
    ground_of,
    has_ground,
    window_around,
)
from dashboard.screens.descent.settings import RULES, SETTINGS, DescentView
from dashboard.screens.descent.words import under_way
from hypergrad_core import HypergradError, Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.descent import minimize
from hypergrad_core.studies.outer_steps import Rule

SCENARIO = replace(SETTINGS.scenario, data="synthetic", size=6, samples=9)
VIEW = DescentView(steps=5)


@cache
def runs_of(race: Race) -> tuple[Run | None, ...]:
    return RACES.compute(race)


def pieces_of(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario = SCENARIO, view: DescentView = VIEW
) -> tuple[Race, list[tuple[Run | None, ...]]]:
    """What there is of a race after each outer step, and all of it at the end."""
    forget(monkeypatch, RACES)
    monkeypatch.setattr(race_module, "PIECE_SECONDS", 0.0)
    race = Race.of(scenario, view)
    kept: list[tuple[Run | None, ...]] = []
    put = RUNS.put

    def watch(way: Way, run: Run) -> None:
        put(way, run)
        there = RACES.so_far(race)
        if there not in kept[-1:]:
            kept.append(there)

    monkeypatch.setattr(RUNS, "put", watch)
    whole = RACES.compute(race)
    assert whole == kept[-1] == RACES.find(race)
    return race, kept


@pytest.mark.parametrize("rule", RULES)
def test_in_pieces_it_has_the_numbers_of_one_go(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    race, kept = pieces_of(monkeypatch, view=replace(VIEW, rule=rule))
    assert len(kept) > 4 * len(race.ways)
    for way, run in zip(race.ways, kept[-1], strict=True):
        assert run is not None
        whole = minimize(way.scenario.build(), way.method, way.budget, way.outer)
        assert run.descent == whole
        assert (run.blind is None) is (rule != "certified")
        if run.blind is not None:
            outer = replace(
                way.outer, rule=Rule.FIXED, steps=MOST_BLIND, products=whole.last.products
            )
            assert run.blind == minimize(way.scenario.build(), way.method, way.budget, outer)


def test_it_fills_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    view = replace(VIEW, against="steps")
    race, kept = pieces_of(monkeypatch, view=view)
    links, points, fixed = [], [], []
    for runs in kept:
        frame = descent_frame(Shown(SETTINGS, race, runs, SCENARIO, view, "light"))
        json.dumps(frame, allow_nan=False)
        links.append(frame["link"])
        drawn = [arrived(runs), frame["readout"]]
        assert len(drawn[0]) == len(drawn[1])
        traces = [frame["figure"]["data"][reading["trace"]] for reading in frame["readout"]]
        points.append(sum(np.isfinite(unpacked(trace["y"])).sum() for trace in traces))
        fixed.append(sum(len(run.blind.steps) for run in arrived(runs) if run.blind))
        # The axis does not move while the picture fills.
        assert frame["figure"]["layout"]["xaxis"]["range"] == pytest.approx([-0.1, 5.1])
        if runs != kept[-1]:
            assert frame["message"].startswith("So far, with ")
            assert under_way(arrived(runs), 5) or len(arrived(runs)) < 3 or runs[-1].rest is None
    assert len(set(links)) == len(links), "Each step makes another picture."
    assert (np.diff(np.array(points) + fixed) == 1).all()
    assert points[0] == 1
    first = arrived(kept[2])
    assert under_way(first, 5) == "ITD: step 2 of 5"
    assert frame["table"]["caption"] == "Where each descent has ended."


def test_images_grow_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = replace(SETTINGS.scenario, family="learned-digits", methods=("aid-cg",))
    view = replace(VIEW, rule="backtracking", steps=3)
    _, kept = pieces_of(monkeypatch, scenario, view)
    for runs in kept:
        (run,) = arrived(runs)
        assert run.images is not None
        assert run.descent is not None
        assert len(run.images) == len(run.descent.steps)


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
    above_least = ground.values[~blank] - min(ground.values[~blank].min(), *lowest(runs))
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


def lowest(runs: tuple[Run | None, ...]) -> list[float]:
    return [run.descent.objectives.min() for run in arrived(runs) if run.descent]


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
    view = replace(AGAIN, rule="fixed", length=1.0, steps=30)
    scenario = replace(TWO, family="kernel-ridge-log")
    race = Race.of(scenario, replace(view, length=100.0))
    window = window_around(race, runs_of(race))
    assert window.low is not None
    assert window.high is not None
    sides = np.subtract(window.high, window.low)
    assert (sides < 100 * 30).all()
    assert all(np.isfinite(sides))


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


class Pieces:
    """One outer step after the other, which can be held up, and can fail."""

    def __init__(self) -> None:
        self.made = 0
        self.hold_from = self.fail_at = 10**6
        self.error: Exception = HypergradError("Out of order.")
        self.go_on = threading.Event()

    def __call__(self, way: Way, report: Progress, rest: Rest | None = None) -> Run:
        while self.made >= self.hold_from and not self.go_on.wait(0.005):
            report(0.0)
        if self.made == self.fail_at:
            self.fail_at = 10**6
            raise self.error
        self.made += 1
        return _go_on(way, report, rest)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pieces]:
    made = Pieces()
    forget(monkeypatch, RACES)
    monkeypatch.setattr(race_module, "PIECE_SECONDS", 0.0)
    monkeypatch.setattr(RUNS, "_go_on", made)
    yield made
    made.go_on.set()


LINK = {"data": "synthetic", "d": "6", "n": "9", "outer": "5"}


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def finish(session: AppTest) -> AppTest:
    """Wait for the job of the session, then run the page as its clock would."""
    job = session.session_state["job of descent"]
    wait_until(lambda: job is None or not job.running)
    return check(session.run())


def told(session: AppTest) -> list[str]:
    return [item.value for item in session.markdown]


def first_frame(session: AppTest) -> Any:
    return json.loads(session.get("bidi_component")[0].proto.bytes)["frame"]


def test_a_descent_is_paused_in_the_middle_and_goes_on(pieces: Pieces) -> None:
    pieces.hold_from = 4
    session = open_page(LINK, "descent")
    wait_until(lambda: pieces.made == 4)
    check(session.run())
    (bar,) = session.get("progress")
    assert bar.proto.text.startswith("0 of 3 descents, ITD: step 3 of 5")
    assert 0 < bar.proto.value < 33
    control(session, "stop").click().run()
    finish(session)
    assert "Paused at 0 of 3 descents, ITD: step 3 of 5." in told(session)
    assert not session.get("progress")
    frame = first_frame(session)
    assert [row["cells"][:2] for row in frame["table"]["rows"]] == [["ITD", "3"]]
    assert frame["table"]["caption"] == "Where each descent is so far."
    pieces.go_on.set()
    control(session, "again").click().run()
    finish(session)
    assert "3 descents, all measured." in told(session)
    race = Race.of(SCENARIO, VIEW)
    runs = arrived(RACES.so_far(race))
    steps = sum(len(path.steps) for run in runs for path in (run.descent, run.blind) if path)
    assert pieces.made == steps, "No step was taken twice."


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (HypergradError("Out of order."), "Out of order"),
        (LostError(), "The run was ended by the system"),
        (MemoryError(), "needs more memory than there is"),
        (ValueError("secret"), "by a fault of the program"),
    ],
)
def test_after_an_error_it_says_so_keeps_the_steps_and_goes_on(
    pieces: Pieces, error: Exception, said: str
) -> None:
    pieces.fail_at, pieces.error = 3, error
    session = finish(open_page(LINK, "descent"))
    (line,) = [text for text in told(session) if said in text]
    assert line.endswith(" There so far: 0 of 3 descents, ITD: step 2 of 5.")
    assert "secret" not in line
    assert first_frame(session)["table"]["rows"][0]["cells"][1] == "2"
    control(session, "again").click().run()
    finish(session)
    assert "3 descents, all measured." in told(session)


def workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "dashboard.kit.worker" in " ".join(child.cmdline())]


def test_what_is_paused_leaves_no_process_and_goes_on_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, jobs=1))
    forget(monkeypatch, RACES)
    processes.close()
    assert workers() == []
    scenario = replace(SCENARIO, family="logistic-log", size=20, samples=100, methods=("aid-cg",))
    race = Race.of(scenario, DescentView(steps=30, rule="backtracking"))
    (way,) = race.ways
    # As long as it takes to stop it.
    way = replace(way, budget=replace(way.budget, inner_steps=2000, adjoint_steps=2000))
    race = Race((way,))
    before = 0
    for _ in range(2):
        job = Job(race, RACES)
        wait_until(partial(has_more_steps, race, before))
        job.stop()
        wait_until(lambda job=job: not job.running)
        assert not job.error
        assert workers() == []
        before = taken(race)
        assert 0 < before < 31, "It was paused."
    job = Job(race, RACES)
    wait_until(lambda: not job.running)
    (run,) = arrived(RACES.so_far(race))
    assert run.rest is None
    assert run.descent == minimize(scenario.build(), way.method, way.budget, way.outer)


def taken(race: Race) -> int:
    return sum(len(run.descent.steps) for run in arrived(RACES.so_far(race)) if run.descent)


def has_more_steps(race: Race, before: int) -> bool:
    return taken(race) > before
