"""The chart's own routes: frames over a WebSocket while a slider moves, and plotly.js."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.chart import LIVE_PATH, PLOTLY_FILE, PLOTLY_PATH, Frame

Render = Callable[[Mapping[str, str]], Frame]

MAX_MESSAGE = 4096
"""Characters in a request; a link has a few hundred."""

MAX_PARAMS = 64

logger = logging.getLogger(__name__)

# Few threads: NumPy has threads of its own, and the pages want to be computed as well.
_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")


class RequestError(ValueError):
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
    """Compute the answer to one request. What goes wrong becomes a readable message."""
    number = None
    try:
        number, params = parse(text)
        reply = {"id": number, "frame": render(params)}
        return json.dumps(reply, allow_nan=False, separators=(",", ":"))
    except RequestError as error:
        message = str(error)
    except ValueError as error:
        # Scenarios refuse bad values with a message for people.
        logger.info("Live request refused: %s", error)
        message = str(error)
    except Exception:
        logger.exception("Live request failed")
        message = "This setting could not be computed."
    return json.dumps({"id": number, "error": message})


def same_origin(origin: str | None, host: str | None) -> bool:
    """Tell whether a page of this very server asks."""
    if not origin or not host:
        return False
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def live_route(render: Render, path: str = LIVE_PATH) -> WebSocketRoute:
    """WebSocket route that answers parameters with frames; ``render`` runs in a worker thread."""

    async def endpoint(socket: WebSocket) -> None:
        if not same_origin(socket.headers.get("origin"), socket.headers.get("host")):
            await socket.close(code=1008)
            return
        await socket.accept()
        newest: list[str] = []  # at most one: a newer request replaces one that has not started
        arrived = asyncio.Event()

        def compute() -> str:
            # Read here and not before, so that the newest request is served after a wait.
            return answer(render, newest.pop())

        async def serve() -> None:
            while True:
                await arrived.wait()
                arrived.clear()
                if newest:
                    loop = asyncio.get_running_loop()
                    await socket.send_text(await loop.run_in_executor(_workers, compute))

        server = asyncio.create_task(serve())
        try:
            while True:
                text = await socket.receive_text()
                newest[:] = [text]
                arrived.set()
        except WebSocketDisconnect:
            pass
        except KeyError:  # bytes instead of text
            await socket.close(code=1003)
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)

    return WebSocketRoute(path, endpoint)


@cache
def _plotly() -> tuple[bytes, bytes]:
    """plotly.js, plain and compressed once for all."""
    plain = PLOTLY_FILE.read_bytes()
    return plain, gzip.compress(plain, mtime=0)


def plotly_route(path: str = PLOTLY_PATH) -> Route:
    """Route for plotly.js. The path names the version, so that browsers may keep it for ever."""

    def endpoint(request: Request) -> Response:
        plain, compressed = _plotly()
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                compressed,
                media_type="text/javascript",
                headers={**headers, "Content-Encoding": "gzip"},
            )
        return Response(plain, media_type="text/javascript", headers=headers)

    return Route(path, endpoint)
