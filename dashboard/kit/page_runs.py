"""Runs of pages take turns: one after the other is drawn.

All of them share one interpreter. Where many are drawn at once, each takes as long as all of them
together; and the loop, which gives the interpreter away with every message that it sends, waits
for all of them to get it back. A class of fifty then waits for seconds before a processor that is
half idle.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

# Runs that are drawn at once. What takes long is not drawn: see ``Places.left``.
DRAWN_AT_ONCE = 1


class Places:
    """Places to draw, which are had in the order in which threads come for one.

    Args:
        places: how many.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        # Those that had a place before, and those that come for their first.
        self._back: deque[threading.Event] = deque()
        self._new: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self._here = threading.local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have a place in this thread, and wait until there is one; once is enough."""
        if self._held:
            yield
            return
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Give the place of this thread to others meanwhile; then go before those without one."""
        if not self._held:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(back=True)

    @property
    def _held(self) -> bool:
        return getattr(self._here, "held", False)

    def _enter(self, *, back: bool = False) -> None:
        called = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                called.set()
            else:
                (self._back if back else self._new).append(called)
        called.wait()
        self._here.held = True

    def _leave(self) -> None:
        self._here.held = False
        with self._lock:
            waiting = self._back or self._new
            if waiting:
                # The place goes on to another: it is never free between.
                waiting.popleft().set()
            else:
                self._free += 1


PAGE_RUNS = Places(DRAWN_AT_ONCE)
