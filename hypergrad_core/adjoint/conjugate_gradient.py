"""Conjugate gradient, in the inner product in which I − ∂₁Φᵀ is self-adjoint."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint.base import ROUNDED_RESIDUAL, AdjointSolver, Outcome
from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import (
    row_dots,
)


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
        self._finish(ids[~definite], Outcome.BREAKDOWN)
        self._finish(ids[definite & (square <= self._target[rows])], Outcome.CONVERGED)

    def stored_floats(self, size: int, rows: IntArray, steps: IntArray) -> int:
        """w, v, residual, direction and its product."""
        return 5 * size


def _dots(metric: FloatArray | None, left: FloatArray, right: FloatArray) -> FloatArray:
    """Σ s_i x_i y_i for each pair of rows; s = 1 without a metric."""
    return row_dots(left if metric is None else metric * left, right)
