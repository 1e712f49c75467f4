"""Accelerated inner solvers: where the guarantee is attained, and unrolling through them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, Status, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.basis import IdentityBasis
from hypergrad_core.bounds.polynomials import residual_polynomials, response_polynomials
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods.unrolled import ReverseMode
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from hypergrad_core.scheme import Step
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
from tests.core.inner_cases import ACCELERATED, condition_number, root_rate

FACTORS = (0.01, 0.3, 0.9, 0.99, 0.9999)
AFFINE: dict[str, dict[str, Any]] = {
    "quadratic": {"size": 14, "hyper_size": 4, "spectrum": "log-uniform"},
    "kernel-ridge": {"size": 11, "hyper_size": 4},
    "kernel-ridge-log": {"size": 11, "hyper_size": 4},
    "biased": {"size": 9, "samples": 6},
    "hyper-representation": {"size": 4, "hyper_size": 20, "samples": 12},
    "representation-tasks": {"size": 12, "hyper_size": 8, "samples": 12},
}
every_solver = pytest.mark.parametrize("inner", ACCELERATED)


def made(family: str, contraction: float = 0.9) -> Problem:
    """A problem with a start that is not 0."""
    problem = build(family=family, contraction=contraction, seed=5, **AFFINE[family])
    return problem.starting_at(np.random.default_rng(8).standard_normal(problem.state_size))


def test_the_families_are_those_where_they_are_guaranteed() -> None:
    assert {*ACCELERATED} == {key for key in SOLVERS if SOLVERS[key].affine_symmetric_only}
    assert {*AFFINE} == {key for key in FAMILIES if FAMILIES[key].affine_symmetric}
    for family in AFFINE:
        assert made(family).affine
        assert made(family).symmetric


@pytest.mark.parametrize("family", AFFINE)
@every_solver
def test_the_iterates_are_those_of_the_textbook(inner: str, family: str) -> None:
    problem = made(family)
    wanted = ACCELERATED[inner].iterates(problem, 40)
    for steps in (0, 1, 2, 40):
        found = SOLVERS[inner].iterate(problem, steps)
        assert found.shape == (steps + 1, problem.state_size)
        assert relative_gap(found, wanted[: steps + 1]) < 1e-12


@pytest.mark.parametrize("q", FACTORS)
def test_the_coefficients_of_the_heavy_ball_are_polyaks(q: float) -> None:
    """For a gradient step η = 2/(L + μ): α = ηa = 4/(√L + √μ)², β = r²."""
    scheme = SOLVERS["heavy-ball"].scheme(q)
    a, momentum, extrapolation = scheme.at(1)
    low, high = 1 - q, 1 + q
    assert a == pytest.approx(4 / (np.sqrt(low) + np.sqrt(high)) ** 2, rel=1e-14)
    assert momentum == pytest.approx(root_rate(q) ** 2, rel=1e-9)
    assert extrapolation == 0
    # The first step is the plain one of length 2/(L + μ) = α/(1 + β).
    assert a / (1 + momentum) == pytest.approx(1, rel=1e-14)
    assert scheme.at(0) == Step(1, 0, 0)
    assert scheme.at(2) == scheme.at(1)
    assert scheme.settled == 1


def test_on_the_quadratic_the_heavy_ball_is_written_with_gradients() -> None:
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
@every_solver
def test_the_rate_is_that_of_the_worst_polynomial(inner: str, q: float) -> None:
    """Over all eigenvalues of [−q, q] the largest |p_t| is ρ(t) (R12)."""
    solver, case = SOLVERS[inner], ACCELERATED[inner]
    steps = np.arange(121)
    values = np.linspace(-q, q, 401)
    wanted = case.rate(q, steps.astype(np.float64))
    assert np.allclose(solver.rate(q, steps.astype(np.float64)), wanted, rtol=1e-8)
    assert np.all(np.diff(wanted) < 0)
    whole = case.polynomials(values, q, 120)
    assert np.allclose(np.abs(whole).max(axis=1), wanted, rtol=1e-7, atol=1e-14)
    found = residual_polynomials(values, 0 * steps, steps, solver.scheme(q))
    assert np.allclose(found, whole, rtol=1e-7, atol=1e-12)
    assert np.array_equal(
        solver.residual_factor(q, 1.0 * steps, 1.0 * steps), solver.rate(q, steps)
    )
    assert solver.late_factor(q) == pytest.approx(case.late(q), rel=1e-9)
    far = -600 / np.log(case.late(q))
    late = solver.rate(q, np.array([far, far + 1]))
    assert late[1] / late[0] == pytest.approx(case.late(q), rel=2e-2)


@pytest.mark.parametrize("first", [1, 2, 7, 40])
@pytest.mark.parametrize("q", FACTORS)
@every_solver
def test_what_the_last_steps_of_more_leave_is_attained(inner: str, q: float, first: int) -> None:
    """They start at rest, wherever they start."""
    solver, case = SOLVERS[inner], ACCELERATED[inner]
    k = np.arange(81)
    values = np.linspace(-q, q, 401)
    rest = case.polynomials(values, q, 80, first=first)
    factor = solver.residual_factor(q, first + 1.0 * k, 1.0 * k)
    assert np.allclose(np.abs(rest).max(axis=1), factor, rtol=1e-7, atol=1e-14)
    found = residual_polynomials(values, np.full_like(k, first), k, solver.scheme(q))
    assert np.allclose(found, rest, rtol=1e-7, atol=1e-12)
    lived = case.polynomials(values, q, 80, first=first, before=0.0)
    blocks = response_polynomials(values, np.array([first - 1]), 80, solver.scheme(q))
    assert np.allclose([block[0] for block in blocks], lived, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("q", FACTORS)
@every_solver
def test_the_slope_is_the_largest_of_the_polynomial(inner: str, q: float) -> None:
    """With k = t it is max |p_t'|, attained (R13); differences of p_t tell it."""
    solver, case = SOLVERS[inner], ACCELERATED[inner]
    t = np.arange(1, 61, dtype=np.float64)
    slope, counted = case.slope(q, t), solver.unrolled_slope(q, t, t)
    most = 1.0 if case.exact else solver.scheme(q).at(1).relaxation
    assert np.all(counted >= slope * (1 - 1e-7))
    assert np.all(counted <= slope * most * (1 + 1e-7))
    assert solver.unrolled_slope(q, np.zeros(1), np.zeros(1)) == 0
    width = 1e-6 * q
    ends = np.array([-q, q])[:, None]
    values = np.concatenate([ends, ends - np.sign(ends) * width], axis=1)
    polynomials = case.polynomials(values, q, 60)[1:]
    steep = np.abs(polynomials[..., 0] - polynomials[..., 1]).max(axis=1) / width
    clear = slope > 1e-6 * slope.max()
    assert np.allclose(steep[clear], slope[clear], rtol=1e-2)


@pytest.mark.parametrize("q", FACTORS)
@every_solver
def test_the_slope_is_the_sum_that_it_stands_for(inner: str, q: float) -> None:
    """Of (response of the later steps) · a_s · (distance where Φ is taken), for any k ≤ t."""
    solver, case = SOLVERS[inner], ACCELERATED[inner]
    scheme = solver.scheme(q)
    values = np.linspace(-q, q, 401)
    whole = case.polynomials(values, q, 40)
    for t, k in itertools.product((0, 1, 2, 3, 9, 40), (0, 1, 2, 5, 9, 40)):
        if k > t:
            continue
        total = 0.0
        for s in range(t - k, t):
            a, _, ahead = scheme.at(s if case.exact else max(s, 1))
            point = whole[s] + ahead * (whole[s] - whole[max(s - 1, 0)])
            lived = case.polynomials(values, q, t - s - 1, first=s + 1, before=0.0)[-1]
            total += a * float(np.abs(lived).max() * np.abs(point).max())
        found = solver.unrolled_slope(q, np.array([float(t)]), np.array([float(k)]))[0]
        assert found == pytest.approx(total, rel=1e-7, abs=1e-14)


@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
@every_solver
def test_the_rate_is_attained_in_the_slowest_directions(inner: str, q: float) -> None:
    slowest = np.array([1.0, 0.0, 0.0])
    problem = diagonal_quadratic(
        np.array([q, 0.2 * q, -0.5 * q]), slowest[:, None], 3 * slowest, -slowest
    )
    assert problem.constants.contraction == pytest.approx(q, rel=1e-14)
    t = np.arange(61)
    states = SOLVERS[inner].iterate(problem, 60)
    distance = row_norms(states - problem.reference.solution)
    rate = SOLVERS[inner].rate(q, t.astype(np.float64))
    assert np.allclose(distance, rate * problem.constants.distance, rtol=1e-8, atol=1e-13)
    # From the start at the solution only the adjoint is left, and the paper's bound is attained.
    problem = problem.starting_at(problem.reference.solution)
    diagonal = points_at(t, t)
    for key in ("itd", "itd-forward"):
        bound = METHODS[key].paper_bound(problem.constants, diagonal, SOLVERS[inner]).values
        found = errors(key, problem, diagonal, inner)
        assert np.allclose(found, bound, rtol=1e-8, atol=problem.constants.rounding_floor)


def numeric_gradient(
    problem: Problem, inner: str, t: int, k: int, widths: FloatArray
) -> FloatArray:
    """Central differences of λ → E(w_t(λ), λ), where the last k of t steps see λ alone."""
    case, q = ACCELERATED[inner], problem.constants.contraction
    base = case.iterates(problem, t)
    gradient = np.empty(problem.hyper_size)
    for i, width in enumerate(widths):
        values = []
        for sign in (1, -1):
            moved = problem.at(problem.hyper + sign * width * np.eye(problem.hyper_size)[i])
            now, before = base[t - k], base[max(t - k - 1, 0)]
            for s in range(t - k, t):
                mapped = lambda w, moved=moved: moved.fixed_point_map(w[None])[0]  # noqa: E731
                now, before = case.step(mapped, q, s, now, before), now
            values.append(float(moved.outer(now[None])[0]))
        gradient[i] = (values[0] - values[1]) / (2 * width)
    return gradient


def check_unrolled_derivative(method: str, family: str, inner: str) -> None:
    problem = made(family)
    widths = 1e-5 * np.maximum(np.abs(problem.hyper), 0.1)
    for t, k in [(0, 0), (1, 1), (2, 2), (3, 3), (17, 17), (17, 1), (17, 2), (17, 6), (3, 2)]:
        if METHODS[method].whole and t != k:
            continue
        found = ask(method, problem, points_at([t], [k]), inner).hypergradients[0]
        wanted = numeric_gradient(problem, inner, t, k, widths)
        size = max(float(np.linalg.norm(wanted)), 1e-3 * problem.constants.hypergradient_norm)
        gap = np.linalg.norm(found - wanted)
        assert gap <= 2e-6 * size, f"t = {t}, k = {k}: off by {gap / size:.1e}"


@pytest.mark.parametrize("family", AFFINE)
@pytest.mark.parametrize("method", ["itd", "itd-forward", "itd-truncated"])
@every_solver
def test_unrolling_gives_the_derivative_of_the_iteration(
    inner: str, method: str, family: str
) -> None:
    check_unrolled_derivative(method, family, inner)


@pytest.mark.parametrize("family", AFFINE)
@every_solver
def test_forward_and_reverse_mode_agree(inner: str, family: str) -> None:
    problem = made(family)
    diagonal = points_at(range(60), range(60))
    found, same = (ask(key, problem, diagonal, inner) for key in ("itd", "itd-forward"))
    assert relative_gap(found.hypergradients, same.hypergradients) < 1e-11
    lockstep = ask("itd-truncated", problem, plane(range(25), range(25)), inner)
    for i in range(0, 625, 37):
        alone = ask("itd-truncated", problem, lockstep.points[np.array([i])], inner)
        assert relative_gap(alone.hypergradients[0], lockstep.hypergradients[i]) < 1e-11


@pytest.mark.parametrize("q", [0.5, 0.95, 0.999])
@every_solver
def test_the_sharp_bound_stays_an_equality_on_the_quadratic(inner: str, q: float) -> None:
    problem = made("quadratic", q).canonical()
    for steps in ((60, 40, 11), (30, 3, 40)):
        for found in compare(Instance(problem, inner, *steps)):
            if found.method in {"itd", "itd-forward", "itd-truncated", "aid-fp", "one-step"}:
                assert found.status is Status.TIGHT
                assert found.gap() <= 1, found.method


LATE = np.arange(60, 130, 10)


@pytest.mark.parametrize("method", ["itd", "aid-cg"])
@every_solver
def test_the_late_slope_is_that_of_the_accelerated_rate(inner: str, method: str) -> None:
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
    found = errors(method, problem, points_at(LATE, k), inner)
    assert found.min() > 100 * problem.constants.rounding_floor
    case = ACCELERATED[inner]
    late = case.late(q)
    grown = case.rate(q, LATE.astype(np.float64)) / late**LATE
    slope = np.polyfit(LATE, np.log(found / grown), 1)[0]
    assert slope == pytest.approx(np.log(late), rel=0.02), "not the rate of the scheme"
    # Much faster than q: by a part of √κ.
    assert slope < 0.4 * np.sqrt(condition_number(q)) * np.log(q)


PLANTS = {
    "the momentum of the next step is forgotten": {"pulled -= carried[block]": "pass"},
    "the adjoints of all later steps take part": {
        "carried[block] = momentum": "carried[block] += momentum"
    },
    "the relaxation of ∂₂Φ is forgotten": {"sums[block] += a * product": "sums[block] += product"},
}


@pytest.mark.parametrize("bug", PLANTS)
def test_planted_bugs_are_noticed(monkeypatch: pytest.MonkeyPatch, bug: str) -> None:
    plant(monkeypatch, ReverseMode, "_sweep", PLANTS[bug])
    with pytest.raises(AssertionError):
        check_unrolled_derivative("itd", "kernel-ridge", "heavy-ball")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("contraction", "horizon"), [(0.01, 132), (0.1, 200)])
@pytest.mark.parametrize("data", FAMILIES["biased"].data)
@every_solver
def test_the_bounds_go_on_where_what_the_steps_leave_has_underflowed(
    inner: str, data: str, contraction: float, horizon: int
) -> None:
    """q^t is 0 in double precision: no ratio of two such numbers may be taken."""
    experiment = run(
        Scenario(
            family="biased",
            data=data,
            size=12,
            samples=12,
            contraction=contraction,
            horizon=horizon,
            inner=inner,
            methods=("itd", "itd-truncated"),
        )
    )
    for curve in experiment.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.isfinite(bound.values).all()
            assert np.all(curve.errors <= bound.values * (1 + 1e-9) + curve.floor)
