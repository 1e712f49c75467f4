"""A λ that is given in the place of the family's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, run
from hypergrad_core.scenario import LARGEST_ENTRY, MOST_HYPERS
from hypergrad_core.studies.descent import minimize
from hypergrad_core.studies.experiment import run_problem
from hypergrad_core.studies.outer_steps import Budget, Outer, OuterStep, Rule

# Where d is large a run takes seconds, and says nothing else.
CASES = [
    (family, data)
    for family, item in FAMILIES.items()
    for data, known in item.data.items()
    if (known.state_size or 0) <= 100
]
SMALL: dict[str, Any] = {"size": 20, "hyper_size": 6, "samples": 12, "horizon": 25}


def scenario_of(family: str, data: str) -> Scenario:
    size = min(SMALL["size"], 12 if family == "hyper-representation" else 20)
    hypers = 30 if family == "hyper-representation" else SMALL["hyper_size"]
    return Scenario(
        family=family,
        data=data,
        methods=("itd", "aid-fp", "aid-gmres"),
        **{**SMALL, "size": size, "hyper_size": hypers},
    )


def last_step(scenario: Scenario) -> OuterStep:
    """Of a short descent."""
    outer = Outer(Rule.BACKTRACKING, steps=4, length=0.3, products=5000)
    return minimize(scenario.build(), "aid-fp", Budget(20, 20), outer).last


@pytest.mark.parametrize(("family", "data"), CASES)
def test_at_the_lambda_of_a_step_are_the_numbers_of_the_core(family: str, data: str) -> None:
    scenario = scenario_of(family, data)
    problem = scenario.build()
    step = last_step(scenario)
    given = replace(scenario, hyper=tuple(step.hyper.tolist()))
    there = problem.at(step.hyper).tuned()
    found = run(given)
    assert np.array_equal(given.build().hyper, there.hyper)
    assert found.contraction == there.constants.contraction == given.built_contraction()
    beside = run_problem(there, scenario.methods, scenario.points())
    assert found.constants == beside.constants
    assert np.array_equal(found.hypergradient, beside.hypergradient)
    assert len(found.curves) == len(beside.curves) > 0
    for curve, other in zip(found.curves, beside.curves, strict=True):
        assert np.array_equal(curve.errors, other.errors)
        assert np.array_equal(curve.paper.values, other.paper.values)
        assert np.array_equal(curve.sharp.values, other.sharp.values)
        if found.contraction < 1:
            # The constants are those at this λ, or the bounds would not hold.
            assert (curve.errors <= curve.paper.values + curve.floor).all()
            assert (curve.errors <= curve.sharp.values * (1 + 1e-9) + curve.floor).all()
    # What the descent has measured there is the same to rounding.
    size = np.linalg.norm(step.true_hypergradient)
    assert np.linalg.norm(found.hypergradient - step.true_hypergradient) <= 1e-9 * (1 + size)


@pytest.mark.parametrize("family", ["logistic-log", "kernel-ridge", "softmax", "quadratic"])
def test_the_own_lambda_given_is_the_own_problem(family: str) -> None:
    scenario = scenario_of(family, "synthetic")
    own = scenario.build()
    given = replace(scenario, hyper=tuple(own.hyper.tolist()))
    assert given.built_contraction() == pytest.approx(scenario.contraction, rel=1e-9)
    hypergradient = given.build().reference.hypergradient
    assert np.allclose(hypergradient, own.reference.hypergradient, rtol=1e-9)
    assert scenario.built_contraction() == scenario.contraction


def test_bounds_take_the_contraction_at_that_lambda() -> None:
    scenario = scenario_of("logistic-log", "synthetic")
    own = run(scenario)
    lower = replace(scenario, hyper=tuple((scenario.build().hyper - 3).tolist()))
    found = run(lower)
    assert found.contraction > 0.98 > own.contraction == scenario.contraction == 0.9
    assert found.condition_number == pytest.approx(
        (1 + found.contraction) / (1 - found.contraction)
    )


def test_start_and_precision_are_those_of_that_lambda() -> None:
    scenario = replace(scenario_of("logistic", "synthetic"), start=2.0, precision="single")
    hyper = tuple((3 * scenario.build().hyper).tolist())
    problem = replace(scenario, hyper=hyper).build()
    size = np.linalg.norm(problem.initial_state)
    assert size == pytest.approx(2 * np.linalg.norm(problem.reference.solution))
    assert problem.without_rounding is not problem


def test_what_it_takes_does_not_depend_on_lambda() -> None:
    scenario = scenario_of("logistic", "synthetic")
    given = replace(scenario, hyper=(0.5,) * 20)
    assert given.outline == scenario.outline == scenario
    assert hash(given) != hash(scenario)
    assert replace(given, hyper=None) == scenario


def test_numbers_become_plain() -> None:
    scenario = scenario_of("quadratic", "synthetic")
    hyper: Any = (1, np.float64(0.25), np.float32(0.5), -0.0, 2, 3)
    given = replace(scenario, hyper=hyper)
    assert given.hyper == (1.0, 0.25, 0.5, 0.0, 2.0, 3.0)
    assert given.hyper is not None
    assert {type(entry) for entry in given.hyper} == {float}
    assert "-" not in repr(given.hyper)


BAD: list[Any] = [
    (),
    (1.0,) * 5,
    (1.0,) * 7,
    [1.0] * 6,
    np.ones(6),
    "own",
    1.0,
    (float("nan"),) * 6,
    (float("inf"),) * 6,
    (2 * LARGEST_ENTRY,) * 6,
    ("1",) * 6,
    (True,) * 6,
    (None,) * 6,
    ((1.0,),) * 6,
    (1j,) * 6,
    (10**400,) * 6,
]


@pytest.mark.parametrize("hyper", BAD, ids=lambda value: str(value)[:20])
def test_what_is_no_lambda_is_refused(hyper: Any) -> None:
    with pytest.raises(ScenarioError, match=r"6 numbers from -1,000,000 to 1,000,000") as caught:
        replace(scenario_of("quadratic", "synthetic"), hyper=hyper)
    assert caught.value.field == "hyper"


def test_a_long_lambda_is_refused_whatever_it_is() -> None:
    scenario = Scenario(family="learned-digits", data="digits")
    with pytest.raises(ScenarioError, match="no λ of more than 200 entries, and it has 640 here"):
        replace(scenario, hyper=(0.0,) * 640)
    assert MOST_HYPERS == 200


@pytest.mark.parametrize(
    ("family", "hyper", "why"),
    [
        ("logistic", (-1.0,), "positive and finite"),
        ("logistic", (0.0,), "positive and finite"),
        ("logistic-log", (-800.0,), "positive and finite"),
        ("logistic-log", (800.0,), "positive and finite"),
        ("softmax", (1e6,), "positive and finite"),
        ("kernel-ridge", (0.0, 1.0, 1.0, 1.0, 1.0, 1.0), "positive and finite"),
        ("kernel-ridge-log", (1e6,), "positive and finite"),
        ("kernel-ridge-log", (0.0, 0.0, 0.0, 0.0, 0.0, -800.0), "positive and finite"),
        ("logistic-log", (-60.0,), "q is from 0.01 to 0.9999: here it is 1"),
        ("logistic-log", (60.0,), r"q is from 0.01 to 0.9999: here it is 0|here it is .*e-1\d"),
        ("hyper-representation", (0.0,), "q is from 0.01 to 0.9999"),
        ("equilibrium", (5.0,), "q is from 0.01 to 1.5"),
    ],
)
def test_where_the_problem_is_not_meant_lambda_is_refused(
    family: str, hyper: tuple[float, ...], why: str
) -> None:
    plain = scenario_of(family, "synthetic")
    size = plain.problem_family.work(plain).hyper_size
    # One number is that of all entries.
    scenario = replace(plain, hyper=hyper * (size if len(hyper) == 1 else 1))
    for refused in (scenario.build, scenario.built_contraction):
        with pytest.raises(ScenarioError, match=why) as caught:
            refused()
        assert caught.value.field == "hyper"


@pytest.mark.parametrize("family", ["quadratic", "biased", "nonsymmetric", "equilibrium"])
@pytest.mark.parametrize("entry", [-LARGEST_ENTRY, 0.0, LARGEST_ENTRY])
def test_the_largest_lambda_makes_finite_numbers_or_is_refused(family: str, entry: float) -> None:
    scenario = scenario_of(family, "synthetic")
    size = scenario.problem_family.work(scenario).hyper_size
    given = replace(scenario, hyper=(entry,) * size)
    # A matrix of large entries is no contraction.
    if family == "equilibrium":
        with pytest.raises(ScenarioError, match=r"q is from 0.01 to 1.5"):
            run(given)
        return
    found = run(given)
    assert all(np.isfinite(curve.errors).all() for curve in found.curves)
    assert {curve.method for curve in found.curves} <= {*METHODS}
