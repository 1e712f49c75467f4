"""The registry of methods: a new one is a file and a line here; an adjoint solver makes its own."""

from __future__ import annotations

from hypergrad_core.adjoint import ADJOINT_SOLVERS, FixedPointSolver
from hypergrad_core.errors import HypergradError
from hypergrad_core.methods.aid import SolverAID
from hypergrad_core.methods.aid_fixed_point import FixedPointAID
from hypergrad_core.methods.base import Estimate, Method, Points
from hypergrad_core.methods.forward import ForwardITD
from hypergrad_core.methods.itd import ITD
from hypergrad_core.methods.one_step import OneStep
from hypergrad_core.methods.truncated import TruncatedITD

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        ITD(),
        ForwardITD(),
        TruncatedITD(),
        OneStep(),
        FixedPointAID(FixedPointSolver),
        *(SolverAID(solver) for solver in ADJOINT_SOLVERS),
    )
}


def method_named(key: str) -> Method:
    """The method of a name.

    Raises:
        HypergradError: if there is none.
    """
    if key not in METHODS:
        raise HypergradError(f"there is no method {key!r}: choose one of {', '.join(METHODS)}")
    return METHODS[key]


__all__ = ["METHODS", "Estimate", "Method", "Points", "method_named"]
