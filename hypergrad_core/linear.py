"""Adjoint solvers for (I − ∂₁Φ(w)ᵀ) v = ∇₁E(w), in lockstep over many systems.

Row i of a block carries the system at state w_i; one step of all rows is one block product.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.numerics import row_dots, row_norms
from hypergrad_core.problem import Linearisation

# A conjugate-gradient row is frozen when its residual has fallen by this factor: what is left
# cannot change the iterate in double precision, and going on ends in 0/0.
FROZEN_RESIDUAL = 1e-20


class Outcome(StrEnum):
    """Why a row stopped."""

    STEPS_TAKEN = "all steps were taken"
    CONVERGED = "the residual fell to rounding"
    BREAKDOWN = "the matrix is not positive definite along the search direction"


class AdjointSolver(Protocol):
    """A linear solver that advances a block of rows from v = 0.

    Attributes:
        residual_norms: ‖∇₁E − (I − ∂₁Φᵀ) v‖ for each row, shape (R,); nan where not known. In the
            norm of the metric where the solver works in it.
        outcomes: why each row stopped, length R.
    """

    residual_norms: FloatArray
    outcomes: list[Outcome]

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None: ...

    def advance(self, first: int) -> None:
        """One step of all rows from ``first`` on; the rows before it are finished."""

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows as it is now, shape (len(rows), d)."""

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> IntArray | int:
        """Numbers of these rows kept at once after these steps, w and v included."""


class FixedPointSolver:
    """v ← ∂₁Φᵀv + ∇₁E, the Neumann series (R3). Applies to every contraction."""

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        self._lin = lin
        self._gradients = gradients
        self._started = False
        self._adjoints: FloatArray = np.zeros_like(gradients)
        self.residual_norms: FloatArray = np.full(len(gradients), np.nan)
        self.outcomes = [Outcome.STEPS_TAKEN] * len(gradients)

    def advance(self, first: int) -> None:
        """One fixed-point step; the first needs no product, because v_1 = ∇₁E."""
        rows = slice(first, None)
        if not self._started:
            self._adjoints[rows] = self._gradients[rows]
            self._started = True
            return
        product = self._lin[rows].vjp_state(self._adjoints[rows])
        np.add(product, self._gradients[rows], out=self._adjoints[rows])

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows."""
        return self._adjoints[rows]

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v and ∇₁E."""
        return 3 * size


class OneStepSolver(FixedPointSolver):
    """The first step of the Neumann series alone: v_1 = ∇₁E needs no room for a product."""

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w and v."""
        return 2 * size


class ConjugateGradientSolver:
    """Conjugate gradient of Hestenes and Stiefel on M = I − ∂₁Φᵀ, self-adjoint and positive.

    All inner products, and the residual norms, are those of the linearisation's metric: the
    Euclidean one if it has none. With weights S this is the textbook method on the symmetric
    matrix S^½ M S^(−½) and the unknown S^½ v, without a square root or a division.

    Differs from the textbook in one thing: a row whose residual has fallen to rounding, or whose
    search direction shows M not positive definite, is frozen and costs no more products.

    Attributes:
        lengths, turns: α and β of each row's last step, v ← v + αp and p ← r + βp: shape (R,).
    """

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        self._lin = lin
        self._adjoints: FloatArray = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self._directions = gradients.copy()
        self._squares = _dots(lin.metric, gradients, gradients)
        self._target = FROZEN_RESIDUAL**2 * self._squares
        self.lengths: FloatArray = np.zeros(len(gradients))
        self.turns: FloatArray = np.zeros(len(gradients))
        self.residual_norms: FloatArray = np.sqrt(self._squares)
        self.outcomes = [Outcome.STEPS_TAKEN] * len(gradients)
        self._live = self._squares > 0
        self._freeze(np.flatnonzero(~self._live), Outcome.CONVERGED)

    def advance(self, first: int) -> None:
        """One conjugate-gradient step."""
        live = self._live[first:]
        if not live.any():
            return
        rows: slice | IntArray = slice(first, None)
        if not live.all():
            rows = first + np.flatnonzero(live)
        # Views of the blocks where the rows are a slice, copies to be put back where they are not.
        adjoint, residual, direction = (
            block[rows] for block in (self._adjoints, self._residuals, self._directions)
        )
        lin = self._lin[rows]
        curved = lin.vjp_state(direction)
        np.subtract(direction, curved, out=curved)
        curvature = _dots(lin.metric, direction, curved)
        definite = curvature > 0
        length = np.where(definite, self._squares[rows] / np.where(definite, curvature, 1.0), 0.0)
        adjoint += length[:, None] * direction
        curved *= length[:, None]
        residual -= curved
        square = _dots(lin.metric, residual, residual)
        turn = square / self._squares[rows]
        direction *= turn[:, None]
        direction += residual
        self.lengths[rows], self.turns[rows] = length, turn
        if not isinstance(rows, slice):
            self._adjoints[rows] = adjoint
            self._residuals[rows], self._directions[rows] = residual, direction
        self._squares[rows] = square
        self.residual_norms[rows] = np.sqrt(square)
        ids = np.arange(len(self._live))[rows]
        self._freeze(ids[~definite], Outcome.BREAKDOWN)
        self._freeze(ids[definite & (square <= self._target[rows])], Outcome.CONVERGED)

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows."""
        return self._adjoints[rows]

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual, direction and its product."""
        return 5 * size

    def _freeze(self, rows: IntArray, outcome: Outcome) -> None:
        self._live[rows] = False
        for row in rows:
            self.outcomes[row] = outcome


def _dots(metric: FloatArray | None, left: FloatArray, right: FloatArray) -> FloatArray:
    """Σ s_i x_i y_i for each pair of rows; s = 1 without a metric."""
    return row_dots(left if metric is None else metric * left, right)


class NormalEquationsSolver:
    """Conjugate gradient on MᵀM v = Mᵀ∇₁E, M = I − ∂₁Φᵀ (R15 a). Applies to every contraction.

    One product with ∂₁Φ and one with its transpose a step.
    """

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        self._lin = lin
        self._adjoints: FloatArray = np.zeros_like(gradients)
        self._residuals = gradients.copy()
        self._directions: FloatArray = np.zeros_like(gradients)
        self._squares: FloatArray = np.full(len(gradients), np.inf)
        self._first_squares: FloatArray = np.full(len(gradients), np.nan)
        self.residual_norms: FloatArray = row_norms(gradients)
        self.outcomes = [Outcome.STEPS_TAKEN] * len(gradients)
        self._live = self.residual_norms > 0
        for row in np.flatnonzero(~self._live):
            self.outcomes[row] = Outcome.CONVERGED

    def advance(self, first: int) -> None:
        """One step: the normal residual z = Mᵀr, its direction, and the step along it."""
        rows = first + np.flatnonzero(self._live[first:])
        if not len(rows):
            return
        lin = self._lin[rows]
        residual = self._residuals[rows]
        normal = residual - lin.jvp_state(residual)
        square = row_dots(normal, normal)
        fresh = np.isnan(self._first_squares[rows])
        self._first_squares[rows[fresh]] = square[fresh]
        direction = normal + (square / self._squares[rows])[:, None] * self._directions[rows]
        image = direction - lin.vjp_state(direction)
        curvature = row_dots(image, image)
        # A residual that is 0 to the last bit leaves a direction 0.
        length = np.divide(square, curvature, out=np.zeros_like(square), where=curvature > 0)
        self._adjoints[rows] += length[:, None] * direction
        residual = residual - length[:, None] * image
        self._residuals[rows], self._directions[rows] = residual, direction
        self._squares[rows] = square
        self.residual_norms[rows] = row_norms(residual)
        done = square <= FROZEN_RESIDUAL**2 * self._first_squares[rows]
        self._live[rows[done]] = False
        for row in rows[done]:
            self.outcomes[row] = Outcome.CONVERGED

    def adjoints(self, rows: IntArray) -> FloatArray:
        """v of these rows."""
        return self._adjoints[rows]

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual, normal residual, direction and its image."""
        return 6 * size


class GMRESSolver:
    """GMRES without restart (R15 b). Applies to every contraction; never worse than fixed point.

    Arnoldi vectors are orthogonalised twice; the small least-squares problem of each row is kept
    triangular by Givens rotations, all rows together.
    """

    def __init__(self, lin: Linearisation, gradients: FloatArray) -> None:
        rows, size = gradients.shape
        self._lin = lin
        self.residual_norms: FloatArray = row_norms(gradients)
        self.outcomes = [Outcome.STEPS_TAKEN] * rows
        self._start = self.residual_norms.copy()
        self._live = self._start > 0
        for row in np.flatnonzero(~self._live):
            self.outcomes[row] = Outcome.CONVERGED
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
        self._live[rows[done]] = False
        for row in rows[done]:
            self.outcomes[row] = Outcome.CONVERGED

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
