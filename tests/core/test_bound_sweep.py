"""A small sweep of bounds over scenarios of every kind; bench_bounds.py is the large one."""

from __future__ import annotations

import numpy as np

from hypergrad_core import FAMILIES
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import PRECISIONS, SLICES
from tests.support.draws import small
from tests.support.sweep import swept

SCENARIOS = 100


def test_no_bound_of_a_random_scenario_is_below_its_error() -> None:
    random = np.random.default_rng(20)
    scenarios = [small(random) for _ in range(SCENARIOS)]
    found = [excess for scenario in scenarios for excess in swept(scenario)]
    assert [excess for excess in found if excess.floors > 1] == []
    assert len(found) > 10 * SCENARIOS
    for name, every in (
        ("family", FAMILIES),
        ("vary", SLICES),
        ("inner", SOLVERS),
        ("precision", PRECISIONS),
    ):
        assert {getattr(scenario, name) for scenario in scenarios} == {*every}
