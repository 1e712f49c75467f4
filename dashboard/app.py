"""Entry point: ``streamlit run dashboard/app.py``, or ``uvicorn dashboard.app:app``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# One thread for each product of matrices, before NumPy is imported: the matrices behind a moving
# hand are small, and threads that wait for each other take many times longer on a busy machine.
# Several pages and requests are computed at once anyway.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import RedirectResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402
from streamlit.runtime import get_instance  # noqa: E402
from streamlit.runtime.memory_uploaded_file_manager import (  # noqa: E402
    MemoryUploadedFileManager,
)

# Threads take turns five times as often as by default: the answer to a moving hand is short, and
# must not wait for the page that is being built beside it.
sys.setswitchinterval(0.001)

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from dashboard.chart import LIVE_PATH, PAGE_PARAM  # noqa: E402
from dashboard.chart.component import CHART, PLOTLY  # noqa: E402
from dashboard.chart.served import Preload, script_route  # noqa: E402
from dashboard.kit import page, processes  # noqa: E402
from dashboard.kit.crowd import CONNECTIONS, Crowd, Outbox, Uploads  # noqa: E402
from dashboard.kit.errors import LinkError  # noqa: E402
from dashboard.kit.guard import Guard, Known  # noqa: E402
from dashboard.kit.live import live_route  # noqa: E402
from dashboard.kit.policy import ANYBODY, Policy, headers, own_page  # noqa: E402
from dashboard.kit.presenting import SPEAKER_PATH  # noqa: E402
from dashboard.pages import HOME, PAGES  # noqa: E402
from dashboard.screens.lecture.speaker import speaker_route  # noqa: E402


def written_frame(params: Mapping[str, str]) -> str:
    """The frame of the settings in ``params``, on the page that they name or on that which opens.

    Raises:
        LinkError: if there is no such page, or as the page's own function does.
    """
    named = {item.name: item for item in PAGES}
    name = params.get(PAGE_PARAM, HOME.name)
    if name not in named:
        raise LinkError(f"There is no page {name!r}: choose one of {', '.join(named)}.")
    return page.written_frame(named[name], params)


def known() -> Known:
    """Whom Streamlit's settings name, as they are now."""
    origins = st.get_option("server.corsAllowedOrigins")
    return Known(
        st.get_option("server.allowedHosts"), origins if st.get_option("server.enableCORS") else "*"
    )


def connections() -> int:
    """WebSockets that one address may have, as the environment says."""
    text = os.environ.get("HYPERGRAD_CONNECTIONS", str(CONNECTIONS))
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"HYPERGRAD_CONNECTIONS = {text!r} is not a whole number from 1.")
    return int(text)


def forget(session: str, file: str) -> None:
    """Keep a file of a visitor no longer."""
    files = get_instance().uploaded_file_mgr
    if isinstance(files, MemoryUploadedFileManager):
        files.remove_file(session, file)


def home(request: Request) -> RedirectResponse:
    """The page that opens has no name in its address, but people write it."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{_prefix}/{query}")


# Streamlit adds server.baseUrlPath to its own routes only.
_base = str(st.get_option("server.baseUrlPath") or "").strip("/")
_prefix = f"/{_base}" if _base else ""

own_page((Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8"))
_headers = headers(os.environ.get("HYPERGRAD_EMBEDDED_BY", ANYBODY))

app = st.App(
    ROOT / "dashboard" / "main.py",
    routes=[
        live_route(written_frame, _prefix + LIVE_PATH),
        *(script_route(script, _prefix) for script in (PLOTLY, CHART)),
        speaker_route(_prefix + SPEAKER_PATH),
        Route(f"{_prefix}/{HOME.name}", home),
    ],
    lifespan=processes.serving,
    middleware=[
        Middleware(Policy, headers=_headers),
        Middleware(Guard, known=known),
        Middleware(Crowd, most=connections()),
        Middleware(Outbox),
        Middleware(Uploads, forget=forget),
        Middleware(Preload, scripts=(PLOTLY, CHART), prefix=_prefix),
    ],
)
