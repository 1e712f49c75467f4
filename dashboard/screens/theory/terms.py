"""What a newcomer reads first on Theory, and its words."""

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
    "How wrong is an approximate [[hypergradient]] of a [[bilevel problem]], "
    f"{BILEVEL}? Every [[bound]] of its [[error]], and every constant in it, is stated and proved "
    "here. Below a section is a link to a picture of what it says."
)

VOCABULARY = (*EVERYWHERE, *METHOD_TERMS, *BOUND_TERMS, *PART_TERMS, *CONSTANTS)
