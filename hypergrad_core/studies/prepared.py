"""The one pipeline of every study: build a problem, iterate, estimate, bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.bounds import Bound, Path, Status, path_along
from hypergrad_core.constants import Constants
from hypergrad_core.inner import InnerSolver
from hypergrad_core.methods import Estimate, Method, Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record

# Without constants, matrices of d × d numbers are measured at each iterate up to this T d³.
LARGEST_WORK = 2e9
NO_CONTRACTION = "q ≥ 1: the theory says nothing"
NO_CONSTANTS = "no constants were given, so there is no a-priori bound"
TOO_LARGE = "no constants were given, and there are too many numbers to measure a bound without"


@dataclass(frozen=True, eq=False)
class Curve(Record):
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


@dataclass(frozen=True, eq=False)
class Prepared:
    """A problem, its iterates and what its bounds are made of: the same for every method.

    Attributes:
        problem: the problem.
        lockstep: an orthogonally equivalent one whose products are cheapest.
        solver: the inner solver that made the iterates.
        states: w_0, …, w_T of ``lockstep``, shape (T + 1, d).
        stride: of the measured path, see ``Path``.
    """

    problem: Problem
    lockstep: Problem
    solver: InnerSolver
    states: FloatArray
    stride: int

    def along(self, solver: InnerSolver, steps: int, progress: Progress | None = None) -> Prepared:
        """The same problem with the first ``steps`` iterates of a solver."""
        states = solver.iterate(self.lockstep, steps, progress)
        return replace(self, solver=solver, states=states)

    @cached_property
    def path(self) -> Path | None:
        """What the sharp bounds measure along the iterates; None where they say nothing.

        Without a contraction there is nothing to bound: what is shown is measured only. Without
        constants everything is measured, unless it is too much.
        """
        constants, size = self.lockstep.constants, self.lockstep.state_size
        if constants.known and constants.contraction >= 1:
            return None
        if not constants.known and len(self.states) * size**3 > LARGEST_WORK:
            return None
        path = path_along(self.lockstep, self.states, self.solver.scheme(constants.contraction))
        path.stride = self.stride
        return path

    @property
    def constants(self) -> Constants:
        """Those that the paper's bounds take."""
        constants = self.lockstep.constants
        return constants if self.solver.iterative else constants.at_solution()

    @property
    def floor(self) -> float:
        """Level below which an error is rounding."""
        return self.lockstep.constants.rounding_floor

    def estimate(
        self, method: Method, points: Points, progress: Progress | None = None
    ) -> Estimate:
        """What a method gives at points as its ``clipped_points`` are."""
        scheme = self.solver.scheme(self.lockstep.constants.contraction)
        estimate = method.estimate(self.lockstep, self.states, points, progress, scheme)
        if self.solver.iterative:
            return estimate
        # w(λ) is given, not iterated: no step of the inner solver is charged.
        costs = estimate.costs
        none = np.zeros_like(costs.map_evaluations)
        return replace(estimate, costs=replace(costs, map_evaluations=none))

    def errors(self, estimate: Estimate) -> FloatArray:
        """‖estimate − ∇f(λ)‖ at each point, shape (P,)."""
        return row_norms(estimate.hypergradients - self.problem.reference.hypergradient)

    def paper_bound(self, method: Method, points: Points) -> Bound:
        """The paper's bound (tier P); infinite where q ≥ 1, or where no constants were given."""
        if not self.constants.known:
            return no_bound(len(points), NO_CONSTANTS)
        if self.constants.contraction >= 1:
            return no_bound(len(points), NO_CONTRACTION)
        return method.paper_bound(self.constants, points, self.solver)

    def sharp_bound(self, method: Method, estimate: Estimate) -> Bound:
        """The sharp bound (tier X, T or V); infinite where ``path`` is None."""
        if self.path is None:
            known = self.constants.known
            return no_bound(len(estimate.points), NO_CONTRACTION if known else TOO_LARGE)
        return method.sharp_bound(self.path, estimate)

    def curve(
        self, method: Method, points: Points, steps: IntArray, progress: Progress | None = None
    ) -> Curve:
        """Run a method at points as its ``clipped_points`` are, and bound its error there."""
        estimate = self.estimate(method, points, progress)
        return Curve(
            method=method.key,
            steps=steps,
            estimate=estimate,
            errors=self.errors(estimate),
            paper=self.paper_bound(method, points),
            sharp=self.sharp_bound(method, estimate),
            floor=self.floor,
        )


def prepare(
    problem: Problem,
    solver: InnerSolver,
    steps: int,
    progress: Progress | None = None,
    *,
    stride: int = 1,
) -> Prepared:
    """Take the first ``steps`` steps of an inner solver on a problem.

    Args:
        problem: bound to its λ.
        solver: makes w_0, w_1, …
        steps: T.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
        stride: every how many-th norm of a power the sharp bounds measure.
    """
    lockstep = problem.canonical()
    states = solver.iterate(lockstep, steps, progress)
    return Prepared(problem, lockstep, solver, states, stride)


def no_bound(points: int, reason: str) -> Bound:
    """What stands in for a bound where there is none: infinity, which is true and says nothing."""
    return Bound("–", Status.UPPER, np.full(points, np.inf), reason)
