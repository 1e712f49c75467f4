"""The (t, k) plane as a map, with the row and the column of one cell beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import Reading, packed
from dashboard.figures.drawn import Drawn, annotation, title
from dashboard.figures.error_curves import NEARLY_ZERO, describe
from dashboard.notation import scientific
from dashboard.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode
from hypergrad_core import METHODS
from hypergrad_core.plane import Plane, Split, best_splits
from hypergrad_core.problem import FloatArray

LAYERS: dict[str, str] = {"error": "Error", "paper": "Paper’s bound", "sharp": "Sharp bound"}
MAP_TITLES = {"error": "error", "paper": "paper’s bound", "sharp": "sharp bound"}
# The curves lie beside the maps; a map is about square.
CURVES_AT = [0.785, 1.0]
MAPS_AT = {1: [[0.0, 0.62]], 2: [[0.0, 0.29], [0.345, 0.635]]}
ROW_AT, COLUMN_AT = [0.61, 1.0], [0.0, 0.38]
ROW_AXIS, COLUMN_AXIS = "8", "9"
COLOR_SCALE = "Viridis"
# On the map, which is dark and light in places: black under white is seen on both.
INK, HALO = "#FFFFFF", "#000000"
MOST_CONTOURS = 9


def relative(found: Plane, values: FloatArray) -> FloatArray:
    """In units of ‖∇f(λ)‖, if that is not 0."""
    norm = found.hypergradient_norm
    return np.asarray(values / norm if norm > 0 else values)


def layer_values(found: Plane, layer: str) -> FloatArray:
    """What the colours of a map mean, shape (T + 1, T + 1); not below the floor."""
    values = {"error": found.errors, "paper": found.paper, "sharp": found.sharp}[layer]
    return relative(found, np.maximum(values, found.floor))


def color_range(planes: list[Plane], layer: str) -> tuple[float, float]:
    """Exponents of the ends of the common colour scale."""
    logs = [np.log10(layer_values(found, layer)) for found in planes]
    finite = [values[np.isfinite(values)] for values in logs]
    if not any(values.size for values in finite):
        return -1.0, 0.0
    low = math.floor(min(float(values.min()) for values in finite if values.size))
    high = math.ceil(max(float(values.max()) for values in finite if values.size))
    return float(low), float(max(high, low + 1))


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
    for place, (found, split) in enumerate(zip(planes, splits, strict=True)):
        suffix = str(place + 1) if place else ""
        drawn.maps.append(len(drawn.figure["data"]))
        drawn.figure["data"] += _map(found, split, layer, suffix, ends)
        drawn.cross(suffix, steps, by=1)
        drawn.cross(suffix, steps, along="y")
    drawn.cross(ROW_AXIS, steps, by=1)
    drawn.cross(COLUMN_AXIS, steps)
    for found in planes:
        _curves(found, mode, drawn)
    y_range = _error_range(planes)
    for suffix, by, held in ((ROW_AXIS, 0, "t"), (COLUMN_AXIS, 1, "k")):
        texts = [[f"error at {held} = {step}"] for step in steps]
        drawn.moving.append({"trace": len(drawn.figure["data"]), "by": by, "text": texts})
        drawn.add(_heading(suffix, y_range))
    drawn.figure["layout"] = _layout(planes, layer, ends, y_range)
    return drawn


def _map(
    found: Plane, split: Split, layer: str, suffix: str, ends: tuple[float, float]
) -> list[dict[str, Any]]:
    """Colours, contours, lines of equal cost, the best split of every budget and of this one."""
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": False}
    values = packed(np.log10(layer_values(found, layer)), "f4")
    steps = packed(found.steps)
    path = best_splits(found)
    spacing = max(1, math.ceil((ends[1] - ends[0]) / MOST_CONTOURS))
    return [
        {
            "type": "heatmap",
            "x": steps,
            "y": steps,
            "z": values,
            "coloraxis": "coloraxis",
            "hovertemplate": "t = %{y}, k = %{x}<extra></extra>",
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
            packed(found.products, "f4"),
            steps,
            axes,
            {
                "start": split.budget / 2,
                "end": 4 * split.budget,
                "size": split.budget / 2,
                "showlabels": True,
                "labelfont": {"size": LABEL_SIZE - 3, "color": INK},
            },
            {"color": INK, "width": 1.5, "dash": "6px,4px"},
        ),
        *(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [item.adjoint_steps for item in path],
                "y": [item.inner_steps for item in path],
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


def _curves(found: Plane, mode: Mode, drawn: Drawn) -> None:
    """Row and column of the cell: the measured error, and both bounds."""
    style = METHOD_STYLES[found.method]
    color = style.color(mode)
    label = METHODS[found.method].label
    reading: Reading = {"name": label, "color": color, "trace": 0, "bounds": []}
    layers = {
        "error": (relative(found, found.errors), style.width, "solid"),
        "sharp": (layer_values(found, "sharp"), 2.0, "3px,3px"),
        "paper": (layer_values(found, "paper"), 2.5, style.dash),
    }
    for name, (values, width, dash) in layers.items():
        drawable = np.where(np.isfinite(values), np.maximum(values, NEARLY_ZERO), np.nan)
        for suffix, by, rows in ((ROW_AXIS, 0, drawable), (COLUMN_AXIS, 1, drawable.T)):
            trace = drawn.add(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{label}, {MAP_TITLES[name]}",
                    "x": packed(found.steps),
                    "y": packed(rows[0], "f4"),
                    "line": {"color": color, "width": width, "dash": dash},
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "showlegend": False,
                    "hoverinfo": "skip",
                }
            )
            # Seven digits are more than a screen shows, and half to send while a hand moves.
            drawn.moving.append({"trace": trace, "by": by, "y": packed(rows, "f4")})
            if name != "error":
                if by == 1:
                    reading["bounds"].append({"name": name, "trace": trace})
            elif by == 1:
                reading["trace"] = trace
            else:
                drawn.dots.append({"trace": trace, "color": color, "by": 1})
    products = drawn.hidden(found.products[:, 0])
    drawn.moving.append({"trace": products, "by": 1, "y": packed(found.products.T, "f4")})
    reading["bounds"].append({"name": "products", "trace": products, "plain": True})
    drawn.readings.append(reading)


def _error_range(planes: list[Plane]) -> tuple[float, float]:
    """Exponents of the ends of the error axis of the curves: errors and bounds that are drawn."""
    ends = [color_range(planes, layer) for layer in LAYERS if np.isfinite(planes[0].paper).any()]
    ends = ends or [color_range(planes, "error")]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _heading(suffix: str, y_range: tuple[float, float]) -> dict[str, Any]:
    """Which row or column it is; the text goes with the cursor."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": [0],
        "y": [10 ** y_range[1]],
        "text": [""],
        "textposition": "top right",
        "textfont": {"size": LABEL_SIZE},
        "cliponaxis": False,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _layout(
    planes: list[Plane], layer: str, ends: tuple[float, float], y_range: tuple[float, float]
) -> dict[str, Any]:
    horizon = int(planes[0].steps[-1])
    axis = {"range": [-0.5, horizon + 0.5], "showgrid": False, "zeroline": False}
    named = {"font": {"size": AXIS_SIZE}, "standoff": 6}
    every = max(1, round((ends[1] - ends[0]) / 6))
    ticks = list(range(int(ends[0]), int(ends[1]) + 1, every))
    layout: dict[str, Any] = {
        "title": title(describe(planes[0]), LABEL_SIZE),
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 66, "r": 20, "t": 76, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "annotations": [],
        "coloraxis": {
            "cmin": ends[0],
            "cmax": ends[1],
            "colorscale": COLOR_SCALE,
            "colorbar": {
                "orientation": "v",
                "x": MAPS_AT[len(planes)][-1][1] + 0.005,
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
    for place, found in enumerate(planes):
        suffix = str(place + 1) if place else ""
        domain = MAPS_AT[len(planes)][place]
        layout[f"xaxis{suffix}"] = {
            **axis,
            "domain": domain,
            "anchor": f"y{suffix}",
            "title": {**named, "text": "Adjoint steps k"},
        }
        layout[f"yaxis{suffix}"] = {
            **axis,
            "anchor": f"x{suffix}",
            **({} if place else {"title": {**named, "text": "Inner steps t"}}),
        }
        layout["annotations"].append(
            annotation(
                f"<b>{METHODS[found.method].label}</b>, {MAP_TITLES[layer]}",
                domain[0],
                1,
                LABEL_SIZE,
            )
        )
    for suffix, name, domain in ((ROW_AXIS, "k", ROW_AT), (COLUMN_AXIS, "t", COLUMN_AT)):
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
            "dtick": max(1, round((y_range[1] - y_range[0]) / 5)),
            "exponentformat": "power",
        }
    return layout
