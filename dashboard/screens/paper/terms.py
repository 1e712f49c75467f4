"""What a newcomer reads first on Paper, and its words."""

from __future__ import annotations

from dashboard.kit.introduction import BILEVEL, EVERYWHERE

INTRODUCTION = (
    "Grazzi, Franceschi, Pontil and Salzo (ICML 2020) prove how fast [[ITD]] and [[AID]] "
    f"approximate the [[hypergradient]] of a [[bilevel problem]], {BILEVEL}. Their Figure 1, run "
    "again: [[relative error]] against steps [[t]] on four problems. Lines: [[geometric mean]] "
    "over several [[λ]]; bands: smallest to largest."
)

VOCABULARY = (
    *EVERYWHERE,
    *("T", "ITD", "AID-FP", "AID-CG", "AID-CGNR", "bound", "paper’s bound", "plateau"),
    *("geometric mean", "contraction"),
)
