"""The live route: what it answers, whom it answers, and that the newest request wins."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Mapping
from typing import Any, Self, cast

import pytest
from frames import frame_of
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from dashboard.app import app
from dashboard.chart import LIVE_PATH, PLOTLY_FILE, PLOTLY_PATH, Frame
from dashboard.kit.compute import SlowError, StoppedError, checkpoint
from dashboard.kit.live import (
    MAX_MESSAGE,
    MAX_PARAMS,
    Preload,
    RequestError,
    answer,
    live_route,
    parse,
    plotly_route,
    same_origin,
)
from dashboard.screens.explore.frame import render_frame
from dashboard.screens.explore.settings import SETTINGS

HOST = "localhost:8501"
SECONDS = 20.0


def request(number: object = 1, params: object = None, **extra: object) -> str:
    return json.dumps({"id": number, "params": {} if params is None else params, **extra})


def echo(params: Mapping[str, str]) -> Frame:
    """A frame that names what was asked for."""
    return cast(Frame, {"link": json.dumps(dict(params))})


def test_a_good_request_is_read() -> None:
    assert parse(request(7, {"q": "0.9"})) == (7, {"q": "0.9"})
    assert parse(request(0, {}, more=[1])) == (0, {})


QUADRATIC = {"problem": "quadratic"}
BAD = {
    "empty": "",
    "not JSON": "{",
    "a list": "[]",
    "a number": "1",
    "null": "null",
    "no id": '{"params": {}}',
    "a text as id": request("1"),
    "a truth value as id": request(True),
    "a broken number as id": request(1.5),
    "nan as id": '{"id": NaN, "params": {}}',
    "no params": '{"id": 1}',
    "a list of params": request(1, []),
    "a number as a param": request(1, {"q": 0.9}),
    "null as a param": request(1, {"q": None}),
    "a nested param": request(1, {"q": {"a": "b"}}),
    "too many params": request(1, {str(i): "" for i in range(MAX_PARAMS + 1)}),
    "too long": request(1, {"q": "9" * MAX_MESSAGE}),
    "deeply nested": "[" * 4000,
    "many digits": f'{{"id": {"9" * 4000}.5, "params": {{}}}}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_malformed_request_is_refused_in_words(text: str) -> None:
    with pytest.raises(RequestError, match=r"^The (request|params) .*\.$"):
        parse(text)
    reply = json.loads(answer(echo, text))
    assert reply.keys() == {"id", "error"}
    assert reply["id"] is None
    assert reply["error"].startswith("The ")


def test_limits_are_allowed_themselves() -> None:
    most = {str(i): "" for i in range(MAX_PARAMS)}
    assert parse(request(1, most)) == (1, most)
    padding = MAX_MESSAGE - len(request(1, {"q": ""}))
    assert parse(request(1, {"q": "9" * padding}))[0] == 1


def test_the_answer_is_the_frame_of_the_page() -> None:
    scenario, _, _ = SETTINGS.of_link({**QUADRATIC, "d": "20", "q": "0.8"})
    reply = json.loads(answer(render_frame, request(12, {**QUADRATIC, "d": "20", "q": "0.8"})))
    assert reply["id"] == 12
    assert reply["frame"] == json.loads(json.dumps(frame_of(scenario)))


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"q": "2"}, "q = "),
        ({"q": "<script>alert(1)</script>"}, "q = "),
        ({"d": "9" * 4000}, "d = "),
        ({**QUADRATIC, "d": "1000000", "m": "1000"}, "m = "),
        ({"methods": "__class__"}, "methods"),
        ({"problem": "../../etc/passwd"}, "problem = "),
        ({"eps": "1e400"}, "eps = "),
        ({"seed": "\ud800"}, "seed"),
        ({**QUADRATIC, "d": "1000000", "m": "20", "T": "250"}, "takes longer"),
    ],
    ids=str,
)
def test_hostile_params_get_a_readable_refusal(params: dict[str, str], word: str) -> None:
    reply = json.loads(answer(render_frame, request(3, params)))
    assert reply["id"] == 3
    assert word in reply["error"]
    assert "Traceback" not in reply["error"]
    assert "frame" not in reply


def test_unknown_params_are_ignored() -> None:
    known = answer(render_frame, request(1, {"d": "20"}))
    assert answer(render_frame, request(1, {"d": "20", "__proto__": "x", "embed": "true"})) == known


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError("x"), MemoryError("x")])
def test_what_goes_wrong_inside_stays_inside(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(params: Mapping[str, str]) -> Frame:
        raise error

    reply = json.loads(answer(fail, request(4)))
    assert reply["id"] == 4
    (record,) = caplog.records
    assert reply["error"].endswith(f"{record.message.lower()}.")
    assert "by a fault of the program" in reply["error"]
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_frame_with_nan_is_not_sent() -> None:
    reply = json.loads(answer(lambda params: cast(Frame, {"x": float("nan")}), request(4)))
    assert reply["id"] == 4
    assert reply["error"]


@given(st.text())
def test_whatever_is_sent_gets_an_answer(text: str) -> None:
    reply = json.loads(answer(echo, text))
    assert reply.keys() == {"id", "error"}


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_whatever_the_id_and_the_params_are_there_is_an_answer(value: object) -> None:
    for text in (request(value), request(1, {"q": value})):
        reply = json.loads(answer(echo, text))
        assert ("error" in reply) != ("frame" in reply)


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

    def __init__(self, app: Any, path: str = LIVE_PATH, origin: str | None = f"http://{HOST}"):
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
        self._app = app(scope, self._to_server.get, self._from_server.put)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app)
        self.send({"type": "websocket.connect"})
        return self

    async def __aexit__(self, *failure: object) -> None:
        self.send({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self._task, SECONDS)

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
        async with Client(Starlette(routes=[live_route(render_frame)])) as client:
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

    def __call__(self, params: Mapping[str, str]) -> Frame:
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
    def refuse(params: Mapping[str, str]) -> Frame:
        raise SlowError

    reply = json.loads(answer(refuse, request(4)))
    assert reply == {"id": 4, "error": str(SlowError()), "slow": True}
    assert "slow" not in json.loads(answer(render_frame, request(4, {"q": "2"})))


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


def fetch(
    accept: bytes | None, application: Any = None, path: str = PLOTLY_PATH
) -> tuple[dict[str, str], bytes]:
    """Headers and body of what an application serves there; by default of plotly.js."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [] if accept is None else [(b"accept-encoding", accept)],
    }
    asyncio.run((application or Starlette(routes=[plotly_route()]))(scope, receive, send))
    start, *parts = sent
    assert start["status"] == 200
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return headers, b"".join(part.get("body", b"") for part in parts)


def test_the_script_is_served_plain_and_compressed() -> None:
    wanted = PLOTLY_FILE.read_bytes()
    headers, body = fetch(None)
    assert body == wanted
    assert "content-encoding" not in headers
    headers, body = fetch(b"gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == wanted
    assert "immutable" in headers["cache-control"]
    assert headers["vary"] == "Accept-Encoding"
    assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/javascript"])
def test_a_page_says_at_once_which_script_it_will_want(kind: str) -> None:
    def endpoint(request: Request) -> Response:
        return Response("<p>", media_type=kind)

    routes = [Route("/", endpoint)]
    application = Starlette(routes=routes, middleware=[Middleware(Preload, path="/x.js")])
    headers, body = fetch(None, application, "/")
    assert body == b"<p>"
    wanted = "</x.js>; rel=preload; as=script" if "html" in kind else None
    assert headers.get("link") == wanted


def test_the_name_of_the_script_has_its_version() -> None:
    head = PLOTLY_FILE.read_text(encoding="utf-8")[:300]
    version = PLOTLY_PATH.removesuffix(".min.js").rsplit("-", 1)[1]
    assert f"v{version}" in head


def test_the_application_serves_both_routes() -> None:
    assert {getattr(route, "path", "") for route in app._user_routes} == {LIVE_PATH, PLOTLY_PATH}
