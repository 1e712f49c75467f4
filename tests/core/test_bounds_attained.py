"""Bounds that theory says are attained, are."""

from __future__ import annotations

import numpy as np
import pytest

from hypergrad_core import METHODS
from hypergrad_core.bounds import path_along
from hypergrad_core.inner import SOLVERS
from hypergrad_core.lemmas import chebyshev_number
from hypergrad_core.numerics import row_norms
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.bound_cases import SLACK, diagonal_quadratic, hyper_jacobian, state_jacobian
from tests.core.helpers import build, energy_errors, errors, points_at


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
def test_distance_and_paper_bound_are_attained_in_the_slowest_direction(
    q: float, sign: float
) -> None:
    slowest = np.array([1.0, 0.0, 0.0])
    problem = diagonal_quadratic(
        sign * np.array([q, 0.2 * q, -0.5 * q]), slowest[:, None], 3 * slowest, -slowest
    )
    constants = problem.constants
    states = SOLVERS["fixed-point"].iterate(problem, 60)
    t = np.arange(61)
    distance = row_norms(states - problem.reference.solution)
    # Differences of numbers of size D.
    assert np.allclose(distance, q**t * constants.distance, rtol=1e-9, atol=1e-15)
    if sign < 0:
        return
    # Only the inner problem is left once the adjoint has converged, …
    method = METHODS["aid-fp"]
    solved = points_at(t, np.full_like(t, 6000))
    bound = method.paper_bound(constants, solved).values
    found = errors("aid-fp", problem, solved)
    assert np.allclose(found, bound, rtol=1e-9, atol=constants.rounding_floor)
    # … and only the adjoint is left from the start at the solution.
    problem = problem.starting_at(problem.reference.solution)
    diagonal = points_at(t, t)
    for key in ("itd", "aid-fp"):
        bound = METHODS[key].paper_bound(problem.constants, diagonal).values
        assert np.allclose(
            errors(key, problem, diagonal), bound, rtol=1e-9, atol=constants.rounding_floor
        )


def chebyshev_worst_case(q: float, steps: int) -> Quadratic:
    """Where ``steps`` steps of conjugate gradient leave C_k(κ) of the adjoint, and ∇f sees it all.

    The eigenvalues of I − ∂₁Φ are the extrema of the Chebyshev polynomial, and the weights those
    for which the best polynomial is that one (Greenbaum).
    """
    gaps = 1 + q * np.cos(np.pi * np.arange(steps + 1) / steps)
    # |ℓ_i(0)|, ℓ_i the Lagrange polynomials of the nodes.
    others = gaps[:, None] - gaps + np.diag(gaps)
    weights = np.abs(np.prod(np.where(np.eye(len(gaps)) > 0, 1.0, gaps / others), axis=1))
    gradient = np.sqrt(gaps * weights)
    coupling = ((-1.0) ** np.arange(steps + 1) * gradient)[:, None]
    return diagonal_quadratic(1 - gaps, coupling, np.zeros(steps + 1), -gradient)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("q", [0.3, 0.7, 0.9, 0.99])
def test_the_conjugate_gradient_bound_is_attained(q: float, steps: int) -> None:
    problem = chebyshev_worst_case(q, steps)
    kappa = (1 + q) / (1 - q)
    assert problem.constants.condition_number == pytest.approx(kappa, rel=1e-12)
    k = np.arange(steps + 1)
    points = points_at(np.zeros_like(k), k)
    states = SOLVERS["exact"].iterate(problem, 0)
    estimate = METHODS["aid-cg"].estimate(problem, states, points)
    found = row_norms(estimate.hypergradients - problem.reference.hypergradient)
    bound = METHODS["aid-cg"].sharp_bound(path_along(problem, states), estimate).values
    # Both norms of the bound are (Σ_i |ℓ_i(0)|)^½ = C_k(κ)^{−½} here, times η for that of ∂₂Φ.
    for value in (found[-1], bound[-1]):
        assert value == pytest.approx(problem.step, rel=1e-9, abs=problem.constants.rounding_floor)
    assert np.all(found <= bound * (1 + SLACK) + problem.constants.rounding_floor)
    left = energy_errors(problem, steps)
    assert left[-1] / left[0] == pytest.approx(
        float(chebyshev_number(kappa, k[-1:])[0]), rel=1e-9, abs=1e-14 / (1 - q)
    )


@pytest.mark.parametrize("energy", [False, True])
def test_with_eigenvalues_the_solver_term_is_the_least_of_three(energy: bool) -> None:
    """R4 (c), (d) and (e) by matrices, with whatever the solver is sure to leave or has left."""
    problem = build(size=9, hyper_size=3, contraction=0.8, start=2.0)
    states, solution = SOLVERS["fixed-point"].iterate(problem, 6), problem.reference.solution
    matrix = np.eye(9) - state_jacobian(problem, solution)
    coupling = hyper_jacobian(problem, solution)
    values, vectors = np.linalg.eigh(matrix)
    root = vectors / np.sqrt(values) @ vectors.T
    gradients = problem.outer_gradient_state(states)
    jacobian = np.linalg.solve(matrix, coupling)
    path, t = path_along(problem, states), np.arange(7)
    least = set()
    for factor, residual in ((0.3, 1e9), (0.3, 1e-4), (1e-6, 1e-4), (1.0, 1.0)):
        found = path.implicit_bound(
            t, np.full(7, factor), np.full(7, residual), energy=energy
        ) - row_norms((states - solution) @ jacobian)
        plain = np.linalg.norm(coupling, 2) / values.min()
        terms = [factor * plain * row_norms(gradients), np.full(7, residual * plain)]
        if energy:
            weighted = row_norms(gradients @ root)
            terms.append(factor * np.linalg.norm(root @ coupling, 2) * weighted)
        np.testing.assert_allclose(found, np.min(terms, axis=0), rtol=1e-8)
        least |= {*np.argmin(terms, axis=0).tolist()}
    assert least == ({1, 2} if energy else {0, 1})
