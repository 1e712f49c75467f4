"""Final values of descents: those of the descents themselves, and their means over seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import METHODS, Budget, HypergradError, Outer, Rule, Scenario, minimize
from hypergrad_core.inner import FIXED_POINT
from hypergrad_core.studies.final_values import (
    NUMBERS,
    FinalRow,
    outcome,
    repeats,
    retrained_accuracy,
    rows_of,
    tabulate,
)
from tests.core.helpers import build, points_at

SCENARIO = Scenario(family="softmax", size=12, samples=20, methods=("itd", "aid-cg"), seed=5)
BUDGET = Budget(6, 4)
CERTIFIED = Outer(Rule.CERTIFIED, steps=4, length=0.5, products=20_000)


def test_they_are_those_of_the_descents() -> None:
    rows = tabulate(SCENARIO, BUDGET, CERTIFIED)
    assert [(row.method, row.rule) for row in rows] == [
        (method, rule) for method in SCENARIO.methods for rule in (Rule.CERTIFIED, Rule.FIXED)
    ]
    problem = SCENARIO.build()
    for certified, fixed in zip(rows[::2], rows[1::2], strict=True):
        own = minimize(problem, certified.method, BUDGET, CERTIFIED)
        steps = Outer(Rule.FIXED, 200, 0.5, own.last.products)
        beside = minimize(problem, certified.method, BUDGET, steps)
        for row, descent in ((certified, own), (fixed, beside)):
            last, (run,) = descent.last, row.runs
            assert run.steps == len(descent.steps) - 1
            # Though f was asked for at the last λ only.
            assert run.objective == last.objective
            assert run.value == last.certificate.value
            assert run.accuracy == last.accuracy
            assert run.retrained == retrained_accuracy(problem, last.hyper)
            assert (run.products, run.stored_floats) == (last.products, last.stored_floats)
            assert run.seed == 5
            assert np.isnan(row.deviation("objective"))
        assert beside.steps[-2].products < own.last.products


def test_a_given_hyperparameter_is_that_of_one_seed() -> None:
    problem = SCENARIO.build()
    given = replace(SCENARIO, hyper=tuple((problem.hyper + 0.1).tolist()))
    (row, *_) = tabulate(given, BUDGET, CERTIFIED)
    assert len(row.runs) == 1
    with pytest.raises(HypergradError, match="seeds must be 1 where λ is given"):
        tabulate(given, BUDGET, CERTIFIED, seeds=2)


@pytest.mark.parametrize("truth", [True, False, "last"])
def test_a_step_without_an_accuracy_ends_nothing(truth: Any) -> None:
    """λ goes so far that the matrices behind w(λ) are singular to rounding."""
    scenario = Scenario(family="representation-tasks", data="digits")
    outer = Outer(Rule.FIXED, steps=20, length=5.0)
    run = minimize(scenario.build(), "aid-cg", Budget(10, 10), outer, truth=truth)
    accuracies = np.array([step.accuracy for step in run.steps])
    assert np.isfinite(accuracies[0])
    assert np.isnan(accuracies[-1])
    with pytest.raises(HypergradError, match="was not reached"):
        scenario.build().at(run.last.hyper).fixed_point()


def test_what_is_trained_again_is_the_last_model() -> None:
    scenario = replace(SCENARIO, size=30, methods=("aid-cg",))
    outer, problem = Outer(Rule.BACKTRACKING, steps=8, length=1.0), scenario.build()
    (found,) = outcome(scenario, Budget(100, 12), outer)
    last = minimize(problem, "aid-cg", Budget(100, 12), outer).last.hyper
    first, again = (retrained_accuracy(problem, hyper) for hyper in (problem.hyper, last))
    assert found.retrained == again != first


def test_the_truth_is_told_where_it_is_asked_for() -> None:
    problem = SCENARIO.build()
    runs = {
        truth: minimize(problem, "aid-cg", BUDGET, Outer(steps=4), truth=truth)
        for truth in (True, "last", False)
    }
    assert runs["last"].last == runs[True].last
    assert np.isnan(runs["last"].objectives).tolist() == [True] * 4 + [False]
    assert np.isnan(runs[False].objectives).all()
    np.testing.assert_array_equal(runs["last"].hypers, runs[True].hypers)
    # A run that ends in mid-step has looked closer at its last λ since then.
    for products in (400, 800, 1200):
        outer = Outer(Rule.CERTIFIED, steps=50, products=products)
        ends = [minimize(problem, "aid-cg", BUDGET, outer, truth=t).last for t in (True, "last")]
        assert ends[0].ended
        assert ends[0] == ends[1]


def test_means_and_deviations_are_over_the_seeds() -> None:
    rows = tabulate(SCENARIO, BUDGET, Outer(steps=3), seeds=3)
    for row in rows:
        alone = [
            outcome(replace(SCENARIO, methods=(row.method,), seed=seed), BUDGET, Outer(steps=3))
            for seed in (5, 6, 7)
        ]
        assert row.runs == tuple(run for (run,) in alone)
        assert len({run.objective for run in row.runs}) == 3
        for name in NUMBERS:
            values = [getattr(run, name) for run in row.runs]
            mean = sum(values) / 3
            assert row.mean(name) == pytest.approx(mean, rel=1e-14)
            spread = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
            assert row.deviation(name) == pytest.approx(spread, rel=1e-12, abs=1e-15)


def test_what_is_not_finite_for_a_seed_has_no_mean() -> None:
    (row,) = tabulate(replace(SCENARIO, methods=("itd",)), BUDGET, Outer(steps=2), seeds=2)
    first, second = row.runs
    for value in (np.nan, np.inf):
        broken = FinalRow((first, replace(second, objective=value)))
        assert not np.isfinite(broken.mean("objective"))
        assert np.isnan(broken.deviation("objective"))
        assert np.isfinite(broken.deviation("value"))


def test_seeds_follow_each_other_and_begin_again() -> None:
    assert [run.seed for run in repeats(replace(SCENARIO, seed=9998), 4)] == [
        seed for seed in (9998, 9999, 0, 1) for _ in SCENARIO.methods
    ]
    with pytest.raises(HypergradError, match="at least 1, not 0"):
        tabulate(SCENARIO, seeds=0)


def test_a_method_that_does_not_apply_has_no_row() -> None:
    scenario = Scenario(family="nonsymmetric", size=6, hyper_size=2, methods=("aid-cg", "aid-fp"))
    rows = tabulate(scenario, BUDGET, Outer(steps=2), seeds=2)
    assert [row.method for row in rows] == ["aid-fp"]
    assert rows_of([]) == ()


def test_it_tells_how_far_it_is_and_can_be_stopped() -> None:
    told: list[float] = []
    tabulate(SCENARIO, BUDGET, CERTIFIED, seeds=2, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1

    def stop(fraction: float) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tabulate(SCENARIO, BUDGET, CERTIFIED, seeds=2, progress=stop)


@pytest.mark.parametrize("method", [key for key in METHODS if key != "itd-forward"])
def test_what_is_kept_is_what_the_method_says(method: str) -> None:
    """That of its hypergradient at (t, k), and the guess of the adjoint."""
    problem = build(family="biased", size=9, samples=12)
    t, k, d, m = 7, 5, problem.state_size, problem.hyper_size
    chosen = METHODS[method]
    points = chosen.clipped_points(points_at([t], [k]))
    states = FIXED_POINT.iterate(problem, t)
    told = chosen.estimate(problem, states, points).costs.stored_floats[0]
    for warm in (False, True):
        budget = Budget(t, k, warm_state=warm, warm_adjoint=warm)
        first, *_, last = minimize(problem, method, budget, Outer(steps=3)).steps
        assert first.stored_floats == told
        assert last.stored_floats == told + warm * d
    # t states and three more vectors against three vectors: what unrolling is known for.
    if method == "itd":
        assert told == (t + 2) * d + m


def test_what_is_kept_grows_where_a_certificate_asks_for_more_steps() -> None:
    problem = build(family="biased", size=9, samples=12)
    run = minimize(problem, "itd", Budget(4, 4), Outer(Rule.CERTIFIED, steps=6))
    kept = [step.stored_floats for step in run.steps]
    assert kept == sorted(kept)
    most = max(step.inner_steps for step in run.steps)
    # Steps are doubled: about half of all at one λ are unrolled at once, the others before.
    assert most * 9 / 2 < kept[-1] <= (most + 2) * 9 + 2 * 9


def test_forward_mode_keeps_a_jacobian() -> None:
    for d, m in ((9, 4), (9, 1)):
        problem = build(size=d, hyper_size=m)
        for warm in (False, True):
            budget = Budget(7, 5, warm_adjoint=warm)
            last = minimize(problem, "itd-forward", budget, Outer(steps=2)).last
            # A warm adjoint is solved for as well: w, v, a product and the hypergradient.
            kept = max((m + 2) * d, 3 * d + m) + d if warm else (m + 2) * d
            assert last.stored_floats == kept
