"""Every view survives its link; what a link may not hold is refused by name."""

from __future__ import annotations

import re
from dataclasses import asdict
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.chart import THEME_PARAM
from dashboard.kit.links import SCENARIO_LINKS, links_of
from dashboard.screens.explore.settings import BOUNDS, ERRORS, SETTINGS, X_AXES, View
from hypergrad_core import FAMILIES, METHODS, Scenario, ScenarioError

VIEWS = links_of(View)
VIEW_NAMES = VIEWS.link_names
views = st.builds(
    View,
    x_axis=st.sampled_from([*X_AXES]),
    error=st.sampled_from([*ERRORS]),
    bound=st.sampled_from([*BOUNDS]),
    target=st.floats(min_value=1e-15, max_value=1e6),
    card=st.sampled_from([*METHODS]),
    cursor=st.integers(min_value=0, max_value=2000),
)
scenarios = st.builds(
    Scenario,
    contraction=st.floats(min_value=0.01, max_value=0.9999),
    size=st.integers(min_value=2, max_value=10_000),
    methods=st.lists(st.sampled_from([*METHODS]), min_size=1, unique=True).map(tuple),
    seed=st.integers(min_value=0, max_value=9999),
)


def through_address_bar(link: dict[str, str]) -> dict[str, str]:
    """The link after it has been written into an address and read from it."""
    return dict(parse_qsl(urlencode(link), strict_parsing=True, keep_blank_values=True))


@settings(deadline=None)
@given(views)
def test_every_view_survives_its_link(view: View) -> None:
    for full in (False, True):
        link = VIEWS.to_link(view, full=full)
        assert VIEWS.from_link(through_address_bar(link) if link else {}) == (view, ())
    assert VIEWS.to_link(view, full=True).keys() == set(VIEW_NAMES.values())


@settings(deadline=None)
@given(scenarios, views)
def test_a_setting_survives_its_link_whole(scenario: Scenario, view: View) -> None:
    for full in (False, True):
        link = SETTINGS.link_of(scenario, view, full=full)
        read = through_address_bar(link) if link else {}
        assert SETTINGS.of_link(read) == (scenario, view, ())


def test_the_default_needs_no_link() -> None:
    assert SETTINGS.link_of(SETTINGS.scenario, SETTINGS.view) == {}


@pytest.mark.parametrize("family", [*FAMILIES])
@pytest.mark.parametrize("page", ["explore", "budget", "why"])
def test_a_page_opens_with_a_family_alone(page: str, family: str) -> None:
    page_settings = import_module(f"dashboard.screens.{page}.settings").SETTINGS
    scenario, view, messages = page_settings.of_link({"problem": family})
    assert messages == ()
    assert scenario.family == family
    assert view == page_settings.view
    alone = {} if family == page_settings.scenario.family else {"problem": family}
    assert page_settings.link_of(scenario, view) == alone
    if page == "explore":
        assert FAMILIES[family].suggested.items() <= asdict(scenario).items()


def test_the_two_halves_of_a_link_do_not_meet() -> None:
    names = [*SCENARIO_LINKS.link_names.values(), *VIEW_NAMES.values(), THEME_PARAM]
    assert len(set(names)) == len(names)
    # Streamlit keeps these to itself.
    assert not {"embed", "embed_options"} & set(names)


INVALID: list[tuple[str, Any, str]] = [
    ("x_axis", "time", "steps, products, floats"),
    ("x_axis", None, "steps"),
    ("x_axis", ["steps"], "steps"),
    ("error", "", "relative, absolute"),
    ("bound", "Paper", "none, paper, sharp, both"),
    ("target", 0.0, "1e-15"),
    ("target", 9.9e-16, "1e-15"),
    ("target", 1.1e6, "1000000"),
    ("target", float("nan"), "a number"),
    ("target", float("inf"), "a number"),
    ("target", "1", "a number"),
    ("target", "1e-4", "a number"),
    ("card", "adam", "aid-cg"),
    ("cursor", -1, "from 0 to 2000"),
    ("cursor", 2001, "from 0 to 2000"),
    ("cursor", 2.0, "a whole number"),
    ("cursor", True, "a whole number"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), INVALID)
def test_an_invalid_view_is_refused_by_name(field: str, value: object, allowed: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        View(**{field: value})  # type: ignore[arg-type]
    assert refused.value.field == field
    message = str(refused.value)
    assert message.startswith(f"{field} = {value!r} is not allowed: choose ")
    assert allowed in message


@settings(deadline=None)
@given(st.sampled_from([*VIEW_NAMES.items()]), st.text())
def test_a_link_with_any_text_gives_a_view_and_names_what_was_bad(
    name: tuple[str, str], text: str
) -> None:
    field, param = name
    view, messages = VIEWS.from_link({param: text})
    if messages:
        (message,) = messages
        assert message.startswith(f"{VIEWS.labels[field]}: {param} = ")
        assert re.search(r" is not allowed: choose .*\. Used instead: .+\.$", message)
        assert view == View()
    else:
        assert VIEWS.from_link(VIEWS.to_link(view)) == (view, ())


@settings(deadline=None)
@given(views, st.sampled_from([*VIEW_NAMES.items()]))
def test_one_bad_value_does_not_cost_the_others(view: View, name: tuple[str, str]) -> None:
    field, param = name
    read, messages = VIEWS.from_link({**VIEWS.to_link(view, full=True), param: "?"})
    assert len(messages) == 1
    assert getattr(read, field) == getattr(View(), field)
    others = VIEWS.to_link(view, full=True).keys() - {param}
    kept = VIEWS.to_link(read, full=True)
    assert {key: kept[key] for key in others} == {
        key: VIEWS.to_link(view, full=True)[key] for key in others
    }
