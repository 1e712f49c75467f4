"""Tiers X and T: bounds from distances, gradients and drift measured along the path."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.bounds.base import Status
from hypergrad_core.bounds.powers import diagonal_blocks, power_norms_upper
from hypergrad_core.bounds.unrolling import Spectrum, unrolled_gaps
from hypergrad_core.constants import Constants
from hypergrad_core.interruption import ask
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
        ask()
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
        self._drift, self.tier = self._measure_drift(states, self._distance)
        # The same where the scheme takes Φ, if that is somewhere else.
        self._drift_of_steps = self._drift
        points = self._scheme.evaluated(states)
        if points is not states:
            distance = row_norms(points - truth.solution)
            self._drift_of_steps, self.tier = self._measure_drift(points, distance)

    @cached_property
    def _rate(self) -> FloatArray:
        """At least ‖A(w_t)‖ for each t."""
        return np.minimum(self.constants.contraction, self._star_norm + self._turn)

    @cached_property
    def _turn(self) -> FloatArray:
        """ν₁e_t ≥ ‖A(w_t) − A*‖."""
        return self.constants.nu1 * self._distance

    @cached_property
    def _outer_change(self) -> FloatArray:
        """μ₁e_t ≥ ‖∇₁E(w_t) − ∇₁E*‖."""
        return self.constants.mu1 * self._distance

    def _hyper_norm(self, *, energy: bool) -> FloatArray:
        """At least ‖B(w_t)‖ for each t; that of S^(−½)B(w_t) if ``energy`` and there is an S."""
        return self.constants.hyper_norm(self._distance, energy=energy)

    def _measure_drift(self, states: FloatArray, distance: FloatArray) -> tuple[FloatArray, str]:
        """‖A(w)J* + B(w) − J*‖ for each state w, and the tier that this makes (L2).

        It is 0 where Φ is affine. Where β e_t is too small for the drift to add more than the
        rounding floor to a bound, β e_t stands, because nothing would be gained by measuring.
        """
        problem, constants = self._problem, self.constants
        size = self._jacobian.size
        beta = constants.nu2 + constants.nu1 * constants.solution_jacobian_norm
        upper = beta * distance
        matters = np.flatnonzero(self._reach * upper > constants.rounding_floor)
        if len(matters) == 0:
            return upper, "X"
        if len(matters) * size * max(self._jacobian.shape) > DRIFT_WORK:
            return upper, "T"
        drifts = problem.drifts(np.ascontiguousarray(self._jacobian.T))
        chunk = max(1, DRIFT_FLOATS // size)
        measured = np.empty(len(matters))
        for start in range(0, len(matters), chunk):
            ask()
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
    def _eigen(self) -> Spectrum:
        """The eigenvalues of a symmetric A*, and J* and ∇₁E* in its eigenbasis."""
        values, vectors = np.linalg.eigh(self._a_star)
        return Spectrum(
            values=values,
            jacobian=vectors.T @ self._jacobian,
            gradient=vectors.T @ self._star_gradient,
            jacobian_norm=self.constants.solution_jacobian_norm,
        )

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
            ask()
            gradients[j + 1] = lin.vjp_state(gradients[j : j + 1])[0]
        norms = powers * self.constants.solution_jacobian_norm
        if depth * jacobian.size * max(jacobian.shape) <= DRIFT_WORK:
            columns = np.ascontiguousarray(jacobian.T)
            measured = np.inf
            for j in range(depth + 1):
                ask()
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
        spectrum = self._eigen
        powers = spectrum.values ** np.arange(depth + 1)[:, None]
        jacobian, projected = spectrum.left_norms(powers)
        operator, gradient = spectrum.response_norms(powers)
        return PowerNorms(operator, jacobian, gradient, projected)

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
        if frozen or self._scheme.plain:
            x, y = drift_recursion(
                rates=self._rate[visited],
                drift=self._drift[visited],
                curvature=self._turn[visited],
                powers=self._power_norms(depth),
            )
        else:
            drift = self._drift_of_steps[visited]
            x, y = unrolled_gaps(self._eigen, self._scheme, distinct, visited, drift)
        x_k, y_k = x[rows, adjoint_steps], y[rows, adjoint_steps]
        t = inner_steps
        adjoint = np.minimum(
            np.minimum(y_k, self.constants.outer_gradient_norm * x_k) + self._outer_change[t] * x_k,
            self._outer_gradient[t] * x_k,
        )
        return np.asarray(self._direct[t] + adjoint)

    @cached_property
    def _resolvent(self) -> FloatArray:
        """R_t = 1/(1 − min(q, ‖A*‖ + ν₁e_t)) ≥ ‖(I − A(w_t))⁻¹‖ (R2)."""
        return np.asarray(1 / (1 - self._rate))

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
        resolvent, gradient = self._resolvent[t], self._outer_gradient[t]
        hyper_norm = self._hyper_norm(energy=energy)[t]
        left = np.minimum(residuals, residual_factors * gradient)
        exact = self._direct[t] + gradient * resolvent * self._drift[t]
        return np.asarray(exact + hyper_norm * resolvent * left)
