"""The controls of Explore: each changes picture and link, and the link restores both."""

from __future__ import annotations

from typing import Any

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
    value_of,
)
from streamlit.testing.v1 import AppTest

from dashboard.kit import controls
from dashboard.kit.citations import cited
from dashboard.kit.figure.describe import BEYOND_THEORY
from dashboard.kit.scenario_fields import CONTRACTIONS, HORIZONS, HYPER_SIZES, SIZES, STEPS
from dashboard.screens.explore import sidebar
from dashboard.screens.explore.settings import TARGETS
from hypergrad_core import METHODS
from hypergrad_core.inner import SOLVERS

FIXED_POINT, EXACT = (SOLVERS[key].label for key in ("fixed-point", "exact"))
# Those that affine symmetric maps have, in order.
ITERATIVE = [solver.label for solver in SOLVERS.values() if solver.iterative]
# Start link, key of the control, value, query parameter, its text.
CHANGES: list[tuple[dict[str, str], str, Any, str, str]] = [
    (SMALL, "family", "logistic", "problem", "logistic"),
    (SMALL, "family", "logistic-log", "problem", "logistic-log"),
    (LOGISTIC, "data", "breast_cancer", "data", "breast_cancer"),
    ({}, "contraction", 0.95, "q", "0.95"),
    ({}, "contraction", CONTRACTIONS[0], "q", "0.05"),
    ({}, "contraction", CONTRACTIONS[-1], "q", "0.999"),
    ({"problem": "quadratic"}, "size", 300, "d", "300"),
    ({}, "size", SIZES[0], "d", "2"),
    (SMALL, "hyper_size", HYPER_SIZES[0], "m", "1"),
    (SMALL, "hyper_size", HYPER_SIZES[-1], "m", "1000"),
    (LOGISTIC, "samples", 50, "n", "50"),
    (SMALL, "spectrum", "chebyshev", "spectrum", "chebyshev"),
    (SMALL, "spectrum", "near-minus", "spectrum", "near-minus"),
    ({}, "seed", 9999, "seed", "9999"),
    ({}, "methods", ["itd"], "methods", "itd"),
    (
        {},
        "methods",
        [*reversed(METHODS)],
        "methods",
        ".".join(METHODS),
    ),
    ({}, "vary", "adjoint", "vary", "adjoint"),
    ({}, "vary", "inner", "vary", "inner"),
    ({"vary": "adjoint"}, "inner", "exact", "inner", "exact"),
    ({}, "inner", "heavy-ball", "inner", "heavy-ball"),
    ({"problem": "biased", "d": "10", "n": "20"}, "inner", "heavy-ball", "inner", "heavy-ball"),
    ({"problem": "equilibrium", "d": "12", "n": "4"}, "contraction", 1.1, "q", "1.1"),
    ({}, "horizon", HORIZONS[0], "T", "5"),
    ({}, "horizon", 300, "T", "300"),
    ({"vary": "adjoint"}, "inner_steps", STEPS[0], "t", "0"),
    ({"vary": "adjoint"}, "inner_steps", 100, "t", "100"),
    ({"vary": "inner"}, "adjoint_steps", 3, "k", "3"),
    ({"methods": "itd.itd-truncated"}, "adjoint_steps", 40, "k", "40"),
    ({}, "bound", "none", "bound", "none"),
    ({}, "bound", "paper", "bound", "paper"),
    ({}, "bound", "sharp", "bound", "sharp"),
    ({}, "x_axis", "products", "x", "products"),
    ({}, "x_axis", "floats", "x", "floats"),
    ({}, "error", "absolute", "error", "absolute"),
    ({}, "target", TARGETS[0], "eps", "30.0"),
    ({}, "target", 1e-8, "eps", "1e-08"),
    ({}, "target", TARGETS[-1], "eps", "1e-14"),
]


@pytest.mark.parametrize(
    ("start", "key", "value", "name", "text"),
    CHANGES,
    ids=[f"{change[1]}-{change[4]}" for change in CHANGES],
)
def test_a_control_changes_picture_and_link_and_the_link_restores_both(
    start: dict[str, str], key: str, value: Any, name: str, text: str
) -> None:
    session = open_page(start)
    before = shown(session)
    assert link_in(before) == session.query_params == start
    choose(session, key, value)
    after = shown(session)
    assert after["figure"] != before["figure"]
    assert session.query_params == link_in(after) == {**start, name: text}
    assert payload(session)["live"]["params"][name] == text
    assert not session.warning
    assert (after.get("warning") == BEYOND_THEORY) == (name == "q" and value >= 1)
    opened = open_page(dict(session.query_params))
    assert shown(opened) == after
    assert payload(opened) == payload(session)
    assert not opened.warning
    set_to = value_of(opened, key)
    assert set(set_to) == set(value) if isinstance(value, list) else set_to == value


def test_the_card_changes_the_formula_and_the_link_but_not_the_curves() -> None:
    session = open_page(SMALL)
    before, formulas = shown(session), [item.value for item in session.latex]
    choose(session, "card", "itd")
    assert shown(session)["figure"] == before["figure"]
    assert session.query_params == {**SMALL, "card": "itd"}
    assert [item.value for item in session.latex] != formulas
    (status,) = [item.value for item in session.caption if "tier" in item.value]
    assert status == cited(
        "Paper’s bound: uses constants only; proved, in general not attained (tier P). "
        "Sharp bound: uses the eigenvalues of ∂₁Φ; attained, up to rounding (tier V). "
        f"Source of the paper’s bound: {METHODS['itd'].paper_source}."
    )
    opened = open_page(dict(session.query_params))
    assert [item.value for item in opened.latex] == [item.value for item in session.latex]
    assert value_of(opened, "card") == "itd"


def test_the_card_offers_the_curves_that_are_there() -> None:
    session = open_page({"methods": "itd.aid-fp", **SMALL})
    assert control(session, "card").options == ["ITD", "AID-FP"]
    assert value_of(session, "card") == "aid-fp"
    choose(session, "card", None)
    assert value_of(session, "card") == "aid-fp"


def test_the_cursor_is_in_the_link() -> None:
    session = open_page({"at": "33"})
    assert payload(session)["cursor"] == 33
    assert any("t=33" in item.value for item in session.latex)
    assert payload(open_page({"at": "33", "T": "5"}))["cursor"] == 33


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_page_is_that_of_the_picture(theme: str) -> None:
    session = AppTest.from_file(ROOT / "dashboard" / "main.py", default_timeout=60)
    session.context["theme"] = theme
    check(session.run())
    assert shown(session)["link"] == f"theme={theme}"
    assert payload(session)["live"]["params"]["theme"] == theme


def test_hidden_controls_keep_their_values() -> None:
    start = {"problem": "quadratic", "q": "0.8", "d": "50", "m": "3", "spectrum": "clusters"}
    start["eps"] = "1e-06"
    session = open_page(start)
    first = shown(session)
    choose(session, "family", "logistic")
    assert not {"hyper_size", "spectrum"} & keys(session)
    choose(session, "samples", 40)
    choose(session, "family", "quadratic")
    assert "samples" not in keys(session)
    assert session.query_params == {**start, "n": "40"}
    assert shown(session)["figure"] == first["figure"]
    assert value_of(session, "spectrum") == "clusters"
    assert value_of(session, "hyper_size") == 3


def test_values_of_a_slice_are_kept_while_it_is_hidden() -> None:
    session = open_page({"vary": "adjoint", "t": "15", "k": "4", **SMALL})
    choose(session, "vary", "inner")
    assert "inner_steps" not in keys(session)
    assert value_of(session, "adjoint_steps") == 4
    choose(session, "vary", "both")
    choose(session, "vary", "adjoint")
    assert value_of(session, "inner_steps") == 15


def test_controls_appear_where_they_matter() -> None:
    session = open_page(SMALL)
    always = {"family", "contraction", "seed", "methods", "vary", "horizon"}
    always |= {"bound", "x_axis", "error", "target", "card"}
    extra = {"data", "size", "hyper_size", "samples", "spectrum"}
    extra |= {"inner", "inner_steps", "adjoint_steps"}

    def visible() -> set[str]:
        assert always <= keys(session)
        return keys(session) & extra

    quadratic = {"size", "hyper_size", "spectrum", "inner"}
    assert visible() == quadratic
    assert control(session, "inner").options == ITERATIVE
    choose(session, "methods", ["itd", "itd-truncated"])
    assert visible() == {*quadratic, "adjoint_steps"}
    assert control(session, "adjoint_steps").label == "Truncation k"
    choose(session, "vary", "inner")
    assert control(session, "adjoint_steps").label == "Fixed k"
    choose(session, "methods", ["aid-fp"])
    assert visible() == {*quadratic, "adjoint_steps"}
    assert control(session, "inner").options == ITERATIVE
    choose(session, "vary", "adjoint")
    assert visible() == {*quadratic, "inner_steps"}
    assert control(session, "inner").options == [*ITERATIVE, EXACT]
    choose(session, "inner", "exact")
    assert visible() == quadratic
    choose(session, "family", "logistic")
    assert visible() == {"data", "size", "samples", "inner"}
    assert control(session, "inner").options == [FIXED_POINT, EXACT]
    choose(session, "data", "breast_cancer")
    assert visible() == {"data", "inner"}
    assert any("d = 30" in item.value for item in session.caption)
    choose(session, "vary", "both")
    assert visible() == {"data"}


def test_leaving_the_slice_of_an_exact_lower_level_makes_it_iterate_again() -> None:
    session = open_page({"vary": "adjoint", "inner": "exact", **SMALL})
    choose(session, "vary", "both")
    assert session.query_params == SMALL
    assert not session.warning


def test_what_a_family_does_not_allow_falls_to_the_nearest_that_it_does() -> None:
    session = open_page({"problem": "quadratic", "d": "5000", "m": "2"})
    choose(session, "family", "logistic-log")
    assert session.query_params["d"] == "1000"
    assert value_of(session, "size") == 1000
    assert not session.warning


def test_the_largest_problems_allow_fewer_hyperparameters_and_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controls, "COUPLING_FLOATS", 1200)
    monkeypatch.setattr(sidebar, "TRAJECTORY_FLOATS", 60 * 71)
    session = open_page({"d": "50", "T": "80", "methods": "aid-fp"})
    assert control(session, "hyper_size").options[-1] == "20"
    choose(session, "size", 60)
    assert control(session, "hyper_size").options[-1] == "20"
    assert session.query_params == {"d": "60", "T": "70", "methods": "aid-fp"}
    choose(session, "vary", "adjoint")
    assert control(session, "horizon").options[-1] == "2\u2009000"
    assert control(session, "inner_steps").options[-1] == "70"


def test_a_limit_between_two_stops_is_respected_but_not_lowered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controls, "COUPLING_FLOATS", 20 * 17)
    monkeypatch.setattr(sidebar, "TRAJECTORY_FLOATS", 20 * 38)
    link = {"d": "20", "m": "17", "T": "37"}
    assert open_page(link).query_params == link


def test_a_real_data_set_goes_when_its_family_does() -> None:
    session = open_page({"problem": "logistic", "data": "breast_cancer"})
    choose(session, "family", "quadratic")
    assert session.query_params == {"problem": "quadratic"}
    assert not session.warning


@pytest.mark.parametrize(
    ("link", "family", "after"),
    [
        (
            {"problem": "equilibrium", "q": "1.3", "d": "12", "n": "4"},
            "quadratic",
            {"problem": "quadratic", "q": "0.9999", "d": "12", "n": "4"},
        ),
        ({"inner": "heavy-ball", **LOGISTIC, "problem": "biased"}, "logistic", LOGISTIC),
    ],
    ids=["contraction", "inner"],
)
def test_what_only_one_family_allows_is_left_without_a_warning(
    link: dict[str, str], family: str, after: dict[str, str]
) -> None:
    session = open_page(link)
    choose(session, "family", family)
    assert session.query_params == after
    assert not session.warning
