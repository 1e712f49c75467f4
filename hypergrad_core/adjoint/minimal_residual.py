"""The minimal residual method for symmetric matrices."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import ROUNDED_RESIDUAL, AdjointSolver, Outcome, Solvable
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.lemmas import chebyshev_formula, chebyshev_number
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_dots, row_norms


class MinimalResidualSolver(AdjointSolver):
    """MINRES: the least ‖∇₁E − Mv‖ of the Krylov space of M = I − ∂₁Φ, by a short recurrence.

    In the form of conjugate residuals (Stiefel), which needs M positive definite, as it is for a
    contraction. The numbers are those of GMRES, without keeping its vectors.
    """

    key = "minres"
    label = "MINRES"
    name = "MINRES"
    formula = (
        r"v_k=\mathrm{MINRES}_k\!\left(I-\partial_1\Phi(w_t),\,\nabla_1E(w_t)\right),\quad v_0=0"
    )
    source = "Stiefel 1955; Paige and Saunders 1975"
    bound_source = "Grazzi et al. 2020, Theorem 2.2 with the rate of MINRES"
    needs_symmetry = True
    vectors, calls = 20.0, 32.0

    @classmethod
    def refusal(cls, problem: Solvable) -> str:
        """A short recurrence needs symmetry."""
        if problem.symmetric:
            return ""
        return (
            "It needs ∂₁Φ symmetric, which it is not here. "
            "Use AID-GMRES, which gives the least residual of any matrix."
        )

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """About √κ/2 steps for a factor e."""
        return 0.5

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """With κ_M as for conjugate gradient."""
        return chebyshev_formula(r"\kappa_M")

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """‖r_k‖ ≤ C_k(κ) ‖∇₁E‖: no polynomial leaves less, so Chebyshev's does not (R5, R15 b)."""
        return chebyshev_number(constants.condition_number, steps)

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        self._adjoints = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self._directions = np.zeros_like(gradients)
        self._images = np.zeros_like(gradients)
        # rᵀMr of each row; none before the first step, whose direction is the residual.
        self._curvatures: FloatArray = np.full(len(gradients), np.inf)
        self.residual_norms = row_norms(gradients)
        self._target = ROUNDED_RESIDUAL * self.residual_norms
        self._finish(np.flatnonzero(~(self.residual_norms > 0)), Outcome.CONVERGED)

    def advance(self, first: int) -> None:
        """One step: the product with the residual gives its direction and the image of that."""
        rows = first + np.flatnonzero(self._live[first:])
        if not len(rows):
            return
        residual = self._residuals[rows]
        curved = residual - self._lin[rows].vjp_state(residual)
        curvature = row_dots(residual, curved)
        definite = curvature > 0
        turn = np.where(definite, curvature / self._curvatures[rows], 0.0)[:, None]
        direction = residual + turn * self._directions[rows]
        image = curved + turn * self._images[rows]
        square = row_dots(image, image)
        length = np.divide(curvature, square, out=np.zeros_like(square), where=definite)[:, None]
        self._adjoints[rows] += length * direction
        residual -= length * image
        self._residuals[rows], self._directions[rows] = residual, direction
        self._images[rows], self._curvatures[rows] = image, curvature
        self.residual_norms[rows] = row_norms(residual)
        self._finish(rows[~definite], Outcome.BREAKDOWN)
        done = definite & (self.residual_norms[rows] <= self._target[rows])
        self._finish(rows[done], Outcome.CONVERGED)

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual and its product, direction and its image."""
        return 6 * size
