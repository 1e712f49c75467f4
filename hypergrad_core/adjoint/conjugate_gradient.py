"""Conjugate gradient, in the inner product in which I − ∂₁Φᵀ is self-adjoint."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import ROUNDED_RESIDUAL, AdjointSolver, Outcome, Solvable
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.costs import ProblemWork
from hypergrad_core.lemmas import chebyshev_number, conjugate_gradient_rate
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_dots


class ConjugateGradientSolver(AdjointSolver):
    """Conjugate gradient of Hestenes and Stiefel on M = I − ∂₁Φᵀ, self-adjoint and positive.

    All inner products, and the residual norms, are those of the linearisation's metric: the
    Euclidean one if it has none. With weights S this is the textbook method on the symmetric
    matrix S^½ M S^(−½) and the unknown S^½ v, without a square root or a division.

    Differs from the textbook in one thing: a row whose residual has fallen to rounding, or whose
    search direction shows M not positive definite, is finished.

    Attributes:
        lengths, turns: α and β of each row's last step, v ← v + αp and p ← r + βp: shape (R,).
    """

    key = "cg"
    label = "CG"
    name = "conjugate gradient"
    formula = r"v_k=\mathrm{CG}_k\!\left(I-\partial_1\Phi(w_t),\,\nabla_1E(w_t)\right),\quad v_0=0"
    source = "Pedregosa 2016; Grazzi et al. 2020, Theorem 2.2"
    bound_source = "Grazzi et al. 2020, Theorem 2.2 with the CG rate"
    vectors, calls = 14.0, 28.0
    energy = True

    @classmethod
    def refusal(cls, problem: Solvable) -> str:
        """CG needs a matrix that is self-adjoint in some inner product."""
        if problem.self_adjoint:
            return ""
        return (
            "It needs a symmetric positive definite system; here ∂₁Φ is not symmetric. "
            "Use AID-GMRES or AID-CGNR, which do not need symmetry."
        )

    @classmethod
    def applies(cls, work: ProblemWork) -> bool:
        """In the metric as well."""
        return work.self_adjoint

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """About √κ/2 steps for a factor e, in a metric as well."""
        return 0.5

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """κ_M bounds the condition number of M = I − ∂₁Φ: not more than κ = (1 + q)/(1 − q)."""
        root = r"\sqrt{\kappa_M}"
        return rf"\min\left(1,\,2{root}\left(\frac{{{root}-1}}{{{root}+1}}\right)^{{k}}\right)"

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """2√κ r^k (R4 a), and no more than 1: CG's Euclidean error never grows.

        In a metric S the same holds of ‖S^½(v_k − v)‖, the Euclidean error of plain CG on the
        symmetric N = S^½ M S^(−½): its energy error falls by C_k(κ) ≤ 2r^k at the least, going
        from the energy norm of N to the Euclidean one and back costs √κ, and the latter never
        grows. The eigenvalues of N lie in [1 − q, 1 + q], so κ is the same.
        """
        kappa = constants.condition_number
        rate = conjugate_gradient_rate(kappa)
        return np.asarray(np.minimum(1.0, 2 * np.sqrt(kappa) * rate**steps))

    @classmethod
    def sharp_residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """C_k(κ): the factor 2√κ is lost in changing norms back and forth (R4 c)."""
        return chebyshev_number(constants.condition_number, steps)

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        self._adjoints = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self._directions = gradients.copy()
        self._squares = _dots(lin.metric, gradients, gradients)
        self._target = ROUNDED_RESIDUAL**2 * self._squares
        self.lengths: FloatArray = np.zeros(len(gradients))
        self.turns: FloatArray = np.zeros(len(gradients))
        self.residual_norms = np.sqrt(self._squares)
        self._finish(np.flatnonzero(~(self._squares > 0)), Outcome.CONVERGED)

    def advance(self, first: int) -> None:
        """One conjugate-gradient step."""
        rows: slice | IntArray = slice(first, None)
        if not self._all_live:
            live = first + np.flatnonzero(self._live[first:])
            if not len(live):
                return
            if len(live) < len(self._live) - first:
                rows = live
        # Views of the blocks where the rows are a slice, copies to be put back where they are not.
        adjoint, residual, direction = (
            block[rows] for block in (self._adjoints, self._residuals, self._directions)
        )
        lin, squares = self._lin[rows], self._squares[rows]
        curved = lin.vjp_state(direction)
        np.subtract(direction, curved, out=curved)
        curvature = _dots(lin.metric, direction, curved)
        definite = curvature > 0
        whole = bool(definite.all())
        length = squares / (curvature if whole else np.where(definite, curvature, 1.0))
        if not whole:
            length[~definite] = 0.0
        adjoint += length[:, None] * direction
        curved *= length[:, None]
        residual -= curved
        square = _dots(lin.metric, residual, residual)
        turn = square / squares
        direction *= turn[:, None]
        direction += residual
        self.lengths[rows], self.turns[rows] = length, turn
        if not isinstance(rows, slice):
            self._adjoints[rows] = adjoint
            self._residuals[rows], self._directions[rows] = residual, direction
        self._squares[rows] = square
        self.residual_norms[rows] = np.sqrt(square)
        done = square <= self._target[rows]
        if whole and not done.any():
            return
        ids = np.arange(len(self._live))[rows]
        self._finish(ids[~definite], Outcome.BREAKDOWN)
        self._finish(ids[definite & done], Outcome.CONVERGED)

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual, direction and its product."""
        return 5 * size


def _dots(metric: FloatArray | None, left: FloatArray, right: FloatArray) -> FloatArray:
    """Σ s_i x_i y_i for each pair of rows; s = 1 without a metric."""
    return row_dots(left if metric is None else metric * left, right)
