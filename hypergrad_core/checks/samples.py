"""What the checks are made at, and derivatives held against differences."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import numpy as np

from hypergrad_core.arrays import FloatArray
from hypergrad_core.constants import DOUBLE_ROUNDOFF, Constants
from hypergrad_core.linearisation import Linearisation
from hypergrad_core.numerics import row_norms
from hypergrad_core.problem import Problem
from hypergrad_core.sampling import constant_ratios

# Widths h of the differences, relative to the size of what is moved.
WIDTHS: FloatArray = np.array([1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
# What the best width may leave, relatively.
LARGEST_ERROR = 1e-7
# Of a derivative that is exact at every width, as that of an affine map is.
EXACT_ERROR = 1e-11
# Rounding of a sum of d products is about this many times √d u; of a difference, so many u.
ROUNDINGS = 1e2
DIFFERENCE_ROUNDINGS = 10.0
# What the reference solution may leave of its equations.
LARGEST_RESIDUAL = 1e-9
# Samples lie around Φ(Φ(Φ(w_0))).
SAMPLES, STEPS_BEFORE = 3, 3


class Samples:
    """What the checks are made at: states, directions and a change of λ, drawn when first used."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.random = np.random.default_rng(seed)
        self.adjoints, tangents = self.random.standard_normal((2, SAMPLES, problem.state_size))
        self._directions = tangents / row_norms(tangents)[:, None]
        # A λ that must stay positive does, because it is moved in proportion to its size.
        size = np.abs(problem.hyper)
        size = np.where(size > 0, size, size.max() or 1.0)
        self.change = self.random.standard_normal(problem.hyper_size) * size

    @cached_property
    def states(self) -> FloatArray:
        """Around where a few steps of Φ lead, shape (3, d)."""
        state = self.problem.initial_state[None]
        for _ in range(STEPS_BEFORE):
            state = self.problem.fixed_point_map(state)
        reach = float(np.linalg.norm(state)) or 1.0
        noise = self.random.standard_normal((SAMPLES, state.size)) / np.sqrt(state.size)
        return np.asarray(state + reach * noise)

    @cached_property
    def lin(self) -> Linearisation:
        """∂₁Φ and ∂₂Φ there."""
        return self.problem.linearise(self.states)

    @property
    def changes(self) -> FloatArray:
        """The change of λ, a row for each state."""
        return np.tile(self.change, (SAMPLES, 1))

    @property
    def tangents(self) -> FloatArray:
        """Directions as long as the states."""
        return np.asarray(self._directions * row_norms(self.states)[:, None])

    @cached_property
    def _constants(self) -> Constants | str:
        """Of the problem, or why there are none."""
        try:
            return self.problem.constants
        except Exception as error:
            # What an author's own function raises is a finding about it.
            return f"{type(error).__name__}: {error}"

    @property
    def constants(self) -> Constants | None:
        """Of the problem; None if they cannot be computed."""
        return None if isinstance(self._constants, str) else self._constants

    @property
    def note(self) -> str:
        """Why no constants could be checked, or ""."""
        if isinstance(self._constants, str):
            return f"the constants could not be checked. {self._constants}"
        return "" if self._constants.known else "no constants were given, so none was checked"

    @property
    def roundoff(self) -> float:
        """u of what the oracles work in."""
        return DOUBLE_ROUNDOFF if self.constants is None else self.constants.unit_roundoff

    @cached_property
    def ratios(self) -> dict[str, float]:
        """Measured ÷ claimed, of each constant; they are those of exact arithmetic."""
        return constant_ratios(self.problem.without_rounding, self.random)

    def residual_limit(self) -> float:
        """What the reference solution may leave of its equations."""
        return max(LARGEST_RESIDUAL, DIFFERENCE_ROUNDINGS * self.roundoff)

    def rounding(self) -> float:
        """Relative rounding of a product."""
        return ROUNDINGS * self.roundoff * float(np.sqrt(self.problem.state_size))


# The figure, what it may be, and both in words.
Finding: TypeAlias = tuple[float, float, str]
Checker: TypeAlias = Callable[[Samples], Finding]


def differences(
    value: Callable[[float], FloatArray],
    claimed: FloatArray,
    noise: FloatArray | float,
    scale: FloatArray | float = 0.0,
    widths: FloatArray = WIDTHS,
    limit: float = LARGEST_ERROR,
) -> Finding:
    """The least relative error of claimed derivatives over all widths, and how it falls.

    Args:
        value: of h, F(x + hu) for each row: numbers or vectors, B of them.
        claimed: dF/dh at h = 0, of the same shape.
        noise: rounding of F, which a difference divides by h.
        scale: what errors are relative to, where it is larger than the derivative.
        widths: h, falling by factors of 10.
        limit: of the error.
    """
    claimed = claimed.reshape(len(claimed), -1)
    errors, beyond_noise = [], []
    for width in widths:
        ahead, back = (value(sign * width).reshape(claimed.shape) for sign in (1, -1))
        slope = (ahead - back) / (2 * width)
        size = np.maximum(np.maximum(row_norms(slope), row_norms(claimed)), scale)
        size = np.where(size > 0, size, 1.0)
        gap = row_norms(slope - claimed)
        errors.append(float(np.max(gap / size)))
        left = np.maximum(gap - DIFFERENCE_ROUNDINGS * noise / width, 0.0)
        beyond_noise.append(float(np.max(left / size)))
    falls = -np.diff(np.log10(np.maximum(errors, 1e-300)))
    order = f"falls as h^{max(0.0, float(np.max(falls))):.1f}"
    if errors[0] <= EXACT_ERROR:
        order = "at every h"
    return min(beyond_noise), limit, f"least error {min(errors):.1e}, {order}"


def relative_gap(found: FloatArray, right: FloatArray) -> float:
    """The largest ‖found − right‖/‖right‖ over the rows; absolute where right is 0."""
    size = row_norms(right)
    return float(np.max(row_norms(found - right) / np.where(size > 0, size, 1.0)))
