"""What a newcomer reads first on Complexity, and its words."""

from __future__ import annotations

from dashboard.kit.introduction import BILEVEL, EVERYWHERE, METHOD_TERMS

INTRODUCTION = (
    f"The [[hypergradient]] of a [[bilevel problem]], {BILEVEL}, is approximated "
    "step by step. How many steps bring the [[relative error]] to [[ε]] or below, as the "
    "[[condition number]] [[κ]] grows? In theory, steps grow like κ for [[ITD]] and [[AID-FP]], "
    "and like √κ for conjugate gradient in [[AID-CG]]."
)

VOCABULARY = (
    *EVERYWHERE,
    *("ε", *METHOD_TERMS, "bound", "paper’s bound", "product", "memory", "geometric mean"),
    "spectrum",
)
