"""Solvers whose residual theory bounds: rates, optimality, and where they stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.adjoint import (
    ADJOINT_SOLVERS,
    AdjointSolver,
    ConjugateGradientSolver,
    FixedPointSolver,
    GMRESSolver,
    NormalEquationsSolver,
    Outcome,
)
from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.lemmas import chebyshev_number
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.nonsymmetric import NonSymmetric
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.bound_cases import diagonal_quadratic, state_jacobian
from tests.core.helpers import build, plant, points_at, relative_gap
from tests.core.method_cases import CASES

PROBLEMS: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 12, "spectrum": "log-uniform"},
    "logistic": {"family": "logistic", "size": 9, "samples": 14},
    "kernel ridge": {"family": "kernel-ridge", "size": 10, "hyper_size": 4},
    "equilibrium": {"family": "equilibrium", "size": 12, "samples": 3},
    "graph": {"family": "graph-network", "size": 12, "samples": 4},
    "affine": {"family": "nonsymmetric", "size": 11, "hyper_size": 3},
}
SYMMETRIC = ("quadratic", "logistic", "kernel ridge")
BOUNDED: dict[str, type[AdjointSolver]] = {
    f"aid-{solver.key}": solver for solver in ADJOINT_SOLVERS if CASES[f"aid-{solver.key}"].residual
}
ON_PROBLEMS = [
    (method, name)
    for method in BOUNDED
    for name in PROBLEMS
    if name in SYMMETRIC or not CASES[method].refused
]
# Those whose residual is the least of a Krylov space, so that they end.
KRYLOV = [key for key in BOUNDED if CASES[key].least]
KRYLOV_ON_PROBLEMS = [pair for pair in ON_PROBLEMS if pair[0] in KRYLOV]


def made(name: str, contraction: float = 0.9, seed: int = 2) -> Problem:
    return build(contraction=contraction, seed=seed, **PROBLEMS[name])


def system(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """M = I − ∂₁Φᵀ and ∇₁E at w(λ)."""
    solution = problem.reference.solution
    matrix = np.eye(problem.state_size) - state_jacobian(problem, solution).T
    return matrix, problem.outer_gradient_state(solution[None])[0]


def solve(
    solver: type[AdjointSolver], problem: Problem, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Residual norms and adjoints after 0, 1, …, steps steps at w(λ)."""
    solution = problem.reference.solution[None]
    gradient = problem.outer_gradient_state(solution)
    running = solver.begin(problem, problem.linearise(solution), gradient)
    residuals, adjoints = [], []
    for k in range(steps + 1):
        if k > 0:
            running.advance(0)
        residuals.append(running.residual_norms[0])
        adjoints.append(running.adjoints(np.array([0]))[0])
    return np.array(residuals), np.array(adjoints)


def least_residual(matrix: FloatArray, right: FloatArray, space: list[FloatArray]) -> FloatArray:
    """The element of the space with the least ‖right − M v‖, by dense least squares."""
    if not space:
        return np.zeros_like(right)
    basis = np.linalg.qr(np.array(space).T)[0]
    weights = np.linalg.lstsq(matrix @ basis, right, rcond=None)[0]
    return np.asarray(basis @ weights)


def krylov_space(matrix: FloatArray, start: FloatArray, size: int) -> list[FloatArray]:
    """start, M start, M² start, …, each made orthogonal to those before it, which span the same."""
    space: list[FloatArray] = []
    vector = start
    for _ in range(size):
        for _ in range(2):
            for other in space:
                vector = vector - (vector @ other) * other
        space.append(vector / np.linalg.norm(vector))
        vector = matrix @ space[-1]
    return space


def check_optimal(name: str, method: str) -> None:
    problem = made(name)
    matrix, right = system(problem)
    steps = 5
    residuals, adjoints = solve(BOUNDED[method], problem, steps)
    for k in range(steps + 1):
        if CASES[method].residual == "M":
            space = krylov_space(matrix, right, k)
        else:
            space = krylov_space(matrix.T @ matrix, matrix.T @ right, k)
        wanted = least_residual(matrix, right, space)
        least = float(np.linalg.norm(right - matrix @ wanted))
        size = float(np.linalg.norm(right))
        assert abs(residuals[k] - least) <= 1e-10 * size, "not the least residual"
        assert np.linalg.norm(adjoints[k] - wanted) <= 1e-9 * np.linalg.norm(wanted)


@pytest.mark.parametrize(("method", "name"), KRYLOV_ON_PROBLEMS)
def test_the_residual_is_the_least_of_the_space(method: str, name: str) -> None:
    check_optimal(name, method)


@pytest.mark.parametrize(("method", "name"), ON_PROBLEMS)
def test_the_residual_that_is_told_is_the_true_one(method: str, name: str) -> None:
    problem = made(name)
    matrix, right = system(problem)
    residuals, adjoints = solve(BOUNDED[method], problem, 14)
    true = row_norms(right - adjoints @ matrix.T)
    assert np.all(np.abs(residuals - true) <= 1e-12 * np.linalg.norm(right))
    if method in KRYLOV:
        assert np.all(residuals[1:] <= residuals[:-1] * (1 + 1e-12))


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_residuals_fall_as_fast_as_the_theory_says(name: str, q: float) -> None:
    problem = made(name, q)
    matrix, right = system(problem)
    steps = np.arange(25)
    size = float(np.linalg.norm(right))
    room = 1e-12 * size / (1 - q)
    minimal, _ = solve(GMRESSolver, problem, 24)
    normal, _ = solve(NormalEquationsSolver, problem, 24)
    _, neumann = solve(FixedPointSolver, problem, 24)
    fixed = row_norms(right - neumann @ matrix.T)
    assert np.all(minimal <= q**steps * size * (1 + 1e-9) + room)
    assert np.all(minimal <= fixed * (1 + 1e-9) + room)
    kappa = float(np.linalg.cond(matrix))
    assert kappa <= (1 + q) / (1 - q) * (1 + 1e-9)
    assert np.all(normal <= chebyshev_number(kappa**2, steps) * size * (1 + 1e-9) + room)
    if name in SYMMETRIC:
        # MINRES, as fast as Chebyshev; k steps on M² lie in the space of 2k steps on M.
        assert np.all(minimal <= chebyshev_number(kappa, steps) * size * (1 + 1e-9) + room)
        assert np.all(minimal[::2] <= normal[:13] * (1 + 1e-9) + room)
        conjugate, _ = solve(ConjugateGradientSolver, problem, 24)
        assert np.all(minimal <= conjugate * (1 + 1e-9) + room)


def worst_case(q: float, steps: int, *, squared: bool) -> Quadratic:
    """Where ``steps`` steps leave C_k of the residual: nodes and weights of Greenbaum.

    Args:
        q: the eigenvalues of M reach from 1 − q to 1 + q.
        steps: k.
        squared: whether the polynomial is one in M², as for the normal equations.
    """
    low, high = ((1 - q) ** 2, (1 + q) ** 2) if squared else (1 - q, 1 + q)
    nodes = (high + low) / 2 + (high - low) / 2 * np.cos(np.pi * np.arange(steps + 1) / steps)
    others = nodes[:, None] - nodes + np.diag(nodes)
    weights = np.abs(np.prod(np.where(np.eye(len(nodes)) > 0, 1.0, nodes / others), axis=1))
    gradient = np.sqrt(weights / weights.sum())
    values = 1 - (np.sqrt(nodes) if squared else nodes)
    return diagonal_quadratic(values, gradient[:, None], np.zeros(steps + 1), -gradient)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("q", [0.3, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("method", BOUNDED)
def test_the_rates_are_attained(method: str, q: float, steps: int) -> None:
    kappa = (1 + q) / (1 - q)
    squared = CASES[method].residual == "MᵀM"
    problem = worst_case(q, steps, squared=squared)
    residuals, _ = solve(BOUNDED[method], problem, steps)
    wanted = float(chebyshev_number(kappa**2 if squared else kappa, np.array([steps]))[0])
    assert residuals[0] == pytest.approx(1, rel=1e-12)
    assert residuals[-1] == pytest.approx(wanted, rel=1e-7, abs=1e-13)
    # It is what theory says of the solver, too.
    said = BOUNDED[method].sharp_residual_factor(problem.constants, np.array([float(steps)]))
    assert said[0] == pytest.approx(wanted, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(("method", "name"), ON_PROBLEMS)
def test_no_residual_is_above_what_the_theory_says(method: str, name: str, q: float) -> None:
    problem = made(name, q)
    residuals, _ = solve(BOUNDED[method], problem, 24)
    steps = np.arange(25.0)
    for factor in (BOUNDED[method].residual_factor, BOUNDED[method].sharp_residual_factor):
        most = factor(problem.constants, steps) * residuals[0]
        assert np.all(residuals <= most * (1 + 1e-9) + 1e-12 * residuals[0] / (1 - q))


def test_the_late_slope_of_the_normal_equations_is_the_contraction() -> None:
    """No faster than the fixed point on a full spectrum, at twice the products."""
    q = 0.9
    # Dense at both ends, as the extrema of a Chebyshev polynomial are.
    low, high = (1 - q) ** 2, (1 + q) ** 2
    gaps = np.sqrt((high + low) / 2 + (high - low) / 2 * np.cos(np.linspace(0, np.pi, 400)))
    random = np.random.default_rng(0)
    problem = diagonal_quadratic(
        1 - gaps, random.standard_normal((400, 2)), np.zeros(400), random.standard_normal(400)
    )
    residuals, _ = solve(NormalEquationsSolver, problem, 100)
    k = np.arange(30, 100)
    assert np.polyfit(k, np.log(residuals[k]), 1)[0] == pytest.approx(np.log(q), rel=0.05)


@pytest.mark.parametrize(("method", "name"), KRYLOV_ON_PROBLEMS)
def test_the_solution_is_reached_in_as_many_steps_as_unknowns(method: str, name: str) -> None:
    # Short recurrences lose their orthogonality to rounding where the condition number is large.
    problem = made(name, 0.9 if method == "aid-gmres" else 0.3)
    size = problem.state_size
    k = np.array([0, 1, size, size + 1, size + 50])
    states = SOLVERS["exact"].iterate(problem, 0)
    found = METHODS[method].estimate(problem, states, points_at(np.zeros_like(k), k))
    errors = row_norms(found.hypergradients - problem.reference.hypergradient)
    assert np.all(errors[2:] <= 10 * problem.constants.rounding_floor)
    assert errors[0] > 1e3 * problem.constants.rounding_floor
    assert np.all(np.isfinite(found.residuals))


@pytest.mark.parametrize("distinct", [1, 2, 3, 5])
@pytest.mark.parametrize("method", KRYLOV)
def test_a_step_for_each_eigenvalue_is_enough(method: str, distinct: int) -> None:
    values = np.repeat(np.linspace(0.8, -0.5, distinct), 4)
    random = np.random.default_rng(distinct)
    problem = diagonal_quadratic(
        values,
        random.standard_normal((len(values), 3)),
        np.zeros(len(values)),
        random.standard_normal(len(values)),
    )
    residuals, adjoints = solve(BOUNDED[method], problem, distinct + 40)
    assert np.all(residuals[:distinct] > 1e-3 * residuals[0])
    assert np.all(residuals[distinct:] <= 1e-12 * residuals[0])
    # Nothing moves any more, however many steps are asked for.
    assert np.all(np.isfinite(adjoints))
    assert relative_gap(adjoints[distinct:], np.tile(adjoints[-1], (41, 1))) < 1e-12


@pytest.mark.parametrize("method", ["aid-cg", *KRYLOV])
def test_rows_that_have_converged_wait_for_the_others(method: str) -> None:
    """Some rows start at the solution of their system, some have one eigenvalue, some many."""
    values = np.linspace(0.8, -0.7, 12)
    problem = diagonal_quadratic(
        values, np.random.default_rng(0).standard_normal((12, 3)), np.zeros(12), np.zeros(12)
    )
    # ∇₁E = w: of no, of one and of all eigenvectors.
    states = np.vstack([np.zeros(12), np.eye(12)[3], np.ones(12), 1e-200 * np.ones(12)])
    t, k = np.repeat(np.arange(4), 5), np.tile([0, 1, 2, 12, 60], 4)
    found = METHODS[method].estimate(problem, states, points_at(t, k))
    assert np.all(np.isfinite(found.hypergradients))
    assert np.all(np.isfinite(found.residuals))
    assert not found.hypergradients[:5].any()
    assert not found.costs.state_products[:5].any()
    assert {*found.outcomes[:5]} == {Outcome.CONVERGED}
    products = found.costs.state_products.reshape(4, 5)
    # One eigenvector: one step, and no further product.
    assert np.all(products[1, 2:] <= 2 * products[1, 1])
    assert products[2, 3] > products[2, 2]
    inverse = 1 / (1 - values)
    wanted = problem.step * (states[t] * inverse) @ problem.coupling
    solved = (k >= 12) & (t < 3)
    assert relative_gap(found.hypergradients[solved], wanted[solved]) < 1e-10
    alone = METHODS[method].estimate(problem, states, points_at([2], [7])).hypergradients
    assert np.all(np.isfinite(alone))


@pytest.mark.parametrize("method", [key for key in KRYLOV if not CASES[key].refused])
def test_an_affine_map_that_turns_is_solved(method: str) -> None:
    """A rotation of the plane: GMRES and CGNR end at once after two steps, CG does not apply."""
    turn = 0.9 * np.array([[0.0, 1.0], [-1.0, 0.0]])
    plain = build(family="nonsymmetric", size=2, hyper_size=1)
    assert isinstance(plain, NonSymmetric)
    plain = replace(plain, matrix=turn)
    matrix = np.eye(2) - turn.T
    gradient = np.array([[1.0, 2.0]])
    solver = BOUNDED[method](plain.linearise(np.zeros((1, 2))), gradient)
    for _ in range(5):
        solver.advance(0)
    wanted = np.linalg.solve(matrix, gradient[0])
    assert relative_gap(solver.adjoints(np.array([0])), wanted) < 1e-14
    assert solver.outcomes == [Outcome.CONVERGED]


PLANTS: dict[str, tuple[type, dict[str, str], str]] = {
    "the rotations of GMRES turn the wrong way": (
        GMRESSolver,
        {"sine * above\n": "sine * below\n"},
        "aid-gmres",
    ),
    "CGNR forgets its last direction": (
        NormalEquationsSolver,
        {"* self._directions[rows]\n": "* 0 * normal\n"},
        "aid-cgnr",
    ),
    "CGNR takes ∂₁Φ for its transpose": (
        NormalEquationsSolver,
        {"lin.jvp_state(residual)": "lin.vjp_state(residual)"},
        "aid-cgnr",
    ),
}


@pytest.mark.parametrize("bug", PLANTS)
def test_planted_bugs_are_noticed(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    owner, changes, method = PLANTS[bug]
    plant(monkeypatch, owner, "advance", changes)
    with pytest.raises(AssertionError):
        check_optimal("affine", method)


def test_gmres_keeps_no_more_once_it_has_ended() -> None:
    scenario = Scenario(size=8, methods=("aid-gmres",), horizon=40)
    (curve,) = run(scenario).curves
    kept = curve.estimate.costs.stored_floats
    assert kept[4] > kept[3]
    # In eight dimensions there are at most eight Arnoldi steps.
    assert len({*kept[8:]}) == 1


def test_gmres_does_not_stop_at_what_is_small_but_not_rounding() -> None:
    """A part of 1e-9 of the gradient in another eigenvector: its step is small, and is taken."""
    gradient = np.array([1.0, 1e-9])
    values = np.array([0.5, -0.5])
    problem = diagonal_quadratic(values, np.eye(2), np.zeros(2), -gradient)
    residuals, adjoints = solve(GMRESSolver, problem, 2)
    assert residuals[2] <= 1e-15
    assert adjoints[2] == pytest.approx(gradient / (1 - values), rel=1e-6)
    assert adjoints[1][1] != pytest.approx(gradient[1] / (1 - values[1]), rel=1e-2)
