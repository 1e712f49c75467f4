"""What an inner solver is: how w_0, w_1, …, w_T come about, and how far they surely are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.interruption import ask
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


class InnerSolver(ABC):
    """A way to solve w = Φ(w, λ).

    Attributes:
        key: short name.
        label: name for people.
        name: the same within a sentence.
        summary: what it does, in a few words.
        rate_formula: LaTeX of ρ(t).
        rate_source: where ρ(t) is proved, if it is not the q^t of the paper, or "".
        unrolled_source: where the bound of what is unrolled is proved, if not in the paper, or "".
        iterative: whether w_t comes about step by step; else it is w(λ), given and not paid for.
        affine_symmetric_only: whether Φ must be affine with ∂₁Φ symmetric.
        exponent: the p of t ∝ κᵖ, as κ grows (R22).
        late_symbol: what ``late_factor`` is called.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    rate_formula: ClassVar[str]
    rate_source: ClassVar[str] = ""
    unrolled_source: ClassVar[str] = ""
    iterative: ClassVar[bool] = True
    affine_symmetric_only: ClassVar[bool] = False
    exponent: ClassVar[float] = 1.0
    late_symbol: ClassVar[str] = "q"

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
    def residual_factor(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """σ with ‖p_k(∂₁Φ)‖ ≤ σ for the last k of t steps: what they leave of −w'(λ)."""

    @abstractmethod
    def residual_formula(self, exponent: str) -> str:
        """LaTeX of ``residual_factor``; the exponent is "t" where k = t."""

    @abstractmethod
    def unrolled_slope(self, contraction: float, t: FloatArray, k: FloatArray) -> FloatArray:
        """Σ over the last k of t steps of (response of the later steps) · ρ(s), shape (P,).

        J_{s+1} is off by ‖∂₂Φ(w_s) − ∂₂Φ(w(λ))‖ ≤ ν₂ρ(s)D more than the scheme leaves of the
        step before, and the steps after s carry that on (R1, by variation of constants).
        """

    @abstractmethod
    def slope_formula(self, exponent: str) -> str:
        """LaTeX of ``unrolled_slope``."""

    def work(self, work: ProblemWork, steps: int) -> Cost:
        """What ``iterate`` takes."""
        step = work.on_rows(work.map, 1) + Cost(vector=5.0 * work.state_size, calls=8)
        return step * steps + Cost(bytes=8.0 * (steps + 1) * work.state_size)

    def iterate(
        self,
        problem: Problem,
        steps: int,
        progress: Progress | None = None,
        *,
        scheme: Scheme | None = None,
        tolerance: float = 0.0,
    ) -> FloatArray:
        """The iterates w_0, …, w_T, shape (T + 1, d).

        Args:
            problem: bound to its λ.
            steps: T, at the most.
            progress: told the fraction done, in [0, 1].
            scheme: its coefficients, where they are known already.
            tolerance: the last step is one that is no longer than this, if there is one.
        """
        scheme = scheme or self.scheme(problem.constants.contraction)
        states = np.empty((steps + 1, problem.state_size))
        states[0] = problem.initial_state
        for t in range(steps):
            a, momentum, ahead = scheme.at(t)
            # Of the first step both are 0, and w_{−1} is not needed.
            now, before = states[t : t + 1], states[max(t - 1, 0)]
            point = now + ahead * (now - before) if ahead else now
            mapped = problem.fixed_point_map(point)[0]
            if a == 1 and momentum == 0:
                states[t + 1] = mapped
            else:
                states[t + 1] = a * mapped + (1 - a + momentum) * now[0] - momentum * before
            # Who is told how far it is may stop it as well: once is enough.
            if progress is None:
                ask()
            else:
                progress((t + 1) / steps)
            if tolerance > 0 and np.linalg.norm(states[t + 1] - states[t]) <= tolerance:
                return states[: t + 2]
        return states
