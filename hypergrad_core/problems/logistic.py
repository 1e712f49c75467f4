"""Logistic regression with one ℓ₂ penalty for each feature: the LR of the paper.

    w(λ) = argmin_w Σ_i softplus(−y_i x_iᵀw) + ½ Σ_j p_j w_j²,   p_j = λ_j or exp(λ_j),
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = Σ_i softplus(−y'_i x'_iᵀw) on validation data.

Sums, not means, as the paper writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import (
    SLOW_FUNCTION,
    Cost,
    ProblemWork,
    matrix_cost,
    norm_cost,
    upper_norm_cost,
)
from hypergrad_core.data import load, standardised
from hypergrad_core.data.table import Table
from hypergrad_core.errors import HypergradError
from hypergrad_core.linearisation import Linearisation, SymmetricLinearisation
from hypergrad_core.numerics import EXACT_NORM_SIZE, product, row_products
from hypergrad_core.problems.data_matrix import DataMatrix
from hypergrad_core.problems.gradient_step import NEWTON_EXPECTED, PenalisedStep
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import ALL_ZERO
from hypergrad_core.reference import Reference

# max |softplus'''|.
SOFTPLUS_THIRD = 1 / (6 * np.sqrt(3))


@dataclass(frozen=True, eq=False)
class Design(DataMatrix):
    """A data matrix with labels folded in: row i is −y_i x_i, so the loss is Σ softplus(row·w)."""

    @classmethod
    def from_data(cls, features: FloatArray, labels: FloatArray) -> Design:
        """From X of shape (n, d) and labels ±1 of shape (n,)."""
        return cls(np.ascontiguousarray(-labels[:, None] * features))


@dataclass(frozen=True, eq=False, kw_only=True)
class LogisticRegression(PenalisedStep):
    """Logistic regression at one λ of shape (d,).

    Attributes:
        train: training data.
        validation: validation data.
        logarithmic: whether the penalty is exp(λ_j) (any λ) or λ_j (λ > 0).
    """

    train: Design
    validation: Design
    logarithmic: bool = False

    def admits(self, hyper: FloatArray) -> bool:
        """Where the penalties are positive and finite."""
        with np.errstate(over="ignore", under="ignore"):
            penalty = np.exp(hyper) if self.logarithmic else hyper
        return super().admits(penalty) and bool((penalty > 0).all())

    @cached_property
    def penalty(self) -> FloatArray:
        """p, shape (d,)."""
        return np.exp(self.hyper) if self.logarithmic else self.hyper

    @cached_property
    def penalty_slope(self) -> FloatArray:
        """dp_j/dλ_j, shape (d,)."""
        return self.penalty if self.logarithmic else np.ones_like(self.hyper)

    @cached_property
    def curvature(self) -> tuple[float, float]:
        """Of a Hessian between diag p and XᵀX/4 + diag p."""
        high = self.train.norm**2 / 4 + float(self.penalty.max())
        return float(self.penalty.min()), high

    def inner_gradient(self, states: FloatArray) -> FloatArray:
        """Gradient of the inner objective for each row: (B, d) → (B, d)."""
        return _sigmoid(states @ self.train.columns) @ self.train.rows + self.penalty * states

    @property
    def gradient_scale(self) -> float:
        """‖X‖."""
        return self.train.norm

    def inner_objective(self, state: FloatArray) -> float:
        """The sum of the training losses, and the penalty."""
        loss = np.logaddexp(0, self.train.rows @ state).sum()
        return float(loss + 0.5 * (self.penalty * state) @ state)

    def inner_hessian(self, state: FloatArray) -> FloatArray:
        """Xᵀ diag(σ') X + diag p, shape (d, d)."""
        sigmoid = _sigmoid(self.train.rows @ state)
        weights = sigmoid * (1 - sigmoid)
        return product(self.train.columns * weights, self.train.rows) + np.diag(self.penalty)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η (Xᵀ diag(σ') X + diag p), ∂₂Φ = −η diag(p' ∘ w)."""
        return _LogisticLinearisation(
            self,
            self.step * self._curvatures(states),
            -self.step * self.penalty_slope * states,
        )

    def outer(self, states: FloatArray) -> FloatArray:
        """Sum of the validation losses."""
        return np.asarray(np.logaddexp(0, states @ self.validation.columns).sum(axis=1))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E."""
        sigmoid = _sigmoid(row_products(states, self.validation.columns))
        return row_products(sigmoid, self.validation.rows)

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """As for any problem, by what differs from w(λ): σ', and ∂₂Φ, which is diagonal."""
        solution = self.reference.solution[None]
        settled = self._curvatures(solution)
        inner = columns @ self.train.columns

        def drifts(states: FloatArray) -> FloatArray:
            change = self.step * (settled - self._curvatures(states))
            drift = (change[:, None] * inner) @ self.train.rows
            np.einsum("bjj->bj", drift)[...] -= self.step * self.penalty_slope * (states - solution)
            return np.asarray(drift)

        return drifts

    def _curvatures(self, states: FloatArray) -> FloatArray:
        """σ'(x_iᵀw) for each row: (B, d) → (B, n)."""
        sigmoid = _sigmoid(row_products(states, self.train.columns))
        return sigmoid * (1 - sigmoid)

    def solve(self) -> Reference:
        """Newton's method for w(λ), and a direct solve for v(λ)."""
        state = self.fixed_point()
        hessian = self.inner_hessian(state)
        gradient = self.outer_gradient_state(state[None])[0]
        adjoint = np.linalg.solve(hessian, gradient) / self.step
        return Reference(state, adjoint, -self.step * self.penalty_slope * state * adjoint)

    @property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = −(∇²g)⁻¹ diag(p' ∘ w), shape (d, d)."""
        solution = self.reference.solution
        slope = np.diag(self.penalty_slope * solution)
        return np.asarray(-np.linalg.solve(self.inner_hessian(solution), slope), dtype=np.float64)

    def lipschitz(self) -> Lipschitz:
        """C5."""
        coupling = self.penalty_slope * self.reference.solution
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=self.step * SOFTPLUS_THIRD * self.train.norm * self.train.cubic_norm,
            nu2=self.step * float(self.penalty_slope.max()),
            mu1=self.validation.norm**2 / 4,
            mu2=0.0,
            hyper_jacobian_norm=self.step * float(np.abs(coupling).max()),
            # |σ| ≤ 1 for every sample: ‖∇₁E‖ ≤ ‖X'‖ √n'.
            outer_gradient_cap=self.validation.norm * float(np.sqrt(len(self.validation.rows))),
        )


@dataclass(frozen=True)
class _LogisticLinearisation(SymmetricLinearisation):
    problem: LogisticRegression
    weights: FloatArray
    """η σ'(x_iᵀw), shape (B, n)."""
    scaled: FloatArray
    """−η p' ∘ w, shape (B, d)."""

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.weights[rows], self.scaled[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        train = self.problem.train
        inner = row_products(adjoints, train.columns)
        inner *= self.weights
        product = row_products(inner, train.rows)
        np.subtract(adjoints * (1 - self.problem.step * self.problem.penalty), product, out=product)
        return product

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return self.scaled * adjoints

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self.scaled * tangents


def _sigmoid(scores: FloatArray) -> FloatArray:
    """1/(1 + e^{−z}) without overflow and without loss of digits for very negative z."""
    small = np.exp(-np.abs(scores))
    return np.asarray(np.where(scores >= 0, 1.0, small) / (1 + small))


def work(sizes: Sizes) -> ProblemWork:
    """Products with X and its transpose; the Hessian is formed and solved by Newton's method."""
    d, n = sizes.state_size, sizes.samples
    newton = Cost(matrix=n * d * d + d**3 / 3, vector=6 * n * d + d * d, calls=60)
    setup = Cost(vector=3 * SLOW_FUNCTION * n * d, matrix=2.0 * n * n * d + d**3, calls=100)
    if n <= EXACT_NORM_SIZE:
        setup += Cost(matrix=1.5 * n**3 / 2)
    once = matrix_cost(d, n)
    both = Cost(vector=2 * SLOW_FUNCTION * n + 3 * d, calls=12) + once + once
    return ProblemWork(
        state_size=d,
        hyper_size=d,
        solution=newton * NEWTON_EXPECTED,
        setup=setup
        + newton * NEWTON_EXPECTED
        + norm_cost(n, d) * 2
        + norm_cost(d, d)
        + Cost(bytes=8.0 * (8 * n * d + 6 * d * d)),
        map=Cost(1, 2 * SLOW_FUNCTION * n + 4 * d, 2.0 * n * d, 10),
        linearise=Cost(vector=2 * SLOW_FUNCTION * n + 2 * d, calls=10) + once,
        state_product=Cost(1, 2 * d + n, calls=6) + once + once,
        pullback=Cost(1, d, calls=1),
        tangent=Cost(1, d, calls=1),
        outer=both,
        drift=Cost(matrix=n * d * d, vector=n * d + d * d, calls=12) + upper_norm_cost(d, d),
        symmetric=True,
        contraction=sizes.contraction,
        clusters=min(d, n + 1),
    )


def build(request: Request) -> LogisticRegression:
    """Equal penalties for which the gradient step contracts with exactly the wanted q.

    With p_j = p and η = 2/(L + μ), q = (κ − 1)/(κ + 1) for κ = L/μ = (‖X‖²/4 + p)/p.
    """
    return _build(request, logarithmic=False)


def build_logarithmic(request: Request) -> LogisticRegression:
    """The same with λ = log p."""
    return _build(request, logarithmic=True)


def _build(request: Request, logarithmic: bool) -> LogisticRegression:
    q = request.contraction
    train, validation = _designs(request.data, request.samples, request.size, request.seed)
    curvature = train.norm**2 / 4
    if curvature == 0:
        raise HypergradError(ALL_ZERO)
    # κ = (1 + q)/(1 − q) = (curvature + p)/p.
    penalty = curvature * (1 - q) / (2 * q)
    hyper = np.full(train.rows.shape[1], np.log(penalty) if logarithmic else penalty)
    return LogisticRegression(
        train=train,
        validation=validation,
        step=2 / (curvature + 2 * penalty),
        hyper=hyper,
        initial_state=np.zeros(hyper.size),
        logarithmic=logarithmic,
    )


@lru_cache(maxsize=8)
def _designs(data: str | Table, samples: int, size: int, seed: int) -> tuple[Design, Design]:
    """Training and validation data, standardised and scaled to rows of length about 1."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        truth = random.standard_normal(size)
        features = random.standard_normal((2 * samples, size))
        noise = 0.5 * np.sqrt(size) * random.standard_normal(2 * samples)
        labels = np.where(features @ truth + noise >= 0, 1.0, -1.0)
    else:
        features, target = load(data)
        features = standardised(features)
        labels = np.where(target > target.min(), 1.0, -1.0)
        order = random.permutation(len(labels))
        features, labels = features[order], labels[order]
    features = features / np.sqrt(features.shape[1])
    half = len(labels) // 2
    return (
        Design.from_data(features[:half], labels[:half]),
        Design.from_data(features[half:], labels[half:]),
    )
