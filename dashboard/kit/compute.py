"""Results that are computed once, kept, and shared by pages, live route and jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeAlias

from dashboard.kit import limits
from dashboard.kit.cost import expected_bytes, expected_seconds
from dashboard.kit.drawing import Drawing, asked_for, work_and_draw
from dashboard.kit.limits import MEGABYTE, told, what_fits
from dashboard.kit.page_runs import PAGE_RUNS
from dashboard.kit.results import Key, Result, ResultCache
from dashboard.kit.worker import Work, timed
from hypergrad_core import Experiment, HypergradError, Scenario, run
from hypergrad_core.arrays import Progress

# What takes less than this is not worth the way to another process.
TRIFLE_SECONDS = 0.003
# A setting that takes longer than this is not computed while a slider moves.
LIVE_SECONDS = 0.4
# A setting that takes longer than this is drawn with fewer points while a slider moves.
DRAFT_SECONDS = 0.04
# A setting that takes longer than this shows its progress and can be stopped.
JOB_SECONDS = 1.0
# What needs more memory than this has it in a process of its own, so that it is given back.
JOB_BYTES = 200 * MEGABYTE
# A run that was taken for quick, and is not, is stopped after so many seconds of work: it becomes a
# job, or is not for a moving hand. Guesses are right within a factor of a few only.
LIVE_BUDGET = 1.0
JOB_BUDGET = 2.0
# The part of a budget after which a clock runs.
UNTIMED = 0.2
# Who waits for the same run of another gives up after so long.
WAIT_SECONDS = 10.0
# More than a slider has values, so that a hand that comes back finds what it has seen.
CACHE_ENTRIES = 256
# How often a thread is asked for its time, in seconds of the clock.
TIMED_EVERY = 0.005
# How often somebody who waits for the run of another looks whether he still wants its result.
TURN_SECONDS = 0.05


class StoppedError(Exception):
    """A run was stopped by its owner."""


class SlowError(HypergradError):
    """A setting takes too long to follow a moving hand."""

    def __init__(self) -> None:
        super().__init__("This setting takes longer: it is computed when you let go.")


_report: ContextVar[Progress | None] = ContextVar("report", default=None)


_away: ContextVar[float] = ContextVar("away", default=0.0)


def reported_to() -> Progress | None:
    """Who is told how far the work of this thread is."""
    return _report.get()


def checkpoint(fraction: float = 0.0, away: float = 0.0) -> None:
    """Go on, or stop with what the function given to ``reporting_to`` raises.

    Args:
        fraction: how far the work is.
        away: how many seconds of it another process has done.
    """
    _away.set(away)
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


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let the work of this thread go on for so many seconds of its own time.

    Not of the clock: it is the same however busy the machine is. Time spent on waiting for the run
    of another has a limit of its own.

    Raises:
        SlowError: when it has had them.
    """
    outer, since = _report.get(), time.monotonic()
    # The time of a thread is slow to ask for, and never more than that of the clock.
    base: float | None = None
    due = UNTIMED * seconds

    def report(fraction: float) -> None:
        nonlocal base, due
        if outer is not None:
            outer(fraction)
        elapsed = time.monotonic() - since
        if elapsed < due:
            return
        due = elapsed + TIMED_EVERY
        if base is None:
            base = time.thread_time()
        spent = time.thread_time() - base + _away.get()
        if elapsed > WAIT_SECONDS or spent > (1 - UNTIMED) * seconds:
            raise SlowError

    with reporting_to(report):
        yield


Elsewhere: TypeAlias = Callable[[Work, Any], tuple[Any, float]]
_elsewhere: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)


@contextmanager
def working(elsewhere: Elsewhere) -> Iterator[None]:
    """Have work that this thread asks for done elsewhere, such as in another process."""
    token = _elsewhere.set(elsewhere)
    try:
        yield
    finally:
        _elsewhere.reset(token)


def _here(work: Work, key: Any) -> tuple[Any, float]:
    return timed(work, key, checkpoint)


_quick: list[Elsewhere] = []


def do_quick_work_with(elsewhere: Elsewhere | None) -> None:
    """Have quick work done there, so that it leaves the interpreter to the pages; None for here."""
    _quick[:] = [elsewhere] if elsewhere else []


class ComputedCache(ResultCache[Key, Result]):
    """The last results of one kind of work, which is done when its result is asked for.

    Args:
        entries: how many results are kept.
        work: called with a key, and with a function to report the fraction done to. To be done in
            another process it has to be a function of a module, and its results to be pickled.
        expected: a guess of how many seconds the work for a key takes.
        memory: a guess of how many bytes it needs.
        suggest: called with a key that is too much for the server, and with what tells whether
            another is not; says in words what would fit, or "".
    """

    def __init__(
        self,
        entries: int,
        work: Callable[[Key, Progress], Result],
        expected: Callable[[Key], float] = lambda key: 0.0,
        memory: Callable[[Key], float] = lambda key: 0.0,
        suggest: Callable[[Key, Callable[[Key], bool]], str] = lambda key, fits: "",
    ) -> None:
        super().__init__(entries)
        self._work = work
        self._expected = expected
        self._memory = memory
        self._suggest = suggest
        # What runs of a kind have taken at least when they were stopped for being slow.
        self._least: ResultCache[Hashable, float] = ResultCache(CACHE_ENTRIES)
        self._running: dict[Key, threading.Event] = {}

    def kind(self, key: Key) -> Hashable:
        """What has about the same cost as this."""
        return key

    def expected(self, key: Key) -> float:
        """How many seconds the work takes, as far as is known."""
        return max(self._expected(key), self._least.find(self.kind(key)) or 0.0)

    def takes_long(self, key: Key) -> bool:
        """Whether the work is long, done or not."""
        return self.expected(key) > JOB_SECONDS or self._memory(key) > JOB_BYTES

    def refusal(self, key: Key) -> str:
        """Why the server does not do the work: what it takes, and what would fit; or ""."""
        allowed = limits.LIMITS

        def fits(key: Key) -> bool:
            return self.expected(key) <= allowed.seconds and self._memory(key) <= allowed.memory

        if fits(key):
            return ""
        memory = self._memory(key)
        takes = told(self.expected(key), memory)
        allows = told(allowed.seconds, allowed.memory if memory else 0.0)
        suggested = self._suggest(key, fits)
        return (
            f"This run would take about {takes}. This server allows {allows}."
            f"{f' It fits with {suggested}.' if suggested else ''}"
        )

    def is_long(self, key: Key) -> bool:
        """Whether the work is to be done and wants a progress bar."""
        return self.find(key) is None and self.takes_long(key)

    def is_live(self, key: Key) -> bool:
        """Whether the whole result is quick enough to follow a moving slider."""
        if self.find(key) is not None:
            return True
        return self.expected(key) <= LIVE_SECONDS and not self.takes_long(key)

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
        return self.attempt(key, LIVE_BUDGET)

    def so_far(self, key: Key) -> Result | None:
        """What can be shown of a result while it is computed; None if only the whole can."""
        return self.find(key)

    def attempt(self, key: Key, seconds: float = JOB_BUDGET) -> Result:
        """The result, if it takes no longer than so many seconds of work where others wait.

        Raises:
            SlowError: if it does, or needs more memory than there is here.
        """
        known = self.find(key)
        if known is not None:
            return known
        try:
            with at_most(seconds):
                return self.compute(key)
        except (SlowError, MemoryError):
            self._least.put(self.kind(key), max(seconds, self.expected(key)))
            raise SlowError from None

    def _place_of_work(self, key: Key) -> Elsewhere:
        """Where a key is computed: in the process of a job, in one for quick work, or here."""
        chosen = _elsewhere.get()
        if chosen is None and self._expected(key) > TRIFLE_SECONDS:
            chosen = next(iter(_quick), None)
        return chosen or _here

    def note(self, key: Key, seconds: float) -> None:
        """The work for a key has taken so long."""

    def is_whole(self, result: Result | None) -> bool:
        """Whether what is kept is a result to which nothing is added any more."""
        return result is not None

    def _make(self, key: Key) -> tuple[Result, float]:
        """Do the work; the result, and how many seconds it took."""
        place, picture = self._place_of_work(key), self._picture()
        if place is _here or picture is None:
            made: tuple[Result, float] = place(self._work, key)
            return made
        task = self._work, key, picture.draw
        (picture.result, seconds, picture.drawn), _ = place(work_and_draw, task)
        return picture.result, seconds

    def _picture(self) -> Drawing | None:
        """What is to be drawn of a result where it is computed."""
        return asked_for()

    def compute(self, key: Key) -> Result:
        """The result, computed now if it is not there.

        Several who ask for one key at once share one run. Nobody waits for the run of another
        key: how many run at a time is for the callers to limit. Meanwhile another page is drawn.
        """
        with PAGE_RUNS.left():
            return self._computed(key)

    def _computed(self, key: Key) -> Result:
        while True:
            with self._lock:
                ended = self._running.get(key)
                if ended is None and not self.is_whole(self._stored.get(key)):
                    mine = self._running[key] = threading.Event()
                    break
            known = self.find(key)
            if known is not None:
                return known
            # The run of another may be stopped, and is then to be made here.
            while ended is not None and not ended.wait(TURN_SECONDS):
                checkpoint()
        try:
            result, seconds = self._make(key)
            self.note(key, seconds)
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
        draft: whether they are drafts; else there are drafts beside them, for a moving hand.
    """

    def __init__(self, entries: int, *, draft: bool = False) -> None:
        work = _run_draft if draft else _run_whole
        super().__init__(
            entries,
            work,
            lambda scenario: expected_seconds(scenario),
            lambda scenario: expected_bytes(scenario),
            suggest=what_fits,
        )
        self._seconds: ResultCache[Scenario, float] = ResultCache(entries)
        self._drafts = None if draft else ExperimentCache(entries, draft=True)

    def store(self, experiment: Experiment) -> None:
        """Keep an experiment."""
        self.put(experiment.scenario, experiment)

    def seconds(self, scenario: Scenario) -> float:
        """How long a run takes on an idle machine: as the last one of this kind, or a guess."""
        return self._seconds.find(self.kind(scenario)) or self.expected(scenario)

    def kind(self, scenario: Scenario) -> Scenario:
        """What a moving hand changes does not change much of how long a run takes."""
        return replace(scenario.outline, contraction=0.5, seed=0)

    def attempt(self, scenario: Scenario, seconds: float = JOB_BUDGET) -> Experiment:
        """As of any cache; what has been measured of this kind counts no more if it is slow."""
        try:
            return super().attempt(scenario, seconds)
        except SlowError:
            self._seconds.put(self.kind(scenario), self.expected(scenario))
            raise

    def is_live(self, scenario: Scenario) -> bool:
        """As of any cache; of what has been measured and what is guessed, the less counts."""
        return self.seconds(scenario) <= LIVE_SECONDS or super().is_live(scenario)

    def live(self, scenario: Scenario, *, whole: bool) -> Experiment:
        """As of any cache; a draft where all of it would not keep up."""
        known = self.find(scenario)
        if known is not None:
            return known
        seconds = min(self.seconds(scenario), self.expected(scenario))
        if whole or seconds <= DRAFT_SECONDS or self._drafts is None:
            return super().live(scenario, whole=whole)
        if min(self._drafts.seconds(scenario), seconds) > LIVE_SECONDS:
            raise SlowError
        return self._drafts.attempt(scenario, LIVE_BUDGET)

    def _picture(self) -> Drawing | None:
        """None of a draft: it shows whether the whole would be quick, which is known here."""
        return None if self._drafts is None else super()._picture()

    def note(self, scenario: Scenario, seconds: float) -> None:
        """So long will the next of this kind take."""
        self._seconds.put(self.kind(scenario), seconds)


def _run_whole(scenario: Scenario, report: Progress) -> Experiment:
    return run(scenario, report)


def _run_draft(scenario: Scenario, report: Progress) -> Experiment:
    return run(scenario, report, draft=True)


EXPERIMENTS = ExperimentCache(CACHE_ENTRIES)
