"""Polyak's heavy ball."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.scheme import Scheme, Step, after_first


class HeavyBall(InnerSolver):
    """Polyak's heavy ball with optimal constants, its first step a plain one (R12).

    Started at rest instead, the guarantee would be up to √κ times weaker.
    """

    key = "heavy-ball"
    label = "Heavy ball (optimal constants)"
    name = "heavy ball (optimal constants)"
    summary = "with momentum, about √κ steps instead of κ"
    rate_formula = r"r^t(1+bt)"
    rate_source = "R12 of THEORY.md"
    unrolled_source = "R13 of THEORY.md"
    affine_symmetric_only = True
    exponent = 0.5
    late_symbol = "r"

    def scheme(self, contraction: float) -> Scheme:
        """The first step is Φ alone."""
        return after_first(Step(), self.later_step(contraction))

    def later_step(self, contraction: float) -> Step:
        """a = 4/(√(1+q) + √(1−q))², β = r²: for eigenvalues of I − ∂₁Φ in [1 − q, 1 + q]."""
        low, high = np.sqrt(1 - contraction), np.sqrt(1 + contraction)
        return Step(float(4 / (low + high) ** 2), float(((high - low) / (high + low)) ** 2))

    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """r^t (1 + bt) with b = (1 − r²)/(1 + r²), attained (R12)."""
        square = self.later_step(contraction).momentum
        return np.asarray(square ** (steps / 2) * (1 + steps * (1 - square) / (1 + square)))

    def late_factor(self, contraction: float) -> float:
        """r."""
        return float(np.sqrt(self.later_step(contraction).momentum))

    def symbols(self, contraction: float) -> dict[str, float]:
        """r, b and a."""
        step = self.later_step(contraction)
        square = step.momentum
        return {
            "r": float(np.sqrt(square)),
            "b": (1 - square) / (1 + square),
            "a": step.relaxation,
        }

    def residual_factor(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """ρ(k) where k = t; else r^k (1 + k (1 + r)), as for a start at rest (R12).

        The last k of more steps start from w_{t−k} and w_{t−k−1} that both count as constant.
        """
        square = self.later_step(contraction).momentum
        at_rest = square ** (k / 2) * (1 + k * (1 + np.sqrt(square)))
        return np.asarray(np.where(k == t, self.rate(contraction, k), at_rest))

    def residual_formula(self, exponent: str) -> str:
        """As ``residual_factor``."""
        return self.rate_formula if exponent == "t" else r"r^k(1+k(1+r))"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """a Σ_{i<k} (k − i) r^(k−1−i) ρ(t − k + i): a disturbance lives on as r^j U_j, ≤ (j+1) r^j.

        With ρ(s) = r^s (1 + bs) the sum is r^(t−1) times a polynomial.
        """
        step = self.later_step(contraction)
        square = step.momentum
        grown = (1 - square) / (1 + square)
        early = (1 + grown * (t - k)) * k * (k + 1) / 2
        late = grown * (k - 1) * k * (k + 1) / 6
        power = square ** (np.maximum(t - 1, 0) / 2)
        return np.asarray(step.relaxation * power * (early + late))

    def slope_formula(self, exponent: str) -> str:
        """As ``unrolled_slope``, b = (1 − r²)/(1 + r²)."""
        k = exponent
        early = "" if k == "t" else f"+b(t-{k})"
        return (
            rf"a\,r^{{t-1}}\tfrac{{{k}({k}+1)}}{{2}}"
            rf"\left(1{early}+b\tfrac{{{k}-1}}{{3}}\right)"
        )
