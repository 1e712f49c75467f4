"""Error against effort: measured and bounded, one colour a method."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import Bound, Narrow, packed
from dashboard.kit.figure.axes import (
    DECADES,
    POWER_SIZE,
    ROUNDING_DASH,
    ROUNDING_NAME,
    TARGET_DASH,
    Plot,
    bound_traces,
    drawable,
    level_line,
    level_names,
    log_range,
    target_name,
)
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import count
from dashboard.kit.theme import AXIS_SIZE, FONT, Mode, faded
from dashboard.screens.explore.figure.lines import Line, focus, unit
from dashboard.screens.explore.figure.marks import along, crossings, end_names, key_of
from dashboard.screens.explore.settings import View
from hypergrad_core import Experiment
from hypergrad_core.arrays import FloatArray

BOUND_NAMES = {"paper": "paper’s bound", "sharp": "sharp bound"}
X_TITLES = {
    "products": "Jacobian–vector products (an evaluation of Φ counts as one)",
    "floats": "Floating-point numbers in memory (without the data)",
}
STEP_TITLES = {
    "both": "Iterations t = k",
    "adjoint": "Adjoint steps k",
    "inner": "Inner steps t",
}
ERROR_TITLES = {
    "relative": "Relative error of the hypergradient",
    "absolute": "Absolute error of the hypergradient",
}
# Products are drawn on a logarithmic axis where the most are so many times the fewest.
SPREAD = 10
# Up to this horizon each step has a tick.
FEW_DECADES = 2
FEW_STEPS = 10
# Ticks of the error axis, at the most.
MOST_TICKS = 9


def effort_axis(lines: tuple[Line, ...], view: View) -> tuple[bool, tuple[float, float]]:
    """Whether the x axis is logarithmic, and its ends (then exponents)."""
    lasts = [float(line.x[-1]) for line in lines] or [1.0]
    largest = max(float(line.x.max()) for line in lines) if lines else 1.0
    spread = view.x_axis == "products" and max(lasts) > SPREAD * min(lasts)
    if not spread and view.x_axis != "floats":
        return False, (0.0, max(largest, 1.0))
    firsts = [float(line.x[line.x > 0].min(initial=math.inf)) for line in lines]
    smallest = min([first for first in firsts if math.isfinite(first)], default=1.0)
    left = math.floor(10 * (math.log10(smallest) - 0.05)) / 10
    right = math.ceil(10 * (math.log10(max(largest, 10 * smallest)) + 0.05)) / 10
    return True, (left, right)


def error_curves(experiment: Experiment, lines: tuple[Line, ...], view: View, mode: Mode) -> Drawn:
    """The figure of these lines, and what its cursor reads."""
    drawn = Drawn()
    bounds = [values for line in lines for values in line.bounds.values()]
    rounding = max((line.rounding for line in lines), default=0.0)
    y_range = log_range(
        [line.error for line in lines],
        bounds,
        rounding=rounding,
        levels=[view.target],
        scale=experiment.constants.hypergradient_norm / unit(experiment, view),
    )
    logarithmic, x_range = effort_axis(lines, view)
    plot = Plot(x_range, y_range, logarithmic)
    in_focus = focus(experiment, view)
    for line in lines:
        # Pressing the card of the method in focus changes nothing.
        _curve(drawn, line, mode, "" if line.method == in_focus else line.method)
    for line in lines:
        drawn.add(along(line, mode))
    drawn.add(level_line(plot.ends, rounding, mode, ROUNDING_DASH))
    drawn.add(level_line(plot.ends, view.target, mode, TARGET_DASH))
    marks, edge = crossings(lines, view.target, plot, mode, steps=view.x_axis == "steps")
    for trace in marks:
        drawn.add(trace)
    drawn.add(
        level_names(
            plot,
            {ROUNDING_NAME: rounding, target_name(view.target): view.target},
            [(line.x, values) for line in lines for values in (line.error, *line.bounds.values())],
            mode,
        )
    )
    drawn.name(edge)
    drawn.name(end_names(lines, plot, mode))
    if lines and all(np.array_equal(line.x, lines[0].x) for line in lines):
        # One line across the plot makes sense only where all curves are at the same x.
        drawn.cross("", lines[0].x)
    drawn.key = key_of(lines, view.bound, experiment.scenario.horizon)
    drawn.figure["layout"] = _layout(experiment, view, plot)
    drawn.narrow = _narrow(drawn.figure["layout"]["xaxis"]["title"]["text"], plot)
    return drawn


def _narrow(title: str, plot: Plot) -> Narrow:
    """Less at the sides and along the horizontal axis, its title without what is in brackets."""
    return {
        "layout": {
            "margin": {"l": 76, "r": 112, "t": 12, "b": 56},
            "xaxis": {"title": {"text": title.split(" (")[0]}, **_few_decades(plot, (1, 3))},
        },
        "height": 300,
    }


def _curve(drawn: Drawn, line: Line, mode: Mode, to_focus: str) -> None:
    """A measured curve, its bounds, and the gap between them."""
    color = line.style.color(mode)
    measured = drawn.add(
        {
            "type": "scatter",
            "mode": "lines",
            "name": line.label,
            "legendgroup": line.method,
            "x": packed(line.x),
            "y": drawable(line.error),
            "line": {"color": color, "width": line.style.width},
        }
    )
    # The first bound of the two is the lower one: its gap lies next to the curve.
    edge = line.error
    for number, values in enumerate(line.bounds.values()):
        edge = np.where(values >= line.rounding, values, edge)
        drawn.add(_gap(line, edge, faded(color, 0.06 if number else 0.13)))
    read: list[Bound] = []
    for name, values in line.bounds.items():
        whole, clear = bound_traces(
            line.x,
            values,
            line.rounding,
            name=f"{line.label}, {BOUND_NAMES[name]}",
            line={
                "color": color,
                "width": 2.5 if name == "paper" else 2,
                "dash": line.style.dash if name == "paper" else "3px,3px",
            },
        )
        read.append({"name": name, "trace": drawn.add(whole)})
        drawn.add(clear)
    drawn.readings.append(
        {
            "name": line.label,
            "color": color,
            "marker": line.style.marker,
            "focus": to_focus,
            "rounding": line.rounding,
            "trace": measured,
            "bounds": read,
        }
    )


def _gap(line: Line, edge: FloatArray, color: str) -> dict[str, Any]:
    """An area down to the trace before; none where a bound says nothing."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(line.x, "f4"),
        "y": packed(np.maximum(edge, 1e-37), "f4"),
        "line": {"width": 0},
        "fill": "tonexty",
        "fillcolor": color,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _few_decades(plot: Plot, digits: tuple[int, ...] = (1, 2, 5)) -> dict[str, Any]:
    """Ticks at these digits of a logarithmic axis that is too short for one a decade."""
    low, high = plot.x
    if not plot.logarithmic or high - low > FEW_DECADES:
        return {}
    exponents = range(math.floor(low), math.ceil(high))
    ticks = [digit * 10**exponent for exponent in exponents for digit in digits]
    seen = [tick for tick in ticks if 10**low <= tick <= 10**high]
    return {"tickmode": "array", "tickvals": seen, "ticktext": [count(tick) for tick in seen]}


def _layout(experiment: Experiment, view: View, plot: Plot) -> dict[str, Any]:
    title = X_TITLES.get(view.x_axis, STEP_TITLES[experiment.scenario.vary])
    few = view.x_axis == "steps" and plot.x[1] <= FEW_STEPS
    tick = 1 if plot.logarithmic or few else None
    low, high = plot.y
    return {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 134, "t": 14, "b": 58},
        "showlegend": False,
        "xaxis": {
            "title": {"text": title, "font": {"size": AXIS_SIZE}},
            "type": "log" if plot.logarithmic else "linear",
            "range": list(plot.x),
            "exponentformat": "power",
            **({"tickfont": {"size": POWER_SIZE}} if plot.logarithmic else {}),
            # One tick a decade or a step; else Plotly chooses.
            **({"dtick": tick} if tick else {}),
            **_few_decades(plot),
        },
        "yaxis": {
            "title": {"text": ERROR_TITLES[view.error], "font": {"size": AXIS_SIZE}},
            "type": "log",
            "range": list(plot.y),
            # Never between two decades, so that ticks stay powers.
            "dtick": math.ceil((high - low) / MOST_TICKS / DECADES) * DECADES
            if high - low > MOST_TICKS
            else 1,
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
        },
        "uirevision": f"{view.x_axis} {view.error} {experiment.scenario.family}",
    }
