"""The way of each method over the contours of f, where λ has two entries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from dashboard.chart import packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
)
from dashboard.screens.descent.figure import BLIND_DASH
from dashboard.screens.descent.ground import Ground
from dashboard.screens.descent.race import Run
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray

# From one line to the next f, above its least value here, is twice as large: so many lines.
MOST_LINES = 14
# Smaller than the dot of the cursor.
MARKER_SIZE = 8
# The part of the width that a name takes, and what is left free for names where f is blank.
NAME_ROOM, FREE_ROOM = 0.1, 0.15

Ends: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]
COMMON: dict[str, Any] = {"type": "scatter", "showlegend": False, "hoverinfo": "skip"}


def paths_on_ground(
    runs: Sequence[Run],
    ground: Ground | None,
    ends: Ends,
    mode: Mode,
) -> Drawn:
    """Contours, and a path for each method with a thin one beside it for fixed steps.

    Args:
        runs: those of which something is there.
        ground: f; None while it is not known.
        ends: the least and the largest λ of the picture.
        mode: light or dark.
    """
    drawn = Drawn()
    if ground is not None and ground.values is not None:
        drawn.add(_contours(ground, ground.values, runs, mode))
    longest = max((len(run.descent.steps) for run in runs if run.descent), default=1)
    for run in runs:
        _blind(drawn, run, mode)
    # Narrow ones over wide ones, so that all are seen where they coincide.
    traces = {
        run.method: _path(drawn, run, longest, mode)
        for run in sorted(runs, key=lambda run: -METHOD_STYLES[run.method].width)
    }
    for run in runs:
        _reading(drawn, run, traces[run.method], longest, mode)
    if runs:
        drawn.add(_start(runs[0], mode))
    drawn.key = [{"text": "the same f along a line", "mark": "solid", "color": neutral(mode)}]
    drawn.key.append({"text": "start", "mark": "circle-open", "color": neutral(mode)})
    if any(run.blind is not None for run in runs):
        drawn.key.append({"text": "fixed steps, no more products", "mark": BLIND_DASH})
    low, high = _defined(ground, ends)
    drawn.name(_names(runs, low[0] + NAME_ROOM * (high[0] - low[0]), mode))
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 130, "t": 14, "b": 66},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": _axis("λ₁", low[0], high[0]),
        # Equal lengths look equal: only so does a step along ∇f cross the contours at right angles.
        "yaxis": {**_axis("λ₂", low[1], high[1]), "scaleanchor": "x"},
        "uirevision": "paths",
    }
    drawn.narrow = {"layout": {"margin": {"l": 74, "r": 96, "t": 14, "b": 54}}, "height": 290}
    return drawn


def _defined(ground: Ground | None, ends: Ends) -> Ends:
    """Where f is defined: with little of the rim in which it is not, where names have room."""
    if ground is None or ground.values is None:
        return ends
    known = np.isfinite(ground.values)
    sides = []
    for axis, (values, low, high) in enumerate(
        zip((ground.first, ground.second), *ends, strict=True)
    ):
        places = np.flatnonzero(known.any(axis=axis))
        if not places.size:
            return ends
        # The rim itself may lie within a cell. What is not on the grid is not known to be blank.
        least = values[max(places[0] - 1, 0)] if values[0] <= low else low
        most = values[min(places[-1] + 1, len(values) - 1)] if values[-1] >= high else high
        free = (FREE_ROOM if axis == 0 else 0.0) * float(most - least)
        sides.append((max(low, float(least) - free), min(high, float(most))))
    (left, right), (bottom, top) = sides
    return (left, bottom), (right, top)


def _axis(name: str, low: float, high: float) -> dict[str, Any]:
    return {
        "title": {"text": name, "font": {"size": AXIS_SIZE}},
        "range": [low, high],
        "showgrid": False,
        "zeroline": False,
        "tickangle": 0,
        "constrain": "domain",
    }


def _contours(
    ground: Ground, values: FloatArray, runs: Sequence[Run], mode: Mode
) -> dict[str, Any]:
    """Of log₂ (f − least f): as many near the least value as far from it."""
    ends = [step.objective for run in runs if run.descent for step in run.descent.steps]
    known = values[np.isfinite(values)]
    # A path may come lower than the grid, and what it shoots up to is no part of the picture.
    least, most = (np.nanmin([known.min(), *ends]), known.max()) if known.size else (0.0, 0.0)
    top = math.ceil(math.log2(most - least)) if most > least else 0
    # The least value itself is below every line.
    heights = np.log2(np.maximum(values - least, 2.0 ** (top - MOST_LINES - 2)))
    return {
        "type": "contour",
        "x": packed(ground.first),
        "y": packed(ground.second),
        "z": packed(heights, "f4"),
        "autocontour": False,
        "contours": {
            "coloring": "none",
            "start": top - MOST_LINES,
            "end": top,
            "size": 1,
            "showlabels": False,
        },
        "line": {"color": faded(neutral(mode), 0.6), "width": 1.2},
        "showscale": False,
        "hoverinfo": "skip",
    }


def _places(points: FloatArray, longest: int) -> dict[str, Any]:
    padded = np.full((longest, 2), np.nan)
    padded[: len(points)] = points
    return {"x": packed(padded[:, 0]), "y": packed(padded[:, 1])}


def _blind(drawn: Drawn, run: Run, mode: Mode) -> None:
    if run.blind is None:
        return
    points = run.blind.hypers
    points = np.where(np.isfinite(points), points, np.nan)
    color = faded(METHOD_STYLES[run.method].color(mode), 0.75)
    line = {"color": color, "width": 2, "dash": BLIND_DASH}
    drawn.add({**COMMON, "mode": "lines", **_places(points, len(points)), "line": line})


def _path(drawn: Drawn, run: Run, longest: int, mode: Mode) -> int:
    assert run.descent is not None
    style, color = METHOD_STYLES[run.method], METHOD_STYLES[run.method].color(mode)
    trace = drawn.add(
        {
            **COMMON,
            "mode": "lines+markers",
            "name": METHODS[run.method].label,
            **_places(run.descent.hypers, longest),
            "line": {"color": color, "width": style.width},
            "marker": {
                "color": color,
                "symbol": style.marker,
                "size": MARKER_SIZE,
            },
        }
    )
    drawn.dots.append({"trace": trace, "color": color, "by": 0})
    return trace


def _reading(drawn: Drawn, run: Run, trace: int, longest: int, mode: Mode) -> None:
    """f at the cursor: what is drawn is where it is, not how high."""
    assert run.descent is not None
    style = METHOD_STYLES[run.method]
    heights = np.full(longest, np.nan)
    heights[: len(run.descent.steps)] = run.descent.objectives
    drawn.readings.append(
        {
            "name": METHODS[run.method].label,
            "label": "f",
            "color": style.color(mode),
            "marker": style.marker,
            "trace": drawn.hidden(heights),
            "bounds": [],
        }
    )


def _start(run: Run, mode: Mode) -> dict[str, Any]:
    """All paths begin there."""
    assert run.descent is not None
    first = run.descent.steps[0].hyper.tolist()
    color = neutral(mode)
    marker = {"symbol": "circle-open", "size": 19, "color": color, "line": {"width": 3}}
    return {**COMMON, "mode": "markers", "x": first[:1], "y": first[1:], "marker": marker}


def _names(runs: Sequence[Run], least: float, mode: Mode) -> dict[str, Any]:
    """Beyond the ends, not on the paths themselves; above them where λ₁ leaves no room for that."""
    ends = [run.descent.last.hyper.tolist() for run in runs if run.descent]
    begin = [run.descent.steps[0].hyper[0] for run in runs if run.descent]
    sides = [
        "middle right" if end[0] >= start else "middle left" if end[0] > least else "top right"
        for end, start in zip(ends, begin, strict=True)
    ]
    return {
        **COMMON,
        "mode": "text",
        "x": packed([end[0] for end in ends]),
        "y": packed([end[1] for end in ends]),
        "text": [f"<b>{METHODS[run.method].label}</b>" for run in runs],
        "textposition": sides,
        "textfont": {
            "size": LABEL_SIZE,
            "color": [METHOD_STYLES[run.method].color(mode) for run in runs],
        },
        "cliponaxis": False,
    }
