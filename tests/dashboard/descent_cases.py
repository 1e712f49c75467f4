"""What the tests of Descent share: a run, and what texts say of one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from frames import forget

from dashboard.kit.notation import scientific
from dashboard.screens.descent import race as race_module
from dashboard.screens.descent.race import RACES, RUNS, Race, Run, Way
from dashboard.screens.descent.settings import SETTINGS, DescentView
from hypergrad_core import Scenario
from hypergrad_core.studies.outer_steps import Descent

SCENARIO = replace(SETTINGS.scenario, data="synthetic", size=6, samples=9)
VIEW = DescentView(steps=5)


@cache
def runs_of(race: Race) -> tuple[Run | None, ...]:
    return RACES.compute(race)


def pieces_of(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario = SCENARIO, view: DescentView = VIEW
) -> tuple[Race, list[tuple[Run | None, ...]]]:
    """What there is of a race after each outer step, and all of it at the end."""
    forget(monkeypatch, RACES)
    monkeypatch.setattr(race_module, "PIECE_SECONDS", 0.0)
    race = Race.of(scenario, view)
    kept: list[tuple[Run | None, ...]] = []
    put = RUNS.put

    def watch(way: Way, run: Run) -> None:
        put(way, run)
        there = RACES.so_far(race)
        if there not in kept[-1:]:
            kept.append(there)

    monkeypatch.setattr(RUNS, "put", watch)
    whole = RACES.compute(race)
    assert whole == kept[-1] == RACES.find(race)
    return race, kept


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
