"""Single precision: any problem with every vector that an oracle returns rounded to it.

What the methods do between two oracles stays in double precision, and so do the constants and
the reference: a curve shows what rounding in Φ, in E and in the products does, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Constants
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.problem import Problem
from hypergrad_core.problems.wrapped import WrappedProblem

SINGLE_ROUNDOFF = float(np.finfo(np.float32).eps)


def to_single(block: FloatArray) -> FloatArray:
    """Each number of a block, of any shape, rounded to single precision."""
    return block.astype(np.float32).astype(np.float64)


@dataclass(frozen=True, eq=False, kw_only=True)
class SinglePrecision(WrappedProblem):
    """A problem whose oracles round what they return; w_0, constants and reference are kept.

    The constants have the unit roundoff of single precision, so that the floor is higher.
    A bound says nothing of rounding: it is that of the exact problem, measured along the states
    that it is given.

    Attributes:
        original: the problem in double precision.
    """

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) for each row, rounded."""
        return to_single(self.original.fixed_point_map(states))

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ and ∂₂Φ, whose products are rounded."""
        return _RoundedLinearisation(self.original.linearise(states))

    def outer(self, states: FloatArray) -> FloatArray:
        """E(w, λ) for each row, rounded."""
        return to_single(self.original.outer(states))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E(w, λ) for each row, rounded."""
        return to_single(self.original.outer_gradient_state(states))

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row, rounded."""
        return to_single(self.original.outer_gradient_hyper(states))

    @cached_property
    def constants(self) -> Constants:
        """As without rounding, but for the unit roundoff."""
        return replace(self.original.constants, unit_roundoff=SINGLE_ROUNDOFF)

    @property
    def without_rounding(self) -> Problem:
        """The exact problem: its bounds are measured along the states that are rounded."""
        return self.original


class _RoundedLinearisation(Linearisation):
    def __init__(self, exact: Linearisation) -> None:
        self._exact = exact
        self.metric = exact.metric

    def __getitem__(self, rows: Rows) -> Self:
        return type(self)(self._exact[rows])

    def vjp_state(self, adjoints: FloatArray) -> FloatArray:
        return to_single(self._exact.vjp_state(adjoints))

    def jvp_state(self, tangents: FloatArray) -> FloatArray:
        return to_single(self._exact.jvp_state(tangents))

    def vjp_hyper(self, adjoints: FloatArray) -> FloatArray:
        return to_single(self._exact.vjp_hyper(adjoints))

    def jvp_hyper(self, tangents: FloatArray) -> FloatArray:
        return to_single(self._exact.jvp_hyper(tangents))
