"""The registry of inner solvers: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.arrays import FloatArray, Progress
from hypergrad_core.errors import HypergradError
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.inner.exact import Exact
from hypergrad_core.inner.fixed_point import FixedPointIteration
from hypergrad_core.inner.heavy_ball import HeavyBall
from hypergrad_core.problem import Problem

SOLVERS: dict[str, InnerSolver] = {
    solver.key: solver for solver in (FixedPointIteration(), HeavyBall(), Exact())
}
FIXED_POINT: InnerSolver = SOLVERS["fixed-point"]


def trajectory(
    problem: Problem, solver: str, steps: int, progress: Progress | None = None
) -> FloatArray:
    """The iterates w_0, …, w_T, shape (T + 1, d).

    Args:
        problem: bound to its λ.
        solver: a key of ``SOLVERS``.
        steps: T.
        progress: told the fraction done, in [0, 1]; may raise to stop the run.

    Raises:
        HypergradError: if the solver is not known.
    """
    if solver not in SOLVERS:
        raise HypergradError(
            f"inner solver {solver!r} is not known: choose from {', '.join(SOLVERS)}"
        )
    return SOLVERS[solver].iterate(problem, steps, progress)


__all__ = ["FIXED_POINT", "SOLVERS", "InnerSolver", "trajectory"]
