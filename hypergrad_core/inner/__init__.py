"""The registry of inner solvers: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.inner.base import InnerSolver
from hypergrad_core.inner.exact import Exact
from hypergrad_core.inner.fixed_point import FixedPointIteration
from hypergrad_core.inner.heavy_ball import HeavyBall

SOLVERS: dict[str, InnerSolver] = {
    solver.key: solver for solver in (FixedPointIteration(), HeavyBall(), Exact())
}
FIXED_POINT: InnerSolver = SOLVERS["fixed-point"]
EXACT: InnerSolver = SOLVERS["exact"]


__all__ = ["EXACT", "FIXED_POINT", "SOLVERS", "InnerSolver"]
