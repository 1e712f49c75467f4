"""How many steps reach a target accuracy: measured on a curve, and predicted by its bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hypergrad_core.experiment import Curve, Experiment
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import METHODS
from hypergrad_core.problem import FloatArray, IntArray

# Beyond this many steps a prediction is of no use to anybody.
FARTHEST = 2**24


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
    truncation = scenario.adjoint_steps if scenario.vary == "both" else None

    def paper_bound(steps: IntArray) -> FloatArray:
        points = method.take(scenario.points(steps), truncation)
        return method.paper_bound(experiment.constants, points, SOLVERS[scenario.inner]).values

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


def first_to_stay(values: FloatArray, target: float) -> int | None:
    """Index from which ``values`` of shape (P,) stay at or below ``target``; None if it does not.

    What comes before does not count: an error may dip below the target and come back.
    """
    above = np.flatnonzero(~(values <= target))
    if len(above) == 0:
        return 0
    last = int(above[-1])
    return None if last == len(values) - 1 else last + 1


def predicted_steps(bound: Callable[[IntArray], FloatArray], target: float) -> int | None:
    """Smallest step from which a bound stays at or below the target, or None.

    Args:
        bound: step numbers of shape (P,) → bounds of shape (P,); falls for good after at most
            one rise, as every bound of the paper does.
        target: positive.
    """
    grid = np.unique(np.geomspace(1, FARTHEST, 97).astype(np.int64))
    grid = np.concatenate([[0], grid])
    # A short rise above the target may hide between two steps of the grid.
    grid = np.unique(np.append(grid, _peak(bound, grid)))
    while True:
        index = first_to_stay(bound(grid), target)
        if index is None:
            return None
        if index == 0 or grid[index] - grid[index - 1] <= 1:
            return int(grid[index])
        grid = np.unique(np.linspace(grid[index - 1], grid[index], 65).astype(np.int64))


def _peak(bound: Callable[[IntArray], FloatArray], grid: IntArray) -> int:
    """The step where a bound that falls for good after at most one rise is largest."""
    while True:
        index = int(np.argmax(bound(grid)))
        near = grid[max(index - 1, 0) : index + 2]
        if near[-1] - near[0] < len(near):
            return int(grid[index])
        grid = np.unique(np.linspace(near[0], near[-1], 65).astype(np.int64))
