"""Links of Explore: what they may hold, and what is refused by name."""

from __future__ import annotations

import re

import pytest
from controls_cases import LOGISTIC, SMALL
from frames import (
    ROOT,
    check,
    choose,
    control,
    keys,
    link_in,
    open_page,
    payload,
    shown,
    turn_to,
    value_of,
)
from streamlit.testing.v1 import AppTest


@pytest.mark.parametrize(
    ("link", "key", "value"),
    [
        ({"q": "0.9137"}, "contraction", 0.9137),
        ({"q": "0.9999"}, "contraction", 0.9999),
        ({"q": "0.01"}, "contraction", 0.01),
        ({"q": "0.899999999"}, "contraction", 0.899999999),
        ({"d": "77"}, "size", 77),
        ({"m": "7"}, "hyper_size", 7),
        ({"problem": "logistic", "d": "10", "n": "33"}, "samples", 33),
        ({"T": "37"}, "horizon", 37),
        ({"T": "1"}, "horizon", 1),
        ({"vary": "adjoint", "t": "37"}, "inner_steps", 37),
        ({"vary": "inner", "k": "7"}, "adjoint_steps", 7),
        ({"eps": "0.00025"}, "target", 2.5e-4),
        ({"eps": "0.000101"}, "target", 1.01e-4),
        ({"eps": "1000.0"}, "target", 1000.0),
        ({"eps": "1e-15"}, "target", 1e-15),
        ({"seed": "1234"}, "seed", 1234),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_a_link_may_hold_any_allowed_value_and_keeps_it(
    link: dict[str, str], key: str, value: float
) -> None:
    session = open_page(link)
    assert session.query_params == link_in(shown(session)) == link
    assert value_of(session, key) == value
    assert not session.warning
    # Another control sends all widgets back, by the texts on them.
    choose(session, "error", "absolute")
    assert session.query_params == {**link, "error": "absolute"}


def test_the_texts_of_a_slider_tell_its_stops_apart() -> None:
    for link in ({"q": "0.899999999"}, {"eps": "0.000101"}, {}):
        for slider in open_page(link).select_slider:
            assert len(set(slider.options)) == len(slider.options)


@pytest.mark.parametrize(
    "link",
    [
        {"problem": "cubic"},
        {"problem": "logistic", "data": "iris"},
        {"data": "breast_cancer"},
        {"q": "1.5"},
        {"q": "nan"},
        {"q": "fast"},
        {"d": "1"},
        {"problem": "logistic", "d": "1001"},
        {"d": "ten"},
        {"m": "0"},
        {"n": "1"},
        {"spectrum": "odd"},
        {"methods": ""},
        {"methods": "itd.itd"},
        {"methods": "adam"},
        {"vary": "q"},
        {"inner": "newton"},
        {"inner": "exact"},
        {"T": "0"},
        {"t": "-1"},
        {"k": "2001"},
        {"seed": "1.5"},
        {"x": "time"},
        {"error": "squared"},
        {"bound": "best"},
        {"eps": "0"},
        {"card": "adam"},
        {"at": "-3"},
    ],
    ids=str,
)
def test_a_bad_value_in_a_link_is_named_and_replaced(link: dict[str, str]) -> None:
    session = open_page({"n": "20", "T": "40", **link})
    (warning,) = session.warning
    (bad,) = [name for name in link if name != "problem"] or link
    assert f"{bad} = " in warning.value.replace("\\", "")
    assert bad not in session.query_params
    assert len(shown(session)["readout"]) == 3
    control(session, "dismiss").click().run()
    assert not check(session).warning
    assert "dismiss" not in keys(session)


def test_all_bad_values_are_named_and_good_and_foreign_ones_stay() -> None:
    session = open_page({"q": "2", "d": "0", "eps": "x", "seed": "7", "embed": "true"})
    (warning,) = session.warning
    said = warning.value.replace("\\", "")
    assert all(f": {name} = " in said for name in ("q", "d", "eps"))
    assert "seed" not in said
    assert session.query_params == {"seed": "7", "embed": "true"}
    choose(session, "seed", 8)
    assert len(session.warning) == 1
    assert session.query_params == {"seed": "8", "embed": "true"}


def test_the_methods_cannot_be_emptied() -> None:
    session = open_page({"methods": "itd", **SMALL})
    choose(session, "methods", [])
    assert value_of(session, "methods") == ["itd"]
    assert session.query_params["methods"] == "itd"
    assert len(shown(session)["readout"]) == 1


def test_a_link_cannot_write_on_the_page() -> None:
    session = open_page({"q": "![x](https://example.org/p.png)", "problem": "<b>*x*</b> `$y$`"})
    (warning,) = session.warning
    bare = re.sub(r"\\[^\w\s]", "", warning.value.partition("\n\n- ")[2])
    assert not {*bare} & {*"![]()<>*`$_"}


@pytest.mark.parametrize("key", ["bound", "x_axis", "error"])
def test_a_switch_cannot_be_cleared(key: str) -> None:
    session = open_page(SMALL)
    before = value_of(session, key)
    choose(session, key, None)
    assert value_of(session, key) == before
    assert session.query_params == SMALL


@pytest.mark.parametrize(
    ("link", "label", "reason"),
    [
        ({"vary": "adjoint", "methods": "itd.aid-fp"}, "ITD", "all t steps"),
        ({"vary": "adjoint", "methods": "one-step.aid-fp"}, "One-step", "k = 1"),
        ({"vary": "inner", "methods": "itd.aid-fp"}, "ITD", "all t steps"),
    ],
)
def test_a_method_that_does_not_apply_says_why(
    link: dict[str, str], label: str, reason: str
) -> None:
    session = open_page({**link, **SMALL})
    (message,) = session.info
    assert message.value.startswith(f"**{label}** does not apply here.")
    assert reason in message.value
    assert f"{label} does not apply here" in shown(session)["alt"]
    assert [reading["name"] for reading in shown(session)["readout"]] == ["AID-FP"]


def test_the_page_stands_when_no_method_applies() -> None:
    session = open_page({"vary": "adjoint", "methods": "itd", **SMALL})
    assert shown(session)["readout"] == []
    assert "No method applies" in shown(session)["message"]
    assert "card" not in keys(session)


def test_every_slider_of_the_problem_is_watched_with_its_stops() -> None:
    for link in (SMALL, LOGISTIC, {"vary": "adjoint", **SMALL}, {"vary": "inner", **SMALL}):
        session = open_page(link)
        watched = payload(session)["live"]["watch"]
        assert [watch["key"] for watch in watched] == [item.key for item in session.select_slider]
        for watch, slider in zip(watched, session.select_slider, strict=True):
            assert len(watch["options"]) == len(slider.options)
            assert watch["param"] in payload(session)["live"]["params"]
            assert watch["options"][slider.options.index(slider.format_func(slider.value))] == str(
                slider.value
            )


def test_downloads_and_code_are_offered() -> None:
    session = open_page({"seed": "3", **SMALL})
    assert [item.key for item in session.get("download_button")] == [
        f"download_{kind}" for kind in ("csv", "json", "html", "python", "bib")
    ]
    # What is folded is not sent before it is opened.
    assert not session.code
    for key in ("python", "link", "cite"):
        session.session_state[f"folded_{key}"] = True
    session.run()
    code, address, cited = session.code
    assert "grazzi2020iteration" in cited.value
    assert "seed=3" in code.value
    assert "size=20" in code.value
    assert address.value.endswith("?problem=quadratic&d=20&seed=3")


@pytest.mark.parametrize("page", ["explore", "budget", "why"])
def test_zero_has_no_sign(page: str) -> None:
    """A slider finds its stop by name."""
    session = open_page({"problem": "quadratic", "d": "5", "T": "8", "start": "-0"}, page)
    assert not session.error
    assert control(session, "start").value == "0.0"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("contraction", "0.79", {"q": "0.79"}),
        ("family", "logistic", {"problem": "logistic"}),
        ("methods", ["itd"], {"methods": "itd"}),
        ("vary", "inner", {"vary": "inner"}),
        ("seed", 3, {"seed": "3"}),
    ],
)
def test_the_first_change_after_a_restart_of_the_server_counts(
    key: str, value: object, told: dict[str, str]
) -> None:
    """The browser sends it with all it knows to a session that has not drawn anything yet."""
    link = {"problem": "quadratic", "d": "10", "T": "9", "q": "0.8", "methods": "itd.aid-cg"}
    before = open_page(link)
    control(before, key).set_value(value)
    after = AppTest.from_file(ROOT / "dashboard" / "main.py", default_timeout=60)
    turn_to(after, "explore")
    after.query_params.update(link)
    check(after._run(before._tree.get_widget_states()))
    assert told.items() <= link_in(shown(after)).items()
    assert told.items() <= after.query_params.items()
