"""Quadratic inner problem with a prescribed spectrum.

    w(λ) = argmin_w ½ wᵀHw − wᵀ(Cλ + b),   Φ(w, λ) = w − η (Hw − Cλ − b),
    E(w, λ) = ½ ‖w − target‖² + ½ ρ ‖λ‖².

Φ is affine with ∂₁Φ = I − ηH symmetric and ∂₂Φ = ηC constant, so ν₁ = ν₂ = 0, and reverse ITD
after t steps equals AID with t fixed-point steps at w_t exactly. Constants: C1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.basis import Basis, IdentityBasis, SignedCosineBasis
from hypergrad_core.constants import Constants
from hypergrad_core.numerics import row_products, spectral_norm
from hypergrad_core.problem import Linearisation, Problem, Reference
from hypergrad_core.problems.request import Request

# ‖target‖ ÷ ‖w(λ)‖ for synthetic data. A far target makes ∇₁E nearly constant (G ≫ μ₁D): what the
# adjoint solver leaves then dwarfs what w_t leaves, and the solvers can be told apart.
TARGET_DISTANCE = 1000.0


class Quadratic(Problem):
    """The quadratic problem at one λ.

    Args:
        eigenvalues: of H, positive, shape (d,).
        basis: the eigenvectors of H, as an operator.
        coupling: C, shape (d, m).
        offset: b, shape (d,).
        target: shape (d,).
        step: η > 0.
        hyper: λ, shape (m,).
        outer_weight: ρ ≥ 0.
        initial_state: w_0, shape (d,); 0 if not given.
    """

    symmetric = True
    affine = True

    def __init__(
        self,
        *,
        eigenvalues: FloatArray,
        basis: Basis,
        coupling: FloatArray,
        offset: FloatArray,
        target: FloatArray,
        step: float,
        hyper: FloatArray,
        outer_weight: float = 0.0,
        initial_state: FloatArray | None = None,
    ) -> None:
        self.eigenvalues = eigenvalues
        self.basis = basis
        self.coupling = coupling
        self.offset = offset
        self.target = target
        self.step = step
        self.hyper = hyper
        self.outer_weight = outer_weight
        self.initial_state = np.zeros(eigenvalues.size) if initial_state is None else initial_state

    def _with(
        self,
        *,
        basis: Basis | None = None,
        coupling: FloatArray | None = None,
        offset: FloatArray | None = None,
        target: FloatArray | None = None,
        hyper: FloatArray | None = None,
        initial_state: FloatArray | None = None,
    ) -> Self:
        return type(self)(
            eigenvalues=self.eigenvalues,
            basis=self.basis if basis is None else basis,
            coupling=self.coupling if coupling is None else coupling,
            offset=self.offset if offset is None else offset,
            target=self.target if target is None else target,
            step=self.step,
            hyper=self.hyper if hyper is None else hyper,
            outer_weight=self.outer_weight,
            initial_state=self.initial_state if initial_state is None else initial_state,
        )

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (m,). Steps and start are kept."""
        return self._with(hyper=hyper)

    def canonical(self) -> Self:
        """The same problem in the eigenbasis of H, where a product is one multiplication."""
        if isinstance(self.basis, IdentityBasis):
            return self
        rotate = self.basis.to_eigen
        return self._with(
            basis=IdentityBasis(),
            coupling=rotate(self.coupling.T).T,
            offset=rotate(self.offset[None])[0],
            target=rotate(self.target[None])[0],
            initial_state=rotate(self.initial_state[None])[0],
        )

    @cached_property
    def linear_term(self) -> FloatArray:
        """Cλ + b, shape (d,)."""
        return self.coupling @ self.hyper + self.offset

    def _spectral(self, values: FloatArray, block: FloatArray) -> FloatArray:
        """U diag(values) Uᵀ w for each row."""
        return self.basis.from_eigen(self.basis.to_eigen(block) * values)

    @cached_property
    def map_eigenvalues(self) -> FloatArray:
        """Eigenvalues a_i = 1 − η h_i of ∂₁Φ, shape (d,)."""
        return np.asarray(1 - self.step * self.eigenvalues)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) = (I − ηH) w + η (Cλ + b)."""
        return self._spectral(self.map_eigenvalues, states) + self.step * self.linear_term

    def linearise(self, states: FloatArray) -> Linearisation:
        """The same at every state, because Φ is affine."""
        return _QuadraticLinearisation(self)

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖w − target‖² + ½ ρ ‖λ‖²."""
        gap = states - self.target
        direct = self.outer_weight * float(self.hyper @ self.hyper)
        return np.asarray(0.5 * (np.einsum("bi,bi->b", gap, gap) + direct))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E = w − target."""
        return states - self.target

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = ρλ, the same for every row."""
        return np.broadcast_to(self.outer_weight * self.hyper, (len(states), self.hyper_size))

    def _solve(self) -> Reference:
        """Closed form in the eigenbasis: w = H⁻¹(Cλ + b), v = (ηH)⁻¹(w − target)."""
        inverse = 1 / self.eigenvalues
        solution = self._spectral(inverse, self.linear_term[None])[0]
        adjoint = self._spectral(inverse / self.step, (solution - self.target)[None])[0]
        hypergradient = self.step * (adjoint @ self.coupling) + self.outer_weight * self.hyper
        return Reference(solution, adjoint, hypergradient)

    @cached_property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = H⁻¹C, shape (d, m)."""
        return self._spectral(1 / self.eigenvalues, self.coupling.T).T

    def _measure_constants(self) -> Constants:
        truth = self.reference
        contraction = float(np.abs(self.map_eigenvalues).max())
        outer_gradient_norm = float(np.linalg.norm(truth.solution - self.target))
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        return Constants(
            contraction=contraction,
            condition_number=float(self.eigenvalues.max() / self.eigenvalues.min()),
            nu1=0.0,
            nu2=0.0,
            mu1=1.0,
            mu2=0.0,
            outer_gradient_bound=outer_gradient_norm + distance,
            hyper_jacobian_norm=self.step * spectral_norm(self.coupling),
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=spectral_norm(self.solution_jacobian),
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=self.outer_weight * float(np.linalg.norm(self.hyper)),
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
        )

    @property
    def diagonalised(self) -> Quadratic:
        """The quadratic itself."""
        return self


@dataclass
class _QuadraticLinearisation(Linearisation):
    problem: Quadratic

    def _take(self, rows: Rows) -> Self:
        return self

    def _vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem._spectral(self.problem.map_eigenvalues, adjoints)

    def _jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_state(tangents)

    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return np.asarray(self.problem.step * row_products(adjoints, self.problem.coupling))

    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray:
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
        coupling=random.standard_normal((size, hyper_size)) / np.sqrt(size),
        offset=random.standard_normal(size) / np.sqrt(size),
        target=random.standard_normal(size) / np.sqrt(size),
        step=step,
        hyper=random.standard_normal(hyper_size) / np.sqrt(hyper_size),
    )
    scale = TARGET_DISTANCE * float(np.linalg.norm(problem.reference.solution))
    return problem._with(target=scale * problem.target)
