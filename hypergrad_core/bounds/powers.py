"""Norms of the powers of a matrix that may be block diagonal."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.interruption import ask
from hypergrad_core.numerics import product, spectral_norms_upper

# Powers with a smaller norm are bounded by shorter ones: products of them would underflow.
SMALLEST_POWER = 1e-60


def diagonal_blocks(matrix: FloatArray) -> FloatArray:
    """The blocks of a matrix that is block diagonal up to the order of its rows: (s, s) each.

    By hand, because importing ``scipy.sparse.csgraph`` takes three times as long as all of this
    package: 0.39 s, before the first picture.

    Returns:
        shape (count, s, s); the matrix itself, as one block, if the blocks differ in size.
    """
    linked = (matrix != 0) | (matrix.T != 0) | np.eye(len(matrix), dtype=bool)
    label, last = np.arange(len(matrix)), None
    # Each row takes the smallest label that it is linked to, until a block has but one.
    while last is None or np.any(label != last):
        ask()
        label, last = np.where(linked, label, len(matrix)).min(axis=1), label
    sizes = np.unique(label, return_counts=True)[1]
    if np.ptp(sizes) > 0:
        return matrix[None]
    members = np.argsort(label, kind="stable").reshape(len(sizes), -1)
    return np.asarray(matrix[members[:, :, None], members[:, None, :]])


def _squares(blocks: FloatArray) -> FloatArray:
    if len(blocks) > 1:
        return np.asarray(blocks @ blocks)
    return product(blocks[0], blocks[0])[None]


def power_norms_upper(blocks: FloatArray, norm: float, depth: int) -> FloatArray:
    """Upper bounds of ‖M^j‖₂ for j = 0 … depth, M block diagonal: (count, s, s) → (depth + 1,).

    The powers M², M⁴, M⁸, … are formed; for the others, a norm is never larger than the product
    of those of two shorter powers.

    Args:
        blocks: the diagonal blocks of M.
        norm: at least ‖M‖₂.
        depth: the largest exponent.
    """
    norms = np.full(depth + 1, np.inf)
    norms[0] = 1.0
    power, exponent = blocks, 1
    while exponent <= depth:
        norms[exponent] = norm if exponent == 1 else spectral_norms_upper(power).max()
        if norms[exponent] < SMALLEST_POWER:
            break
        power, exponent = _squares(power), 2 * exponent
    for j in range(2, depth + 1):
        ask()
        norms[j] = min(norms[j], float((norms[1:j] * norms[j - 1 : 0 : -1]).min()))
    return norms
