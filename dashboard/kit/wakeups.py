"""A loop that is woken once for many calls of threads.

A run of a page hands its seventy messages to the loop from a thread of its own, and for each of
them asyncio writes a byte to wake the loop. Each of these writes gives the interpreter away, to a
loop that then has one message to pass on: a quarter of the time of a run. Here the loop is woken
by the first. It then looks by itself every few milliseconds, until nothing comes any more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from typing import Any

# So long may a call wait that comes soon after another; a hand does not feel it.
REST_SECONDS = 0.002


class _Calls:
    """What threads want a loop to call, in the order in which they have said so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._wake = loop.call_soon_threadsafe
        self._waiting: deque[Callable[[], object]] = deque()
        self._awake = False

    def add(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As ``call_soon_threadsafe``."""
        if self._loop.is_closed():
            raise RuntimeError("Event loop is closed")
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self._loop, context)
        call = partial(self._loop.call_soon, _unless_cancelled, handle, callback, args)
        # First this and then the question, where ``_take`` has them the other way round: a call
        # that it does not find wakes the loop.
        self._waiting.append(partial(call, context=context))
        if not self._awake:
            self._awake = True
            self._wake(self._take)
        return handle

    def _take(self) -> None:
        if not self._waiting:
            self._awake = False
            if not self._waiting:
                return
            self._awake = True
        while self._waiting:
            self._waiting.popleft()()
        self._loop.call_later(REST_SECONDS, self._take)


def _unless_cancelled(
    handle: asyncio.Handle, callback: Callable[..., object], args: tuple[Any, ...]
) -> None:
    if not handle.cancelled():
        callback(*args)


def wake_once(loop: asyncio.AbstractEventLoop) -> None:
    """Wake a loop once for many calls, from now on.

    Args:
        loop: that runs. One that cannot be changed, as it is not written in Python, stays as it is.
    """
    with suppress(AttributeError):
        loop.call_soon_threadsafe = _Calls(loop).add  # type: ignore[method-assign, assignment]
