"""Spectrum: eigenvalues, residual polynomials on them, and what is left of each eigenmode."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.chart import KeyEntry, packed
from dashboard.kit.figure.axes import NEARLY_ZERO
from dashboard.kit.figure.drawn import Drawn, shares
from dashboard.kit.theme import AXIS_SIZE, METHOD_STYLES, Mode, Style, neutral
from dashboard.screens.why.figure.panels import finish
from dashboard.screens.why.figure.residuals import residuals
from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.diagnosis import PLAIN
from hypergrad_core.studies.dissection import Dissection
from hypergrad_core.studies.modes import (
    AdjointRun,
    Modes,
    chebyshev_polynomials,
    conjugate_gradient_polynomials,
    fixed_point_polynomials,
    ritz_values,
)

# Best possible on the whole interval, and not a method of the page.
CHEBYSHEV = Style("#A8457F", "#CC79A7", "3px,3px", "x", 3.0)
FIXED_POINT_NAME = "Fixed point, (1 − z)ᵏ"
CURVE_POINTS = 201
HIGHEST = 1.25
# Between eigenvalues a polynomial may be far beyond the picture: no line needs to go so far.
FARTHEST = 10.0
# Modes are stacked in at most so many bands, from the smallest eigenvalue up. Each colour stands
# out from the page: at least 3 to 1.
BANDS: dict[Mode, tuple[str, ...]] = {
    "light": ("#0D0887", "#5402A3", "#8B0AA5", "#B93289", "#D8576B", "#E3653F"),
    "dark": ("#8450C8", "#C24FB8", "#DE6C93", "#F28A6B", "#FCB14A", "#F4EE4E"),
}
# Between two bands.
PAGE: dict[Mode, str] = {"light": "#FFFFFF", "dark": "#0F1319"}
STACKS = 2
# ‖e‖², eᵀMe and ‖Me‖² of the error e = v_k − v, in this order.
NORMS: dict[str, str] = {
    "error": "Error ‖e‖²",
    "energy": "Energy eᵀMe",
    "residual": "Residual ‖Me‖²",
}
# Eigenvalues that differ by less than this share of the largest one are equal.
SAME = 1e-9
# Of the width of a panel: from one number of an axis of steps to the next, at least.
TICK_GAP = 0.14
STEP_TICKS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 400)


def spectrum_figure(dissection: Dissection, stack: str, mode: Mode) -> Drawn:
    """Polynomials over the spectrum and the stacks of two methods; or, without modes, residuals.

    Args:
        dissection: the problem.
        stack: key of ``NORMS``: in which norm errors are stacked.
        mode: light or dark.
    """
    if dissection.modes is None:
        return residuals(dissection, mode)
    drawn = Drawn()
    stacked = dissection.runs[:STACKS]
    domains = shares(1 + len(stacked), 0.09, [1.6] + [1.0] * len(stacked))
    _polynomials(drawn, dissection, dissection.modes, mode)
    headings = ["<b>Residual polynomials</b> p<sub>k</sub>(z)"]
    axes: dict[str, Any] = _polynomial_axes(dissection.modes, domains[0])
    for place, run in enumerate(stacked):
        suffix = str(place + 2)
        _stack(drawn, dissection.modes, run, stack, suffix, mode)
        headings.append(f"<b>{METHODS[run.method].label}</b>, mode by mode")
        axes |= _stack_axes(suffix, domains[place + 1], dissection.steps, NORMS[stack])
        drawn.cross(suffix, np.arange(dissection.steps + 1) + 1)
    drawn.key += _band_key(dissection.modes, mode) if stacked else []
    finish(drawn, dissection, headings, axes, domains)
    return drawn


def _polynomials(drawn: Drawn, dissection: Dissection, modes: Modes, mode: Mode) -> None:
    """Each polynomial as a curve and at the eigenvalues, for every k."""
    steps = dissection.steps
    low, high = float(modes.values[0]), float(modes.values[-1])
    z = np.linspace(0.0, 1.04 * high, CURVE_POINTS)
    both = np.concatenate([z, modes.values])
    families: list[tuple[str, Style, FloatArray]] = [
        (FIXED_POINT_NAME, METHOD_STYLES[PLAIN], fixed_point_polynomials(both, steps)),
        ("Chebyshev", CHEBYSHEV, chebyshev_polynomials(both, steps, low, high)),
    ]
    run = dissection.conjugate_run
    if run is not None and not run.forced:
        families.append(
            ("CG", METHOD_STYLES[run.method], conjugate_gradient_polynomials(run, both))
        )
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
        }
    )
    for name, style, values in families:
        color = style.color(mode)
        dash = style.dash if name == "Chebyshev" else "solid"
        shown = np.clip(values, -FARTHEST, FARTHEST)
        curve = drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": packed(z),
                "y": packed(shown[0, : len(z)]),
                "line": {"color": color, "width": style.width, "dash": dash},
                "showlegend": False,
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
                }
            )
            drawn.moving.append({"trace": points, "by": 0, "y": packed(shown[:, len(z) :], "f4")})
        worst = np.abs(values[:, len(z) :]).max(axis=1)
        drawn.key.append({"text": name, "mark": dash, "color": color})
        drawn.readings.append(
            {
                "name": name,
                "label": "largest |pₖ(zᵢ)|",
                "color": color,
                "marker": style.marker,
                "trace": drawn.hidden(np.maximum(worst, NEARLY_ZERO)),
                "bounds": [],
            }
        )
    if run is not None and not run.forced:
        _ritz(drawn, run, steps, mode)


def _ritz(drawn: Drawn, run: AdjointRun, steps: int, mode: Mode) -> None:
    """The zeros of the polynomial of CG: the eigenvalues as it sees them after k steps."""
    # As many as there are modes, so that a moving hand finds as many marks for every q.
    rows = np.full((steps + 1, max(run.settled, min(steps, len(run.limit)), 1)), np.nan)
    for k in range(1, min(steps, run.settled) + 1):
        zeros = ritz_values(run, k)
        # Places that are not needed yet double the last zero.
        rows[k, : len(zeros)] = zeros
        rows[k, len(zeros) :] = zeros[-1]
    rows[run.settled + 1 :] = rows[min(steps, run.settled)]
    rows[0] = -1.0  # outside the picture: nothing is known before the first step
    color = METHOD_STYLES[run.method].color(mode)
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
        }
    )
    drawn.moving.append({"trace": trace, "by": 0, "x": packed(rows)})
    drawn.key.append({"text": "Ritz values of CG", "mark": "triangle-up-open", "color": color})


def _bands(modes: Modes, mode: Mode) -> list[tuple[slice, str]]:
    """Which modes are stacked as one band, and its colour; the smallest eigenvalues first."""
    # Modes of the same eigenvalue are one group, and no group is parted.
    starts = np.flatnonzero(np.diff(modes.values, prepend=-1.0) > SAME * modes.values[-1])
    groups = np.split(np.arange(len(modes.values)), starts[1:])
    shared = np.array_split(np.arange(len(groups)), min(len(BANDS[mode]), len(groups)))
    parts = [np.concatenate([groups[group] for group in some]) for some in shared]
    most = max(len(parts) - 1, 1)
    return [
        (
            slice(int(part[0]), int(part[-1]) + 1),
            BANDS[mode][round(place * (len(BANDS[mode]) - 1) / most)],
        )
        for place, part in enumerate(parts)
    ]


def _band_key(modes: Modes, mode: Mode) -> list[KeyEntry]:
    """Which colour is which mode."""
    entries: list[KeyEntry] = []
    for part, color in _bands(modes, mode):
        first, last = (f"{float(modes.values[part][end]):.3g}" for end in (0, -1))
        several = f" ({part.stop - part.start} modes)" if part.stop - part.start > 1 else ""
        text = f"z = {first}{several}" if first == last else f"z = {first} … {last}"
        entries.append({"text": text, "mark": "square", "color": color})
    return entries


def _stack(
    drawn: Drawn, modes: Modes, run: AdjointRun, stack: str, suffix: str, mode: Mode
) -> None:
    """Squared errors of the modes, which add up, as shares of their sum at the start."""
    # (u_iᵀMᵖe)² = z_i^(2p) (u_iᵀe)² for the error e, with 2p = 0, 1, 2.
    squares = modes.values ** list(NORMS).index(stack) * modes.squares(run.errors)
    total = float(squares[0].sum()) or 1.0
    height = np.zeros(len(squares))
    steps = packed(np.arange(len(squares)) + 1, "f4")
    # The smallest eigenvalues are at the bottom: the slowest modes of a fixed-point step.
    for place, (part, color) in enumerate(_bands(modes, mode)):
        height = height + squares[:, part].sum(axis=1) / total
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "x": steps,
                "y": packed(height),
                "line": {"color": PAGE[mode], "width": 1},
                "fill": "tonexty" if place else "tozeroy",
                "fillcolor": color,
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "showlegend": False,
            }
        )


def _polynomial_axes(modes: Modes, domain: list[float]) -> dict[str, Any]:
    return {
        "xaxis": {
            "domain": domain,
            "anchor": "y",
            "range": [0, 1.04 * float(modes.values[-1])],
            "title": {
                "text": "z (bars: eigenvalues zᵢ of M = I − ∂₁Φ)",
                "font": {"size": AXIS_SIZE},
                "standoff": 6,
            },
        },
        "yaxis": {
            "domain": [0, 1],
            "anchor": "x",
            "range": [-HIGHEST, HIGHEST],
            "zeroline": True,
        },
    }


def _stack_axes(suffix: str, domain: list[float], steps: int, norm: str) -> dict[str, Any]:
    """Steps on a logarithmic axis, moved by one so that k = 0 is there: the fall is early."""
    ticks: list[int] = []
    for tick in (tick for tick in STEP_TICKS if tick <= steps):
        if not ticks or np.log((tick + 1) / (ticks[-1] + 1)) >= TICK_GAP * np.log(steps + 1):
            ticks.append(tick)
    return {
        f"xaxis{suffix}": {
            "domain": domain,
            "anchor": f"y{suffix}",
            "type": "log",
            "range": [0, float(np.log10(steps + 1))],
            "tickvals": [tick + 1 for tick in ticks],
            "ticktext": [str(tick) for tick in ticks],
            "tickangle": 0,
            "title": {"text": "Adjoint steps k", "font": {"size": AXIS_SIZE}, "standoff": 6},
        },
        f"yaxis{suffix}": {
            "domain": [0, 1],
            "anchor": f"x{suffix}",
            "range": [0, 1.02],
            "tickformat": ".0%",
            "dtick": 0.25,
            **(
                {"title": {"text": f"{norm} left", "font": {"size": AXIS_SIZE}, "standoff": 4}}
                if suffix == "2"
                else {}
            ),
        },
    }
