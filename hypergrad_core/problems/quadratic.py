"""Quadratic inner problem with a prescribed spectrum.

    w(λ) = argmin_w ½ wᵀHw − wᵀ(Cλ + b),   Φ(w, λ) = w − η (Hw − Cλ − b),
    E(w, λ) = ½ ‖w − target‖² + ½ ρ ‖λ‖².

Φ is affine with ∂₁Φ = I − ηH symmetric and ∂₂Φ = ηC constant, so ν₁ = ν₂ = 0, and reverse ITD
after t steps equals AID with t fixed-point steps at w_t exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray, Rows
from hypergrad_core.basis import (
    DENSE_TRANSFORM_SIZE,
    Basis,
    IdentityBasis,
    SignedCosineBasis,
    in_rows,
)
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import SLOW_FUNCTION, Cost, ProblemWork, matrix_cost, norm_cost
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import Linearisation, SymmetricLinearisation
from hypergrad_core.numerics import row_products, spectral_norm
from hypergrad_core.problem import kept_property
from hypergrad_core.problems.gradient_step import GradientStep
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.tracking import Tracking
from hypergrad_core.reference import Reference

# ‖target‖ ÷ ‖w(λ)‖ for synthetic data. A far target makes ∇₁E nearly constant (G ≫ μ₁D): what the
# adjoint solver leaves then dwarfs what w_t leaves, and the solvers can be told apart.
TARGET_DISTANCE = 1000.0
# A fast transform takes as long as so many sums of vectors.
FFT = 40.0


@dataclass(frozen=True, eq=False, kw_only=True)
class Quadratic(Tracking, GradientStep):
    """The quadratic problem at one λ.

    Attributes:
        eigenvalues: of H, positive, shape (d,).
        basis: the eigenvectors of H, as an operator.
        outer_weight: ρ ≥ 0.
    """

    eigenvalues: FloatArray
    basis: Basis
    outer_weight: float = 0.0

    @kept_property
    def _rotated(self) -> Quadratic:
        """The same problem in the eigenbasis of H, at any λ and from any start."""
        rotate = self.basis.to_eigen
        return replace(
            self,
            basis=IdentityBasis(),
            coupling=rotate(self.coupling.T).T,
            offset=rotate(self.offset[None])[0],
            target=rotate(self.target[None])[0],
        )

    def canonical(self) -> Quadratic:
        """The same problem in the eigenbasis of H, where a product is one multiplication."""
        if isinstance(self.basis, IdentityBasis):
            return self
        start = self.basis.to_eigen(self.initial_state[None])[0]
        return self._rotated.at(self.hyper).starting_at(start)

    @kept_property
    def curvature(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue of H."""
        return float(self.eigenvalues.min()), float(self.eigenvalues.max())

    def _spectral(self, values: FloatArray, block: FloatArray) -> FloatArray:
        """U diag(values) Uᵀ w for each row."""
        return self.basis.from_eigen(self.basis.to_eigen(block) * values)

    @kept_property
    def map_eigenvalues(self) -> FloatArray:
        """Eigenvalues a_i = 1 − η h_i of ∂₁Φ, shape (d,)."""
        return np.asarray(1 - self.step * self.eigenvalues)

    def state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − ηHu for each row: (B, d) → (B, d)."""
        return self._spectral(self.map_eigenvalues, block)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) = (I − ηH) w + η (Cλ + b)."""
        return self.state_product(states) + self.step * self.linear_term

    def linearise(self, states: FloatArray) -> Linearisation:
        """The same at every state, because Φ is affine."""
        return _QuadraticLinearisation(self)

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖w − target‖² + ½ ρ ‖λ‖²."""
        return super().outer(states) + 0.5 * self.outer_weight * float(self.hyper @ self.hyper)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = ρλ, the same for every row."""
        return np.broadcast_to(self.outer_weight * self.hyper, (len(states), self.hyper_size))

    def solve(self) -> Reference:
        """Closed form in the eigenbasis: w = H⁻¹(Cλ + b), v = (ηH)⁻¹(w − target)."""
        inverse = 1 / self.eigenvalues
        solution = self._spectral(inverse, self.linear_term[None])[0]
        adjoint = self._spectral(inverse / self.step, (solution - self.target)[None])[0]
        hypergradient = self.step * (adjoint @ self.coupling) + self.outer_weight * self.hyper
        return Reference(solution, adjoint, hypergradient)

    @kept_property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = H⁻¹C, shape (d, m)."""
        inverse = 1 / self.eigenvalues
        return in_rows(self.coupling.T, lambda rows: self._spectral(inverse, rows)).T

    @kept_property
    def _norms(self) -> tuple[float, float]:
        """‖C‖ and ‖w'(λ)‖."""
        return spectral_norm(self.coupling), spectral_norm(self.solution_jacobian)

    def lipschitz(self) -> Lipschitz:
        """C1."""
        coupling_norm, jacobian_norm = self._norms
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=0.0,
            nu2=0.0,
            mu1=1.0,
            mu2=0.0,
            hyper_jacobian_norm=self.step * coupling_norm,
            solution_jacobian_norm=jacobian_norm,
        )

    @property
    def diagonalised(self) -> Quadratic:
        """The quadratic itself."""
        return self


@dataclass(frozen=True)
class _QuadraticLinearisation(SymmetricLinearisation):
    problem: Quadratic

    def __getitem__(self, rows: Rows) -> Self:
        return self

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem.state_product(adjoints)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return np.asarray(self.problem.step * row_products(adjoints, self.problem.coupling))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return np.asarray(self.problem.step * (tangents @ self.problem.coupling.T))


def spectrum(shape: str, contraction: float, size: int) -> FloatArray:
    """Eigenvalues of ∂₁Φ in [−q, q] with largest modulus exactly q, shape (d,).

    Args:
        shape: a key of ``hypergrad_core.scenario.SPECTRA``.
        contraction: q.
        size: d ≥ 2.
    """
    q = contraction
    unit = np.linspace(-1.0, 1.0, size)
    shapes: dict[str, Callable[[], FloatArray]] = {
        "even": lambda: q * unit,
        "clusters": lambda: q * np.where(unit < 0, -1.0, 1.0),
        # H is log-uniform between its smallest and its largest eigenvalue.
        # The ends are q and −q, which 1 − (1 − q) and 1 − (1 + q) are only to rounding.
        "log-uniform": lambda: np.concatenate(
            [[q], np.clip(1 - np.geomspace(1 - q, 1 + q, size)[1:-1], -q, q), [-q]]
        ),
        "near-plus": lambda: q * (0.95 + 0.05 * unit),
        "near-minus": lambda: -q * (0.95 + 0.05 * unit),
        # Extrema of a Chebyshev polynomial: where the CG bound is attained (Greenbaum).
        "chebyshev": lambda: q * np.cos(np.pi * np.arange(size) / (size - 1)),
    }
    return np.asarray(shapes[shape]())


def work(sizes: Sizes) -> ProblemWork:
    """In the eigenbasis, where a product with ∂₁Φ is one multiplication."""
    d, m = sizes.state_size, sizes.hyper_size
    turned = Cost(matrix=m * d * d) if d <= DENSE_TRANSFORM_SIZE else Cost(vector=FFT * m * d)
    setup = Cost(vector=(SLOW_FUNCTION + 6) * (m + 10) * d, calls=120, bytes=32.0 * d * (m + 6))
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=setup + turned + norm_cost(d, m) * 2,
        map=Cost(1, 3 * d, calls=5),
        linearise=Cost(calls=1),
        state_product=Cost(1, d, calls=1),
        pullback=Cost(1) + matrix_cost(d, m),
        tangent=Cost(1, d, d * m, 3),
        outer=Cost(vector=d + m, calls=3),
        symmetric=True,
        diagonal=True,
        contraction=sizes.contraction,
        clusters=2 if sizes.spectrum == "clusters" else d,
    )


def _normal(random: np.random.Generator, rows: int, columns: int) -> FloatArray:
    """Normal numbers / √rows, the same as drawn at once; a run can be stopped in between."""
    out = np.empty((rows, columns))
    at_once = max(1, BLOCK_FLOATS // columns)
    for start in range(0, rows, at_once):
        ask()
        part = out[start : start + at_once]
        part[...] = random.standard_normal(part.shape) / np.sqrt(rows)
    return out


def build(request: Request) -> Quadratic:
    """Synthetic data: Gaussian C, b and λ, eigenvectors by a signed cosine transform.

    H is scaled so that its smallest eigenvalue would be 1 at a = q, hence η = 1 − q: the size of
    w(λ) and of ∇f(λ) does not jump when q is dragged. The random draws do not depend on q.
    """
    size, hyper_size, q = request.size, request.hyper_size, request.contraction
    random = np.random.default_rng(request.seed)
    step = 1 - q
    problem = Quadratic(
        eigenvalues=(1 - spectrum(request.spectrum, q, size)) / step,
        basis=SignedCosineBasis(np.sign(random.random((2, size)) - 0.5)),
        coupling=_normal(random, size, hyper_size),
        offset=random.standard_normal(size) / np.sqrt(size),
        target=random.standard_normal(size) / np.sqrt(size),
        step=step,
        hyper=random.standard_normal(hyper_size) / np.sqrt(hyper_size),
        initial_state=np.zeros(size),
    )
    scale = TARGET_DISTANCE * float(np.linalg.norm(problem.reference.solution))
    return replace(problem, target=scale * problem.target)
