"""The replication of the paper's figure: what is run, and what it says of the paper's claims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, run
from hypergrad_core.paper import (
    GENERAL_TRACKS,
    PLATEAU_STEPS,
    SPREAD,
    SYMMETRIC_TRACKS,
    Replication,
    Track,
    Verdict,
    claims,
    replicate,
    vary_hyper,
)
from hypergrad_core.problem import FloatArray
from tests.core.helpers import build, relative_gap

SIZES = {"size": 14, "samples": 7, "hyper_size": 6}
SMALL = Scenario(size=14, hyper_size=4, horizon=40, contraction=0.8)
T = 100
STEPS = np.arange(T + 1)


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
    symmetric = {"quadratic", "logistic", "logistic-log"}
    general = family not in symmetric | {"kernel-ridge", "biased", "hyper-representation"}
    assert first.tracks == (GENERAL_TRACKS if general else SYMMETRIC_TRACKS)
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
    curves = [*whole.curves, *held.curves]
    for place, curve in enumerate(curves):
        assert found.tracks[place].method == curve.method
        room = 2 * curve.floor / size
        assert np.allclose(found.errors[place, 0], curve.errors / size, rtol=1e-9, atol=room)
    for place, key in enumerate(("itd", "aid-fp")):
        curve = whole.curve(key)
        assert curve is not None
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
        errors = np.maximum(found.errors[place], 1e-300)
        low, high = found.band(track)
        mean = found.mean(track)
        assert np.allclose(mean, np.prod(errors ** (1 / 4), axis=0), rtol=1e-10)
        assert np.array_equal(low, errors.min(axis=0))
        assert np.array_equal(high, errors.max(axis=0))
        assert np.all(low <= mean * (1 + 1e-12))
        assert np.all(mean <= high * (1 + 1e-12))


def test_the_tracks_are_named_as_in_the_paper() -> None:
    assert Track("itd").label == METHODS["itd"].label
    assert Track("aid-fp").label == f"{METHODS['aid-fp'].label}, k = t"
    assert Track("aid-cg", 10).label == f"{METHODS['aid-cg'].label}, k = 10"


# What it says, on made-up curves.

FLOOR = 1e-14
BOUNDS = np.array([2 * 0.95**STEPS * (1 + STEPS), 2 * 0.95**STEPS])


def geometric(rate: float, size: float = 1.0, plateau: float = 0.0) -> FloatArray:
    return np.asarray(np.maximum(size * rate**STEPS + plateau, 1e-17))


# Where every claim holds: ITD, FP, CG with k = t, FP and CG with k held.
GOOD = (
    geometric(0.8, 2.0),
    geometric(0.8),
    geometric(0.5),
    geometric(0.8, plateau=1e-2),
    geometric(0.8, plateau=1e-4),
)
LINEAR, BOUNDED, ORDERED, FASTEST, FIRST_PLATEAU, SECOND_PLATEAU = range(6)


def constructed(
    changes: dict[int, FloatArray] | None = None, bounds: FloatArray = BOUNDS
) -> Replication:
    curves = np.array([(changes or {}).get(place, GOOD[place]) for place in range(5)])
    return Replication(
        scenario=Scenario(horizon=T),
        steps=STEPS,
        tracks=SYMMETRIC_TRACKS,
        errors=np.repeat(curves[:, None], 3, axis=1) * np.array([0.5, 1.0, 2.0])[:, None],
        floor=FLOOR,
        contraction=0.95,
        bounds=bounds,
    )


def verdicts(found: Replication) -> list[Verdict]:
    return [claim.verdict for claim in claims(found)]


def test_every_claim_can_hold() -> None:
    found = claims(constructed())
    assert [claim.verdict for claim in found] == [Verdict.HOLDS] * 6
    assert len({claim.text for claim in found}) == 6
    assert all(claim.evidence for claim in found)
    # The rate, the level and where it is reached are told.
    assert "factor 0.800" in found[LINEAR].evidence
    assert "q is 0.950" in found[LINEAR].evidence
    assert "2 times more accurate" in found[ORDERED].evidence
    assert "level 1.0e-02" in found[FIRST_PLATEAU].evidence
    reached = int(np.flatnonzero(GOOD[3] <= 2 * GOOD[3][-1])[0])
    assert f"t = {reached}" in found[FIRST_PLATEAU].evidence


AT_ROUNDING = np.full(T + 1, 1e-16)
TWO_PHASES = np.maximum(0.5**STEPS, 1e-3)
FALSE = {
    "an error that grows": (LINEAR, {1: geometric(1.02, 1e-3)}, BOUNDS),
    "a plateau with k = t": (LINEAR, {2: TWO_PHASES}, BOUNDS),
    "a bound of ITD below that of AID-FP": (BOUNDED, {}, BOUNDS[::-1]),
    "a bound of ITD below it once": (
        BOUNDED,
        {},
        np.where((STEPS == 50) & (np.arange(2)[:, None] == 0), 1e-9, BOUNDS),
    ),
    "AID-FP behind ITD": (ORDERED, {0: geometric(0.8, 0.5)}, BOUNDS),
    "AID-FP behind in a fifth of the steps": (
        ORDERED,
        {0: np.where(STEPS % 5 == 0, 0.9, 2.0) * geometric(0.8)},
        BOUNDS,
    ),
    "conjugate gradient behind AID-FP": (FASTEST, {2: geometric(0.85)}, BOUNDS),
    "k held, yet it converges": (FIRST_PLATEAU, {3: geometric(0.5)}, BOUNDS),
    "k held, and it falls to the end": (SECOND_PLATEAU, {4: geometric(0.9)}, BOUNDS),
}


@pytest.mark.parametrize("name", FALSE)
def test_every_claim_can_fail(name: str) -> None:
    claim, changes, bounds = FALSE[name]
    found = verdicts(constructed(changes, bounds))
    assert found[claim] is Verdict.FAILS
    # Only claims that speak of the changed curves may change.
    about = {LINEAR: {0, 1, 2}, ORDERED: {0, 1}, FASTEST: {1, 2}, FIRST_PLATEAU: {3}}
    about |= {SECOND_PLATEAU: {4}, BOUNDED: set()}
    for other, verdict in enumerate(found):
        if other != claim and not about[other] & {*changes}:
            assert verdict is Verdict.HOLDS


def test_a_claim_may_be_open() -> None:
    infinite = np.full_like(BOUNDS, np.inf)
    assert verdicts(constructed({}, infinite))[BOUNDED] is Verdict.OPEN
    fast = dict.fromkeys(range(5), AT_ROUNDING)
    found = verdicts(constructed(fast))
    assert found[LINEAR] is found[ORDERED] is found[FASTEST] is Verdict.OPEN
    # A plateau at rounding is none.
    assert found[FIRST_PLATEAU] is found[SECOND_PLATEAU] is Verdict.FAILS


def test_what_lies_below_rounding_does_not_count() -> None:
    noisy = GOOD[1].copy()
    noisy[geometric(0.8, 2.0) < 100 * FLOOR] *= 50
    assert verdicts(constructed({1: noisy})) == [Verdict.HOLDS] * 6


# What it says, on real runs.


@pytest.mark.parametrize("spectrum", ["even", "log-uniform"])
def test_the_claims_on_the_quadratic(spectrum: str) -> None:
    scenario = Scenario(contraction=0.95, size=60, horizon=150, spectrum=spectrum)
    found = replicate(scenario, values=5)
    told = claims(found)
    for place in (LINEAR, BOUNDED, ORDERED, FASTEST, FIRST_PLATEAU):
        assert told[place].verdict is Verdict.HOLDS, told[place].text
    # Reverse mode is AID-FP there.
    assert relative_gap(found.mean(Track("itd")), found.mean(Track("aid-fp"))) < 1e-6
    assert "it is as accurate" in told[ORDERED].evidence


@pytest.mark.parametrize("family", ["logistic", "logistic-log"])
def test_the_claims_on_logistic_regression(family: str) -> None:
    scenario = Scenario(family=family, contraction=0.95, size=30, samples=40, horizon=120)
    told = claims(replicate(scenario, values=4))
    for place in (LINEAR, BOUNDED, ORDERED, FASTEST, FIRST_PLATEAU):
        assert told[place].verdict is Verdict.HOLDS, told[place].text


def test_the_claims_without_a_contraction() -> None:
    scenario = Scenario(family="equilibrium", contraction=1.1, size=20, samples=5, horizon=30)
    found = replicate(scenario, values=2)
    assert np.all(np.isposinf(found.bounds))
    assert claims(found)[BOUNDED].verdict is Verdict.OPEN


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_six_verdicts(family: str) -> None:
    found = replicate(Scenario(family=family, horizon=30, **SIZES), values=2)
    told = claims(found)
    assert len(told) == 6
    assert all(claim.text and claim.evidence for claim in told)
    assert "nan" not in " ".join(claim.evidence for claim in told)


@pytest.mark.parametrize(
    ("family", "data"), [("kernel-ridge", "diabetes"), ("logistic", "made-up")]
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
