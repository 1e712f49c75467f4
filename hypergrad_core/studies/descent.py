"""Bilevel descent: f(λ) lowered step by step with approximate hypergradients.

Every outer step takes t steps on the lower level and k on the adjoint, from 0 or from where the
step before has ended (R16). Beside each hypergradient stands its certificate (R8). A certified
step is taken when it is proved that it lowers f (R24).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.bounds.certificate import Certificate, certify
from hypergrad_core.costs import Counter
from hypergrad_core.errors import HypergradError
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.interruption import asking
from hypergrad_core.methods import Method, Points, method_named
from hypergrad_core.methods.base import PLAIN
from hypergrad_core.methods.implicit import solve_system
from hypergrad_core.problem import Problem
from hypergrad_core.problems.wrapped import LagrangianProblem
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, OuterStep, Rule

# A step is halved so often before it is given up.
MOST_HALVINGS = 40
# A certificate is sharpened so often at one λ: each time the steps of one part are doubled.
MOST_DOUBLINGS = 12

NOT_FINITE = "The numbers are not finite any more: the outer steps are too long."
OUTSIDE = "The next λ is not one that the problem is made for: the outer steps are too long."
SPENT = "All products are spent."
FLAT = "h = 0."
NO_STEP = "No step was found that lowers f enough."
NOT_CERTIFIED = "The hypergradient cannot be certified any further."
NOT_PROVED = "What is left to gain is too little to be proved."


@np.errstate(over="ignore", invalid="ignore")
def _norm(vector: FloatArray) -> float:
    return float(np.linalg.norm(vector))


@dataclass(frozen=True)
class _Look:
    """What is known at one λ.

    Attributes:
        problem: bound to it.
        state, adjoint: w and v.
        certificate: of h.
        inner_steps, adjoint_steps: that were taken here, all together.
        value: E(w).
    """

    problem: Problem
    state: FloatArray
    adjoint: FloatArray
    certificate: Certificate
    inner_steps: int
    adjoint_steps: int
    value: float

    @property
    def norm(self) -> float:
        """‖h‖."""
        return _norm(self.certificate.hypergradient)


class _Run:
    """One method on its way, and what it has spent."""

    def __init__(self, problem: Problem, method: Method, budget: Budget, outer: Outer) -> None:
        self._start = problem
        self._method = method
        self._budget = budget
        self._outer = outer
        self._spent = Counter(1)
        # What certificates take is paid for only where they decide.
        self._proofs = self._spent if outer.rule is Rule.CERTIFIED else Counter(1)
        self._clock = time.perf_counter()
        self._number = 1

    @property
    def products(self) -> int:
        """Spent so far."""
        return int(self._spent.costs().products[0])

    @property
    def is_spent(self) -> bool:
        """Whether no more may be."""
        return self._outer.products is not None and self.products >= self._outer.products

    def first(self) -> _Look:
        """At the λ of the problem."""
        start = self._start.tuned()
        return self._look(start, start.initial_state, np.zeros(start.state_size))

    def at(self, hyper: FloatArray, before: _Look) -> _Look:
        """At another λ, from where the one before has ended."""
        problem, budget = self._start.at(hyper).tuned(), self._budget
        state = before.state if budget.warm_state else self._start.initial_state
        guess = np.zeros(problem.state_size)
        if budget.warm_adjoint:
            guess = before.adjoint * (before.problem.adjoint_unit / problem.adjoint_unit)
        return self._look(problem, state, guess)

    def sharpened(self, look: _Look, *, inner: bool) -> _Look:
        """Twice the steps on w, or on v alone, from where they are."""
        steps = max(look.inner_steps, 1) if inner or self._method.unrolls else 0
        adjoint_steps = max(look.adjoint_steps, 1) * (1 if inner else 2)
        more = self._look(look.problem, look.state, look.adjoint, (steps, adjoint_steps))
        return replace(
            more,
            inner_steps=look.inner_steps + more.inner_steps,
            adjoint_steps=look.adjoint_steps + more.adjoint_steps,
        )

    @np.errstate(over="ignore", invalid="ignore")
    def _look(
        self,
        problem: Problem,
        state: FloatArray,
        guess: FloatArray,
        steps: tuple[int, int] | None = None,
    ) -> _Look:
        """Go on from w and v for t and k steps; those of the budget, if not said."""
        t, k = steps or (self._budget.inner_steps, self._budget.adjoint_steps)
        tolerance = 0.0 if steps else self._budget.tolerance_at(self._number)
        method, spent = self._method, self._spent
        # Not solved for: nothing here may ask for w(λ).
        begun = problem.centred(state).starting_at(state).centred(state)
        states = FIXED_POINT.iterate(begun, t, scheme=PLAIN, tolerance=tolerance)
        end, taken = states[-1], len(states) - 1
        warm = bool(guess.any())
        shifted = LagrangianProblem(exact=begun, guess=guess) if warm else begun
        points = method.clipped_points(Points(np.array([taken]), np.array([k])))
        k = int(points.adjoint_steps[0])
        solved = self._proofs if method.unrolls else spent
        # The right-hand side of the shifted system has a product of its own.
        solved.state_products += warm
        adjoint, k = solve_system(method.solver, shifted, end, k, solved, tolerance=tolerance)
        certificate = certify(begun, end, guess + adjoint, self._proofs)
        if method.unrolls:
            estimate = method.estimate(shifted, states, points)
            spent.map_evaluations += estimate.costs.map_evaluations
            spent.state_products += estimate.costs.state_products + warm
            spent.hyper_products += estimate.costs.hyper_products + warm
            certificate = certificate.moved(estimate.hypergradients[0])
        else:
            spent.map_evaluations += taken
            # Of the certificate's products one makes h.
            spent.hyper_products += self._proofs is not spent
        value = float(problem.outer(end[None])[0])
        return _Look(problem, end, guess + adjoint, certificate, taken, k, value)

    @np.errstate(over="ignore", invalid="ignore")
    def record(
        self, look: _Look, *, truth: bool, length: float = 0.0, proved: bool = False
    ) -> OuterStep:
        """What is told of a λ."""
        seconds = time.perf_counter() - self._clock
        objective, hypergradient = float("nan"), np.full(look.problem.hyper_size, np.nan)
        if truth:
            # From w, so that Newton's method has not far to go.
            problem = look.problem.starting_at(look.state)
            with suppress(HypergradError):  # there is no w(λ), or it is not reached
                objective, hypergradient = problem.objective(), problem.reference.hypergradient
        judge = look.problem.held_out
        accuracy = float("nan") if judge is None else float(judge.accuracy(look.state[None])[0])
        self._clock = time.perf_counter() - seconds
        self._number += 1
        return OuterStep(
            hyper=look.problem.hyper,
            certificate=look.certificate,
            objective=objective,
            true_hypergradient=hypergradient,
            inner_steps=look.inner_steps,
            adjoint_steps=look.adjoint_steps,
            products=self.products,
            seconds=seconds,
            accuracy=accuracy,
            length=length,
            proved=proved,
        )

    def certified(self, look: _Look) -> tuple[_Look, str]:
        """Sharpened until the error of h is at most θ‖h‖; and why it is not, or ""."""
        for _ in range(MOST_DOUBLINGS):
            known = look.certificate
            if known.bound <= self._outer.trust * look.norm:
                return look, ""
            if self.is_spent:
                return look, SPENT
            if not np.isfinite(known.bound):
                break
            look = self.sharpened(look, inner=known.inner >= known.adjoint)
        return look, NOT_CERTIFIED

    def moved(self, look: _Look, size: float) -> FloatArray:
        """λ − αh, projected."""
        hyper = look.problem.hyper - size * look.certificate.hypergradient
        return look.problem.projected(hyper) if self._outer.project else hyper

    @np.errstate(over="ignore", invalid="ignore")
    def step(self, here: _Look, size: float) -> tuple[_Look, _Look, float, str]:
        """Look for the next λ with steps of size α at the most.

        Returns:
            what is known here now, what is known there, the α that was taken, and why none was.
        """
        for _ in range(MOST_HALVINGS):
            hyper = self.moved(here, size)
            if not here.problem.admits(hyper):
                if self._outer.rule is Rule.FIXED:
                    return here, here, size, OUTSIDE
                size /= 2
                continue
            reason = self._method.refusal(here.problem.at(hyper))
            if reason:
                return here, here, size, f"At the next λ the method does not apply. {reason}"
            there = self.at(hyper, here)
            needed = self._outer.decrease * float(np.sum((hyper - here.problem.hyper) ** 2)) / size
            verdict = self._judged(here, there, needed)
            for _ in range(MOST_DOUBLINGS):
                if verdict is not None or self.is_spent:
                    break
                if here.certificate.value_bound > there.certificate.value_bound:
                    here = self.sharpened(here, inner=True)
                else:
                    there = self.sharpened(there, inner=True)
                verdict = self._judged(here, there, needed)
            if verdict:
                return here, there, size, ""
            if self.is_spent:
                return here, here, size, SPENT
            if verdict is None:
                return here, here, size, NOT_PROVED
            size /= 2
        return here, here, size, NO_STEP

    def _judged(self, here: _Look, there: _Look, needed: float) -> bool | None:
        """Whether a step lowers f as much as is needed; None if that is not decided yet."""
        if self._outer.rule is Rule.FIXED:
            return True
        if self._outer.rule is Rule.BACKTRACKING:
            return there.value <= here.value - needed
        before, after = here.certificate, there.certificate
        if not np.isfinite(after.value_bound):
            return False
        fall, unsure = before.value - after.value, before.value_bound + after.value_bound
        if fall - unsure >= needed:
            return True
        return False if fall + unsure < needed else None


def descend(
    problem: Problem, method: Method, budget: Budget, outer: Outer, *, truth: bool = True
) -> Iterator[OuterStep]:
    """The start, and then each λ as it is reached.

    Args:
        problem: bound to the λ where it starts.
        method: of the hypergradients.
        budget: of one of them.
        outer: the steps.
        truth: whether f and ∇f are known by the reference solution, which no method gets to see.

    Raises:
        HypergradError: if the method does not apply, or steps are to be certified in single
            precision.
    """
    reason = method.refusal(problem)
    if reason:
        raise HypergradError(f"{method.key} was refused. {reason}")
    if outer.rule is Rule.CERTIFIED and problem.without_rounding is not problem:
        raise HypergradError(
            "A certificate says nothing of oracles that round: choose double precision."
        )
    run = _Run(problem, method, budget, outer)
    look, length, proved, size = run.first(), 0.0, False, 0.0
    for number in range(outer.steps + 1):
        ended = ""
        if outer.rule is Rule.CERTIFIED:
            look, ended = run.certified(look)
        step = run.record(look, truth=truth, length=length, proved=proved)
        if not np.isfinite(look.norm):
            ended = NOT_FINITE
        elif look.norm == 0:
            ended = FLAT
        elif run.is_spent:
            ended = SPENT
        if not ended and number < outer.steps:
            size = size or outer.length / look.norm
            look, there, size, ended = run.step(look, size)
        if ended or number == outer.steps:
            yield replace(step, ended=ended, products=run.products)
            return
        yield step
        length = _norm(there.problem.hyper - look.problem.hyper)
        proved = outer.rule is Rule.CERTIFIED
        look = there
        if outer.rule is not Rule.FIXED:
            size *= 2


def minimize(
    problem: Problem,
    method: str = "aid-cg",
    budget: Budget | None = None,
    outer: Outer | None = None,
    *,
    truth: bool = True,
    progress: Progress | None = None,
) -> Descent:
    """Lower f(λ) from the λ of a problem with a method's hypergradients.

    Args:
        problem: of a family, or of one's own.
        method: key of ``METHODS``.
        budget: what one hypergradient may take.
        outer: the outer steps. With ``Rule.CERTIFIED`` f falls with each of them, which is proved.
        truth: whether f and ∇f are told beside, by the reference solution.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.

    Raises:
        HypergradError: if a name is not known, or the method does not apply.
    """
    chosen, outer = method_named(method), outer or Outer()
    steps: list[OuterStep] = []
    with asking(progress) as report:
        for step in descend(problem, chosen, budget or Budget(), outer, truth=truth):
            steps.append(step)
            report(min(1.0, len(steps) / (outer.steps + 1)))
    return Descent(method, tuple(steps))


def value_and_hypergradient(
    problem: Problem, method: str = "aid-cg", budget: Budget | None = None
) -> Callable[[FloatArray], tuple[float, FloatArray]]:
    """λ ↦ (f, ∇f) as approximated, for ``scipy.optimize.minimize(fun, x0, jac=True)``.

    Each call goes on from where the one before has ended, if the budget is warm.

    Args:
        problem: of a family, or of one's own.
        method: key of ``METHODS``.
        budget: of one call.
    """
    run = _Run(problem, method_named(method), budget or Budget(), Outer())
    look = run.first()

    def both(hyper: FloatArray) -> tuple[float, FloatArray]:
        nonlocal look
        look = run.at(np.asarray(hyper, dtype=np.float64), look)
        return look.certificate.value, look.certificate.hypergradient

    return both
