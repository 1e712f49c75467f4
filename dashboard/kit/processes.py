"""Processes that do long work, so that it leaves the interpreter to the pages.

Not those of ``multiprocessing``: they begin by running the main module again, and under Streamlit
that is the script of a page.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from dashboard.kit import limits
from dashboard.kit.compute import checkpoint, do_quick_work_with
from dashboard.kit.cost import measure
from dashboard.kit.limits import MEGABYTE
from dashboard.kit.wakeups import wake_once
from dashboard.kit.worker import Work, timed
from hypergrad_core import HypergradError

ROOT = Path(__file__).resolve().parents[2]
# A process that has had more than this at its peak is not kept: its memory goes back to the system.
KEPT_BYTES = 200 * MEGABYTE
# Long runs let all others go first.
NICENESS = 10
# Processes for quick work, and what one may need.
MOST_QUICK = 4
QUICK_MEMORY = 400.0 * MEGABYTE
# How long quick work waits for one that is free.
FREE_SECONDS = 0.1
MOST_BEATS = 10
LOST = "The run was ended by the system: it may have needed more memory than there is."


class LostError(HypergradError):
    """A process ended before its work was done."""

    def __init__(self) -> None:
        super().__init__(LOST)


class Worker:
    """A process, from the side of the server.

    Args:
        memory: bytes that it may need.
        niceness: how far other processes go first.
    """

    def __init__(self, memory: float, niceness: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.kit.worker", str(memory / MEGABYTE), str(niceness)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.fresh = True

    @property
    def alive(self) -> bool:
        """Whether it can be asked for anything."""
        return self._process.poll() is None

    @property
    def number(self) -> int:
        """Of the process."""
        return self._process.pid

    def call(self, work: Work, key: Any) -> tuple[Any, float]:
        """Have a piece of work done, and pass on how far it is.

        Returns:
            The result, and how many seconds of a processor it took.

        Raises:
            LostError: if the process ends.
            Exception: what the work raises, or what it is reported to raises.
        """
        try:
            self._send(pickle.dumps((work, key), protocol=5))
            while True:
                word, *told = self._hear()
                if word == "done":
                    result, seconds, peak = told
                    self.fresh = self.fresh and peak <= KEPT_BYTES
                    return result, seconds
                if word == "failed":
                    raise told[0]
                fraction, spent = told
                try:
                    checkpoint(fraction, spent)
                except Exception:
                    self._halt()
                    raise
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            self.fresh = False
            checkpoint()
            raise LostError from None

    def _send(self, task: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(len(task).to_bytes(8, "big") + task)
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)

    def _halt(self) -> None:
        """Have the work given up; one that does not hear of it within a few beats has to end."""
        try:
            self._send(b"")
            for _ in range(MOST_BEATS):
                if self._hear()[0] != "at":
                    return
        except (EOFError, OSError, pickle.UnpicklingError):
            pass
        self.end()

    def end(self) -> None:
        """End the process at once, whatever it does."""
        self.fresh = False
        self._process.kill()

    def bury(self) -> None:
        """Leave nothing of it."""
        self.end()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()


class Pool:
    """Processes for short work, as many as are to run at once.

    Work for which none is free within a moment is done by who asks for it.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._ready: LifoQueue[Worker] = LifoQueue()
        self._closed = False
        self._count = count
        for _ in range(count):
            self._start()

    def call(self, work: Work, key: Any) -> tuple[Any, float]:
        """As of a worker.

        Raises:
            MemoryError: if it needs too much memory.
        """
        try:
            worker = self._ready.get(timeout=FREE_SECONDS)
        except Empty:
            return timed(work, key, checkpoint)
        try:
            return worker.call(work, key)
        except LostError:
            raise MemoryError from None
        finally:
            if worker.fresh and worker.alive and not self._closed:
                self._ready.put(worker)
            else:
                worker.bury()
                self._start()

    def _start(self) -> None:
        """Have one more, as soon as it can work: it takes a while to begin."""
        threading.Thread(target=self._begin, daemon=True).start()

    def _begin(self) -> None:
        if self._closed:
            return
        worker = Worker(QUICK_MEMORY, 0)
        with suppress(LostError):
            worker.call(_nothing, None)
        if self._closed or not worker.alive:
            worker.bury()
        else:
            self._ready.put(worker)

    def close(self) -> None:
        """End them all, as they become free."""
        self._closed = True
        with suppress(Empty):
            while True:
                self._ready.get_nowait().bury()


def _nothing(key: Any, report: Any) -> None:
    """Stand in for work."""


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[None]:
    """While the server runs: quick work is done in processes as well, and its loop sleeps well."""
    # What the imports made stays for good: the collector need not look at it again. Not later, or
    # the first session would stay as well, with all that its visitor has given.
    gc.freeze()
    wake_once(asyncio.get_running_loop())
    threading.Thread(target=measure, daemon=True).start()
    if not limits.LIMITS.jobs:
        yield
        return
    pool = Pool(min(MOST_QUICK, os.cpu_count() or 1))
    do_quick_work_with(pool.call)
    try:
        yield
    finally:
        do_quick_work_with(None)
        pool.close()


_lock = threading.Lock()
_idle: list[Worker] = []


@atexit.register
def close() -> None:
    """End the processes that nobody uses."""
    with _lock:
        while _idle:
            _idle.pop().bury()


@contextmanager
def worker() -> Iterator[Worker]:
    """A process for the work of one long run. It is kept for another if it is as good as new."""
    with _lock:
        mine = _idle.pop() if _idle else None
    if mine is None or not mine.alive:
        mine = Worker(limits.LIMITS.memory, NICENESS)
    done = False
    try:
        yield mine
        done = True
    finally:
        with _lock:
            kept = done and mine.fresh and not _idle
            if kept:
                _idle.append(mine)
        if not kept:
            mine.bury()
