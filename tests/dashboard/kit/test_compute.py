"""Results are computed once, remembered, and shared between threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from compute_cases import SECONDS, Runs, quick

from dashboard.kit import compute
from dashboard.kit.compute import (
    ComputedCache,
    ExperimentCache,
    SlowError,
    StoppedError,
    at_most,
    reporting_to,
)
from dashboard.kit.parts import PartsCache
from dashboard.kit.results import ResultCache, held_bytes
from hypergrad_core import Experiment, Scenario, run
from hypergrad_core.arrays import FloatArray, Progress


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


def test_quick_and_long_settings_are_told_apart(runs: Runs) -> None:
    assert compute.EXPERIMENTS.is_live(Scenario())
    assert not compute.EXPERIMENTS.is_long(Scenario())
    heavy = Scenario(size=100_000, horizon=1000)
    assert not compute.EXPERIMENTS.is_live(heavy)
    assert compute.EXPERIMENTS.is_long(heavy)


def test_a_problem_that_takes_seconds_to_build_is_not_called_quick(runs: Runs) -> None:
    # The coupling has ten million numbers: it has to be drawn, rotated and measured.
    heavy = Scenario(size=10_000, hyper_size=1000, horizon=5, methods=("one-step",))
    assert not compute.EXPERIMENTS.is_live(heavy)
    assert compute.EXPERIMENTS.is_long(heavy)


def test_what_is_known_is_quick(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "expected_seconds", lambda scenario: 100.0)
    assert compute.EXPERIMENTS.is_long(quick(1))
    compute.EXPERIMENTS.store(run(quick(1)))
    assert compute.EXPERIMENTS.is_live(quick(1))
    assert not compute.EXPERIMENTS.is_long(quick(1))


def test_what_a_run_took_tells_whether_a_hand_gets_a_draft(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "expected_seconds", lambda scenario: 0.2)
    monkeypatch.setattr(compute, "run", run)
    live = compute.EXPERIMENTS.live
    assert live(quick(1), whole=False).draft
    assert not live(quick(1), whole=True).draft
    # What has been run is quick: the next of its kind is not guessed to be slow.
    assert not live(replace(quick(1), contraction=0.8), whole=False).draft
    assert live(replace(quick(1), horizon=4), whole=False).draft
    monkeypatch.setattr(compute, "LIVE_SECONDS", 0.1)
    with pytest.raises(compute.SlowError):
        live(replace(quick(1), horizon=5), whole=False)


def busy(key: int, report: Progress) -> str:
    """Works for a second, and asks often."""
    started = time.thread_time()
    while time.thread_time() - started < 1:
        report(0.5)
    return "done"


def test_what_was_taken_for_quick_and_is_not_is_stopped() -> None:
    cache = ComputedCache(3, busy)
    assert cache.is_live(1)
    started = time.thread_time()
    with pytest.raises(SlowError):
        cache.attempt(1, 0.05)
    assert time.thread_time() - started < 0.5
    assert cache.find(1) is None
    assert not cache.is_long(1), "It is known to take no more than what it was given."
    with pytest.raises(SlowError):
        cache.attempt(1, compute.JOB_SECONDS - 0.5)
    assert not cache.is_live(1)
    with pytest.raises(SlowError):
        cache.live(1, whole=True)
    assert cache.compute(1) == "done"
    assert cache.is_live(1)


def test_what_needs_more_memory_than_there_is_becomes_a_job() -> None:
    def work(key: int, report: Progress) -> str:
        raise MemoryError

    cache = ComputedCache(3, work)
    with pytest.raises(SlowError):
        cache.attempt(1)
    assert cache.is_long(1)


def test_who_waits_for_another_gives_up(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "WAIT_SECONDS", 0.1)
    cache = ExperimentCache(3)
    runs.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cache.compute, quick(1))
        assert runs.started.wait(SECONDS)
        with pytest.raises(SlowError):
            cache.attempt(quick(1))
        runs.go_on.set()
        assert other.result(SECONDS).scenario == quick(1)


def test_a_kind_that_was_slow_is_not_tried_again(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was measured of easy settings of this kind, or guessed, counts no more."""
    cache = ExperimentCache(3)
    assert not cache.live(quick(1), whole=True).draft

    def slow(scenario: Scenario, progress: Progress) -> Experiment:
        raise SlowError

    monkeypatch.setattr(compute, "run", slow)
    hard = replace(quick(2), contraction=0.9999)
    with pytest.raises(SlowError):
        cache.attempt(hard)
    assert cache.is_long(hard)
    assert not cache.is_live(replace(hard, contraction=0.999))


def test_limits_within_limits_all_count() -> None:
    told: list[float] = []
    with reporting_to(told.append), at_most(10), at_most(10):
        compute.checkpoint(0.5)
    assert told == [0.5]
    with pytest.raises(SlowError), at_most(0), at_most(10):
        compute.checkpoint()


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


def test_what_several_results_share_counts_once_in_a_cache() -> None:
    data, cache = np.zeros(1000), ResultCache[int, tuple[FloatArray, ...]](100, size=20_000)
    for key in range(10):
        cache.put(key, (data, np.zeros(100)))
    assert all(cache.find(key) for key in range(10))
    cache.put(0, (np.zeros(2000),))
    assert [key for key in range(10) if cache.find(key)] == [0], "Others went, and data with them."
    for key in range(10):
        cache.put(key, (data, np.zeros(100)))
    assert all(cache.find(key) for key in range(10))


def test_the_arrays_of_an_experiment_are_counted() -> None:
    found = run(quick(1))
    arrays = [curve.errors for curve in found.curves]
    assert held_bytes(found) > sum(array.nbytes for array in arrays) > 0


class Parts:
    """Makes a part from its number, and remembers for whom."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.results = PartsCache(lambda key: range(*key), ComputedCache(8, self.make))

    def make(self, number: int, report: Progress) -> str:
        report(0.5)
        self.made.append(number)
        return str(number)


def test_results_that_come_in_parts_share_them() -> None:
    parts = Parts()
    assert parts.results.so_far((0, 3)) == (None, None, None)
    assert parts.results.find((0, 3)) is None
    assert parts.results.is_long((0, 3))
    assert parts.results.compute((0, 3)) == ("0", "1", "2")
    assert parts.results.so_far((1, 5)) == ("1", "2", None, None)
    assert parts.results.live((1, 5), whole=True) == ("1", "2", None, None)
    assert parts.results.compute((1, 5)) == ("1", "2", "3", "4")
    assert parts.results.find((2, 4)) == ("2", "3")
    assert not parts.results.is_long((2, 4))
    assert parts.made == [0, 1, 2, 3, 4]


def test_a_job_in_parts_keeps_what_it_has_when_it_stops() -> None:
    parts = Parts()

    def stop(fraction: float) -> None:
        seen.append(fraction)
        if fraction > 0.5:
            raise StoppedError

    seen: list[float] = []
    with pytest.raises(StoppedError), reporting_to(stop):
        parts.results.compute((0, 4))
    assert seen == [0.125, 0.375, 0.625]
    assert parts.results.so_far((0, 4)) == ("0", "1", None, None)
