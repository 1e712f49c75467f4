"""The pictures of the pages in a notebook: figures of Plotly, without a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.kit.page import mode_of
from dashboard.kit.plotly_figure import figure_of
from dashboard.pages import PAGES
from hypergrad_core import HypergradError, Scenario
from hypergrad_core.validation import require_one_of

# Pixels.
HEIGHT = 560
TITLE_ROOM = 34
AXIS_ROOM = 16


def figure(
    page: str = "explore",
    scenario: Scenario | None = None,
    *,
    part: str = "",
    theme: str = "light",
    **view: Any,
) -> go.Figure:
    """The picture of a page, computed here and now.

        import dashboard
        dashboard.figure("explore", Scenario(contraction=0.95), cursor=30)

    Args:
        page: name of a page, as in its address.
        scenario: what is run; that with which the page opens, if not given.
        part: which of the pictures of a page with several; the first if not given.
        theme: "light" or "dark".
        view: how it is looked at: fields of the page's own settings, such as ``cursor``, the step
            at which it is read.

    Raises:
        HypergradError: if there is no such page, part, theme or field, if the page has no picture,
            or if a value is not allowed.
    """
    named = {item.name: item for item in PAGES}
    require_one_of("page", page, named)
    require_one_of("theme", theme, {"light": "", "dark": ""})
    of = named[page]
    chosen = of.part_of(part or None)
    fields = vars(of.settings.view)
    for name in view:
        if name not in fields:
            raise HypergradError(f"{page} has no setting {name!r}: choose of {', '.join(fields)}")
    looked = replace(of.settings.view, **view)
    asked = of.settings.scenario if scenario is None else scenario
    of.settings.check(asked)
    key = of.key(asked, looked)
    shown = of.shown(key, of.results.compute(key), asked, looked, mode_of(theme))
    cursor = [getattr(shown.view, field) for field in of.cursor]
    frame = of.frame(shown, chosen)
    made = figure_of(frame, (*cursor, 0, 0)[:2])
    margin = made.layout.margin
    made.update_layout(
        template="plotly_dark" if shown.mode == "dark" else "plotly_white",
        # In place of what stands above the picture on a page.
        title={"text": frame.get("title"), "font": {"size": 15}, "x": 0.01, "yref": "container"},
        margin={"t": (margin.t or 0) + TITLE_ROOM, "b": (margin.b or 0) + AXIS_ROOM},
        height=HEIGHT,
    )
    return made
