"""Runs of scenarios: cached, shared by pages and live route; long ones in the background."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from dashboard.kit.errors import note_fault
from hypergrad_core import Experiment, HypergradError, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.experiment import expected_seconds

# A setting that takes longer than this is not computed while a slider moves.
LIVE_SECONDS = 0.4
# A setting that takes longer than this is drawn with fewer points while a slider moves.
DRAFT_SECONDS = 0.04
# A setting that takes longer than this shows its progress and can be stopped.
JOB_SECONDS = 1.0
# More than a slider has values, so that a hand that comes back finds what it has seen.
CACHE_ENTRIES = 256
# What the results of one cache may hold together.
CACHE_BYTES = 100_000_000
# A run that no page has asked after for so long belongs to a page that is gone. Browsers slow the
# clocks of hidden pages down to one tick a minute.
PATIENCE_SECONDS = 90.0
# While somebody else waits for a turn there is less patience.
SHORT_PATIENCE_SECONDS = 15.0


# How often somebody who waits for the run of another looks whether he still wants its result.
TURN_SECONDS = 0.05


class StoppedError(Exception):
    """A run was stopped by its owner."""


class SlowError(HypergradError):
    """A setting takes too long to follow a moving hand."""

    def __init__(self) -> None:
        super().__init__("This setting takes longer: it is computed when you let go.")


_report: ContextVar[Progress | None] = ContextVar("report", default=None)


def checkpoint(fraction: float = 0.0) -> None:
    """Go on, or stop with what the function given to ``reporting_to`` raises."""
    report = _report.get()
    if report is not None:
        report(fraction)


@contextmanager
def reporting_to(report: Progress) -> Iterator[None]:
    """Tell ``report`` how far the work of this thread is; whatever it raises stops the work."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


def held_bytes(result: object) -> int:
    """What the arrays of a result take, each counted once."""
    arrays: dict[int, int] = {}
    left = [result]
    while left:
        value = left.pop()
        if isinstance(value, np.ndarray):
            if isinstance(value.base, np.ndarray):
                left.append(value.base)
            else:
                arrays[id(value)] = value.nbytes
        elif isinstance(value, (tuple, list)):
            left.extend(value)
        elif isinstance(value, dict):
            left.extend(value.values())
        elif is_dataclass(value):
            left.extend(getattr(value, field.name) for field in fields(value))
    return sum(arrays.values())


class ResultCache(Generic[Key, Result]):
    """The last results, by what they are of; safe to share between threads.

    Args:
        entries: how many are kept.
        size: bytes that all of them may hold together; the newest is kept at any size.
    """

    def __init__(self, entries: int, size: int = CACHE_BYTES) -> None:
        self._entries = entries
        self._size = size
        self._stored: OrderedDict[Key, Result] = OrderedDict()
        self._bytes: dict[Key, int] = {}
        self._lock = threading.Lock()

    def find(self, key: Key) -> Result | None:
        """The result if it is there."""
        with self._lock:
            result = self._stored.get(key)
            if result is not None:
                self._stored.move_to_end(key)
            return result

    def put(self, key: Key, result: Result) -> None:
        """Keep a result; the oldest go when there are too many, or too large ones."""
        held = held_bytes(result)
        with self._lock:
            self._stored[key] = result
            self._bytes[key] = held
            self._stored.move_to_end(key)
            while len(self._stored) > self._entries or (
                len(self._stored) > 1 and sum(self._bytes.values()) > self._size
            ):
                oldest, _ = self._stored.popitem(last=False)
                del self._bytes[oldest]


class ComputedCache(ResultCache[Key, Result]):
    """The last results of one kind of work, which is done when its result is asked for.

    Args:
        entries: how many results are kept.
        work: called with a key, and with a function to report the fraction done to.
    """

    def __init__(self, entries: int, work: Callable[[Key, Progress], Result]) -> None:
        super().__init__(entries)
        self._work = work
        self._running: dict[Key, threading.Event] = {}

    def compute(self, key: Key) -> Result:
        """The result, computed now if it is not there.

        Several who ask for one key at once share one run. Nobody waits for the run of another
        key: how many run at a time is for the callers to limit.
        """
        while True:
            with self._lock:
                ended = self._running.get(key)
                if ended is None and key not in self._stored:
                    mine = self._running[key] = threading.Event()
                    break
            found = self.find(key)
            if found is not None:
                return found
            # The run of another may be stopped, and is then to be made here.
            while ended is not None and not ended.wait(TURN_SECONDS):
                checkpoint()
        try:
            result = self._work(key, checkpoint)
            self.put(key, result)
            return result
        finally:
            with self._lock:
                del self._running[key]
            mine.set()


class ExperimentCache(ComputedCache[Scenario, Experiment]):
    """The last experiments, by scenario, and how long such runs took here.

    Args:
        entries: how many are kept.
        draft: whether they are drafts.
    """

    def __init__(self, entries: int, *, draft: bool = False) -> None:
        super().__init__(entries, self._run)
        self._draft = draft
        self._seconds: ResultCache[Scenario, float] = ResultCache(entries)

    def store(self, experiment: Experiment) -> None:
        """Keep an experiment."""
        self.put(experiment.scenario, experiment)

    def seconds(self, scenario: Scenario) -> float:
        """How long a run takes on an idle machine: as the last one of this kind, or a guess."""
        return self._seconds.find(_kind(scenario)) or expected_seconds(scenario)

    def _run(self, scenario: Scenario, report: Progress) -> Experiment:
        # Time of this thread, not of the clock: it is the same however busy the machine is.
        started = time.thread_time()
        found = run(scenario, report, draft=True) if self._draft else run(scenario, report)
        self._seconds.put(_kind(scenario), time.thread_time() - started)
        return found


def _kind(scenario: Scenario) -> Scenario:
    """What a moving hand changes without changing much of how long a run takes."""
    return replace(scenario, contraction=0.5, seed=0)


EXPERIMENTS = ExperimentCache(CACHE_ENTRIES)
DRAFTS = ExperimentCache(CACHE_ENTRIES, draft=True)
_long_runs = threading.Lock()
_waiting: set[BackgroundRun] = set()


class BackgroundRun:
    """Work in a thread of its own, which can be watched and stopped.

    Args:
        work: called with a function to report the fraction done to; it raises to stop the work.

    Attributes:
        fraction: how much of it is done, in [0, 1].
        waiting: whether another long run has to end first.
        error: why it failed, or "".
    """

    def __init__(self, work: Callable[[Progress], None]) -> None:
        self.fraction = 0.0
        self.waiting = False
        self.error = ""
        self._work = work
        self._stop = threading.Event()
        self._seen = time.monotonic()
        self._thread = threading.Thread(target=self._main, name="job", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stop.is_set()

    @property
    def ended(self) -> bool:
        """Whether nothing more is computed: it is done, was stopped or has failed."""
        return self.stopped or not self.running

    def watch(self) -> None:
        """Somebody still looks at it: what nobody looks at ends by itself."""
        self._seen = time.monotonic()

    def stop(self) -> None:
        """Ask it to end; it does so at its next step."""
        self._stop.set()

    def _main(self) -> None:
        try:
            # One long run at a time: each may take gigabytes.
            try:
                while not _long_runs.acquire(timeout=0.1):
                    self.waiting = True
                    _waiting.add(self)
                    self._report(0.0)
            finally:
                self.waiting = False
                _waiting.discard(self)
            try:
                self._work(self._report)
            finally:
                _long_runs.release()
        except StoppedError:
            pass
        except MemoryError:
            self.error = "This setting needs more memory than there is. Choose a smaller d or T."
        except HypergradError as error:
            self.error = str(error)
        except Exception:
            self.error = note_fault()

    def _report(self, fraction: float) -> None:
        patience = SHORT_PATIENCE_SECONDS if _waiting - {self} else PATIENCE_SECONDS
        if time.monotonic() - self._seen > patience:
            self.stop()
        if self._stop.is_set():
            raise StoppedError
        self.fraction = fraction


class CachedRun(BackgroundRun, Generic[Key, Result]):
    """A long run whose result goes into a cache.

    Args:
        key: what is run.
        cache: where the result goes.
        work: the run itself; told how to report the fraction done.

    Attributes:
        key: what is run.
    """

    def __init__(
        self,
        key: Key,
        cache: ResultCache[Key, Result],
        work: Callable[[Key, Progress], Result],
    ) -> None:
        self.key = key
        self._cache = cache
        self._make = work
        super().__init__(self._fill)

    @property
    def finished(self) -> bool:
        """Whether the result is there."""
        return self._cache.find(self.key) is not None

    def _fill(self, report: Progress) -> None:
        if not self.finished:
            self._cache.put(self.key, self._make(self.key, report))


class Job(CachedRun[Scenario, Experiment]):
    """A long run of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, EXPERIMENTS, lambda key, report: run(key, report))


def is_live(scenario: Scenario) -> bool:
    """Whether the whole scenario is quick enough to follow a moving slider."""
    if EXPERIMENTS.find(scenario) is not None:
        return True
    return min(EXPERIMENTS.seconds(scenario), expected_seconds(scenario)) <= LIVE_SECONDS


def live_experiment(scenario: Scenario, *, whole: bool = False) -> Experiment:
    """The experiment for a moving hand: a draft where all of it would not keep up.

    Args:
        scenario: what is asked for.
        whole: whether the hand rests, so that no draft is wanted.

    Raises:
        SlowError: if even the draft takes too long.
    """
    known = EXPERIMENTS.find(scenario)
    if known is not None:
        return known
    seconds = min(EXPERIMENTS.seconds(scenario), expected_seconds(scenario))
    if whole or seconds <= DRAFT_SECONDS:
        if not is_live(scenario):
            raise SlowError
        return EXPERIMENTS.compute(scenario)
    if min(DRAFTS.seconds(scenario), seconds) > LIVE_SECONDS:
        raise SlowError
    return DRAFTS.compute(scenario)


def is_long(scenario: Scenario) -> bool:
    """Whether the scenario wants a progress bar."""
    return EXPERIMENTS.find(scenario) is None and expected_seconds(scenario) > JOB_SECONDS
