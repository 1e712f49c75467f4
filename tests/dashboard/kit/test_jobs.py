"""Long runs in the background: how far they are, and that they stop when they are told to."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from compute_cases import SECONDS, Runs, quick

from dashboard.kit import compute, jobs, limits
from dashboard.kit.compute import (
    ComputedCache,
    ExperimentCache,
)
from dashboard.kit.jobs import TOO_MANY, TWO_ALREADY, Job
from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.scenario import SLICES


def job_of(scenario: Scenario) -> Job[Scenario]:
    return Job(scenario, compute.EXPERIMENTS)


def wait_for(job: Job[Any]) -> float:
    """Wait until the job has ended; how long that took."""
    started = time.monotonic()
    while job.running:
        assert time.monotonic() - started < SECONDS
        time.sleep(0.002)
    return time.monotonic() - started


def test_a_job_leaves_its_experiment_where_all_find_it(runs: Runs) -> None:
    job = job_of(quick(1))
    wait_for(job)
    found = compute.EXPERIMENTS.find(quick(1))
    assert found is not None
    assert found.scenario == quick(1)
    assert (job.error, job.stopped, job.fraction) == ("", False, 1.0)


def test_a_job_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    monkeypatch.setattr(compute, "EXPERIMENTS", ExperimentCache(2))
    report = Job._report

    def listen(job: Job[Any], fraction: float) -> None:
        report(job, fraction)
        seen.append(job.fraction)

    monkeypatch.setattr(Job, "_report", listen)
    wait_for(job_of(Scenario(size=20, horizon=50, methods=tuple(METHODS))))
    assert len(seen) > 100
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1
    assert max(b - a for a, b in itertools.pairwise(seen)) < 0.25


def test_the_lower_level_can_be_stopped_as_well() -> None:
    reports: list[float] = []
    scenario = Scenario(size=4, hyper_size=1, vary="adjoint", inner_steps=2000, horizon=1)
    run(scenario, reports.append)
    # 2000 inner steps and a handful of backward ones: a report now and then in between.
    assert len(reports) > 20


@pytest.mark.parametrize("progress", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("vary", list(SLICES))
@pytest.mark.parametrize("family", ["quadratic", "logistic"])
def test_a_job_stops_at_its_next_step(
    family: str, vary: str, progress: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "EXPERIMENTS", ExperimentCache(2))
    scenario = Scenario(
        family=family, size=5, samples=9, horizon=40, vary=vary, methods=("aid-fp", "aid-cg")
    )
    reached, go_on = threading.Event(), threading.Event()
    seen: list[float] = []
    report = Job._report

    def hold(job: Job[Any], fraction: float) -> None:
        seen.append(fraction)
        if fraction >= progress and not reached.is_set():
            reached.set()
            assert go_on.wait(SECONDS)
        report(job, fraction)

    monkeypatch.setattr(Job, "_report", hold)
    job = job_of(scenario)
    assert reached.wait(SECONDS)
    assert job.running
    job.stop()
    before = len(seen)
    go_on.set()
    wait_for(job)
    assert len(seen) == before
    assert seen[-1] < progress + 0.1
    assert job.stopped
    assert job.error == ""
    assert compute.EXPERIMENTS.find(scenario) is None


def test_a_job_says_when_it_waits_for_another(runs: Runs) -> None:
    runs.go_on.clear()
    first = job_of(quick(1))
    assert runs.started.wait(SECONDS)
    second = job_of(quick(2))
    deadline = time.monotonic() + SECONDS
    while not second.waiting:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert not first.waiting
    runs.go_on.set()
    wait_for(first)
    wait_for(second)
    assert not second.waiting
    assert second.finished


class Held:
    """Work that goes on until it is let go, and what of it goes on at the moment."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.going: list[str] = []
        self.done: list[str] = []
        self.results = ComputedCache(99, self.work)

    def work(self, key: str, report: Progress) -> str:
        self.going.append(key)
        try:
            while not self.go_on.wait(0.002):
                report(0.5)
            self.done.append(key)
            return key
        finally:
            self.going.remove(key)

    def job(self, key: str, visitor: str = "", present: Any = lambda: True) -> Job[str]:
        return Job(key, self.results, visitor, present)


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.go_on.set()


def until(condition: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_run_ends_soon_after_its_visitor_has_left(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PATIENCE_SECONDS", 0.1)
    there = threading.Event()
    there.set()
    left = held.job("left", "one", there.is_set)
    until(lambda: left.fraction)
    time.sleep(0.3)
    assert left.running
    there.clear()
    wait_for(left)
    assert left.stopped
    assert held.going == []


def test_who_is_back_soon_finds_the_run_going_on(held: Held) -> None:
    there = threading.Event()
    job = held.job("key", "one", there.is_set)
    until(lambda: job.fraction)
    assert job.running
    there.set()
    held.go_on.set()
    wait_for(job)
    assert job.finished


def test_a_visitor_has_one_run_that_goes_on_and_one_that_waits(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, jobs=3))
    monkeypatch.setattr(Job, "_place_of_work", lambda job: nullcontext())
    first, second, third = (held.job(key, "one") for key in "abc")
    assert third.error == TWO_ALREADY
    assert third.ended
    assert not third.running
    until(lambda: held.going == ["a"])
    other = held.job("d", "two")
    until(lambda: held.going == ["a", "d"])
    assert second.place == 1
    assert first.place == other.place == third.place == 0
    first.stop()
    until(lambda: held.going == ["d", "b"])
    again = held.job("c", "one")
    assert not again.error
    for job in (second, other, again):
        job.stop()
        wait_for(job)


def test_visitors_take_turns_in_the_order_in_which_they_came(held: Held) -> None:
    """Nobody who waits is overtaken, but by who could not begin anyway."""
    begun = [held.job(key, visitor) for key, visitor in ("a1", "b1", "c2", "d3")]
    until(lambda: held.going == ["a"])
    assert [job.place for job in begun] == [0, 1, 2, 3]
    for job, following in itertools.pairwise(begun):
        job.stop()
        wait_for(job)
        until(lambda key=following.key: held.going == [key])
    begun[-1].stop()
    wait_for(begun[-1])


def test_the_same_settings_are_computed_once(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, jobs=3))
    monkeypatch.setattr(Job, "_place_of_work", lambda job: nullcontext())
    first, second = held.job("a", "one"), held.job("a", "two")
    until(lambda: second.fraction == 0.5)
    assert not second.waiting, "It goes on, in the run of the other."
    third = held.job("b", "three")
    until(lambda: held.going == ["a", "b"])
    held.go_on.set()
    for job in (first, second, third):
        wait_for(job)
        assert job.finished
    assert sorted(held.done) == ["a", "b"]


def test_the_queue_is_bounded(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_WAITING", 2)
    begun = [held.job("a", "0")]
    until(lambda: held.going)
    begun += [held.job("b", str(number)) for number in range(1, 4)]
    assert [job.error for job in begun] == ["", "", "", TOO_MANY]
    for job in begun:
        job.stop()
        if not job.error:
            wait_for(job)


def test_a_run_that_takes_longer_than_the_host_allows_is_ended(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, seconds=0.1))
    job = held.job("a")
    wait_for(job)
    assert job.error == "The run was ended: this server allows 1 s."
    assert not job.refused


def test_a_run_that_is_too_much_is_refused_before_it_begins(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, seconds=5.0))
    large = Scenario(size=1_000_000, horizon=250)
    job = job_of(large)
    assert job.ended
    assert job.refused
    assert not job.running
    assert re.fullmatch(
        r"This run would take about \d+ (s|min)( and .*)?\. This server allows 5 s( and .*)?\. "
        r"It fits with d = [\d,]+ or T = \d+\.",
        job.error,
    )
    assert runs.scenarios == []
