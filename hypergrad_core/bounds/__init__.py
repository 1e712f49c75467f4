"""What the bounds are made of: terms, and what the sharp tiers measure."""

from __future__ import annotations

from hypergrad_core.arrays import FloatArray
from hypergrad_core.bounds.base import Bound, Path, Status, Term
from hypergrad_core.bounds.measured import MeasuredPath
from hypergrad_core.bounds.observed import ObservedPath
from hypergrad_core.bounds.spectral import SpectralPath
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


def path_along(problem: Problem, states: FloatArray, scheme: Scheme | None = None) -> Path:
    """What the sharp bounds measure along the inner iterates of a scheme.

    Args:
        problem: any; a bound says nothing of rounding, and is that of the exact problem.
        states: w_0, …, w_T, shape (T + 1, d).
        scheme: that made them; plain fixed-point iteration by default.
    """
    exact = problem.without_rounding
    if exact.diagonalised is not None:
        return SpectralPath(exact.diagonalised, states, scheme)
    kind = MeasuredPath if exact.constants.known else ObservedPath
    return kind(exact, states, scheme)


__all__ = [
    "Bound",
    "Path",
    "Status",
    "Term",
    "path_along",
]
