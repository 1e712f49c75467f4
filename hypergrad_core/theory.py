"""What the bounds are made of: shared lemmas, and what the sharp tiers measure along a run.

A bound has a tier. P, the paper's, comes from the constants alone and lives beside each method.
X uses the measured path w_0, w_1, … and the solution; V uses the eigenvalues of an affine map.
Labels (R1, L5, …) are those of the README, "How the bounds are computed".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray, IntArray
from hypergrad_core.numerics import row_norms, row_products, spectral_norm, spectral_norms_upper
from hypergrad_core.problem import Constants, Diagonalised, Problem
from hypergrad_core.scheme import Scheme

# Beyond this many products of scalars, the drift of the Jacobian is bounded, not measured.
DRIFT_WORK = 1.2e10
# Powers with a smaller norm are bounded by shorter ones: products of them would underflow.
SMALLEST_POWER = 1e-60
# Drifts are measured so many numbers at a time: they are read several times, and stay in cache.
DRIFT_FLOATS = 2**16


class Status(StrEnum):
    """How a bound relates to the error."""

    TIGHT = "tight"
    UPPER = "upper"
    HEURISTIC = "heuristic"


@dataclass(frozen=True)
class Term:
    """One summand of a bound.

    Attributes:
        name: "inner problem", "drift" or "adjoint": which part of the computation it pays for.
        formula: LaTeX, in the symbols of the constants.
        values: shape (P,).
    """

    name: str
    formula: str
    values: FloatArray


@dataclass(frozen=True)
class Bound:
    """A bound at P points (t, k).

    Attributes:
        tier: "P", "X", "T" or "V".
        status: whether it is attained, an upper bound, or neither proved.
        values: shape (P,).
        terms: its summands, where the bound is a sum that can be read.
        source: theorem or equation.
    """

    tier: str
    status: Status
    values: FloatArray
    source: str
    terms: tuple[Term, ...] = ()


def geometric_sum(ratio: float, count: FloatArray) -> FloatArray:
    """[k]_q = (1 − q^k)/(1 − q), elementwise (L4)."""
    return np.asarray((1 - ratio**count) / (1 - ratio))


def chebyshev_number(condition_number: float, steps: FloatArray | IntArray) -> FloatArray:
    """C_k(κ) = 1/T_k((κ+1)/(κ−1)): what the best polynomial of degree k leaves (L5)."""
    steps = steps.astype(np.float64)
    if condition_number <= 1:
        return np.asarray(np.where(steps == 0, 1.0, 0.0))
    root = np.sqrt(condition_number)
    rate = (root - 1) / (root + 1)
    power = rate**steps
    return np.asarray(2 * power / (1 + power**2))


def conjugate_gradient_rate(condition_number: float) -> float:
    """r = (√κ − 1)/(√κ + 1)."""
    root = np.sqrt(condition_number)
    return float((root - 1) / (root + 1))


class Path(Protocol):
    """What a sharp tier knows along one run of the inner solver.

    Attributes:
        stride: every how many-th norm of a power of ∂₁Φ is measured, where one is not enough.
    """

    tier: str
    source: str
    stride: int

    def unrolled_bound(
        self, inner_steps: IntArray, adjoint_steps: IntArray, *, frozen: bool
    ) -> FloatArray:
        """Bound for k backward steps from w_t, at each of P points: (P,), (P,) → (P,).

        Backward step j uses the Jacobians at w_t itself if ``frozen`` (AID with fixed-point
        steps), else those at w_{t−1−j} (reverse mode).
        """

    def implicit_bound(
        self,
        inner_steps: IntArray,
        left_over: FloatArray,
        residuals: FloatArray,
        *,
        energy: bool,
    ) -> FloatArray:
        """Bound for a linear solver at w_t, at each of P points: (P,), (P,), (P,) → (P,).

        Args:
            inner_steps: t.
            left_over: s(k) of R5, what the solver surely leaves of ∇₁E.
            residuals: norms of what it left, measured.
            energy: whether s(k) also holds in the energy norm of I − ∂₁Φ, as it does for CG. All
                norms of the solver, residuals too, are then those of the metric, if there is one.
        """

    @property
    def constants(self) -> Constants:
        """Of the problem whose path it is."""

    @property
    def unrolled_status(self) -> Status:
        """Whether ``unrolled_bound`` is attained."""


def drift_recursion(
    *,
    rates: FloatArray,
    drift: FloatArray,
    curvature: FloatArray,
    powers: FloatArray,
    jacobian_powers: FloatArray,
    gradient_powers: FloatArray,
    projected_powers: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Bounds x_j ≥ ‖Z_j − J*‖ and y_j ≥ ‖(Z_j − J*)ᵀ∇₁E*‖ of Z_{j+1} = A_j Z_j + B_j, Z_0 = 0 (R7).

    Row r is one run of the recursion, column j its step; all rows advance together.

    Args:
        rates: bounds of ‖A_j‖, shape (R, K).
        drift: bounds of ‖A_j J* + B_j − J*‖, shape (R, K).
        curvature: ν₁ e_j ≥ ‖A_j − A*‖, shape (R, K).
        powers: ‖A*^j‖, shape (K + 1,).
        jacobian_powers: ‖A*^j J*‖, shape (K + 1,).
        gradient_powers: ‖(A*ᵀ)^j ∇₁E*‖, shape (K + 1,).
        projected_powers: ‖J*ᵀ(A*ᵀ)^j ∇₁E*‖, shape (K + 1,).

    Returns:
        x and y, each of shape (R, K + 1).
    """
    rows, steps = drift.shape
    x = np.empty((rows, steps + 1))
    y = np.empty((rows, steps + 1))
    x[:, 0], y[:, 0] = jacobian_powers[0], projected_powers[0]
    forcing = np.empty((rows, steps))
    for j in range(steps):
        forcing[:, j] = drift[:, j] + curvature[:, j] * x[:, j]
        past = forcing[:, : j + 1]
        x[:, j + 1] = np.minimum(
            rates[:, j] * x[:, j] + drift[:, j],
            jacobian_powers[j + 1] + past @ powers[j::-1],
        )
        y[:, j + 1] = projected_powers[j + 1] + past @ gradient_powers[j::-1]
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
        self._measured_powers: dict[str, FloatArray] = {}
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
        """‖A(w_t)J* + B(w_t) − J*‖ for each t, and the tier that this makes.

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
        columns = np.ascontiguousarray(self._jacobian.T)
        chunk = max(1, DRIFT_FLOATS // size)
        measured = np.empty(len(matters))
        for start in range(0, len(matters), chunk):
            part = slice(start, start + chunk)
            measured[part] = spectral_norms_upper(problem.drifts(states[matters[part]], columns))
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

    def _power_norms(self, depth: int) -> dict[str, FloatArray]:
        """The norms of powers that ``drift_recursion`` wants, for j = 0 … depth."""
        if self._problem.symmetric:
            return self._eigen_power_norms(depth)
        if len(self._measured_powers.get("powers", ())) <= depth:
            self._measured_powers = self._measure_powers(depth)
        return {name: norms[: depth + 1] for name, norms in self._measured_powers.items()}

    def _measure_powers(self, depth: int) -> dict[str, FloatArray]:
        """The same for A* of any kind, one product after the other instead of eigenvalues."""
        lin, jacobian = self._star_lin, self._jacobian
        powers = power_norms_upper(self._blocks, self._star_norm, depth)
        gradients = np.empty((depth + 1, len(jacobian)))
        gradients[0] = self._star_gradient
        for j in range(depth):
            gradients[j + 1] = lin.vjp_state(gradients[j : j + 1])[0]
        found = {
            "powers": powers,
            "jacobian_powers": powers * self.constants.solution_jacobian_norm,
            "gradient_powers": row_norms(gradients),
            "projected_powers": row_norms(gradients @ jacobian),
        }
        if depth * jacobian.size * max(jacobian.shape) <= DRIFT_WORK:
            columns = np.ascontiguousarray(jacobian.T)
            measured = np.inf
            for j in range(depth + 1):
                since = j % self.stride
                if since == 0:
                    measured = float(spectral_norms_upper(columns[None])[0])
                # A norm is at most that of the last one measured and of the powers since.
                norm = float(measured * powers[since]) if since else measured
                found["jacobian_powers"][j] = min(norm, found["jacobian_powers"][j])
                if self._reach * norm < self.constants.rounding_floor:
                    # What follows is at most the powers that are left times this one.
                    found["jacobian_powers"][j:] = np.minimum(
                        found["jacobian_powers"][j:], norm * powers[: depth + 1 - j]
                    )
                    break
                columns = lin.jvp_state(columns)
        return found

    def _eigen_power_norms(self, depth: int) -> dict[str, FloatArray]:
        """The same for a symmetric A*, exactly."""
        values, jacobian, gradient = self._eigen
        signed = values ** np.arange(depth + 1)[:, None]
        powers = np.abs(signed).max(axis=1)
        frobenius = np.sqrt(signed**2 @ np.einsum("im,im->i", jacobian, jacobian))
        return {
            "powers": powers,
            "jacobian_powers": np.minimum(
                frobenius, powers * self.constants.solution_jacobian_norm
            ),
            "gradient_powers": row_norms(signed * gradient),
            "projected_powers": row_norms((signed * gradient) @ jacobian),
        }

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
                **self._power_norms(depth),
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
                powers=np.abs(response).max(axis=1),
                jacobian_powers=np.minimum(
                    largest, np.sqrt(left**2 @ np.einsum("im,im->i", jacobian, jacobian))
                ),
                gradient_powers=row_norms(response * gradient),
                projected_powers=row_norms((left * gradient) @ jacobian),
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
        left_over: FloatArray,
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
        left = np.minimum(residuals, left_over * gradient)
        exact = self._direct[t] + gradient * resolvent * self._drift[t]
        return np.asarray(exact + hyper_norm * resolvent * left)


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
            powers = np.empty((len(t), problem.state_size))
            for whole in (True, False):
                same = np.flatnonzero((t == k) == whole)
                scheme = Scheme() if frozen else self._scheme
                powers[same] = residual_polynomials(
                    problem.map_eigenvalues, k[same], scheme, whole=whole
                )
            implicit = (1 - powers) / (problem.step * problem.eigenvalues) * self._gaps(t)
            return row_norms(
                problem.step * row_products(implicit - powers * adjoint, problem.coupling)
            )

        return _in_chunks(block, problem.state_size, inner_steps, adjoint_steps)

    def implicit_bound(
        self,
        inner_steps: IntArray,
        left_over: FloatArray,
        residuals: FloatArray,
        *,
        energy: bool,
    ) -> FloatArray:
        """Exact implicit part J*ᵀd_t plus the solver's term: R4 (c), (d) or (e), the least."""
        problem, constants = self._problem, self.constants
        map_gap = problem.step * problem.eigenvalues
        energy_coupling = _energy_norm(problem.step * problem.coupling, map_gap)

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

        return _in_chunks(block, problem.state_size, inner_steps, left_over, residuals)


def path_along(problem: Problem, states: FloatArray, scheme: Scheme | None = None) -> Path:
    """What the sharp bounds measure along the inner iterates of a scheme.

    Args:
        problem: any; a bound says nothing of rounding, and is that of the exact problem.
        states: w_0, …, w_T, shape (T + 1, d).
        scheme: that made them; plain fixed-point iteration by default.
    """
    exact = problem.without_rounding
    if exact.diagonalised is not None:
        return SpectralPath(exact.diagonalised, states, scheme)
    return MeasuredPath(exact, states, scheme)


def residual_polynomials(
    values: FloatArray, steps: IntArray, scheme: Scheme, *, whole: bool
) -> FloatArray:
    """p_k at each eigenvalue of ∂₁Φ, what k steps of a scheme leave: (d,), (P,) → (P, d).

    Args:
        values: eigenvalues, shape (d,).
        steps: k, shape (P,).
        scheme: of the inner solver; the plain one gives a^k.
        whole: whether the k steps begin at w_0, whose first step is a plain one; else they are
            the last k of more.
    """
    out = np.empty((len(steps), len(values)))
    relaxation, momentum = scheme.relaxation, scheme.momentum
    factor = values if scheme == Scheme() else relaxation * values + (1 - relaxation + momentum)
    before, now = np.ones_like(values), np.ones_like(values)
    done = 0
    for place in np.argsort(steps, kind="stable"):
        for j in range(done, int(steps[place])):
            if momentum == 0:
                now = factor * now
            elif j == 0 and whole:
                before, now = now, values * now
            else:
                before, now = now, factor * now - momentum * before
        done = int(steps[place])
        out[place] = now
    return out


def response_polynomials(values: FloatArray, depth: int, scheme: Scheme) -> FloatArray:
    """h_j at each eigenvalue, j = 0 … depth: how a disturbance of one step lives on (R13)."""
    out = np.zeros((depth + 1, len(values)))
    out[0] = 1
    factor = scheme.relaxation * values + (1 - scheme.relaxation + scheme.momentum)
    for j in range(depth):
        out[j + 1] = factor * out[j] - (scheme.momentum * out[j - 1] if j else 0)
    return out


def _energy_norm(matrix: FloatArray, weights: FloatArray) -> float:
    """‖M^{-1/2} B‖ for M = diag(weights) and B of shape (d, m)."""
    return spectral_norm(matrix / np.sqrt(weights)[:, None])


def _in_chunks(
    block: Callable[..., FloatArray], size: int, *columns: IntArray | FloatArray
) -> FloatArray:
    """Apply ``block`` to runs of points, so that no more than a few (rows, d) arrays exist."""
    chunk = max(1, BLOCK_FLOATS // size)
    count = len(columns[0])
    out = np.empty(count)
    for start in range(0, count, chunk):
        part = slice(start, start + chunk)
        out[part] = block(*(column[part] for column in columns))
    return out


def diagonal_blocks(matrix: FloatArray) -> FloatArray:
    """The blocks of a matrix that is block diagonal up to the order of its rows: (s, s) each.

    Returns:
        shape (count, s, s); the matrix itself, as one block, if the blocks differ in size.
    """
    linked = (matrix != 0) | (matrix.T != 0) | np.eye(len(matrix), dtype=bool)
    label, last = np.arange(len(matrix)), None
    # Each row takes the smallest label that it is linked to, until a block has but one.
    while last is None or np.any(label != last):
        label, last = np.where(linked, label, len(matrix)).min(axis=1), label
    sizes = np.unique(label, return_counts=True)[1]
    if np.ptp(sizes) > 0:
        return matrix[None]
    members = np.argsort(label, kind="stable").reshape(len(sizes), -1)
    return np.asarray(matrix[members[:, :, None], members[:, None, :]])


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
        power, exponent = power @ power, 2 * exponent
    for j in range(2, depth + 1):
        norms[j] = min(norms[j], float((norms[1:j] * norms[j - 1 : 0 : -1]).min()))
    return norms
