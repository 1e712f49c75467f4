"""What costs declare and count, held against what a point alone really calls and keeps."""

from __future__ import annotations

import tracemalloc
from collections import Counter as Tally
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS, FunctionProblem, Problem, run_problem
from hypergrad_core.methods import Points
from tests.core.helpers import build, points_at
from tests.core.own_problems import one_by_one, ridge

# A run keeps what its method declares, and temporary vectors: so many times as much at the most.
LARGEST_FACTOR = 3.2
# Numbers that do not grow with d: rows of counts, small matrices, Python's own.
SMALL_CHANGE = 0.02
PRODUCTS = ("vjp_state", "jvp_state", "vjp_hyper", "jvp_hyper")


def counting(problem: Problem) -> tuple[FunctionProblem, Tally[str]]:
    """The problem as functions of one state, each of which tells that it was called."""
    plain, calls = one_by_one(problem), Tally[str]()

    def telling(name: str) -> Any:
        function = getattr(plain, name)

        def call(*values: Any) -> Any:
            calls[name] += 1
            return function(*values)

        return call

    functions = {name: telling(name) for name in ("phi", *PRODUCTS)}
    truth = problem.reference
    told = one_by_one(
        problem,
        **functions,
        solution=lambda hyper: truth.solution,
        known=lambda hyper: problem.at(hyper).lipschitz(),
    )
    return told, calls


@pytest.mark.parametrize("pair", [(0, 0), (1, 1), (7, 3), (3, 7)], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_as_many_products_are_counted_as_are_computed(method: str, pair: tuple[int, int]) -> None:
    t, k = pair
    made = build(family="logistic", size=9, samples=7, contraction=0.9)
    problem, calls = counting(made)
    points = METHODS[method].clipped_points(points_at([t], [k]))
    _ = problem.constants
    calls.clear()
    states = np.zeros((1, problem.state_size))
    for _ in range(t):
        states = np.vstack([states, problem.fixed_point_map(states[-1:])])
    costs = METHODS[method].estimate(problem, states, points).costs
    assert calls["phi"] == costs.map_evaluations[0] == t
    assert calls["vjp_state"] + calls["jvp_state"] == costs.state_products[0]
    assert calls["vjp_hyper"] + calls["jvp_hyper"] == costs.hyper_products[0]
    assert costs.products[0] == sum(calls.values())


@pytest.mark.parametrize("k", [0, 1, 4, 10, 40])
@pytest.mark.parametrize("method", METHODS)
def test_no_more_numbers_are_kept_than_declared_and_temporaries(method: str, k: int) -> None:
    """One point alone, d large: what is allocated at the peak, and the iterates it is given."""
    size = 20_000
    problem = build(size=size, hyper_size=3, contraction=0.99).canonical()
    points = METHODS[method].clipped_points(points_at([k], [k]))
    given = k + 1
    if METHODS[method].unrolls:
        states = np.random.default_rng(0).standard_normal((given, size))
        # Forward mode needs no iterate but the last.
        given = 1 if method == "itd-forward" else given
    else:
        # The system at w_t is that at w_0 from another start: no other iterate is needed.
        points, given = Points(np.array([0]), points.adjoint_steps), 1
        states = np.random.default_rng(0).standard_normal((1, size))
    METHODS[method].estimate(problem, states, points)
    peaks = []
    # The least of a few: other threads of the process allocate as well.
    for _ in range(3):
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        costs = METHODS[method].estimate(problem, states, points).costs
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
        tracemalloc.stop()
    kept = min(peaks) / states.itemsize + given * size
    declared = float(costs.stored_floats[0])
    assert declared <= kept * (1 + SMALL_CHANGE)
    assert kept <= LARGEST_FACTOR * declared


def test_memory_grows_with_the_steps_where_it_is_said_to() -> None:
    grows = set()
    for method in METHODS:
        (curve,) = run_problem(ridge(), [method], points_at([9, 9], [2, 9])).curves
        if np.ptp(curve.estimate.costs.stored_floats):
            grows.add(method)
    assert grows == {"itd-truncated", "aid-gmres"}
