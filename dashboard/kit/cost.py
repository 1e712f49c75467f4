"""What a run takes on this machine, known before it is begun."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from hypergrad_core import Scenario
from hypergrad_core.costs import DEFAULT_MACHINE, Cost, Machine
from hypergrad_core.studies.expected import expected_cost, expected_plane_cost

# A page asks several times in a run, for the same few settings.
_cost = lru_cache(1024)(expected_cost)
_plane_cost = lru_cache(1024)(expected_plane_cost)
_machine = [DEFAULT_MACHINE]


def measure() -> None:
    """Find out how fast this machine is; until then it is taken for a laptop."""
    _machine[:] = [Machine.measure()]


def alike(scenario: Scenario) -> Scenario:
    """One for all that take the same, to a few per cent: a hand that drags q, or another seed."""
    outline = scenario.outline
    if 0 < outline.contraction < 1:
        # 1 − q to a twentieth: where costs depend on q, it is by κ = (1 + q)/(1 − q) or its root.
        rounded = 1 - math.exp(round(20 * math.log(1 - outline.contraction)) / 20)
        outline = replace(outline, contraction=min(max(rounded, 0.01), 0.9999))
    return replace(outline, seed=0)


def cost_of(scenario: Scenario) -> Cost:
    """What ``run`` takes."""
    return _cost(alike(scenario))


def expected_seconds(scenario: Scenario) -> float:
    """How long ``run`` takes here, about."""
    return _machine[0].seconds(cost_of(scenario))


def expected_bytes(scenario: Scenario) -> float:
    """What ``run`` keeps in memory at its peak, about."""
    return float(cost_of(scenario).bytes)


def expected_plane_seconds(scenario: Scenario, methods: tuple[str, ...]) -> float:
    """How long the planes of these methods take here together, about."""
    return _machine[0].seconds(_plane_cost(alike(scenario), methods))


def expected_plane_bytes(scenario: Scenario, methods: tuple[str, ...]) -> float:
    """What they keep in memory at their peak, about."""
    return float(_plane_cost(alike(scenario), methods).bytes)
