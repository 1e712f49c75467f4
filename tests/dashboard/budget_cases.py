"""What the tests of Budget share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dashboard.chart import Frame
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
from dashboard.screens.budget.frame import budget_frame
from dashboard.screens.budget.maps import Maps
from dashboard.screens.budget.settings import SETTINGS, BudgetView
from hypergrad_core import Refusal, Scenario
from hypergrad_core.studies.plane import Plane

SCENARIO = replace(SETTINGS.scenario, size=10, samples=20, horizon=15)
VIEW = BudgetView(budget=18, row=9, column=4)


def planes(scenario: Scenario = SCENARIO, view: BudgetView = VIEW) -> list[Plane]:
    found = Maps.of(scenario, view).run()
    assert all(isinstance(item, Plane) for item in found)
    return [item for item in found if isinstance(item, Plane)]


def budget_picture(
    found: tuple[Plane | Refusal, ...], scenario: Scenario, view: BudgetView, mode: Mode
) -> Frame:
    return budget_frame(Shown(SETTINGS, Maps.of(scenario, view), found, scenario, view, mode))


def frame_of(scenario: Scenario = SCENARIO, view: BudgetView = VIEW) -> dict[str, Any]:
    return dict(budget_picture(Maps.of(scenario, view).run(), scenario, view, "light"))


def heat(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in frame["figure"]["data"] if trace["type"] == "heatmap"]
