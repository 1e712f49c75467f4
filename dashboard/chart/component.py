"""The chart as a Streamlit component: its scripts, and how a page shows a frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard.chart import FOLDER, PLOTLY_FILE, PLOTLY_PATH, Frame, Live
from dashboard.chart.scripts import joined
from dashboard.chart.served import Script

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

# What comes back from the browser.
STATES = ("cursor", "other", "background", "focus", "sketch", "again")
_NOBODY: Mapping[str, Callable[[], None]] = {}
# Pixels of width below which a chart takes the narrow form of its figure.
NARROW = 760


def _chart_script() -> Script:
    """All of the chart's own script.

    Not given to Streamlit, which would send it with every chart of every run.
    """
    plain = f'(() => {{\n"use strict";\n{joined(FOLDER / "served.js")}\n}})();\n'.encode()
    version = hashlib.sha256(plain).hexdigest()[:16]
    return Script(f"/chart/chart-{version}.js", plain)


CHART = _chart_script()
PLOTLY = Script(PLOTLY_PATH, PLOTLY_FILE.read_bytes())


@cache
def _component() -> ComponentRenderer:
    """Register the component once: a second registration would mount all charts anew."""
    return st.components.v2.component(
        "hypergrad_chart",
        css=(FOLDER / "chart.css").read_text(encoding="utf-8"),
        js=joined(FOLDER / "entry.js").replace("CHART_PATH", CHART.path),
        isolate_styles=False,
    )


def _ignore() -> None:
    """Stand in for a callback, so that the component has a state of that name."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a chart stands on its page.

    A place of the cursor is a step, here and in the state that comes back: the chart shows the
    place of its frame that is nearest, and keeps the step when the frame changes.

    Attributes:
        height: least height of the plot alone, in pixels; it grows with the window.
        rest: pixels of the window that are left to what is above and below it.
        filename: of what is saved.
        cursor, other: where the cursor starts, and its other direction; a later call with another
            value moves it.
        group: the cursors of charts of one group move together, by one set of controls.
        commit: whether the page is run again when the hand is lifted from the cursor.
        pending: what is being computed while the picture is not that of the settings.
    """

    height: int = 480
    rest: int = 450
    filename: str = "chart"
    cursor: int | None = None
    other: int | None = None
    group: str = ""
    commit: bool = True
    pending: str = ""


def chart(
    frame: Frame,
    key: str,
    setup: Setup,
    *,
    live: Live | None = None,
    heard: Mapping[str, Callable[[], None]] = _NOBODY,
) -> None:
    """Show ``frame``.

    Args:
        frame: what.
        key: of the component, and of its state in the session.
        setup: how it stands on its page.
        live: what the live route is asked with; None if the chart follows no slider.
        heard: what is called before the page is run again for a part of the state of ``key``:
            "cursor" and "other" for the cursor, "focus" when the card of a reading with ``focus``
            is pressed, "sketch" for the heights of a curve that was drawn by hand.
    """
    payload = {
        "frame": frame,
        **asdict(setup),
        "live": live,
        "narrow": NARROW,
        "plotly": PLOTLY_PATH,
    }
    # As bytes, because Streamlit imports pandas to look at anything else.
    data = json.dumps(payload, allow_nan=False, separators=(",", ":")).encode()
    calls: dict[str, Any] = {f"on_{name}_change": heard.get(name, _ignore) for name in STATES}
    _component()(key=key, data=data, **calls)
