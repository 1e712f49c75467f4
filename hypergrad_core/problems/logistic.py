"""Logistic regression with one ℓ₂ penalty for each feature: the LR of the paper.

    w(λ) = argmin_w Σ_i softplus(−y_i x_iᵀw) + ½ Σ_j p_j w_j²,   p_j = λ_j or exp(λ_j),
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = Σ_i softplus(−y'_i x'_iᵀw) on validation data.

Sums, not means, as the paper writes them. Constants: C5 with N replaced by 1, re-derived
because each factor 1/N there comes from the mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Constants
from hypergrad_core.data import load
from hypergrad_core.numerics import EXACT_NORM_SIZE, row_products, spectral_norm
from hypergrad_core.problem import Linearisation, Problem, Reference
from hypergrad_core.problems.request import Request

# max |softplus'''|.
SOFTPLUS_THIRD = 1 / (6 * np.sqrt(3))
NEWTON_STEPS = 60


@dataclass(frozen=True, eq=False)
class Design:
    """A data matrix with labels folded in: row i is −y_i x_i, so the loss is Σ softplus(row·w).

    Attributes:
        rows: shape (n, d).
    """

    rows: FloatArray

    @classmethod
    def from_data(cls, features: FloatArray, labels: FloatArray) -> Design:
        """From X of shape (n, d) and labels ±1 of shape (n,)."""
        return cls(np.ascontiguousarray(-labels[:, None] * features))

    @cached_property
    def columns(self) -> FloatArray:
        """The transpose, contiguous, shape (d, n)."""
        return np.ascontiguousarray(self.rows.T)

    @cached_property
    def norm(self) -> float:
        """‖X‖₂."""
        return spectral_norm(self.rows)

    @cached_property
    def cubic_norm(self) -> float:
        """Upper bound of λ_max((XXᵀ) ∘ (XXᵀ))^½, which bounds (Σ_i (x_iᵀu)⁴)^½ for ‖u‖ = 1."""
        squares = (self.rows @ self.rows.T) ** 2
        if len(squares) <= EXACT_NORM_SIZE:
            return float(np.sqrt(np.linalg.eigvalsh(squares)[-1]))
        # Entries are not negative: the largest row sum bounds the largest eigenvalue.
        return float(np.sqrt(squares.sum(axis=1).max()))


class LogisticRegression(Problem):
    """Logistic regression at one λ.

    Args:
        train: training data.
        validation: validation data.
        step: η > 0.
        hyper: λ, shape (d,).
        logarithmic: whether the penalty is exp(λ_j) (any λ) or λ_j (λ > 0).
        initial_state: w_0, shape (d,); 0 if not given.
    """

    symmetric = True

    def __init__(
        self,
        *,
        train: Design,
        validation: Design,
        step: float,
        hyper: FloatArray,
        logarithmic: bool = False,
        initial_state: FloatArray | None = None,
    ) -> None:
        self.train = train
        self.validation = validation
        self.step = step
        self.hyper = hyper
        self.logarithmic = logarithmic
        self.initial_state = np.zeros(hyper.size) if initial_state is None else initial_state

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (d,). Steps and start are kept."""
        return type(self)(
            train=self.train,
            validation=self.validation,
            step=self.step,
            hyper=hyper,
            logarithmic=self.logarithmic,
            initial_state=self.initial_state,
        )

    @cached_property
    def penalty(self) -> FloatArray:
        """p, shape (d,)."""
        return np.exp(self.hyper) if self.logarithmic else self.hyper

    @cached_property
    def penalty_slope(self) -> FloatArray:
        """dp_j/dλ_j, shape (d,)."""
        return self.penalty if self.logarithmic else np.ones_like(self.hyper)

    def inner_gradient(self, states: FloatArray) -> FloatArray:
        """Gradient of the inner objective for each row: (B, d) → (B, d)."""
        return _sigmoid(states @ self.train.columns) @ self.train.rows + self.penalty * states

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        return states - self.step * self.inner_gradient(states)

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

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = 0: the validation loss does not see λ."""
        return np.zeros((len(states), self.hyper_size))

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

    def _hessian(self, state: FloatArray) -> FloatArray:
        sigmoid = _sigmoid(self.train.rows @ state)
        weights = sigmoid * (1 - sigmoid)
        return (self.train.columns * weights) @ self.train.rows + np.diag(self.penalty)

    def _solve(self) -> Reference:
        """Newton's method with a direct solve, until the gradient stops falling."""
        state = self.initial_state
        best = np.inf
        for _ in range(NEWTON_STEPS):
            gradient = self.inner_gradient(state[None])[0]
            size = float(np.linalg.norm(gradient))
            if size >= 0.5 * best and best < 1e-6 * self.train.norm:
                break
            best = min(best, size)
            state = self._newton_step(state, gradient)
        hessian = self._hessian(state)
        gradient = self.outer_gradient_state(state[None])[0]
        adjoint = np.linalg.solve(hessian, gradient) / self.step
        return Reference(state, adjoint, -self.step * self.penalty_slope * state * adjoint)

    def _newton_step(self, state: FloatArray, gradient: FloatArray) -> FloatArray:
        """A full step, halved while it does not lower the objective (far from the solution)."""
        direction = np.linalg.solve(self._hessian(state), gradient)
        length, here = 1.0, self._inner_objective(state)
        while length > 1e-3 and self._inner_objective(state - length * direction) > here * (
            1 + 1e-12
        ):
            length /= 2
        return np.asarray(state - length * direction)

    def _inner_objective(self, state: FloatArray) -> float:
        loss = np.logaddexp(0, self.train.rows @ state).sum()
        return float(loss + 0.5 * (self.penalty * state) @ state)

    def _measure_constants(self) -> Constants:
        """C5 for sums: ν₁ = η/(6√3) ‖X‖ λ_max((XXᵀ)∘(XXᵀ))^½, ν₂ = η max p', μ₁ = ‖X'‖²/4."""
        truth = self.reference
        low = float(self.penalty.min())
        high = self.train.norm**2 / 4 + float(self.penalty.max())
        contraction = max(abs(1 - self.step * low), abs(1 - self.step * high))
        mu1 = self.validation.norm**2 / 4
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        outer_gradient = self.outer_gradient_state(truth.solution[None])[0]
        outer_gradient_norm = float(np.linalg.norm(outer_gradient))
        # |σ| ≤ 1 for every sample: ‖∇₁E‖ ≤ ‖X'‖ √n'.
        cap = self.validation.norm * float(np.sqrt(len(self.validation.rows)))
        hyper_jacobian_norm = self.step * float(np.abs(self.penalty_slope * truth.solution).max())
        jacobian = np.asarray(
            np.linalg.solve(
                self._hessian(truth.solution), np.diag(self.penalty_slope * truth.solution)
            ),
            dtype=np.float64,
        )
        return Constants(
            contraction=contraction,
            condition_number=high / low,
            nu1=self.step * SOFTPLUS_THIRD * self.train.norm * self.train.cubic_norm,
            nu2=self.step * float(self.penalty_slope.max()),
            mu1=mu1,
            mu2=0.0,
            outer_gradient_bound=min(outer_gradient_norm + mu1 * distance, cap),
            hyper_jacobian_norm=hyper_jacobian_norm,
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=min(
                spectral_norm(jacobian), hyper_jacobian_norm / (1 - contraction)
            ),
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=0.0,
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
        )


@dataclass
class _LogisticLinearisation(Linearisation):
    problem: LogisticRegression
    weights: FloatArray
    """η σ'(x_iᵀw), shape (B, n)."""
    scaled: FloatArray
    """−η p' ∘ w, shape (B, d)."""

    def _take(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.weights[rows], self.scaled[rows])

    def _vjp_state(self, adjoints: FloatArray) -> FloatArray:
        train = self.problem.train
        inner = row_products(adjoints, train.columns)
        inner *= self.weights
        product = row_products(inner, train.rows)
        np.subtract(adjoints * (1 - self.problem.step * self.problem.penalty), product, out=product)
        return product

    def _jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_state(tangents)

    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return self.scaled * adjoints

    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self.scaled * tangents


def _sigmoid(scores: FloatArray) -> FloatArray:
    """1/(1 + e^{−z}) without overflow and without loss of digits for very negative z."""
    small = np.exp(-np.abs(scores))
    return np.asarray(np.where(scores >= 0, 1.0, small) / (1 + small))


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
    # κ = (1 + q)/(1 − q) = (curvature + p)/p.
    penalty = curvature * (1 - q) / (2 * q)
    hyper = np.full(train.rows.shape[1], np.log(penalty) if logarithmic else penalty)
    return LogisticRegression(
        train=train,
        validation=validation,
        step=2 / (curvature + 2 * penalty),
        hyper=hyper,
        logarithmic=logarithmic,
    )


@lru_cache(maxsize=8)
def _designs(data: str, samples: int, size: int, seed: int) -> tuple[Design, Design]:
    """Training and validation data, standardised and scaled to rows of length about 1."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        truth = random.standard_normal(size)
        features = random.standard_normal((2 * samples, size))
        noise = 0.5 * np.sqrt(size) * random.standard_normal(2 * samples)
        labels = np.where(features @ truth + noise >= 0, 1.0, -1.0)
    else:
        features, target = load(data)
        features = (features - features.mean(axis=0)) / features.std(axis=0)
        labels = np.where(target > 0, 1.0, -1.0)
        order = random.permutation(len(labels))
        features, labels = features[order], labels[order]
    features = features / np.sqrt(features.shape[1])
    half = len(labels) // 2
    return (
        Design.from_data(features[:half], labels[:half]),
        Design.from_data(features[half:], labels[half:]),
    )
