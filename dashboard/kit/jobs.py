"""Long runs in the background: one at a time, watched, and stopped when nobody looks at them."""

from __future__ import annotations

import threading
import time
from typing import Any, Generic

from dashboard.kit.compute import ComputedCache, Key, StoppedError, reporting_to
from dashboard.kit.errors import note_fault
from hypergrad_core import HypergradError

# A run that no page has asked after for so long belongs to a page that is gone. Browsers slow the
# clocks of hidden pages down to one tick a minute.
PATIENCE_SECONDS = 90.0
# While somebody else waits for a turn there is less patience.
SHORT_PATIENCE_SECONDS = 15.0

_long_runs = threading.Lock()
_waiting: set[Job[Any]] = set()


class Job(Generic[Key]):
    """A long run in a thread of its own, which can be watched and stopped.

    Args:
        key: what is run.
        results: where the result goes.

    Attributes:
        key: what is run.
        fraction: how much of it is done, in [0, 1].
        waiting: whether another long run has to end first.
        error: why it failed, or "".
    """

    def __init__(self, key: Key, results: ComputedCache[Key, Any]) -> None:
        self.key = key
        self.fraction = 0.0
        self.waiting = False
        self.error = ""
        self._results = results
        self._stop = threading.Event()
        self._seen = time.monotonic()
        self._thread = threading.Thread(target=self._main, name="job", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

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
                with reporting_to(self._report):
                    self._results.compute(self.key)
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
