"""The sweep behind Complexity: its points, and the job that measures them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace

from dashboard.kit.compute import BackgroundRun, ResultCache
from dashboard.screens.complexity.settings import ComplexityView
from hypergrad_core import Scenario
from hypergrad_core.arrays import Progress
from hypergrad_core.studies.requirements import (
    Requirements,
    contractions,
    fitted_slope,
    requirements,
)
from hypergrad_core.studies.sweep import sweep

# What a point takes grows with κ by no less and no more than this: a few quick points are noise.
SLOWER = (0.0, 1.5)
LONGEST_IN_SECONDS = 90


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

    def found(self) -> list[Requirements]:
        """What has been measured so far, in the order of the scenarios."""
        here = (POINTS.find((scenario, self.target)) for scenario in self.scenarios)
        return [item for item in here if item is not None]

    def missing(self) -> list[Scenario]:
        """What has not been measured yet."""
        return [item for item in self.scenarios if POINTS.find((item, self.target)) is None]


POINTS: ResultCache[tuple[Scenario, float], Requirements] = ResultCache(4000)


class SweepJob(BackgroundRun):
    """A sweep on its way; every point goes into ``POINTS`` as it arrives.

    Attributes:
        key: what is run.
    """

    def __init__(self, key: Sweep) -> None:
        self.key = key
        self._ahead = key.missing()
        super().__init__(self._run)

    @property
    def seconds_left(self) -> float | None:
        """A guess from what the points so far have taken, and from how that grows with κ."""
        taken: dict[float, list[float]] = {}
        for item in self.key.found():
            taken.setdefault(item.scenario.condition_number, []).append(item.seconds)
        if not taken:
            return None
        typical = {kappa: statistics.median(group) for kappa, group in taken.items()}
        slope = fitted_slope(list(typical), list(typical.values()), high=math.inf)
        # A power of κ by default: a point takes about as long as κ.
        exponent = 1.0 if slope is None else min(max(slope, SLOWER[0]), SLOWER[1])
        last = max(typical)

        def guess(kappa: float) -> float:
            return float(typical.get(kappa, typical[last] * (kappa / last) ** exponent))

        return sum(guess(item.condition_number) for item in self.key.missing())

    def _run(self, report: Progress) -> None:
        done = 0

        def measure(scenario: Scenario) -> Requirements:
            # Another person's sweep may have come here first.
            known = POINTS.find((scenario, self.key.target))
            if known is not None:
                return known
            # A single point may take seconds: it must be possible to stop within it.
            part = 1 / len(self._ahead)
            return requirements(
                scenario, self.key.target, lambda fraction: report((done + fraction) * part)
            )

        for item in sweep(self._ahead, progress=report, measure=measure):
            POINTS.put((item.scenario, self.key.target), item)
            done += 1


def time_left(seconds: float) -> str:
    """How long a sweep still takes, no more exactly than it is known."""
    if seconds > LONGEST_IN_SECONDS:
        return f"about {round(seconds / 60)} min left"
    return f"about {max(1, round(seconds))} s left"
