"""AID with any linear solver of known rate."""

from __future__ import annotations

import numpy as np

from hypergrad_core.bounds import Bound, Path, Status, Term
from hypergrad_core.bounds.expected import implicit_cost
from hypergrad_core.constants import Constants, WeightedConstants
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.inner import InnerSolver
from hypergrad_core.methods.base import PLAIN, Estimate, Points, drift_scale, lower_level_term
from hypergrad_core.methods.implicit import ImplicitMethod
from hypergrad_core.scheme import Scheme


class SolverAID(ImplicitMethod):
    """AID with a linear solver of known rate: ‖v_k − v(w_t)‖ ≤ σ(k) ‖v(w_t)‖ (R2, R5)."""

    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """(c₁ + c₂/(1−q)) qᵗ + L_E (L_Φ + ν₂ D qᵗ)/(1−q) · σ(k).

        A solver that works in a metric S leaves ‖S^½(v_k − v)‖ ≤ σ(k) ‖S^½∇₁E‖/(1−q), which the
        norm of S^(−½)∂₂Φ multiplies; ‖S^½∇₁E‖ ≤ L_E because no weight is above 1.
        """
        c, energy = constants, self.solver.energy
        q = c.contraction
        t = points.inner_steps.astype(np.float64)
        left = self.solver.residual_factor(c, points.adjoint_steps.astype(np.float64))
        rate = inner.rate(q, t)
        hyper_norm = c.hyper_norm(c.distance * rate, energy=energy)
        weighted = "^s" if energy and isinstance(c, WeightedConstants) else ""
        return (
            lower_level_term(constants, points.inner_steps, inner),
            Term(
                "drift",
                r"\left(\nu_2+\frac{\nu_1L_\Phi}{1-q}\right)\frac{L_ED}{1-q}\,"
                + inner.rate_formula,
                drift_scale(c) / (1 - q) * rate,
            ),
            Term(
                "adjoint",
                rf"\frac{{L_E\,(L_\Phi{weighted}+\nu_2{weighted}D\,"
                + inner.rate_formula
                + r")}{1-q}\,"
                + self.solver.residual_formula(c),
                c.outer_gradient_bound * hyper_norm / (1 - q) * left,
            ),
        )

    def bound_work(self, work: ProblemWork, points: Points, scheme: Scheme = PLAIN) -> Cost:
        """R2 and R4."""
        return implicit_cost(work, len(points), energy=self.solver.energy)

    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """R2 with the measured path, and the least of R4's solver terms."""
        points, solver = estimate.points, self.solver
        left = np.ones(len(points))
        if path.constants.known:
            k = points.adjoint_steps.astype(np.float64)
            left = solver.sharp_residual_factor(path.constants, k)
        values = path.implicit_bound(
            points.inner_steps, left, estimate.residuals, energy=solver.energy
        )
        return Bound(path.tier, Status.UPPER, values, path.source)
