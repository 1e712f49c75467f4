"""How much one visitor, or all together, may bring to the server at a time."""

from __future__ import annotations

import asyncio
import time
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

UNREAD_BYTES = 1_000_000
"""Of what a page has been told and has not read, before it is heard again: about three pages."""

STREAM_PATH = "/_stcore/stream"

MOST_A_SECOND = 200
"""Messages of one page; a hand brings at most one for each picture of the screen."""


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


class Pace:
    """How many messages have come within a second."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._count = 0

    def allows_one(self) -> bool:
        """Count a message; whether there are not too many."""
        now = time.monotonic()
        if now - self._since >= 1:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= MOST_A_SECOND


class Outbox:
    """Keeps what a page has not read yet, and hears it again only when it has read most of it.

    A hand on a slow network asks for pages faster than they come. Streamlit gives up a page to
    which 500 messages are on their way, which is seven pages, and does not tell it: it would stand
    still for good. What such a page asks meanwhile is joined to one run as soon as it is heard. One
    that says more than a hand can is not heard at all.

    Args:
        app: what answers.
        most: bytes that may be unread while the page is heard.
    """

    def __init__(self, app: ASGIApp, most: int = UNREAD_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; what Streamlit tells a page through a queue without end."""
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM_PATH):
            await self._app(scope, receive, send)
            return
        queue: asyncio.Queue[Message] = asyncio.Queue()
        unread, lost = 0, False
        may_ask, pace = asyncio.Event(), Pace()
        may_ask.set()

        async def deliver() -> None:
            nonlocal unread, lost
            try:
                while True:
                    message = await queue.get()
                    await send(message)
                    unread -= len(message.get("bytes") or b"")
                    if unread <= self._most:
                        may_ask.set()
            except OSError:
                lost = True
            finally:
                may_ask.set()

        async def close(code: int) -> None:
            # After it nothing may be sent any more.
            delivery.cancel()
            await send({"type": "websocket.close", "code": code})

        async def tell(message: Message) -> None:
            nonlocal unread
            if message["type"] == "websocket.close":
                await close(message["code"])
            elif message["type"] != "websocket.send":
                await send(message)
            # A page that has gone is heard to go. An error here as well would end in another:
            # Streamlit would listen once more, and close what is closed.
            elif not lost:
                unread += len(message.get("bytes") or b"")
                if unread > self._most:
                    may_ask.clear()
                queue.put_nowait(message)

        async def hear() -> Message:
            await may_ask.wait()
            message = await receive()
            if message["type"] != "websocket.receive" or pace.allows_one():
                return message
            await close(1008)
            return {"type": "websocket.disconnect", "code": 1008}

        delivery = asyncio.create_task(deliver())
        try:
            await self._app(scope, hear, tell)
        finally:
            delivery.cancel()


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
