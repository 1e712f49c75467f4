"""A problem taken apart: eigenmodes, residual polynomials of real runs, adjoints step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypergrad_core.adjoint import ConjugateGradientSolver, Outcome
from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.lemmas import chebyshev_number
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scenario import SPECTRA
from hypergrad_core.studies.modes import (
    LARGEST_SIZE,
    AdjointRun,
    adjoint_matrix,
    chebyshev_polynomials,
    conjugate_gradient_polynomials,
    fixed_point_polynomials,
    modes_of,
    polynomial_gaps,
    ritz_values,
    run_adjoint,
)
from tests.core.bound_cases import diagonal_quadratic
from tests.core.helpers import ask, build, hessian_product, plant, points_at, relative_gap

AFFINE: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 9, "hyper_size": 3},
    "kernel-ridge": {"size": 7, "hyper_size": 3},
    "biased": {"size": 6, "samples": 9},
    "hyper-representation": {"size": 5, "hyper_size": 25, "samples": 12},
    "representation-tasks": {"size": 12, "hyper_size": 6, "samples": 12},
}
METHODS_OF_AID = ("aid-fp", "aid-cg", "aid-cgnr", "aid-gmres")
# Eigenvalues of very different size make CG lose its orthogonality: see ``polynomial_gaps``.
CASES = [
    (spectrum, q, size)
    for spectrum in SPECTRA
    for q in (0.5, 0.9, 0.99)
    for size in (2, 5, 9, 16)
    if not (spectrum == "log-uniform" and q * size > 8.5)
]


def made(spectrum: str, q: float, size: int) -> Problem:
    return build(spectrum=spectrum, contraction=q, size=size, hyper_size=2, seed=size)


def at_solution(problem: Problem, method: str, steps: int = 30) -> AdjointRun:
    return run_adjoint(problem, problem.reference.solution, method, steps)


# Eigenmodes.


@pytest.mark.parametrize("family", AFFINE)
def test_the_modes_diagonalise(family: str) -> None:
    problem = build(family=family, contraction=0.8, **AFFINE[family])
    modes, size = modes_of(problem), problem.state_size
    assert np.all(np.diff(modes.values) >= 0)
    assert np.all(np.abs(modes.values - 1) <= 0.8 + 1e-12)
    assert np.abs(modes.vectors.T @ modes.vectors - np.eye(size)).max() < 1e-13
    matrix = (modes.vectors * modes.values) @ modes.vectors.T
    assert np.abs(matrix - adjoint_matrix(problem, problem.initial_state)).max() < 1e-13
    assert modes.condition_number == pytest.approx(float(np.linalg.cond(matrix)), rel=1e-9)
    block = np.random.default_rng(0).standard_normal((4, size))
    assert relative_gap(modes.coordinates(block) @ modes.vectors.T, block) < 1e-13


def test_the_modes_of_the_quadratic_are_those_that_were_placed() -> None:
    problem = made("log-uniform", 0.9, 7)
    assert isinstance(problem, Quadratic)
    assert np.allclose(modes_of(problem).values, np.sort(1 - problem.map_eigenvalues), rtol=1e-13)


def test_the_errors_of_the_modes_add_up_and_decay_by_themselves() -> None:
    problem = made("even", 0.9, 5)
    modes = modes_of(problem)
    gaps = SOLVERS["fixed-point"].iterate(problem, 12) - problem.reference.solution
    squares = modes.squares(gaps)
    assert squares.shape == (13, 5)
    assert np.allclose(squares.sum(axis=1), row_norms(gaps) ** 2, rtol=1e-13)
    wanted = squares[0] * fixed_point_polynomials(modes.values, 12) ** 2
    assert np.allclose(squares, wanted, rtol=1e-10, atol=1e-20)


def test_the_heights_are_those_of_the_objective() -> None:
    problem = made("even", 0.9, 4)
    assert isinstance(problem, Quadratic)
    solution = problem.reference.solution
    states = solution + np.random.default_rng(1).standard_normal((6, 4))

    def objective(block: FloatArray) -> FloatArray:
        curved = 0.5 * (block * hessian_product(problem, block)).sum(axis=1)
        return np.asarray(curved - block @ problem.linear_term)

    wanted = problem.step * (objective(states) - objective(solution[None]))
    assert np.allclose(modes_of(problem).heights(states - solution), wanted, rtol=1e-9)


def test_problems_without_modes_are_refused() -> None:
    for family in ("logistic", "nonsymmetric", "equilibrium-symmetric"):
        problem = build(family=family, size=6, samples=3)
        with pytest.raises(ValueError, match="affine and ∂₁Φ symmetric"):
            modes_of(problem)
    with pytest.raises(ValueError, match=f"at most {LARGEST_SIZE}"):
        modes_of(build(size=LARGEST_SIZE + 1, hyper_size=1))


# Polynomials.


def test_every_polynomial_is_one_at_zero() -> None:
    zero = np.zeros(1)
    run = at_solution(made("even", 0.9, 9), "aid-cg")
    for found in (
        fixed_point_polynomials(zero, 30),
        chebyshev_polynomials(zero, 30, 0.1, 1.9),
        conjugate_gradient_polynomials(run, zero),
    ):
        assert found.shape == (31, 1)
        assert np.all(found == 1) or np.abs(found - 1).max() < 1e-13


@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.9999])
def test_the_maximum_of_chebyshevs_is_the_chebyshev_number(q: float) -> None:
    low, high, steps = 1 - q, 1 + q, 40
    values = np.linspace(low, high, 4001)
    found = np.abs(chebyshev_polynomials(values, steps, low, high))
    number = chebyshev_number(high / low, np.arange(steps + 1))
    assert np.allclose(found.max(axis=1), number, rtol=1e-10, atol=1e-12)
    # Attained at both ends and, for degree k, at k − 1 places between them.
    assert np.allclose(found[:, [0, -1]], number[:, None], rtol=1e-10, atol=1e-12)
    extrema = (1 + q * np.cos(np.pi * np.arange(8) / 7))[None, :]
    signed = chebyshev_polynomials(extrema[0], 7, low, high)[7] / number[7]
    assert np.allclose(signed, (-1.0) ** (7 + np.arange(8)), atol=1e-6)


def test_chebyshevs_polynomial_of_a_point_is_a_power() -> None:
    values = np.array([0.0, 0.3, 0.6, 2.0])
    found = chebyshev_polynomials(values, 5, 0.6, 0.6)
    assert np.allclose(found, (1 - values / 0.6) ** np.arange(6)[:, None], rtol=1e-13)


@pytest.mark.parametrize(("spectrum", "q", "size"), CASES)
def test_the_polynomial_of_fixed_point_steps_gives_the_residuals(
    spectrum: str, q: float, size: int
) -> None:
    problem = made(spectrum, q, size)
    modes, run = modes_of(problem), at_solution(problem, "aid-fp")
    found = modes.coordinates(run.residuals)
    wanted = fixed_point_polynomials(modes.values, 30) * found[0]
    assert np.abs(found - wanted).max() <= 1e-12 * run.residual_norms[0]


def check_conjugate_gradient(spectrum: str, q: float, size: int) -> None:
    problem = made(spectrum, q, size)
    modes, run = modes_of(problem), at_solution(problem, "aid-cg")
    found = modes.coordinates(run.residuals)
    wanted = conjugate_gradient_polynomials(run, modes.values) * found[0]
    assert np.abs(found - wanted).max() <= 1e-8 * run.residual_norms[0]
    gaps = polynomial_gaps(modes, run)
    assert np.allclose(gaps, row_norms(found - wanted) / run.residual_norms[0], atol=1e-15)
    # They converged, and the polynomial stays as it is from then on.
    assert 1 <= run.settled <= size + 2 * (spectrum == "log-uniform")
    after = conjugate_gradient_polynomials(run, np.array([0.37]))[run.settled :]
    assert np.all(after == after[0])


@pytest.mark.parametrize(("spectrum", "q", "size"), CASES)
def test_the_polynomial_of_conjugate_gradient_gives_the_residuals(
    spectrum: str, q: float, size: int
) -> None:
    check_conjugate_gradient(spectrum, q, size)


@pytest.mark.parametrize("family", AFFINE)
def test_so_it_does_on_every_family_and_at_any_iterate(family: str) -> None:
    problem = build(family=family, contraction=0.9, **AFFINE[family])
    modes = modes_of(problem)
    state = SOLVERS["fixed-point"].iterate(problem, 3)[3]
    run = run_adjoint(problem, state, "aid-cg", 20)
    assert relative_gap(run.residuals[0], problem.outer_gradient_state(state[None])[0]) < 1e-15
    assert polynomial_gaps(modes, run).max() <= 1e-8


def test_in_a_metric_as_well() -> None:
    problem = build(family="equilibrium-symmetric", size=8, samples=4, contraction=0.9)
    run = at_solution(problem, "aid-cg")
    matrix = adjoint_matrix(problem, problem.reference.solution)
    values, vectors = np.linalg.eig(matrix)
    assert np.abs(values.imag).max() < 1e-12
    start = np.linalg.solve(vectors, run.residuals[0].astype(complex))
    found = (conjugate_gradient_polynomials(run, values.real) * start) @ vectors.T
    assert np.abs(found - run.residuals).max() <= 1e-8 * run.residual_norms[0]


@pytest.mark.parametrize(("spectrum", "q", "size"), CASES)
def test_the_ritz_values_are_the_zeros(spectrum: str, q: float, size: int) -> None:
    problem = made(spectrum, q, size)
    modes, run = modes_of(problem), at_solution(problem, "aid-cg")
    room = 1e-9 * modes.values[-1]
    low, high = modes.values[0] - room, modes.values[-1] + room
    probes = np.linspace(0, modes.values[-1], 101)
    for k in range(run.settled + 1):
        zeros = ritz_values(run, k)
        assert zeros.shape == (k,)
        assert np.all((low <= zeros) & (zeros <= high))
        product = np.prod(1 - probes[:, None] / zeros, axis=1)
        found = conjugate_gradient_polynomials(run, probes)[k]
        assert np.abs(found - product).max() <= 1e-6 * max(1.0, float(np.abs(product).max()))
    # The Rayleigh quotient of ∇₁E is the first.
    first = run.residuals[0]
    matrix = adjoint_matrix(problem, problem.reference.solution)
    assert ritz_values(run, 1)[0] == pytest.approx(first @ matrix @ first / (first @ first))
    assert np.array_equal(ritz_values(run, run.settled + 9), ritz_values(run, run.settled))


@pytest.mark.parametrize("size", [2, 6, 30])
@pytest.mark.parametrize("q", [0.5, 0.9, 0.99, 0.9999])
def test_two_clusters_take_two_steps(q: float, size: int) -> None:
    problem = made("clusters", q, size)
    modes, run = modes_of(problem), at_solution(problem, "aid-cg")
    assert run.settled == 2
    assert np.allclose(ritz_values(run, 2), [1 - q, 1 + q], rtol=1e-9)
    second = conjugate_gradient_polynomials(run, modes.values)[2:]
    assert np.abs(second).max() < 1e-10
    # One step is not enough, and neither are two of Chebyshev's.
    assert np.abs(conjugate_gradient_polynomials(run, modes.values)[1]).max() > 0.05
    assert np.abs(chebyshev_polynomials(modes.values, 2, 1 - q, 1 + q)[2]).max() > 0.1


def test_no_polynomial_beats_that_of_conjugate_gradient_in_the_energy_norm() -> None:
    problem = made("even", 0.95, 12)
    modes, run = modes_of(problem), at_solution(problem, "aid-cg", 11)
    start = modes.coordinates(run.residuals[:1])[0] ** 2 / modes.values

    def energy(polynomials: FloatArray) -> FloatArray:
        return np.asarray(polynomials**2 @ start)

    least = energy(conjugate_gradient_polynomials(run, modes.values))
    ends = float(modes.values[0]), float(modes.values[-1])
    chebyshev = energy(chebyshev_polynomials(modes.values, 11, *ends))
    fixed = energy(fixed_point_polynomials(modes.values, 11))
    assert np.all(least <= chebyshev * (1 + 1e-12))
    assert np.all(least <= fixed * (1 + 1e-12))
    assert least[5] < 0.9 * min(chebyshev[5], fixed[5])


# Runs.


@pytest.mark.parametrize("method", METHODS_OF_AID)
def test_the_iterates_are_those_of_the_method(method: str) -> None:
    problem = made("even", 0.9, 6)
    state = SOLVERS["fixed-point"].iterate(problem, 4)[4]
    run = run_adjoint(problem, state, method, 8)
    assert run.adjoints.shape == run.residuals.shape == run.errors.shape == (9, 6)
    assert not run.adjoints[0].any()
    assert not run.forced
    wanted = ask(method, problem, points_at([4] * 9, range(9))).hypergradients
    lin = problem.linearise(state[None])
    assert relative_gap(lin.vjp_hyper(run.adjoints), wanted) < 1e-13
    matrix = adjoint_matrix(problem, state)
    gradient = problem.outer_gradient_state(state[None])[0]
    assert relative_gap(run.residuals, gradient - run.adjoints @ matrix.T) < 1e-15
    assert relative_gap(matrix @ run.limit, gradient) < 1e-13
    squares = modes_of(problem).squares(run.errors)
    assert np.allclose(squares.sum(axis=1), row_norms(run.adjoints - run.limit) ** 2, rtol=1e-10)
    assert (run.lengths.shape, run.turns.shape) == (
        ((8,), (8,)) if method == "aid-cg" else ((0,), (0,))
    )


def test_the_run_tells_when_the_rest_is_rounding() -> None:
    problem = made("even", 0.9, 6)
    # Squaring the condition number costs the normal equations some digits.
    for method, digits in (("aid-cg", 1e-12), ("aid-gmres", 1e-12), ("aid-cgnr", 1e-10)):
        run = at_solution(problem, method, 40)
        level = digits * run.residual_norms[0]
        assert run.residual_norms[run.settled] <= level < run.residual_norms[4]
        assert 6 <= run.settled <= 14
        assert run.outcome == Outcome.CONVERGED
    slow = at_solution(problem, "aid-fp", 40)
    assert slow.settled == 40
    assert slow.outcome == Outcome.STEPS_TAKEN
    single = build(size=6, hyper_size=2, seed=6, precision="single")
    assert at_solution(single, "aid-fp", 200).settled < at_solution(problem, "aid-fp", 400).settled


def test_a_start_at_the_solution_of_the_adjoint_is_no_trouble() -> None:
    problem = diagonal_quadratic(np.array([0.5, -0.2]), np.ones((2, 1)), np.ones(2), np.ones(2))
    run = at_solution(problem, "aid-cg", 3)
    assert run.settled == 0
    assert not run.adjoints.any()
    assert np.all(conjugate_gradient_polynomials(run, np.array([0.5])) == 1)
    assert ritz_values(run, 2).shape == (0,)


def test_what_is_no_conjugate_gradient_has_no_such_polynomial() -> None:
    problem = made("even", 0.9, 3)
    run = at_solution(problem, "aid-gmres", 3)
    with pytest.raises(ValueError, match="aid-gmres is not conjugate gradient"):
        conjugate_gradient_polynomials(run, np.zeros(1))
    with pytest.raises(ValueError, match="aid-gmres is not conjugate gradient"):
        ritz_values(run, 1)
    with pytest.raises(ValueError, match="itd solves no adjoint system"):
        at_solution(problem, "itd")


# Conjugate gradient where it does not apply.


@pytest.mark.parametrize(("size", "q"), [(2, 0.9), (2, 0.99), (3, 0.99), (6, 0.95)])
def test_forced_conjugate_gradient_goes_wrong_where_the_others_converge(
    size: int, q: float
) -> None:
    problem = build(family="nonsymmetric", size=size, hyper_size=2, contraction=q, seed=0)
    with pytest.raises(ValueError, match="symmetric positive definite"):
        at_solution(problem, "aid-cg")
    solution = problem.reference.solution
    forced = run_adjoint(problem, solution, "aid-cg", 40, forced=True)
    assert forced.forced
    assert forced.residual_norms.min() > 0.3 * forced.residual_norms[0]
    assert forced.residual_norms[-1] > 5 * forced.residual_norms[0]
    assert forced.settled == 40
    # What it does is still a polynomial of the matrix, but its zeros mean nothing.
    matrix = adjoint_matrix(problem, solution)
    powers = np.array([np.linalg.matrix_power(matrix, j) @ forced.residuals[0] for j in range(4)])
    points = np.linspace(0.2, 1.8, 4)
    values = conjugate_gradient_polynomials(forced, points)[3]
    coefficients = np.linalg.solve(np.vander(points, increasing=True), values)
    assert relative_gap(coefficients @ powers, forced.residuals[3]) < 1e-9
    with pytest.raises(ValueError, match="where it applies"):
        ritz_values(forced, 2)
    for method in ("aid-cgnr", "aid-gmres"):
        run = run_adjoint(problem, solution, method, 40, forced=True)
        assert not run.forced
        assert run.settled <= size + 1
        assert relative_gap(run.adjoints[-1], run.limit) < 1e-9


def test_planted_bugs_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    check_conjugate_gradient("even", 0.9, 9)
    plant(
        monkeypatch,
        ConjugateGradientSolver,
        "advance",
        {"self.lengths[rows], self.turns[rows] = length, turn": "self.lengths[rows] = length"},
    )
    with pytest.raises(AssertionError):
        check_conjugate_gradient("even", 0.9, 9)
