"""A loop is woken once for many calls of other threads, and loses none of them."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from dashboard.kit.wakeups import REST_SECONDS, wake_once

SECONDS = 30.0
THREADS, CALLS = 4, 5000
name: ContextVar[str] = ContextVar("name", default="nobody")


def test_nothing_is_lost_and_each_thread_keeps_its_order() -> None:
    heard: list[tuple[int, int]] = []

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        wake_once(loop)
        ended = asyncio.Event()

        def say(thread: int) -> None:
            for call in range(CALLS):
                loop.call_soon_threadsafe(heard.append, (thread, call))
            loop.call_soon_threadsafe(told.append, thread)
            loop.call_soon_threadsafe(lambda: len(told) < THREADS or ended.set())

        told: list[int] = []
        for number in range(THREADS):
            threading.Thread(target=say, args=(number,)).start()
        # Where nothing else wakes the loop: a call that is lost would never be heard.
        await asyncio.wait_for(ended.wait(), SECONDS)

    asyncio.run(listen())
    for thread in range(THREADS):
        assert [call for number, call in heard if number == thread] == list(range(CALLS))


def test_a_loop_that_sleeps_is_woken_by_each_of_many_single_calls() -> None:
    async def listen() -> None:
        loop = asyncio.get_running_loop()
        wake_once(loop)
        for _ in range(200):
            heard = asyncio.Event()
            thread = threading.Thread(target=loop.call_soon_threadsafe, args=(heard.set,))
            thread.start()
            await asyncio.wait_for(heard.wait(), SECONDS)

    asyncio.run(listen())


def test_many_calls_wake_it_once() -> None:
    async def count() -> int:
        loop = asyncio.get_running_loop()
        woken: list[object] = []
        plain = loop.call_soon_threadsafe

        def wake(*call: object) -> asyncio.Handle:
            woken.append(call)
            return plain(*call)  # type: ignore[arg-type]

        loop.call_soon_threadsafe = wake  # type: ignore[method-assign, assignment]
        wake_once(loop)
        ended = asyncio.Event()

        def say() -> None:
            for _ in range(100):
                loop.call_soon_threadsafe(len, ())
                # So that the loop has time to take each.
                time.sleep(REST_SECONDS / 4)
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=say).start()
        await asyncio.wait_for(ended.wait(), SECONDS)
        return len(woken)

    # A busy machine may let the thread wait for longer than the loop looks.
    assert asyncio.run(count()) < 50


def test_a_call_can_be_taken_back_and_runs_in_its_context() -> None:
    heard: list[str] = []

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        wake_once(loop)
        ended = asyncio.Event()
        token = name.set("somebody")
        loop.call_soon_threadsafe(lambda: heard.append(name.get()))
        name.reset(token)
        loop.call_soon_threadsafe(heard.append, "taken back").cancel()
        loop.call_soon_threadsafe(ended.set)
        await asyncio.wait_for(ended.wait(), SECONDS)

    asyncio.run(listen())
    assert heard == ["somebody"]


def test_a_loop_that_is_closed_says_so() -> None:
    loop = asyncio.new_event_loop()
    wake_once(loop)
    loop.close()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="closed"):
            loop.call_soon_threadsafe(len, ())


def test_a_failure_is_told_and_ends_no_other_call() -> None:
    told: list[str] = []

    async def listen() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: told.append(str(context["exception"])))
        wake_once(loop)
        ended = asyncio.Event()
        loop.call_soon_threadsafe(int, "no number")
        loop.call_soon_threadsafe(ended.set)
        await asyncio.wait_for(ended.wait(), SECONDS)

    asyncio.run(listen())
    assert len(told) == 1
    assert "no number" in told[0]
