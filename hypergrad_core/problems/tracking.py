"""What the two synthetic affine families have in common: λ enters b, and E is a distance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hypergrad_core.arrays import FloatArray
from hypergrad_core.numerics import row_dots
from hypergrad_core.problem import Problem


@dataclass(frozen=True, eq=False, kw_only=True)
class Tracking(Problem):
    """Φ is affine in w and in λ, by Cλ + b, and E(w) = ½ ‖w − target‖².

    Attributes:
        coupling: C, shape (d, m).
        offset: b, shape (d,).
        target: shape (d,).
    """

    affine = True

    coupling: FloatArray
    offset: FloatArray
    target: FloatArray

    @cached_property
    def linear_term(self) -> FloatArray:
        """Cλ + b, shape (d,)."""
        return self.coupling @ self.hyper + self.offset

    def outer(self, states: FloatArray) -> FloatArray:
        """E = ½ ‖w − target‖²."""
        gap = states - self.target
        return 0.5 * row_dots(gap, gap)

    def outer_gradient_state(self, states: FloatArray) -> FloatArray:
        """∇₁E = w − target."""
        return states - self.target
