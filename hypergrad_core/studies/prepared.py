"""A problem, its iterates and its bounds: prepared once, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.bounds import Bound, Path, Status, path_along
from hypergrad_core.constants import Constants
from hypergrad_core.inner import SOLVERS, InnerSolver, trajectory
from hypergrad_core.methods import Estimate, Method, Points
from hypergrad_core.numerics import (
    row_norms,
)
from hypergrad_core.problem import Problem
from hypergrad_core.scenario import Scenario

DRAFT_STRIDE = 4


@dataclass(frozen=True)
class Curve:
    """One method on one slice of the (t, k) plane.

    Attributes:
        method: key of ``METHODS``.
        steps: what varies, shape (P,).
        estimate: hypergradients, costs and diagnostics at each point.
        errors: ‖estimate − ∇f(λ)‖, measured, shape (P,).
        paper: the paper's bound (tier P).
        sharp: the sharp bound (tier X, T or V).
        floor: level below which the error is rounding.
    """

    method: str
    steps: IntArray
    estimate: Estimate
    errors: FloatArray
    paper: Bound
    sharp: Bound
    floor: float


@dataclass(frozen=True)
class Preparation:
    """A problem, its iterates and what its bounds are made of: the same for every method.

    Attributes:
        problem: the problem of the scenario.
        lockstep: an orthogonally equivalent one whose products are cheapest.
        states: w_0, …, w_T, shape (T + 1, d).
        inner: the inner solver that made them.
        path: what the sharp bounds measure along them; None where q ≥ 1.
        constants: those that the paper's bounds take.
        floor: level below which an error is rounding.
    """

    problem: Problem
    lockstep: Problem
    states: FloatArray
    inner: InnerSolver
    path: Path | None
    constants: Constants
    floor: float

    def measure(
        self, method: Method, points: Points, steps: IntArray, progress: Progress | None = None
    ) -> Curve:
        """Run a method at points as its ``take`` gives them, and bound its error there."""
        scheme = self.inner.scheme(self.lockstep.constants.contraction)
        estimate = method.estimate(self.lockstep, self.states, points, progress, scheme)
        if self.inner.key == "exact":
            # w(λ) is given, not iterated: no step of the inner solver is charged.
            none = np.zeros_like(estimate.costs.map_evaluations)
            estimate = replace(estimate, costs=replace(estimate.costs, map_evaluations=none))
        if self.path is None:
            paper = sharp = no_bound(len(points))
        else:
            paper = method.paper_bound(self.constants, points, self.inner)
            sharp = method.sharp_bound(self.path, estimate)
        truth = self.problem.reference.hypergradient
        return Curve(
            method=method.key,
            steps=steps,
            estimate=estimate,
            errors=row_norms(estimate.hypergradients - truth),
            paper=paper,
            sharp=sharp,
            floor=self.floor,
        )


def prepare(
    scenario: Scenario, steps: int, progress: Progress | None = None, *, draft: bool = False
) -> Preparation:
    """Build the problem of a scenario and take ``steps`` inner steps on it."""
    problem = scenario.problem_family.build(scenario)
    lockstep = problem.canonical()
    states = trajectory(lockstep, scenario.inner, steps, progress)
    inner = SOLVERS[scenario.inner]
    constants = lockstep.constants
    # Without a contraction there is nothing to bound: what is shown is measured only.
    path = None
    if constants.contraction < 1:
        path = path_along(lockstep, states, inner.scheme(constants.contraction))
        path.stride = DRAFT_STRIDE if draft else 1
    return Preparation(
        problem=problem,
        lockstep=lockstep,
        states=states,
        inner=inner,
        path=path,
        constants=constants.at_solution() if scenario.inner == "exact" else constants,
        floor=constants.rounding_floor,
    )


def no_bound(points: int) -> Bound:
    """What stands in for a bound where q ≥ 1: infinity, which is true and says nothing."""
    return Bound("–", Status.UPPER, np.full(points, np.inf), "q ≥ 1: the theory says nothing")
