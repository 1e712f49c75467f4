"""Problems that are made of another: what they do not change is passed on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.held_out import HeldOut
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.problem import Problem
from hypergrad_core.reference import Reference


@dataclass(frozen=True, eq=False, kw_only=True)
class WrappedProblem(Problem):
    """A problem made of another one, which it is in everything that is not overridden.

    Attributes:
        hyper, initial_state: those of the other problem.
        original: the other problem.
    """

    hyper: FloatArray = field(init=False)
    initial_state: FloatArray = field(init=False)
    original: Problem

    def __post_init__(self) -> None:
        object.__setattr__(self, "hyper", self.original.hyper)
        object.__setattr__(self, "initial_state", self.original.initial_state)

    @property
    def symmetric(self) -> bool:
        """As of the other."""
        return self.original.symmetric

    @property
    def affine(self) -> bool:
        """As of the other."""
        return self.original.affine

    @property
    def self_adjoint(self) -> bool:
        """As of the other."""
        return self.original.self_adjoint

    @property
    def contraction(self) -> float:
        """As of the other."""
        return self.original.contraction

    @property
    def adjoint_unit(self) -> float:
        """As of the other."""
        return self.original.adjoint_unit

    @property
    def held_out(self) -> HeldOut | None:
        """As of the other."""
        return self.original.held_out

    @property
    def images(self) -> FloatArray | None:
        """As of the other."""
        return self.original.images

    def retrained(self) -> Problem | None:
        """As of the other."""
        return self.original.retrained()

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (m,). Steps and start are kept."""
        return replace(self, original=self.original.at(hyper))

    def admits(self, hyper: FloatArray) -> bool:
        """Where the other does."""
        return self.original.admits(hyper)

    def projected(self, hyper: FloatArray) -> FloatArray:
        """As of the other."""
        return self.original.projected(hyper)

    def tuned(self) -> Self:
        """The same with the other's step tuned."""
        original = self.original.tuned()
        return self if original is self.original else replace(self, original=original)

    def starting_at(self, state: FloatArray) -> Self:
        """The same problem with another w_0 of shape (d,)."""
        return replace(self, original=self.original.starting_at(state))

    def canonical(self) -> Self:
        """With the other's cheapest form."""
        original = self.original.canonical()
        return self if original is self.original else replace(self, original=original)

    def centred(self, state: FloatArray) -> Self:
        """The other's constants are centred there."""
        return replace(self, original=self.original.centred(state))

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) for each row, as of the other."""
        return self.original.fixed_point_map(states)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ and ∂₂Φ, as of the other."""
        return self.original.linearise(states)

    def outer(self, states: FloatArray) -> FloatArray:
        """E(w, λ) for each row, as of the other."""
        return self.original.outer(states)

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E(w, λ) for each row, as of the other."""
        return self.original.outer_gradient_state(states)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row, as of the other."""
        return self.original.outer_gradient_hyper(states)

    def solve(self) -> Reference:
        """As of the other."""
        return self.original.reference

    def lipschitz(self) -> Lipschitz:
        """As of the other."""
        return self.original.lipschitz()


@dataclass(frozen=True, eq=False, kw_only=True)
class LogarithmicProblem(WrappedProblem):
    """A problem whose λ are all positive, with their logarithms in the place of λ.

    With θ = log λ the derivatives are ∂₂Φ diag λ and λ ∘ ∇₂E, and their Lipschitz constants and
    norms are at most max λ times those of the problem.

    Attributes:
        hyper: θ, shape (m,).
        original: the problem at λ = exp θ.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hyper", np.log(self.original.hyper))

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another θ of shape (m,). Steps and start are kept."""
        return replace(self, original=self.original.at(np.exp(hyper)))

    def admits(self, hyper: FloatArray) -> bool:
        """Where exp θ is neither 0 nor infinite."""
        with np.errstate(over="ignore", under="ignore"):
            values = np.exp(hyper)
        return bool((values > 0).all()) and self.original.admits(values)

    def projected(self, hyper: FloatArray) -> FloatArray:
        """As of the other, in logarithms."""
        return np.log(self.original.projected(np.exp(hyper)))

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ, and ∂₂Φ diag λ."""
        return _ScaledLinearisation(self.original.linearise(states), self.original.hyper)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """λ ∘ ∇₂E for each row."""
        return self.original.hyper * self.original.outer_gradient_hyper(states)

    def solve(self) -> Reference:
        """∇f times λ, entry by entry."""
        original = self.original.reference
        return replace(original, hypergradient=self.original.hyper * original.hypergradient)

    def lipschitz(self) -> Lipschitz:
        """‖M diag λ‖ ≤ max λ ‖M‖ for every M; the norms at w(λ) are measured."""
        known, most = self.original.lipschitz(), float(self.original.hyper.max())
        return replace(
            known,
            nu2=most * known.nu2,
            mu2=most * known.mu2,
            mu2_slope=most * known.mu2_slope,
            hyper_jacobian_norm=None,
            solution_jacobian_norm=None,
        )


@dataclass(frozen=True)
class _ScaledLinearisation(Linearisation):
    plain: Linearisation
    scales: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", self.plain.metric)

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self.plain[rows], self.scales)

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.plain.vjp_state(adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self.plain.jvp_state(tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return self.plain.vjp_hyper(adjoints) * self.scales

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self.plain.jvp_hyper(tangents * self.scales)


@dataclass(frozen=True, eq=False, kw_only=True)
class LagrangianProblem(WrappedProblem):
    """A problem with the Lagrangian E + v_0ᵀ(Φ − w) in the place of E, for a guess v_0 of v(λ).

    At w = w(λ) both are the same for every v_0, so f and ∇f are. The adjoint of this problem is
    v(λ) − v_0: a method that begins with 0 here begins with v_0 there. That is a warm start for
    every method, unrolling included (R16).

    Attributes:
        guess: v_0, shape (d,).
    """

    guess: FloatArray

    def outer(self, states: FloatArray) -> FloatArray:
        """E + v_0ᵀ(Φ − w) for each row."""
        gaps = self.original.fixed_point_map(states) - states
        return self.original.outer(states) + gaps @ self.guess

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E − (I − ∂₁Φᵀ)v_0 for each row."""
        guesses = np.broadcast_to(self.guess, states.shape)
        pulled = self.original.linearise(states).vjp_state(np.ascontiguousarray(guesses))
        return self.original.outer_gradient_state(states) - self.guess + pulled

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E + ∂₂Φᵀv_0 for each row."""
        guesses = np.ascontiguousarray(np.broadcast_to(self.guess, states.shape))
        pulled = self.original.linearise(states).vjp_hyper(guesses)
        return self.original.outer_gradient_hyper(states) + pulled

    def solve(self) -> Reference:
        """v(λ) − v_0, and the rest as it was."""
        original = self.original.reference
        return replace(original, adjoint=original.adjoint - self.guess)

    def lipschitz(self) -> Lipschitz:
        """μ₁ + ν₁‖v_0‖ and μ₂ + ν₂‖v_0‖."""
        known, size = self.original.lipschitz(), float(np.linalg.norm(self.guess))
        return replace(
            known,
            mu1=known.mu1 + known.nu1 * size,
            mu2=known.mu2 + known.nu2 * size,
            outer_gradient_cap=known.outer_gradient_cap + (1 + known.contraction) * size,
        )
