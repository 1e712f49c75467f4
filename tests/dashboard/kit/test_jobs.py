"""Long runs in the background: how far they are, and that they stop when they are told to."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import pytest
from compute_cases import SECONDS, Runs, quick

from dashboard.kit import compute, jobs
from dashboard.kit.compute import (
    ComputedCache,
    ExperimentCache,
)
from dashboard.kit.jobs import Job
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


def test_a_run_that_nobody_looks_at_gives_way_to_one_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "SHORT_PATIENCE_SECONDS", 0.05)

    def work(key: str, report: Progress) -> str:
        while key == "endless":
            report(0.5)
            time.sleep(0.002)
        return key

    results = ComputedCache(2, work)
    left = Job("endless", results)
    deadline = time.monotonic() + SECONDS
    while left.fraction < 0.5:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(0.1)
    assert left.running, "Alone it may go on."
    second = Job("short", results)
    while not second.finished:
        second.watch()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert left.stopped
