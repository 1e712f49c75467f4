"""What an adjoint solver is: (I − ∂₁Φ(w)ᵀ) v = ∇₁E(w), in lockstep over many systems.

Row i of a block carries the system at state w_i; one step of all rows is one block product.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.linearisation import Linearisation

# A row whose residual has fallen by this factor is finished: what is left cannot change the
# iterate in double precision, and going on ends in 0/0.
ROUNDED_RESIDUAL = 1e-20


class Outcome(StrEnum):
    """Why a row stopped."""

    STEPS_TAKEN = "all steps were taken"
    CONVERGED = "the residual fell to rounding"
    BREAKDOWN = "the matrix is not positive definite along the search direction"


class AdjointSolver(ABC):
    """A linear solver that advances a block of rows from v = 0.

    A row that is finished, because it has converged or broken down, costs no more products and
    stays as it is.

    Args:
        lin: ∂₁Φ at the states of all R rows.
        gradients: ∇₁E there, shape (R, d).

    Attributes:
        residual_norms: ‖∇₁E − (I − ∂₁Φᵀ) v‖ for each row, shape (R,); nan where not known. In the
            norm of the metric where the solver works in it.
        outcomes: why each row stopped, length R.
    """

    _adjoints: FloatArray

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        self._lin = lin
        self.residual_norms: FloatArray = np.full(len(gradients), np.nan)
        self.outcomes = [Outcome.STEPS_TAKEN] * len(gradients)
        self._live = np.ones(len(gradients), dtype=bool)

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
        self._live[rows] = False
        for row in rows:
            self.outcomes[row] = outcome
