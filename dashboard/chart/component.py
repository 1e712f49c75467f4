"""The chart as a Streamlit component: its scripts, and how a page shows a frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.chart import FOLDER, LIVE_PATH, PLOTLY_PATH, Frame, Live
from dashboard.chart.scripts import joined

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

# Pixels of width below which a chart takes the narrow form of its figure.
NARROW = 760


@cache
def _component() -> ComponentRenderer:
    """Register the component once: a second registration would mount all charts anew."""
    return st.components.v2.component(
        "hypergrad_chart",
        css=(FOLDER / "chart.css").read_text(encoding="utf-8"),
        js=joined(FOLDER / "chart.js"),
        isolate_styles=False,
    )


def _ignore() -> None:
    """Stand in for a callback, so that the component has a state of that name."""


def chart(
    frame: Frame,
    *,
    key: str,
    height: int = 480,
    rest: int = 450,
    live: Live | None = None,
    cursor: int | None = None,
    other: int | None = None,
    group: str = "",
    commit: bool = True,
    filename: str = "chart",
    pending: str = "",
    on_cursor: Callable[[], None] | None = None,
    on_focus: Callable[[], None] | None = None,
) -> None:
    """Show ``frame``.

    A place of the cursor is a step, here and in the state that comes back: the chart shows the
    place of its frame that is nearest, and keeps the step when the frame changes.

    ``height`` is the least height of the plot alone, in pixels; it grows with the window, of which
    it leaves ``rest`` to what is above and below it. ``cursor`` is where the cursor starts, and
    ``other`` its other direction; a later call with another value moves it. The cursors of charts
    of one ``group`` move together, by one set of controls. With ``commit`` the page is run again
    when the hand is lifted from the cursor, after ``on_cursor``: the state of ``key`` then holds
    "cursor" and "other". ``pending`` says what is being computed while the picture is not that of
    the settings. When the card of a reading with ``focus`` is pressed, ``on_focus`` finds that in
    the state "focus".
    """
    payload = {
        "frame": frame,
        "height": height,
        "rest": rest,
        "live": None if live is None else {"path": LIVE_PATH, **live},
        "cursor": cursor,
        "other": other,
        "group": group,
        "commit": commit,
        "filename": filename,
        "pending": pending,
        "narrow": NARROW,
        "plotly": PLOTLY_PATH,
    }
    # As bytes, because Streamlit imports pandas to look at anything else.
    data = json.dumps(payload, allow_nan=False, separators=(",", ":")).encode()
    _component()(
        key=key,
        data=data,
        on_cursor_change=on_cursor or _ignore,
        on_other_change=on_cursor or _ignore,
        on_background_change=_ignore,
        on_focus_change=on_focus or _ignore,
    )
