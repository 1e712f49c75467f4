"""Linear solvers of the adjoint system, in lockstep: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.adjoint.base import AdjointSolver, Outcome
from hypergrad_core.adjoint.chebyshev import ChebyshevSolver
from hypergrad_core.adjoint.conjugate_gradient import ConjugateGradientSolver
from hypergrad_core.adjoint.fixed_point import FixedPointSolver, OneStepSolver
from hypergrad_core.adjoint.gmres import GMRESSolver
from hypergrad_core.adjoint.minimal_residual import MinimalResidualSolver
from hypergrad_core.adjoint.normal_equations import NormalEquationsSolver

# Each of them makes a method: AID with this solver.
ADJOINT_SOLVERS: tuple[type[AdjointSolver], ...] = (
    ConjugateGradientSolver,
    NormalEquationsSolver,
    GMRESSolver,
    ChebyshevSolver,
    MinimalResidualSolver,
)

__all__ = [
    "ADJOINT_SOLVERS",
    "AdjointSolver",
    "ConjugateGradientSolver",
    "FixedPointSolver",
    "GMRESSolver",
    "NormalEquationsSolver",
    "OneStepSolver",
    "Outcome",
]
