"""The solution itself in place of an iterate."""

from __future__ import annotations

import numpy as np

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.costs import Cost, ProblemWork
from hypergrad_core.inner.fixed_point import FixedPointIteration
from hypergrad_core.problem import Problem
from hypergrad_core.scheme import Scheme


class Exact(FixedPointIteration):
    """w_t = w(λ) to rounding: what is left is the error of the adjoint alone."""

    key = "exact"
    iterative = False
    exponent = 0.0
    label = "Exact solution w(λ)"
    name = "exact solution w(λ)"
    summary = "start at w(λ), so that only the error of the adjoint remains"

    def work(self, work: ProblemWork, steps: int) -> Cost:
        """Nothing: the solution is known."""
        return Cost()

    def iterate(
        self,
        problem: Problem,
        steps: int,
        progress: Progress | None = None,
        *,
        scheme: Scheme | None = None,
        tolerance: float = 0.0,
    ) -> FloatArray:
        """T + 1 times w(λ)."""
        return np.broadcast_to(problem.reference.solution, (steps + 1, problem.state_size))
