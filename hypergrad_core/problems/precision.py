"""Single precision: any problem with every vector that an oracle returns rounded to it.

What the methods do between two oracles stays in double precision, and so do the constants and
the reference: a curve shows what rounding in Φ, in E and in the products does, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np

from hypergrad_core.arrays import FloatArray, Rows
from hypergrad_core.constants import Constants, Lipschitz
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.problem import HeldOut, Problem, Reference

SINGLE_ROUNDOFF = float(np.finfo(np.float32).eps)


def to_single(block: FloatArray) -> FloatArray:
    """Each number of a block, of any shape, rounded to single precision."""
    return block.astype(np.float32).astype(np.float64)


@dataclass(frozen=True, eq=False, kw_only=True)
class SinglePrecision(Problem):
    """A problem whose oracles round what they return; w_0, constants and reference are kept.

    The constants have the unit roundoff of single precision, so that the floor is higher.
    A bound says nothing of rounding: it is that of the exact problem, measured along the states
    that it is given.

    Attributes:
        hyper, initial_state: those of the exact problem.
        exact: the problem in double precision.
    """

    hyper: FloatArray = field(init=False)
    initial_state: FloatArray = field(init=False)
    exact: Problem

    def __post_init__(self) -> None:
        object.__setattr__(self, "hyper", self.exact.hyper)
        object.__setattr__(self, "initial_state", self.exact.initial_state)

    @property
    def symmetric(self) -> bool:
        """As without rounding."""
        return self.exact.symmetric

    @property
    def affine(self) -> bool:
        """As without rounding."""
        return self.exact.affine

    @property
    def self_adjoint(self) -> bool:
        """As without rounding."""
        return self.exact.self_adjoint

    def at(self, hyper: FloatArray) -> Self:
        """The same problem at another λ of shape (m,). Steps and start are kept."""
        return replace(self, exact=self.exact.at(hyper))

    def starting_at(self, state: FloatArray) -> Self:
        """The same problem with another w_0 of shape (d,)."""
        return replace(self, exact=self.exact.starting_at(state))

    def canonical(self) -> Self:
        """The cheapest form, rounded there: as good a basis to round in as any."""
        exact = self.exact.canonical()
        return self if exact is self.exact else replace(self, exact=exact)

    def fixed_point_map(self, states: FloatArray) -> FloatArray:
        """Φ(w, λ) for each row, rounded."""
        return to_single(self.exact.fixed_point_map(states))

    def linearise(self, states: FloatArray) -> Linearisation:
        """∂₁Φ and ∂₂Φ, whose products are rounded."""
        return _RoundedLinearisation(self.exact.linearise(states))

    def outer(self, states: FloatArray) -> FloatArray:
        """E(w, λ) for each row, rounded."""
        return to_single(self.exact.outer(states))

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E(w, λ) for each row, rounded."""
        return to_single(self.exact.outer_gradient_state(states))

    def outer_gradient_hyper(self, states: FloatArray) -> FloatArray:
        """∇₂E(w, λ) for each row, rounded."""
        return to_single(self.exact.outer_gradient_hyper(states))

    def solve(self) -> Reference:
        """As without rounding."""
        return self.exact.reference

    def lipschitz(self) -> Lipschitz:
        """As without rounding."""
        return self.exact.lipschitz()

    @cached_property
    def constants(self) -> Constants:
        """As without rounding, but for the unit roundoff."""
        return replace(self.exact.constants, unit_roundoff=SINGLE_ROUNDOFF)

    @property
    def without_rounding(self) -> Problem:
        """The exact problem: its bounds are measured along the states that are rounded."""
        return self.exact

    @property
    def held_out(self) -> HeldOut | None:
        """As without rounding."""
        return self.exact.held_out


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
