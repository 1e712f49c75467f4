"""The live route: frames over a WebSocket while a slider moves.

A request is ``{"id": n, "params": {name: value}}``, its answer ``{"id": n, "frame": …}``, or
``{"id": n, "error": message}`` with ``"slow": true`` where the setting only takes too long to
follow the hand. A new request is computed although an older one is still being computed. An
answer closes every older request: those are stopped, and never answered.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from dashboard.chart import LIVE_PATH
from dashboard.kit.compute import LIVE_SECONDS, SlowError, StoppedError, checkpoint, reporting_to
from dashboard.kit.crowd import Pace
from dashboard.kit.errors import note_fault
from dashboard.kit.guard import same_origin
from hypergrad_core import HypergradError

Render = Callable[[Mapping[str, str]], str]
"""Draws parameters, and writes the frame as JSON."""

MAX_MESSAGE = 4096
"""Characters in a request; a link has a few hundred."""

MAX_PARAMS = 64

AT_ONCE = 2
"""Requests of one page that are computed at once: a quick one passes a slow one."""


PLACES = 4
"""Requests of all pages that are computed at once: more would only take longer, all of them."""

IDLE_SECONDS = 900.0
"""A page that asks nothing for so long is not waited for: it connects again when a hand moves."""

IDLE = 4000
"""How the connection of such a page ends, see ``live.js``."""


class RequestError(HypergradError):
    """A message that is not in our protocol."""


def parse(text: str) -> tuple[int, dict[str, str]]:
    """Read a request ``{"id": n, "params": {name: value}}``."""
    if len(text) > MAX_MESSAGE:
        raise RequestError(f"The request is longer than {MAX_MESSAGE} characters.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("The request is not JSON.") from None
    if not isinstance(message, dict):
        raise RequestError("The request is not an object.")
    number, params = message.get("id"), message.get("params")
    if not isinstance(number, int) or isinstance(number, bool):
        raise RequestError("The request has no whole number as its id.")
    if not isinstance(params, dict) or len(params) > MAX_PARAMS:
        raise RequestError(f"The request has no object of at most {MAX_PARAMS} params.")
    if not all(isinstance(value, str) for value in params.values()):
        raise RequestError("The params are not all strings.")
    return number, params


def answer(render: Render, text: str) -> str:
    """Compute the answer to one request. What goes wrong becomes a readable message.

    Raises:
        StoppedError: if the work is told to stop meanwhile.
    """
    number, slow = None, False
    try:
        number, params = parse(text)
        return f'{{"id":{number},"frame":{render(params)}}}'
    except StoppedError:
        raise
    except HypergradError as error:
        message, slow = str(error), isinstance(error, SlowError)
    except Exception:
        message = note_fault()
    return json.dumps({"id": number, "error": message, **({"slow": True} if slow else {})})


class _Request:
    """A request that is being computed, in a thread of its own."""

    def __init__(self, desk: _Desk, text: str, number: int) -> None:
        self._desk = desk
        self._text = text
        self._started = time.monotonic()
        self.number = number
        self.overtaken = False
        self.seated = True

    def answer(self, render: Render) -> str | None:
        """The answer; None if nobody wants it any more."""
        try:
            with reporting_to(self._report):
                checkpoint()
                return answer(render, self._text)
        except StoppedError:
            return None

    def _report(self, fraction: float) -> None:
        late = self._desk.crowded and time.monotonic() - self._started > LIVE_SECONDS
        if self.overtaken or (late and self._desk.may_stop_one()):
            raise StoppedError


class _Room:
    """The places of all pages: they take turns, and each then begins with its newest request."""

    def __init__(self) -> None:
        self._free = PLACES
        self._queue: deque[_Desk] = deque()

    def enter(self, desk: _Desk) -> bool:
        """Take a place if there is one; else the desk is called when its turn has come."""
        if self._free:
            self._free -= 1
            return True
        if desk not in self._queue:
            self._queue.append(desk)
        return False

    def leave(self) -> None:
        """Give a place back."""
        self._free += 1
        while self._free and self._queue:
            self._queue.popleft().start()


class _Desk:
    """The requests of one page: the newest is computed as soon as there is a place for it."""

    def __init__(self, render: Render, send: Callable[[str], Awaitable[None]], room: _Room) -> None:
        self._render = render
        self._send = send
        self._room = room
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="live")
        self._requests: dict[_Request, asyncio.Task[None]] = {}
        self._waiting: str | None = None
        self._taken = self._answered = 0
        self._sending = asyncio.Lock()
        self._stops = deque([True])

    def may_stop_one(self) -> bool:
        """Whether a late request may be stopped: one between two answers, or none would come."""
        try:
            return self._stops.pop()
        except IndexError:
            return False

    @property
    def crowded(self) -> bool:
        """Whether a request waits for a thread."""
        return self._waiting is not None

    def take(self, text: str) -> None:
        """A request has come. It takes the place of one that still waits."""
        self._waiting = text
        self.start()

    def close(self) -> None:
        """The page has gone: stop everything."""
        self._waiting = None
        for request, task in self._requests.items():
            request.overtaken = True
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def start(self) -> None:
        """Begin with the request that waits, if there is one and a place for it."""
        if self._waiting is None or len(self._requests) >= AT_ONCE:
            return
        if not self._room.enter(self):
            return
        self._taken += 1
        request = _Request(self, self._waiting, self._taken)
        self._waiting = None
        task = self._requests[request] = asyncio.create_task(self._serve(request))
        # One that is cancelled before it has begun has no other end.
        task.add_done_callback(lambda task: self._leave(request))

    def _leave(self, request: _Request) -> None:
        if request.seated:
            request.seated = False
            self._room.leave()

    async def _serve(self, request: _Request) -> None:
        loop = asyncio.get_running_loop()
        try:
            try:
                reply = await loop.run_in_executor(self._pool, request.answer, self._render)
            finally:
                self._leave(request)
            if reply is not None:
                await self._tell(request, reply)
        finally:
            # Not before it is on its way: answers to a page that does not read them would pile up.
            del self._requests[request]
            self.start()

    async def _tell(self, request: _Request, reply: str) -> None:
        async with self._sending:
            if request.number < self._answered:
                return
            self._answered = request.number
            self._stops = deque([True])
            for other in self._requests:
                other.overtaken = other.overtaken or other.number < request.number
            with suppress(WebSocketDisconnect, RuntimeError):  # the page may have gone
                await self._send(reply)


async def _serve(socket: WebSocket, desk: _Desk) -> None:
    """Take requests until the page is gone, says nothing, or says too much."""
    pace = Pace()
    try:
        # An answer to a page that has just gone ends the connection on our side too.
        while socket.application_state is WebSocketState.CONNECTED:
            async with asyncio.timeout(IDLE_SECONDS):
                text = await socket.receive_text()
            if not pace.allows_one():
                await socket.close(code=1008)
                return
            desk.take(text)
    except WebSocketDisconnect:
        pass
    except TimeoutError:
        await socket.close(code=IDLE)
    except KeyError:  # bytes instead of text
        await socket.close(code=1003)


def live_route(render: Render, path: str = LIVE_PATH) -> WebSocketRoute:
    """WebSocket route that answers parameters with frames; ``render`` runs in a worker thread."""

    room = _Room()

    async def endpoint(socket: WebSocket) -> None:
        if not same_origin(socket.headers.get("origin"), socket.headers.get("host")):
            await socket.close(code=1008)
            return
        await socket.accept()
        desk = _Desk(render, socket.send_text, room)
        try:
            await _serve(socket, desk)
        finally:
            desk.close()

    return WebSocketRoute(path, endpoint)
