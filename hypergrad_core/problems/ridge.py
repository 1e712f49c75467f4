"""What the families with a ridge inner problem share: least squares, and how to meet a wanted q."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.costs import SLOW_FUNCTION, Cost, norm_cost
from hypergrad_core.data import load, standardised
from hypergrad_core.data.table import Table
from hypergrad_core.errors import HypergradError
from hypergrad_core.numerics import row_dots, spectral_norm

# As may be where most of a table of one's own is one value.
ALL_ZERO = "With this seed nothing varies in the rows that are trained on. Choose another seed."


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """½ ‖Xw − y‖², a sum over the samples.

    Attributes:
        rows: X, shape (n, d).
        targets: y, shape (n,).
    """

    rows: FloatArray
    targets: FloatArray

    def residuals(self, states: FloatArray) -> FloatArray:
        """Xw − y for each row: (B, d) → (B, n)."""
        return np.asarray(states @ self.rows.T - self.targets)

    def value(self, states: FloatArray) -> FloatArray:
        """½ ‖Xw − y‖² for each row: (B, d) → (B,)."""
        residuals = self.residuals(states)
        return 0.5 * row_dots(residuals, residuals)

    def gradient(self, states: FloatArray) -> FloatArray:
        """Xᵀ(Xw − y) for each row: (B, d) → (B, d)."""
        return np.asarray(self.residuals(states) @ self.rows)

    @cached_property
    def correlation(self) -> FloatArray:
        """Xᵀy, shape (d,)."""
        return np.asarray(self.targets @ self.rows)

    @cached_property
    def norm(self) -> float:
        """‖X‖₂."""
        return spectral_norm(self.rows)

    @cached_property
    def _gram(self) -> FloatArray:
        return np.asarray(self.rows.T @ self.rows)

    def gram_product(self, block: FloatArray) -> FloatArray:
        """XᵀXw for each row, by the cheaper of two routes: (B, d) → (B, d)."""
        samples, size = self.rows.shape
        if size <= 2 * samples:
            return np.asarray(block @ self._gram)
        return np.asarray((block @ self.rows.T) @ self.rows)

    @cached_property
    def _singular(self) -> tuple[FloatArray, FloatArray]:
        """Singular values, shape (min(n, d),), and right singular vectors, a row each."""
        _, values, vectors = np.linalg.svd(self.rows, full_matrices=False)
        return values, vectors

    @cached_property
    def spectrum(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of XᵀX."""
        squares = self._singular[0] ** 2
        samples, size = self.rows.shape
        return (float(squares[-1]) if samples >= size else 0.0), float(squares[0])

    def ridge_solve(self, weight: float, block: FloatArray) -> FloatArray:
        """(XᵀX + βI)⁻¹ z for each row z, by singular values: (B, d) → (B, d)."""
        values, vectors = self._singular
        inside = block @ vectors.T
        solved = (inside / (values**2 + weight)) @ vectors
        if len(values) < block.shape[1]:
            # What the rows of X do not span, the penalty alone holds.
            solved += (block - inside @ vectors) / weight
        return np.asarray(solved)


def gram_cost(samples: int, size: int) -> float:
    """Multiplications of a product with XᵀX."""
    return float(size * size if size <= 2 * samples else 2 * samples * size)


def expected_condition(samples: int, size: int, contraction: float) -> float:
    """κ where S = XᵀX of a Gaussian X, whose eigenvalues lie between (1 ± √(d/n))²."""
    root = np.sqrt(size / samples)
    spectrum = max(1 - root, 0.0) ** 2, (1 + root) ** 2
    weight, _ = weight_and_step(spectrum, contraction)
    return float((spectrum[1] + weight) / (spectrum[0] + weight))


def least_squares_cost(samples: int, size: int) -> Cost:
    """X and X' drawn, the singular values and vectors of X, and the norm of X'."""
    least, most = sorted((samples, size))
    drawn = Cost(vector=3 * SLOW_FUNCTION * samples * size, calls=40)
    kept = Cost(bytes=8.0 * (8 * samples * size + 4 * size * size))
    svd = Cost(matrix=12.0 * most * least**2 + samples * size * size, calls=20)
    return drawn + kept + svd + norm_cost(samples, size)


def weight_and_step(spectrum: tuple[float, float], contraction: float) -> tuple[float, float]:
    """β and η for which w ← w − η ((S + βI) w − b) contracts with exactly q.

    With η = 2/(L + μ), q = (κ − 1)/(κ + 1) for κ = (s_max + β)/(s_min + β), which gives β. Where
    that β would be below s_min, S itself is too well conditioned for this q: then β = s_min, so
    that the penalty still counts, and a shorter step makes 1 − ημ = q. Both read η = (1 − q)/μ.

    Args:
        spectrum: s_min and s_max, the extreme eigenvalues of S.
        contraction: q.

    Raises:
        HypergradError: if S = 0.
    """
    low, high = spectrum
    if high == 0:
        raise HypergradError(ALL_ZERO)
    kappa = (1 + contraction) / (1 - contraction)
    weight = max((high - kappa * low) / (kappa - 1), low)
    return weight, (1 - contraction) / (low + weight)


def shuffled(data: str | Table, random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """X and y of data for regression, standardised, in random order: (n, p) and (n,)."""
    rows, targets = load(data)
    rows, targets = standardised(rows), standardised(targets[:, None])[:, 0]
    order = random.permutation(len(targets))
    return rows[order], targets[order]
