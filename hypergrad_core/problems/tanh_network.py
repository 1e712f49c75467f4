"""A fixed-point network with tanh units: what the equilibrium model and the graph network share.

    w(λ) = W with W = tanh(P W Aᵀ + X Bᵀ + 1 cᵀ),   λ = (A, B, c),
    E(W) = mean over the labelled rows i of −log softmax(Θ w_i + b)[y_i].

One row of W for each of n samples or nodes, h units wide; w is W row after row, so d = n h, and λ
is A, B and c row after row, so m = h² + h p + h. P mixes the rows (a graph); without it each row
is a fixed point of its own. Read-out Θ, b is not learnt, so E does not see λ.

∂₁Φ = S (P ⊗ A) with S = diag(s), s = 1 − tanh², hence not symmetric, not even for symmetric P and
A. But then I − ∂₁Φᵀ = I − (P ⊗ A) S is self-adjoint in the inner product xᵀSy, and similar to
I − S^½ (P ⊗ A) S^½, whose eigenvalues lie in [1 − q, 1 + q]: conjugate gradient applies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
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
from hypergrad_core.interruption import WORK_BETWEEN, ask
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms, spectral_norm
from hypergrad_core.problem import Problem, kept_property
from hypergrad_core.problems.request import Sizes
from hypergrad_core.reference import Reference

# max |d/dz (1 − tanh² z)|.
TANH_SECOND = 4 / (3 * np.sqrt(3))
# max |d/dz sech z|.
SECH_SLOPE = 0.5
# Weight of a unit so far saturated that its s is 0 in double precision.
SMALLEST_WEIGHT = 1e-300
# Relative error of a computed norm, generously.
NORM_ROUNDING = 1e-12
# Steps of Newton's method to w(λ), about; and how much faster than q the iterates come closer.
NEWTON_EXPECTED = 7
SATURATED = 0.6
# Steps of a Krylov method until rounding, about.
UNSATURATED = 24
# Of ‖P‖‖A‖, after a projection.
LARGEST_NORM = 0.99


@dataclass(frozen=True, eq=False, kw_only=True)
class TanhNetwork(Problem):
    """The network at one λ of shape (h² + h p + h,); w_0 is of shape (n h,).

    Attributes:
        inputs: X, shape (n, p).
        readout: Θ, shape (C, h).
        readout_offset: b, shape (C,).
        labels: classes y of the labelled rows, 0 … C − 1, shape (n_l,).
        labelled: indices of the labelled rows, none twice, shape (n_l,).
        mixing: P, shape (n, n); None for the identity.
    """

    inputs: FloatArray
    readout: FloatArray
    readout_offset: FloatArray
    labels: IntArray
    labelled: IntArray
    mixing: FloatArray | None = None

    @property
    def width(self) -> int:
        """h, the number of units."""
        return int(self.readout.shape[1])

    @cached_property
    def recurrent(self) -> FloatArray:
        """A, shape (h, h)."""
        return self.hyper[: self.width**2].reshape(self.width, self.width)

    @cached_property
    def drive(self) -> FloatArray:
        """X Bᵀ + 1 cᵀ, shape (n, h)."""
        weights, offset = np.split(self.hyper[self.width**2 :], [-self.width])
        return np.asarray(self.inputs @ weights.reshape(self.width, -1).T + offset)

    def projected(self, hyper: FloatArray) -> FloatArray:
        """The nearest λ with ‖P‖‖A‖ ≤ 0.99 (Frobenius norm): singular values of A are cut there.

        Where A and P are symmetric at this λ, A is made symmetric first.
        """
        matrix, rest = np.split(hyper, [self.width**2])
        matrix = matrix.reshape(self.width, self.width)
        if self.self_adjoint:
            matrix = (matrix + matrix.T) / 2
        left, values, right = np.linalg.svd(matrix)
        cut = (left * np.minimum(values, LARGEST_NORM / self._mixing_norms[0])) @ right
        if self.self_adjoint:
            cut = (cut + cut.T) / 2
        return np.concatenate([cut.ravel(), rest])

    @property
    def self_adjoint(self) -> bool:
        """Whether A and P are symmetric, to the last bit."""
        mixing = np.eye(1) if self.mixing is None else self.mixing
        return all(np.array_equal(matrix, matrix.T) for matrix in (self.recurrent, mixing))

    @kept_property
    def _mixing_norms(self) -> tuple[float, float]:
        """‖P‖₂, exact however large, because q must stay below 1; and its largest row norm."""
        mixing = np.eye(1) if self.mixing is None else self.mixing
        return float(np.linalg.norm(mixing, 2)), float(row_norms(mixing).max())

    @property
    def contraction(self) -> float:
        """q = ‖P‖₂‖A‖₂."""
        contraction = self._mixing_norms[0] * float(np.linalg.norm(self.recurrent, 2))
        # About 1 it is known to rounding only: it must not pass for a contraction.
        return 1.0 if abs(contraction - 1) < NORM_ROUNDING else contraction

    @kept_property
    def fixed_features(self) -> FloatArray:
        """[X, 1]: the part of the layer's input that no state changes, shape (n, p + 1)."""
        return np.hstack([self.inputs, np.ones((len(self.inputs), 1))])

    def layers(self, states: FloatArray) -> FloatArray:
        """The rows of a block as matrices: (B, d) → (B, n, h)."""
        return states.reshape(len(states), -1, self.width)

    def mix(self, layers: FloatArray, *, transposed: bool = False) -> FloatArray:
        """P W, or Pᵀ W, for each W of a block: (B, n, h) → (B, n, h)."""
        if self.mixing is None:
            return layers
        mixing = self.mixing.T if transposed else self.mixing
        at_once = max(1, WORK_BETWEEN // (len(mixing) * layers[0].size)) if len(layers) else 1
        if len(layers) <= at_once:
            return np.asarray(np.matmul(mixing, layers))
        out = np.empty_like(layers)
        for start in range(0, len(layers), at_once):
            ask()
            part = slice(start, start + at_once)
            np.matmul(mixing, layers[part], out=out[part])
        return out

    def _values(self, mixed: FloatArray) -> FloatArray:
        """tanh(P W Aᵀ + X Bᵀ + 1 cᵀ) from P W: (B, n, h) → (B, n, h)."""
        scores = times(mixed, self.recurrent.T)
        scores += self.drive
        return np.tanh(scores, out=scores)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One pass through the layer."""
        return self._values(self.mix(self.layers(states))).reshape(states.shape)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = diag(s) (P ⊗ A); unit j of ∂₂Φ is diag(s_{·j}) F, F = [P W, X, 1]."""
        mixed = self.mix(self.layers(states))
        slopes = 1 - self._values(mixed) ** 2
        metric = None
        if self.self_adjoint:
            metric = np.maximum(slopes, SMALLEST_WEIGHT).reshape(states.shape)
        return _TanhLinearisation(self, slopes, mixed, metric)

    def _scores(self, states: FloatArray) -> FloatArray:
        """Θ w_i + b of the labelled rows, less the largest of each row: (B, d) → (B, n_l, C)."""
        chosen = self.layers(states)[:, self.labelled]
        scores = times(chosen, self.readout.T) + self.readout_offset
        return np.asarray(scores - scores.max(axis=2, keepdims=True))

    def outer(self, states: FloatArray) -> FloatArray:
        """Mean cross-entropy of the labelled rows."""
        scores = self._scores(states)
        losses = (
            np.log(np.exp(scores).sum(axis=2)) - scores[:, np.arange(len(self.labels)), self.labels]
        )
        return np.asarray(losses.mean(axis=1))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E: Θᵀ(softmax − e_y)/n_l in the labelled rows, 0 in the others."""
        weights = np.exp(self._scores(states))
        weights /= weights.sum(axis=2, keepdims=True)
        weights[:, np.arange(len(self.labels)), self.labels] -= 1
        gradient = np.zeros((len(states), len(self.inputs), self.width))
        gradient[:, self.labelled] = times(weights, self.readout) / len(self.labels)
        return gradient.reshape(states.shape)

    def drifts(self, columns: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """As for any problem: P U Aᵀ is the same at each w, and unit j has columns of its own."""
        width, rows = self.width, len(self.inputs)
        fixed = times(self.mix(self.layers(columns)), self.recurrent.T)
        _by_unit(fixed[width**2 : -width], width)[...] += self.inputs.T[None]
        _by_unit(fixed[-width:], width)[...] += 1

        def drifts(states: FloatArray) -> FloatArray:
            mixed = self.mix(self.layers(states))
            slopes = 1 - self._values(mixed) ** 2
            out = np.empty((len(states), len(columns), rows, width))
            for drift, slope, layer in zip(out, slopes, mixed, strict=True):
                ask()
                drift[...] = fixed
                _by_unit(drift[: width**2], width)[...] += layer.T[None]
                drift *= slope
            return np.asarray(out.reshape(len(states), *columns.shape) - columns)

        return drifts

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(I − ∂₁Φ)⁻¹ R, or (I − ∂₁Φᵀ)⁻¹ R, by elimination: (d,), (d, r) → (d, r).

        The matrix is written out from its formula; without mixing it is one block for each row.
        """
        ask()
        slopes = 1 - self._values(self.mix(self.layers(state[None])))[0] ** 2
        if self.mixing is None:
            jacobian = slopes[:, :, None] * self.recurrent
        else:
            jacobian = (slopes.reshape(-1, 1) * np.kron(self.mixing, self.recurrent))[None]
        matrix = np.eye(jacobian.shape[1]) - jacobian
        if transposed:
            matrix = np.swapaxes(matrix, 1, 2)
        parts = columns.reshape(len(matrix), matrix.shape[1], -1)
        return np.linalg.solve(matrix, parts).reshape(columns.shape)

    def solve(self) -> Reference:
        """Newton's method, elimination for the adjoint, and ∇f from the features of the layer."""
        # Without a contraction there may be no solution in reach of w_0. The curves show that.
        state = self.newton(strict=False)
        gradient = self.outer_gradient_state(state[None])[0]
        adjoint = self.resolvent(state, gradient[:, None], transposed=True)[:, 0]
        mixed = self.mix(self.layers(state[None]))
        scaled = (1 - self._values(mixed) ** 2) * self.layers(adjoint[None])
        features = np.hstack([mixed[0], self.fixed_features])
        product = scaled[0].T @ features
        cuts = [self.width, features.shape[1] - 1]
        hypergradient = np.concatenate([part.ravel() for part in np.split(product, cuts, axis=1)])
        return Reference(state, adjoint, hypergradient)

    def lipschitz(self) -> Lipschitz:
        """C7 and C8; those of the metric where A and P are symmetric."""
        mixed = self.mix(self.layers(self.reference.solution[None]))
        slopes = 1 - self._values(mixed)[0] ** 2
        features = np.hstack([mixed[0], self.fixed_features])
        mixing_norm, mixing_row_norm = self._mixing_norms
        contraction = self.contraction
        row_norm = float(row_norms(self.recurrent).max())
        feature_norm = min(
            mixing_norm * float(row_norms(features).max()),
            mixing_row_norm * spectral_norm(features),
        )
        spread = float(
            np.linalg.norm(self.readout[:, None] - self.readout[None], axis=2).max(initial=0.0)
        )
        plain = Lipschitz(
            contraction=contraction,
            nu1=TANH_SECOND * mixing_row_norm * row_norm * contraction,
            nu2=mixing_norm + TANH_SECOND * row_norm * feature_norm,
            mu1=spread**2 / (4 * len(self.labels)),
            mu2=0.0,
            hyper_jacobian_norm=max(spectral_norm(unit[:, None] * features) for unit in slopes.T),
            outer_gradient_cap=spread / float(np.sqrt(len(self.labels))),
            solution_jacobian_norm=spectral_norm(self.solution_jacobian),
        )
        if not self.self_adjoint:
            return plain
        roots = np.sqrt(slopes)
        return replace(
            plain,
            energy_hyper_norm=max(spectral_norm(unit[:, None] * features) for unit in roots.T),
            energy_nu2=mixing_norm + SECH_SLOPE * row_norm * feature_norm,
        )


def network_work(sizes: Sizes, inputs: int, classes: int, *, mixed: bool) -> ProblemWork:
    """Products with A, h units wide, at each of n rows; with P as well, if they are mixed.

    Args:
        sizes: of the request.
        inputs, classes: p and C.
        mixed: whether there is a P.
    """
    d, n = sizes.state_size, sizes.samples
    h, p = d // n, inputs
    m = h * h + h * p + h
    mix = float(n * d) if mixed else 0.0
    layer = Cost(1, (SLOW_FUNCTION + 2) * d, d * h + mix, 6)
    elimination = d**3 / 3 if mixed else d * h * h / 3
    solve = Cost(matrix=elimination + m * d * (d if mixed else h), vector=4.0 * d * m, calls=20)
    newton = Cost(matrix=elimination, vector=3.0 * d * (d if mixed else h), calls=20)
    setup = (newton + layer * 2) * NEWTON_EXPECTED + solve + Cost(calls=200)
    setup += norm_cost(d, m) + norm_cost(n, h + p + 1) * h
    if mixed:
        setup += Cost(vector=3 * SLOW_FUNCTION * n * n, matrix=3.0 * n**3)
    softmax = Cost(vector=d + 2 * SLOW_FUNCTION * n * classes, matrix=2.0 * d * classes, calls=20)
    return ProblemWork(
        state_size=d,
        hyper_size=m,
        setup=setup + Cost(bytes=8.0 * (5 * d * m + (6 * d * d if mixed else d * h))),
        map=layer,
        linearise=layer + Cost(vector=3 * d, calls=4),
        state_product=Cost(1, 3 * d, d * h + mix, 7),
        pullback=Cost(1, 2 * d + 2 * m, d * (h + p + 1), 12),
        tangent=Cost(1, 3 * d + m, d * (h + p + 1), 12),
        outer=softmax + Cost(vector=m),
        drift=Cost(vector=4.0 * d * m, matrix=d * h + mix, calls=20) + upper_norm_cost(m, d),
        layers=n,
        # A matrix of one number is symmetric.
        self_adjoint=h == 1,
        blocks=1 if mixed else n,
        contraction=min(SATURATED * sizes.contraction, 0.95),
        clusters=min(d, UNSATURATED),
        solution=(newton + layer * 2) * NEWTON_EXPECTED,
    )


@dataclass(frozen=True)
class _TanhLinearisation(Linearisation):
    problem: TanhNetwork
    slopes: FloatArray
    """s = 1 − tanh², shape (B, n, h)."""
    mixed: FloatArray
    """P W, shape (B, n, h)."""
    metric: FloatArray | None = None

    def __getitem__(self, rows: Rows) -> Self:
        metric = None if self.metric is None else self.metric[rows]
        return type(self)(self.problem, self.slopes[rows], self.mixed[rows], metric)

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        scaled = self.slopes * problem.layers(adjoints)
        product = problem.mix(times(scaled, problem.recurrent), transposed=True)
        return product.reshape(adjoints.shape)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        problem = self.problem
        product = times(problem.mix(problem.layers(tangents)), problem.recurrent.T)
        product *= self.slopes
        return product.reshape(tangents.shape)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        count, width = len(adjoints), problem.width
        scaled = self.slopes * problem.layers(adjoints)
        columns = np.ascontiguousarray(np.swapaxes(scaled, 1, 2))
        recurrent = np.matmul(columns, self.mixed)
        fixed = times(columns, problem.fixed_features)
        return np.concatenate(
            [
                recurrent.reshape(count, -1),
                fixed[:, :, :-1].reshape(count, -1),
                fixed[:, :, -1].reshape(count, width),
            ],
            axis=1,
        )

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem = self.problem
        count, width = len(tangents), problem.width
        recurrent, weights, offset = np.split(tangents, [width**2, -width], axis=1)
        product = np.matmul(self.mixed, np.swapaxes(recurrent.reshape(count, width, width), 1, 2))
        product += np.matmul(problem.inputs, np.swapaxes(weights.reshape(count, width, -1), 1, 2))
        product += offset[:, None]
        product *= self.slopes
        return np.asarray(product.reshape(count, -1))


def _by_unit(block: FloatArray, width: int) -> FloatArray:
    """Unit j of the rows that belong to it, as a view: (h r, n, h) → (h, r, n)."""
    return np.asarray(np.einsum("jrnj->jrn", block.reshape(width, -1, *block.shape[1:])))


def times(block: FloatArray, matrix: FloatArray) -> FloatArray:
    """Each matrix of a block times one matrix, in one product: (B, n, h), (h, r) → (B, n, r)."""
    return (block.reshape(-1, block.shape[2]) @ matrix).reshape(*block.shape[:2], matrix.shape[1])
