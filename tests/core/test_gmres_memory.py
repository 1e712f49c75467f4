"""GMRES keeps all its vectors: how many rows do so at once, and in what order they are read."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from hypergrad_core import METHODS
from hypergrad_core.adjoint import GMRESSolver
from hypergrad_core.arrays import BLOCK_FLOATS, KEPT_FLOATS, IntArray
from hypergrad_core.methods import Points
from tests.core.helpers import build, points_at


def together(steps: IntArray) -> Points:
    """t = k."""
    return points_at(steps, steps)


def deep(steps: IntArray) -> Points:
    """One row alone."""
    return points_at(np.full_like(steps, 3), steps)


@pytest.mark.parametrize(
    ("size", "steps", "points"),
    [
        (200, 100, together),
        (20_000, 40, together),
        (200_000, 24, deep),
        (1000, 200, deep),
    ],
)
def test_gmres_keeps_a_block_of_bounded_size_or_the_vectors_of_one_row(
    size: int, steps: int, points: Callable[[IntArray], Points]
) -> None:
    """Not all that all rows together would need: rows × (k + 1) × d numbers."""
    problem = build(size=size, hyper_size=2, contraction=0.9999, spectrum="log-uniform").canonical()
    states = np.random.default_rng(0).standard_normal((steps + 1, size))
    _ = problem.constants
    tracemalloc.start()
    estimate = METHODS["aid-gmres"].estimate(problem, states, points(np.arange(0, steps + 1, 4)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # None has ended early: each row has had to keep all of its vectors.
    assert estimate.costs.state_products.max() >= min(steps, size) - 4
    one_row = int(estimate.costs.stored_floats.max())
    few_vectors = 12 * max(size, BLOCK_FLOATS)
    assert peak <= 8 * (max(one_row, KEPT_FLOATS) * 1.1 + few_vectors)


def test_gmres_gives_the_rows_in_the_order_that_is_asked_for() -> None:
    problem = build(size=12, hyper_size=2, contraction=0.9)
    states = np.random.default_rng(0).standard_normal((4, 12))
    solver = GMRESSolver(problem.linearise(states), problem.outer_gradient_state(states))
    for _ in range(5):
        solver.advance(0)
    alone = [solver.adjoints(np.array([row]))[0] for row in range(4)]
    for rows in ([0, 2, 1, 3], [3, 3, 1], [1, 2], [0, 0, 2]):
        found = solver.adjoints(np.array(rows))
        np.testing.assert_allclose(found, [alone[row] for row in rows], rtol=1e-13)
