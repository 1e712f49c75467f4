"""Squared losses of tasks on a linear representation, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.problems.few_shot import TaskRows


@dataclass(frozen=True, eq=False)
class TaskSquares(TaskRows):
    """½ ‖X_i H Wᵀ − Y_i‖² in each task, with rows and targets divided by √n."""

    @cached_property
    def labels(self) -> FloatArray:
        """Y_iᵀ of all tasks, shape (c, n)."""
        targets = self.targets - 1 / self.classes
        return np.asarray(targets / np.sqrt(targets.shape[1]))


@dataclass(frozen=True, eq=False, kw_only=True)
class Squares:
    """The losses of the tasks at one H.

    Attributes:
        tasks: X_i and Y_i.
        features: Z_i = X_i H, shape (N, n, r).
    """

    tasks: TaskSquares
    features: FloatArray

    @cached_property
    def columns(self) -> FloatArray:
        """The transposes of Z_i, contiguous, shape (N, r, n)."""
        return np.ascontiguousarray(np.swapaxes(self.features, 1, 2))

    @cached_property
    def slopes(self) -> FloatArray:
        """P_i = X_iᵀ Z_i, shape (N, p, r)."""
        return np.asarray(self.tasks.columns @ self.features)

    @cached_property
    def grams(self) -> FloatArray:
        """Z_iᵀ Z_i, shape (N, r, r)."""
        return np.asarray(self.columns @ self.features)

    @cached_property
    def correlations(self) -> FloatArray:
        """Y_iᵀ Z_i, shape (N, c, r)."""
        return np.asarray(self.tasks.labels @ self.features)

    @cached_property
    def spectrum(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of all Z_iᵀ Z_i."""
        values = np.linalg.eigvalsh(self.grams)
        return max(float(values[:, 0].min()), 0.0), float(values[:, -1].max())

    def residuals(self, weights: FloatArray) -> FloatArray:
        """R_i = W_i Z_iᵀ − Y_iᵀ: (B, N, c, r) → (B, N, c, n)."""
        residuals = weights @ self.columns
        residuals -= self.tasks.labels
        return np.asarray(residuals)

    def pulls(self, residuals: FloatArray) -> FloatArray:
        """R_i X_i: (B, N, c, n) → (B, N, c, p)."""
        return self.tasks.pulled_back(residuals)


def gathered(left: FloatArray, right: FloatArray) -> FloatArray:
    """Σ_i L_iᵀ R_i: (B, N, c, p), (B', N, c, r) → (max(B, B'), p r), where B or B' may be 1."""
    tall = np.swapaxes(left.reshape(len(left), -1, left.shape[-1]), 1, 2)
    sums = tall @ right.reshape(len(right), -1, right.shape[-1])
    return np.asarray(sums.reshape(len(sums), -1))


def coupled(
    losses: Squares, pulls: FloatArray, weights: FloatArray, adjoints: FloatArray
) -> FloatArray:
    """Σ_i ((R_i X_i)ᵀ V_i + P_i V_iᵀ W_i): (B, N, c, p), twice (B, N, c, r) → (B, p r)."""
    sums = gathered(pulls, adjoints)
    sums += gathered(adjoints @ np.swapaxes(losses.slopes, 1, 2), weights)
    return sums
