"""Pages are drawn in turns, and none waits for what another has computed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dashboard.kit import compute
from dashboard.kit.compute import ComputedCache
from dashboard.kit.page_runs import Places
from hypergrad_core.arrays import Progress

SECONDS = 30.0


def begun(work: Callable[[], None]) -> threading.Thread:
    """A thread that does it, and ends with the tests."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ended(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), "It waits for ever."


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("places", [1, 3])
def test_no_more_are_drawn_at_once_than_there_are_places(places: int) -> None:
    turns, inside, most = Places(places), 0, 0
    lock = threading.Lock()

    def draw() -> None:
        nonlocal inside, most
        for _ in range(20):
            with turns.taken():
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.0005)
                with lock:
                    inside -= 1

    ended(*(begun(draw) for _ in range(2 * places)))
    assert most == places


def test_who_comes_first_is_first_and_who_comes_back_is_before_the_new() -> None:
    turns, order = Places(1), list[str]()
    go_on, computed = threading.Event(), threading.Event()

    def draw(name: str) -> None:
        with turns.taken():
            order.append(name)

    def compute_and_draw() -> None:
        with turns.taken():
            with turns.left():
                order.append("computes")
                computed.wait(SECONDS)
            order.append("is back")

    def hold() -> None:
        with turns.taken():
            go_on.wait(SECONDS)

    first = begun(compute_and_draw)
    until(lambda: order == ["computes"])
    holder = begun(hold)
    until(lambda: not turns._free)
    others = []
    for name in ("one", "two"):
        others.append(begun(lambda name=name: draw(name)))
        until(lambda: len(turns._new) == len(others))
    computed.set()
    until(lambda: len(turns._back) == 1)
    go_on.set()
    ended(first, holder, *others)
    assert order == ["computes", "is back", "one", "two"]


def test_a_place_within_a_place_is_the_same_and_a_fault_gives_it_back() -> None:
    turns = Places(1)
    with pytest.raises(ValueError, match="no page"), turns.taken(), turns.taken():
        raise ValueError("no page")
    with pytest.raises(ValueError, match="no result"), turns.taken(), turns.left():
        raise ValueError("no result")
    with turns.left(), turns.taken():
        assert not turns._free
    assert turns._free == 1


def test_one_who_waits_for_the_result_of_another_lets_him_draw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, go_on, found = Places(1), threading.Event(), list[int]()
    monkeypatch.setattr(compute, "PAGE_RUNS", turns)

    def work(key: int, report: Progress) -> int:
        go_on.wait(SECONDS)
        return key + 1

    cache: ComputedCache[int, int] = ComputedCache(8, work)

    def draw() -> None:
        with turns.taken():
            found.append(cache.compute(1))

    threads = [begun(draw), begun(draw)]
    until(lambda: turns._free == 1)
    # While both wait, somebody else is drawn.
    with turns.taken():
        go_on.set()
    ended(*threads)
    assert found == [2, 2]
