"""The curves of an experiment in the units of a view, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.kit.theme import METHOD_STYLES, Style
from dashboard.screens.explore.settings import View
from hypergrad_core import METHODS, Curve, Experiment
from hypergrad_core.arrays import FloatArray
from hypergrad_core.studies.crossing import Crossing, crossing
from hypergrad_core.studies.step_search import first_to_stay

# From so many methods on, only the one in focus has bounds: those of all would hide everything.
CROWD = 4


@dataclass(frozen=True)
class Line:
    """One curve, ready to be drawn.

    Attributes:
        method: its key.
        x: shape (P,).
        error: in the units shown, shape (P,).
        bounds: those shown, by "sharp" and "paper", each of shape (P,).
        rounding: upper estimate of it, in the units shown. Bounds say nothing of rounding.
        crossing: of the target.
        predicted: where on the curve the bound that predicts reaches the target; None if nowhere.
        beyond: the step beyond the horizon at which the paper's bound does, if it is shown.
    """

    method: str
    x: FloatArray
    error: FloatArray
    bounds: dict[str, FloatArray]
    rounding: float
    crossing: Crossing
    predicted: int | None
    beyond: int | None

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
        "products": curve.estimate.costs.products,
        "floats": curve.estimate.costs.stored_floats,
    }[view.x_axis]
    return values.astype(np.float64)


def focus(experiment: Experiment, view: View) -> str:
    """Key of the method whose bound is written out; "" if no method applies."""
    shown = [curve.method for curve in experiment.curves]
    return view.card if view.card in shown else shown[-1] if shown else ""


def shown_bounds(experiment: Experiment, view: View, method: str) -> tuple[str, ...]:
    """Which bounds of a method are drawn: from four methods on, only those of the one in focus."""
    if view.bound == "none" or experiment.constants.contraction >= 1:
        return ()
    if len(experiment.curves) >= CROWD and method != focus(experiment, view):
        return ()
    return ("sharp", "paper") if view.bound == "both" else (view.bound,)


def extract_lines(experiment: Experiment, view: View) -> tuple[Line, ...]:
    """The curves of the experiment in the units of the view."""
    scale = unit(experiment, view)
    target = view.target * scale
    lines = []
    for curve in experiment.curves:
        values = {"sharp": curve.sharp.values, "paper": curve.paper.values}
        bounds = {
            name: values[name] / scale for name in shown_bounds(experiment, view, curve.method)
        }
        reached = crossing(experiment, curve, target)
        # A bound says nothing of rounding.
        tells = bounds and target >= curve.floor
        predictor = "sharp" if view.bound == "sharp" else "paper"
        late = reached.paper is not None and reached.paper > experiment.scenario.horizon
        lines.append(
            Line(
                method=curve.method,
                x=effort(curve, view),
                error=curve.errors / scale,
                bounds=bounds,
                rounding=curve.floor / scale,
                crossing=reached,
                predicted=first_to_stay(values[predictor], target) if tells else None,
                beyond=reached.paper if tells and predictor == "paper" and late else None,
            )
        )
    return tuple(lines)
