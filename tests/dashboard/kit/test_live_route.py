"""Whom the live route answers, and that the newest request wins."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any, Self

import pytest
from live_cases import echo, request
from starlette.applications import Starlette
from starlette.types import Message

from dashboard.app import written_frame
from dashboard.chart import LIVE_PATH
from dashboard.kit.compute import SlowError, StoppedError, checkpoint
from dashboard.kit.guard import same_origin
from dashboard.kit.live import IDLE, answer, live_route

HOST = "localhost:8501"
SECONDS = 20.0


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("https://Teach.Example.org", "teach.example.org", True),
        ("http://localhost:8502", "localhost:8501", False),
        ("http://evil.example", "localhost:8501", False),
        ("http://localhost:8501.evil.example", "localhost:8501", False),
        ("http://localhost:8501@evil.example", "localhost:8501", False),
        ("ftp://localhost:8501", "localhost:8501", False),
        ("null", "localhost:8501", False),
        ("", "localhost:8501", False),
        (None, "localhost:8501", False),
        ("http://localhost:8501", None, False),
        ("http://", "", False),
        ("http://[", "localhost:8501", False),
    ],
)
def test_only_pages_of_this_server_are_answered(
    origin: str | None, host: str | None, same: bool
) -> None:
    assert same_origin(origin, host) == same


class Client:
    """One side of a WebSocket, against the application itself."""

    def __init__(
        self,
        app: Any,
        path: str = LIVE_PATH,
        origin: str | None = f"http://{HOST}",
        gone: bool = False,
    ):
        headers = [(b"host", HOST.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8501),
        }
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._from_server: asyncio.Queue[Message] = asyncio.Queue()
        self._gone = gone
        self._app = app(scope, self._to_server.get, self._receive)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app)
        self.send({"type": "websocket.connect"})
        return self

    async def __aexit__(self, *failure: object) -> None:
        self.send({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, SECONDS)

    async def _receive(self, message: Message) -> None:
        """Take an event from the server; one that has gone takes nothing but the acceptance."""
        if self._gone and message["type"] != "websocket.accept":
            raise OSError("The other side has gone.")
        await self._from_server.put(message)

    def send(self, message: Message) -> None:
        """Put an event on its way to the server."""
        self._to_server.put_nowait(message)

    def say(self, text: str) -> None:
        """Send a text."""
        self.send({"type": "websocket.receive", "text": text})

    async def event(self) -> Message:
        """The next event from the server."""
        return await asyncio.wait_for(self._from_server.get(), SECONDS)

    async def hear(self) -> dict[str, Any]:
        """The next answer."""
        event = await self.event()
        assert event["type"] == "websocket.send"
        reply: dict[str, Any] = json.loads(event["text"])
        return reply

    def silent(self) -> bool:
        """Whether the server has said all it had to say so far."""
        return self._from_server.empty()


def test_the_route_answers_one_request_after_the_other() -> None:
    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(written_frame)])) as client:
            assert (await client.event())["type"] == "websocket.accept"
            for number, q in enumerate(("0.8", "0.85", "2")):
                client.say(request(number, {"d": "20", "q": q}))
                reply = await client.hear()
                assert reply["id"] == number
                assert ("error" in reply) == (q == "2")
            client.say("nonsense")
            assert (await client.hear()) == {"id": None, "error": "The request is not JSON."}
            client.say(request(9, {"d": "20"}))
            assert (await client.hear())["id"] == 9
            assert client.silent()

    asyncio.run(talk())


class Held:
    """Draws what it is told to only when it is let go; until then it can be stopped."""

    def __init__(self, *slow: str) -> None:
        self.slow = slow
        self.started = {name: threading.Event() for name in slow}
        self.go_on, self.stopped = threading.Event(), threading.Event()
        self.drawn: list[str] = []
        self.checks = self.stops = 0

    def __call__(self, params: Mapping[str, str]) -> str:
        name = params["n"]
        self.drawn.append(name)
        if name in self.slow:
            self.started[name].set()
            try:
                while not self.go_on.wait(0.002):
                    self.checks += 1
                    checkpoint()
            except StoppedError:
                self.stops += 1
                self.stopped.set()
                raise
        return echo(params)


def test_a_slow_request_does_not_block_a_quick_one_behind_it() -> None:
    held = Held("slow")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            client.say(request(1, {"n": "slow"}))
            assert await asyncio.to_thread(held.started["slow"].wait, SECONDS)
            for number in range(2, 6):
                client.say(request(number, {"n": "quick"}))
                assert (await client.hear())["id"] == number
            assert await asyncio.to_thread(held.stopped.wait, SECONDS), "It is overtaken."
            held.go_on.set()
            client.say(request(6, {"n": "slow"}))
            assert (await client.hear())["id"] == 6, "The one before is never answered."
            assert client.silent()

    asyncio.run(talk())
    assert held.drawn == ["slow", *["quick"] * 4, "slow"]


def test_an_older_request_may_be_answered_first() -> None:
    held = Held("new")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            client.say(request(1, {"n": "new"}))
            client.say(request(2, {"n": "new"}))
            assert await asyncio.to_thread(held.started["new"].wait, SECONDS)
            held.go_on.set()
            heard = [(await client.hear())["id"]]
            if heard == [1]:
                heard.append((await client.hear())["id"])
            assert heard[-1] == 2
            assert client.silent()

    asyncio.run(talk())


def test_the_newest_request_wins() -> None:
    held = Held("1", "2")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            for number in range(1, 30):
                client.say(request(number, {"n": str(number)}))
                if str(number) in held.slow:
                    assert await asyncio.to_thread(held.started[str(number)].wait, SECONDS)
            held.go_on.set()
            heard = [(await client.hear())["id"]]
            while heard[-1] != 29:
                heard.append((await client.hear())["id"])
            assert heard == sorted(heard)
            assert set(heard) <= {1, 2, 29}

    asyncio.run(talk())
    assert held.drawn == ["1", "2", "29"]


def test_two_slow_requests_give_way_to_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.kit.live.LIVE_SECONDS", 0.0)
    held = Held("1", "2")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            for number in (1, 2, 3):
                client.say(request(number, {"n": str(number)}))
                if str(number) in held.slow:
                    assert await asyncio.to_thread(held.started[str(number)].wait, SECONDS)
            assert (await client.hear())["id"] == 3

    asyncio.run(talk())
    assert held.drawn == ["1", "2", "3"]


def test_on_a_slow_machine_the_hand_gets_pictures_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # All are late at once, and a newer one waits.
    monkeypatch.setattr("dashboard.kit.live.LIVE_SECONDS", 0.0)
    held = Held("1", "2", "3")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            for number in (1, 2, 3):
                client.say(request(number, {"n": str(number)}))
                assert await asyncio.to_thread(held.started[str(number)].wait, SECONDS)
            client.say(request(4, {"n": "4"}))
            seen = held.checks
            while held.checks < seen + 20:
                await asyncio.sleep(0.002)
            assert held.stops == 1, "One gave way. If all did, there would never be a picture."
            held.go_on.set()
            heard = [(await client.hear())["id"]]
            while heard[-1] != 4:
                heard.append((await client.hear())["id"])

    asyncio.run(talk())
    assert held.drawn == ["1", "2", "3", "4"]


def test_the_pages_of_two_people_do_not_wait_for_each_other() -> None:
    held = Held("1", "2")

    async def talk() -> None:
        application = Starlette(routes=[live_route(held)])
        async with Client(application) as first, Client(application) as second:
            await first.event()
            await second.event()
            for number in (1, 2):
                first.say(request(number, {"n": str(number)}))
                assert await asyncio.to_thread(held.started[str(number)].wait, SECONDS)
            second.say(request(1, {"n": "quick"}))
            assert (await second.hear())["id"] == 1

    asyncio.run(talk())


def test_a_setting_that_takes_long_is_refused_as_slow() -> None:
    def refuse(params: Mapping[str, str]) -> str:
        raise SlowError

    reply = json.loads(answer(refuse, request(4)))
    assert reply == {"id": 4, "error": str(SlowError()), "slow": True}
    assert "slow" not in json.loads(answer(written_frame, request(4, {"q": "2"})))


def test_a_closed_page_is_not_computed_for() -> None:
    held = Held("1", "2")

    async def talk() -> None:
        async with Client(Starlette(routes=[live_route(held)])) as client:
            await client.event()
            for number in (1, 2, 3):
                client.say(request(number, {"n": str(number)}))
                if str(number) in held.slow:
                    assert await asyncio.to_thread(held.started[str(number)].wait, SECONDS)
        assert await asyncio.to_thread(held.stopped.wait, SECONDS)

    asyncio.run(talk())
    assert held.drawn == ["1", "2"]


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://localhost"])
def test_a_foreign_page_is_turned_away(origin: str | None) -> None:
    async def talk() -> Message:
        async with Client(Starlette(routes=[live_route(echo)]), origin=origin) as client:
            return await client.event()

    event = asyncio.run(talk())
    assert event["type"] == "websocket.close"
    assert event["code"] == 1008


def test_bytes_close_the_connection() -> None:
    async def talk() -> Message:
        async with Client(Starlette(routes=[live_route(echo)])) as client:
            await client.event()
            client.send({"type": "websocket.receive", "bytes": b"\x00"})
            return await client.event()

    event = asyncio.run(talk())
    assert event["type"] == "websocket.close"
    assert event["code"] == 1003


def test_a_page_that_has_gone_while_it_was_answered_is_no_fault() -> None:
    """Its next message, which was under way already, finds the connection closed."""

    async def talk() -> None:
        app = Starlette(routes=[live_route(echo)])
        async with Client(app, gone=True) as client:
            assert (await client.event())["type"] == "websocket.accept"
            for number in (1, 2, 3):
                client.say(request(number))
                await asyncio.sleep(0.2)

    asyncio.run(talk())


def test_a_page_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.kit.live.IDLE_SECONDS", 0.2)

    async def talk() -> Message:
        async with Client(Starlette(routes=[live_route(echo)])) as client:
            await client.event()
            client.say(request(1))
            assert (await client.hear())["id"] == 1
            return await client.event()

    assert asyncio.run(talk()) == {"type": "websocket.close", "code": IDLE, "reason": ""}


def test_a_page_that_says_too_much_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.kit.crowd.MOST_A_SECOND", 5)

    async def talk() -> list[Message]:
        async with Client(Starlette(routes=[live_route(echo)])) as client:
            for number in range(50):
                client.say(request(number))
            heard = [await client.event()]
            while heard[-1]["type"] != "websocket.close":
                heard.append(await client.event())
            return heard

    *_, last = asyncio.run(talk())
    assert last["code"] == 1008
