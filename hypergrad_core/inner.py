"""Inner solvers: how w_0, w_1, …, w_T come about, and how far they surely are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


class InnerSolver(ABC):
    """A way to solve w = Φ(w, λ).

    Attributes:
        key: short name in links and code.
        label: name on the page.
        rate_formula: LaTeX of ρ(t).
        rate_source: where ρ(t) is proved, if it is not the q^t of the paper, or "".
        unrolled_source: where the bound of what is unrolled is proved, if not in the paper, or "".
        affine_only: whether Φ must be affine with ∂₁Φ symmetric.
        exponent: the p of t ∝ κᵖ, as κ grows.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    rate_formula: ClassVar[str]
    rate_source: ClassVar[str] = ""
    unrolled_source: ClassVar[str] = ""
    affine_only: ClassVar[bool] = False
    exponent: ClassVar[float] = 1.0

    @abstractmethod
    def scheme(self, contraction: float) -> Scheme:
        """The coefficients for a q-contraction."""

    @abstractmethod
    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """ρ(t) with ‖w_t − w(λ)‖ ≤ ρ(t) ‖w_0 − w(λ)‖, shape (P,)."""

    @abstractmethod
    def late_factor(self, contraction: float) -> float:
        """What ρ(t + 1)/ρ(t) tends to."""

    def symbols(self, contraction: float) -> dict[str, float]:
        """Values of what the formulas have beyond the constants of the problem, by LaTeX."""
        return {}

    @abstractmethod
    def left_over(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """σ with ‖p_k(∂₁Φ)‖ ≤ σ for the last k of t steps: what they leave of −w'(λ)."""

    @abstractmethod
    def left_over_formula(self, exponent: str) -> str:
        """LaTeX of ``left_over``; the exponent is "t" where k = t."""

    @abstractmethod
    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """Σ over the last k of t steps of (response of the later steps) · ρ(s), shape (P,).

        J_{s+1} is off by ‖∂₂Φ(w_s) − ∂₂Φ(w(λ))‖ ≤ ν₂ρ(s)D more than the scheme leaves of the
        step before, and the steps after s carry that on (R1, by variation of constants).
        """

    @abstractmethod
    def slope_formula(self, exponent: str) -> str:
        """LaTeX of ``unrolled_slope``."""

    def iterate(self, problem: Problem, steps: int, progress: Progress | None = None) -> FloatArray:
        """The iterates w_0, …, w_T, shape (T + 1, d)."""
        scheme = self.scheme(problem.constants.contraction)
        states = np.empty((steps + 1, problem.state_size))
        states[0] = problem.initial_state
        for t in range(steps):
            a, momentum = scheme.relaxation_at(t), scheme.momentum_at(t)
            mapped = problem.fixed_point_map(states[t : t + 1])[0]
            if a == 1 and momentum == 0:
                states[t + 1] = mapped
            else:
                moved = a * mapped + (1 - a + momentum) * states[t]
                states[t + 1] = moved - momentum * states[t - 1]
            if progress is not None:
                progress((t + 1) / steps)
        return states


class FixedPointIteration(InnerSolver):
    """w ← Φ(w, λ)."""

    key = "fixed-point"
    label = "Fixed-point iteration"
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

    def left_over(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """q^k."""
        return np.asarray(contraction**k)

    def left_over_formula(self, exponent: str) -> str:
        """q^k."""
        return f"q^{{{exponent}}}"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """k q^(t−1), which means 0 at t = 0, where k is 0 too (R1, R9)."""
        return np.asarray(k * contraction ** np.maximum(t - 1, 0))

    def slope_formula(self, exponent: str) -> str:
        """k q^(t−1)."""
        return exponent + r"\,q^{t-1}"


class HeavyBall(InnerSolver):
    """Polyak's heavy ball with optimal constants, its first step a plain one (R12).

    Started at rest instead, the guarantee would be up to √κ times weaker.
    """

    key = "heavy-ball"
    label = "Heavy ball (optimal constants)"
    rate_formula = r"r^t(1+bt)"
    rate_source = "R12 of the README"
    unrolled_source = "R13 of the README"
    affine_only = True
    exponent = 0.5

    def scheme(self, contraction: float) -> Scheme:
        """a = 4/(√(1+q) + √(1−q))², β = r²: for eigenvalues of I − ∂₁Φ in [1 − q, 1 + q]."""
        low, high = np.sqrt(1 - contraction), np.sqrt(1 + contraction)
        return Scheme(float(4 / (low + high) ** 2), float(((high - low) / (high + low)) ** 2))

    def rate(self, contraction: float, steps: FloatArray) -> FloatArray:
        """r^t (1 + bt) with b = (1 − r²)/(1 + r²), attained (R12)."""
        square = self.scheme(contraction).momentum
        return np.asarray(square ** (steps / 2) * (1 + steps * (1 - square) / (1 + square)))

    def late_factor(self, contraction: float) -> float:
        """r."""
        return float(np.sqrt(self.scheme(contraction).momentum))

    def symbols(self, contraction: float) -> dict[str, float]:
        """r, b and a."""
        scheme = self.scheme(contraction)
        square = scheme.momentum
        return {
            "r": float(np.sqrt(square)),
            "b": (1 - square) / (1 + square),
            "a": scheme.relaxation,
        }

    def left_over(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """ρ(k) where k = t; else r^k (1 + k (1 + r)), as for a start at rest (R12).

        The last k of more steps start from w_{t−k} and w_{t−k−1} that both count as constant.
        """
        square = self.scheme(contraction).momentum
        at_rest = square ** (k / 2) * (1 + k * (1 + np.sqrt(square)))
        return np.asarray(np.where(k == t, self.rate(contraction, k), at_rest))

    def left_over_formula(self, exponent: str) -> str:
        """As ``left_over``."""
        return self.rate_formula if exponent == "t" else r"r^k(1+k(1+r))"

    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """a Σ_{i<k} (k − i) r^(k−1−i) ρ(t − k + i): a disturbance lives on as r^j U_j, ≤ (j+1) r^j.

        With ρ(s) = r^s (1 + bs) the sum is r^(t−1) times a polynomial.
        """
        scheme = self.scheme(contraction)
        square = scheme.momentum
        grown = (1 - square) / (1 + square)
        early = (1 + grown * (t - k)) * k * (k + 1) / 2
        late = grown * (k - 1) * k * (k + 1) / 6
        power = square ** (np.maximum(t - 1, 0) / 2)
        return np.asarray(scheme.relaxation * power * (early + late))

    def slope_formula(self, exponent: str) -> str:
        """As ``unrolled_slope``, b = (1 − r²)/(1 + r²)."""
        k = exponent
        early = "" if k == "t" else f"+b(t-{k})"
        return (
            rf"a\,r^{{t-1}}\tfrac{{{k}({k}+1)}}{{2}}"
            rf"\left(1{early}+b\tfrac{{{k}-1}}{{3}}\right)"
        )


class Exact(FixedPointIteration):
    """w_t = w(λ) to rounding: what is left is the error of the adjoint alone."""

    key = "exact"
    exponent = 0.0
    label = "Exact solution w(λ)"

    def iterate(self, problem: Problem, steps: int, progress: Progress | None = None) -> FloatArray:
        """T + 1 times w(λ)."""
        return np.broadcast_to(problem.reference.solution, (steps + 1, problem.state_size))


SOLVERS: dict[str, InnerSolver] = {
    solver.key: solver for solver in (FixedPointIteration(), HeavyBall(), Exact())
}
FIXED_POINT: InnerSolver = SOLVERS["fixed-point"]


def trajectory(
    problem: Problem, solver: str, steps: int, progress: Progress | None = None
) -> FloatArray:
    """The iterates w_0, …, w_T, shape (T + 1, d).

    Args:
        problem: bound to its λ.
        solver: a key of ``SOLVERS``.
        steps: T.
        progress: told the fraction done, in [0, 1]; may raise to stop the run.

    Raises:
        HypergradError: if the solver is not known.
    """
    if solver not in SOLVERS:
        raise HypergradError(
            f"inner solver {solver!r} is not known: choose from {', '.join(SOLVERS)}"
        )
    return SOLVERS[solver].iterate(problem, steps, progress)
