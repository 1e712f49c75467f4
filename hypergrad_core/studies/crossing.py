"""How many steps reach a target accuracy, read off a curve that has been run."""

from __future__ import annotations

from dataclasses import dataclass

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.methods import METHODS
from hypergrad_core.studies.experiment import Experiment
from hypergrad_core.studies.prepared import Curve
from hypergrad_core.studies.step_search import first_to_stay, predicted_steps


@dataclass(frozen=True)
class Crossing:
    """When a curve reaches a target and stays there.

    Attributes:
        measured: the first step from which the error stays at or below the target; None if that
            is not within the horizon.
        index: its position on the curve; None likewise.
        paper: the same for the paper's bound, which is followed beyond the horizon; None if it
            never comes there (a plateau).
        sharp: the same for the sharp bound, within the horizon.
    """

    measured: int | None
    index: int | None
    paper: int | None
    sharp: int | None


def crossing(experiment: Experiment, curve: Curve, target: float) -> Crossing:
    """When the curve and its bounds reach the absolute error ``target``."""
    scenario, method = experiment.scenario, METHODS[curve.method]

    def paper_bound(steps: IntArray) -> FloatArray:
        points = scenario.points_of(method, steps)
        return method.paper_bound(experiment.constants, points, scenario.solver).values

    measured = first_to_stay(curve.errors, target)
    sharp = first_to_stay(curve.sharp.values, target)
    return Crossing(
        measured=None if measured is None else int(curve.steps[measured]),
        index=measured,
        paper=predicted_steps(paper_bound, target)
        if experiment.constants.contraction < 1
        else None,
        sharp=None if sharp is None else int(curve.steps[sharp]),
    )
