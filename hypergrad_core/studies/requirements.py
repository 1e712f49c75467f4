"""How many steps reach a target accuracy: run for what it takes to know, and predicted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.constants import Constants
from hypergrad_core.errors import HypergradError, ScenarioError
from hypergrad_core.inner import EXACT, SOLVERS, InnerSolver, solver_for
from hypergrad_core.interruption import asking
from hypergrad_core.methods import Method, Points, method_named
from hypergrad_core.problem import Problem
from hypergrad_core.scenario import TRAJECTORY_FLOATS, Scenario
from hypergrad_core.studies.experiment import Refusal, named
from hypergrad_core.studies.prepared import Prepared, prepare
from hypergrad_core.studies.step_search import predicted_steps, search_steps

# No search for a measured number of steps goes further.
LONGEST_SEARCH = 2**16


@dataclass(frozen=True)
class Steps:
    """How many steps it takes.

    Attributes:
        measured: the first step from which the error stays at or below its target; None if that
            was not seen.
        predicted: the same for the paper's bound, never less; None where there is no bound or
            where it does not come down within ``FARTHEST`` steps.
    """

    measured: int | None
    predicted: int | None


@dataclass(frozen=True)
class PairCosts:
    """What the measured pair (t, k) costs, run alone, and how good it is.

    Attributes:
        error: ‖estimate − ∇f‖ ÷ ‖∇f‖ at (t, k).
        map_evaluations: evaluations of Φ.
        jacobian_products: products with ∂₁Φ, ∂₂Φ or their transposes.
        stored_floats: numbers kept at once beyond the data.
        seconds: wall-clock time of the inner solver to t and of the method there, on
            ``Problem.canonical``; not compared.
    """

    error: float
    map_evaluations: int
    jacobian_products: int
    stored_floats: int
    seconds: float = field(compare=False)

    @property
    def products(self) -> int:
        """All products; an evaluation of Φ counts as one."""
        return self.map_evaluations + self.jacobian_products


@dataclass(frozen=True)
class Requirement:
    """What one method needs to reach the target.

    Attributes:
        method: key of ``METHODS``.
        inner: t.
        adjoint: k; the same as ``inner`` where the method goes back through its own steps.
        costs: of the measured pair; None if t or k was not seen.
        reason: why a measured number is missing, or "".
    """

    method: str
    inner: Steps
    adjoint: Steps
    costs: PairCosts | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProblemRequirements:
    """What methods need to reach a target.

    Attributes:
        target: ε, the relative error to reach.
        state_size, hyper_size: d and m of the problem.
        constants: of the problem at its λ.
        methods: one for each method that can reach any target.
        refusals: one for each method that cannot.
        seconds: time of it all; not compared.
    """

    target: float
    state_size: int
    hyper_size: int
    constants: Constants
    methods: tuple[Requirement, ...]
    refusals: tuple[Refusal, ...]
    seconds: float = field(compare=False)

    def of(self, method: str) -> Requirement:
        """What a method needs.

        Raises:
            HypergradError: if it was refused, or not asked for.
        """
        return named(method, self.methods, self.refusals)


@dataclass(frozen=True, kw_only=True)
class Requirements(ProblemRequirements):
    """What the methods of a scenario need to reach a target.

    Attributes:
        scenario: whose problem, methods and inner solver were taken.
    """

    scenario: Scenario


def requirements(
    scenario: Scenario, target: float, progress: Progress | None = None
) -> Requirements:
    """How many steps each method of a scenario needs for a relative error of ``target``.

    The relative error is ‖estimate − ∇f‖ ÷ ‖∇f‖, absolute where ∇f = 0. A method that goes back
    through its own steps has one number, t = k: the first step from which its error stays at or
    below ε. A method with a k of its own has two, each with one half of ε:

    - t is the first step from which the error with k = t stays at or below ε/2;
    - k is the first step from which the error at w(λ) itself stays at or below ε/2.

    The predicted numbers say the same of the paper's bound, for k with the constants at w(λ); so
    neither is ever below the measured one. The pair (t, k) is then run for its error, its costs
    and its time. Its error is about ε or less, but this is not promised: k steps may leave more of
    the adjoint at w_t than at w(λ).

    Not every step up to the prediction is run, unless that is quick. The search looks at pairs of
    neighbouring steps, because an error may alternate between even and odd ones, and narrows down
    between the last step above the target and the next pair below it. An error that comes back
    above the target between two pairs, both below, is missed.

    Args:
        scenario: its problem, seed, methods and inner solver count; its slice and step numbers
            do not.
        target: ε > 0.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the search.

    Raises:
        ScenarioError: if the inner solver is exact, which has no t.
        HypergradError: if the target is not positive and finite.
    """
    if not scenario.solver.iterative:
        iterative = {key: solver for key, solver in SOLVERS.items() if solver.iterative}
        raise ScenarioError("inner", scenario.inner, f"{' or '.join(iterative)}, which have a t")
    _require_target(target)
    with asking(progress) as report:
        needs = problem_requirements(
            scenario.build(), scenario.methods, target, inner=scenario.inner, progress=report
        )
    return Requirements(**vars(needs), scenario=scenario)


def _require_target(target: float) -> None:
    if not 0 < target < np.inf:
        raise HypergradError(f"the target must be positive and finite, not {target}")


def problem_requirements(
    problem: Problem,
    methods: Iterable[str],
    target: float,
    *,
    inner: str = "fixed-point",
    progress: Progress | None = None,
) -> ProblemRequirements:
    """The same on any problem; nothing is predicted where no constants were given.

    Args:
        problem: of a family, or of one's own.
        methods: keys of ``METHODS``.
        target: ε > 0.
        inner: key of an inner solver that has a t.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the search.

    Raises:
        HypergradError: if the target is not positive and finite, a name is not known, the inner
            solver does not apply or has no t, or w(λ) is not reached.
    """
    started = time.perf_counter()
    _require_target(target)
    chosen, solver = [method_named(key) for key in methods], solver_for(problem, inner)
    if not solver.iterative:
        raise HypergradError(f"{inner} has no t: choose another inner solver")
    needs, refusals = [], []
    with asking(progress) as report:
        report(0.0)
        problem = problem.canonical()
        trial = _Trial(problem, solver)
        for number, method in enumerate(chosen):
            reason = method.refusal(problem) or method.plateau
            if reason:
                refusals.append(Refusal(method.key, reason))
                continue
            share = (number, len(chosen))
            needs.append(trial.requirement(method, target, _passes(report, *share)))
        report(1.0)
    return ProblemRequirements(
        target=target,
        state_size=problem.state_size,
        hyper_size=problem.hyper_size,
        constants=problem.constants,
        methods=tuple(needs),
        refusals=tuple(refusals),
        seconds=time.perf_counter() - started,
    )


def contractions(low: float = 0.3, high: float = 0.9995, count: int = 12) -> tuple[float, ...]:
    """Values of q from ``low`` to ``high`` whose κ = (1 + q)/(1 − q) are evenly spread in log κ."""
    kappa = np.geomspace((1 + low) / (1 - low), (1 + high) / (1 - high), count)
    inside = (kappa - 1) / (kappa + 1)
    return (low, *(float(q) for q in inside[1:-1]), high)


def fitted_slope(
    condition_numbers: Sequence[float],
    values: Sequence[float | None],
    low: float = 10.0,
    high: float = 2000.0,
) -> float | None:
    """The p of values ∝ κᵖ by least squares in log–log, over κ from ``low`` to ``high``.

    Values that are missing or not positive are left out.

    Returns:
        p, or None with fewer than three different κ.
    """
    pairs = [
        (kappa, value)
        for kappa, value in zip(condition_numbers, values, strict=True)
        if low <= kappa <= high and value is not None and value > 0
    ]
    if len({kappa for kappa, _ in pairs}) < 3:
        return None
    x, y = np.log(np.array(pairs, dtype=np.float64)).T
    x = x - x.mean()
    return float(x @ y / (x @ x))


def _passes(report: Progress, number: int, count: int) -> Callable[[], Progress]:
    """Progress of passes whose number is not known: each takes a third of what is left."""
    done = 0.0

    def next_pass() -> Progress:
        nonlocal done
        start, width = done, (1 - done) / 3
        done += width
        return lambda fraction: report((number + start + width * fraction) / count)

    return next_pass


class _Trial:
    """One problem on which methods are tried; its iterates are kept."""

    def __init__(self, problem: Problem, solver: InnerSolver) -> None:
        self.run = prepare(problem, solver, 0)
        self.at_solution = self.run.along(EXACT, 0)
        self.scale = problem.constants.hypergradient_norm or 1.0
        self.cap = min(LONGEST_SEARCH, TRAJECTORY_FLOATS // problem.state_size - 1)

    def requirement(
        self, method: Method, target: float, next_pass: Callable[[], Progress]
    ) -> Requirement:
        """Search t and k, and run the pair."""
        share = target if method.whole else target / 2

        def on_diagonal(steps: IntArray) -> FloatArray:
            self.reach(int(steps[-1]), next_pass())
            return self.errors(self.run, method, Points(steps, steps), next_pass())

        def at_solution(steps: IntArray) -> FloatArray:
            points = Points(np.zeros_like(steps), steps)
            return self.errors(self.at_solution, method, points, next_pass())

        inner, reason = self.search(on_diagonal, self.run, method, share)
        adjoint = inner
        if not method.whole:
            adjoint, why = self.search(at_solution, self.at_solution, method, share)
            reason = reason or why
        costs = None
        if inner.measured is not None and adjoint.measured is not None:
            costs = self.costs(method, inner.measured, adjoint.measured)
        return Requirement(method.key, inner, adjoint, costs, reason)

    def search(
        self,
        errors: Callable[[IntArray], FloatArray],
        prepared: Prepared,
        method: Method,
        share: float,
    ) -> tuple[Steps, str]:
        """Where the error and its bound come down to ``share``; why not, if it is not seen."""
        predicted = None
        if prepared.constants.contraction < 1:

            def bound(steps: IntArray) -> FloatArray:
                points = method.clipped_points(Points(steps, steps))
                return prepared.paper_bound(method, points).values

            predicted = predicted_steps(bound, share * self.scale)
        floor = prepared.constants.rounding_floor / self.scale
        if share <= floor:
            reason = f"An error of {share:.1e} is wanted; below {floor:.1e} it may be rounding."
            return Steps(None, predicted), reason
        measured = search_steps(errors, share, self.cap, predicted)
        reason = "" if measured is not None else f"It did not reach ε within {self.cap} steps."
        return Steps(measured, predicted), reason

    def reach(self, steps: int, progress: Progress) -> None:
        """Take at least so many inner steps."""
        if len(self.run.states) <= steps:
            self.run = self.run.along(self.run.solver, steps, progress)

    def errors(
        self, prepared: Prepared, method: Method, points: Points, progress: Progress
    ) -> FloatArray:
        """Relative errors at the points, shape (P,)."""
        points = method.clipped_points(points)
        # Without a contraction a method may run off to infinity, and that is its error then.
        with np.errstate(over="ignore", invalid="ignore"):
            estimate = prepared.estimate(method, points, progress)
            return prepared.errors(estimate) / self.scale

    def costs(self, method: Method, t: int, k: int) -> PairCosts:
        """Run the point (t, k) alone."""
        points = method.clipped_points(Points(np.array([t]), np.array([k])))
        started = time.perf_counter()
        alone = self.run.along(self.run.solver, t)
        estimate = alone.estimate(method, points)
        seconds = time.perf_counter() - started
        spent = estimate.costs
        return PairCosts(
            error=float(alone.errors(estimate)[0] / self.scale),
            map_evaluations=int(spent.map_evaluations[0]),
            jacobian_products=int(spent.state_products[0] + spent.hyper_products[0]),
            stored_floats=int(spent.stored_floats[0]),
            seconds=seconds,
        )
