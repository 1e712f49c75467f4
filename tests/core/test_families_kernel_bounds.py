"""Kernel ridge, biased regularisation, hyper-representation: bounds and constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.numerics import row_norms
from hypergrad_core.problems import kernels
from hypergrad_core.problems.hyper_representation import HyperRepresentation
from hypergrad_core.problems.kernel_ridge import KernelRidge
from tests.core import bound_cases as bounds
from tests.core.helpers import build, points_at
from tests.core.kernel_cases import INSTANCES, KEYS, REAL, instance, ratios_of


@pytest.mark.parametrize("number", range(INSTANCES))
@pytest.mark.parametrize("key", KEYS)
def test_no_bound_lies_below_its_error(key: str, number: int) -> None:
    bounds.check_bounds(instance(key, number))


@pytest.mark.parametrize("key", KEYS)
def test_the_sweep_covers_what_it_should(key: str) -> None:
    sweep = [instance(key, number) for number in range(INSTANCES)]
    moved = [bool(np.any(chosen.problem.initial_state)) for chosen in sweep]
    assert 0.2 * INSTANCES < sum(moved) < 0.6 * INSTANCES
    drawn = [chosen.inner for chosen in sweep]
    assert {*drawn} == {*SOLVERS}
    accelerated = [key for key in drawn if SOLVERS[key].affine_symmetric_only]
    assert len(accelerated) > 0.3 * INSTANCES
    rates = [chosen.problem.constants.contraction for chosen in sweep]
    assert min(rates) < 0.4
    assert 0.985 < max(rates) < 1


@pytest.mark.parametrize("key", KEYS)
def test_a_run_on_real_data_lies_below_its_bounds(key: str) -> None:
    scenario = Scenario(
        family=key,
        data=REAL[key],
        contraction=0.97,
        size=5,
        methods=tuple(METHODS),
        horizon=60,
    )
    for inner in (key for key in SOLVERS if key != "exact"):
        for vary in ("both", "adjoint", "inner"):
            for curve in run(replace(scenario, vary=vary, inner=inner)).curves:
                for bound in (curve.paper, curve.sharp):
                    assert np.all(curve.errors <= bound.values * (1 + bounds.SLACK) + curve.floor)


# Sampled at random, a norm over many directions is found to within this factor in the median.
LOOSEST_MEDIAN = {"nu2": 3.0, "mu1": 5.0, "mu2": 30.0, "outer_gradient_bound": 5.0}


@pytest.mark.parametrize("key", KEYS)
def test_constants_bound_what_they_say(key: str) -> None:
    found = [ratios_of(instance(key, number).problem, number) for number in range(40)]
    for number, ratios in enumerate(found):
        for name, ratio in ratios.items():
            assert ratio <= 1 + bounds.SLACK, f"{name} of instance {number}"
        for name in (*bounds.ALWAYS_EXACT, "contraction", "condition_number"):
            assert ratios[name] >= 1 - 1e-7, f"{name} of instance {number}"
    for name, factor in LOOSEST_MEDIAN.items():
        median = float(np.median([ratios[name] for ratios in found]))
        never = key == "biased" and name in {"nu2", "mu2"}
        assert median == 0 if never else median >= 1 / factor, f"{name}: {median}"


def slope_along(
    gradient: Callable[[FloatArray], FloatArray], state: FloatArray, direction: FloatArray
) -> float:
    """‖g(w + εu) − g(w − εu)‖/(2ε) with ‖u‖ = 1: exact for a quadratic g."""
    unit = direction / np.linalg.norm(direction)
    ahead, back = gradient((state + unit)[None]), gradient((state - unit)[None])
    return float(np.linalg.norm(ahead - back)) / 2


@pytest.mark.parametrize("number", range(0, 40, 4))
def test_constants_of_kernel_ridge_are_nearly_attained(number: int) -> None:
    problem = instance("kernel-ridge", number).problem
    assert isinstance(problem, KernelRidge)
    constants, solution = problem.constants, problem.reference.solution
    _, _, right = np.linalg.svd(problem.validation.values)
    steepest = slope_along(problem.outer_gradient_state, solution, right[0])
    assert steepest == pytest.approx(constants.mu1, rel=1e-9)
    stack = sum(slope @ slope for slope in problem.train.slopes())
    worst = np.linalg.eigh(stack)[1][:, -1]
    change = bounds.hyper_jacobian(problem, worst) - bounds.hyper_jacobian(problem, 0 * worst)
    assert 0.9 <= np.linalg.norm(change, 2) / constants.nu2 <= 1 + bounds.SLACK
    # What is left of μ₂ at w(λ) itself is attained; so is its growth, but for a factor.
    slopes = np.array(
        [
            slope_along(problem.outer_gradient_hyper, solution, row)
            for row in np.eye(problem.state_size)
        ]
    )
    at_solution = constants.mu2 - _curvature(problem) * constants.distance
    assert slopes.max() <= at_solution * (1 + 1e-7) <= np.linalg.norm(slopes) * (1 + 1e-6)
    unit = right[0]
    ahead, middle, back = (
        problem.outer_gradient_hyper((solution + s * unit)[None])[0] for s in (1, 0, -1)
    )
    growth = np.linalg.norm(ahead - 2 * middle + back) / 2
    assert 0.3 <= growth / _curvature(problem) <= 1 + bounds.SLACK


def _curvature(problem: KernelRidge) -> float:
    """μ₂₁, from the difference of μ₂ between two starts."""
    solution = problem.reference.solution
    near = problem.starting_at(solution)
    far = problem.starting_at(solution + 1e3 * np.eye(len(solution))[0])
    return (far.constants.mu2 - near.constants.mu2) / 1e3


@pytest.mark.parametrize("number", range(0, 40, 4))
def test_constants_of_the_representation_are_attained(number: int) -> None:
    problem = instance("hyper-representation", number).problem
    assert isinstance(problem, HyperRepresentation)
    constants, solution = problem.constants, problem.reference.solution
    _, _, right = np.linalg.svd(problem.outside.rows)
    steepest = slope_along(problem.outer_gradient_state, solution, right[0])
    assert steepest == pytest.approx(constants.mu1, rel=1e-9)
    worst = np.linalg.svd(problem.inside_slope)[2][0]
    change = bounds.hyper_jacobian(problem, worst) - bounds.hyper_jacobian(problem, 0 * worst)
    assert np.linalg.norm(change, 2) == pytest.approx(constants.nu2, rel=1e-9)
    at_solution = problem.starting_at(solution)
    derivative = np.array(
        [
            (ahead - back).ravel() / 2
            for row in np.eye(problem.state_size)
            for ahead, back in [
                (
                    problem.outer_gradient_hyper((solution + row)[None]),
                    problem.outer_gradient_hyper((solution - row)[None]),
                )
            ]
        ]
    )
    assert np.linalg.norm(derivative, 2) == pytest.approx(at_solution.constants.mu2, rel=1e-9)


def test_row_sums_bound_the_norm_of_many_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = build(family="kernel-ridge", size=20, hyper_size=5)
    assert isinstance(problem, KernelRidge)
    for slopes in (problem.train.slopes, problem.validation.slopes):
        stack = np.array([*slopes()])
        exact = np.sqrt(np.linalg.eigvalsh(np.einsum("lki,lkj->ij", stack, stack))[-1])
        assert kernels.stack_norm(slopes(), stack.size) <= exact * (1 + 1e-12)
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "STACK_FLOATS", 0)
            bound = kernels.stack_norm(slopes(), stack.size)
            assert exact * (1 - 1e-12) <= bound <= 2 * exact


def test_the_late_slope_is_the_contraction() -> None:
    """λ enters the linear term alone: no power of t slows reverse mode down."""
    problem = build(family="biased", size=8, samples=5, contraction=0.95)
    t = np.arange(100, 300, 20)
    states = SOLVERS["fixed-point"].iterate(problem, 300)
    estimate = METHODS["itd"].estimate(problem, states, points_at(t, t))
    found = row_norms(estimate.hypergradients - problem.reference.hypergradient)
    assert np.polyfit(t, np.log(found), 1)[0] == pytest.approx(np.log(0.95), rel=0.03)
