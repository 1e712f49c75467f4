"""Results that are computed once, kept, and shared by pages, live route and jobs."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Generic, TypeVar

import numpy as np

from hypergrad_core import Experiment, HypergradError, Scenario, run
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.expected import expected_seconds

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
PartKey = TypeVar("PartKey", bound=Hashable)
Part = TypeVar("Part")


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
        expected: a guess of how many seconds the work for a key takes.
    """

    def __init__(
        self,
        entries: int,
        work: Callable[[Key, Progress], Result],
        expected: Callable[[Key], float] = lambda key: 0.0,
    ) -> None:
        super().__init__(entries)
        self._work = work
        self._expected = expected
        self._running: dict[Key, threading.Event] = {}

    def takes_long(self, key: Key) -> bool:
        """Whether the work is long, done or not."""
        return self._expected(key) > JOB_SECONDS

    def is_long(self, key: Key) -> bool:
        """Whether the work is to be done and wants a progress bar."""
        return self.find(key) is None and self.takes_long(key)

    def is_live(self, key: Key) -> bool:
        """Whether the whole result is quick enough to follow a moving slider."""
        return self.find(key) is not None or self._expected(key) <= LIVE_SECONDS

    def live(self, key: Key, *, whole: bool) -> Result:
        """What a moving hand gets to see.

        Args:
            key: what is asked for.
            whole: whether the hand rests, so that no draft is wanted.

        Raises:
            SlowError: if it takes too long.
        """
        if not self.is_live(key):
            raise SlowError
        return self.compute(key)

    def so_far(self, key: Key) -> Result | None:
        """What can be shown of a result while it is computed; None if only the whole can."""
        return self.find(key)

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
            known = self.find(key)
            if known is not None:
                return known
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


class PartsCache(ComputedCache[Key, tuple[Part | None, ...]], Generic[Key, PartKey, Part]):
    """Results that are made part by part, and can be shown before all parts are there.

    Parts are kept by themselves, so that results share those that they have in common.

    Args:
        entries: how many parts are kept.
        parts_of: the keys of the parts of a result, in order.
        work: makes one part, as that of a ``ComputedCache``.
    """

    def __init__(
        self,
        entries: int,
        parts_of: Callable[[Key], Sequence[PartKey]],
        work: Callable[[PartKey, Progress], Part],
    ) -> None:
        super().__init__(0, self._compute_parts, lambda key: math.inf)
        self.parts = ComputedCache(entries, work)
        self._parts_of = parts_of

    def so_far(self, key: Key) -> tuple[Part | None, ...]:
        """The parts, None for each that is not there yet."""
        return tuple(self.parts.find(part) for part in self._parts_of(key))

    def find(self, key: Key) -> tuple[Part | None, ...] | None:
        """All parts, if they are there."""
        known = self.so_far(key)
        return None if any(part is None for part in known) else known

    def put(self, key: Key, result: tuple[Part | None, ...]) -> None:
        """Nothing: each part has been kept as it came."""

    def live(self, key: Key, *, whole: bool) -> tuple[Part | None, ...]:
        """What is there."""
        return self.so_far(key)

    def _compute_parts(self, key: Key, report: Progress) -> tuple[Part | None, ...]:
        parts = self._parts_of(key)
        # Not ``report`` itself, which asks for what a part is told to report to.
        whole = _report.get() or (lambda fraction: None)
        made = []
        for number, part in enumerate(parts):
            with reporting_to(partial(_report_part, whole, number, len(parts))):
                made.append(self.parts.compute(part))
        return tuple(made)


def _report_part(whole: Progress, number: int, count: int, fraction: float) -> None:
    """Of so many parts this one is done to a fraction."""
    whole((number + fraction) / count)


class ExperimentCache(ComputedCache[Scenario, Experiment]):
    """The last experiments, by scenario, and how long such runs took here.

    Args:
        entries: how many are kept.
        draft: whether they are drafts; else there are drafts beside them, for a moving hand.
    """

    def __init__(self, entries: int, *, draft: bool = False) -> None:
        super().__init__(entries, self._run, lambda scenario: expected_seconds(scenario))
        self._seconds: ResultCache[Scenario, float] = ResultCache(entries)
        self._drafts = None if draft else ExperimentCache(entries, draft=True)

    def store(self, experiment: Experiment) -> None:
        """Keep an experiment."""
        self.put(experiment.scenario, experiment)

    def seconds(self, scenario: Scenario) -> float:
        """How long a run takes on an idle machine: as the last one of this kind, or a guess."""
        return self._seconds.find(_kind(scenario)) or expected_seconds(scenario)

    def is_live(self, scenario: Scenario) -> bool:
        """As of any cache; of what has been measured and what is guessed, the less counts."""
        return self.seconds(scenario) <= LIVE_SECONDS or super().is_live(scenario)

    def live(self, scenario: Scenario, *, whole: bool) -> Experiment:
        """As of any cache; a draft where all of it would not keep up."""
        known = self.find(scenario)
        if known is not None:
            return known
        seconds = min(self.seconds(scenario), expected_seconds(scenario))
        if whole or seconds <= DRAFT_SECONDS or self._drafts is None:
            return super().live(scenario, whole=whole)
        if min(self._drafts.seconds(scenario), seconds) > LIVE_SECONDS:
            raise SlowError
        return self._drafts.compute(scenario)

    def _run(self, scenario: Scenario, report: Progress) -> Experiment:
        # Time of this thread, not of the clock: it is the same however busy the machine is.
        started = time.thread_time()
        draft = self._drafts is None
        experiment = run(scenario, report, draft=True) if draft else run(scenario, report)
        self._seconds.put(_kind(scenario), time.thread_time() - started)
        return experiment


def _kind(scenario: Scenario) -> Scenario:
    """What a moving hand changes without changing much of how long a run takes."""
    return replace(scenario, contraction=0.5, seed=0)


EXPERIMENTS = ExperimentCache(CACHE_ENTRIES)
