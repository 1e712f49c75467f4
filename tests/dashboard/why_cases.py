"""What the tests of Why share."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from frames import unpacked

from dashboard.chart import Frame
from dashboard.kit.page import Shown
from dashboard.kit.theme import Mode
from dashboard.screens.why.frame import why_frame
from dashboard.screens.why.settings import (
    SETTINGS,
    WhyView,
    preset_named,
    settings_of,
)
from hypergrad_core import Scenario
from hypergrad_core.studies.dissection import Dissection, dissect

SCENARIO = replace(SETTINGS.scenario, size=6, horizon=12)
VIEW = SETTINGS.view
OTHERS = [
    replace(SCENARIO, family=family, **sizes)
    for family, sizes in {
        "logistic": {"samples": 12},
        "softmax": {"samples": 12},
        "learned-digits": {"samples": 12},
        "kernel-ridge": {"hyper_size": 3},
        "biased": {"samples": 12},
        "biased-tasks": {"size": 12, "samples": 12},
        "hyper-representation": {"size": 3, "hyper_size": 9, "samples": 12},
        "representation-tasks": {"size": 12, "hyper_size": 6, "samples": 12},
        "equilibrium": {"size": 12, "samples": 4},
        "nonsymmetric": {"size": 2},
    }.items()
]


@cache
def dissected(scenario: Scenario) -> Dissection:
    return dissect(scenario)


def why_picture(part: str, found: Dissection, view: WhyView, mode: Mode) -> Frame:
    return why_frame(Shown(SETTINGS, found.scenario, found, found.scenario, view, mode), part)


def frame_of(part: str, scenario: Scenario = SCENARIO, view: WhyView = VIEW) -> dict[str, Any]:
    return dict(why_picture(part, dissected(scenario), view, "light"))


def read(frame: dict[str, Any], name: str) -> np.ndarray[Any, Any]:
    """The values that a card reads, one for each step."""
    (reading,) = [reading for reading in frame["readout"] if reading["name"] == name]
    return unpacked(frame["figure"]["data"][reading["trace"]]["y"])


def lesson(key: str) -> tuple[Dissection, WhyView]:
    scenario, view = settings_of(preset_named(key))
    return dissected(scenario), view
