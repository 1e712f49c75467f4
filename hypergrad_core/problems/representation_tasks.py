"""Hyper-representation over many tasks: one linear representation, and a ridge head in each task.

    W_i(H) = argmin_W (1/2n) ‖X_i H Wᵀ − Y_i‖² + ½ β ‖W‖²,   i = 1, …, N,   λ = H, row by row,
    Φ(w, H)_i = W_i − η ∇(that),   E(w, H) = (1/N) Σ_i (1/2n') ‖X'_i H W_iᵀ − Y'_i‖².

X_i has a row of p features for each of n rows of task i, which are of c classes; a row of Y_i is 1
in its class, less 1/c. H is (p, r) and W_i is (c, r): d = N c r and m = p r. A task takes the class
with the largest of the c numbers. Φ is affine in w, and block diagonal.

How good H is, new tasks tell: those whose heads are trained on it have seen neither their rows nor,
of digits, their kinds together.

With Z_i = X_i H, the residuals R_i = W_i Z_iᵀ − Y_iᵀ, P_i = X_iᵀ Z_i and means for sums,

    ∂₂Φᵀv = −η Σ_i (X_iᵀ R_iᵀ V_i + P_i V_iᵀ W_i),
    ∇₁E_i = R'_i Z'_i/N,   ∇₂E = (1/N) Σ_i X'_iᵀ R'_iᵀ W_i.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import (
    FEW_ROWS,
    SLOW_FUNCTION,
    Cost,
    ProblemWork,
    norm_cost,
    upper_norm_cost,
)
from hypergrad_core.errors import HypergradError
from hypergrad_core.linearisation import Linearisation, SymmetricLinearisation
from hypergrad_core.problems.family import (
    SHOTS,
    SYNTHETIC,
    task_classes,
    task_count,
    weights_per_class,
)
from hypergrad_core.problems.few_shot import (
    DIGIT_SIDE,
    QUERIES,
    NewTasks,
    draw,
    drawing_cost,
    products_cost,
)
from hypergrad_core.problems.gradient_step import GradientStep
from hypergrad_core.problems.hyper_representation import WEAKEST_FEATURE
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import weight_and_step
from hypergrad_core.problems.task_squares import Squares, TaskSquares, coupled, gathered

# Length of w for a class of digits: features that are made of 64 pixels.
DIGIT_REPRESENTATION = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class RepresentationTasks(GradientStep):
    """The problem at one H; λ is H flattened row by row, shape (p r,).

    Attributes:
        train: rows of the tasks that Φ sees.
        validation: rows of the same tasks that E sees.
        weight: β > 0.
        new: training and query rows of the new tasks.
    """

    affine = True

    train: TaskSquares
    validation: TaskSquares
    weight: float
    new: tuple[TaskSquares, TaskSquares]

    @property
    def representation(self) -> FloatArray:
        """H, shape (p, r)."""
        return self.hyper.reshape(self.train.rows.shape[2], -1)

    def _at_this(self, tasks: TaskSquares) -> Squares:
        return Squares(tasks=tasks, features=tasks.rows @ self.representation)

    @cached_property
    def inside(self) -> Squares:
        """The losses that Φ steps down."""
        return self._at_this(self.train)

    @cached_property
    def outside(self) -> Squares:
        """The losses that E is the mean of."""
        return self._at_this(self.validation)

    def weights(self, states: FloatArray) -> FloatArray:
        """W_i of each task: (B, d) → (B, N, c, r)."""
        tasks, classes = self.train.kinds.shape
        return states.reshape(len(states), tasks, classes, -1)

    @property
    def curvature(self) -> tuple[float, float]:
        """The extreme eigenvalues of all Z_iᵀ Z_i + βI."""
        low, high = self.inside.spectrum
        return low + self.weight, high + self.weight

    def state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − η (u_i Z_iᵀ Z_i + β u_i) for each row: (B, d) → (B, d)."""
        layers = self.weights(block)
        product = layers @ self.inside.grams
        product *= -self.step
        product += (1 - self.step * self.weight) * layers
        return np.asarray(product.reshape(block.shape))

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η in each task."""
        return self.state_product(states) + self.step * self.inside.correlations.ravel()

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ, the same at every state, and ∂₂Φ, for which w and R_i X_i are kept."""
        weights, inside = self.weights(states), self.inside
        return _TasksLinearisation(self, weights, inside.pulls(inside.residuals(weights)))

    def outer(self, states: FloatArray) -> FloatArray:
        """The mean over tasks of their validation losses."""
        residuals = self.outside.residuals(self.weights(states)).reshape(len(states), -1)
        return np.asarray(0.5 * np.einsum("bi,bi->b", residuals, residuals) / len(self.train.rows))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E."""
        gradient = self.outside.residuals(self.weights(states)) @ self.outside.features
        gradient /= len(self.train.rows)
        return np.asarray(gradient.reshape(states.shape))

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E, flattened."""
        weights, outside = self.weights(states), self.outside
        sums = gathered(outside.pulls(outside.residuals(weights)), weights)
        sums /= len(self.train.rows)
        return sums

    @cached_property
    def held_out(self) -> NewTasks:
        """The new tasks, whose heads are trained on this H."""
        rows, queries = self.new
        fresh = replace(self, train=rows, validation=queries)
        heads = fresh.weights(fresh.fixed_point()[None])[0]
        return NewTasks(queries, heads @ self.representation.T)

    @cached_property
    def _inverses(self) -> FloatArray:
        """(Z_iᵀ Z_i + βI)⁻¹, shape (N, r, r).

        Raises:
            HypergradError: where λ is so large that one of these is singular to rounding.
        """
        identity = np.eye(self.inside.grams.shape[1])
        try:
            return np.asarray(np.linalg.inv(self.inside.grams + self.weight * identity))
        except np.linalg.LinAlgError:
            raise HypergradError("w(λ) was not reached: a matrix is singular at this λ") from None

    def fixed_point(self) -> FloatArray:
        """w(λ), from the inverses of small matrices."""
        return np.asarray((self.inside.correlations @ self._inverses).ravel())

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(I − ∂₁Φ)⁻¹ R, likewise: (d,), (d, k) → (d, k)."""
        solved = self.weights(np.ascontiguousarray(columns.T)) @ self._inverses
        return np.asarray(solved.reshape(columns.shape[::-1]).T / self.step)

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """∂₂Φ(w) − ∂₂Φ(w(λ)), because ∂₁Φ is constant: linear in w − w(λ)."""
        solution = self.weights(self.reference.solution[None])
        slopes = np.moveaxis(self.inside.slopes, 1, 0)

        def drifts(states: FloatArray) -> FloatArray:
            gaps = -self.step * (self.weights(states) - solution)
            pulls = gaps @ np.swapaxes(self.inside.slopes, 1, 2)
            # Of a change of entry (l, s) of H, in entry (i, a, r) of w.
            of_heads = np.moveaxis(gaps, 3, 1)[:, None, :, :, :, None]
            changes = of_heads * slopes[None, :, None, :, None, :]
            np.einsum("blriar->blria", changes)[...] += np.moveaxis(pulls, 3, 1)[:, :, None]
            return np.asarray(changes.reshape(len(states), *columns.shape))

        return drifts

    def lipschitz(self) -> Lipschitz:
        """C14."""
        solution, tasks = self.weights(self.reference.solution[None]), len(self.train.rows)
        inside, outside = self.inside, self.outside
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=0.0,
            nu2=2 * self.step * _largest_norm(inside.slopes),
            mu1=_largest_norm(outside.features) ** 2 / tasks,
            mu2=self._coupling_norm(outside, solution) / tasks,
            mu2_slope=_largest_norm(outside.slopes) / tasks,
        )

    def _coupling_norm(self, losses: Squares, weights: FloatArray) -> float:
        """Norm of v ↦ Σ_i (X_iᵀ R_iᵀ V_i + P_i V_iᵀ W_i), whose square is a quadratic form in v."""
        pulls, units = losses.pulls(losses.residuals(weights)), np.eye(self.state_size)
        rows = coupled(losses, pulls, weights, self.weights(units))
        return float(np.sqrt(max(np.linalg.eigvalsh(rows @ rows.T)[-1], 0.0)))


def _largest_norm(matrices: FloatArray) -> float:
    """The largest ‖M_i‖₂ of a stack of shape (N, a, b)."""
    return float(np.linalg.norm(matrices, 2, axis=(1, 2)).max())


@dataclass(frozen=True)
class _TasksLinearisation(SymmetricLinearisation):
    problem: RepresentationTasks
    weights: FloatArray
    """W_i, shape (B, N, c, r)."""
    pulls: FloatArray
    """R_i X_i, shape (B, N, c, p)."""

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.weights[rows], self.pulls[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem.state_product(adjoints)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        sums = coupled(problem.inside, self.pulls, self.weights, problem.weights(adjoints))
        sums *= -problem.step
        return sums

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem = self.problem
        changes = tangents.reshape(len(tangents), 1, *problem.representation.shape)
        moved = self.pulls @ changes
        moved += (self.weights @ np.swapaxes(changes, 2, 3)) @ problem.inside.slopes
        moved *= -problem.step
        return np.asarray(moved.reshape(len(tangents), -1))


def work(sizes: Sizes) -> ProblemWork:
    """All products are of small matrices, one for each task."""
    classes = task_classes(sizes.data)
    tasks, d, shots = task_count(sizes.samples, classes), sizes.state_size, classes * SHOTS
    queries = classes * QUERIES
    r = d // (tasks * classes)
    p = DIGIT_SIDE**2 if sizes.data != SYNTHETIC else _features(sizes.hyper_size, r)
    m = p * r
    # What comes out of a product: W_i, a row of it for each feature or each row of data, and H.
    heads, pulls, sums = (
        products_cost(d * p, *shape) for shape in ((classes, r), (classes, p), (p, r))
    )
    state = products_cost(d * r, classes, r)
    scores, queried = (products_cost(d * rows, classes, rows) for rows in (shots, queries))
    pulled = scores + pulls * (shots / r) + Cost(vector=tasks * classes * shots, calls=3)
    coupling = pulls + (sums + heads) + Cost(1, 3 * m + 3 * d, calls=9)
    norms = norm_cost(d, m) + (norm_cost(p, r) * 2 + norm_cost(queries, r)) * tasks
    norms += Cost(matrix=1.0 * d * d * m + 1.5 * d**3, calls=4)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=drawing_cost(sizes.data, tasks, p)
        + Cost(vector=4 * SLOW_FUNCTION * m, matrix=4.0 * tasks * (shots + queries) * p * r)
        + Cost(matrix=6.0 * tasks * r**3 + 6.0 * d * d * p, vector=8.0 * d * m, calls=120)
        + norms
        + norm_cost(m, d)
        + Cost(bytes=8.0 * (10 * tasks * (shots + queries) * p + 4 * d * m)),
        map=Cost(1, 5 * d, calls=7) + state,
        linearise=pulled,
        state_product=Cost(1, 4 * d, calls=5) + state,
        pullback=coupling,
        tangent=coupling,
        outer=queried * 3
        + pulls * (queries / r)
        + sums
        + Cost(vector=3.0 * tasks * classes * queries + 2 * m, calls=12),
        drift=Cost(vector=1.5 * m * d + 3 * d * p, calls=16) + upper_norm_cost(m, d),
        layers=FEW_ROWS,
        symmetric=True,
        contraction=sizes.contraction,
        clusters=min(d, tasks * min(r, shots) + 1),
    )


def _features(hyper_size: int, length: int) -> int:
    """P of synthetic data, such that m = pr is close to what is wanted, or at least r²."""
    return max(length, round(hyper_size / length))


def build(request: Request) -> RepresentationTasks:
    """H is Gaussian, with columns that shrink; β and η make Φ contract with exactly the wanted q.

    ``samples`` is the number of training rows of all tasks together, of which there are N n. With
    synthetic data ``size`` is d, rounded down to a multiple of N c, and p = max(r, the nearest
    integer to ``hyper_size``/r). Where the Z_iᵀ Z_i are too well conditioned for a q near 1, the
    step is shortened (``ridge.weight_and_step``).
    """
    length = DIGIT_REPRESENTATION
    if request.data == SYNTHETIC:
        length = weights_per_class(request.size, request.sample_size)
    parts = _squares(
        request.data, request.sample_size, _features(request.hyper_size, length), request.seed
    )
    train, validation, *new = parts
    features = train.rows.shape[2]
    random = np.random.default_rng([request.seed, 1])
    shrinking = np.geomspace(1.0, WEAKEST_FEATURE, length)
    representation = random.standard_normal((features, length)) * shrinking / np.sqrt(features)
    inside = Squares(tasks=train, features=train.rows @ representation)
    weight, step = weight_and_step(inside.spectrum, request.contraction)
    return RepresentationTasks(
        train=train,
        validation=validation,
        new=(new[0], new[1]),
        weight=weight,
        step=step,
        hyper=representation.ravel(),
        initial_state=np.zeros(train.kinds.size * length),
    )


@lru_cache(maxsize=8)
def _squares(data: str, samples: int, features: int, seed: int) -> list[TaskSquares]:
    """Those of the tasks, training and validation, and of the new tasks, training and queries."""
    parts = draw(data, samples, features, np.random.default_rng(seed))
    return [TaskSquares(part.kinds, part.rows / np.sqrt(part.rows.shape[1])) for part in parts]
