"""Ridge regression with a learned centre of the penalty: the biased regularisation of the paper.

    w(λ) = argmin_w ½ ‖Xw − y‖² + ½ β ‖w − λ‖²,
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = ½ ‖X'w − y'‖² on validation data.

Φ is affine with ∂₁Φ = I − η(XᵀX + βI) symmetric and ∂₂Φ = ηβI constant, so ν₁ = ν₂ = 0, and
reverse ITD after t steps equals AID with t fixed-point steps at w_t exactly.

Constants: C3 without its hyperparameter ln β, and with 1/N and 1/m replaced by 1, because both
losses are sums here: L_Φ = ηβ, μ₁ = ‖X'‖², μ₂ = 0; κ and q belong to XᵀX + βI.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Constants
from hypergrad_core.data import load
from hypergrad_core.problem import Linearisation, Problem, Reference
from hypergrad_core.problems.request import Request
from hypergrad_core.problems.ridge import LeastSquares, standardised, weight_and_step

# Training images of each of the two digits: a task with few samples.
DIGITS_OF_A_KIND = 10
# Size of a task's own deviation from what all tasks share, and of the noise, for synthetic data.
DEVIATION = 0.5
NOISE = 0.1


class BiasedRegularisation(Problem):
    """Biased regularisation at one λ.

    Attributes:
        affine: Φ is affine in w.

    Args:
        train: X of shape (n, d) and y.
        validation: X' of shape (n', d) and y'.
        weight: β > 0.
        step: η > 0.
        hyper: λ, shape (d,).
        initial_state: w_0, shape (d,); 0 if not given.
    """

    symmetric = True
    affine = True

    def __init__(
        self,
        *,
        train: LeastSquares,
        validation: LeastSquares,
        weight: float,
        step: float,
        hyper: FloatArray,
        initial_state: FloatArray | None = None,
    ) -> None:
        self.train = train
        self.validation = validation
        self.weight = weight
        self.step = step
        self.hyper = hyper
        self.initial_state = np.zeros(hyper.size) if initial_state is None else initial_state

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (d,). Steps and start are kept."""
        return type(self)(
            train=self.train,
            validation=self.validation,
            weight=self.weight,
            step=self.step,
            hyper=hyper,
            initial_state=self.initial_state,
        )

    def _state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − η (XᵀXu + βu) for each row: (B, d) → (B, d)."""
        product = self.train.gram_product(block)
        product *= -self.step
        product += (1 - self.step * self.weight) * block
        return product

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        constant = self.train.correlation + self.weight * self.hyper
        return self._state_product(states) + self.step * constant

    def linearise(self, states: FloatArray) -> Linearisation:
        """The same at every state, because Φ is affine and ∂₂Φ constant."""
        return _BiasedLinearisation(self)

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖X'w − y'‖²."""
        return self.validation.value(states)

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E = X'ᵀ(X'w − y')."""
        return self.validation.gradient(states)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = 0: the validation loss does not see λ."""
        return np.zeros((len(states), self.hyper_size))

    def _solve(self) -> Reference:
        """w = λ + (XᵀX + βI)⁻¹ Xᵀ(y − Xλ), and v likewise, from the singular values of X."""
        pull = -self.train.gradient(self.hyper[None])
        solution = self.hyper + self.train.ridge_solve(self.weight, pull)[0]
        gradient = self.outer_gradient_state(solution[None])
        adjoint = self.train.ridge_solve(self.weight, gradient)[0] / self.step
        return Reference(solution, adjoint, self.step * self.weight * adjoint)

    def _measure_constants(self) -> Constants:
        """C3 for sums; J = β/(s_min + β), exactly."""
        truth = self.reference
        low, high = (value + self.weight for value in self.train.spectrum)
        mu1 = self.validation.norm**2
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        outer_gradient = self.outer_gradient_state(truth.solution[None])[0]
        outer_gradient_norm = float(np.linalg.norm(outer_gradient))
        return Constants(
            contraction=max(abs(1 - self.step * low), abs(1 - self.step * high)),
            condition_number=high / low,
            nu1=0.0,
            nu2=0.0,
            mu1=mu1,
            mu2=0.0,
            outer_gradient_bound=outer_gradient_norm + mu1 * distance,
            hyper_jacobian_norm=self.step * self.weight,
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=self.weight / low,
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=0.0,
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
        )


@dataclass
class _BiasedLinearisation(Linearisation):
    problem: BiasedRegularisation

    def _take(self, rows: Rows) -> Self:
        return copy.copy(self)

    def _vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem._state_product(adjoints)

    def _jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_state(tangents)

    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return np.asarray(self.problem.step * self.problem.weight * adjoints)

    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_hyper(tangents)


def build(request: Request) -> BiasedRegularisation:
    """One task; β and η make the gradient step contract with exactly the wanted q.

    ``size`` is d and ``samples`` is n, for synthetic data. Synthetic tasks share λ, a Gaussian
    vector: the task's own weights deviate from it. With digits, the seed chooses two of them and
    few training images of each; the regression is on ±1 and λ is Gaussian. If n ≥ d, XᵀX may be too
    well conditioned for a q near 1: the step is then shortened (``ridge.weight_and_step``).
    """
    train, validation, prior = _task(request.data, request.samples, request.size, request.seed)
    weight, step = weight_and_step(train.spectrum, request.contraction)
    return BiasedRegularisation(
        train=train, validation=validation, weight=weight, step=step, hyper=prior
    )


@lru_cache(maxsize=8)
def _task(
    data: str, samples: int, size: int, seed: int
) -> tuple[LeastSquares, LeastSquares, FloatArray]:
    """Training and validation data, divided by √n so that sums are means, and λ."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        prior, deviation = random.standard_normal((2, size)) / np.sqrt(size)
        truth = prior + DEVIATION * deviation
        features = random.standard_normal((2 * samples, size))
        targets = features @ truth + NOISE * random.standard_normal(2 * samples)
        parts = np.split(np.arange(2 * samples), 2)
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
