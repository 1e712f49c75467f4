"""Who is answered: whoever has found this server under a name of its own."""

from __future__ import annotations

import asyncio
import socket

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket

from dashboard.kit.guard import UNKNOWN_HOST, Guard, Known, host_is_known

COURSE = "https://course.example.org"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "LOCALHOST.:8501",
        "app.localhost:8501",
        "127.0.0.1:8501",
        "192.168.1.20:8501",
        "203.0.113.7",
        "[::1]:8501",
        "[fe80::1]",
        socket.gethostname(),
        f"{socket.gethostname().partition('.')[0]}.local:8501",
    ],
)
def test_addresses_and_names_of_this_machine_are_known(host: str) -> None:
    assert host_is_known(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        ":8501",
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil",
        "localhost?x",
        "localhost#x",
        "localhost:x",
        "localhost:99999",
        "[::1",
        "1",
        "0x7f.1",
    ],
)
def test_other_names_are_not(host: str | None) -> None:
    assert not host_is_known(host)


def test_the_person_who_hosts_can_name_others() -> None:
    allowed = ["Teach.example.org", "*.dept.example.org"]
    for host in ("teach.example.org", "TEACH.example.org:443", "a.dept.example.org"):
        assert host_is_known(host, allowed)
    for host in ("example.org", "dept.example.org", "xdept.example.org", "127.0.0.1"):
        assert not host_is_known(host, allowed)
    assert host_is_known("anything.example", ["*"])
    assert not host_is_known("a@b", ["*"])


async def page(request: Request) -> Response:
    return PlainTextResponse("page")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(str(websocket.headers.get("origin")))
    await websocket.close()


def ask(kind: str, known: Known, **headers: str) -> list[Message]:
    """What the guarded application sends."""
    application = Starlette(
        routes=[Route("/", page), WebSocketRoute("/", talk)],
        middleware=[Middleware(Guard, known=lambda: known)],
    )
    scope: Scope = {
        "type": kind,
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "root_path": "",
        "query_string": b"",
        "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    return sent


def test_a_page_is_not_served_under_a_name_that_is_not_ours() -> None:
    start, body = ask("http", Known(), host="localhost:8501")[:2]
    assert (start["status"], body["body"]) == (200, b"page")
    start, body = ask("http", Known(), host="evil.example")[:2]
    assert (start["status"], body["body"].decode()) == (421, UNKNOWN_HOST)
    assert ask("http", Known(hosts=["evil.example"]), host="evil.example")[0]["status"] == 200


@pytest.mark.parametrize(
    ("host", "origin", "let_in"),
    [
        ("localhost:8501", "http://localhost:8501", True),
        ("LOCALHOST:8501", "https://localhost:8501", True),
        ("192.168.1.20:8501", "http://192.168.1.20:8501", True),
        ("localhost:8501", COURSE, True),
        ("localhost:8501", None, True),
        ("localhost:8501", "http://localhost:8502", False),
        ("localhost:8501", "http://evil.example", False),
        ("localhost:8501", "null", False),
        ("evil.example", "http://evil.example", False),
        ("evil.example", None, False),
    ],
)
def test_a_websocket_of_another_page_is_refused(
    host: str, origin: str | None, let_in: bool
) -> None:
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}
    first, *rest = ask("websocket", Known(origins=[COURSE]), **headers)
    if not let_in:
        assert (first["type"], first["code"]) == ("websocket.close", 1008)
        return
    assert first["type"] == "websocket.accept"
    # Streamlit would look a foreign one up.
    assert rest[0]["text"] == ("None" if origin is None else f"http://{host}")


def test_all_origins_can_be_let_in() -> None:
    first = ask("websocket", Known(origins="*"), host="localhost", origin="http://a.example")[0]
    assert first["type"] == "websocket.accept"
