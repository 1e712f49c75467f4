"""The chart as a Streamlit component: its scripts, and how a page shows a frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
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
    on_cursor: Callable[[], None] | None = None,
    on_focus: Callable[[], None] | None = None,
) -> None:
    """Show ``frame``.

    Args:
        frame: what.
        key: of the component, and of its state in the session.
        setup: how it stands on its page.
        live: what the live route is asked with; None if the chart follows no slider.
        on_cursor: called before the page is run again for a cursor: the state of ``key`` then holds
            "cursor" and "other".
        on_focus: called when the card of a reading with ``focus`` is pressed, which is then in the
            state "focus".
    """
    payload = {
        "frame": frame,
        **asdict(setup),
        "live": None if live is None else {"path": LIVE_PATH, **live},
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
