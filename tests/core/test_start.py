"""A far start: where it lies, what it leaves alone, and that the bounds still hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.problem import Problem
from hypergrad_core.problems.quadratic import Quadratic
from tests.core.bound_cases import SLACK, Instance, check_bounds, solvers_of
from tests.core.helpers import build, relative_gap

SMALL: dict[str, Any] = {"size": 12, "samples": 6, "hyper_size": 5}


def started(family: str, start: float, **fields: Any) -> Problem:
    return build(family=family, start=start, **(SMALL | fields))


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_start_nothing_changes(family: str) -> None:
    problem = started(family, 0.0)
    assert np.array_equal(problem.initial_state, np.zeros(problem.state_size))


@pytest.mark.parametrize("start", [0.3, 10.0, 100.0])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_start_lies_where_it_was_asked_for(family: str, start: float) -> None:
    problem = started(family, start)
    solution = started(family, 0.0).reference.solution
    size = float(np.linalg.norm(problem.initial_state))
    assert size == pytest.approx(start * float(np.linalg.norm(solution)), rel=1e-9)
    assert problem.constants.distance == pytest.approx(
        float(np.linalg.norm(problem.initial_state - solution)), rel=1e-9
    )
    # The direction depends on the seed alone.
    assert relative_gap(started(family, 1.0).initial_state * start, problem.initial_state) < 1e-9
    other = started(family, start, seed=1).initial_state
    assert abs(float(other @ problem.initial_state)) < 0.99 * size * float(np.linalg.norm(other))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_start_is_no_function_of_the_hyperparameters(family: str) -> None:
    problem = started(family, 10.0)
    moved = problem.at(problem.hyper * 1.001)
    assert np.array_equal(moved.initial_state, problem.initial_state)
    assert not np.array_equal(moved.reference.solution, problem.reference.solution)
    canonical = problem.canonical()
    turned = problem.basis.to_eigen if isinstance(problem, Quadratic) else np.asarray
    assert np.array_equal(canonical.initial_state, turned(problem.initial_state[None])[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_hypergradient_is_that_of_the_objective(family: str) -> None:
    problem, near = started(family, 10.0), started(family, 0.0)
    gradient = problem.reference.hypergradient
    assert relative_gap(gradient, near.reference.hypergradient) < 1e-9
    change = np.random.default_rng(4).standard_normal(problem.hyper_size) * np.abs(problem.hyper)
    ahead, back = (problem.at(problem.hyper + s * 1e-4 * change) for s in (1, -1))
    slope = (ahead.objective() - back.objective()) / 2e-4
    size = float(np.linalg.norm(gradient) * np.linalg.norm(change))
    rounding = 1e-15 * abs(problem.objective()) / 1e-4
    assert abs(slope - gradient @ change) <= 1e-5 * size + rounding


def test_a_new_start_forgets_what_was_measured_from_the_old_one() -> None:
    problem = started("logistic", 0.0)
    before = problem.constants
    state = np.full(problem.state_size, 3.0)
    moved = problem.starting_at(state)
    assert moved.constants.distance == np.linalg.norm(state - moved.reference.solution)
    assert moved.reference is not problem.reference
    assert relative_gap(moved.reference.solution, problem.reference.solution) < 1e-12
    # The old problem is left as it was.
    assert problem.constants is before
    assert not problem.initial_state.any()


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("family", FAMILIES)
def test_no_bound_lies_below_its_error(family: str, number: int) -> None:
    random = np.random.default_rng([number, 3])
    problem = started(
        family,
        float(random.choice([0.1, 1.0, 3.0, 10.0, 100.0])),
        contraction=float(random.choice([0.3, 0.5, 0.8, 0.9, 0.95, 0.99])),
        size=int(random.integers(2, 25)),
        samples=int(random.integers(2, 13)),
        hyper_size=int(random.integers(1, 13)),
        seed=number,
    )
    inner = solvers_of(family)[number % len(solvers_of(family))]
    check_bounds(
        Instance(problem, inner, 60, int(random.integers(0, 40)), int(random.integers(0, 30)))
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_from_afar_lies_below_its_bounds(family: str) -> None:
    scenario = Scenario(family=family, start=30.0, methods=tuple(METHODS), horizon=60, **SMALL)
    near = run(replace(scenario, start=0.0))
    far = run(scenario)
    assert far.constants.distance > 20 * near.constants.distance
    for curve in far.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + SLACK) + curve.floor), curve.method
