"""Single precision: what is rounded, the floor that follows, and bounds that hold above it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import DOUBLE_ROUNDOFF
from hypergrad_core.costs import CountedLinearisation, Counter
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems.precision import SINGLE_ROUNDOFF, SinglePrecision
from tests.core.bound_cases import Instance, check_bounds, solvers_of
from tests.core.helpers import build, relative_gap

SMALL: dict[str, Any] = {"size": 12, "samples": 6, "hyper_size": 5}


def made(family: str, **fields: Any) -> SinglePrecision:
    problem = build(family=family, precision="single", **(SMALL | fields))
    assert isinstance(problem, SinglePrecision)
    return problem


def is_single(block: FloatArray) -> bool:
    """Whether every number is one of single precision."""
    assert block.dtype == np.float64
    return bool(np.array_equal(block, block.astype(np.float32)))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_oracle_rounds_what_it_returns(family: str) -> None:
    problem = made(family)
    exact = problem.original
    np.testing.assert_equal(problem.images, exact.images)
    random = np.random.default_rng(0)
    states = problem.reference.solution + 0.1 * random.standard_normal((3, problem.state_size))
    vectors = random.standard_normal((3, problem.state_size))
    changes = random.standard_normal((3, problem.hyper_size))
    lin, wanted = problem.linearise(states), exact.linearise(states)
    pairs = [
        (problem.fixed_point_map(states), exact.fixed_point_map(states)),
        (problem.outer(states)[None], exact.outer(states)[None]),
        (problem.outer_gradient_state(states), exact.outer_gradient_state(states)),
        (problem.outer_gradient_hyper(states), exact.outer_gradient_hyper(states)),
        (lin.vjp_state(vectors), wanted.vjp_state(vectors)),
        (lin.jvp_state(vectors), wanted.jvp_state(vectors)),
        (lin.vjp_hyper(vectors), wanted.vjp_hyper(vectors)),
        (lin.jvp_hyper(changes), wanted.jvp_hyper(changes)),
        (lin[1:].vjp_state(vectors[1:]), wanted.vjp_state(vectors)[1:]),
        (lin[np.array([2])].vjp_hyper(vectors[2:]), wanted.vjp_hyper(vectors)[2:]),
    ]
    for found, true in pairs:
        assert is_single(found)
        assert relative_gap(found, true) <= SINGLE_ROUNDOFF
    assert not is_single(wanted.vjp_state(vectors))
    assert problem.self_adjoint == exact.self_adjoint
    assert (problem.symmetric, problem.affine) == (exact.symmetric, exact.affine)


def test_products_are_counted_once() -> None:
    counter = Counter(3)
    plain = made("equilibrium").linearise(np.zeros((3, 12)))
    lin = CountedLinearisation(plain, counter, np.arange(3))
    lin[1:].vjp_state(np.ones((2, 12)))
    lin.jvp_hyper(np.zeros((3, made("equilibrium").hyper_size)))
    assert counter.state_products.tolist() == [0, 1, 1]
    assert counter.hyper_products.tolist() == [1, 1, 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_constants_and_reference_are_those_of_the_exact_problem(family: str) -> None:
    problem, exact = made(family, start=2.0), build(family=family, start=2.0, **SMALL)
    assert replace(problem.constants, unit_roundoff=DOUBLE_ROUNDOFF) == exact.constants
    assert problem.constants.unit_roundoff == 2.0**-23
    assert problem.constants.rounding_floor == pytest.approx(
        2.0**29 * exact.constants.rounding_floor, rel=1e-12
    )
    assert problem.constants.at_solution().unit_roundoff == 2.0**-23
    assert np.array_equal(problem.reference.hypergradient, exact.reference.hypergradient)
    assert np.array_equal(problem.initial_state, exact.initial_state)
    relatives = (
        problem.at(problem.hyper * 1.1),
        problem.canonical(),
        problem.starting_at(exact.reference.solution),
    )
    for other in relatives:
        assert is_single(other.fixed_point_map(np.ones((1, problem.state_size)) / 3))
    assert np.array_equal(relatives[0].hyper, problem.hyper * 1.1)
    assert relatives[2].constants.distance < 1e-14


def test_the_floor_in_double_precision_is_what_the_readme_says() -> None:
    c = build(family="kernel-ridge", **SMALL).constants
    size = c.outer_gradient_norm * c.solution_jacobian_norm + c.direct_gradient_norm
    size += (c.mu1 * c.solution_jacobian_norm + c.mu2 + c.nu2 * c.adjoint_norm) * c.distance
    wanted = 5 * 2.0**-52 * size / (1 - c.contraction) + 2e-15 * c.hypergradient_norm
    assert c.rounding_floor == pytest.approx(wanted, rel=1e-12)


def test_the_curves_end_at_the_floor_of_their_precision() -> None:
    double = Scenario(contraction=0.9, methods=("itd", "aid-fp", "aid-cg"), horizon=400)
    exact, single = run(double), run(replace(double, precision="single"))
    # Late enough for q^t to be far below the rounding of single precision.
    late = np.flatnonzero(single.curves[0].steps >= 200)
    for curve, true in zip(single.curves, exact.curves, strict=True):
        assert curve.floor == pytest.approx(2.0**29 * true.floor, rel=1e-9)
        assert np.all(curve.errors[late] <= curve.floor), curve.method
        assert curve.errors[late].min() > 1e4 * true.floor, curve.method
        assert true.errors[-1] <= true.floor
        # Early on, rounding is not seen; the bound of the paper knows nothing of it at all.
        early = curve.steps <= 20
        assert np.allclose(curve.errors[early], true.errors[early], rtol=0.05)
        assert np.array_equal(curve.paper.values, true.paper.values)
        assert np.all(curve.errors <= curve.sharp.values * (1 + 1e-6) + curve.floor)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("family", FAMILIES)
def test_bounds_hold_above_the_floor(family: str, number: int) -> None:
    random = np.random.default_rng([number, 5])
    problem = made(
        family,
        contraction=float(random.choice([0.3, 0.8, 0.9, 0.99])),
        start=float(random.choice([0.0, 1.0, 10.0])),
        size=int(random.integers(2, 25)),
        seed=number,
    )
    inner = solvers_of(family)[number % len(solvers_of(family))]
    check_bounds(
        Instance(problem, inner, 60, int(random.integers(0, 40)), int(random.integers(0, 30)))
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_method_runs_and_feels_the_rounding(family: str) -> None:
    scenario = Scenario(
        family=family, methods=tuple(METHODS), horizon=200, precision="single", **SMALL
    )
    rounded, exact = run(scenario), run(replace(scenario, precision="double"))
    assert [curve.method for curve in rounded.curves] == [curve.method for curve in exact.curves]
    for curve, true in zip(rounded.curves, exact.curves, strict=True):
        gap = relative_gap(curve.estimate.hypergradients, true.estimate.hypergradients)
        assert gap > 1e-9, curve.method
        assert np.array_equal(
            curve.estimate.costs.map_evaluations, true.estimate.costs.map_evaluations
        )
    late = rounded.curves[0].errors[-20:]
    assert np.all(late <= rounded.curves[0].floor + rounded.curves[0].sharp.values[-20:])


def test_the_iterates_are_those_of_the_rounded_map() -> None:
    problem = made("quadratic").canonical()
    states = SOLVERS["fixed-point"].iterate(problem, 300)
    assert is_single(states[1:])
    # They come to rest, up to the last digit, but not at w(λ).
    assert relative_gap(problem.fixed_point_map(states[-1:]), states[-1]) < SINGLE_ROUNDOFF
    gap = relative_gap(states[-1], problem.reference.solution)
    assert 1e-9 < gap < SINGLE_ROUNDOFF / (1 - 0.9)
