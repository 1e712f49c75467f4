"""The Neumann series: fixed-point steps on the adjoint, whole or the first alone."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import AdjointSolver
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.costs import ProblemWork
from hypergrad_core.linearisation import Linearisation


class FixedPointSolver(AdjointSolver):
    """v ← ∂₁Φᵀv + ∇₁E, the Neumann series (R3). Applies to every contraction."""

    key = "fp"
    label = "FP"
    name = "fixed-point steps"
    formula = r"v_{j+1}=\partial_1\Phi(w_t)^\top v_j+\nabla_1E(w_t),\quad v_0=0"
    source = "Grazzi et al. 2020, Theorem 2.3"
    bound_source = "Grazzi et al. 2020, Theorem 2.3"
    vectors, calls = 2.0, 5.0

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """About κ/2 steps for a factor e."""
        return 1.0

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """q^k."""
        return r"q^{k}"

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """q^k (R5)."""
        return np.asarray(constants.contraction**steps)

    @classmethod
    def steps_expected(cls, work: ProblemWork) -> float:
        """It goes on to the last step."""
        return float("inf")

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        self._adjoints = np.zeros_like(gradients)
        self._gradients = gradients
        self._started = False

    def advance(self, first: int) -> None:
        """One fixed-point step; the first needs no product, because v_1 = ∇₁E."""
        rows = slice(first, None)
        if not self._started:
            self._adjoints[rows] = self._gradients[rows]
            self._started = True
            return
        product = self._lin[rows].vjp_state(self._adjoints[rows])
        np.add(product, self._gradients[rows], out=self._adjoints[rows])

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v and ∇₁E."""
        return 3 * size


class OneStepSolver(FixedPointSolver):
    """The first step of the Neumann series alone: v_1 = ∇₁E needs no room for a product (R10)."""

    key = "one-step"
    label = "One-step"
    name = ""
    formula = r"\nabla_2E(w_t)+\partial_2\Phi(w_t)^\top\nabla_1E(w_t)"
    source = "Bolte, Pauwels and Vaiter 2023; Fung et al. 2022"
    bound_source = "Grazzi et al. 2020, Theorem 2.3 with k = 1"

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w and v."""
        return 2 * size
