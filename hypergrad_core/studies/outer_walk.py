"""One method on its way from λ to λ: what is known at each, what it has taken, where to go next.

An outer step is fixed, found by backtracking, or certified: taken when values and their bounds
prove that it lowers f (R24). Steps on w and v go on from where they are (R16).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.bounds.certificate import Certificate, certify
from hypergrad_core.costs import CountedLinearisation, Counter
from hypergrad_core.errors import HypergradError
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.methods import Method, Points
from hypergrad_core.methods.base import PLAIN
from hypergrad_core.methods.implicit import solve_system
from hypergrad_core.problem import Problem
from hypergrad_core.problems.wrapped import LagrangianProblem
from hypergrad_core.records import Record
from hypergrad_core.studies.outer_steps import Budget, Outer, OuterStep, Rule

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
def norm(vector: FloatArray) -> float:
    """‖x‖, which may be infinite."""
    return float(np.linalg.norm(vector))


@dataclass(frozen=True)
class Look:
    """What a method knows at one λ.

    Attributes:
        problem: bound to it.
        state, adjoint: w and v.
        own: h as the method makes it; None where it is left to the certificate.
        inner_steps, adjoint_steps: that were taken here, all together.
        value: E(w).
        proofs: charged with the certificate.
        asked: λ as the problem was asked for it; None for the λ where the walk starts.
    """

    problem: Problem
    state: FloatArray
    adjoint: FloatArray
    own: FloatArray | None
    inner_steps: int
    adjoint_steps: int
    value: float
    proofs: Counter
    asked: FloatArray | None = None

    @cached_property
    def certificate(self) -> Certificate:
        """Of h; made when it is asked for."""
        with np.errstate(over="ignore", invalid="ignore"):
            made = certify(self.problem, self.state, self.adjoint, self.proofs)
        return made if self.own is None else made.moved(self.own)

    @property
    def hypergradient(self) -> FloatArray:
        """h, shape (m,)."""
        return self.certificate.hypergradient if self.own is None else self.own

    @property
    def norm(self) -> float:
        """‖h‖."""
        return norm(self.hypergradient)


@dataclass(frozen=True, eq=False)
class Kept(Record):
    """A walk and what it knows at its λ, without the problem: small, and can be pickled.

    Attributes:
        asked, state, adjoint, own, inner_steps, adjoint_steps, value: as of the look.
        begun: w from where the last steps at this λ went on, shape (d,).
        certificate: None where it has not been asked for.
        spent: what the walk has, a row for each count.
        most_kept: numbers that had to be kept at once, so far.
        number: of the outer step.
        seconds: so far.
    """

    asked: FloatArray | None
    begun: FloatArray
    state: FloatArray
    adjoint: FloatArray
    own: FloatArray | None
    inner_steps: int
    adjoint_steps: int
    value: float
    certificate: Certificate | None
    spent: IntArray
    most_kept: int
    number: int
    seconds: float = field(compare=False)


@np.errstate(over="ignore", invalid="ignore")
def true_values(look: Look) -> tuple[float, FloatArray]:
    """f(λ) and ∇f(λ) by the reference solution; nan where w(λ) is not reached."""
    # From w, so that Newton's method has not far to go.
    problem = look.problem.starting_at(look.state)
    try:
        return problem.objective(), problem.reference.hypergradient
    except HypergradError:
        return _unknown(look)


def _unknown(look: Look) -> tuple[float, FloatArray]:
    return float("nan"), np.full(look.problem.hyper_size, np.nan)


def _accuracy(look: Look) -> float:
    """What the problem's judge says of w; nan if it has none, or has nothing to say at this λ."""
    try:
        judge = look.problem.held_out
        return float("nan") if judge is None else float(judge.accuracy(look.state[None])[0])
    except (HypergradError, np.linalg.LinAlgError):
        return float("nan")


class Walk:
    """One method on its way, and what it has spent."""

    def __init__(self, problem: Problem, method: Method, budget: Budget, outer: Outer) -> None:
        self._start = problem
        self._method = method
        self._budget = budget
        self._outer = outer
        self._spent = Counter(1)
        # What certificates take is paid for only where they decide.
        self._pays = outer.rule is Rule.CERTIFIED
        self._proofs = self._spent if self._pays else Counter(1)
        self._clock = time.perf_counter()
        self._number = 1
        # Numbers that had to be kept at once for a hypergradient, at the most so far.
        self._most_kept = 0

    def kept(self, look: Look) -> Kept:
        """What it takes to go on from here at another time, or elsewhere."""
        return Kept(
            asked=look.asked,
            begun=look.problem.initial_state,
            state=look.state,
            adjoint=look.adjoint,
            own=look.own,
            inner_steps=look.inner_steps,
            adjoint_steps=look.adjoint_steps,
            value=look.value,
            certificate=vars(look).get("certificate"),
            spent=self._spent.counts.copy(),
            most_kept=self._most_kept,
            number=self._number,
            seconds=time.perf_counter() - self._clock,
        )

    def restored(self, kept: Kept) -> Look:
        """Go on from there: all numbers are those of a walk that never waited."""
        self._spent.counts[:] = kept.spent
        self._most_kept = kept.most_kept
        self._number = kept.number
        self._clock = time.perf_counter() - kept.seconds
        problem = self._start if kept.asked is None else self._start.at(kept.asked)
        look = Look(
            problem=problem.tuned().starting_at(kept.begun).centred(kept.begun),
            state=kept.state,
            adjoint=kept.adjoint,
            own=kept.own,
            inner_steps=kept.inner_steps,
            adjoint_steps=kept.adjoint_steps,
            value=kept.value,
            proofs=self._proofs,
            asked=kept.asked,
        )
        if kept.certificate is not None:
            # It has been paid for.
            vars(look)["certificate"] = kept.certificate
        return look

    @property
    def number(self) -> int:
        """Of the outer step that is to be recorded next, from 1 on."""
        return self._number

    @property
    def products(self) -> int:
        """Spent so far."""
        return int(self._spent.costs().products[0])

    @property
    def is_spent(self) -> bool:
        """Whether no more may be."""
        return self._outer.products is not None and self.products >= self._outer.products

    def first(self) -> Look:
        """At the λ of the problem."""
        start = self._start.tuned()
        return self._look(start, start.initial_state, np.zeros(start.state_size))

    def at(self, hyper: FloatArray, before: Look) -> Look:
        """At another λ, from where the one before has ended."""
        problem, budget = self._start.at(hyper).tuned(), self._budget
        state = before.state if budget.warm_state else self._start.initial_state
        guess = np.zeros(problem.state_size)
        if budget.warm_adjoint:
            guess = before.adjoint * (before.problem.adjoint_unit / problem.adjoint_unit)
        return replace(self._look(problem, state, guess), asked=hyper)

    def sharpened(self, look: Look, *, inner: bool) -> Look:
        """Twice the steps on w, or on v alone, from where they are."""
        steps = max(look.inner_steps, 1) if inner or self._method.unrolls else 0
        adjoint_steps = max(look.adjoint_steps, 1) * (1 if inner else 2)
        more = self._look(look.problem, look.state, look.adjoint, (steps, adjoint_steps))
        return replace(
            more,
            inner_steps=look.inner_steps + more.inner_steps,
            adjoint_steps=look.adjoint_steps + more.adjoint_steps,
            asked=look.asked,
        )

    @np.errstate(over="ignore", invalid="ignore")
    def _look(
        self,
        problem: Problem,
        state: FloatArray,
        guess: FloatArray,
        steps: tuple[int, int] | None = None,
    ) -> Look:
        """Go on from w and v for t and k steps; those of the budget, if not said."""
        t, k = steps or (self._budget.inner_steps, self._budget.adjoint_steps)
        tolerance = 0.0 if steps else self._budget.tolerance_at(self._number)
        method, spent = self._method, self._spent
        # Not solved for: nothing here may ask for w(λ).
        begun = problem.starting_at(state).centred(state)
        states = FIXED_POINT.iterate(begun, t, scheme=PLAIN, tolerance=tolerance)
        end, taken = states[-1], len(states) - 1
        warm = bool(guess.any())
        shifted = LagrangianProblem(original=begun, guess=guess) if warm else begun
        points = method.clipped_points(Points(np.array([taken]), np.array([k])))
        k = int(points.adjoint_steps[0])
        # An unrolling method has no adjoint of its own: only its certificate wants one, and the
        # next λ if the adjoint is warm.
        beside = method.unrolls and not (self._budget.warm_adjoint or self._pays)
        solved = self._proofs if beside else spent
        # The right-hand side of the shifted system has a product of its own.
        solved.state_products += warm
        with self._beside() if beside else nullcontext():
            adjoint, k, kept = solve_system(
                method.solver, shifted, end, k, solved, tolerance=tolerance
            )
        adjoint = guess + adjoint
        # What is beside a method needs no room of its own; the sum that is h does.
        kept = 0 if beside else kept + problem.hyper_size
        own: FloatArray | None = None
        if method.unrolls:
            estimate = method.estimate(shifted, states, points)
            own = estimate.hypergradients[0]
            kept = max(kept, int(estimate.costs.stored_floats[0]))
            spent.map_evaluations += estimate.costs.map_evaluations
            spent.state_products += estimate.costs.state_products + warm
            spent.hyper_products += estimate.costs.hyper_products + warm
        else:
            spent.map_evaluations += taken
            if not self._pays:
                # A certificate that is paid for has the same product in it.
                lin = CountedLinearisation(begun.linearise(end[None]), spent, np.zeros(1, int))
                own = (begun.outer_gradient_hyper(end[None]) + lin.vjp_hyper(adjoint[None]))[0]
        # The guess of the adjoint is there all the time.
        self._most_kept = max(self._most_kept, kept + warm * problem.state_size)
        value = float(problem.outer(end[None])[0])
        return Look(begun, end, adjoint, own, taken, k, value, self._proofs)

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Stop the clock: what is measured beside a method is no part of its time."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._clock += time.perf_counter() - started

    @np.errstate(over="ignore", invalid="ignore")
    def record(
        self, look: Look, *, truth: bool, length: float = 0.0, proved: bool = False
    ) -> OuterStep:
        """What is told of a λ."""
        seconds = time.perf_counter() - self._clock
        with self._beside():
            certificate = look.certificate
            objective, hypergradient = true_values(look) if truth else _unknown(look)
            accuracy = _accuracy(look)
        self._number += 1
        return OuterStep(
            hyper=look.problem.hyper,
            certificate=certificate,
            objective=objective,
            true_hypergradient=hypergradient,
            inner_steps=look.inner_steps,
            adjoint_steps=look.adjoint_steps,
            products=self.products,
            stored_floats=self._most_kept,
            seconds=seconds,
            accuracy=accuracy,
            length=length,
            proved=proved,
        )

    def certified(self, look: Look) -> tuple[Look, str]:
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

    def moved(self, look: Look, size: float) -> FloatArray:
        """λ − αh, projected."""
        hyper = look.problem.hyper - size * look.hypergradient
        return look.problem.projected(hyper) if self._outer.project else hyper

    @np.errstate(over="ignore", invalid="ignore")
    def step(self, here: Look, size: float) -> tuple[Look, Look, float, str]:
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

    def _judged(self, here: Look, there: Look, needed: float) -> bool | None:
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
