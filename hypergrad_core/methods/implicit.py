"""Approximate implicit differentiation (AID): solve (I − ∂₁Φ(w_t)ᵀ) v = ∇₁E(w_t) with k steps.

One lockstep driver; each method names its linear solver and states its bound.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from hypergrad_core.adjoint import (
    AdjointSolver,
    ConjugateGradientSolver,
    FixedPointSolver,
    GMRESSolver,
    NormalEquationsSolver,
    OneStepSolver,
)
from hypergrad_core.arrays import FloatArray, IntArray, Progress
from hypergrad_core.bounds import (
    Bound,
    Path,
    Status,
    Term,
    chebyshev_number,
    conjugate_gradient_rate,
    geometric_sum,
)
from hypergrad_core.constants import Constants, WeightedConstants
from hypergrad_core.inner import InnerSolver
from hypergrad_core.methods.base import (
    PLAIN,
    Batch,
    Estimate,
    Method,
    Points,
    Recorder,
    adjoint_term,
    batches,
    drift_scale,
    lower_level_term,
)
from hypergrad_core.problem import Meter, Problem
from hypergrad_core.scheme import Scheme


class ImplicitMethod(Method):
    """AID with the linear solver that a subclass names."""

    solver: ClassVar[type[AdjointSolver]]

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """All of them, as they are."""
        return points

    def estimate(
        self,
        problem: Problem,
        states: FloatArray,
        points: Points,
        progress: Progress | None = None,
        scheme: Scheme = PLAIN,
    ) -> Estimate:
        """∇₂E(w_t) + ∂₂Φ(w_t)ᵀ v_k; row t carries the system at w_t."""
        recorder = Recorder(points, problem.hyper_size)
        # Rows sorted by depth: those that have further to go are always the last ones.
        parts = batches(points, problem.state_size, by_depth=True)
        total, done = sum(int(batch.depths.sum()) for batch in parts) or 1, 0
        for batch in parts:
            report = None if progress is None else _shifted(progress, done, total)
            self._run_batch(problem, states, batch, recorder, report)
            done += int(batch.depths.sum())
        return recorder.estimate()

    def _run_batch(
        self,
        problem: Problem,
        states: FloatArray,
        batch: Batch,
        recorder: Recorder,
        progress: Progress | None,
    ) -> None:
        depths, rows, steps = batch.depths, batch.rows, batch.adjoint_steps
        size, hyper_size = problem.state_size, problem.hyper_size
        ends = states[batch.inner_steps]
        meter = Meter(len(ends))
        meter.map_evaluations += batch.inner_steps
        meter.stored_floats += hyper_size
        lin = problem.linearise(ends)
        direct = problem.outer_gradient_hyper(ends)
        solver = self.solver(
            lin.charged_to(meter, np.arange(len(ends))), problem.outer_gradient_state(ends)
        )

        def read(chosen: IntArray) -> None:
            """Record these of the points from what their rows hold now."""
            at, k = rows[chosen], steps[chosen]
            hypergradients = direct[at]
            # Read on a meter of its own: a later point of the row does not pay for this one.
            reading = Meter(len(at))
            moved = np.flatnonzero(k > 0)
            if len(moved):
                of = at[moved]
                products = lin[of].charged_to(reading, moved)
                hypergradients[moved] += products.vjp_hyper(solver.adjoints(of))
            reading.stored_floats += solver.stored_floats(size, at, k)
            recorder.record(
                batch.points[chosen],
                hypergradients,
                meter.at(at) + reading.at(slice(None)),
                solver.residual_norms[at],
                [solver.outcomes[row] for row in at],
            )

        # A row stays as it is after its last step: its last point can wait, all of them together.
        last = steps == depths[rows]
        early = np.flatnonzero(~last)
        spent = 0
        for j in range(int(depths[-1]) + 1):
            if len(early):
                due = early[steps[early] == j]
                if len(due):
                    read(due)
            first = int(np.searchsorted(depths, j, side="right"))
            if first < len(depths):
                solver.advance(first)
                spent += len(depths) - first
                if progress is not None:
                    progress(spent)
        read(np.flatnonzero(last))


def chebyshev_formula(condition_number: str) -> str:
    """LaTeX of C_k(κ) (L5)."""
    kappa = condition_number
    return rf"\frac{{1}}{{T_k\left(({kappa}+1)/({kappa}-1)\right)}}"


def _shifted(progress: Progress, done: int, total: int) -> Progress:
    return lambda spent: progress((done + spent) / total)


class FixedPointAID(ImplicitMethod):
    """AID with k fixed-point steps (Neumann series)."""

    key = "aid-fp"
    label = "AID-FP"
    formula = r"v_{j+1}=\partial_1\Phi(w_t)^\top v_j+\nabla_1E(w_t),\quad v_0=0"
    source = "Grazzi et al. 2020, Theorem 2.3"
    solver_name = "fixed-point steps"
    solver = FixedPointSolver
    paper_source = "Grazzi et al. 2020, Theorem 2.3"

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """About κ/2 steps for a factor e."""
        return 1.0

    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """(c₁ + c₂ [k]_q) qᵗ + c₃ q^k."""
        t = points.inner_steps.astype(np.float64)
        q = constants.contraction
        sums = geometric_sum(q, points.adjoint_steps.astype(np.float64))
        drift = Term(
            "drift",
            r"\left(\nu_2+\frac{\nu_1L_\Phi}{1-q}\right)L_ED\,\frac{1-q^k}{1-q}\,"
            + inner.rate_formula,
            drift_scale(constants) * sums * inner.rate(q, t),
        )
        return (
            lower_level_term(constants, points.inner_steps, inner),
            drift,
            adjoint_term(constants, points.adjoint_steps, "k"),
        )

    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """R7 with the Jacobians frozen at w_t, or R6."""
        points = estimate.points
        values = path.unrolled_bound(points.inner_steps, points.adjoint_steps, frozen=True)
        return Bound(path.tier, path.unrolled_status, values, path.source)


class OneStep(FixedPointAID):
    """One-step (Jacobian-free) differentiation: AID-FP with k = 1 (R10)."""

    key = "one-step"
    label = "One-step"
    formula = r"\nabla_2E(w_t)+\partial_2\Phi(w_t)^\top\nabla_1E(w_t)"
    source = "Bolte, Pauwels and Vaiter 2023; Fung et al. 2022"
    solver = OneStepSolver
    paper_source = "Grazzi et al. 2020, Theorem 2.3 with k = 1"
    solver_name = ""
    plateau = "Its k is fixed, and its error ends on a plateau that no number of steps passes."
    fixed_adjoint_steps = (
        "It takes k = 1 by definition, so k cannot vary. "
        "Use AID-FP: its point k = 1 is this method."
    )

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """k = 1 everywhere."""
        return Points(points.inner_steps, np.ones_like(points.inner_steps))


class SolverAID(ImplicitMethod):
    """AID with a linear solver of known rate: ‖v_k − v(w_t)‖ ≤ σ(k) ‖v(w_t)‖ (R2, R5).

    Where ``energy`` is set, the norms are those of the linearisation's metric.
    """

    energy: ClassVar[bool] = False

    @abstractmethod
    def residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """σ(k) as the paper has it, at most 1, shape (P,)."""

    @abstractmethod
    def residual_formula(self, constants: Constants) -> str:
        """LaTeX of ``residual_factor``."""

    def sharp_residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """s(k) of R5, for the term b_t s(k) ‖∇₁E‖/σ_min: shape (P,)."""
        return self.residual_factor(constants, adjoint_steps)

    def paper_terms(
        self, constants: Constants, points: Points, inner: InnerSolver
    ) -> tuple[Term, ...]:
        """(c₁ + c₂/(1−q)) qᵗ + L_E (L_Φ + ν₂ D qᵗ)/(1−q) · σ(k).

        A solver that works in a metric S leaves ‖S^½(v_k − v)‖ ≤ σ(k) ‖S^½∇₁E‖/(1−q), which the
        norm of S^(−½)∂₂Φ multiplies; ‖S^½∇₁E‖ ≤ L_E because no weight is above 1.
        """
        c = constants
        q = c.contraction
        t = points.inner_steps.astype(np.float64)
        left = self.residual_factor(c, points.adjoint_steps.astype(np.float64))
        rate = inner.rate(q, t)
        hyper_norm = c.hyper_norm(c.distance * rate, energy=self.energy)
        weighted = "^s" if self.energy and isinstance(c, WeightedConstants) else ""
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
                + self.residual_formula(c),
                c.outer_gradient_bound * hyper_norm / (1 - q) * left,
            ),
        )

    def sharp_bound(self, path: Path, estimate: Estimate) -> Bound:
        """R2 with the measured path, and the least of R4's solver terms."""
        points = estimate.points
        left = self.sharp_residual_factor(path.constants, points.adjoint_steps.astype(np.float64))
        values = path.implicit_bound(
            points.inner_steps, left, estimate.residuals, energy=self.energy
        )
        return Bound(path.tier, Status.UPPER, values, path.source)


class ConjugateGradientAID(SolverAID):
    """AID with k conjugate-gradient steps."""

    key = "aid-cg"
    label = "AID-CG"
    formula = r"v_k=\mathrm{CG}_k\!\left(I-\partial_1\Phi(w_t),\,\nabla_1E(w_t)\right),\quad v_0=0"
    source = "Pedregosa 2016; Grazzi et al. 2020, Theorem 2.2"
    solver_name = "conjugate gradient"
    solver = ConjugateGradientSolver
    energy = True
    paper_source = "Grazzi et al. 2020, Theorem 2.2 with the CG rate"

    def refusal(self, problem: Problem) -> str:
        """CG needs a matrix that is self-adjoint in some inner product."""
        if problem.self_adjoint:
            return ""
        return (
            "It needs a symmetric positive definite system; here ∂₁Φ is not symmetric. "
            "Use AID-GMRES or AID-CGNR, which do not need symmetry."
        )

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """About √κ/2 steps for a factor e, in a metric as well."""
        return 0.5

    def residual_formula(self, constants: Constants) -> str:
        """κ_M bounds the condition number of M = I − ∂₁Φ: not more than κ = (1 + q)/(1 − q)."""
        root = r"\sqrt{\kappa_M}"
        return rf"2{root}\left(\frac{{{root}-1}}{{{root}+1}}\right)^{{k}}"

    def residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """2√κ r^k (R4 a), and no more than 1: CG's Euclidean error never grows.

        In a metric S the same holds of ‖S^½(v_k − v)‖, the Euclidean error of plain CG on the
        symmetric N = S^½ M S^(−½): its energy error falls by C_k(κ) ≤ 2r^k at the least, going
        from the energy norm of N to the Euclidean one and back costs √κ, and the latter never
        grows. The eigenvalues of N lie in [1 − q, 1 + q], so κ is the same.
        """
        kappa = constants.condition_number
        rate = conjugate_gradient_rate(kappa)
        return np.asarray(np.minimum(1.0, 2 * np.sqrt(kappa) * rate**adjoint_steps))

    def sharp_residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """C_k(κ): the factor 2√κ is lost in changing norms back and forth (R4 c)."""
        return chebyshev_number(constants.condition_number, adjoint_steps)


class NormalEquationsAID(SolverAID):
    """AID with k conjugate-gradient steps on the normal equations."""

    key = "aid-cgnr"
    label = "AID-CGNR"
    formula = (
        r"\begin{aligned}v_k&=\mathrm{CG}_k\!\left(M^\top M,\,M^\top\nabla_1E(w_t)\right)\\"
        r"M&=I-\partial_1\Phi(w_t)^\top\end{aligned}"
    )
    source = "Grazzi et al. 2020, Section 3"
    solver_name = "CG on the normal equations"
    solver = NormalEquationsSolver
    paper_source = "Grazzi et al. 2020, Theorem 2.2 with the rate of CG on the normal equations"

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """The normal equations have κ²: with ‖∂₁Φ‖ ≤ q alone no better than q per step (R15)."""
        return 1.0

    def residual_formula(self, constants: Constants) -> str:
        """With κ = (1 + q)/(1 − q)."""
        return chebyshev_formula(r"\kappa^2")

    def residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """‖r_k‖ ≤ C_k(κ²)‖∇₁E‖, and the residual never grows."""
        kappa = (1 + constants.contraction) / (1 - constants.contraction)
        return chebyshev_number(kappa**2, adjoint_steps)


class GMRESAID(SolverAID):
    """AID with k steps of GMRES."""

    key = "aid-gmres"
    label = "AID-GMRES"
    formula = (
        r"v_k=\mathrm{GMRES}_k\!\left(I-\partial_1\Phi(w_t)^\top,\,\nabla_1E(w_t)\right),"
        r"\quad v_0=0"
    )
    source = "Grazzi et al. 2020, Theorem 2.2 with GMRES as the solver"
    solver_name = "GMRES"
    solver = GMRESSolver
    paper_source = "Grazzi et al. 2020, Theorem 2.2; the residual of GMRES is at most that of FP"

    def adjoint_exponent(self, inner: InnerSolver, *, symmetric: bool) -> float:
        """Of a symmetric matrix it is MINRES, with the rate of CG (R15)."""
        return 0.5 if symmetric else 1.0

    def residual_formula(self, constants: Constants) -> str:
        """With κ_M as for conjugate gradient."""
        return chebyshev_formula(r"\kappa_M") if constants.symmetric else r"q^{k}"

    def residual_factor(self, constants: Constants, adjoint_steps: FloatArray) -> FloatArray:
        """‖r_k‖ ≤ q^k ‖∇₁E‖: GMRES beats the polynomial (1 − z)^k.

        Of a symmetric matrix it beats Chebyshev's as well: ‖r_k‖ ≤ C_k(κ) ‖∇₁E‖ (R15 b).
        """
        if constants.symmetric:
            return chebyshev_number(constants.condition_number, adjoint_steps)
        return np.asarray(constants.contraction**adjoint_steps)
