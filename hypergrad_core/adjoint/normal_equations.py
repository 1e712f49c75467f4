"""Conjugate gradient on the normal equations."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import ROUNDED_RESIDUAL, AdjointSolver, Outcome
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.lemmas import chebyshev_formula, chebyshev_number, condition_number
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_dots, row_norms


class NormalEquationsSolver(AdjointSolver):
    """Conjugate gradient on MᵀM v = Mᵀ∇₁E, M = I − ∂₁Φᵀ (R15 a). Applies to every contraction.

    One product with ∂₁Φ and one with its transpose per step.
    """

    key = "cgnr"
    label = "CGNR"
    name = "CG on the normal equations"
    formula = (
        r"\begin{aligned}v_k&=\mathrm{CG}_k\!\left(M^\top M,\,M^\top\nabla_1E(w_t)\right)\\"
        r"M&=I-\partial_1\Phi(w_t)^\top\end{aligned}"
    )
    source = "Grazzi et al. 2020, Section 3"
    bound_source = "Grazzi et al. 2020, Theorem 2.2 with the rate of CG on the normal equations"
    products = 2
    vectors, calls = 18.0, 32.0

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """The normal equations have κ²: with ‖∂₁Φ‖ ≤ q alone no better than q per step (R15)."""
        return 1.0

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """With κ = (1 + q)/(1 − q)."""
        return chebyshev_formula(r"\kappa^2")

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """‖r_k‖ ≤ C_k(κ²)‖∇₁E‖, and the residual never grows."""
        return chebyshev_number(condition_number(constants.contraction) ** 2, steps)

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        self._adjoints = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self._directions: FloatArray = np.zeros_like(gradients)
        self._squares: FloatArray = np.full(len(gradients), np.inf)
        self._first_squares: FloatArray = np.full(len(gradients), np.nan)
        self.residual_norms = row_norms(gradients)
        self._finish(np.flatnonzero(~(self.residual_norms > 0)), Outcome.CONVERGED)

    def advance(self, first: int) -> None:
        """One step: the normal residual z = Mᵀr, its direction, and the step along it."""
        rows = first + np.flatnonzero(self._live[first:])
        if not len(rows):
            return
        lin = self._lin[rows]
        residual = self._residuals[rows]
        normal = residual - lin.jvp_state(residual)
        square = row_dots(normal, normal)
        fresh = np.isnan(self._first_squares[rows])
        self._first_squares[rows[fresh]] = square[fresh]
        direction = normal + (square / self._squares[rows])[:, None] * self._directions[rows]
        image = direction - lin.vjp_state(direction)
        curvature = row_dots(image, image)
        # A residual that is 0 to the last bit leaves a direction 0.
        length = np.divide(square, curvature, out=np.zeros_like(square), where=curvature > 0)
        self._adjoints[rows] += length[:, None] * direction
        residual = residual - length[:, None] * image
        self._residuals[rows], self._directions[rows] = residual, direction
        self._squares[rows] = square
        self.residual_norms[rows] = row_norms(residual)
        done = square <= ROUNDED_RESIDUAL**2 * self._first_squares[rows]
        self._finish(rows[done], Outcome.CONVERGED)

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual, normal residual, direction and its image."""
        return 6 * size
