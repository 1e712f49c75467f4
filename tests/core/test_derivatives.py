"""Solutions and what they obey; changes of basis. Derivatives: ``test_checks``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import fft

from hypergrad_core import METHODS, check_problem
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import (
    DENSE_TRANSFORM_SIZE,
    Basis,
    DenseBasis,
    IdentityBasis,
    SignedCosineBasis,
)
from hypergrad_core.inner import SOLVERS
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.helpers import (
    ask,
    build,
    dense_quadratic,
    hessian_product,
    joined,
    plane,
    relative_gap,
)

PROBLEMS = {
    "quadratic": {"size": 24, "hyper_size": 5},
    "quadratic, log-uniform": {"size": 31, "hyper_size": 1, "spectrum": "log-uniform"},
    "logistic": {"family": "logistic", "size": 12, "samples": 20},
    "logistic-log": {"family": "logistic-log", "size": 20, "samples": 12},
    "breast cancer": {"family": "logistic-log", "data": "breast_cancer"},
}


@pytest.fixture(params=PROBLEMS, ids=str)
def problem(request: pytest.FixtureRequest) -> Problem:
    """A problem at a λ whose entries differ, with a start that is not 0."""
    made = build(contraction=0.9, seed=3, **PROBLEMS[request.param])
    random = np.random.default_rng(1)
    moved = made.at(made.hyper * random.uniform(0.9, 1.1, made.hyper_size))
    return moved.starting_at(random.standard_normal(made.state_size))


def draw(rows: int, size: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((rows, size))


def states_of(problem: Problem) -> FloatArray:
    return problem.reference.solution + draw(3, problem.state_size, 2)


def test_an_outer_loss_that_sees_the_hyperparameters() -> None:
    plain = build(size=9, hyper_size=4)
    assert isinstance(plain, Quadratic)
    table = check_problem(replace(plain, target=plain.offset, outer_weight=0.7))
    assert table.ok, f"\n{table}"


def test_the_solution_is_a_fixed_point_to_rounding(problem: Problem) -> None:
    truth, constants = problem.reference, problem.constants
    gap = problem.fixed_point_map(truth.solution[None])[0] - truth.solution
    size = max(1.0, float(np.linalg.norm(truth.solution)))
    assert np.linalg.norm(gap) < 1e-14 * size * problem.state_size
    lin = problem.linearise(truth.solution[None])
    gradient = problem.outer_gradient_state(truth.solution[None])
    residual = truth.adjoint - lin.vjp_state(truth.adjoint[None]) - gradient
    assert np.linalg.norm(residual) < 1e-13 * constants.adjoint_norm
    found = problem.outer_gradient_hyper(truth.solution[None]) + lin.vjp_hyper(truth.adjoint[None])
    assert relative_gap(found, truth.hypergradient) < 1e-13
    far = SOLVERS["fixed-point"].iterate(problem, 400)[-1]
    assert np.linalg.norm(far - truth.solution) < 1e-12 * (size + constants.distance)


def test_the_hypergradient_matches_finite_differences_of_the_objective(problem: Problem) -> None:
    gradient = problem.reference.hypergradient
    for seed in range(4):
        change = draw(1, problem.hyper_size, seed)[0] * np.abs(problem.hyper)
        width = 1e-4
        ahead, back = (problem.at(problem.hyper + s * width * change) for s in (1, -1))
        slope = (ahead.objective() - back.objective()) / (2 * width)
        size = float(np.linalg.norm(gradient) * np.linalg.norm(change))
        rounding = 1e-15 * abs(problem.objective()) / width
        assert abs(slope - gradient @ change) <= 1e-7 * size + rounding


def test_the_solution_moves_as_its_jacobian_says(problem: Problem) -> None:
    identity = np.eye(problem.state_size)
    lin = problem.linearise(problem.reference.solution[None])
    jacobian = np.linalg.solve(
        identity - lin.jvp_state(identity).T, lin.jvp_hyper(np.eye(problem.hyper_size)).T
    )
    change = draw(1, problem.hyper_size, 11)[0] * np.abs(problem.hyper)
    ahead, back = (
        problem.at(problem.hyper + s * 1e-4 * change).reference.solution for s in (1, -1)
    )
    assert relative_gap((ahead - back) / 2e-4, jacobian @ change) < 1e-6


def test_another_hyperparameter_keeps_steps_and_start(problem: Problem) -> None:
    other = problem.at(problem.hyper * 1.01)
    assert np.array_equal(other.initial_state, problem.initial_state)
    assert other.step == problem.step
    assert np.array_equal(other.hyper, problem.hyper * 1.01)
    assert relative_gap(other.at(problem.hyper).reference.solution, problem.reference.solution) == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [2, 60, DENSE_TRANSFORM_SIZE + 1])
def test_the_canonical_problem_is_the_same_problem(method: str, size: int) -> None:
    problem = build(size=size, hyper_size=3, contraction=0.95).starting_at(draw(1, size, 1)[0])
    canonical = problem.canonical()
    assert isinstance(canonical.basis, IdentityBasis)
    assert canonical.canonical() is canonical
    rotated = SOLVERS["fixed-point"].iterate(problem, 30) @ _matrix(problem.basis, size)
    assert relative_gap(SOLVERS["fixed-point"].iterate(canonical, 30), rotated) < 1e-12
    wanted = joined(plane([0, 1, 30], [0, 1, 5]), plane([30], [30]))
    found, same = ask(method, canonical, wanted), ask(method, problem, wanted)
    assert relative_gap(found.hypergradients, same.hypergradients) < 1e-11
    # When a residual has fallen to rounding is a matter of rounding.
    open_ended = ["rounding" not in outcome for outcome in found.outcomes or [""] * len(wanted)]
    assert np.array_equal(found.costs.products[open_ended], same.costs.products[open_ended])
    truth = problem.reference.hypergradient
    assert relative_gap(canonical.reference.hypergradient, truth) < 1e-12
    gap = row_norms(found.hypergradients - truth) - row_norms(same.hypergradients - truth)
    assert np.abs(gap).max() <= 10 * problem.constants.rounding_floor
    for name, value in vars(problem.constants).items():
        wanted = None if value is None else pytest.approx(value, rel=1e-11)
        assert getattr(canonical.constants, name) == wanted, name


def test_a_problem_without_a_cheaper_form_is_its_own() -> None:
    problem = build(family="logistic", size=5, samples=8)
    assert problem.canonical() is problem


def _matrix(basis: Basis, size: int) -> FloatArray:
    """U as a matrix, (d, d)."""
    return basis.to_eigen(np.eye(size))


@pytest.mark.parametrize("size", [2, 3, 16, *(DENSE_TRANSFORM_SIZE + i for i in (-1, 0, 1))])
def test_the_cosine_basis_is_the_orthonormal_transform(size: int) -> None:
    signs = np.sign(np.random.default_rng(0).random((2, size)) - 0.5)
    block = draw(4, size, 12)
    for chosen in (np.ones((2, size)), signs):
        basis = SignedCosineBasis(chosen)
        forward = fft.dct(block * chosen[0], type=2, norm="ortho", axis=1) * chosen[1]
        inverse = fft.idct(block * chosen[1], type=2, norm="ortho", axis=1) * chosen[0]
        assert relative_gap(basis.to_eigen(block), forward) < 1e-12
        assert relative_gap(basis.from_eigen(block), inverse) < 1e-12
        assert relative_gap(basis.from_eigen(basis.to_eigen(block)), block) < 1e-12
        assert np.abs(_matrix(basis, size).T @ _matrix(basis, size) - np.eye(size)).max() < 1e-12


def test_a_dense_problem_is_diagonalised() -> None:
    random = np.random.default_rng(0)
    root = random.standard_normal((6, 6))
    hessian = root @ root.T + np.eye(6)
    problem = dense_quadratic(
        hessian=hessian,
        coupling=random.standard_normal((6, 2)),
        offset=random.standard_normal(6),
        target=random.standard_normal(6),
        step=0.01,
        hyper=random.standard_normal(2),
    )
    assert isinstance(problem.basis, DenseBasis)
    block = random.standard_normal((3, 6))
    assert relative_gap(hessian_product(problem, block), block @ hessian) < 1e-13
    wanted = np.linalg.solve(hessian, problem.coupling @ problem.hyper + problem.offset)
    assert relative_gap(problem.reference.solution, wanted) < 1e-12


@pytest.mark.parametrize("steps", [0, 7])
def test_the_exact_inner_solver_stays_at_the_solution(problem: Problem, steps: int) -> None:
    states = SOLVERS["exact"].iterate(problem, steps)
    assert np.array_equal(states, np.tile(problem.reference.solution, (steps + 1, 1)))


def test_the_iterates_follow_the_map(problem: Problem) -> None:
    states = SOLVERS["fixed-point"].iterate(problem, 5)
    assert np.array_equal(states[0], problem.initial_state)
    assert relative_gap(states[1:], problem.fixed_point_map(states[:-1])) < 1e-13
