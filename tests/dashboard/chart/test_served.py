"""Scripts are served once, compressed, and asked for early."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from dashboard.app import app
from dashboard.chart import LIVE_PATH, PLOTLY_FILE, PLOTLY_PATH
from dashboard.chart.component import CHART, PLOTLY
from dashboard.chart.served import Preload, Script, script_route
from dashboard.kit.presenting import SPEAKER_PATH
from dashboard.pages import HOME

SCRIPTS = (Script("/x.js", b""), Script("/y.js", b""))


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
    asyncio.run((application or Starlette(routes=[script_route(PLOTLY)]))(scope, receive, send))
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
def test_a_page_says_at_once_which_scripts_it_will_want(kind: str) -> None:
    def endpoint(request: Request) -> Response:
        return Response("<p>", media_type=kind)

    routes = [Route("/", endpoint)]
    application = Starlette(
        routes=routes, middleware=[Middleware(Preload, scripts=SCRIPTS, prefix="/base")]
    )
    headers, body = fetch(None, application, "/")
    assert body == b"<p>"
    told = "</base/x.js>; rel=preload; as=script, </base/y.js>; rel=preload; as=script"
    wanted = told if "html" in kind else None
    assert headers.get("link") == wanted


def test_the_application_serves_all_routes() -> None:
    paths = {getattr(route, "path", "") for route in app._user_routes}
    assert paths == {LIVE_PATH, PLOTLY_PATH, CHART.path, SPEAKER_PATH, f"/{HOME.name}"}


def test_the_chart_of_another_version_has_another_path() -> None:
    digest = hashlib.sha256(CHART.plain).hexdigest()
    assert CHART.path == f"/chart/chart-{digest[:16]}.js"
