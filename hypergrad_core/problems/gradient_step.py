"""What the families have in common whose map is a gradient step, Φ(w, λ) = w − η ∇₁g(w, λ)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import SymmetricLinearisation
from hypergrad_core.problem import Problem
from hypergrad_core.problems.ridge import LeastSquares

NEWTON_STEPS = 60
# Steps of Newton's method to w(λ), about.
NEWTON_EXPECTED = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class GradientStep(Problem):
    """A gradient step on g(·, λ), strongly convex: ∂₁Φ = I − η∇₁²g is symmetric.

    Attributes:
        step: η > 0.
    """

    symmetric = True

    step: float

    @property
    @abstractmethod
    def curvature(self) -> tuple[float, float]:
        """What the eigenvalues of ∇₁²g lie between, both ends positive."""

    def tuned(self) -> Self:
        """The same with η = 2/(low + high), for which q is least."""
        low, high = self.curvature
        return replace(self, step=2 / (low + high)) if low + high > 0 else self

    @property
    def adjoint_unit(self) -> float:
        """η: the adjoint is (η ∇₁²g)⁻¹∇₁E."""
        return self.step

    @property
    def contraction(self) -> float:
        """q = max(|1 − η low|, |1 − η high|)."""
        return float(max(abs(1 - self.step * end) for end in self.curvature))

    @property
    def condition_number(self) -> float:
        """κ = high/low."""
        low, high = self.curvature
        return high / low


@dataclass(frozen=True, eq=False, kw_only=True)
class PenalisedStep(GradientStep):
    """A gradient step on a convex loss plus ½ Σ_j p_j w_j²: w(λ) by Newton's method."""

    @property
    @abstractmethod
    def penalty(self) -> FloatArray:
        """p > 0, shape (d,)."""

    @property
    @abstractmethod
    def gradient_scale(self) -> float:
        """The size of ∇₁g where it is far from 0, about."""

    @abstractmethod
    def inner_gradient(self, states: FloatArray) -> FloatArray:
        """∇₁g for each row: (B, d) → (B, d)."""

    @abstractmethod
    def inner_objective(self, state: FloatArray) -> float:
        """g of one state of shape (d,)."""

    @abstractmethod
    def inner_hessian(self, state: FloatArray) -> FloatArray:
        """∇₁²g at one state: (d,) → (d, d)."""

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        return states - self.step * self.inner_gradient(states)

    def fixed_point(self) -> FloatArray:
        """w(λ) by Newton's method with a direct solve, until the gradient stops falling."""
        state = self.initial_state
        best = np.inf
        for _ in range(NEWTON_STEPS):
            ask()
            gradient = self.inner_gradient(state[None])[0]
            size = float(np.linalg.norm(gradient))
            if size >= 0.5 * best and best < 1e-6 * self.gradient_scale:
                break
            best = min(best, size)
            state = self._newton_step(state, gradient)
        return state

    def _newton_step(self, state: FloatArray, gradient: FloatArray) -> FloatArray:
        """A full step, halved while it does not lower the objective (far from the solution)."""
        direction = np.linalg.solve(self.inner_hessian(state), gradient)
        length, here = 1.0, self.inner_objective(state)
        while length > 1e-3 and self.inner_objective(state - length * direction) > here * (
            1 + 1e-12
        ):
            length /= 2
        return np.asarray(state - length * direction)


@dataclass(frozen=True, eq=False, kw_only=True)
class RidgeStep(GradientStep):
    """A gradient step on ½ wᵀ(S + βI)w − wᵀb: Φ is affine. E is a sum of squares.

    S, β and b may depend on λ, and E too.

    Attributes:
        weight: β > 0.
    """

    affine = True

    weight: float

    @property
    @abstractmethod
    def spectrum(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of S."""

    @property
    @abstractmethod
    def linear_term(self) -> FloatArray:
        """b, shape (d,)."""

    @property
    @abstractmethod
    def outside(self) -> LeastSquares:
        """E as a function of w."""

    @abstractmethod
    def gram_product(self, block: FloatArray) -> FloatArray:
        """S u for each row u, in memory of its own: (B, d) → (B, d)."""

    @property
    def curvature(self) -> tuple[float, float]:
        """Of S + βI."""
        low, high = self.spectrum
        return low + self.weight, high + self.weight

    def state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − η (Su + βu) for each row: (B, d) → (B, d)."""
        product = self.gram_product(block)
        product *= -self.step
        product += (1 - self.step * self.weight) * block
        return product

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        return self.state_product(states) + self.step * self.linear_term

    def outer(self, states: FloatArray) -> FloatArray:
        """E, half a sum of squares."""
        return self.outside.value(states)

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E."""
        return self.outside.gradient(states)


class RidgeLinearisation(SymmetricLinearisation):
    """∂₁Φ = I − η(S + βI), the same at every state.

    Attributes:
        problem: whose map it is.
    """

    problem: RidgeStep

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v."""
        return self.problem.state_product(adjoints)
