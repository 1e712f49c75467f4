"""Steps to a target against κ: measured and predicted, with slopes and the theory's guides."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.chart import Bound, KeyEntry, packed
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import count, power, scientific
from dashboard.kit.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
)
from dashboard.screens.explore.figure.curves import POWER_SIZE
from hypergrad_core import METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import PRECISIONS, SPECTRA
from hypergrad_core.studies.requirements import Requirement, Requirements, fitted_slope

AXES: dict[str, str] = {
    "adjoint": "Adjoint steps k",
    "inner": "Inner steps t",
    "products": "Products",
    "floats": "Memory",
    "seconds": "Seconds",
}
# Short enough for the height of a chart: what they mean in full is below it.
TITLES: dict[str, str] = {**AXES, "floats": "Numbers in memory", "seconds": "Measured seconds"}
GUIDE_DASH = "2px,4px"


@dataclass(frozen=True)
class Growth:
    """How the numbers of one method grow with κ: geometric means over seeds, by κ.

    Attributes:
        method: key of ``METHODS``.
        inner, adjoint: measured t and k.
        inner_predicted, adjoint_predicted: what the paper's bound predicts.
        products, floats, seconds: of the pair (t, k), as it was run.
        spread: smallest and largest over seeds of each of the measured, by name and κ.
        inner_slope, inner_predicted_slope, adjoint_slope, adjoint_predicted_slope: exponents of κ
            fitted to all seeds, κ from 10 to 2000; None with fewer than three values of κ.
    """

    method: str
    inner: dict[float, float]
    adjoint: dict[float, float]
    inner_predicted: dict[float, float]
    adjoint_predicted: dict[float, float]
    products: dict[float, float]
    floats: dict[float, float]
    seconds: dict[float, float]
    spread: dict[str, dict[float, tuple[float, float]]]
    inner_slope: float | None
    inner_predicted_slope: float | None
    adjoint_slope: float | None
    adjoint_predicted_slope: float | None

    def measured(self, axis: str) -> dict[float, float]:
        """The means that are drawn on an axis, by κ."""
        values: dict[float, float] = getattr(self, axis)
        return values

    def predicted(self, axis: str) -> dict[float, float]:
        """What the bound predicts there; empty where it says nothing."""
        values: dict[float, float] = getattr(self, f"{axis}_predicted", {})
        return values


READ: dict[str, Callable[[Requirement], float | None]] = {
    "inner": lambda item: item.inner.measured,
    "adjoint": lambda item: item.adjoint.measured,
    "inner_predicted": lambda item: item.inner.predicted,
    "adjoint_predicted": lambda item: item.adjoint.predicted,
    "products": lambda item: None if item.outlay is None else item.outlay.products,
    "floats": lambda item: None if item.outlay is None else item.outlay.stored_floats,
    "seconds": lambda item: None if item.outlay is None else item.outlay.seconds,
}


def growths(found: Sequence[Requirements]) -> list[Growth]:
    """How each method grows over the points that have arrived."""
    methods = dict.fromkeys(item.method for point in found for item in point.methods)
    return [_growth(found, method) for method in methods]


def _growth(found: Sequence[Requirements], method: str) -> Growth:
    means: dict[str, dict[float, float]] = {}
    spread: dict[str, dict[float, tuple[float, float]]] = {}
    slopes: dict[str, float | None] = {}
    points = [point for point in found if point.of(method) is not None]
    kappas = [point.scenario.condition_number for point in points]
    for name, read in READ.items():
        values = [read(item) for point in points if (item := point.of(method)) is not None]
        groups: dict[float, list[float]] = {}
        for kappa, value in zip(kappas, values, strict=True):
            # A logarithm has no 0: "no step at all" is not drawn.
            if value:
                groups.setdefault(kappa, []).append(float(value))
        means[name] = {k: float(np.exp(np.log(group).mean())) for k, group in groups.items()}
        spread[name] = {k: (min(group), max(group)) for k, group in groups.items()}
        slopes[name] = fitted_slope(kappas, values)
    return Growth(
        method=method,
        **means,
        spread=spread,
        inner_slope=slopes["inner"],
        inner_predicted_slope=slopes["inner_predicted"],
        adjoint_slope=slopes["adjoint"],
        adjoint_predicted_slope=slopes["adjoint_predicted"],
    )


def theory_slope(scenario: Scenario, method: str, *, adjoint: bool) -> float:
    """The exponent of κ, as κ grows, that the method claims."""
    claim = METHODS[method].adjoint_exponent if adjoint else METHODS[method].inner_exponent
    return claim(SOLVERS[scenario.inner], symmetric=scenario.problem_family.symmetric)


def complexity_curves(
    found: Sequence[Requirements],
    kappas: Sequence[float],
    scenario: Scenario,
    axis: str,
    mode: Mode,
    *,
    seeds: int,
    predicted: bool,
) -> Drawn:
    """Means, spreads and predictions on logarithmic axes.

    Args:
        found: the points that have arrived.
        kappas: all values of κ, ascending.
        scenario: what they have in common.
        axis: key of ``AXES``.
        mode: light or dark.
        seeds: how many, from the scenario's own on.
        predicted: whether predictions are drawn, where there are any.
    """
    drawn = Drawn()
    curves = growths(found)
    predicted = predicted and axis in ("inner", "adjoint")
    low, high = _range(curves, kappas, scenario, axis, predicted=predicted)
    ends = (math.log10(kappas[0]) - 0.05, math.log10(kappas[-1]) + 0.05)
    guides = _guides(drawn, curves, kappas, axis, (low, high), mode)
    for growth in curves:
        _method(drawn, growth, kappas, axis, mode, predicted=predicted)
    drawn.names.append({"trace": drawn.add(_names(curves, axis, guides, mode))})
    drawn.cross("", kappas)
    drawn.key = _key(seeds, mode, predicted=predicted)
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
        key.append({"text": "paper’s bound", "mark": METHOD_STYLES["aid-fp"].dash})
    key.append({"text": "slope of κ and of √κ", "mark": GUIDE_DASH, "color": neutral(mode)})
    return key


def sweep_title(
    found: Sequence[Requirements], scenario: Scenario, target: float, seeds: int
) -> str:
    """One line that names the sweep, for titles and exports."""
    family = scenario.problem_family
    parts = [family.label]
    if len(family.data) > 1:
        # Without the size of the data, because d and n follow.
        parts.append(family.data[scenario.data].label.partition(" (")[0])
    parts.append(f"ε = {scientific(target)}")
    parts.append(f"d = {count(found[0].state_size if found else scenario.state_size)}")
    if found:
        parts.append(f"m = {count(found[0].hyper_size)}")
    if "samples" in family.uses:
        parts.append(f"n = {count(scenario.sample_size)}")
    if "spectrum" in family.uses:
        parts.append(f"eigenvalues: {_lower(SPECTRA[scenario.spectrum])}")
    if scenario.inner == "heavy-ball":
        parts.append(_lower(SOLVERS[scenario.inner].label))
    if scenario.start > 0:
        parts.append(f"start ‖w₀‖ = {scenario.start:g} ‖w(λ)‖")
    if scenario.precision != "double":
        parts.append(f"{_lower(PRECISIONS[scenario.precision])} precision")
    parts.append(f"seed {scenario.seed}" if seeds == 1 else f"{seeds} seeds from {scenario.seed}")
    return " · ".join(parts)


def _lower(label: str) -> str:
    """A label within a line."""
    return label[0].lower() + label[1:]


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
