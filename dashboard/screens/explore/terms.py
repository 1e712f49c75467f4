"""What a newcomer reads first on Explore, and its words."""

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
    "A model is trained by gradient descent. Its [[hypergradient]] is the gradient of "
    "the validation loss with respect to [[λ|hyperparameters λ]]. As a [[bilevel problem]]: "
    f"{BILEVEL}. The exact hypergradient is too expensive. How wrong are [[ITD]] and [[AID]] "
    "after t steps? Solid: measured [[error]]. Dashed: what the theorem guarantees. Drag [[q]]."
)

VOCABULARY = (
    *EVERYWHERE,
    *("absolute error", "ε", "T", *METHOD_TERMS, *BOUND_TERMS, *PART_TERMS, *CONSTANTS),
    *("product", "memory", "plateau", "rounding (upper estimate)", "spectrum", "residual"),
)
