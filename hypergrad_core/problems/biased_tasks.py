"""Biased regularisation over many tasks: a point that the classifiers of all tasks are pulled to.

    W_i(λ) = argmin_W (1/n) Σ_j −log softmax(W x_ij)[y_ij] + ½ β ‖W − P_i λ‖²,   i = 1, …, N,
    Φ(w, λ)_i = W_i − η ∇(that),   E(w) = (1/N) Σ_i the mean cross-entropy on other rows of task i.

λ has a row of p weights for each of 2c kinds, and P_i λ the c rows of those that task i is to tell
apart. w is task after task, each W_i row after row: d = N c p and m = 2 c p. Every kind is in N/2
tasks, so P, the P_i below one another, has PᵀP = (N/2) I.

How good λ is, new tasks tell: those that are trained at it have seen neither their rows nor, of
digits, their kinds together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import FEW_ROWS, Cost, ProblemWork, upper_norm_cost
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import Linearisation, SymmetricLinearisation
from hypergrad_core.problems.cross_entropy import curved
from hypergrad_core.problems.family import SHOTS, task_classes, task_count, weights_per_class
from hypergrad_core.problems.few_shot import (
    QUERIES,
    NewTasks,
    TaskCosts,
    TaskLosses,
    draw,
    drawing_cost,
    softmax,
)
from hypergrad_core.problems.gradient_step import NEWTON_EXPECTED, NEWTON_STEPS, GradientStep
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import weight_and_step

# Digits are seen in 4 × 4 fields of 2 × 2 pixels: with all pixels d would be four times as much.
FIELD = 2
# Length of a row of λ at first, about.
NOISE = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class BiasedTasks(GradientStep):
    """The problem at one λ, kind after kind, shape (2 c p,).

    Attributes:
        train: rows of the tasks that Φ sees.
        validation: rows of the same tasks that E sees.
        weight: β > 0.
        new: training and query rows of the new tasks.
    """

    train: TaskLosses
    validation: TaskLosses
    weight: float
    new: tuple[TaskLosses, TaskLosses]

    @property
    def centres(self) -> FloatArray:
        """P_i λ, what each task is pulled to, shape (N, c, p)."""
        return np.asarray(self.hyper.reshape(-1, self.train.rows.shape[2])[self.train.kinds])

    @cached_property
    def places(self) -> IntArray:
        """Which rows of w each row of λ pulls, shape (2 c, N/2)."""
        kinds = self.train.kinds.ravel()
        return np.argsort(kinds, kind="stable").reshape(kinds.max() + 1, -1)

    def weights(self, states: FloatArray) -> FloatArray:
        """W_i of each task: (B, d) → (B, N, c, p)."""
        tasks, classes = self.train.kinds.shape
        return states.reshape(len(states), tasks, classes, -1)

    @property
    def curvature(self) -> tuple[float, float]:
        """A loss has Hessians from 0, where all classes take the same part, to its bound."""
        return self.weight, self.train.curvature + self.weight

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η in each task."""
        weights = self.weights(states)
        moved = self.train.gradients(self.train.probabilities(weights))
        moved += self.weight * (weights - self.centres)
        moved *= -self.step
        moved += weights
        return np.asarray(moved.reshape(states.shape))

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η∇₁²g, block diagonal, and ∂₂Φ = ηβP at every state."""
        return _TasksLinearisation(self, self.train.probabilities(self.weights(states)))

    def outer(self, states: FloatArray) -> FloatArray:
        """The mean over tasks of their validation losses."""
        return np.asarray(self.validation.values(self.weights(states)).mean(axis=1))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E."""
        loss = self.validation
        gradient = loss.gradients(loss.probabilities(self.weights(states)))
        gradient /= len(loss.rows)
        return np.asarray(gradient.reshape(states.shape))

    @cached_property
    def held_out(self) -> NewTasks:
        """The new tasks, trained at this λ."""
        rows, queries = self.new
        fresh = replace(self, train=rows, validation=queries)
        return NewTasks(queries, fresh.weights(fresh.fixed_point()[None])[0])

    @cached_property
    def _bases(self) -> FloatArray:
        """Q_i, an orthonormal basis of a space with the rows of task i, (N, p, min(n, p))."""
        return np.asarray(np.linalg.qr(self.train.columns)[0])

    @cached_property
    def _within(self) -> TaskLosses:
        """The losses in the coordinates of the bases: W_i(λ) − P_i λ is of the form A_i Q_iᵀ."""
        return self.train.projected(self._bases)

    def fixed_point(self) -> FloatArray:
        """w(λ) by Newton's method in all tasks at once, until the gradient stops falling."""
        inside, centres = self._within, self.centres
        fixed = self.train.scores(centres)
        moves = np.zeros((*centres.shape[:2], inside.rows.shape[2]))
        scale, best = float(np.linalg.norm(inside.gradient_caps)), np.inf
        for _ in range(NEWTON_STEPS):
            ask()
            probabilities = softmax(fixed + inside.scores(moves))
            gradients = inside.gradients(probabilities) + self.weight * moves
            size = float(np.linalg.norm(gradients))
            if size >= 0.5 * best and best < 1e-6 * scale:
                break
            best = min(best, size)
            moves = self._newton_step(fixed, moves, probabilities, gradients)
        return np.asarray((centres + moves @ np.swapaxes(self._bases, 1, 2)).ravel())

    def _newton_step(
        self,
        fixed: FloatArray,
        moves: FloatArray,
        probabilities: FloatArray,
        gradients: FloatArray,
    ) -> FloatArray:
        """A full step, halved in each task while it does not lower its objective."""

        def objectives(moves: FloatArray) -> FloatArray:
            losses = self._within.values_of(fixed + self._within.scores(moves))
            return np.asarray(losses + 0.5 * self.weight * (moves**2).sum(axis=(1, 2)))

        flat = gradients.reshape(len(moves), -1, 1)
        directions = np.linalg.solve(self._hessians(probabilities), flat).reshape(moves.shape)
        lengths, here = np.ones((len(moves), 1, 1)), objectives(moves)
        while lengths.min() > 1e-3:
            above = objectives(moves - lengths * directions) > here * (1 + 1e-12)
            if not above.any():
                break
            lengths[above] /= 2
        return np.asarray(moves - lengths * directions)

    def _hessians(self, probabilities: FloatArray) -> FloatArray:
        """Those of the objectives, in the coordinates of the bases: (N, c, n) → (N, cr, cr)."""
        hessians = self._within.hessians(probabilities)
        np.einsum("ijj->ij", hessians)[...] += self.weight
        return hessians

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(η∇₁²g)⁻¹ R: in each task by elimination in its basis, 1/(ηβ) beside it."""
        layers, bases = self.weights(columns.T), self._bases
        along = layers @ bases
        beside = layers - along @ np.swapaxes(bases, 1, 2)
        probabilities = self.train.probabilities(self.weights(state[None]))[0]
        sides = np.moveaxis(along, 0, -1)
        flat = sides.reshape(len(sides), -1, len(layers))
        solved = np.linalg.solve(self._hessians(probabilities), flat).reshape(sides.shape)
        whole = np.moveaxis(solved, -1, 0) @ np.swapaxes(bases, 1, 2) + beside / self.weight
        return np.asarray(whole.reshape(columns.shape[::-1]).T / self.step)

    def lipschitz(self) -> Lipschitz:
        """C13; J = √(N/2) exactly."""
        tasks, caps = len(self.train.rows), self.validation.gradient_caps
        pull = float(np.sqrt(tasks / 2))
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=self.step * self.train.curvature_slope,
            nu2=0.0,
            mu1=self.validation.curvature / tasks,
            mu2=0.0,
            hyper_jacobian_norm=self.step * self.weight * pull,
            outer_gradient_cap=float(np.linalg.norm(caps)) / tasks,
            solution_jacobian_norm=pull,
        )


@dataclass(frozen=True)
class _TasksLinearisation(SymmetricLinearisation):
    problem: BiasedTasks
    probabilities: FloatArray
    """s of each row of each task, shape (B, N, c, n)."""

    def __getitem__(self, rows: Rows) -> _TasksLinearisation:
        return _TasksLinearisation(self.problem, self.probabilities[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        problem, layers = self.problem, self.problem.weights(adjoints)
        change = curved(self.probabilities, problem.train.scores(layers))
        moved = problem.train.pulled_back(change)
        moved *= -problem.step / problem.train.rows.shape[1]
        moved += (1 - problem.step * problem.weight) * layers
        return np.asarray(moved.reshape(adjoints.shape))

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        rows = adjoints.reshape(len(adjoints), -1, problem.train.rows.shape[2])
        pulled = rows[:, problem.places].sum(axis=2)
        pulled *= problem.step * problem.weight
        return np.asarray(pulled.reshape(len(adjoints), -1))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem = self.problem
        rows = tangents.reshape(len(tangents), -1, problem.train.rows.shape[2])
        pulls = problem.step * problem.weight * rows[:, problem.train.kinds]
        return np.asarray(pulls.reshape(len(tangents), -1))


def work(sizes: Sizes) -> ProblemWork:
    """All products are of small matrices, one for each task; w(λ) is sought in their bases."""
    classes = task_classes(sizes.data)
    tasks, d = task_count(sizes.samples, classes), sizes.state_size
    features, shots = d // (tasks * classes), classes * SHOTS
    m = 2 * classes * features
    inside = TaskCosts(tasks, classes, features, shots)
    reduced = replace(inside, features=min(features, shots))
    outside = replace(inside, samples=classes * QUERIES)
    newton = reduced.hessians + reduced.gradients + reduced.probabilities * 2 + Cost(calls=40)
    solution = newton * NEWTON_EXPECTED + Cost(calls=20)
    coupling = Cost(1, 2 * d, calls=6)
    change = inside.curvature + Cost(vector=4 * d)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        solution=solution,
        setup=drawing_cost(sizes.data, tasks, features)
        + solution
        + reduced.hessians
        + Cost(matrix=4.0 * tasks * features * shots**2, calls=20)
        + outside.gradients * 2
        + inside.norms
        + outside.norms
        + Cost(bytes=8.0 * 10 * tasks * (shots + outside.samples) * features),
        map=Cost(1, 3 * d) + inside.gradients,
        linearise=inside.probabilities,
        state_product=Cost(1) + inside.curvature,
        pullback=coupling,
        tangent=coupling,
        outer=outside.gradients + Cost(vector=2 * d + m),
        drift=replace(change * m, calls=change.calls) + upper_norm_cost(m, d),
        layers=FEW_ROWS,
        symmetric=True,
        contraction=sizes.contraction,
        clusters=min(d, tasks * (classes - 1) * reduced.features + 1),
    )


def build(request: Request) -> BiasedTasks:
    """λ is small noise, as if nothing were known; Φ contracts with exactly the wanted q.

    ``samples`` is the number of training rows of all tasks together, of which there are N n. With
    synthetic data ``size`` is d, rounded down to a multiple of N c.
    """
    train, validation, *new = _losses(
        request.data,
        request.sample_size,
        weights_per_class(request.size, request.sample_size),
        request.seed,
    )
    weight, step = weight_and_step((0.0, train.curvature), request.contraction)
    kinds, features = 2 * train.classes, train.rows.shape[2]
    prior = np.random.default_rng([request.seed, 1]).standard_normal(kinds * features)
    return BiasedTasks(
        train=train,
        validation=validation,
        new=(new[0], new[1]),
        weight=weight,
        step=step,
        hyper=NOISE * prior / np.sqrt(features),
        initial_state=np.zeros(train.kinds.size * features),
    )


@lru_cache(maxsize=8)
def _losses(data: str, samples: int, features: int, seed: int) -> list[TaskLosses]:
    """Those of the tasks, training and validation, and of the new tasks, training and queries."""
    parts = draw(data, samples, features, np.random.default_rng(seed), FIELD)
    return [TaskLosses(part.kinds, part.rows) for part in parts]
