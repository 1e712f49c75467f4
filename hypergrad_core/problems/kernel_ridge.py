"""Kernel ridge regression with one width for each feature: the KRR of the paper.

    w(λ) = argmin_w ½ wᵀ(K + βI)w − wᵀy,   K_ij = exp(−Σ_l γ_l (x_il − x_jl)²),   λ = (β, γ),
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = ½ ‖y' − K'w‖²,   K' the same between validation rows and x.

The state has an entry for each training row: d = n; X has p features and m = p + 1. E depends on γ
directly. Φ is affine in w, with ∂₁Φ = I − η(K + βI) symmetric; with H_l = ∂K/∂γ_l,

    ∂₂Φ = −η [w, H_1 w, …, H_p w],   ∇₁E = K'ᵀr,   ∇₂E = (0, rᵀH'_1w, …, rᵀH'_pw),   r = K'w − y'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import (
    SLOW_FUNCTION,
    Cost,
    ProblemWork,
    norm_cost,
    upper_norm_cost,
)
from hypergrad_core.data.table import Table
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_dots, spectral_norm
from hypergrad_core.problems.gradient_step import RidgeLinearisation, RidgeStep
from hypergrad_core.problems.kernels import KEPT_FLOATS as KEPT_SLOPES
from hypergrad_core.problems.kernels import STACK_FLOATS, Kernel
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import LeastSquares, shuffled, weight_and_step
from hypergrad_core.problems.wrapped import LogarithmicProblem
from hypergrad_core.reference import Reference

# exp(−Σ γ (x − x')²) is about e^{−2·WIDTH} between two typical rows.
WIDTH = 0.5
NOISE = 0.1
# Of K, about.
LARGE_EIGENVALUES = 40


@dataclass(frozen=True, eq=False, kw_only=True)
class KernelRidge(RidgeStep):
    """Kernel ridge regression at one λ.

    Attributes:
        hyper: λ = (β, γ_1, …, γ_p), which follows from the others, shape (p + 1,).
        train: K, the kernel between the rows of X, of widths γ ≥ 0.
        validation: K', that between validation rows and X, of the same widths.
        targets: y, shape (n,).
        validation_targets: y', shape (n',).
    """

    hyper: FloatArray = field(init=False)
    train: Kernel
    validation: Kernel
    targets: FloatArray
    validation_targets: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "hyper", np.concatenate([[self.weight], self.train.widths]))

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (p + 1,). Steps and start are kept."""
        train, validation = (
            replace(kernel, widths=hyper[1:]) for kernel in (self.train, self.validation)
        )
        return replace(self, weight=float(hyper[0]), train=train, validation=validation)

    def admits(self, hyper: FloatArray) -> bool:
        """Where β > 0 and γ ≥ 0."""
        return super().admits(hyper) and bool(hyper[0] > 0 and (hyper[1:] >= 0).all())

    @property
    def spectrum(self) -> tuple[float, float]:
        """Of K."""
        return self.train.spectrum

    @property
    def linear_term(self) -> FloatArray:
        """y."""
        return self.targets

    @cached_property
    def outside(self) -> LeastSquares:
        """½ ‖K'w − y'‖²."""
        return LeastSquares(self.validation.values, self.validation_targets)

    def gram_product(self, block: FloatArray) -> FloatArray:
        """Ku for each row u."""
        return np.asarray(block @ self.train.values)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η(K + βI) and ∂₂Φ = −η [w, H_1 w, …], whose columns are not formed."""
        return _KernelLinearisation(
            self, states, np.arange(len(states)), _Moved(self.train, states)
        )

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """As for any problem: ∂₁Φ is the same at each w, and ∂₂Φ linear in w."""

        def drifts(states: FloatArray) -> FloatArray:
            gap = states - self.reference.solution
            return -self.step * np.concatenate([gap[:, None], -self.train.moved(gap)], axis=1)

        return drifts

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = (0, rᵀH'_1 w, …, rᵀH'_p w)."""
        gradient = np.zeros((len(states), self.hyper_size))
        gradient[:, 1:] = -self.validation.forms(self.outside.residuals(states), states)
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
        shifted = self.train.values + self.weight * np.eye(self.state_size)
        return np.asarray(np.linalg.solve(shifted, right), dtype=np.float64)

    def solve(self) -> Reference:
        """Two direct solves, and ∇f from the H_l themselves."""
        solution = self._shifted_solve(self.targets)
        residual = self.validation.values @ solution - self.validation_targets
        # u = ηv, which does not depend on the step.
        adjoint = self._shifted_solve(residual @ self.validation.values)
        hypergradient = self._direct(residual, solution) - self._moved(solution) @ adjoint
        return Reference(solution, adjoint / self.step, hypergradient)

    @property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = −(K + βI)⁻¹ ∂(K + βI)w/∂λ, shape (n, m)."""
        return -self._shifted_solve(self._moved(self.reference.solution).T)

    def lipschitz(self) -> Lipschitz:
        """C4, with exact norms but for the two of stacks (ν₂, μ₂₁)."""
        solution = self.reference.solution
        residual = self.outside.residuals(solution[None])[0]
        # d(H'_lᵀr) + K'ᵀd(…): the derivative of ∇₂E at w(λ), up to its sign.
        outer_slopes = np.array(
            [
                residual @ slope + (slope @ solution) @ self.validation.values
                for slope in self.validation.slopes()
            ]
        )
        # ∂(K + βI)/∂β = I joins the others.
        curvature = np.hypot(1, self.train.slope_norm)
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=0.0,
            nu2=self.step * float(curvature),
            mu1=self.validation.norm**2,
            mu2=spectral_norm(outer_slopes),
            mu2_slope=self.validation.norm * self.validation.slope_norm,
            hyper_jacobian_norm=self.step * spectral_norm(self._moved(solution)),
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


@dataclass(frozen=True)
class _KernelLinearisation(RidgeLinearisation):
    problem: KernelRidge
    states: FloatArray
    """w, shape (B, n)."""
    index: IntArray
    """Which states of the block they are, shape (B,)."""
    moved: _Moved

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.states[rows], self.index[rows], self.moved)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        product = np.empty((len(adjoints), problem.hyper_size))
        product[:, 0] = -row_dots(adjoints, np.broadcast_to(self.states, adjoints.shape))
        if len(self.states) == 1:
            product[:, 1:] = adjoints @ self.moved.at(int(self.index[0])).T
        else:
            product[:, 1:] = problem.train.forms(adjoints, self.states)
        product *= problem.step
        return product

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem, widths = self.problem, tangents[:, 1:]
        if len(self.states) == 1:
            moved = widths @ self.moved.at(int(self.index[0]))
        else:
            moved = np.empty_like(self.states)
            for start in range(0, len(moved), problem.train.rows_at_once):
                ask()
                part = slice(start, start + problem.train.rows_at_once)
                products = problem.train.moved(self.states[part])
                moved[part] = (widths[part, None] @ products)[:, 0]
        return np.asarray(problem.step * (moved - tangents[:, :1] * self.states))


def work(sizes: Sizes) -> ProblemWork:
    """Products with K, and with a slope H_l for each of m − 1 features: m d² numbers."""
    d, m = sizes.state_size, max(sizes.hyper_size, 2)
    slopes = float(m * d * d)
    # A few passes over all slopes, formed each time where they are too many to be kept.
    setup = Cost(vector=14 * slopes + SLOW_FUNCTION * 4 * d * (d + m), matrix=3 * d**3, calls=200)
    setup += Cost(vector=8 * slopes, calls=20 * m) + norm_cost(m, d) * 3 + norm_cost(d, d) * 2
    if slopes <= STACK_FLOATS:
        setup += Cost(matrix=2 * slopes * (d + m) + 3 * (d**3 + m**3))
    kept = slopes <= KEPT_SLOPES
    moved = slopes if kept else 3 * slopes
    product = Cost(1, 3 * d, d * d, 6)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=setup + Cost(bytes=8.0 * (12 * d * d + (3 * slopes if kept else 4 * d * m))),
        map=Cost(1, 5 * d, d * d, 9),
        linearise=Cost(calls=2),
        state_product=product,
        pullback=Cost(1, 2.0 * m * d, moved, 12),
        tangent=Cost(1, 2.0 * m * d, moved, 12),
        outer=Cost(vector=2.0 * m * d, matrix=4.0 * d * d + moved, calls=14),
        alone=Cost(matrix=moved, vector=2.0 * m * d, calls=4),
        drift=Cost(vector=3.0 * m * d, matrix=moved, calls=6) + upper_norm_cost(m, d),
        symmetric=True,
        contraction=sizes.contraction,
        # Eigenvalues of K fall fast.
        clusters=min(d, LARGE_EIGENVALUES),
    )


def build(request: Request) -> KernelRidge:
    """Random widths γ, then β and η for which the step contracts with exactly the wanted q.

    ``size`` is n, the number of training rows of synthetic data, and ``hyper_size`` is m = p + 1
    (at least 2: one feature). Other data fix both. Where K is too well conditioned for a q near 1,
    which takes few rows, the step is shortened (``ridge.weight_and_step``).
    """
    (train, validation), targets, validation_targets = _data(
        request.data, request.size, max(request.hyper_size - 1, 1), request.seed
    )
    weight, step = weight_and_step(train.spectrum, request.contraction)
    return KernelRidge(
        train=train,
        validation=validation,
        targets=targets,
        validation_targets=validation_targets,
        weight=weight,
        step=step,
        initial_state=np.zeros(len(targets)),
    )


def build_logarithmic(request: Request) -> LogarithmicProblem:
    """The same with λ = (log β, log γ)."""
    return LogarithmicProblem(original=build(request))


@lru_cache(maxsize=8)
def _data(
    data: str | Table, size: int, features: int, seed: int
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
        rows, targets = shuffled(data, random)
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
