"""The paper's experiment: what is run, at which λ, and how it is averaged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.studies.replication import (
    GENERAL_TRACKS,
    PLAIN_TRACKS,
    PLATEAU_STEPS,
    RESOLUTION,
    SPREAD,
    SYMMETRIC_TRACKS,
    Track,
    replicate,
    vary_hyper,
)
from tests.core.helpers import build
from tests.core.replication_cases import SIZES, constructed

SMALL = Scenario(size=14, hyper_size=4, horizon=40, contraction=0.8)


# What is run.


@pytest.mark.parametrize("family", FAMILIES)
def test_a_replication_is_determined_by_its_seed(family: str) -> None:
    scenario = Scenario(family=family, horizon=12, **SIZES)
    first, again = (replicate(scenario, values=3) for _ in range(2))
    other = replicate(replace(scenario, seed=1), values=3)
    assert np.array_equal(first.errors, again.errors)
    assert np.array_equal(first.bounds, again.bounds)
    assert (first.floor, first.contraction) == (again.floor, again.contraction)
    assert not np.array_equal(first.errors, other.errors)
    # Another λ leaves no A symmetric, and one method must do for all values.
    symmetric = FAMILIES[family].symmetric
    assert first.tracks == (SYMMETRIC_TRACKS if symmetric else GENERAL_TRACKS)
    assert first.errors.shape == (5, 3, 13)
    assert np.all(np.isfinite(first.errors))
    assert np.all(first.errors >= 0)
    # The values of λ differ, and more of them leave those before as they are.
    assert not np.allclose(first.errors[:, 0], first.errors[:, 1], rtol=1e-6)
    assert np.array_equal(replicate(scenario, values=2).errors, first.errors[:, :2])


@pytest.mark.parametrize("inner", ["fixed-point", "heavy-ball"])
def test_the_first_value_is_the_scenarios_own(inner: str) -> None:
    scenario = replace(SMALL, inner=inner)
    found = replicate(scenario, values=2)
    whole = run(replace(scenario, methods=("itd", "aid-fp", "aid-cg")))
    held = run(
        replace(scenario, methods=("aid-fp", "aid-cg"), vary="inner", adjoint_steps=PLATEAU_STEPS)
    )
    size = float(np.linalg.norm(whole.hypergradient))
    plain = run(replace(scenario, inner="fixed-point", methods=("itd", "aid-fp")))
    curves = [*whole.curves, *held.curves]
    if inner == "heavy-ball":
        assert found.tracks[5:] == PLAIN_TRACKS
        curves += plain.curves
    assert len(found.tracks) == len(curves)
    for place, curve in enumerate(curves):
        assert found.tracks[place].method == curve.method
        room = 2 * curve.floor / size
        assert np.allclose(found.errors[place, 0], curve.errors / size, rtol=1e-9, atol=room)
    for place, key in enumerate(("itd", "aid-fp")):
        curve = plain.curve(key)
        assert np.allclose(found.bounds[place], curve.paper.values / size, rtol=1e-12)
    assert np.array_equal(found.steps, np.arange(41))


def test_the_progress_rises_to_one() -> None:
    told: list[float] = []
    replicate(SMALL, values=7, progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert len(told) >= 8


@pytest.mark.parametrize("after", [0.0, 0.3, 0.8, 1.0])
def test_raising_in_the_progress_stops_the_replication(after: float) -> None:
    told: list[float] = []

    def stop(fraction: float) -> None:
        told.append(fraction)
        if fraction >= after:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        replicate(SMALL, values=5, progress=stop)
    assert told[-1] >= after
    assert all(fraction < after for fraction in told[:-1])


@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("family", FAMILIES)
def test_another_value_of_lambda_still_contracts(family: str, q: float) -> None:
    problem = build(family=family, contraction=q, **SIZES)
    random = np.random.default_rng(4)
    base = problem.constants.contraction
    size = np.maximum(np.abs(problem.hyper), 0.1 * np.abs(problem.hyper).max())
    for _ in range(6):
        moved = vary_hyper(problem, random)
        assert moved.constants.contraction <= (1 + base) / 2 < 1
        change = np.abs(moved.hyper - problem.hyper)
        assert np.all(change <= SPREAD * size * (1 + 1e-12))
        assert change.max() > 1e-4 * size.max()
        assert np.array_equal(moved.initial_state, problem.initial_state)
        assert np.all(np.isfinite(moved.reference.hypergradient))


def test_the_mean_is_geometric_and_the_band_holds_all() -> None:
    found = replicate(SMALL, values=4)
    for place, track in enumerate(found.tracks):
        errors = np.maximum(found.errors[place], RESOLUTION)
        low, high = found.band(track)
        mean = found.mean(track)
        assert np.allclose(mean, np.prod(errors ** (1 / 4), axis=0), rtol=1e-10)
        assert np.array_equal(low, errors.min(axis=0))
        assert np.array_equal(high, errors.max(axis=0))
        assert np.all(low <= mean * (1 + 1e-12))
        assert np.all(mean <= high * (1 + 1e-12))


def test_one_error_that_happens_to_be_0_is_not_all_of_the_mean() -> None:
    found = constructed()
    errors = found.errors.copy()
    errors[0, 1, 7] = 0
    mean = replace(found, errors=errors).mean(Track("itd"))
    assert mean[7] == pytest.approx((errors[0, 0, 7] * RESOLUTION * errors[0, 2, 7]) ** (1 / 3))
    assert np.array_equal(np.delete(mean, 7), np.delete(found.mean(Track("itd")), 7))


def test_the_tracks_are_named_as_in_the_paper() -> None:
    assert Track("itd").label == METHODS["itd"].label
    assert Track("aid-fp").label == f"{METHODS['aid-fp'].label}, k = t"
    assert Track("aid-cg", 10).label == f"{METHODS['aid-cg'].label}, k = 10"
    assert Track("itd", plain=True).label == f"{METHODS['itd'].label}, plain map"


@pytest.mark.parametrize(
    ("family", "data"), [("kernel-ridge", "diabetes"), ("logistic", "synthetic")]
)
def test_moving_the_hyperparameters_keeps_what_must_be_positive_positive(
    family: str, data: str
) -> None:
    problem = FAMILIES[family].build(Scenario(family=family, data=data))
    random = np.random.default_rng(3)
    for _ in range(20):
        moved = vary_hyper(problem, random)
        assert (moved.hyper > 0).all()
        assert moved.constants.contraction < 1
