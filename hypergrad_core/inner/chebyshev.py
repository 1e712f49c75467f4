"""Chebyshev's semi-iteration."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.lemmas import (
    chebyshev_number,
    chebyshev_weight,
    condition_number,
    conjugate_gradient_rate,
)
from hypergrad_core.scheme import Scheme, Step


class Chebyshev(InnerSolver):
    """Chebyshev's semi-iteration: no method whose coefficients know q alone is faster (R12).

    Its steps are like those of the heavy ball, and become them late.
    """

    key = "chebyshev"
    label = "Chebyshev semi-iteration"
    name = "Chebyshev semi-iteration"
    summary = "the fewest steps that are possible with q alone"
    rate_formula = r"\frac{2r^t}{1+r^{2t}}"
    rate_source = "R12 of THEORY.md"
    unrolled_source = "R13 of THEORY.md"
    affine_symmetric_only = True
    exponent = 0.5
    late_symbol = "r"

    def scheme(self, contraction: float) -> Scheme:
        """w_{s+1} = ω_{s+1} (Φ(w_s) − w_{s−1}) + w_{s−1} (Golub and Varga)."""

        def at(step: int) -> Step:
            weight = chebyshev_weight(contraction, step)
            return Step(weight, weight - 1)

        return Scheme(at, settled=None)

    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """C_t(κ) = 2r^t/(1 + r^{2t}), the best of all polynomials of degree t, attained (R12)."""
        return chebyshev_number(condition_number(contraction), steps)

    def late_factor(self, contraction: float) -> float:
        """r."""
        return conjugate_gradient_rate(condition_number(contraction))

    def symbols(self, contraction: float) -> dict[str, float]:
        """r."""
        return {"r": self.late_factor(contraction)}

    def residual_factor(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """ρ(k) where k = t; else what the last k of t steps leave of a start at rest (R13).

        At s = t − k they multiply z_s = d_s/C_s by Chebyshev polynomials of the second kind: z_t is
        U_k z_s − U_{k−1} z_{s−1}, with |U_k| ≤ k + 1; d_s and d_{s−1} count as equal.
        """
        r = self.late_factor(contraction)
        s = t - k
        here, before = (k + 1) * (1 + r ** (2 * s)), k * r * (1 + r ** (2 * np.maximum(s - 1, 0)))
        at_rest = r**k * (here + before) / (1 + r ** (2 * t))
        return np.asarray(np.where(s == 0, self.rate(contraction, k), at_rest))

    def residual_formula(self, exponent: str) -> str:
        """As ``residual_factor``."""
        if exponent == "t":
            return self.rate_formula
        return r"r^k\frac{(k+1)(1+r^{2(t-k)})+k\,r(1+r^{2(t-k-1)})}{1+r^{2t}}"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """t²C_t/q where k = t, else k (k + 1) C_t/q: attained by the derivative of p_t (R13).

        Step s counts ω_{s+1} · C_s · (t − s) C_t/C_{s+1}, the last of them what a disturbance lives
        on as, and ω_{s+1} = 2C_{s+1}/(q C_s); a half of it in the first step. As q = 2r/(1 + r²),
        there is no need to divide by it.
        """
        r = self.late_factor(contraction)
        count = np.where(k == t, t**2, k * (k + 1))
        share = (1 + r**2) * r ** np.maximum(t - 1, 0) / (1 + r ** (2 * t))
        return np.asarray(count * share)

    def slope_formula(self, exponent: str) -> str:
        """As ``unrolled_slope``."""
        count = "t^2" if exponent == "t" else r"k(k+1)"
        return rf"\frac{{{count}}}{{q}}\,{self.rate_formula}"
