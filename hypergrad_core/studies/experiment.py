"""Scenario → Experiment, or any problem → ProblemRun: what to run, and what came out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.constants import Constants
from hypergrad_core.errors import HypergradError
from hypergrad_core.inner import solver_for
from hypergrad_core.interruption import asking
from hypergrad_core.methods import METHODS, Method, Points, method_named
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scenario import Scenario, condition_number
from hypergrad_core.studies.prepared import NO_CONSTANTS, Curve, Prepared, prepare

# A draft takes the first points of a slice, where curves bend, and then every so many-th.
DRAFT_START = 8
DRAFT_STRIDE = 4
# Of the progress that is reported, the part that belongs to the inner problem.
LOWER_LEVEL_SHARE = 0.05


class OfMethod(Protocol):
    """Anything that belongs to one method."""

    @property
    def method(self) -> str:
        """Key of the method."""


Result = TypeVar("Result", bound=OfMethod)


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


@dataclass(frozen=True, eq=False, kw_only=True)
class ProblemRun(Record):
    """What came out of a problem.

    Attributes:
        state_size, hyper_size: d and m of the problem.
        constants: of the problem at its λ.
        hypergradient: ∇f(λ), shape (m,).
        curves: one for each method that applies.
        refusals: one for each method that does not.
        seconds: time of the run; not compared.
        steps: values of what varies, where each curve has its points, shape (P,).
    """

    state_size: int
    hyper_size: int
    constants: Constants
    hypergradient: FloatArray
    curves: tuple[Curve, ...]
    refusals: tuple[Refusal, ...]
    seconds: float = field(compare=False)
    steps: IntArray

    @property
    def note(self) -> str:
        """What is missing of all curves, or ""."""
        return "" if self.constants.known else NO_CONSTANTS

    def curve(self, method: str) -> Curve:
        """The curve of a method.

        Raises:
            HypergradError: if it was refused, or not asked for.
        """
        return named(method, self.curves, self.refusals)


@dataclass(frozen=True, eq=False, kw_only=True)
class Experiment(ProblemRun):
    """What came out of a scenario.

    Attributes:
        scenario: what was run.
        draft: whether the steps are fewer than those of the scenario, and the sharp bounds looser.
    """

    scenario: Scenario
    draft: bool = False

    @property
    def contraction(self) -> float:
        """q as it was asked for; where a λ is given, that of the problem there."""
        scenario = self.scenario
        return scenario.contraction if scenario.hyper is None else self.constants.contraction

    @property
    def condition_number(self) -> float:
        """κ = (1 + q)/(1 − q); infinite for q ≥ 1."""
        return condition_number(self.contraction)


def named(method: str, results: Sequence[Result], refusals: Sequence[Refusal]) -> Result:
    """The result of a method.

    Raises:
        HypergradError: if there is none: the method was refused, not asked for, or is not known.
    """
    for result in results:
        if result.method == method:
            return result
    for refused in refusals:
        if refused.method == method:
            raise HypergradError(f"{method} was refused. {refused.reason}")
    there = ", ".join(result.method for result in results) or "none, all were refused"
    raise HypergradError(f"there is no {method!r} among the results: choose one of {there}")


def slice_refusal(scenario: Scenario, method: Method) -> str:
    """Why a method has no points on the slice of a scenario, or ""."""
    if scenario.vary == "adjoint" and method.fixed_adjoint_steps:
        return method.fixed_adjoint_steps
    if scenario.vary == "inner" and method.tied_adjoint_steps:
        return method.tied_adjoint_steps
    return ""


def refusal(scenario: Scenario, problem: Problem, method: Method) -> str:
    """Why a method does not apply to a scenario, or ""."""
    return slice_refusal(scenario, method) or method.refusal(problem)


def run(
    scenario: Scenario,
    progress: Progress | None = None,
    *,
    steps: IntArray | None = None,
    prepared: Prepared | None = None,
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
    with asking(progress) as report:
        report(0.0)
        return _experiment(scenario, report, started, steps, prepared, draft=draft)


def _experiment(
    scenario: Scenario,
    report: Progress,
    started: float,
    steps: IntArray | None,
    prepared: Prepared | None,
    *,
    draft: bool,
) -> Experiment:
    varied = scenario.steps() if steps is None else steps
    if draft:
        varied = draft_steps(varied)
    prepared = prepared or prepare(
        scenario.build(),
        scenario.solver,
        int(scenario.points(varied).inner_steps.max()),
        lambda fraction: report(LOWER_LEVEL_SHARE * fraction),
        stride=DRAFT_STRIDE if draft else 1,
    )
    asked: dict[str, Points | str] = {}
    for key in scenario.methods:
        method = METHODS[key]
        reason = refusal(scenario, prepared.problem, method)
        asked[key] = reason or scenario.points_of(method, varied)
    outcome = _run(prepared, asked, varied, report, started)
    return Experiment(**vars(outcome), scenario=scenario, draft=draft)


def run_problem(
    problem: Problem,
    methods: Iterable[str],
    points: Points,
    *,
    inner: str = "fixed-point",
    progress: Progress | None = None,
) -> ProblemRun:
    """Run methods on any problem, and bound their errors.

    Where the problem does not give its constants there is no a-priori bound; the sharp bounds are
    then made of what is measured at the iterates.

    Args:
        problem: of a family, or of one's own.
        methods: keys of ``METHODS``.
        points: the (t, k) that are asked for; a method may take others, see its curve's
            ``estimate.points``.
        inner: key of the inner solver.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.

    Raises:
        HypergradError: if a name is not known, the inner solver does not apply, or w(λ) is not
            reached.
    """
    started = time.perf_counter()
    chosen = [method_named(key) for key in methods]
    with asking(progress) as report:
        prepared = prepare(
            problem,
            solver_for(problem, inner),
            int(points.inner_steps.max()),
            lambda fraction: report(LOWER_LEVEL_SHARE * fraction),
        )
        asked = {
            method.key: method.refusal(problem) or method.clipped_points(points)
            for method in chosen
        }
        varied = points.inner_steps if np.ptp(points.inner_steps) else points.adjoint_steps
        return _run(prepared, asked, varied, report, started)


def _run(
    prepared: Prepared,
    asked: Mapping[str, Points | str],
    varied: IntArray,
    report: Progress,
    started: float,
) -> ProblemRun:
    """Curves of the methods that have points, refusals of those that have a reason."""
    problem = prepared.problem
    curves, refusals = [], []
    for number, (key, points) in enumerate(asked.items()):
        if isinstance(points, str):
            refusals.append(Refusal(key, points))
        else:
            part = _part(report, number, len(asked))
            curves.append(prepared.curve(METHODS[key], points, varied, part))
    report(1.0)
    return ProblemRun(
        state_size=problem.state_size,
        hyper_size=problem.hyper_size,
        constants=prepared.constants,
        hypergradient=problem.reference.hypergradient,
        curves=tuple(curves),
        refusals=tuple(refusals),
        seconds=time.perf_counter() - started,
        steps=varied,
    )


def draft_steps(steps: IntArray) -> IntArray:
    """Those that a draft takes, the last one included."""
    return np.unique(np.r_[steps[:DRAFT_START], steps[::DRAFT_STRIDE], steps[-1]])


def _part(progress: Progress, number: int, count: int) -> Progress:
    share = (1 - LOWER_LEVEL_SHARE) / count
    return lambda fraction: progress(LOWER_LEVEL_SHARE + share * (number + fraction))
