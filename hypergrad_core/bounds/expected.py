"""What the sharp bounds take: measured where A* and J* are formed, or from known eigenvectors."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import BLOCK_FLOATS, IntArray
from hypergrad_core.bounds.measured import DRIFT_WORK
from hypergrad_core.costs import SLOW_FUNCTION, Cost, ProblemWork, norm_cost, upper_norm_cost
from hypergrad_core.scheme import Scheme

# Steps by a factor e until a distance is so near rounding that nothing more is measured.
NEAR_ROUNDING = 32.0


def _steps_to_rounding(work: ProblemWork, steps: int) -> float:
    """After how many of the steps a distance is rounding, about."""
    factor = max(work.contraction, 1e-9)
    return min(steps, NEAR_ROUNDING / -np.log(factor)) if factor < 1 else float(steps)


def path_cost(work: ProblemWork, steps: int, scheme: Scheme, *, still: bool) -> Cost:
    """That of ``path_along`` for w_0 … w_T, which are all w(λ) if they stand ``still``."""
    if work.diagonal:
        return Cost(calls=20)
    d, m = work.state_size, work.hyper_size
    side = d // work.blocks
    cost = work.on_rows(work.state_product, d) + work.on_rows(work.tangent_alone, m)
    cost += Cost(matrix=d**3 / 3 + d * d * m + (steps + 1) * d * m, vector=8 * d * d, calls=80)
    cost += work.on_rows(work.outer, 3 * (steps + 1), 3)
    cost += norm_cost(side, side) * (1 if work.symmetric else work.blocks)
    if not still and work.drift.calls and d * m * max(d, m) * steps <= DRIFT_WORK:
        times = 2 if scheme.table(3)[:, 2].any() else 1
        states = times * (_steps_to_rounding(work, steps + 1) if work.exact else steps + 1)
        at_once = min(states, max(1, 2**16 // (d * m)))
        drift = work.drift
        cost += Cost(0, drift.vector, drift.matrix, drift.calls / at_once) * states
    return cost + Cost(bytes=8.0 * (4 * d * d + 3 * d * m + 4 * (steps + 1) * d))


def unrolled_cost(
    work: ProblemWork, inner_steps: IntArray, adjoint_steps: IntArray, scheme: Scheme
) -> Cost:
    """That of ``Path.unrolled_bound``; frozen Jacobians have the plain scheme.

    Args:
        work: of the problem.
        inner_steps, adjoint_steps: t and k of each point, shape (P,).
        scheme: that is gone back through.
    """
    d, m, depth = work.state_size, work.hyper_size, int(adjoint_steps.max(initial=0))
    count = len(inner_steps)
    starts = len(np.unique(scheme.same(inner_steps - adjoint_steps)))
    if work.diagonal:
        chunks = np.ceil(count * d / BLOCK_FLOATS)
        cost = Cost(
            vector=chunks * depth * min(starts, count) * d * (2 if scheme.plain else 4) / 1.0
            + 8.0 * count * d,
            matrix=float(count) * d * m,
            calls=chunks * (6 * depth + 30),
        )
        return cost + Cost(bytes=8.0 * 6 * min(count * d, max(BLOCK_FLOATS, d)))
    rows = len(np.unique(inner_steps - adjoint_steps))
    cost = _powers_cost(work, depth)
    if not scheme.plain:
        sources = min(rows + depth, 2) if scheme.settled is not None else rows + depth
        cost += Cost(
            vector=10.0 * depth * d * (starts + sources),
            matrix=float(depth) * starts * d * m,
            calls=30.0 * depth,
        )
    return cost + Cost(vector=2.0 * rows * depth**2, calls=14.0 * depth, bytes=40.0 * rows * depth)


def frozen_cost(work: ProblemWork, inner_steps: IntArray, adjoint_steps: IntArray) -> Cost:
    """The same where all Jacobians are those at w_t."""
    if work.diagonal:
        return unrolled_cost(work, adjoint_steps, adjoint_steps, Scheme())
    depth, rows = int(adjoint_steps.max(initial=0)), len(np.unique(inner_steps))
    recursion = Cost(vector=2.0 * rows * depth**2, calls=14.0 * depth, bytes=40.0 * rows * depth)
    return _powers_cost(work, depth) + recursion


def _powers_cost(work: ProblemWork, depth: int) -> Cost:
    """The norms of the powers of A*; of a symmetric one from its eigenvalues."""
    d, m = work.state_size, work.hyper_size
    if work.symmetric:
        values = Cost(
            vector=(SLOW_FUNCTION + 10) * depth * d, matrix=float(depth) * d * m, calls=40
        )
        return values + Cost(matrix=6.0 * d**3 / 3, bytes=24.0 * depth * d)
    side = d // work.blocks
    doublings = np.log2(depth + 1) + 1
    cost = Cost(matrix=3.0 * doublings * d * side**2, vector=float(depth) ** 2, calls=6.0 * depth)
    cost += work.on_rows(work.state_product, depth, depth)
    if depth * d * m * max(d, m) <= DRIFT_WORK:
        steps = _steps_to_rounding(work, depth)
        cost += work.on_rows(work.state_product, m * steps, steps) + upper_norm_cost(m, d) * steps
    return cost


def implicit_cost(work: ProblemWork, points: int, *, energy: bool) -> Cost:
    """That of ``Path.implicit_bound`` at so many points."""
    d, m = work.state_size, work.hyper_size
    if not work.diagonal:
        return Cost(vector=30.0 * points, calls=40)
    cost = Cost(vector=9.0 * points * d, matrix=float(points) * d * m, calls=30)
    if energy:
        cost += norm_cost(d, m) + Cost(vector=2.0 * d * m)
    return cost + Cost(bytes=8.0 * 6 * min(points * d, max(BLOCK_FLOATS, d)))
