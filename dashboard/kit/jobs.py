"""Long runs in the background: fair, bounded, watched, and ended when nobody is there any more.

Each goes on in a process of its own, as many at once as the host allows, first come first served. A
visitor has at most one that goes on and one that waits.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Generic

from dashboard.kit import limits
from dashboard.kit.compute import ComputedCache, StoppedError, reporting_to, working
from dashboard.kit.errors import note_fault
from dashboard.kit.limits import read_seconds
from dashboard.kit.processes import Worker, worker
from dashboard.kit.results import Key
from hypergrad_core import HypergradError

# How often one that waits looks whether it is its turn.
TURN_SECONDS = 0.1
# A visitor whose connection is lost may be back within so many seconds.
PATIENCE_SECONDS = 5.0
# What has been done in less time says nothing of how long the rest takes.
ENOUGH_SECONDS = 0.5
MOST_WAITING = 100
NO_MEMORY = "This setting needs more memory than there is. Choose a smaller d or T."
TWO_ALREADY = (
    "One of your runs goes on and another waits, perhaps in another tab. Stop one of them, or wait."
)
TOO_MANY = "Too many runs wait for their turn on this server. Try again in a few minutes."


class Turns:
    """Whose run goes on, and in which order the others follow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Job[Any]] = []
        self._running: list[Job[Any]] = []

    def join(self, job: Job[Any]) -> str:
        """Go to the end of the queue; why not, or ""."""
        with self._lock:
            going = [other for other in (*self._waiting, *self._running) if not other.stopped]
            if job.visitor and sum(other.visitor == job.visitor for other in going) >= 2:
                return TWO_ALREADY
            if len(self._waiting) >= MOST_WAITING:
                return TOO_MANY
            self._waiting.append(job)
            return ""

    def begin(self, job: Job[Any]) -> bool:
        """Whether the turn of a job has come; it has then begun."""
        with self._lock:
            free = max(1, limits.LIMITS.jobs) - len(self._running)
            first = next((other for other in self._waiting if self._may(other)), None)
            if free <= 0 or first is not job:
                return False
            self._waiting.remove(job)
            self._running.append(job)
            return True

    def _may(self, job: Job[Any]) -> bool:
        """Whether no run of the same visitor goes on, nor one of the same settings."""
        return not any(other.visitor == job.visitor or other.same(job) for other in self._running)

    def twin(self, job: Job[Any]) -> Job[Any] | None:
        """The run of another visitor that makes the same result."""
        with self._lock:
            return next((other for other in self._running if other.same(job)), None)

    def place(self, job: Job[Any]) -> int:
        """In the queue, from 1 on; 0 if it is not in it."""
        with self._lock:
            return 1 + self._waiting.index(job) if job in self._waiting else 0

    def leave(self, job: Job[Any]) -> None:
        """A job has ended."""
        with self._lock:
            for jobs in (self._waiting, self._running):
                if job in jobs:
                    jobs.remove(job)


TURNS = Turns()


class Job(Generic[Key]):
    """A long run, which can be watched and stopped.

    Args:
        key: what is run.
        results: where the result goes.
        visitor: whose run it is.
        present: whether the visitor is there; asked again and again.

    Attributes:
        key, visitor: as above.
        fraction: how much of it is done, in [0, 1].
        error: why it failed, or was not begun; or "".
        refused: whether the server does not do such a run at any time.
    """

    def __init__(
        self,
        key: Key,
        results: ComputedCache[Key, Any],
        visitor: str = "",
        present: Callable[[], bool] = lambda: True,
    ) -> None:
        self.key = key
        self.visitor = visitor
        self.fraction = 0.0
        self._results = results
        self._present = present
        self._seen = time.monotonic()
        self._began = math.inf
        self._first: tuple[float, float] | None = None
        self._stop = threading.Event()
        self._worker: Worker | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._main, name="job", daemon=True)
        refusal = results.refusal(key)
        self.refused = bool(refusal)
        self.error = refusal or TURNS.join(self)
        if not self.error:
            self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still goes on, or waits."""
        return self._thread.is_alive()

    @property
    def place(self) -> int:
        """In the queue, from 1 on; 0 if it does not wait."""
        return 0 if TURNS.twin(self) else TURNS.place(self)

    @property
    def waiting(self) -> bool:
        """Whether other runs have to end first."""
        return self.place > 0

    @property
    def seconds_left(self) -> float | None:
        """A guess from how much it has done since it began; None before there is enough."""
        if self._first is None:
            return None
        since, from_fraction = self._first
        taken, done = time.monotonic() - since, self.fraction - from_fraction
        if taken < ENOUGH_SECONDS or done <= 0:
            return None
        return taken / done * (1 - self.fraction)

    @property
    def finished(self) -> bool:
        """Whether the result is there."""
        return self._results.find(self.key) is not None

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stop.is_set()

    @property
    def ended(self) -> bool:
        """Whether nothing more is computed: it is done, was stopped or has failed."""
        return self.stopped or not self.running

    def same(self, other: Job[Any]) -> bool:
        """Whether both make the same result."""
        return self._results is other._results and bool(self.key == other.key)

    def stop(self) -> None:
        """End it; where it goes on in a process, at once."""
        self._stop.set()
        with self._lock:
            if self._worker is not None:
                self._worker.end()

    def _main(self) -> None:
        try:
            try:
                # What another has computed meanwhile takes no turn.
                while not (self.finished or TURNS.begin(self)):
                    time.sleep(TURN_SECONDS)
                    twin = TURNS.twin(self)
                    self._report(twin.fraction if twin is not None else 0.0)
                self._began = time.monotonic()
                with reporting_to(self._report), self._place_of_work():
                    self._results.compute(self.key)
            finally:
                TURNS.leave(self)
        except StoppedError:
            pass
        except MemoryError:
            self.error = NO_MEMORY
        except HypergradError as error:
            self.error = str(error)
        except Exception:
            self.error = note_fault()

    def _place_of_work(self) -> AbstractContextManager[Any]:
        """A process; here where there are none, or nothing is to be done."""
        if self.finished or not limits.LIMITS.jobs:
            return nullcontext()
        return self._process()

    @contextmanager
    def _process(self) -> Iterator[None]:
        with worker() as mine, working(mine.call):
            with self._lock:
                self._worker = mine
            try:
                self._report(0.0)  # it may have been stopped before there was a process to end
                yield
            finally:
                with self._lock:
                    self._worker = None

    def _report(self, fraction: float) -> None:
        now = time.monotonic()
        if self._present():
            self._seen = now
        if now - self._seen > PATIENCE_SECONDS:
            self._stop.set()
        if self._stop.is_set():
            raise StoppedError
        if now - self._began > limits.LIMITS.seconds:
            allowed = read_seconds(limits.LIMITS.seconds)
            raise HypergradError(f"The run was ended: this server allows {allowed}.")
        if fraction > 0 and self._first is None and self._began < now:
            # What others have done, or an earlier run, says nothing of how fast this one is.
            self._first = now, fraction
        self.fraction = fraction
