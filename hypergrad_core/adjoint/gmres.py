"""GMRES without restart."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import AdjointSolver, Outcome
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.constants import Constants
from hypergrad_core.lemmas import chebyshev_formula, chebyshev_number
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms


class GMRESSolver(AdjointSolver):
    """GMRES without restart (R15 b). Applies to every contraction; never worse than fixed point.

    Arnoldi vectors are orthogonalised twice; the small least-squares problem of each row is kept
    triangular by Givens rotations, all rows together.
    """

    key = "gmres"
    label = "GMRES"
    name = "GMRES"
    formula = (
        r"v_k=\mathrm{GMRES}_k\!\left(I-\partial_1\Phi(w_t)^\top,\,\nabla_1E(w_t)\right),"
        r"\quad v_0=0"
    )
    source = "Grazzi et al. 2020, Theorem 2.2 with GMRES as the solver"
    bound_source = "Grazzi et al. 2020, Theorem 2.2; the residual of GMRES is at most that of FP"

    @classmethod
    def exponent(cls, *, symmetric: bool) -> float:
        """Of a symmetric matrix it is MINRES, with the rate of CG (R15)."""
        return 0.5 if symmetric else 1.0

    @classmethod
    def residual_formula(cls, constants: Constants) -> str:
        """With κ_M as for conjugate gradient."""
        return chebyshev_formula(r"\kappa_M") if constants.symmetric else r"q^{k}"

    @classmethod
    def residual_factor(cls, constants: Constants, steps: FloatArray) -> FloatArray:
        """‖r_k‖ ≤ q^k ‖∇₁E‖: GMRES beats the polynomial (1 − z)^k.

        Of a symmetric matrix it beats Chebyshev's as well: ‖r_k‖ ≤ C_k(κ) ‖∇₁E‖ (R15 b).
        """
        if constants.symmetric:
            return chebyshev_number(constants.condition_number, steps)
        return np.asarray(constants.contraction**steps)

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        rows, size = gradients.shape
        self.residual_norms = row_norms(gradients)
        self._start = self.residual_norms.copy()
        self._finish(np.flatnonzero(~(self._start > 0)), Outcome.CONVERGED)
        self._taken: IntArray = np.zeros(rows, dtype=np.int64)
        self._step = 0
        self._basis: FloatArray = np.zeros((rows, 8, size))
        self._triangle: FloatArray = np.zeros((rows, 8, 8))
        self._rotations: FloatArray = np.zeros((2, rows, 8))
        self._targets: FloatArray = np.zeros((rows, 9))
        safe = np.where(self._live, self._start, 1.0)
        self._basis[:, 0] = gradients / safe[:, None]
        self._targets[:, 0] = self._start

    def _grow(self) -> None:
        """Room for one more Arnoldi vector."""
        room = self._basis.shape[1]
        if self._step + 1 < room:
            return
        self._basis = np.pad(self._basis, ((0, 0), (0, room), (0, 0)))
        self._triangle = np.pad(self._triangle, ((0, 0), (0, room), (0, room)))
        self._rotations = np.pad(self._rotations, ((0, 0), (0, 0), (0, room)))
        self._targets = np.pad(self._targets, ((0, 0), (0, room)))

    def advance(self, first: int) -> None:
        """One Arnoldi step and one Givens rotation."""
        k = self._step
        self._step += 1
        rows = first + np.flatnonzero(self._live[first:])
        if not len(rows):
            return
        self._grow()
        newest = self._basis[rows, k]
        vector = newest - self._lin[rows].vjp_state(newest)
        size = row_norms(vector)
        basis = self._basis[rows, : k + 1]
        column = np.zeros((len(rows), k + 2))
        for _ in range(2):
            part = (basis @ vector[:, :, None])[:, :, 0]
            vector = vector - (part[:, None, :] @ basis)[:, 0]
            column[:, : k + 1] += part
        column[:, k + 1] = row_norms(vector)
        # The space is exhausted: the solution lies in it.
        happy = column[:, k + 1] <= 1e-15 * size
        safe = np.where(happy, 1.0, column[:, k + 1])
        self._basis[rows, k + 1] = vector / safe[:, None]
        cosine, sine = self._rotations[:, rows]
        for j in range(k):
            above, below = column[:, j].copy(), column[:, j + 1].copy()
            column[:, j] = cosine[:, j] * above + sine[:, j] * below
            column[:, j + 1] = cosine[:, j] * below - sine[:, j] * above
        length = np.hypot(column[:, k], column[:, k + 1])
        self._rotations[0, rows, k] = column[:, k] / length
        self._rotations[1, rows, k] = column[:, k + 1] / length
        self._triangle[rows, : k + 1, k] = column[:, : k + 1]
        self._triangle[rows, k, k] = length
        target = self._targets[rows, k]
        self._targets[rows, k] = target * self._rotations[0, rows, k]
        self._targets[rows, k + 1] = -target * self._rotations[1, rows, k]
        self._taken[rows] = k + 1
        self.residual_norms[rows] = np.abs(self._targets[rows, k + 1])
        done = happy | (self.residual_norms[rows] <= 1e-17 * self._start[rows])
        self._finish(rows[done], Outcome.CONVERGED)

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows: the combination of the Arnoldi vectors with the least residual."""
        out = np.zeros((len(rows), self._basis.shape[2]))
        taken = self._taken[rows]
        for k in np.unique(taken[taken > 0]):
            same = np.flatnonzero(taken == k)
            of = rows[same]
            weights = np.linalg.solve(self._triangle[of, :k, :k], self._targets[of, :k, None])
            out[same] = (np.swapaxes(weights, 1, 2) @ self._basis[of, :k])[:, 0]
        return out

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> IntArray:
        """k + 1 Arnoldi vectors, w, v and a product, and the triangle; none after the last step."""
        taken = np.minimum(steps, self._taken[rows])
        return np.asarray((taken + 4) * size + taken**2)
