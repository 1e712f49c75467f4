"""The registry of inner solvers: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.errors import HypergradError
from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.inner.chebyshev import Chebyshev
from hypergrad_core.inner.exact import Exact
from hypergrad_core.inner.fixed_point import FixedPointIteration
from hypergrad_core.inner.heavy_ball import HeavyBall
from hypergrad_core.inner.nesterov import Nesterov
from hypergrad_core.problem import Problem

SOLVERS: dict[str, InnerSolver] = {
    solver.key: solver
    for solver in (
        FixedPointIteration(),
        HeavyBall(),
        Chebyshev(),
        Nesterov(),
        Exact(),
    )
}
FIXED_POINT: InnerSolver = SOLVERS["fixed-point"]
EXACT: InnerSolver = SOLVERS["exact"]


def solver_for(problem: Problem, key: str) -> InnerSolver:
    """The inner solver of a name.

    Raises:
        HypergradError: if there is none of this name, or it does not apply to the problem.
    """
    if key not in SOLVERS:
        raise HypergradError(
            f"there is no inner solver {key!r}: choose one of {', '.join(SOLVERS)}"
        )
    solver = SOLVERS[key]
    if solver.affine_symmetric_only and not (problem.affine and problem.symmetric):
        raise HypergradError(f"{key} needs Φ affine with ∂₁Φ symmetric: choose fixed-point")
    if solver.affine_symmetric_only and not problem.constants.known:
        raise HypergradError(f"{key} needs q, and no constants were given: choose fixed-point")
    return solver


__all__ = ["EXACT", "FIXED_POINT", "SOLVERS", "InnerSolver", "solver_for"]
