"""Kernel ridge, biased regularisation, hyper-representation: derivatives, data and sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.data import standardised
from hypergrad_core.problem import Problem
from hypergrad_core.problems import SYNTHETIC, kernels
from hypergrad_core.problems.biased_regularisation import BiasedRegularisation
from hypergrad_core.problems.hyper_representation import HyperRepresentation
from hypergrad_core.problems.kernel_ridge import KernelRidge
from hypergrad_core.problems.ridge import LeastSquares, weight_and_step
from tests.core import bound_cases as bounds
from tests.core import test_derivatives as derivatives
from tests.core import test_oracle as oracle
from tests.core.helpers import ask, build, dense_quadratic, plane, points_at, relative_gap
from tests.core.kernel_cases import KEYS, REAL, make

# Derivatives and solutions.

PROBLEMS: dict[str, dict[str, Any]] = {
    "kernel ridge": {"family": "kernel-ridge", "size": 14, "hyper_size": 4},
    "kernel ridge, one feature": {"family": "kernel-ridge", "size": 9, "hyper_size": 1},
    "diabetes": {"family": "kernel-ridge", "data": "diabetes"},
    "biased": {"family": "biased", "size": 12, "samples": 20},
    "biased, few samples": {"family": "biased", "size": 20, "samples": 4},
    "digits": {"family": "biased", "data": "digits"},
    "representation": {
        "family": "hyper-representation",
        "size": 4,
        "hyper_size": 28,
        "samples": 15,
    },
    "representation, few samples": {"family": "hyper-representation", "size": 6, "samples": 3},
    "wine": {"family": "hyper-representation", "data": "wine", "size": 3},
}


@pytest.fixture(params=PROBLEMS, ids=str)
def problem(request: pytest.FixtureRequest) -> Problem:
    """A problem at a λ that is not the one it was built at, with a start that is not 0."""
    made = make(contraction=0.8, seed=3, **PROBLEMS[request.param])
    made = replace(made, step=0.8 * made.step)
    random = np.random.default_rng(1)
    moved = made.at(made.hyper * random.uniform(0.9, 1.1, made.hyper_size))
    return moved.starting_at(random.standard_normal(made.state_size))


@pytest.mark.parametrize(
    "check",
    [
        derivatives.test_the_solution_is_a_fixed_point_to_rounding,
        derivatives.test_the_hypergradient_matches_finite_differences_of_the_objective,
        derivatives.test_the_solution_moves_as_its_jacobian_says,
        derivatives.test_another_hyperparameter_keeps_steps_and_start,
        derivatives.test_the_iterates_follow_the_map,
    ],
    ids=lambda check: check.__name__.removeprefix("test_"),
)
def test_derivatives(check: Callable[[Problem], None], problem: Problem) -> None:
    check(problem)


@pytest.mark.parametrize("kept", [0, 10**6])
def test_chunks_of_rows_and_slopes_that_are_not_kept_make_no_difference(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = build(family="kernel-ridge", size=9, hyper_size=6)
    states = derivatives.draw(3, 9, 1)
    adjoints, changes = derivatives.draw(3, 9, 2), derivatives.draw(3, 6, 3)

    def products(of: Problem) -> list[FloatArray]:
        lin = of.linearise(states)
        each = [lin[row : row + 1] for row in (2, 0, 1)]
        one_by_one = [part.vjp_hyper(adjoints) for part in each]
        one_by_one += [part.jvp_hyper(changes) for part in each]
        return [lin.vjp_hyper(adjoints), lin.jvp_hyper(changes), *one_by_one]

    whole = products(problem)
    monkeypatch.setattr(kernels, "BLOCK_FLOATS", 60)
    monkeypatch.setattr(kernels, "KEPT_FLOATS", kept)
    for found, wanted in zip(products(problem.at(problem.hyper)), whole, strict=True):
        assert relative_gap(found, wanted) < 1e-13


def test_biased_regularisation_is_a_quadratic() -> None:
    """With X' = I it is the quadratic problem with C = βI."""
    made = build(family="biased", size=7, samples=11, contraction=0.85, seed=2)
    assert isinstance(made, BiasedRegularisation)
    target = np.arange(7.0)
    biased = replace(made, validation=LeastSquares(np.eye(7), target))
    quadratic = dense_quadratic(
        hessian=made.train.rows.T @ made.train.rows + made.weight * np.eye(7),
        coupling=made.weight * np.eye(7),
        offset=made.train.correlation,
        target=target,
        step=made.step,
        hyper=made.hyper,
    )
    points = plane([0, 1, 20], [0, 1, 7])
    for method in METHODS:
        if METHODS[method].refusal(biased) == METHODS[method].refusal(quadratic) == "":
            found, same = ask(method, biased, points), ask(method, quadratic, points)
            assert relative_gap(found.hypergradients, same.hypergradients) < 1e-10, method
    for name, value in vars(quadratic.constants).items():
        wanted = None if value is None else pytest.approx(value, rel=1e-11)
        assert getattr(biased.constants, name) == wanted, name


def test_itd_is_fixed_point_aid_on_biased_regularisation() -> None:
    for case in ("br_0", "br_1", "br_2"):
        problem = oracle.problem_of(case)
        t = np.arange(80)
        itd, implicit = (ask(key, problem, points_at(t, t)) for key in ("itd", "aid-fp"))
        assert relative_gap(itd.hypergradients, implicit.hypergradients) < 1e-12


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (6, 6)])
def test_ridge_systems_are_solved(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    data = LeastSquares(random.standard_normal(shape), random.standard_normal(shape[0]))
    gram = data.rows.T @ data.rows
    block = random.standard_normal((3, shape[1]))
    solved = data.ridge_solve(0.1, block)
    assert relative_gap(solved @ gram + 0.1 * solved, block) < 1e-12
    assert relative_gap(data.gram_product(block), block @ gram) < 1e-13
    low, high = np.linalg.eigvalsh(gram)[[0, -1]]
    assert np.allclose(data.spectrum, (low, high), rtol=1e-10, atol=1e-13)


# What a scenario asks for.


@pytest.mark.parametrize("data", ["synthetic", "real"])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("q", [0.01, 0.3, 0.9, 0.99, 0.9999])
def test_the_contraction_is_the_wanted_one(key: str, q: float, data: str) -> None:
    chosen = SYNTHETIC if data == "synthetic" else REAL[key]
    sizes = [(2, 2), (5, 40), (24, 9)] if data == "synthetic" else [(7, 20)]
    for size, samples in sizes:
        problem = build(
            family=key, data=chosen, contraction=q, size=size, samples=samples, hyper_size=6
        )
        assert problem.constants.contraction == pytest.approx(q, rel=1e-12)
        jacobian = bounds.state_jacobian(problem, problem.reference.solution)
        assert np.linalg.norm(jacobian, 2) == pytest.approx(q, rel=1e-9)
        assert np.all(np.isfinite(problem.reference.hypergradient))
        assert problem.constants.hypergradient_norm > 0


def test_penalty_and_step_for_every_spectrum() -> None:
    for low, high in [(0.0, 3.0), (1e-4, 3.0), (1.0, 3.0), (3.0, 3.0)]:
        for q in (0.01, 0.3, 0.9, 0.9999):
            weight, step = weight_and_step((low, high), q)
            ends = 1 - step * (np.array([low, high]) + weight)
            assert weight > 0
            assert np.abs(ends).max() == pytest.approx(q, rel=1e-12)
            if weight > low:
                # The step is the best for these two eigenvalues.
                assert ends[0] == pytest.approx(-ends[1], rel=1e-9)


@pytest.mark.parametrize("key", KEYS)
def test_draws_depend_on_the_seed_and_not_on_the_contraction(key: str) -> None:
    for data in (SYNTHETIC, REAL[key]):
        slow, fast, other = (
            build(family=key, data=data, size=6, hyper_size=18, contraction=q, seed=seed)
            for q, seed in ((0.95, 1), (0.7, 1), (0.95, 2))
        )
        names = ["validation", "targets"] if key == "kernel-ridge" else ["train"]
        for name in names:
            assert getattr(slow, name) is getattr(fast, name)
        hyper = slice(1, None) if key == "kernel-ridge" else slice(None)
        assert np.array_equal(slow.hyper[hyper], fast.hyper[hyper])
        assert not np.array_equal(slow.hyper[hyper], other.hyper[hyper])


def test_sizes_are_the_wanted_ones() -> None:
    kernel = build(family="kernel-ridge", size=7, hyper_size=5)
    assert (kernel.state_size, kernel.hyper_size) == (7, 5)
    assert build(family="kernel-ridge", size=7, hyper_size=1).hyper_size == 2
    biased = build(family="biased", size=7, samples=3)
    assert (biased.state_size, biased.hyper_size) == (7, 7)
    assert isinstance(biased, BiasedRegularisation)
    assert biased.train.rows.shape == (3, 7)
    for size, wanted, found in [(5, 100, 100), (5, 102, 100), (6, 10, 36), (2, 1000, 1000)]:
        made = build(family="hyper-representation", size=size, hyper_size=wanted, samples=4)
        assert (made.state_size, made.hyper_size) == (size, found)


def test_sizes_that_the_data_fix_are_told() -> None:
    for key, data in REAL.items():
        told = FAMILIES[key].data[data]
        made = build(family=key, data=data, size=4)
        assert made.state_size == (told.state_size or 4)
        if isinstance(made, KernelRidge):
            assert len(made.targets) == told.samples
            assert made.hyper_size == 11
        else:
            assert isinstance(made, BiasedRegularisation | HyperRepresentation)
            assert len(made.train.rows) == told.samples
    wine = build(family="hyper-representation", data="wine", size=4, hyper_size=500)
    assert wine.hyper_size == 13 * 4


def test_a_digits_task_is_two_digits() -> None:
    sizes = set()
    for seed in range(5):
        task = build(family="biased", data="digits", seed=seed)
        assert isinstance(task, BiasedRegularisation)
        sizes.add(len(task.validation.targets))
        signs = np.sign(task.train.targets)
        assert np.array_equal(np.sort(signs), np.repeat([-1.0, 1.0], 10))
        assert np.abs(task.train.targets) * np.sqrt(20) == pytest.approx(1.0)
    assert len(sizes) > 1


def test_a_constant_feature_is_standardised_to_zero() -> None:
    features = standardised(np.array([[1.0, 5.0], [3.0, 5.0]]))
    assert np.array_equal(features, [[-1.0, 0.0], [1.0, 0.0]])
