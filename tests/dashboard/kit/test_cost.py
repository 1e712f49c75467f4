"""What a run takes is worked out once for all settings that take the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dashboard.kit.cost import alike, cost_of
from hypergrad_core import METHODS, Scenario
from hypergrad_core.costs import DEFAULT_MACHINE
from hypergrad_core.studies.expected import expected_cost

EVERY_METHOD = Scenario(family="quadratic", size=300, methods=tuple(METHODS), horizon=60)


@pytest.mark.parametrize("q", [0.01, 0.02, 0.3, 0.9, 0.99, 0.999, 0.9999])
def test_it_is_that_of_the_setting_itself_to_a_few_per_cent(q: float) -> None:
    scenario = replace(EVERY_METHOD, contraction=q)
    wanted = DEFAULT_MACHINE.seconds(expected_cost(scenario))
    assert DEFAULT_MACHINE.seconds(cost_of(scenario)) == pytest.approx(wanted, rel=0.1)
    assert cost_of(scenario).bytes == pytest.approx(expected_cost(scenario).bytes, rel=0.1)


def test_a_hand_that_drags_q_and_another_seed_make_few_different_ones() -> None:
    dragged = np.linspace(0.5, 0.56, 30)
    kinds = {
        alike(replace(EVERY_METHOD, contraction=float(q), seed=seed))
        for seed, q in enumerate(dragged)
    }
    assert len(kinds) <= 4


def test_where_nothing_contracts_q_stays_what_it_is() -> None:
    beyond = Scenario(family="equilibrium", contraction=1.2)
    assert alike(beyond).contraction == 1.2
