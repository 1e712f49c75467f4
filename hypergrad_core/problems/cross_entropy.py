"""The mean cross-entropy of a linear classifier: what the softmax families have in common.

    loss(W) = (1/n) Σ_i −log softmax(W x_i)[y_i],   W of shape (c, p), w is W row after row.

Scores are kept class by class: an array of shape (B, c, n) has those of B states.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.costs import SLOW_FUNCTION, Cost, norm_cost, upper_norm_cost
from hypergrad_core.linearisation import SymmetricLinearisation
from hypergrad_core.numerics import EXACT_NORM_SIZE, ROW_BY_ROW_SIZE, product, row_products
from hypergrad_core.problems.data_matrix import DataMatrix
from hypergrad_core.problems.gradient_step import PenalisedStep

# max ‖diag s − ssᵀ‖₂, and of the third derivative of log Σ exp at unit vectors (C11).
SOFTMAX_SECOND = 0.5
SOFTMAX_THIRD = float(np.sqrt(2) / (3 * np.sqrt(3)))


@dataclass(frozen=True, eq=False)
class CrossEntropy(DataMatrix):
    """The loss on n labelled rows.

    Attributes:
        rows: X, shape (n, p).
        labels: y, from 0 to c − 1, shape (n,).
        classes: c.
    """

    labels: IntArray
    classes: int

    def scores(self, states: FloatArray) -> FloatArray:
        """W x_i for each row: (B, d) → (B, c, n)."""
        scores = row_products(states.reshape(-1, self.rows.shape[1]), self.columns)
        return scores.reshape(-1, self.classes, len(self.rows))

    def pulled_back(self, weights: FloatArray) -> FloatArray:
        """(1/n) Σ_i a_i x_iᵀ for weights a_i of each row: (B, c, n) → (B, d)."""
        pulled = row_products(weights.reshape(-1, len(self.rows)), self.rows)
        pulled /= len(self.rows)
        return pulled.reshape(len(weights), -1)

    def probabilities(self, states: FloatArray) -> FloatArray:
        """softmax(W x_i) for each row: (B, d) → (B, c, n)."""
        scores = self.scores(states)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def value(self, states: FloatArray) -> FloatArray:
        """The loss of each row: (B, d) → (B,)."""
        scores = self.scores(states)
        scores -= scores.max(axis=1, keepdims=True)
        chosen = scores[:, self.labels, np.arange(len(self.labels))]
        return np.asarray((np.log(np.exp(scores).sum(axis=1)) - chosen).mean(axis=1))

    def gradient(self, states: FloatArray) -> FloatArray:
        """(1/n) Σ_i (softmax(W x_i) − e_y) x_iᵀ for each row: (B, d) → (B, d)."""
        return self.pulled_back(self.residuals(self.probabilities(states)))

    def residuals(self, probabilities: FloatArray) -> FloatArray:
        """s_i − e_y, in memory of its own: (B, c, n) → (B, c, n)."""
        residuals = probabilities.copy()
        residuals[:, self.labels, np.arange(len(self.labels))] -= 1
        return residuals

    def hessian(self, state: FloatArray) -> FloatArray:
        """(1/n) Σ_i (diag s_i − s_i s_iᵀ) ⊗ x_i x_iᵀ at one state: (d,) → (d, d)."""
        probabilities = self.probabilities(state[None])[0]
        weighted = probabilities[:, None] * self.columns
        flat = weighted.reshape(state.size, -1)
        hessian = -product(flat, flat.T)
        blocks = hessian.reshape(self.classes, self.rows.shape[1], self.classes, -1)
        same_class = product(flat, self.rows).reshape(self.classes, self.rows.shape[1], -1)
        np.einsum("ajak->ajk", blocks)[...] += same_class
        hessian /= len(self.rows)
        return hessian

    def accuracy(self, states: FloatArray) -> FloatArray:
        """The share of rows whose class has the largest score, of each state: (B, d) → (B,)."""
        return np.asarray((self.scores(states).argmax(axis=1) == self.labels).mean(axis=1))

    def joined(self, other: CrossEntropy) -> CrossEntropy:
        """The mean over the rows of both."""
        rows, labels = [self.rows, other.rows], [self.labels, other.labels]
        return CrossEntropy(np.concatenate(rows), np.concatenate(labels), self.classes)

    def projected(self, basis: FloatArray) -> CrossEntropy:
        """The same loss with rows X Q, for a basis Q of shape (p, r)."""
        return CrossEntropy(self.rows @ basis, self.labels, self.classes)

    @property
    def gradient_cap(self) -> float:
        """A bound of the gradient: ‖s − e_y‖ ≤ √2."""
        return float(np.sqrt(2 / len(self.rows))) * self.norm

    @property
    def curvature(self) -> float:
        """A bound of the Hessian."""
        return SOFTMAX_SECOND * self.norm**2 / len(self.rows)

    @property
    def curvature_slope(self) -> float:
        """A Lipschitz constant of the Hessian."""
        return SOFTMAX_THIRD * self.norm * self.cubic_norm / len(self.rows)


def curved(probabilities: FloatArray, scores: FloatArray) -> FloatArray:
    """(diag s_i − s_i s_iᵀ) z_i: (B, …, c, n), (R, …, c, n) → (R, …, c, n), where B is R or 1."""
    weighted = probabilities * scores
    weighted -= probabilities * weighted.sum(axis=-2, keepdims=True)
    return weighted


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossEntropyStep(PenalisedStep):
    """A gradient step on a cross-entropy with a penalty. E is the cross-entropy of other rows.

    Attributes:
        validation: the rows of E.
        test: rows that neither Φ nor E sees; no more of them is used than what all rows share, such
            as their mean.
    """

    validation: CrossEntropy
    test: CrossEntropy

    @property
    @abstractmethod
    def inside(self) -> CrossEntropy:
        """The loss whose gradient is followed."""

    @property
    def held_out(self) -> CrossEntropy:
        """The test rows."""
        return self.test

    @property
    def curvature(self) -> tuple[float, float]:
        """The loss has Hessians from 0, where all classes take the same part, to its bound."""
        return float(self.penalty.min()), self.inside.curvature + float(self.penalty.max())

    @property
    def gradient_scale(self) -> float:
        """The bound of the loss's gradient."""
        return self.inside.gradient_cap

    def inner_gradient(self, states: FloatArray) -> FloatArray:
        """That of the loss and of the penalty."""
        gradient = self.inside.gradient(states)
        gradient += self.penalty * states
        return gradient

    def inner_objective(self, state: FloatArray) -> float:
        """The loss and the penalty."""
        loss = self.inside.value(state[None])[0]
        return float(loss + 0.5 * (self.penalty * state) @ state)

    def inner_hessian(self, state: FloatArray) -> FloatArray:
        """That of the loss, and diag p."""
        hessian = self.inside.hessian(state)
        np.einsum("jj->j", hessian)[...] += self.penalty
        return hessian

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(I − ∂₁Φ)⁻¹ R = (η∇₁²g)⁻¹ R, by elimination: (d,), (d, r) → (d, r)."""
        return np.asarray(
            np.linalg.solve(self.step * self.inner_hessian(state), columns), dtype=np.float64
        )

    def outer(self, states: FloatArray) -> FloatArray:
        """The validation loss."""
        return self.validation.value(states)

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E."""
        return self.validation.gradient(states)


@dataclass(frozen=True)
class CrossEntropyLinearisation(SymmetricLinearisation):
    """∂₁Φ = I − η∇₁²g, which follows from the probabilities at each state.

    Attributes:
        problem: whose map it is.
        states: w, shape (B, d).
        probabilities: s_i of the inner loss, shape (B, c, n).
    """

    problem: CrossEntropyStep
    states: FloatArray
    probabilities: FloatArray

    def __getitem__(self, rows: Rows) -> Self:
        """The linearisation at these rows of the block only."""
        return type(self)(self.problem, self.states[rows], self.probabilities[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φᵀ v for each row v."""
        problem = self.problem
        change = curved(self.probabilities, problem.inside.scores(adjoints))
        moved = problem.inside.pulled_back(change)
        moved *= -problem.step
        moved += (1 - problem.step * problem.penalty) * adjoints
        return moved


def split(
    features: FloatArray,
    labels: IntArray,
    classes: int,
    sizes: Sequence[int],
    random: np.random.Generator,
) -> list[CrossEntropy]:
    """Rows in random order, in parts that have none in common.

    Args:
        features: shape (n, p).
        labels: from 0 to classes − 1, shape (n,).
        classes: c.
        sizes: rows of each part but the last, which has the others.
        random: which rows go where.
    """
    parts = np.split(random.permutation(len(labels)), np.cumsum(sizes))
    return [CrossEntropy(features[rows], labels[rows], classes) for rows in parts]


@dataclass(frozen=True)
class SoftmaxCosts:
    """What the loss takes, of one state unless said otherwise.

    Attributes:
        classes, features, samples: c, p and n.
    """

    classes: int
    features: int
    samples: int

    @property
    def product(self) -> Cost:
        """W Xᵀ, or back."""
        numbers = float(self.classes * self.features * self.samples)
        alone = self.features * self.samples <= ROW_BY_ROW_SIZE
        return Cost(vector=numbers, calls=4) if alone else Cost(matrix=numbers, calls=4)

    @property
    def probabilities(self) -> Cost:
        """s_i of all rows."""
        scores = self.classes * self.samples
        return self.product + Cost(vector=(SLOW_FUNCTION + 5) * scores, calls=8)

    @property
    def gradient(self) -> Cost:
        """That of the loss and of the penalty."""
        size = self.classes * self.features
        rest = Cost(vector=2 * self.classes * self.samples + 5 * size, calls=10)
        return self.probabilities + self.product + rest

    @property
    def curvature(self) -> Cost:
        """A product with the Hessian."""
        size = self.classes * self.features
        rest = Cost(vector=5 * self.classes * self.samples + 5 * size, calls=12)
        return self.product * 2 + rest

    @property
    def hessian(self) -> Cost:
        """The Hessian as a matrix, and a system solved with it."""
        size = self.classes * self.features
        matrix = size * (size + self.features) * self.samples + size**3 / 3
        return self.probabilities + Cost(
            vector=size * self.samples + 4 * size**2, matrix=matrix, calls=20
        )

    @property
    def newton(self) -> Cost:
        """A step of Newton's method."""
        return self.hessian + self.gradient + self.probabilities * 2 + Cost(calls=20)

    @property
    def norms(self) -> Cost:
        """Of X, and the cubic one."""
        n, p = self.samples, self.features
        cube = 1.5 * n**3 if n <= EXACT_NORM_SIZE else 0.0
        return norm_cost(n, p) + Cost(vector=2.0 * n * n, matrix=n * n * p + cube, calls=12)

    def drift(self, columns: int, coupling: Cost) -> Cost:
        """That of so many columns of w'(λ) at one state; a product takes all of them at once.

        Args:
            columns: m.
            coupling: a product with ∂₂Φ.
        """
        each = self.curvature + coupling
        size = self.classes * self.features
        once = replace(each * columns, products=0.0, calls=each.calls)
        return once + upper_norm_cost(columns, size)

    def drawn(self, parts: int) -> Cost:
        """That many times n rows drawn, and divided into parts."""
        return Cost(vector=parts * 2 * SLOW_FUNCTION * self.samples * self.features, calls=60)
