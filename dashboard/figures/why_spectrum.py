"""Spectrum: eigenvalues, residual polynomials on them, and what is left of each eigenmode."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import packed
from dashboard.figures.drawn import Drawn, annotation, shares, title
from dashboard.figures.error_curves import NEARLY_ZERO, describe
from dashboard.theme import AXIS_SIZE, FONT, LABEL_SIZE, METHOD_STYLES, Mode, Style, neutral
from hypergrad_core import METHODS
from hypergrad_core.dissection import Dissection
from hypergrad_core.modes import (
    AdjointRun,
    Modes,
    chebyshev_polynomials,
    conjugate_gradient_polynomials,
    fixed_point_polynomials,
    ritz_values,
)
from hypergrad_core.problem import FloatArray

# Best possible on the whole interval, and not a method of the page.
CHEBYSHEV = Style("#A8457F", "#CC79A7", "3px,3px", "x", 3.0)
CURVE_POINTS = 301
HIGHEST = 1.25
# Between eigenvalues a polynomial may be far beyond the picture: no line needs to go so far.
FARTHEST = 10.0
# Modes are stacked in at most so many bands, from the smallest eigenvalue up.
BANDS = ("#440154", "#46327E", "#365C8D", "#277F8E", "#1FA187", "#4AC16D", "#A0DA39", "#FDE725")
STACKS = 2
# ‖e‖, ‖M^½e‖ and ‖Me‖ of the error e = v_k − v, in this order.
NORMS: dict[str, str] = {
    "error": "Error ‖e‖",
    "energy": "Error in the norm of M",
    "residual": "Residual ‖Me‖",
}


def spectrum_figure(found: Dissection, stack: str, mode: Mode) -> Drawn:
    """Polynomials over the spectrum and the stacks of two methods; or, without modes, residuals.

    Args:
        found: the problem.
        stack: key of ``NORMS``: in which norm errors are stacked.
        mode: light or dark.
    """
    if found.modes is None:
        return _residuals(found, mode)
    drawn = Drawn()
    stacked = found.runs[:STACKS]
    domains = shares(1 + len(stacked), 0.09, [1.6] + [1.0] * len(stacked))
    _polynomials(drawn, found, found.modes, mode)
    annotations = [annotation("<b>Residual polynomials</b> p<sub>k</sub>(z)", 0, 1, LABEL_SIZE)]
    axes: dict[str, Any] = _polynomial_axes(found.modes, domains[0])
    for place, run in enumerate(stacked):
        suffix = str(place + 2)
        _stack(drawn, found.modes, run, stack, suffix)
        label = METHODS[run.method].label
        annotations.append(
            annotation(f"<b>{label}</b>, mode by mode", domains[place + 1][0], 1, LABEL_SIZE)
        )
        axes |= _step_axes(suffix, domains[place + 1], found.steps, [0, 1.02], "linear")
        drawn.cross(suffix, np.arange(found.steps + 1))
    drawn.figure["layout"] = _layout(found, annotations, axes)
    return drawn


def _polynomials(drawn: Drawn, found: Dissection, modes: Modes, mode: Mode) -> None:
    """Each polynomial as a curve and at the eigenvalues, for every k."""
    steps = found.steps
    low, high = float(modes.values[0]), float(modes.values[-1])
    z = np.linspace(0.0, 1.04 * high, CURVE_POINTS)
    both = np.concatenate([z, modes.values])
    families: list[tuple[str, Style, FloatArray]] = [
        ("Fixed point, (1 − z)ᵏ", METHOD_STYLES["aid-fp"], fixed_point_polynomials(both, steps)),
        ("Chebyshev", CHEBYSHEV, chebyshev_polynomials(both, steps, low, high)),
    ]
    run = found.run_of("aid-cg")
    if run is not None and not run.forced:
        families.append(("CG", METHOD_STYLES["aid-cg"], conjugate_gradient_polynomials(run, both)))
    drawn.add(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(modes.values),
            "y": packed(np.zeros_like(modes.values)),
            "marker": {
                "symbol": "line-ns",
                "size": 18,
                "line": {"width": 2, "color": neutral(mode)},
            },
            "showlegend": False,
            "hovertemplate": "eigenvalue z = %{x:.4g}<extra></extra>",
        }
    )
    for name, style, values in families:
        color = style.color(mode)
        shown = np.clip(values, -FARTHEST, FARTHEST)
        curve = drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": packed(z),
                "y": packed(shown[0, : len(z)]),
                "line": {
                    "color": color,
                    "width": style.width,
                    **({"dash": style.dash} if name == "Chebyshev" else {}),
                },
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
        drawn.moving.append({"trace": curve, "by": 0, "y": packed(shown[:, : len(z)], "f4")})
        if name != "Chebyshev":
            points = drawn.add(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": packed(modes.values),
                    "y": packed(shown[0, len(z) :]),
                    "marker": {"color": color, "symbol": style.marker, "size": 9},
                    "showlegend": False,
                    "hoverinfo": "skip",
                }
            )
            drawn.moving.append({"trace": points, "by": 0, "y": packed(shown[:, len(z) :], "f4")})
        worst = np.abs(values[:, len(z) :]).max(axis=1)
        drawn.readings.append(
            {
                "name": name,
                "label": "max |pₖ| on the spectrum",
                "color": color,
                "trace": drawn.hidden(np.maximum(worst, NEARLY_ZERO)),
                "bounds": [],
            }
        )
    if run is not None and not run.forced:
        _ritz(drawn, run, steps, mode)


def _ritz(drawn: Drawn, run: AdjointRun, steps: int, mode: Mode) -> None:
    """The zeros of the polynomial of CG: the eigenvalues as it sees them after k steps."""
    rows = np.full((steps + 1, max(run.settled, 1)), np.nan)
    for k in range(1, steps + 1):
        zeros = ritz_values(run, k)
        # Places that are not needed yet double the last zero.
        rows[k, : len(zeros)] = zeros
        rows[k, len(zeros) :] = zeros[-1]
    rows[0] = -1.0  # outside the picture: nothing is known before the first step
    color = METHOD_STYLES["aid-cg"].color(mode)
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "markers",
            "x": packed(rows[0]),
            "y": packed(np.full(rows.shape[1], -1.12)),
            "marker": {
                "symbol": "triangle-up-open",
                "size": 12,
                "color": color,
                "line": {"width": 2.5, "color": color},
            },
            "showlegend": False,
            "hovertemplate": "Ritz value %{x:.4g}<extra></extra>",
        }
    )
    drawn.moving.append({"trace": trace, "by": 0, "x": packed(rows)})


def _stack(drawn: Drawn, modes: Modes, run: AdjointRun, stack: str, suffix: str) -> None:
    """Squared errors of the modes, which add up, as shares of their sum at the start."""
    # (u_iᵀMᵖe)² = z_i^(2p) (u_iᵀe)² for the error e, with 2p = 0, 1, 2.
    squares = modes.values ** list(NORMS).index(stack) * modes.squares(run.errors)
    bands = np.array_split(squares, min(len(BANDS), squares.shape[1]), axis=1)
    total = float(squares[0].sum()) or 1.0
    heights = np.cumsum([band.sum(axis=1) for band in bands], axis=0) / total
    ends = np.array_split(modes.values, len(bands))
    for place, height in enumerate(heights):
        # The smallest eigenvalues are at the bottom: the slowest modes of a fixed-point step.
        color = BANDS[round(place * (len(BANDS) - 1) / max(len(bands) - 1, 1))]
        first, last = float(ends[place][0]), float(ends[place][-1])
        name = f"z = {first:.3g}" if first == last else f"z = {first:.3g} … {last:.3g}"
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": packed(np.arange(len(height))),
                "y": packed(np.minimum(height, 1.02)),
                "line": {"color": color, "width": 0},
                "fill": "tonexty" if place else "tozeroy",
                "fillcolor": color,
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "showlegend": False,
                "hovertemplate": f"{name}<extra></extra>",
            }
        )


def _residuals(found: Dissection, mode: Mode) -> Drawn:
    """Without eigenmodes: the eigenvalues in the complex plane, and the residuals of each run."""
    drawn = Drawn()
    left, right = shares(2, 0.13)
    values = np.linalg.eigvals(found.matrix)
    q = found.experiment.constants.contraction
    angle = np.linspace(0, 2 * np.pi, 181)
    drawn.add(
        {
            "type": "scatter",
            "mode": "lines",
            "x": packed(1 + q * np.cos(angle)),
            "y": packed(q * np.sin(angle)),
            "line": {"color": neutral(mode), "width": 1.5, "dash": "3px,3px"},
            "showlegend": False,
            "hoverinfo": "skip",
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
            "hovertemplate": "%{x:.3g} + %{y:.3g} i<extra></extra>",
        }
    )
    steps = np.arange(found.steps + 1)
    largest = 1.0
    for run in found.runs:
        style = METHOD_STYLES[run.method]
        norms = run.residual_norms / (run.residual_norms[0] or 1.0)
        largest = max(largest, float(norms.max()))
        forced = " (does not apply)" if run.forced else ""
        trace = drawn.add(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": METHODS[run.method].label,
                "x": packed(steps),
                "y": packed(np.maximum(norms, NEARLY_ZERO)),
                "line": {"color": style.color(mode), "width": style.width},
                "marker": {"color": style.color(mode), "symbol": style.marker, "size": 8},
                "xaxis": "x2",
                "yaxis": "y2",
                "showlegend": False,
                "hoverinfo": "skip",
            }
        )
        drawn.readings.append(
            {
                "name": METHODS[run.method].label + forced,
                "label": "residual ÷ first",
                "color": style.color(mode),
                "trace": trace,
                "bounds": [],
            }
        )
    drawn.cross("2", steps)
    annotations = [
        annotation("<b>Eigenvalues</b> of I − ∂₁Φ, circle of radius q", left[0], 1, LABEL_SIZE),
        annotation("<b>Residuals</b> of the adjoint solvers", right[0], 1, LABEL_SIZE),
    ]
    axes = {
        "xaxis": {
            "domain": left,
            "anchor": "y",
            "title": {"text": "real part", "font": {"size": AXIS_SIZE}},
        },
        "yaxis": {
            "anchor": "x",
            "title": {"text": "imaginary part", "font": {"size": AXIS_SIZE}},
            "scaleanchor": "x",
        },
        **_step_axes(
            "2", right, found.steps, [-16, float(np.ceil(np.log10(largest) + 0.2))], "log"
        ),
    }
    drawn.figure["layout"] = _layout(found, annotations, axes)
    return drawn


def _polynomial_axes(modes: Modes, domain: list[float]) -> dict[str, Any]:
    return {
        "xaxis": {
            "domain": domain,
            "anchor": "y",
            "range": [0, 1.04 * float(modes.values[-1])],
            "title": {
                "text": "z (bars: eigenvalues of I − ∂₁Φ; △: Ritz values)",
                "font": {"size": AXIS_SIZE},
                "standoff": 6,
            },
        },
        "yaxis": {"anchor": "x", "range": [-HIGHEST, HIGHEST], "zeroline": True},
    }


def _step_axes(
    suffix: str, domain: list[float], steps: int, y_range: list[float], kind: str
) -> dict[str, Any]:
    return {
        f"xaxis{suffix}": {
            "domain": domain,
            "anchor": f"y{suffix}",
            "range": [0, steps],
            "title": {"text": "Adjoint steps k", "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        f"yaxis{suffix}": {
            "anchor": f"x{suffix}",
            "type": kind,
            "range": y_range,
            **({"dtick": 2, "exponentformat": "power"} if kind == "log" else {}),
        },
    }


def _layout(
    found: Dissection, annotations: list[dict[str, Any]], axes: dict[str, Any]
) -> dict[str, Any]:
    return {
        "title": title(describe(found), LABEL_SIZE),
        "font": {"family": FONT, "size": AXIS_SIZE},
        "margin": {"l": 60, "r": 20, "t": 70, "b": 58},
        "showlegend": False,
        "hovermode": "closest",
        "annotations": annotations,
        **axes,
        "uirevision": f"{found.scenario.family} {found.steps}",
    }
