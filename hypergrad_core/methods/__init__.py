"""The registry of methods: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.methods.base import Estimate, Method, Points
from hypergrad_core.methods.forward import ForwardITD
from hypergrad_core.methods.implicit import (
    GMRESAID,
    ConjugateGradientAID,
    FixedPointAID,
    NormalEquationsAID,
    OneStep,
)
from hypergrad_core.methods.unrolled import ITD, TruncatedITD

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        ITD(),
        ForwardITD(),
        TruncatedITD(),
        OneStep(),
        FixedPointAID(),
        ConjugateGradientAID(),
        NormalEquationsAID(),
        GMRESAID(),
    )
}

__all__ = ["METHODS", "Estimate", "Method", "Points"]
