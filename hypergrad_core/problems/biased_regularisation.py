"""Ridge regression with a learned centre of the penalty: the biased regularisation of the paper.

    w(λ) = argmin_w ½ ‖Xw − y‖² + ½ β ‖w − λ‖²,
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = ½ ‖X'w − y'‖² on validation data.

Φ is affine with ∂₁Φ = I − η(XᵀX + βI) symmetric and ∂₂Φ = ηβI constant, so ν₁ = ν₂ = 0, and
reverse ITD after t steps equals AID with t fixed-point steps at w_t exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.data import load, standardised
from hypergrad_core.data.table import Table
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.problems.gradient_step import RidgeLinearisation, RidgeStep
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import (
    LeastSquares,
    expected_condition,
    gram_cost,
    least_squares_cost,
    shuffled,
    weight_and_step,
)
from hypergrad_core.reference import Reference

# Training images of each of the two digits: a task with few samples.
DIGITS_OF_A_KIND = 10
# Size of a task's own deviation from what all tasks share, and of the noise, for synthetic data.
DEVIATION = 0.5
NOISE = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class BiasedRegularisation(RidgeStep):
    """Biased regularisation at one λ.

    Attributes:
        train: X of shape (n, d) and y.
        validation: X' of shape (n', d) and y'.
    """

    train: LeastSquares
    validation: LeastSquares

    @property
    def outside(self) -> LeastSquares:
        """½ ‖X'w − y'‖²."""
        return self.validation

    @property
    def spectrum(self) -> tuple[float, float]:
        """Of XᵀX."""
        return self.train.spectrum

    @property
    def linear_term(self) -> FloatArray:
        """Xᵀy + βλ, shape (d,)."""
        return self.train.correlation + self.weight * self.hyper

    def gram_product(self, block: FloatArray) -> FloatArray:
        """XᵀXu for each row u."""
        return self.train.gram_product(block)

    def linearise(self, states: FloatArray) -> Linearisation:
        """The same at every state, because Φ is affine and ∂₂Φ constant."""
        return _BiasedLinearisation(self)

    def solve(self) -> Reference:
        """w = λ + (XᵀX + βI)⁻¹ Xᵀ(y − Xλ), and v likewise, from the singular values of X."""
        pull = -self.train.gradient(self.hyper[None])
        solution = self.hyper + self.train.ridge_solve(self.weight, pull)[0]
        gradient = self.outer_gradient_state(solution[None])
        adjoint = self.train.ridge_solve(self.weight, gradient)[0] / self.step
        return Reference(solution, adjoint, self.step * self.weight * adjoint)

    def lipschitz(self) -> Lipschitz:
        """C3; J = β/(s_min + β), exactly."""
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=0.0,
            nu2=0.0,
            mu1=self.validation.norm**2,
            mu2=0.0,
            hyper_jacobian_norm=self.step * self.weight,
            solution_jacobian_norm=self.weight / self.curvature[0],
        )


@dataclass(frozen=True)
class _BiasedLinearisation(RidgeLinearisation):
    problem: BiasedRegularisation

    def __getitem__(self, rows: Rows) -> Self:
        return self

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return np.asarray(self.problem.step * self.problem.weight * adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self.vjp_hyper(tangents)


def work(sizes: Sizes) -> ProblemWork:
    """Products with XᵀX, by the cheaper of two routes."""
    d, n = sizes.state_size, sizes.samples
    outer = Cost(vector=n, matrix=2.0 * n * d, calls=4)
    return ProblemWork(
        state_size=d,
        hyper_size=d,
        setup=least_squares_cost(n, d) + Cost(matrix=4 * n * d, calls=60),
        map=Cost(1, 5 * d, gram_cost(n, d), 9),
        linearise=Cost(calls=1),
        state_product=Cost(1, 3 * d, gram_cost(n, d), 6),
        pullback=Cost(1, d, calls=1),
        tangent=Cost(1, d, calls=1),
        outer=outer,
        symmetric=True,
        contraction=sizes.contraction,
        condition=expected_condition(n, d, sizes.contraction),
        clusters=min(d, n + 1),
    )


def build(request: Request) -> BiasedRegularisation:
    """One task; β and η make the gradient step contract with exactly the wanted q.

    ``size`` is d and ``samples`` is n, for synthetic data. Synthetic tasks share λ, a Gaussian
    vector: the task's own weights deviate from it. With digits, the seed chooses two of them and
    few training images of each; the regression is on ±1 and λ is Gaussian. Of a table of one's own
    it chooses the half of the rows that is trained on. If n ≥ d, XᵀX may be too well conditioned
    for a q near 1: the step is then shortened (``ridge.weight_and_step``).
    """
    train, validation, prior = _task(request.data, request.samples, request.size, request.seed)
    weight, step = weight_and_step(train.spectrum, request.contraction)
    return BiasedRegularisation(
        train=train,
        validation=validation,
        weight=weight,
        step=step,
        hyper=prior,
        initial_state=np.zeros(prior.size),
    )


@lru_cache(maxsize=8)
def _task(
    data: str | Table, samples: int, size: int, seed: int
) -> tuple[LeastSquares, LeastSquares, FloatArray]:
    """Training and validation data, divided by √n so that sums are means, and λ."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        prior, deviation = random.standard_normal((2, size)) / np.sqrt(size)
        truth = prior + DEVIATION * deviation
        features = random.standard_normal((2 * samples, size))
        targets = features @ truth + NOISE * random.standard_normal(2 * samples)
        parts = np.split(np.arange(2 * samples), 2)
    elif isinstance(data, Table):
        features, targets = shuffled(data, random)
        parts = np.split(np.arange(len(targets)), [data.half])
        prior = random.standard_normal(features.shape[1]) / np.sqrt(features.shape[1])
    else:
        features, labels = load(data)
        features = standardised(features)
        chosen = random.choice(np.unique(labels), size=2, replace=False)
        targets = np.where(labels == chosen[0], 1.0, -1.0)
        kinds = [random.permutation(np.flatnonzero(labels == digit)) for digit in chosen]
        few = DIGITS_OF_A_KIND
        parts = [
            np.concatenate([kind[:few] for kind in kinds]),
            np.concatenate([kind[few:] for kind in kinds]),
        ]
        prior = random.standard_normal(features.shape[1]) / np.sqrt(features.shape[1])
    train, validation = (
        LeastSquares(features[part] / np.sqrt(len(part)), targets[part] / np.sqrt(len(part)))
        for part in parts
    )
    return train, validation, prior
