"""Scenarios: links there and back, what is refused and how, and the names of the spectra."""

from __future__ import annotations

import ast
import inspect
import math
import re
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError
from hypergrad_core.inner import SOLVERS
from hypergrad_core.problems.quadratic import spectrum
from hypergrad_core.scenario import (
    COUPLING_FLOATS,
    CURVE_POINTS,
    LABELS,
    LARGEST_START,
    LINK_NAMES,
    PRECISIONS,
    SLICES,
    SPECTRA,
    TRAJECTORY_FLOATS,
)

steady = settings(deadline=None, derandomize=True, max_examples=150)
NAMES = [item.name for item in fields(Scenario)]
INTEGERS = {
    "hyper_size": (1, 1000),
    "samples": (2, 2000),
    "horizon": (1, 2000),
    "inner_steps": (0, 2000),
    "adjoint_steps": (0, 2000),
    "seed": (0, 9999),
}
CHOICES: dict[str, dict[str, Any]] = {
    "family": {**FAMILIES},
    "data": {"synthetic": None},
    "spectrum": {**SPECTRA},
    "vary": {**SLICES},
    "inner": {**SOLVERS},
    "precision": {**PRECISIONS},
}


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario that is valid."""
    values: dict[str, Any] = {
        name: draw(st.integers(low, high)) for name, (low, high) in INTEGERS.items()
    }
    values["family"] = draw(st.sampled_from([*FAMILIES]))
    family = FAMILIES[values["family"]]
    values["data"] = draw(st.sampled_from([*family.data]))
    values["contraction"] = draw(st.floats(0.01, family.largest_contraction))
    values["spectrum"] = draw(st.sampled_from([*SPECTRA]))
    values["start"] = draw(st.floats(0.0, LARGEST_START))
    values["precision"] = draw(st.sampled_from([*PRECISIONS]))
    values["methods"] = tuple(draw(st.lists(st.sampled_from([*METHODS]), min_size=1, unique=True)))
    values["vary"] = draw(st.sampled_from([*SLICES]))
    solvers = ["fixed-point"]
    solvers += ["exact"] * (values["vary"] == "adjoint") + ["heavy-ball"] * family.affine_symmetric
    assert {*solvers} <= {*SOLVERS}
    values["inner"] = draw(st.sampled_from(solvers))
    steps = values["inner_steps"] if values["vary"] == "adjoint" else values["horizon"]
    largest = min(family.largest_size, TRAJECTORY_FLOATS // (steps + 1))
    values["size"] = draw(st.integers(2, largest))
    values["hyper_size"] = min(values["hyper_size"], COUPLING_FLOATS // values["size"])
    return Scenario(**values)


def left_out(family: str) -> dict[str, Any]:
    """What a link of that family need not say."""
    values = {name: getattr(Scenario(), name) for name in NAMES}
    return values | dict(FAMILIES[family].suggested)


@steady
@given(scenarios())
def test_a_scenario_survives_its_link(scenario: Scenario) -> None:
    link = scenario.to_link()
    assert all(isinstance(part, str) for pair in link.items() for part in pair)
    assert Scenario.from_link(link) == (scenario, ())
    # Defaults are left out.
    defaults = {**left_out(scenario.family), "family": Scenario().family}
    for name in NAMES:
        assert (LINK_NAMES[name] in link) == (getattr(scenario, name) != defaults[name])
    full = scenario.to_link(full=True)
    assert full.keys() == {*LINK_NAMES.values()}
    assert Scenario.from_link(full) == (scenario, ())


@steady
@given(scenarios(), scenarios())
def test_a_scenario_survives_its_link_whatever_the_defaults(
    scenario: Scenario, defaults: Scenario
) -> None:
    link = scenario.to_link(defaults=defaults)
    assert Scenario.from_link(link, defaults) == (scenario, ())
    # Said once more, the family of the defaults changes nothing.
    told = {"problem": scenario.family, **link}
    assert Scenario.from_link(told, defaults) == (scenario, ())


@pytest.mark.parametrize("family", [*FAMILIES])
def test_a_family_alone_makes_a_link_with_sizes_that_suit_it(family: str) -> None:
    scenario, messages = Scenario.from_link({"problem": family})
    assert messages == ()
    assert scenario == Scenario(**{**left_out(family), "family": family})
    assert scenario.to_link() == ({} if family == "quadratic" else {"problem": family})
    # What the link says counts for more.
    own = {"problem": family, "d": "7", "m": "3", "n": "5"}
    scenario, messages = Scenario.from_link(own)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size, scenario.samples) == (7, 3, 5)


def test_small_defaults_stay_small_where_a_link_changes_the_family() -> None:
    defaults = Scenario(size=12, hyper_size=2)
    scenario, messages = Scenario.from_link({"problem": "equilibrium"}, defaults)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size, scenario.samples) == (12, 2, 20)
    # As large as a family allows, at the most.
    scenario, messages = Scenario.from_link({"problem": "hyper-representation"}, defaults)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size) == (10, 2)
    # The family of the defaults brings nothing.
    defaults = Scenario(family="equilibrium", size=300)
    assert Scenario.from_link({"problem": "equilibrium"}, defaults) == (defaults, ())


def test_the_default_link_is_empty() -> None:
    assert Scenario().to_link() == {}
    assert Scenario.from_link({}) == (Scenario(), ())
    assert {*LINK_NAMES} == {*NAMES}
    assert len({*LINK_NAMES.values()}) == len(NAMES)


def test_a_link_can_be_written_by_hand() -> None:
    link = {"problem": "logistic", "q": ".95", "T": "40", "methods": "aid-cg.itd", "vary": "inner"}
    wanted = Scenario(
        family="logistic", contraction=0.95, horizon=40, methods=("aid-cg", "itd"), vary="inner"
    )
    assert Scenario.from_link(link) == (wanted, ())


def test_a_number_of_numpy_survives_its_link() -> None:
    scenario = Scenario(contraction=np.float64(0.97))
    assert Scenario.from_link(scenario.to_link()) == (scenario, ())


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
            st.integers(),
            NO_NUMBERS,
        )
    )
    def check(value: object) -> None:
        assert f"a number from {low:g} to {high:g}" in refused(name, value)

    check()
    for value in (low, high):
        assert getattr(Scenario(**{name: value}), name) == value


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
        ("inner", "momentum has a guarantee on quadratics only", LOGISTIC_HEAVY_BALL),
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


NONSENSE = ("nan", "inf", "-inf", "1e999", "--", "", " ", "٣٤", "５０", "1_0", "9" * 5000, "-1")


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: repr(text[:8]))
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_in_a_link_gives_a_message_and_the_default(name: str, text: str) -> None:
    scenario, messages = Scenario.from_link({LINK_NAMES[name]: text})
    assert scenario == Scenario()
    assert len(messages) == 1
    assert messages[0].startswith(f"{LABELS[name]}: {LINK_NAMES[name]} = ")
    assert "is not allowed: choose " in messages[0]
    assert ". Used instead: " in messages[0]
    assert len(messages[0]) < 700
    if name in {*INTEGERS, "size", "contraction", "start"}:
        # Both limits, whatever is wrong.
        assert re.search(r"number from [\d.]+ to [\d.]+\. Used", messages[0])


def test_an_older_link_to_synthetic_data_opens() -> None:
    scenario, messages = Scenario.from_link({"problem": "logistic", "data": "made-up", "q": "0.8"})
    assert (scenario, messages) == (Scenario(family="logistic", contraction=0.8), ())
    assert scenario.to_link(full=True)["data"] == "synthetic"


def test_a_message_is_written_for_people() -> None:
    link = {"q": "7", "methods": "itd.zzz", "problem": "cubic"}
    of_family, of_q, of_methods = Scenario.from_link(link)[1]
    assert of_q == (
        "Contraction constant q: q = 7 is not allowed: choose a number from 0.01 to 0.9999. "
        "Used instead: 0.9."
    )
    assert of_methods.startswith("Methods: methods = “zzz” is not allowed: choose one of ITD (it")
    assert of_methods.endswith("; AID-GMRES (aid-gmres). Used instead: ITD, AID-FP, AID-CG.")
    assert "; Logistic regression, log λ (logistic-log);" in of_family
    assert of_family.endswith("Used instead: Quadratic.")


@pytest.mark.parametrize("text", ["itd.itd", "ITD", "itd,aid-fp", "itd.aid-xx", ".", "itd aid-fp"])
def test_bad_methods_in_a_link(text: str) -> None:
    scenario, messages = Scenario.from_link({"methods": text, "seed": "7"})
    assert scenario == Scenario(seed=7)
    assert len(messages) == 1
    assert messages[0].startswith("Methods: methods = ")


def test_several_bad_values_at_once() -> None:
    link = {
        "problem": "cubic",
        "q": "nan",
        "d": "1e999",
        "m": "٣",
        "spectrum": "--",
        "methods": "itd.itd",
        "vary": "inner",
        "inner": "exact",
        "T": "0",
        "seed": "12",
    }
    scenario, messages = Scenario.from_link(link)
    assert scenario == Scenario(vary="inner", seed=12)
    told = {message.split(" = ")[0].split(": ")[-1] for message in messages}
    fields_told = (
        "family",
        "contraction",
        "size",
        "hyper_size",
        "spectrum",
        "methods",
        "inner",
        "horizon",
    )
    assert told == {LINK_NAMES[name] for name in fields_told}
    assert len(messages) == len(told)


def test_a_clash_with_a_default_gives_a_message_and_a_valid_scenario() -> None:
    scenario, messages = Scenario.from_link({"d": "1000000", "T": "2000"})
    assert scenario == Scenario(size=10**6)
    assert len(messages) == 1
    assert messages[0] == (
        "Horizon T: T = 2000 is not allowed: choose a whole number from 1 to 267 at this d. "
        "Used instead: 120."
    )


def test_where_a_default_clashes_with_a_link_only_what_it_clashes_with_is_lost() -> None:
    defaults = Scenario(inner="heavy-ball", horizon=80)
    scenario, messages = Scenario.from_link({"problem": "logistic", "T": "7"}, defaults)
    assert scenario == replace(defaults, horizon=7)
    (message,) = messages
    assert message.startswith("Problem: problem = “logistic” is not allowed: choose another: ")
    assert "Inner solver = “heavy-ball” needs Fixed-point iteration (fixed-point)" in message
    assert message.endswith("Used instead: quadratic.")


def test_values_that_went_with_a_lost_one_are_lost_with_it() -> None:
    defaults = Scenario(size=2 * 10**5, hyper_size=100, horizon=5)
    link = {"problem": "logistic", "data": "breast_cancer", "T": "7", "start": "1.0"}
    scenario, messages = Scenario.from_link(link, defaults)
    assert scenario == replace(defaults, horizon=7, start=1.0)
    of_problem, of_data = messages
    assert "Problem size d = 200000 needs a whole number from 2 to 1000" in of_problem
    assert of_data.startswith("Data: data = “breast_cancer” is not allowed: choose one of Synth")


@steady
@given(
    st.dictionaries(
        st.sampled_from([*LINK_NAMES.values(), "other"]),
        st.one_of(
            st.text(max_size=12),
            st.integers().map(str),
            st.floats().map(repr),
            st.sampled_from([*FAMILIES, *SPECTRA, *METHODS, *SLICES, *SOLVERS, *NONSENSE]),
        ),
    )
)
def test_any_link_gives_a_valid_scenario(link: dict[str, str]) -> None:
    scenario, messages = Scenario.from_link(link)
    again = scenario.to_link()
    assert Scenario.from_link(again) == (scenario, ())
    assert {*again} <= {*link}
    # What was left out was said.
    defaults = left_out(scenario.family)
    lost = [
        name
        for name, key in LINK_NAMES.items()
        if key in link and getattr(scenario, name) == defaults[name]
    ]
    assert len(messages) <= len(link)
    if not lost:
        assert not messages


@pytest.mark.parametrize("link", [{"utm_source": "x"}, {"D": "3", "Q": "0.5", "": "", "page": "2"}])
def test_unknown_parameters_are_ignored(link: dict[str, str]) -> None:
    assert Scenario.from_link(link) == (Scenario(), ())
    assert Scenario.from_link({**link, "q": "0.5"}) == (Scenario(contraction=0.5), ())


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
        if family == "kernel-ridge":
            # The smallest eigenvalue of the kernel may leave ∂₁Φ no eigenvalue near −q.
            assert 1 <= constants.condition_number <= wanted * (1 + 1e-8)
        else:
            assert constants.condition_number == pytest.approx(wanted, rel=1e-8)
