"""Steps to a target against κ: measured and predicted, with slopes and the theory's guides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.chart import Bound, KeyEntry, packed
from dashboard.kit.figure.axes import POWER_SIZE
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import power, scientific
from dashboard.kit.scenario_fields import run_title
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
from dashboard.screens.complexity.growth import AXES, Growth, growths, theory_slope
from dashboard.screens.complexity.settings import ComplexityView
from hypergrad_core import METHODS, Scenario
from hypergrad_core.studies.requirements import Requirements, fitted_slope

# Short enough for the height of a chart: what they mean in full is below it.
TITLES: dict[str, str] = {**AXES, "floats": "Numbers in memory", "seconds": "Measured seconds"}
GUIDE_DASH = "2px,4px"


def complexity_curves(
    points: Sequence[Requirements],
    kappas: Sequence[float],
    scenario: Scenario,
    view: ComplexityView,
    mode: Mode,
) -> Drawn:
    """Means, spreads and predictions on logarithmic axes.

    Args:
        points: the points that have arrived.
        kappas: all values of κ, ascending.
        scenario: what they have in common.
        view: how they are drawn.
        mode: light or dark.
    """
    drawn = Drawn()
    curves = growths(points)
    axis = view.axis
    # A bound predicts steps only.
    predicted = view.predicted == "shown" and axis in ("inner", "adjoint")
    low, high = _range(curves, kappas, scenario, axis, predicted=predicted)
    ends = (math.log10(kappas[0]) - 0.05, math.log10(kappas[-1]) + 0.05)
    guides = _guides(drawn, curves, kappas, axis, (low, high), mode)
    for growth in curves:
        _method(drawn, growth, kappas, axis, mode, predicted=predicted)
    drawn.names.append({"trace": drawn.add(_names(curves, axis, guides, mode))})
    drawn.cross("", kappas)
    drawn.key = _key(view.seeds, mode, predicted=predicted)
    drawn.narrow = {"layout": {"margin": {"l": 74, "r": 124, "t": 14, "b": 54}}, "height": 320}
    drawn.figure["layout"] = {
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 170, "t": 14, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {
            "type": "log",
            "range": list(ends),
            "dtick": 1,
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "tickangle": 0,
            "title": {"text": "Condition number κ", "font": {"size": AXIS_SIZE}},
        },
        "yaxis": {
            "type": "log",
            "range": [low, high],
            "dtick": 1,
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
            "title": {"text": TITLES[axis], "font": {"size": AXIS_SIZE}},
        },
        "uirevision": f"{scenario.family} {axis}",
    }
    return drawn


def _key(seeds: int, mode: Mode, *, predicted: bool) -> list[KeyEntry]:
    """What the kinds of lines mean."""
    many = seeds > 1
    measured = f"measured, geometric mean over {seeds} seeds" if many else "measured"
    key: list[KeyEntry] = [{"text": measured, "mark": "solid"}]
    if many:
        key.append({"text": "smallest to largest over the seeds", "mark": "area"})
    if predicted:
        key.append({"text": "paper’s bound", "mark": BOUND_DASH})
    key.append({"text": "slope of κ and of √κ", "mark": GUIDE_DASH, "color": neutral(mode)})
    return key


def sweep_title(points: Sequence[Requirements], scenario: Scenario, view: ComplexityView) -> str:
    """One line that names the sweep, for titles and exports."""
    sizes = {"size": points[0].state_size if points else scenario.state_size}
    if points:
        sizes["hyper_size"] = points[0].hyper_size
    instead = {
        "contraction": f"ε = {scientific(view.target)}",
        # Both are looked for.
        "inner_steps": "",
        "adjoint_steps": "",
    }
    if view.seeds > 1:
        instead["seed"] = f"{view.seeds} seeds from {scenario.seed}"
    return run_title(scenario, sizes, instead)


def _range(
    curves: Sequence[Growth],
    kappas: Sequence[float],
    scenario: Scenario,
    axis: str,
    *,
    predicted: bool,
) -> tuple[float, float]:
    """Exponents of the ends of the axis: whole decades, with room for what has yet to arrive."""
    values: list[float] = []
    for growth in curves:
        slope = 1.0
        if axis in ("inner", "adjoint"):
            slope = theory_slope(scenario, growth.method, adjoint=axis == "adjoint")
        for series in (growth.measured(axis), growth.predicted(axis) if predicted else {}):
            if series:
                last = max(series)
                values += series.values()
                values.append(series[last] * (kappas[-1] / last) ** slope)
    if not values:
        return (0.0, 5.0) if axis != "seconds" else (-4.0, 1.0)
    low = math.floor(math.log10(min(values)) - 0.05)
    return float(low), float(max(math.ceil(math.log10(max(values)) + 0.05), low + 2))


def _method(
    drawn: Drawn,
    growth: Growth,
    kappas: Sequence[float],
    axis: str,
    mode: Mode,
    *,
    predicted: bool,
) -> None:
    style = METHOD_STYLES[growth.method]
    color = style.color(mode)
    label = METHODS[growth.method].label

    def series(values: dict[float, float]) -> Any:
        return packed([values.get(kappa, np.nan) for kappa in kappas])

    x = packed(kappas)
    common = {"type": "scatter", "x": x, "showlegend": False, "hoverinfo": "skip"}
    spread = growth.spread[axis]
    for place, fill in ((0, None), (1, "tonexty")):
        edge = {kappa: ends[place] for kappa, ends in spread.items()}
        drawn.add(
            {
                **common,
                "mode": "lines",
                "y": series(edge),
                "line": {"width": 0, "color": color},
                **({"fill": fill, "fillcolor": faded(color, 0.2)} if fill else {}),
            }
        )
    measured = drawn.add(
        {
            **common,
            "mode": "lines+markers",
            "name": label,
            "y": series(growth.measured(axis)),
            "line": {"color": color, "width": style.width},
            "marker": {"color": color, "symbol": style.marker, "size": 11},
        }
    )
    bounds: list[Bound] = []
    if predicted and growth.predicted(axis):
        trace = drawn.add(
            {
                **common,
                "mode": "lines",
                "y": series(growth.predicted(axis)),
                "line": {"color": color, "width": 2.5, "dash": style.dash},
                "fill": "tonexty",
                "fillcolor": faded(color, 0.08),
            }
        )
        bounds.append({"name": "predicted", "trace": trace})
    drawn.readings.append(
        {
            "name": label,
            "label": "measured",
            "color": color,
            "marker": style.marker,
            "trace": measured,
            "bounds": bounds,
        }
    )


def _names(
    curves: Sequence[Growth],
    axis: str,
    guides: Sequence[tuple[str, float, float]],
    mode: Mode,
) -> dict[str, Any]:
    """Name and fitted slope at the end of each line so far, and the names of the guides."""
    names = list(guides)
    colors = [neutral(mode)] * len(names)
    for growth in curves:
        values = growth.measured(axis)
        if values:
            last = max(values)
            names.append((f"<b>{_label(growth, axis)}</b>", last, values[last]))
            colors.append(METHOD_STYLES[growth.method].color(mode))
    return {
        "type": "scatter",
        "mode": "text",
        "x": packed([x for _, x, _ in names]),
        "y": packed([y for _, _, y in names]),
        "text": [f"  {text}" for text, _, _ in names],
        "textposition": "middle right",
        "textfont": {"size": LABEL_SIZE, "color": colors},
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _label(growth: Growth, axis: str) -> str:
    label = METHODS[growth.method].label
    values = growth.measured(axis)
    # Steps have the slope that the headline and the table give.
    fitted = {"inner": growth.inner_slope, "adjoint": growth.adjoint_slope}
    slope = fitted[axis] if axis in fitted else fitted_slope(list(values), list(values.values()))
    return label if slope is None else f"{label} {power('κ', slope)}"


def _guides(
    drawn: Drawn,
    curves: Sequence[Growth],
    kappas: Sequence[float],
    axis: str,
    exponents: tuple[float, float],
    mode: Mode,
) -> list[tuple[str, float, float]]:
    """κ and √κ from one point on, so that a slope can be compared by eye; name and end of each."""
    starts = [values[min(values)] for growth in curves if (values := growth.measured(axis))]
    # Below all the curves, where it crosses none of them at the start.
    anchor = math.log10(min(starts)) - 0.25 if starts else exponents[0] + 0.4
    ends = []
    for exponent, name in ((1.0, "∝ κ"), (0.5, "∝ √κ")):
        x = np.array([kappas[0], kappas[-1]])
        y = 10**anchor * (x / x[0]) ** exponent
        # A guide that leaves the picture ends at its edge, with its name.
        top = 10 ** (exponents[1] - 0.06 * (exponents[1] - exponents[0]))
        if y[1] > top:
            x[1], y[1] = x[0] * (top / y[0]) ** (1 / exponent), top
        ends.append((name, float(x[1]), float(y[1])))
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "x": packed(x),
                "y": packed(y),
                "line": {"color": neutral(mode), "width": 1.5, "dash": GUIDE_DASH},
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
    return ends
