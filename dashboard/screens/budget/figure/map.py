"""The (t, k) plane as a map, with the row and the column of one cell beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import KeyEntry, packed
from dashboard.kit.figure.axes import ROUNDING_NAME
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import (
    BOUND_DASH,
    Mode,
    neutral,
)
from dashboard.screens.budget.figure.curves import SHARP_DASH, curves, heading, within_rounding
from dashboard.screens.budget.figure.layout import (
    COLUMN_AXIS,
    ROW_AXIS,
    axis_suffix,
    map_layout,
    narrow_layout,
)
from dashboard.screens.budget.figure.values import color_range, error_range, layer_values, rounding
from hypergrad_core.studies.plane import Plane, Split

# On the map, which is dark and light in places: black under white is seen on both.
INK, HALO = "#FFFFFF", "#000000"
PATCH = "#21918C"  # the middle of the colour scale: in the key, both are seen on it
MOST_CONTOURS = 9
COST_DASH, CROSS_DASH = "6px,4px", "2px,4px"


def budget_map(planes: list[Plane], splits: list[Split], layer: str, mode: Mode) -> Drawn:
    """One map for each plane, on one colour scale, and the curves of one cell.

    Args:
        planes: one or two, of the same problem and horizon.
        splits: the best use of the budget on each.
        layer: key of ``LAYERS``.
        mode: light or dark.
    """
    drawn = Drawn()
    if not planes:
        drawn.figure["layout"] = {"xaxis": {}, "yaxis": {}}
        return drawn
    ends = color_range(planes, layer)
    steps = planes[0].steps
    for place, (plane, split) in enumerate(zip(planes, splits, strict=True)):
        suffix = axis_suffix(place)
        drawn.figure["data"] += _map(plane, split, layer, suffix, ends)
        drawn.cross(suffix, steps, by=1, dotted=True)
        drawn.cross(suffix, steps, along="y", dotted=True)
    drawn.cross(ROW_AXIS, steps, by=1)
    drawn.cross(COLUMN_AXIS, steps)
    y_range = error_range(planes)
    for suffix in (ROW_AXIS, COLUMN_AXIS):
        drawn.add(within_rounding(planes, y_range, suffix, mode))
    for plane in planes:
        curves(plane, mode, drawn)
    for suffix, by, held in ((ROW_AXIS, 0, "t"), (COLUMN_AXIS, 1, "k")):
        # Clear of the number at the upper end of the axis, which ends where this begins.
        texts = [[f"  error at {held} = {step}"] for step in steps]
        drawn.moving.append({"trace": len(drawn.figure["data"]), "by": by, "text": texts})
        drawn.add(heading(suffix, y_range))
    drawn.key = _key(planes, splits[0].budget, layer, y_range, mode)
    drawn.figure["layout"] = map_layout(planes, layer, ends, y_range)
    drawn.narrow = narrow_layout(planes, layer)
    return drawn


def _key(
    planes: list[Plane], budget: int, layer: str, y_range: tuple[float, float], mode: Mode
) -> list[KeyEntry]:
    """What the lines over the maps mean, and those beside them."""
    over_maps = (
        (f"thin black line: equal {'error' if layer == 'error' else 'bound'}", "solid", HALO),
        (f"white dashes: equal cost ({budget / 2:g}, {budget:g}, … products)", COST_DASH, INK),
        ("white line: best split of every budget", "solid", INK),
        ("best split of this budget", "star", INK),
        ("dotted cross: t and k below", CROSS_DASH, INK if mode == "dark" else HALO),
    )
    # As over the maps: on the page itself white or black is not seen.
    key: list[KeyEntry] = [
        {"text": text, "mark": mark, "color": color, "background": PATCH}
        for text, mark, color in over_maps
    ]
    key.append({"text": "beside the maps: measured error", "mark": "solid"})
    if np.isfinite(planes[0].paper).any():
        key += [
            {"text": "paper’s bound", "mark": BOUND_DASH},
            {"text": "sharp bound", "mark": SHARP_DASH},
        ]
    if rounding(planes) > 10 ** y_range[0]:
        key.append({"text": ROUNDING_NAME, "mark": "area", "color": neutral(mode)})
    return key


def _map(
    plane: Plane, split: Split, layer: str, suffix: str, ends: tuple[float, float]
) -> list[dict[str, Any]]:
    """Colours, contours, lines of equal cost, the best split of every budget and of this one."""
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": False}
    values = packed(np.log10(layer_values(plane, layer)), "f4")
    steps = packed(plane.steps)
    path = plane.frontier
    spacing = max(1, math.ceil((ends[1] - ends[0]) / MOST_CONTOURS))
    return [
        {
            "type": "heatmap",
            "x": steps,
            "y": steps,
            "z": values,
            "coloraxis": "coloraxis",
            "hoverinfo": "none",
            **axes,
        },
        _contours(
            values,
            steps,
            axes,
            {"start": ends[0], "end": ends[1], "size": spacing, "showlabels": False},
            {"color": HALO, "width": 1},
        ),
        _contours(
            packed(plane.products, "f4"),
            steps,
            axes,
            {
                "start": split.budget / 2,
                "end": 4 * split.budget,
                "size": split.budget / 2,
                # Labels would lie on the other lines: the key tells the cost.
                "showlabels": False,
            },
            {"color": INK, "width": 1.5, "dash": COST_DASH},
        ),
        *(
            {
                "type": "scatter",
                "mode": "lines",
                "x": packed(path.adjoint_steps, "f4"),
                "y": packed(path.inner_steps, "f4"),
                "line": {"color": color, "width": width},
                "hoverinfo": "skip",
                **axes,
            }
            for color, width in ((HALO, 6), (INK, 3))
        ),
        {
            "type": "scatter",
            "mode": "markers",
            "x": [split.adjoint_steps],
            "y": [split.inner_steps],
            "marker": {
                "symbol": "star",
                "size": 20,
                "color": INK,
                "line": {"color": HALO, "width": 2},
            },
            "cliponaxis": False,
            "hoverinfo": "skip",
            **axes,
        },
    ]


def _contours(
    values: Any, steps: Any, axes: dict[str, Any], contours: dict[str, Any], line: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": "contour",
        "x": steps,
        "y": steps,
        "z": values,
        "autocontour": False,
        "contours": {"coloring": "none", **contours},
        "line": line,
        "showscale": False,
        "hoverinfo": "skip",
        **axes,
    }
