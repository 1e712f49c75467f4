"""A sweep gives the same numbers however it is run, and stopping it keeps what was computed."""

from __future__ import annotations

import functools
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import distributed
import numpy as np
import pytest

from hypergrad_core import Scenario, run
from hypergrad_core.studies.requirements import Requirements, requirements
from hypergrad_core.studies.sweep import sweep
from tests.support.texts import CONTRIBUTING, blocks

SCENARIOS = [
    Scenario(family=family, contraction=q, size=20, samples=10, seed=seed)
    for family, q, seed in (
        ("quadratic", 0.3, 0),
        ("quadratic", 0.95, 0),
        ("quadratic", 0.95, 1),
        ("logistic", 0.8, 0),
        ("nonsymmetric", 0.9, 2),
    )
]
measure = functools.partial(requirements, target=1e-3)


@contextmanager
def processes() -> Iterator[Executor]:
    # Not by fork: a thread of the test process may hold a lock.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def dask() -> Iterator[Executor]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


EXECUTORS: dict[str, Callable[[], AbstractContextManager[Executor | None]]] = {
    "serial": nullcontext,
    "threads": lambda: ThreadPoolExecutor(2),
    "processes": processes,
    "dask": dask,
}


@pytest.fixture(params=EXECUTORS, scope="module")
def executor(request: pytest.FixtureRequest) -> Iterator[Executor | None]:
    """Each kind in turn; it serves every test, as a stopped sweep must leave it usable."""
    with EXECUTORS[request.param]() as opened:
        if request.param in ("processes", "dask"):
            assert opened is not None
            assert opened.submit(os.getpid).result() != os.getpid()
        yield opened


@functools.cache
def expected() -> dict[Scenario, Requirements]:
    """What the scenarios give without a sweep."""
    return {scenario: measure(scenario) for scenario in SCENARIOS}


def test_the_numbers_are_the_same_everywhere(executor: Executor | None) -> None:
    told: list[float] = []
    found = list(sweep(SCENARIOS, executor, told.append, measure=measure, ahead=3))
    assert len(found) == len(SCENARIOS)
    assert {item.scenario: item for item in found} == expected()
    assert all(method.costs for item in found for method in item.methods)
    assert told == sorted(told)
    assert sorted(set(told)) == [number / len(SCENARIOS) for number in range(len(SCENARIOS) + 1)]


def test_without_an_executor_the_order_is_kept() -> None:
    found = list(sweep(iter(SCENARIOS)))
    assert [item.scenario for item in found] == SCENARIOS
    for item in found:
        alone = run(item.scenario)
        for curve, other in zip(item.curves, alone.curves, strict=True):
            np.testing.assert_array_equal(curve.errors, other.errors)


def test_a_result_is_yielded_as_soon_as_it_is_there() -> None:
    release = threading.Event()

    def slow_first(scenario: Scenario) -> Scenario:
        if scenario == SCENARIOS[0]:
            assert release.wait(60)
        return scenario

    with ThreadPoolExecutor(2) as executor:
        results = sweep(SCENARIOS, executor, measure=slow_first)
        early = [next(results) for _ in SCENARIOS[1:]]
        assert set(early) == set(SCENARIOS[1:])
        release.set()
        assert list(results) == SCENARIOS[:1]


class Inline(Executor):
    """Runs nothing until it is told to, and remembers what it was given."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        return future


def test_an_executor_is_not_flooded() -> None:
    executor = Inline()
    results = sweep(SCENARIOS, executor, lambda fraction: finish(), measure=measure, ahead=2)
    open_at_once = []

    def finish() -> None:
        waiting = [future for future in executor.futures if not future.done()]
        open_at_once.append(len(waiting))
        if waiting:
            waiting[0].set_result(len(executor.futures))

    assert len(list(results)) == len(SCENARIOS)
    assert max(open_at_once) == 2


@pytest.mark.parametrize("how", ["close", "progress"])
def test_what_has_not_begun_is_cancelled(how: str) -> None:
    executor = Inline()
    kept = []

    def progress(fraction: float) -> None:
        # Told of a result only when it has been handed over.
        if fraction > 0:
            raise InterruptedError
        if executor.futures and not executor.futures[1].done():
            executor.futures[1].set_result("second")

    results = sweep(SCENARIOS, executor, progress, measure=measure)
    kept.append(next(results))
    if how == "close":
        results.close()
    else:
        with pytest.raises(InterruptedError):
            kept.extend(results)
    assert kept == ["second"]
    assert [future.cancelled() for future in executor.futures] == [True, False, True, True, True]
    assert list(results) == []


def test_leaving_the_loop_leaves_what_was_computed(executor: Executor | None) -> None:
    kept = []
    for item in sweep(SCENARIOS * 40, executor, measure=measure):
        kept.append(item)
        if len(kept) == 3:
            break
    assert kept == [expected()[item.scenario] for item in kept]


def test_serially_nothing_runs_after_the_stop() -> None:
    ran = []
    kept = []

    def progress(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    def note(scenario: Scenario) -> Scenario:
        ran.append(scenario)
        return scenario

    with pytest.raises(InterruptedError):
        kept.extend(sweep(SCENARIOS, None, progress, measure=note))
    # What was computed when the stop came has been handed over, the last one too.
    assert ran == kept == SCENARIOS[:3]


def test_a_sweep_can_be_stopped_while_it_waits() -> None:
    release = threading.Event()
    calls = 0

    def progress(fraction: float) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise InterruptedError

    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(InterruptedError):
            next(sweep(SCENARIOS, executor, progress, measure=lambda scenario: release.wait(60)))
        release.set()


def fail_at_the_fourth(scenario: Scenario) -> Scenario:
    """For processes: a function they can import."""
    if scenario == SCENARIOS[3]:
        raise ZeroDivisionError("as planned")
    return scenario


def test_a_failure_names_its_scenario(executor: Executor | None) -> None:
    kept = []
    with pytest.raises(ZeroDivisionError, match="as planned") as caught:
        kept.extend(sweep(SCENARIOS[:4], executor, measure=fail_at_the_fourth))
    assert caught.value.__notes__ == [f"in a sweep, at {SCENARIOS[3]}"]
    assert set(kept) <= set(SCENARIOS[:3])
    if executor is None:
        assert kept == SCENARIOS[:3]


def test_a_failure_cancels_the_rest() -> None:
    executor = Inline()

    def progress(fraction: float) -> None:
        if executor.futures:
            executor.futures[0].set_exception(ZeroDivisionError("as planned"))

    with pytest.raises(ZeroDivisionError):
        next(sweep(SCENARIOS, executor, progress))
    assert [future.cancelled() for future in executor.futures] == [False] + [True] * 4


def test_the_dask_example_runs() -> None:
    (code,) = (block for block in blocks(CONTRIBUTING, "python") if "distributed" in block)
    address = "tcp://scheduler:8786"
    assert code.count(address) == 1
    names: dict[str, Any] = {
        "sweep": sweep,
        "scenarios": SCENARIOS,
        "best_method": functools.partial(requirements, target=1e-4),
    }
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:
        exec(code.replace(address, cluster.scheduler_address), names)
    assert {item.scenario for item in names["results"]} == set(SCENARIOS)


def test_nothing_to_sweep() -> None:
    told: list[float] = []
    assert list(sweep([], None, told.append)) == []
    with ThreadPoolExecutor(1) as executor:
        assert list(sweep([], executor, told.append)) == []
    assert told == [0.0, 0.0]


def test_at_least_one_scenario_goes_ahead() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(sweep(SCENARIOS, ahead=0))
