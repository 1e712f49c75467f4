"""Long runs in processes of their own: stopped at once, bounded in memory, gone with the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.kit import compute, limits, processes
from dashboard.kit.compute import ComputedCache, ExperimentCache, SlowError, do_quick_work_with
from dashboard.kit.jobs import NO_MEMORY, Job
from dashboard.kit.limits import MEGABYTE
from dashboard.kit.page import Shown, written_frame
from dashboard.pages import PAGES
from dashboard.screens.explore.page import PAGE as EXPLORE
from dashboard.screens.lecture.objective import PAGE as OBJECTIVE
from hypergrad_core import Scenario, ScenarioError, run
from hypergrad_core.arrays import Progress

SECONDS = 60.0
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def with_processes(
    no_processes: None, monkeypatch: pytest.MonkeyPatch, main_module: None
) -> Iterator[None]:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, jobs=2))
    # The tests are not in the way of the modules that processes import.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    processes.close()
    yield
    processes.close()


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lasts(key: str, report: Progress) -> str:
    """Tells how far it is, and goes on for ever."""
    while True:
        report(0.25)
        time.sleep(0.01)


def deaf(key: str, report: Progress) -> str:
    """Asks nobody."""
    report(0.5)
    time.sleep(SECONDS)
    return key


def large(key: int, report: Progress) -> float:
    """Needs so many megabytes for a moment."""
    return float(np.ones(key * MEGABYTE // 8).sum())


def bad(key: str, report: Progress) -> str:
    raise ScenarioError("size", 3, "more")


def broken(key: str, report: Progress) -> str:
    raise RuntimeError("a secret")


def vanishes(key: str, report: Progress) -> str:
    sys.exit(3) if key else None
    return key


def test_a_run_in_a_process_is_that_of_the_server() -> None:
    cache = ExperimentCache(3)
    scenario = Scenario(size=20, horizon=30)
    job = Job(scenario, cache)
    until(lambda: not job.running)
    found = cache.find(scenario)
    assert job.error == ""
    assert found == run(scenario)
    assert not found.curves[0].errors.flags.writeable
    assert 0 < cache.seconds(scenario) < 1, "How long it took is known as well."


@pytest.mark.parametrize("page", [*PAGES, OBJECTIVE], ids=lambda page: page.name)
def test_what_every_page_computes_can_be_done_in_a_process(page: Any) -> None:
    """Another process finds the work, and its result comes back."""
    page = page.at({})
    if not page.parts:
        return
    scenario, view = page.settings.scenario, page.settings.view
    key, results = page.key(scenario, view), page.results
    parts = getattr(results, "parts", None)
    if parts is not None:
        key, results = results._parts_of(key)[0], parts
        if isinstance(key, tuple) and isinstance(key[1], int):
            key = (replace(key[0], horizon=10), 2)
    with processes.worker() as worker:
        result, seconds = worker.call(results._work, key)
    assert type(result) is type(results._work(key, lambda fraction: None))
    assert seconds > 0


@pytest.mark.parametrize("work", [lasts, deaf])
def test_a_stop_is_heard_at_once(work: Any) -> None:
    """Whatever it does: its process ends."""
    job = Job("key", ComputedCache(3, work))
    until(lambda: job.fraction > 0)
    assert job._worker is not None
    worker = job._worker
    assert job.running
    started = time.monotonic()
    job.stop()
    until(lambda: not job.running)
    assert time.monotonic() - started < 0.5
    assert job.error == ""
    assert not worker.alive


def test_a_process_is_kept_for_the_next_run() -> None:
    cache = ExperimentCache(9)
    numbers = set()
    for seed in range(3):
        with processes.worker() as worker:
            worker.call(cache._work, Scenario(size=5, horizon=5, seed=seed))
            numbers.add(worker.number)
    assert len(numbers) == 1


def test_a_process_of_a_large_server_is_kept_as_well() -> None:
    """Its peak is its own, not that of the process which has started it."""
    ballast = np.ones(60_000_000)
    with processes.worker() as worker:
        worker.call(numbered, 0)
        assert worker.fresh
    del ballast


def test_memory_goes_back_to_the_system() -> None:
    """A process that had much of it is not kept."""
    results = ComputedCache(3, large)
    with processes.worker() as worker:
        assert worker.call(large, 400)[0] == 400 * MEGABYTE // 8
        assert worker.alive
    assert not worker.alive
    job = Job(1, results)
    until(lambda: not job.running)
    assert job.finished


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems do not limit the memory.")
def test_what_needs_more_memory_than_is_allowed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", replace(limits.LIMITS, memory=300.0 * MEGABYTE))
    job = Job(2000, ComputedCache(3, large))
    until(lambda: not job.running)
    assert job.error == NO_MEMORY
    small = Job(100, ComputedCache(3, large))
    until(lambda: not small.running)
    assert small.error == ""


def test_what_goes_wrong_there_is_told_here(caplog: pytest.LogCaptureFixture) -> None:
    told = {}
    for work in (bad, broken, vanishes):
        job = Job("key", ComputedCache(3, work))
        until(lambda job=job: not job.running)
        told[work] = job.error
    assert "more" in told[bad]
    assert "fault of the program" in told[broken]
    assert "secret" not in told[broken]
    assert told[vanishes] == processes.LOST


def test_a_process_ends_with_its_server() -> None:
    code = (
        "import sys, time, threading, os\n"
        "from dashboard.kit import processes\n"
        "import test_processes\n"
        "worker = processes.Worker(1e9, 0)\n"
        "threading.Thread(target=worker.call, args=(test_processes.deaf, 1), daemon=True).start()\n"
        "print(worker.number, flush=True)\n"
        "time.sleep(3)\n"
        "os._exit(1)\n"
    )
    server = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    number = int(server.stdout)
    until(lambda: not Path(f"/proc/{number}").exists(), 10)


@pytest.fixture
def pool() -> Iterator[processes.Pool]:
    """Two processes for quick work, ready."""
    made = processes.Pool(2)
    until(lambda: made._ready.qsize() == 2)
    for worker in [*made._ready.queue]:
        worker.call(numbered, 0)  # this module takes longer to import than the work below
    do_quick_work_with(made.call)
    yield made
    do_quick_work_with(None)
    made.close()


def numbered(key: int, report: Progress) -> int:
    """Tells in which process it is."""
    return os.getpid()


def stays(key: str, report: Progress) -> str:
    """Works for long, and asks often."""
    while True:
        report(0.0)


def test_quick_work_is_done_in_a_process_that_is_free(pool: processes.Pool) -> None:
    def work_for(seconds: float) -> set[int]:
        cache = ComputedCache(99, numbered, lambda key: seconds)
        return {cache.compute(key) for key in range(4)}

    assert os.getpid() not in work_for(0.01)
    assert work_for(0.0) == {os.getpid()}, "A trifle is not worth the way."
    with pool._ready.mutex:
        taken = [*pool._ready.queue]
        pool._ready.queue.clear()
    assert work_for(0.01) == {os.getpid()}, "Nobody waits for long."
    for worker in taken:
        pool._ready.put(worker)


def signed(shown: Shown[Any, Any, Any], part: str) -> Any:
    """A frame that names the process in which it was drawn."""
    return {"q": shown.result.scenario.contraction, "by": os.getpid()}


def test_a_picture_is_drawn_where_its_result_is_computed(
    pool: processes.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_drawn_here(page: Any, q: float) -> bool:
        frame = json.loads(written_frame(page, {"q": str(q), "d": "17", "seed": "918"}))
        assert frame["q"] == q
        return bool(frame["by"] == os.getpid())

    page = replace(EXPLORE, frame=signed)
    for worker in [*pool._ready.queue]:
        worker.call(_quick_run, EXPLORE.settings.scenario)
    monkeypatch.setattr(compute, "TRIFLE_SECONDS", 0.0)
    assert not is_drawn_here(page, 0.81)
    assert is_drawn_here(page, 0.81), "What is known is drawn here."
    assert is_drawn_here(replace(page, frame=lambda shown, part: signed(shown, part)), 0.82)
    monkeypatch.setattr(compute, "DRAFT_SECONDS", 0.0)
    assert is_drawn_here(page, 0.83), "A draft is drawn here: what is quick is known here."


def _quick_run(scenario: Scenario, report: Progress) -> None:
    run(replace(scenario, horizon=2))


@pytest.mark.parametrize("name", ["explore", "budget", "why"])
def test_it_is_the_same_picture(
    name: str, pool: processes.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (page,) = (page for page in PAGES if page.name == name)
    params = {"q": "0.77", "d": "15", "seed": "918", "theme": "dark"}
    monkeypatch.setattr(compute, "TRIFLE_SECONDS", 0.0)
    elsewhere = written_frame(page, params)
    assert written_frame(page, params) == elsewhere, "What is known is drawn here."


def test_quick_work_that_is_slow_is_given_up_and_its_process_kept(pool: processes.Pool) -> None:
    before = {worker.number for worker in pool._ready.queue}
    cache = ComputedCache(3, stays, lambda key: 0.01)
    started = time.monotonic()
    with pytest.raises(SlowError):
        cache.attempt("key", 0.3)
    assert time.monotonic() - started < compute.WAIT_SECONDS
    assert {worker.number for worker in pool._ready.queue} == before
    assert ComputedCache(3, numbered, lambda key: 0.01).compute(1) in before


def test_a_process_that_does_not_listen_is_replaced(
    pool: processes.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "WAIT_SECONDS", 0.3)
    before = {worker.number for worker in pool._ready.queue}
    with pytest.raises(SlowError):
        ComputedCache(3, deaf, lambda key: 0.01).attempt("key", 0.1)
    until(lambda: pool._ready.qsize() == 2)
    assert len(before & {worker.number for worker in pool._ready.queue}) == 1


def test_quick_work_that_needs_much_memory_becomes_a_job(pool: processes.Pool) -> None:
    cache = ComputedCache(3, large, lambda key: 0.01)
    with pytest.raises(SlowError):
        cache.attempt(2000)
    assert cache.is_long(2000)
    until(lambda: pool._ready.qsize() == 2)
    with pytest.raises(SlowError):
        ComputedCache(3, vanishes, lambda key: 0.01).attempt("key")
    until(lambda: pool._ready.qsize() == 2)
