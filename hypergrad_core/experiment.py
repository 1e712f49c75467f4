"""Scenario → Experiment: what to run, and what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.inner import SOLVERS, InnerSolver, trajectory
from hypergrad_core.methods import METHODS, Estimate, Method, Points
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Constants, Problem
from hypergrad_core.scenario import Scenario
from hypergrad_core.theory import Bound, Path, Status, path_along

# A draft takes the first points of a slice, where curves bend, and then every so many-th.
DRAFT_START = 8
DRAFT_STRIDE = 4
# Of the progress that is reported, the part that belongs to the inner problem.
LOWER_LEVEL_SHARE = 0.05


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
class Refusal:
    """A method that was asked for and does not apply.

    Attributes:
        method: its key.
        reason: why, in a first sentence that begins with "It"; then what to use instead.
    """

    method: str
    reason: str

    @property
    def short(self) -> str:
        """Why, without what to use instead, to follow the name of the method."""
        return self.reason.partition(". ")[0].removeprefix("It ")


@dataclass(frozen=True)
class Experiment:
    """What came out of a scenario.

    Attributes:
        scenario: what was run.
        state_size, hyper_size: d and m of the problem.
        constants: of the problem at its λ.
        hypergradient: ∇f(λ), shape (m,).
        curves: one for each method that applies.
        refusals: one for each method that does not.
        seconds: time of the run.
        steps: values of what varies, where each curve has its points, shape (P,).
        draft: whether they are fewer than those of the scenario, and the sharp bounds looser.
    """

    scenario: Scenario
    state_size: int
    hyper_size: int
    constants: Constants
    hypergradient: FloatArray
    curves: tuple[Curve, ...]
    refusals: tuple[Refusal, ...]
    seconds: float
    steps: IntArray
    draft: bool = False

    def curve(self, method: str) -> Curve | None:
        """The curve of a method, or None if it was refused or not asked for."""
        return next((curve for curve in self.curves if curve.method == method), None)


def refusal(scenario: Scenario, problem: Problem, method: Method) -> str:
    """Why a method does not apply to a scenario, or ""."""
    if scenario.vary == "adjoint" and method.fixed_adjoint_steps:
        return method.fixed_adjoint_steps
    if scenario.vary == "inner" and method.tied_adjoint_steps:
        return method.tied_adjoint_steps
    return method.refusal(problem)


def expected_seconds(scenario: Scenario) -> float:
    """A rough guess of how long ``run`` takes, to tell a quick run from a long one."""
    points = scenario.points()
    products = float(points.inner_steps.max())
    if scenario.vary == "adjoint":
        products += scenario.horizon
    else:
        products += float(np.sum(points.adjoint_steps))
    d, n, m = scenario.state_size, scenario.sample_size, scenario.hyper_size
    if scenario.family == "quadratic":
        # Set-up: C is turned into the eigenbasis and factored.
        once, per_product = 3e-10 * d * m * m + 1.4e-7 * d * m, 4e-9 * d
    else:
        # Set-up: Newton's method, norms and the Jacobian of w(λ); then the drift at each iterate.
        once = (3e-9 + 2e-10 * len(points)) * d * d * (n + d)
        per_product = 1e-10 * n * d + 4e-9 * (n + d)
    return 0.01 + once + len(scenario.methods) * products * per_product


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
            estimate = replace(estimate, map_evaluations=np.zeros_like(estimate.map_evaluations))
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


def run(
    scenario: Scenario,
    progress: Progress | None = None,
    *,
    steps: IntArray | None = None,
    prepared: Preparation | None = None,
    draft: bool = False,
) -> Experiment:
    """Run every method of the scenario and bound its error.

    Args:
        scenario: what to run.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
        steps: values of what varies, if not those of the scenario.
        prepared: the scenario's problem with as many inner steps, if it is there already.
        draft: whether to take but every few of the points, all of them still measured, and bounds
            that are still bounds, but cost less.
    """
    started = time.perf_counter()
    report = progress or (lambda fraction: None)
    report(0.0)
    varied = scenario.steps() if steps is None else steps
    if draft:
        varied = draft_steps(varied)
    wanted = scenario.points(varied)
    prepared = prepared or prepare(
        scenario,
        int(wanted.inner_steps.max()),
        lambda fraction: report(LOWER_LEVEL_SHARE * fraction),
        draft=draft,
    )
    problem = prepared.problem
    truncation = scenario.adjoint_steps if scenario.vary == "both" else None
    curves, refusals = [], []
    for number, key in enumerate(scenario.methods):
        method = METHODS[key]
        reason = refusal(scenario, problem, method)
        if reason:
            refusals.append(Refusal(key, reason))
            continue
        part = _part(report, number, len(scenario.methods))
        points = method.take(wanted, truncation)
        curves.append(prepared.measure(method, points, varied, part))
    report(1.0)
    return Experiment(
        scenario=scenario,
        state_size=problem.state_size,
        hyper_size=problem.hyper_size,
        constants=prepared.constants,
        hypergradient=problem.reference.hypergradient,
        curves=tuple(curves),
        refusals=tuple(refusals),
        seconds=time.perf_counter() - started,
        steps=varied,
        draft=draft,
    )


def draft_steps(steps: IntArray) -> IntArray:
    """Those that a draft takes, the last one included."""
    return np.unique(np.r_[steps[:DRAFT_START], steps[::DRAFT_STRIDE], steps[-1]])


def no_bound(points: int) -> Bound:
    """What stands in for a bound where q ≥ 1: infinity, which is true and says nothing."""
    return Bound("–", Status.UPPER, np.full(points, np.inf), "q ≥ 1: the theory says nothing")


def _part(progress: Progress, number: int, count: int) -> Progress:
    share = (1 - LOWER_LEVEL_SHARE) / count
    return lambda fraction: progress(LOWER_LEVEL_SHARE + share * (number + fraction))
