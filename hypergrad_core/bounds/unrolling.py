"""What unrolling any scheme leaves of w'(λ), where Φ is affine and ∂₁Φ symmetric (R13)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray, IntArray
from hypergrad_core.bounds.polynomials import residual_polynomials, response_polynomials
from hypergrad_core.interruption import ask
from hypergrad_core.numerics import row_norms
from hypergrad_core.scheme import Scheme


class Spectrum(NamedTuple):
    """A symmetric A* = ∂₁Φ(w(λ)), and what the bounds have of it in its eigenbasis.

    Attributes:
        values: eigenvalues, shape (d,).
        jacobian: J* = w'(λ), shape (d, m).
        gradient: ∇₁E(w(λ)), shape (d,).
        jacobian_norm: ‖J*‖, or an upper bound of it.
    """

    values: FloatArray
    jacobian: FloatArray
    gradient: FloatArray
    jacobian_norm: float

    def left_norms(self, polynomials: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Bounds of ‖p(A*)J*‖ and ‖J*ᵀp(A*)∇₁E*‖ for each row of p at the eigenvalues, (P, d)."""
        squares = np.einsum("im,im->i", self.jacobian, self.jacobian)
        largest = np.abs(polynomials).max(axis=1) * self.jacobian_norm
        norms = np.minimum(np.sqrt(polynomials**2 @ squares), largest)
        return norms, row_norms((polynomials * self.gradient) @ self.jacobian)

    def response_norms(self, polynomials: FloatArray) -> tuple[FloatArray, FloatArray]:
        """‖p(A*)‖ and ‖p(A*)∇₁E*‖ for each row of p at the eigenvalues, (P, d)."""
        return np.abs(polynomials).max(axis=1), row_norms(polynomials * self.gradient)


def unrolled_gaps(
    spectrum: Spectrum, scheme: Scheme, starts: IntArray, steps: IntArray, drift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds x_j ≥ ‖Z_j − J*‖ and y_j ≥ ‖(Z_j − J*)ᵀ∇₁E*‖ after j steps from Z = 0 (R13).

    Z_j − J* is −p(A*)J*, p the residual polynomial of these steps, and what has become of the drift
    of each of them.

    Args:
        spectrum: of A*.
        scheme: whose steps are taken.
        starts: the number of the first step of each row, shape (R,).
        steps: the numbers s of all of its steps, shape (R, K).
        drift: ‖A*J* + B(y_s) − J*‖ at each of them, shape (R, K).

    Returns:
        x and y, each of shape (R, K + 1).
    """
    depth = steps.shape[1]
    x, y = _left(spectrum, scheme, starts, depth)
    sources, place = np.unique(scheme.same(steps + 1), return_inverse=True)
    place = place.reshape(steps.shape)
    operator, gradient = np.empty((2, len(sources), depth + 1))
    lived = response_polynomials(spectrum.values, sources - 1, depth, scheme)
    for j, responses in enumerate(lived):
        operator[:, j], gradient[:, j] = spectrum.response_norms(responses)
    relaxation = scheme.table(int(steps.max(initial=0)) + 1)[:, 0]
    forcing = relaxation[steps] * drift
    for j in range(depth):
        ask()
        past, lag = forcing[:, : j + 1], np.arange(j, -1, -1)
        for gaps, norms in ((x, operator), (y, gradient)):
            if len(sources) == 1:
                gaps[:, j + 1] += past @ norms[0, j::-1]
            else:
                gaps[:, j + 1] += np.einsum("rj,rj->r", past, norms[place[:, : j + 1], lag])
    return x, y


def _left(
    spectrum: Spectrum, scheme: Scheme, starts: IntArray, depth: int
) -> tuple[FloatArray, FloatArray]:
    """What 0, …, depth steps from each start leave of J*, in both norms: twice (R, depth + 1)."""
    first, rows = np.unique(scheme.same(starts), return_inverse=True)
    jacobian, projected = np.empty((2, len(first), depth + 1))
    every = np.arange(depth + 1)
    chunk = max(1, BLOCK_FLOATS // ((depth + 1) * len(spectrum.values)))
    for begin in range(0, len(first), chunk):
        some = first[begin : begin + chunk]
        left = residual_polynomials(
            spectrum.values, np.repeat(some, depth + 1), np.tile(every, len(some)), scheme
        ).reshape(len(some), depth + 1, -1)
        for place, polynomials in enumerate(left, begin):
            jacobian[place], projected[place] = spectrum.left_norms(polynomials)
    return jacobian[rows], projected[rows]
