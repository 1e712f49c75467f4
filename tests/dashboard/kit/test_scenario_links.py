"""Scenarios as links: written, read back, and what a bad value is told."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.kit.links import SCENARIO_LINKS
from hypergrad_core import FAMILIES, METHODS, Scenario
from hypergrad_core.inner import SOLVERS
from hypergrad_core.scenario import SLICES, SPECTRA
from tests.core.scenario_cases import INTEGERS, scenarios, steady

NAMES = [item.name for item in fields(Scenario)]


def left_out(family: str) -> dict[str, Any]:
    """What a link of that family need not say."""
    values = {name: getattr(Scenario(), name) for name in NAMES}
    return values | dict(FAMILIES[family].suggested)


@steady
@given(scenarios())
def test_a_scenario_survives_its_link(scenario: Scenario) -> None:
    link = SCENARIO_LINKS.to_link(scenario)
    assert all(isinstance(part, str) for pair in link.items() for part in pair)
    assert SCENARIO_LINKS.from_link(link) == (scenario, ())
    # Defaults are left out.
    defaults = {**left_out(scenario.family), "family": Scenario().family}
    for name in NAMES:
        assert (SCENARIO_LINKS.link_names[name] in link) == (
            getattr(scenario, name) != defaults[name]
        )
    full = SCENARIO_LINKS.to_link(scenario, full=True)
    assert full.keys() == {*SCENARIO_LINKS.link_names.values()}
    assert SCENARIO_LINKS.from_link(full) == (scenario, ())


@steady
@given(scenarios(), scenarios())
def test_a_scenario_survives_its_link_whatever_the_defaults(
    scenario: Scenario, defaults: Scenario
) -> None:
    link = SCENARIO_LINKS.to_link(scenario, defaults=defaults)
    assert SCENARIO_LINKS.from_link(link, defaults) == (scenario, ())
    # Said once more, the family of the defaults changes nothing.
    told = {"problem": scenario.family, **link}
    assert SCENARIO_LINKS.from_link(told, defaults) == (scenario, ())


@pytest.mark.parametrize("family", [*FAMILIES])
def test_a_family_alone_makes_a_link_with_sizes_that_suit_it(family: str) -> None:
    scenario, messages = SCENARIO_LINKS.from_link({"problem": family})
    assert messages == ()
    assert scenario == Scenario(**{**left_out(family), "family": family})
    assert SCENARIO_LINKS.to_link(scenario) == (
        {} if family == "quadratic" else {"problem": family}
    )
    # What the link says counts for more.
    own = {"problem": family, "d": "7", "m": "3", "n": "5"}
    scenario, messages = SCENARIO_LINKS.from_link(own)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size, scenario.samples) == (7, 3, 5)


def test_small_defaults_stay_small_where_a_link_changes_the_family() -> None:
    defaults = Scenario(size=12, hyper_size=2)
    scenario, messages = SCENARIO_LINKS.from_link({"problem": "equilibrium"}, defaults)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size, scenario.samples) == (12, 2, 20)
    # As large as a family allows, at the most.
    scenario, messages = SCENARIO_LINKS.from_link({"problem": "hyper-representation"}, defaults)
    assert messages == ()
    assert (scenario.size, scenario.hyper_size) == (10, 2)
    # The family of the defaults brings nothing.
    defaults = Scenario(family="equilibrium", size=300)
    assert SCENARIO_LINKS.from_link({"problem": "equilibrium"}, defaults) == (defaults, ())


def test_the_default_link_is_empty() -> None:
    assert SCENARIO_LINKS.to_link(Scenario()) == {}
    assert SCENARIO_LINKS.from_link({}) == (Scenario(), ())
    assert {*SCENARIO_LINKS.link_names} == {*NAMES}
    assert len({*SCENARIO_LINKS.link_names.values()}) == len(NAMES)


def test_a_link_can_be_written_by_hand() -> None:
    link = {"problem": "logistic", "q": ".95", "T": "40", "methods": "aid-cg.itd", "vary": "inner"}
    wanted = Scenario(
        family="logistic", contraction=0.95, horizon=40, methods=("aid-cg", "itd"), vary="inner"
    )
    assert SCENARIO_LINKS.from_link(link) == (wanted, ())


def test_a_number_of_numpy_survives_its_link() -> None:
    scenario = Scenario(contraction=np.float64(0.97))
    assert SCENARIO_LINKS.from_link(SCENARIO_LINKS.to_link(scenario)) == (scenario, ())


NONSENSE = ("nan", "inf", "-inf", "1e999", "--", "", " ", "٣٤", "５０", "1_0", "9" * 5000, "-1")


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: repr(text[:8]))
@pytest.mark.parametrize("name", NAMES)
def test_nonsense_in_a_link_gives_a_message_and_the_default(name: str, text: str) -> None:
    scenario, messages = SCENARIO_LINKS.from_link({SCENARIO_LINKS.link_names[name]: text})
    assert scenario == Scenario()
    assert len(messages) == 1
    assert messages[0].startswith(
        f"{SCENARIO_LINKS.labels[name]}: {SCENARIO_LINKS.link_names[name]} = "
    )
    assert "is not allowed: choose " in messages[0]
    assert ". Used instead: " in messages[0]
    assert len(messages[0]) < 900
    if name in {*INTEGERS, "size", "contraction", "start"}:
        # Both limits, whatever is wrong.
        assert re.search(r"number from [\d.]+ to [\d.]+\. Used", messages[0])


def test_an_older_link_to_synthetic_data_opens() -> None:
    scenario, messages = SCENARIO_LINKS.from_link(
        {"problem": "logistic", "data": "made-up", "q": "0.8"}
    )
    assert (scenario, messages) == (Scenario(family="logistic", contraction=0.8), ())
    assert SCENARIO_LINKS.to_link(scenario, full=True)["data"] == "synthetic"


def test_a_message_is_written_for_people() -> None:
    link = {"q": "7", "methods": "itd.zzz", "problem": "cubic"}
    of_family, of_q, of_methods = SCENARIO_LINKS.from_link(link)[1]
    assert of_q == (
        "Contraction constant q: q = 7 is not allowed: choose a number from 0.01 to 0.9999. "
        "Used instead: 0.9."
    )
    assert of_methods.startswith("Methods: methods = “zzz” is not allowed: choose one of ITD (it")
    last = list(METHODS.values())[-1]
    named = f"; {last.label} ({last.key}). Used instead: ITD, AID-FP, AID-CG."
    assert of_methods.endswith(named)
    assert "; Logistic regression, log penalty (logistic-log);" in of_family
    assert of_family.endswith("Used instead: Quadratic.")


@pytest.mark.parametrize("text", ["itd.itd", "ITD", "itd,aid-fp", "itd.aid-xx", ".", "itd aid-fp"])
def test_bad_methods_in_a_link(text: str) -> None:
    scenario, messages = SCENARIO_LINKS.from_link({"methods": text, "seed": "7"})
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
    scenario, messages = SCENARIO_LINKS.from_link(link)
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
    assert told == {SCENARIO_LINKS.link_names[name] for name in fields_told}
    assert len(messages) == len(told)


def test_a_clash_with_a_default_gives_a_message_and_a_valid_scenario() -> None:
    scenario, messages = SCENARIO_LINKS.from_link({"d": "1000000", "T": "2000"})
    assert scenario == Scenario(size=10**6)
    assert len(messages) == 1
    assert messages[0] == (
        "Horizon T: T = 2000 is not allowed: choose a whole number from 1 to 267 at this d. "
        "Used instead: 120."
    )


def test_where_a_default_clashes_with_a_link_only_what_it_clashes_with_is_lost() -> None:
    defaults = Scenario(inner="heavy-ball", horizon=80)
    scenario, messages = SCENARIO_LINKS.from_link({"problem": "logistic", "T": "7"}, defaults)
    assert scenario == replace(defaults, horizon=7)
    (message,) = messages
    assert message.startswith("Problem: problem = “logistic” is not allowed: choose another: ")
    assert "Inner solver = “heavy-ball” needs Fixed-point iteration (fixed-point)" in message
    assert message.endswith("Used instead: quadratic.")


def test_values_that_went_with_a_lost_one_are_lost_with_it() -> None:
    defaults = Scenario(size=2 * 10**5, hyper_size=100, horizon=5)
    link = {"problem": "logistic", "data": "breast_cancer", "T": "7", "start": "1.0"}
    scenario, messages = SCENARIO_LINKS.from_link(link, defaults)
    assert scenario == replace(defaults, horizon=7, start=1.0)
    of_problem, of_data = messages
    assert "Problem size d = 200000 needs a whole number from 2 to 1000" in of_problem
    assert of_data.startswith("Data: data = “breast_cancer” is not allowed: choose one of Synth")


@steady
@given(
    st.dictionaries(
        st.sampled_from([*SCENARIO_LINKS.link_names.values(), "other"]),
        st.one_of(
            st.text(max_size=12),
            st.integers().map(str),
            st.floats().map(repr),
            st.sampled_from([*FAMILIES, *SPECTRA, *METHODS, *SLICES, *SOLVERS, *NONSENSE]),
        ),
    )
)
def test_any_link_gives_a_valid_scenario(link: dict[str, str]) -> None:
    scenario, messages = SCENARIO_LINKS.from_link(link)
    again = SCENARIO_LINKS.to_link(scenario)
    assert SCENARIO_LINKS.from_link(again) == (scenario, ())
    assert {*again} <= {*link}
    # What was left out was said.
    defaults = left_out(scenario.family)
    lost = [
        name
        for name, key in SCENARIO_LINKS.link_names.items()
        if key in link and getattr(scenario, name) == defaults[name]
    ]
    assert len(messages) <= len(link)
    if not lost:
        assert not messages


@pytest.mark.parametrize("link", [{"utm_source": "x"}, {"D": "3", "Q": "0.5", "": "", "page": "2"}])
def test_unknown_parameters_are_ignored(link: dict[str, str]) -> None:
    assert SCENARIO_LINKS.from_link(link) == (Scenario(), ())
    assert SCENARIO_LINKS.from_link({**link, "q": "0.5"}) == (Scenario(contraction=0.5), ())
