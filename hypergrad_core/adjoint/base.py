"""What an adjoint solver is: (I − ∂₁Φ(w)ᵀ) v = ∇₁E(w), in lockstep over many systems.

Row i of a block carries the system at state w_i; one step of all rows is one block product. What
theory says of a solver stands on its class, and is read by whoever needs it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar, Protocol, Self

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.lemmas import condition_number, conjugate_gradient_rate
from hypergrad_core.linearisation import Linearisation

# A row whose residual has fallen by this factor is finished: what is left cannot change the
# iterate in double precision, and going on ends in 0/0.
ROUNDED_RESIDUAL = 1e-20
# Steps by a factor e until then.
ROUNDED_STEPS = 46.0


class Outcome(StrEnum):
    """Why a row stopped."""

    STEPS_TAKEN = "all steps were taken"
    CONVERGED = "the residual fell to rounding"
    BREAKDOWN = "the matrix is not positive definite along the search direction"


class Solvable(Protocol):
    """What a solver may ask of the problem whose systems it is to solve."""

    @property
    def symmetric(self) -> bool:
        """Whether ∂₁Φ is symmetric."""

    @property
    def self_adjoint(self) -> bool:
        """Whether I − ∂₁Φᵀ is self-adjoint, in the metric of the linearisations if there is one."""

    @property
    def constants(self) -> Constants:
        """q and the others."""
        ...


class AdjointSolver(ABC):
    """A linear solver that advances a block of rows from v = 0, and what theory says of it.

    A row that is finished, because it has converged or broken down, costs no more products and
    stays as it is.

    Args:
        lin: ∂₁Φ at the states of all R rows.
        gradients: ∇₁E there, shape (R, d).

    Attributes:
        key: short name.
        label: name for people.
        name: what it is called in a sentence; "" where it is not named apart from its method.
        formula: LaTeX of v_k.
        source: where the method that uses it is analysed.
        bound_source: theorem of the paper's bound, with fixed-point iteration below.
        energy: whether its norms are those of the linearisation's metric, if there is one.
        needs_symmetry: whether ∂₁Φ has to be symmetric.
        products: with ∂₁Φ or its transpose, in each step.
        vectors: how many vectors of d numbers a step passes over, beside its products.
        calls: of NumPy, in a step.
        residual_norms: ‖∇₁E − (I − ∂₁Φᵀ) v‖ for each row, shape (R,); nan where not known. In the
            norm of the metric where the solver works in it.
        outcomes: why each row stopped, length R.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    name: ClassVar[str]
    formula: ClassVar[str]
    source: ClassVar[str]
    bound_source: ClassVar[str]
    energy: ClassVar[bool] = False
    needs_symmetry: ClassVar[bool] = False
    products: ClassVar[int] = 1
    vectors: ClassVar[float] = 12.0
    calls: ClassVar[float] = 25.0
    _adjoints: FloatArray

    @classmethod
    def refusal(cls, problem: Solvable) -> str:
        """Why it does not apply to the problem and what to use instead, or ""."""
        return ""

    @classmethod
    def applies(cls, work: ProblemWork) -> bool:
        """Whether ``refusal`` will be empty, before there is a problem."""
        return work.symmetric or not cls.needs_symmetry

    @classmethod
    @abstractmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """The p of k ∝ κᵖ, as κ grows: 1 for a factor q, ½ for one of √κ."""

    @classmethod
    def late_factor(cls, constants: Constants) -> float:
        """By what the error surely falls with each step, late (R5)."""
        if cls.exponent(symmetric=constants.symmetric) < 1:
            return conjugate_gradient_rate(constants.condition_number)
        return constants.contraction

    @classmethod
    @abstractmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """σ(k) with ‖v_k − v(w_t)‖ ≤ σ(k) ‖v(w_t)‖ as the paper has it, at most 1, shape (P,)."""

    @classmethod
    @abstractmethod
    def residual_formula(cls, constants: Constants) -> str:
        """LaTeX of ``residual_factor``."""

    @classmethod
    def sharp_residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """s(k) of R5, for the term ‖∂₂Φ‖ s(k) ‖∇₁E‖/σ_min: shape (P,)."""
        return cls.residual_factor(constants, steps)

    @classmethod
    def begin(cls, problem: Solvable, lin: Linearisation, gradients: FloatArray) -> Self:
        """Start on systems of a problem; most solvers need to know no more than these."""
        return cls(lin, gradients)

    @classmethod
    def step_work(cls, size: int, step: int) -> Cost:
        """What one row takes in step k = 0, 1, …, beside ``products`` products with ∂₁Φ."""
        return Cost(vector=cls.vectors * size, calls=cls.calls)

    @classmethod
    def steps_expected(cls, work: ProblemWork) -> float:
        """After how many steps a row is finished, about."""
        kappa = work.condition or condition_number(work.contraction)
        factor = conjugate_gradient_rate(kappa)
        if cls.exponent(symmetric=work.symmetric) == 1:
            factor = work.contraction
        rest = ROUNDED_STEPS / -np.log(max(factor, 1e-9))
        return float(min(rest, 1.3 * work.clusters + 2))

    @classmethod
    def read_work(cls, size: int, steps: FloatArray, groups: int) -> Cost:
        """What ``adjoints`` takes after each of so many steps, in so many calls."""
        return Cost(vector=float(size) * len(steps), calls=float(groups))

    @classmethod
    def kept_floats(cls, size: int, steps: int) -> int:
        """Numbers that a row gathers in so many steps and keeps to the last of them."""
        return 0

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        self._lin = lin
        self.residual_norms: FloatArray = np.full(len(gradients), np.nan)
        self.outcomes = [Outcome.STEPS_TAKEN] * len(gradients)
        self._live = np.ones(len(gradients), dtype=bool)
        self._all_live = True

    @abstractmethod
    def advance(self, first: int) -> None:
        """One step of all rows from ``first`` on; the rows before it are finished."""

    @abstractmethod
    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> IntArray | int:
        """Numbers of these rows kept at once after these steps, w and v included."""

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows as it is now, shape (len(rows), d)."""
        return self._adjoints[rows]

    def _finish(self, rows: IntArray, outcome: Outcome) -> None:
        if not len(rows):
            return
        self._all_live = False
        self._live[rows] = False
        for row in rows:
            self.outcomes[row] = outcome
