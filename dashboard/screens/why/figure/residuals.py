"""The picture of a spectrum that has no orthogonal eigenmodes."""

from __future__ import annotations

import numpy as np

from dashboard.chart import packed
from dashboard.kit.figure.axes import NEARLY_ZERO, POWER_SIZE, drawable, log_range
from dashboard.kit.figure.drawn import Drawn, shares
from dashboard.kit.theme import AXIS_SIZE, LABEL_SIZE, METHOD_STYLES, Mode, neutral
from dashboard.screens.why.figure.panels import finish
from hypergrad_core import METHODS
from hypergrad_core.studies.dissection import Dissection

# Pixels beside the plot for the names of lines at their ends.
END_NAMES = 110


def residuals(dissection: Dissection, mode: Mode) -> Drawn:
    """Without eigenmodes: the eigenvalues in the complex plane, and the residuals of each run."""
    drawn = Drawn()
    domains = shares(2, 0.13)
    values = np.linalg.eigvals(dissection.matrix)
    q = dissection.experiment.constants.contraction
    angle = np.linspace(0, 2 * np.pi, 181)
    drawn.add(
        {
            "type": "scatter",
            "mode": "lines",
            "x": packed(1 + q * np.cos(angle)),
            "y": packed(q * np.sin(angle)),
            "line": {"color": neutral(mode), "width": 1.5, "dash": "3px,3px"},
            "showlegend": False,
        }
    )
    drawn.add(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(values.real),
            "y": packed(values.imag),
            "marker": {"size": 12, "color": neutral(mode), "symbol": "x"},
            "showlegend": False,
        }
    )
    drawn.key += [
        {"text": "eigenvalues of M = I − ∂₁Φ", "mark": "x"},
        {"text": "circle around 1 with radius q", "mark": "3px,3px"},
    ]
    steps = np.arange(dissection.steps + 1)
    residuals = []
    ends: list[tuple[str, float, str]] = []
    for run in dissection.runs:
        style = METHOD_STYLES[run.method]
        norms = run.residual_norms / (run.residual_norms[0] or 1.0)
        residuals.append(norms)
        name = METHODS[run.method].label + (" (does not apply)" if run.forced else "")
        trace = drawn.add(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": METHODS[run.method].label,
                "x": packed(steps),
                "y": drawable(norms),
                "line": {"color": style.color(mode), "width": style.width},
                "marker": {"color": style.color(mode), "symbol": style.marker, "size": 8},
                "xaxis": "x2",
                "yaxis": "y2",
                "showlegend": False,
            }
        )
        ends.append(
            (METHODS[run.method].label, max(float(norms[-1]), NEARLY_ZERO), style.color(mode))
        )
        drawn.readings.append(
            {
                "name": name,
                "label": "share of the residual",
                "color": style.color(mode),
                "marker": style.marker,
                "trace": trace,
                "bounds": [],
            }
        )
    low, high = log_range(residuals)
    _end_names(drawn, dissection.steps, ends)
    drawn.cross("2", steps)
    axes = {
        "xaxis": {
            "domain": domains[0],
            "anchor": "y",
            "title": {"text": "real part", "font": {"size": AXIS_SIZE}},
        },
        "yaxis": {
            "domain": [0, 1],
            "anchor": "x",
            "title": {"text": "imaginary part", "font": {"size": AXIS_SIZE}},
            "scaleanchor": "x",
        },
        "xaxis2": {
            "domain": domains[1],
            "anchor": "y2",
            "range": [0, dissection.steps],
            "title": {"text": "Adjoint steps k", "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        "yaxis2": {
            "domain": [0, 1],
            "anchor": "x2",
            "type": "log",
            "range": [low, high],
            "dtick": max(1, round((high - low) / 8)),
            "exponentformat": "power",
            "tickfont": {"size": POWER_SIZE},
        },
    }
    headings = ["<b>Eigenvalues</b> of M", "<b>Residuals</b> of the adjoint solvers"]
    finish(drawn, dissection, headings, axes, domains, right=END_NAMES)
    return drawn


def _end_names(drawn: Drawn, steps: int, ends: list[tuple[str, float, str]]) -> None:
    """The name of each residual, at its end; the chart finds where it leaves the picture."""
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [steps] * len(ends),
            "y": [value for _, value, _ in ends],
            "text": [f"<b>{name}</b>" for name, _, _ in ends],
            "textposition": "middle right",
            "textfont": {"size": LABEL_SIZE, "color": [color for _, _, color in ends]},
            "xaxis": "x2",
            "yaxis": "y2",
            "cliponaxis": False,
            "showlegend": False,
        }
    )
    drawn.names.append({"trace": trace})
