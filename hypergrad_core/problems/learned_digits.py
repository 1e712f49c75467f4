"""Learned digits: one image of each class such that a classifier trained on them knows real ones.

    W(λ) = argmin_W (1/c) Σ_i −log softmax(W v_i)[i] + ½ β ‖W‖²,   λ = (v_1, …, v_c),
    Φ(w, λ) = w − η ∇(that),   E(w) = the mean cross-entropy on real images.

Image i is the only training row of class i, so λ is all data that Φ sees: data set distillation
(Wang et al. 2018). There are c images of p pixels, λ is image after image and w is W row after
row: d = m = c p. With s_i = softmax(W v_i), δ_i = s_i − e_i and S_i = diag s_i − s_i s_iᵀ,

    ∂₂Φ u = −(η/c) Σ_i (δ_i u_iᵀ + S_i W u_i v_iᵀ).

Pixels are deviations from a mean image, which is kept to draw them. There is no training again on
more rows: λ is all that Φ learns from, by definition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import Lipschitz
from hypergrad_core.costs import Cost, ProblemWork, norm_cost
from hypergrad_core.data import load
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms, spectral_norm
from hypergrad_core.problems.cross_entropy import (
    SOFTMAX_THIRD,
    CrossEntropy,
    CrossEntropyLinearisation,
    CrossEntropyStep,
    SoftmaxCosts,
    curved,
    split,
)
from hypergrad_core.problems.family import class_count, features_per_class
from hypergrad_core.problems.gradient_step import NEWTON_EXPECTED
from hypergrad_core.problems.request import Request, Sizes
from hypergrad_core.problems.ridge import weight_and_step

# Real images: the largest grey value, and the shape.
LARGEST_GREY, DIGIT_SHAPE = 16, (8, 8)
# Standard deviation of the pixels of the noise that λ is at first; of synthetic images, about.
NOISE = CONTRAST = 0.25


@dataclass(frozen=True, eq=False, kw_only=True)
class LearnedDigits(CrossEntropyStep):
    """The problem at one set of images; λ is image after image, shape (c p,).

    Attributes:
        weight: β > 0.
        mean_image: what pixels are deviations from, in grey values from 0 to 1, of the shape in
            which an image is drawn: rows and columns, or one row of p.
    """

    weight: float
    mean_image: FloatArray

    @cached_property
    def inside(self) -> CrossEntropy:
        """The loss on the learned images."""
        classes = self.validation.classes
        return CrossEntropy(self.hyper.reshape(classes, -1), np.arange(classes), classes)

    @property
    def images(self) -> FloatArray:
        """The learned images in grey values, mostly from 0 to 1, shape (c, rows, columns)."""
        mean = np.atleast_2d(self.mean_image)
        return np.asarray(mean + self.hyper.reshape(-1, *mean.shape))

    @cached_property
    def penalty(self) -> FloatArray:
        """β for each entry, shape (d,)."""
        return np.full(self.state_size, self.weight)

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η∇₁²g, and ∂₂Φ as at the top of this file."""
        return _LearnedLinearisation(self, states, self.inside.probabilities(states))

    @cached_property
    def _span(self) -> FloatArray:
        """Q, an orthonormal basis of pixel space that spans the images, shape (p, min(c, p))."""
        return np.linalg.qr(self.inside.columns)[0]

    @cached_property
    def _within_span(self) -> LearnedDigits:
        """The problem for images in the coordinates of Q: W(λ) is of the form Ω Qᵀ."""
        images = self.inside.rows @ self._span
        return replace(
            self,
            validation=self.validation.projected(self._span),
            test=self.test.projected(self._span),
            hyper=images.ravel(),
            initial_state=np.zeros(images.size),
        )

    def fixed_point(self) -> FloatArray:
        """w(λ) from its coordinates in the span of the images."""
        inner = CrossEntropyStep.fixed_point(self._within_span)
        return (inner.reshape(self.inside.classes, -1) @ self._span.T).ravel()

    def _coordinates(self, state: FloatArray) -> FloatArray:
        """W Q, all of W that the loss depends on: (d,) → (c r,)."""
        return (state.reshape(self.inside.classes, -1) @ self._span).ravel()

    def resolvent(
        self, state: FloatArray, columns: FloatArray, *, transposed: bool = False
    ) -> FloatArray:
        """(η∇₁²g)⁻¹ R: by elimination in the span of the images, 1/(ηβ) beside it."""
        basis = self._span
        layers = columns.T.reshape(-1, self.inside.classes, len(basis))
        along = layers @ basis
        beside = layers - along @ basis.T
        inner, columns = self._coordinates(state), along.reshape(len(along), -1).T
        solved = CrossEntropyStep.resolvent(self._within_span, inner, columns).T
        whole = solved.reshape(along.shape) @ basis.T + beside / (self.step * self.weight)
        return np.asarray(whole.reshape(len(whole), -1).T)

    def lipschitz(self) -> Lipschitz:
        """C12."""
        images, solution = self.inside, self.reference.solution
        size = float(row_norms(images.rows).max() * np.linalg.norm(solution))
        hyper_jacobian_norm, solution_jacobian_norm = self._jacobian_norms(solution)
        return Lipschitz(
            contraction=self.contraction,
            condition_number=self.condition_number,
            nu1=self.step * images.curvature_slope,
            nu2=self.step * images.norm / images.classes * (1 + SOFTMAX_THIRD * size),
            mu1=self.validation.curvature,
            mu2=0.0,
            hyper_jacobian_norm=hyper_jacobian_norm,
            outer_gradient_cap=self.validation.gradient_cap,
            solution_jacobian_norm=solution_jacobian_norm,
        )

    def _jacobian_norms(self, solution: FloatArray) -> tuple[float, float]:
        """‖∂₂Φ‖ and ‖w'(λ)‖ at w(λ), each the larger of those within the span and beside it."""
        reduced, inner = self._within_span, self._coordinates(solution)
        coupling = reduced.linearise(inner[None]).jvp_hyper(np.eye(inner.size)).T
        jacobian = CrossEntropyStep.resolvent(reduced, inner, coupling)
        norms = spectral_norm(coupling), spectral_norm(jacobian)
        if inner.size == solution.size:
            return norms
        residuals = self.inside.residuals(self.inside.probabilities(solution[None]))[0]
        beside = spectral_norm(residuals) / self.inside.classes
        return max(norms[0], self.step * beside), max(norms[1], beside / self.weight)


@dataclass(frozen=True)
class _LearnedLinearisation(CrossEntropyLinearisation):
    problem: LearnedDigits

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        inside = self.problem.inside
        weights, layers = self._layers(self.states), self._layers(adjoints)
        residuals = inside.residuals(self.probabilities)
        change = curved(self.probabilities, inside.scores(adjoints))
        images = np.matmul(np.swapaxes(residuals, 1, 2), layers)
        images += np.matmul(np.swapaxes(change, 1, 2), weights)
        images *= -self.problem.step / inside.classes
        return np.asarray(images.reshape(len(images), -1))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        inside = self.problem.inside
        weights, images = self._layers(self.states), self._layers(tangents)
        residuals = inside.residuals(self.probabilities)
        change = curved(self.probabilities, np.matmul(weights, np.swapaxes(images, 1, 2)))
        moved = np.matmul(residuals, images)
        moved += np.matmul(change, inside.rows)
        moved *= -self.problem.step / inside.classes
        return np.asarray(moved.reshape(len(moved), -1))

    def _layers(self, block: FloatArray) -> FloatArray:
        """(B, c p) → (B, c, p)."""
        return block.reshape(len(block), self.problem.inside.classes, -1)


def work(sizes: Sizes) -> ProblemWork:
    """Φ sees c rows only, and w(λ) is sought in their span; E sees n rows."""
    d, n = sizes.state_size, sizes.samples
    classes = class_count(sizes.data)
    p = d // classes
    inside, outside = SoftmaxCosts(classes, p, classes), SoftmaxCosts(classes, p, n)
    reduced = SoftmaxCosts(classes, min(classes, p), classes)
    spanned = classes * min(classes, p)
    coupling = Cost(1, 6 * d, 2.0 * d * classes, 14) + inside.curvature
    solution = reduced.newton * NEWTON_EXPECTED
    jacobians = Cost(matrix=1.0 * spanned**3, calls=30) + norm_cost(spanned, spanned) * 2
    return ProblemWork(
        state_size=d,
        hyper_size=d,
        solution=solution,
        setup=outside.drawn(2)
        + Cost(matrix=2.0 * n * p * min(classes, p), calls=60)
        + solution
        + outside.gradient
        + inside.norms
        + norm_cost(n, p)
        + jacobians
        + Cost(bytes=8.0 * (8 * n * p + 4 * classes * n + 4 * spanned**2)),
        map=Cost(1) + inside.gradient,
        linearise=inside.probabilities,
        state_product=Cost(1) + inside.curvature,
        pullback=coupling,
        tangent=coupling,
        outer=outside.gradient + Cost(vector=d),
        drift=inside.drift(d, coupling),
        layers=classes,
        symmetric=True,
        contraction=sizes.contraction,
        clusters=min(d, (classes - 1) * min(classes, p) + 1),
    )


def build(request: Request) -> LearnedDigits:
    """Images of noise; β and η make the gradient step contract with exactly the wanted q.

    ``size`` is d for synthetic data, rounded down to a multiple of c, and ``samples`` is the number
    of rows of E; there are as many test rows.
    """
    q = request.contraction
    validation, test, mean_image, noise = _images(
        request.data, request.sample_size, request.size, request.seed
    )
    images = CrossEntropy(noise, np.arange(len(noise)), len(noise))
    weight, step = weight_and_step((0.0, images.curvature), q)
    return LearnedDigits(
        validation=validation,
        test=test,
        mean_image=mean_image,
        weight=weight,
        step=step,
        hyper=noise.ravel(),
        initial_state=np.zeros(noise.size),
    )


@lru_cache(maxsize=8)
def _images(
    data: str, samples: int, size: int, seed: int
) -> tuple[CrossEntropy, CrossEntropy, FloatArray, FloatArray]:
    """Validation and test rows less the mean image, that image, and noise of shape (c, p)."""
    random = np.random.default_rng(seed)
    classes = class_count(data)
    if data == "synthetic":
        kinds = random.standard_normal((classes, features_per_class(size)))
        labels = random.integers(classes, size=2 * samples)
        deviations = kinds[labels] + random.standard_normal((2 * samples, kinds.shape[1]))
        features, shape = 0.5 + CONTRAST * deviations, kinds.shape[1:]
    else:
        features, target = load(data)
        features, labels, shape = features / LARGEST_GREY, target.astype(np.int64), DIGIT_SHAPE
    mean = features.mean(axis=0)
    validation, test = split(features - mean, labels, classes, (samples,), random)
    noise = NOISE * random.standard_normal((classes, len(mean)))
    return validation, test, mean.reshape(shape), noise
