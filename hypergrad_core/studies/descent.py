"""Bilevel descent: f(λ) lowered step by step with approximate hypergradients.

Every outer step takes t steps on the lower level and k on the adjoint, from 0 or from where the
step before has ended (R16). Beside each hypergradient stands its certificate (R8). A certified
step is taken when it is proved that it lowers f (R24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.interruption import asking
from hypergrad_core.methods import Method, method_named
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, OuterStep, Rule
from hypergrad_core.studies.outer_walk import (
    FLAT,
    NOT_FINITE,
    SPENT,
    Kept,
    Look,
    Walk,
    norm,
    true_values,
)

Truth: TypeAlias = bool | Literal["last"]


@dataclass(frozen=True, eq=False)
class Waiting(Record):
    """Where a descent is between two steps: small, and can be pickled.

    Attributes:
        kept: the walk, and what it knows at the next λ.
        length: ‖λ − λ before‖.
        size: α of the next step, at the most.
    """

    kept: Kept
    length: float
    size: float


class Descending(Iterator[OuterStep]):
    """The start, and then each λ as it is reached.

    Between two steps it can wait, and be gone on with at another time or in another process.

    Args:
        problem: bound to the λ where it starts.
        method: of the hypergradients.
        budget: of one of them.
        outer: the steps.
        truth: whether f and ∇f are known by the reference solution, which no method gets to see;
            "last" for the last λ only.

    Attributes:
        ended: whether the last λ has been reached.

    Raises:
        HypergradError: if the method does not apply, or steps are to be certified in single
            precision.
    """

    def __init__(
        self,
        problem: Problem,
        method: Method,
        budget: Budget,
        outer: Outer,
        *,
        truth: Truth = True,
    ) -> None:
        reason = method.refusal(problem)
        if reason:
            raise HypergradError(f"{method.key} was refused. {reason}")
        if outer.rule is Rule.CERTIFIED and problem.without_rounding is not problem:
            raise HypergradError(
                "A certificate says nothing of oracles that round: choose double precision."
            )
        self._run = Walk(problem, method, budget, outer)
        self._outer = outer
        self._truth = truth
        self._look: Look | None = None
        self._length, self._size = 0.0, 0.0
        self.ended = False

    @property
    def waiting(self) -> Waiting | None:
        """What ``resume`` takes to go on with the same numbers; None before the first step."""
        if self._look is None:
            return None
        return Waiting(self._run.kept(self._look), self._length, self._size)

    def resume(self, waiting: Waiting) -> None:
        """Go on from where one for the same problem, method, budget and steps has waited."""
        self._look = self._run.restored(waiting.kept)
        self._length, self._size = waiting.length, waiting.size

    @property
    def taken(self) -> int:
        """Outer steps so far, those before it has waited included."""
        return max(0, self._run.number - 2)

    @property
    def fraction(self) -> float:
        """How much of the steps or of the products is used up, whichever is more; in [0, 1]."""
        outer = self._outer
        steps = (self._run.number - 1) / (outer.steps + 1)
        products = self._run.products / outer.products if outer.products else 0.0
        return 1.0 if self.ended else min(1.0, max(steps, products))

    def __next__(self) -> OuterStep:
        """The next λ, and what is known there."""
        if self.ended:
            raise StopIteration
        run, outer = self._run, self._outer
        look, ended = self._look or run.first(), ""
        number = run.number - 1
        if outer.rule is Rule.CERTIFIED:
            look, ended = run.certified(look)
        proved, seen = number > 0 and outer.rule is Rule.CERTIFIED, look
        step = run.record(look, truth=self._truth is True, length=self._length, proved=proved)
        if not np.isfinite(look.norm):
            ended = NOT_FINITE
        elif look.norm == 0:
            ended = FLAT
        elif run.is_spent:
            ended = SPENT
        last = number == outer.steps
        if not ended and not last:
            look, there, self._size, ended = run.step(look, self._size or outer.length / look.norm)
        if ended or last:
            self.ended = True
            if self._truth == "last":
                objective, hypergradient = true_values(seen)
                step = replace(step, objective=objective, true_hypergradient=hypergradient)
            return replace(step, ended=ended, products=run.products)
        self._length = norm(there.problem.hyper - look.problem.hyper)
        self._look = there
        if outer.rule is not Rule.FIXED:
            self._size *= 2
        return step


def minimize(
    problem: Problem,
    method: str = "aid-cg",
    budget: Budget | None = None,
    outer: Outer | None = None,
    *,
    truth: Truth = True,
    progress: Progress | None = None,
) -> Descent:
    """Lower f(λ) from the λ of a problem with a method's hypergradients.

    Args:
        problem: of a family, or of one's own.
        method: key of ``METHODS``.
        budget: what one hypergradient may take.
        outer: the outer steps. With ``Rule.CERTIFIED`` f falls with each of them, which is proved.
        truth: whether f and ∇f are told beside, by the reference solution; "last" for the last λ
            only.
        progress: told the fraction done, in [0, 1]; whatever it raises stops the run.

    Raises:
        HypergradError: if a name is not known, or the method does not apply.
    """
    chosen, outer = method_named(method), outer or Outer()
    steps: list[OuterStep] = []
    with asking(progress) as report:
        descending = Descending(problem, chosen, budget or Budget(), outer, truth=truth)
        for step in descending:
            steps.append(step)
            report(descending.fraction)
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
    run = Walk(problem, method_named(method), budget or Budget(), Outer())
    look = run.first()

    def both(hyper: FloatArray) -> tuple[float, FloatArray]:
        nonlocal look
        look = run.at(np.asarray(hyper, dtype=np.float64), look)
        return look.certificate.value, look.certificate.hypergradient

    return both
