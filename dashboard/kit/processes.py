"""Processes that do long work, so that it leaves the interpreter to the pages.

Not those of ``multiprocessing``: they begin by running the main module again, and under Streamlit
that is the script of a page.
"""

from __future__ import annotations

import atexit
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dashboard.kit import limits
from dashboard.kit.compute import checkpoint
from dashboard.kit.limits import MEGABYTE
from dashboard.kit.worker import Work
from hypergrad_core import HypergradError

ROOT = Path(__file__).resolve().parents[2]
# A process that has had more than this at its peak is not kept: its memory goes back to the system.
KEPT_BYTES = 200 * MEGABYTE
LOST = "The run was ended by the system: it may have needed more memory than there is."


class LostError(HypergradError):
    """A process ended before its work was done."""

    def __init__(self) -> None:
        super().__init__(LOST)


class Worker:
    """A process, from the side of the server."""

    def __init__(self) -> None:
        memory = str(limits.LIMITS.memory / MEGABYTE)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.kit.worker", memory],
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
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        task = pickle.dumps((work, key), protocol=5)
        try:
            self._process.stdin.write(len(task).to_bytes(8, "big") + task)
            self._process.stdin.flush()
            while True:
                word, *told = pickle.load(self._process.stdout)
                if word == "done":
                    result, seconds, peak = told
                    self.fresh = self.fresh and peak <= KEPT_BYTES
                    return result, seconds
                if word == "failed":
                    raise told[0]
                checkpoint(told[0])
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            checkpoint()
            raise LostError from None

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
    """A process for the work of one run. It is kept for another if it is as good as new."""
    with _lock:
        mine = _idle.pop() if _idle else None
    if mine is None or not mine.alive:
        mine = Worker()
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
