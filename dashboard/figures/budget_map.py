"""The (t, k) plane as a map, with the row and the column of one cell beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import KeyEntry, Narrow, Reading, packed
from dashboard.kit.figure.axes import DECADES, NEGLIGIBLE, POWER_SIZE, ROUNDING_NAME, log_range
from dashboard.kit.figure.drawn import Drawn, annotation, shares
from dashboard.kit.notation import scientific
from dashboard.kit.theme import (
    AXIS_SIZE,
    BOUND_DASH,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
)
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.plane import Plane, Split

# Short, so that all three stand in one row of buttons.
LAYERS: dict[str, str] = {"error": "Error", "paper": "Paper", "sharp": "Sharp"}
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
# On the map, which is dark and light in places: black under white is seen on both.
INK, HALO = "#FFFFFF", "#000000"
PATCH = "#21918C"  # the middle of the colour scale: in the key, both are seen on it
MOST_CONTOURS = 9
MOST_TICKS = 5
ROUNDING_SHADE = 0.14
SHARP_DASH = "3px,3px"
COST_DASH = "6px,4px"
# In single precision there is nothing smaller; a logarithm has no 0.
SMALLEST = 1e-37


def relative(found: Plane, values: FloatArray) -> FloatArray:
    """In units of ‖∇f(λ)‖, if that is not 0."""
    norm = found.hypergradient_norm
    return np.asarray(values / norm if norm > 0 else values)


def layer_values(found: Plane, layer: str) -> FloatArray:
    """What the colours of a map mean, shape (T + 1, T + 1); more than 0."""
    values = {"error": found.errors, "paper": found.paper, "sharp": found.sharp}[layer]
    return np.maximum(relative(found, values), SMALLEST)


def color_range(planes: list[Plane], layer: str) -> tuple[float, float]:
    """Exponents of the ends of the common colour scale. Bounds within rounding go beyond it.

    An error of 100 % and what is a little more have a place on every scale, and its lower end
    moves by several decades, so that the same colour seldom comes to mean another error.
    """
    shown = []
    for found in planes:
        values = layer_values(found, layer)
        least = NEGLIGIBLE if layer == "error" else relative(found, np.array(found.floor))
        shown.append(values[np.isfinite(values) & (values >= least)])
    values = np.log10(np.concatenate(shown))
    if not len(values):
        return -float(DECADES), 1.0
    low = DECADES * math.floor(values.min() / DECADES)
    return float(low), float(max(math.ceil(values.max()), low + 1, 1))


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
        suffix = _suffix(place)
        drawn.figure["data"] += _map(found, split, layer, suffix, ends)
        drawn.cross(suffix, steps, by=1)
        drawn.cross(suffix, steps, along="y")
    drawn.cross(ROW_AXIS, steps, by=1)
    drawn.cross(COLUMN_AXIS, steps)
    y_range = _error_range(planes)
    for suffix in (ROW_AXIS, COLUMN_AXIS):
        drawn.add(_within_rounding(planes, y_range, suffix, mode))
    for found in planes:
        _curves(found, mode, drawn)
    for suffix, by, held in ((ROW_AXIS, 0, "t"), (COLUMN_AXIS, 1, "k")):
        # Clear of the number at the upper end of the axis, which ends where this begins.
        texts = [[f"  error at {held} = {step}"] for step in steps]
        drawn.moving.append({"trace": len(drawn.figure["data"]), "by": by, "text": texts})
        drawn.add(_heading(suffix, y_range))
    drawn.key = _key(planes, splits[0].budget, y_range, mode)
    drawn.figure["layout"] = _layout(planes, layer, ends, y_range)
    drawn.narrow = _narrow(planes, layer)
    return drawn


def _key(
    planes: list[Plane], budget: int, y_range: tuple[float, float], mode: Mode
) -> list[KeyEntry]:
    """What the lines over the maps mean, and those beside them."""
    over_maps = (
        ("thin black line: equal colour", "solid", HALO),
        (f"white dashes: equal cost, {budget / 2:g} products apart", COST_DASH, INK),
        ("white line: best split of every budget", "solid", INK),
        ("best split of this budget", "star", INK),
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
    if _rounding(planes) > 10 ** y_range[0]:
        key.append({"text": ROUNDING_NAME, "mark": "area", "color": neutral(mode)})
    return key


def _map(
    found: Plane, split: Split, layer: str, suffix: str, ends: tuple[float, float]
) -> list[dict[str, Any]]:
    """Colours, contours, lines of equal cost, the best split of every budget and of this one."""
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "showlegend": False}
    values = packed(np.log10(layer_values(found, layer)), "f4")
    steps = packed(found.steps)
    path = found.frontier
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
            packed(found.products, "f4"),
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


def _curves(found: Plane, mode: Mode, drawn: Drawn) -> None:
    """Row and column of the cell: the measured error, and both bounds."""
    style = METHOD_STYLES[found.method]
    color = style.color(mode)
    label = METHODS[found.method].label
    reading: Reading = {
        "name": label,
        "color": color,
        "marker": style.marker,
        "rounding": float(relative(found, np.array(found.floor))),
        "trace": 0,
        "bounds": [],
    }
    layers = {
        "error": (found.errors, style.width, "solid"),
        "sharp": (found.sharp, 2.0, SHARP_DASH),
        "paper": (found.paper, 2.5, style.dash),
    }
    for name, (values, width, dash) in layers.items():
        drawable = np.where(np.isfinite(values), relative(found, values), np.nan)
        # Seven digits are more than a screen shows, and half to send while a hand moves. The
        # columns are in the rows.
        across = {"across": len(drawn.moving)}
        sides = ((ROW_AXIS, 0, packed(drawable, "f4")), (COLUMN_AXIS, 1, across))
        for suffix, by, rows in sides:
            trace = drawn.add(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{label}, {MAP_TITLES[name]}",
                    "x": packed(found.steps),
                    "y": packed(drawable[:, 0] if by else drawable[0], "f4"),
                    "line": {"color": color, "width": width, "dash": dash},
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "showlegend": False,
                    "hoverinfo": "skip",
                }
            )
            drawn.moving.append({"trace": trace, "by": by, "y": rows})
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
    """Exponents of the ends of the error axis of the curves."""
    return log_range(
        [relative(found, found.errors) for found in planes],
        [relative(found, bound) for found in planes for bound in (found.paper, found.sharp)],
        rounding=_rounding(planes),
    )


def _rounding(planes: list[Plane]) -> float:
    """The upper estimate of rounding, relative."""
    return max(float(relative(found, np.array(found.floor))) for found in planes)


def _within_rounding(
    planes: list[Plane], y_range: tuple[float, float], suffix: str, mode: Mode
) -> dict[str, Any]:
    """The part of the plot in which a bound says nothing: bounds are of exact arithmetic."""
    low, top = 10 ** y_range[0], _rounding(planes)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, int(planes[0].steps[-1]), int(planes[0].steps[-1]), 0],
        "y": [top, top, low, low] if top > low else [None] * 4,
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": faded(neutral(mode), ROUNDING_SHADE),
        "hoverinfo": "skip",
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


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
        suffix = _suffix(place)
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


def _narrow(planes: list[Plane], layer: str) -> Narrow:
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
    suffixes = [*(_suffix(place) for place in range(count)), ROW_AXIS, COLUMN_AXIS]
    for suffix, domain in zip(suffixes, rows, strict=True):
        layout[f"xaxis{suffix}"] = {"domain": [0.0, 1.0]}
        layout[f"yaxis{suffix}"] = {"domain": domain}
    for suffix in suffixes[:count]:
        named = {"text": "Inner steps t", "font": {"size": AXIS_SIZE}, "standoff": 6}
        layout[f"yaxis{suffix}"]["title"] = named
    return {"layout": layout, "height": NARROW_HEIGHTS[count]}


def _suffix(place: int) -> str:
    """What the axes of a map are called by."""
    return str(place + 1) if place else ""


def _map_names(
    planes: list[Plane], layer: str, corners: list[tuple[float, float]]
) -> list[dict[str, Any]]:
    """What each map shows, above its upper left corner."""
    return [
        annotation(f"<b>{METHODS[found.method].label}</b>, {MAP_TITLES[layer]}", x, y, LABEL_SIZE)
        for found, (x, y) in zip(planes, corners, strict=True)
    ]
