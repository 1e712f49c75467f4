"""Chebyshev's semi-iteration, which needs no inner product."""

from __future__ import annotations

from typing import Self

import numpy as np

from hypergrad_core.adjoint.base import ROUNDED_RESIDUAL, AdjointSolver, Outcome, Solvable
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.lemmas import (
    chebyshev_formula,
    chebyshev_number,
    chebyshev_weight,
    condition_number,
    conjugate_gradient_rate,
)
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms


class ChebyshevSolver(AdjointSolver):
    """The best polynomial for a spectrum of I − ∂₁Φ anywhere in [1 − q, 1 + q] (R5).

    Unlike conjugate gradient it does not see which eigenvalues there are, and takes no inner
    product but for the norm of its residual.

    Args:
        lin: ∂₁Φ at the states of all R rows, symmetric.
        gradients: ∇₁E there, shape (R, d).
        contraction: q < 1.
    """

    key = "chebyshev"
    label = "Chebyshev"
    name = "Chebyshev semi-iteration"
    formula = (
        r"\begin{aligned}v_{j+1}&=v_{j-1}+\omega_{j+1}\left(\partial_1\Phi(w_t)v_j"
        r"+\nabla_1E(w_t)-v_{j-1}\right)\\"
        r"\omega_1&=1,\quad\omega_2=\tfrac{1}{1-q^2/2},\quad"
        r"\omega_{j+1}=\tfrac{1}{1-q^2\omega_j/4},\quad v_0=0\end{aligned}"
    )
    source = "Golub and Varga 1961"
    bound_source = "Grazzi et al. 2020, Theorem 2.2 with the rate of Chebyshev semi-iteration"
    needs_symmetry = True
    vectors, calls = 12.0, 22.0
    energy = True

    @classmethod
    def refusal(cls, problem: Solvable) -> str:
        """It needs real eigenvalues, and an interval that has them."""
        if not problem.symmetric:
            return (
                "It needs ∂₁Φ symmetric, which it is not here. "
                "Use AID-GMRES or AID-CGNR, which do not need symmetry."
            )
        if not problem.constants.contraction < 1:
            return (
                "It needs a contraction constant q below 1 to know where the eigenvalues are. "
                "Use AID-CG, which does not need to know."
            )
        return ""

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """About √κ/2 steps for a factor e."""
        return 0.5

    @classmethod
    def late_factor(cls, constants: Constants) -> float:
        """r with κ = (1 + q)/(1 − q), wherever the eigenvalues are."""
        return conjugate_gradient_rate(condition_number(constants.contraction))

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """With κ = (1 + q)/(1 − q)."""
        return chebyshev_formula(r"\kappa")

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """C_k(κ), in any norm that goes with I − ∂₁Φ: the energy norm as well (R5)."""
        return chebyshev_number(condition_number(constants.contraction), steps)

    @classmethod
    def begin(cls, problem: Solvable, lin: Linearisation, gradients: FloatArray) -> Self:
        """With the q of the problem."""
        return cls(lin, gradients, problem.constants.contraction)

    def __init__(self, lin: Linearisation, gradients: FloatArray, contraction: float) -> None:
        super().__init__(lin, gradients)
        self._contraction = contraction
        self._step = 0
        self._adjoints = np.zeros_like(gradients)
        self._moves = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self.residual_norms = row_norms(gradients)
        self._target = ROUNDED_RESIDUAL * self.residual_norms
        self._finish(np.flatnonzero(~(self.residual_norms > 0)), Outcome.CONVERGED)

    def advance(self, first: int) -> None:
        """One step; its product tells the residual that the next one takes."""
        weight = chebyshev_weight(self._contraction, self._step)
        self._step += 1
        rows = first + np.flatnonzero(self._live[first:])
        if not len(rows):
            return
        residual = self._residuals[rows]
        move = weight * residual + (weight - 1) * self._moves[rows]
        residual -= move - self._lin[rows].vjp_state(move)
        self._adjoints[rows] += move
        self._moves[rows], self._residuals[rows] = move, residual
        self.residual_norms[rows] = row_norms(residual)
        done = self.residual_norms[rows] <= self._target[rows]
        self._finish(rows[done], Outcome.CONVERGED)

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, the last move, the residual and a product."""
        return 5 * size
