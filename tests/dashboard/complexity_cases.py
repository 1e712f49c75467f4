"""What the tests of Complexity share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from dashboard.chart import Frame
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
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


def complexity_picture(
    found: Sequence[Requirements], scenario: Scenario, view: ComplexityView, mode: Mode
) -> Frame:
    """Of the first points of a sweep, in its order."""
    sweep = Sweep.of(scenario, view)
    missing = [None] * (len(sweep.scenarios) - len(found))
    return complexity_frame(Shown(SETTINGS, sweep, (*found, *missing), scenario, view, mode))


def frame_of(view: ComplexityView = VIEW, scenario: Scenario = SCENARIO) -> dict[str, Any]:
    sweep = Sweep.of(scenario, view)
    return dict(complexity_picture(measured(sweep), scenario, view, "light"))
