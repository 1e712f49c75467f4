"""How to spend a budget, in words."""

from __future__ import annotations

from dashboard.kit.notation import ratio, scientific
from hypergrad_core import METHODS
from hypergrad_core.studies.plane import Plane, Split


def verdict(planes: list[Plane], splits: list[Split], budget: int) -> str:
    """How to spend the budget, in words."""
    if not planes:
        return "There is no map: the method does not apply to this problem."
    parts = []
    for item, split in zip(planes, splits, strict=True):
        spent = f"{split.inner_steps} products on w, {split.on_adjoint} on v"
        error = f"error {scientific(split.error / unit(item))}"
        if split.error <= item.floor:
            error += ", which is rounding"
        label = METHODS[item.method].label
        parts.append(f"{label} {pair(split)} ({spent}; {error})")
    said = f"Best use of {budget} products: {'; '.join(parts)}."
    if any(_at_the_edge(*pair) for pair in zip(planes, splits, strict=True)):
        said += f" The map ends at T = {planes[0].steps[-1]}."
    return said


def _at_the_edge(item: Plane, split: Split) -> bool:
    """Whether a larger map would have had a use for what is left of the budget."""
    ends = int(item.steps[-1]) in (split.inner_steps, split.adjoint_steps)
    return ends and split.products < split.budget and split.error > item.floor


def unit(item: Plane) -> float:
    """What errors are divided by."""
    return item.hypergradient_norm if item.hypergradient_norm > 0 else 1.0


def pair(split: Split) -> str:
    """Both numbers of steps of a split."""
    # Broken, if at all, between the two.
    return f"t\u00a0=\u00a0{split.inner_steps}, k\u00a0=\u00a0{split.adjoint_steps}"


def improvement(equal: float, best: float, floor: float) -> str:
    """How many times smaller the best error is; of errors within rounding there is no ratio."""
    if equal <= floor:
        return "rounding"
    if best <= floor:
        return f"at least {ratio(equal / floor)}"
    return ratio(equal / best)
