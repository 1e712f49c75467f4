"""What is surely known of f and ∇f at a state that is not w(λ): no reference solution is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import DOUBLE_ROUNDOFF
from hypergrad_core.costs import CountedLinearisation, Counter
from hypergrad_core.numerics import row_norms, spectral_norm
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record

# Roundings of a product or a sum, which partly cancel.
ROUNDINGS = 5 * DOUBLE_ROUNDOFF


@dataclass(frozen=True, eq=False)
class Certificate(Record):
    """Bounds of |f(λ) − value| and ‖h − ∇f(λ)‖ from a state and an adjoint alone (R8).

    Attributes:
        hypergradient: h = ∇₂E(w) + ∂₂Φ(w)ᵀv, shape (m,).
        value: E(w) + vᵀ(Φ(w) − w), which is off by products of two errors only.
        value_bound: of |f(λ) − value|.
        state_bound: of ‖w − w(λ)‖.
        inner: the part of the bound that w ≠ w(λ) makes.
        adjoint: the part that is left of the adjoint system.
        coordinates: bounds of |h_j − ∂f/∂λ_j|, shape (m,).
    """

    hypergradient: FloatArray
    value: float
    value_bound: float
    state_bound: float
    inner: float
    adjoint: float
    coordinates: FloatArray

    @property
    def bound(self) -> float:
        """Of ‖h − ∇f(λ)‖: the two parts, or the coordinates together where that is less."""
        return min(self.inner + self.adjoint, float(np.linalg.norm(self.coordinates)))

    @property
    def proved_signs(self) -> IntArray:
        """The sign of each ∂f/∂λ_j where it is proved, 0 elsewhere, shape (m,)."""
        proved = np.abs(self.hypergradient) > self.coordinates
        return np.where(proved, np.sign(self.hypergradient), 0).astype(np.int64)

    def moved(self, hypergradient: FloatArray) -> Certificate:
        """Of another estimate h' of ∇f(λ), shape (m,): |h'_j − h_j| farther away in each entry."""
        away = np.abs(hypergradient - self.hypergradient)
        return replace(
            self,
            hypergradient=hypergradient,
            adjoint=self.adjoint + float(np.linalg.norm(away)),
            coordinates=self.coordinates + away,
        )


def certify(
    problem: Problem, state: FloatArray, adjoint: FloatArray, counter: Counter
) -> Certificate:
    """Bound f(λ) and ∇f(λ) at any w and v.

    With ê = ‖Φ(w) − w‖/(1 − q), r = ∇₁E(w) − (I − ∂₁Φ(w)ᵀ)v, b_j the norm of column j of ∂₂Φ(w)
    and y = (‖r‖ + (μ₁ + ν₁‖v‖)ê)/(1 − q), which bounds ‖v − v(λ)‖ (R8):

        |h_j − ∂f/∂λ_j| ≤ (μ₂ + ν₂‖v‖)ê + (b_j + ν₂ê)y,
        |f(λ) − E(w) − vᵀ(Φ(w) − w)| ≤ (‖r‖ + ½(μ₁ + ν₁‖v‖)ê)ê.

    Where the constants are not known, or q ≥ 1, all bounds are infinite.

    Args:
        problem: bound to its λ; its constants have to hold on a ball around any state.
        state: w, shape (d,).
        adjoint: v, shape (d,).
        counter: of one row; charged with Φ(w) and two products.
    """
    states = state[None]
    everyone = np.zeros(1, dtype=np.int64)
    lin = problem.linearise(states)
    counted = CountedLinearisation(lin, counter, everyone)
    mapped = problem.fixed_point_map(states)[0]
    counter.map_evaluations += 1
    gradient = problem.outer_gradient_state(states)[0]
    left = gradient - adjoint + counted.vjp_state(adjoint[None])[0]
    pulled = counted.vjp_hyper(adjoint[None])[0]
    direct = problem.outer_gradient_hyper(states)[0]
    outer = float(problem.outer(states)[0])
    hypergradient = direct + pulled
    known = problem.centred(state).lipschitz()
    q, size = known.contraction, float(np.linalg.norm(adjoint))
    if not q < 1:
        nothing = np.full(problem.hyper_size, np.inf)
        return Certificate(hypergradient, outer, np.inf, np.inf, np.inf, np.inf, nothing)
    columns = lin.jvp_hyper(np.eye(problem.hyper_size))
    # What rounding may add to what is small.
    gap = float(np.linalg.norm(mapped - state)) + ROUNDINGS * float(np.linalg.norm(state))
    residual = float(np.linalg.norm(left)) + ROUNDINGS * (size + float(np.linalg.norm(gradient)))
    reach = gap / (1 - q)
    drift = (known.mu1 + known.nu1 * size) * reach
    direct_drift = (known.mu2 + known.mu2_slope * reach + known.nu2 * size) * reach
    sums = ROUNDINGS * (np.abs(direct) + row_norms(columns) * size)
    # What ‖v − v(λ)‖ is multiplied by.
    norm = (spectral_norm(columns) + known.nu2 * reach) / (1 - q)
    norms = (row_norms(columns) + known.nu2 * reach) / (1 - q)
    value = outer + float(adjoint @ (mapped - state))
    return Certificate(
        hypergradient=hypergradient,
        value=value,
        value_bound=(residual + drift / 2) * reach
        + ROUNDINGS * (abs(outer) + size * float(np.linalg.norm(state))),
        state_bound=reach,
        inner=direct_drift + norm * drift,
        adjoint=norm * residual + float(np.linalg.norm(sums)),
        coordinates=direct_drift + norms * (drift + residual) + sums,
    )
