"""When the curves of a run and their bounds reach a target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, Status, run
from hypergrad_core.scenario import SLICES
from hypergrad_core.studies.crossing import crossing
from tests.core.bound_cases import solvers_of

RUNS: dict[str, dict[str, Any]] = {
    "both": {"vary": "both", "adjoint_steps": 12},
    "adjoint": {"vary": "adjoint", "inner_steps": 60},
    "inner": {"vary": "inner", "adjoint_steps": 60},
}


@pytest.mark.parametrize("vary", SLICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_prediction_lies_below_what_was_measured(family: str, vary: str) -> None:
    seen = 0
    for inner in solvers_of(family):
        if inner == "exact" and vary != "adjoint":
            continue
        experiment = run(
            Scenario(
                family=family,
                size=20,
                samples=8,
                hyper_size=6,
                contraction=0.8,
                methods=tuple(METHODS),
                inner=inner,
                horizon=100,
                **RUNS[vary],
            )
        )
        scale = float(np.linalg.norm(experiment.hypergradient))
        for curve in experiment.curves:
            for target in 0.7 * scale * 10.0 ** np.arange(-12.0, 2.0):
                if target <= 2 * curve.floor:
                    continue
                found = crossing(experiment, curve, target)
                assert curve.sharp.status is not Status.HEURISTIC
                if found.measured is None:
                    # Not within the horizon: no bound may promise it.
                    assert found.sharp is None
                    assert found.paper is None or found.paper > experiment.scenario.horizon
                    continue
                seen += 1
                assert found.index is not None
                assert curve.steps[found.index] == found.measured
                assert np.all(curve.errors[found.index :] <= target)
                assert found.index == 0 or curve.errors[found.index - 1] > target
                for predicted in (found.paper, found.sharp):
                    assert predicted is None or predicted >= found.measured
                if curve.sharp.status is Status.TIGHT and target > 1e3 * curve.floor:
                    assert found.sharp == found.measured
    assert seen > 20


def test_the_prediction_of_the_paper_goes_beyond_the_horizon() -> None:
    experiment = run(Scenario(contraction=0.95, horizon=20))
    curve = experiment.curve("aid-fp")
    target = 1e-9 * float(np.linalg.norm(experiment.hypergradient))
    found = crossing(experiment, curve, target)
    assert (found.measured, found.index, found.sharp) == (None, None, None)
    assert found.paper is not None
    longer = run(Scenario(contraction=0.95, horizon=2 * found.paper))
    same = longer.curve("aid-fp")
    reached = crossing(longer, same, target)
    assert reached.paper == found.paper
    assert reached.measured is not None
    assert 20 < reached.measured <= found.paper


def test_a_plateau_is_never_predicted_to_fall() -> None:
    experiment = run(Scenario(methods=("one-step",), horizon=300))
    curve = experiment.curves[0]
    found = crossing(experiment, curve, 0.5 * float(curve.errors[-1]))
    assert (found.measured, found.paper, found.sharp) == (None, None, None)


def test_without_a_contraction_nothing_is_predicted() -> None:
    experiment = run(
        Scenario(family="equilibrium", contraction=1.1, size=20, samples=5, horizon=150)
    )
    for curve in experiment.curves:
        found = crossing(experiment, curve, 2 * float(curve.errors.max()))
        assert found.measured == 0
        assert found.paper is None
        assert found.sharp is None
