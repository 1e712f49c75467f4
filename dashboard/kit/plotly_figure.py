"""A frame as a figure of Plotly's Python package, as it stands at a step of the cursor."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]

from dashboard.chart import Frame


def figure_of(frame: Frame, cursor: tuple[int, int] = (0, 0)) -> go.Figure:
    """The picture of a frame, without what is text on the page.

    Args:
        frame: of a page.
        cursor: the step at which what moves with the cursor is drawn, and that of its other
            direction.

    Raises:
        ValueError: if Plotly knows no such trace or attribute.
    """
    data = [_opened(trace) for trace in frame["figure"]["data"]]
    layout = deepcopy(frame["figure"]["layout"])
    # The boxes name one point at a time, not every trace.
    layout["hovermode"] = "closest"
    at = frame.get("at") or list(range(len(frame["steps"])))
    places = [int(np.argmin(np.abs(np.asarray(at) - step))) if at else 0 for step in cursor]
    moving = frame.get("moving", [])
    for move in moving:
        trace, place = data[move["trace"]], places[move["by"]]
        if move.get("walk"):
            for name in ("x", "y"):
                trace[name] = trace[name][: place + 1]
        for name in ("x", "y"):
            if name in move:
                rows: Any = move[name]  # type: ignore[literal-required]
                across = isinstance(rows, dict) and "across" in rows
                rows = _numbers(moving[rows["across"]]["y"]).T if across else _numbers(rows)
                trace[name] = rows[min(place, len(rows) - 1)]
        if "text" in move:
            trace["text"] = move["text"][min(place, len(move["text"]) - 1)]
    return go.Figure(data=data, layout=layout)


def _opened(trace: Mapping[str, Any]) -> dict[str, Any]:
    """A trace whose numbers can be read."""
    numbers = {name for name in ("x", "y", "z") if isinstance(trace.get(name), dict)}
    return {
        name: _numbers(part) if name in numbers else deepcopy(part) for name, part in trace.items()
    }


def _numbers(values: Any) -> np.ndarray[Any, Any]:
    """What ``chart.packed`` packed, or a list, as an array."""
    if not isinstance(values, dict):
        return np.asarray(values, dtype=np.float64)
    array = np.frombuffer(base64.b64decode(values["bdata"]), dtype=f"<{values['dtype']}")
    shape = values.get("shape")
    return array.reshape([int(size) for size in shape.split(",")]) if shape else array
