"""A bilevel descent: what it may take, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.bounds.certificate import Certificate
from hypergrad_core.records import Record

# Fixed steps beside a certified descent, at the most.
MOST_UNPROVED = 200


class Schedule(StrEnum):
    """How the tolerance of both systems falls with the outer steps i = 1, 2, … (Pedregosa 2016)."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"
    QUADRATIC = "quadratic"
    CUBIC = "cubic"

    def factor(self, step: int) -> float:
        """ε_i/ε_1."""
        return {
            Schedule.FIXED: 1.0,
            Schedule.EXPONENTIAL: 0.9 ** (step - 1),
            Schedule.QUADRATIC: float(step) ** -2,
            Schedule.CUBIC: float(step) ** -3,
        }[self]


@dataclass(frozen=True)
class Budget:
    """What one hypergradient may take.

    Attributes:
        inner_steps, adjoint_steps: t and k, at the most.
        warm_state, warm_adjoint: whether w and v begin where the outer step before has ended.
        tolerance: steps on a system end where its residual is no larger, in the first outer step;
            0 for all t and k of them.
        schedule: how the tolerance falls from one outer step to the next.
    """

    inner_steps: int = 20
    adjoint_steps: int = 20
    warm_state: bool = True
    warm_adjoint: bool = True
    tolerance: float = 0.0
    schedule: Schedule = Schedule.FIXED

    def tolerance_at(self, step: int) -> float:
        """ε_i of outer step i = 1, 2, …"""
        return self.tolerance * self.schedule.factor(step)


class Rule(StrEnum):
    """How far an outer step goes."""

    FIXED = "fixed"
    BACKTRACKING = "backtracking"
    CERTIFIED = "certified"


@dataclass(frozen=True)
class Outer:
    """The outer steps λ ← λ − αh.

    Attributes:
        rule: α is the same in all steps; or halved until E(w_t) falls enough; or halved until it is
            proved that f does, where both systems are solved further as far as that needs.
        steps: how many, at the most.
        length: of the first step, α‖h‖; a step that is taken is followed by one of twice its α
            unless the rule is "fixed".
        products: the run ends when so many are spent; None for no limit.
        decrease: c, the part of α‖h‖² by which f has to fall.
        trust: θ, the certified error of h is at most θ‖h‖ before a step is tried.
        project: whether each new λ is brought back to where Φ contracts (``Problem.projected``).
    """

    rule: Rule = Rule.FIXED
    steps: int = 50
    length: float = 0.1
    products: int | None = None
    decrease: float = 1e-2
    trust: float = 0.5
    project: bool = False

    def unproved(self, products: int) -> Outer:
        """Fixed steps of the same first length, while so many products last.

        What stands beside certified steps: the same products, spent without a proof.
        """
        return replace(self, rule=Rule.FIXED, steps=MOST_UNPROVED, products=products)


@dataclass(frozen=True, eq=False)
class OuterStep(Record):
    """One λ of a descent, and what is known there.

    Attributes:
        hyper: λ, shape (m,).
        certificate: of h, with the estimate of f.
        objective: f(λ), by the reference solution; nan if it was not asked for.
        true_hypergradient: ∇f(λ), shape (m,); nan likewise.
        inner_steps, adjoint_steps: t and k that were taken.
        products: spent so far, with those that found this λ.
        stored_floats: numbers that had to be kept at once, beyond the data, for the hypergradient
            so far that needs the most.
        seconds: of the method so far; not compared.
        accuracy: of w_t on rows that neither Φ nor E has seen; nan where none are held out.
        length: ‖λ − λ before‖; 0 at the start.
        proved: whether f(λ) is proved to be less than at the λ before.
        ended: why the run ends here, or "".
    """

    hyper: FloatArray
    certificate: Certificate
    objective: float
    true_hypergradient: FloatArray
    inner_steps: int
    adjoint_steps: int
    products: int
    stored_floats: int
    seconds: float = field(compare=False)
    accuracy: float = float("nan")
    length: float = 0.0
    proved: bool = False
    ended: str = ""

    @property
    def hypergradient(self) -> FloatArray:
        """h, shape (m,)."""
        return self.certificate.hypergradient

    @property
    def error(self) -> float:
        """‖h − ∇f(λ)‖, measured."""
        return float(np.linalg.norm(self.hypergradient - self.true_hypergradient))

    @property
    def angle(self) -> float:
        """Between h and ∇f(λ), in degrees; nan if one of them is 0."""
        truth = self.true_hypergradient
        sizes = float(np.linalg.norm(truth) * np.linalg.norm(self.hypergradient))
        if not sizes > 0:
            return float("nan")
        return float(np.degrees(np.arccos(np.clip(truth @ self.hypergradient / sizes, -1, 1))))


@dataclass(frozen=True, eq=False)
class Descent(Record):
    """A whole run.

    Attributes:
        method: its key.
        steps: the start and every λ after it.
    """

    method: str
    steps: tuple[OuterStep, ...]

    @property
    def hypers(self) -> FloatArray:
        """All λ, shape (S, m)."""
        return np.array([step.hyper for step in self.steps])

    @property
    def objectives(self) -> FloatArray:
        """All f(λ), shape (S,)."""
        return np.array([step.objective for step in self.steps])

    @property
    def products(self) -> IntArray:
        """Spent until each λ, shape (S,)."""
        return np.array([step.products for step in self.steps])

    @property
    def last(self) -> OuterStep:
        """Where it ended."""
        return self.steps[-1]
