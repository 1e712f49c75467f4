"""The constants of the bounds, against samples of what they bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FunctionProblem, Lipschitz
from hypergrad_core.numerics import row_norms, spectral_norm, spectral_norms_upper
from hypergrad_core.problems.logistic import Design, LogisticRegression
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.sampling import constant_ratios
from tests.core.bound_cases import (
    ALWAYS_EXACT,
    SLACK,
    hyper_jacobian,
    instance,
    state_jacobian,
    uneven_logistic,
)
from tests.core.helpers import build


@pytest.mark.parametrize("number", range(90))
def test_constants_bound_what_they_say(number: int) -> None:
    problem = instance(number).problem
    ratios = constant_ratios(problem, np.random.default_rng(number), centred=())
    assert {*ratios, "symmetric", "unit_roundoff"} == {*vars(problem.constants)}
    for name, ratio in ratios.items():
        assert ratio <= 1 + SLACK, name
    exact = [*ALWAYS_EXACT]
    if isinstance(problem, Quadratic):
        exact += ["contraction", "condition_number", "mu1"]
    for name in exact:
        assert ratios[name] >= 1 - SLACK, name


@pytest.mark.parametrize("logarithmic", [False, True])
def test_logistic_constants_are_nearly_attained(logarithmic: bool) -> None:
    random = np.random.default_rng(5)
    problem = uneven_logistic(random, 0.9, 9, 14, logarithmic)
    constants = problem.constants
    # Steepest at w = 0, where every σ' is 1/4.
    _, _, right = np.linalg.svd(problem.validation.rows)
    step = 1e-4 * right[:1]
    change = problem.outer_gradient_state(step) - problem.outer_gradient_state(-step)
    assert np.linalg.norm(change) / 2e-4 == pytest.approx(constants.mu1, rel=1e-6)
    along = np.eye(9)[[np.argmax(problem.penalty_slope)]]
    change = hyper_jacobian(problem, along[0]) - hyper_jacobian(problem, 0 * along[0])
    assert np.linalg.norm(change, 2) == pytest.approx(constants.nu2, rel=1e-12)


@pytest.mark.parametrize("family", ["logistic", "logistic-log"])
def test_the_logistic_contraction_is_attained_at_zero(family: str) -> None:
    problem = build(family=family, contraction=0.93, size=12, samples=20)
    assert problem.constants.contraction == pytest.approx(0.93, rel=1e-12)
    norm = np.linalg.norm(state_jacobian(problem, np.zeros(12)), 2)
    assert norm == pytest.approx(0.93, rel=1e-9)


@pytest.mark.parametrize("copies", [1, 7])
def test_the_curvature_constant_of_a_sum_grows_with_the_number_of_samples(copies: int) -> None:
    """With equal samples ν₁ is attained: it must hold the sum, not the mean, of their losses."""
    row = np.array([0.6, -1.1, 0.3])
    design = Design.from_data(np.tile(row, (copies, 1)), -np.ones(copies))
    problem = LogisticRegression(
        train=design,
        validation=design,
        step=0.05,
        hyper=np.array([0.4, 0.5, 0.6]),
        initial_state=np.zeros(3),
    )
    # |σ''| is largest where σ = ½ ± 1/√12.
    score = np.log((0.5 + 1 / np.sqrt(12)) / (0.5 - 1 / np.sqrt(12)))
    direction = row / (row @ row)
    high, low = (state_jacobian(problem, (score + sign * 1e-3) * direction) for sign in (1.0, -1.0))
    slope = np.linalg.norm(high - low, 2) / (2e-3 * np.linalg.norm(direction))
    assert slope == pytest.approx(problem.constants.nu1, rel=1e-5)
    assert problem.constants.nu1 == pytest.approx(
        copies * 0.05 * np.linalg.norm(row) ** 3 / (6 * np.sqrt(3)), rel=1e-12
    )


def test_the_outer_gradient_of_a_sum_is_capped_by_the_number_of_samples() -> None:
    problem = uneven_logistic(np.random.default_rng(3), 0.9, 5, 40, logarithmic=False)
    problem = problem.starting_at(np.full(5, 1e4))
    cap = problem.validation.norm * np.sqrt(40)
    assert problem.constants.outer_gradient_bound == pytest.approx(cap)
    far = problem.outer_gradient_state(1e6 * np.random.default_rng(4).standard_normal((50, 5)))
    assert 0.1 * cap < row_norms(far).max() <= cap


def test_norms_are_never_below_the_truth() -> None:
    random = np.random.default_rng(0)
    for shape in [(3, 3), (50, 4), (4, 50), (420, 410), (1, 900)]:
        matrix = random.standard_normal(shape)
        truth = float(np.linalg.norm(matrix, 2))
        upper = float(spectral_norms_upper(matrix[None])[0])
        assert truth * (1 - 1e-12) <= spectral_norm(matrix) <= 1.5 * truth
        assert truth * (1 - 1e-12) <= upper <= truth * min(shape) ** 0.125 * (1 + 1e-12)
    assert spectral_norm(np.zeros((3, 2))) == 0
    assert np.array_equal(spectral_norms_upper(np.zeros((2, 3, 2))), np.zeros(2))
    tiny = 1e-100 * np.eye(3)
    assert spectral_norms_upper(tiny[None])[0] >= 1e-100 * (1 - 1e-12)


def test_a_norm_that_is_only_bounded_is_not_above_what_the_contraction_tells() -> None:
    """Φ = w/2 + λ has w'(λ) = 2I. Beyond 400 rows its norm is bounded: by 2 · 410^(1/8) = 4.24…"""
    size = 410
    problem = FunctionProblem(
        phi=lambda w, lam: w / 2 + lam,
        vjp_state=lambda w, lam, v: v / 2,
        vjp_hyper=lambda w, lam, v: v,
        jvp_hyper=lambda w, lam, u: u,
        loss=lambda w, lam: float(w @ w) / 2,
        loss_gradient_state=lambda w, lam: w,
        known=lambda lam: Lipschitz(
            contraction=0.5, nu1=0.0, nu2=0.0, mu1=1.0, mu2=0.0, hyper_jacobian_norm=1.0
        ),
        symmetric=True,
        affine=True,
        hyper=np.ones(size),
        initial_state=np.zeros(size),
    )
    assert spectral_norm(problem.solution_jacobian) == pytest.approx(2 * size**0.125)
    # … but at most L_Φ/(1 − q).
    assert problem.constants.solution_jacobian_norm == pytest.approx(2)


def test_the_cubic_norm_of_many_samples_is_not_below_that_of_few() -> None:
    rows = np.random.default_rng(0).standard_normal((401, 6)) / np.sqrt(6)
    exact = np.sqrt(np.linalg.eigvalsh((rows @ rows.T) ** 2)[-1])
    assert exact * (1 - 1e-12) <= Design(rows).cubic_norm <= 3 * exact


def test_the_rounding_floor_is_the_formula_and_its_clamp() -> None:
    """5u (GJ + ‖∇₂E‖ + (μ₂ + ν₂V + μ₁J)W)/max(1 − q, 10⁻⁴) + 2·10⁻¹⁵ ‖∇f‖."""
    constants = replace(
        build().constants,
        contraction=0.75,
        nu2=4.0,
        mu1=5.0,
        mu2=7.0,
        distance=0.5,
        solution_norm=0.25,
        outer_gradient_norm=2.0,
        solution_jacobian_norm=3.0,
        adjoint_norm=1.5,
        direct_gradient_norm=11.0,
        hypergradient_norm=13.0,
        unit_roundoff=2.0**-52,
    )
    # GJ + ‖∇₂E‖ = 17, and μ₂ + ν₂V + μ₁J = 7 + 6 + 15 = 28 with W = ½.
    most = 5 * 2.0**-52 * 31
    assert constants.rounding_floor == pytest.approx(most / 0.25 + 26e-15, rel=1e-12)
    for q in (0.9999, 0.99999, 1 - 1e-9, 1.0, 1.5):
        slow = replace(constants, contraction=q).rounding_floor
        assert slow == pytest.approx(most / 1e-4 + 26e-15, rel=1e-9)
    assert replace(constants, contraction=0.999).rounding_floor < 0.2 * slow
    single = replace(constants, unit_roundoff=2.0**-23).rounding_floor
    assert single == pytest.approx(2.0**29 * constants.rounding_floor, rel=1e-12)
    # D is nothing where the start is w(λ); the solution is as large as before.
    there = replace(constants, distance=1e-9)
    assert there.rounding_floor == pytest.approx(
        5 * 2.0**-52 * (17 + 28 / 4) / 0.25 + 26e-15, rel=1e-12
    )
