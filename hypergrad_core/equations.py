"""Equations solved to rounding: w = Φ(w), and (I − ∂₁Φᵀ) v = r with ∂₁Φ known by products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hypergrad_core.adjoint import GMRESSolver, Outcome
from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.errors import HypergradError
from hypergrad_core.interruption import ask
from hypergrad_core.linearisation import Linearisation

NEWTON_STEPS = 200
# Steps of the map that take the place of a Newton step that went too far.
FALLBACK_STEPS = 10
# What ‖Φ(w) − w‖/‖w‖ is where it may be rounding, and where w is no solution at all.
ROUNDED_GAP = 1e-12
LARGEST_GAP = 1e-9
# GMRES starts again after so many steps, from what is left, until that falls no more.
RESTART_STEPS = 200
RESTARTS = 50


def fixed_point(
    image: Callable[[FloatArray], FloatArray],
    newton: Callable[[FloatArray, FloatArray], FloatArray],
    start: FloatArray,
    *,
    strict: bool = True,
) -> FloatArray:
    """The solution of w = Φ(w) by Newton's method, with steps of the map where it fails.

    Args:
        image: Φ, (d,) → (d,).
        newton: of w and w − Φ(w), each of shape (d,), what Newton's method takes from w; may raise
            ``LinAlgError``.
        start: w_0, shape (d,).
        strict: whether a w that is no solution is an error; else it is how far they come.

    Raises:
        HypergradError: if ``strict``, and ‖Φ(w) − w‖ does not fall to rounding.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        state, gap = start, start - image(start)
        for _ in range(NEWTON_STEPS):
            ask()
            size = float(np.linalg.norm(gap))
            try:
                trial = state - newton(state, gap)
                trial_gap = trial - image(trial)
            except np.linalg.LinAlgError:
                trial, trial_gap = state, gap
            if np.linalg.norm(trial_gap) < 0.5 * size:
                state, gap = trial, trial_gap
            elif size <= ROUNDED_GAP * np.linalg.norm(state):
                # The gap is rounding, and falls no more.
                break
            else:
                for _ in range(FALLBACK_STEPS):
                    ask()
                    state = image(state)
                gap = state - image(state)
            if not np.isfinite(gap).all():
                break
        left, size = float(np.linalg.norm(gap)), float(np.linalg.norm(state))
    if strict and not (left <= LARGEST_GAP * size < np.inf):
        raise HypergradError(
            f"w(λ) was not reached from w_0: ‖Φ(w) − w‖ = {left:.1e} is still left. Is Φ a "
            "contraction?"
        )
    return state


def solve_adjoint(lin: Linearisation, right: FloatArray) -> FloatArray:
    """The v of (I − ∂₁Φᵀ) v = r by GMRES, started again until the residual falls no more.

    Args:
        lin: at one state.
        right: r, shape (d,).
    """
    row = np.array([0])
    best, least = np.zeros_like(right), float(np.linalg.norm(right))
    residual = right
    for _ in range(RESTARTS):
        solver = GMRESSolver(lin, residual[None])
        for _ in range(min(right.size, RESTART_STEPS)):
            if solver.outcomes[0] is not Outcome.STEPS_TAKEN:
                break
            ask()
            solver.advance(0)
        trial = best + solver.adjoints(row)[0]
        residual = right - trial + lin.vjp_state(trial[None])[0]
        left = float(np.linalg.norm(residual))
        if not left < 0.5 * least:
            break
        best, least = trial, left
    return best


class Transposed(Linearisation):
    """The same with ∂₁Φ and its transpose exchanged.

    Args:
        plain: what it is the same as.
    """

    def __init__(self, plain: Linearisation) -> None:
        self._plain = plain

    def __getitem__(self, rows: Rows) -> Transposed:
        """The linearisation at these rows of the block only."""
        return Transposed(self._plain[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        """∂₁Φ v for each row v."""
        return self._plain.jvp_state(adjoints)

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        """∂₁Φᵀ u for each row u."""
        return self._plain.vjp_state(tangents)

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        """∂₂Φᵀ v for each row v."""
        return self._plain.vjp_hyper(adjoints)

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        """∂₂Φ u for each row u."""
        return self._plain.jvp_hyper(tangents)
