"""The sweep behind Complexity: its points, and how long those to come will take."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.kit.compute import ComputedCache
from dashboard.kit.parts import PartsCache
from dashboard.screens.complexity.settings import ComplexityView
from hypergrad_core import Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.requirements import (
    Requirements,
    contractions,
    fitted_slope,
    requirements,
)

# What a point takes grows with κ by no less and no more than this: a few quick points are noise.
SLOWER = (0.0, 1.5)


@dataclass(frozen=True)
class Sweep:
    """What is measured: the same problem at many q, with several seeds.

    Attributes:
        scenarios: in the order in which they are run: q rises, and for each q the seeds.
        target: ε.
    """

    scenarios: tuple[Scenario, ...]
    target: float

    @classmethod
    def of(cls, scenario: Scenario, view: ComplexityView) -> Sweep:
        """The sweep of these settings, without what makes no difference to a point."""
        base = Scenario()
        plain = replace(
            scenario,
            vary=base.vary,
            horizon=base.horizon,
            inner_steps=base.inner_steps,
            adjoint_steps=base.adjoint_steps,
        )
        seeds = [(scenario.seed + offset) % 10_000 for offset in range(view.seeds)]
        qs = contractions(view.smallest, view.largest, view.points)
        return cls(
            tuple(replace(plain, contraction=q, seed=seed) for q in qs for seed in seeds),
            view.target,
        )

    @property
    def points(self) -> tuple[tuple[Scenario, float], ...]:
        """What each point is measured for."""
        return tuple((scenario, self.target) for scenario in self.scenarios)


def _measure(point: tuple[Scenario, float], report: Progress) -> Requirements:
    # A single point may take seconds: it must be possible to stop within it.
    return requirements(*point, report)


SWEEPS: PartsCache[Sweep, tuple[Scenario, float], Requirements] = PartsCache(
    lambda sweep: sweep.points, ComputedCache(4000, _measure)
)


def arrived(points: Sequence[Requirements | None]) -> list[Requirements]:
    """What has been measured so far, in the order of the scenarios."""
    return [point for point in points if point is not None]


def seconds_left(sweep: Sweep, points: Sequence[Requirements | None]) -> float | None:
    """A guess from what the points so far have taken, and from how that grows with κ."""
    taken: dict[float, list[float]] = {}
    for point in arrived(points):
        taken.setdefault(point.scenario.condition_number, []).append(point.seconds)
    if not taken:
        return None
    typical = {kappa: statistics.median(group) for kappa, group in taken.items()}
    slope = fitted_slope(list(typical), list(typical.values()), high=math.inf)
    # A power of κ by default: a point takes about as long as κ.
    exponent = 1.0 if slope is None else min(max(slope, SLOWER[0]), SLOWER[1])
    last = max(typical)

    def guess(kappa: float) -> float:
        return float(typical.get(kappa, typical[last] * (kappa / last) ** exponent))

    missing = (
        scenario for scenario, point in zip(sweep.scenarios, points, strict=True) if point is None
    )
    return sum(guess(scenario.condition_number) for scenario in missing)
