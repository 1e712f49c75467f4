"""Anatomy of the bound: its terms stacked over t, next to the error and to other constants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.figures.drawn import Drawn, annotation, title
from dashboard.figures.error_curves import NEARLY_ZERO, describe
from dashboard.notation import ratio
from dashboard.theme import (
    AXIS_SIZE,
    FONT,
    LABEL_SIZE,
    METHOD_STYLES,
    Mode,
    faded,
    neutral,
    term_color,
)
from hypergrad_core import METHODS, Curve
from hypergrad_core.anatomy import error_burn_in, jacobian_burn_in
from hypergrad_core.dissection import Dissection
from hypergrad_core.problem import FloatArray
from hypergrad_core.theory import Bound

WHAT_IF_DASHES = ("3px,3px", "10px,3px,2px,3px", "14px,4px")


def bound_figure(found: Dissection, curve: Curve, what_if: dict[str, Bound], mode: Mode) -> Drawn:
    """The paper's bound of one curve, term by term.

    Args:
        found: the problem.
        curve: one of its experiment's curves.
        what_if: the same bound for other constants, by what is different.
        mode: light or dark.
    """
    drawn = Drawn()
    norm = found.experiment.constants.hypergradient_norm or 1.0
    steps = curve.steps.astype(np.float64)
    style = METHOD_STYLES[curve.method]
    color = style.color(mode)
    label = METHODS[curve.method].label
    shown: list[FloatArray] = [curve.errors / norm]
    bounds = []
    if np.isfinite(curve.paper.values).all():
        shown.append(_stack(drawn, curve, norm, mode))
        bounds.append({"name": "bound", "trace": len(drawn.figure["data"]) - 1})
    for (name, bound), dash in zip(what_if.items(), WHAT_IF_DASHES, strict=False):
        values = np.maximum(bound.values / norm, NEARLY_ZERO)
        shown.append(values)
        bounds.append(
            {
                "name": name,
                "trace": drawn.add(_line(steps, values, neutral(mode), 3, dash, name)),
            }
        )
        drawn.add(_name(steps, values, name, mode))
    if np.isfinite(curve.sharp.values).all():
        sharp = np.maximum(curve.sharp.values, curve.floor) / norm
        trace = drawn.add(_line(steps, sharp, color, 2, "3px,3px", f"{label}, sharp bound"))
        bounds.append({"name": "sharp", "trace": trace})
    error = drawn.add(_line(steps, np.maximum(shown[0], NEARLY_ZERO), color, 4, "solid", label))
    drawn.readings.append(
        {"name": label, "color": color, "trace": error, "bounds": bounds}  # type: ignore[typeddict-item]
    )
    if np.isfinite(curve.paper.values).all():
        for term in curve.paper.terms:
            drawn.readings.append(
                {
                    "name": term.name,
                    "label": "this term",
                    "color": term_color(term.name, mode),
                    "trace": drawn.hidden(np.maximum(term.values / norm, NEARLY_ZERO)),
                    "bounds": [],
                }
            )
    floor = curve.floor / norm
    drawn.add(_line(np.array([0.0, steps[-1]]), np.full(2, floor), neutral(mode), 2, "2px,5px", ""))
    low, high = _range(shown, floor)
    _peaks(drawn, found, curve, (low, high), mode)
    drawn.cross("", steps)
    drawn.figure["layout"] = {
        "title": title(describe(found), LABEL_SIZE),
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 92, "r": 30, "t": 70, "b": 58},
        "showlegend": False,
        "hovermode": "x unified",
        "annotations": [
            annotation(
                f"<b>{label}</b>: ━ measured   ┅ sharp bound   filled: the paper’s bound, its "
                "terms stacked",
                0,
                1,
                LABEL_SIZE,
            ),
            {
                **annotation("floating-point floor", 0.01, 0, LABEL_SIZE),
                "yref": "y",
                "y": math.log10(floor) if floor > 0 else low,
            },
        ],
        "xaxis": {
            "range": [0, float(steps[-1])],
            "title": {"text": "Iterations t = k", "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        "yaxis": {
            "type": "log",
            "range": [low, high],
            "dtick": max(1, round((high - low) / 8)),
            "exponentformat": "power",
            "title": {"text": "Relative error", "font": {"size": AXIS_SIZE}},
        },
        "uirevision": f"{found.scenario.family} {curve.method}",
    }
    return drawn


def _stack(drawn: Drawn, curve: Curve, norm: float, mode: Mode) -> FloatArray:
    """The terms on top of each other: the last edge is the bound. The smallest is at the bottom."""
    order = sorted(curve.paper.terms, key=lambda term: float(term.values[-1]))
    height = np.zeros(len(curve.steps))
    steps = curve.steps.astype(np.float64)
    for place, term in enumerate(order):
        height = height + term.values / norm
        color = term_color(term.name, mode)
        drawn.add(
            {
                **_line(steps, np.maximum(height, NEARLY_ZERO), color, 2, "solid", term.name),
                "fill": "tonexty" if place else "tozeroy",
                "fillcolor": faded(color, 0.35),
            }
        )
    return height


def _line(
    x: FloatArray, y: FloatArray, color: str, width: float, dash: str, name: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed(x),
        "y": packed(y),
        "line": {"color": color, "width": width, "dash": dash},
        "showlegend": False,
        **(
            {"hovertemplate": f"{name} %{{y:.2e}}<extra></extra>"}
            if name
            else {"hoverinfo": "skip"}
        ),
    }


def _name(x: FloatArray, y: FloatArray, name: str, mode: Mode) -> dict[str, Any]:
    """What a line is, over its last quarter."""
    at = 3 * len(x) // 4
    return {
        "type": "scatter",
        "mode": "text",
        "x": [float(x[at])],
        "y": [float(y[at])],
        "text": [f"<b>if {name}</b>"],
        "textposition": "top right",
        "textfont": {"size": LABEL_SIZE, "color": neutral(mode)},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _range(shown: list[FloatArray], floor: float) -> tuple[float, float]:
    """Exponents of the ends of the error axis."""
    top = max(float(values.max()) for values in shown)
    bottom = min(float(values.min()) for values in shown)
    low = math.floor(math.log10(max(min(bottom, 1.0) / 3, floor / 3, 1e-300)))
    return float(low), float(max(math.ceil(math.log10(max(top, 1e-300)) + 0.2), low + 1))


def _peaks(
    drawn: Drawn, found: Dissection, curve: Curve, ends: tuple[float, float], mode: Mode
) -> None:
    """Where ITD's error rises first, and where R14 says that it may."""
    constants = found.experiment.constants
    measured = int(np.argmax(curve.errors))
    method = METHODS[curve.method]
    if not method.whole or constants.contraction >= 1:
        return
    marks = []
    for name, burn_in in (
        ("Jacobian", jacobian_burn_in(constants)),
        ("bound", error_burn_in(constants)),
    ):
        if burn_in.rises and burn_in.peak_step <= curve.steps[-1]:
            marks.append((burn_in.peak_step, f"predicted peak of the {name}", burn_in.growth))
    if measured > 0 and curve.errors[0] > 0:
        growth = float(curve.errors[measured] / curve.errors[0])
        marks.append((float(curve.steps[measured]), "measured peak", growth))
    for place, (step, name, growth) in enumerate(marks):
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines+text",
                "x": [step, step],
                "y": [1e-300, 10 ** (ends[1] - 0.065 * (place + 0.6) * (ends[1] - ends[0]))],
                "text": ["", f" {name}: t = {step:.3g}, {ratio(growth)}"],
                "textposition": "middle right",
                "textfont": {"size": LABEL_SIZE, "color": neutral(mode)},
                "line": {"color": neutral(mode), "width": 2, "dash": "5px,4px"},
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
