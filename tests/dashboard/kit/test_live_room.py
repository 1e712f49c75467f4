"""Many hands at once: the live route serves all pages in turn, each with its newest request."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack

from live_cases import echo, request
from starlette.applications import Starlette
from test_live_route import SECONDS, Client

from dashboard.kit.compute import checkpoint
from dashboard.kit.live import AT_ONCE, PLACES, _Desk, _Room, live_route

PAGES = 12


class Crowd:
    """Draws what it is asked for when it is let, and notes how many do so at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.go_on = threading.Event()
        self.full = threading.Event()
        self.at_once = self.most = 0
        self.drawn: list[str] = []

    def __call__(self, params: Mapping[str, str]) -> str:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self.drawn.append(params["n"])
            if self.at_once == PLACES:
                self.full.set()
        try:
            while not self.go_on.wait(0.002):
                checkpoint()
            return echo(params)
        finally:
            with self._lock:
                self.at_once -= 1


def test_a_few_are_computed_at_once_and_all_are_served_in_turn() -> None:
    crowd = Crowd()

    async def talk() -> None:
        app = Starlette(routes=[live_route(crowd)])
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(app)) for _ in range(PAGES)]
            for client in clients:
                await client.event()
            for number in range(1, 6):
                for page, client in enumerate(clients):
                    client.say(request(number, {"n": f"{page}:{number}"}))
            assert await asyncio.to_thread(crowd.full.wait, SECONDS)
            crowd.go_on.set()
            for client in clients:
                heard = 0
                while heard < 5:
                    heard = (await client.hear())["id"]

    asyncio.run(talk())
    assert crowd.most == PLACES
    # What has been overtaken before it had a place was never begun.
    begun = [name.split(":") for name in crowd.drawn]
    assert len(begun) <= PAGES + 2 * PLACES
    waited = [page for page, number in begun if number == "5"]
    assert {*waited} == {str(page) for page in range(PAGES)}


def test_pages_that_leave_give_their_places_to_others() -> None:
    crowd = Crowd()

    async def talk() -> None:
        app = Starlette(routes=[live_route(crowd)])
        for _ in range(3):
            async with AsyncExitStack() as stack:
                for _ in range(PLACES):
                    client = await stack.enter_async_context(Client(app))
                    await client.event()
                    client.say(request(1, {"n": "0:1"}))
                    client.say(request(2, {"n": "0:2"}))
        crowd.go_on.set()
        async with Client(app) as last:
            await last.event()
            last.say(request(1, {"n": "last"}))
            assert (await last.hear())["id"] == 1

    asyncio.run(talk())


def test_answers_that_are_not_read_do_not_pile_up() -> None:
    """One is on its way and one waits: nothing more is computed until they have been taken."""
    drawn: list[str] = []
    sent: list[int] = []

    def draw(params: Mapping[str, str]) -> str:
        drawn.append(params["n"])
        return echo(params)

    async def talk() -> None:
        read = asyncio.Event()

        async def send(text: str) -> None:
            await read.wait()
            sent.append(json.loads(text)["id"])

        desk = _Desk(draw, send, _Room())
        for number in range(20):
            desk.take(request(number, {"n": str(number)}))
            await asyncio.sleep(0.02)
        assert len(drawn) <= AT_ONCE
        read.set()
        async with asyncio.timeout(SECONDS):
            while not sent or sent[-1] < 19:
                await asyncio.sleep(0.002)
        desk.close()

    asyncio.run(talk())
    assert sent == sorted(sent)
    assert drawn[-1] == "19", "The newest request counts."
