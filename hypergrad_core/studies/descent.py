"""Bilevel descent: f(λ) lowered step by step with approximate hypergradients.

Every outer step takes t steps on the lower level and k on the adjoint, from 0 or from where the
step before has ended (R16). Beside each hypergradient stands its certificate (R8). A certified
step is taken when it is proved that it lowers f (R24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.interruption import asking
from hypergrad_core.methods import Method, method_named
from hypergrad_core.problem import Problem
from hypergrad_core.studies.outer_steps import Budget, Descent, Outer, OuterStep, Rule
from hypergrad_core.studies.outer_walk import (
    FLAT,
    NOT_FINITE,
    SPENT,
    Walk,
    norm,
    true_values,
)

Truth: TypeAlias = bool | Literal["last"]


def descend(
    problem: Problem, method: Method, budget: Budget, outer: Outer, *, truth: Truth = True
) -> Iterator[OuterStep]:
    """The start, and then each λ as it is reached.

    Args:
        problem: bound to the λ where it starts.
        method: of the hypergradients.
        budget: of one of them.
        outer: the steps.
        truth: whether f and ∇f are known by the reference solution, which no method gets to see;
            "last" for the last λ only.

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
    run = Walk(problem, method, budget, outer)
    look, length, proved, size = run.first(), 0.0, False, 0.0
    for number in range(outer.steps + 1):
        ended = ""
        if outer.rule is Rule.CERTIFIED:
            look, ended = run.certified(look)
        step, seen = run.record(look, truth=truth is True, length=length, proved=proved), look
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
            if truth == "last":
                objective, hypergradient = true_values(seen)
                step = replace(step, objective=objective, true_hypergradient=hypergradient)
            yield replace(step, ended=ended, products=run.products)
            return
        yield step
        length = norm(there.problem.hyper - look.problem.hyper)
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
    run = Walk(problem, method_named(method), budget or Budget(), Outer())
    look = run.first()

    def both(hyper: FloatArray) -> tuple[float, FloatArray]:
        nonlocal look
        look = run.at(np.asarray(hyper, dtype=np.float64), look)
        return look.certificate.value, look.certificate.hypergradient

    return both
