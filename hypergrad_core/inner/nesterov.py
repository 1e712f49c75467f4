"""Nesterov's accelerated gradient method."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.lemmas import condition_number
from hypergrad_core.scheme import Scheme, Step, after_first


class Nesterov(InnerSolver):
    """Nesterov's method with constant momentum: a step of length 1/L from an extrapolated point.

    In units in which Φ is a step of length 1 on a quadratic, the curvatures lie between 1 − q and
    L = 1 + q. With b = 1/√κ the rate is (1 − b)^t (1 + bt), and it is attained (R12).
    """

    key = "nesterov"
    label = "Nesterov’s method (step 1/L)"
    name = "Nesterov’s method (step 1/L)"
    summary = "shorter steps, from points ahead of w"
    rate_formula = r"(1-b)^t(1+bt)"
    rate_source = "R12 of THEORY.md"
    unrolled_source = "R13 of THEORY.md"
    affine_symmetric_only = True
    exponent = 0.5
    late_symbol = "1 − 1/√κ"

    def scheme(self, contraction: float) -> Scheme:
        """a = 1/(1 + q) at w_s + γ (w_s − w_{s−1}) with γ = (√κ − 1)/(√κ + 1)."""
        root = np.sqrt(condition_number(contraction))
        a, ahead = 1 / (1 + contraction), float((root - 1) / (root + 1))
        return after_first(Step(a), Step(a, (1 - a) * ahead, ahead))

    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """(1 − b)^t (1 + bt), attained at the least curvature (R12)."""
        b = self._root(contraction)
        return np.asarray((1 - b) ** steps * (1 + b * steps))

    def _root(self, contraction: float) -> float:
        """b = 1/√κ."""
        return float(1 / np.sqrt(condition_number(contraction)))

    def late_factor(self, contraction: float) -> float:
        """1 − b."""
        return 1 - self._root(contraction)

    def symbols(self, contraction: float) -> dict[str, float]:
        """b and a."""
        return {"b": self._root(contraction), "a": 1 / (1 + contraction)}

    def residual_factor(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """ρ(k): the first step of all is one from rest too."""
        return self.rate(contraction, k)

    def residual_formula(self, exponent: str) -> str:
        """As ``residual_factor``."""
        return rf"(1-b)^{exponent}(1+b{exponent})"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """a Σ_{i<k} (k − i) (1 − b)^(k−1−i) ρ̂(t − k + i), attained for k = t (R13).

        A disturbance lives on as (j + 1) (1 − b)^j at most, and where Φ is taken the distance is at
        most ρ̂(s) = (1 − b)^s (1 + b (s + 1))/(1 + b) of the first.
        """
        b = self._root(contraction)
        early = (1 + b * (t - k + 1)) * k * (k + 1) / 2
        late = b * (k - 1) * k * (k + 1) / 6
        power = (1 - b) ** np.maximum(t - 1, 0)
        return np.asarray(power * (early + late) / ((1 + contraction) * (1 + b)))

    def slope_formula(self, exponent: str) -> str:
        """As ``unrolled_slope``."""
        k = exponent
        early = "1+b" if k == "t" else f"1+b(t-{k}+1)"
        return (
            rf"a\,(1-b)^{{t-1}}\tfrac{{{k}({k}+1)}}{{2(1+b)}}"
            rf"\left({early}+b\tfrac{{{k}-1}}{{3}}\right)"
        )
