"""Logarithmic axes of errors: they end where the data do, and show what lies within rounding.

The estimate of rounding (``Curve.floor``) is an upper one: an error may well fall below it. It is
no level at which errors stay, so nothing is clamped at it and no axis has to reach it. But a bound
below it says nothing, because bounds are of exact arithmetic: there it is drawn faded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.notation import scientific
from dashboard.theme import FADED, LABEL_SIZE, Mode, halo, neutral
from hypergrad_core.problem import DOUBLE_ROUNDOFF, FloatArray

# Drawn in place of a zero, which a logarithmic axis cannot show: far below any range. The chart
# reads it as 0.
NEARLY_ZERO = 1e-300
# The ends of an axis are multiples of so many decades, so that it seldom changes.
DECADES = 2
# Of ‖∇f(λ)‖: an error that is less is a zero but for chance, and does not stretch the axis.
NEGLIGIBLE = DOUBLE_ROUNDOFF / 1000
ROUNDING_NAME = "rounding (upper estimate)"
ROUNDING_DASH = "2px,5px"
TARGET_DASH = "10px,4px"
# A part of the width of a plot that the name of a level may take, from either side.
NAME_WIDTH = 0.22
# Of the height of the plot: from a level to the middle of its name.
NAME_LIFT = 0.035


def drawable(values: FloatArray) -> Any:
    """Packed for drawing on a logarithmic axis, zeros far below it."""
    return packed(np.maximum(values, NEARLY_ZERO))


def clear_of(values: FloatArray, rounding: float) -> FloatArray:
    """``values`` where they are not below the estimate of rounding, NaN elsewhere: a gap."""
    return np.asarray(np.where(values >= rounding, values, np.nan))


def log_range(
    measured: Iterable[FloatArray],
    bounds: Iterable[FloatArray] = (),
    *,
    rounding: float = 0.0,
    levels: Iterable[float] = (),
    scale: float = 1.0,
) -> tuple[float, float]:
    """Exponents of the ends of an axis on which all of this can be seen.

    Args:
        measured: curves that must not leave the frame.
        bounds: seen where they are not below ``rounding``; the rest may leave it.
        rounding: upper estimate of it. The axis does not go there for its sake.
        levels: single values that are to be seen as well.
        scale: ‖∇f(λ)‖ on this axis; 1 if errors are relative.
    """
    shown = [values[np.isfinite(values) & (values > NEGLIGIBLE * scale)] for values in measured]
    shown += [values[np.isfinite(values) & (values >= rounding)] for values in bounds]
    shown.append(np.array([level for level in levels if level > 0]))
    values = np.concatenate([part[part > NEARLY_ZERO] for part in shown])
    if not len(values):
        return -float(DECADES), 0.0
    # A little room, so that no line lies on the frame.
    low = DECADES * math.floor((math.log10(values.min()) - 0.15) / DECADES)
    high = DECADES * math.ceil((math.log10(values.max()) + 0.15) / DECADES)
    return float(low), float(high)


def bound_traces(
    x: FloatArray, values: FloatArray, rounding: float, *, name: str, line: dict[str, Any]
) -> list[dict[str, Any]]:
    """A bound as it is: first all of it, faded, then over it what says more than rounding.

    The cursor reads the first of the two, which has a value everywhere.
    """
    shared = {
        "type": "scatter",
        "mode": "lines",
        "x": packed(x),
        "line": line,
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [
        {**shared, "name": f"{name}, all", "y": drawable(values), "opacity": FADED},
        {**shared, "name": name, "y": packed(clear_of(values, rounding))},
    ]


def level_line(ends: tuple[float, float], value: float, mode: Mode, dash: str) -> dict[str, Any]:
    """A line across the plot."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(ends),
        "y": [value, value],
        "line": {"color": neutral(mode), "width": 2, "dash": dash},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def level_names(
    ends: tuple[float, float],
    levels: dict[str, float],
    exponents: tuple[float, float],
    curves: Iterable[tuple[FloatArray, FloatArray]],
    mode: Mode,
) -> dict[str, Any]:
    """The names of levels, just above their lines, at the end where fewer curves are in the way.

    Args:
        ends: of the x axis.
        levels: values by name; one outside the axis has no name.
        exponents: of the ends of the y axis.
        curves: x and y of all that is drawn. ``x`` may be any rising axis.
        mode: light or dark.
    """
    low, high = exponents
    lift = 10 ** (NAME_LIFT * (high - low))
    curves = list(curves)
    x, y, text, places = [], [], [], []
    for name, value in levels.items():
        seen = value > 0 and low < math.log10(value) < high
        side = _free_side(ends, value, value * lift**2, curves)
        for place in (0, 1):
            x.append(ends[place])
            y.append(value * lift if seen and side == place else math.nan)
            text.append(f"  {name}" if place == 0 else f"{name}  ")
            places.append("middle right" if place == 0 else "middle left")
    return {
        "type": "scatter",
        "mode": "text",
        "x": packed(x),
        "y": packed(y),
        "text": text,
        "textposition": places,
        # Read over the curves that cross it all the same.
        "textfont": {"size": LABEL_SIZE, "color": neutral(mode), "shadow": halo(mode)},
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def target_name(target: float) -> str:
    """ε = 10⁻⁴."""
    return f"ε = {scientific(target)}"


def _free_side(
    ends: tuple[float, float],
    low: float,
    high: float,
    curves: list[tuple[FloatArray, FloatArray]],
) -> int:
    """0 for the left end or 1 for the right one: where fewer curves pass between two heights."""
    width = NAME_WIDTH * (ends[1] - ends[0])
    crowds = []
    for start, stop in ((ends[0], ends[0] + width), (ends[1] - width, ends[1])):
        crowd = 0
        for x, y in curves:
            inside = y[(x >= start) & (x <= stop)]
            inside = inside[np.isfinite(inside)]
            crowd += bool(len(inside) and inside.min() <= high and inside.max() >= low)
        crowds.append(crowd)
    return int(crowds[1] < crowds[0])
