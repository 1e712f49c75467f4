"""Any scheme, with coefficients that change from step to step: iterates, unrolling and bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS
from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds import path_along
from hypergrad_core.bounds.polynomials import residual_polynomials, response_polynomials
from hypergrad_core.bounds.unrolling import Spectrum, unrolled_gaps
from hypergrad_core.inner.heavy_ball import HeavyBall
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme, Step
from tests.core.bound_cases import SLACK, hyper_jacobian, state_jacobian
from tests.core.helpers import build, plane, relative_gap

STEPS = 14


def coefficients(step: int) -> tuple[float, float, float]:
    """Relaxation, momentum and extrapolation: no two steps are alike, and no two of the three."""
    if step == 0:
        return 0.8, 0.0, 0.0
    return 0.95 - 0.2 / step, 0.3 - 0.2 / (step + 1), 0.4 - 0.5 / (step + 2)


class Changing(HeavyBall):
    """An inner solver that is proved nothing of; its scheme may be asked for all the same."""

    def scheme(self, contraction: float) -> Scheme:
        return Scheme(lambda step: Step(*coefficients(step)), settled=None)


SCHEME = Changing().scheme(0.9)
FAMILIES: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 9, "hyper_size": 3, "spectrum": "log-uniform"},
    "kernel-ridge": {"size": 8, "hyper_size": 3},
    "biased": {"size": 7, "samples": 5},
}
UNROLLED = ("itd", "itd-forward", "itd-truncated")


def made(family: str) -> Problem:
    problem = build(family=family, contraction=0.8, seed=3, **FAMILIES[family])
    return problem.starting_at(np.random.default_rng(4).standard_normal(problem.state_size))


def followed(
    mapped: Callable[[FloatArray], FloatArray],
    now: FloatArray,
    before: FloatArray,
    first: int,
    last: int,
) -> list[FloatArray]:
    """What steps first, …, last − 1 make of a state, each of them written as in ``Step``."""
    states = [now]
    for s in range(first, last):
        a, beta, gamma = coefficients(s)
        moved = now - before
        now, before = a * mapped(now + gamma * moved) + (1 - a) * now + beta * moved, now
        states.append(now)
    return states


def iterates(problem: Problem) -> FloatArray:
    start = problem.initial_state
    return np.array(followed(lambda w: problem.fixed_point_map(w[None])[0], start, start, 0, STEPS))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_iterates_are_those_of_the_steps(family: str) -> None:
    problem = made(family)
    wanted = iterates(problem)
    assert relative_gap(Changing().iterate(problem, STEPS), wanted) < 1e-13
    points = SCHEME.evaluated(wanted)
    for s in range(1, STEPS):
        ahead = coefficients(s)[2]
        assert np.allclose(points[s], wanted[s] + ahead * (wanted[s] - wanted[s - 1]), rtol=1e-13)
    assert np.array_equal(points[0], wanted[0])


def differences(problem: Problem, t: int, k: int) -> FloatArray:
    """Of λ → E(w_t(λ), λ), where the last k of t steps see λ alone: central ones."""
    base = iterates(problem)
    gradient = np.empty(problem.hyper_size)
    for i in range(problem.hyper_size):
        values = []
        width = 1e-5 * max(abs(float(problem.hyper[i])), 0.1)
        for sign in (1, -1):
            moved = problem.at(problem.hyper + sign * width * np.eye(problem.hyper_size)[i])
            mapped = lambda w, moved=moved: moved.fixed_point_map(w[None])[0]  # noqa: E731
            end = followed(mapped, base[t - k], base[max(t - k - 1, 0)], t - k, t)[-1]
            values.append(float(moved.outer(end[None])[0]))
        gradient[i] = (values[0] - values[1]) / (2 * width)
    return gradient


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", UNROLLED)
def test_unrolling_gives_the_derivative_of_the_steps(method: str, family: str) -> None:
    problem = made(family)
    points = METHODS[method].clipped_points(plane([0, 1, 2, 5, STEPS], [0, 1, 2, 4]))
    found = METHODS[method].estimate(problem, iterates(problem), points, scheme=SCHEME)
    for i in range(len(points)):
        t, k = int(points.inner_steps[i]), int(points.adjoint_steps[i])
        wanted = differences(problem, t, k)
        size = max(float(np.linalg.norm(wanted)), 1e-3 * problem.constants.hypergradient_norm)
        assert np.linalg.norm(found.hypergradients[i] - wanted) <= 2e-6 * size, (t, k)


def test_the_polynomials_are_what_the_steps_make_of_each_eigenvalue() -> None:
    values = np.array([-0.9, -0.3, 0.0, 0.5, 0.9])
    one = np.ones(len(values))
    for first in (0, 1, 2, 6):
        k = np.arange(STEPS + 1)
        left = residual_polynomials(values, np.full_like(k, first), k, SCHEME)
        wanted = followed(lambda w: values * w, one, one, first, first + STEPS)
        assert np.allclose(left, wanted, rtol=1e-11, atol=1e-14)
        # A disturbance of w_first has no w_{first − 1} to be told from.
        lived = response_polynomials(values, np.array([first - 1]), STEPS, SCHEME)
        if first:
            wanted = followed(lambda w: values * w, one, 0 * one, first, first + STEPS)
            assert np.allclose([block[0] for block in lived], wanted, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_sharp_bounds_hold_and_are_the_errors_of_the_quadratic(family: str) -> None:
    problem = made(family).canonical()
    states = iterates(problem)
    path = path_along(problem, states, SCHEME)
    floor = problem.constants.rounding_floor
    for method in UNROLLED:
        points = METHODS[method].clipped_points(plane(range(STEPS + 1), (0, 1, 2, 5, STEPS)))
        estimate = METHODS[method].estimate(problem, states, points, scheme=SCHEME)
        errors = row_norms(estimate.hypergradients - problem.reference.hypergradient)
        bound = METHODS[method].sharp_bound(path, estimate).values
        assert np.all(errors <= bound * (1 + SLACK) + floor)
        if family == "quadratic":
            assert np.allclose(bound, errors, rtol=1e-9, atol=floor)


def norm(matrix: FloatArray) -> float:
    return float(np.linalg.norm(matrix, 2))


def left_over(
    a_star: FloatArray, jacobian: FloatArray, gradient: FloatArray, drift: FloatArray, first: int
) -> tuple[float, float]:
    """x and y of R13 after as many steps as there are drifts, by matrices and exact norms."""
    last = first + len(drift)
    one = np.eye(len(a_star))
    left = followed(lambda w: a_star @ w, one, one, first, last)[-1]
    x, y = norm(left @ jacobian), norm(jacobian.T @ left @ gradient)
    for s, moved in enumerate(drift, first):
        lived = followed(lambda w: a_star @ w, one, 0 * one, s + 1, last)[-1]
        x += coefficients(s)[0] * moved * norm(lived)
        y += coefficients(s)[0] * moved * norm(lived @ gradient)
    return x, y


def test_what_is_left_of_the_jacobian_is_what_the_steps_and_the_drift_leave() -> None:
    """With one hyperparameter every norm is exact, and nothing is lost."""
    random = np.random.default_rng(6)
    values = np.array([-0.85, -0.2, 0.1, 0.6, 0.9])
    jacobian, gradient = random.standard_normal((5, 1)), random.standard_normal(5)
    spectrum = Spectrum(values, jacobian, gradient, norm(jacobian))
    starts, depth = np.array([0, 1, 4]), 6
    drift = random.uniform(0.5, 2.0, (3, depth))
    x, y = unrolled_gaps(spectrum, SCHEME, starts, starts[:, None] + np.arange(depth), drift)
    for row, first in enumerate(starts.tolist()):
        for k in range(depth + 1):
            wanted = left_over(np.diag(values), jacobian, gradient, drift[row, :k], first)
            assert (x[row, k], y[row, k]) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("family", ["kernel-ridge", "biased"])
def test_the_sharp_bounds_measure_the_drift_where_the_steps_take_the_map(family: str) -> None:
    problem = made(family)
    states, truth, mu1 = iterates(problem), problem.reference, problem.constants.mu1
    a_star = state_jacobian(problem, truth.solution)
    jacobian = np.linalg.solve(
        np.eye(problem.state_size) - a_star, hyper_jacobian(problem, truth.solution)
    )
    star_gradient = problem.outer_gradient_state(truth.solution[None])[0]
    gradients = problem.outer_gradient_state(states)
    direct = problem.outer_gradient_hyper(states) + gradients @ jacobian - truth.hypergradient
    drift = []
    for s in range(STEPS):
        point = states[s] + coefficients(s)[2] * (states[s] - states[max(s - 1, 0)])
        moved = state_jacobian(problem, point) @ jacobian + hyper_jacobian(problem, point)
        drift.append(norm(moved - jacobian))
    path = path_along(problem, states, SCHEME)
    points = METHODS["itd-truncated"].clipped_points(plane(range(STEPS + 1), (0, 1, 3, STEPS)))
    found = path.unrolled_bound(points.inner_steps, points.adjoint_steps, frozen=False)
    for i, (t, k) in enumerate(zip(points.inner_steps, points.adjoint_steps, strict=True)):
        x, y = left_over(a_star, jacobian, star_gradient, np.array(drift[t - k : t]), int(t - k))
        distance = float(np.linalg.norm(states[t] - truth.solution))
        by_solution = min(y, float(np.linalg.norm(star_gradient)) * x) + mu1 * distance * x
        adjoint = min(by_solution, float(np.linalg.norm(gradients[t])) * x)
        wanted = float(np.linalg.norm(direct[t])) + adjoint
        # Norms of matrices are bounded, not known.
        assert wanted * (1 - 1e-9) <= found[i] <= wanted * 1.25, (t, k, found[i] / wanted)
