"""Where the maps and the curves of Budget stand, also where there is little room."""

from __future__ import annotations

import math
from typing import Any

from dashboard.chart import Narrow
from dashboard.kit.figure.axes import POWER_SIZE
from dashboard.kit.figure.drawn import annotation, shares
from dashboard.kit.notation import scientific
from dashboard.kit.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
)
from hypergrad_core import METHODS
from hypergrad_core.studies.plane import Plane

MAP_TITLES = {"error": "error", "paper": "paper’s bound", "sharp": "sharp bound"}
# The curves lie beside the maps; a map is about square.
CURVES_AT = [0.775, 1.0]
MAPS_AT = {1: [[0.0, 0.62]], 2: [[0.0, 0.28], [0.33, 0.61]]}
ROW_AT, COLUMN_AT = [0.63, 1.0], [0.0, 0.37]
# Everything below another: the maps, then the row and the column.
NARROW_GAPS = {1: 0.12, 2: 0.085}
NARROW_HEIGHTS = {1: 950, 2: 1300}
NARROW_WEIGHTS = {1: [1.5, 1, 1], 2: [1.4, 1.4, 1, 1]}
ROW_AXIS, COLUMN_AXIS = "8", "9"
COLOR_SCALE = "Viridis"
MOST_TICKS = 5


def map_layout(
    planes: list[Plane], layer: str, ends: tuple[float, float], y_range: tuple[float, float]
) -> dict[str, Any]:
    """Axes, colour bar and names; ``ends`` are those of the colours, ``y_range`` of the errors."""
    horizon = int(planes[0].steps[-1])
    axis = {"range": [-0.5, horizon + 0.5], "showgrid": False, "zeroline": False}
    named = {"font": {"size": AXIS_SIZE}, "standoff": 6}
    every = max(1, round((ends[1] - ends[0]) / 6))
    ticks = list(range(int(ends[0]), int(ends[1]) + 1, every))
    maps = MAPS_AT[len(planes)]
    layout: dict[str, Any] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 66, "r": 20, "t": 34, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "annotations": _map_names(planes, layer, [(domain[0], 1.0) for domain in maps]),
        "coloraxis": {
            "cmin": ends[0],
            "cmax": ends[1],
            "colorscale": COLOR_SCALE,
            "colorbar": {
                "orientation": "v",
                "x": maps[-1][1] + 0.005,
                "xanchor": "left",
                "thickness": 14,
                "outlinewidth": 0,
                "tickvals": ticks,
                "ticktext": [scientific(10.0**tick) for tick in ticks],
                "tickfont": {"size": LABEL_SIZE - 2},
            },
        },
        "uirevision": f"{planes[0].scenario.family} {layer} {horizon}",
    }
    for place, domain in enumerate(maps):
        suffix = axis_suffix(place)
        layout[f"xaxis{suffix}"] = {
            **axis,
            "domain": domain,
            "anchor": f"y{suffix}",
            "title": {**named, "text": "Adjoint steps k"},
        }
        layout[f"yaxis{suffix}"] = {
            **axis,
            "domain": [0, 1],
            "anchor": f"x{suffix}",
            **({} if place else {"title": {**named, "text": "Inner steps t"}}),
        }
    for suffix, name, domain in (
        (ROW_AXIS, "Adjoint steps k", ROW_AT),
        (COLUMN_AXIS, "Inner steps t", COLUMN_AT),
    ):
        layout[f"xaxis{suffix}"] = {
            "domain": CURVES_AT,
            "anchor": f"y{suffix}",
            "range": [0, horizon],
            "title": {**named, "text": name},
        }
        layout[f"yaxis{suffix}"] = {
            "domain": domain,
            "anchor": f"x{suffix}",
            "type": "log",
            "range": list(y_range),
            "dtick": max(1, math.ceil((y_range[1] - y_range[0]) / MOST_TICKS)),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
        }
    return layout


def narrow_layout(planes: list[Plane], layer: str) -> Narrow:
    """Maps and curves below each other, the colour bar beside the maps."""
    count = len(planes)
    rows = shares(count + 2, NARROW_GAPS[count], NARROW_WEIGHTS[count][::-1])[::-1]
    maps = rows[:count]
    layout: dict[str, Any] = {
        "margin": {"l": 70, "r": 84, "t": 34, "b": 54},
        "annotations": _map_names(planes, layer, [(0.0, domain[1]) for domain in maps]),
        "coloraxis": {
            "colorbar": {"x": 1.01, "y": maps[-1][0], "yanchor": "bottom", "len": 1 - maps[-1][0]}
        },
    }
    suffixes = [*(axis_suffix(place) for place in range(count)), ROW_AXIS, COLUMN_AXIS]
    for suffix, domain in zip(suffixes, rows, strict=True):
        layout[f"xaxis{suffix}"] = {"domain": [0.0, 1.0]}
        layout[f"yaxis{suffix}"] = {"domain": domain}
    for suffix in suffixes[:count]:
        named = {"text": "Inner steps t", "font": {"size": AXIS_SIZE}, "standoff": 6}
        layout[f"yaxis{suffix}"]["title"] = named
    return {"layout": layout, "height": NARROW_HEIGHTS[count]}


def axis_suffix(place: int) -> str:
    """What the axes of a map are called by."""
    return str(place + 1) if place else ""


def _map_names(
    planes: list[Plane], layer: str, corners: list[tuple[float, float]]
) -> list[dict[str, Any]]:
    """What each map shows, above its upper left corner."""
    return [
        annotation(f"<b>{METHODS[plane.method].label}</b>, {MAP_TITLES[layer]}", x, y, LABEL_SIZE)
        for plane, (x, y) in zip(planes, corners, strict=True)
    ]
