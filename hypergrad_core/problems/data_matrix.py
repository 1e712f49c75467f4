"""A data matrix, and the norms of it that constants are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.numerics import EXACT_NORM_SIZE, product, spectral_norm


@dataclass(frozen=True, eq=False)
class DataMatrix:
    """X, of n rows.

    Attributes:
        rows: shape (n, p).
    """

    rows: FloatArray

    @cached_property
    def columns(self) -> FloatArray:
        """The transpose, contiguous, shape (p, n)."""
        return np.ascontiguousarray(self.rows.T)

    @cached_property
    def norm(self) -> float:
        """‖X‖₂."""
        return spectral_norm(self.rows)

    @cached_property
    def cubic_norm(self) -> float:
        """Upper bound of λ_max((XXᵀ) ∘ (XXᵀ))^½, which bounds (Σ_i (x_iᵀu)⁴)^½ for ‖u‖ = 1."""
        squares = product(self.rows, self.rows.T) ** 2
        if len(squares) <= EXACT_NORM_SIZE:
            return float(np.sqrt(np.linalg.eigvalsh(squares)[-1]))
        # Entries are not negative: the largest row sum bounds the largest eigenvalue.
        return float(np.sqrt(squares.sum(axis=1).max()))
