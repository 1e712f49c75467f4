"""Multi-class logistic regression with one ℓ₂ penalty for each feature, shared by all classes.

    W(λ) = argmin_W (1/n) Σ_i −log softmax(W x_i)[y_i] + ½ Σ_cj p_j W_cj²,   p_j = exp(λ_j)/(c p),
    Φ(w, λ) = w − η ∇(that),   E(w) = the same mean on validation rows, without penalty.

W has c classes and p features, w is W row after row: d = c p and m = p. Means, not sums, and the
penalty divided by c p, as the second experiment of Grazzi et al. 2020 has them (on 20 newsgroups).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import Cost, ProblemWork, norm_cost
from hypergrad_core.data import load, standardised
from hypergrad_core.data.table import Table
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms
from hypergrad_core.problems.cross_entropy import (
    CrossEntropy,
    CrossEntropyLinearisation,
    CrossEntropyStep,
    SoftmaxCosts,
    split,
)
from hypergrad_core.problems.family import class_count, features_per_class
from hypergrad_core.problems.gradient_step import NEWTON_EXPECTED
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import weight_and_step


@dataclass(frozen=True, eq=False, kw_only=True)
class SoftmaxRegression(CrossEntropyStep):
    """Multi-class logistic regression at one λ of shape (p,).

    Attributes:
        train: training rows.
    """

    train: CrossEntropy

    @property
    def inside(self) -> CrossEntropy:
        """The training loss."""
        return self.train

    @cached_property
    def feature_penalty(self) -> FloatArray:
        """p_j of each feature, which is dp_j/dλ_j too, shape (p,)."""
        return np.exp(self.hyper) / self.state_size

    @cached_property
    def penalty(self) -> FloatArray:
        """The same for each class, shape (d,)."""
        return np.tile(self.feature_penalty, self.train.classes)

    def admits(self, hyper: FloatArray) -> bool:
        """Where the penalties are neither 0 nor infinite."""
        with np.errstate(over="ignore", under="ignore"):
            penalty = np.exp(hyper)
        return super().admits(penalty) and bool((penalty > 0).all())

    def retrained(self) -> SoftmaxRegression:
        """On training and validation rows together, with the same λ and the step that suits them.

        The loss is the mean over all rows, and the penalty stays as it is, as in the second
        experiment of Grazzi et al. 2020 and its code: λ weighs as much beside the loss of a row as
        before. In a sum of losses it would weigh (n + n')/n times as much.
        """
        return replace(self, train=self.train.joined(self.validation)).tuned()

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η∇₁²g, ∂₂Φ = −η diag(p ∘ w), those of all classes below one another."""
        return _SoftmaxLinearisation(self, states, self.train.probabilities(states))

    def lipschitz(self) -> Lipschitz:
        """C11."""
        weights = self.reference.solution.reshape(self.train.classes, -1)
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=self.step * self.train.curvature_slope,
            nu2=self.step * float(self.feature_penalty.max()),
            mu1=self.validation.curvature,
            mu2=0.0,
            hyper_jacobian_norm=self.step
            * float((self.feature_penalty * row_norms(weights.T)).max()),
            outer_gradient_cap=self.validation.gradient_cap,
        )


@dataclass(frozen=True)
class _SoftmaxLinearisation(CrossEntropyLinearisation):
    problem: SoftmaxRegression

    def _coupling(self) -> FloatArray:
        """−η p_j W_cj, shape (B, c, p)."""
        layers = self.states.reshape(len(self.states), self.problem.train.classes, -1)
        return -self.problem.step * self.problem.feature_penalty * layers

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        coupling = self._coupling()
        return np.asarray((coupling * adjoints.reshape(-1, *coupling.shape[1:])).sum(axis=1))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return (self._coupling() * tangents[:, None]).reshape(len(tangents), -1)


def work(sizes: Sizes) -> ProblemWork:
    """Products with W, of c rows, and X; the Hessian is formed and solved by Newton's method."""
    d, n = sizes.state_size, sizes.samples
    classes = class_count(sizes.data)
    p = d // classes
    costs = SoftmaxCosts(classes, p, n)
    solution = costs.newton * NEWTON_EXPECTED
    coupling = Cost(1, 3 * d, calls=6)
    return ProblemWork(
        state_size=d,
        hyper_size=p,
        solution=solution,
        setup=costs.drawn(3)
        + solution
        + costs.hessian * 2
        + Cost(matrix=1.0 * d * d * p)
        + costs.norms
        + norm_cost(n, p)
        + norm_cost(d, p)
        + Cost(bytes=8.0 * (9 * n * p + 2 * d * n + 6 * d * d)),
        map=Cost(1) + costs.gradient,
        linearise=costs.probabilities,
        state_product=Cost(1) + costs.curvature,
        pullback=coupling,
        tangent=coupling,
        outer=costs.gradient + Cost(vector=p),
        drift=costs.drift(p, coupling),
        layers=classes,
        symmetric=True,
        contraction=sizes.contraction,
        clusters=min(d, (classes - 1) * min(n, p) + 1),
    )


def build(request: Request) -> SoftmaxRegression:
    """Equal penalties for which the gradient step contracts with exactly the wanted q.

    ``size`` is d for synthetic data, rounded down to a multiple of c, and ``samples`` is the number
    of training rows. There are as many validation rows, and of synthetic data as many test rows;
    of digits and of a table of one's own all others are test rows.
    """
    train, validation, test = _parts(request.data, request.sample_size, request.size, request.seed)
    penalty, step = weight_and_step((0.0, train.curvature), request.contraction)
    features = train.rows.shape[1]
    size = train.classes * features
    return SoftmaxRegression(
        train=train,
        validation=validation,
        test=test,
        step=step,
        hyper=np.full(features, np.log(size * penalty)),
        initial_state=np.zeros(size),
    )


@lru_cache(maxsize=8)
def _parts(data: str | Table, samples: int, size: int, seed: int) -> list[CrossEntropy]:
    """Training, validation and test rows, standardised and scaled to a length of about 1."""
    random = np.random.default_rng(seed)
    classes = class_count(data)
    if data == "synthetic":
        features = random.standard_normal((3 * samples, features_per_class(size)))
        scores = features @ random.standard_normal((features.shape[1], classes))
        noise = 0.5 * np.sqrt(features.shape[1]) * random.standard_normal(scores.shape)
        labels = np.argmax(scores + noise, axis=1)
    else:
        features, target = load(data)
        labels = data.codes if isinstance(data, Table) else target.astype(np.int64)
        # Some pixels are the same in all images, and become 0.
        features = standardised(features)
    return split(features / np.sqrt(features.shape[1]), labels, classes, (samples, samples), random)
