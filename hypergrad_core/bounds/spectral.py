"""Tier V: bounds of an affine map whose eigenvectors are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray, IntArray
from hypergrad_core.basis import in_rows
from hypergrad_core.bounds.base import Status
from hypergrad_core.bounds.polynomials import residual_polynomials
from hypergrad_core.constants import Constants
from hypergrad_core.interruption import ask
from hypergrad_core.numerics import (
    row_norms,
    row_products,
    spectral_norm,
)
from hypergrad_core.reference import Diagonalised
from hypergrad_core.scheme import Scheme


class SpectralPath:
    """Tier V for the quadratic: signs and eigenvalues are used, so that nothing is lost (R6).

    Args:
        problem: the quadratic, in any basis.
        states: w_0, …, w_T, shape (T + 1, d).
    """

    tier = "V"
    source = "eigenvalues of ∂₁Φ"
    stride = 1
    unrolled_status = Status.TIGHT

    def __init__(
        self, problem: Diagonalised, states: FloatArray, scheme: Scheme | None = None
    ) -> None:
        self._scheme = scheme or Scheme()
        self._problem = problem.canonical()
        self.constants: Constants = self._problem.constants
        self._states = states
        self._rotate = problem.basis.to_eigen

    def _gaps(self, inner_steps: IntArray) -> FloatArray:
        """d_t = w_t − w(λ) in the eigenbasis, at each point: (P,) → (P, d)."""
        gaps = self._rotate(self._states[inner_steps])
        return np.asarray(gaps - self._problem.reference.solution)

    def unrolled_bound(
        self, inner_steps: IntArray, adjoint_steps: IntArray, *, frozen: bool
    ) -> FloatArray:
        """R6, vector form, with Ω = 0 and H_E = I: an equality.

        ∂₁Φ and ∂₂Φ are constant, so frozen or not makes no difference.
        """
        problem = self._problem
        adjoint = problem.reference.adjoint

        def block(t: IntArray, k: IntArray) -> FloatArray:
            scheme, starts = (Scheme(), np.zeros_like(t)) if frozen else (self._scheme, t - k)
            powers = residual_polynomials(problem.map_eigenvalues, starts, k, scheme)
            implicit = (1 - powers) / (problem.step * problem.eigenvalues) * self._gaps(t)
            return row_norms(
                problem.step * row_products(implicit - powers * adjoint, problem.coupling)
            )

        return _in_chunks(block, problem.state_size, inner_steps, adjoint_steps)

    def implicit_bound(
        self,
        inner_steps: IntArray,
        residual_factors: FloatArray,
        residuals: FloatArray,
        *,
        energy: bool,
    ) -> FloatArray:
        """Exact implicit part J*ᵀd_t plus the solver's term: R4 (c), (d) or (e), the least."""
        problem, constants = self._problem, self.constants
        map_gap = problem.step * problem.eigenvalues
        energy_coupling = _energy_norm(problem.coupling, problem.step, map_gap)

        def block(t: IntArray, left: FloatArray, residual: FloatArray) -> FloatArray:
            gaps = self._gaps(t)
            gradients = gaps + (problem.reference.solution - problem.target)
            exact = row_norms(problem.step * row_products(gaps / map_gap, problem.coupling))
            solver = np.minimum(residual, left * row_norms(gradients))
            solver *= constants.hyper_jacobian_norm / map_gap.min()
            if energy:
                weighted = row_norms(gradients / np.sqrt(map_gap))
                np.minimum(solver, energy_coupling * left * weighted, out=solver)
            return np.asarray(exact + solver)

        return _in_chunks(block, problem.state_size, inner_steps, residual_factors, residuals)


def _energy_norm(coupling: FloatArray, step: float, weights: FloatArray) -> float:
    """‖M^{-1/2} ηC‖ for M = diag(weights) and C of shape (d, m)."""
    roots = np.sqrt(weights)
    return spectral_norm(in_rows(coupling.T, lambda rows: step * rows / roots).T)


def _in_chunks(
    block: Callable[..., FloatArray], size: int, *columns: IntArray | FloatArray
) -> FloatArray:
    """Apply ``block`` to runs of points, so that no more than a few (rows, d) arrays exist."""
    chunk = max(1, BLOCK_FLOATS // size)
    count = len(columns[0])
    out = np.empty(count)
    for start in range(0, count, chunk):
        ask()
        part = slice(start, start + chunk)
        out[part] = block(*(column[part] for column in columns))
    return out
