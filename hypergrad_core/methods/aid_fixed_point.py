"""AID with k fixed-point steps on the adjoint (Neumann series)."""

from __future__ import annotations

import numpy as np

from hypergrad_core.bounds import Bound, Path, Term
from hypergrad_core.bounds.expected import frozen_cost
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.inner import InnerSolver
from hypergrad_core.lemmas import geometric_sum
from hypergrad_core.methods.base import (
    PLAIN,
    Estimate,
    Points,
    adjoint_term,
    drift_scale,
    lower_level_term,
)
from hypergrad_core.methods.implicit import ImplicitMethod
from hypergrad_core.scheme import Scheme


class FixedPointAID(ImplicitMethod):
    """AID whose steps on the adjoint are those of the Neumann series, which has its own bound."""

    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """(c₁ + c₂ [k]_q) qᵗ + c₃ q^k (R3)."""
        t = points.inner_steps.astype(np.float64)
        k = points.adjoint_steps.astype(np.float64)
        q = constants.contraction
        drift = Term(
            "drift",
            r"\left(\nu_2+\frac{\nu_1L_\Phi}{1-q}\right)L_ED\,\frac{1-q^k}{1-q}\,"
            + inner.rate_formula,
            drift_scale(constants) * geometric_sum(q, k) * inner.rate(q, t),
        )
        left = self.solver.residual_factor(constants, k)
        return (
            lower_level_term(constants, points.inner_steps, inner),
            drift,
            adjoint_term(constants, left, self.solver.residual_formula(constants)),
        )

    def bound_work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """R7 with the Jacobians frozen, or R6."""
        return frozen_cost(work, points.inner_steps, points.adjoint_steps)

    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """R7 with the Jacobians frozen at w_t, or R6."""
        points = estimate.points
        values = path.unrolled_bound(points.inner_steps, points.adjoint_steps, frozen=True)
        return Bound(path.tier, path.unrolled_status, values, path.source)
