"""The registry of methods: a new one is a file and a line here."""

from __future__ import annotations

from hypergrad_core.errors import HypergradError
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


def method_named(key: str) -> Method:
    """The method of a name.

    Raises:
        HypergradError: if there is none.
    """
    if key not in METHODS:
        raise HypergradError(f"there is no method {key!r}: choose one of {', '.join(METHODS)}")
    return METHODS[key]


__all__ = ["METHODS", "Estimate", "Method", "Points", "method_named"]
