"""Kernel ridge regression with one width for each feature: the KRR of the paper.

    w(λ) = argmin_w ½ wᵀ(K + βI)w − wᵀy,   K_ij = exp(−Σ_l γ_l (x_il − x_jl)²),   λ = (β, γ),
    Φ(w, λ) = w − η ∇(that),   E(w, λ) = ½ ‖y' − K'w‖²,   K' the same between validation rows and x.

The state has an entry for each training row: d = n; X has p features and m = p + 1. E depends on γ
directly. Φ is affine in w, with ∂₁Φ = I − η(K + βI) symmetric; with H_l = ∂K/∂γ_l,

    ∂₂Φ = −η [w, H_1 w, …, H_p w],   ∇₁E = K'ᵀr,   ∇₂E = (0, rᵀH'_1w, …, rᵀH'_pw),   r = K'w − y'.

Constants: C4 with its kernel exp(−½ Σ e^θ (·)²) replaced by this one, so that H_l = −Δ_l ∘ K with
Δ_l the squared differences and no factor ½e^θ; with ∂(K + βI)/∂β = I, no factor e^θ; and with 1/m
replaced by 1, because E is a sum. ∇₂E is quadratic in w, so that μ₂ compares with w(λ) only:
μ₂ = μ₂₀ + μ₂₁D, where μ₂₀ is the exact norm of the derivative of ∇₂E at w(λ), which is not above
the sum of two products that C4 has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, FloatArray, Rows
from hypergrad_core.constants import Constants
from hypergrad_core.data import load
from hypergrad_core.numerics import row_dots, spectral_norm
from hypergrad_core.problem import Linearisation, Problem, Reference
from hypergrad_core.problems.request import Request
from hypergrad_core.problems.ridge import standardised, weight_and_step

# Above this many numbers, the norm of a stack of matrices is bounded by row sums.
STACK_FLOATS = 2**24
# exp(−Σ γ (x − x')²) is about e^{−2·WIDTH} between two typical rows.
WIDTH = 0.5
NOISE = 0.1


@dataclass(frozen=True, eq=False)
class Kernels:
    """K and K', and what of them the constants take: the same for every β and every step.

    Attributes:
        features: X, shape (n, p).
        validation_features: shape (n', p).
        widths: γ, shape (p,).
    """

    features: FloatArray
    validation_features: FloatArray
    widths: FloatArray

    @cached_property
    def train(self) -> FloatArray:
        """K, shape (n, n)."""
        return gaussian_kernel(self.features, self.features, self.widths)

    @cached_property
    def validation(self) -> FloatArray:
        """K', shape (n', n)."""
        return gaussian_kernel(self.validation_features, self.features, self.widths)

    def slopes(self) -> Iterator[FloatArray]:
        """−H_l = Δ_l ∘ K for l = 1 … p: entries are not negative, shape (n, n) each."""
        for difference in squared_differences(self.features, self.features):
            yield difference * self.train

    def validation_slopes(self) -> Iterator[FloatArray]:
        """−H'_l for l = 1 … p, shape (n', n) each."""
        for difference in squared_differences(self.validation_features, self.features):
            yield difference * self.validation

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """Of K, rising; it is positive semi-definite, so that a negative one is rounding."""
        return np.asarray(np.maximum(np.linalg.eigvalsh(self.train), 0.0))

    @cached_property
    def validation_norm(self) -> float:
        """‖K'‖₂."""
        return spectral_norm(self.validation)

    @cached_property
    def slope_norm(self) -> float:
        """Upper bound of ‖[H_1 u, …, H_p u]‖ over unit u."""
        return stack_norm(self.slopes(), len(self.widths) * self.train.size)

    @cached_property
    def validation_slope_norm(self) -> float:
        """The same for the H'_l."""
        return stack_norm(self.validation_slopes(), len(self.widths) * self.validation.size)


class KernelRidge(Problem):
    """Kernel ridge regression at one λ.

    Attributes:
        affine: Φ is affine in w.

    Args:
        features: X, shape (n, p).
        targets: y, shape (n,).
        validation_features: shape (n', p).
        validation_targets: y', shape (n',).
        step: η > 0.
        hyper: λ = (β, γ_1, …, γ_p) with β > 0 and γ ≥ 0, shape (p + 1,).
        initial_state: w_0, shape (n,); 0 if not given.
        kernels: of these rows and widths, if they are there already.
    """

    symmetric = True
    affine = True

    def __init__(
        self,
        *,
        features: FloatArray,
        targets: FloatArray,
        validation_features: FloatArray,
        validation_targets: FloatArray,
        step: float,
        hyper: FloatArray,
        initial_state: FloatArray | None = None,
        kernels: Kernels | None = None,
    ) -> None:
        self.kernels = kernels or Kernels(features, validation_features, hyper[1:])
        self.features = features
        self.targets = targets
        self.validation_features = validation_features
        self.validation_targets = validation_targets
        self.step = step
        self.hyper = hyper
        self.initial_state = np.zeros(len(targets)) if initial_state is None else initial_state

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (p + 1,). Steps and start are kept."""
        return type(self)(
            features=self.features,
            targets=self.targets,
            validation_features=self.validation_features,
            validation_targets=self.validation_targets,
            step=self.step,
            hyper=hyper,
            initial_state=self.initial_state,
        )

    @property
    def weight(self) -> float:
        """β."""
        return float(self.hyper[0])

    @property
    def kernel(self) -> FloatArray:
        """K, shape (n, n)."""
        return self.kernels.train

    @property
    def validation_kernel(self) -> FloatArray:
        """K', shape (n', n)."""
        return self.kernels.validation

    def _state_product(self, block: FloatArray) -> FloatArray:
        """∂₁Φ u = u − η (Ku + βu) for each row: (B, n) → (B, n)."""
        product = block @ self.kernel
        product *= -self.step
        product += (1 - self.step * self.weight) * block
        return np.asarray(product)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """One gradient step of size η."""
        return self._state_product(states) + self.step * self.targets

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ = I − η(K + βI) and ∂₂Φ = −η [w, H_1 w, …], whose columns are not formed."""
        return _KernelLinearisation(self, states)

    def _validation_residuals(self, states: FloatArray) -> FloatArray:
        return np.asarray(states @ self.validation_kernel.T - self.validation_targets)

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖K'w − y'‖²."""
        residuals = self._validation_residuals(states)
        return 0.5 * row_dots(residuals, residuals)

    def drifts(self, states: FloatArray, columns: FloatArray) -> FloatArray:
        """As for any problem: ∂₁Φ is the same at each w."""
        moved = spread_products(self.kernel, states, self.features, self.features)
        drift = np.concatenate([-states[:, None], moved], axis=1)
        drift *= self.step
        drift += self._state_product(columns) - columns
        return drift

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E = K'ᵀr."""
        return np.asarray(self._validation_residuals(states) @ self.validation_kernel)

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E = (0, rᵀH'_1 w, …, rᵀH'_p w)."""
        gradient = np.zeros((len(states), self.hyper_size))
        gradient[:, 1:] = -bilinear_forms(
            self._validation_residuals(states),
            self.validation_kernel,
            states,
            self.validation_features,
            self.features,
        )
        return gradient

    def _moved(self, state: FloatArray) -> FloatArray:
        """∂/∂λ of (K + βI)w at fixed w: the rows w, H_1 w, …, H_p w, shape (m, n)."""
        return np.array([state, *(-slope @ state for slope in self.kernels.slopes())])

    def _direct(self, residual: FloatArray, state: FloatArray) -> FloatArray:
        """∇₂E from the H'_l themselves, shape (m,)."""
        slopes = [-(residual @ slope) @ state for slope in self.kernels.validation_slopes()]
        return np.array([0.0, *slopes])

    def _shifted_solve(self, right: FloatArray) -> FloatArray:
        """(K + βI)⁻¹ times a vector or a matrix, (n,) or (n, c), by elimination."""
        shifted = self.kernel + self.weight * np.eye(self.state_size)
        return np.asarray(np.linalg.solve(shifted, right), dtype=np.float64)

    def _solve(self) -> Reference:
        """Two direct solves, and ∇f from the H_l themselves."""
        solution = self._shifted_solve(self.targets)
        residual = self.validation_kernel @ solution - self.validation_targets
        # u = ηv, which does not depend on the step.
        adjoint = self._shifted_solve(residual @ self.validation_kernel)
        hypergradient = self._direct(residual, solution) - self._moved(solution) @ adjoint
        return Reference(solution, adjoint / self.step, hypergradient)

    def _measure_constants(self) -> Constants:
        """C4 for this parametrisation, with exact norms but for the two of stacks (ν₂, μ₂₁)."""
        truth, kernels = self.reference, self.kernels
        eigenvalues = kernels.eigenvalues + self.weight
        low, high = float(eigenvalues[0]), float(eigenvalues[-1])
        contraction = max(abs(1 - self.step * low), abs(1 - self.step * high))
        kernel_norm = kernels.validation_norm
        mu1 = kernel_norm**2
        distance = float(np.linalg.norm(truth.solution - self.initial_state))
        residual = self._validation_residuals(truth.solution[None])[0]
        outer_gradient_norm = float(np.linalg.norm(residual @ self.validation_kernel))
        moved = self._moved(truth.solution)
        hyper_jacobian_norm = self.step * spectral_norm(moved)
        jacobian = self._shifted_solve(moved.T)
        # d(H'_lᵀr) + K'ᵀd(…): the derivative of ∇₂E at w(λ), up to its sign.
        outer_slopes = np.array(
            [
                residual @ slope + (slope @ truth.solution) @ self.validation_kernel
                for slope in kernels.validation_slopes()
            ]
        )
        outer_curvature = kernel_norm * kernels.validation_slope_norm
        # ∂(K + βI)/∂β = I joins the others.
        curvature = np.hypot(1, kernels.slope_norm)
        return Constants(
            contraction=contraction,
            condition_number=high / low,
            nu1=0.0,
            nu2=self.step * float(curvature),
            mu1=mu1,
            mu2=spectral_norm(outer_slopes) + outer_curvature * distance,
            outer_gradient_bound=outer_gradient_norm + mu1 * distance,
            hyper_jacobian_norm=hyper_jacobian_norm,
            distance=distance,
            outer_gradient_norm=outer_gradient_norm,
            solution_jacobian_norm=min(
                spectral_norm(jacobian), hyper_jacobian_norm / (1 - contraction)
            ),
            adjoint_norm=float(np.linalg.norm(truth.adjoint)),
            direct_gradient_norm=float(np.linalg.norm(self._direct(residual, truth.solution))),
            hypergradient_norm=float(np.linalg.norm(truth.hypergradient)),
        )


def squared_differences(left: FloatArray, right: FloatArray) -> Iterator[FloatArray]:
    """(x_il − z_jl)² for l = 1 … p: (a, p), (b, p) → p times (a, b)."""
    for x, z in zip(left.T, right.T, strict=True):
        yield (x[:, None] - z) ** 2


def gaussian_kernel(left: FloatArray, right: FloatArray, widths: FloatArray) -> FloatArray:
    """exp(−Σ_l γ_l (x_il − z_jl)²): (a, p), (b, p), (p,) → (a, b)."""
    exponent = np.zeros((len(left), len(right)))
    for width, difference in zip(widths, squared_differences(left, right), strict=True):
        exponent -= width * difference
    return np.exp(exponent)


def bilinear_forms(
    left: FloatArray,
    kernel: FloatArray,
    right: FloatArray,
    left_features: FloatArray,
    right_features: FloatArray,
) -> FloatArray:
    """Σ_ij u_i K_ij w_j (x_il − z_jl)² for each pair of rows u, w and each l, shape (B, p).

    The square is multiplied out, so that no matrix but K is needed.

    Args:
        left: rows u, shape (B, a).
        kernel: K, shape (a, b).
        right: rows w, shape (B, b), or one row for all, shape (1, b).
        left_features: x, shape (a, p).
        right_features: z, shape (b, p).
    """
    if len(right) == 1:
        # One w for all u: what belongs to w is formed once, not once for each u.
        moved = spread_products(kernel, right, left_features, right_features)
        return np.asarray(left @ moved[0].T)
    forms = (left * (right @ kernel.T)) @ left_features**2
    forms += ((left @ kernel) * right) @ right_features**2
    for part in _feature_chunks(len(right), kernel, left_features.shape[1]):
        spread = (right[:, None, :] * right_features.T[part]) @ kernel.T
        spread *= left_features.T[part]
        # With one row w for all, one product of matrices instead of many small ones.
        products = left @ spread[0].T if len(spread) == 1 else (spread @ left[:, :, None])[:, :, 0]
        forms[:, part] -= 2 * products
    return np.asarray(forms)


def spread_products(
    kernel: FloatArray, right: FloatArray, left_features: FloatArray, right_features: FloatArray
) -> FloatArray:
    """Σ_j K_ij w_j (x_il − z_jl)² for each row w, each l and i, as above: (B, b) → (B, p, a)."""
    x, z = left_features.T, right_features.T
    moved = x**2 * (right @ kernel.T)[:, None] + (right[:, None] * z**2) @ kernel.T
    moved -= 2 * x * ((right[:, None] * z) @ kernel.T)
    return np.asarray(moved)


def _feature_chunks(rows: int, kernel: FloatArray, features: int) -> list[slice]:
    """Slices of the features for which a (rows, slice, a or b) block stays in cache."""
    chunk = max(1, BLOCK_FLOATS // (rows * max(kernel.shape)))
    return [slice(start, start + chunk) for start in range(0, features, chunk)]


def stack_norm(matrices: Iterator[FloatArray], size: int) -> float:
    """Upper bound of ‖[M_1 u, …, M_p u]‖, and so of ‖(aᵀM_1 u, …)‖, over unit u and a.

    That is the norm of the M_l as a tensor, and a tensor unfolded to a matrix has no smaller norm:
    the bound is the lesser of ‖Σ M_lᵀM_l‖^½ and ‖(tr M_lᵀM_k)_lk‖^½. Of too many numbers, only the
    first is taken, and bounded by row sums.

    Args:
        matrices: M_1, …, M_p, entries not negative, shape (a, b) each.
        size: p a b.
    """
    if size > STACK_FLOATS:
        # Entries of Σ MᵀM are not negative: its largest row sum bounds its norm.
        sums = sum((matrix.sum(axis=1) @ matrix for matrix in matrices), np.zeros(1))
        return float(np.sqrt(sums.max()))
    stack = np.array([*matrices])
    tall, wide = stack.reshape(-1, stack.shape[2]), stack.reshape(len(stack), -1)
    norms = [np.linalg.eigvalsh(square)[-1] for square in (tall.T @ tall, wide @ wide.T)]
    return float(np.sqrt(min(norms)))


@dataclass
class _KernelLinearisation(Linearisation):
    problem: KernelRidge
    states: FloatArray
    """w, shape (B, n)."""

    def _take(self, rows: Rows) -> Self:
        return type(self)(self.problem, self.states[rows])

    def _vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return self.problem._state_product(adjoints)

    def _jvp_state(self, tangents: FloatArray) -> FloatArray:
        return self._vjp_state(tangents)

    def _vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        problem = self.problem
        product = np.empty((len(adjoints), problem.hyper_size))
        product[:, 0] = -row_dots(adjoints, np.broadcast_to(self.states, adjoints.shape))
        product[:, 1:] = bilinear_forms(
            adjoints, problem.kernel, self.states, problem.features, problem.features
        )
        product *= problem.step
        return product

    def _jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        problem, states = self.problem, self.states
        kernel, features, widths = problem.kernel, problem.features, tangents[:, 1:]
        # Σ_l u_l Δ_l ∘ K, with the squares multiplied out as in ``bilinear_forms``.
        lengths = widths @ (features**2).T
        moved = lengths * (states @ kernel) + (lengths * states) @ kernel
        for part in _feature_chunks(len(states), kernel, features.shape[1]):
            spread = (states[:, None, :] * features.T[part]) @ kernel
            spread *= features.T[part]
            moved -= 2 * (widths[:, None, part] @ spread)[:, 0]
        return np.asarray(problem.step * (moved - tangents[:, :1] * states))


def build(request: Request) -> KernelRidge:
    """Random widths γ, then β and η for which the step contracts with exactly the wanted q.

    ``size`` is n, the number of training rows of synthetic data, and ``hyper_size`` is m = p + 1
    (at least 2: one feature). Diabetes fixes both. Where K is too well conditioned for a q near 1,
    which takes few rows, the step is shortened (``ridge.weight_and_step``).
    """
    kernels, targets, validation_targets = _data(
        request.data, request.size, max(request.hyper_size - 1, 1), request.seed
    )
    spectrum = (float(kernels.eigenvalues[0]), float(kernels.eigenvalues[-1]))
    weight, step = weight_and_step(spectrum, request.contraction)
    return KernelRidge(
        features=kernels.features,
        targets=targets,
        validation_features=kernels.validation_features,
        validation_targets=validation_targets,
        step=step,
        hyper=np.concatenate([[weight], kernels.widths]),
        kernels=kernels,
    )


@lru_cache(maxsize=8)
def _data(data: str, size: int, features: int, seed: int) -> tuple[Kernels, FloatArray, FloatArray]:
    """The kernels of X, X' and γ, then y and y'.

    Targets are divided by √n, so that sums of their squares are means.
    """
    random = np.random.default_rng(seed)
    if data == "synthetic":
        rows = random.standard_normal((2 * size, features))
        direction = random.standard_normal(features) / np.sqrt(features)
        targets = np.sin(2 * rows @ direction) + NOISE * random.standard_normal(2 * size)
    else:
        rows, targets = load(data)
        rows, targets = standardised(rows), standardised(targets[:, None])[:, 0]
        order = random.permutation(len(targets))
        rows, targets = rows[order], targets[order]
    half = len(targets) // 2
    targets = targets / np.sqrt(half)
    count = rows.shape[1]
    widths = WIDTH / count * random.uniform(0.5, 1.5, count)
    train, validation = slice(half), slice(half, 2 * half)
    return Kernels(rows[train], rows[validation], widths), targets[train], targets[validation]
