"""How the numbers of a sweep grow with κ, method by method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hypergrad_core import METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.studies.requirements import Requirement, Requirements, fitted_slope

AXES: dict[str, str] = {
    "adjoint": "Adjoint steps k",
    "inner": "Inner steps t",
    "products": "Products",
    "floats": "Memory",
    "seconds": "Seconds",
}


@dataclass(frozen=True)
class Growth:
    """How the numbers of one method grow with κ: geometric means over seeds, by κ.

    Attributes:
        method: key of ``METHODS``.
        inner, adjoint: measured t and k.
        inner_predicted, adjoint_predicted: what the paper's bound predicts.
        products, floats, seconds: of the pair (t, k), as it was run.
        spread: smallest and largest over seeds of each of the measured, by name and κ.
        inner_slope, inner_predicted_slope, adjoint_slope, adjoint_predicted_slope: exponents of κ
            fitted to all seeds, κ from 10 to 2000; None with fewer than three values of κ.
    """

    method: str
    inner: dict[float, float]
    adjoint: dict[float, float]
    inner_predicted: dict[float, float]
    adjoint_predicted: dict[float, float]
    products: dict[float, float]
    floats: dict[float, float]
    seconds: dict[float, float]
    spread: dict[str, dict[float, tuple[float, float]]]
    inner_slope: float | None
    inner_predicted_slope: float | None
    adjoint_slope: float | None
    adjoint_predicted_slope: float | None

    def measured(self, axis: str) -> dict[float, float]:
        """The means that are drawn on an axis, by κ."""
        values: dict[float, float] = getattr(self, axis)
        return values

    def predicted(self, axis: str) -> dict[float, float]:
        """What the bound predicts there; empty where it says nothing."""
        values: dict[float, float] = getattr(self, f"{axis}_predicted", {})
        return values


READ: dict[str, Callable[[Requirement], float | None]] = {
    "inner": lambda item: item.inner.measured,
    "adjoint": lambda item: item.adjoint.measured,
    "inner_predicted": lambda item: item.inner.predicted,
    "adjoint_predicted": lambda item: item.adjoint.predicted,
    "products": lambda item: None if item.costs is None else item.costs.products,
    "floats": lambda item: None if item.costs is None else item.costs.stored_floats,
    "seconds": lambda item: None if item.costs is None else item.costs.seconds,
}


def growths(points: Sequence[Requirements]) -> list[Growth]:
    """How each method grows over the points that have arrived."""
    methods = dict.fromkeys(item.method for point in points for item in point.methods)
    return [_growth(points, method) for method in methods]


def _growth(points: Sequence[Requirements], method: str) -> Growth:
    means: dict[str, dict[float, float]] = {}
    spread: dict[str, dict[float, tuple[float, float]]] = {}
    slopes: dict[str, float | None] = {}
    items = [(point.scenario.condition_number, item) for point in points for item in point.methods]
    needs = [(kappa, item) for kappa, item in items if item.method == method]
    kappas = [kappa for kappa, _ in needs]
    for name, read in READ.items():
        values = [read(item) for _, item in needs]
        groups: dict[float, list[float]] = {}
        for kappa, value in zip(kappas, values, strict=True):
            # A logarithm has no 0: "no step at all" is not drawn.
            if value:
                groups.setdefault(kappa, []).append(float(value))
        means[name] = {k: float(np.exp(np.log(group).mean())) for k, group in groups.items()}
        spread[name] = {k: (min(group), max(group)) for k, group in groups.items()}
        slopes[name] = fitted_slope(kappas, values)
    return Growth(
        method=method,
        **means,
        spread=spread,
        inner_slope=slopes["inner"],
        inner_predicted_slope=slopes["inner_predicted"],
        adjoint_slope=slopes["adjoint"],
        adjoint_predicted_slope=slopes["adjoint_predicted"],
    )


def theory_slope(scenario: Scenario, method: str, *, adjoint: bool) -> float:
    """The exponent of κ, as κ grows, that the method claims."""
    claim = METHODS[method].adjoint_exponent if adjoint else METHODS[method].inner_exponent
    return claim(SOLVERS[scenario.inner], symmetric=scenario.problem_family.symmetric)
