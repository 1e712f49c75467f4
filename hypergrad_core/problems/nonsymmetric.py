"""Affine map with a matrix that is not symmetric: the smallest problem beyond conjugate gradient.

    Φ(w, λ) = A w + C λ + b,   E(w) = ½ ‖w − target‖².

∂₁Φ = A and ∂₂Φ = C are constant, so ν₁ = ν₂ = 0, and reverse ITD after t steps equals AID with t
fixed-point steps at w_t exactly. The distance falls like ‖A^t‖, faster than q^t = ‖A‖^t.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import SLOW_FUNCTION, Cost, ProblemWork, matrix_cost, norm_cost
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_products, spectral_norm
from hypergrad_core.problem import kept_property
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.tracking import Tracking
from hypergrad_core.reference import Reference

# About ‖N‖₂ of the synthetic A ∝ U (R + N) Uᵀ, R normal with ‖R‖₂ = 1.
NON_NORMALITY = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class NonSymmetric(Tracking):
    """The affine problem at one λ.

    Attributes:
        matrix: A with ‖A‖₂ < 1, shape (d, d).
    """

    matrix: FloatArray

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """A w + Cλ + b."""
        return np.asarray(states @ self.matrix.T + self.linear_term)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = A, ∂₂Φ = C, the same for every row."""
        return _AffineLinearisation(self)

    def solve(self) -> Reference:
        """Closed form: w = (I − A)⁻¹(Cλ + b), v = (I − A)⁻ᵀ(w − target), ∇f = Cᵀv."""
        matrix = np.eye(self.state_size) - self.matrix
        solution = np.linalg.solve(matrix, self.linear_term)
        adjoint = np.linalg.solve(matrix.T, solution - self.target)
        return Reference(
            np.asarray(solution, dtype=np.float64),
            np.asarray(adjoint, dtype=np.float64),
            np.asarray(adjoint @ self.coupling, dtype=np.float64),
        )

    @kept_property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = (I − A)⁻¹C, shape (d, m)."""
        matrix = np.eye(self.state_size) - self.matrix
        return np.asarray(np.linalg.solve(matrix, self.coupling), dtype=np.float64)

    @kept_property
    def _norms(self) -> tuple[float, float, float]:
        """‖A‖, ‖C‖ and ‖w'(λ)‖: exact, but for the last two if d and m are both beyond 400."""
        # Exact however large A is, because q must stay below 1.
        contraction = float(np.linalg.norm(self.matrix, 2))
        coupling_norm = spectral_norm(self.coupling)
        jacobian_norm = min(
            spectral_norm(self.solution_jacobian), coupling_norm / (1 - contraction)
        )
        return contraction, coupling_norm, jacobian_norm

    def lipschitz(self) -> Lipschitz:
        """C10."""
        contraction, coupling_norm, jacobian_norm = self._norms
        return Lipschitz(
            contraction=contraction,
            nu1=0.0,
            nu2=0.0,
            mu1=1.0,
            mu2=0.0,
            hyper_jacobian_norm=coupling_norm,
            solution_jacobian_norm=jacobian_norm,
        )


@dataclass(frozen=True)
class _AffineLinearisation(Linearisation):
    problem: NonSymmetric

    def __getitem__(self, rows: Rows) -> Self:
        return self

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return row_products(adjoints, self.problem.matrix)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        return row_products(tangents, self.problem.matrix.T)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return row_products(adjoints, self.problem.coupling)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return row_products(tangents, self.problem.coupling.T)


def work(sizes: Sizes) -> ProblemWork:
    """A and C are dense."""
    d, m = sizes.state_size, sizes.hyper_size
    setup = Cost(vector=SLOW_FUNCTION * d * (3 * d + m), matrix=12.0 * d**3 + d * d * m, calls=200)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=setup + norm_cost(d, m) * 2 + Cost(bytes=8.0 * d * (8 * d + 4 * m)),
        map=Cost(1, d, d * d, 3),
        linearise=Cost(calls=1),
        state_product=Cost(1) + matrix_cost(d, d),
        pullback=Cost(1) + matrix_cost(d, m),
        tangent=Cost(1) + matrix_cost(m, d),
        outer=Cost(vector=d + m, calls=3),
        contraction=sizes.contraction,
        clusters=d,
    )


def build(request: Request) -> NonSymmetric:
    """Synthetic data. C and b have a factor 1 − q: w(λ) does not jump when q is dragged."""
    size, hyper_size, q = request.size, request.hyper_size, request.contraction
    random = np.random.default_rng([request.seed, 1])
    return NonSymmetric(
        matrix=q * _unit_matrix(size, request.seed),
        coupling=(1 - q) * random.standard_normal((size, hyper_size)) / np.sqrt(size),
        offset=(1 - q) * random.standard_normal(size) / np.sqrt(size),
        target=random.standard_normal(size) / np.sqrt(size),
        hyper=random.standard_normal(hyper_size) / np.sqrt(hyper_size),
        initial_state=np.zeros(size),
    )


@lru_cache(maxsize=4)
def _unit_matrix(size: int, seed: int) -> FloatArray:
    """U (R + N) Uᵀ scaled to ‖·‖₂ = 1, shape (d, d).

    U is orthogonal, R is normal: rotations by any angle, shrunk by up to one half. N lies above
    them and is about half as large: it turns the eigenvectors and leaves the eigenvalues alone.
    """
    random = np.random.default_rng(seed)
    inner = np.zeros((size, size))
    shrink = random.uniform(0.5, 1.0, size // 2 + 1)
    shrink[0] = 1.0
    for block, angle in enumerate(random.uniform(0, 2 * np.pi, size // 2)):
        at, cos, sin = 2 * block, np.cos(angle), np.sin(angle)
        inner[at : at + 2, at : at + 2] = shrink[block] * np.array([[cos, -sin], [sin, cos]])
    if size % 2:
        inner[-1, -1] = shrink[-1]
    above = np.kron(np.triu(np.ones((size // 2 + 1, size // 2 + 1)), 1), np.ones((2, 2)))
    entries = random.standard_normal((size, size)) / np.sqrt(size)
    inner += NON_NORMALITY * above[:size, :size] * entries
    basis, _ = np.linalg.qr(random.standard_normal((size, size)))
    matrix = basis @ inner @ basis.T
    return np.asarray(matrix / np.linalg.norm(matrix, 2))
