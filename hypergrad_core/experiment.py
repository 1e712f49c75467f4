"""Scenario → Experiment: what to run, and what came out."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.inner import SOLVERS, trajectory
from hypergrad_core.methods import METHODS, Estimate, Method
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Constants, FloatArray, IntArray, Problem, Progress
from hypergrad_core.scenario import Scenario
from hypergrad_core.theory import Bound, Status

# Of the progress that is reported, the part that belongs to the lower level.
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
    """A method that was asked for and does not apply, and why."""

    method: str
    reason: str


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
    """

    scenario: Scenario
    state_size: int
    hyper_size: int
    constants: Constants
    hypergradient: FloatArray
    curves: tuple[Curve, ...]
    refusals: tuple[Refusal, ...]
    seconds: float

    def curve(self, method: str) -> Curve | None:
        """The curve of a method, or None if it was refused or not asked for."""
        return next((curve for curve in self.curves if curve.method == method), None)


def refusal(scenario: Scenario, problem: Problem, method: Method) -> str:
    """Why a method does not apply to a scenario, or ""."""
    if scenario.vary == "adjoint" and method.fixed_adjoint_steps:
        return method.fixed_adjoint_steps
    if scenario.vary == "inner" and method.whole:
        return method.fixed_adjoint_steps
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


def run(scenario: Scenario, progress: Progress | None = None) -> Experiment:
    """Run every method of the scenario and bound its error.

    Args:
        scenario: what to run.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.
    """
    started = time.perf_counter()
    problem = scenario.problem_family.build(scenario)
    report = progress or (lambda fraction: None)
    report(0.0)
    lockstep = problem.canonical()
    wanted = scenario.points()
    states = trajectory(
        lockstep,
        scenario.inner,
        int(wanted.inner_steps.max()),
        lambda fraction: report(LOWER_LEVEL_SHARE * fraction),
    )
    inner = SOLVERS[scenario.inner]
    scheme = inner.scheme(lockstep.constants.contraction)
    # Without a contraction there is nothing to bound: what is shown is measured only.
    path = lockstep.path(states, scheme) if lockstep.constants.contraction < 1 else None
    constants, truth = lockstep.constants, problem.reference.hypergradient
    floor = constants.rounding_floor
    if scenario.inner == "exact":
        constants = constants.at_solution()
    truncation = scenario.adjoint_steps if scenario.vary == "both" else None
    curves, refusals = [], []
    for number, key in enumerate(scenario.methods):
        method = METHODS[key]
        reason = refusal(scenario, problem, method)
        if reason:
            refusals.append(Refusal(key, reason))
            continue
        share = (number, len(scenario.methods))
        points = method.take(wanted, truncation)
        estimate = method.estimate(lockstep, states, points, _part(report, *share), scheme)
        if scenario.inner == "exact":
            # w(λ) is given, not iterated: no step of the inner solver is charged.
            estimate = replace(estimate, map_evaluations=np.zeros_like(estimate.map_evaluations))
        if path is None:
            bounds = (no_bound(len(points)), no_bound(len(points)))
        else:
            bounds = (
                method.paper_bound(constants, points, inner),
                method.sharp_bound(path, estimate),
            )
        curves.append(
            Curve(
                method=key,
                steps=scenario.steps(),
                estimate=estimate,
                errors=row_norms(estimate.hypergradients - truth),
                paper=bounds[0],
                sharp=bounds[1],
                floor=floor,
            )
        )
    report(1.0)
    return Experiment(
        scenario=scenario,
        state_size=problem.state_size,
        hyper_size=problem.hyper_size,
        constants=constants,
        hypergradient=truth,
        curves=tuple(curves),
        refusals=tuple(refusals),
        seconds=time.perf_counter() - started,
    )


def no_bound(points: int) -> Bound:
    """What stands in for a bound where q ≥ 1: infinity, which is true and says nothing."""
    return Bound("–", Status.UPPER, np.full(points, np.inf), "q ≥ 1: the theory says nothing")


def _part(progress: Progress, number: int, count: int) -> Progress:
    share = (1 - LOWER_LEVEL_SHARE) / count
    return lambda fraction: progress(LOWER_LEVEL_SHARE + share * (number + fraction))
