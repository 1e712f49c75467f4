"""Runs are remembered, shared between threads, and stop when they are told to."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from dashboard.kit import compute
from dashboard.kit.compute import (
    ComputedCache,
    ExperimentCache,
    Job,
    ResultCache,
    StoppedError,
    held_bytes,
    is_live,
    is_long,
    reporting_to,
)
from hypergrad_core import METHODS, Experiment, Scenario, run
from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.scenario import SLICES

SECONDS = 20.0


def quick(seed: int) -> Scenario:
    return Scenario(size=4, hyper_size=1, horizon=3, methods=("aid-fp",), seed=seed)


class Runs:
    """Counts what is run, and can hold it up."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []
        self.started, self.go_on = threading.Event(), threading.Event()
        self.at_once = self.most_at_once = 0
        self.go_on.set()

    def __call__(self, scenario: Scenario, progress: Progress | None = None) -> Experiment:
        self.scenarios.append(scenario)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.started.set()
        assert self.go_on.wait(SECONDS)
        try:
            return run(scenario, progress)
        finally:
            self.at_once -= 1


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    counted = Runs()
    monkeypatch.setattr(compute, "run", counted)
    monkeypatch.setattr(compute, "EXPERIMENTS", ExperimentCache(8))
    yield counted
    counted.go_on.set()


def test_a_scenario_is_run_once(runs: Runs) -> None:
    cache = ExperimentCache(4)
    assert cache.find(quick(1)) is None
    first = cache.compute(quick(1))
    assert cache.compute(quick(1)) is cache.find(quick(1)) is first
    assert runs.scenarios == [quick(1)]


def test_the_cache_is_bounded_and_forgets_what_was_not_used(runs: Runs) -> None:
    cache = ExperimentCache(3)
    for seed in (1, 2, 3):
        cache.compute(quick(seed))
    cache.find(quick(1))
    cache.compute(quick(4))
    assert cache.find(quick(2)) is None
    assert all(cache.find(quick(seed)) for seed in (1, 3, 4))
    cache.compute(quick(1))
    cache.store(run(quick(5)))
    cache.store(run(quick(6)))
    assert [seed for seed in range(1, 7) if cache.find(quick(seed))] == [1, 5, 6]
    cache.store(run(quick(6)))
    assert cache.find(quick(1))


def test_the_shared_cache_is_bounded() -> None:
    assert compute.EXPERIMENTS._entries == compute.CACHE_ENTRIES <= 256


def test_many_who_ask_for_one_scenario_share_one_run(runs: Runs) -> None:
    cache = ExperimentCache(4)
    runs.go_on.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(cache.compute, quick(1)) for _ in range(8)]
        assert runs.started.wait(SECONDS)
        runs.go_on.set()
        found = [task.result(SECONDS) for task in waiting]
    assert all(experiment is found[0] for experiment in found)
    assert runs.scenarios == [quick(1)]


def test_many_who_ask_for_different_scenarios_all_get_theirs(runs: Runs) -> None:
    cache = ExperimentCache(3)
    seeds = [seed % 7 for seed in range(70)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda seed: cache.compute(quick(seed)).scenario.seed, seeds))
    assert found == seeds
    assert sum(cache.find(quick(seed)) is not None for seed in range(7)) == 3


def test_what_is_known_is_found_while_something_else_runs(runs: Runs) -> None:
    cache = ExperimentCache(3)
    known = cache.compute(quick(1))
    runs.started.clear()
    runs.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.compute, quick(2))
        assert runs.started.wait(SECONDS)
        assert cache.compute(quick(1)) is known
        runs.go_on.set()
        assert other.result(SECONDS).scenario == quick(2)


def test_different_scenarios_do_not_wait_for_each_other(runs: Runs) -> None:
    cache = ExperimentCache(3)
    runs.go_on.clear()
    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(cache.compute, quick(seed)) for seed in (1, 2)]
        deadline = time.monotonic() + SECONDS
        while runs.at_once < 2:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        runs.go_on.set()
        assert [task.result(SECONDS).scenario.seed for task in tasks] == [1, 2]


def test_who_waits_for_a_run_that_is_stopped_makes_it_himself() -> None:
    started, go_on, stop = threading.Event(), threading.Event(), threading.Event()
    made: list[str] = []

    def work(key: int, report: Progress) -> str:
        made.append(threading.current_thread().name)
        started.set()
        while not go_on.wait(0.002):
            report(0.5)
        return "done"

    def told_to_stop(fraction: float) -> None:
        if stop.is_set():
            raise StoppedError

    def overtaken() -> None:
        with pytest.raises(StoppedError), reporting_to(told_to_stop):
            cache.compute(1)

    cache = ComputedCache(3, work)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(overtaken)
        assert started.wait(SECONDS)
        started.clear()
        second = pool.submit(cache.compute, 1)
        stop.set()
        first.result(SECONDS)
        assert started.wait(SECONDS)
        go_on.set()
        assert second.result(SECONDS) == "done"
    assert len(set(made)) == 2


def test_who_waits_for_the_run_of_another_can_be_stopped(runs: Runs) -> None:
    def stop(fraction: float) -> None:
        raise StoppedError

    cache = ExperimentCache(3)
    runs.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.compute, quick(1))
        assert runs.started.wait(SECONDS)
        with pytest.raises(StoppedError), reporting_to(stop):
            cache.compute(quick(1))
        runs.go_on.set()
        assert other.result(SECONDS).scenario == quick(1)


def test_a_run_that_fails_does_not_block_the_next(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(scenario: Scenario, progress: Progress) -> Experiment:
        raise MemoryError

    cache = ExperimentCache(3)
    monkeypatch.setattr(compute, "run", fail)
    with pytest.raises(MemoryError):
        cache.compute(quick(1))
    monkeypatch.setattr(compute, "run", runs)
    assert cache.compute(quick(1)).scenario == quick(1)


def wait_for(job: Job) -> float:
    """Wait until the job has ended; how long that took."""
    started = time.monotonic()
    while job.running:
        assert time.monotonic() - started < SECONDS
        time.sleep(0.002)
    return time.monotonic() - started


def test_a_job_leaves_its_experiment_where_all_find_it(runs: Runs) -> None:
    job = Job(quick(1))
    wait_for(job)
    found = compute.EXPERIMENTS.find(quick(1))
    assert found is not None
    assert found.scenario == quick(1)
    assert (job.error, job.stopped, job.fraction) == ("", False, 1.0)


def test_a_job_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    monkeypatch.setattr(compute, "EXPERIMENTS", ExperimentCache(2))
    report = Job._report

    def listen(job: Job, fraction: float) -> None:
        report(job, fraction)
        seen.append(job.fraction)

    monkeypatch.setattr(Job, "_report", listen)
    wait_for(Job(Scenario(size=20, horizon=50, methods=tuple(METHODS))))
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

    def hold(job: Job, fraction: float) -> None:
        seen.append(fraction)
        if fraction >= progress and not reached.is_set():
            reached.set()
            assert go_on.wait(SECONDS)
        report(job, fraction)

    monkeypatch.setattr(Job, "_report", hold)
    job = Job(scenario)
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


def test_quick_and_long_settings_are_told_apart(runs: Runs) -> None:
    assert is_live(Scenario())
    assert not is_long(Scenario())
    heavy = Scenario(size=100_000, horizon=1000)
    assert not is_live(heavy)
    assert is_long(heavy)


def test_a_problem_that_takes_seconds_to_build_is_not_called_quick(runs: Runs) -> None:
    # The coupling has ten million numbers: it has to be drawn, rotated and measured.
    heavy = Scenario(size=10_000, hyper_size=1000, horizon=5, methods=("one-step",))
    assert not is_live(heavy)
    assert is_long(heavy)


def test_what_is_known_is_quick(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "expected_seconds", lambda scenario: 100.0)
    assert is_long(quick(1))
    compute.EXPERIMENTS.store(run(quick(1)))
    assert is_live(quick(1))
    assert not is_long(quick(1))


def test_what_a_run_took_tells_whether_a_hand_gets_a_draft(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = ExperimentCache(8, draft=True)
    monkeypatch.setattr(compute, "DRAFTS", drafts)
    monkeypatch.setattr(compute, "expected_seconds", lambda scenario: 0.2)
    monkeypatch.setattr(compute, "run", run)
    assert compute.live_experiment(quick(1)).draft
    assert not compute.live_experiment(quick(1), whole=True).draft
    # What has been run is quick: the next of its kind is not guessed to be slow.
    assert not compute.live_experiment(replace(quick(1), contraction=0.8)).draft
    assert compute.live_experiment(replace(quick(1), horizon=4)).draft
    monkeypatch.setattr(compute, "LIVE_SECONDS", 0.1)
    with pytest.raises(compute.SlowError):
        compute.live_experiment(replace(quick(1), horizon=5))


def test_a_job_says_when_it_waits_for_another(runs: Runs) -> None:
    runs.go_on.clear()
    first = Job(quick(1))
    assert runs.started.wait(SECONDS)
    second = Job(quick(2))
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
    monkeypatch.setattr(compute, "SHORT_PATIENCE_SECONDS", 0.05)

    def endless(report: Progress) -> None:
        while True:
            report(0.5)
            time.sleep(0.002)

    left = compute.BackgroundRun(endless)
    deadline = time.monotonic() + SECONDS
    while left.fraction < 0.5:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(0.1)
    assert left.running, "Alone it may go on."
    done = threading.Event()
    second = compute.BackgroundRun(lambda report: done.set())
    while not done.is_set():
        second.watch()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    assert left.stopped


def test_a_cache_is_bounded_in_bytes() -> None:
    """What its results hold together, views of one array counted once."""
    cache: ResultCache[int, tuple[FloatArray, ...]] = ResultCache(100, size=10_000)
    part = np.zeros(500)
    assert held_bytes((part, part[3:], {"same": part})) == 4000
    for key in range(3):
        cache.put(key, (np.zeros(500), part))
    assert [key for key in range(3) if cache.find(key)] == [2]
    cache.put(4, (np.zeros(5000),))
    assert cache.find(4), "The newest is kept at any size."
    assert not cache.find(2)
    cache.put(4, (np.zeros(5),))
    cache.put(5, (np.zeros(5),))
    assert cache.find(4)


def test_the_arrays_of_an_experiment_are_counted() -> None:
    found = run(quick(1))
    arrays = [curve.errors for curve in found.curves]
    assert held_bytes(found) > sum(array.nbytes for array in arrays) > 0
