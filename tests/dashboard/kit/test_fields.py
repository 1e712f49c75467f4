"""A control is one declaration, and nothing that is forgotten of it is silent."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from frames import check, control, open_page, payload, shown
from streamlit.testing.v1 import AppTest

from dashboard.kit.fields import Choice, Declared, Field, Slider, choice, fields_of, kept
from dashboard.kit.links import Links, links_of
from dashboard.kit.page import Page
from dashboard.kit.scenario_fields import SCENARIO_FIELDS
from dashboard.kit.settings import PageSettings
from dashboard.pages import HOME, PAGES
from hypergrad_core import Scenario, ScenarioError

ADDED: dict[str, Any] = {
    "link": "zoom",
    "label": "Magnification",
    "help": "How many times larger the picture is.",
}


def script() -> None:
    """Explore with one more control, of which nothing but its declaration is written."""
    from dataclasses import dataclass, replace

    from dashboard.kit.fields import Slider, slider
    from dashboard.kit.show import show
    from dashboard.pages import HOME
    from dashboard.screens.explore.settings import SETTINGS, View

    @dataclass(frozen=True, kw_only=True)
    class MoreView(View):
        zoom: float = slider(
            1.0,
            (0.5, 8.0),
            Slider([0.5, 1.0, 2.0, 4.0], lambda value: f"{value:g} times"),
            link="zoom",
            label="Magnification",
            help="How many times larger the picture is.",
        )

    show(replace(HOME, settings=replace(SETTINGS, view=MoreView())))


def open_with_zoom(**link: str) -> AppTest:
    session = AppTest.from_function(script, default_timeout=60)
    session.query_params.update({"problem": "quadratic", "d": "6", "T": "9", **link})
    return check(session.run())


def test_a_new_control_is_one_declaration() -> None:
    """Widget, label, help, stops, link, check, messages and picture: all from its declaration."""
    session = open_with_zoom()
    place = control(session, "zoom")
    assert (place.label, place.help) == (ADDED["label"], ADDED["help"])
    assert place.options == ["0.5 times", "1 times", "2 times", "4 times"]
    assert "zoom" not in session.query_params
    place.set_value("4.0").run()
    assert session.query_params["zoom"] == "4.0"
    assert "zoom=4.0" in shown(session)["link"]
    opened = open_with_zoom(zoom="4.0")
    assert control(opened, "zoom").value == "4.0"
    live = payload(opened)["live"]
    assert live["params"]["zoom"] == "4.0"
    assert {"param": "zoom", "key": "zoom", "options": ["0.5", "1.0", "2.0", "4.0"]} in live[
        "watch"
    ]


def test_a_bad_value_of_a_new_control_is_told_by_its_label() -> None:
    session = open_with_zoom(zoom="9")
    (warning,) = session.warning
    said = warning.value.replace("\\", "")
    assert "Magnification: zoom = 9 is not allowed: choose a number from 0.5 to 8." in said
    assert control(session, "zoom").value == "1.0"


def test_a_field_of_a_view_must_be_declared() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Forgotten(Declared):
        shown: str = choice("a", {"a": "A"}, link="shown", label="Shown", help="What is shown.")
        hidden: int = 3

    with pytest.raises(TypeError, match=r"Forgotten\.hidden is not declared"):
        PageSettings("forgotten", Scenario(), object.__new__(Forgotten))


def test_a_field_of_a_scenario_must_be_declared() -> None:
    known = {name: field for name, field in SCENARIO_FIELDS.items() if name != "seed"}
    with pytest.raises(TypeError, match="seed"):
        Links(Scenario, known)
    with pytest.raises(TypeError, match="colour"):
        Links(Scenario, {**SCENARIO_FIELDS, "colour": SCENARIO_FIELDS["seed"]})


def test_a_control_must_have_a_help() -> None:
    with pytest.raises(TypeError, match="Colour has no help"):
        Field(link="c", label="Colour", widget=Choice({}))


def test_a_choice_can_say_by_itself_what_is_allowed() -> None:
    def check(name: str, value: Any) -> str:
        if value not in ("a", "b"):
            raise ScenarioError(name, value, "a letter of the list")
        return str(value)

    @dataclass(frozen=True, kw_only=True)
    class Letters(Declared):
        letter: str = choice(
            "a", {"a": "A", "b": "B"}, link="c", label="Letter", help="A letter.", check=check
        )

    assert Letters(letter="b").letter == "b"
    with pytest.raises(ScenarioError, match="choose a letter of the list"):
        Letters(letter="c")


def test_two_settings_must_not_share_a_name() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Twice(Declared):
        other: str = choice("a", {"a": "A"}, link="q", label="Other", help="Another q.")

    with pytest.raises(TypeError, match="uses a name twice"):
        PageSettings("twice", Scenario(), Twice())

    @dataclass(frozen=True, kw_only=True)
    class Same(Declared):
        one: int = kept(1, (0, 2), link="n1", label="One")
        two: int = kept(1, (0, 2), link="n1", label="Two")

    with pytest.raises(TypeError, match="same parameter"):
        links_of(Same)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_default_of_a_page_is_allowed_and_every_bad_value_is_refused(
    page: Page[Any, Any, Any],
) -> None:
    view = page.settings.view
    for name in fields_of(type(view)):
        assert replace(view, **{name: getattr(view, name)}) == view
        for bad in (None, object(), "nonsense", float("nan"), -1e300):
            with pytest.raises(ScenarioError) as refused:
                replace(view, **{name: bad})
            assert refused.value.field == name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_stop_of_a_slider_is_allowed(page: Page[Any, Any, Any]) -> None:
    view = page.settings.view
    for name, field in fields_of(type(view)).items():
        if isinstance(field.widget, Slider):
            for stop in field.widget.stops:
                assert getattr(replace(view, **{name: stop}), name) == stop


def test_every_field_of_a_scenario_has_a_control_on_the_first_page() -> None:
    """In one state of the page or another."""
    drawn: set[str] = set()
    for link in (
        {"problem": "quadratic"},
        {"problem": "logistic", "vary": "adjoint"},
        {"problem": "logistic", "vary": "inner"},
    ):
        session = open_page({"d": "8", "n": "9", "T": "9", **link})
        drawn |= session.session_state["drawn controls"]
    with_control = {name for name, field in SCENARIO_FIELDS.items() if field.widget is not None}
    assert {item.name for item in fields(Scenario)} - with_control == {"hyper"}
    assert with_control <= drawn
    settings = HOME.settings
    assert {name for name, field in settings.fields.items() if field.widget} == drawn


def test_what_has_no_control_cannot_be_drawn(caplog: pytest.LogCaptureFixture) -> None:
    session = AppTest.from_function(_draws_the_cursor, default_timeout=60).run()
    assert "cursor has no control" in caplog.text
    assert len(session.exception) == 1


def _draws_the_cursor() -> None:
    from dashboard.kit import session
    from dashboard.kit.controls import draw
    from dashboard.pages import HOME

    session.restore(HOME.settings)
    draw("cursor")
