"""Entry point: ``streamlit run dashboard/app.py``, or ``uvicorn dashboard.app:app``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

# Threads take turns five times as often as by default: the answer to a moving hand is short, and
# must not wait for the page that is being built beside it.
sys.setswitchinterval(0.001)

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from dashboard.chart import LIVE_PATH, PLOTLY_PATH, Frame  # noqa: E402
from dashboard.live import live_route, plotly_route  # noqa: E402


def render_frame(params: Mapping[str, str]) -> Frame:
    """Draw the settings in ``params``."""
    # Imported with the first request, so that the server starts fast.
    from dashboard import explore

    return explore.render_frame(params)


# Streamlit adds server.baseUrlPath to its own routes only.
_base = str(st.get_option("server.baseUrlPath") or "").strip("/")
_prefix = f"/{_base}" if _base else ""

app = st.App(
    ROOT / "dashboard" / "main.py",
    routes=[
        live_route(render_frame, _prefix + LIVE_PATH),
        plotly_route(_prefix + PLOTLY_PATH),
    ],
)
