"""The paper's bound for other constants, what is proved of it then, and where ITD's may rise."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Constants, Experiment, Scenario, Status, run
from hypergrad_core.arrays import FloatArray
from hypergrad_core.inner import SOLVERS
from hypergrad_core.numerics import row_norms
from hypergrad_core.studies.anatomy import (
    BurnIn,
    altered_bound,
    contraction_at_solution,
    error_burn_in,
    flat,
    jacobian_burn_in,
    with_contraction,
)
from tests.core.bound_cases import state_jacobian
from tests.core.helpers import build

SMALL: dict[str, Any] = {"size": 12, "samples": 6, "hyper_size": 5}
# Where unrolling first makes things worse: ITD rises more than AID does, …
CURSE = Scenario(
    family="hyper-representation",
    size=2,
    hyper_size=4,
    samples=10,
    contraction=0.95,
    start=0.5,
    seed=18,
    methods=("itd", "aid-fp", "aid-cg"),
    horizon=150,
)
# … or where AID-FP does not rise at all, …
ALONE = replace(CURSE, start=3.0)
# … and where the paper's bound rises too.
FAR = Scenario(
    family="logistic", size=2, samples=10, start=10.0, seed=26, methods=("itd",), horizon=60
)


@lru_cache
def experiment_of(family: str, vary: str = "both") -> Experiment:
    methods = tuple(METHODS)
    return run(Scenario(family=family, vary=vary, methods=methods, horizon=40, **SMALL))


# Other constants.


@pytest.mark.parametrize("family", FAMILIES)
def test_smaller_constants_give_no_larger_bound(family: str) -> None:
    experiment = experiment_of(family)
    constants = experiment.constants
    problem = build(family=family, **SMALL)
    choices = {
        "flat": flat(constants),
        "solution": with_contraction(constants, contraction_at_solution(problem)),
        "both": flat(with_contraction(constants, contraction_at_solution(problem))),
        "misjudged": with_contraction(constants, 0.8),
    }
    for curve in experiment.curves:
        for name, altered in choices.items():
            bound = altered_bound(experiment, curve, altered)
            assert np.all(bound.values <= curve.paper.values * (1 + 1e-12)), name
            assert [term.name for term in bound.terms] == [term.name for term in curve.paper.terms]
            assert np.allclose(bound.values, sum(term.values for term in bound.terms), rtol=1e-14)
            for term, whole in zip(bound.terms, curve.paper.terms, strict=True):
                assert np.all(term.values <= whole.values * (1 + 1e-12)), name
            gone = name != "solution" and constants.nu1 > 0
            gone = gone or altered.contraction < constants.contraction * (1 - 1e-9)
            assert bound.status is (Status.HEURISTIC if gone else Status.UPPER), name


@pytest.mark.parametrize("vary", ["both", "adjoint", "inner"])
def test_the_same_constants_give_the_same_bound(vary: str) -> None:
    experiment = experiment_of("logistic", vary)
    constants = experiment.constants
    assert with_contraction(constants, constants.contraction) == constants
    for curve in experiment.curves:
        bound = altered_bound(experiment, curve, constants)
        assert np.array_equal(bound.values, curve.paper.values)
        assert (bound.status, bound.source) == (Status.UPPER, curve.paper.source)


def test_without_curvature_only_the_drift_shrinks() -> None:
    experiment = experiment_of("logistic")
    assert experiment.constants.nu1 > 0
    for curve in experiment.curves:
        bound = altered_bound(experiment, curve, flat(experiment.constants))
        for term, whole in zip(bound.terms, curve.paper.terms, strict=True):
            if term.name == "drift":
                assert np.all(term.values[1:] < 0.9 * whole.values[1:])
            else:
                assert np.array_equal(term.values, whole.values)


def test_where_phi_is_affine_nothing_is_gained() -> None:
    experiment = experiment_of("kernel-ridge")
    assert flat(experiment.constants) == experiment.constants
    problem = build(family="kernel-ridge", **SMALL)
    assert contraction_at_solution(problem) == problem.constants.contraction


@pytest.mark.parametrize("family", ["logistic", "equilibrium", "graph-network"])
def test_the_contraction_at_the_solution_is_the_norm_there(family: str) -> None:
    problem = build(family=family, **(SMALL | {"size": 4, "samples": 2}))
    if family == "logistic":
        # More samples than features, so that none of them is held by the penalty alone.
        problem = build(family=family, size=4, samples=12)
    found = contraction_at_solution(problem)
    matrix = state_jacobian(problem, problem.reference.solution)
    assert found == pytest.approx(float(np.linalg.norm(matrix, 2)), rel=1e-12)
    assert found < problem.constants.contraction


def test_the_condition_number_follows_the_contraction() -> None:
    constants = experiment_of("quadratic").constants
    assert constants.condition_number == pytest.approx(1.9 / 0.1)
    for q in (0.3, 0.8, 0.95):
        altered = with_contraction(constants, q)
        assert altered.contraction == q
        assert altered.condition_number == pytest.approx((1 + q) / (1 - q))
        same = {item.name for item in fields(Constants)} - {"contraction", "condition_number"}
        assert all(getattr(altered, name) == getattr(constants, name) for name in same)
    # A spectrum of one side: κ is less than that, and never below 1.
    tight = replace(constants, condition_number=1.5)
    assert with_contraction(tight, 0.9).condition_number == pytest.approx(1.5)
    assert with_contraction(tight, 0.2).condition_number == 1


@pytest.mark.parametrize("method", ["itd", "aid-fp", "aid-cg"])
def test_a_misjudged_contraction_gives_a_bound_below_the_error(method: str) -> None:
    experiment = run(Scenario(size=6, hyper_size=2, horizon=80, methods=(method,)))
    curve = experiment.curves[0]
    low = altered_bound(experiment, curve, with_contraction(experiment.constants, 0.7))
    assert low.status is Status.HEURISTIC
    clear = curve.errors > 100 * curve.floor
    assert np.any(low.values[clear] < 0.5 * curve.errors[clear])
    assert not np.any(curve.paper.values[clear] < curve.errors[clear])
    high = altered_bound(experiment, curve, with_contraction(experiment.constants, 0.95))
    assert high.status is Status.UPPER
    assert np.all(high.values >= curve.paper.values)


@pytest.mark.parametrize("value", [0.0, 1.0, 1.2, -0.5, float("nan")])
def test_what_is_no_contraction_is_refused(value: float) -> None:
    constants = experiment_of("quadratic").constants
    with pytest.raises(ValueError, match=r"choose one in \(0, 1\)"):
        with_contraction(constants, value)
    with pytest.raises(ValueError, match=r"choose one in \(0, 1\)"):
        with_contraction(replace(constants, contraction=value), 0.5)


# The burn-in of unrolling.


@pytest.mark.parametrize("q", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("slope", [0.0, 0.01, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("level", [0.0, 0.1, 1.0, 10.0])
def test_the_peak_is_where_the_majorant_is_largest(level: float, slope: float, q: float) -> None:
    found = BurnIn(q, level, slope)
    steps = np.arange(2000.0)
    values = found.at(steps)
    assert abs(int(np.argmax(values)) - found.peak_step) <= 1
    fine = np.linspace(0, 2000, 400_001)
    top = float(found.at(fine).max())
    if not found.rises:
        assert found.peak_step == 0
        assert found.growth == 1
        assert top == found.at(np.zeros(1))[0] == level
    elif level == 0:
        assert found.growth == np.inf
    else:
        assert found.growth == pytest.approx(top / level, rel=1e-6)
        assert found.growth > 1


def test_the_bound_of_itd_is_such_a_majorant() -> None:
    for scenario in (CURSE, ALONE, FAR):
        experiment = run(scenario)
        curve = experiment.curves[0]
        found = error_burn_in(experiment.constants)
        assert np.allclose(found.at(curve.steps.astype(float)), curve.paper.values, rtol=1e-12)
        assert abs(int(np.argmax(curve.paper.values)) - found.peak_step) <= 1
    assert found.rises
    assert found.growth > 5


def jacobian_errors(scenario: Scenario) -> FloatArray:
    """‖J_t − w'(λ)‖ for t = 0 … T, from the recursion itself."""
    problem = scenario.problem_family.build(scenario)
    states = SOLVERS["fixed-point"].iterate(problem, scenario.horizon)
    unit, size = np.eye(problem.hyper_size), problem.state_size
    star = problem.linearise(problem.reference.solution[None])
    solved = np.linalg.solve(np.eye(size) - star.jvp_state(np.eye(size)).T, star.jvp_hyper(unit).T)
    lin = problem.linearise(states)
    columns, found = np.zeros((problem.hyper_size, size)), []
    for t in range(scenario.horizon + 1):
        found.append(float(np.linalg.norm(columns.T - solved, 2)))
        columns = lin[t : t + 1].jvp_state(columns) + lin[t : t + 1].jvp_hyper(unit)
    return np.array(found)


@pytest.mark.parametrize("scenario", [CURSE, ALONE, FAR])
def test_the_majorant_bounds_the_jacobian(scenario: Scenario) -> None:
    constants = scenario.problem_family.build(scenario).constants
    found = jacobian_burn_in(constants)
    measured = jacobian_errors(scenario)
    assert measured[0] == pytest.approx(constants.solution_jacobian_norm)
    bound = found.at(np.arange(len(measured), dtype=np.float64))
    assert np.all(measured <= bound * (1 + 1e-9) + 1e-13)
    assert found.rises
    assert measured.max() > 2 * measured[0]
    assert abs(int(np.argmax(measured)) - found.peak_step) <= 2.5


def test_where_the_map_does_not_change_with_the_state_nothing_rises() -> None:
    for family in ("quadratic", "biased", "nonsymmetric"):
        constants = experiment_of(family).constants
        for found in (jacobian_burn_in(constants), error_burn_in(constants)):
            assert not found.rises
            assert found.slope == 0


def test_the_curse_of_unrolling_is_seen() -> None:
    experiment, alone, far = run(CURSE), run(ALONE), run(FAR)

    def growth(ran: Experiment) -> dict[str, float]:
        return {curve.method: curve.errors.max() / curve.errors[0] for curve in ran.curves}

    assert growth(experiment)["itd"] > 10
    assert growth(experiment)["itd"] > 4 * growth(experiment)["aid-fp"]
    assert growth(alone)["itd"] > 5
    assert growth(alone)["aid-fp"] == 1
    assert growth(alone)["aid-cg"] < 1.5
    assert growth(far)["itd"] > 10
    for ran in (experiment, far):
        predicted = jacobian_burn_in(ran.constants)
        assert predicted.rises
        assert abs(int(np.argmax(ran.curves[0].errors)) - predicted.peak_step) <= 1


def test_curves_of_the_same_contraction_differ() -> None:
    """Near +q the error falls smoothly, near −q in steps, from afar it first rises."""
    shared: dict[str, Any] = {"size": 2, "contraction": 0.9, "methods": ("itd",), "horizon": 80}
    plus = run(Scenario(spectrum="near-plus", hyper_size=2, **shared)).curves[0]
    minus = run(Scenario(spectrum="near-minus", hyper_size=2, start=100.0, **shared)).curves[0]
    far = run(Scenario(family="biased", samples=10, start=30.0, **shared)).curves[0]
    for curve in (plus, minus, far):
        # All at the rate q in the end.
        late = curve.errors[70] / curve.errors[50]
        assert late == pytest.approx(0.9**20, rel=0.2)
    assert np.all(np.diff(plus.errors) < 0)
    assert np.sum(np.diff(minus.errors[:8]) > 0) >= 2
    assert far.errors.max() > 10 * far.errors[0]


def test_the_distances_of_the_far_run_are_those_of_the_start() -> None:
    problem = FAR.problem_family.build(FAR)
    states = SOLVERS["fixed-point"].iterate(problem, 5)
    distance = row_norms(states - problem.reference.solution)
    assert distance[0] == pytest.approx(problem.constants.distance, rel=1e-12)
