"""Who is answered, before anything else looks at a request; no Streamlit in here.

A browser sends the name under which it found this server (``Host``) and, with a WebSocket, the page
that asks (``Origin``). A name of somebody else that leads here may belong to a page that wants to
read what it must not (DNS rebinding), so only names that are known to be ours are answered. An
address in digits cannot be given a new meaning by anybody.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

UNKNOWN_HOST = (
    "This server does not know the name under which it was asked. Whoever runs it can add the name "
    "to server.allowedHosts in .streamlit/config.toml."
)


@dataclass(frozen=True)
class Known:
    """What the person who runs the server has said about names.

    Attributes:
        hosts: names that are answered, ``*.`` before one stands for all below it, ``*`` for all;
            if there is none, the names of this machine are.
        origins: other pages that may ask, such as ``https://course.example.org``.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()


def host_is_known(host: str | None, allowed: Collection[str] = ()) -> bool:
    """Whether a request for that host, with or without a port, is meant for this server."""
    parts = _split(f"//{host}")
    if not host or parts is None or not parts.hostname or "@" in host:
        return False
    if parts.path or parts.query or parts.fragment:
        return False
    name = parts.hostname.rstrip(".")
    if allowed:
        return any(_matches(name, pattern.strip().lower().rstrip(".")) for pattern in allowed)
    return name in own_names() or name.endswith(".localhost") or _is_address(name)


def own_names() -> set[str]:
    """What this machine calls itself, without asking anybody else."""
    name = socket.gethostname().lower().rstrip(".")
    short = name.partition(".")[0]
    return {"localhost", name, short, f"{short}.local"}


def same_origin(origin: str | None, host: str | None) -> bool:
    """Tell whether a page of this very server asks."""
    if not origin or not host:
        return False
    parts = _split(origin)
    return (
        parts is not None
        and parts.scheme in ("http", "https")
        and parts.netloc.lower() == host.lower()
    )


class Guard:
    """Answers only what is meant for this server, and asks nobody else about it.

    Streamlit compares a foreign ``Origin`` with the public address of the machine, for which it
    asks a host on the internet while everybody waits. It never sees one here: what is let in is
    passed on as from a page of this server.

    Args:
        app: what answers.
        known: read with each request.
    """

    def __init__(self, app: ASGIApp, known: Callable[[], Known] = Known) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for this server."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        known, headers = self._known(), Headers(scope=scope)
        origin, host = headers.get("origin"), headers.get("host")
        is_known = host_is_known(host, known.hosts)
        if scope["type"] == "http":
            answer = self._app if is_known else PlainTextResponse(UNKNOWN_HOST, status_code=421)
            await answer(scope, receive, send)
        elif is_known and (
            origin is None or same_origin(origin, host) or {origin, "*"} & {*known.origins}
        ):
            await self._app(_as_own(scope, host), receive, send)
        else:
            await WebSocket(scope, receive, send).close(code=1008)


def _as_own(scope: Scope, host: str | None) -> Scope:
    """A request as if a page of this server asked; one without an origin stays so."""
    own = (b"origin", f"http://{host}".encode("latin-1"))
    headers = [own if name == b"origin" else (name, value) for name, value in scope["headers"]]
    return {**scope, "headers": headers}


def _matches(name: str, pattern: str) -> bool:
    below = pattern.startswith("*.") and name.endswith(pattern[1:])
    return below or pattern in ("*", name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None if it is none."""
    try:
        parts = urlsplit(url)
        # To look at a port that is none raises an error.
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None
