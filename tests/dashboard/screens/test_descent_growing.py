"""The Descent page while a run goes: step by step, paused, after an error, and gone on with."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import psutil
import pytest
from descent_cases import SCENARIO, VIEW, pieces_of
from frames import check, control, forget, open_page, unpacked
from streamlit.testing.v1 import AppTest

from dashboard.kit import limits, processes
from dashboard.kit.jobs import Job
from dashboard.kit.page import Shown
from dashboard.kit.processes import LostError
from dashboard.screens.descent import race as race_module
from dashboard.screens.descent.frame import descent_frame
from dashboard.screens.descent.ground import GROUNDS
from dashboard.screens.descent.race import (
    RACES,
    RUNS,
    Race,
    Rest,
    Run,
    Way,
    _go_on,
    arrived,
)
from dashboard.screens.descent.settings import RULES, SETTINGS, DescentView
from dashboard.screens.descent.words import under_way
from hypergrad_core import HypergradError
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.descent import minimize
from hypergrad_core.studies.final_values import outcome
from hypergrad_core.studies.outer_steps import MOST_UNPROVED, Rule


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
                way.outer, rule=Rule.FIXED, steps=MOST_UNPROVED, products=whole.last.products
            )
            assert run.blind == minimize(way.scenario.build(), way.method, way.budget, outer)


def test_further_seeds_go_step_by_step_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    race, kept = pieces_of(monkeypatch, view=replace(VIEW, seeds=2))
    further = [runs[len(race.ways)] for runs in kept]
    shares = [run.fraction for run in further if run is not None]
    assert len(shares) > 4
    assert shares == sorted(shares)
    last = further[-1]
    assert last is not None
    # Only its final values are kept.
    assert (last.descent, last.blind) == (None, None)
    way = race.parts[len(race.ways)]
    assert last.endings == outcome(way.scenario, way.budget, way.outer)


def test_with_a_given_hyperparameter_there_is_one_seed() -> None:
    given = replace(SCENARIO, hyper=(0.1,) * 6)
    assert Race.of(given, replace(VIEW, seeds=3)).seeds == 1


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
    assert frame["table"]["caption"] == "At the last λ of each descent."


def test_images_grow_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = replace(SETTINGS.scenario, family="learned-digits", methods=("aid-cg",))
    view = replace(VIEW, rule="backtracking", steps=3)
    _, kept = pieces_of(monkeypatch, scenario, view)
    for runs in kept:
        (run,) = arrived(runs)
        assert run.images is not None
        assert run.descent is not None
        assert len(run.images) == len(run.descent.steps)


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
    assert frame["table"]["caption"] == "At the last λ of each descent so far."
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


def test_what_ends_before_f_is_known_around_all_paths_goes_on(
    pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch, GROUNDS)
    make, failed = RACES.make_beside, list[int]()

    def fail_at_the_end(race: Race, done: int) -> None:
        if done == len(race.parts) and not failed:
            failed.append(done)
            # Whatever was known of it.
            forget(monkeypatch, GROUNDS)
            raise HypergradError("No ground.")
        make(race, done)

    monkeypatch.setattr(RACES, "make_beside", fail_at_the_end)
    link = {"problem": "kernel-ridge", "data": "synthetic", "d": "9", "m": "2", "outer": "4"}
    session = finish(open_page({**link, "q": "0.7", "rule": "backtracking"}, "descent"))
    assert "No ground\\. There so far: 3 of 3 descents." in told(session)
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
