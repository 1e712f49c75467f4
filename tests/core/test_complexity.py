"""How many steps reach an accuracy: against brute force, and against what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, Status, run
from hypergrad_core.complexity import FARTHEST, crossing, first_to_stay, predicted_steps
from hypergrad_core.problem import FloatArray, IntArray
from hypergrad_core.scenario import SLICES
from tests.core.test_bounds import solvers_of

Law = Callable[[IntArray], FloatArray]
# How far the brute force looks.
ALL_STEPS = np.arange(40_000)


def brute_first_to_stay(values: FloatArray, target: float) -> int | None:
    for start in range(len(values)):
        if all(value <= target for value in values[start:]):
            return start
    return None


@pytest.mark.parametrize("seed", range(40))
def test_the_first_to_stay_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.random(int(random.integers(1, 30)))
    for target in (-1.0, 0.0, *random.random(8), values[-1], values.max(), 2.0):
        assert first_to_stay(values, float(target)) == brute_first_to_stay(values, float(target))


def test_a_dip_below_the_target_does_not_count() -> None:
    values = np.array([3.0, 0.5, 2.0, 0.9, 0.8])
    assert first_to_stay(values, 1.0) == 3
    assert first_to_stay(values, 0.8) == 4
    assert first_to_stay(values, 0.7) is None
    assert first_to_stay(values, 5.0) == 0


def test_what_is_not_a_number_is_not_below() -> None:
    assert first_to_stay(np.array([0.1, np.nan, 0.1]), 1.0) == 2
    assert first_to_stay(np.array([0.1, np.nan]), 1.0) is None
    assert first_to_stay(np.full(3, np.inf), 1.0) is None


def law(random: np.random.Generator) -> Law:
    """(a + bt)qᵗ and a plateau: falls for good after at most one rise, as the paper's bounds do."""
    q = float(random.choice([0.3, 0.9, 0.99, 0.998]))
    a, b = 10.0 ** random.uniform(-3, 3, 2) * random.choice([0.0, 1.0, 1.0, 1.0], 2)
    plateau = 10.0 ** random.uniform(-8, -1) * float(random.random() < 0.3)

    def bound(steps: IntArray) -> FloatArray:
        t = steps.astype(np.float64)
        return np.asarray((a + b * t) * q**t + plateau)

    return bound


@pytest.mark.parametrize("seed", range(150))
def test_predictions_agree_with_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    bound = law(random)
    values = bound(ALL_STEPS)
    for target in 10.0 ** random.uniform(-12, 4, 12):
        wanted = first_to_stay(values, target)
        assert predicted_steps(bound, target) == wanted


def test_the_sweep_has_rises_and_plateaus() -> None:
    rises = plateaus = 0
    for seed in range(150):
        values = law(np.random.default_rng(seed))(ALL_STEPS)
        rises += bool(values[1] > values[0])
        plateaus += bool(values[-1] > 1e-9)
    assert rises > 30
    assert plateaus > 20


def test_a_bound_may_begin_below_the_target_rise_and_fall_again() -> None:
    def bound(steps: IntArray) -> FloatArray:
        t = steps.astype(np.float64)
        return np.asarray((0.1 + t) * 0.99**t)

    values = bound(ALL_STEPS)
    assert values[0] < 1 < values.max()
    assert predicted_steps(bound, 1.0) == first_to_stay(values, 1.0)
    assert predicted_steps(bound, float(values.max())) == 0


def test_predictions_end_where_nobody_would_wait() -> None:
    def slow(steps: IntArray) -> FloatArray:
        return np.asarray(1 / (1 + steps.astype(np.float64)))

    assert predicted_steps(slow, 1e-3) == 999
    assert predicted_steps(slow, 0.5 / FARTHEST) is None


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
    assert curve is not None
    target = 1e-9 * float(np.linalg.norm(experiment.hypergradient))
    found = crossing(experiment, curve, target)
    assert (found.measured, found.index, found.sharp) == (None, None, None)
    assert found.paper is not None
    longer = run(Scenario(contraction=0.95, horizon=2 * found.paper))
    same = longer.curve("aid-fp")
    assert same is not None
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
