"""Tiers X and T: bounds from distances, gradients and drift measured along the path."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.bounds.base import Status
from hypergrad_core.bounds.polynomials import residual_polynomials, response_polynomials
from hypergrad_core.bounds.powers import diagonal_blocks, power_norms_upper
from hypergrad_core.constants import Constants
from hypergrad_core.numerics import (
    row_norms,
    spectral_norm,
    spectral_norms_upper,
)
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme

# Beyond this many products of scalars, the drift of the Jacobian is bounded, not measured.
DRIFT_WORK = 1.2e10

# Drifts are measured so many numbers at a time: they are read several times, and stay in cache.
DRIFT_FLOATS = 2**16


class PowerNorms(NamedTuple):
    """Bounds of what the powers of A* do, j = 0 … K, each of shape (K + 1,).

    Attributes:
        operator: ‖A*^j‖.
        jacobian: ‖A*^j J*‖.
        gradient: ‖(A*ᵀ)^j ∇₁E*‖.
        projected: ‖J*ᵀ(A*ᵀ)^j ∇₁E*‖.
    """

    operator: FloatArray
    jacobian: FloatArray
    gradient: FloatArray
    projected: FloatArray

    def until(self, depth: int) -> PowerNorms:
        """Those for j = 0 … depth."""
        return PowerNorms(*(norms[: depth + 1] for norms in self))


def drift_recursion(
    *, rates: FloatArray, drift: FloatArray, curvature: FloatArray, powers: PowerNorms
) -> tuple[FloatArray, FloatArray]:
    """Bounds x_j ≥ ‖Z_j − J*‖ and y_j ≥ ‖(Z_j − J*)ᵀ∇₁E*‖ of Z_{j+1} = A_j Z_j + B_j, Z_0 = 0 (R7).

    Row r is one run of the recursion, column j its step; all rows advance together.

    Args:
        rates: bounds of ‖A_j‖, shape (R, K).
        drift: bounds of ‖A_j J* + B_j − J*‖, shape (R, K).
        curvature: ν₁ e_j ≥ ‖A_j − A*‖, shape (R, K).
        powers: norms for j = 0 … K.

    Returns:
        x and y, each of shape (R, K + 1).
    """
    rows, steps = drift.shape
    x = np.empty((rows, steps + 1))
    y = np.empty((rows, steps + 1))
    x[:, 0], y[:, 0] = powers.jacobian[0], powers.projected[0]
    forcing = np.empty((rows, steps))
    for j in range(steps):
        forcing[:, j] = drift[:, j] + curvature[:, j] * x[:, j]
        past = forcing[:, : j + 1]
        x[:, j + 1] = np.minimum(
            rates[:, j] * x[:, j] + drift[:, j],
            powers.jacobian[j + 1] + past @ powers.operator[j::-1],
        )
        y[:, j + 1] = powers.projected[j + 1] + past @ powers.gradient[j::-1]
    return x, y


class MeasuredPath:
    """Tier X: distances, gradients and drift measured at the iterates (R7).

    Where measuring the drift would cost much more than the run, β e_t takes its place (tier T).

    Args:
        problem: with a state of moderate size; A* and J* are formed.
        states: w_0, …, w_T, shape (T + 1, d).
    """

    unrolled_status = Status.UPPER
    source = "measured path and drift"
    stride = 1

    def __init__(self, problem: Problem, states: FloatArray, scheme: Scheme | None = None) -> None:
        self._problem = problem
        self._scheme = scheme or Scheme()
        self.constants: Constants = problem.constants
        truth = problem.reference
        self._distance = row_norms(states - truth.solution)
        self._outer_gradient = row_norms(problem.outer_gradient_state(states))
        lin = problem.linearise(truth.solution[None])
        identity = np.eye(problem.state_size)
        a_star = lin.jvp_state(identity).T
        self._jacobian = np.linalg.solve(
            np.eye(problem.state_size) - a_star, lin.jvp_hyper(np.eye(problem.hyper_size)).T
        )
        self._star_lin = lin
        self._a_star = a_star
        self._blocks = a_star[None] if problem.symmetric else diagonal_blocks(a_star)
        self._star_norm = min(
            max(spectral_norm(block) for block in self._blocks), self.constants.contraction
        )
        self._measured_powers: PowerNorms | None = None
        self._star_gradient = problem.outer_gradient_state(truth.solution[None])[0]
        # First bracket of L3: how far ∇₂E + J*ᵀ∇₁E is from ∇f at w_t.
        self._direct = row_norms(
            problem.outer_gradient_hyper(states)
            + problem.outer_gradient_state(states) @ self._jacobian
            - truth.hypergradient
        )
        self._drift, self.tier = self._measure_drift(states)
        q, nu1 = self.constants.contraction, self.constants.nu1
        self._rate = np.minimum(q, self._star_norm + nu1 * self._distance)

    def _measure_drift(self, states: FloatArray) -> tuple[FloatArray, str]:
        """‖A(w_t)J* + B(w_t) − J*‖ for each t (L2), and the tier that this makes.

        It is 0 where Φ is affine. Where β e_t is too small for the drift to add more than the
        rounding floor to a bound, β e_t stands, because nothing would be gained by measuring.
        """
        problem, constants = self._problem, self.constants
        size = self._jacobian.size
        beta = constants.nu2 + constants.nu1 * constants.solution_jacobian_norm
        upper = beta * self._distance
        matters = np.flatnonzero(self._reach * upper > constants.rounding_floor)
        if len(matters) == 0:
            return upper, "X"
        if len(matters) * size * max(self._jacobian.shape) > DRIFT_WORK:
            return upper, "T"
        drifts = problem.drifts(np.ascontiguousarray(self._jacobian.T))
        chunk = max(1, DRIFT_FLOATS // size)
        measured = np.empty(len(matters))
        for start in range(0, len(matters), chunk):
            part = slice(start, start + chunk)
            measured[part] = spectral_norms_upper(drifts(states[matters[part]]))
        drift = upper.copy()
        drift[matters] = np.minimum(measured, upper[matters])
        return drift, "X"

    @property
    def _reach(self) -> float:
        """The most that a drift of 1 at every step, or a rest of 1 of w'(λ), adds to a bound."""
        return float(self._outer_gradient.max() / (1 - self.constants.contraction))

    @cached_property
    def _eigen(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Eigenvalues of A*, and J* and ∇₁E* in its eigenbasis: (d,), (d, m), (d,)."""
        values, vectors = np.linalg.eigh(self._a_star)
        return values, vectors.T @ self._jacobian, vectors.T @ self._star_gradient

    def _power_norms(self, depth: int) -> PowerNorms:
        """The norms of powers of A* for j = 0 … depth."""
        if self._problem.symmetric:
            return self._eigen_power_norms(depth)
        if self._measured_powers is None or len(self._measured_powers.operator) <= depth:
            self._measured_powers = self._measure_powers(depth)
        return self._measured_powers.until(depth)

    def _measure_powers(self, depth: int) -> PowerNorms:
        """The same for A* of any kind, one product after the other instead of eigenvalues."""
        lin, jacobian = self._star_lin, self._jacobian
        powers = power_norms_upper(self._blocks, self._star_norm, depth)
        gradients = np.empty((depth + 1, len(jacobian)))
        gradients[0] = self._star_gradient
        for j in range(depth):
            gradients[j + 1] = lin.vjp_state(gradients[j : j + 1])[0]
        norms = powers * self.constants.solution_jacobian_norm
        if depth * jacobian.size * max(jacobian.shape) <= DRIFT_WORK:
            columns = np.ascontiguousarray(jacobian.T)
            measured = np.inf
            for j in range(depth + 1):
                since = j % self.stride
                if since == 0:
                    measured = float(spectral_norms_upper(columns[None])[0])
                # A norm is at most that of the last one measured and of the powers since.
                norm = float(measured * powers[since]) if since else measured
                norms[j] = min(norm, norms[j])
                if self._reach * norm < self.constants.rounding_floor:
                    # What follows is at most the powers that are left times this one.
                    norms[j:] = np.minimum(norms[j:], norm * powers[: depth + 1 - j])
                    break
                columns = lin.jvp_state(columns)
        return PowerNorms(
            operator=powers,
            jacobian=norms,
            gradient=row_norms(gradients),
            projected=row_norms(gradients @ jacobian),
        )

    def _eigen_power_norms(self, depth: int) -> PowerNorms:
        """The same for a symmetric A*, exactly."""
        values, jacobian, gradient = self._eigen
        signed = values ** np.arange(depth + 1)[:, None]
        powers = np.abs(signed).max(axis=1)
        frobenius = np.sqrt(signed**2 @ np.einsum("im,im->i", jacobian, jacobian))
        return PowerNorms(
            operator=powers,
            jacobian=np.minimum(frobenius, powers * self.constants.solution_jacobian_norm),
            gradient=row_norms(signed * gradient),
            projected=row_norms((signed * gradient) @ jacobian),
        )

    def unrolled_bound(
        self, inner_steps: IntArray, adjoint_steps: IntArray, *, frozen: bool
    ) -> FloatArray:
        """L3 (J) with the measured first bracket, and R7 for Z_k − J*."""
        depth = int(adjoint_steps.max(initial=0))
        # A row per run of the recursion: one per w_t if frozen, one per starting step t − k else.
        starts = inner_steps if frozen else inner_steps - adjoint_steps
        distinct, rows = np.unique(starts, return_inverse=True)
        offsets = np.zeros(depth, dtype=np.int64) if frozen else np.arange(depth)
        last = len(self._distance) - 1
        visited = np.minimum(distinct[:, None] + offsets[None, :], last)
        if frozen or self._scheme == Scheme():
            x, y = drift_recursion(
                rates=self._rate[visited],
                drift=self._drift[visited],
                curvature=self.constants.nu1 * self._distance[visited],
                powers=self._power_norms(depth),
            )
        else:
            x, y = self._momentum_recursion(distinct, visited)
        x_k, y_k = x[rows, adjoint_steps], y[rows, adjoint_steps]
        t = inner_steps
        adjoint = np.minimum(
            np.minimum(y_k, self.constants.outer_gradient_norm * x_k)
            + self.constants.mu1 * self._distance[t] * x_k,
            self._outer_gradient[t] * x_k,
        )
        return np.asarray(self._direct[t] + adjoint)

    def _momentum_recursion(
        self, starts: IntArray, visited: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """The same for a scheme with momentum on an affine map, by its polynomials (R13)."""
        values, jacobian, gradient = self._eigen
        depth = visited.shape[1]
        response = response_polynomials(values, depth, self._scheme)
        relaxations = np.where(visited == 0, 1.0, self._scheme.relaxation)
        x, y = np.empty((2, len(starts), depth + 1))
        for whole in (True, False):
            same = np.flatnonzero((starts == 0) == whole)
            left = residual_polynomials(values, np.arange(depth + 1), self._scheme, whole=whole)
            largest = np.abs(left).max(axis=1) * self.constants.solution_jacobian_norm
            x[same], y[same] = drift_recursion(
                rates=np.full((len(same), depth), np.inf),
                drift=relaxations[same] * self._drift[visited[same]],
                curvature=np.zeros((len(same), depth)),
                powers=PowerNorms(
                    operator=np.abs(response).max(axis=1),
                    jacobian=np.minimum(
                        largest, np.sqrt(left**2 @ np.einsum("im,im->i", jacobian, jacobian))
                    ),
                    gradient=row_norms(response * gradient),
                    projected=row_norms((left * gradient) @ jacobian),
                ),
            )
        return x, y

    @cached_property
    def _resolvent(self) -> FloatArray:
        """R_t ≥ ‖(I − A(w_t))⁻¹‖ (R2)."""
        direct = 1 / (1 - self._rate)
        star = 1 / (1 - self._star_norm)
        shrink = star * self.constants.nu1 * self._distance
        with np.errstate(divide="ignore"):
            perturbed = np.where(shrink < 1, star / np.maximum(1 - shrink, 1e-300), np.inf)
        return np.minimum(direct, perturbed)

    def implicit_bound(
        self,
        inner_steps: IntArray,
        residual_factors: FloatArray,
        residuals: FloatArray,
        *,
        energy: bool,
    ) -> FloatArray:
        """Exact implicit part (R2) plus the solver's: R4 (c), or (e) from the measured residual.

        Of a solver that works in a metric S, R4 (c) and (e) hold for N = S^½(I − A(w_t)ᵀ)S^(−½) and
        S^(−½)∂₂Φ: 1/λ_min(N) is an eigenvalue of (I − A(w_t))⁻¹, hence at most R_t, and the norm
        of S^½∇₁E is at most that of ∇₁E, because no weight is above 1.
        """
        t = inner_steps
        constants = self.constants
        resolvent, gradient = self._resolvent[t], self._outer_gradient[t]
        hyper_norm = constants.hyper_norm(self._distance[t], energy=energy)
        left = np.minimum(residuals, residual_factors * gradient)
        exact = self._direct[t] + gradient * resolvent * self._drift[t]
        return np.asarray(exact + hyper_norm * resolvent * left)
