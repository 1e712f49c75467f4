"""The curve whose bound is taken apart, and its bounds for other constants."""

from __future__ import annotations

from dashboard.screens.why.settings import WHAT_IF, WhyView
from hypergrad_core import Curve
from hypergrad_core.bounds import Bound
from hypergrad_core.studies.anatomy import altered_bound, flat, with_contraction
from hypergrad_core.studies.dissection import Dissection


def chosen_curve(dissection: Dissection, view: WhyView) -> Curve | None:
    """The curve whose bound is taken apart; another one if the wanted is not there."""
    curves = dissection.experiment.curves
    chosen = [curve for curve in curves if curve.method == view.method]
    return next(iter((*chosen, *curves)), None)


def other_bounds(dissection: Dissection, curve: Curve, view: WhyView) -> dict[str, Bound]:
    """The bound of a curve for the constants that the view asks for, by what is different."""
    constants = dissection.experiment.constants
    if constants.contraction >= 1:
        return {}
    star = dissection.contraction_at_solution
    altered = {
        "flat": ("ν₁ = 0", flat(constants)),
        "star": (f"q = {star:.3g}", with_contraction(constants, star) if star > 0 else constants),
        "misjudged": (f"q̂ = {view.assumed:g}", with_contraction(constants, view.assumed)),
    }
    return {
        altered[key][0]: altered_bound(dissection.experiment, curve, altered[key][1])
        for key in WHAT_IF
        if key in view.what_if
    }
