"""What each point costs, and that lockstep changes neither costs nor values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import METHODS, Scenario, run
from hypergrad_core.adjoint import Outcome
from hypergrad_core.bounds import path_along, spectral
from hypergrad_core.inner import SOLVERS
from hypergrad_core.methods import Estimate, Points, base
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.helpers import build, joined, plane, points_at, relative_gap
from tests.core.method_cases import CASES

# How far lockstep may be from one point at a time: rounding, which CG on the normal equations
# enlarges by the square of the condition number.
ROUNDING = dict.fromkeys(METHODS, 1e-11) | {"aid-cgnr": 1e-9}
COUNTS = ("map_evaluations", "state_products", "hyper_products", "stored_floats")
FAMILIES = ("quadratic", "logistic", "logistic-log")
# Sets of points asked for in one call; conjugate gradient has not converged at any of them.
SHAPES = {
    "diagonal": points_at(range(13), range(13)),
    "row": plane([9], range(13)),
    "column": plane(range(13), [6]),
    "plane": plane(range(13), range(13)),
    "scattered": points_at([7, 0, 12, 7, 3, 7], [2, 0, 5, 2, 11, 0]),
    "one point": points_at([4], [3]),
}


def problem_of(family: str) -> Problem:
    return build(family=family, size=60, hyper_size=4, samples=50, contraction=0.98).canonical()


def estimate(method: str, problem: Problem, points: Points) -> Estimate:
    states = SOLVERS["fixed-point"].iterate(problem, 12)
    return METHODS[method].estimate(problem, states, points)


def test_every_method_is_in_the_table() -> None:
    assert CASES.keys() == METHODS.keys()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("method", METHODS)
def test_costs_are_those_of_the_table(method: str, shape: str, family: str) -> None:
    problem = problem_of(family)
    points = METHODS[method].clipped_points(SHAPES[shape])
    found = estimate(method, problem, points)
    pairs = zip(points.inner_steps, points.adjoint_steps, strict=True)
    wanted = np.array(
        [
            CASES[method].costs(int(t), int(k), problem.state_size, problem.hyper_size)
            for t, k in pairs
        ]
    )
    for column, name in enumerate(COUNTS):
        assert np.array_equal(getattr(found.costs, name), wanted[:, column]), name
    assert np.array_equal(found.costs.products, wanted[:, :3].sum(axis=1))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
def test_lockstep_gives_what_one_point_at_a_time_gives(method: str, family: str) -> None:
    problem = problem_of(family)
    points = METHODS[method].clipped_points(joined(*SHAPES.values()))
    together = estimate(method, problem, points)
    assert together.points is points
    assert len(together.outcomes) == (0 if "itd" in method else len(points))
    for i in range(0, len(points), 7):
        alone = estimate(method, problem, points[i : i + 1])
        assert relative_gap(alone.hypergradients, together.hypergradients[i]) < ROUNDING[method]
        for name in COUNTS:
            assert getattr(alone.costs, name)[0] == getattr(together.costs, name)[i], name
        assert np.allclose(alone.residuals[0], together.residuals[i], rtol=1e-9, equal_nan=True)
        assert alone.outcomes == together.outcomes[i : i + 1]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
def test_more_points_change_neither_cost_nor_value(method: str, family: str) -> None:
    problem = problem_of(family)
    few = METHODS[method].clipped_points(SHAPES["diagonal"])
    many = METHODS[method].clipped_points(joined(SHAPES["diagonal"], SHAPES["plane"]))
    first, second = estimate(method, problem, few), estimate(method, problem, many)
    assert relative_gap(second.hypergradients[: len(few)], first.hypergradients) < ROUNDING[method]
    for name in COUNTS:
        assert np.array_equal(
            getattr(second.costs, name)[: len(few)], getattr(first.costs, name)
        ), name


@pytest.mark.parametrize("floats", [1, 60, 200])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
def test_chunks_give_the_same(
    monkeypatch: pytest.MonkeyPatch, method: str, family: str, floats: int
) -> None:
    problem = problem_of(family)
    states = SOLVERS["fixed-point"].iterate(problem, 12)
    points = METHODS[method].clipped_points(SHAPES["plane"])
    whole = METHODS[method].estimate(problem, states, points)
    bound = METHODS[method].sharp_bound(path_along(problem, states), whole).values
    assert len(base.chunk_rows(13, 60)) == 1
    for module in (base, spectral):
        monkeypatch.setattr(module, "BLOCK_FLOATS", floats)
    chunks = base.chunk_rows(13, 60)
    assert len(chunks) >= 5
    assert np.array_equal(np.concatenate([np.arange(13)[part] for part in chunks]), np.arange(13))
    parts = METHODS[method].estimate(problem, states, points)
    assert relative_gap(parts.hypergradients, whole.hypergradients) < ROUNDING[method]
    for name in COUNTS:
        assert np.array_equal(getattr(parts.costs, name), getattr(whole.costs, name)), name
    again = METHODS[method].sharp_bound(path_along(problem, states), parts).values
    assert np.allclose(again, bound, rtol=1e-9)


@pytest.mark.parametrize("floats", [1, 2**20])
@pytest.mark.parametrize("method", METHODS)
def test_the_progress_of_a_method_rises_to_one(
    monkeypatch: pytest.MonkeyPatch, method: str, floats: int
) -> None:
    monkeypatch.setattr(base, "BLOCK_FLOATS", floats)
    problem = problem_of("quadratic")
    states = SOLVERS["fixed-point"].iterate(problem, 12)
    told: list[float] = []
    METHODS[method].estimate(
        problem, states, METHODS[method].clipped_points(SHAPES["plane"]), progress=told.append
    )
    assert told == sorted(told)
    assert told[0] >= 0
    assert told[-1] == pytest.approx(1)
    # A method with a fixed number of steps is over at once unless it runs in chunks.
    assert len(told) > 10 or (METHODS[method].fixed_adjoint_steps and floats > 1)


SMALL = {"size": 20, "methods": tuple(METHODS), "horizon": 30}


@pytest.mark.parametrize("vary", ["both", "adjoint", "inner"])
def test_the_progress_of_a_run_rises_to_one(vary: str) -> None:
    told: list[float] = []
    run(Scenario(vary=vary, adjoint_steps=0, **SMALL), told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert len(told) > 10


@pytest.mark.parametrize("after", [0.0, 0.3, 0.9])
def test_raising_in_the_progress_stops_the_run(after: float) -> None:
    told: list[float] = []

    def stop(fraction: float) -> None:
        told.append(fraction)
        if fraction >= after:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(Scenario(**SMALL), stop)
    assert told[-1] >= after
    assert all(fraction < after for fraction in told[:-1])


def test_a_converged_conjugate_gradient_costs_no_more() -> None:
    problem = build(spectrum="clusters", size=30, contraction=0.9).canonical()
    k = np.array([0, 1, 2, 60, 80, 400])
    found = METHODS["aid-cg"].estimate(
        problem, SOLVERS["exact"].iterate(problem, 0), points_at(np.zeros_like(k), k)
    )
    products = found.costs.state_products
    assert products[:3].tolist() == [0, 1, 2]
    assert products[3] < 60
    assert np.all(products[3:] == products[3])
    assert found.outcomes[1] == Outcome.STEPS_TAKEN
    assert {*found.outcomes[3:]} == {Outcome.CONVERGED}
    assert np.all(np.isfinite(found.hypergradients))
    assert np.array_equal(found.hypergradients[3], found.hypergradients[5])


def test_an_exact_start_of_the_adjoint_is_not_divided_by() -> None:
    problem = build(size=10).canonical()
    assert isinstance(problem, Quadratic)
    problem = replace(problem, target=problem.reference.solution)
    found = METHODS["aid-cg"].estimate(
        problem, SOLVERS["exact"].iterate(problem, 0), points_at([0, 0], [0, 3])
    )
    assert not found.hypergradients.any()
    assert found.costs.state_products.tolist() == [0, 0]
    assert {*found.outcomes} == {Outcome.CONVERGED}


def test_an_indefinite_system_is_a_breakdown() -> None:
    problem = build(size=10).canonical()
    assert isinstance(problem, Quadratic)
    problem = replace(problem, eigenvalues=-problem.eigenvalues)
    states = np.zeros((1, 10))
    found = METHODS["aid-cg"].estimate(problem, states, points_at([0, 0], [0, 3]))
    assert found.outcomes[1] == Outcome.BREAKDOWN
    assert np.all(np.isfinite(found.hypergradients))


def test_an_exact_inner_solver_is_not_charged() -> None:
    experiment = run(Scenario(vary="adjoint", inner="exact", methods=("aid-fp", "aid-cg")))
    for curve in experiment.curves:
        assert not curve.estimate.costs.map_evaluations.any()
        assert curve.estimate.costs.state_products[-1] > 0
