"""How a server bears a class: real sessions and live sockets over the loopback.

python tests/benchmarks/bench_load.py [--sessions 10 25 50] [--seconds 30] [--only KIND …]

Each session makes a change every two seconds, and waits for its page as a person does; a third of
them also drag, with ten live requests a second for three seconds in every ten. They look at
settings of their own ("own") or at the same ("same"); one process serves them, or two behind nginx
("two", "two, same"), or one that does the longest job of one more visitor meanwhile ("heavy"). A
bare page with one slider and one chart of about the same size is measured in the same run.
The clients have a process of their own, which takes a part of the machine as well: on two cores
look at the share of the server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support.deployed import deployed  # noqa: E402
from tests.support.visitors import LiveSocket, Visitor, serving  # noqa: E402

PAGE = "dashboard/app.py"
BARE = "tests/benchmarks/bare_page.py"
KINDS = ("own", "heavy", "same", "two", "two, same", "bare")
# What one visitor has going on beside the others.
HEAVY_PAGE, HEAVY_LINK = "complexity", "d=1000&points=24&seeds=10&qmax=0.9999"
EVERY = 2.0
DRAG_EVERY, DRAG_SECONDS, DRAG_RATE = 10.0, 3.0, 10.0
# What is changed, in turn; and how many of its first stops are taken, so that no run is long.
CHANGES = ("contraction", "contraction", "size", "contraction", "target", "contraction", "horizon")
MOST = {"size": 12, "horizon": 8}
LINK = {"problem": "quadratic", "page": "explore", "theme": "light"}
SLOW = 0.5


@dataclass
class Counts:
    """What the sessions saw."""

    changes: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    asked: int = 0
    errors: int = 0
    received: int = 0


class Class:
    """So many sessions, which begin when all have opened the page.

    Attributes:
        host: of the server.
        same: whether all look at the same settings at the same time.
        counts: what they saw.
        there: they have all opened the page.
    """

    def __init__(self, host: str, sessions: int, seconds: float, *, same: bool) -> None:
        self.host = host
        self.same = same
        self.counts = Counts()
        self.there = asyncio.Event()
        self._sessions = sessions
        self._seconds = seconds
        self._barrier = asyncio.Barrier(sessions)
        self._ends = 0.0

    async def gather(self) -> None:
        """Wait for all the others."""
        await self._barrier.wait()
        self.there.set()
        self._ends = time.monotonic() + self._seconds

    @property
    def going_on(self) -> bool:
        """Whether it still goes on."""
        return time.monotonic() < self._ends


async def person(pupils: Class, number: int, *, drags: bool) -> None:
    """Open the page, and change something every two seconds."""
    chance = random.Random(number)
    same, counts = pupils.same, pupils.counts
    query = "" if same else f"seed={number + 1}"
    # By which nginx knows whose process is whose.
    cookie = f"hypergrad_place={chance.randrange(2**16):04x}"
    async with Visitor(pupils.host, query=query, cookie=cookie) as visitor:
        await visitor.open()
        await pupils.gather()
        dragging = asyncio.create_task(hand(pupils, number)) if drags else None
        turn = number
        await asyncio.sleep(chance.random() * EVERY)
        while pupils.going_on:
            began = time.monotonic()
            key = CHANGES[turn % len(CHANGES)] if "size" in visitor.options else "contraction"
            turn += 1
            stops = visitor.options[key][: MOST.get(key)]
            # Of those who follow one lecturer all see the same at the same time.
            stop = stops[int(began / EVERY) % len(stops)] if same else chance.choice(stops)
            try:
                counts.changes.append(await asyncio.wait_for(visitor.choose(key, stop), 60))
                counts.received += visitor.received
            except TimeoutError:
                counts.errors += 1
            await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))
        if dragging is not None:
            await dragging


async def hand(pupils: Class, number: int) -> None:
    """Drag a slider for three seconds in every ten."""
    chance = random.Random(number)
    same, counts = pupils.same, pupils.counts
    sent: dict[int, float] = {}

    async def listen(live: LiveSocket) -> None:
        while True:
            reply = await live.hear_number()
            counts.live.append(time.perf_counter() - sent.pop(reply))

    async with LiveSocket(pupils.host) as live:
        listening = asyncio.create_task(listen(live))
        await asyncio.sleep(chance.random() * DRAG_EVERY)
        asked = 0
        while pupils.going_on:
            began = time.monotonic()
            q = chance.uniform(0.5, 0.9)
            for step in range(int(DRAG_SECONDS * DRAG_RATE)):
                asked += 1
                shown = f"{0.5 + step / 100:g}" if same else f"{q + step / 500:.4f}"
                params = {**LINK, "q": shown, "seed": "1" if same else str(number + 1)}
                sent[asked] = time.perf_counter()
                counts.asked += 1
                await live.say(asked, params)
                await asyncio.sleep(1 / DRAG_RATE)
            await asyncio.sleep(max(0.0, began + DRAG_EVERY - time.monotonic()))
        listening.cancel()


async def load(
    kind: str, host: str, sessions: int, seconds: float, used: Callable[[], dict[str, float]]
) -> tuple[Counts, dict[str, float]]:
    """So many sessions for so long.

    Args:
        kind: of server, one of ``KINDS``.
        host: its address.
        sessions, seconds: how many for how long.
        used: how many seconds of processors each part has used.

    Returns:
        What they saw, and what part of a core each part took meanwhile.
    """
    pupils = Class(host, sessions, seconds, same=kind.endswith("same"))
    drags = [kind != "bare" and number % 3 == 0 for number in range(sessions)]
    people = (person(pupils, number, drags=drags[number]) for number in range(sessions))
    async with Visitor(host, page=HEAVY_PAGE, query=HEAVY_LINK) as other:
        if kind == "heavy":
            await other.open()
        shares, *_ = await asyncio.gather(used_by_all(pupils, seconds, used), *people)
    return pupils.counts, shares


async def used_by_all(
    pupils: Class, seconds: float, used: Callable[[], dict[str, float]]
) -> dict[str, float]:
    """What part of a core each part takes from when all are there."""
    await pupils.there.wait()
    before = used()
    await asyncio.sleep(seconds)
    return {part: (seconds_now - before[part]) / seconds for part, seconds_now in used().items()}


@contextmanager
def served_as(kind: str) -> Iterator[tuple[str, list[int]]]:
    """A server of a kind, ready: its host, and the numbers of its processes."""
    folder, settings = Path(tempfile.mkdtemp()), {"HYPERGRAD_CONNECTIONS": "1000"}
    if kind.startswith("two"):
        with deployed(folder, settings) as many:
            yield f"localhost:{many.port}", many.numbers
    else:
        with serving(folder / "output.txt", BARE if kind == "bare" else PAGE, settings) as served:
            yield served.host, [served.process]


def measure(kind: str, host: str, numbers: Sequence[int], sessions: int, seconds: float) -> None:
    """Print one row."""
    processes = [psutil.Process(number) for number in numbers]

    parts = {
        "server": processes,
        "its processes": [child for process in processes for child in process.children()],
        "clients": [psutil.Process()],
    }

    def used() -> dict[str, float]:
        return {
            name: sum(sum(process.cpu_times()[:2]) for process in part)
            for name, part in parts.items()
        }

    counts, shares = asyncio.run(load(kind, host, sessions, seconds, used))
    changes = sorted(counts.changes)
    tail = changes[int(0.95 * (len(changes) - 1))]
    quick = sum(value <= SLOW for value in counts.live)
    print(
        f"{kind:9}{sessions:5} sessions:"
        f" {len(changes) / seconds:5.1f} changes/s,"
        f" median {statistics.median(changes) * 1e3:6.0f} p95 {tail * 1e3:6.0f}"
        f" max {changes[-1] * 1e3:6.0f} ms,"
        f" within 1 s {sum(value <= 1 for value in changes) / len(changes):4.0%},"
        f" live {len(counts.live)}/{counts.asked}"
        f" within 0.5 s {quick / max(1, counts.asked):4.0%},"
        f" {counts.received / len(changes) / 1e3:.0f} kB,"
        f" errors {counts.errors},"
        f" of a core: {', '.join(f'{name} {part:.0%}' for name, part in shares.items())},"
        f" RSS {sum(process.memory_info().rss for process in processes) / 1e6:.0f} MB,"
        f" load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """All rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 25, 50, 100])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", choices=KINDS, nargs="+", default=KINDS)
    chosen = parser.parse_args()
    for kind in chosen.only:
        with served_as(kind) as (host, numbers):
            for sessions in chosen.sessions:
                measure(kind, host, numbers, sessions, chosen.seconds)


if __name__ == "__main__":
    main()
