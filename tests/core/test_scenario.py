"""Scenarios: what is allowed, what is refused and how, and what they are made of."""

from __future__ import annotations

import ast
import inspect
import math
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError, run
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems.quadratic import spectrum
from hypergrad_core.scenario import (
    CURVE_POINTS,
    LARGEST_START,
    PRECISIONS,
    SLICES,
    SPECTRA,
)
from tests.core.scenario_cases import INTEGERS, scenarios, steady

CHOICES: dict[str, dict[str, Any]] = {
    "family": {**FAMILIES},
    "data": {"synthetic": None},
    "spectrum": {**SPECTRA},
    "vary": {**SLICES},
    "inner": {**SOLVERS},
    "precision": {**PRECISIONS},
}


@steady
@given(scenarios())
def test_a_scenario_is_a_key_and_cannot_be_changed(scenario: Scenario) -> None:
    twin = replace(scenario)
    assert twin is not scenario
    assert {scenario: 1}[twin] == 1
    with pytest.raises(FrozenInstanceError):
        scenario.seed = 1  # type: ignore[misc]


def refused(name: str, value: object) -> str:
    """The message of the refusal, of which all that can be said of every one is checked."""
    with pytest.raises(ScenarioError) as caught:
        Scenario(**{name: value})
    message = str(caught.value)
    assert caught.value.field == name
    assert message.startswith(f"{name} = {value!r} is not allowed: choose ")
    return message


NO_NUMBERS = st.one_of(st.none(), st.booleans(), st.text(max_size=5), st.just((1,)), st.just([2]))


@pytest.mark.parametrize("name", [*INTEGERS, "size"])
def test_integers_out_of_range_are_refused(name: str) -> None:
    low, high = INTEGERS.get(name, (2, FAMILIES["quadratic"].largest_size))

    @steady
    @given(
        st.one_of(
            st.integers(max_value=low - 1), st.integers(min_value=high + 1), st.floats(), NO_NUMBERS
        )
    )
    def check(value: object) -> None:
        assert f"a whole number from {low} to {high}" in refused(name, value)

    check()
    # Both ends are allowed (the largest d leaves no room for a long trajectory).
    small = {"horizon": 10} if name == "size" else {}
    for value in (low, high):
        assert getattr(Scenario(**{name: value, **small}), name) == value


@pytest.mark.parametrize(
    ("name", "low", "high"), [("contraction", 0.01, 0.9999), ("start", 0.0, LARGEST_START)]
)
def test_numbers_out_of_range_are_refused(name: str, low: float, high: float) -> None:
    @steady
    @given(
        st.one_of(
            st.floats(max_value=low, exclude_max=True),
            st.floats(min_value=high, exclude_min=True),
            st.just(math.nan),
            st.integers(max_value=0 if low > 0 else -1),
            st.integers(min_value=math.floor(high) + 1),
            NO_NUMBERS,
        )
    )
    def check(value: object) -> None:
        assert f"a number from {low:g} to {high:g}" in refused(name, value)

    check()
    for value in (low, high):
        assert getattr(Scenario(**{name: value}), name) == value


@pytest.mark.parametrize("kind", [int, np.int8, np.int64, np.uint16])
def test_integers_of_any_type_are_accepted(kind: Callable[[int], Any]) -> None:
    scenario = Scenario(size=kind(20), start=kind(2), horizon=kind(30))
    assert scenario == Scenario(size=20, start=2.0, horizon=30)
    assert hash(scenario) == hash(Scenario(size=20, start=2.0, horizon=30))
    assert [type(x) for x in (scenario.size, scenario.start, scenario.horizon)] == [int, float, int]


@pytest.mark.parametrize("kind", [float, np.float32, np.float64, Fraction])
def test_real_numbers_of_any_type_are_accepted(kind: Callable[[float], Any]) -> None:
    scenario = Scenario(contraction=kind(0.75), start=kind(2.0))
    assert scenario == Scenario(contraction=0.75, start=2.0)
    assert type(scenario.contraction) is float


@pytest.mark.parametrize("value", [101, 10**400, "2", np.bool_(True)])
def test_a_start_that_is_refused_is_told_what_is_allowed(value: object) -> None:
    with pytest.raises(ScenarioError, match=r"start = .* choose a number from 0 to 100"):
        Scenario(start=value)  # type: ignore[arg-type]


def test_a_refusal_survives_the_way_from_another_process() -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(family="cubic")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.field, again.value) == (str(caught.value), "family", "cubic")
    assert [*again.choices] == [*FAMILIES]


def test_an_unknown_inner_solver_is_refused() -> None:
    with pytest.raises(ValueError, match=r"newton.*choose one of " + ", ".join(SOLVERS)):
        Scenario(inner="newton")


@pytest.mark.parametrize("name", CHOICES)
def test_names_that_are_not_known_are_refused(name: str) -> None:
    allowed = CHOICES[name]

    @steady
    @given(
        st.one_of(st.text(max_size=6), st.none(), st.integers(), st.just(("even",)), st.just([]))
    )
    def check(value: object) -> None:
        if not isinstance(value, str) or value not in allowed:
            assert f"one of {', '.join(allowed)}" in refused(name, value)

    check()
    refused(name, next(iter(allowed)).upper())


@pytest.mark.parametrize(
    "value", [(), [], ["itd"], "itd", None, {"itd"}, ("itd", "itd"), ("aid-cg", "itd", "aid-cg")]
)
def test_methods_that_are_no_tuple_of_different_names_are_refused(value: object) -> None:
    message = refused("methods", value)
    assert "each method once" in message or ", ".join(METHODS) in message


@pytest.mark.parametrize("method", ["ITD", "", None, 3, ["itd"]])
def test_methods_that_are_not_known_are_refused(method: object) -> None:
    with pytest.raises(ScenarioError, match=", ".join(METHODS)) as caught:
        Scenario(methods=("itd", method))  # type: ignore[arg-type]
    assert caught.value.field == "methods"
    assert repr(method) in str(caught.value)


LOGISTIC_HEAVY_BALL = {"family": "logistic", "inner": "heavy-ball"}


@pytest.mark.parametrize(
    ("field", "allowed", "values"),
    [
        ("inner", "vary = adjoint", {"inner": "exact"}),
        ("inner", "vary = adjoint", {"inner": "exact", "vary": "inner"}),
        ("inner", "momentum needs Φ affine with ∂₁Φ symmetric", LOGISTIC_HEAVY_BALL),
        ("contraction", "a number from 0.01 to 0.9999", {"family": "biased", "contraction": 1.2}),
        ("contraction", "from 0.01 to 1.5", {"family": "equilibrium", "contraction": 1.6}),
        ("hyper_size", "from 1 to 20 at this d", {"size": 10**6, "hyper_size": 21, "horizon": 5}),
        ("horizon", "a whole number from 1 to 267", {"size": 10**6, "horizon": 268}),
        ("inner_steps", "from 0 to 267", {"size": 10**6, "inner_steps": 268, "vary": "adjoint"}),
        ("data", "one of synthetic", {"data": "breast_cancer"}),
        ("size", "a whole number from 2 to 1000", {"family": "logistic", "size": 1001}),
    ],
)
def test_values_that_do_not_go_together_are_refused(
    field: str, allowed: str, values: dict[str, Any]
) -> None:
    with pytest.raises(ScenarioError, match=allowed) as caught:
        Scenario(**values)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field} = {values[field]!r} is not allowed")


@steady
@given(scenarios())
def test_the_steps_of_a_curve(scenario: Scenario) -> None:
    steps = scenario.steps()
    assert steps[0] == 0
    assert steps[-1] == scenario.horizon
    assert np.all(np.diff(steps) > 0)
    assert len(steps) == min(scenario.horizon, CURVE_POINTS) + 1
    points = scenario.points()
    wanted = {
        "both": (steps, steps),
        "adjoint": (scenario.inner_steps, steps),
        "inner": (steps, scenario.adjoint_steps),
    }[scenario.vary]
    if scenario.inner != "exact":
        assert np.all(points.inner_steps == wanted[0])
    assert np.all(points.adjoint_steps == wanted[1])
    assert len(points) == len(steps)
    kappa = scenario.condition_number
    if scenario.contraction < 1:
        assert (kappa - 1) / (kappa + 1) == pytest.approx(scenario.contraction)
    else:
        assert kappa == math.inf


def test_a_truncated_method_goes_back_through_as_many_steps_as_the_scenario_says() -> None:
    asked = {"methods": ("itd", "itd-truncated", "aid-fp"), "horizon": 6, "adjoint_steps": 3}

    def pairs(method: str, **changes: Any) -> list[tuple[int, int]]:
        points = Scenario(**{**asked, **changes}).points_of(METHODS[method])
        t, k = points.inner_steps.tolist(), points.adjoint_steps.tolist()
        return [*zip(t, k, strict=True)]

    whole = [(t, t) for t in range(7)]
    assert pairs("itd") == pairs("aid-fp") == whole
    assert pairs("itd-truncated") == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (5, 3), (6, 3)]
    assert pairs("itd-truncated", adjoint_steps=0) == [(t, 0) for t in range(7)]
    assert pairs("itd-truncated", adjoint_steps=9) == whole
    # Where k is on the slice, what is held for t = k has no say, and nothing is before w_0.
    assert pairs("itd-truncated", vary="inner")[2:5] == [(2, 2), (3, 3), (4, 3)]
    held = pairs("itd-truncated", vary="adjoint", inner_steps=4, adjoint_steps=1)
    assert held == [(4, 0), (4, 1), (4, 2), (4, 3), (4, 4), (4, 4), (4, 4)]
    curve = run(Scenario(**asked)).curve("itd-truncated")
    assert curve.estimate.points.adjoint_steps.tolist() == [0, 1, 2, 3, 3, 3, 3]


DATA_SETS = [(family, data) for family in FAMILIES for data in FAMILIES[family].data]


@pytest.mark.parametrize(("family", "data"), DATA_SETS)
@pytest.mark.parametrize(("size", "samples"), [(2, 2), (7, 3), (12, 5), (30, 40)])
def test_the_size_of_the_state_is_told_before_it_is_built(
    family: str, data: str, size: int, samples: int
) -> None:
    scenario = Scenario(family=family, data=data, size=size, samples=samples, contraction=0.6)
    problem = scenario.problem_family.build(scenario)
    assert scenario.state_size == problem.state_size
    assert problem.symmetric == scenario.problem_family.symmetric
    assert problem.affine == scenario.problem_family.affine


@pytest.mark.parametrize("family", FAMILIES)
def test_the_suggested_sizes_are_allowed(family: str) -> None:
    scenario = Scenario(family=family, **FAMILIES[family].suggested)
    assert {*FAMILIES[family].suggested} <= FAMILIES[family].uses
    assert scenario.state_size <= FAMILIES[family].largest_size


def test_the_data_may_fix_the_sizes() -> None:
    scenario = Scenario(family="logistic", data="breast_cancer", size=7, samples=9)
    problem = scenario.problem_family.build(scenario)
    assert scenario.state_size == problem.state_size == 30
    assert scenario.sample_size == 284
    assert Scenario(size=7).state_size == 7


# The spectra.


def test_the_named_spectra_are_those_that_are_built() -> None:
    tree = ast.parse(inspect.getsource(spectrum))
    built = [
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]
    assert built == [*SPECTRA]
    with pytest.raises(KeyError):
        spectrum("flat", 0.5, 10)


@pytest.mark.parametrize("name", SPECTRA)
def test_every_spectrum_attains_the_contraction_exactly(name: str) -> None:
    @steady
    @given(st.floats(0.01, 0.9999), st.integers(2, 400))
    def check(q: float, size: int) -> None:
        values = spectrum(name, q, size)
        assert values.shape == (size,)
        assert np.abs(values).max() == q

    check()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_contracts_as_asked(family: str) -> None:
    for q in (0.01, 0.3, 0.9, 0.9999):
        scenario = Scenario(family=family, contraction=q, size=12, samples=9)
        constants = scenario.problem_family.build(scenario).constants
        assert constants.contraction == pytest.approx(q, rel=1e-10)
        wanted = scenario.condition_number
        if family.startswith("kernel-ridge") or family == "representation-tasks":
            # The smallest eigenvalue of the kernel, or of the features of tasks that have more
            # rows than these, may leave ∂₁Φ no eigenvalue near −q.
            assert 1 <= constants.condition_number <= wanted * (1 + 1e-8)
        else:
            assert constants.condition_number == pytest.approx(wanted, rel=1e-8)
