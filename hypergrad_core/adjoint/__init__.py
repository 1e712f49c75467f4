"""Linear solvers of the adjoint system, in lockstep, one file per solver."""

from __future__ import annotations

from hypergrad_core.adjoint.base import AdjointSolver, Outcome
from hypergrad_core.adjoint.conjugate_gradient import ConjugateGradientSolver
from hypergrad_core.adjoint.fixed_point import FixedPointSolver, OneStepSolver
from hypergrad_core.adjoint.gmres import GMRESSolver
from hypergrad_core.adjoint.normal_equations import NormalEquationsSolver

__all__ = [
    "AdjointSolver",
    "ConjugateGradientSolver",
    "FixedPointSolver",
    "GMRESSolver",
    "NormalEquationsSolver",
    "OneStepSolver",
    "Outcome",
]
