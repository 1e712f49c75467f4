"""Orthogonal bases in which a symmetric operator is diagonal: none, dense, or a fast transform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray
from hypergrad_core.interruption import ask

# Below this size one matrix product is quicker than importing and calling a fast transform.
DENSE_TRANSFORM_SIZE = 512


class Basis(Protocol):
    """An orthogonal matrix U: coordinates in the basis are Uᵀw."""

    def to_eigen(self, block: FloatArray) -> FloatArray:
        """Uᵀw for each row w: (B, d) → (B, d)."""

    def from_eigen(self, block: FloatArray) -> FloatArray:
        """U z for each row z: (B, d) → (B, d)."""


@dataclass(frozen=True)
class IdentityBasis:
    """U = I: the operator is diagonal as it stands."""

    def to_eigen(self, block: FloatArray) -> FloatArray:
        """The block itself."""
        return block

    def from_eigen(self, block: FloatArray) -> FloatArray:
        """The block itself."""
        return block


@dataclass(frozen=True)
class DenseBasis:
    """U given as a matrix with orthonormal columns, shape (d, d)."""

    vectors: FloatArray

    def to_eigen(self, block: FloatArray) -> FloatArray:
        """Uᵀw for each row."""
        return block @ self.vectors

    def from_eigen(self, block: FloatArray) -> FloatArray:
        """U z for each row."""
        return block @ self.vectors.T


@dataclass(frozen=True)
class SignedCosineBasis:
    """U = S₁ Kᵀ S₂, K the orthonormal discrete cosine transform and S₁, S₂ random signs.

    Never stored: a product costs O(d log d), so that d = 1,000,000 is possible.

    Attributes:
        signs: the diagonals of S₁ and S₂, shape (2, d), entries ±1.
    """

    signs: FloatArray

    def to_eigen(self, block: FloatArray) -> FloatArray:
        """Uᵀw = S₂ K S₁ w for each row."""
        return in_rows(block, lambda rows: _cosine_transform(rows * self.signs[0]) * self.signs[1])

    def from_eigen(self, block: FloatArray) -> FloatArray:
        """U z = S₁ Kᵀ S₂ z for each row."""
        return in_rows(
            block,
            lambda rows: _cosine_transform(rows * self.signs[1], inverse=True) * self.signs[0],
        )


def in_rows(block: FloatArray, turn: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """A block turned some rows at a time, so that a run can be stopped in between."""
    rows = max(1, BLOCK_FLOATS // block.shape[1])
    if len(block) <= rows:
        ask()
        return np.asarray(turn(block))
    # Row after row in memory, also where the block is not: else the first few rows touch all of it.
    out = np.empty(block.shape)
    for start in range(0, len(block), rows):
        ask()
        out[start : start + rows] = turn(block[start : start + rows])
    return out


def _cosine_transform(block: FloatArray, inverse: bool = False) -> FloatArray:
    size = block.shape[-1]
    if size <= DENSE_TRANSFORM_SIZE:
        matrix = _cosine_matrix(size)
        return block @ (matrix if inverse else matrix.T)
    from scipy import fft

    transform = fft.idct if inverse else fft.dct
    return np.asarray(transform(block, type=2, norm="ortho", axis=-1), dtype=np.float64)


@lru_cache(maxsize=4)
def _cosine_matrix(size: int) -> FloatArray:
    """K of the orthonormal DCT-II: row i holds the cosine of frequency i, shape (d, d)."""
    frequencies = np.arange(size)[:, None]
    matrix = np.cos(np.pi * frequencies * (2 * np.arange(size) + 1) / (2 * size))
    matrix *= np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix)
