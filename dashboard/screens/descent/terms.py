"""What a newcomer reads first on Descent, and its words."""

from __future__ import annotations

from dashboard.kit.introduction import BILEVEL, EVERYWHERE, METHOD_TERMS

INTRODUCTION = (
    f"A [[bilevel problem]], {BILEVEL}, is solved by steps against the [[hypergradient]]. "
    "Each is approximated with [[t]] and [[k]] steps. A [[certificate]] bounds its [[error]] "
    "without w(λ): it proves that f falls, or asks for more steps."
)

VOCABULARY = (
    *EVERYWHERE,
    *METHOD_TERMS,
    *("bound", "product", "certificate", "warm start", "residual", "outer step", "memory", "task"),
)
