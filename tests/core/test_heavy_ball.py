"""Heavy ball: its guarantee and where it is attained, and reverse and forward mode through it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Status
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import IdentityBasis
from hypergrad_core.bounds.polynomials import residual_polynomials, response_polynomials
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods.unrolled import TruncatedITD
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scheme import Scheme
from tests.core.bound_cases import Instance, compare, diagonal_quadratic
from tests.core.helpers import (
    ask,
    build,
    errors,
    hessian_product,
    plane,
    plant,
    points_at,
    relative_gap,
)

HEAVY = SOLVERS["heavy-ball"]
FACTORS = (0.01, 0.3, 0.9, 0.99, 0.9999)
AFFINE: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 14, "hyper_size": 4, "spectrum": "log-uniform"},
    "kernel-ridge": {"size": 11, "hyper_size": 4},
    "biased": {"size": 9, "samples": 6},
    "hyper-representation": {"size": 4, "hyper_size": 20, "samples": 12},
}


def made(family: str, contraction: float = 0.9) -> Problem:
    """A problem with a start that is not 0."""
    problem = build(family=family, contraction=contraction, seed=5, **AFFINE[family])
    return problem.starting_at(np.random.default_rng(8).standard_normal(problem.state_size))


def root(contraction: float) -> float:
    """r = (√κ − 1)/(√κ + 1)."""
    kappa = (1 + contraction) / (1 - contraction)
    return float((np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1))


def heavy_ball(problem: Problem, scheme: Scheme, steps: int) -> list[FloatArray]:
    """The iterates, step by step, with coefficients that do not depend on λ."""
    states = [problem.initial_state, problem.fixed_point_map(problem.initial_state[None])[0]]
    a, momentum = scheme.relaxation, scheme.momentum
    for _ in range(steps - 1):
        now, before = states[-1], states[-2]
        mapped = problem.fixed_point_map(now[None])[0]
        states.append(now + a * (mapped - now) + momentum * (now - before))
    return states[: steps + 1]


def test_the_families_are_those_where_it_is_guaranteed() -> None:
    assert {*AFFINE} == {key for key in FAMILIES if FAMILIES[key].affine_symmetric}
    for family in AFFINE:
        assert made(family).affine
        assert made(family).symmetric


@pytest.mark.parametrize("q", FACTORS)
def test_the_coefficients_are_polyaks(q: float) -> None:
    """For a gradient step η = 2/(L + μ): α = ηa = 4/(√L + √μ)², β = r²."""
    scheme = HEAVY.scheme(q)
    low, high = 1 - q, 1 + q
    assert scheme.relaxation == pytest.approx(4 / (np.sqrt(low) + np.sqrt(high)) ** 2, rel=1e-14)
    assert scheme.momentum == pytest.approx(root(q) ** 2, rel=1e-9)
    # The first step is the plain one of length 2/(L + μ) = α/(1 + β).
    assert scheme.relaxation / (1 + scheme.momentum) == pytest.approx(1, rel=1e-14)
    assert (scheme.relaxation_at(0), scheme.momentum_at(0)) == (1, 0)
    assert (scheme.relaxation_at(1), scheme.momentum_at(1)) == (scheme.relaxation, scheme.momentum)


@pytest.mark.parametrize("family", AFFINE)
def test_the_iterates_are_polyaks(family: str) -> None:
    problem = made(family)
    scheme = HEAVY.scheme(problem.constants.contraction)
    wanted = np.array(heavy_ball(problem, scheme, 40))
    for steps in (0, 1, 2, 40):
        found = SOLVERS["heavy-ball"].iterate(problem, steps)
        assert found.shape == (steps + 1, problem.state_size)
        assert relative_gap(found, wanted[: steps + 1]) < 1e-12


def test_on_the_quadratic_it_is_written_with_gradients() -> None:
    problem = made("quadratic")
    assert isinstance(problem, Quadratic)
    values = problem.eigenvalues
    low, high = float(values.min()), float(values.max())
    alpha = 4 / (np.sqrt(low) + np.sqrt(high)) ** 2
    beta = ((np.sqrt(high) - np.sqrt(low)) / (np.sqrt(high) + np.sqrt(low))) ** 2
    solution = problem.reference.solution
    before = problem.initial_state
    now = before - 2 / (low + high) * hessian_product(problem, (before - solution)[None])[0]
    found = SOLVERS["heavy-ball"].iterate(problem, 30)
    for t in range(1, 30):
        gradient = hessian_product(problem, (now - solution)[None])[0]
        before, now = now, now - alpha * gradient + beta * (now - before)
        assert relative_gap(found[t + 1], now) < 1e-11


@pytest.mark.parametrize("q", FACTORS)
def test_the_rate_is_that_of_the_worst_polynomial(q: float) -> None:
    """Over all eigenvalues of [−q, q] the largest |p_t| is ρ(t), at the ends."""
    steps = np.arange(121)
    values = np.linspace(-q, q, 401)
    r = root(q)
    wanted = r**steps * (1 + steps * (1 - r**2) / (1 + r**2))
    assert np.allclose(HEAVY.rate(q, steps.astype(np.float64)), wanted, rtol=1e-8)
    assert np.all(np.diff(wanted) < 0)
    whole = np.abs(residual_polynomials(values, steps, HEAVY.scheme(q), whole=True))
    assert np.all(whole <= wanted[:, None] * (1 + 1e-7) + 1e-14)
    assert np.allclose(whole[:, [0, -1]], wanted[:, None], rtol=1e-7, atol=1e-14)
    # The last k of more steps start at rest: attained at −q.
    rest = np.abs(residual_polynomials(values, steps, HEAVY.scheme(q), whole=False))
    bound = HEAVY.residual_factor(q, steps + 1.0, steps.astype(np.float64))
    assert np.allclose(bound, r**steps * (1 + steps * (1 + r)), rtol=1e-8)
    assert np.all(rest <= bound[:, None] * (1 + 1e-7) + 1e-14)
    assert np.allclose(rest[:, 0], bound, rtol=1e-7, atol=1e-14)
    assert np.array_equal(
        HEAVY.residual_factor(q, 1.0 * steps, 1.0 * steps), HEAVY.rate(q, 1.0 * steps)
    )
    # A disturbance lives on as (j + 1) r^j, attained at both ends.
    response = np.abs(response_polynomials(values, 120, HEAVY.scheme(q)))
    living = (steps + 1) * r**steps
    assert np.all(response <= living[:, None] * (1 + 1e-7) + 1e-14)
    assert np.allclose(response[:, [0, -1]], living[:, None], rtol=1e-7, atol=1e-14)


@pytest.mark.parametrize("q", FACTORS)
def test_the_slope_is_the_sum_that_it_stands_for(q: float) -> None:
    scheme = HEAVY.scheme(q)
    r = root(q)
    for t in (0, 1, 2, 3, 9, 40):
        for k in {0, 1, 2, min(5, t), t}:
            if k > t:
                continue
            rates = HEAVY.rate(q, np.arange(t - k, t, dtype=np.float64))
            living = (k - np.arange(k)) * r ** (k - 1.0 - np.arange(k))
            found = HEAVY.unrolled_slope(q, np.array([float(t)]), np.array([float(k)]))[0]
            assert found == pytest.approx(scheme.relaxation * float(living @ rates), rel=1e-7)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
def test_the_rate_is_attained_in_the_slowest_directions(q: float, sign: float) -> None:
    slowest = np.array([1.0, 0.0, 0.0])
    problem = diagonal_quadratic(
        sign * np.array([q, 0.2 * q, -0.5 * q]), slowest[:, None], 3 * slowest, -slowest
    )
    assert problem.constants.contraction == pytest.approx(q, rel=1e-14)
    t = np.arange(61)
    states = SOLVERS["heavy-ball"].iterate(problem, 60)
    distance = row_norms(states - problem.reference.solution)
    rate = HEAVY.rate(q, t.astype(np.float64))
    assert np.allclose(distance, rate * problem.constants.distance, rtol=1e-8, atol=1e-13)
    if sign < 0:
        return
    # From the start at the solution only the adjoint is left, and the paper's bound is attained.
    problem = problem.starting_at(problem.reference.solution)
    diagonal = points_at(t, t)
    for key in ("itd", "itd-forward"):
        bound = METHODS[key].paper_bound(problem.constants, diagonal, HEAVY).values
        found = errors(key, problem, diagonal, "heavy-ball")
        assert np.allclose(found, bound, rtol=1e-8, atol=problem.constants.rounding_floor)


def numeric_gradient(
    problem: Problem, scheme: Scheme, t: int, k: int, widths: FloatArray
) -> FloatArray:
    """Central differences of λ → E(w_t(λ), λ), where the last k of t steps see λ alone."""
    base = heavy_ball(problem, scheme, t)
    gradient = np.empty(problem.hyper_size)
    for i, width in enumerate(widths):
        values = []
        for sign in (1, -1):
            moved = problem.at(problem.hyper + sign * width * np.eye(problem.hyper_size)[i])
            now, before = base[t - k], base[max(t - k - 1, 0)]
            for s in range(t - k, t):
                mapped = moved.fixed_point_map(now[None])[0]
                a = scheme.relaxation if s else 1.0
                momentum = scheme.momentum if s else 0.0
                now, before = now + a * (mapped - now) + momentum * (now - before), now
            values.append(float(moved.outer(now[None])[0]))
        gradient[i] = (values[0] - values[1]) / (2 * width)
    return gradient


def check_unrolled_derivative(method: str, family: str) -> None:
    problem = made(family)
    scheme = HEAVY.scheme(problem.constants.contraction)
    widths = 1e-5 * np.maximum(np.abs(problem.hyper), 0.1)
    for t, k in [(0, 0), (1, 1), (2, 2), (3, 3), (17, 17), (17, 1), (17, 2), (17, 6), (3, 2)]:
        if METHODS[method].whole and t != k:
            continue
        found = ask(method, problem, points_at([t], [k]), "heavy-ball").hypergradients[0]
        wanted = numeric_gradient(problem, scheme, t, k, widths)
        size = max(float(np.linalg.norm(wanted)), 1e-3 * problem.constants.hypergradient_norm)
        gap = np.linalg.norm(found - wanted)
        assert gap <= 2e-6 * size, f"t = {t}, k = {k}: off by {gap / size:.1e}"


@pytest.mark.parametrize("family", AFFINE)
@pytest.mark.parametrize("method", ["itd", "itd-forward", "itd-truncated"])
def test_unrolling_gives_the_derivative_of_the_iteration(method: str, family: str) -> None:
    check_unrolled_derivative(method, family)


@pytest.mark.parametrize("family", AFFINE)
def test_forward_and_reverse_mode_agree(family: str) -> None:
    problem = made(family)
    diagonal = points_at(range(60), range(60))
    found, same = (ask(key, problem, diagonal, "heavy-ball") for key in ("itd", "itd-forward"))
    assert relative_gap(found.hypergradients, same.hypergradients) < 1e-11
    lockstep = ask("itd-truncated", problem, plane(range(25), range(25)), "heavy-ball")
    for i in range(0, 625, 37):
        alone = ask("itd-truncated", problem, lockstep.points[np.array([i])], "heavy-ball")
        assert relative_gap(alone.hypergradients[0], lockstep.hypergradients[i]) < 1e-11


@pytest.mark.parametrize("q", [0.5, 0.95, 0.999])
def test_the_sharp_bound_stays_an_equality_on_the_quadratic(q: float) -> None:
    problem = made("quadratic", q).canonical()
    for steps in ((60, 40, 11), (30, 3, 40)):
        for found in compare(Instance(problem, "heavy-ball", *steps)):
            if found.method in {"itd", "itd-forward", "itd-truncated", "aid-fp", "one-step"}:
                assert found.status is Status.TIGHT
                assert found.gap() <= 1, found.method


LATE = np.arange(60, 140, 10)


def check_late_slope(method: str) -> None:
    q = 0.98
    problem = Quadratic(
        eigenvalues=(1 - np.array([q, 0.3, -0.2, -q])) / 0.5,
        basis=IdentityBasis(),
        coupling=np.random.default_rng(1).standard_normal((4, 3)),
        offset=np.ones(4),
        target=-np.ones(4),
        step=0.5,
        hyper=np.ones(3),
        initial_state=np.zeros(4),
    )
    # The adjoint is solved to the last bit, so that the inner problem alone is seen.
    k = LATE if method == "itd" else np.full_like(LATE, 4)
    found = errors(method, problem, points_at(LATE, k), "heavy-ball")
    assert found.min() > 100 * problem.constants.rounding_floor
    grown = 1 + LATE * (1 - root(q) ** 2) / (1 + root(q) ** 2)
    slope = np.polyfit(LATE, np.log(found / grown), 1)[0]
    assert slope == pytest.approx(np.log(root(q)), rel=0.02), "not the rate of heavy ball"
    # Much faster than q.
    assert slope < 8 * np.log(q)


@pytest.mark.parametrize("method", ["itd", "aid-cg"])
def test_the_late_slope_is_that_of_the_accelerated_rate(method: str) -> None:
    check_late_slope(method)


PLANTS = {
    "the momentum of the next step is forgotten": {
        "pulled -= scheme.momentum_at(s + 1) * later[block]": "pass"
    },
    "the adjoints of all later steps take part": {
        "later[block] = adjoints[block]": "later[block] += adjoints[block]"
    },
    "the relaxation of ∂₂Φ is forgotten": {
        "sums[block] += scheme.relaxation_at(s) * product": "sums[block] += product"
    },
}


@pytest.mark.parametrize("bug", PLANTS)
def test_planted_bugs_are_noticed(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    plant(monkeypatch, TruncatedITD, "_sweep", PLANTS[bug])
    with pytest.raises(AssertionError):
        check_unrolled_derivative("itd", "kernel-ridge")
