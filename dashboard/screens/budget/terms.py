"""What a newcomer reads first on Budget, and its words."""

from __future__ import annotations

from dashboard.kit.introduction import BILEVEL, BOUND_TERMS, EVERYWHERE, METHOD_TERMS

INTRODUCTION = (
    f"The [[hypergradient]] of a [[bilevel problem]], {BILEVEL}, is approximated in two "
    "parts: [[t]] steps for the [[inner problem]] (w), [[k]] steps for the [[adjoint system]] (v). "
    "You can pay for a [[budget]] of [[product|Jacobian–vector products]]. How many should go to "
    "w, how many to v?"
)

VOCABULARY = (
    *EVERYWHERE,
    *("T", *METHOD_TERMS, *BOUND_TERMS, "product", "budget", "split", "rounding (upper estimate)"),
)
