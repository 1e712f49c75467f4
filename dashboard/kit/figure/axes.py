"""Logarithmic axes of errors: they end where the data do, and show what lies within rounding.

The estimate of rounding (``Curve.floor``) is an upper one: an error may well fall below it. It is
no level at which errors stay, so nothing is clamped at it and no axis has to reach it. But a bound
below it says nothing, because bounds are of exact arithmetic: there it is drawn faded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.kit.notation import scientific
from dashboard.kit.theme import AXIS_SIZE, FADED, LABEL_SIZE, Mode, halo, neutral
from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import DOUBLE_ROUNDOFF

# Plotly writes powers on logarithmic axes larger than it was told to.
POWER_SIZE = AXIS_SIZE / 1.25
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
# Of the height of the plot: levels that are nearer than this would have names on each other.
NAME_HEIGHT = 0.09


@dataclass(frozen=True)
class Plot:
    """The part of the plane that is drawn.

    Attributes:
        x, y: ends of the axes, exponents where they are logarithmic.
        logarithmic: whether the x axis is.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool

    def place(self, x: FloatArray) -> FloatArray:
        """From 0 at the left end of the x axis to 1 at the right one."""
        if self.logarithmic:
            x = np.log10(np.maximum(x, NEARLY_ZERO))
        return np.asarray((x - self.x[0]) / (self.x[1] - self.x[0]))

    @property
    def ends(self) -> tuple[float, float]:
        """Values at both ends of the x axis."""
        return (10 ** self.x[0], 10 ** self.x[1]) if self.logarithmic else self.x

    def lifted(self, y: float, by: float) -> float:
        """So much of the height of the plot above y."""
        return float(y * 10 ** (by * (self.y[1] - self.y[0])))


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
        "y": [max(value, NEARLY_ZERO)] * 2,
        "line": {"color": neutral(mode), "width": 2, "dash": dash},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def level_names(
    plot: Plot,
    levels: dict[str, float],
    curves: Iterable[tuple[FloatArray, FloatArray]],
    mode: Mode,
) -> dict[str, Any]:
    """The names of levels, just above their lines, at the end where fewer curves are in the way.

    Args:
        plot: the part of the plane that is drawn.
        levels: values by name; one outside the axis has no name.
        curves: x and y of all that is drawn.
        mode: light or dark.
    """
    placed = [(plot.place(x), y) for x, y in curves]
    low, high = plot.y
    x, y, text, sides = [], [], [], []
    taken: list[tuple[float, bool]] = []
    for name, value in levels.items():
        seen = value > 0 and low < math.log10(value) < high
        right = _is_right_freer(value, plot.lifted(value, 2 * NAME_LIFT), placed)
        if seen:
            # Two levels that are close have their names at different ends.
            near = [
                side
                for at, side in taken
                if abs(math.log10(value / at)) < NAME_HEIGHT * (high - low)
            ]
            right = not near[0] if near else right
            taken.append((value, right))
        # A place at each end, so that a name can change sides without a new element.
        for end, named in zip(plot.ends, (not right, right), strict=True):
            x.append(end)
            y.append(plot.lifted(value, NAME_LIFT) if seen and named else math.nan)
        text += [f"  {name}", f"{name}  "]
        sides += ["middle right", "middle left"]
    return {
        "type": "scatter",
        "mode": "text",
        "x": packed(x),
        "y": packed(y),
        "text": text,
        "textposition": sides,
        # Read over the curves that cross it all the same.
        "textfont": {"size": LABEL_SIZE, "color": neutral(mode), "shadow": halo(mode)},
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def target_name(target: float) -> str:
    """ε = 10⁻⁴."""
    return f"ε = {scientific(target)}"


def _is_right_freer(low: float, high: float, curves: list[tuple[FloatArray, FloatArray]]) -> bool:
    """Whether fewer curves pass between two heights at the right end than at the left one."""
    crowds = []
    for start, stop in ((0.0, NAME_WIDTH), (1 - NAME_WIDTH, 1.0)):
        there = [y[(start <= x) & (x <= stop) & np.isfinite(y)] for x, y in curves]
        crowds.append(sum(bool(len(y) and y.min() <= high and y.max() >= low) for y in there))
    return crowds[1] < crowds[0]
