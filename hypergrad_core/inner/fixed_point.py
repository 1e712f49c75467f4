"""Fixed-point iteration: Φ alone."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.scheme import Scheme


class FixedPointIteration(InnerSolver):
    """w ← Φ(w, λ)."""

    key = "fixed-point"
    label = "Fixed-point iteration"
    name = "fixed-point iteration"
    summary = "repeat w ← Φ(w, λ)"
    rate_formula = "q^t"

    def scheme(self, contraction: float) -> Scheme:
        """Φ alone."""
        return Scheme()

    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """q^t (L1)."""
        return np.asarray(contraction**steps)

    def late_factor(self, contraction: float) -> float:
        """q."""
        return contraction

    def residual_factor(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """q^k."""
        return np.asarray(contraction**k)

    def residual_formula(self, exponent: str) -> str:
        """q^k."""
        return f"q^{{{exponent}}}"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """k q^(t−1), which means 0 at t = 0, where k is 0 too (R1, R9)."""
        return np.asarray(k * contraction ** np.maximum(t - 1, 0))

    def slope_formula(self, exponent: str) -> str:
        """k q^(t−1)."""
        return exponent + r"\,q^{t-1}"
