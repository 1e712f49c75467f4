"""Error against effort: measured and bounded, one colour a method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dashboard.chart import Figure, Reading, packed
from dashboard.figures.axes import NEARLY_ZERO as NEARLY_ZERO
from dashboard.notation import count, scientific
from dashboard.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    Style,
    faded,
    halo,
    neutral,
)
from dashboard.view import View
from hypergrad_core import METHODS, Curve, Experiment, Scenario
from hypergrad_core.complexity import Crossing, crossing, first_to_stay
from hypergrad_core.problem import FloatArray

# The range of the error axis ends at multiples of this many decades, so that it seldom changes.
DECADES = 2
MARKERS = 7
BOUND_NAMES = {"paper": "paper’s bound", "sharp": "sharp bound"}
X_TITLES = {
    "products": "Jacobian–vector products (an evaluation of Φ counts as one)",
    "floats": "Numbers kept in memory",
}
KEYS = {
    "none": "━ measured    ■ reaches ε",
    "paper": "━ measured   ╍ paper’s bound    ■ reaches ε   □ paper’s bound predicts (→ beyond T)",
    "sharp": "━ measured   ┅ sharp bound    ■ reaches ε   □ sharp bound predicts",
    "both": (
        "━ measured   ╍ paper’s bound   ┅ sharp bound    "
        "■ reaches ε   □ paper’s bound predicts (→ beyond T)"
    ),
}
# Plotly writes powers on logarithmic axes larger than it was told to.
POWER_SIZE = AXIS_SIZE / 1.25
# Of the width of the plot: between two numbers at its right edge, and for each of their signs.
EDGE_GAP, EDGE_WIDTH = 0.03, 0.012
# Of the height of the plot: from a line to the middle of its name.
NAME_LIFT = 0.033
# Characters of a title that fit on one line at 1440 pixels.
LONGEST_TITLE = 140
STEP_TITLES = {
    "both": "Iterations t = k",
    "adjoint": "Adjoint steps k",
    "inner": "Inner steps t",
}


@dataclass(frozen=True)
class Line:
    """One curve, ready to be drawn.

    Attributes:
        method: its key.
        x: shape (P,).
        error: in the units shown, shape (P,).
        bounds: those shown, by "sharp" and "paper", each of shape (P,); not below the floor,
            because a bound says nothing of rounding.
        crossing: of the target.
    """

    method: str
    x: FloatArray
    error: FloatArray
    bounds: dict[str, FloatArray]
    crossing: Crossing

    @property
    def style(self) -> Style:
        """How the method is drawn."""
        return METHOD_STYLES[self.method]

    @property
    def label(self) -> str:
        """Name of the method."""
        return METHODS[self.method].label


def unit(experiment: Experiment, view: View) -> float:
    """What errors are divided by."""
    norm = experiment.constants.hypergradient_norm
    return norm if view.error == "relative" and norm > 0 else 1.0


def effort(curve: Curve, view: View) -> FloatArray:
    """The x-coordinates of a curve, shape (P,)."""
    values = {
        "steps": curve.steps,
        "products": curve.estimate.products,
        "floats": curve.estimate.stored_floats,
    }[view.x_axis]
    return values.astype(np.float64)


def extract_lines(experiment: Experiment, view: View) -> tuple[Line, ...]:
    """The curves of the experiment in the units of the view."""
    scale = unit(experiment, view)
    shown: tuple[str, ...] = ("sharp", "paper") if view.bound == "both" else (view.bound,)
    if experiment.constants.contraction >= 1:
        shown = ()
    lines = []
    for curve in experiment.curves:
        values = {"sharp": curve.sharp.values, "paper": curve.paper.values}
        lines.append(
            Line(
                method=curve.method,
                x=effort(curve, view),
                error=curve.errors / scale,
                bounds={
                    name: np.maximum(values[name], curve.floor) / scale
                    for name in shown
                    if name != "none"
                },
                crossing=crossing(experiment, curve, view.target * scale),
            )
        )
    return tuple(lines)


def error_range(lines: tuple[Line, ...], floor: float, target: float) -> tuple[float, float]:
    """Exponents of the ends of the error axis: everything shown, at coarse steps."""
    shown = [line.error for line in lines] + [b for line in lines for b in line.bounds.values()]
    tops = [float(np.nanmax(values)) for values in shown] or [1.0]
    high = math.ceil((math.log10(max(*tops, target, 1e-300)) + 0.3) / DECADES) * DECADES
    low = math.floor((math.log10(max(min(floor, target), 1e-300)) - 0.3) / DECADES) * DECADES
    return float(low), float(max(high, low + DECADES))


def effort_range(lines: tuple[Line, ...], view: View) -> tuple[float, float]:
    """Ends of the x axis (exponents where it is logarithmic)."""
    largest = max((float(line.x.max()) for line in lines), default=1.0)
    if view.x_axis == "floats":
        smallest = min((float(line.x.min()) for line in lines), default=1.0)
        return math.log10(smallest) - 0.1, math.log10(max(largest, 10.0)) + 0.1
    return 0.0, max(largest, 1.0)


def error_curves(
    experiment: Experiment, view: View, mode: Mode
) -> tuple[Figure, list[Reading], tuple[Line, ...]]:
    """The figure, what its cursor reads, and the lines that were drawn."""
    lines = extract_lines(experiment, view)
    scale = unit(experiment, view)
    floor = max((curve.floor for curve in experiment.curves), default=1e-16) / scale
    low, high = error_range(lines, floor, view.target)
    left, right = effort_range(lines, view)
    ends = (10**left, 10**right) if view.x_axis == "floats" else (left, right)

    traces: list[dict[str, Any]] = []
    readings: list[Reading] = []
    for line in lines:
        reading: Reading = {
            "name": line.label,
            "color": line.style.color(mode),
            "trace": len(traces),
            "bounds": [],
        }
        traces.append(_measured(line, mode))
        for number, (name, values) in enumerate(line.bounds.items()):
            reading["bounds"].append({"name": name, "trace": len(traces)})
            traces.append(_bound(line, name, values, mode, filled=number == 0))
        readings.append(reading)
    traces.extend(_markers(line, mode) for line in lines)
    traces.append(_level(ends, floor, mode, dash="2px,5px"))
    traces.append(_level(ends, view.target, mode, dash="10px,4px"))
    traces.append(_level_names(ends, floor, view, mode, high - low))
    traces.append(_crossings(lines, view, mode, predicted=False))
    if any(line.bounds for line in lines):
        traces.append(_crossings(lines, view, mode, predicted=True))
    if any("paper" in line.bounds for line in lines):
        traces.extend(_beyond(experiment, lines, view, mode, (left, right), high - low))
    traces.append(_end_labels(lines, mode, (low, high)))
    layout = _layout(experiment, view, (left, right), (low, high))
    return {"data": traces, "layout": layout}, readings, lines


def _values(values: FloatArray) -> Any:
    """Packed for drawing; a zero, which a logarithmic axis cannot show, goes far below it."""
    return packed(np.maximum(values, NEARLY_ZERO))


def _measured(line: Line, mode: Mode) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": line.label,
        "legendgroup": line.method,
        "x": packed(line.x),
        "y": _values(line.error),
        "line": {"color": line.style.color(mode), "width": line.style.width},
        "hovertemplate": f"{line.label} %{{y:.2e}}<extra></extra>",
    }


def _bound(line: Line, name: str, values: FloatArray, mode: Mode, filled: bool) -> dict[str, Any]:
    color = line.style.color(mode)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{line.label}, {BOUND_NAMES[name]}",
        "legendgroup": line.method,
        "x": packed(line.x),
        "y": _values(values),
        "line": {
            "color": color,
            "width": 2.5 if name == "paper" else 2,
            "dash": line.style.dash if name == "paper" else "3px,3px",
        },
        # The gap between the measured error and the first bound above it.
        "fill": "tonexty",
        "fillcolor": faded(color, 0.13 if filled else 0.06),
        "hovertemplate": f"{line.label}, {BOUND_NAMES[name]} %{{y:.2e}}<extra></extra>",
    }


def _markers(line: Line, mode: Mode) -> dict[str, Any]:
    """A few markers along the measured line: the second cue beside its colour."""
    # Each method starts at another place, so that coinciding lines both show their markers.
    shift = list(METHOD_STYLES).index(line.method) / len(METHOD_STYLES)
    places = np.unique(
        ((np.arange(MARKERS) + shift) / MARKERS * (len(line.x) - 1)).round().astype(np.int64)
    )
    return {
        "type": "scatter",
        "mode": "markers",
        "legendgroup": line.method,
        "showlegend": False,
        "x": packed(line.x[places]),
        "y": _values(line.error[places]),
        "marker": {
            "color": line.style.color(mode),
            "symbol": line.style.marker,
            "size": 11,
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
    }


def _level(ends: tuple[float, float], value: float, mode: Mode, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(ends),
        "y": [value, value],
        "line": {"color": neutral(mode), "width": 2, "dash": dash},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _level_names(
    ends: tuple[float, float], floor: float, view: View, mode: Mode, decades: float
) -> dict[str, Any]:
    # Just above the line, whatever the range.
    lift = 10 ** (NAME_LIFT * decades)
    return {
        "type": "scatter",
        "mode": "text",
        "x": [ends[0], ends[0]],
        "y": [floor * lift, view.target * lift],
        "text": ["  floating-point floor", f"  ε = {scientific(view.target)}"],
        "textposition": "middle right",
        # Read over the curves that cross it.
        "textfont": {"size": LABEL_SIZE, "color": neutral(mode), "shadow": halo(mode)},
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _crossings(
    lines: tuple[Line, ...], view: View, mode: Mode, *, predicted: bool
) -> dict[str, Any]:
    """Where each method meets the target: filled as measured, hollow as its bound predicts."""
    x, symbols, colors, names = [], [], [], []
    for line in lines:
        index = line.crossing.index
        if predicted:
            bound = line.bounds["sharp" if view.bound == "sharp" else "paper"]
            index = first_to_stay(bound, view.target)
        x.append(math.nan if index is None else float(line.x[index]))
        symbols.append(line.style.marker + ("-open" if predicted else ""))
        colors.append(line.style.color(mode))
        word = "predicted" if predicted else "measured"
        names.append(f"{line.label} reaches ε ({word})")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed(x),
        "y": [view.target] * len(x),
        "marker": {
            "symbol": symbols,
            "color": colors,
            "size": 17,
            "line": {"width": 3, "color": colors},
        },
        "text": names,
        "hovertemplate": "%{text}: %{x}<extra></extra>",
        "cliponaxis": False,
        "showlegend": False,
    }


def _beyond(
    experiment: Experiment,
    lines: tuple[Line, ...],
    view: View,
    mode: Mode,
    ends: tuple[float, float],
    decades: float,
) -> list[dict[str, Any]]:
    """What the paper's bound predicts beyond the horizon: hollow marks at the right edge.

    They stand in a row, the last number outermost; equal numbers share a place.
    """
    steps = [_step_beyond(experiment, line, view) for line in lines]
    texts = {step: _number_beyond(step, view) for step in steps if step is not None}
    places = sorted(texts, reverse=True)
    width = EDGE_GAP + EDGE_WIDTH * max(map(len, texts.values()), default=0)
    left, right = ends
    x, text_x, written = [], [], []
    for place, step in enumerate(steps):
        if step is None:
            x.append(math.nan)
        else:
            along = right - (right - left) * (0.5 * EDGE_GAP + width * places.index(step))
            x.append(10**along if view.x_axis == "floats" else along)
        first = step is not None and steps.index(step) == place
        text_x.append(x[-1] if first else math.nan)
        written.append("" if step is None else texts[step])
    colors = [line.style.color(mode) for line in lines]
    shared = {"cliponaxis": False, "showlegend": False}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(x),
            "y": [view.target] * len(x),
            "marker": {
                "symbol": [f"{line.style.marker}-open" for line in lines],
                "color": colors,
                "size": 17,
                "line": {"width": 3, "color": colors},
            },
            "text": [
                f"{line.label} reaches ε (predicted beyond T): {number}"
                for line, number in zip(lines, written, strict=True)
            ],
            "hovertemplate": "%{text}<extra></extra>",
            **shared,
        },
        {
            "type": "scatter",
            "mode": "text",
            "x": packed(text_x),
            # Above the mark, whatever the range.
            "y": [view.target * 10 ** (NAME_LIFT * decades)] * len(x),
            "text": written,
            "textposition": "top left",
            "textfont": {"size": LABEL_SIZE, "color": colors, "shadow": halo(mode)},
            "hoverinfo": "skip",
            **shared,
        },
    ]


def _step_beyond(experiment: Experiment, line: Line, view: View) -> int | None:
    """The step beyond the horizon at which the paper's bound, if it is shown, reaches ε."""
    curve = experiment.curve(line.method)
    assert curve is not None
    step = line.crossing.paper
    within_rounding = view.target * unit(experiment, view) < curve.floor
    if "paper" not in line.bounds or within_rounding or step is None:
        return None
    return step if step > experiment.scenario.horizon else None


def _number_beyond(step: int, view: View) -> str:
    number = count(step) if step < 10**5 else scientific(step)
    # On an axis of costs a number alone would be read as a cost.
    return f"{number} →" if view.x_axis == "steps" else f"{number} steps →"


def _end_labels(
    lines: tuple[Line, ...], mode: Mode, exponents: tuple[float, float]
) -> dict[str, Any]:
    """The name of each method at the end of its line, moved apart where ends meet."""
    low, high = exponents
    ends = sorted(
        (math.log10(min(max(float(line.error[-1]), 10**low), 10**high)), -number)
        for number, line in enumerate(lines)
    )
    gap = 0.052 * (high - low)
    heights: list[float] = []
    placed: list[Line] = []
    for height, number in ends:
        line = lines[-number]
        near = [
            other
            for other, before in zip(heights, placed, strict=True)
            if abs(before.x[-1] - line.x[-1]) < 0.1 * max(line.x[-1], 1)
        ]
        heights.append(max([height, *(other + gap for other in near)]))
        placed.append(line)
    return {
        "type": "scatter",
        "mode": "text",
        "x": [float(line.x[-1]) for line in placed],
        "y": [10**height for height in heights],
        "text": [f"  <b>{line.label}</b>" for line in placed],
        "textposition": "middle right",
        "textfont": {
            "size": LABEL_SIZE,
            "color": [line.style.color(mode) for line in placed],
        },
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


class Described(Protocol):
    """What :func:`describe` names: an experiment, a plane, …"""

    @property
    def scenario(self) -> Scenario:
        """What was run."""

    @property
    def state_size(self) -> int:
        """d of the problem."""

    @property
    def hyper_size(self) -> int:
        """m of the problem."""


def describe(experiment: Described) -> str:
    """One line that names the run, for titles and exports."""
    scenario = experiment.scenario
    family = scenario.problem_family
    parts = [family.label]
    if len(family.data) > 1:
        # Without the size of the data, because d, m and n follow.
        parts.append(family.data[scenario.data].label.partition(" (")[0])
    parts.append(f"q = {scenario.contraction:g}")
    kappa = f"κ = {scenario.condition_number:.4g}"
    if scenario.contraction < 1:
        parts.append(kappa)
    parts.append(f"d = {count(experiment.state_size)}")
    parts.append(f"m = {count(experiment.hyper_size)}")
    if "samples" in family.uses:
        parts.append(f"n = {count(scenario.sample_size)}")
    if "spectrum" in family.uses:
        parts.append(f"spectrum {scenario.spectrum}")
    if scenario.vary == "adjoint":
        exact = scenario.inner == "exact"
        parts.append("wₜ exact" if exact else f"t = {scenario.inner_steps}")
    if scenario.inner == "heavy-ball":
        parts.append("heavy ball")
    if scenario.vary == "inner":
        parts.append(f"k = {scenario.adjoint_steps}")
    if scenario.vary == "both" and "itd-truncated" in scenario.methods:
        parts.append(f"truncation k = {scenario.adjoint_steps}")
    if scenario.start > 0:
        parts.append(f"start {scenario.start:g}")
    if scenario.precision != "double":
        parts.append(scenario.precision)
    parts.append(f"seed {scenario.seed}")
    said = " · ".join(parts)
    # Where there is no room, κ goes first, because q tells it.
    return said if len(said) <= LONGEST_TITLE else said.replace(f"{kappa} · ", "")


def _layout(
    experiment: Experiment,
    view: View,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> dict[str, Any]:
    title = X_TITLES.get(view.x_axis, STEP_TITLES[experiment.scenario.vary])
    return {
        "title": {
            "text": describe(experiment),
            "font": {"size": LABEL_SIZE},
            "x": 0.01,
            "xanchor": "left",
            "y": 0.985,
            "yanchor": "top",
        },
        "annotations": [
            {
                "text": KEYS[view.bound if experiment.constants.contraction < 1 else "none"],
                "font": {"size": LABEL_SIZE},
                "showarrow": False,
                "xref": "paper",
                "yref": "paper",
                "x": 1,
                "xanchor": "right",
                "y": 1,
                "yanchor": "bottom",
                "yshift": 6,
            }
        ],
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 134, "t": 66, "b": 58},
        "showlegend": False,
        "hovermode": "x unified" if view.x_axis == "steps" else "closest",
        "xaxis": {
            "title": {"text": title, "font": {"size": AXIS_SIZE}},
            "type": "log" if view.x_axis == "floats" else "linear",
            "range": list(x_range),
            "exponentformat": "power",
            **({"tickfont": {"size": POWER_SIZE}} if view.x_axis == "floats" else {}),
            # One tick a decade; on a linear axis Plotly chooses.
            **({"dtick": 1} if view.x_axis == "floats" else {}),
        },
        "yaxis": {
            "title": {
                "text": (
                    "Relative error of the hypergradient"
                    if view.error == "relative"
                    else "Error of the hypergradient"
                ),
                "font": {"size": AXIS_SIZE},
            },
            "type": "log",
            "range": list(y_range),
            "dtick": max(1, round((y_range[1] - y_range[0]) / 9)),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
        },
        "uirevision": f"{view.x_axis} {view.error} {experiment.scenario.family}",
    }
