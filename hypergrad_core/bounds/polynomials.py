"""What the steps of a scheme leave, and how a disturbance lives on, at each eigenvalue of ∂₁Φ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.interruption import ask
from hypergrad_core.scheme import Scheme


def residual_polynomials(
    values: FloatArray, starts: IntArray, steps: IntArray, scheme: Scheme
) -> FloatArray:
    """p at each eigenvalue of ∂₁Φ, what k steps of a scheme leave: (d,), (P,), (P,) → (P, d).

    Args:
        values: eigenvalues, shape (d,).
        starts: s, the number of the first of the steps, shape (P,). From s = 0 on they begin at
            w_0; else w_s and w_{s−1} count as constant.
        steps: k, shape (P,).
        scheme: of the inner solver; the plain one gives a^k.
    """
    first, rows = np.unique(scheme.same(starts), return_inverse=True)
    depth = int(steps.max(initial=0))
    order = np.argsort(steps, kind="stable")
    rows = rows[order]
    ends = np.searchsorted(steps[order], np.arange(depth + 2)).tolist()
    by_steps = np.empty((len(steps), len(values)))
    for j, left in enumerate(_followed(values, first, depth, scheme, before=1.0)):
        due = slice(ends[j], ends[j + 1])
        by_steps[due] = left if len(first) == 1 else left[rows[due]]
    out = np.empty_like(by_steps)
    out[order] = by_steps
    return out


def response_polynomials(
    values: FloatArray, steps: IntArray, depth: int, scheme: Scheme
) -> Iterator[FloatArray]:
    """h_j at each eigenvalue, j = 0 … depth: how a disturbance of a step lives on (R13).

    Args:
        values: eigenvalues, shape (d,).
        steps: s, the numbers of the steps whose w_{s+1} is disturbed, shape (S,).
        depth: how many steps are followed.
        scheme: of the inner solver.

    Yields:
        one block (S, d) for each j.
    """
    return _followed(values, steps + 1, depth, scheme, before=0.0)


def _followed(
    values: FloatArray, starts: IntArray, depth: int, scheme: Scheme, *, before: float
) -> Iterator[FloatArray]:
    """What 0, 1, …, depth steps from ``starts`` on make of 1, and of ``before`` a step earlier."""
    table = scheme.table(int(starts.max(initial=0)) + depth)
    earlier = np.full((len(starts), len(values)), before)
    now = np.ones_like(earlier)
    yield now
    for j in range(depth):
        ask()
        if scheme.settled is None or j <= scheme.settled:
            a, momentum, ahead = table[starts + j].T[:, :, None]
            factor = a * (1 + ahead) * values + (1 - a + momentum)
            memory = momentum + a * ahead * values
            remembers = bool(memory.any())
        earlier, now = now, factor * now - memory * earlier if remembers else factor * now
        yield now
