"""What every answer tells the browser to allow the page: its own scripts, and no other host."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Scripts that run; what has another type is data.
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_SITE = re.compile(r"https?://(\*\.)?[\w.-]+(:\d+)?")
ANYBODY = "*"
_own: set[str] = set()


def own(script: str) -> str:
    """The script, which may run from now on where it is written in a page.

    Modules call this while they are imported: the headers must know all scripts. Those in files
    need not be named.
    """
    _own.add(script)
    return script


def own_page(html: str) -> str:
    """The page, all of whose scripts may run."""
    for script in _INLINE.findall(html):
        own(script)
    return html


def headers(embedded_by: str = ANYBODY) -> dict[str, str]:
    """The headers of every answer.

    Args:
        embedded_by: which sites may show a page in a frame of theirs, with spaces between them:
            ``https://course.example.org``; ``*`` for all, "" for this one alone.

    Raises:
        ValueError: if one of these is no site.
    """
    sites = embedded_by.split()
    if sites != [ANYBODY] and (wrong := [site for site in sites if not _SITE.fullmatch(site)]):
        raise ValueError(
            f"{wrong[0]!r} is not a site that may show the dashboard in a frame: "
            f"choose such as https://course.example.org, or {ANYBODY} for all."
        )
    allowed = {
        "default-src": ["'self'"],
        # Streamlit makes files of the scripts of components, and has a part in WebAssembly.
        "script-src": ["'self'", "blob:", "'wasm-unsafe-eval'", *sorted(map(_hash_of, _own))],
        # Streamlit and Plotly write styles as they go.
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
    }
    if sites != [ANYBODY]:
        allowed["frame-ancestors"] = ["'self'", *sites]
    policy = "; ".join(" ".join([name, *sources]) for name, sources in allowed.items())
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


def _hash_of(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class Policy:
    """Writes headers into every answer.

    Args:
        app: what answers.
        headers: by their names.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; an HTTP answer gets the headers."""

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *self._headers]}
            await send(message)

        await self._app(scope, receive, pass_on if scope["type"] == "http" else send)
