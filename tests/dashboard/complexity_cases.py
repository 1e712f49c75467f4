"""What the tests of Complexity share."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from dashboard.screens.complexity.frame import complexity_frame
from dashboard.screens.complexity.settings import SETTINGS, ComplexityView
from dashboard.screens.complexity.sweep import Sweep
from hypergrad_core import Scenario
from hypergrad_core.studies.requirements import Requirements, requirements

SCENARIO = replace(SETTINGS.scenario, size=12, hyper_size=2)
VIEW = ComplexityView(points=4, largest=0.9)


@cache
def measured(sweep: Sweep) -> tuple[Requirements, ...]:
    return tuple(requirements(scenario, sweep.target) for scenario in sweep.scenarios)


def frame_of(view: ComplexityView = VIEW, scenario: Scenario = SCENARIO) -> dict[str, Any]:
    sweep = Sweep.of(scenario, view)
    return dict(complexity_frame(sweep, list(measured(sweep)), scenario, view, "light"))
