"""What a newcomer reads first on Why, and its words."""

from __future__ import annotations

from dashboard.kit.introduction import (
    BILEVEL,
    BOUND_TERMS,
    CONSTANTS,
    EVERYWHERE,
    METHOD_TERMS,
    PART_TERMS,
)

INTRODUCTION = (
    f"Take one small [[bilevel problem]] apart: {BILEVEL}. See how [[wₜ]] approaches the "
    "solution, how each linear solver approaches the [[adjoint|adjoint v]], and which part of the "
    "[[bound]] on the [[hypergradient]]’s [[error]] is the largest. All views show the same step."
)

VOCABULARY = (
    *EVERYWHERE,
    *("T", "M", *METHOD_TERMS, *BOUND_TERMS, *PART_TERMS, *CONSTANTS, "q̂", "spectrum", "eigenmode"),
    *("residual", "residual polynomial", "Ritz values", "Chebyshev polynomial"),
    *("unrolling", "curse of unrolling", "rounding (upper estimate)"),
)
