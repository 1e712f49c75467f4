"""How much one visitor, or all together, may bring to the server at a time."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

CONNECTIONS = 1000
"""WebSockets of one address: a page has one, and one more for each chart; a class may share one."""

UPLOADS = 8
"""Files that are on their way at once."""

KEPT_BYTES = 100_000_000
"""Of files that have come and may not have been read yet; each visitor has one."""

UPLOAD_PATH = "/_stcore/upload_file/"


class Crowd:
    """Refuses WebSockets of an address that has too many.

    Behind a proxy that uvicorn trusts (``FORWARDED_ALLOW_IPS``) the address is the one that the
    proxy tells, and not the proxy's, which all visitors share.

    Args:
        app: what answers.
        most: for one address.
    """

    def __init__(self, app: ASGIApp, most: int = CONNECTIONS) -> None:
        self._app = app
        self._most = most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but a WebSocket too many."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        if self._open[address] >= self._most:
            await WebSocket(scope, receive, send).close(code=1013)
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


class Uploads:
    """Lets files in, a few at a time, and forgets them as soon as another one comes.

    A page reads its file at once. What no page has asked for would otherwise stay as long as the
    visitor does.

    Args:
        app: what answers.
        forget: called with a session and a file that is not to be kept any longer.
    """

    def __init__(self, app: ASGIApp, forget: Callable[[str, str], None]) -> None:
        self._app = app
        self._forget = forget
        self._coming = 0
        self._kept: OrderedDict[tuple[str, str], int] = OrderedDict()  # and its bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; a file is counted."""
        _, found, rest = scope.get("path", "").partition(UPLOAD_PATH)
        session, _, file = rest.partition("/")
        if not found or not file or scope.get("method") != "PUT":
            await self._app(scope, receive, send)
        elif self._coming >= UPLOADS:
            busy = "Too many files come at once. Try again in a moment."
            await PlainTextResponse(busy, status_code=503)(scope, receive, send)
        else:
            self._coming += 1
            try:
                self._keep((session, file), await self._take(scope, receive, send))
            finally:
                self._coming -= 1

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Pass on a file; its bytes, or 0 if it was not taken."""
        size, taken = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message

        async def heard(message: Message) -> None:
            nonlocal taken
            if message["type"] == "http.response.start":
                taken = message["status"] < 300
            await send(message)

        await self._app(scope, counted, heard)
        return size if taken else 0

    def _keep(self, entry: tuple[str, str], size: int) -> None:
        if not size:
            return
        self._kept.pop(entry, None)
        of_session = [other for other in self._kept if other[0] == entry[0]]
        self._kept[entry] = size
        while of_session or sum(self._kept.values()) > KEPT_BYTES:
            oldest = of_session.pop() if of_session else next(iter(self._kept))
            del self._kept[oldest]
            self._forget(*oldest)
