"""What the tests of Descent share: a run, and what texts say of one."""

from __future__ import annotations

import numpy as np

from dashboard.kit.notation import scientific
from dashboard.screens.descent.race import RACES, Race
from dashboard.screens.descent.settings import DescentView
from hypergrad_core import Scenario
from hypergrad_core.studies.outer_steps import Descent


def descent_of(scenario: Scenario, view: DescentView) -> Descent:
    """Of the only method."""
    (run,) = RACES.compute(Race.of(scenario, view))
    assert run is not None
    assert run.descent is not None
    return run.descent


def certificate(found: Descent) -> list[str]:
    over = [step.certificate.bound / step.error for step in found.steps]
    return [f"between {min(over):.0f} and {max(over):.0f} times"]


def warm_start(cold: Descent, warm: Descent) -> list[str]:
    return [
        f"error is {scientific(cold.last.error)} at",
        f"is {scientific(warm.last.error, 2)} for",
    ]


def certified(found: Descent) -> list[str]:
    first, last = found.steps[0].objective, found.last.objective
    assert all(step.proved for step in found.steps[1:])
    assert (np.diff(found.objectives) < 0).all()
    ends = f"from {scientific(first)} to {scientific(last, 2)}"
    return [f"{ends} in {len(found.steps) - 1} steps"]
