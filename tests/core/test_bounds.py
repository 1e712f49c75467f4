"""Bounds are never below the measured error, on random instances and on the curves of runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, Status, run
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems.logistic import LogisticRegression
from hypergrad_core.scenario import SLICES
from tests.core.bound_cases import (
    INSTANCES,
    SLACK,
    SWEPT,
    Instance,
    check_bounds,
    compare,
    instance,
    solvers_of,
)
from tests.core.helpers import build
from tests.core.method_cases import refused_by

# Bounds that are attained wherever ∂₁Φ and ∂₂Φ are constant.
UNROLLED = {"itd", "itd-forward", "itd-truncated", "one-step", "aid-fp"}


@pytest.mark.parametrize("number", range(INSTANCES))
def test_no_bound_lies_below_its_error(number: int) -> None:
    check_bounds(instance(number))


def test_the_sweep_covers_what_it_should() -> None:
    sweep = [instance(number) for number in range(INSTANCES)]
    moved = [bool(np.any(chosen.problem.initial_state)) for chosen in sweep]
    assert 0.3 * INSTANCES < sum(moved) < 0.7 * INSTANCES
    for family in ("quadratic", "logistic"):
        place, inner = SWEPT.index(family), {*solvers_of(family)}
        drawn = [chosen.inner for chosen in sweep[place::3]]
        assert min(drawn.count(solver) for solver in inner) >= 0.05 * len(drawn)
        assert {*drawn} == inner
    assert all(0.0 < chosen.problem.constants.contraction < 1.0 for chosen in sweep)
    uneven = [
        chosen
        for chosen in sweep
        if isinstance(chosen.problem, LogisticRegression)
        and np.ptp(chosen.problem.penalty) > 0.1 * chosen.problem.penalty.min()
    ]
    assert {chosen.problem.logarithmic for chosen in uneven} == {False, True}


@pytest.mark.parametrize("family", FAMILIES)
def test_unrolled_bounds_are_tight_on_the_quadratic_only(family: str) -> None:
    """There the sharp bounds of unrolled steps are the errors, whatever the inner solver."""
    problem = build(family=family, size=18, samples=9, hyper_size=6, contraction=0.8)
    for inner in solvers_of(family):
        for found in compare(Instance(problem, inner, 20, 12, 5)):
            tight = family == "quadratic" and found.method in UNROLLED
            assert found.status is (Status.TIGHT if tight else Status.UPPER), found.method
            assert not tight or found.gap() <= 1, found.method


def left_out(family: str, vary: str) -> set[str]:
    """The methods that a scenario refuses."""
    refused = {
        "both": set(),
        "adjoint": {"itd", "itd-forward", "one-step"},
        "inner": {"itd", "itd-forward"},
    }[vary]
    return refused | refused_by(family)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("vary", "inner"),
    [
        *((vary, inner) for vary in SLICES for inner in SOLVERS if inner != "exact"),
        ("adjoint", "exact"),
    ],
)
def test_the_curves_of_a_run_lie_below_their_bounds(family: str, vary: str, inner: str) -> None:
    fields: dict[str, Any] = {
        "family": family,
        "contraction": 0.95,
        "size": 23,
        "samples": 11,
        "methods": tuple(METHODS),
        "vary": vary,
        "horizon": 70,
        "inner_steps": 20,
        "adjoint_steps": 8,
    }
    if inner not in solvers_of(family):
        with pytest.raises(ScenarioError, match="momentum needs Φ affine"):
            Scenario(**fields, inner=inner)
        return
    scenario = Scenario(**fields, inner=inner)
    experiment = run(scenario)
    floor = scenario.problem_family.build(scenario).canonical().constants.rounding_floor
    refused = left_out(family, vary)
    assert {curve.method for curve in experiment.curves} == set(METHODS) - refused
    assert {refusal.method for refusal in experiment.refusals} == refused
    assert all(refusal.reason for refusal in experiment.refusals)
    for curve in experiment.curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + SLACK) + curve.floor)
        assert curve.floor == floor
        assert len(curve.steps) == len(curve.errors) == len(curve.estimate.points)


# Runs that rest far above where products of G and J alone would put rounding: up to 16 times.
ROUNDED: tuple[dict[str, Any], ...] = (
    {"contraction": 0.984, "size": 12, "hyper_size": 5, "samples": 2, "seed": 1563, "start": 1.0},
    {"contraction": 0.9992, "size": 11, "hyper_size": 3, "samples": 5, "seed": 448, "start": 1.0},
    {"family": "kernel-ridge", "contraction": 0.01, "size": 9, "hyper_size": 2, "seed": 6452},
)


@pytest.mark.parametrize("fields", ROUNDED)
@pytest.mark.parametrize("inner", ["heavy-ball", "fixed-point"])
def test_what_is_left_long_after_convergence_is_rounding(
    fields: dict[str, Any], inner: str
) -> None:
    """w is off by uW/(1 − q), and ∂₂Φ(w)ᵀv by ν₂V times that (THEORY.md, "Rounding")."""
    scenario = Scenario(
        **{"family": "hyper-representation", **fields},
        methods=("itd-truncated", "aid-cg"),
        vary="adjoint",
        inner=inner,
        inner_steps=2000,
        horizon=300,
    )
    for curve in run(scenario).curves:
        for bound in (curve.paper, curve.sharp):
            assert np.all(curve.errors <= bound.values * (1 + SLACK) + curve.floor)


@pytest.mark.parametrize("family", [key for key in FAMILIES if FAMILIES[key].unit_rows])
@pytest.mark.parametrize("vary", SLICES)
def test_without_a_contraction_nothing_is_bounded(family: str, vary: str) -> None:
    experiment = run(
        Scenario(
            family=family,
            contraction=1.2,
            size=24,
            samples=6,
            methods=tuple(METHODS),
            vary=vary,
            horizon=20,
        )
    )
    assert {curve.method for curve in experiment.curves} == set(METHODS) - left_out(family, vary)
    for curve in experiment.curves:
        assert np.all(np.isfinite(curve.errors))
        for bound in (curve.paper, curve.sharp):
            assert np.all(np.isposinf(bound.values))
            assert bound.status is Status.UPPER
