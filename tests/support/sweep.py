"""How far below an error a bound lies, over all methods of a scenario."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from hypergrad_core import Scenario, run

# A bound and an error are each computed to a few roundings.
SLACK = 1e-9


@dataclass(frozen=True)
class Excess:
    """Of one bound of one method.

    Attributes:
        scenario: which one.
        method: its key.
        bound: "paper" or "sharp".
        floors: the most by which the bound lies below its error, in levels of rounding; infinite
            if there is a number that is none.
    """

    scenario: Scenario
    method: str
    bound: str
    floors: float


def swept(scenario: Scenario) -> list[Excess]:
    """Two bounds of each method; an error if NumPy warns of anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            experiment = run(scenario)
        except Warning as warning:
            raise AssertionError(f"{warning}: {scenario}") from warning
    found = []
    for curve in experiment.curves:
        for name, bound in (("paper", curve.paper), ("sharp", curve.sharp)):
            over = curve.errors - bound.values * (1 + SLACK)
            floors = float(np.max(over) / curve.floor)
            numbers = not np.isnan(bound.values).any() and np.isfinite(curve.errors).all()
            found.append(Excess(scenario, curve.method, name, floors if numbers else np.inf))
    return found
