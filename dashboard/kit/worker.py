"""A process that does one piece of work after another.

It is started as ``python -m dashboard.kit.worker``, with the megabytes that it may need and how
nice it is to others. It is told on its standard input what to do, each time after the number of
bytes of that; none means to stop what is being done. It tells on its standard output how far it is:
pickles, one after the other, each a tuple of a word and what belongs to it. When its input ends, as
it does when the server ends in whatever way, it ends as well.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO

# Not needed before the first piece of work, but slow to import.
import hypergrad_core  # noqa: F401
from hypergrad_core.arrays import Progress

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

BEAT_SECONDS = 0.1
MEGABYTE = 10**6

Work = Callable[[Any, Progress], Any]


def timed(work: Work, key: Any, report: Progress) -> tuple[Any, float]:
    """A result, and how many seconds of this thread it took."""
    started = time.thread_time()
    return work(key, report), time.thread_time() - started


def peak_bytes() -> float:
    """The most memory that this process has had; 0 where the system does not say."""
    # Linux counts for ``ru_maxrss`` what the process that has started this one had at that time.
    with suppress(OSError), open("/proc/self/status", encoding="ascii") as file:
        peak = next((line.split()[1] for line in file if line.startswith("VmHWM:")), None)
        if peak is not None:
            return float(peak) * 1024
    if resource is None:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(used if sys.platform == "darwin" else used * 1024)


class _HaltError(BaseException):
    """The work is not wanted any more."""


def be_modest(memory: float, niceness: int) -> None:
    """Leave processors and memory to the pages.

    Args:
        memory: bytes that may be asked for beyond what there is already.
        niceness: how far other processes go first.
    """
    with suppress(AttributeError, OSError):
        os.nice(niceness)
    if resource is None:
        return
    with suppress(OSError, ValueError):
        with open("/proc/self/statm", encoding="ascii") as file:
            held = int(file.read().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (held + int(memory),) * 2)
    # Where memory runs out all the same, it is this process that has to go, not the server.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


class _Line:
    """What is told to the server, from two threads."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self.fraction = 0.0
        self.busy = False
        self.halted = False

    def tell(self, *message: Any) -> None:
        """Send a message; the end, if nobody reads it."""
        data = pickle.dumps(message, protocol=5)
        try:
            with self._lock:
                self._out.write(data)
                self._out.flush()
        except OSError:
            os._exit(0)

    def beat(self) -> None:
        """Tell again and again how far the work is."""
        while True:
            time.sleep(BEAT_SECONDS)
            if self.busy:
                self.tell("at", self.fraction, time.process_time() - self.started)

    def report(self, fraction: float) -> None:
        """The work is done to a fraction."""
        self.fraction = fraction
        if self.halted:
            raise _HaltError

    def begin(self) -> None:
        """New work."""
        self.started = time.process_time()
        self.fraction, self.busy = 0.0, True


def _read(source: BinaryIO, tasks: SimpleQueue[bytes], line: _Line) -> None:
    """Pass on what is to be done; the end, when there is nobody any more to do it for."""
    while True:
        size = source.read(8)
        if len(size) < 8:
            os._exit(0)
        task = source.read(int.from_bytes(size, "big"))
        line.halted = not task
        if task:
            tasks.put(task)


def main() -> None:
    """Do what is asked for, until the input ends."""
    line = _Line(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # whatever is printed must not lie between the messages
    be_modest(float(sys.argv[1]) * MEGABYTE, int(sys.argv[2]))
    tasks: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, tasks, line), daemon=True).start()
    threading.Thread(target=line.beat, daemon=True).start()
    while True:
        task = tasks.get()
        line.begin()
        told: tuple[Any, ...]
        try:
            work, key = pickle.loads(task)
            # What is imported for the first piece of work is no part of it.
            line.started = time.process_time()
            told = ("done", *timed(work, key, line.report), peak_bytes())
        except _HaltError:
            told = ("halted",)
        except Exception as error:
            told = ("failed", error)
        line.busy = False
        line.tell(*told)


if __name__ == "__main__":
    main()
