"""The frame of Complexity."""

from __future__ import annotations

from dashboard.chart import Column, Frame, Row, Table
from dashboard.kit.figure.describe import absent
from dashboard.kit.notation import count, power, scientific
from dashboard.kit.page import Shown
from dashboard.kit.theme import METHOD_STYLES, Mode
from dashboard.screens.complexity.figure import complexity_curves, sweep_title
from dashboard.screens.complexity.growth import AXES, growths, theory_slope
from dashboard.screens.complexity.settings import ComplexityView
from dashboard.screens.complexity.sweep import Sweep, arrived
from dashboard.screens.complexity.words import headline
from hypergrad_core import METHODS, Scenario
from hypergrad_core.studies.requirements import Requirements

LAST = "At the largest κ, geometric mean over the seeds."
MEASURED = "Power of κ, fitted to the measured numbers of steps."
BOUNDED = "Power of κ, fitted to the numbers of steps by the paper’s bound."
IN_THEORY = "Power of κ as κ → ∞."
COLUMNS: list[Column] = [
    {"label": "Method"},
    {"label": "t grows like", "help": MEASURED},
    {"label": "t by the bound", "help": BOUNDED},
    {"label": "t in theory", "help": IN_THEORY},
    {"label": "k grows like", "help": MEASURED},
    {"label": "k by the bound", "help": BOUNDED},
    {"label": "k in theory", "help": IN_THEORY},
    {"label": "t", "help": LAST},
    {"label": "k", "help": LAST},
    {
        "label": "Products",
        "help": "Jacobian–vector products; an evaluation of Φ counts as one. " + LAST,
    },
    {"label": "Memory", "help": "Floating-point numbers in memory, without the data. " + LAST},
]


ComplexityShown = Shown[Sweep, tuple[Requirements | None, ...], ComplexityView]


def complexity_frame(shown: ComplexityShown, part: str = "") -> Frame:
    """All that the chart shows of what has arrived."""
    scenario, view, mode = shown.scenario, shown.view, shown.mode
    points = arrived(shown.result)
    kappas = sorted({item.condition_number for item in shown.key.scenarios})
    drawn = complexity_curves(points, kappas, scenario, view, mode)
    total = len(shown.key.scenarios)
    message = headline(points, scenario, total)
    title = sweep_title(points, scenario, view)
    if len(points) < total:
        # A picture that is taken home now must say that it is not all.
        title += f" · {len(points)} of {total} runs"
    frame: Frame = {
        "link": shown.link(done=str(len(points))),
        "figure": drawn.figure,
        "steps": [f"κ = {kappa:.4g} (q = {(kappa - 1) / (kappa + 1):.4g})" for kappa in kappas],
        "title": title,
        "key": drawn.key,
        "names": drawn.names,
        "readout": drawn.readings,
        "table": _table(points, scenario, mode, complete=len(points) == total),
        "message": message,
        "alt": f"{AXES[view.axis]} to reach ε against κ, both axes logarithmic. {message}",
        "lines": drawn.lines,
    }
    if drawn.narrow is not None:
        frame["narrow"] = drawn.narrow
    if points and points[-1].refusals:
        frame["absent"] = [absent(refusal, mode, refusal.reason) for refusal in points[-1].refusals]
    return frame


def _table(points: list[Requirements], scenario: Scenario, mode: Mode, *, complete: bool) -> Table:
    rows: list[Row] = []
    for growth in growths(points):
        whole = METHODS[growth.method].whole
        theory = [
            theory_slope(scenario, growth.method, adjoint=adjoint) for adjoint in (False, True)
        ]
        rows.append(
            {
                "color": METHOD_STYLES[growth.method].color(mode),
                "marker": METHOD_STYLES[growth.method].marker,
                "cells": [
                    METHODS[growth.method].label,
                    _exponent(growth.inner_slope),
                    _exponent(growth.inner_predicted_slope),
                    _exponent(theory[0]),
                    "= t" if whole else _exponent(growth.adjoint_slope),
                    "= t" if whole else _exponent(growth.adjoint_predicted_slope),
                    "= t" if whole else _exponent(theory[1]),
                    _last(growth.inner),
                    "= t" if whole else _last(growth.adjoint),
                    _last(growth.products),
                    _last(growth.floats),
                ],
            }
        )
    reached = max((item.scenario.condition_number for item in points), default=0.0)
    largest = "Largest κ" if complete else "Largest κ so far"
    caption = (
        f"{largest}: {scientific(reached)}. t, k, products and memory are those at the largest κ; "
        "exponents are fitted for κ from 10 to 2000."
    )
    return {"caption": caption, "columns": COLUMNS, "rows": rows}


def _exponent(slope: float | None) -> str:
    return "–" if slope is None else power("κ", slope)


def _last(values: dict[float, float]) -> str:
    return count(round(values[max(values)])) if values else "–"
