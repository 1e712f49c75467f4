"""Where ITD’s error rises first, and where theory says that it may."""

from __future__ import annotations

import numpy as np

from dashboard.kit.figure.axes import (
    NEARLY_ZERO,
)
from dashboard.kit.figure.drawn import Drawn
from dashboard.kit.notation import ratio
from dashboard.kit.theme import (
    LABEL_SIZE,
    Mode,
    halo,
    neutral,
)
from hypergrad_core import METHODS, Curve
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.anatomy import error_burn_in, jacobian_burn_in
from hypergrad_core.studies.dissection import Dissection

# Of the height: where the first name of a peak stands, and from one to the next.
PEAK_TOP, PEAK_GAP = 0.05, 0.085


def marked_peaks(dissection: Dissection, curve: Curve) -> list[tuple[float, str]]:
    """Where ITD's error rises first, and where R14 says that it may: steps and what to write."""
    constants = dissection.experiment.constants
    if not METHODS[curve.method].whole or constants.contraction >= 1:
        return []
    peaks = []
    # Not how far they rise: that is from other values than the measured error rises from.
    for name, burn_in in (
        ("bound on ‖wₜ′(λ) − w′(λ)‖", jacobian_burn_in(constants)),
        ("paper’s bound", error_burn_in(constants)),
    ):
        if burn_in.rises and burn_in.peak_step <= curve.steps[-1]:
            peaks.append((burn_in.peak_step, f"{name} peaks at t = {burn_in.peak_step:.3g}"))
    measured = int(np.argmax(curve.errors))
    if measured > 0 and curve.errors[0] > 0:
        growth = ratio(float(curve.errors[measured] / curve.errors[0]))
        step = float(curve.steps[measured])
        peaks.append((step, f"measured error peaks at t = {step:.3g} ({growth} its first value)"))
    return peaks


def with_headroom(
    exponents: tuple[float, float], shown: list[FloatArray], lines: int
) -> tuple[float, float]:
    """The axis with room for so many lines of text above all curves."""
    low, high = exponents
    if not lines:
        return low, high
    tallest = max(float(np.log10(values.max())) for values in shown if values.max() > 0)
    taken = PEAK_TOP + PEAK_GAP * lines
    return low, max(high, float(np.ceil((tallest - taken * low) / (1 - taken))))


def peaks(
    drawn: Drawn, marks: list[tuple[float, str]], ends: tuple[float, float], mode: Mode
) -> None:
    """A line across at each peak, and what it is."""
    if not marks:
        return
    span = ends[1] - ends[0]
    tops = [10 ** (ends[1] - span * (PEAK_TOP + PEAK_GAP * row)) for row in range(len(marks))]
    for (step, _), top in zip(marks, tops, strict=True):
        drawn.add(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [step, step],
                "y": [NEARLY_ZERO, top],
                "line": {"color": neutral(mode), "width": 2, "dash": "5px,4px"},
                "showlegend": False,
            }
        )
    trace = drawn.add(
        {
            "type": "scatter",
            "mode": "text",
            "x": [step for step, _ in marks],
            "y": tops,
            "text": [f"  {text}" for _, text in marks],
            "textposition": "middle right",
            "textfont": {"size": LABEL_SIZE, "color": neutral(mode), "shadow": halo(mode)},
            "showlegend": False,
        }
    )
    drawn.names.append({"trace": trace})
