"""Tasks of few-shot classification, and their cross-entropy: what the families of tasks share.

A task tells c of 2c kinds apart, from a few rows of each: "c-way". Tasks come in pairs, between
which all kinds are divided, so that every kind is in as many tasks. No row is in two tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.costs import FEW_ROWS, SLOW_FUNCTION, Cost, norm_cost
from hypergrad_core.data import load, standardised
from hypergrad_core.data.table import Table
from hypergrad_core.problems.cross_entropy import SOFTMAX_SECOND, SOFTMAX_THIRD
from hypergrad_core.problems.family import SHOTS, SYNTHETIC, task_classes, task_count

# Rows of each kind that a task is judged by, and tasks that are kept to judge λ by.
QUERIES, NEW_TASKS = 10, 20
# Pixels of a digit, in rows and in columns.
DIGIT_SIDE = 8
# Standard deviation of the rows of one kind about its mean, for synthetic data.
SPREAD = 1.0


@dataclass(frozen=True, eq=False)
class TaskRows:
    """Rows of N tasks, n of each, in the order of their classes.

    Attributes:
        kinds: which of the 2c kinds each class of a task is, shape (N, c).
        rows: X_i, shape (N, n, p).
    """

    kinds: IntArray
    rows: FloatArray

    @property
    def classes(self) -> int:
        """c."""
        return int(self.kinds.shape[1])

    @cached_property
    def columns(self) -> FloatArray:
        """The transposes, contiguous, shape (N, p, n)."""
        return np.ascontiguousarray(np.swapaxes(self.rows, 1, 2))

    @cached_property
    def targets(self) -> FloatArray:
        """1 where a row is of a class, in all tasks alike, shape (c, n)."""
        return np.repeat(np.eye(self.classes), self.rows.shape[1] // self.classes, axis=1)

    @cached_property
    def norms(self) -> FloatArray:
        """‖X_i‖₂ of each task, shape (N,). There are few rows, so they are exact."""
        return np.asarray(np.linalg.norm(self.rows, 2, axis=(1, 2)))

    @cached_property
    def cubic_norms(self) -> FloatArray:
        """λ_max((X_i X_iᵀ) ∘ (X_i X_iᵀ))^½ of each task, shape (N,), as of ``DataMatrix``."""
        return np.asarray(np.sqrt(np.linalg.eigvalsh((self.rows @ self.columns) ** 2)[:, -1]))

    def scores(self, weights: FloatArray) -> FloatArray:
        """W_i x for each row x of task i: (…, N, c, p) → (…, N, c, n)."""
        return np.asarray(weights @ self.columns)

    def pulled_back(self, changes: FloatArray) -> FloatArray:
        """Σ_j a_j x_jᵀ in each task, for weights a_j: (…, N, c, n) → (…, N, c, p)."""
        return np.asarray(changes @ self.rows)


@dataclass(frozen=True, eq=False)
class NewTasks:
    """New tasks, which are trained at a λ from the start, and not from any state.

    Attributes:
        queries: rows that they are judged by.
        weights: W_i(λ) of each of them, shape (N, c, p).
    """

    queries: TaskRows
    weights: FloatArray

    def accuracy(self, states: FloatArray) -> FloatArray:
        """The share of query rows whose class has the largest score: (B, d) → (B,), all alike."""
        found = self.queries.scores(self.weights).argmax(axis=1)
        right = (found == self.queries.targets.argmax(axis=0)).mean()
        return np.full(len(states), right)


class TaskLosses(TaskRows):
    """The mean cross-entropy in each task: (1/n) Σ_j −log softmax(W_i x_j)[y_j]."""

    def probabilities(self, weights: FloatArray) -> FloatArray:
        """softmax(W_i x) for each row x of task i: (…, N, c, p) → (…, N, c, n)."""
        return softmax(self.scores(weights))

    def values(self, weights: FloatArray) -> FloatArray:
        """The loss of each task: (…, N, c, p) → (…, N)."""
        return self.values_of(self.scores(weights))

    def values_of(self, scores: FloatArray) -> FloatArray:
        """The same from scores: (…, N, c, n) → (…, N)."""
        shifted = scores - scores.max(axis=-2, keepdims=True)
        chosen = (shifted * self.targets).sum(axis=-2)
        return np.asarray((np.log(np.exp(shifted).sum(axis=-2)) - chosen).mean(axis=-1))

    def gradients(self, probabilities: FloatArray) -> FloatArray:
        """(1/n) Σ_j (s_j − e_y) x_jᵀ in each task: (…, N, c, n) → (…, N, c, p)."""
        gradients = self.pulled_back(probabilities - self.targets)
        gradients /= self.rows.shape[1]
        return gradients

    def hessians(self, probabilities: FloatArray) -> FloatArray:
        """(1/n) Σ_j (diag s_j − s_j s_jᵀ) ⊗ x_j x_jᵀ in each task: (N, c, n) → (N, cp, cp)."""
        tasks, classes, _ = probabilities.shape
        weighted = probabilities[:, :, None] * self.columns[:, None]
        flat = weighted.reshape(tasks, -1, weighted.shape[-1])
        hessians = -(flat @ np.swapaxes(flat, 1, 2))
        same_class = (flat @ self.rows).reshape(tasks, classes, -1, self.rows.shape[2])
        blocks = hessians.reshape(tasks, classes, same_class.shape[2], classes, -1)
        np.einsum("iajak->iajk", blocks)[...] += same_class
        hessians /= self.rows.shape[1]
        return np.asarray(hessians)

    def projected(self, bases: FloatArray) -> TaskLosses:
        """The same losses with rows X_i Q_i, for bases Q_i of shape (N, p, r)."""
        return TaskLosses(self.kinds, self.rows @ bases)

    @property
    def gradient_caps(self) -> FloatArray:
        """A bound of the gradient of each task, shape (N,): ‖s − e_y‖ ≤ √2."""
        return np.asarray(np.sqrt(2 / self.rows.shape[1]) * self.norms)

    @property
    def curvature(self) -> float:
        """A bound of all Hessians."""
        return float(SOFTMAX_SECOND * self.norms.max() ** 2 / self.rows.shape[1])

    @property
    def curvature_slope(self) -> float:
        """A Lipschitz constant of all Hessians."""
        slopes = self.norms * self.cubic_norms
        return float(SOFTMAX_THIRD * slopes.max() / self.rows.shape[1])


def softmax(scores: FloatArray) -> FloatArray:
    """Probabilities of the classes, in memory of their own: (…, c, n) → (…, c, n)."""
    probabilities = scores - scores.max(axis=-2, keepdims=True)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=-2, keepdims=True)
    return np.asarray(probabilities)


def draw(
    data: str, samples: int, features: int, random: np.random.Generator, field: int = 1
) -> list[TaskRows]:
    """Tasks to learn λ from, and new ones to judge it by.

    Args:
        data: key of the data set.
        samples: training rows of all tasks together that are wanted.
        features: p of synthetic data, whose kinds are Gaussian clouds.
        random: which kinds go together, and which rows they have.
        field: a feature of digits is the mean of so many pixels in each direction.

    Returns:
        the training and the validation rows of the tasks, and the training rows and the queries of
        the new ones: other rows and, of digits, other kinds together.
    """
    classes = task_classes(data)
    tasks = task_count(samples, classes)
    # A division of all kinds in two is known by the classes that kind 0 is with.
    halves = np.array([(0, *rest) for rest in combinations(range(1, 2 * classes), classes - 1)])
    left = np.ones((len(halves), 2 * classes), dtype=bool)
    np.put_along_axis(left, halves, values=False, axis=1)
    divisions = np.stack([halves, np.nonzero(left)[1].reshape(halves.shape)], axis=1)
    pairs = (tasks + NEW_TASKS) // 2
    kinds = np.resize(random.permutation(divisions), (2 * pairs, classes))
    places = np.repeat(np.arange(pairs), 2)[:, None]
    if data == SYNTHETIC:
        means = random.standard_normal((2 * classes, 1, 1, features))
        each = (2 * classes, pairs, SHOTS + QUERIES, features)
        of_kinds = means + SPREAD * random.standard_normal(each)
    else:
        of_kinds = _digits(data, 2 * classes, pairs, field, random)
    rows = of_kinds[kinds, places] / np.sqrt(of_kinds.shape[-1])

    def part(which: slice, of_each: slice) -> TaskRows:
        chosen = rows[which, :, of_each]
        flat = chosen.reshape(len(chosen), -1, rows.shape[-1])
        return TaskRows(kinds[which], np.ascontiguousarray(flat))

    old, new = slice(tasks), slice(tasks, None)
    few, others = slice(SHOTS), slice(SHOTS, None)
    return [part(old, few), part(old, others), part(new, few), part(new, others)]


def _digits(
    data: str, kinds: int, pairs: int, field: int, random: np.random.Generator
) -> FloatArray:
    """Images of each kind for each pair of tasks, standardised, (2c, pairs, shots + queries, p)."""
    images, target = load(data)
    side = DIGIT_SIDE // field
    means = images.reshape(-1, side, field, side, field).mean(axis=(2, 4))
    features = standardised(means.reshape(len(images), -1))
    each = SHOTS + QUERIES
    shuffled = (random.permutation(np.flatnonzero(target == kind)) for kind in range(kinds))
    chosen = np.array([rows[: pairs * each] for rows in shuffled])
    return np.asarray(features[chosen.reshape(kinds, pairs, each)])


def products_cost(numbers: float, rows: int, columns: int) -> Cost:
    """So many multiplications in products of matrices that have few rows and columns."""
    if min(rows, columns) < FEW_ROWS:
        return Cost(vector=float(numbers), calls=1)
    return Cost(matrix=float(numbers), calls=1)


@dataclass(frozen=True)
class TaskCosts:
    """What the tasks take, of one state unless said otherwise.

    Attributes:
        tasks, classes, features, samples: N, c, p, and n of one task.
    """

    tasks: int
    classes: int
    features: int
    samples: int

    @property
    def product(self) -> Cost:
        """W_i X_iᵀ in all tasks, or back."""
        numbers = self.tasks * self.classes * self.features * self.samples
        return products_cost(numbers, self.classes, min(self.features, self.samples)) + Cost(
            calls=2
        )

    @property
    def probabilities(self) -> Cost:
        """s of all rows."""
        scores = self.tasks * self.classes * self.samples
        return self.product + Cost(vector=(SLOW_FUNCTION + 5) * scores, calls=8)

    @property
    def gradients(self) -> Cost:
        """Those of the losses."""
        scores, size = self.tasks * self.classes * self.samples, self.tasks * self._side
        return self.probabilities + self.product + Cost(vector=scores + 2 * size, calls=8)

    @property
    def curvature(self) -> Cost:
        """A product with the Hessians."""
        scores, size = self.tasks * self.classes * self.samples, self.tasks * self._side
        return self.product * 2 + Cost(vector=5 * scores + 4 * size, calls=12)

    @property
    def hessians(self) -> Cost:
        """The Hessians as matrices, and a system solved with each."""
        side = self._side
        numbers = side * (side + self.features) * self.samples + side**3 / 3
        return self.probabilities + Cost(
            vector=self.tasks * (side * self.samples + 4 * side**2),
            matrix=self.tasks * numbers,
            calls=20,
        )

    @property
    def norms(self) -> Cost:
        """Of X_i, and the cubic ones."""
        n, p = self.samples, self.features
        cubic = Cost(vector=2.0 * n * n, matrix=n * n * p + 1.5 * n**3, calls=12)
        return (norm_cost(n, p) + cubic) * self.tasks

    @property
    def _side(self) -> int:
        """Weights of one task."""
        return self.classes * self.features


def drawing_cost(data: str | Table, tasks: int, features: int) -> Cost:
    """Rows drawn for the tasks and the new ones, and divided."""
    rows = (tasks + NEW_TASKS) * task_classes(data) * (SHOTS + QUERIES)
    divisions = 20.0 * comb(2 * task_classes(data), task_classes(data))
    return Cost(vector=(SLOW_FUNCTION + 6) * rows * features + divisions, calls=120)
