"""A small problem taken apart: its eigenmodes, residual polynomials, and the adjoint step by step.

Where Φ is affine and ∂₁Φ symmetric, M = I − ∂₁Φ has eigenvalues z_i and eigenvectors u_i, the same
everywhere. k steps of a Krylov solver leave r_k = p_k(M) ∇₁E with p_k(0) = 1: each eigenmode is
shrunk by p_k(z_i). Squared errors of the modes add up to the squared norm of the error, because
the u_i are orthonormal; their parts of the hypergradient do not, and are not offered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hypergrad_core.adjoint import ConjugateGradientSolver
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds.polynomials import residual_polynomials
from hypergrad_core.errors import HypergradError
from hypergrad_core.interruption import ask
from hypergrad_core.methods import METHODS
from hypergrad_core.methods.implicit import ImplicitMethod
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.records import Record
from hypergrad_core.scheme import Scheme

# Matrices of d × d numbers are formed, and taken apart.
LARGEST_SIZE = 640
# A residual is rounding below this many times u √d cond(M) of the right-hand side.
SETTLED = 10.0


@dataclass(frozen=True, eq=False)
class Modes(Record):
    """The eigenmodes of M = I − ∂₁Φ, symmetric.

    Attributes:
        values: eigenvalues z_i, ascending, shape (d,).
        vectors: eigenvectors u_i as columns, orthonormal, shape (d, d).
    """

    values: FloatArray
    vectors: FloatArray

    @property
    def condition_number(self) -> float:
        """λ_max/λ_min of M."""
        return float(self.values[-1] / self.values[0])

    def coordinates(self, block: FloatArray) -> FloatArray:
        """u_iᵀx for each row x: (B, d) → (B, d)."""
        return block @ self.vectors

    def squares(self, errors: FloatArray) -> FloatArray:
        """(u_iᵀx)² for each row x, which add up to ‖x‖²: (B, d) → (B, d).

        Rows w_t − w(λ) give the modes of the inner problem, v_k − v those of the adjoint.
        """
        return np.asarray(self.coordinates(errors) ** 2)

    def heights(self, gaps: FloatArray) -> FloatArray:
        """½ xᵀMx for each row x = w − w(λ): (B, d) → (B,).

        How far the inner objective lies above its minimum, in units in which Φ is a gradient
        step of length 1.
        """
        return np.asarray(0.5 * self.squares(gaps) @ self.values)


def modes_of(problem: Problem) -> Modes:
    """The eigenmodes of a problem.

    Raises:
        HypergradError: if Φ is not affine, ∂₁Φ not symmetric, or d beyond 640.
    """
    if not (problem.affine and problem.symmetric):
        raise HypergradError("eigenmodes need Φ affine and ∂₁Φ symmetric")
    matrix = adjoint_matrix(problem, problem.reference.solution)
    # Symmetric to rounding; eigh reads one half only.
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return Modes(values, vectors)


def adjoint_matrix(problem: Problem, state: FloatArray) -> FloatArray:
    """I − ∂₁Φ(w)ᵀ, shape (d, d).

    Raises:
        HypergradError: if d is beyond 640.
    """
    size = problem.state_size
    if size > LARGEST_SIZE:
        raise HypergradError(
            f"d = {size} is too large to take apart: choose at most {LARGEST_SIZE}"
        )
    # Row i of the block is ∂₁Φᵀe_i.
    return np.asarray(np.eye(size) - problem.linearise(state[None]).vjp_state(np.eye(size)).T)


@dataclass(frozen=True, eq=False)
class AdjointRun(Record):
    """The iterates of one adjoint solver at one state w.

    Attributes:
        method: key of ``METHODS``.
        forced: whether the method was run where it does not apply.
        limit: v(w), the solution of the system by elimination, shape (d,).
        adjoints: v_0, …, v_K, shape (K + 1, d).
        residuals: ∇₁E − (I − ∂₁Φᵀ) v_k, computed from v_k, shape (K + 1, d).
        lengths, turns: α_k and β_k of conjugate gradient, shape (K,); empty for other methods.
        settled: the first k at which the residual is rounding, or from which the solver moves no
            more; at most K. What the solver does later on has no meaning.
        outcome: why the solver stopped.
    """

    method: str
    forced: bool
    limit: FloatArray
    adjoints: FloatArray
    residuals: FloatArray
    lengths: FloatArray
    turns: FloatArray
    settled: int
    outcome: str

    @property
    def conjugate(self) -> bool:
        """Whether it is conjugate gradient, whose coefficients tell its polynomial."""
        return len(self.lengths) > 0

    @property
    def residual_norms(self) -> FloatArray:
        """Euclidean norms of the residuals, shape (K + 1,)."""
        return row_norms(self.residuals)

    @property
    def errors(self) -> FloatArray:
        """v_k − v(w), shape (K + 1, d)."""
        return self.adjoints - self.limit


def run_adjoint(
    problem: Problem, state: FloatArray, method: str, steps: int, *, forced: bool = False
) -> AdjointRun:
    """The solver of an AID method, step by step.

    Args:
        problem: any; d at most 640.
        state: w, where the system stands, shape (d,): an iterate w_t, or w(λ).
        method: key of a method in ``METHODS`` that solves the adjoint system.
        steps: K.
        forced: run the method where it does not apply. Plain conjugate gradient on a map that is
            not symmetric is there to be seen going wrong: its directions are no longer conjugate,
            nothing is minimised, and no bound holds.

    Raises:
        HypergradError: if the method solves no system, or does not apply and is not forced.
    """
    chosen = METHODS[method]
    if not isinstance(chosen, ImplicitMethod):
        raise HypergradError(f"{method} solves no adjoint system")
    refusal = chosen.refusal(problem)
    if refusal and not forced:
        raise HypergradError(refusal)
    gradient = problem.outer_gradient_state(state[None])
    matrix = adjoint_matrix(problem, state)
    solver = chosen.solver.begin(problem, problem.linearise(state[None]), gradient)
    adjoints = np.zeros((steps + 1, problem.state_size))
    lengths, turns = np.zeros((2, steps if isinstance(solver, ConjugateGradientSolver) else 0))
    for k in range(steps):
        ask()
        solver.advance(0)
        adjoints[k + 1] = solver.adjoints(np.array([0]))[0]
        if isinstance(solver, ConjugateGradientSolver):
            lengths[k], turns[k] = solver.lengths[0], solver.turns[0]
    residuals = gradient - adjoints @ matrix.T
    # No solver gets below about u cond(M) ‖∇₁E‖, because v_k itself is rounded.
    roundoff = problem.constants.unit_roundoff * np.sqrt(len(matrix)) * np.linalg.cond(matrix)
    level = SETTLED * roundoff * np.linalg.norm(gradient)
    done = np.flatnonzero(row_norms(residuals) <= level)
    moves = np.flatnonzero(np.diff(adjoints, axis=0).any(axis=1))
    last = int(moves[-1]) + 1 if len(moves) else 0
    return AdjointRun(
        method=method,
        forced=bool(refusal),
        limit=np.asarray(np.linalg.solve(matrix, gradient[0]), dtype=np.float64),
        adjoints=adjoints,
        residuals=residuals,
        lengths=lengths,
        turns=turns,
        settled=min(int(done[0]), last) if len(done) else last,
        outcome=solver.outcomes[0],
    )


def fixed_point_polynomials(values: FloatArray, steps: int) -> FloatArray:
    """(1 − z)^k for k = 0 … K, what fixed-point steps leave at z: (Z,) → (K + 1, Z)."""
    every = np.arange(steps + 1)
    return residual_polynomials(1 - values, np.zeros_like(every), every, Scheme())


def chebyshev_polynomials(values: FloatArray, steps: int, low: float, high: float) -> FloatArray:
    """T_k((high + low − 2z)/(high − low)), 1 at z = 0, for k = 0 … K: (Z,) → (K + 1, Z).

    Of all polynomials of degree k with p(0) = 1, the one with the least maximum on [low, high],
    which is C_k(high/low) (L5). By the recurrence of Golub and Varga, which neither overflows nor
    cancels, and is (1 − z/low)^k where low = high.

    Args:
        values: z, shape (Z,).
        steps: K.
        low, high: ends of an interval, 0 < low ≤ high.
    """
    spread = ((high - low) / (high + low)) ** 2
    linear = 1 - 2 * values / (high + low)
    out = np.ones((steps + 1, len(values)))
    weight = 1.0
    for k in range(steps):
        before = out[k - 1] if k else 0.0
        out[k + 1] = weight * linear * out[k] + (1 - weight) * before
        weight = 1 / (1 - spread / 2) if k == 0 else 1 / (1 - spread * weight / 4)
    return out


def conjugate_gradient_polynomials(run: AdjointRun, values: FloatArray) -> FloatArray:
    """p_k(z) of a run of conjugate gradient, r_k = p_k(M) ∇₁E, for k = 0 … K: (Z,) → (K + 1, Z).

    p_k(z) = Π (1 − z/θ_j) over the Ritz values θ_j of k steps. The product loses all digits where
    small and large factors meet, so the recurrence of the run itself, which has the same zeros, is
    followed with its α and β. What comes after ``run.settled`` is p of that step.

    Raises:
        HypergradError: if the run is not one of conjugate gradient.
    """
    _require_conjugate_gradient(run)
    out = np.ones((len(run.adjoints), len(values)))
    direction = np.ones(len(values))
    for k, (length, turn) in enumerate(zip(run.lengths, run.turns, strict=True)):
        if k >= run.settled:
            out[k + 1] = out[k]
            continue
        out[k + 1] = out[k] - length * values * direction
        direction = out[k + 1] + turn * direction
    return out


def polynomial_gaps(modes: Modes, run: AdjointRun) -> FloatArray:
    """‖p_k(M) ∇₁E − r_k‖ ÷ ‖∇₁E‖ of a run of conjugate gradient, shape (K + 1,).

    0 but for rounding: about 1e-14, until conjugate gradient loses the orthogonality of its
    residuals. That takes eigenvalues of very different size, such as 12 log-uniform ones at
    q = 0.99; a polynomial then no longer describes what the run does.

    Raises:
        HypergradError: if the run is not one of conjugate gradient.
    """
    residuals = modes.coordinates(run.residuals)
    polynomials = conjugate_gradient_polynomials(run, modes.values) * residuals[0]
    return np.asarray(row_norms(residuals - polynomials) / row_norms(residuals[:1]))


def ritz_values(run: AdjointRun, steps: int) -> FloatArray:
    """The zeros of p_k, ascending: eigenvalues of M as k steps of conjugate gradient see them.

    They are those of the tridiagonal matrix of Lanczos, made of the α and β of the run.

    Args:
        run: of conjugate gradient, where it applies.
        steps: k, at most ``run.settled``; a larger one is taken as that.

    Returns:
        shape (k,).

    Raises:
        HypergradError: if the run is not one of conjugate gradient, or was forced: there is no such
            matrix then.
    """
    _require_conjugate_gradient(run)
    if run.forced:
        raise HypergradError("conjugate gradient has Ritz values where it applies only")
    count = min(steps, run.settled)
    lengths, turns = run.lengths[:count], run.turns[: max(count - 1, 0)]
    diagonal = 1 / lengths
    diagonal[1:] += turns / lengths[:-1]
    beside = np.diag(np.sqrt(turns) / lengths[:-1], -1) if count > 1 else 0.0
    # eigvalsh reads the lower triangle.
    return np.asarray(np.linalg.eigvalsh(np.diag(diagonal) + beside), dtype=np.float64)


def _require_conjugate_gradient(run: AdjointRun) -> None:
    if not run.conjugate:
        raise HypergradError(f"{run.method} is not conjugate gradient")
