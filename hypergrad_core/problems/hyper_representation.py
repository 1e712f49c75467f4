"""Ridge regression on a learned linear representation: the hyper-representation of the paper.

    w(H) = argmin_w ½ ‖XHw − y‖² + ½ β ‖w‖²,   λ = H, row by row,
    Φ(w, H) = w − η ∇(that),   E(w, H) = ½ ‖X'Hw − y'‖² on validation data.

X has p features and H is (p, r): d = r and m = pr. Φ is affine in w, with ∂₁Φ symmetric.

With S = XᵀX, P = SH, c(w) = Pw − Xᵀy and their primed companions on validation data,

    ∂₂Φᵀv = −η (c vᵀ + Pv wᵀ),   ∇₁E = Hᵀc',   ∇₂E = c' wᵀ.
"""

from __future__ import annotations

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
    norm_cost,
    upper_norm_cost,
)
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import spectral_norm
from hypergrad_core.problems.gradient_step import RidgeLinearisation, RidgeStep
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import (
    LeastSquares,
    gram_cost,
    least_squares_cost,
    shuffled,
    weight_and_step,
)
from hypergrad_core.reference import Reference

# Synthetic H: its columns shrink evenly on a log scale, down to this part of the first. Learned
# features are not equally useful; and with equal ones β could not reach a q near 1.
WEAKEST_FEATURE = 0.1
NOISE = 0.3
WINE_FEATURES = 13


@dataclass(frozen=True, eq=False, kw_only=True)
class HyperRepresentation(RidgeStep):
    """The hyper-representation problem at one H; λ is H flattened row by row, shape (p r,).

    Attributes:
        train: X of shape (n, p) and y.
        validation: X' of shape (n', p) and y'.
    """

    train: LeastSquares
    validation: LeastSquares

    @property
    def representation(self) -> FloatArray:
        """H, shape (p, r)."""
        return self.hyper.reshape(-1, self.state_size)

    @cached_property
    def inside(self) -> LeastSquares:
        """½ ‖XHw − y‖² as a function of w: least squares with the features XH, shape (n, r)."""
        return LeastSquares(self.train.rows @ self.representation, self.train.targets)

    @cached_property
    def outside(self) -> LeastSquares:
        """½ ‖X'Hw − y'‖² as a function of w."""
        return LeastSquares(self.validation.rows @ self.representation, self.validation.targets)

    @cached_property
    def inside_slope(self) -> FloatArray:
        """P = XᵀXH, shape (p, r)."""
        return self.train.rows.T @ self.inside.rows

    @cached_property
    def outside_slope(self) -> FloatArray:
        """P' = X'ᵀX'H, shape (p, r)."""
        return self.validation.rows.T @ self.outside.rows

    @property
    def spectrum(self) -> tuple[float, float]:
        """Of HᵀXᵀXH."""
        return self.inside.spectrum

    @property
    def linear_term(self) -> FloatArray:
        """HᵀXᵀy, shape (r,)."""
        return self.inside.correlation

    def gram_product(self, block: FloatArray) -> FloatArray:
        """HᵀXᵀXHu for each row u."""
        return self.inside.gram_product(block)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η (HᵀXᵀXH + βI) and ∂₂Φ, for which w and c(w) are kept."""
        return _RepresentationLinearisation(
            self, states, self.inside.residuals(states) @ self.train.rows
        )

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = c' wᵀ, flattened."""
        pulls = self.outside.residuals(states) @ self.validation.rows
        return np.asarray((pulls[:, :, None] * states[:, None, :]).reshape(len(states), -1))

    def solve(self) -> Reference:
        """w and v from the singular values of XH, ∇f from matrices of shape (p, r)."""
        inside, outside = self.inside, self.outside
        solution = inside.ridge_solve(self.weight, inside.correlation[None])[0]
        gradient = outside.gradient(solution[None])
        # u = ηv, which does not depend on the step.
        adjoint = inside.ridge_solve(self.weight, gradient)[0]
        pull = self.train.rows.T @ (inside.rows @ solution - inside.targets)
        outer_pull = self.validation.rows.T @ (outside.rows @ solution - outside.targets)
        along = outer_pull - self.train.rows.T @ (inside.rows @ adjoint)
        hypergradient = np.outer(along, solution) - np.outer(pull, adjoint)
        return Reference(solution, adjoint / self.step, hypergradient.ravel())

    @property
    def solution_jacobian(self) -> FloatArray:
        """w'(λ) = (I − ∂₁Φ)⁻¹∂₂Φ, shape (r, m)."""
        resolvent = self.inside.ridge_solve(self.weight, np.eye(self.state_size)) / self.step
        return self.linearise(self.reference.solution[None]).vjp_hyper(resolvent)

    def lipschitz(self) -> Lipschitz:
        """C6."""
        solution = self.reference.solution
        pull = self.inside.residuals(solution[None])[0] @ self.train.rows
        outer_pull = self.outside.residuals(solution[None])[0] @ self.validation.rows
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=0.0,
            nu2=2 * self.step * spectral_norm(self.inside_slope),
            mu1=self.outside.norm**2,
            mu2=_pair_norm(outer_pull, self.outside_slope, solution),
            mu2_slope=spectral_norm(self.outside_slope),
            hyper_jacobian_norm=self.step * _pair_norm(pull, self.inside_slope, solution),
        )


def _pair_norm(left: FloatArray, matrix: FloatArray, right: FloatArray) -> float:
    """Norm of u ↦ a uᵀ + (M u) bᵀ, from ℝʳ to matrices with the Frobenius norm.

    ‖a uᵀ + Mu bᵀ‖² = ‖a‖²‖u‖² + ‖b‖²‖Mu‖² + 2 (aᵀMu)(bᵀu) is a quadratic form in u.

    Args:
        left: a, shape (p,).
        matrix: M, shape (p, r).
        right: b, shape (r,).
    """
    cross = np.outer(left @ matrix, right)
    form = (left @ left) * np.eye(len(right)) + (right @ right) * (matrix.T @ matrix)
    return float(np.sqrt(np.linalg.eigvalsh(form + cross + cross.T)[-1]))


@dataclass(frozen=True)
class _RepresentationLinearisation(RidgeLinearisation):
    problem: HyperRepresentation
    states: FloatArray
    """w, shape (B, r)."""
    pulls: FloatArray
    """c(w), shape (B, p)."""

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.states[rows], self.pulls[rows])

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        slopes = adjoints @ self.problem.inside_slope.T
        product = self.pulls[:, :, None] * adjoints[:, None, :]
        product += slopes[:, :, None] * self.states[:, None, :]
        product *= -self.problem.step
        return np.asarray(product.reshape(len(adjoints), -1))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        changes = tangents.reshape(len(tangents), *self.problem.representation.shape)
        along = (self.pulls[:, None, :] @ changes)[:, 0]
        moved = (changes @ self.states[:, :, None])[:, :, 0]
        return np.asarray(-self.problem.step * (along + moved @ self.problem.inside_slope))


def work(sizes: Sizes) -> ProblemWork:
    """Everything is small but the columns of ∂₂Φ, of which there are m = p r."""
    r, n = sizes.state_size, sizes.samples
    p = WINE_FEATURES if sizes.data == "wine" else max(r, round(sizes.hyper_size / r))
    m = p * r
    product = Cost(1, 3 * r, gram_cost(n, r), 6)
    return ProblemWork(
        state_size=r,
        hyper_size=m,
        setup=least_squares_cost(n, r)
        + Cost(vector=2 * SLOW_FUNCTION * n * p, matrix=8.0 * n * p * r + 20 * r**3, calls=250)
        + Cost(bytes=8.0 * (8 * n * p + 4 * r * m))
        + norm_cost(p, r) * 3
        + norm_cost(r, m),
        map=Cost(1, 5 * r, gram_cost(n, r), 9),
        linearise=Cost(vector=n, matrix=n * (r + p), calls=5),
        state_product=product,
        pullback=Cost(1, 5 * m, m, 8),
        tangent=Cost(1, 5 * m, calls=8),
        outer=Cost(vector=2 * m + 2 * n, matrix=n * (3 * r + p), calls=10),
        drift=Cost(vector=6.0 * m * r, matrix=m * (gram_cost(n, r) + m), calls=24)
        + upper_norm_cost(m, r),
        symmetric=True,
        contraction=sizes.contraction,
        clusters=r,
    )


def build(request: Request) -> HyperRepresentation:
    """One regression; β and η make the gradient step contract with exactly the wanted q.

    ``size`` is r, the length of w. Synthetic data have ``samples`` rows and p = max(r, the nearest
    integer to ``hyper_size``/r) features, so that m = pr is close to the wanted m or at least r².
    Wine fixes p. Where HᵀXᵀXH is too well conditioned for a q near 1, the step is shortened
    (``ridge.weight_and_step``).
    """
    size = request.size
    train, validation, representation = _data(
        request.data,
        request.samples,
        size,
        max(size, round(request.hyper_size / size)),
        request.seed,
    )
    inside = LeastSquares(train.rows @ representation, train.targets)
    weight, step = weight_and_step(inside.spectrum, request.contraction)
    return HyperRepresentation(
        train=train,
        validation=validation,
        weight=weight,
        step=step,
        hyper=representation.ravel(),
        initial_state=np.zeros(size),
    )


@lru_cache(maxsize=8)
def _data(
    data: str, samples: int, size: int, features: int, seed: int
) -> tuple[LeastSquares, LeastSquares, FloatArray]:
    """Training and validation data, divided by √n so that sums are means, and H."""
    random = np.random.default_rng(seed)
    if data == "synthetic":
        rows = random.standard_normal((2 * samples, features))
        truth = random.standard_normal(features) / np.sqrt(features)
        targets = rows @ truth + NOISE * random.standard_normal(2 * samples)
    else:
        rows, targets = shuffled(data, random)
    half = len(targets) // 2
    scale = np.sqrt(half)
    train, validation = (
        LeastSquares(rows[part] / scale, targets[part] / scale)
        for part in (slice(half), slice(half, 2 * half))
    )
    shrinking = np.geomspace(1.0, WEAKEST_FEATURE, size)
    representation = random.standard_normal((rows.shape[1], size)) * shrinking
    return train, validation, representation / np.sqrt(rows.shape[1])
