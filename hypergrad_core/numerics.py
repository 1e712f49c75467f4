"""Norms with a guarantee: an exact spectral norm or an upper bound, never an underestimate."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray
from hypergrad_core.interruption import WORK_BETWEEN, ask

EXACT_NORM_SIZE = 400
# A matrix of so many numbers stays in cache: taking rows one by one costs little.
ROW_BY_ROW_SIZE = 2**13


def spectral_norm(matrix: FloatArray) -> float:
    """‖M‖₂ of a (p, r) matrix: exact up to a smaller side of 400, an upper bound beyond.

    Power iteration is no use here: it approaches the norm from below, and a bound built on it
    would be false.
    """
    ask()
    rows, columns = matrix.shape
    if rows > 2 * columns and columns <= EXACT_NORM_SIZE:
        # The triangular factor has the same singular values, and is small when the matrix is tall.
        matrix = _triangular_factor(matrix)
    if min(rows, columns) <= EXACT_NORM_SIZE:
        return float(np.linalg.norm(matrix, 2))
    return float(spectral_norms_upper(matrix[None])[0])


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """L R of an (a, b) and a (b, c) matrix; a large one in blocks of rows, to be stopped between.

    A large one is asked for block by block of rows, see ``interruption``.
    """
    rows, inner = left.shape
    block = max(1, WORK_BETWEEN // max(inner * right.shape[1], 1))
    if rows <= block:
        return np.asarray(left @ right)
    out = np.empty((rows, right.shape[1]))
    for start in range(0, rows, block):
        ask()
        np.matmul(left[start : start + block], right, out=out[start : start + block])
    return out


def _triangular_factor(matrix: FloatArray) -> FloatArray:
    """R of M = QR; that of a large matrix from those of blocks of its rows, one after the other."""
    rows, columns = matrix.shape
    # Narrow blocks are more to pass over than to multiply.
    block = max(4 * columns, min(WORK_BETWEEN // (16 * columns**2), BLOCK_FLOATS // columns))
    factor = np.asarray(np.linalg.qr(matrix[:block], mode="r"))
    for start in range(block, rows, block):
        ask()
        both = np.concatenate([factor, matrix[start : start + block]])
        factor = np.asarray(np.linalg.qr(both, mode="r"))
    return factor


def spectral_norms_upper(matrices: FloatArray) -> FloatArray:
    """Upper bounds of ‖M_i‖₂ for a stack (B, p, r), by one batched product.

    The Schatten-8 norm, (tr (MᵀM)⁴)^(1/8), is never below ‖M‖₂ and at most min(p, r)^(1/8) above.
    """
    if matrices.shape[1] < matrices.shape[2]:
        matrices = np.swapaxes(matrices, 1, 2)
    gram = _stacked(np.swapaxes(matrices, 1, 2), matrices)
    # Scaled: the eighth power of a small norm would underflow.
    square = np.einsum("bii->b", gram)
    gram /= np.where(square > 0, square, 1.0)[:, None, None]
    # As a matrix times its transpose: BLAS then computes one half of the symmetric product.
    squared = _stacked(gram, np.swapaxes(gram, 1, 2))
    return np.asarray(np.sqrt(square) * np.einsum("bij,bij->b", squared, squared) ** 0.125)


def _stacked(left: FloatArray, right: FloatArray) -> FloatArray:
    """L_i R_i for stacks (B, a, b) and (B, b, c); large ones one by one."""
    if left.size * right.shape[2] <= WORK_BETWEEN:
        return np.asarray(left @ right)
    return np.array([product(*pair) for pair in zip(left, right, strict=True)])


def row_norms(block: FloatArray) -> FloatArray:
    """Euclidean norm of each row: (B, d) → (B,)."""
    return np.sqrt(row_dots(block, block))


def row_dots(left: FloatArray, right: FloatArray) -> FloatArray:
    """Inner product of each pair of rows: (B, d), (B, d) → (B,)."""
    return np.asarray(np.einsum("bi,bi->b", left, right))


def row_products(block: FloatArray, matrix: FloatArray) -> FloatArray:
    """r M for each row r: (B, d), (d, m) → (B, m).

    BLAS may order the sums of a row by the shape of the block. Where the matrix is small, each row
    goes alone, so that it is the same to the last bit whatever other rows there are.
    """
    if matrix.size > ROW_BY_ROW_SIZE:
        return product(block, matrix)
    return np.asarray(np.matmul(block[:, None, :], matrix)[:, 0])
