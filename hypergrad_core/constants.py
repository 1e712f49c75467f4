"""The constants of the bounds, at one λ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hypergrad_core.arrays import FloatArray

DOUBLE_ROUNDOFF = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True)
class Lipschitz:
    """What is known of a problem at one λ beyond what its reference solution tells.

    All Lipschitz constants are in w, and compare w with w(λ) on a ball around it that holds every
    iterate: of radius D = ‖w_0 − w(λ)‖ where no step leads away from w(λ).

    Attributes:
        contraction: q, Lipschitz constant of Φ(·, λ).
        nu1, nu2: ν₁ and ν₂, those of ∂₁Φ and ∂₂Φ.
        mu1, mu2: μ₁ and μ₂, those of ∇₁E and ∇₂E.
        mu2_slope: what each unit of D adds to μ₂, where ∇₂E is quadratic in w.
        condition_number: κ, a bound on cond(I − ∂₁Φ); (1 + q)/(1 − q) if not given.
        hyper_jacobian_norm: L_Φ, at least ‖∂₂Φ(w(λ), λ)‖; measured if not given.
        outer_gradient_cap: a bound of ‖∇₁E‖ that holds everywhere.
        solution_jacobian_norm: J, at least ‖w'(λ)‖; measured if not given.
        energy_hyper_norm, energy_nu2: see ``WeightedConstants``; given together, or not at all.
    """

    contraction: float
    nu1: float
    nu2: float
    mu1: float
    mu2: float
    mu2_slope: float = 0.0
    condition_number: float | None = None
    hyper_jacobian_norm: float | None = None
    outer_gradient_cap: float = np.inf
    solution_jacobian_norm: float | None = None
    energy_hyper_norm: float | None = None
    energy_nu2: float | None = None


# Nothing is known: infinity bounds everything, and says nothing.
UNKNOWN = Lipschitz(contraction=np.inf, nu1=np.inf, nu2=np.inf, mu1=np.inf, mu2=np.inf)


@dataclass(frozen=True)
class Constants:
    """The constants of the bounds, at one λ (symbols in brackets).

    All Lipschitz constants are in w, on the ball of radius ``distance`` around w(λ).

    Attributes:
        contraction: q, Lipschitz constant of Φ(·, λ).
        condition_number: κ, a bound on cond(I − ∂₁Φ) where ∂₁Φ is symmetric; the ratio of its
            extreme eigenvalues where I − ∂₁Φᵀ is self-adjoint in a metric.
        nu1, nu2: Lipschitz constants of ∂₁Φ and ∂₂Φ.
        mu1, mu2: Lipschitz constants of ∇₁E and ∇₂E.
        outer_gradient_bound: L_E, bounds ‖∇₁E(w, λ)‖ on the ball.
        hyper_jacobian_norm: L_Φ = ‖∂₂Φ(w(λ), λ)‖.
        distance: D = ‖w_0 − w(λ)‖.
        outer_gradient_norm: G = ‖∇₁E(w(λ), λ)‖.
        solution_jacobian_norm: J = ‖w'(λ)‖, or an upper bound of it.
        adjoint_norm: V = ‖v(λ)‖, v the solution of (I − ∂₁Φᵀ) v = ∇₁E.
        direct_gradient_norm: ‖∇₂E(w(λ), λ)‖.
        hypergradient_norm: ‖∇f(λ)‖.
        solution_norm: ‖w(λ)‖.
        symmetric: whether ∂₁Φ is symmetric, so that its eigenvalues tell all of it.
        unit_roundoff: u, of the arithmetic that the oracles work in.
    """

    contraction: float
    condition_number: float
    nu1: float
    nu2: float
    mu1: float
    mu2: float
    outer_gradient_bound: float
    hyper_jacobian_norm: float
    distance: float
    outer_gradient_norm: float
    solution_jacobian_norm: float
    adjoint_norm: float
    direct_gradient_norm: float
    hypergradient_norm: float
    solution_norm: float = field(default=0.0, kw_only=True)
    symmetric: bool = field(default=False, kw_only=True)
    unit_roundoff: float = field(default=DOUBLE_ROUNDOFF, kw_only=True)

    @property
    def known(self) -> bool:
        """Whether q and the Lipschitz constants were given; where they were not, they are ∞."""
        return bool(np.isfinite(self.contraction))

    def at_solution(self) -> Constants:
        """The same for a run that starts at w(λ): D = 0, and L_E = G."""
        return replace(self, distance=0.0, outer_gradient_bound=self.outer_gradient_norm)

    def hyper_norm(self, gap: FloatArray, *, energy: bool) -> FloatArray:
        """Bound of ‖∂₂Φ(w)‖ where ‖w − w(λ)‖ ≤ gap.

        Args:
            gap: of any shape.
            energy: whether the norm is that of S^(−½) ∂₂Φ(w), if there is a metric S.
        """
        return np.asarray(self.hyper_jacobian_norm + self.nu2 * gap)

    @property
    def rounding_floor(self) -> float:
        """Level below which a measured error is rounding, not method (THEORY.md, "Rounding").

        To first order, h = ∇₂E(w) + ∂₂Φ(w)ᵀv is off by three things. Each evaluation of Φ is
        rounded by u times the size of w, which is W = max(‖w(λ)‖, D); the steps that follow let it
        grow to e = uW/(1 − q) at the most. Where w is off by e, ∇₂E and ∂₂Φᵀv are off by
        (μ₂ + ν₂V)e, and the right-hand side of the adjoint system by μ₁e, which J carries over to
        h. Each product of that system is rounded by u times the size of v, V ≤ G/(1 − q), and J
        carries that over, too. What is added at the end is rounded by u‖∇₂E‖ and u‖∇f‖. A product
        is many roundings, which partly cancel; they count as five.

        That ∂₁Φ is off by ν₁e is left out. It would count the slowest direction three times, in
        e, V and J, but roundings have no direction, and ν₁ is that of the whole ball.

        Without constants it is that of iterates close to w(λ), and q as large as it may be.
        """
        c = self
        size = c.solution_jacobian_norm * c.outer_gradient_norm + c.direct_gradient_norm
        if c.known:
            slope = c.mu2 + c.nu2 * c.adjoint_norm + c.mu1 * c.solution_jacobian_norm
            size += slope * max(c.solution_norm, c.distance)
        return float(
            5 * c.unit_roundoff * size / max(1 - c.contraction, 1e-4)
            + 2e-15 * (c.unit_roundoff / DOUBLE_ROUNDOFF) * c.hypergradient_norm
        )


@dataclass(frozen=True)
class WeightedConstants(Constants):
    """The constants where I − ∂₁Φᵀ is self-adjoint in a metric S, see ``Linearisation``.

    Attributes:
        energy_hyper_norm: L_Φˢ = ‖S^(−½) ∂₂Φ(w(λ), λ)‖.
        energy_nu2: ν₂ˢ, how fast ‖S^(−½) ∂₂Φ(w, λ)‖ can grow with ‖w − w(λ)‖.
    """

    energy_hyper_norm: float
    energy_nu2: float

    def hyper_norm(self, gap: FloatArray, *, energy: bool) -> FloatArray:
        """The same, in the metric if ``energy``."""
        if not energy:
            return super().hyper_norm(gap, energy=False)
        return np.asarray(self.energy_hyper_norm + self.energy_nu2 * gap)
