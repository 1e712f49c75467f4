"""Scripts that every chart needs: served once to a browser, compressed, and asked for early."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Script:
    """A script whose path names its version, so that browsers may keep it for ever.

    Attributes:
        path: of the app, without its base path.
        plain: what it is.
    """

    path: str
    plain: bytes

    @cached_property
    def compressed(self) -> bytes:
        """The same, compressed once for all.

        Starlette's middleware would compress 1.5 MB of plotly.js anew for every visitor: about
        60 ms of a core each, when a whole class opens the page at the same time.
        """
        return gzip.compress(self.plain, compresslevel=6, mtime=0)


def script_route(script: Script, prefix: str = "") -> Route:
    """Route for a script, below the base path of the app."""

    def endpoint(request: Request) -> Response:
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                script.compressed,
                media_type="text/javascript",
                headers={**headers, "Content-Encoding": "gzip"},
            )
        return Response(script.plain, media_type="text/javascript", headers=headers)

    return Route(prefix + script.path, endpoint)


class Preload:
    """Tells a browser with the page itself which scripts it will want, before it has run any.

    Args:
        app: what answers.
        scripts: these.
        prefix: the base path of the app.
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[Script], prefix: str = "") -> None:
        self._app = app
        links = [f"<{prefix}{script.path}>; rel=preload; as=script" for script in scripts]
        self._link = (b"link", ", ".join(links).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an HTML page gets a header more."""

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                if any(
                    name == b"content-type" and b"text/html" in value for name, value in headers
                ):
                    message = {**message, "headers": [*headers, self._link]}
            await send(message)

        await self._app(scope, receive, pass_on if scope["type"] == "http" else send)
