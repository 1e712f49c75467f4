"""The row and the column of one cell, as curves beside the maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import Reading, packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.theme import (
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
)
from dashboard.screens.budget.figure.layout import COLUMN_AXIS, MAP_TITLES, ROW_AXIS
from dashboard.screens.budget.figure.values import relative, rounding
from hypergrad_core import METHODS
from hypergrad_core.studies.plane import Plane

ROUNDING_SHADE = 0.14
SHARP_DASH = "3px,3px"


def curves(plane: Plane, mode: Mode, drawn: Drawn) -> None:
    """Row and column of the cell: the measured error, and both bounds."""
    style = METHOD_STYLES[plane.method]
    color = style.color(mode)
    label = METHODS[plane.method].label
    reading: Reading = {
        "name": label,
        "color": color,
        "marker": style.marker,
        "rounding": float(relative(plane, np.array(plane.floor))),
        "trace": 0,
        "bounds": [],
    }
    layers = {
        "error": (plane.errors, style.width, "solid"),
        "sharp": (plane.sharp, 2.0, SHARP_DASH),
        "paper": (plane.paper, 2.5, style.dash),
    }
    for name, (values, width, dash) in layers.items():
        drawable = np.where(np.isfinite(values), relative(plane, values), np.nan)
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
                    "x": packed(plane.steps),
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
    products = drawn.hidden(plane.products[:, 0])
    drawn.moving.append({"trace": products, "by": 1, "y": packed(plane.products.T, "f4")})
    reading["bounds"].append({"name": "products", "trace": products, "plain": True})
    drawn.readings.append(reading)


def within_rounding(
    planes: list[Plane], y_range: tuple[float, float], suffix: str, mode: Mode
) -> dict[str, Any]:
    """The part of the plot in which a bound says nothing: bounds are of exact arithmetic."""
    low, top = 10 ** y_range[0], rounding(planes)
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


def heading(suffix: str, y_range: tuple[float, float]) -> dict[str, Any]:
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
