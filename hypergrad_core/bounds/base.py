"""What a bound is, and what a sharp one knows along a run of the inner solver.

A bound has a tier. P, the paper's, comes from the constants alone and lives beside each method.
X uses the measured path w_0, w_1, … and the solution; V uses the eigenvalues of an affine map.
Labels (R1, L5, …) are those of THEORY.md, here and in every docstring of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.records import Record


class Status(StrEnum):
    """How a bound relates to the error."""

    TIGHT = "tight"
    UPPER = "upper"
    HEURISTIC = "heuristic"


@dataclass(frozen=True, eq=False)
class Term(Record):
    """One summand of a bound.

    Attributes:
        name: "inner problem", "drift" or "adjoint": which part of the computation it pays for.
        formula: LaTeX, in the symbols of the constants.
        values: shape (P,).
    """

    name: str
    formula: str
    values: FloatArray


@dataclass(frozen=True, eq=False)
class Bound(Record):
    """A bound at P points (t, k).

    Attributes:
        tier: "P", "X", "T" or "V".
        status: whether it is attained, an upper bound, or neither proved.
        values: shape (P,).
        terms: its summands, where the bound is a sum that can be read.
        source: theorem or equation.
    """

    tier: str
    status: Status
    values: FloatArray
    source: str
    terms: tuple[Term, ...] = ()


class Path(Protocol):
    """What a sharp tier knows along one run of the inner solver.

    Attributes:
        stride: every how many-th norm of a power of ∂₁Φ is measured, where one is not enough.
    """

    tier: str
    source: str
    stride: int

    def unrolled_bound(
        self, inner_steps: IntArray, adjoint_steps: IntArray, *, frozen: bool
    ) -> FloatArray:
        """Bound for k backward steps from w_t, at each of P points: (P,), (P,) → (P,).

        Backward step j uses the Jacobians at w_t itself if ``frozen`` (AID with fixed-point
        steps), else those at w_{t−1−j} (reverse mode).
        """

    def implicit_bound(
        self,
        inner_steps: IntArray,
        residual_factors: FloatArray,
        residuals: FloatArray,
        *,
        energy: bool,
    ) -> FloatArray:
        """Bound for a linear solver at w_t, at each of P points: (P,), (P,), (P,) → (P,).

        Args:
            inner_steps: t.
            residual_factors: s(k) of R5, what the solver surely leaves of ∇₁E.
            residuals: norms of what it left, measured.
            energy: whether s(k) also holds in the energy norm of I − ∂₁Φ, as it does for CG. All
                norms of the solver, residuals too, are then those of the metric, if there is one.
        """

    @property
    def constants(self) -> Constants:
        """Of the problem whose path it is."""

    @property
    def unrolled_status(self) -> Status:
        """Whether ``unrolled_bound`` is attained."""
