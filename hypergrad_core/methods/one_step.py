"""One-step (Jacobian-free) differentiation."""

from __future__ import annotations

import numpy as np

from hypergrad_core.adjoint import OneStepSolver
from hypergrad_core.methods.aid_fixed_point import FixedPointAID
from hypergrad_core.methods.base import Points


class OneStep(FixedPointAID):
    """AID-FP with k = 1 (R10)."""

    plateau = "Its k is fixed, and its error ends on a plateau that no number of steps passes."
    fixed_adjoint_steps = (
        "It takes k = 1 by definition, so k cannot vary. "
        "Use AID-FP: its point k = 1 is this method."
    )

    def __init__(self) -> None:
        super().__init__(OneStepSolver)
        self.key, self.label = OneStepSolver.key, OneStepSolver.label

    def clipped_points(self, points: Points, truncation: int | None = None) -> Points:
        """k = 1 everywhere."""
        return Points(points.inner_steps, np.ones_like(points.inner_steps))
