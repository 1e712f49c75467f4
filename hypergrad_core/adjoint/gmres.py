"""GMRES without restart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hypergrad_core.adjoint.base import AdjointSolver, Outcome
from hypergrad_core.arrays import FloatArray, IntArray, Rows, as_slice
from hypergrad_core.constants import Constants
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.interruption import ask
from hypergrad_core.lemmas import chebyshev_formula, chebyshev_number
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms

# Arnoldi vectors are kept so many at a time, of so many numbers for each row.
LARGEST_PIECE = 8
PIECE_FLOATS = 2**17


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
    vectors, calls = 8.0, 24.0

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

    @classmethod
    def step_work(cls, size: int, step: int) -> Cost:
        """Each Arnoldi vector is passed over four times, each rotation is turned once."""
        return super().step_work(size, step) + Cost(
            vector=4.0 * (step + 1) * size + 8.0 * step, calls=8.0 * step
        )

    @classmethod
    def read_work(cls, size: int, steps: FloatArray, groups: int) -> Cost:
        """A triangular system, and the sum of all Arnoldi vectors."""
        longest = float(steps.max(initial=0))
        triangles = Cost(vector=float((steps * (size + steps)).sum()))
        return triangles + Cost(calls=groups * 7.0 * longest * (1.0 if groups == 1 else 0.5))

    @classmethod
    def steps_expected(cls, work: ProblemWork) -> float:
        """At most d: then all of the space has been searched."""
        return min(super().steps_expected(work), float(work.state_size))

    @classmethod
    def kept_floats(cls, size: int, steps: int) -> int:
        """All Arnoldi vectors, which are no more than d, and the triangle."""
        taken = min(steps, size)
        return (taken + 1) * size + taken**2

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        super().__init__(lin, gradients)
        rows, size = gradients.shape
        self.residual_norms = row_norms(gradients)
        self._start = self.residual_norms.copy()
        self._finish(np.flatnonzero(~(self._start > 0)), Outcome.CONVERGED)
        self._taken: IntArray = np.zeros(rows, dtype=np.int64)
        # In pieces of a few vectors each, so that none is ever copied to make room for more. How
        # many does not depend on the rows: sums are the same whatever other rows there are.
        self._width = max(1, min(LARGEST_PIECE, PIECE_FLOATS // size))
        self._basis: list[FloatArray] = []
        # Columns of the triangle, (R, k + 1) the k-th, and the right-hand side that goes with it.
        self._triangle: list[FloatArray] = []
        self._rotations: list[tuple[FloatArray, FloatArray]] = []
        self._targets: list[FloatArray] = []
        self._last_target = self._start.copy()
        safe = np.where(self._live, self._start, 1.0)
        self._keep(0, slice(None), gradients / safe[:, None])

    def _keep(self, number: int, rows: Rows, vectors: FloatArray) -> None:
        """Arnoldi vectors of these rows, one for each; those of the others are 0."""
        piece, place = divmod(number, self._width)
        if piece == len(self._basis):
            shape = (len(self._live), self._width, vectors.shape[1])
            self._basis.append(np.zeros(shape))
        self._basis[piece][rows, place] = vectors

    def _kept(self, count: int, rows: Rows) -> Iterator[tuple[slice, FloatArray]]:
        """The first so many Arnoldi vectors of these rows, (len(rows), …, d) at a time."""
        for start in range(0, count, self._width):
            ask()
            stop = min(start + self._width, count)
            yield slice(start, stop), self._basis[start // self._width][rows, : stop - start]

    def advance(self, first: int) -> None:
        """One Arnoldi step and one Givens rotation."""
        k = len(self._triangle)
        live = first + np.flatnonzero(self._live[first:])
        count = len(self._live)
        if not len(live):
            return
        self._triangle.append(np.zeros((count, k + 1)))
        self._rotations.append((np.ones(count), np.zeros(count)))
        self._targets.append(np.zeros(count))
        rows = as_slice(live)
        newest = self._basis[k // self._width][rows, k % self._width]
        vector = newest - self._lin[rows].vjp_state(newest)
        size = row_norms(vector)
        column = np.zeros((k + 2, len(live)))
        for _ in range(2):
            along = np.zeros_like(vector)
            for part, vectors in self._kept(k + 1, rows):
                share = (vectors @ vector[:, :, None])[:, :, 0]
                along += (share[:, None, :] @ vectors)[:, 0]
                column[part] += share.T
            vector -= along
        column[k + 1] = row_norms(vector)
        # The space is exhausted: the solution lies in it.
        happy = column[k + 1] <= 1e-15 * size
        vector /= np.where(happy, 1.0, column[k + 1])[:, None]
        self._keep(k + 1, rows, vector)
        above = column[0].copy()
        ask()
        for j, (cosines, sines) in enumerate(self._rotations[:k]):
            cosine, sine, below = cosines[rows], sines[rows], column[j + 1]
            column[j] = cosine * above + sine * below
            above = cosine * below - sine * above
        length = np.hypot(above, column[k + 1])
        cosine, sine = above / length, column[k + 1] / length
        self._rotations[k][0][rows], self._rotations[k][1][rows] = cosine, sine
        column[k] = length
        self._triangle[k][rows] = column[: k + 1].T
        target = self._last_target[rows]
        self._targets[k][rows] = target * cosine
        self._last_target[rows] = -target * sine
        self._taken[live] = k + 1
        self.residual_norms[rows] = np.abs(self._last_target[rows])
        done = happy | (self.residual_norms[rows] <= 1e-17 * self._start[rows])
        self._finish(live[done], Outcome.CONVERGED)

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows: the combination of the Arnoldi vectors with the least residual."""
        taken = self._taken[rows]
        depth = int(taken.max(initial=0))
        # Whole pieces, with weights 0 at the end: a row is the same whatever other rows there are.
        count = -(-depth // self._width) * self._width
        weights = np.zeros((len(rows), count))
        for k in range(depth):
            weights[:, k] = self._targets[k][rows]
        # The triangular systems of all rows, from the last unknown up.
        for k in range(depth - 1, -1, -1):
            ask()
            column = self._triangle[k][rows]
            weights[:, k] = np.divide(
                weights[:, k], column[:, k], out=np.zeros(len(rows)), where=taken > k
            )
            weights[:, :k] -= weights[:, k, None] * column[:, :k]
        found = np.zeros((len(rows), self._basis[0].shape[2]))
        chosen = as_slice(rows) if np.all(np.diff(rows) == 1) else rows
        for part, vectors in self._kept(count, chosen):
            found += (weights[:, None, part] @ vectors)[:, 0]
        return found

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> IntArray:
        """k + 1 Arnoldi vectors, w, v and a product, and the triangle; none after the last step."""
        taken = np.minimum(steps, self._taken[rows])
        return np.asarray((taken + 4) * size + taken**2)
