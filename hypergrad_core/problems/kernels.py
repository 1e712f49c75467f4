"""Gaussian kernels with one width for each feature, and how they change with the widths.

K_ij = exp(−Σ_l γ_l (x_il − z_jl)²),   H_l = ∂K/∂γ_l = −Δ_l ∘ K,   (Δ_l)_ij = (x_il − z_jl)².
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray
from hypergrad_core.interruption import ask
from hypergrad_core.numerics import product, spectral_norm

# So many numbers of the −H_l are kept: products with them are then one product of matrices.
KEPT_FLOATS = 2**21
# Above this many numbers, the norm of a stack of matrices is bounded by row sums.
STACK_FLOATS = 2**24


@dataclass(frozen=True, eq=False)
class Kernel:
    """K between the rows of X and those of Z, and its slopes −H_l, whose entries are not negative.

    Attributes:
        left: X, shape (a, p).
        right: Z, shape (b, p).
        widths: γ, shape (p,).
    """

    left: FloatArray
    right: FloatArray
    widths: FloatArray

    @cached_property
    def values(self) -> FloatArray:
        """K, shape (a, b)."""
        exponent = np.zeros((len(self.left), len(self.right)))
        for width, difference in zip(self.widths, self._differences(), strict=True):
            exponent -= width * difference
        return np.exp(exponent)

    def slopes(self) -> Iterator[FloatArray]:
        """−H_l for l = 1 … p, shape (a, b) each."""
        for slope in self._formed() if self._stack is None else self._stack:
            ask()
            yield slope

    def _formed(self) -> Iterator[FloatArray]:
        for difference in self._differences():
            yield difference * self.values

    def _differences(self) -> Iterator[FloatArray]:
        for x, z in zip(self.left.T, self.right.T, strict=True):
            ask()
            yield (x[:, None] - z) ** 2

    @cached_property
    def _stack(self) -> FloatArray | None:
        """All −H_l, shape (p, a, b); None if they are too many numbers to be kept."""
        if len(self.widths) * self.values.size > KEPT_FLOATS:
            return None
        return np.array([*self._formed()])

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """Of K, rising; it is positive semi-definite, so that a negative one is rounding."""
        return np.asarray(np.maximum(np.linalg.eigvalsh(self.values), 0.0))

    @property
    def spectrum(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of K."""
        return float(self.eigenvalues[0]), float(self.eigenvalues[-1])

    @cached_property
    def norm(self) -> float:
        """‖K‖₂."""
        return spectral_norm(self.values)

    @cached_property
    def slope_norm(self) -> float:
        """Upper bound of ‖[H_1 u, …, H_p u]‖ over unit u."""
        return stack_norm(self.slopes(), len(self.widths) * self.values.size)

    @property
    def rows_at_once(self) -> int:
        """How many rows of ``moved`` stay in cache."""
        return int(max(1, BLOCK_FLOATS // (len(self.widths) * max(self.values.shape))))

    def moved(self, states: FloatArray) -> FloatArray:
        """−H_l w for each row w and each l: (B, b) → (B, p, a)."""
        if self._stack is not None:
            products = states @ self._stack.reshape(-1, self._stack.shape[2]).T
            return np.asarray(products.reshape(len(states), *self._stack.shape[:2]))
        # The square is multiplied out, so that no matrix but K is needed.
        x, z, kernel = self.left.T, self.right.T, self.values
        moved = x**2 * (states @ kernel.T)[:, None] + (states[:, None] * z**2) @ kernel.T
        moved -= 2 * x * ((states[:, None] * z) @ kernel.T)
        return np.asarray(moved)

    def forms(self, duals: FloatArray, states: FloatArray) -> FloatArray:
        """−uᵀH_l w for each pair of rows u, w and each l: (B, a), (B, b) → (B, p)."""
        forms = np.empty((len(states), len(self.widths)))
        for start in range(0, len(states), self.rows_at_once):
            ask()
            part = slice(start, start + self.rows_at_once)
            forms[part] = (self.moved(states[part]) @ duals[part, :, None])[:, :, 0]
        return forms


def stack_norm(matrices: Iterator[FloatArray], size: int) -> float:
    """Upper bound of ‖[M_1 u, …, M_p u]‖, and so of ‖(aᵀM_1 u, …)‖, over unit u and a.

    That is the norm of the M_l as a tensor, and a tensor unfolded to a matrix has no smaller norm:
    the bound is the lesser of ‖Σ M_lᵀM_l‖^½ and ‖(tr M_lᵀM_k)_lk‖^½. Of too many numbers, only the
    first is taken, and bounded by row sums.

    Args:
        matrices: M_1, …, M_p, entries not negative, shape (a, b) each.
        size: p a b.
    """
    if size > STACK_FLOATS:
        # Entries of Σ MᵀM are not negative: its largest row sum bounds its norm.
        sums = sum((matrix.sum(axis=1) @ matrix for matrix in matrices), np.zeros(1))
        return float(np.sqrt(sums.max()))
    stack = np.array([*matrices])
    tall, wide = stack.reshape(-1, stack.shape[2]), stack.reshape(len(stack), -1)
    norms = [
        np.linalg.eigvalsh(square)[-1] for square in (product(tall.T, tall), product(wide, wide.T))
    ]
    return float(np.sqrt(min(norms)))
