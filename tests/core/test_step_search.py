"""The first step from which a target holds: searched and predicted, against brute force."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hypergrad_core.arrays import FloatArray, IntArray
from hypergrad_core.studies.step_search import (
    FARTHEST,
    first_to_stay,
    predicted_steps,
    search_steps,
)

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


CAP = 5000


def searched(values: FloatArray, target: float, proved: int | None) -> tuple[int | None, list[int]]:
    """What the search finds on a curve of CAP + 1 errors, and how many steps each pass asked."""
    asked: list[int] = []

    def errors(steps: IntArray) -> FloatArray:
        assert np.all(np.diff(steps) > 0)
        assert 0 <= steps[0] <= steps[-1] <= CAP
        asked.append(len(steps))
        return values[steps]

    return search_steps(errors, target, CAP, proved), asked


def falling(random: np.random.Generator) -> FloatArray:
    """An error with a rise at first, and another factor at odd steps than at even ones."""
    t = np.arange(CAP + 1)
    q = float(random.choice([0.5, 0.97, 0.99, 0.997]))
    parity = np.where(t % 2, random.uniform(0.05, 20), 1.0) if random.random() < 0.5 else 1.0
    return np.asarray((1 + random.uniform(0, 0.1) * t) * q**t * parity)


@pytest.mark.parametrize("seed", range(60))
def test_the_search_agrees_with_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = falling(random)
    for target in 10.0 ** random.uniform(-6, 1, 8):
        wanted = first_to_stay(values, float(target))
        if wanted == CAP:
            # It may well be above again at the next step, which nobody has seen.
            wanted = None
        if target < values[0]:
            assert searched(values, target, None)[0] == wanted
        if wanted is not None:
            for slack in (0, 1, 40, 900):
                assert searched(values, target, wanted + slack)[0] == wanted


@pytest.mark.parametrize("target", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_the_search_takes_few_passes(target: float) -> None:
    values = (1 + 0.01 * np.arange(CAP + 1)) * 0.996 ** np.arange(CAP + 1)
    wanted = first_to_stay(values, target)
    assert wanted is not None
    assert wanted > 1000
    found, asked = searched(values, target, wanted + 800)
    assert found == wanted
    assert len(asked) <= 3
    assert sum(asked) <= 50


def test_a_short_search_looks_at_every_step() -> None:
    values = 0.9 ** np.arange(CAP + 1)
    values[87] = 1.0
    assert searched(values, 0.5, 120) == (88, [122])


def test_a_search_ends_at_its_cap() -> None:
    values = np.ones(CAP + 1)
    found, asked = searched(values, 0.5, None)
    assert found is None
    assert len(asked) == 7
    assert searched(values, 0.5, 3 * CAP)[0] is None
    # A bound that rounding breaks does not make it go on.
    assert searched(values, 0.5, 400)[0] is None
    assert len(searched(values, 0.5, 400)[1]) == 1
    values[:] = np.nan
    assert searched(values, 0.5, None)[0] is None
