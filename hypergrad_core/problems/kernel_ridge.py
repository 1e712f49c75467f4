"""Kernel ridge regression with one width for each feature: the KRR of the paper.

    w(λ) = argmin_w ½ wᵀ(K + βI)w − wᵀy,   K_ij = exp(−Σ_l γ_l (x_il − x_jl)²),   λ = (β, γ),
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = ½ ‖y' − K'w‖²,   K' the same between validation rows and x.

The state has an entry for each training row: d = n; X has p features and m = p + 1. E depends on γ
directly. Φ is affine in w, with ∂₁Φ = I − η(K + βI) symmetric; with H_l = ∂K/∂γ_l,

    ∂₂Φ = −η [w, H_1 w, …, H_p w],   ∇₁E = K'ᵀr,   ∇₂E = (0, rᵀH'_1w, …, rᵀH'_pw),   r = K'w − y'.

Constants: C4 with its kernel exp(−½ Σ e^θ (·)²) replaced by this one, so that H_l = −Δ_l ∘ K with
Δ_l the squared differences and no factor ½e^θ; with ∂(K + βI)/∂β = I, no factor e^θ; and with 1/m
replaced by 1, because E is a sum. ∇₂E is quadratic in w, so that μ₂ compares with w(λ) only:
μ₂ = μ₂₀ + μ₂₁D, where μ₂₀ is the exact norm of the derivative of ∇₂E at w(λ), which is not above
the sum of two products that C4 has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.constants import Constants
from hypergrad_core.data import load
from hypergrad_core.numerics import row_dots, spectral_norm
from hypergrad_core.problem import Linearisation, Problem, Reference
from hypergrad_core.problems.kernels import Kernel
from hypergrad_core.problems.request import Request
from hypergrad_core.problems.ridge import standardised, weight_and_step

# exp(−Σ γ (x − x')²) is about e^{−2·WIDTH} between two typical rows.
WIDTH = 0.5
NOISE = 0.1


class KernelRidge(Problem):
    """Kernel ridge regression at one λ.

    Attributes:
        affine: Φ is affine in w.

    Args:
        features: X, shape (n, p).
        targets: y, shape (n,).
        validation_features: shape (n', p).
        validation_targets: y', shape (n',).
        step: η > 0.
        hyper: λ = (β, γ_1, …, γ_p) with β > 0 and γ ≥ 0, shape (p + 1,).
        initial_state: w_0, shape (n,); 0 if not given.
        kernels: K and K' of these rows and widths, if they are there already.
    """

    symmetric = True
    affine = True

    def __init__(
        self,
        *,
        features: FloatArray,
        targets: FloatArray,
        validation_features: FloatArray,
        validation_targets: FloatArray,
        step: float,
        hyper: FloatArray,
        initial_state: FloatArray | None = None,
        kernels: tuple[Kernel, Kernel] | None = None,
    ) -> None:
        self.train, self.validation = kernels or (
            Kernel(features, features, hyper[1:]),
            Kernel(validation_features, features, hyper[1:]),
        )
        self.features = features
        self.targets = targets
        self.validation_features = validation_features
        self.validation_targets = validation_targets
        self.step = step
        self.hyper = hyper
        self.initial_state = np.zeros(len(targets)) if initial_state is None else initial_state

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (p + 1,). Steps and start are kept."""
        return type(self)(
            features=self.features,
            targets=self.targets,
            validation_features=self.validation_features,
            validation_targets=self.validation_targets,
            step=self.step,
            hyper=hyper,
            initial_state=self.initial_state,
        )

    @property
    def weight(self) -> float:
        """β."""
        return float(self.hyper[0])

    @property
    def kernel(self) -> FloatArray:
        """K, shape (n, n)."""
        return self.train.values

    @property
    def validation_kernel(self) -> FloatArray:
        """K', shape (n', n)."""
        return self.validation.values

    def _state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − η (Ku + βu) for each row: (B, n) → (B, n)."""
        product = block @ self.kernel
        product *= -self.step
        product += (1 - self.step * self.weight) * block
        return np.asarray(product)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        return self._state_product(states) + self.step * self.targets

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η(K + βI) and ∂₂Φ = −η [w, H_1 w, …], whose columns are not formed."""
        return _KernelLinearisation(
            self, states, np.arange(len(states)), _Moved(self.train, states)
        )

    def _validation_residuals(self, states: FloatArray) -> FloatArray:
        return np.asarray(states @ self.validation_kernel.T - self.validation_targets)

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖K'w − y'‖²."""
        residuals = self._validation_residuals(states)
        return 0.5 * row_dots(residuals, residuals)

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """As for any problem: ∂₁Φ is the same at each w, and ∂₂Φ linear in w."""

        def drifts(states: FloatArray) -> FloatArray:
            gap = states - self.reference.solution
            return -self.step * np.concatenate([gap[:, None], -self.train.moved(gap)], axis=1)

        return drifts

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E = K'ᵀr."""
        return np.asarray(self._validation_residuals(states) @ self.validation_kernel)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = (0, rᵀH'_1 w, …, rᵀH'_p w)."""
        gradient = np.zeros((len(states), self.hyper_size))
        gradient[:, 1:] = -self.validation.forms(self._validation_residuals(states), states)
        return gradient

    def _moved(self, state: FloatArray) -> FloatArray:
        """∂/∂λ of (K + βI)w at fixed w: the rows w, H_1 w, …, H_p w, shape (m, n)."""
        return np.array([state, *(-slope @ state for slope in self.train.slopes())])

    def _direct(self, residual: FloatArray, state: FloatArray) -> FloatArray:
        """∇₂E from the H'_l themselves, shape (m,)."""
        slopes = [-(residual @ slope) @ state for slope in self.validation.slopes()]
        return np.array([0.0, *slopes])

    def _shifted_solve(self, right: FloatArray) -> FloatArray:
        """(K + βI)⁻¹ times a vector or a matrix, (n,) or (n, c), by elimination."""
        shifted = self.kernel + self.weight * np.eye(self.state_size)
        return np.asarray(np.linalg.solve(shifted, right), dtype=np.float64)

    def _solve(self) -> Reference:
        """Two direct solves, and ∇f from the H_l themselves."""
        solution = self._shifted_solve(self.targets)
        residual = self.validation_kernel @ solution - self.validation_targets
        # u = ηv, which does not depend on the step.
        adjoint = self._shifted_solve(residual @ self.validation_kernel)
        hypergradient = self._direct(residual, solution) - self._moved(solution) @ adjoint
        return Reference(solution, adjoint / self.step, hypergradient)

    def _measure_constants(self) -> Constants:
        """C4 for this parametrisation, with exact norms but for the two of stacks (ν₂, μ₂₁)."""
        truth = self.reference
        eigenvalues = self.train.eigenvalues + self.weight
        low, high = float(eigenvalues[0]), float(eigenvalues[-1])
        contraction = max(abs(1 - self.step * low), abs(1 - self.step * high))
        kernel_norm = self.validation.norm
        mu1 = kernel_norm**2
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        residual = self._validation_residuals(truth.solution[None])[0]
        outer_gradient_norm = float(np.linalg.norm(residual @ self.validation_kernel))
        moved = self._moved(truth.solution)
        hyper_jacobian_norm = self.step * spectral_norm(moved)
        jacobian = self._shifted_solve(moved.T)
        # d(H'_lᵀr) + K'ᵀd(…): the derivative of ∇₂E at w(λ), up to its sign.
        outer_slopes = np.array(
            [
                residual @ slope + (slope @ truth.solution) @ self.validation_kernel
                for slope in self.validation.slopes()
            ]
        )
        outer_curvature = kernel_norm * self.validation.slope_norm
        # ∂(K + βI)/∂β = I joins the others.
        curvature = np.hypot(1, self.train.slope_norm)
        return Constants(
            contraction=contraction,
            condition_number=high / low,
            nu1=0.0,
            nu2=self.step * float(curvature),
            mu1=mu1,
            mu2=spectral_norm(outer_slopes) + outer_curvature * distance,
            outer_gradient_bound=outer_gradient_norm + mu1 * distance,
            hyper_jacobian_norm=hyper_jacobian_norm,
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=min(
                spectral_norm(jacobian), hyper_jacobian_norm / (1 - contraction)
            ),
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=float(np.linalg.norm(self._direct(residual, truth.solution))),
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
        )


class _Moved:
    """−H_l w for the states of a block, which a method that goes through them takes one by one.

    They are formed for many neighbours in one product of matrices, and the last such chunk is kept.
    """

    def __init__(self, kernel: Kernel, states: FloatArray) -> None:
        self._kernel = kernel
        self._states = states
        self._start = 0
        self._chunk = np.empty((0, 0, 0))

    def at(self, index: int) -> FloatArray:
        """Its rows for l = 1 … p, shape (p, n)."""
        if not 0 <= index - self._start < len(self._chunk):
            size = self._kernel.rows_at_once
            self._start = index // size * size
            self._chunk = self._kernel.moved(self._states[self._start : self._start + size])
        return np.asarray(self._chunk[index - self._start])


@dataclass
class _KernelLinearisation(Linearisation):
    problem: KernelRidge
    states: FloatArray
    """w, shape (B, n)."""
    index: IntArray
    """Which states of the block they are, shape (B,)."""
    moved: _Moved

    def _take(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.states[rows], self.index[rows], self.moved)

    def _vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem._state_product(adjoints)

    def _jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_state(tangents)

    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        product = np.empty((len(adjoints), problem.hyper_size))
        product[:, 0] = -row_dots(adjoints, np.broadcast_to(self.states, adjoints.shape))
        if len(self.states) == 1:
            product[:, 1:] = adjoints @ self.moved.at(int(self.index[0])).T
        else:
            product[:, 1:] = problem.train.forms(adjoints, self.states)
        product *= problem.step
        return product

    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem, widths = self.problem, tangents[:, 1:]
        if len(self.states) == 1:
            moved = widths @ self.moved.at(int(self.index[0]))
        else:
            moved = np.empty_like(self.states)
            for start in range(0, len(moved), problem.train.rows_at_once):
                part = slice(start, start + problem.train.rows_at_once)
                products = problem.train.moved(self.states[part])
                moved[part] = (widths[part, None] @ products)[:, 0]
        return np.asarray(problem.step * (moved - tangents[:, :1] * self.states))


def build(request: Request) -> KernelRidge:
    """Random widths γ, then β and η for which the step contracts with exactly the wanted q.

    ``size`` is n, the number of training rows of synthetic data, and ``hyper_size`` is m = p + 1
    (at least 2: one feature). Diabetes fixes both. Where K is too well conditioned for a q near 1,
    which takes few rows, the step is shortened (``ridge.weight_and_step``).
    """
    (train, validation), targets, validation_targets = _data(
        request.data, request.size, max(request.hyper_size - 1, 1), request.seed
    )
    spectrum = (float(train.eigenvalues[0]), float(train.eigenvalues[-1]))
    weight, step = weight_and_step(spectrum, request.contraction)
    return KernelRidge(
        features=train.left,
        targets=targets,
        validation_features=validation.left,
        validation_targets=validation_targets,
        step=step,
        hyper=np.concatenate([[weight], train.widths]),
        kernels=(train, validation),
    )


@lru_cache(maxsize=8)
def _data(
    data: str, size: int, features: int, seed: int
) -> tuple[tuple[Kernel, Kernel], FloatArray, FloatArray]:
    """K and K' of X, X' and γ, then y and y'.

    Targets are divided by √n, so that sums of their squares are means.
    """
    random = np.random.default_rng(seed)
    if data == "synthetic":
        rows = random.standard_normal((2 * size, features))
        direction = random.standard_normal(features) / np.sqrt(features)
        targets = np.sin(2 * rows @ direction) + NOISE * random.standard_normal(2 * size)
    else:
        rows, targets = load(data)
        rows, targets = standardised(rows), standardised(targets[:, None])[:, 0]
        order = random.permutation(len(targets))
        rows, targets = rows[order], targets[order]
    half = len(targets) // 2
    targets = targets / np.sqrt(half)
    count = rows.shape[1]
    widths = WIDTH / count * random.uniform(0.5, 1.5, count)
    train, validation = slice(half), slice(half, 2 * half)
    kernels = (
        Kernel(rows[train], rows[train], widths),
        Kernel(rows[validation], rows[train], widths),
    )
    return kernels, targets[train], targets[validation]
